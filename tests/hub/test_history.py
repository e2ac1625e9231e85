"""What devices and the hub write down for the judge: whole, true, and without a word about a person."""

import json
import os
import threading

import pytest
from click.testing import CliRunner

from hub import history_export
from hub.ask import Actor
from hub.cli import main
from hub.client import HubAway
from hub.clock import ManualClock
from hub.context import Hub
from hub.errors import Refused, StoreFault
from hub.history import FUNCTIONS, History, Recorded, frame, watching
from hub.judge import NoRun, read_lines
from hub.judge.general import FUNCTIONS as KNOWN
from hub.rooms import brought
from hub.services.ports import folders, load
from tests.conftest import MONDAY
from tests.faults.checker import judge_agency
from tests.faults.clients import Agent, Core, Visitors, chances
from tests.office import Office, demo_settings, open_store

ERRANDS = ("DEP", "RAS")


# --- a recorder ---------------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path):
    return tmp_path / "history.jsonl"


@pytest.fixture
def history(book):
    return History("K1", str(book))


class Wire:
    """A line that answers as it is told."""

    away = False

    def __init__(self, *answers):
        self.answers = list(answers)

    def ask(self, _what, _key, _timeout_s=1.5, **_body):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


TICKET = {"id": "01T", "label": "D001", "service": "DEP", "requester": "Mbemba"}


def test_a_request_is_written_before_it_is_sent_and_its_answer_after(history, book):
    Recorded(Wire(TICKET), history).ask("issue", "k", service="DEP", requester="Mbemba")
    ask, ok = read_lines(book)
    assert (ask["k"], ask["f"], ask["key"], ask["a"]) == ("invoke", "ticket.issue", "k", {"svc": "DEP", "prio": 0})
    assert (ok["k"], ok["op"], ok["r"]) == ("ok", ask["op"], {"tid": "01T", "label": "D001", "svc": "DEP"})
    assert ask["t"] < ok["t"]


def test_what_a_printer_takes_is_written_down_with_its_attempt(history, book):
    line = Recorded(Wire({"job": None}, {"job": 7, "attempt": 2, "slip": []}), history)
    for key in ("nothing", "something"):
        line.ask("print_take", key, printer="P05")
    told = [x["r"] for x in read_lines(book) if x["k"] == "ok"]
    assert told == [{"job": None, "attempt": None}, {"job": 7, "attempt": 2}]


def test_half_a_line_of_somebody_killed_is_cut_off_by_whoever_writes_next(history, book):
    """At each byte of it, by who opens the book anew and by who has held it all the time."""
    Recorded(Wire(TICKET), history).ask("issue", "k", service="DEP")
    whole = book.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    held = History("drv", str(book))
    for torn in range(1, last):
        book.write_bytes(whole[:-torn])
        if torn % 2:
            History("K2", str(book)).close()
            assert book.read_bytes() == whole[:-last]
        held.tell("mark", f="ready", a={"é": torn})
        ask, mark = read_lines(book)
        assert (ask["k"], mark["a"]) == ("invoke", {"é": torn})
    book.write_bytes(whole[:-last][:40])  # nothing but half a line
    held.tell("mark", f="healed")
    assert [line["f"] for line in read_lines(book)] == ["healed"]


def test_a_pipe_is_written_to_as_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    history = History("K1", str(tmp_path / "pipe"))
    history.tell("mark", f="ready")
    history.close()
    assert json.loads(os.read(reader, 4096))["f"] == "ready"
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_refusal_is_definite_and_silence_is_not(history, book):
    line = Recorded(Wire(Refused("no", code="closed_hours"), HubAway("no answer"), TICKET), history)
    for error in (Refused, HubAway):
        with pytest.raises(error):
            line.ask("issue", error.__name__, service="DEP")
    line.ask("issue", "third", service="DEP")
    lines = read_lines(book)
    assert [(x["k"], x.get("code"), x["n"]) for x in lines] == [
        ("invoke", None, 0), ("fail", "closed_hours", 1), ("invoke", None, 2), ("info", None, 3),
        ("invoke", None, 0), ("ok", None, 1),
    ]  # fmt: skip
    assert lines[3]["p"] != lines[4]["p"], "after silence a process goes by another name"


