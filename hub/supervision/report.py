"""A range of days as the page and the CSV show it: tables, headline, charts, and what the figures say of themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_date

from hub import dates
from hub.agents import store as agents
from hub.clock import local
from hub.context import Hub
from hub.errors import Unreadable
from hub.queues.faces import public_id_of
from hub.say import say
from hub.supervision import charts, ranges, sheets, statistics, store
from hub.supervision.measures import LITTLE_AT_MOST, Law
from hub.supervision.ranges import Range, Unit

#: The figures that stand large above the tables.
_HEADLINE = ("issued", "served", "abandonment", "wait_p80_s", "within_target", "service_time_p50_s")
_UNITS = {"abandonment": " %", "within_target": " %", "wait_p80_s": " min", "service_time_p50_s": " min"}
#: How the rows of a longer range may be grouped on the page; agents for their supervisor alone.
VIEWS = ("service", "group", "hour", "counter", "agent", "priority", "channel")
#: So many days are shown one by one, so many week by week, and more than that month by month.
_DAILY, _WEEKLY = 45, 400
#: The longest story, days.
_STORY = 31
_FIELDS = ("from", "to", "view")


@dataclass(frozen=True, slots=True)
class Correction:
    """An end of a service that was corrected: both times, why, and by whom."""

    label: str
    counter: str
    pressed: str
    ended: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class LongVisit:
    """A service that took remarkably long, whose end can be corrected. `ended` is as the key was pressed."""

    ticket: str
    label: str
    counter: str
    agent: str
    started: str
    ended: str
    minutes: int
    unfinished: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Both dates are included; of one day, `left_over` names who was not served to the end.

    `broken`: days on which Little's law does not hold, with its error as people read it; `missing`: days that are
    still being counted. `before` and `after`: the ranges of the same length beside this one.
    """

    first: str
    last: str
    view: str
    views: tuple[str, ...]
    unit: Unit | None
    title: str
    total: Mapping[str, Any]
    tables: tuple[sheets.Table, ...]
    headline: tuple[tuple[str, str, str], ...]
    charts: Mapping[str, Any]
    norms: Mapping[str, str]
    little_percent: str | None
    broken: tuple[tuple[str, str], ...]
    missing: int
    open_day: bool
    thin: bool
    left_over: Mapping[str, tuple[str, ...]]
    corrections: tuple[Correction, ...]
    long: tuple[LongVisit, ...]
    before: tuple[str, str]
    after: tuple[str, str]

    @property
    def one_day(self) -> bool:
        """Whether it is the report of a day."""
        return self.first == self.last

    @property
    def month_at_most(self) -> bool:
        """Whether its story is told on one page."""
        return (date.fromisoformat(self.last) - date.fromisoformat(self.first)).days < _STORY


def views_of(hub: Hub, *, of_agents: bool) -> tuple[str, ...]:
    """The tables of this agency: single agents only for who may see them, groups only where it has some."""
    grouped = any(service.group for service in hub.settings.services)
    return tuple(v for v in VIEWS if (v != "agent" or of_agents) and (v != "group" or grouped))


def report_of(
    hub: Hub, reader: sqlite3.Connection, args: Mapping[str, str], *, of_agents: bool, whole: bool = False
) -> Report:
    """The report that a query string asks for. Raises Unreadable naming the field that makes no sense.

    `of_agents`: for somebody who may see the figures of single agents; `whole`: every table, as the CSV has them.
    """
    views = views_of(hub, of_agents=of_agents)
    if unknown := [name for name in args if name not in _FIELDS]:
        raise Unreadable(f"no such field; there are {', '.join(_FIELDS)}", field=unknown[0][:64])
    view = args.get("view", views[0])
    if view not in views:
        raise Unreadable(f"view: one of {', '.join(views)}", field="view")
    query = {name: args[name] for name in ("from", "to") if name in args}
    asked = statistics.parsed(query, statistics.today(hub, reader))
    found = ranges.read(hub, reader, asked.first, asked.last)
    writer = _Writer(hub, reader, found, asked.length, whole=whole)
    return writer.report(view, views, all_of_them=whole or asked.length == 1)


