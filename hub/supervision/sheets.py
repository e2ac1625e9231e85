"""The tables of a range of days: one list of columns, read by the page, the CSV and the workbook alike.

So what a spreadsheet opens is what the page showed. Waits and service times are in minutes with one decimal,
shares in percent: the figures themselves are exact to the millisecond (`measures`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from hub import spreadsheet
from hub.supervision.measures import Group

Row = Mapping[str, Any]
Number = float | int | None
#: Names a group: (dimension, its value) → what people call it.
Label = Callable[[str, str | int | None], str]


# --- numbers as words ------------------------------------------------------------------------


def decimal(language: str) -> str:
    """What stands before tenths: a point in English, else a comma."""
    return "." if language == "en" else ","


def tenths(value: float, language: str) -> str:
    """A figure with one decimal, as people of that language write it."""
    return f"{value:.1f}".replace(".", decimal(language))


def _count(value: float) -> str:
    return str(int(value))


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}"


def _hours(value: float) -> str:
    return f"{value:.1f}"


def _ratio(value: float) -> str:
    return f"{value:.2f}"


#: How a spreadsheet shows the same numbers; it writes the separators of whoever opens it.
_PATTERNS: dict[Callable[[float], str], str] = {
    _count: "#,##0",
    _minutes: "#,##0.0",
    _percent: "0.0",
    _hours: "#,##0.0",
    _ratio: "0.00",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One figure: `word` names it in the translation files, `family` the columns it stands with.

    `of`: the durations it is taken from, where fewer than THIN of them say little; `tables`: those that have it, all
    when absent.
    """

    word: str
    family: str
    take: Callable[[Row], Number]
    form: Callable[[float], str]
    on_page: bool = True
    of: str = ""
    tables: frozenset[str] | None = None

    @property
    def pattern(self) -> str:
        """How a spreadsheet shows it."""
        return _PATTERNS[self.form]

    def stands_in(self, table: str) -> bool:
        """Whether that table has it."""
        return self.tables is None or table in self.tables


def _plain(word: str, form: Callable[[float], str] = _count, family: str = "visits", **more: Any) -> Column:
    return Column(word, family, itemgetter(word), form, **more)


def _of(group: str, name: str, **more: Any) -> Column:
    """A duration of a group of them: `wait.p80_s`."""
    return Column(f"{group}_{name}", group, lambda row: row[group][name], _minutes, of=group, **more)


def _count_of(group: str, **more: Any) -> Column:
    """How many people its durations are of."""
    return Column(f"{group}_count", group, lambda row: row[group]["count"], _count, **more)


def _queue(name: str, form: Callable[[float], str]) -> Column:
    return Column(f"queue_{name}", "queue", lambda row: row["queue"] and row["queue"][name], form, tables=_LINES)


#: Every table, in order, and how its rows are grouped. `day`, `week` and `month`: one of them, of a longer range.
TABLES: dict[str, tuple[str, ...]] = {
    "total": (),
    "day": ("day",),
    "week": ("week",),
    "month": ("month",),
    "service": ("service",),
    "hour": ("hour",),
    "counter": ("counter",),
    "agent": ("agent",),
    "priority": ("priority",),
    "channel": ("channel",),
    "group": ("group",),
}
#: Fewer than so many people say little: one more of them would change the figure.
THIN = 20
#: What people have done stands where people are; who waits, where a line is. An agent is measured by none of the waits,
#: and by no single longest service.
_PLACES = frozenset({"counter", "agent"})
_LINES = frozenset(TABLES) - _PLACES - {"group"}
_NOT_AGENTS = frozenset(TABLES) - {"agent"}
_AGENTS = frozenset({"agent"})
#: Of services together it is not known how many stood in all their lines at once, nor who was in two of them.
_NOT_TOGETHER = frozenset(TABLES) - {"group"}

COLUMNS = (
    _plain("issued"),
    _plain("served"),
    _plain("absent", tables=_NOT_AGENTS),
    _plain("cancelled", tables=_NOT_AGENTS),
    _plain("unserved", tables=_NOT_AGENTS),
    _plain("unfinished", tables=_NOT_AGENTS),
    _plain("in_progress", tables=_NOT_AGENTS),
    _plain("abandonment", _percent, tables=_NOT_AGENTS),
    _count_of("wait", tables=_NOT_AGENTS),
    _of("wait", "p50_s", tables=_NOT_AGENTS),
    _of("wait", "p80_s", tables=_NOT_AGENTS),
    _of("wait", "p90_s", tables=_NOT_AGENTS),
    _of("wait", "max_s", tables=_NOT_AGENTS),
    _of("wait", "mean_s", tables=_NOT_AGENTS),
    _plain("within_target", _percent, "wait", of="wait", tables=_NOT_AGENTS),
    _of("wait_to_call", "p80_s", tables=_NOT_AGENTS),
    _count_of("service_time"),
    _of("service_time", "p50_s"),
    _of("service_time", "p80_s"),
    _of("service_time", "mean_s", tables=_AGENTS),
    Column("expected", "service_time", lambda row: row.get("expected_s"), _minutes, of="service_time", tables=_AGENTS),
    _plain("one_counter", _percent, "steps"),
    _plain("recalls_per_ticket", _ratio, "steps", tables=_NOT_AGENTS & _NOT_TOGETHER),
    _plain("transfers_per_ticket", _ratio, "steps", tables=_NOT_TOGETHER),
    _queue("max", _count),
    _queue("mean", _ratio),
    _plain("staffed_h", _hours, "staff", tables=_PLACES),
    _plain("occupancy", _percent, "staff", tables=_PLACES),
    _plain("served_per_staffed_h", _ratio, "staff", tables=_PLACES),
    _plain("back_h", _hours, "staff", tables=_PLACES),
    _plain("passages", family="more", on_page=False),
    Column("visit_wait_p80_s", "more", lambda row: row["visit_wait"]["p80_s"], _minutes, on_page=False),
    _plain("announced_kept", _percent, "more", on_page=False),
    _plain("announced_error_s", _minutes, "more", on_page=False),
    _plain("announced_width_s", _minutes, "more", on_page=False),
    _plain("early", family="more", on_page=False, tables=_NOT_AGENTS),
    _plain("early_mean_s", _minutes, "more", on_page=False, tables=_NOT_AGENTS),
    _plain("uncertain", family="more", on_page=False),
    _plain("corrected", family="more", on_page=False),
    _plain("service_mean_as_pressed_s", _minutes, "more", on_page=False),
)


