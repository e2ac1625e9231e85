"""Tables of reception. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("reception")


@migrations()
def create(db: Database) -> None:
    """Visitors who were helped on the spot. No name: it is a count."""
    db.conn.execute(
        """CREATE TABLE reception_answer (
            id INTEGER PRIMARY KEY, day INTEGER NOT NULL, service TEXT NOT NULL, withdrawn INTEGER NOT NULL DEFAULT 0,
            at INTEGER NOT NULL, tick INTEGER NOT NULL) STRICT"""
    )
