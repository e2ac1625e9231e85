"""The journal of agents and devices gives their rows again, and none of their secrets."""

from __future__ import annotations

import pytest

from hub.agents import actions, devices, locking, rules, second_factor, store
from hub.agents.refusals import Refusals
from hub.ask import HUB, Actor, Ask
from hub.errors import NotAuthenticated


@pytest.fixture
def busy(people):
    """All that can happen, at least once."""
    ask = Ask(HUB)
    token = people.pair("display", "OLD")
    people.clock.advance(seconds=rules.RENEW_MS / 1000)
    assert devices.actor_of_token(people.hub, devices.next_token(people.hub, "OLD", token)).device == "OLD"
    people.arrive("00411A", "supervisor")
    session = people.arrive("00902F", "clerk", "validator")
    people.clock.advance(minutes=1)
    people.sign_in("00902F")
    for _ in range(3):
        with pytest.raises(NotAuthenticated):
            people.sign_in("00411A", "guess")
    actions.change_agent(people.hub, ask, code="00902F", name="BOUITY Nadège", roles=["clerk"])
    actions.sign_out(people.hub, Ask(Actor(agent="00902F")))
    locking.unlock(people.hub, Ask(Actor()), session=people.arrive("00101X", "executive"), secret=people.SECRET)
    people.sign_in("00101X", address="10.0.0.7")
    with pytest.raises(NotAuthenticated):
        people.sign_in("00101X", "guess", address="10.0.0.7")
    people.arrive("01003B", "head_cashier")
    shown = second_factor.Shown("01003B", people.shows("01003B"))
    second_factor.confirm(people.hub, Ask(Actor(agent="00902F")), lambda _: {}, what="closing 1", shown=shown)
    second_factor.forget(people.hub, ask, code="01003B")
    people.arrive("01016E", "collections_cashier")
    actions.reset_code(people.hub, ask, code="00411A")
    people.add("00907F", "clerk")
    actions.remove_agent(people.hub, ask, code="00907F")
    people.add("00907F", "receptionist", name="ELENGA Firmin")
    for kind, name in (("kiosk", "K1"), ("kiosk", "K2"), ("display", "SALLE"), ("panel", "P1"), ("api", "API")):
        people.pair(kind, name)
    people.pair("kiosk", "K2")
    actions.trouble(people.hub, Ask(Actor(device="K1")), part="printer", state="no_paper", detail="x")
    actions.trouble(people.hub, Ask(Actor(device="K2")), part="button 3", state="stuck")
    actions.trouble(people.hub, Ask(Actor(device="SALLE")), part="sound", state="mute")
    actions.trouble(people.hub, Ask(Actor(device="SALLE")), part="sound", state="ok")
    actions.ask_help(people.hub, Ask(Actor(device="K1")), place="borne")
    actions.ask_help(people.hub, Ask(Actor(device="K2")))
    actions.give_help(people.hub, Ask(HUB), device="K2")
    actions.revoke(people.hub, ask, name="API")
    clerk = Actor(agent="00902F")
    refusals = Refusals(people.hub)
    for what in ("day_close", "day_close", "agents.people"):
        refusals.note(clerk, what)
    del session
    return people


def rows(connection, table):
    return [tuple(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608 (our own table names)


def test_replaying_the_journal_gives_the_same_rows(busy, tmp_path):
    again = busy.hub.store.replayed(tmp_path / "again.db")
    for table in store.STATE_TABLES:
        assert rows(again, table) == rows(busy.hub.reader, table) != [], table
    for table in store.SECRET_TABLES:
        assert rows(again, table) == []
        assert rows(busy.hub.reader, table) != [], table
    again.close()


def test_a_page_that_goes_on_asking_is_written_down_once_a_minute(busy):
    assert busy.journal.count("access_refused") == 2
    refusals = Refusals(busy.hub)
    refusals.note(Actor(agent="00902F"), "day_close")
    busy.clock.advance(seconds=59)
    refusals.note(Actor(agent="00902F"), "day_close")
    refusals.note(Actor(device="K1"), "day_close")
    busy.clock.advance(seconds=1)
    refusals.note(Actor(agent="00902F"), "day_close")
    assert busy.journal.count("access_refused") == 4


def test_every_kind_of_event_happened(busy):
    assert {kind.kind for kind in store.APPLIERS} <= set(busy.journal)


def test_every_table_is_state_or_secret(people):
    names = {r[0] for r in people.hub.reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    mine = {name for name in names if name.startswith(("agent", "device"))}
    assert mine == {*store.STATE_TABLES, *store.SECRET_TABLES}
