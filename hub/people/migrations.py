"""Tables of this room in the hub's own file: what agents did. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("people")


@migrations()
def create(db: Database) -> None:
    """Looks at files, and imports that came to their end."""
    for statement in (
        """CREATE TABLE party_read (
            id INTEGER PRIMARY KEY, agent TEXT, ticket INTEGER, channel TEXT NOT NULL, view TEXT NOT NULL,
            party TEXT, motive TEXT, at INTEGER NOT NULL, tick INTEGER NOT NULL) STRICT""",
        "CREATE INDEX party_read_party ON party_read (party) WHERE party IS NOT NULL",
        """CREATE TABLE people_import (
            id INTEGER PRIMARY KEY, what TEXT NOT NULL, digest TEXT NOT NULL, lines INTEGER NOT NULL,
            added INTEGER NOT NULL, changed INTEGER NOT NULL, unchanged INTEGER NOT NULL, refused INTEGER NOT NULL,
            data_of INTEGER NOT NULL, at INTEGER NOT NULL, tick INTEGER NOT NULL) STRICT""",
    ):
        db.conn.execute(statement)


@migrations()
def looks_of_a_visit(db: Database) -> None:
    """The visit's thread asks, at each picture, what was looked at for it."""
    db.conn.execute("CREATE INDEX party_read_ticket ON party_read (ticket) WHERE ticket IS NOT NULL")
