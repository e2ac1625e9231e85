"""Any range of days, grouped in any prepared way: what was summed up of it, and the rest counted now.

A range is its whole years and months (`tally`), the days at its edges, and what no summary holds: the day that is open,
and closed days that nobody has counted yet. Those are counted from their visits, a month of them at most; of more the
range says how many are missing, while they are being counted beside.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal, get_args

import structlog

from hub.context import Hub
from hub.queues import store as queues
from hub.queues.store import Reader
from hub.supervision import measures, staffing, store, tally
from hub.supervision.cells import Cell, sum_of, together
from hub.supervision.measures import Dimension, Group
from hub.supervision.model import Day, Stretch, Visit

#: What the days of a range are put together to.
Unit = Literal["day", "week", "month", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)
#: As many closed days that no summary holds yet are counted from their visits.
LIVE_DAYS = 31
#: How far the days of a period may lie outside of a range, so that it is known whether the range holds it whole.
_YEAR_ENDS = ("-01-01", "-12-31")
log = structlog.get_logger("figures")
Bucket = str | None


def prepared(by: Sequence[str]) -> tuple[Dimension, ...] | None:
    """The grouping that is kept for these dimensions, in whatever order they were asked; None where none is."""
    return next((kept for kept in tally.PREPARED if set(kept) == set(by) and len(kept) == len(by)), None)


def bucket(day: str, unit: Unit | None) -> Bucket:
    """Where a day, a month or a year is put: a week is called by its Monday."""
    if unit is None:
        return None
    if unit == "week":
        found = date.fromisoformat(day)
        return (found - timedelta(days=found.weekday())).isoformat()
    return day[: {"day": 10, "month": 7, "year": 4}[unit]]


@dataclass(frozen=True, slots=True)
class LiveDay:
    """A day that is counted from its visits."""

    day: Day
    visits: Sequence[Visit]
    stretches: Sequence[Stretch]


@dataclass(frozen=True)
class Range:
    """The days between two dates, both included. `days`: the closed ones; `missing`: those still being counted."""

    first: str
    last: str
    kept: tally.Tally
    days: Mapping[str, tally.Kept]
    counted: tuple[str, ...]
    live: tuple[LiveDay, ...]
    missing: int
    targets: Mapping[str, int]
    now_ms: int
    _opened: dict[tuple[tuple[Dimension, ...], Unit | None], Mapping[tuple[Bucket, Group], int]] = field(
        default_factory=dict
    )
    _read: dict[tuple[tuple[Dimension, ...], Unit | None], dict[tuple[Bucket, Group], Cell]] = field(
        default_factory=dict
    )
    _levels: dict[Unit | None, dict[str, list[str]]] = field(default_factory=dict)

    # --- figures ---------------------------------------------------------------------------------

    def rows(self, by: Sequence[str]) -> dict[Group, dict[str, Any]]:
        """The figures of each group of a prepared grouping, with a unit of time or without; all in one, in `()`."""
        unit: Unit | None = next((one for one in UNITS if one in by), None)
        rest = prepared([one for one in by if one != unit])
        assert rest is not None
        found: dict[Group, dict[str, Any]] = {}
        alone = self._alone(rest, unit)
        both = self._as_kept(rest, unit, alone) | self._as_summed(rest, unit, alone)
        for (period, group), row in both.items():
            values = dict(zip(rest, group, strict=True)) | ({unit: period} if unit else {})
            found[tuple(values[name] for name in by)] = row  # type: ignore[index]  # dimensions and the unit
        if not by and not found:  # all in one is told where nothing was, too
            return {(): measures.told(self.whole(), (), self._opening((), None).get((None, ()), 0))}
        return {place: found[place] for place in sorted(found, key=measures.in_order)}

    def _as_kept(
        self, by: tuple[Dimension, ...], unit: Unit | None, alone: Mapping[str, list[str]]
    ) -> dict[tuple[Bucket, Group], dict[str, Any]]:
        """The figures of those buckets that are one kept period each, as they were told when it was kept."""
        rows = [row for level, periods in alone.items() if periods for row in self.kept.told(by, level, periods)]
        told = json.loads(f"[{','.join(row[2] for row in rows)}]")
        places = [(bucket(period, unit), tally.group_of(place)) for period, place, _ in rows]
        return dict(zip(places, told, strict=True))

    def _as_summed(
        self, by: tuple[Dimension, ...], unit: Unit | None, alone: Mapping[str, list[str]]
    ) -> dict[tuple[Bucket, Group], dict[str, Any]]:
        """The figures of all other buckets, from their cells."""
        if not self.live and sum(map(len, alone.values())) == sum(map(len, self._level(unit).values())) > 0:
            return {}
        kept = {bucket(period, unit) for periods in alone.values() for period in periods}
        opened = self._opening(by, unit)
        return {
            (period, group): measures.told(cell, by, opened.get((period, measures.when_of(group, by)), 0))
            for (period, group), cell in self.cells(by, unit).items()
            if period not in kept and measures.is_something(cell, by)
        }

    def _alone(self, by: tuple[Dimension, ...], unit: Unit | None) -> dict[str, list[str]]:
        """By level the periods that are a bucket each, and that are kept as they are told."""
        levels = self._level(unit)
        parts = Counter(bucket(period, unit) for periods in levels.values() for period in periods)
        parts.update(bucket(one.day.date, unit) for one in self.live)
        return {
            level: [period for period in periods if parts[bucket(period, unit)] == 1]
            for level, periods in levels.items()
            if tally.is_told(by, level)
        }

    def groups(self, group_of: Mapping[str, str]) -> dict[Group, dict[str, Any]]:
        """The figures of services together, by the group that each is in; of one in none nothing is told."""
        parts: dict[str, list[bytes | Cell]] = defaultdict(list)
        for (_, (service,)), cells in self._parts(("service",), None).items():
            if group := group_of.get(str(service), ""):
                parts[group] += cells
        return {(name,): measures.told(together(parts[name]), ("service",), 0) for name in sorted(parts)}

    def little(self) -> dict[str, measures.Law]:
        """Little's law on each closed day that is counted: a self-test of these figures."""
        kept = {day: one.little for day, one in self.days.items() if one.little and one.counted}
        told = json.loads(f"[{','.join(kept.values())}]")
        found = {day: law for day, law in zip(kept, told, strict=True) if law}
        live = {one.day.date: measures.little(one.visits, one.day) for one in self.live}
        return dict(sorted((found | {day: law for day, law in live.items() if law}).items()))

    def expected(self) -> dict[str, float]:
        """For each agent the mean service time that all agents together take for the same services, seconds.

        A figure to lay beside their own: whoever has the long files is not slow.
        """
        lasted = {group[0]: cell for (_, group), cell in self.cells(("service",), None).items()}
        shares: dict[str, tuple[int, float]] = {}
        for (_, (agent, service)), parts in self._parts(tally.MIX, None).items():
            of_all, count = lasted.get(service), sum(sum_of(part, "services") for part in parts)
            if agent is None or of_all is None or not count:
                continue
            total, time = shares.get(str(agent), (0, 0.0))
            mean = of_all["service_time_ms"] / of_all["services"]
            shares[str(agent)] = total + count, time + count * mean
        return {agent: measures.seconds(time / total) for agent, (total, time) in shares.items()}

    def versed(self, least: int) -> dict[str, int]:
        """For each service, how many agents have had at least so many of its services. Nobody is named."""
        found: dict[str, int] = defaultdict(int)
        for (_, (agent, service)), parts in self._parts(tally.MIX, None).items():
            found[str(service)] += agent is not None and sum(sum_of(part, "services") for part in parts) >= least
        return dict(found)

    def whole(self) -> Cell:
        """Everything in one cell."""
        return self.cells((), None)[None, ()]

    def cells(self, by: tuple[Dimension, ...], unit: Unit | None) -> dict[tuple[Bucket, Group], Cell]:
        """The cells of a prepared grouping, by period and group."""
        if (by, unit) not in self._read:
            parts = self._parts(by, unit)
            if not by and unit is None:
                parts.setdefault((None, ()), [])
            self._read[by, unit] = {place: together(found) for place, found in parts.items()}
        return self._read[by, unit]

    def _parts(self, by: tuple[Dimension, ...], unit: Unit | None) -> dict[tuple[Bucket, Group], list[bytes | Cell]]:
        found: dict[tuple[Bucket, str], list[bytes | Cell]] = defaultdict(list)
        for period, place, kept in self._rows(by, unit):
            found[bucket(period, unit), place].append(kept)
        parts = {(period, tally.group_of(place)): cells for (period, place), cells in found.items()}
        for one in self.live:
            for group, cell in self._counted(one, by).items():
                parts.setdefault((bucket(one.day.date, unit), group), []).append(cell)
        return parts

    def _counted(self, one: LiveDay, by: tuple[Dimension, ...]) -> Mapping[Group, Cell]:
        stretches = {one.day.date: one.stretches}
        return tally.with_opening(measures.counted(one.visits, (one.day,), by, self.targets, self.now_ms, stretches))

    def _opening(self, by: tuple[Dimension, ...], unit: Unit | None) -> Mapping[tuple[Bucket, Group], int]:
        """How long each period was open, by the hour for groups of hours."""
        when: tuple[Dimension, ...] = ("hour",) if "hour" in by else ()
        if (when, unit) not in self._opened:
            parts = self._parts(when, unit)
            self._opened[when, unit] = {
                place: sum(sum_of(one, "open_ms") for one in cells) for place, cells in parts.items()
            }
        return self._opened[when, unit]

    # --- what is kept ----------------------------------------------------------------------------

    def _rows(self, by: tuple[Dimension, ...], unit: Unit | None) -> Iterator[tuple[str, str, bytes]]:
        for level, periods in self._level(unit).items():
            if periods:
                yield from self.kept.cells(by, level, periods)

    def _level(self, unit: Unit | None) -> dict[str, list[str]]:
        if unit not in self._levels:
            self._levels[unit] = self._periods(unit)
        return self._levels[unit]

    def _periods(self, unit: Unit | None) -> dict[str, list[str]]:
        """The largest periods that are kept and lie wholly in the range; each counted day is in one of them."""
        found: dict[str, list[str]] = {tally.YEAR: [], tally.MONTH: [], tally.DAY: []}
        if unit in ("day", "week") or not self.counted:
            return {tally.DAY: list(self.counted)}
        wholes = self.kept.wholes()
        around = self.kept.dates(self.counted[0][:4] + _YEAR_ENDS[0], self.counted[-1][:4] + _YEAR_ENDS[1])
        inside = set(self.counted)
        outside = {day[:size] for day in around if day not in inside for size in (4, 7)}
        for day in self.counted:
            for level, size in ((tally.YEAR, 4), (tally.MONTH, 7), (tally.DAY, 10)):
                period = day[:size]
                if level == tally.YEAR and unit == "month":
                    continue
                if size == len(day) or (period in wholes and period not in outside):
                    if not found[level] or found[level][-1] != period:
                        found[level].append(period)
                    break
        return found


