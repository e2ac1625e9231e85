"""Days as an office counts them: working days, holidays that move with Easter, and months to the day before."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_WEEK = 7


@dataclass(frozen=True, slots=True)
class Calendar:
    """On which days an agency works. A holiday is `MM-DD` or `easter+N`; weekdays count from Monday, 0."""

    holidays: tuple[str, ...] = ()
    weekdays: frozenset[int] = frozenset(range(5))


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


def said(iso: str | None) -> str:
    """`29/04/2013` of an ISO date; nothing of none."""
    return "/".join(reversed(iso.split("-"))) if iso else ""
