"""Devices: pairing, revoking, and what they say of themselves."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest
from flask import Flask

from hub.agents import actions, devices, rules, store
from hub.app import identify_socket
from hub.ask import HUB, Actor, Ask
from hub.errors import KeyReuse, NotAllowed, NotFound, Unreadable
from hub.realtime import Realtime, socket_server


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


def year_passes(people):
    people.clock.advance(seconds=rules.RENEW_MS // 1000)


def test_a_token_is_renewed_after_a_year_and_the_old_one_opens_until_the_new_one_is_heard(people, told):
    old = people.pair("kiosk", "K1")
    assert devices.next_token(people.hub, "K1", old) is None
    year_passes(people)
    new = devices.next_token(people.hub, "K1", old)
    assert len(new) >= 43
    assert devices.next_token(people.hub, "K1", old) == new, "a line that broke is told the same"
    assert actor_of(people, old).device == "K1"
    assert people.journal.count("device_token_renewed") == 0
    assert actor_of(people, new).device == "K1"
    assert actor_of(people, old) is None
    assert actor_of(people, new).device == "K1"
    assert devices.next_token(people.hub, "K1", new) is None
    assert (told, people.journal.count("device_token_renewed")) == (["K1"], 1)


def test_the_next_token_is_not_to_be_found_in_the_file_nor_from_the_old_one(people):
    old = people.pair("kiosk", "K1")
    year_passes(people)
    new = devices.next_token(people.hub, "K1", old)
    held = people.hub.reader.execute("SELECT hash, next_salt, next_hash FROM device_token").fetchone()
    assert new.encode() not in b"".join(held)
    assert old.encode() not in b"".join(held)
    people.pair("kiosk", "K2")
    assert devices.next_token(people.hub, "K1", people.pair("kiosk", "K2")) is None, "somebody else's"


def test_a_next_token_dies_with_a_new_pairing_and_a_revocation(people):
    for again in (lambda: people.pair("kiosk", "K1"), lambda: actions.revoke(people.hub, Ask(HUB), name="K1")):
        old = people.pair("kiosk", "K1")
        year_passes(people)
        new = devices.next_token(people.hub, "K1", old)
        again()
        assert actor_of(people, new) is None
        assert actor_of(people, old) is None


def test_a_program_s_token_and_one_of_a_doubted_clock_are_left_alone(people):
    program, box = people.pair("api", "FIGURES"), people.pair("kiosk", "K1")
    year_passes(people)
    assert devices.next_token(people.hub, "FIGURES", program) is None
    people.clock._now = replace(people.clock.now(), certain=False)
    assert devices.next_token(people.hub, "K1", box) is None


def test_what_the_hub_finds_wrong_is_said_once_and_not_taken_back_by_the_device(people):
    people.pair("kiosk", "K1")
    for _ in range(2):
        actions.suspect(people.hub, Ask(HUB), device="K1", part="token", state="twice", detail="10.0.0.5 + 10.0.0.66")
    with pytest.raises(NotAllowed):
        says(people, "K1", "1", part="token", state="ok")
    assert people.journal.count("device_trouble") == 1
    assert [each.state for each in devices.listed(people.hub)[0].troubles] == ["twice"]
    people.pair("kiosk", "K1")
    assert devices.listed(people.hub)[0].troubles == ()


@pytest.fixture
def live(people):
    """The live side of the hub; `line(token)` says whether somebody was let in, `second` is the setting."""

    def opened(second):
        box = people.hub.settings.hub.model_copy(update={"second_line": second})
        hub = replace(people.hub, files=people.hub.settings.model_copy(update={"hub": box}))
        app = Flask("live")
        io = socket_server(app)
        Realtime(hub, io, identify_socket(hub), ())
        return lambda token: io.test_client(app, auth={"token": token}).is_connected()

    return opened


@pytest.mark.parametrize(("second", "lets_in"), [("alarm", True), ("refuse", False), ("allow", True)])
def test_a_second_line_of_a_box_is_let_in_or_not_as_the_settings_say(people, live, second, lets_in):
    line, token = live(second), people.pair("kiosk", "K1")
    assert [line(token), line(token)] == [True, lets_in]
    assert line(people.pair("kiosk", "K2")), "another box"
    program = people.pair("api", "FIGURES")
    assert [line(program), line(program)] == [True, True]


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


def test_what_stands_already_is_not_written_again(people):
    """A screen says at each start how its sound is; one that is well, and was, writes nothing."""
    people.pair("display", "SALLE")
    for key, state in enumerate(("ok", "mute", "mute", "ok", "ok")):
        says(people, "SALLE", str(key), part="sound", state=state)
    assert people.journal.count("device_trouble") == 2
    assert devices.listed(people.hub)[0].troubles == ()


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
