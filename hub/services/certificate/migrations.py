"""Tables of the certificates. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("certificate")


@migrations()
def create(db: Database) -> None:
    """Certificates: one series of numbers a year. What names a person can be emptied."""
    for statement in (
        """CREATE TABLE certificate (
            id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, year INTEGER NOT NULL, number INTEGER NOT NULL,
            epoch INTEGER NOT NULL, what TEXT NOT NULL, party TEXT, snapshot TEXT, statement TEXT,
            code TEXT NOT NULL UNIQUE, issued_on TEXT NOT NULL, valid_until TEXT, ticket INTEGER, agent TEXT,
            receipt TEXT, copies INTEGER NOT NULL DEFAULT 0, cancelled TEXT, note TEXT,
            at INTEGER NOT NULL, tick INTEGER NOT NULL, UNIQUE (year, number)) STRICT""",
        "CREATE INDEX certificate_party ON certificate (party) WHERE party IS NOT NULL",
        "CREATE INDEX certificate_ticket ON certificate (ticket) WHERE ticket IS NOT NULL",
        "CREATE INDEX certificate_receipt ON certificate (receipt) WHERE receipt IS NOT NULL",
        "CREATE INDEX certificate_unprinted ON certificate (agent) WHERE copies = 0 AND cancelled IS NULL",
    ):
        db.conn.execute(statement)


@migrations()
def receipts(db: Database) -> None:
    """What tills have taken and central data may not know yet."""
    for statement in (
        """CREATE TABLE till_receipt (
            receipt TEXT PRIMARY KEY, party TEXT, amount INTEGER NOT NULL, tender TEXT NOT NULL,
            paid INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
        "CREATE INDEX till_receipt_party ON till_receipt (party, at) WHERE party IS NOT NULL",
    ):
        db.conn.execute(statement)
