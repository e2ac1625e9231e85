"""Many ask at the same moment: everybody gets an answer of their own, and nobody is called by two."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from hub import asks
from hub.ask import HUB, Actor, Ask
from tests.agency import COUNTERS, hub_alone, opened
from tests.faults.checker import judge
from tests.faults.clients import Core, Crowd, read
from tests.faults.planted import look_and_then_call
from tests.patience import patience

WAITING, SERVICE = 12, "XES"
RUSH_S, LONG_RUSH_S, PLANTED_S = 4, 60, 3
TIMES = 60


def at_once(people):
    """What each answers when all begin at the same moment."""
    start = threading.Barrier(len(people))

    def begin(one):
        start.wait(10)
        return one()

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(begin, people))


# --- two keys, one visitor -------------------------------------------------------------------


@pytest.fixture
def neighbours(office):
    """The panels of counters 05 and 06, which serve the same queue, on the core alone."""
    office.counter("05").open("00902F")
    office.counter("06").open("00907F")
    roles = frozenset({"panel"})
    return [Core(office.hub, Actor(device=f"P{code}", roles=roles, counters=(code,))) for code in ("05", "06")]


def called_when_both_press(office, neighbours):
    """Who was called when one visitor waits and both press *Suivant* at the same moment."""
    label = office.give("deposit")
    presses = [lambda one=one: one.ask("next", uuid4().hex, counter=one.actor.counters[0]) for one in neighbours]
    counters = [answer["ticket"]["counter"] for answer in at_once(presses) if answer["ticket"]]
    if len(counters) == 1:
        office.counter(counters[0]).start().finish()
        assert office.state(label) == "served"
    return len(counters)


def test_one_visitor_and_two_keys_pressed_at_once_make_one_call(office, neighbours):
    assert [called_when_both_press(office, neighbours) for _ in range(TIMES)] == [1] * TIMES


def test_the_same_story_finds_a_next_that_selects_and_then_updates(office, neighbours, monkeypatch):
    monkeypatch.setitem(asks.ASKS, "next", replace(asks.ASKS["next"], act=look_and_then_call))
    monkeypatch.setattr("tests.faults.planted.LOOK_S", patience(0.05))  # both look before one of them calls
    assert called_when_both_press(office, neighbours) == 2


def test_the_file_itself_refuses_one_ticket_at_two_counters(office, neighbours):
    del neighbours
    office.give("deposit")
    office.counter("05").next()
    with pytest.raises(sqlite3.IntegrityError, match=r"counter\.ticket"), office.hub.store.transaction(Ask(HUB)) as tx:
        tx.run("UPDATE counter SET ticket = (SELECT max(id) FROM ticket) WHERE code = '06'")


# --- twenty keys, twelve visitors ------------------------------------------------------------


def twelve_wait(agency):
    """Nobody else in that queue."""
    while agency.counter(COUNTERS[0]).serve():
        pass
    assert len({agency.give(SERVICE) for _ in range(WAITING)}) == WAITING


def twelve_are_called_and_eight_hear_why(agency, answers):
    """Twenty asked at once; in the end those called are served."""
    tickets = [answer["ticket"] for answer in answers if answer["ticket"]]
    assert len(tickets) == len({ticket["label"] for ticket in tickets}) == WAITING
    why = [answer["why"] for answer in answers if not answer["ticket"]]
    assert len(why) == len(COUNTERS) - WAITING
    assert all("attend" in reason for reason in why), why
    for ticket in tickets:
        agency.counter(ticket["counter"]).step("start")
        agency.counter(ticket["counter"]).step("finish")


@pytest.mark.nightly
@pytest.mark.faults
@pytest.mark.slow
def test_twenty_counters_press_next_over_twelve_visitors_by_http(agency_running):
    twelve_wait(agency_running)
    doors = {code: agency_running.door(code) for code in COUNTERS}
    answers = at_once([lambda c=code, d=door: d.ask("next", uuid4().hex, counter=c) for code, door in doors.items()])
    twelve_are_called_and_eight_hear_why(agency_running, answers)


@pytest.mark.faults
@pytest.mark.slow
def test_twenty_panels_press_next_over_twelve_visitors_on_their_sockets(agency_running):
    twelve_wait(agency_running)
    lines = {code: agency_running.line(code) for code in COUNTERS}
    answers = at_once([lambda c=code, n=line: n.ask("next", uuid4().hex, 5, counter=c) for code, line in lines.items()])
    twelve_are_called_and_eight_hear_why(agency_running, answers)


# --- the rush --------------------------------------------------------------------------------


def rush(agency, book, seconds, seed, note):
    """Sixteen agents and four kiosks; what the judge says of it."""
    with Crowd(agency, book, kiosks=4, agents=16, seed=seed) as crowd:
        time.sleep(seconds)
    verdict = judge(read(book), agency.journal())
    note(f"{seconds} s, {len(crowd.refused)} refused at counters; {verdict}")
    return crowd, verdict


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(RUSH_S, marks=pytest.mark.nightly),
        pytest.param(LONG_RUSH_S, marks=[pytest.mark.nightly, pytest.mark.timeout(240)]),
    ],
)
def test_sixteen_agents_and_four_kiosks_call_nobody_twice_and_give_no_number_twice(tmp_path, seed, seconds, note):
    with opened(tmp_path, hub_alone()) as agency:
        crowd, verdict = rush(agency, tmp_path / "history.jsonl", seconds, seed, note)
        assert not verdict.bad, str(verdict)
        assert not verdict.vacuous - {"G5"}
        assert len(crowd.given) == len(set(crowd.given)) > 10 * seconds
        assert not crowd.refused
        assert agency.verified() == []


@pytest.mark.nightly
@pytest.mark.faults
@pytest.mark.slow
def test_the_same_rush_finds_a_hub_that_selects_and_then_updates(tmp_path, seed, note):
    with opened(tmp_path, hub_alone("select_then_update")) as agency:
        _, verdict = rush(agency, tmp_path / "history.jsonl", PLANTED_S, seed, note)
        assert verdict.bad["Q9"]
        assert verdict.bad["Q8"]
