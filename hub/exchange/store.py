"""The centre's letters on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.exchange import model as m
from hub.journal import Appliers, Rows

Reader = sqlite3.Connection
#: The most that a page shows of a list.
SHOWN = 100
_ASKS = timedelta(days=m.NOTICE_DAYS)
migrations = Migrations("exchange")


@migrations()
def create(db: Database) -> None:
    """Letters of the centre, in its own numbers, and the files that were none."""
    for statement in (
        """CREATE TABLE inbox (
            number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, schema INTEGER NOT NULL,
            said_at INTEGER NOT NULL, effective_on TEXT, by TEXT NOT NULL, state TEXT NOT NULL,
            code TEXT NOT NULL DEFAULT '', motive TEXT, payload TEXT, at INTEGER NOT NULL, settled INTEGER) STRICT""",
        "CREATE INDEX inbox_open ON inbox (number) WHERE state IN ('waiting', 'held')",
        "CREATE INDEX inbox_shown ON inbox (number) WHERE topic <> 'answers'",
        """CREATE TABLE inbox_file (
            file TEXT PRIMARY KEY, name TEXT NOT NULL, code TEXT NOT NULL, at INTEGER NOT NULL)
            STRICT, WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def readers(db: Database) -> None:
    """Until which day a notice waits to be read, and who has read it."""
    for statement in (
        "ALTER TABLE inbox ADD COLUMN shown_until TEXT",
        "CREATE INDEX inbox_told ON inbox (shown_until) WHERE shown_until IS NOT NULL",
        """CREATE TABLE inbox_reader (
            letter INTEGER NOT NULL, agent TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (letter, agent))
            STRICT, WITHOUT ROWID""",
    ):
        db.conn.execute(statement)
    found = db.conn.execute(
        "SELECT number, payload, settled FROM inbox WHERE topic = ? AND state = 'applied'", (m.NOTICE,)
    ).fetchall()
    for number, payload, settled in found:
        db.conn.execute("UPDATE inbox SET shown_until = ? WHERE number = ?", (_until(payload, settled), number))


# --- reading ---------------------------------------------------------------------------------


def last_number(reader: Reader) -> int:
    """The number of the last letter that was taken; 0 before the first."""
    row = reader.execute("SELECT coalesce(max(number), 0) FROM inbox").fetchone()
    return int(row[0])


def last_letter_at(reader: Reader) -> int | None:
    """When (wall, ms, by our clock: the centre's may be anything) the last letter was taken."""
    row = reader.execute("SELECT at FROM inbox ORDER BY number DESC LIMIT 1").fetchone()
    return row["at"] if row else None


def letter(reader: Reader, number: int) -> m.Kept | None:
    """One letter."""
    row = reader.execute("SELECT * FROM inbox WHERE number = ?", (number,)).fetchone()
    return _kept(row) if row else None


def waiting(reader: Reader) -> list[m.Kept]:
    """Those that have not taken effect yet, held ones among them, in the centre's order."""
    rows = reader.execute("SELECT * FROM inbox WHERE state IN ('waiting', 'held') ORDER BY number")
    return [_kept(row) for row in rows]


def newest(reader: Reader, limit: int = SHOWN) -> list[m.Kept]:
    """The newest that are no answers."""
    rows = reader.execute("SELECT * FROM inbox WHERE topic <> 'answers' ORDER BY number DESC LIMIT ?", (limit,))
    return [_kept(row) for row in rows]


def unread(reader: Reader, agent: str, today: date, limit: int) -> list[tuple[int, Any]]:
    """Notices in force that an agent has not read, the newest first: the letter's number and what it says."""
    rows = reader.execute(
        "SELECT number, payload FROM inbox WHERE shown_until >= ? AND NOT EXISTS"
        " (SELECT 1 FROM inbox_reader WHERE letter = number AND agent = ?) ORDER BY +number DESC LIMIT ?",
        (today.isoformat(), agent, limit),
    )
    return [(row["number"], json.loads(row["payload"])) for row in rows]


def newest_notice(reader: Reader, today: date) -> int:
    """The number of the newest notice in force; 0 while there is none."""
    row = reader.execute(
        "SELECT coalesce(max(+number), 0) FROM inbox WHERE shown_until >= ?", (today.isoformat(),)
    ).fetchone()
    return int(row[0])


