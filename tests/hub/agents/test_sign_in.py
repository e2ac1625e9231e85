"""Codes, secrets and locks."""

from __future__ import annotations

import threading
import time

import pytest

from hub.agents import actions, rules, secrets, store
from hub.ask import HUB, Actor, Ask
from hub.errors import NotAllowed, NotAuthenticated, NotFound, Refused, TooMany, Unreadable
from tests.conftest import DEAR


def test_a_one_shot_code_opens_the_door_once_and_only_to_choose_a_secret(people):
    one_shot = people.add("00411A", "executive")
    begun = people.sign_in("00411A", one_shot)
    assert begun["must_choose"]
    assert people.actor(begun["session"]).roles == {"newcomer"}
    session = people.choose(begun["session"])
    assert people.actor(session) == Actor(agent="00411A", roles=frozenset({"executive"}))
    assert people.actor(begun["session"]) is None, "a new value when the roles come"
    with pytest.raises(NotAuthenticated):
        people.sign_in("00411A", one_shot)
    assert not people.sign_in("00411A")["must_choose"]
    happened = ["agent_added", "code_issued", "signed_in", "secret_chosen", "sign_in_failed", "signed_in"]
    assert people.journal[1:] == happened


def test_a_one_shot_code_used_and_nothing_chosen_needs_a_new_one(people):
    one_shot = people.add("00411A", "executive")
    people.sign_in("00411A", one_shot)
    with pytest.raises(NotAuthenticated):
        people.sign_in("00411A", one_shot)
    again = actions.reset_code(people.hub, Ask(HUB), code="00411A")["one_shot"]
    assert again != one_shot
    assert people.sign_in("00411A", again)["must_choose"]


@pytest.mark.parametrize("typed", ["abcd-2345", "ABCD2345", " abcd 2345 "])
def test_a_one_shot_code_is_typed_as_it_comes(people, monkeypatch, typed):
    monkeypatch.setattr(secrets, "one_shot_code", lambda: "ABCD-2345")
    people.add("00411A", "executive")
    assert people.sign_in(" 00411a ", typed)["agent"] == "00411A"


def test_one_shot_codes_look_like_one_and_differ():
    codes = {secrets.one_shot_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(c) == 9 and c[4] == "-" and not set(c) & set("IO01") for c in codes)


def test_one_answer_for_a_wrong_code_and_a_wrong_secret(people):
    people.arrive("00411A", "executive")
    answers = []
    for code in ("00411A", "99999Z"):
        with pytest.raises(NotAuthenticated) as refused:
            people.sign_in(code, "not this one")
        answers.append(refused.value.as_json())
    assert answers[0] == answers[1]


def test_one_time_for_a_wrong_code_and_a_wrong_secret(people, monkeypatch):
    """Counted in hashes, not in seconds: one for each answer."""
    people.arrive("00411A", "executive")
    hashes = []
    monkeypatch.setattr(secrets, "_HASHER", _Counting(secrets._HASHER, hashes))
    for code in ("00411A", "99999Z", ""):
        hashes.clear()
        with pytest.raises(NotAuthenticated):
            people.sign_in(code, "not this one")
        assert len(hashes) == 1


class _Counting:
    def __init__(self, real, calls):
        self._real, self._calls = real, calls

    def hash(self, secret):
        self._calls.append("hash")
        return self._real.hash(secret)

    def verify(self, hashed, secret):
        self._calls.append("verify")
        return self._real.verify(hashed, secret)


