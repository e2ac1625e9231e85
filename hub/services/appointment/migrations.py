"""Tables of the appointments. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("appointment")


@migrations()
def create(db: Database) -> None:
    """Appointments, and what happened to each. What names a person can be emptied."""
    for statement in (
        """CREATE TABLE appointment (
            id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, year INTEGER NOT NULL, number INTEGER NOT NULL,
            epoch INTEGER NOT NULL, code TEXT, service TEXT NOT NULL, mode TEXT NOT NULL, state TEXT NOT NULL,
            day TEXT NOT NULL, time TEXT NOT NULL, slot_at INTEGER NOT NULL, minutes INTEGER NOT NULL,
            counter TEXT, channel TEXT NOT NULL, language TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
            ticket INTEGER, outcome TEXT, agent TEXT, name TEXT, telephone TEXT, registration_number TEXT, note TEXT,
            motive TEXT, copies INTEGER NOT NULL DEFAULT 0, booked_at INTEGER NOT NULL,
            UNIQUE (year, number)) STRICT""",
        "CREATE INDEX appointment_day ON appointment (day, slot_at)",
        "CREATE INDEX appointment_ticket ON appointment (ticket) WHERE ticket IS NOT NULL",
        "CREATE UNIQUE INDEX appointment_code ON appointment (code) WHERE code IS NOT NULL",
        "CREATE INDEX appointment_open ON appointment (slot_at) WHERE state IN ('requested', 'confirmed', 'calling')",
        """CREATE TABLE appointment_line (
            id INTEGER PRIMARY KEY, appointment INTEGER NOT NULL, kind TEXT NOT NULL, agent TEXT, facts TEXT NOT NULL,
            at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX appointment_lines ON appointment_line (appointment)",
    ):
        db.conn.execute(statement)


@migrations()
def index_of_the_kiosk(db: Database) -> None:
    """What visitors book themselves is counted by the hour."""
    db.conn.execute("CREATE INDEX appointment_booked ON appointment (booked_at) WHERE channel = 'kiosk'")
