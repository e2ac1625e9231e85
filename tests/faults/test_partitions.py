"""The real kiosk cut off from the real hub, both killed in between (E12): what the printer drew is what the hub has.

A cable in user space lies between the kiosk (and the panel) and the hub; the printer is a TCP port that draws what
its bytes say. Each partition has presses in it, the death of the kiosk, of the hub, of both or of none, and an end.
"""

import itertools
import sqlite3
import time
from contextlib import closing, suppress
from statistics import median

import pytest

from tests.agency import strain, until
from tests.faults.checker import judge
from tests.faults.clients import chances, read
from tests.faults.wire import cabled

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(180)]
PARTITIONS, PIECES, PIECE_PARTITIONS = 1, 5, 10
#: From the finger to the cut paper without a hub, and from the hub's return to the last report.
PAPER_S, MERGED_S = 2.0, 10.0
#: The finger itself: a contact counts once it has been stable.
FINGER_S = 0.03
#: What a panel shows while it does not know what became of a press, or has no hub.
UNSURE = ("????", "LIEN")
BUTTONS = ("DEP", "RAS", "CPR", "PEN")
#: Who dies in a partition, one after the other.
DEATHS = (("hub", "kiosk"), ("kiosk",), (), ("hub",), ("kiosk", "hub"))


class Hall:
    """Visitors before the kiosk, and what becomes of them."""

    def __init__(self, agency, wire, chance):
        self.agency, self.wire, self.chance = agency, wire, chance
        self.waits: list[float] = []
        self.merged: list[float] = []
        self.pressed = self.partitions = 0
        self.deaths = {"kiosk": 0, "hub": 0}
        self.buttons = itertools.cycle(chance.sample(BUTTONS, len(BUTTONS)))  # the last finger may not be up yet
        self.to_die = itertools.cycle(DEATHS)
        self.strain = strain()

    def __str__(self):
        return (
            f"{self.partitions} partitions, {self.pressed} presses, {len(self.agency.printer.slips)} papers, deaths"
            f" {self.deaths}; press to paper at most {max(self.waits):.2f} s, median {median(self.waits):.2f} s;"
            f" merged within {max(self.merged):.2f} s; machine strained {self.strain:.1f} times"
        )

    def press(self):
        """A finger; False when there is no kiosk to press."""
        with suppress(OSError):
            self.agency.press(next(self.buttons))
            self.pressed += 1
            return True
        return False

    def ready(self):
        """Whether the kiosk has started again after each death."""
        return self.agency.log("kiosk").count("ready K1") > self.deaths["kiosk"]

    def press_and_wait(self):
        """A finger, and the time to its paper."""
        papers, began = len(self.agency.printer.slips), time.monotonic()
        assert self.press()
        until(lambda: len(self.agency.printer.slips) > papers, 10, "a paper")
        self.waits.append(time.monotonic() - began - FINGER_S)

    def kill(self, what):
        if self.agency.kill(what):
            self.deaths[what] += 1

    def partition(self):
        """Cut or silence; papers in time; deaths; papers again; the end, and all that is to be told is told."""
        self.wire.be(self.chance.choice(("cut", "silent", "mute")))
        self.press_and_wait()
        for what in next(self.to_die):
            self.press()
            time.sleep(self.chance.uniform(0, 1.8))  # wherever on its road the press is by then
            self.kill(what)
        until(self.ready, 20 * self.strain, "a kiosk that can be pressed")
        self.press()
        until(lambda: self.standing() == 0, 20 * self.strain, "a paper or a report for everybody who pressed")
        self.press_and_wait()
        self.agency.wait_answer()
        self.wire.be("whole")
        self.partitions += 1
        self.merged.append(until(lambda: self.untold() == 0, MERGED_S * self.strain, "the last report"))

    def standing(self):
        """Presses without an end, in the kiosk's own store."""
        with suppress(sqlite3.Error), closing(sqlite3.connect(self.agency.folder / "kiosk" / "spool.db")) as spool:
            return spool.execute("SELECT count(*) FROM press WHERE state IN ('pressed', 'accepted')").fetchone()[0]
        return -1

    def untold(self):
        """Papers that the hub does not know of."""
        return len(papers_of(self.agency) - set(tickets_of(self.agency).values()))


def papers_of(agency):
    """The numbers that were drawn."""
    return set(agency.slips())


def tickets_of(agency, *said):
    """The label in the end of each of the kiosk's tickets whose paper was told of so; however, without `said`."""
    label, told = {}, {}
    for entry in agency.journal():
        if entry["device"] == "K1":
            about = entry["payload"]
            if entry["kind"] in ("ticket_issued", "ticket_relabelled"):
                label[about["ticket"]] = about["label"]
            elif entry["kind"] == "paper_reported":
                told[about["ticket"]] = about["paper"]
    return {ticket: text for ticket, text in label.items() if ticket in told and (not said or told[ticket] in said)}


