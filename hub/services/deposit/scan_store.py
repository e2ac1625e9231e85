"""Scans on disk: how each fact changes their rows, and what can be read. The files themselves are on the shelf."""

from __future__ import annotations

import json
import sqlite3

from hub.journal import Appliers, Rows, apply_nothing
from hub.services.deposit import model as m
from hub.services.deposit.separators import Target
from hub.services.ports import Pending
from hub.shelf import Named

Reader = sqlite3.Connection
URL = "/desk/deposit/scans"
SHOWN = 60


def _scan_of(row: sqlite3.Row) -> m.DocumentScan:
    values = {name: row[name] for name in m.DocumentScan.__slots__}
    return m.DocumentScan(**values | {"flags": tuple(json.loads(row["flags"]))})


def scan(reader: Reader, number: int) -> m.DocumentScan | None:
    """One scan."""
    row = reader.execute("SELECT * FROM deposit_scan WHERE id = ?", (number,)).fetchone()
    return _scan_of(row) if row else None


def of_deposit(reader: Reader, deposit: int) -> list[m.DocumentScan]:
    """Those of a deposit that are of use, in the order in which they came."""
    rows = reader.execute(
        "SELECT * FROM deposit_scan WHERE deposit = ? AND state <> 'set_aside' ORDER BY id", (deposit,)
    )
    return [_scan_of(row) for row in rows]


def of_documents(reader: Reader, deposits: frozenset[int]) -> dict[int, list[m.DocumentScan]]:
    """Those of the lines of some deposits, by the line."""
    found: dict[int, list[m.DocumentScan]] = {}
    for deposit in deposits:
        for each in of_deposit(reader, deposit):
            if each.document is not None:
                found.setdefault(each.document, []).append(each)
    return found


def weight_of(reader: Reader, deposit: int) -> tuple[int, int]:
    """How many scans a deposit has, and their bytes together."""
    row = reader.execute("SELECT count(*), coalesce(sum(size), 0) FROM deposit_scan WHERE deposit = ?", (deposit,))
    count, size = row.fetchone()
    return int(count), int(size)


def waiting(reader: Reader) -> list[m.DocumentScan]:
    """Those of which nobody knows yet whose they are, oldest first."""
    rows = reader.execute("SELECT * FROM deposit_scan WHERE state = 'waiting' ORDER BY id LIMIT ?", (SHOWN,))
    return [_scan_of(row) for row in rows]


#: What the document-management system does not have yet: whose they are is known, and the file is there.
_AT_HOME = "FROM deposit_scan WHERE handed_on IS NULL AND state = 'placed' AND file IS NOT NULL"


def at_home(reader: Reader, most: int, after: int = 0) -> list[m.DocumentScan]:
    """The next of those that the document-management system does not have yet, after a scan's number."""
    rows = reader.execute(f"SELECT * {_AT_HOME} AND id > ? ORDER BY id LIMIT ?", (after, most))
    return [_scan_of(row) for row in rows]


def left_at_home(reader: Reader) -> tuple[int, int | None]:
    """How many these are, and when (wall, ms) the first of them came."""
    count, oldest = reader.execute(f"SELECT count(*), min(at) {_AT_HOME}").fetchone()
    return int(count), oldest


def files(reader: Reader) -> Named:
    """What must be on the shelf, and what was destroyed."""
    named = frozenset(row[0] for row in reader.execute("SELECT file FROM deposit_scan WHERE file IS NOT NULL"))
    gone = frozenset(row[0] for row in reader.execute("SELECT sha256 FROM deposit_scan WHERE file IS NULL"))
    return Named(named, gone - named)


def target(reader: Reader, meant: Target) -> tuple[int | None, int | None]:
    """The deposit and the line that a separator sheet means; None for what is not in the register."""
    row = reader.execute("SELECT id FROM deposit WHERE label = ?", (meant.label,)).fetchone()
    if row is None:
        return None, None
    line = reader.execute(
        "SELECT id FROM deposit_document WHERE deposit = ? AND line = ?", (row["id"], meant.line)
    ).fetchone()
    return int(row["id"]), int(line["id"]) if line else None


def pending(reader: Reader) -> tuple[Pending, ...]:
    """Scans that somebody must say something of."""
    row = reader.execute("SELECT count(*), min(at) FROM deposit_scan WHERE state = 'waiting'").fetchone()
    return (Pending("to_place", "deposit.pending_to_place", row[0], row[1], URL, between=True),) if row[0] else ()


# --- applying --------------------------------------------------------------------------------


def _state(document: int | None) -> m.ScanState:
    return "placed" if document is not None else "waiting"


def _kept(rows: Rows, event: m.ScanKept) -> None:
    rows.run(
        "INSERT INTO deposit_scan (id, state, sha256, size, media, pages, flags, source, deposit, document, agent,"
        " file, name, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.scan, _state(event.document), event.sha256, event.size, event.media, event.pages,
        json.dumps(list(event.flags)), event.source, event.deposit, event.document, rows.actor.agent, event.file,
        event.name, rows.now.at,
    )  # fmt: skip


def _placed(rows: Rows, event: m.ScanPlaced) -> None:
    rows.run(
        "UPDATE deposit_scan SET state = ?, deposit = ?, document = ? WHERE id = ?",
        _state(event.document), event.deposit, event.document, event.scan,
    )  # fmt: skip


def _set_aside(rows: Rows, event: m.ScanSetAside) -> None:
    rows.run("UPDATE deposit_scan SET state = 'set_aside' WHERE id = ?", event.scan)


def _handed_on(rows: Rows, event: m.ScanHandedOn) -> None:
    rows.run("UPDATE deposit_scan SET handed_on = ? WHERE id = ?", rows.now.at, event.scan)


APPLIERS: Appliers = {
    m.ScanKept: _kept,
    m.ScanPlaced: _placed,
    m.ScanSetAside: _set_aside,
    m.ScanOpened: apply_nothing,
    m.ScanHandedOn: _handed_on,
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"deposit_scan": ("file", "name")}
