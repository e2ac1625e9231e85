"""What whoever holds a ticket is told of it, and what they may do themselves: let others pass once, give it up."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hub import asks, codes, scans
from hub.ask import Actor
from hub.errors import IllegalStep, NotFound, Refused, TooMany
from hub.queues import actions, followup, rules, store
from hub.queues.model import TicketLetPass
from hub.settings import QueueRules
from hub.wire import Wait
from tests.hub.queues.test_rules import somebody
from tests.office import RECEPTION

KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))


def code(office, label):
    return office.ticket(label).token


def told(office, label):
    with office.hub.snapshot() as reader:
        return followup.followed(office.hub, reader, office.ticket(label))


def passes(office, label):
    return followup.let_pass_own(office.hub, office.ask(KIOSK), code=code(office, label))


# --- pure


@pytest.mark.parametrize(("now", "low_s", "expected"), [
    ("10:00:00", 3600, "10:55"),
    ("10:03:59", 1800, "10:25"),
    ("10:04:00", 1500, "10:20"),
    ("10:00:00", 1200, "10:15"),
    ("10:00:00", 900, "10:10"),
    ("10:00:01", 900, None),  # ten minutes at least, in whole steps
    ("10:00:00", 0, None),
    ("23:50:00", 3600, "00:45"),
])  # fmt: skip
def test_until_when_somebody_may_be_away(now, low_s, expected):
    then = datetime.fromisoformat(f"2026-11-23T{now}+01:00")
    until = followup.back_by(then, Wait(low_s, low_s + 900))
    assert (f"{until:%H:%M}" if until else None) == expected
    assert until is None or until <= then + timedelta(seconds=low_s) - followup.MARGIN


def test_nobody_is_sent_away_while_the_wait_is_not_known():
    assert followup.back_by(datetime.fromisoformat("2026-11-23T10:00:00+01:00"), None) is None


@pytest.mark.parametrize(("changed", "refused"), [
    ({}, None),
    ({"passes": 1}, "passed_before"),
    ({"after": 0}, "nobody_behind"),
    ({"rules": QueueRules(let_pass=0)}, "not_offered"),
    *[({"state": state}, "illegal_step") for state in rules.TICKET_STEPS if state != "waiting"],
])  # fmt: skip
def test_others_are_let_pass_once_while_one_waits(changed, refused, clock):
    ticket = replace(somebody(changed.get("state", "waiting"), clock.now()), passes=changed.get("passes", 0))
    settings, after = changed.get("rules", QueueRules()), changed.get("after", 5)
    offered = "let_pass" in followup.acts_of(ticket, after, settings)
    assert offered is (refused is None), "what is offered is what the rule takes"
    if refused is None:
        assert rules.let_pass(ticket, 2, after, settings) == TicketLetPass(1, behind=5)
        return
    with pytest.raises(Refused) as refusal:
        rules.let_pass(ticket, 2, after, settings)
    assert refusal.value.reason == refused


@pytest.mark.parametrize(("typed", "found"), [
    ("K7M2P9QR", "K7M2P9QR"), ("k7m2 p9qr", "K7M2P9QR"), ("K7M2-P9QR", "K7M2P9QR"), (" k7m2p9qr ", "K7M2P9QR"),
    ("HTTP://192.168.50.1:8085/K7M2P9QR", "K7M2P9QR"), ("https://suivi.example.cg/bzv/k7m2p9qr", "K7M2P9QR"),
    ("K7M2P9Q", ""), ("K7M2P9QRA", ""), ("K7M2P9Q0", ""), ("K7M2 P9 QR", ""), ("", ""), ("D001", ""),
    ("http:///K7M2P9QR", ""), ("x" * 5_000, ""), ("2026/000412", ""), ("REQ-2026-000002", ""),
])  # fmt: skip
def test_the_code_in_what_is_typed_or_scanned(typed, found):
    assert codes.token(typed) == found


# --- the place in the line


def test_the_place_is_that_of_the_calls_to_come(office):
    labels = [office.press("deposit") for _ in range(7)]
    office.later(minutes=4)
    office.goes_first(labels[4], "age_70")
    office.press("pension")
    expected = [label for _, label in sorted((told(office, each).ahead, each) for each in labels)]
    assert expected[0] == labels[4]
    desk = office.counter("05").open("00902F")
    called = []
    for _ in labels:
        called.append(desk.next())
        desk.start().finish()
    assert called == expected


@pytest.mark.parametrize("ahead", [0, 1, 4])
def test_who_lets_three_pass_is_called_after_them_and_keeps_those_before(office, ahead):
    labels = [office.press("deposit") for _ in range(10)]
    mine = labels[ahead]
    answer = passes(office, mine)
    assert (answer["ahead"], answer["acts"]) == (ahead + 3, ["cancel"])
    desk = office.counter("05").open("00902F")
    called = []
    for _ in labels:
        called.append(desk.next())
        desk.start().finish()
    assert called == labels[:ahead] + labels[ahead + 1 : ahead + 4] + [mine] + labels[ahead + 4 :]
    assert office.journal.count("ticket_let_pass") == 1


def test_once_is_once_and_nobody_who_is_called_lets_pass(office):
    first, second = office.press("deposit"), office.press("deposit")
    passes(office, first)
    with pytest.raises(Refused) as refusal:
        passes(office, first)
    assert refusal.value.reason == "passed_before"
    followup.let_pass(office.hub, office.ask(RECEPTION), ticket=office.id_of(second))
    office.counter("05").open("00902F").next()
    for label in (first, second):
        with pytest.raises((IllegalStep, Refused)):
            followup.let_pass(office.hub, office.ask(RECEPTION), ticket=office.id_of(label))


def test_who_is_alone_is_not_sent_behind_nobody(office):
    label = office.press("deposit")
    assert told(office, label).acts == ("cancel",)
    with pytest.raises(Refused) as refusal:
        passes(office, label)
    assert refusal.value.reason == "nobody_behind"


def test_if_those_behind_go_home_the_one_who_let_them_pass_is_called_at_once(office):
    first, second = office.press("deposit"), office.press("deposit")
    passes(office, first)
    office.gives_up(second)
    assert office.counter("05").open("00902F").next() == first


# --- what is told


def test_each_state_is_told_in_its_words(office):
    for _ in range(12):
        office.press("deposit")
    label = office.press("deposit")
    assert (told(office, label).wait, told(office, label).back_by) == (None, ""), "nobody serves: nothing is known"
    desk = office.counter("05").open("00902F")
    now = told(office, label)
    assert (now.state, now.ahead, now.counter, now.passes) == ("waiting", 12, "", 3)
    assert now.wait is not None
    assert now.back_by > now.at, "with so many before, there is time to go out"
    desk.pick(label)
    assert (told(office, label).state, told(office, label).counter) == ("called", "05")
    assert told(office, label).acts == ("cancel",)
    office.later(seconds=60)
    desk.recall().absent()
    absent = told(office, label)
    assert (absent.state, absent.counter, absent.acts) == ("no_show", "", ())
    assert absent.return_by > absent.at
    office.later(minutes=31)
    assert told(office, label).return_by == ""
    desk.next()
    desk.start().finish()
    assert told(office, "D001").state == "over"


def test_while_the_clock_is_doubted_no_time_is_told(office):
    for _ in range(12):
        office.press("deposit")
    office.counter("05").open("00902F")
    assert told(office, "D012").back_by
    office.clock._now = replace(office.clock.now(), certain=False)
    now = told(office, "D012")
    assert (now.at, now.back_by, now.ahead) == ("", "", 11)


def test_the_visitor_gives_it_up_and_it_is_written_down_whose_act_it_was(office):
    label = office.press("deposit")
    answer = followup.cancel_own(office.hub, office.ask(KIOSK), code=code(office, label).lower())
    assert (answer["state"], answer["acts"]) == ("over", [])
    row = office.hub.reader.execute("SELECT * FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    assert (row["kind"], row["device"], json.loads(row["payload"])["reason"]) == (
        "ticket_cancelled", "K1", "par le visiteur",
    )  # fmt: skip
    assert code(office, label) not in row["payload"]


def test_a_touch_that_is_told_twice_is_one(office):
    first = office.press("deposit")
    office.press("deposit")
    ask = office.ask(KIOSK)
    answers = [followup.let_pass_own(office.hub, ask, code=code(office, first)) for _ in range(2)]
    assert answers[0] == answers[1]
    assert office.journal.count("ticket_let_pass") == 1


# --- codes


def test_codes_of_yesterday_are_nobody_s_and_today_s_stay_known_when_it_is_over(office):
    label = office.press("deposit")
    known = code(office, label)
    office.gives_up(label)
    find = lambda: followup.of_code(office.hub, office.hub.reader, known, "K1")  # noqa: E731
    assert find().label == label
    office.close_day()
    office.later(hours=24)
    office.open_day()
    with pytest.raises(NotFound) as refusal:
        find()
    assert refusal.value.reason == "unknown_code"


def test_ten_thousand_codes_meet_no_other(office):
    made = {actions.new_token() for _ in range(10_000)}
    assert len(made) == 10_000
    assert {len(each) for each in made} == {codes.TOKEN_LENGTH}
    assert set("".join(made)) == set(codes.TOKEN_LETTERS)
    assert not set(codes.TOKEN_LETTERS) & set("01ILO"), "none that is taken for another"


def test_who_guesses_is_soon_not_answered_and_others_are(office):
    label = office.press("deposit")
    known, other = code(office, label), Actor(device="K2", roles=frozenset({"kiosk"}))

    def scan(typed, actor=KIOSK):
        return asks.perform(office.hub, actor, "scanned", {"key": office.new_key(), "code": typed})

    wrong = [each for each in (actions.new_token() for _ in range(60)) if each != known]
    answered = 0
    for each in wrong:
        try:
            assert scan(each)["words"] == scans.NOTHING
        except TooMany:
            break
        answered += 1
    assert answered <= 25
    with pytest.raises(TooMany) as refusal:
        scan(known)
    assert 0 < refusal.value.facts["retry_s"] <= 61
    with pytest.raises(TooMany):
        asks.perform(office.hub, KIOSK, "own_cancel", {"key": office.new_key(), "code": known})
    assert scan(known, other)["followed"]["label"] == label
    assert scan("REQ-2026-000002")["words"] == scans.NOTHING, "a paper is looked at all the same"
    assert store.ticket_of_token(office.hub.reader, known).state == "waiting"


def test_a_kiosk_without_the_code_changes_nothing(office):
    office.press("deposit")
    head = office.hub.store.head
    for what in ("own_cancel", "own_let_pass"):
        for typed in ("", "D001", "ZZZZZZZZ", "' OR 1=1 --", "é" * 8):
            with pytest.raises(Refused):
                asks.perform(office.hub, KIOSK, what, {"key": office.new_key(), "code": typed})
    assert office.hub.store.head == head
