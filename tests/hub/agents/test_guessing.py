"""Ten thousand wrong secrets: none gets in, each who waits is told until when, and the agent works on."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from hub.agents import actions, rules
from hub.ask import HUB, Ask
from hub.errors import NotAuthenticated, TooMany

DESK, HOME = "10.0.0.7", "10.0.0.8"


@pytest.mark.parametrize("code", ["00902F", "00411A"], ids=["clerk", "supervisor"])
def test_ten_thousand_wrong_secrets_from_everywhere(people, note, code):
    """A guess a second from 250 addresses, the agent's own desk among them when the agent is not there."""
    people.arrive(code, "clerk" if code == "00902F" else "supervisor")
    begun = people.sign_in(code, address=DESK)
    if begun["must_prove"]:
        people.prove(begun["session"], people.shows(code), address=DESK)
    dice = random.Random(4)  # noqa: S311 (which address guesses next)
    ends, came_in = Counter(), 0
    for number in range(10_000):
        people.clock.advance(seconds=1)
        with pytest.raises((NotAuthenticated, TooMany)) as refused:
            people.sign_in(code, f"guess {number}", address=f"10.0.1.{dice.randrange(250)}")
        told = refused.value.facts.get("retry_s")
        assert told is None or 0 < told <= rules.LOCK_MS // 1000
        ends["looked at" if told is None else "locked"] += 1
        if number % 500 == 0:
            begun = people.sign_in(code, address=DESK)
            if begun["must_prove"]:
                people.prove(begun["session"], people.shows(code), address=DESK)
            came_in += 1
    assert (ends.total(), came_in) == (10_000, 20)
    assert ends["looked at"] <= 5 * (1 + 10_000 // 900 + 1), "five in a quarter of an hour, from wherever"
    note(
        f"{code}: 10,000 wrong secrets, 0 in, {ends['looked at']} looked at; the agent came in 20 times of 20 meanwhile"
    )


def test_at_the_desk_itself_the_lock_is_short_and_the_next_desk_open(people):
    people.arrive("00902F", "clerk")
    for place in (DESK, HOME):
        people.sign_in("00902F", address=place)
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            people.sign_in("00902F", "guess", address=DESK)
    with pytest.raises(TooMany):
        people.sign_in("00902F", address=DESK)
    assert people.sign_in("00902F", address=HOME)["agent"] == "00902F"
    with pytest.raises(TooMany):
        people.sign_in("00902F", address=DESK)
    people.clock.advance(minutes=15)
    assert people.sign_in("00902F", address=DESK)["agent"] == "00902F"


def test_coming_in_where_one_is_known_forgives_no_stranger(people):
    people.arrive("00902F", "clerk")
    people.sign_in("00902F", address=DESK)
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            people.sign_in("00902F", "guess", address="10.0.1.1")
    people.sign_in("00902F", address=DESK)
    with pytest.raises(TooMany):
        people.sign_in("00902F", "guess", address="10.0.1.2")


def test_a_new_code_opens_every_place(people):
    people.arrive("00902F", "clerk")
    people.sign_in("00902F", address=DESK)
    for place in (DESK, "10.0.1.1"):
        for _ in range(5):
            with pytest.raises(NotAuthenticated):
                people.sign_in("00902F", "guess", address=place)
    one_shot = actions.reset_code(people.hub, Ask(HUB), code="00902F")["one_shot"]
    assert people.sign_in("00902F", one_shot, address=DESK)["must_choose"]


def test_few_places_are_known_and_those_of_long_ago_are_not(people):
    def known():
        rows = people.hub.reader.execute("SELECT address FROM agent_place WHERE agent = '00902F' ORDER BY at")
        return [row["address"] for row in rows]

    people.arrive("00902F", "clerk")
    for number in range(12):
        people.sign_in("00902F", address=f"10.0.0.{number}")
        people.clock.advance(hours=24)
    assert known() == [f"10.0.0.{number}" for number in range(4, 12)]
    people.clock.advance(hours=24 * 55)
    people.sign_in("00902F", address=DESK)
    assert known() == ["10.0.0.8", "10.0.0.9", "10.0.0.10", "10.0.0.11", DESK]
