"""What a value must look like; which values agree; who sees what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.agents.model import ROLES
from hub.people import rules
from hub.people.model import MASKED, Version
from hub.people.rules import Wrong


@pytest.mark.parametrize(
    ("check", "written", "kept"),
    [
        (rules.partial_date, "1966-07-23", "1966-07-23"),
        (rules.partial_date, "23/07/1966", "1966-07-23"),
        (rules.partial_date, "1966", "1966"),
        (rules.amount, "1 446 117", 1_446_117),
        (rules.amount, "1.446.117", 1_446_117),
        (rules.amount, "0", 0),
        (rules.phones, "+242 06 000 12 34;05.000.0001", "060001234;050000001"),
        (rules.rib, "30012 00101 01013451300 93", "30012001010101345130093"),
        (rules.period, "2013-T1", "2013-T1"),
        (rules.yes_no, "oui", 1),
    ],
)
def test_a_value_is_kept_in_one_form(check, written, kept):
    assert check(written) == kept


@pytest.mark.parametrize(
    ("check", "written", "reason"),
    [
        (rules.partial_date, "1966-02-30", "no such day"),
        (rules.partial_date, "66-02-01", "expected a date"),
        (rules.partial_date, "1500-01-01", "before 1880"),
        (rules.day, "1966", "a whole date"),
        (rules.amount, "12.5", "no decimals"),
        (rules.amount, "-3", "whole francs"),
        (rules.amount, "١٢", "whole francs"),
        (rules.phones, "0033612345678", "phone numbers"),
        (rules.rib, "30012 00101 01013451300 94", "key"),
        (rules.rib, "30012", "23 digits"),
        (rules.period, "2013-T5", "a period"),
        (rules.text(5), "Mabiala", "longer than 5"),
        (rules.text(9), "a\nb", "control characters"),
        (rules.email, "nobody", "e-mail"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_expected(check, written, reason):
    with pytest.raises(Wrong, match=reason):
        check(written)


@given(st.from_regex(r"[0-9]{21}", fullmatch=True), st.integers(0, 20), st.integers(1, 9))
def test_one_wrong_digit_never_keeps_the_key_of_a_rib(digits, place, step):
    good = digits + f"{rules.rib_key(digits[:5], digits[5:10], digits[10:]):02d}"
    assert rules.rib(good) == good
    other = str((int(good[place]) + step) % 10)
    with pytest.raises(Wrong):
        rules.rib(good[:place] + other + good[place + 1 :])


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"birth_date": "1980", "deceased_on": "1979-12-31"}, "deceased_on"),
        ({"birth_date": "2030"}, "birth_date"),
        ({"start": "2010-05", "end": "2010-04-30"}, "end"),
        ({"party": "P1", "other": "P1"}, "other"),
    ],
)
def test_two_values_that_cannot_both_be_true(record, field):
    assert rules.disagreement(record, "2026-03-02")[0] == field


def test_a_year_may_be_any_day_of_it():
    assert rules.disagreement({"birth_date": "1980-06-01", "deceased_on": "1980"}, "2026-03-02") is None


# --- état au JJ/MM/AAAA ------------------------------------------------------------------------

MARRIED = Version("2010-06-01", 200, {"marital_status": "married"})
SINGLE = Version("1990-01-01", 100, {"marital_status": "single"})
CORRECTED = Version("2010-06-01", 300, {"marital_status": "divorced"})


@pytest.mark.parametrize(
    ("on", "known", "held"),
    [
        ("1989-12-31", None, None),
        ("2010-05-31", None, "single"),
        ("2010-06-01", None, "divorced"),
        ("2010-06-01", 250, "married"),
        ("2015-01-01", 150, "single"),
    ],
)
def test_what_held_on_a_day_as_far_as_it_was_known(on, known, held):
    found = rules.state_on([MARRIED, CORRECTED, SINGLE], on, known)
    assert (found and found.values["marital_status"]) == held


# --- rights ------------------------------------------------------------------------------------


def test_reception_sees_who_it_is_and_not_what_they_earn():
    seen = rules.masked({"name": "BAMOU", "salary": 1, "accounts": [], "email": None}, {"receptionist"})
    assert seen == {"name": "BAMOU", "salary": MASKED, "accounts": MASKED, "email": MASKED}


@pytest.mark.parametrize("role", ROLES)
def test_of_a_restricted_file_few_see_more_than_that_it_is_there(role):
    seen = {name for name in rules.FIELD_RIGHTS if rules.may_see({role}, name, restricted=True)}
    if role in ("case_officer", "supervisor", "auditor"):
        assert "birth_date" in seen
    else:
        assert seen <= rules.ALWAYS_SEEN


@pytest.mark.parametrize("name", sorted(rules.FIELD_RIGHTS))
def test_the_administrator_of_the_box_and_devices_see_nothing_of_a_file(name):
    assert not rules.may_see({"admin"}, name)
    assert not rules.may_see({"kiosk", "display", "panel"}, name)


def test_a_field_without_a_row_is_seen_by_nobody():
    assert not rules.may_see(set(ROLES), "shoe_size")
