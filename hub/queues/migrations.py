"""Tables of the queues. Only added to, never edited; integer ids, few indexes: each costs the card a page."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("queues")

_TABLES = (
    """CREATE TABLE business_day (
        id INTEGER PRIMARY KEY, date TEXT NOT NULL UNIQUE, mode TEXT NOT NULL,
        opened_at INTEGER NOT NULL, closed_at INTEGER, first_seq INTEGER NOT NULL) STRICT""",
    """CREATE TABLE numbering (
        day INTEGER NOT NULL, series TEXT NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (day, series)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE voided (
        day INTEGER NOT NULL, label TEXT NOT NULL, ticket INTEGER NOT NULL,
        PRIMARY KEY (day, label)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE ticket (
        id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, day INTEGER NOT NULL REFERENCES business_day,
        label TEXT NOT NULL, series TEXT NOT NULL, number INTEGER NOT NULL, asked TEXT NOT NULL,
        state TEXT NOT NULL, category TEXT NOT NULL, priority TEXT NOT NULL, language TEXT NOT NULL,
        channel TEXT NOT NULL, issued_at INTEGER NOT NULL, issued_tick INTEGER NOT NULL, certain INTEGER NOT NULL,
        paper TEXT NOT NULL, copies INTEGER NOT NULL DEFAULT 0, token TEXT NOT NULL, stage INTEGER NOT NULL,
        returns INTEGER NOT NULL DEFAULT 0, low_s INTEGER, high_s INTEGER,
        requester TEXT, registration_number TEXT, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL) STRICT""",
    "CREATE UNIQUE INDEX ticket_label ON ticket (day, label)",
    "CREATE INDEX ticket_open ON ticket (state) WHERE state IN ('issued', 'waiting', 'called', 'serving', 'on_hold')",
    """CREATE TABLE stage (
        id INTEGER PRIMARY KEY, ticket INTEGER NOT NULL REFERENCES ticket, rank INTEGER NOT NULL, service TEXT NOT NULL,
        wanted TEXT, behind INTEGER NOT NULL DEFAULT 0, counter TEXT, agent TEXT,
        entered_at INTEGER NOT NULL, entered_tick INTEGER NOT NULL,
        call INTEGER, call_count INTEGER NOT NULL DEFAULT 0, called_at INTEGER, called_tick INTEGER,
        last_called_at INTEGER, last_called_tick INTEGER, started_at INTEGER, started_tick INTEGER,
        held_at INTEGER, held_tick INTEGER, held_ms INTEGER NOT NULL DEFAULT 0, ended_at INTEGER, ended_tick INTEGER,
        wait_ms INTEGER, service_ms INTEGER, certain INTEGER NOT NULL DEFAULT 1, outcome TEXT, detail TEXT, why TEXT
        ) STRICT""",
    "CREATE INDEX stage_ticket ON stage (ticket)",
    "CREATE INDEX stage_call ON stage (call) WHERE call IS NOT NULL",
    """CREATE TABLE counter (
        code TEXT PRIMARY KEY, state TEXT NOT NULL, agent TEXT, ticket INTEGER, since_at INTEGER NOT NULL,
        since_tick INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '', last INTEGER, last_step TEXT
        ) STRICT, WITHOUT ROWID""",
)


@migrations()
def create(db: Database) -> None:
    """Days, numbers, tickets with their stages, and what each counter is doing."""
    for table in _TABLES:
        db.conn.execute(table)


@migrations()
def untouched(db: Database) -> None:
    """The journal number of what a counter may take back: nothing must have happened to the ticket since."""
    db.conn.execute("ALTER TABLE counter ADD COLUMN last_seq INTEGER")


@migrations()
def one_counter_a_ticket(db: Database) -> None:
    """No ticket is ever at two counters, whatever the code above believes."""
    db.conn.execute("CREATE UNIQUE INDEX counter_ticket ON counter (ticket) WHERE ticket IS NOT NULL")


@migrations()
def brought(db: Database) -> None:
    """The label of the paper that a visitor brought, as the kiosk's scanner read it."""
    db.conn.execute("ALTER TABLE ticket ADD COLUMN brought TEXT")


@migrations()
def passes(db: Database) -> None:
    """How often a visitor let others pass; null for never, so that a ticket of most costs no byte more."""
    db.conn.execute("ALTER TABLE ticket ADD COLUMN passes INTEGER")


@migrations()
def corrected_ends(db: Database) -> None:
    """When a service really ended whose key was pressed late, and the entry that says so; the key's time stays."""
    for column in ("corrected_at", "corrected_tick", "corrected_seq"):
        db.conn.execute(f"ALTER TABLE stage ADD COLUMN {column} INTEGER")


@migrations()
def helping(db: Database) -> None:
    """How many a counter has called since it last helped another queue."""
    db.conn.execute("ALTER TABLE counter ADD COLUMN own_calls INTEGER NOT NULL DEFAULT 0")


@migrations()
def alarms(db: Database) -> None:
    """Since when an agent calls for help in an emergency."""
    for column in ("alarm_at", "alarm_tick"):
        db.conn.execute(f"ALTER TABLE counter ADD COLUMN {column} INTEGER")


@migrations()
def sub_reasons(db: Database) -> None:
    """What a visitor came for within a service; null for most."""
    db.conn.execute("ALTER TABLE ticket ADD COLUMN sub_reason TEXT")
