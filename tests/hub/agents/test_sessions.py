"""Sessions: how long they live, what ends them, and what is derived from them."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder

from hub.agents import actions, cookie, csrf, rules, sessions, store
from hub.agents.model import ROLES
from hub.ask import HUB, Ask
from hub.errors import NotAllowed


def test_a_session_not_used_for_ten_minutes_is_over(people):
    session = people.arrive("00902F", "clerk")
    for _ in range(3):
        people.clock.advance(minutes=4)
        assert people.actor(session).roles == {"clerk"}
    people.clock.advance(minutes=9)
    assert people.actor(session).roles == {"locked"}, "and looking at the lock prolongs nothing"
    people.clock.advance(minutes=1)
    assert people.actor(session) is None
    assert sessions.why_ended(people.hub, session) is None, "it was nobody's doing"


def test_a_session_in_use_is_over_after_nine_hours(people):
    session = people.arrive("00902F", "clerk")
    for _ in range(9 * 15):
        assert people.actor(session)
        people.clock.advance(minutes=4)
    assert people.actor(session) is None


def test_setting_the_clock_ends_no_session_and_prolongs_none(people):
    session = people.arrive("00902F", "clerk")
    people.clock.jump(seconds=12 * 3600)
    assert people.actor(session)
    people.clock.jump(seconds=-48 * 3600)
    people.clock.advance(minutes=31)
    assert people.actor(session) is None


def test_being_seen_is_written_at_most_once_a_minute(people):
    session = people.arrive("00902F", "clerk")
    writes = people.hub.store.writer.total_changes
    for _ in range(50):
        people.actor(session)
        people.clock.advance(seconds=1)
    assert people.hub.store.writer.total_changes == writes
    people.clock.advance(seconds=30)
    people.actor(session)
    assert people.hub.store.writer.total_changes == writes + 1


def test_every_role_has_a_life_and_several_roles_the_shortest(monkeypatch):
    assert set(ROLES) <= set(rules.LIVES)
    monkeypatch.setitem(rules.LIVES, "collections_cashier", rules.Life(3 * 60_000, 9 * 3_600_000))
    assert rules.life({"clerk", "collections_cashier"}).idle_ms == 180_000


def test_signing_in_elsewhere_ends_the_first_session_and_says_so(people, told):
    first = people.arrive("00902F", "clerk")
    second = people.sign_in("00902F")
    assert second["instead"]
    assert told == ["00902F"]
    assert people.actor(first) is None
    assert sessions.why_ended(people.hub, first) == "taken_over"
    assert people.actor(second["session"])


def test_signing_in_after_the_first_session_died_takes_nothing_over(people):
    people.arrive("00902F", "clerk")
    people.clock.advance(hours=1)
    assert not people.sign_in("00902F")["instead"]


@pytest.mark.parametrize("end", ["sign_out", "reset_code", "remove_agent"])
def test_what_ends_a_session_ends_its_socket_too(people, told, end):
    session = people.arrive("00902F", "clerk")
    socket = sessions.socket_token(session)
    actor = sessions.actor_of_socket_token(people.hub, socket)
    assert actor == people.actor(session)
    told.clear()
    if end == "sign_out":
        actions.sign_out(people.hub, Ask(actor))
    else:
        getattr(actions, end)(people.hub, Ask(HUB), code="00902F")
    assert people.actor(session) is None
    assert sessions.actor_of_socket_token(people.hub, socket) is None
    assert told == ["00902F"]


def test_a_socket_token_opens_no_page_and_a_session_no_socket(people):
    session = people.arrive("00902F", "clerk")
    socket = sessions.socket_token(session)
    assert people.actor(socket) is None
    assert sessions.actor_of_socket_token(people.hub, session) is None
    assert csrf.token_for(session) not in (session, socket)


@pytest.mark.parametrize("value", [None, "", "x", "\ud800", "' OR 1=1 --", "x" * 10_000])
def test_nonsense_is_nobody(people, value):
    assert people.actor(value) is None
    assert sessions.actor_of_socket_token(people.hub, value) is None


def test_sessions_long_dead_are_forgotten(people):
    for _ in range(5):
        people.sign_in("00902F") if store.agent(people.hub.reader, "00902F") else people.arrive("00902F", "clerk")
        people.clock.advance(hours=19)
    assert people.hub.reader.execute("SELECT count(*) FROM agent_session").fetchone()[0] <= 2


def test_a_session_survives_the_hub(people, tmp_path):
    from hub.context import Hub  # noqa: PLC0415
    from tests.hub.agents.conftest import open_store  # noqa: PLC0415

    session = people.arrive("00902F", "clerk")
    people.hub.store.close()
    again = Hub(people.hub.settings, open_store(tmp_path / "data", people.clock))
    assert sessions.actor_of_session(again, session)
    again.store.close()


# --- the three walls before a change -----------------------------------------------------------


def request(session=None, *, token=None, headers=(), url="http://localhost:8080"):
    built = EnvironBuilder("/x", base_url=url, method="POST", data={"csrf": token} if token else {})
    built.headers.extend(headers)
    made = built.get_request()
    if session:
        made.cookies = {cookie.name(made): session}
    return made


OURS = [("Sec-Fetch-Site", "same-origin"), ("Origin", "http://localhost:8080")]


@pytest.mark.parametrize(
    "headers",
    [[], OURS, [("Origin", "http://localhost:8080")], [("Sec-Fetch-Site", "same-origin"), ("Origin", "null")]],
    ids=["old browser", "new browser", "plain http", "no-referrer"],
)
def test_our_own_page_may_ask(headers):
    csrf.check(request("s", token=csrf.token_for("s"), headers=headers))
    csrf.check(request("s", headers=[*headers, ("X-CSRF-Token", csrf.token_for("s"))]))


@pytest.mark.parametrize(
    "asked",
    [
        lambda: request("s"),
        lambda: request("s", token=csrf.token_for("other")),
        lambda: request("s", token="é"),
        lambda: request(None, token=csrf.token_for("s")),
        lambda: request("s", token=csrf.token_for("s"), headers=[("Origin", "http://evil.example")]),
        lambda: request("s", token=csrf.token_for("s"), headers=[("Origin", "null")]),
        lambda: request("s", token=csrf.token_for("s"), headers=[("Origin", "http://localhost:8081")]),
        lambda: request("s", token=csrf.token_for("s"), headers=[("Sec-Fetch-Site", "cross-site")]),
        lambda: request("s", token=csrf.token_for("s"), headers=[("Sec-Fetch-Site", "same-site"), *OURS[1:]]),
    ],
)
def test_nobody_else_may(asked):
    with pytest.raises(NotAllowed) as refused:
        csrf.check(asked())
    assert refused.value.reason == "csrf"


def test_the_cookie_is_bound_to_the_host_over_tls():
    assert cookie.name(request(url="https://hub")) == "__Host-mbote"
    assert cookie.name(request(url="http://127.0.0.1:8080")) == "mbote"
