"""Working days, holidays that move, and months to the day before."""

from datetime import date

import pytest
from pydantic import ValidationError

from hub.days import Calendar, due, easter, falls_on, is_working, rush, said, until
from hub.settings import DayRules
from hub.settings_files import load_settings
from tests.hub.services.conftest import CONFIG

CALENDAR = load_settings(CONFIG).day.calendar


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (2012, date(2012, 4, 8)),
        (2013, date(2013, 3, 31)),
        (2019, date(2019, 4, 21)),
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),
        (2285, date(2285, 3, 22)),
    ],
)
def test_easter_is_where_the_calendar_has_it(year, sunday):
    assert easter(year) == sunday


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 1, 1), False),
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 5, 14), False),  # Ascension
        (date(2026, 5, 25), False),  # Whit Monday
        (date(2026, 6, 10), False),
        (date(2026, 11, 27), True),
        (date(2026, 11, 28), False),  # a Saturday, and the Republic's day
        (date(2026, 11, 29), False),
        (date(2026, 12, 24), True),
    ],
)
def test_the_agency_works_on_its_weekdays_but_on_holidays(day, working):
    assert is_working(day, CALENDAR) is working


@pytest.mark.parametrize(
    ("start", "days", "until"),
    [
        (date(2026, 3, 2), 2, date(2026, 3, 4)),
        (date(2026, 3, 6), 2, date(2026, 3, 10)),  # over a weekend
        (date(2026, 4, 2), 2, date(2026, 4, 7)),  # Good Friday works, Easter Monday does not
        (date(2026, 3, 7), 2, date(2026, 3, 10)),  # written down on a Saturday
        (date(2026, 3, 2), 10, date(2026, 3, 16)),
        (date(2026, 3, 2), 15, date(2026, 3, 23)),
        (date(2026, 12, 24), 2, date(2026, 12, 29)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
    ],
)
def test_a_deadline_counts_working_days_and_not_the_first(start, days, until):
    assert due(start, days, CALENDAR) == until


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2013, 2, 11), 3, date(2013, 5, 10)),  # the seed's certificate of birth
        (date(2013, 4, 29), 3, date(2013, 7, 28)),
        (date(2013, 11, 30), 3, date(2014, 2, 28)),
        (date(2012, 11, 30), 3, date(2013, 2, 28)),
        (date(2011, 11, 29), 3, date(2012, 2, 28)),
        (date(2013, 1, 1), 12, date(2013, 12, 31)),
        (date(2013, 3, 31), 1, date(2013, 4, 30)),
    ],
)
def test_months_run_to_the_day_before(start, months, last):
    assert until(start, months) == last


def test_a_date_is_said_as_an_office_writes_it():
    assert (said("2013-05-16"), said(None), said("")) == ("16/05/2013", "", "")


def test_who_has_no_hours_works_on_all_days_but_holidays():
    assert DayRules(holidays=("07-14",)).calendar == Calendar(("07-14",), frozenset(range(7)))


@pytest.mark.parametrize("wrong", ["25-12", "easter", "easter+", "12-25 "])
def test_a_holiday_is_a_day_of_the_year(wrong):
    with pytest.raises(ValidationError, match="should match pattern"):
        DayRules(holidays=(wrong,))


OFFICE = Calendar(("05-01", "06-10"), frozenset(range(5)), ("25", "last"), ("15",))


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 3, 25), "pay"),  # a Wednesday
        (date(2026, 3, 26), "pay"),
        (date(2026, 3, 27), "ordinary"),
        (date(2026, 4, 27), "pay"),  # the 25th was a Saturday
        (date(2026, 4, 28), "pay"),
        (date(2026, 3, 31), "pay"),  # the last of the month
        (date(2026, 4, 14), "deadline"),
        (date(2026, 4, 15), "deadline"),
        (date(2026, 4, 16), "ordinary"),
        (date(2026, 3, 13), "deadline"),  # the 15th is a Sunday: Thursday and Friday before
        (date(2026, 3, 12), "deadline"),
        (date(2026, 6, 11), "reopening"),
        (date(2026, 5, 4), "pay"),  # the day after a payment of 30 April, and after a holiday and a weekend: paid first
        (date(2026, 6, 15), "deadline"),
    ],
)
def test_some_days_bring_more_people(day, kind):
    assert rush(day, OFFICE) == kind


def test_a_day_of_the_month_that_a_month_lacks_is_its_last():
    assert falls_on(date(2026, 2, 28), "31")
    assert falls_on(date(2026, 2, 28), "02-28")
    assert not falls_on(date(2026, 2, 27), "last")


@pytest.mark.parametrize("wrong", ["0", "32", "25 ", "first", "3-1"])
def test_a_payday_is_a_day_of_the_month(wrong):
    with pytest.raises(ValidationError, match="should match pattern"):
        DayRules(pay_days=(wrong,))
