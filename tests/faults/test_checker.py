"""The judge of histories: it lets an honest morning pass, and finds each lie told about it."""

import json
from copy import deepcopy

import pytest

from hub.ask import Actor
from hub.clock import ManualClock
from hub.context import Hub
from hub.errors import Refused
from hub.journal import entries
from tests.conftest import MONDAY
from tests.faults.checker import judge
from tests.faults.clients import Agent, Core, Visitors, chances, read
from tests.office import Office, demo_settings, open_store

pytestmark = pytest.mark.slow  # real files, sockets or processes

ERRANDS = ("DEP", "RAS")


@pytest.fixture(scope="module")
def morning(tmp_path_factory):
    """Sixty visitors of two kiosks at three counters, as their recorders saw them, and the journal of that morning."""
    folder, chance = tmp_path_factory.mktemp("morning"), chances(7)
    clock = ManualClock(MONDAY)
    office = Office(Hub(demo_settings(), open_store(folder / "data", clock)), clock).open_day()
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
    journal = [dict(row) | {"payload": json.loads(row["payload"])} for row in entries(office.hub.reader, 0, 10_000)]
    office.hub.store.close()
    return read(book), journal


def kiosk_called(name):
    return Actor(device=name, roles=frozenset({"kiosk"}))


def test_an_honest_morning_passes_and_every_rule_had_something_to_look_at(morning):
    verdict = judge(*morning)
    assert not verdict.bad, str(verdict)
    assert not verdict.vacuous
    assert verdict.counts["acked_tickets"] == verdict.counts["tickets"] == 60


# --- lies -------------------------------------------------------------------------------------


def of_kind(journal, kind):
    return [entry for entry in journal if entry["kind"] == kind]


def answered(history, f, wanted=lambda _: True):
    """(invoke, ok) of each request of that kind, in order of time."""
    heard = {line["op"]: line for line in history if line["k"] == "ok"}
    pairs = [
        (line, heard[line["op"]])
        for line in history
        if line["k"] == "invoke" and line["f"] == f and line["op"] in heard
    ]
    return sorted((pair for pair in pairs if wanted(pair[1]["r"])), key=lambda pair: pair[0]["t"])


def lose_a_ticket(_history, journal):
    journal.remove(of_kind(journal, "ticket_issued")[20])


def invent_a_ticket(_history, journal):
    extra = deepcopy(of_kind(journal, "ticket_issued")[-1])
    extra["key"] = "nobody"
    extra["payload"] |= {"ticket": 999, "label": "D999"}
    journal.append(extra)


def two_tickets_for_one_key(_history, journal):
    extra = deepcopy(of_kind(journal, "ticket_issued")[-1])
    extra["payload"] |= {"ticket": 999, "label": "D999"}
    journal.append(extra)


def one_number_on_two_tickets(_history, journal):
    first, second = of_kind(journal, "ticket_issued")[:2]
    second["payload"]["label"] = first["payload"]["label"]


def two_labels_swapped(_history, journal):
    first, second = of_kind(journal, "ticket_issued")[:2]
    labels = first["payload"], second["payload"]
    labels[0]["label"], labels[1]["label"] = labels[1]["label"], labels[0]["label"]


def a_smaller_number_later(history, _journal):
    told = answered(history, "ticket.issue", lambda r: r["label"].startswith("D"))
    told[0][1]["r"]["label"], told[-1][1]["r"]["label"] = "D090", "D001"


def one_visitor_called_to_two_counters(_history, journal):
    at = journal.index(of_kind(journal, "ticket_called")[3])
    journal.insert(at + 1, deepcopy(journal[at]) | {"payload": journal[at]["payload"] | {"counter": "12"}})


def two_visits_at_one_counter(_history, journal):
    at = journal.index(of_kind(journal, "ticket_called")[3])
    journal.insert(at + 1, deepcopy(journal[at]) | {"payload": journal[at]["payload"] | {"ticket": 998}})


def next_gives_the_same_ticket_twice(history, journal):
    freed = {e["payload"]["ticket"] for e in of_kind(journal, "ticket_released")}
    kept = {e["payload"]["label"] for e in of_kind(journal, "ticket_called") if e["payload"]["ticket"] not in freed}
    told = answered(history, "call.next", lambda r: r.get("label") in kept)
    first = told[0][1]["r"]
    second = next(ok["r"]["tid"] for _, ok in told if ok["r"]["tid"] != first["tid"])
    for _, ok in told:
        if ok["r"]["tid"] == second:
            ok["r"] |= {"tid": first["tid"], "label": first["label"]}


def another_answer_to_the_same_key(history, _journal):
    invoke, ok = answered(history, "ticket.issue")[5]
    late = [line | {"op": "again", "t": line["t"] + 10**12, "p": "late"} for line in (invoke, ok)]
    history += [late[0], late[1] | {"r": ok["r"] | {"label": "D777"}}]


def the_same_key_for_something_else(history, _journal):
    invoke, ok = answered(history, "ticket.issue")[5]
    late = [line | {"op": "again", "t": line["t"] + 10**12, "p": "late"} for line in (invoke, ok)]
    history += [late[0] | {"a": {"svc": "PEN"}}, late[1]]


def refused_and_done(history, journal):
    done = of_kind(journal, "ticket_issued")[8]["key"]
    for invoke, ok in answered(history, "ticket.issue"):
        if invoke["key"] == done:
            ok |= {"k": "fail", "code": "closed"}


LIES = {
    lose_a_ticket: "Q1",
    invent_a_ticket: "Q2",
    two_tickets_for_one_key: "Q3",
    one_number_on_two_tickets: "Q4",
    two_labels_swapped: "Q5",
    a_smaller_number_later: "Q6",
    one_visitor_called_to_two_counters: "Q8",
    two_visits_at_one_counter: "Q8",
    next_gives_the_same_ticket_twice: "Q9",
    another_answer_to_the_same_key: "G2",
    the_same_key_for_something_else: "G2",
    refused_and_done: "G5",
}


@pytest.mark.parametrize(("lie", "rule"), LIES.items(), ids=[lie.__name__ for lie in LIES])
def test_each_lie_is_found_by_its_rule(morning, lie, rule):
    history, journal = deepcopy(morning)
    lie(history, journal)
    verdict = judge(history, journal)
    assert verdict.bad[rule], f"{lie.__name__} passed {rule}: {verdict}"


def test_a_request_without_answer_may_have_been_done_or_not(morning):
    """The line broke: one such ticket is in the journal, another is not; neither is a breach."""
    history, journal = deepcopy(morning)
    for (_, ok), done in zip(answered(history, "ticket.issue")[-2:], (True, False), strict=True):
        ok |= {"k": "info", "why": "reset"}
        if not done:
            gone = next(e for e in of_kind(journal, "ticket_issued") if e["payload"]["label"] == ok["r"]["label"])
            journal[:] = [e for e in journal if e["payload"].get("ticket") != gone["payload"]["ticket"]]
            for seq, entry in enumerate(journal, start=1):
                entry["seq"] = seq
            history[:] = [line for line in history if line["k"] != "ok" or line["r"].get("label") != ok["r"]["label"]]
    assert not judge(history, journal).bad
