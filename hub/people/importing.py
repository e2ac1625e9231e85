"""The road by which central data come into the replica: checked line by line, committed piece by piece.

A record is taken whole or refused whole, with its line number and a reason that quotes no value.
A piece is one commit and moves the resume point with it, so a killed import goes on where it was.
What was there stays until a record of the same key takes its place, and then stands in `history`.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

from hub.people import names
from hub.people.columns import KINDS, Kind
from hub.people.rules import Value, Wrong, disagreement

#: Lines of one commit.
PIECE = 2_000
#: Words that are known to be in the index, remembered up to so many.
WORDS_KEPT = 100_000
#: A record of a file, or why its line is none; its kind; where the next line begins.
Line = tuple[str, Mapping[str, str] | Wrong, int]


@dataclass(frozen=True, slots=True)
class Run:
    """One import, as far as it has got. `offset` is where to go on; `refused` are lines without effect."""

    id: int
    what: str
    digest: str
    bytes: int
    data_of: int
    began: int
    offset: int = 0
    lines: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    ended: int | None = None

    def counts(self) -> dict[str, int]:
        """What became of the lines."""
        return {name: getattr(self, name) for name in ("lines", "added", "changed", "unchanged", "refused")}


@dataclass(frozen=True, slots=True)
class Today:
    """The day that stands where a file names none, and the moment that is written down as `recorded`."""

    date: str
    ms: int


#: Told after each piece: how far, and the lines refused in it.
Progress = Callable[[Run, list[tuple[int, str]]], None]


def begin(  # noqa: PLR0913 (what is known of a file)
    writer: sqlite3.Connection, what: str, digest: str, *, size: int, data_of: int, now_ms: int
) -> Run:
    """The run of this very file that has lines or its entry to come, or a new one."""
    row = writer.execute("SELECT * FROM import_run WHERE what = ? AND digest = ?", (what, digest)).fetchone()
    if row is not None and not row["journalled"]:
        return run_of(row)
    writer.execute(
        "INSERT OR REPLACE INTO import_run (what, digest, bytes, data_of, began) VALUES (?, ?, ?, ?, ?)",
        (what, digest, size, data_of, now_ms),
    )
    return run_of(writer.execute("SELECT * FROM import_run WHERE what = ? AND digest = ?", (what, digest)).fetchone())


def journalled(writer: sqlite3.Connection, run: Run) -> None:
    """The hub has the entry of this run: the same file again is another import."""
    writer.execute("UPDATE import_run SET journalled = 1 WHERE id = ?", (run.id,))


def run_of(row: sqlite3.Row) -> Run:
    """A row of import_run."""
    return Run(**{name: row[name] for name in Run.__slots__})


def take_over(writer: sqlite3.Connection, run: Run, lines: Iterable[Line], today: Today, progress: Progress) -> Run:
    """Take all lines from the run's resume point on, and end the run. Raises StoreFault's cause, sqlite3.Error."""
    road, coming = _Road(writer, today), iter(lines)
    while piece := list(islice(coming, PIECE)):
        writer.execute("BEGIN IMMEDIATE")
        try:
            run, refused = _take_piece(road, run, piece)
            _keep(writer, run)
            progress(run, refused)  # a report is on disk before its piece is
            writer.execute("COMMIT")
        except BaseException:
            writer.execute("ROLLBACK")
            raise
    run = replace(run, ended=today.ms)
    _keep(writer, run)
    writer.execute("PRAGMA optimize")
    return run


def _take_piece(road: _Road, run: Run, piece: list[Line]) -> tuple[Run, list[tuple[int, str]]]:
    outcome: Counter[str] = Counter()
    refused = []
    for number, (what, record, _) in enumerate(piece, run.lines + 1):
        try:
            if isinstance(record, Wrong):
                raise record
            outcome[road.take(what, record)] += 1
        except Wrong as wrong:
            outcome["refused"] += 1
            refused.append((number, str(wrong)))
    road.index()
    return replace(
        run,
        offset=piece[-1][2],
        lines=run.lines + len(piece),
        **{name: getattr(run, name) + outcome[name] for name in ("added", "changed", "unchanged", "refused")},
    ), refused


def _keep(writer: sqlite3.Connection, run: Run) -> None:
    writer.execute(
        "UPDATE import_run SET offset = ?, lines = ?, added = ?, changed = ?, unchanged = ?, refused = ?, ended = ?"
        " WHERE id = ?",
        (run.offset, run.lines, run.added, run.changed, run.unchanged, run.refused, run.ended, run.id),
    )


# --- one record ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Statements:
    """The SQL of one kind of record, made once of the names in its table of columns."""

    kind: Kind
    names: tuple[str, ...]
    find: str
    insert: str
    update: str

    @classmethod
    def of(cls, kind: Kind) -> _Statements:
        found = tuple(name for name in (*kind.fixed, *kind.names) if name != "effective")
        listed = ", ".join(found)
        marks = ", ".join("?" * (len(found) + 2))
        changed = ", ".join(f"{name} = ?" for name in found)
        return cls(  # the names are those of the table of columns
            kind,
            found,
            f"SELECT id, effective, recorded, {listed} FROM {kind.table} WHERE ref = ?",  # noqa: S608 (as said above)
            f"INSERT INTO {kind.table} ({listed}, effective, recorded) VALUES ({marks})",  # noqa: S608 (the same)
            f"UPDATE {kind.table} SET {changed}, effective = ?, recorded = ? WHERE id = ?",  # noqa: S608 (the same)
        )


_STATEMENTS = {what: _Statements.of(kind) for what, kind in KINDS.items()}
_CHECKS = {what: {c.name: c.check for c in kind.columns} for what, kind in KINDS.items()}
_EMPTY: dict[str, dict[str, Value]] = {what: dict.fromkeys(kind.names) for what, kind in KINDS.items()}
_NEEDED = {what: tuple(c.name for c in kind.columns if c.needed) for what, kind in KINDS.items()}
_PARTIES = {what: tuple(c.name for c in kind.columns if c.party) for what, kind in KINDS.items()}


def checked(what: str, record: Mapping[str, str], today: str) -> dict[str, Value]:
    """The values of one record as they are kept, empty ones None. Raises Wrong naming the column."""
    checks, values = _CHECKS[what], dict(_EMPTY[what])
    for name, written in record.items():
        check = checks.get(name)
        if check is None:
            raise Wrong(f"{name[:40]!r} is no column of {what}")
        if plain := written.strip():
            try:
                values[name] = check(plain)
            except Wrong as wrong:
                raise Wrong(f"{name}: {wrong}") from None
    for name in _NEEDED[what]:
        if values[name] is None:
            raise Wrong(f"{name}: missing")
    if apart := disagreement(values, today):
        raise Wrong(": ".join(apart))
    if what == "accounts" and (values["rib"] is None) == (values["wallet"] is None):
        raise Wrong("rib: either this or a wallet")
    return values


@dataclass(slots=True)
class _Road:
    """Writes checked records; names are indexed at the end of a piece, all together."""

    writer: sqlite3.Connection
    today: Today
    renamed: list[tuple[int, sqlite3.Row | None, Mapping[str, Value]]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def take(self, what: str, record: Mapping[str, str]) -> str:
        """Write one record; what it was: added, changed or unchanged. Raises Wrong, and then nothing is written."""
        values = checked(what, record, self.today.date)
        for name in _PARTIES[what]:
            values[name] = self._party(name, str(values[name]))
        statements = _STATEMENTS[what]
        values |= statements.kind.fixed
        if "status" in values and statements.kind.table == "party":
            values["status"] = values["status"] or "active"
        try:
            return self._write(statements, values)
        except sqlite3.IntegrityError as error:
            raise Wrong(_refusal(error)) from None

    def _party(self, name: str, ref: str) -> int:
        found = self.writer.execute("SELECT id FROM party WHERE ref = ?", (ref,)).fetchone()
        if found is None:
            raise Wrong(f"{name}: no party has this ref; import people and employers first")
        return int(found[0])

    def _write(self, statements: _Statements, values: dict[str, Value]) -> str:
        row = tuple([values[name] for name in statements.names])
        present = self.writer.execute(statements.find, (values["ref"],)).fetchone()
        since = values["effective"] or self.today.date
        if present is None:
            added = self.writer.execute(statements.insert, (*row, since, self.today.ms))
            self._party_changed(statements, int(added.lastrowid or 0), None, values)
            return "added"
        if statements.kind.table == "party" and (present["type"] == "person") != (values["type"] == "person"):
            raise Wrong("ref: belongs to a party of another kind")
        if tuple(present)[3:] == row and values["effective"] in (None, present["effective"]):
            return "unchanged"
        self.writer.execute(statements.update, (*row, since, self.today.ms, present["id"]))
        self._remember(statements, present)
        self._party_changed(statements, present["id"], present, values)
        return "changed"

    def _remember(self, statements: _Statements, row: sqlite3.Row) -> None:
        """What a record said until now."""
        body = {name: row[name] for name in statements.names if row[name] is not None}
        self.writer.execute(
            "INSERT OR REPLACE INTO history (tab, ref, effective, recorded, body) VALUES (?, ?, ?, ?, ?)",
            (statements.kind.table, row["ref"], row["effective"], row["recorded"], json.dumps(body)),
        )

    def _party_changed(
        self, statements: _Statements, party: int, old: sqlite3.Row | None, new: Mapping[str, Value]
    ) -> None:
        if statements.kind.table != "party":
            return
        self.renamed.append((party, old, new))
        if old is not None and old["phones"] and old["phones"] != new["phones"]:
            self.writer.execute("DELETE FROM party_phone WHERE party = ?", (party,))
        for phone in str(new["phones"] or "").split(";"):
            if phone:
                self.writer.execute("INSERT OR IGNORE INTO party_phone (phone, party) VALUES (?, ?)", (phone, party))

    # --- the index of names ----------------------------------------------------------------------

    def index(self) -> None:
        """Bring the names of the piece into the index."""
        used: Counter[str] = Counter()
        for party, old, new in self.renamed:
            before, after = indexed(old) if old is not None else None, indexed(new)
            if before == after:
                continue
            if before is not None:
                self.writer.execute(
                    "INSERT INTO party_name (party_name, rowid, terms) VALUES ('delete', ?, ?)",
                    (party, " ".join(names.terms(*before))),
                )
                used.subtract(before[0])
            self.writer.execute(
                "INSERT INTO party_name (rowid, terms) VALUES (?, ?)", (party, " ".join(names.terms(*after)))
            )
            used.update(after[0])
        self.renamed.clear()
        self._count(used)

    def _count(self, used: Counter[str]) -> None:
        self.writer.executemany(
            "INSERT INTO word (text, sound, used) VALUES (?, ?, ?)"
            " ON CONFLICT (text) DO UPDATE SET used = used + excluded.used",
            ((word, names.sound(word), count) for word, count in used.items() if count),
        )
        fresh = [word for word in used if word not in self.known and len(word) >= names.SLIP_LENGTH]
        self.writer.executemany(
            "INSERT OR IGNORE INTO slip (trace, word) VALUES (?, ?)",
            chain.from_iterable(((trace, word) for trace in names.traces(word)) for word in fresh),
        )
        if len(self.known) > WORDS_KEPT:
            self.known.clear()
        self.known.update(fresh)


def indexed(party: Mapping[str, Any] | sqlite3.Row) -> tuple[tuple[str, ...], str]:
    """The words and the year of birth by which a party is found."""
    person = party["type"] == "person"
    second = party["first_names"] if person else party["short_name"]
    return names.words(party["name"], second), str(party["birth_date"] or "")[:4] if person else ""


def _refusal(error: sqlite3.IntegrityError) -> str:
    """A constraint's own words, as the reason of a refused line."""
    said = str(error)
    if said.startswith("UNIQUE constraint failed: "):
        column = said.rpartition(".")[2]
        return f"{column}: another record has the same"
    return f"the database refuses it: {said}"


# --- lines -----------------------------------------------------------------------------------------


def bundled(record: Mapping[str, str]) -> tuple[str, Mapping[str, str] | Wrong]:
    """The kind that a line of a bundle names, and the record without it."""
    what = record.get("kind", "")
    if what not in KINDS:
        return "bundle", Wrong(f"kind: expected one of {', '.join(KINDS)}")
    return what, {name: value for name, value in record.items() if name != "kind"}


def generated(records: Iterable[tuple[str, Mapping[str, str]]], run: Run) -> Iterator[Line]:
    """Records that were never in a file, from the run's resume point on."""
    for number, (what, record) in enumerate(islice(records, run.lines, None), run.lines + 1):
        yield what, record, number
