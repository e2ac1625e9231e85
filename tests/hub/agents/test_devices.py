"""Devices: pairing, revoking, and what they say of themselves."""

from __future__ import annotations

import secrets

import pytest

from hub.agents import actions, devices, store
from hub.ask import HUB, Actor, Ask
from hub.errors import KeyReuse, NotAllowed, NotFound, Unreadable


def actor_of(people, token):
    return devices.actor_of_token(people.hub, token)


def test_a_paired_device_acts_in_the_role_of_its_kind(people):
    token = people.pair("kiosk", "K1")
    assert actor_of(people, token) == Actor(device="K1", roles=frozenset({"kiosk"}))
    assert len(token) >= 43
    assert actor_of(people, people.pair("panel", "P7", "05", "06")).counters == ("05", "06")


def test_a_panel_without_counters_holds_those_wired_to_it_or_all_where_people_are_called(people):
    wired = tuple(c.counter for c in people.hub.settings.panel.counters)
    everywhere = tuple(c.code for c in people.hub.settings.counters if c.shown)
    assert actor_of(people, people.pair("panel", people.hub.settings.panel.name)).counters == (wired or everywhere)
    assert actor_of(people, people.pair("panel", "P9")).counters == everywhere


def test_pairing_a_name_again_replaces_its_token(people, told):
    first, second = people.pair("kiosk", "K1"), people.pair("kiosk", "K1")
    assert actor_of(people, first) is None
    assert actor_of(people, second).device == "K1"
    assert told == ["K1"]


def test_a_revoked_device_is_nobody_at_once(people, told):
    token = people.pair("kiosk", "K1")
    actions.revoke(people.hub, Ask(HUB), name="K1")
    assert actor_of(people, token) is None
    assert told == ["K1"]
    with pytest.raises(NotFound):
        actions.revoke(people.hub, Ask(HUB), name="K1")
    assert [d.device.name for d in devices.listed(people.hub)] == []


def test_no_wrong_token_gets_in(people):
    old, revoked = people.pair("kiosk", "K1"), people.pair("display", "SALLE")
    people.pair("kiosk", "K1")
    actions.revoke(people.hub, Ask(HUB), name="SALLE")
    tokens = [old, revoked, "", "\ud800", "K1", *(secrets.token_urlsafe(32) for _ in range(10_000))]
    assert [t for t in tokens if actor_of(people, t) is not None] == []


@pytest.mark.parametrize(
    ("kind", "name", "counters"),
    [
        ("robot", "K1", ()), ("kiosk", "k1", ()), ("kiosk", "", ()), ("kiosk", "A" * 17, ()), ("kiosk", "K 1", ()),
        ("kiosk", "00902F", ()), ("panel", "P1", ("99",)),
    ],
)  # fmt: skip
def test_pairings_that_make_no_sense(people, kind, name, counters):
    with pytest.raises((Unreadable, NotFound)):
        people.pair(kind, name, *counters)
    assert people.journal == ["hub_started"]


def test_last_seen_is_written_at_most_once_a_minute(people):
    token = people.pair("kiosk", "K1")
    assert store.device(people.hub.reader, "K1").seen is None
    actor_of(people, token)
    first = store.device(people.hub.reader, "K1").seen
    people.clock.advance(seconds=59)
    actor_of(people, token)
    assert store.device(people.hub.reader, "K1").seen == first
    people.clock.advance(seconds=1)
    actor_of(people, token)
    assert store.device(people.hub.reader, "K1").seen == people.clock.now()


def says(people, name, key, **values):
    return actions.trouble(people.hub, Ask(Actor(device=name), key, values), **values)


def test_trouble_is_listed_since_its_beginning_until_it_is_over(people):
    people.pair("kiosk", "K1")
    begun = people.clock.now()
    says(people, "K1", "1", part="printer", state="paper_low")
    people.clock.advance(minutes=5)
    says(people, "K1", "2", part="printer", state="paper_low", detail="still")
    (health,) = devices.listed(people.hub)
    assert [(t.part, t.state, t.detail, t.since.at) for t in health.troubles] == [
        ("printer", "paper_low", "still", begun.at)
    ]
    says(people, "K1", "3", part="printer", state="no_paper")
    assert devices.listed(people.hub)[0].troubles[0].since.at == people.clock.now().at
    says(people, "K1", "4", part="printer", state="ok")
    assert devices.listed(people.hub)[0].troubles == ()


def test_a_repeated_report_is_one_report(people):
    people.pair("kiosk", "K1")
    says(people, "K1", "1", part="printer", state="no_paper")
    says(people, "K1", "1", part="printer", state="no_paper")
    assert people.journal.count("device_trouble") == 1
    with pytest.raises(KeyReuse):
        says(people, "K1", "1", part="printer", state="ok")


def test_only_a_paired_device_speaks_of_itself(people):
    with pytest.raises(NotAllowed):
        actions.trouble(people.hub, Ask(Actor(agent="00902F")), part="printer", state="ok")
    with pytest.raises(NotFound):
        says(people, "K9", "1", part="printer", state="ok")
    people.pair("kiosk", "K1")
    for values in ({"part": ""}, {"part": "x" * 65}, {"state": "a\nb"}):
        with pytest.raises(Unreadable):
            says(people, "K1", None, **{"part": "printer", "state": "x"} | values)


def test_help_is_asked_and_given(people):
    people.pair("kiosk", "K1")
    begun = people.clock.now()
    actions.ask_help(people.hub, Ask(Actor(device="K1"), "1"), place="borne")
    people.clock.advance(minutes=2)
    actions.ask_help(people.hub, Ask(Actor(device="K1"), "2"), place="borne")
    found = store.device(people.hub.reader, "K1")
    assert (found.help_since, found.help_place) == (begun, "borne")
    actions.give_help(people.hub, Ask(HUB), device="K1")
    assert store.device(people.hub.reader, "K1").help_since is None
