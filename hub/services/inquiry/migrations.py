"""Tables of inquiry. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("inquiry")


@migrations()
def create(db: Database) -> None:
    """What was asked and how it ended."""
    for statement in (
        """CREATE TABLE inquiry (
            id INTEGER PRIMARY KEY, agent TEXT, day INTEGER, ticket INTEGER, contact INTEGER, channel TEXT NOT NULL,
            subject TEXT NOT NULL, result TEXT NOT NULL, party TEXT, note TEXT, at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX inquiry_ticket ON inquiry (ticket) WHERE ticket IS NOT NULL",
        "CREATE INDEX inquiry_day ON inquiry (day)",
    ):
        db.conn.execute(statement)


@migrations()
def find_by_contact(db: Database) -> None:
    """What was asked without a visitor is found as fast."""
    db.conn.execute("CREATE INDEX inquiry_contact ON inquiry (contact) WHERE contact IS NOT NULL")