class _Writer:
    """What a report is written from."""

    def __init__(self, hub: Hub, reader: sqlite3.Connection, found: Range, length: int, *, whole: bool) -> None:
        self._hub, self._reader, self._found, self._length, self._whole = hub, reader, found, length, whole
        self._language = hub.settings.agency.languages[0]
        self._decimal = sheets.decimal(self._language)
        self._names = agents.names(reader)
        self._label = labels(hub, self._names)

    def report(self, view: str, views: tuple[str, ...], *, all_of_them: bool) -> Report:
        found, unit = self._found, unit_of(self._length)
        total = found.rows(())[()]
        tables = [self._table("total", {(): total})]
        timed = found.rows((unit,)) if unit else {}
        if unit:
            tables.append(self._table(unit, timed))
        tables += [self._table(name, self._rows(name)) for name in (views if all_of_them else (view,))]
        one = found.first == found.last
        little = found.little()
        return Report(
            first=found.first,
            last=found.last,
            view=view,
            views=views,
            unit=unit,
            title=dates_said(found.first, found.last, self._language),
            total=total,
            tables=tuple(tables),
            headline=self._headline(tables[0].lines[0]),
            charts=self._charts(unit, timed),
            norms=self._norms(total),
            little_percent=self._percent(max(map(_error, little.values()))) if little else None,
            broken=tuple(
                (_said(day, self._language), self._percent(_error(law)))
                for day, law in little.items()
                if _error(law) >= LITTLE_AT_MOST
            ),
            missing=found.missing,
            open_day=any(one.day.closed_at is None for one in found.live),
            thin=any(line.thin for table in tables for line in table.lines),
            left_over=store.left_over(self._reader, found.first, found.last) if one else {},
            corrections=self._corrections() if total["corrected"] and self._length <= _DAILY else (),
            long=self._long() if one else (),
            before=beside(found.first, found.last, -1),
            after=beside(found.first, found.last, 1),
        )

    def _rows(self, view: str) -> Mapping[Any, Mapping[str, Any]]:
        if view == "group":
            return self._found.groups({service.code: service.group for service in self._hub.settings.services})
        return self._found.rows((view,))

    def _table(self, name: str, rows: Mapping[Any, Any]) -> sheets.Table:
        if name == "agent":
            expected = self._found.expected()
            rows = {group: row | {"expected_s": expected.get(str(group[0]))} for group, row in rows.items()}
        return sheets.table(name, rows, self._label, self._decimal, whole=self._whole)

    def _headline(self, whole: sheets.Line) -> tuple[tuple[str, str, str], ...]:
        """Word, figure, and how many people it is of, where that is not said by another figure."""
        cells = {
            column.word: cell.text if cell else "" for column, cell in zip(sheets.COLUMNS, whole.cells, strict=True)
        }
        of = {column.word: cells.get(f"{column.of}_count", "") for column in sheets.COLUMNS}
        return tuple(
            (name, grouped(cells[name]) + _UNITS.get(name, "") if cells[name] else "–", grouped(of[name]))
            for name in _HEADLINE
        )

    def _charts(self, unit: Unit | None, timed: Mapping[Any, Mapping[str, Any]]) -> dict[str, Any]:
        by: str = unit or "hour"
        rows = timed if unit else self._found.rows(("hour",))
        names = {group[0]: short(by, group[0], self._language) for group in rows}
        return {
            "trend": charts.trend(rows, names),
            "waits": charts.waits(self._found.whole().spread("wait")),
        }

    def _norms(self, total: Mapping[str, Any]) -> dict[str, str]:
        """C.6: how many of those received waited no longer than half an hour, and an hour."""
        waits = self._found.whole().spread("wait")
        count = total["wait"]["count"]
        if not count:
            return {}
        return {str(minutes): self._percent(waits.at_most(minutes * 60) / count) for minutes in (30, 60)}

    def _percent(self, share: float) -> str:
        return f"{share * 100:.1f}".replace(".", self._decimal)

    # --- what was corrected, and what could be ---------------------------------------------------

    def _time(self, at_ms: int) -> str:
        return local(at_ms, self._hub.settings.agency.zone).strftime("%H:%M:%S")

    def _corrections(self) -> tuple[Correction, ...]:
        return tuple(
            Correction(
                label=row["label"],
                counter=row["counter"] or "",
                pressed=self._time(row["ended_at"]),
                ended=self._time(row["corrected_at"]),
                reason=row["reason"],
                by=self._names.get(row["actor"] or "", row["actor"] or ""),
            )
            for row in store.corrections(self._reader, self._found.first, self._found.last)
        )

    def _long(self) -> tuple[LongVisit, ...]:
        """What a forgotten key looks like: services of 2.5 times their mean, visits that the day was closed over."""
        means = {service.code: service.mean_min * 60_000 for service in self._hub.settings.services}
        return tuple(
            LongVisit(
                ticket=public_id_of(row["issued_at"], row["epoch"], row["id"]),
                label=row["label"],
                counter=row["counter"] or "",
                agent=self._names.get(row["agent"] or "", row["agent"] or ""),
                started=self._time(row["started_at"]),
                ended=self._time(row["ended_at"]),
                minutes=(row["ended_at"] - row["started_at"]) // 60_000,
                unfinished=row["state"] == "unfinished",
            )
            for row in store.long_services(self._reader, self._found.first, means)
        )


