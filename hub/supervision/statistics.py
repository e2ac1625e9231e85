"""The statistics of a range of days, as the API and the pages give them.

A range is read as visits (`store`), measured by pure functions (`measures`), and answered in seconds and
shares. What each figure means stands in `docs/supervisor.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.clock import iso, local
from hub.context import Hub
from hub.errors import Unreadable
from hub.queues import store as queues
from hub.queues.store import Reader
from hub.supervision import measures, store
from hub.supervision.measures import DIMENSIONS, Dimension
from hub.supervision.model import Day, Visit

#: The longest range, days: a month. Longer ones want figures kept by day, which are not built yet.
LONGEST_DAYS = 31
_FIELDS = ("from", "to", "by")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Query:
    """Which days, both included, and how to group them."""

    first: str
    last: str
    by: tuple[Dimension, ...] = ("service",)


@dataclass(frozen=True, slots=True)
class Range:
    """The days of a query, read."""

    days: tuple[Day, ...]
    visits: tuple[Visit, ...]
    targets: Mapping[str, int]
    now_ms: int

    def little(self) -> list[tuple[Day, dict[str, float | None]]]:
        """The self-test of each closed day."""
        dated = measures.by_date(self.visits)
        checks = ((day, measures.little(dated[day.date], day)) for day in self.days)
        return [(day, check) for day, check in checks if check is not None]

    def rows(self, by: Sequence[Dimension]) -> dict[measures.Group, dict[str, Any]]:
        """The figures by group; all in one, in the group `()`, with an empty `by`."""
        return measures.rows(self.visits, self.days, by, self.targets, self.now_ms)


def figures(hub: Hub, reader: Reader, query: Mapping[str, str]) -> dict[str, Any]:
    """The answer to GET /statistics. Raises Unreadable naming the field that makes no sense."""
    asked = parsed(query, today(hub, reader))
    found = read(hub, reader, asked.first, asked.last)
    return {
        "from": asked.first,
        "to": asked.last,
        "by": list(asked.by),
        "days": [_day(hub, day, dict(found.little()).get(day)) for day in found.days],
        "total": found.rows(())[()],
        "rows": [dict(zip(asked.by, group, strict=True)) | row for group, row in found.rows(asked.by).items()],
    }


def read(hub: Hub, reader: Reader, first: str, last: str) -> Range:
    """The visits of the days between two dates."""
    found = store.days(reader, first, last, hub.settings.agency.zone)
    targets = {service.code: service.target_min * 60_000 for service in hub.settings.services}
    return Range(tuple(found.values()), tuple(store.visits(reader, found)), targets, hub.now().at)


def today(hub: Hub, reader: Reader) -> str:
    """The date of the business day that is open, also after midnight; else the calendar's."""
    day = queues.day(reader)
    return day.date if day and day.open else local(hub.now().at, hub.settings.agency.zone).date().isoformat()


def _day(hub: Hub, day: Day, little: dict[str, float | None] | None) -> dict[str, Any]:
    zone = hub.settings.agency.zone
    return {
        "day": day.date,
        "opened_at": iso(day.opened_at, zone),
        "closed_at": iso(day.closed_at, zone) if day.closed_at is not None else None,
        "little": little,
    }


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
    if (date.fromisoformat(last) - date.fromisoformat(first)).days >= LONGEST_DAYS:
        raise Unreadable(f"at most {LONGEST_DAYS} days at once", field="from")
    return Query(first, last, _groups(query.get("by", "service")))


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


def _groups(text: str) -> tuple[Dimension, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in DIMENSIONS]
    if unknown or len(set(names)) != len(names):
        raise Unreadable(f"by: each of {', '.join(DIMENSIONS)} at most once, with commas", field="by")
    return tuple(names)  # type: ignore[arg-type]  # each is one of the dimensions
