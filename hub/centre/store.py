"""What the centre keeps: messages once for their key, each version that came, and the letters that it gives."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.centre.rules import Held, Message, State
from hub.chain import canonical_json
from hub.errors import StoreFault

DATABASE = "centre.db"
_TABLES = (
    """CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY, agency TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, topic TEXT NOT NULL,
        aggregate TEXT NOT NULL, follows TEXT, content TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL,
        note TEXT NOT NULL, told TEXT NOT NULL, at INTEGER NOT NULL, UNIQUE (agency, key)) STRICT""",
    "CREATE INDEX IF NOT EXISTS message_open ON message (id) WHERE state = 'acknowledged'",
    "CREATE INDEX IF NOT EXISTS message_untold ON message (agency, id) WHERE told <> state",
    """CREATE TABLE IF NOT EXISTS said (
        agency TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, line TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (agency, key, version)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS letter (
        agency TEXT NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, topic TEXT NOT NULL, line TEXT NOT NULL,
        PRIMARY KEY (agency, number), UNIQUE (agency, key)) STRICT, WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS given (agency TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is kept."""

    id: int
    agency: str
    key: str
    version: int
    topic: str
    aggregate: str
    follows: str | None
    content: str
    state: State
    code: str
    note: str
    told: str
    at: int


class Store:
    """One file, one writer at a time; what was answered is on the disk."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(folder / DATABASE, isolation_level=None, check_same_thread=False, timeout=30)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            for table in _TABLES:
                self._db.execute(table)
        except sqlite3.Error as error:
            raise StoreFault(f"{folder / DATABASE}: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable at its end. Raises StoreFault when the disk refuses."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreFault(f"nothing was kept, the disk refuses: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    # --- messages

    def held(self, agency: str, key: str) -> Row | None:
        """What there is of a key."""
        found = self._all("SELECT * FROM message WHERE agency = ? AND key = ?", agency, key)
        return found[0] if found else None

    def keep(self, message: Message, at: int, told: str) -> None:
        """A message that is new, or a newer version. `told`: what its agency has heard of it by then."""
        self._run(
            "INSERT INTO message (agency, key, version, topic, aggregate, follows, content, state, code, note, told,"
            " at) VALUES (?, ?, ?, ?, ?, ?, ?, 'acknowledged', '', '', ?, ?) ON CONFLICT (agency, key) DO UPDATE SET"
            " version = excluded.version, content = excluded.content, state = 'acknowledged', code = '', note = '',"
            " told = excluded.told",
            message.agency, message.key, message.version, message.topic, message.aggregate, message.follows,
            content_of(message), told, at,
        )  # fmt: skip
        self._run(
            "INSERT INTO said (agency, key, version, line, at) VALUES (?, ?, ?, ?, ?)",
            message.agency, message.key, message.version, message.line, at,
        )  # fmt: skip

    def settle(self, row: int, state: State, code: str = "", note: str = "") -> None:
        """What became of a message."""
        self._run("UPDATE message SET state = ?, code = ?, note = ? WHERE id = ?", state, code, note, row)

    def tell(self, row: int) -> None:
        """Its agency has been told, or will be by a letter that is written."""
        self._run("UPDATE message SET told = state WHERE id = ?", row)

    def untell(self, row: int) -> None:
        """Its agency has not heard it, it asks again."""
        self._run("UPDATE message SET told = '' WHERE id = ?", row)

    def to_integrate(self, limit: int) -> list[Row]:
        """What may be integrated: the oldest first, nothing before what it follows."""
        return self._all(
            "SELECT m.* FROM message m LEFT JOIN message b ON b.agency = m.agency AND b.key = m.follows"
            " WHERE m.state = 'acknowledged' AND (m.follows IS NULL OR b.state = 'integrated') ORDER BY m.id LIMIT ?",
            limit,
        )

    def untold(self, agency: str, limit: int) -> list[Row]:
        """What an agency has not been told."""
        return self._all("SELECT * FROM message WHERE agency = ? AND told <> state ORDER BY id LIMIT ?", agency, limit)

    def listed(self, state: str, limit: int) -> list[Row]:
        """The newest messages in a state."""
        return self._all("SELECT * FROM message WHERE state = ? ORDER BY id DESC LIMIT ?", state, limit)

    def counts(self) -> list[tuple[str, str, int]]:
        """How many messages of each agency are in each state."""
        with self._lock:
            rows = self._db.execute("SELECT agency, state, count(*) FROM message GROUP BY 1, 2 ORDER BY 1, 2")
            return [tuple(row) for row in rows]

    # --- letters

    def next_letter(self, agency: str) -> int:
        """The number of the next letter to an agency."""
        with self._lock:
            row = self._db.execute("SELECT coalesce(max(number), 0) + 1 FROM letter WHERE agency = ?", (agency,))
            return int(row.fetchone()[0])

    def has_letter(self, agency: str, key: str) -> bool:
        """Whether a letter of that key was written."""
        with self._lock:
            found = self._db.execute("SELECT 1 FROM letter WHERE agency = ? AND key = ?", (agency, key)).fetchone()
            return found is not None

    def write(self, agency: str, number: int, key: str, topic: str, line: str) -> None:
        """A letter, to be given until its agency has it."""
        self._run(
            "INSERT INTO letter (agency, number, key, topic, line) VALUES (?, ?, ?, ?, ?)",
            agency, number, key, topic, line,
        )  # fmt: skip

    def letters(self, agency: str, after: int, limit: int) -> list[tuple[int, str]]:
        """The letters to an agency after a number: number and line."""
        with self._lock:
            rows = self._db.execute(
                "SELECT number, line FROM letter WHERE agency = ? AND number > ? ORDER BY number LIMIT ?",
                (agency, after, limit),
            )
            return [(row["number"], row["line"]) for row in rows]

    def given(self, agency: str) -> int:
        """Up to which letter an agency was given files."""
        with self._lock:
            row = self._db.execute("SELECT number FROM given WHERE agency = ?", (agency,)).fetchone()
            return row["number"] if row else 0

    def give(self, agency: str, number: int) -> None:
        """From which letter on files are given next."""
        self._run(
            "INSERT INTO given (agency, number) VALUES (?, ?)"
            " ON CONFLICT (agency) DO UPDATE SET number = excluded.number",
            agency, number,
        )  # fmt: skip

    def _run(self, sql: str, *values: Any) -> None:
        with self._lock:
            self._db.execute(sql, values)

    def _all(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return [Row(**{name: row[name] for name in Row.__slots__}) for row in self._db.execute(sql, values)]


def content_of(message: Message) -> str:
    """What a message says, in one spelling: a copy may differ in what it follows."""
    return canonical_json({"topic": message.topic, "aggregate": message.aggregate, "payload": message.payload})


def held_of(row: Row | None) -> Held | None:
    """The same as the rules see it."""
    return Held(row.version, row.content, row.state, row.code, row.note) if row else None
