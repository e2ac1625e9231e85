"""What is kept of days that are over: `figures.db`, a file of summaries beside the hub's own.

A closed day is counted once, into cells by service, counter, agent, hour, class, channel; a month that is over is the
sum of its days, a year that of its months. So five years are answered from some dozens of rows, to the second. What a
page shows of one kept period alone (a day of its table, a month by service) is told when it is kept, and read as it is.

The file is no record: all of it comes from the journal's rows, and whoever deletes it finds it counted again, in a
process that gives way to everybody. It follows the journal by its numbers: an entry about a ticket of a day that is
over (a kiosk that tells its papers late, a corrected end) has that day counted again, with the targets that it was
counted with before. Another formula, or another journal than the one that was followed, begins it anew.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import structlog

from hub.context import Hub
from hub.disk import ask_room
from hub.errors import MboteError
from hub.orphans import die_with_parent
from hub.queues.store import Reader
from hub.sqlite import BUSY_MS, SIDES, is_damage, open_reader
from hub.store import DATABASE
from hub.supervision import measures, staffing, store
from hub.supervision.cells import Cell, together
from hub.supervision.measures import Dimension, Group
from hub.supervision.model import Day

FILE = "figures.db"
#: Raised whenever a figure is counted in another way: what was kept before is counted again.
FORMULA = 3
#: Raised whenever the file has other tables, or cells of other figures: what another version left is counted again.
SHAPE = 2
#: How days are grouped; every other grouping is counted from the visits themselves, of a month at most.
PREPARED: tuple[tuple[Dimension, ...], ...] = (
    (), ("service",), ("counter",), ("agent",), ("hour",), ("priority",), ("channel",),
)  # fmt: skip
#: What each agent's visitors came for: its sums alone, for a mean to lay beside theirs (`ranges.Range.expected`).
MIX: tuple[Dimension, ...] = ("agent", "service")
_KEPT = (*PREPARED, MIX)
DAY, MONTH, YEAR = "day", "month", "year"
_LENGTH = {DAY: 10, MONTH: 7, YEAR: 4}
_SLICE = 20
#: As many uncounted days are counted by whoever asks for them.
AT_ONCE = 3
_TABLES = (
    "CREATE TABLE IF NOT EXISTS known (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS day (
        date TEXT PRIMARY KEY, marked INTEGER NOT NULL, counted INTEGER NOT NULL DEFAULT 0,
        targets TEXT, little TEXT) STRICT, WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS day_uncounted ON day (date) WHERE NOT counted",
    """CREATE TABLE IF NOT EXISTS cell (
        grouping TEXT NOT NULL, level TEXT NOT NULL, period TEXT NOT NULL, place TEXT NOT NULL, told TEXT,
        kept BLOB NOT NULL) STRICT""",
    "CREATE UNIQUE INDEX IF NOT EXISTS cell_place ON cell (grouping, level, period, place)",
    "CREATE TABLE IF NOT EXISTS whole (period TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
)
_OF_PERIODS = "FROM cell WHERE grouping = ? AND level = ? AND period IN (SELECT value FROM json_each(?))"
_EMPTIED = ("day", "cell", "whole", "known")
_PRAGMAS = (
    "page_size = 4096",
    "journal_mode = wal",
    "synchronous = NORMAL",
    "trusted_schema = 0",
    "cache_size = -4096",
)
log = structlog.get_logger("figures")


@dataclass(frozen=True, slots=True)
class Terms:
    """What counting needs to know of an agency: its zone, and the wait that each service aims at now, ms."""

    zone: ZoneInfo
    targets: Mapping[str, int]

    @classmethod
    def of(cls, hub: Hub) -> Terms:
        """Those of this agency."""
        services = hub.settings.services
        return cls(hub.settings.agency.zone, {service.code: service.target_min * 60_000 for service in services})


@dataclass(frozen=True, slots=True)
class Kept:
    """A closed day as the file knows it, with the targets that it was counted with and its Little's law, as JSON."""

    date: str
    counted: bool
    targets: str | None = None
    little: str | None = None

    @property
    def aimed(self) -> Mapping[str, int] | None:
        """The targets that it was counted with, ms by service."""
        return json.loads(self.targets) if self.targets else None


