"""What agents did with files, on disk: looks and imports, applied from the journal. Files themselves: `sheets.py`."""

from __future__ import annotations

import sqlite3

from hub.journal import Appliers, Rows
from hub.people.model import PartyRead, PeopleImported

Reader = sqlite3.Connection


def next_read(reader: Reader) -> int:
    """The number of the next look."""
    return int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM party_read").fetchone()[0])


def reads_of(reader: Reader, party: str) -> list[sqlite3.Row]:
    """Who looked at a person's file, last first: the person's own report asks for it (requirements C.9)."""
    return reader.execute("SELECT * FROM party_read WHERE party = ? ORDER BY id DESC", (party,)).fetchall()


def imports(reader: Reader, most: int = 20) -> list[sqlite3.Row]:
    """The last imports, last first."""
    return reader.execute("SELECT * FROM people_import ORDER BY id DESC LIMIT ?", (most,)).fetchall()


def _party_read(rows: Rows, event: PartyRead) -> None:
    rows.run(
        "INSERT INTO party_read (id, agent, ticket, channel, view, party, motive, at, tick)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.read, rows.actor.agent, event.ticket, event.channel, event.view, event.party, event.motive,
        rows.now.at, rows.now.tick,
    )  # fmt: skip


def _people_imported(rows: Rows, event: PeopleImported) -> None:
    rows.run(
        "INSERT INTO people_import (id, what, digest, lines, added, changed, unchanged, refused, data_of, at, tick)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows.seq, event.what, event.digest, event.lines, event.added, event.changed, event.unchanged, event.refused,
        event.data_of, rows.now.at, rows.now.tick,
    )  # fmt: skip


APPLIERS: Appliers = {PartyRead: _party_read, PeopleImported: _people_imported}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {"party_read": ("party", "motive"), "people_import": ()}
