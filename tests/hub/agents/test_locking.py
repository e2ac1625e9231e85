"""The locked screen: by hand or by time it refuses everything, and whoever has the secret goes on."""

from __future__ import annotations

import pytest

from hub.agents import actions, csrf, locking, rules, sessions
from hub.agents.model import ROLES
from hub.ask import HUB, Actor, Ask
from hub.errors import NotAuthenticated, TooMany

CASH = {"collections_cashier", "benefits_cashier", "head_cashier"}


def unlock(people, session, secret=None, **more):
    return locking.unlock(people.hub, Ask(Actor()), session=session, secret=secret or people.SECRET, **more)["session"]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_untouched_for_five_minutes_a_screen_locks_and_at_a_till_for_three(people, role):
    session = people.arrive("00902F", role)
    people.clock.advance(seconds=(180 if role in CASH else 300) - 1)
    assert people.actor(session).roles == {role}
    people.clock.advance(seconds=180 if role in CASH else 300)
    assert people.actor(session).roles == {"locked"}


def test_a_locked_screen_goes_on_with_the_secret_under_a_new_session(people, told):
    session = people.arrive("00902F", "clerk")
    told.clear()
    sessions.lock(people.hub, session)
    assert told == ["00902F"], "its live link is cut"
    assert people.actor(session).roles == {"locked"}
    assert sessions.actor_of_socket_token(people.hub, sessions.socket_token(session)) is None
    with pytest.raises(NotAuthenticated):
        unlock(people, session, "guess")
    again = unlock(people, session)
    assert people.actor(again).roles == {"clerk"}
    assert people.actor(session) is None
    assert csrf.token_for(again) != csrf.token_for(session)
    assert people.journal[-1] == "screen_unlocked"


def test_looking_at_the_lock_does_not_prolong_and_after_ten_minutes_the_telephone_is_asked_too(people):
    session = people.arrive("01016E", "collections_cashier")
    people.clock.advance(minutes=9)
    assert people.actor(session).roles == {"locked"}
    people.clock.advance(minutes=2)
    assert people.actor(session) is None
    with pytest.raises(NotAuthenticated) as refused:
        unlock(people, session)
    assert refused.value.reason == "factor_needed"
    with pytest.raises(NotAuthenticated) as refused:
        unlock(people, session, factor="000000")
    assert refused.value.reason == "wrong_factor"
    again = unlock(people, session, factor=people.shows("01016E"))
    assert people.actor(again).roles == {"collections_cashier"}


def test_within_ten_minutes_the_secret_is_enough(people):
    session = people.arrive("01016E", "collections_cashier")
    people.clock.advance(minutes=9)
    assert people.actor(unlock(people, session)).roles == {"collections_cashier"}


def test_who_has_no_telephone_goes_on_with_the_secret_for_nine_hours_in_all(people):
    session = people.arrive("00902F", "clerk")
    people.clock.advance(hours=8)
    session = unlock(people, session)
    people.clock.advance(minutes=59)
    session = unlock(people, session)
    people.clock.advance(minutes=1)
    assert people.actor(session) is None
    with pytest.raises(NotAuthenticated) as refused:
        unlock(people, session)
    assert refused.value.reason == "session_over"


@pytest.mark.parametrize("end", ["sign_in", "reset_code", "remove_agent"])
def test_a_session_that_ended_does_not_go_on(people, end):
    session = people.arrive("00902F", "clerk")
    sessions.lock(people.hub, session)
    if end == "sign_in":
        people.sign_in("00902F")
    else:
        getattr(actions, end)(people.hub, Ask(HUB), code="00902F")
    with pytest.raises(NotAuthenticated):
        unlock(people, session)


def test_who_is_still_on_the_way_in_cannot_go_round_by_the_lock(people):
    people.arrive("00411A", "supervisor")
    proving = people.sign_in("00411A")["session"]
    newcomer = people.sign_in("00902F", people.add("00902F", "clerk"))["session"]
    for session in (proving, newcomer, "", "x"):
        with pytest.raises(NotAuthenticated) as refused:
            unlock(people, session)
        assert refused.value.reason == "session_over"


def test_guesses_at_a_locked_screen_count_like_others(people):
    session = people.arrive("00902F", "clerk")
    sessions.lock(people.hub, session)
    for _ in range(rules.FAILURES):
        with pytest.raises(NotAuthenticated):
            unlock(people, session, "guess")
    with pytest.raises(TooMany):
        unlock(people, session)
