"""The times of a day, who is meant, and the steps of an appointment: requirements B.13, by hand."""

from fractions import Fraction

import pytest

from hub.errors import IllegalStep, NotFound, Refused, Unreadable
from hub.services.appointment import rules
from hub.services.appointment.model import Appointment, Slot

AT = 1_772_443_800_000  # 09:30
TODAY = "2026-03-02"


def one(number=1, **facts):
    known = {
        "label": f"RDV-2026-{number:06d}", "code": "K7M2P9QR", "service": "RAS", "mode": "counter",
        "state": "confirmed", "on": TODAY, "at": "09:30", "slot_at": AT, "minutes": 10, "channel": "reception",
        "language": "fr",
    }  # fmt: skip
    return Appointment(number, **known | facts)


# --- times


def places(first, last, minutes, counters, share):
    return {slot.at: slot.places for slot in rules.times(first, last, minutes, Fraction(counters), share)}


def test_times_are_counters_by_duration_by_share():
    """Five counters for an hour of ten minutes are 30 places; 40 % of them are 12, two at each time."""
    assert places("08:00", "09:00", 10, 5, 40) == dict.fromkeys(
        ("08:00", "08:10", "08:20", "08:30", "08:40", "08:50"), 2
    )


@pytest.mark.parametrize(
    ("counters", "share", "expected"),
    [
        # 0.8 a time: none at first, then one each, and the lost fifth comes back in no half place
        (2, 40, {"08:10": 1, "08:20": 1, "08:30": 1, "08:40": 1}),
        (1, 40, {"08:20": 1, "08:40": 1}),
        (1, 50, {"08:10": 1, "08:30": 1}),
        (Fraction(1, 3), 100, {"08:20": 1}),
        (1, 100, dict.fromkeys(("08:00", "08:10", "08:20", "08:30", "08:40"), 1)),
        (3, 0, {}),
        (0, 40, {}),
    ],
)
def test_a_share_that_is_no_whole_number_is_spread(counters, share, expected):
    assert places("08:00", "08:50", 10, counters, share) == expected


@pytest.mark.parametrize("counters", range(1, 9))
@pytest.mark.parametrize("share", [0, 7, 33, 40, 66, 100])
def test_never_more_than_the_share_and_never_a_place_less(counters, share):
    given = sum(places("07:30", "14:30", 15, counters, share).values())
    assert given == 28 * counters * share // 100


def test_no_time_at_the_end_or_after_it():
    assert list(places("08:00", "08:25", 10, 5, 100)) == ["08:00", "08:10", "08:20"]


def test_what_is_taken_is_not_free_and_what_is_near_is_left_to_others():
    slots = (Slot("09:00", 2), Slot("09:10", 2), Slot("09:20", 1))
    found = rules.left(slots, {"09:10": 1, "09:20": 1}, from_minute=9 * 60 + 5)
    assert [(slot.at, slot.free) for slot in found] == [("09:10", 1), ("09:20", 0)]
    assert rules.free_time(found, "09:10").at == "09:10"
    with pytest.raises(Refused) as refused:
        rules.free_time(found, "09:20")
    assert refused.value.reason == "slot_taken"
    with pytest.raises(Unreadable) as none:
        rules.free_time(found, "09:00")
    assert none.value.reason == "no_slot"


@pytest.mark.parametrize(("mean", "said", "expected"), [(8, 0, 10), (10, 0, 10), (1.5, 0, 5), (14, 0, 15), (8, 20, 20)])
def test_an_appointment_takes_the_mean_of_its_service_up_to_the_next_five(mean, said, expected):
    assert rules.length(mean, said) == expected


def test_the_counter_with_the_fewest_calls_makes_the_next_one():
    assert rules.least_busy(("03", "02"), {}) == "02"
    assert rules.least_busy(("03", "02"), {"02": 1}) == "03"
    with pytest.raises(Refused):
        rules.least_busy((), {})


# --- who


@pytest.mark.parametrize("typed", ["06 612 34 56", "+242 06-612.34.56", "(06)6123456"])
def test_a_telephone_number_is_its_digits(typed):
    assert rules.telephone(typed).endswith("066123456")
    assert rules.same_number(rules.telephone(typed), "+242066123456")


@pytest.mark.parametrize("typed", ["12345", "06 612 34 5x", "1" * 16, "++242066123456"])
def test_what_is_no_telephone_number_is_said(typed):
    with pytest.raises(Unreadable) as refused:
        rules.telephone(typed)
    assert refused.value.field == "telephone"


def test_two_short_numbers_are_one_only_if_they_are_the_same():
    assert not rules.same_number("123456", "9123456")
    assert not rules.same_number(None, "123456")
    assert not rules.same_number("066123457", "066123456")


