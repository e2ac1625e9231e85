"""The statistics of a range of days, as the API and the pages give them.

What is asked is read (`parsed`), answered from summaries where the grouping is a prepared one (`ranges`), from the
visits of a month at most where it is not, by the same lines (`measures`). What each figure means stands in
`docs/supervisor.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hub.clock import iso, local
from hub.context import Hub
from hub.errors import Unreadable
from hub.queues import store as queues
from hub.queues.store import Reader
from hub.supervision import measures, ranges, staffing, store, tally
from hub.supervision.measures import DIMENSIONS, Group
from hub.supervision.model import Day
from hub.supervision.ranges import UNITS, Range

#: The longest range, days: ten years.
LONGEST_DAYS = 3_700
#: The longest range of a grouping that no summary is kept of: a month.
LONGEST_FREE_DAYS = 31
#: The longest range that is told day by day: a year.
LONGEST_DAILY = 400
#: Of a longer range each business day is not told one by one (`days`).
LONGEST_NAMED = 92
_FIELDS = ("from", "to", "by")
_GROUPS = (*DIMENSIONS, *(unit for unit in UNITS if unit not in DIMENSIONS))
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Query:
    """Which days, both included, and how to group them."""

    first: str
    last: str
    by: tuple[str, ...] = ("service",)

    @property
    def length(self) -> int:
        """Days, both ends included."""
        return (date.fromisoformat(self.last) - date.fromisoformat(self.first)).days + 1


def figures(hub: Hub, reader: Reader, query: Mapping[str, str]) -> dict[str, Any]:
    """The answer to GET /statistics. Raises Unreadable naming the field that makes no sense."""
    asked = parsed(query, today(hub, reader))
    found = ranges.read(hub, reader, asked.first, asked.last)
    return {
        "school": hub.settings.hub.school,
        "from": asked.first,
        "to": asked.last,
        "by": list(asked.by),
        "complete": not found.missing,
        "days": _days(hub, reader, found) if asked.length <= LONGEST_NAMED else [],
        "total": found.rows(())[()],
        "rows": [
            dict(zip(asked.by, group, strict=True)) | row for group, row in rows(hub, reader, found, asked.by).items()
        ],
    }


def rows(hub: Hub, reader: Reader, found: Range, by: Sequence[str]) -> dict[Group, dict[str, Any]]:
    """The figures of a range by group, in any grouping that may be asked for."""
    if is_prepared(by):
        return found.rows(by)
    terms = tally.Terms.of(hub)
    days = _aimed(store.days(reader, found.first, found.last, terms.zone), found)
    visits = store.visits(reader, days)
    dated = measures.by_date(visits)
    stretches = {
        day.date: staffing.stretches(reader, day, dated.get(day.date, ()), found.now_ms) for day in days.values()
    }
    return measures.counted(visits, tuple(days.values()), by, terms.targets, found.now_ms, stretches).told()  # type: ignore[arg-type]  # `parsed` let dimensions through alone


def is_prepared(by: Sequence[str]) -> bool:
    """Whether summaries are kept for a grouping: one unit of time at most, and a prepared rest."""
    rest = [name for name in by if name not in UNITS]
    return len(by) - len(rest) <= 1 and ranges.prepared(rest) is not None


def _aimed(days: dict[int, Day], found: Range) -> dict[int, Day]:
    """The days with the targets that they were counted with."""
    known = {date_of: kept.aimed for date_of, kept in found.days.items()}
    return {number: replace(day, targets=known.get(day.date)) for number, day in days.items()}


def _days(hub: Hub, reader: Reader, found: Range) -> list[dict[str, Any]]:
    zone, little = hub.settings.agency.zone, found.little()
    return [
        {
            "day": day.date,
            "opened_at": iso(day.opened_at, zone),
            "closed_at": iso(day.closed_at, zone) if day.closed_at is not None else None,
            "little": little.get(day.date),
        }
        for day in store.days(reader, found.first, found.last, zone).values()
    ]


def today(hub: Hub, reader: Reader) -> str:
    """The date of the business day that is open, also after midnight; else the calendar's."""
    day = queues.day(reader)
    return day.date if day and day.open else local(hub.now().at, hub.settings.agency.zone).date().isoformat()


# --- what was asked --------------------------------------------------------------------------


def parsed(query: Mapping[str, str], today_is: str) -> Query:
    """The days and groups that a query string names. `to` is today when absent, `from` the same day.

    Raises Unreadable naming the first field that makes no sense.
    """
    for name in query:
        if name not in _FIELDS:
            raise Unreadable(f"no such field; there are {', '.join(_FIELDS)}", field=str(name)[:64])
    last = _date(query, "to") or today_is
    first = _date(query, "from") or last
    if first > last:
        raise Unreadable(f"from {first} comes after to {last}", field="from")
    asked = Query(first, last, _groups(query.get("by", "service")))
    if asked.length > (most := _longest(asked.by)):
        raise Unreadable(f"at most {most} days at once by {', '.join(asked.by) or 'nothing'}", field="from")
    return asked


def _longest(by: Sequence[str]) -> int:
    """How many days may be asked for at once in a grouping."""
    if not is_prepared(by):
        return LONGEST_FREE_DAYS
    return LONGEST_DAILY if "day" in by or ("week" in by and len(by) > 1) else LONGEST_DAYS


def _date(query: Mapping[str, str], field: str) -> str | None:
    text = query.get(field, "")
    if not text:
        return None
    try:
        found = date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise Unreadable("write a date as YYYY-MM-DD", field=field)
    return text


def _groups(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in _GROUPS]
    if unknown or len(set(names)) != len(names):
        raise Unreadable(f"by: each of {', '.join(_GROUPS)} at most once, with commas", field="by")
    free = [name for name in names if name not in DIMENSIONS]
    if free and not is_prepared(names):
        kept = "; ".join(", ".join(by) for by in tally.PREPARED if by)
        raise Unreadable(f"by: {free[0]} goes with one of these: {kept}", field="by")
    return names
