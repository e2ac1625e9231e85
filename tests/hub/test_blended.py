"""Back-office work between visitors: offered to whom nobody waits for, put down when people come (R-434)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.blended import actions, rules
from hub.blended.rules import Line, Working
from hub.clock import ManualClock
from hub.desk.pictures import Desks
from hub.errors import IllegalStep, Refused
from hub.queues import store as queues
from hub.queues.model import CounterSession
from hub.rooms import open_hub
from hub.services.request import actions as requests
from hub.services.request.actions import Asked
from hub.settings import Blended
from hub.staff_pictures import AtWork
from hub.supervision.pictures import supervision
from tests.conftest import MONDAY
from tests.office import SUPERVISOR, Office, settings_with

ROSE, JEAN = "00902F", "01016E"
CLERK = Actor(agent=ROSE, roles=frozenset({"clerk"}))
LETTER = "request.to_take"


@pytest.fixture
def office(tmp_path):
    """The agency as its process opens it; Rose and Jean answer letters, of which one waits."""
    clock = ManualClock(MONDAY)
    hub = open_hub(settings_with({"hub": {"data": str(tmp_path / "data")}}), clock=clock)
    house = Office(hub, clock).open_day()
    for code, name in ((ROSE, "MABIALA Rose"), (JEAN, "OKEMBA Jean")):
        agents.add_agent(hub, Ask(HUB), code=code, name=name, roles=["clerk", "case_officer"])
    asked = Asked(what="inquiry", reason="missing_months", text="Il manque trois mois.", visitor="BAMOU Jérôme")
    requests.send_on(hub, house.ask(CLERK), asked=asked, why="not_convinced", service="24")
    yield house
    house.hub.store.close()


def between(office, agent=ROSE):
    return Desks(office.hub, office.hub.services).picture(office.hub.reader, agent).between


def begin(office, counter="05", agent=ROSE, work=LETTER):
    return actions.begin(office.hub, office.ask(Actor(agent=agent)), counter=counter, work=work)


def look(office):
    """The hub looks whether somebody is called back, as it does every few seconds."""
    actions.call_back_due(office.hub, Ask(HUB))


def session(office, counter="05"):
    return queues.counter(office.hub.reader, counter)


# --- the story -----------------------------------------------------------------------------------


def test_an_agent_for_whom_nobody_waits_takes_a_letter_and_is_called_back_by_the_third_visitor(office):
    office.counter("05").open(ROSE)
    offered = between(office)
    assert (offered.state, offered.work, offered.count, offered.after_s) == ("offered", LETTER, 1, 180)
    assert between(office.later(minutes=4)).after_s == 0
    assert begin(office)["url"] == offered.url
    office.later(minutes=2)
    at_it = between(office)
    assert (at_it.state, at_it.since_s, at_it.calls_waiting, at_it.calls_min) == ("begun", 120, 3, 10)
    office.press("deposit"), office.press("deposit")
    look(office)
    assert session(office).recalled is None
    office.press("deposit")
    look(office)
    look(office)
    assert between(office).state == "recalled"
    assert office.journal.count("back_office_recalled") == 1, "called back once, however often one looks"
    assert office.counter("05").next() == "D001"
    assert (session(office).work, between(office)) == ("", None), "a call ends it"


def test_whoever_waits_too_long_calls_back_too(office):
    office.counter("05").open(ROSE)
    begin(office)
    office.press("deposit")
    look(office.later(minutes=9))
    assert session(office).recalled is None
    look(office.later(minutes=1))
    said = office.hub.reader.execute("SELECT payload FROM journal WHERE kind = 'back_office_recalled'").fetchone()[0]
    assert '"why":"late"' in said
    assert '"waiting":1' in said
    assert '"oldest_min":10' in said


def test_nothing_is_offered_while_somebody_waits_and_nothing_to_whom_no_work_is_open(office):
    office.counter("05").open(ROSE)
    office.press("deposit")
    assert between(office.later(minutes=9)) is None
    office.counter("05").next()
    assert between(office) is None
    agents.add_agent(office.hub, Ask(HUB), code="00733C", name="TSIBA Aline", roles=["receptionist"])
    office.counter("08").open("00733C")
    assert between(office.later(minutes=9), "00733C") is None


def test_what_is_done_or_not_ones_own_cannot_be_begun(office):
    office.counter("05").open(ROSE)
    with pytest.raises(Refused, match="done already") as refused:
        begin(office, work="deposit.to_decide")
    assert refused.value.reason == "no_such_work"
    for _ in range(3):
        office.press("deposit")
    with pytest.raises(Refused, match="3 people wait"):
        begin(office)
    office.counter("05").next()
    with pytest.raises(IllegalStep):
        begin(office)


@pytest.mark.parametrize("leaves", ["pause", "close"])
def test_a_break_and_leaving_end_it_and_so_does_the_agent(office, leaves):
    desk = office.counter("05").open(ROSE)
    begin(office)
    actions.end(office.hub, office.ask(Actor(agent=ROSE)), counter="05")
    assert (session(office).work, session(office).state) == ("", "free")
    begin(office)
    getattr(desk, leaves)()
    assert session(office).work == ""
    with pytest.raises(Refused, match="nobody at counter 05"):
        actions.end(office.hub, office.ask(Actor(agent=ROSE)), counter="05")


def test_the_supervisor_sees_who_is_at_it_and_calls_them_back(office):
    office.counter("05").open(ROSE)
    begin(office)
    office.press("deposit")
    office.later(minutes=6)
    board = supervision(office.hub, office.hub.reader)
    assert board.at_work == (AtWork("05", "Requêtes", recalled=False),)
    assert next(t.flag for t in board.tiles if t.counter == "05") == "", "not idle: they work"
    actions.call_back(office.hub, office.ask(SUPERVISOR), counter="05")
    with pytest.raises(Refused, match="already"):
        actions.call_back(office.hub, office.ask(SUPERVISOR), counter="05")
    office.later(minutes=6)
    board = supervision(office.hub, office.hub.reader)
    assert board.at_work == (AtWork("05", "Requêtes", recalled=True),)
    assert next(t.flag for t in board.tiles if t.counter == "05") == "idle", "called back, and nobody came"


# --- the rules -----------------------------------------------------------------------------------


def at_work(code, began=0, services="DEP", *, waiting=0, oldest_min=0.0, recalled=False):  # noqa: PLR0913 (a line)
    since = ManualClock(MONDAY).now()
    since = replace(since, mono=since.mono + began)
    counter = CounterSession(code, "free", "A", since=since, work=LETTER, work_since=since)
    counter = replace(counter, recalled=since if recalled else None)
    return Working(counter, Line(frozenset(services.split()) if waiting else frozenset(), waiting, oldest_min))


@pytest.mark.parametrize(
    ("working", "called"),
    [
        ([at_work("05", waiting=2, oldest_min=9)], []),
        ([at_work("05", waiting=3)], ["05"]),
        ([at_work("05", waiting=1, oldest_min=10)], ["05"]),
        ([at_work("05", 2, waiting=3), at_work("06", 1, waiting=3)], ["06"]),
        ([at_work("05", 2, waiting=6), at_work("06", 1, waiting=6)], ["06", "05"]),
        ([at_work("05", waiting=5, recalled=True), at_work("06", waiting=5)], []),
        ([at_work("05", waiting=3), at_work("06", 1, "PEN", waiting=3)], ["05", "06"]),
        ([at_work("05", waiting=1, oldest_min=12, recalled=True), at_work("06", waiting=1, oldest_min=12)], []),
        ([at_work("05", waiting=1, oldest_min=20, recalled=True), at_work("06", waiting=1, oldest_min=20)], ["06"]),
    ],
)
def test_who_has_been_at_it_longest_is_called_back_first_and_no_more_than_are_needed(working, called):
    assert [event.counter for event in rules.recalls(working, Blended())] == called


def test_an_agency_may_offer_none():
    assert rules.offered_after_ms(10**9, Blended(idle_min=0)) is None
    assert rules.offered_after_ms(60_000, Blended(idle_min=3)) == 120_000
