"""Tables of the requests. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("request")


@migrations()
def create(db: Database) -> None:
    """Requests, and what happened to each. What names a person can be emptied."""
    for statement in (
        """CREATE TABLE request (
            id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, year INTEGER NOT NULL, number INTEGER NOT NULL,
            epoch INTEGER NOT NULL, what TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
            level INTEGER NOT NULL DEFAULT 1, escalation TEXT, service TEXT, owner TEXT, ticket INTEGER, day INTEGER,
            agent TEXT, channel TEXT NOT NULL, party TEXT, visitor TEXT, reach TEXT, text TEXT, answer TEXT,
            answer_channel TEXT, answered_on TEXT, opened_on TEXT NOT NULL, due_on TEXT NOT NULL,
            copies INTEGER NOT NULL DEFAULT 0, inquiry INTEGER UNIQUE, at INTEGER NOT NULL, tick INTEGER NOT NULL,
            UNIQUE (year, number)) STRICT""",
        "CREATE INDEX request_to_do ON request (due_on, id) WHERE state NOT IN ('resolved', 'closed')",
        "CREATE INDEX request_day ON request (day)",
        "CREATE INDEX request_party ON request (party) WHERE party IS NOT NULL",
        "CREATE INDEX request_ticket ON request (ticket) WHERE ticket IS NOT NULL",
        """CREATE TABLE request_line (
            id INTEGER PRIMARY KEY, request INTEGER NOT NULL, kind TEXT NOT NULL, agent TEXT, facts TEXT NOT NULL,
            text TEXT, at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX request_lines ON request_line (request)",
    ):
        db.conn.execute(statement)