class Tally:
    """The file, by one connection that all threads share. What goes wrong with it is never the statistics' end."""

    def __init__(self, folder: Path, terms: Terms) -> None:
        self.path, self.terms = folder / FILE, terms
        self._turn = threading.RLock()
        self._seen = -1
        self._file: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            if self._file is not None:
                self._file.close()
            self._file = None

    def _open(self) -> sqlite3.Connection:
        if self._file is None:
            try:
                self._file = _opened(self.path)
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                log.warning("figures counted anew", fault=str(error))
                _gone(self.path)
                self._file = _opened(self.path)
        return self._file

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            file = self._open()
            file.execute("BEGIN IMMEDIATE")
            try:
                yield file
            except BaseException:
                file.execute("ROLLBACK")
                raise
            file.execute("COMMIT")

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of the file. Raises sqlite3.Error."""
        with self._turn:
            try:
                return self._open().execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                if is_damage(error):  # whoever asks next finds it being counted anew
                    self.close()
                    _gone(self.path)
                    self._seen = -1
                raise

    # --- following the journal ---------------------------------------------------------------

    def follow(self, reader: Reader) -> None:
        """Learn which days were closed, or touched after their closing, since this was last asked."""
        with self._turn:
            last, digest = _head(reader)
            if self._seen < 0:
                self._recall(reader)
            if last == self._seen:
                return
            days = _closed(reader) if self._seen == 0 else _touched(reader, self._seen)
            if days or self._seen == 0:
                with self._writing() as file:
                    file.executemany(
                        "INSERT INTO day (date, marked) VALUES (?, ?)"
                        " ON CONFLICT (date) DO UPDATE SET marked = excluded.marked, counted = 0",
                        [(date, last) for date in days],
                    )
                    _know(file, seen=str(last), digest=digest, formula=_formula(self.terms))
            self._seen = last

    def _recall(self, reader: Reader) -> None:
        """How far the journal was followed: from its beginning where it is another one, or the formulas are."""
        known = dict(self.read("SELECT name, value FROM known"))
        seen = int(known.get("seen", "0"))
        row = reader.execute("SELECT hash FROM journal WHERE seq = ?", (seen,)).fetchone()
        same = row is not None and bytes(row[0]).hex() == known.get("digest")
        if known and not (same and known.get("formula") == _formula(self.terms)):
            with self._writing() as file:
                for table in _EMPTIED:
                    file.execute(f"DELETE FROM {table}")  # noqa: S608 (our words)
            seen = 0
        self._seen = seen

    # --- counting ----------------------------------------------------------------------------

    def uncounted(self) -> list[str]:
        """Dates of closed days that are to be counted, the newest first."""
        return [row[0] for row in self.read("SELECT date FROM day WHERE NOT counted ORDER BY date DESC")]

    def count(self, reader: Reader, dates: Iterable[str]) -> None:
        """Count these days, each in a commit of its own, then the months and years that are over."""
        for date in dates:
            self._count_day(reader, date)
        self._sum_up()

    def _count_day(self, reader: Reader, date: str) -> None:
        (row,) = self.read("SELECT marked, targets FROM day WHERE date = ?", (date,))
        marked, targets = row[0], json.loads(row[1]) if row[1] else dict(self.terms.targets)
        found = {number: replace(day, targets=targets) for number, day in _days(reader, date, self.terms).items()}
        cells, little = counted_day(reader, found)
        with self._writing() as file:
            if file.execute("SELECT 1 FROM day WHERE date = ? AND marked = ?", (date, marked)).fetchone() is None:
                return  # touched meanwhile: it is counted again
            _keep(file, DAY, date, cells)
            file.execute(
                "UPDATE day SET counted = 1, targets = ?, little = ? WHERE date = ?",
                (json.dumps(targets), json.dumps(little), date),
            )
            for level in (MONTH, YEAR):
                file.execute("DELETE FROM whole WHERE period = ?", (date[: _LENGTH[level]],))

    def _sum_up(self) -> None:
        """Sum up each month, then each year, that is over and has all its days."""
        dates = self.read("SELECT date, counted FROM day ORDER BY date")
        wholes = self.wholes()
        for level, below in ((MONTH, DAY), (YEAR, MONTH)):
            size = _LENGTH[level]
            missing = {date[:size] for date, counted in dates if not counted}
            last = dates[-1][0][:size] if dates else ""
            for period in sorted({date[:size] for date, _ in dates} - missing - wholes - {last}):
                self._sum(level, period, below)

    def _sum(self, level: str, period: str, below: str) -> None:
        with self._writing() as file:
            rows = file.execute(
                "SELECT grouping, place, kept FROM cell WHERE grouping IN (SELECT value FROM json_each(?))"
                " AND level = ? AND period BETWEEN ? AND ?",
                (json.dumps([name_of(by) for by in _KEPT]), below, period, f"{period}-99"),
            )
            parts: dict[tuple[str, str], list[bytes]] = {}
            for grouping, place, kept in rows:
                parts.setdefault((grouping, place), []).append(kept)
            _keep(file, level, period, {place: together(found) for place, found in parts.items()})
            file.execute("INSERT OR REPLACE INTO whole VALUES (?)", (period,))

    def broken(self, first: str, most: float) -> list[tuple[str, float]]:
        """Days from this date on, the newest first, on which the error of Little's law is so much or more."""
        rows = self.read(
            "SELECT date, json_extract(little, '$.error') FROM day WHERE date >= ? AND counted"
            " AND json_extract(little, '$.error') >= ? ORDER BY date DESC",
            (first, most),
        )
        return [(row[0], row[1]) for row in rows]

    # --- asking ------------------------------------------------------------------------------

    def days(self, first: str, last: str) -> dict[str, Kept]:
        """Closed days between two dates, both included."""
        rows = self.read(
            "SELECT date, counted, targets, little FROM day WHERE date BETWEEN ? AND ? ORDER BY date", (first, last)
        )
        return {row[0]: Kept(row[0], bool(row[1]), row[2], row[3]) for row in rows}

    def dates(self, first: str, last: str) -> list[str]:
        """The same, their dates alone."""
        return [row[0] for row in self.read("SELECT date FROM day WHERE date BETWEEN ? AND ?", (first, last))]

    def cells(self, by: Sequence[Dimension], level: str, periods: Sequence[str]) -> list[tuple[str, str, bytes]]:
        """The cells of a grouping in these periods: period, place, cell."""
        return self.read(f"SELECT period, place, kept {_OF_PERIODS}", (name_of(by), level, json.dumps(periods)))

    def told(self, by: Sequence[Dimension], level: str, periods: Sequence[str]) -> list[tuple[str, str, str]]:
        """The figures of a grouping in these periods, as they were told: period, place, JSON."""
        asked = (name_of(by), level, json.dumps(periods))
        return self.read(f"SELECT period, place, told {_OF_PERIODS} AND told IS NOT NULL", asked)

    def wholes(self) -> frozenset[str]:
        """The months and years that are summed up."""
        return frozenset(row[0] for row in self.read("SELECT period FROM whole"))


