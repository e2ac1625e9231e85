"""A range of days as the page and the CSV show it: its tables, its headline, and what the figures say of themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from babel.dates import format_date

from hub.agents import store as agents
from hub.context import Hub
from hub.say import say
from hub.supervision import sheets, statistics, store
from hub.supervision.measures import Dimension

#: Languages that write a decimal point; the others write a comma.
_POINT = frozenset({"en"})
#: C.5: Little's law holds within one percent, or something is wrong with the clock or with us.
LITTLE_AT_MOST = 0.01
#: The figures that stand large above the tables.
_HEADLINE = ("issued", "served", "abandonment", "wait_p80_s", "within_target", "service_time_p50_s")
_UNITS = {"abandonment": " %", "within_target": " %", "wait_p80_s": " min", "service_time_p50_s": " min"}


@dataclass(frozen=True, slots=True)
class Report:
    """Both dates are included; of one day, `left_over` names who was not served to the end.

    `little` is the worst error of Little's law over the closed days, a share.
    """

    first: str
    last: str
    title: str
    total: Mapping[str, Any]
    tables: tuple[sheets.Table, ...]
    headline: tuple[tuple[str, str], ...]
    little: float | None
    little_percent: str
    open_day: bool
    left_over: Mapping[str, tuple[str, ...]]

    @property
    def adds_up(self) -> bool:
        """Whether Little's law holds on every closed day."""
        return self.little is None or self.little < LITTLE_AT_MOST


def families() -> tuple[tuple[str, tuple[sheets.Column, ...]], ...]:
    """The page's columns under the words that head them."""
    return tuple((name, tuple(columns)) for name, columns in groupby(sheets.ON_PAGE, lambda column: column.family))


def report_of(hub: Hub, reader: sqlite3.Connection, args: Mapping[str, str]) -> Report:
    """The report that a query string asks for. Raises Unreadable naming the field that makes no sense."""
    asked = statistics.parsed(args, statistics.today(hub, reader))
    found = statistics.read(hub, reader, asked.first, asked.last)
    language = hub.settings.agency.languages[0]
    decimal = "." if language in _POINT else ","
    label = _labels(hub, agents.names(reader))
    tables = tuple(
        sheets.table(name, found.rows(by), label, decimal)
        for name, by in sheets.TABLES.items()
        if name != "day" or len(found.days) > 1
    )
    little = max((check["error"] or 0.0 for _, check in found.little()), default=None)
    return Report(
        first=asked.first,
        last=asked.last,
        title=_dates_said(asked.first, asked.last, language),
        total=found.rows(())[()],
        tables=tables,
        headline=_headline(tables[0].lines[0]),
        little=little,
        little_percent=f"{(little or 0.0) * 100:.1f}".replace(".", decimal),
        open_day=any(day.closed_at is None for day in found.days),
        left_over=store.left_over(reader, asked.first, asked.last) if asked.first == asked.last else {},
    )


def _headline(whole: sheets.Line) -> tuple[tuple[str, str], ...]:
    cells = {column.word: cell for column, cell in zip(sheets.COLUMNS, whole.cells, strict=True)}
    return tuple((name, cells[name] + _UNITS.get(name, "") if cells[name] else "–") for name in _HEADLINE)


def _dates_said(first: str, last: str, language: str) -> str:
    return _said(first, language) if first == last else f"{_said(first, language)} – {_said(last, language)}"


def _said(day: str, language: str) -> str:
    return format_date(date.fromisoformat(day), "full", locale=language)


def ranges(today_is: str) -> dict[str, tuple[str, str]]:
    """The ranges that one press gives: today, the day before, this week, this month."""
    today = date.fromisoformat(today_is)
    before = (today - timedelta(days=1)).isoformat()
    monday = (today - timedelta(days=today.weekday())).isoformat()
    return {
        "today": (today_is, today_is),
        "yesterday": (before, before),
        "week": (monday, today_is),
        "month": (today.replace(day=1).isoformat(), today_is),
    }


def _labels(hub: Hub, names: Mapping[str, str]) -> sheets.Label:
    """What services, counters and agents are called; a code that is configured no more, by itself."""
    language = hub.settings.agency.languages[0]
    services = {service.code: service.label for service in hub.settings.services}
    counters = {counter.code: counter.label for counter in hub.settings.counters}
    by: dict[Dimension, Callable[[str], str]] = {
        "service": lambda code: services.get(code, code),
        "counter": lambda code: counters.get(code, code),
        "agent": lambda code: names.get(code, code),
        "hour": lambda hour: say(language, "supervision.hour_range", low=hour, high=(int(hour) + 1) % 24),
        "day": lambda day: _said(day, language),
    }
    nobody = say(language, "supervision.not_called")
    return lambda dimension, value: nobody if value is None else by[dimension](str(value))
