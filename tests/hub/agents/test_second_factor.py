"""The telephone: set up, shown, lost; and what can be read of it where."""

from __future__ import annotations

import json
import threading

import pytest

from hub.agents import actions, rules, second_factor, sessions, store, totp, vault
from hub.agents.model import ROLES, ScreenUnlocked
from hub.ask import HUB, Actor, Ask
from hub.errors import NotAllowed, NotAuthenticated, TooMany, Unreadable

STRANGER = "10.9.9.9"


@pytest.mark.parametrize("role", sorted(rules.SECOND_FACTOR))
def test_until_a_telephone_is_set_up_a_session_may_only_set_one_up(people, role):
    begun = people.sign_in("00411A", people.add("00411A", role))
    session = people.choose(begun["session"])
    assert people.actor(session).roles == {"enrolling"}
    assert sessions.actor_of_socket_token(people.hub, sessions.socket_token(session)) is None
    assert people.actor(people.enrol(session)).roles == {role}
    assert people.actor(session) is None, "a new value with the roles"


def test_money_administration_and_health_want_one_and_the_others_do_not(people):
    wanting = {"supervisor", "collections_cashier", "benefits_cashier", "head_cashier", "medical_officer", "admin"}
    assert wanting == rules.SECOND_FACTOR
    assert {role for role in ROLES if not rules.needs_factor([role])} == set(ROLES) - wanting
    assert people.actor(people.arrive("00902F", "clerk")).roles == {"clerk"}


def test_the_secret_alone_opens_nothing_and_disturbs_nobody(people, told):
    at_work = people.arrive("00411A", "supervisor")
    told.clear()
    before = people.journal
    begun = people.sign_in("00411A")
    assert begun["must_prove"]
    assert people.actor(begun["session"]).roles == {"proving"}
    assert people.actor(at_work).roles == {"supervisor"}, "who knows the secret ends nobody's session"
    assert told == []
    assert people.journal == before
    session = people.prove(begun["session"], people.shows("00411A"))["session"]
    assert people.actor(session).roles == {"supervisor"}
    assert people.actor(at_work) is None
    assert sessions.why_ended(people.hub, at_work) == "taken_over"
    assert people.actor(begun["session"]) is None


def test_a_code_passes_once(people):
    people.arrive("00411A", "supervisor")
    first, second = (people.sign_in("00411A")["session"] for _ in range(2))
    code = people.shows("00411A")
    people.prove(first, code)
    again = people.sign_in("00411A")["session"]
    with pytest.raises(NotAuthenticated) as refused:
        people.prove(again, code)
    assert refused.value.reason == "wrong_factor"
    assert people.actor(second) is None


