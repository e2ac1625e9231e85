"""Visits on disk: who asked and whom it concerns; requests without a visitor."""

from __future__ import annotations

import sqlite3

from hub.clock import instant
from hub.journal import Appliers, Rows
from hub.queues import store as queues
from hub.queues.model import Ticket
from hub.visits import model as m
from hub.visits import rules

Reader = sqlite3.Connection


def ticket_at(reader: Reader, agent: str) -> Ticket | None:
    """The visitor at this agent's counter now; None when nobody is there or called."""
    code = queues.counter_of_agent(reader, agent)
    held = queues.counter(reader, code).ticket if code else None
    ticket = queues.ticket(reader, held) if held else None
    return ticket if rules.at_hand(ticket) else None


def agents_of(reader: Reader, ticket: int) -> tuple[str | None, ...]:
    """Whoever has had this visitor."""
    return tuple(row["agent"] for row in queues.stages(reader, ticket))


def requester(reader: Reader, ticket: int) -> m.Requester | None:
    """Who stands there; the name given at reception, until somebody says more."""
    row = reader.execute("SELECT * FROM visit_requester WHERE ticket = ?", (ticket,)).fetchone()
    if row is not None:
        return m.Requester(row["name"] or "", row["quality"], row["party"])
    said = queues.personal(reader, ticket).get("requester")
    return m.Requester(said) if said else None


def concerned(reader: Reader, ticket: int) -> tuple[m.Concerned, ...]:
    """Whom the visit is about, in the order in which it was said."""
    rows = reader.execute("SELECT * FROM visit_concerned WHERE ticket = ? AND removed = 0 ORDER BY rank", (ticket,))
    return tuple(m.Concerned(row["rank"], row["party"], row["number"], row["name"]) for row in rows)


def visits_about(reader: Reader, party: str) -> tuple[tuple[str, int], ...]:
    """Label and time (wall, ms) of each visit of somebody or about them, newest first.

    It walks through all visits: asked for a person's own report alone, which is rare.
    """
    rows = reader.execute(
        "SELECT DISTINCT t.label, t.issued_at FROM ticket AS t WHERE t.id IN (SELECT ticket FROM visit_requester WHERE"
        " party = ? UNION SELECT ticket FROM visit_concerned WHERE party = ? AND NOT removed) ORDER BY t.id DESC",
        (party, party),
    )
    return tuple((row["label"], row["issued_at"]) for row in rows)


def last_rank(reader: Reader, ticket: int) -> int:
    """The highest rank ever given in a visit."""
    row = reader.execute("SELECT coalesce(max(rank), 0) FROM visit_concerned WHERE ticket = ?", (ticket,)).fetchone()
    return int(row[0])


def lines(reader: Reader, ticket: int) -> tuple[tuple[int, str, str], ...]:
    """What was said of a visit, for its thread: when (wall, ms), a pictogram, a word. It names nobody."""
    asked = reader.execute("SELECT at, quality FROM visit_requester WHERE ticket = ?", (ticket,))
    about = reader.execute("SELECT at FROM visit_concerned WHERE ticket = ? AND removed = 0 ORDER BY rank", (ticket,))
    return (
        *((row["at"], "user", f"visits.thread_requester_{row['quality']}") for row in asked),
        *((row["at"], "users", "visits.thread_concerned") for row in about),
    )


def copies(reader: Reader, ticket: int) -> int:
    """How often the slip of a visit was printed."""
    row = reader.execute("SELECT copies FROM visit_slip WHERE ticket = ?", (ticket,)).fetchone()
    return int(row[0]) if row else 0


def next_contact(reader: Reader) -> int:
    """The number of the next request."""
    return int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM contact").fetchone()[0])


def contact(reader: Reader, contact_id: int) -> m.Contact | None:
    """One request."""
    row = reader.execute("SELECT * FROM contact WHERE id = ?", (contact_id,)).fetchone()
    return _contact(row) if row else None


def open_contact(reader: Reader, agent: str) -> m.Contact | None:
    """The request that an agent is looking into; the last one, also when it no longer is a reason to look."""
    row = reader.execute(
        "SELECT * FROM contact WHERE agent = ? AND ended_at IS NULL ORDER BY id DESC LIMIT 1", (agent,)
    ).fetchone()
    return _contact(row) if row else None


def _contact(row: sqlite3.Row) -> m.Contact:
    began = instant(row["at"], row["tick"])
    return m.Contact(row["id"], row["agent"], row["channel"], row["motive"] or "", began, row["ended_at"] is not None)


# --- applying --------------------------------------------------------------------------------


def _requester_named(rows: Rows, event: m.RequesterNamed) -> None:
    rows.run(
        "INSERT OR REPLACE INTO visit_requester (ticket, quality, name, party, at) VALUES (?, ?, ?, ?, ?)",
        event.ticket, event.quality, event.name, event.party, rows.now.at,
    )  # fmt: skip


def _concerned_added(rows: Rows, event: m.ConcernedAdded) -> None:
    rows.run(
        "INSERT INTO visit_concerned (ticket, rank, party, number, name, at) VALUES (?, ?, ?, ?, ?, ?)",
        event.ticket, event.rank, event.party, event.number, event.name, rows.now.at,
    )  # fmt: skip


def _concerned_removed(rows: Rows, event: m.ConcernedRemoved) -> None:
    rows.run("UPDATE visit_concerned SET removed = 1 WHERE ticket = ? AND rank = ?", event.ticket, event.rank)


def _visit_printed(rows: Rows, event: m.VisitPrinted) -> None:
    rows.run(
        "INSERT INTO visit_slip (ticket, copies) VALUES (?, 1) ON CONFLICT (ticket) DO UPDATE SET copies = copies + 1",
        event.ticket,
    )


def _contact_begun(rows: Rows, event: m.ContactBegun) -> None:
    rows.run(
        "INSERT INTO contact (id, agent, channel, motive, at, tick) VALUES (?, ?, ?, ?, ?, ?)",
        event.contact, rows.actor.agent, event.channel, event.motive, rows.now.at, rows.now.tick,
    )  # fmt: skip


def _contact_ended(rows: Rows, event: m.ContactEnded) -> None:
    rows.run("UPDATE contact SET ended_at = ? WHERE id = ?", rows.now.at, event.contact)


APPLIERS: Appliers = {
    m.RequesterNamed: _requester_named,
    m.ConcernedAdded: _concerned_added,
    m.ConcernedRemoved: _concerned_removed,
    m.VisitPrinted: _visit_printed,
    m.ContactBegun: _contact_begun,
    m.ContactEnded: _contact_ended,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {
    "visit_requester": ("name", "party"), "visit_concerned": ("party", "number", "name"), "visit_slip": (),
    "contact": ("motive",),
}  # fmt: skip
