"""Tables of the kiosk's spool. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("spool")

_TABLES = (
    """CREATE TABLE press (
        key TEXT PRIMARY KEY, number INTEGER NOT NULL, service TEXT NOT NULL, language TEXT NOT NULL,
        priority TEXT NOT NULL, source TEXT NOT NULL, tap TEXT UNIQUE,
        boot TEXT NOT NULL, mono INTEGER NOT NULL, hub_at INTEGER,
        state TEXT NOT NULL, label TEXT, own INTEGER NOT NULL DEFAULT 0, ticket TEXT NOT NULL DEFAULT '',
        answer TEXT NOT NULL DEFAULT '') STRICT""",
    "CREATE INDEX press_open ON press (number) WHERE state IN ('pressed', 'accepted')",
    # A label of the own series exists once, whatever happens; the hub's restart every day.
    "CREATE UNIQUE INDEX press_own ON press (label) WHERE own = 1",
    """CREATE TABLE report (
        place INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, what TEXT NOT NULL, body TEXT NOT NULL,
        set_aside TEXT) STRICT""",
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
)


@migrations()
def tables(db: Database) -> None:
    """Presses, reports and facts."""
    for statement in _TABLES:
        db.execute(statement)


@migrations()
def scanned(db: Database) -> None:
    """What was scanned before a press, until the press has come to its end."""
    db.execute("ALTER TABLE press ADD COLUMN scanned TEXT")


@migrations()
def reasons(db: Database) -> None:
    """What somebody came for within a service."""
    db.execute("ALTER TABLE press ADD COLUMN reason TEXT")