def counted_day(reader: Reader, found: dict[int, Day]) -> tuple[dict[tuple[str, str], Cell], measures.Law | None]:
    """The cells of one closed day in every prepared grouping, and Little's law on it."""
    (day,) = found.values()
    assert day.closed_at is not None
    visits = store.visits(reader, found)
    stretches = {day.date: staffing.stretches(reader, day, visits, day.closed_at)}
    cells: dict[tuple[str, str], Cell] = {}
    for by in _KEPT:
        counted = with_opening(measures.counted(visits, (day,), by, {}, day.closed_at, stretches))
        cells |= {(name_of(by), place_of(group)): cell for group, cell in counted.items()}
        if by == MIX:
            for cell in counted.values():
                cell.forget_spreads()
    return cells, measures.little(visits, day)


def with_opening(counted: measures.Counted) -> Mapping[Group, Cell]:
    """The cells, those of the whole and of hours with how long it was open: also in hours when nobody came."""
    cells = dict(counted.cells)
    if counted.by in ((), ("hour",)):
        for when, ms in counted.open_ms.items():
            cells.setdefault(when, Cell()).count("open_ms", ms)
    return cells


def name_of(by: Sequence[str]) -> str:
    """How a grouping is called in the file."""
    return ",".join(by)


def place_of(group: Group) -> str:
    """How a group is called in the file."""
    return json.dumps(group)


