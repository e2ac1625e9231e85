"""Tables of the deposits. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("deposit")


@migrations()
def create(db: Database) -> None:
    """The register: deposits, whom they are about, their documents. What names a person can be emptied."""
    for statement in (
        """CREATE TABLE deposit (
            id INTEGER PRIMARY KEY, state TEXT NOT NULL, label TEXT, agency TEXT, year INTEGER, number INTEGER,
            epoch INTEGER, deposited_on TEXT, channel TEXT NOT NULL, category TEXT NOT NULL DEFAULT 'simple',
            ticket INTEGER, ticket_label TEXT, day INTEGER, service TEXT, counter TEXT, agent TEXT,
            quality TEXT NOT NULL DEFAULT 'self', id_type TEXT NOT NULL DEFAULT 'identity_card', name TEXT,
            id_number TEXT, typed TEXT, documents INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 0,
            handed INTEGER, at INTEGER NOT NULL, tick INTEGER NOT NULL, UNIQUE (agency, year, number)) STRICT""",
        "CREATE UNIQUE INDEX deposit_label ON deposit (label) WHERE label IS NOT NULL",
        "CREATE INDEX deposit_year ON deposit (year, number) WHERE year IS NOT NULL",
        "CREATE INDEX deposit_draft ON deposit (agent) WHERE state = 'draft'",
        "CREATE INDEX deposit_to_hand ON deposit (id) WHERE label IS NOT NULL AND handed IS NULL",
        "CREATE INDEX deposit_on ON deposit (deposited_on, id) WHERE label IS NOT NULL",
        "CREATE INDEX deposit_ticket ON deposit (ticket) WHERE ticket IS NOT NULL",
        """CREATE TABLE deposit_party (
            deposit INTEGER NOT NULL, rank INTEGER NOT NULL, type TEXT NOT NULL, asked TEXT NOT NULL, party TEXT,
            number TEXT, name TEXT, PRIMARY KEY (deposit, rank)) STRICT, WITHOUT ROWID""",
        "CREATE INDEX deposit_party_of ON deposit_party (party) WHERE party IS NOT NULL",
        """CREATE TABLE deposit_document (
            id INTEGER PRIMARY KEY, deposit INTEGER NOT NULL, line INTEGER NOT NULL, rank INTEGER NOT NULL,
            event TEXT NOT NULL, type TEXT NOT NULL, copy_kind TEXT NOT NULL, copies INTEGER NOT NULL,
            expired INTEGER NOT NULL, state TEXT NOT NULL, period TEXT, issued_on TEXT, valid_until TEXT, about TEXT,
            forced TEXT, replaces INTEGER, decided_by TEXT, decided_on TEXT, motive TEXT, note TEXT,
            message INTEGER, UNIQUE (deposit, line)) STRICT""",
        "CREATE INDEX deposit_document_open ON deposit_document (deposit, line) WHERE state = 'deposited'",
        """CREATE INDEX deposit_document_back ON deposit_document (deposit, line)
            WHERE state IN ('to_complete', 'anomaly')""",
        "CREATE INDEX deposit_document_replaces ON deposit_document (replaces) WHERE replaces IS NOT NULL",
        "CREATE INDEX deposit_document_sent ON deposit_document (message) WHERE message IS NOT NULL",
    ):
        db.conn.execute(statement)


@migrations()
def lists(db: Database) -> None:
    """Entries of the lists that the centre has published: the last word for each code."""
    db.conn.execute(
        """CREATE TABLE deposit_list (
            list TEXT NOT NULL, code TEXT NOT NULL, entry TEXT NOT NULL, letter INTEGER NOT NULL,
            PRIMARY KEY (list, code)) STRICT, WITHOUT ROWID"""
    )


@migrations()
def scans(db: Database) -> None:
    """Files that show documents; what leads to the file can be emptied."""
    for statement in (
        """CREATE TABLE deposit_scan (
            id INTEGER PRIMARY KEY, state TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
            media TEXT NOT NULL, pages INTEGER NOT NULL, flags TEXT NOT NULL, source TEXT NOT NULL,
            deposit INTEGER, document INTEGER, agent TEXT, file TEXT, name TEXT, handed_on INTEGER,
            at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX deposit_scan_of ON deposit_scan (deposit) WHERE deposit IS NOT NULL",
        "CREATE INDEX deposit_scan_waiting ON deposit_scan (id) WHERE state = 'waiting'",
        "CREATE INDEX deposit_scan_at_home ON deposit_scan (id) WHERE handed_on IS NULL",
    ):
        db.conn.execute(statement)