def test_of_two_who_show_the_same_code_at_once_one_gets_in(people):
    people.arrive("00411A", "supervisor")
    begun = [people.sign_in("00411A")["session"] for _ in range(4)]
    actors = [people.actor(session) for session in begun]
    code, ends = people.shows("00411A"), []

    def show(actor):
        try:
            second_factor.prove(people.hub, Ask(actor), code=code)
            ends.append("in")
        except NotAuthenticated:
            ends.append("out")

    threads = [threading.Thread(target=show, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["in", "out", "out", "out"]


def test_wrong_codes_count_with_wrong_secrets(people):
    people.arrive("00411A", "supervisor")
    begun = people.sign_in("00411A", address=STRANGER)["session"]
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            people.prove(begun, "000000", address=STRANGER)
    with pytest.raises(TooMany) as refused:
        people.prove(begun, people.shows("00411A"), address=STRANGER)
    assert refused.value.reason == "locked"
    with pytest.raises(TooMany):
        people.sign_in("00411A", address=STRANGER)
    people.clock.advance(minutes=15)
    again = people.sign_in("00411A", address=STRANGER)["session"]
    assert people.prove(again, people.shows("00411A"), STRANGER)["roles"] == ["supervisor"]


def test_the_right_secret_does_not_forgive_wrong_codes(people):
    """Else whoever knows the secret tries codes for ever."""
    people.arrive("00411A", "supervisor")
    for _ in range(5):
        begun = people.sign_in("00411A", address=STRANGER)["session"]
        with pytest.raises(NotAuthenticated):
            people.prove(begun, "000000", address=STRANGER)
    with pytest.raises(TooMany):
        people.sign_in("00411A", address=STRANGER)


def test_a_recovery_code_replaces_the_telephone_once(people):
    people.arrive("00411A", "supervisor")
    code = people.drawers["00411A"][0]
    answer = people.prove(people.sign_in("00411A")["session"], f" {code.lower().replace('-', ' ')} ")
    assert people.actor(answer["session"]).roles == {"supervisor"}
    assert answer["left"] == rules.RECOVERY_CODES - 1
    with pytest.raises(NotAuthenticated):
        people.prove(people.sign_in("00411A")["session"], code)
    people.arrive("00001A", "admin")
    with pytest.raises(NotAuthenticated):
        people.prove(people.sign_in("00001A")["session"], people.drawers["00411A"][1])


def test_with_a_clock_that_nobody_believes_recovery_codes_open(people):
    people.arrive("00411A", "supervisor")
    people.clock.jump(seconds=-400 * 86_400)
    with pytest.raises(NotAuthenticated):
        people.prove(people.sign_in("00411A")["session"], totp.code_of(people.telephones["00411A"], 59_000_000))
    people.prove(people.sign_in("00411A")["session"], people.drawers["00411A"][0])


def test_a_telephone_eight_minutes_off_is_taken_and_followed(people):
    session = people.choose(people.sign_in("00411A", people.add("00411A", "supervisor"))["session"])
    secret = vault.offered(people.hub.store.folder, session)
    now = totp.step_of(people.clock.now().at)
    enrolled = second_factor.enrol(
        people.hub, Ask(people.actor(session)), session=session, code=totp.code_of(secret, now + 16)
    )
    assert enrolled["apart_s"] == 480
    people.clock.advance(minutes=1)
    people.prove(people.sign_in("00411A")["session"], totp.code_of(secret, now + 16 + 3))


def test_the_wrong_first_code_keeps_nothing(people):
    session = people.choose(people.sign_in("00411A", people.add("00411A", "supervisor"))["session"])
    with pytest.raises(Unreadable) as refused:
        second_factor.enrol(people.hub, Ask(people.actor(session)), session=session, code="000000")
    assert refused.value.reason == "wrong_first_code"
    assert store.factor(people.hub.reader, "00411A") is None
    assert people.actor(session).roles == {"enrolling"}


def test_who_gets_such_a_role_sets_up_a_telephone_from_the_next_request_on(people):
    session = people.arrive("00902F", "clerk")
    actions.change_agent(people.hub, Ask(HUB), code="00902F", name="BOUITY Nadège", roles=["supervisor"])
    assert people.actor(session).roles == {"enrolling"}
    actions.change_agent(people.hub, Ask(HUB), code="00902F", name="BOUITY Nadège", roles=["clerk"])
    assert people.actor(session).roles == {"clerk"}


# --- the telephone is lost ---------------------------------------------------------------------


def test_a_lost_telephone_is_replaced_by_who_shows_their_own(people, told):
    people.arrive("00001A", "admin")
    session = people.arrive("00411A", "supervisor")
    admin = Actor(agent="00001A", roles=frozenset({"admin"}))
    for wrong in ("", "000000", people.shows("00411A"), people.drawers["00411A"][0]):
        with pytest.raises(NotAuthenticated):
            second_factor.forget(people.hub, Ask(admin), code="00411A", factor=wrong)
    assert people.actor(session).roles == {"supervisor"}
    told.clear()
    given = second_factor.forget(people.hub, Ask(admin), code="00411A", factor=people.shows("00001A"))
    assert people.actor(session) is None
    assert told == ["00411A"]
    begun = people.sign_in("00411A", given["one_shot"])
    chosen = people.choose(begun["session"])
    assert people.actor(chosen).roles == {"enrolling"}
    old = people.drawers["00411A"][1]
    people.enrol(chosen)
    with pytest.raises(NotAuthenticated):
        people.prove(people.sign_in("00411A")["session"], old)


def test_a_supervisor_replaces_a_cashier_s_and_no_other_supervisor_s(people):
    people.arrive("00411A", "supervisor")
    people.arrive("00412B", "supervisor")
    people.arrive("01016E", "collections_cashier")
    supervisor = Ask(Actor(agent="00411A", roles=frozenset({"supervisor"})))
    with pytest.raises(NotAllowed):
        second_factor.forget(people.hub, supervisor, code="00412B", factor=people.shows("00411A"))
    assert second_factor.forget(people.hub, supervisor, code="01016E", factor=people.shows("00411A"))["one_shot"]


def test_a_new_code_for_a_forgotten_secret_does_not_replace_the_telephone(people):
    people.arrive("00411A", "supervisor")
    one_shot = actions.reset_code(people.hub, Ask(HUB), code="00411A")["one_shot"]
    session = people.choose(people.sign_in("00411A", one_shot)["session"])
    assert people.actor(session).roles == {"proving"}
    assert people.prove(session, people.shows("00411A"))["roles"] == ["supervisor"]


def test_the_last_administrator_gets_in_again_at_the_box(people):
    people.arrive("00001A", "admin")
    given = second_factor.forget(people.hub, Ask(HUB), code="00001A")
    session = people.choose(people.sign_in("00001A", given["one_shot"])["session"])
    assert people.actor(people.enrol(session)).roles == {"admin"}


def test_only_the_hub_itself_vouches(people):
    people.arrive("00411A", "supervisor")
    for actor in (Actor(agent="00411A", roles=frozenset({"supervisor", "admin"})), Actor()):
        with pytest.raises(NotAllowed):
            second_factor.vouched(people.hub, Ask(actor), "00411A")


# --- where nothing of it is ----------------------------------------------------------------------


def test_nothing_of_it_is_in_the_journal_or_readable_in_the_file(people):
    people.arrive("00411A", "supervisor")
    people.prove(people.sign_in("00411A")["session"], people.drawers["00411A"][0])
    people.prove(people.sign_in("00411A")["session"], code := people.shows("00411A"))
    secret = people.telephones["00411A"]
    rows = [dict(row) for row in people.hub.reader.execute("SELECT * FROM journal")]
    told = json.dumps([row["payload"] for row in rows] + [row["answer"] for row in rows])
    people.hub.store.close()
    file = b"".join(path.read_bytes() for path in people.hub.store.folder.glob("mbote.db*"))
    for spelling in (
        secret,
        secret.hex().encode(),
        vault.in_letters(secret).encode(),
        people.drawers["00411A"][1].encode(),
    ):
        assert spelling not in file
        assert spelling not in told.encode()
    assert code not in told
    assert (people.hub.store.folder / vault.KEY).stat().st_mode & 0o777 == 0o600


def test_a_sealed_secret_is_the_agent_s_and_the_box_s(tmp_path):
    kept = vault.sealed(tmp_path, "00411A", b"secret of a telephone")
    assert vault.opened(tmp_path, "00411A", kept) == b"secret of a telephone"
    assert vault.opened(tmp_path, "00001A", kept) is None
    assert vault.opened(tmp_path, "00411A", kept[:-1] + bytes([kept[-1] ^ 1])) is None
    assert vault.opened(tmp_path, "00411A", b"") is None
    assert vault.opened(tmp_path / "other", "00411A", kept) is None


def test_without_its_key_no_code_opens_and_a_new_telephone_can_be_given(people):
    people.arrive("00411A", "supervisor")
    (people.hub.store.folder / vault.KEY).unlink()
    with pytest.raises(NotAuthenticated):
        people.prove(people.sign_in("00411A")["session"], people.shows("00411A"))
    given = second_factor.forget(people.hub, Ask(HUB), code="00411A")
    assert people.sign_in("00411A", given["one_shot"])["must_choose"]


# --- the word of a second person -------------------------------------------------------------


class Deeds:
    """An act that somebody else has to confirm, and in whose name it was done."""

    def __init__(self, people):
        self.people, self.done = people, []

    def ask(self, asker, shown, key="k1"):
        ask = Ask(Actor(agent=asker, roles=frozenset({"collections_cashier"})), key, {"factor": shown.code})
        return second_factor.confirm(self.people.hub, ask, self.act, what="closing 3", shown=shown)

    def act(self, by):
        def decide(tx):
            self.done.append((by.actor.agent, by.actor.roles))
            tx.record(ScreenUnlocked(by.actor.agent))
            return {"by": by.actor.agent}

        return self.people.hub.perform(by, decide)


def test_a_second_person_gives_their_word_at_the_screen_of_another_by_their_own_telephone(people):
    people.arrive("01016C", "collections_cashier")
    people.arrive("01003B", "head_cashier")
    deeds, shown = Deeds(people), second_factor.Shown("01003b", people.shows("01003B"), STRANGER)
    assert deeds.ask("01016C", shown) == {"by": "01003B"}
    assert deeds.ask("01016C", shown) == {"by": "01003B"}, "the same request again is answered as before"
    assert deeds.done == [("01003B", {"head_cashier"})], "once, in their name and roles"
    row = people.hub.reader.execute("SELECT * FROM journal WHERE kind = 'second_factor_shown'").fetchone()
    assert (row["actor"], json.loads(row["payload"])) == (
        "01003B",
        {"agent": "01003B", "what": "closing 3", "at": "01016C", "address": STRANGER, "factor": "totp"},
    )
    with pytest.raises(NotAuthenticated):
        deeds.ask("01016C", shown, "k2")
    own = second_factor.Shown("", people.shows("01003B"))
    assert deeds.ask("01003B", own, "k3") == {"by": "01003B"}, "or at a screen of their own"


def test_in_the_demo_the_hub_vouches_for_whoever_sits_in_a_chair_and_for_nobody_who_came_to_it(people):
    people.arrive("01016C", "collections_cashier")
    people.arrive("01003B", "head_cashier")
    deeds = Deeds(people)
    with pytest.raises(NotAuthenticated):
        deeds.ask("01003B", second_factor.Shown(), "k1")
    second_factor.vouch_for_chairs(people.hub)
    assert deeds.ask("01003B", second_factor.Shown(), "k2") == {"by": "01003B"}
    for shown in (second_factor.Shown("01003B"), second_factor.Shown("", "000000")):
        with pytest.raises(NotAuthenticated):
            deeds.ask("01016C", shown, f"k {shown}")


def test_who_guesses_the_code_of_a_second_person_is_stopped_and_nothing_is_done(people):
    people.arrive("01016C", "collections_cashier")
    people.arrive("01003B", "head_cashier")
    deeds = Deeds(people)
    wrong = (("01003B", "000000"), ("01003B", people.shows("01016C")), ("NOBODY", "000000"), ("01003B", ""))
    for n, (person, code) in enumerate((wrong * 2)[:7]):
        with pytest.raises(NotAuthenticated):
            deeds.ask("01016C", second_factor.Shown(person, code, STRANGER), f"k{n}")
    with pytest.raises(TooMany):
        deeds.ask("01016C", second_factor.Shown("01003B", people.shows("01003B"), STRANGER), "right")
    assert deeds.done == []
    assert people.journal.count("sign_in_failed") == 5