def read(hub: Hub, reader: Reader, first: str, last: str) -> Range:
    """The days between two dates, both included."""
    kept, terms = tally.of(hub), tally.Terms.of(hub)
    days = _known(kept, reader, first, last)
    if days is None:  # the file of summaries cannot be used now: a month is counted without
        closed = [day.date for day in store.days(reader, first, last, terms.zone).values() if day.closed_at is not None]
        days = {day: tally.Kept(day, counted=False) for day in closed}
    counted = tuple(day for day, one in days.items() if one.counted)
    live = [one for one in days.values() if not one.counted]
    missing = len(live) if len(live) > LIVE_DAYS else 0
    targets = {} if missing else {one.date: one.aimed for one in live}
    today = queues.day(reader)
    if today and today.open and first <= today.date <= last:
        targets[today.date] = None
    now = hub.now().at
    living = tuple(_live(reader, day, aimed, terms, now) for day, aimed in sorted(targets.items()))
    return Range(first, last, kept, days, counted, living, missing, terms.targets, now)


def _known(kept: tally.Tally, reader: Reader, first: str, last: str) -> dict[str, tally.Kept] | None:
    """The closed days of the range; a few that nobody has counted are counted now. None where the file is no use."""
    try:
        kept.follow(reader)
        days = kept.days(first, last)
        fresh = [one.date for one in days.values() if not one.counted]
        if 0 < len(fresh) <= tally.AT_ONCE:
            kept.count(reader, fresh)
            days = kept.days(first, last)
    except sqlite3.Error as error:
        log.warning("figures without summaries", fault=str(error))
        return None
    return days


def _live(reader: Reader, date_of: str, aimed: Mapping[str, int] | None, terms: tally.Terms, now_ms: int) -> LiveDay:
    found = store.days(reader, date_of, date_of, terms.zone)
    if aimed is not None:
        found = {number: replace(day, targets=aimed) for number, day in found.items()}
    (day,) = found.values()
    visits = store.visits(reader, found)
    return LiveDay(day, visits, staffing.stretches(reader, day, visits, now_ms))