def test_two_at_once_have_lanes_of_their_own_and_each_counts_without_a_gap(history, book):
    both = threading.Barrier(2)

    class Slow(Wire):
        def ask(self, *_what, **_body):
            both.wait(5)
            return TICKET

    def visitor(number):
        for turn in range(20):
            Recorded(Slow(), history).ask("issue", f"{number}-{turn}", service="DEP")

    people = [threading.Thread(target=visitor, args=(number,)) for number in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    lines = read_lines(book)
    lanes = {line["p"] for line in lines}
    assert len(lanes) == 2
    for lane in lanes:
        its = [line for line in lines if line["p"] == lane]
        assert [line["n"] for line in its] == list(range(len(its)))
        assert [line["k"] for line in its] == ["invoke", "ok"] * (len(its) // 2)


def test_nothing_is_written_where_nobody_asked_for_it(tmp_path, monkeypatch):
    monkeypatch.delenv("MBOTE_HISTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    history = History.from_environment("K1")
    assert not history
    assert Recorded(Wire(TICKET), history).ask("issue", "k", service="DEP") == TICKET
    history.saw("print", {"label": "D001"})
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_written_down_as_the_screen_is_told_it(history, book):
    passed = []
    board = {
        "epoch": 1, "seq": 9,
        "calls": [
            {"call": 8, "ticket": "D002", "counter": "05", "state": "called"},
            {"call": 5, "ticket": "D001", "counter": "06", "state": "serving"},
        ],
    }  # fmt: skip
    watching(history, lambda name, picture: passed.append((name, picture)))("board", board)
    seen = read_lines(book)[0]
    assert (seen["f"], seen["seq"], seen["r"]) == ("display.frame", 9, frame(board))
    assert [entry["label"] for entry in seen["r"]["cur"]] == ["D002"]
    assert passed == [("board", board)]


def test_the_judge_knows_every_function_that_a_recorder_writes():
    assert set(FUNCTIONS.values()) <= KNOWN


# --- the export ---------------------------------------------------------------------------------


def test_every_name_in_the_exporter_s_table_is_an_event_of_ours():
    later = {"epoch_begun"}  # an epoch begins with a restored backup
    kinds = {kind.kind for kind in brought(load(folders())).appliers} | {"hub_started"}
    assert history_export.KINDS.keys() - later <= kinds


@pytest.fixture(scope="module")
def morning(tmp_path_factory):
    """Sixty visitors of two kiosks at three counters: what they saw, the settings, and the data folder."""
    folder, chance = tmp_path_factory.mktemp("morning"), chances(7)
    clock = ManualClock(MONDAY)
    settings = demo_settings()
    office = Office(Hub(settings, open_store(folder / "data", clock)), clock).open_day()
    book = folder / "history.jsonl"
    kiosks = [Visitors(name, Core(office.hub, kiosk_called(name)), book) for name in ("K1", "K2")]
    desks = []
    for code, agent in (("05", "00902F"), ("06", "00907F"), ("02", "00815D")):
        office.counter(code).open(agent)
        panel = Actor(device=f"P{code}", roles=frozenset({"panel"}), counters=(code,))
        desks.append(Agent(panel.device, Core(office.hub, panel), book).at(code))
    for _ in range(60):
        office.later(seconds=20)
        chance.choice(kiosks).take(chance.choice(ERRANDS), chance)
        chance.choice(desks).visit(chance)
    with pytest.raises(Refused):
        kiosks[0].once("ticket.issue", "issue", "asks-for-the-moon", service="MOON")
    office.give("deposit", requester="Mbemba Albertine", registration_number="19830401")
    first = list(history_export.export(folder / "data"))
    office.restart()
    office.hub.store.close()
    return read_lines(book), folder, settings, first


def kiosk_called(name):
    return Actor(device=name, roles=frozenset({"kiosk"}))


LOOKED = ["G0", "G1", "G2", "G4", "G5", "G9", *(f"Q{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 19, 20))]


def test_an_honest_morning_of_the_real_core_passes_and_every_rule_had_something_to_look_at(morning):
    history, folder, settings, first = morning
    verdict = judge_agency(
        history, folder / "data", settings, config={"overtake_max": 0}, exercises=LOOKED, exports={"before": first}
    )
    assert set(verdict.bad) == {"Q2"}, "only the ticket that reception gave unseen"
    assert verdict.rules["Q2"].bad == 1
    assert not verdict.vacuous, str(verdict)
    assert verdict.counts["acked_tickets"] == 60
    assert (verdict.counts["lost"], verdict.counts["dup"], verdict.counts["double_calls"]) == (0, 0, 0)


def test_the_export_says_the_same_after_a_restart_and_nothing_of_a_person(morning):
    _, folder, _, first = morning
    again = list(history_export.export(folder / "data"))
    assert [line for line in again if line.get("kind") != "hub.start"] == [
        line for line in first if line.get("kind") != "hub.start"
    ]
    said = json.dumps(again, ensure_ascii=False)
    assert "Mbemba" not in said
    assert "19830401" not in said


def test_the_commands_write_an_export_and_judge_it(morning, tmp_path):
    history, folder, _, _ = morning
    run = CliRunner()
    target = tmp_path / "run"
    told = run.invoke(main, ["export-history", str(target), "--config", "config", "--data", str(folder / "data")])
    assert told.exit_code == 0, told.output
    assert told.output.split() == [str(target / "final.jsonl"), str(target / "run.json")]
    (target / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in history), "utf-8")
    told = run.invoke(main, ["judge", str(target)])
    verdict = json.loads(told.output)
    assert (told.exit_code, verdict["valid"], verdict["counts"]["invented"]) == (1, False, 1)


def test_what_is_no_data_folder_is_said_in_a_sentence(tmp_path):
    with pytest.raises(StoreFault, match="is this the data folder of a hub"):
        list(history_export.export(tmp_path))
    told = CliRunner().invoke(main, ["judge", str(tmp_path)])
    assert told.exit_code == 2
    assert "history.jsonl" in told.output


def test_a_recorder_s_line_has_a_length_and_an_export_s_that_of_its_entry(tmp_path):
    """A lot of the treasury names every receipt of a day in one entry."""
    many = json.dumps({"side": "hub", "type": "event", "said": "x" * 20_000})
    (tmp_path / "final.jsonl").write_text(many + "\n", "utf-8")
    assert len(read_lines(tmp_path / "final.jsonl")) == 1
    (tmp_path / "history.jsonl").write_text(
        json.dumps({"k": "obs", "t": 1, "p": "D1", "n": 0, "a": "x" * 20_000}), "utf-8"
    )
    with pytest.raises(NoRun, match=r"history\.jsonl:1: longer than 16 KiB"):
        read_lines(tmp_path / "history.jsonl")