def readers_of(reader: Reader, number: int) -> frozenset[str]:
    """The agents who have read a notice."""
    rows = reader.execute("SELECT agent FROM inbox_reader WHERE letter = ?", (number,))
    return frozenset(row["agent"] for row in rows)


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that nothing was taken of, and when (wall, ms)."""

    file: str
    name: str
    code: str
    at: int


def refused_files(reader: Reader, limit: int = SHOWN) -> list[RefusedFile]:
    """The newest files that nothing was taken of."""
    rows = reader.execute("SELECT * FROM inbox_file ORDER BY at DESC, file LIMIT ?", (limit,))
    return [RefusedFile(row["file"], row["name"], row["code"], row["at"]) for row in rows]


def is_refused_file(reader: Reader, file: str) -> bool:
    """Whether that content was refused before."""
    return reader.execute("SELECT 1 FROM inbox_file WHERE file = ?", (file,)).fetchone() is not None


def _kept(row: sqlite3.Row) -> m.Kept:
    values = {name: row[name] for name in m.Kept.__slots__}
    return m.Kept(**values | {"payload": json.loads(row["payload"]) if row["payload"] else None})


# --- applying --------------------------------------------------------------------------------


def _taken(rows: Rows, event: m.InboxLetterTaken) -> None:
    answers = event.topic == m.ANSWERS
    rows.run(
        "INSERT INTO inbox (number, key, topic, schema, said_at, effective_on, by, state, payload, at, settled)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.letter, event.key, event.topic, event.schema, event.said_at, event.effective_on, event.by,
        "applied" if answers else "waiting", event.payload, rows.now.at, rows.now.at if answers else None,
    )  # fmt: skip


def _settled(rows: Rows, number: int, state: m.State, code: str = "") -> None:
    rows.run("UPDATE inbox SET state = ?, code = ?, settled = ? WHERE number = ?", state, code, rows.now.at, number)


def _applied(rows: Rows, event: m.InboxLetterApplied) -> None:
    _settled(rows, event.letter, "applied")
    row = rows.one("SELECT payload FROM inbox WHERE number = ? AND topic = ?", event.letter, m.NOTICE)
    if row is not None:
        rows.run("UPDATE inbox SET shown_until = ? WHERE number = ?", _until(row[0], rows.now.at), event.letter)


def _until(payload: str | None, at: int) -> str | None:
    """The last day (ISO) on which a notice in force since `at` waits to be read; one whose words are gone does not."""
    if payload is None:
        return None
    until = json.loads(payload).get("until")
    last = date.fromisoformat(until) if until else datetime.fromtimestamp(at / 1000, UTC).date() + _ASKS
    return last.isoformat()


def _notice_read(rows: Rows, event: m.InboxNoticeRead) -> None:
    rows.run(
        "INSERT INTO inbox_reader (letter, agent, at) VALUES (?, ?, ?)", event.letter, rows.actor.agent, rows.now.at
    )


def _refused(rows: Rows, event: m.InboxLetterRefused) -> None:
    _settled(rows, event.letter, "refused", event.code)


def _held(rows: Rows, event: m.InboxLetterHeld) -> None:
    rows.run("UPDATE inbox SET state = 'held', motive = ? WHERE number = ?", event.motive, event.letter)


def _released(rows: Rows, event: m.InboxLetterReleased) -> None:
    rows.run("UPDATE inbox SET state = 'waiting', motive = NULL WHERE number = ?", event.letter)


def _file_refused(rows: Rows, event: m.InboxFileRefused) -> None:
    rows.run(
        "INSERT INTO inbox_file (file, name, code, at) VALUES (?, ?, ?, ?) ON CONFLICT (file) DO NOTHING",
        event.file, event.name, event.code, rows.now.at,
    )  # fmt: skip


APPLIERS: Appliers = {
    m.InboxLetterTaken: _taken,
    m.InboxLetterApplied: _applied,
    m.InboxLetterRefused: _refused,
    m.InboxLetterHeld: _held,
    m.InboxLetterReleased: _released,
    m.InboxNoticeRead: _notice_read,
    m.InboxFileRefused: _file_refused,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {
    "inbox": ("payload", "motive", "shown_until"), "inbox_reader": (), "inbox_file": (),
}  # fmt: skip