@lru_cache(4096)
def group_of(place: str) -> Group:
    """The group that is called so."""
    return tuple(json.loads(place))


def is_told(by: Sequence[Dimension], level: str) -> bool:
    """Whether the figures of a period are kept as they are told, too: of days the whole ones alone."""
    return by != MIX and (level != DAY or not by)


# --- the file ------------------------------------------------------------------------------------


def _opened(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=BUSY_MS / 1000, check_same_thread=False, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            file.execute(f"PRAGMA {pragma}")
        if file.execute("PRAGMA user_version").fetchone()[0] != SHAPE:
            for table in _EMPTIED:
                file.execute(f"DROP TABLE IF EXISTS {table}")
            file.execute(f"PRAGMA user_version = {SHAPE}")
        for table in _TABLES:
            file.execute(table)
    except sqlite3.Error:
        file.close()
        raise
    return file


def _gone(path: Path) -> None:
    for each in (path, *(path.with_name(path.name + end) for end in SIDES)):
        with suppress(FileNotFoundError):
            each.unlink()


def _keep(file: sqlite3.Connection, level: str, period: str, cells: Mapping[tuple[str, str], Cell]) -> None:
    for by in _KEPT:
        file.execute("DELETE FROM cell WHERE grouping = ? AND level = ? AND period = ?", (name_of(by), level, period))
    file.executemany(
        "INSERT INTO cell (grouping, level, period, place, told, kept) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (grouping, level, period, place, _told(cells, level, grouping, place), cell.packed())
            for (grouping, place), cell in cells.items()
        ],
    )


_CALLED = {name_of(by): by for by in _KEPT}


def _told(cells: Mapping[tuple[str, str], Cell], level: str, grouping: str, place: str) -> str | None:
    """The figures of one group of a period, as JSON; None where they are not kept, or nothing was there."""
    by, group, cell = _CALLED[grouping], group_of(place), cells[grouping, place]
    if not is_told(by, level) or not measures.is_something(cell, by):
        return None
    when = measures.when_of(group, by)
    opened = cells.get((name_of(("hour",) if when else ()), place_of(when)))
    return json.dumps(measures.told(cell, by, opened["open_ms"] if opened else 0), separators=(",", ":"))


def _know(file: sqlite3.Connection, **facts: str) -> None:
    file.executemany("INSERT OR REPLACE INTO known VALUES (?, ?)", list(facts.items()))


def _formula(terms: Terms) -> str:
    return f"{FORMULA} {terms.zone.key}"


# --- the journal ---------------------------------------------------------------------------------


def _head(reader: Reader) -> tuple[int, str]:
    row = reader.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], bytes(row[1]).hex()) if row else (0, "")