def test_somebody_comes_and_by_telephone_somebody_is_called():
    assert rules.whom("counter", " BAMOU  Jérôme ", "", "") == ("BAMOU Jérôme", "", "")
    assert rules.whom("counter", "", "", "2133 415888") == ("", "", "2133415888")
    with pytest.raises(Unreadable) as nobody:
        rules.whom("counter", " ", "", "")
    assert nobody.value.reason == "who_needed"
    with pytest.raises(Unreadable) as no_number:
        rules.whom("telephone", "BAMOU", "", "")
    assert no_number.value.reason == "telephone_needed"


def test_nobody_has_two_for_one_thing_on_one_day():
    there = [one(1, registration_number="2133415888"), one(2, telephone="066123456", name="BAMOU Jérôme")]
    for name, number, registration in (
        ("", "", "2133415888"),
        ("BAMOU JEROME", "+242066123456", ""),
        ("", "066123456", ""),
    ):
        with pytest.raises(Refused) as refused:
            rules.not_twice(there, name, number, registration)
        assert refused.value.reason == "booked_already"
    rules.not_twice(there, "BAMOU Grâce", "066123456", "")  # one telephone of a family
    rules.not_twice([one(1, registration_number="2133415888", state="cancelled")], "", "", "2133415888")


@pytest.mark.parametrize(
    ("name", "number", "refuses"),
    [("", "+242066123456", True), ("bamou jerome", "", True), ("NGOMA Rose", "", False), ("", "055000111", False)],
)
def test_whoever_books_for_themselves_has_one_to_come(name, number, refuses):
    there = [one(1, telephone="066123456"), one(2, name="BAMOU Jérôme")]
    if not refuses:
        rules.one_at_a_time(there, name, number)
        return
    with pytest.raises(Refused) as refused:
        rules.one_at_a_time(there, name, number)
    assert (refused.value.reason, refused.value.facts) == ("booked_open", {})


def test_a_kiosk_gives_so_many_an_hour_and_no_more():
    rules.not_too_many(19, 20)
    rules.not_too_many(500, 0)
    with pytest.raises(Refused) as refused:
        rules.not_too_many(20, 20)
    assert refused.value.reason == "kiosk_full"


DAY = [
    one(1, name="BAMOU Jérôme", telephone="066123456", slot_at=AT),
    one(2, name="BAMOU Jérôme", telephone="066123456", slot_at=AT - 60_000),
    one(3, name="NGOMA Clarisse", telephone="055000111"),
    one(4, name="NGOMA Rose", telephone="055000222"),
    one(5, name="LOEMBA Paul", telephone="055000333", mode="telephone"),
    one(6, name="MASSAMBA Odile", telephone="055000444", state="cancelled"),
]


@pytest.mark.parametrize(
    ("number", "name", "expected"),
    [
        ("066123456", "", 2),
        ("+242066123456", "", 2),
        ("", "jerome bamou", 2),
        ("", "Clarisse", 3),
        ("055000222", "ngoma", 4),
    ],
)
def test_who_is_here_is_found_by_number_or_name_the_first_time_first(number, name, expected):
    assert rules.meant(DAY, number, name).id == expected


@pytest.mark.parametrize(
    ("number", "name"), [("", ""), ("099999999", ""), ("", "Ngo"), ("055000333", ""), ("", "Massamba")]
)
def test_who_is_not_expected_at_a_counter_is_not_found(number, name):
    with pytest.raises(NotFound) as refused:
        rules.meant(DAY, number, name)
    assert refused.value.reason == "no_appointment"


def test_a_name_of_two_is_nobodys():
    with pytest.raises(Refused) as refused:
        rules.meant(DAY, "", "ngoma")
    assert refused.value.reason == "several_appointments"


def coming(number="", name="", day=None):
    return [each.id for each in rules.coming(DAY if day is None else day, number, name)]


def test_people_of_one_name_are_told_their_times_and_a_telephone_s_all_of_its_own():
    assert coming(name="Clarisse") == [3]
    assert coming("066123456", day=[one(1, telephone="066123456", at="09:40"), DAY[1]]) == [2, 1]
    two = [one(1, name="NGOMA Rose"), one(2, name="NGOMA Paul", slot_at=AT + 60_000, at="10:00")]
    assert coming(name="ngoma", day=two) == [1, 2]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ([one(each, name="NGOMA", at="10:00") for each in (1, 2)], "several_appointments"),
        ([one(each, name="NGOMA", at=f"1{each}:00") for each in range(7)], "several_appointments"),
        ([one(name="NGOMA", state="cancelled")], "no_appointment"),
        ([one(name="LOEMBA")], "no_appointment"),
        ([], "no_appointment"),
    ],
)
def test_where_times_do_not_tell_people_apart_reception_does(day, reason):
    with pytest.raises(Refused) as refused:
        coming(name="ngoma", day=day)
    assert refused.value.reason == reason


