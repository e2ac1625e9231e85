"""Periodic documents: which periods there are, and which of them somebody has not brought. Touches nothing.

Sources: requirements R-017 (due list of missing periodic documents), D.5 (periodicity).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from hub.services.deposit.model import DocumentType, Lists, Owed, Period

#: A declaration may come so many days after its period's end before it is late.
GRACE_DAYS = 15
#: So many periods back a declaration is asked for.
BACK = 4
_MONTHS: dict[Period, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def period_of(day: date, length: Period) -> str:
    """The period of a length in which a day lies: `2013-03`, `2013-T1`, `2013-S1`, `2013`."""
    part = (day.month - 1) // _MONTHS[length] + 1
    return {
        "month": f"{day.year}-{part:02d}", "quarter": f"{day.year}-T{part}", "half": f"{day.year}-S{part}",
        "year": str(day.year),
    }[length]  # fmt: skip


def first_day(day: date, length: Period) -> date:
    """The first day of the period in which a day lies."""
    months = _MONTHS[length]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def length_of(kind: DocumentType, periodicity: str | None) -> Period:
    """Which of its lengths counts for somebody: an employer declares monthly or quarterly."""
    wanted: Period = "quarter" if periodicity == "quarterly" else "month"
    return wanted if wanted in kind.periods else kind.periods[0]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of somebody: roles and household, how often they declare, the periods they have brought by type."""

    who: tuple[str, ...] = ()
    periodicity: str | None = None
    given: Mapping[str, frozenset[str]] = field(default_factory=dict)


def owed(lists: Lists, known: Known, on: date, since: date) -> tuple[Owed, ...]:
    """The periodic documents that somebody has not brought.

    `since`: the day on which our register begins, for nothing is known of what came before it.
    """
    found: list[Owed] = []
    for kind in lists.types.values():
        if kind.periods and not set(known.who).isdisjoint(kind.owed_by):
            length = length_of(kind, known.periodicity)
            found += _owed(kind, length, known.given.get(kind.code, frozenset()), on, since)
    return tuple(found)


def _owed(kind: DocumentType, length: Period, given: frozenset[str], on: date, since: date) -> Iterable[Owed]:
    begins = first_day(on, length)
    if kind.asked == "during":
        if period_of(on, length) not in given:
            before = period_of(begins - timedelta(days=1), length)
            yield Owed(kind.code, period_of(on, length), late=begins > since and before not in given)
        return
    ended = []
    for _ in range(BACK):
        last = begins - timedelta(days=1)
        if last < since:
            break
        begins = first_day(last, length)
        period = period_of(last, length)
        if period not in given:
            ended.append(Owed(kind.code, period, late=last + timedelta(days=GRACE_DAYS) < on))
    yield from reversed(ended)
