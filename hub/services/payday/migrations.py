"""Tables of the pay-days. Only added to, never edited; nobody is named."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("payday")


@migrations()
def create(db: Database) -> None:
    """Pay-days and their waves."""
    for statement in (
        """CREATE TABLE payday (
            id INTEGER PRIMARY KEY, day TEXT NOT NULL, service TEXT NOT NULL, sorted_by TEXT NOT NULL,
            withdrawn INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX payday_day ON payday (day)",
        """CREATE TABLE payday_wave (
            payday INTEGER NOT NULL, number INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
            time TEXT NOT NULL, size INTEGER NOT NULL, called INTEGER NOT NULL DEFAULT 0, ends INTEGER,
            printed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (payday, number)) STRICT, WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def groups(db: Database) -> None:
    """Who entered together, and when; those of before stand in the journal."""
    db.conn.execute(
        """CREATE TABLE payday_group (
            id INTEGER PRIMARY KEY, payday INTEGER NOT NULL, wave INTEGER NOT NULL, first INTEGER NOT NULL,
            last INTEGER NOT NULL, at INTEGER NOT NULL, tick INTEGER NOT NULL) STRICT"""
    )
    db.conn.execute("CREATE INDEX payday_group_plan ON payday_group (payday)")
    db.conn.execute(
        """INSERT INTO payday_group (id, payday, wave, first, last, at, tick)
        SELECT seq, substr(subject, 8), json_extract(payload, '$.wave'), json_extract(payload, '$.first'),
            json_extract(payload, '$.last'), at, (boot << 40) | mono FROM journal WHERE kind = 'group_called'"""
    )