def on_page(table: str, *, moving: bool = True) -> tuple[Column, ...]:
    """The columns of a table on the page; without what is in progress where no day of the range is open."""
    return tuple(c for c in COLUMNS if c.on_page and c.stands_in(table) and (moving or c.word != "in_progress"))


# --- tables ----------------------------------------------------------------------------------


class Cell(NamedTuple):
    """One figure as it is read; `thin`: few people are behind it. Of an agent such a one is not told at all."""

    text: str
    thin: bool = False

    @property
    def number(self) -> float | None:
        """The same as a number; None of nothing."""
        return float(self.text.replace(",", ".")) if self.text else None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its code, what it is called, and each of COLUMNS; None where the table has no such column.

    `thin`: whether few people are behind one of them.
    """

    code: str
    label: str
    cells: tuple[Cell | None, ...]
    thin: bool = False

    def told(self, columns: Sequence[Column]) -> tuple[tuple[Column, Cell], ...]:
        """The cells of these columns."""
        found = dict(zip(COLUMNS, self.cells, strict=True))
        return tuple((column, found[column] or Cell("")) for column in columns)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the page."""

    name: str
    lines: tuple[Line, ...]

    def families(self, *, moving: bool) -> tuple[tuple[str, tuple[Column, ...]], ...]:
        """Its columns on the page under the words that head them."""
        columns = on_page(self.name, moving=moving)
        return tuple((name, tuple(found)) for name, found in groupby(columns, lambda column: column.family))


def table(name: str, rows: Mapping[Group, Row], label: Label, decimal: str, *, whole: bool = True) -> Table:
    """A table from the figures of its groups; not `whole`: with the columns of the page alone."""
    dimensions = TABLES[name]
    columns = tuple(c if c.stands_in(name) and (whole or c.on_page) else None for c in COLUMNS)
    lines = []
    for group, row in rows.items():
        code = "" if not group or group[0] is None else str(group[0])
        few = frozenset(of for of in _OF if 0 < row[of]["count"] < THIN)
        thin = any(column is not None and column.of in few for column in columns) if few else False
        cells = _cells(name, columns, row, few, decimal)
        lines.append(Line(code, label(dimensions[0], group[0]) if group else "", cells, thin))
    return Table(name, tuple(lines))


#: The durations that figures are taken from.
_OF = sorted({column.of for column in COLUMNS if column.of})


def _cells(
    table: str, columns: Sequence[Column | None], row: Row, few: frozenset[str], decimal: str
) -> tuple[Cell | None, ...]:
    """A row's figures; of an agent with too few visitors none that speaks of how fast they are.

    A screen has thousands of these: what a row has once (`few`: durations of few people) is looked at once.
    """
    found: list[Cell | None] = []
    quiet, point = table == "agent", decimal == "."
    for column in columns:
        if column is None:
            found.append(None)
            continue
        thin = bool(few) and column.of in few
        value = None if thin and quiet else column.take(row)
        if value is None:
            found.append(_NOTHING_THIN if thin else _NOTHING)
            continue
        text = column.form(value)
        found.append(_new_cell(Cell, (text if point else text.replace(".", decimal), thin)))
    return tuple(found)


_NOTHING, _NOTHING_THIN = Cell(""), Cell("", thin=True)
_new_cell = tuple.__new__


def as_csv(tables: Sequence[Table], say: Callable[[str], str]) -> str:
    """All tables in one file that Excel opens in French: one header row, every row complete. `say` gives the words."""
    head = (say("csv_table"), say("csv_code"), say("csv_label"), *(say(f"csv_{c.word}") for c in COLUMNS))
    rows = (
        (say(f"by_{found.name}"), line.code, line.label, *(cell.text if cell else "" for cell in line.cells))
        for found in tables
        for line in found.lines
    )
    return spreadsheet.written((head, *rows))
