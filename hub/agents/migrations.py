"""Tables of agents and devices. Only added to, never edited.

`agent_secret`, `agent_session` and `device_token` hold secrets: hashes alone, and no event knows them. Nor does one
know what is in `agent_factor`, sealed because it has to be read again (`vault`), and in `agent_recovery`.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("agents")

_TABLES = (
    """CREATE TABLE agent (
        code TEXT PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
        has_secret INTEGER NOT NULL DEFAULT 0, signed_in_at INTEGER, signed_in_tick INTEGER,
        failures INTEGER NOT NULL DEFAULT 0, failed_at INTEGER, failed_tick INTEGER) STRICT, WITHOUT ROWID""",
    """CREATE TABLE device (
        name TEXT PRIMARY KEY, kind TEXT NOT NULL, counters TEXT NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
        paired_at INTEGER NOT NULL, paired_tick INTEGER NOT NULL, help_at INTEGER, help_tick INTEGER,
        help_place TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID""",
    """CREATE TABLE device_trouble (
        device TEXT NOT NULL, part TEXT NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL DEFAULT '',
        since_at INTEGER NOT NULL, since_tick INTEGER NOT NULL, PRIMARY KEY (device, part)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE agent_secret (
        agent TEXT PRIMARY KEY, hash TEXT NOT NULL, one_shot INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE agent_session (
        hash BLOB PRIMARY KEY, socket BLOB NOT NULL UNIQUE, agent TEXT NOT NULL, newcomer INTEGER NOT NULL,
        began_at INTEGER NOT NULL, began_tick INTEGER NOT NULL, seen_at INTEGER NOT NULL, seen_tick INTEGER NOT NULL,
        ended TEXT) STRICT, WITHOUT ROWID""",
    "CREATE INDEX agent_session_live ON agent_session (agent) WHERE ended IS NULL",
    """CREATE TABLE device_token (
        device TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, seen_at INTEGER, seen_tick INTEGER
        ) STRICT, WITHOUT ROWID""",
)


@migrations()
def create(db: Database) -> None:
    """Agents, devices, what troubles them, and their secrets apart."""
    for table in _TABLES:
        db.conn.execute(table)


_SECOND_FACTOR = (
    "ALTER TABLE agent ADD COLUMN has_factor INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE agent_place (
        agent TEXT NOT NULL, address TEXT NOT NULL, at INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
        failed_at INTEGER, failed_tick INTEGER, PRIMARY KEY (agent, address)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE agent_factor (
        agent TEXT PRIMARY KEY, sealed BLOB NOT NULL, last_step INTEGER NOT NULL, drift INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE agent_recovery (
        agent TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (agent, digest)) STRICT, WITHOUT ROWID""",
    "ALTER TABLE agent_session ADD COLUMN proved INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE agent_session ADD COLUMN locked INTEGER NOT NULL DEFAULT 0",
)


@migrations()
def second_factor(db: Database) -> None:
    """Telephones that show codes, screens that lock, and the places where each agent is known."""
    for statement in _SECOND_FACTOR:
        db.conn.execute(statement)


_NEXT_TOKENS = (
    "ALTER TABLE device_token ADD COLUMN born_at INTEGER",
    "ALTER TABLE device_token ADD COLUMN next_salt BLOB",
    "ALTER TABLE device_token ADD COLUMN next_hash BLOB",
    "CREATE UNIQUE INDEX device_token_next ON device_token (next_hash) WHERE next_hash IS NOT NULL",
)


@migrations()
def next_tokens(db: Database) -> None:
    """How old a device's token is, and the one that waits to take its place."""
    for statement in _NEXT_TOKENS:
        db.conn.execute(statement)
