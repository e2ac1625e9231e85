"""Proposals on disk, and what is old enough to be one."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.clock import instant
from hub.journal import Appliers, Rows, apply_nothing
from hub.privacy import model as m
from hub.privacy.model import Class, Due, Held, Proposal

Reader = sqlite3.Connection
#: Files, as the journal names them: `request 7`.
Subjects = Collection[str]
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


@migrations()
def hold(db: Database) -> None:
    """Files that a proposal leaves alone because they are still worked on."""
    db.conn.execute("ALTER TABLE destruction ADD COLUMN held TEXT NOT NULL DEFAULT '[]'")


# --- what is due -----------------------------------------------------------------------------


def due(reader: Reader, each: Class, before: int, until: int, held: Subjects = ()) -> Due:
    """Of one class: the private parts of entries up to `until` that are older than `before`, but of files `held`."""
    values = _values(each, before, until, held)
    row = reader.execute(f"SELECT count(*), coalesce(max(j.seq), 0) {_from(each)}", values)
    entries, last = row.fetchone()
    return Due(each.name, before, int(last), int(entries))


def held(reader: Reader, each: Class, before: int, until: int, worked_on: Subjects) -> Held:
    """Of one class: what is as old, and stays because its file is still worked on."""
    rows = reader.execute(
        f"SELECT j.subject, count(*) AS entries {_from(each, 'IN')} GROUP BY j.subject ORDER BY min(j.seq)",
        _values(each, before, until, worked_on),
    ).fetchall()
    return Held(sum(row["entries"] for row in rows), tuple(row["subject"] for row in rows))


def seqs(reader: Reader, each: Class, of: Due, held: Subjects) -> Iterator[tuple[int, bytes]]:
    """The entries of it, in order, each with the digest of its private part."""
    values = _values(each, of.before, of.until, held)
    yield from reader.execute(f"SELECT j.seq, j.private_digest {_from(each)} ORDER BY j.seq", values)


def _from(each: Class, held: str = "NOT IN") -> str:
    return (
        "FROM journal_private AS p CROSS JOIN journal AS j USING (seq)"  # noqa: S608 (a word of ours)
        f" WHERE j.kind IN ({', '.join('?' * len(each.kinds))}) AND j.at < ? AND p.seq <= ?"
        f" AND j.subject {held} (SELECT value FROM json_each(?))"
    )


def _values(each: Class, before: int, until: int, held: Subjects) -> list[object]:
    return [*each.kinds, before, until, json.dumps(list(held))]


def worked_on_again(reader: Reader, gone: Iterable[int], worked_on: Subjects) -> str:
    """The first file among those of these entries that somebody works on now; "" where there is none."""
    row = reader.execute(
        "SELECT subject FROM journal WHERE seq IN (SELECT value FROM json_each(?))"
        " AND subject IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT 1",
        (json.dumps(list(gone)), json.dumps(list(worked_on))),
    ).fetchone()
    return str(row["subject"]) if row else ""


def returned(reader: Reader, known: Iterable[Class], found: Proposal) -> int:
    """Of how many entries the private part is there again although it was destroyed: a backup brought it back."""
    if found.state != "wiped":
        return 0
    by_name = {each.name: each for each in known}
    wanted = [(by_name[each.name], each) for each in found.due if each.name in by_name]
    return sum(due(reader, each, of.before, of.until, found.held).entries for each, of in wanted)


def manifest(reader: Reader, known: Iterable[Class], wanted: Iterable[Due], held: Subjects) -> str:
    """SHA-256 over the numbers and digests of all that would go: the same list, the same word."""
    by_name, found = {each.name: each for each in known}, hashlib.sha256()
    for each in wanted:
        for seq, digest in seqs(reader, by_name[each.name], each, held):
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
        tuple(json.loads(row["held"])),
    )  # fmt: skip


def looks_at(reader: Reader, party: str) -> list[sqlite3.Row]:
    """Who looked at somebody's file, newest first; looks whose private part is gone are not among them."""
    return reader.execute("SELECT * FROM party_read WHERE party = ? ORDER BY id DESC", (party,)).fetchall()


# --- applying --------------------------------------------------------------------------------


def _proposed(rows: Rows, event: m.DestructionProposed) -> None:
    rows.run(
        "INSERT INTO destruction (id, state, due, manifest, agent, at, tick, held)"
        " VALUES (?, 'proposed', ?, ?, ?, ?, ?, ?)",
        event.proposal, json.dumps([list(each) for each in event.due]), event.manifest, rows.actor.agent, rows.now.at,
        rows.now.tick, json.dumps(list(event.held)),
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