def grouped(text: str) -> str:
    """A count with its thousands apart; anything else as it is."""
    return f"{int(text):,}".replace(",", "\u202f") if text.isdecimal() else text


def _error(law: Law) -> float:
    return law["error"] or 0.0


def unit_of(days: int) -> Unit | None:
    """What the days of a range are put together to on the page; nothing of one day."""
    if days == 1:
        return None
    if days <= _DAILY:
        return "day"
    return "week" if days <= _WEEKLY else "month"


def beside(first_day: str, last_day: str, side: int) -> tuple[str, str]:
    """The range of the same length before (-1) or after this one; whole months stay whole months."""
    first, last = date.fromisoformat(first_day), date.fromisoformat(last_day)
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        return (
            _month(first, side * months).isoformat(),
            (_month(first, (side + 1) * months) - timedelta(days=1)).isoformat(),
        )
    by = timedelta(days=side * ((last - first).days + 1))
    return (first + by).isoformat(), (last + by).isoformat()


def _month(first: date, more: int) -> date:
    """The first of the month so many months later."""
    months = first.year * 12 + first.month - 1 + more
    return date(months // 12, months % 12 + 1, 1)


def dates_said(first: str, last: str, language: str) -> str:
    """A range as people say it."""
    return _said(first, language) if first == last else f"{_said(first, language)} – {_said(last, language)}"


@lru_cache(1024)
def _said(day: str, language: str) -> str:
    return dates.said(day, language)


@lru_cache(1024)
def short(by: str, value: str | int | None, language: str) -> str:
    """A unit of time under a chart."""
    if by == "hour":
        return say(language, "supervision.hour_short", hour=value)
    text = str(value)
    if by == "month":
        return format_date(date.fromisoformat(f"{text}-01"), "LLL yy", locale=language)
    return format_date(date.fromisoformat(text), "dd/MM", locale=language)


def choices(today_is: str) -> dict[str, tuple[str, str]]:
    """The ranges that one press gives."""
    today = date.fromisoformat(today_is)
    before = today - timedelta(days=1)
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    last_month = (_month(first, -1), first - timedelta(days=1))
    found: dict[str, Sequence[date]] = {
        "today": (today, today),
        "yesterday": (before, before),
        "week": (monday, today),
        "month": (first, today),
        "last_month": last_month,
        "year": (_month(first, -12), last_month[1]),
        "years": (_month(first, -60), last_month[1]),
    }
    return {name: (days[0].isoformat(), days[1].isoformat()) for name, days in found.items()}


def labels(hub: Hub, names: Mapping[str, str]) -> sheets.Label:
    """What services, counters, agents and times are called; a code that is configured no more, by itself."""
    language = hub.settings.agency.languages[0]
    services = {service.code: service.label for service in hub.settings.services}
    counters = {counter.code: counter.label for counter in hub.settings.counters}
    by: dict[str, Callable[[str], str]] = {
        "service": lambda code: services.get(code, code),
        "group": lambda name: name,
        "counter": lambda code: counters.get(code, code),
        "agent": lambda code: names.get(code, code),
        "priority": lambda code: say(language, f"supervision.priority_{code}"),
        "channel": lambda code: say(language, f"supervision.channel_{code}"),
        "hour": lambda hour: say(language, "supervision.hour_range", low=hour, high=(int(hour) + 1) % 24),
        "day": lambda day: _said(day, language),
        "week": lambda day: say(language, "supervision.week_of", day=dates.said(day, language, "long")),
        "month": lambda month: format_date(date.fromisoformat(f"{month}-01"), "LLLL yyyy", locale=language),
    }
    nobody = say(language, "supervision.not_called")
    return lambda dimension, value: nobody if value is None else by[dimension](str(value))