def _closed(reader: Reader) -> list[str]:
    """Every closed day, read a few at a time: years of them, once."""
    found: list[str] = []
    last = 0
    text = "SELECT id, date, closed_at FROM business_day WHERE id > ? ORDER BY id LIMIT ?"
    while rows := reader.execute(text, (last, _SLICE)).fetchall():
        found += [row[1] for row in rows if row[2] is not None]
        last = rows[-1][0]
    return found


def _touched(reader: Reader, after: int) -> list[str]:
    """Closed days that entries after this number speak of."""
    tickets = (
        "SELECT DISTINCT b.date FROM journal j JOIN ticket t ON t.id = CAST(substr(j.subject, 8) AS INTEGER)"
        " JOIN business_day b ON b.id = t.day"
        " WHERE j.seq > ? AND j.subject LIKE 'ticket %' AND b.closed_at IS NOT NULL"
    )
    days = (
        "SELECT b.date FROM journal j JOIN business_day b ON b.id = CAST(substr(j.subject, 5) AS INTEGER)"
        " WHERE j.seq > ? AND j.kind = 'day_closed' AND b.closed_at IS NOT NULL"
    )
    return sorted({row[0] for text in (tickets, days) for row in reader.execute(text, (after,))})


def _days(reader: Reader, date: str, terms: Terms) -> dict[int, Day]:
    return store.days(reader, date, date, terms.zone)


# --- beside the hub ------------------------------------------------------------------------------

_tallies: WeakKeyDictionary[Hub, Tally] = WeakKeyDictionary()
_running: WeakKeyDictionary[Hub, subprocess.Popen[bytes]] = WeakKeyDictionary()
_making = threading.Lock()


def of(hub: Hub) -> Tally:
    """This hub's."""
    with _making:
        return _tallies.setdefault(hub, Tally(hub.store.folder, Terms.of(hub)))


def broken_lately(hub: Hub, most: float) -> list[tuple[str, float]]:
    """Days of the last week on which the error of Little's law is so much or more, the newest first."""
    if not of(hub).path.exists():
        return []
    try:
        return of(hub).broken((hub.today() - timedelta(days=7)).isoformat(), most)
    except sqlite3.Error:  # the statistics' own page says so
        return []


def keep(hub: Hub) -> None:
    """Have the days that are over counted, in a process of its own; ask for it as often as you like."""
    running = _running.get(hub)
    if running is not None and running.poll() is None:
        return
    try:
        with hub.snapshot() as reader:
            of(hub).follow(reader)
        if of(hub).uncounted():
            _running[hub] = child = _started(hub.store.folder, of(hub).terms)
            # nobody asks before the next day is over: it would be listed as defunct until then
            threading.Thread(target=child.wait, name="figures", daemon=True).start()
    except (sqlite3.Error, OSError) as error:
        log.warning("figures not counted", fault=str(error))


def _started(folder: Path, terms: Terms) -> subprocess.Popen[bytes]:
    said = json.dumps({"zone": terms.zone.key, "targets": dict(terms.targets)})
    command = [sys.executable, "-m", "hub.supervision.tally", str(folder), said]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 (ourselves)


def count_all(folder: Path, terms: Terms) -> int:
    """Count every closed day of a data folder that is not counted yet; how many. Raises DiskFull, sqlite3.Error."""
    ask_room(folder, "the summaries of the statistics")
    tally = Tally(folder, terms)
    with closing(tally), closing(open_reader(folder / DATABASE)) as reader:
        tally.follow(reader)
        dates = tally.uncounted()
        tally.count(reader, dates)
    return len(dates)


def main(folder: str, said: str) -> int:
    """The process beside the hub."""
    die_with_parent(os.getppid())
    os.nice(19)
    terms = json.loads(said)
    try:
        count_all(Path(folder), Terms(ZoneInfo(terms["zone"]), terms["targets"]))
    except (MboteError, sqlite3.Error) as error:
        log.warning("figures not counted", fault=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