def each_paper_is_one_ticket(agency, book, note):
    originals = [slip for slip in agency.printer.slips if not any("DUPLICATA" in line.text for line in slip)]
    papers, tickets = papers_of(agency), tickets_of(agency)
    # a visitor whose kiosk comes back too late has the number on the screen, or is on reception's list
    without = set(tickets_of(agency, "shown", "failed").values())
    note(f"{len(papers)} numbers printed, {len(without - papers)} shown or on reception's list: {sorted(without)}")
    assert papers | without == set(tickets.values()), "lost or invented"
    assert papers >= set(tickets_of(agency, "printed").values()), "a paper that never came out"
    assert len(set(tickets.values())) == len(tickets), "a label on two tickets"
    assert len(originals) == len({number_on(slip) for slip in originals}), "a number on two papers"
    verdict = judge(read(book), agency.journal())
    note(str(verdict))
    assert not verdict.bad, str(verdict)
    assert {"Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "G2"} & verdict.vacuous <= {"Q6"}
    assert agency.verified() == []
    assert "Traceback" not in agency.log() + agency.log("kiosk")


def number_on(slip):
    return max((line for line in slip if line.kind == "text"), key=lambda line: line.height).text


@pytest.fixture(scope="module")
def cabled_agency(tmp_path_factory):
    """One for the stories of the ordinary run; its kiosk writes down what it sees."""
    folder = tmp_path_factory.mktemp("cabled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MBOTE_HISTORY", str(folder / "history.jsonl"))
        with cabled(folder / "agency") as (agency, wire):
            yield agency, wire, folder / "history.jsonl"


def go_apart(cabled_agency, seed, note, partitions):
    agency, wire, book = cabled_agency
    hall = Hall(agency, wire, chances(seed))
    hall.press_and_wait()
    for _ in range(partitions):
        hall.partition()
    hall.strain = max(hall.strain, strain())
    note(f"seed {seed}: {hall}")
    each_paper_is_one_ticket(agency, book, note)
    assert all(hall.deaths.values())
    assert max(hall.waits) <= PAPER_S * hall.strain


@pytest.mark.nightly
def test_a_kiosk_and_a_hub_that_die_while_they_are_apart(cabled_agency, seed, note):
    go_apart(cabled_agency, seed, note, PARTITIONS)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("piece", range(PIECES))
def test_fifty_times_apart(tmp_path, monkeypatch, seed, note, piece):
    book = tmp_path / "history.jsonl"
    monkeypatch.setenv("MBOTE_HISTORY", str(book))
    with cabled(tmp_path / "agency") as (agency, wire):
        go_apart((agency, wire, book), seed + piece, note, PIECE_PARTITIONS)


@pytest.mark.nightly
def test_the_same_papers_find_a_kiosk_that_takes_a_late_answer(tmp_path, monkeypatch, seed, note):
    book = tmp_path / "history.jsonl"
    monkeypatch.setenv("MBOTE_HISTORY", str(book))
    with cabled(tmp_path / "agency", kiosk=("-m", "tests.faults.planted_kiosk")) as (agency, wire):
        hall = Hall(agency, wire, chances(seed))
        wire.be("silent")
        hall.press_and_wait()
        wire.be("whole")
        until(lambda: len(agency.printer.slips) > 1, 10 * hall.strain, "the second number of one press")
        with pytest.raises(AssertionError, match="lost or invented"):
            each_paper_is_one_ticket(agency, book, note)


# --- the panel -------------------------------------------------------------------------------


@pytest.mark.nightly
def test_a_panel_that_is_cut_off_calls_nobody_later_and_is_right_within_five_seconds(cabled_agency):
    """The agent presses *Suivant* three times before a panel that says LIEN; somebody waits all the while."""
    agency, wire, _ = cabled_agency
    wire.be("whole")
    stretched = strain()
    for _ in range(2):
        agency.give("DEP")
    agency.panel_key("05", "next")
    until(lambda: calls(agency), 5 * stretched, "the first call")
    called = calls(agency)
    until(lambda: called[0] in agency.number_shown("05"), 5 * stretched, "its number at the counter")
    wire.be("cut")
    until(lambda: agency.number_shown("05") == "LIEN", 2 * stretched, "a panel that says that it has no hub")
    for _ in range(3):
        agency.panel_key("05", "next")
        time.sleep(0.2)
    agency.counter("05").step("start")
    agency.counter("05").step("finish")  # the desk is not cut off
    wire.be("whole")
    until(lambda: agency.number_shown("05") != "LIEN", 5 * stretched, "a panel that is right again")
    assert calls(agency) == called, "a press of the outage was replayed"
    agency.panel_key("05", "next")
    until(lambda: len(calls(agency)) == len(called) + 1, 5 * stretched, "the next call")


def calls(agency):
    return [e["payload"]["label"] for e in agency.journal() if e["kind"] == "ticket_called"]


@pytest.mark.nightly
def test_a_press_into_silence_is_not_known_until_the_picture_shows_what_became_of_it(tmp_path):
    """The bytes may still arrive when the packets do: at most one call, and the panel shows it."""
    with cabled(tmp_path / "agency") as (agency, wire):
        stretched = strain()
        for _ in range(2):
            agency.give("DEP")
        until(lambda: agency.number_shown("05") == "2", 5 * stretched, "two who wait")
        wire.be("silent")
        agency.panel_key("05", "next")
        until(lambda: agency.number_shown("05") in UNSURE, 6 * stretched, "a panel that does not know")
        assert calls(agency) == []
        wire.be("whole")
        until(lambda: agency.number_shown("05") not in UNSURE, 5 * stretched, "a panel that knows again")
        face = next(face for face in agency.api.get("counters")["counters"] if face["counter"] == "05")
        shown = face["ticket"] or str(face["waiting"])
        until(lambda: agency.number_shown("05") == shown, 5 * stretched, f"{shown} at the counter")
        assert len(calls(agency)) <= 1
