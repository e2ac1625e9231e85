"""The tables of a range of days: one list of columns, read by the page and by the CSV alike.

So what a spreadsheet opens is what the page showed. Waits and service times are in minutes with one decimal,
shares in percent: the figures themselves are exact to the millisecond (`measures`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.supervision.measures import Dimension, Group

Row = Mapping[str, Any]
Number = float | int | None
#: Names a group: (dimension, its value) → what people call it.
Label = Callable[[Dimension, str | int | None], str]
#: A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOM = "\ufeff"  # without it Excel takes UTF-8 for the Windows table of letters


# --- numbers as words ------------------------------------------------------------------------


def _count(value: float) -> str:
    return str(int(value))


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}"


def _ratio(value: float) -> str:
    return f"{value:.2f}"


@dataclass(frozen=True, slots=True)
class Column:
    """One figure: `word` names it in the translation files, `family` the columns it stands with."""

    word: str
    family: str
    take: Callable[[Row], Number]
    form: Callable[[float], str]
    on_page: bool = True

    def cell(self, row: Row, decimal: str) -> str:
        """The figure as people read it; nothing where there is none."""
        value = self.take(row)
        return "" if value is None else self.form(value).replace(".", decimal)


def _plain(word: str, form: Callable[[float], str] = _count, family: str = "visits") -> Column:
    return Column(word, family, lambda row: row[word], form)


def _of(group: str, name: str, *, on_page: bool = True) -> Column:
    """A duration of a group of them: `wait.p80_s`."""
    return Column(f"{group}_{name}", group, lambda row: row[group][name], _minutes, on_page)


def _queue(name: str, form: Callable[[float], str]) -> Column:
    return Column(f"queue_{name}", "queue", lambda row: row["queue"] and row["queue"][name], form)


COLUMNS = (
    _plain("issued"),
    _plain("served"),
    _plain("absent"),
    _plain("cancelled"),
    _plain("unserved"),
    _plain("unfinished"),
    _plain("in_progress"),
    _plain("abandonment", _percent),
    _of("wait", "p50_s"),
    _of("wait", "p80_s"),
    _of("wait", "p90_s"),
    _of("wait", "max_s"),
    _of("wait", "mean_s"),
    _plain("within_target", _percent, "wait"),
    _of("wait_to_call", "p80_s"),
    _of("service_time", "p50_s"),
    _of("service_time", "p80_s"),
    _plain("recalls_per_ticket", _ratio, "steps"),
    _plain("transfers_per_ticket", _ratio, "steps"),
    _queue("max", _count),
    _queue("mean", _ratio),
    Column("passages", "more", lambda row: row["passages"], _count, on_page=False),
    Column("visit_wait_p80_s", "more", lambda row: row["visit_wait"]["p80_s"], _minutes, on_page=False),
    Column("announced_kept", "more", lambda row: row["announced_kept"], _percent, on_page=False),
    Column("announced_error_s", "more", lambda row: row["announced_error_s"], _minutes, on_page=False),
    Column("announced_width_s", "more", lambda row: row["announced_width_s"], _minutes, on_page=False),
    Column("uncertain", "more", lambda row: row["uncertain"], _count, on_page=False),
)
ON_PAGE = tuple(column for column in COLUMNS if column.on_page)


# --- tables ----------------------------------------------------------------------------------

#: Every table, in order, and how its rows are grouped. That of days is left out when there is one.
TABLES: dict[str, tuple[Dimension, ...]] = {
    "total": (),
    "day": ("day",),
    "service": ("service",),
    "hour": ("hour",),
    "counter": ("counter",),
    "agent": ("agent",),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its code, what it is called, and the text of each column of COLUMNS."""

    code: str
    label: str
    cells: tuple[str, ...]

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """The cells that the page has room for, each with its column's word."""
        return tuple((column.word, cell) for cell, column in zip(self.cells, COLUMNS, strict=True) if column.on_page)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the page."""

    name: str
    lines: tuple[Line, ...]


def table(name: str, rows: Mapping[Group, Row], label: Label, decimal: str) -> Table:
    """A table from the figures of its groups."""
    dimensions = TABLES[name]
    return Table(
        name,
        tuple(
            Line(
                "" if not group or group[0] is None else str(group[0]),
                label(dimensions[0], group[0]) if group else "",
                tuple(column.cell(row, decimal) for column in COLUMNS),
            )
            for group, row in rows.items()
        ),
    )


def as_csv(tables: Sequence[Table], say: Callable[[str], str]) -> str:
    """All tables in one file that Excel opens in French: BOM, semicolons, one header row. `say` gives the words."""
    out = io.StringIO()
    out.write(_BOM)
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([say("csv_table"), say("csv_code"), say("csv_label"), *(say(f"csv_{c.word}") for c in COLUMNS)])
    for found in tables:
        for line in found.lines:
            writer.writerow([safe(cell) for cell in (say(f"by_{found.name}"), line.code, line.label, *line.cells)])
    return out.getvalue()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before what looks like one."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