def test_who_is_here_already_or_is_called_at_home_is_told_so_once():
    assert coming("055000333") == [5]
    assert coming(name="ngoma", day=[one(1, name="NGOMA", state="arrived"), one(2, name="NGOMA", at="10:00")]) == [2]
    assert coming(name="ngoma", day=[one(1, name="NGOMA", state="arrived")]) == [1]


def test_an_apostrophe_is_no_space_and_no_letter():
    assert rules.plain("N'GANGA Élie") == rules.plain("nganga elie") == rules.plain("N\u2019Ganga Elie")


@pytest.mark.parametrize(
    ("minutes", "facts", "expected"),
    [
        (-60, {}, "early"),
        (-5.1, {}, "early"),
        (-5, {}, "on_time"),
        (0.9, {}, "on_time"),
        (1, {}, "late"),
        (15, {}, "late"),
        (15.1, {}, "past"),
        (40, {"state": "absent"}, "past"),
        (0, {"state": "arrived"}, "here"),
        (0, {"mode": "telephone"}, "call"),
        (0, {"on": "2026-03-03"}, "other_day"),
    ],
)
def test_early_on_time_late_and_too_late_are_told_apart(minutes, facts, expected):
    """Source: B.13, called from five minutes before, the credit kept for fifteen after."""
    assert rules.standing(one(**facts), TODAY, AT + round(minutes * 60_000), 5, 15) == expected


# --- steps


def test_each_state_has_the_steps_of_the_requirement():
    assert rules.steps_of(one()) == ("move", "cancel", "arrive", "miss")
    assert rules.steps_of(one(mode="telephone")) == ("move", "cancel", "dial", "miss")
    assert rules.steps_of(one(state="absent")) == ("arrive", "move")
    assert rules.steps_of(one(state="arrived")) == ("conclude", "move")
    assert rules.steps_of(one(state="calling", mode="telephone")) == ("unanswered", "conclude", "miss")
    assert rules.steps_of(one(state="cancelled")) == ()


def test_a_step_that_is_not_there_names_those_that_are():
    with pytest.raises(IllegalStep) as refused:
        rules.cancel(one(state="arrived"), by_visitor=True)
    assert refused.value.facts["possible"] == ["conclude", "move"]


@pytest.mark.parametrize(("minutes", "worth"), [(-40, 30), (0, 30), (15, 30), (15.1, 0), (60, 0)])
def test_the_head_start_holds_for_fifteen_minutes(minutes, worth):
    assert rules.head_start(one(), AT + round(minutes * 60_000), 15, 30) == worth


def test_who_comes_says_how_late_and_not_on_another_day():
    assert rules.arrive(one(), 7, TODAY, AT - 1_200_000).late_min == -20
    assert rules.arrive(one(state="absent"), 7, TODAY, AT + 1_800_000).late_min == 30
    with pytest.raises(Refused) as refused:
        rules.arrive(one(), 7, "2026-03-03", AT)
    assert (refused.value.reason, refused.value.facts["on"]) == ("other_day", "02/03/2026")


def test_nobody_is_moved_to_the_time_they_have():
    with pytest.raises(Unreadable):
        rules.move(one(), TODAY, "09:30", AT, None)
    moved = rules.move(one(), TODAY, "10:00", AT + 1_800_000, None)
    assert (moved.was, moved.time) == ("2026-03-02 09:30", "10:00")


def test_three_calls_in_vain_and_they_are_unreachable():
    phone = one(mode="telephone")
    assert rules.dial(phone, TODAY).attempt == 1
    assert not rules.unanswered(one(mode="telephone", state="calling", tries=2), 3).last
    assert rules.unanswered(one(mode="telephone", state="calling", tries=3), 3).last
    with pytest.raises(Refused):
        rules.dial(phone, "2026-03-01")


def test_what_is_not_conclusive_needs_a_motive():
    here = one(state="arrived")
    assert rules.conclude(here, "conclusive", "left over").motive is None
    assert rules.conclude(here, "not_conclusive", " il manque  l'acte ").motive == "il manque l'acte"
    for outcome, motive, reason in (("not_conclusive", " ", "motive_needed"), ("perhaps", "x", "outcome_needed")):
        with pytest.raises(Unreadable) as refused:
            rules.conclude(here, outcome, motive)
        assert refused.value.reason == reason
