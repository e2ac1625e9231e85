"""Days as an office counts them: working days, holidays that move with Easter, months to the day before, rushes."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

_WEEK = 7
#: How far a month's rush can move for days without work.
_MOVED = 10
#: What kind of day it is at the counters. Benefits are paid, contributions fall due, the agency was closed before.
Rush = Literal["pay", "deadline", "reopening", "ordinary"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """On which days an agency works. A holiday is `MM-DD` or `easter+N`; weekdays count from Monday, 0."""

    holidays: tuple[str, ...] = ()
    weekdays: frozenset[int] = frozenset(range(5))
    #: Days of the month, `25`, `last`, or `MM-DD`: benefits are paid; contributions are due at the latest.
    pay_days: tuple[str, ...] = ()
    deadlines: tuple[str, ...] = ()


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    golden, century = year % 19, year // 100
    skipped = century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15
    moon = skipped % 30
    moon -= (moon // 28) * (1 - (moon // 28) * (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % _WEEK
    last = moon - weekday
    month = 3 + (last + 40) // 44
    return date(year, month, last + 28 - 31 * (month // 4))


def is_holiday(day: date, holidays: tuple[str, ...]) -> bool:
    """Whether a day is one of `MM-DD` or `easter+N`."""
    for each in holidays:
        after = each.removeprefix("easter+")
        if day == easter(day.year) + timedelta(days=int(after)) if after != each else f"{day:%m-%d}" == each:
            return True
    return False


def is_working(day: date, calendar: Calendar) -> bool:
    """Whether the agency works on a day."""
    return day.weekday() in calendar.weekdays and not is_holiday(day, calendar.holidays)


def working_from(day: date, calendar: Calendar, step: int = 1) -> date:
    """The day itself where the agency works on it, else the next one that it does; the last one before, with -1."""
    found = day
    while calendar.weekdays and not is_working(found, calendar):
        found += timedelta(days=step)
    return found


def falls_on(day: date, said: str) -> bool:
    """Whether a day is that day of its month (`25`; `31` is the last of a shorter one), its `last`, or `MM-DD`."""
    longest = monthrange(day.year, day.month)[1]
    if said == "last":
        return day.day == longest
    return day.day == min(int(said), longest) if said.isdecimal() else f"{day:%m-%d}" == said


def rush(day: date, calendar: Calendar) -> Rush:
    """What kind of day it is.

    People come on the day of a payment and on the working day after, on the last two working days before contributions
    are due, and on the working day after a holiday.
    """
    if any(day in _after_payment(each, calendar) for each in _around(day, -1) if _falls(each, calendar.pay_days)):
        return "pay"
    if any(day in _before_due(each, calendar) for each in _around(day, 1) if _falls(each, calendar.deadlines)):
        return "deadline"
    before = day - timedelta(days=1)
    while before.weekday() not in calendar.weekdays and before > day - timedelta(days=_WEEK):
        before -= timedelta(days=1)
    return "reopening" if is_holiday(before, calendar.holidays) else "ordinary"


def _around(day: date, step: int) -> list[date]:
    return [day + timedelta(days=step * away) for away in range(_MOVED + 1)]


def _falls(day: date, among: tuple[str, ...]) -> bool:
    return any(falls_on(day, said) for said in among)


def _after_payment(paid: date, calendar: Calendar) -> tuple[date, date]:
    first = working_from(paid, calendar)
    return first, working_from(first + timedelta(days=1), calendar)


def _before_due(due_on: date, calendar: Calendar) -> tuple[date, date]:
    last = working_from(due_on, calendar, -1)
    return working_from(last - timedelta(days=1), calendar, -1), last


def due(start: date, days: int, calendar: Calendar) -> date:
    """The day by which something is done: so many working days after `start`, which does not count."""
    found = start
    for _ in range(days):
        found += timedelta(days=1)
        while not is_working(found, calendar):
            found += timedelta(days=1)
    return found


def until(start: date, months: int) -> date:
    """The last day of so many months from `start`: the day before the same day; the month's last where it has none."""
    count = start.year * 12 + start.month - 1 + months
    year, month = count // 12, count % 12 + 1
    longest = monthrange(year, month)[1]
    return date(year, month, longest) if start.day > longest else date(year, month, start.day) - timedelta(days=1)


def minute_of(time: str) -> int:
    """Minutes since midnight of HH:MM."""
    hour, _, minute = time.partition(":")
    return int(hour) * 60 + int(minute)


def said(iso: str | None) -> str:
    """`29/04/2013` of an ISO date; nothing of none."""
    return "/".join(reversed(iso.split("-"))) if iso else ""