def test_the_hash_has_the_parameters_that_were_decided(people, monkeypatch):
    monkeypatch.setattr(secrets, "_HASHER", DEAR)
    people.arrive("00411A", "executive")
    assert store.secret(people.hub.reader, "00411A")[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("code", ["00411A", "99999Z"], ids=["known", "unknown"])
def test_five_wrong_tries_lock_an_account_for_a_quarter_of_an_hour(people, code):
    people.arrive("00411A", "executive")
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            people.sign_in(code, "guess")
    people.clock.advance(minutes=10)
    with pytest.raises(TooMany) as refused:
        people.sign_in(code)
    assert refused.value.as_json() | {"message": ""} == {"code": "locked", "message": "", "retry_s": 300}
    people.clock.advance(minutes=5)
    if code == "00411A":
        assert people.sign_in(code)["agent"] == code
    else:
        with pytest.raises(NotAuthenticated):
            people.sign_in(code)


def test_the_lock_outlives_the_clock_being_set_back(people):
    people.arrive("00411A", "executive")
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            people.sign_in("00411A", "guess")
    people.clock.jump(seconds=-86_400)
    people.clock.advance(minutes=14)
    with pytest.raises(TooMany):
        people.sign_in("00411A")


def test_four_wrong_tries_and_a_good_one_start_afresh(people):
    people.arrive("00411A", "executive")
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(NotAuthenticated):
                people.sign_in("00411A", "guess")
        people.sign_in("00411A")


def test_wrong_tries_of_long_ago_do_not_count(people):
    people.arrive("00411A", "executive")
    for _ in range(12):
        with pytest.raises(NotAuthenticated):
            people.sign_in("00411A", "guess")
        people.clock.advance(minutes=16)
    people.sign_in("00411A")


def test_ten_thousand_guesses_make_five_hashes_and_five_entries(people, monkeypatch):
    people.arrive("00411A", "executive")
    before = len(people.journal)
    hashes = []
    monkeypatch.setattr(secrets, "_HASHER", _Counting(secrets._HASHER, hashes))
    for number in range(10_000):
        with pytest.raises((NotAuthenticated, TooMany)):
            people.sign_in("00411A", str(number))
    assert len(hashes) == 5
    assert people.journal[before:] == ["sign_in_failed"] * 5


def test_a_new_code_also_ends_the_lock(people):
    people.arrive("00411A", "executive")
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            people.sign_in("00411A", "guess")
    one_shot = actions.reset_code(people.hub, Ask(HUB), code="00411A")["one_shot"]
    assert people.sign_in("00411A", one_shot)["must_choose"]


def test_guesses_at_unknown_codes_leave_nothing_behind(people):
    for number in range(30):
        with pytest.raises(NotAuthenticated):
            people.sign_in(f"my secret typed here {number}", "x")
    assert people.journal == ["hub_started"]


def test_one_hash_at_a_time(people, monkeypatch):
    people.arrive("00411A", "executive")
    inside, most = 0, 0

    class Slow:
        def verify(self, *_):
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            time.sleep(0.02)
            inside -= 1
            return True

    monkeypatch.setattr(secrets, "_HASHER", Slow())
    threads = [threading.Thread(target=people.sign_in, args=("00411A",)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_crowd_is_told_to_come_back(people, monkeypatch):
    monkeypatch.setattr(secrets, "PATIENCE_S", 0.01)
    people.arrive("00411A", "executive")
    with secrets.one_at_a_time():
        caught = []

        def late():
            with pytest.raises(TooMany) as refused:
                people.sign_in("00411A")
            caught.append(refused.value.reason)

        thread = threading.Thread(target=late)
        thread.start()
        thread.join()
    assert caught == ["too_many"]


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("court", "length"),
        ("x" * 129, "length"),
        ("Password1", "common"),
        ("MOTDEPASSE", "common"),
        ("azertyuiop", "common"),
    ],
)
def test_secrets_that_are_refused(people, secret, why):
    session = people.sign_in("00411A", people.add("00411A", "clerk"))["session"]
    with pytest.raises(Unreadable) as refused:
        people.choose(session, secret)
    assert refused.value.as_json()["why"] == why
    assert people.actor(session).roles == {"newcomer"}, "still to be chosen"


def test_the_code_itself_is_no_secret():
    with pytest.raises(Unreadable, match="your code is known"):
        rules.good_secret("agent-0041", "AGENT-0041")


@pytest.mark.parametrize("secret", ["aaaaaaab", "12 34 56 78", "كلمة السر هنا", "pélican doré", "x" * 128])
def test_any_other_eight_characters_will_do(people, secret):
    session = people.sign_in("00411A", people.add("00411A", "clerk"))["session"]
    people.choose(session, secret)
    assert people.sign_in("00411A", secret)["agent"] == "00411A"


def test_an_accent_is_the_same_however_the_keyboard_makes_it(people):
    session = people.sign_in("00411A", people.add("00411A", "clerk"))["session"]
    people.choose(session, "pélican doré")
    assert people.sign_in("00411A", "pe\u0301lican dore\u0301")["agent"] == "00411A"


def test_there_are_fifty_commonest():
    assert len(rules.COMMONEST) == 50
    assert all(len(secret) >= rules.SHORTEST and secret == secret.casefold() for secret in rules.COMMONEST)


def test_changing_a_secret_asks_for_the_present_one(people):
    session = people.arrive("00411A", "clerk")
    for current in (None, "", "wrong"):
        with pytest.raises(Unreadable) as refused:
            people.choose(session, "un autre matin", current)
        assert refused.value.field == "current"
    people.choose(session, "un autre matin", people.SECRET)
    assert people.sign_in("00411A", "un autre matin")["agent"] == "00411A"


def test_no_secret_is_in_the_journal_or_kept_with_it(people):
    one_shot = people.add("00411A", "executive")
    begun = people.sign_in("00411A", one_shot)
    session = people.choose(begun["session"])
    token = people.pair("kiosk", "K1")
    text = "\n".join(str(tuple(row)) for row in people.hub.reader.execute("SELECT * FROM journal"))
    for secret in (one_shot, one_shot.replace("-", ""), begun["session"], session, token, people.SECRET, "$argon2id$"):
        assert secret not in text
    dump = "\n".join(people.hub.reader.iterdump())
    for secret in (one_shot, begun["session"], session, token, people.SECRET):
        assert secret not in dump


# --- who may manage whom -----------------------------------------------------------------------

SUPERVISOR = Actor(agent="00411A", roles=frozenset({"supervisor"}))
ADMIN = Actor(agent="00001A", roles=frozenset({"admin"}))


def test_a_supervisor_manages_those_at_the_counters_and_nobody_above(people):
    ask = Ask(SUPERVISOR)
    people.add("00001A", "admin")
    actions.add_agent(people.hub, ask, code="00902F", name="BOUITY Nadège", roles=["clerk"])
    actions.reset_code(people.hub, ask, code="00902F")
    for roles in (["admin"], ["supervisor"], ["clerk", "head_cashier"], ["auditor"], ["executive"]):
        with pytest.raises(NotAllowed):
            actions.add_agent(people.hub, ask, code="00903F", name="X", roles=roles)
        with pytest.raises(NotAllowed):
            actions.change_agent(people.hub, ask, code="00902F", name="X", roles=roles)
    for act in (actions.reset_code, actions.remove_agent):
        with pytest.raises(NotAllowed):
            act(people.hub, ask, code="00001A")
    actions.remove_agent(people.hub, ask, code="00902F")


def test_the_last_administrator_stays(people):
    people.add("00001A", "admin")
    with pytest.raises(Refused, match="last administrator"):
        actions.remove_agent(people.hub, Ask(ADMIN), code="00001A")
    with pytest.raises(Refused, match="last administrator"):
        actions.change_agent(people.hub, Ask(ADMIN), code="00001A", name="X", roles=["clerk"])
    people.add("00002A", "admin")
    actions.remove_agent(people.hub, Ask(ADMIN), code="00001A")


def test_who_was_removed_cannot_sign_in_and_may_come_back(people):
    session = people.arrive("00902F", "clerk")
    actions.remove_agent(people.hub, Ask(ADMIN), code="00902F")
    assert people.actor(session) is None
    with pytest.raises(NotAuthenticated):
        people.sign_in("00902F")
    assert people.sign_in("00902F", people.add("00902F", "validator"))["must_choose"]
    assert store.agent(people.hub.reader, "00902F").roles == {"validator"}


def test_a_code_belongs_to_one_person(people):
    people.add("00902F", "clerk")
    with pytest.raises(Refused, match="already NGOMA Clarisse's"):
        people.add("00902F", "clerk")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "X"}, "code"), ({"code": "00902F; DROP"}, "code"), ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"), ({"name": "a\x00b"}, "name"), ({"name": "\ud800"}, "name"),
        ({"roles": []}, "roles"), ({"roles": ["root"]}, "roles"),
    ],
)  # fmt: skip
def test_a_person_that_makes_no_sense(people, values, field):
    with pytest.raises(Unreadable) as refused:
        actions.add_agent(people.hub, Ask(ADMIN), **{"code": "00902F", "name": "X", "roles": ["clerk"]} | values)
    assert refused.value.field == field


def test_changed_roles_count_from_the_next_request_on(people):
    session = people.arrive("00902F", "clerk")
    actions.change_agent(people.hub, Ask(ADMIN), code="00902F", name="B. Nadège", roles=["validator", "clerk"])
    assert people.actor(session).roles == {"clerk", "validator"}


def test_only_those_who_serve_sign_on_to_a_counter(people):
    people.add("00902F", "clerk")
    people.add("00101X", "executive")
    actions.check_serves(people.hub, "00902F")
    with pytest.raises(NotAllowed, match="no role that serves"):
        actions.check_serves(people.hub, "00101X")
    with pytest.raises(NotFound):
        actions.check_serves(people.hub, "00000Z")
