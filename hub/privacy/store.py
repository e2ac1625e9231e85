"""Proposals on disk, and what is old enough to be one."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.clock import instant
from hub.journal import Appliers, Rows, apply_nothing
from hub.privacy import model as m
from hub.privacy.model import Class, Due, Proposal

Reader = sqlite3.Connection
migrations = Migrations("privacy")


@migrations()
def create(db: Database) -> None:
    """Proposals of destruction, and who approved them."""
    for statement in (
        """CREATE TABLE destruction (
            id INTEGER PRIMARY KEY, state TEXT NOT NULL, due TEXT NOT NULL, manifest TEXT NOT NULL, agent TEXT,
            at INTEGER NOT NULL, tick INTEGER NOT NULL, ended_at INTEGER) STRICT""",
        """CREATE TABLE destruction_approval (
            destruction INTEGER NOT NULL, agent TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (destruction, agent)) STRICT""",
    ):
        db.conn.execute(statement)


# --- what is due -----------------------------------------------------------------------------


def due(reader: Reader, each: Class, before: int, until: int) -> Due:
    """Of one class: the private parts of entries up to `until` that are older than `before`."""
    row = reader.execute(f"SELECT count(*), coalesce(max(j.seq), 0) {_from(each)}", _values(each, before, until))
    entries, last = row.fetchone()
    return Due(each.name, before, int(last), int(entries))


def seqs(reader: Reader, each: Class, held: Due) -> Iterator[tuple[int, bytes]]:
    """The entries of it, in order, each with the digest of its private part."""
    values = _values(each, held.before, held.until)
    yield from reader.execute(f"SELECT j.seq, j.private_digest {_from(each)} ORDER BY j.seq", values)


def _from(each: Class) -> str:
    return (
        "FROM journal_private AS p CROSS JOIN journal AS j USING (seq)"
        f" WHERE j.kind IN ({', '.join('?' * len(each.kinds))}) AND j.at < ? AND p.seq <= ?"
    )


def _values(each: Class, before: int, until: int) -> list[object]:
    return [*each.kinds, before, until]


def returned(reader: Reader, known: Iterable[Class], found: Proposal) -> int:
    """Of how many entries the private part is there again although it was destroyed: a backup brought it back."""
    if found.state != "wiped":
        return 0
    by_name = {each.name: each for each in known}
    held = [(by_name[each.name], each) for each in found.due if each.name in by_name]
    return sum(due(reader, each, of.before, of.until).entries for each, of in held)


def manifest(reader: Reader, known: Iterable[Class], held: Iterable[Due]) -> str:
    """SHA-256 over the numbers and digests of all that would go: the same list, the same word."""
    by_name, found = {each.name: each for each in known}, hashlib.sha256()
    for each in held:
        for seq, digest in seqs(reader, by_name[each.name], each):
            found.update(f"{seq} {digest.hex()}\n".encode())
    return found.hexdigest()


# --- proposals -------------------------------------------------------------------------------


def proposals(reader: Reader, most: int = 50) -> list[Proposal]:
    """The last ones, newest first."""
    rows = reader.execute("SELECT * FROM destruction ORDER BY id DESC LIMIT ?", (most,)).fetchall()
    return [_proposal(reader, row) for row in rows]


def proposal(reader: Reader, number: int) -> Proposal | None:
    """One of them."""
    row = reader.execute("SELECT * FROM destruction WHERE id = ?", (number,)).fetchone()
    return _proposal(reader, row) if row else None


def going_on(reader: Reader) -> Proposal | None:
    """The one that is not at its end."""
    row = reader.execute("SELECT * FROM destruction WHERE state NOT IN ('wiped', 'withdrawn')").fetchone()
    return _proposal(reader, row) if row else None


def _proposal(reader: Reader, row: sqlite3.Row) -> Proposal:
    by = reader.execute("SELECT agent FROM destruction_approval WHERE destruction = ? ORDER BY at, agent", (row["id"],))
    return Proposal(
        row["id"], row["state"], tuple(Due(*each) for each in json.loads(row["due"])), row["manifest"],
        instant(row["at"], row["tick"]), row["agent"], tuple(each["agent"] for each in by), row["ended_at"],
    )  # fmt: skip


def looks_at(reader: Reader, party: str) -> list[sqlite3.Row]:
    """Who looked at somebody's file, newest first; looks whose private part is gone are not among them."""
    return reader.execute("SELECT * FROM party_read WHERE party = ? ORDER BY id DESC", (party,)).fetchall()


# --- applying --------------------------------------------------------------------------------


def _proposed(rows: Rows, event: m.DestructionProposed) -> None:
    rows.run(
        "INSERT INTO destruction (id, state, due, manifest, agent, at, tick) VALUES (?, 'proposed', ?, ?, ?, ?, ?)",
        event.proposal, json.dumps([list(each) for each in event.due]), event.manifest, rows.actor.agent, rows.now.at,
        rows.now.tick,
    )  # fmt: skip


def _approved(rows: Rows, event: m.DestructionApproved) -> None:
    rows.run(
        "INSERT INTO destruction_approval (destruction, agent, at) VALUES (?, ?, ?)",
        event.proposal, rows.actor.agent, rows.now.at,
    )  # fmt: skip
    rows.run(
        "UPDATE destruction SET state = 'approved' WHERE id = ?"
        " AND (SELECT count(*) FROM destruction_approval WHERE destruction = destruction.id) >= 2",
        event.proposal,
    )


def _withdrawn(rows: Rows, event: m.DestructionWithdrawn) -> None:
    rows.run("UPDATE destruction SET state = 'withdrawn', ended_at = ? WHERE id = ?", rows.now.at, event.proposal)


def _destroyed(rows: Rows, event: m.PrivateDestroyed) -> None:
    rows.run(
        "UPDATE destruction SET state = 'destroyed', ended_at = coalesce(ended_at, ?) WHERE id = ?",
        rows.now.at,
        event.proposal,
    )


def _wiped(rows: Rows, event: m.TracesWiped) -> None:
    rows.run("UPDATE destruction SET state = 'wiped' WHERE id = ?", event.proposal)


APPLIERS: Appliers = {
    m.DestructionProposed: _proposed,
    m.DestructionApproved: _approved,
    m.DestructionWithdrawn: _withdrawn,
    m.PrivateDestroyed: _destroyed,
    m.TracesWiped: _wiped,
    m.PersonReported: apply_nothing,
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"destruction": (), "destruction_approval": ()}
