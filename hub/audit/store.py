"""The journal, searched in pieces: an agency's years are millions of entries, and a question may want one of them.

A question looks at so many entries at most, newest first, and says where to go on. Days are found by halving, since
entries carry rising times but for a clock that was wrong: therefore a margin.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from itertools import islice

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.audit import rules
from hub.audit.model import (
    AuditExported,
    AuditRead,
    ConfigurationChanged,
    Could,
    Found,
    Line,
    PrivateRead,
    Wanted,
)
from hub.journal import Appliers, Event, Rows, apply_nothing

Reader = sqlite3.Connection
Kinds = Mapping[str, type[Event]]
PAGE = 60
#: Entries looked at for one page at most: a third of a second of a small box.
LOOKED_AT = 100_000
#: Entries beyond the days that are asked for: a clock that was wrong for a while.
MARGIN = 2_000
#: One of these is the last word on what an agent may.
ROLES_SAID = ("agent_added", "agent_changed", "agent_removed")
_ROLES_SAID = ", ".join(f"'{kind}'" for kind in ROLES_SAID)
migrations = Migrations("audit")


@migrations()
def find_roles(db: Database) -> None:
    """Who could do what is read without walking through the years."""
    db.conn.execute(f"CREATE INDEX journal_roles ON journal (seq) WHERE kind IN ({_ROLES_SAID})")


@migrations()
def keep_configuration(db: Database) -> None:
    """What the box was configured to be when it last looked."""
    db.conn.execute("CREATE TABLE configured (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")


# --- searching -------------------------------------------------------------------------------


def search(reader: Reader, wanted: Wanted, known: Kinds, before: int | None = None) -> Found:
    """A page of entries, newest first, below `before`. Raises Unreadable for a family there is none."""
    low, high = span(reader, wanted, before)
    bottom = max(low, high - LOOKED_AT)
    rows = list(islice(rows_of(reader, wanted, known, bottom, high), PAGE))
    if len(rows) == PAGE:
        older = rows[-1]["seq"] if rows[-1]["seq"] > low else None
    else:
        older = bottom if bottom > low else None
    return Found(tuple(_line(row, known) for row in rows), older)


def rows_of(reader: Reader, wanted: Wanted, known: Kinds, low: int, high: int) -> Iterator[sqlite3.Row]:
    """The entries `low` to below `high` that are wanted, newest first."""
    tests = ["j.seq >= ?", "j.seq < ?"]
    values: list[object] = [low, high]
    for test, value in _tests(wanted, known):
        tests.append(test)
        values += value
    yield from reader.execute(
        "SELECT j.seq, at, certain, actor, device, kind, subject, payload, private_digest, p.seq AS private"  # noqa: S608
        f" FROM journal AS j LEFT JOIN journal_private AS p ON p.seq = j.seq WHERE {' AND '.join(tests)}"
        " ORDER BY j.seq DESC",
        values,
    )


def _tests(wanted: Wanted, known: Kinds) -> Iterator[tuple[str, list[object]]]:
    """Conditions of our own words, and what was typed as their values."""
    if wanted.since is not None:
        yield "at >= ?", [wanted.since]
    if wanted.until is not None:
        yield "at < ?", [wanted.until]
    for column, value in (("actor", wanted.agent), ("device", wanted.device), ("subject", wanted.subject)):
        if value:
            yield f"{column} = ?", [value]
    if wanted.family:
        kinds = sorted(rules.kinds_of(wanted.family, known))
        yield f"kind IN ({', '.join('?' * len(kinds))})", list(kinds)
    if wanted.text:
        yield "(instr(payload, ?) OR instr(subject, ?))", [wanted.text, wanted.text]


def span(reader: Reader, wanted: Wanted, before: int | None = None) -> tuple[int, int]:
    """The first entry that may be wanted, and the first that is not any more."""
    last = int(reader.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])
    low = max(1, _first_at(reader, wanted.since, last) - MARGIN) if wanted.since is not None else 1
    high = last + 1 if wanted.until is None else min(last + 1, _first_at(reader, wanted.until, last) + MARGIN)
    return low, min(high, before) if before is not None else high


def _first_at(reader: Reader, moment: int, last: int) -> int:
    """The first entry that is not older than a moment (wall, ms), as far as times rise."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        row = reader.execute("SELECT at FROM journal WHERE seq = ?", (middle,)).fetchone()
        if row is None or row["at"] >= moment:
            high = middle
        else:
            low = middle + 1
    return low


def _line(row: sqlite3.Row, known: Kinds) -> Line:
    return Line(
        seq=row["seq"],
        at=row["at"],
        certain=bool(row["certain"]),
        agent=row["actor"],
        device=row["device"],
        kind=row["kind"],
        family=rules.family_of(row["kind"], known.get(row["kind"])),
        subject=row["subject"],
        facts=json.loads(row["payload"]),
        hidden=row["private"] is not None,
        purged=row["private_digest"] is not None and row["private"] is None,
    )


def line(reader: Reader, seq: int, known: Kinds) -> Line | None:
    """One entry."""
    return next((_line(row, known) for row in rows_of(reader, Wanted(), known, seq, seq + 1)), None)


def private_part(reader: Reader, seq: int) -> Mapping[str, object] | None:
    """What the private row of an entry says; None where there is none, or none any more."""
    row = reader.execute("SELECT body FROM journal_private WHERE seq = ?", (seq,)).fetchone()
    return dict(json.loads(row["body"])) if row is not None else None


# --- who could -------------------------------------------------------------------------------


def could(reader: Reader, moment: int) -> tuple[Could, ...]:
    """Whoever had roles at a moment (wall, ms), by code; what was entered with a wrong clock counts by its stamp."""
    found: dict[str, Could] = {}
    rows = reader.execute(
        f"SELECT seq, at, actor, kind, payload FROM journal WHERE kind IN ({_ROLES_SAID}) ORDER BY seq"  # noqa: S608
    )
    for row in rows:
        if row["at"] >= moment:
            continue
        said = json.loads(row["payload"])
        if row["kind"] == "agent_removed":
            found.pop(said["agent"], None)
            continue
        roles = tuple(sorted(said["roles"]))
        found[said["agent"]] = Could(
            said["agent"], said.get("name", ""), roles, row["at"], row["actor"], rules.conflicts(roles)
        )
    return tuple(found[code] for code in sorted(found))


# --- what reading leaves behind --------------------------------------------------------------


def configured(reader: Reader) -> dict[str, str]:
    """Every setting, file and the version as they were recorded last; empty before the first time."""
    return {row["name"]: row["value"] for row in reader.execute("SELECT name, value FROM configured")}


def _configuration_changed(rows: Rows, event: ConfigurationChanged) -> None:
    for name, _, value in event.changes:
        if value is None:
            rows.run("DELETE FROM configured WHERE name = ?", name)
        else:
            rows.run(
                "INSERT INTO configured (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                name,
                value,
            )


APPLIERS: Appliers = {
    ConfigurationChanged: _configuration_changed,
    AuditRead: apply_nothing,
    PrivateRead: apply_nothing,
    AuditExported: apply_nothing,
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"configured": ()}
