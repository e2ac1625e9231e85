"""Tables of visits. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("visits")


@migrations()
def create(db: Database) -> None:
    """Who asked, whom it concerns, what was printed of it, and requests without a visitor."""
    for statement in (
        """CREATE TABLE visit_requester (
            ticket INTEGER PRIMARY KEY, quality TEXT NOT NULL, name TEXT, party TEXT, at INTEGER NOT NULL) STRICT""",
        """CREATE TABLE visit_concerned (
            ticket INTEGER NOT NULL, rank INTEGER NOT NULL, party TEXT, number TEXT, name TEXT, at INTEGER NOT NULL,
            removed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (ticket, rank)) STRICT, WITHOUT ROWID""",
        "CREATE TABLE visit_slip (ticket INTEGER PRIMARY KEY, copies INTEGER NOT NULL) STRICT",
        """CREATE TABLE contact (
            id INTEGER PRIMARY KEY, agent TEXT NOT NULL, channel TEXT NOT NULL, motive TEXT, at INTEGER NOT NULL,
            tick INTEGER NOT NULL, ended_at INTEGER) STRICT""",
        "CREATE INDEX contact_open ON contact (agent) WHERE ended_at IS NULL",
    ):
        db.conn.execute(statement)
