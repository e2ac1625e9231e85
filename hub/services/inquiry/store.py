"""Inquiries on disk; who looked at how much; what the visit's thread and the agent's list say of both."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from itertools import takewhile

from hub.journal import Appliers, Rows
from hub.services.inquiry import rules
from hub.services.inquiry.model import InquiryNoted, Looks
from hub.services.ports import FirstLevel, Pending, ThreadLine, Word
from hub.visits import store as visits

Reader = sqlite3.Connection
URL = "/desk/inquiry"
#: So far back a day's looks are searched at most.
_RECENT_LOOKS = 20_000


def next_inquiry(reader: Reader) -> int:
    """The number of the next inquiry."""
    return int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM inquiry").fetchone()[0])


def first_level(reader: Reader, day: int, agent: str | None = None) -> FirstLevel:
    """How many of a day's inquiries were answered at once: all, or one agent's."""
    row = reader.execute(
        "SELECT count(*), coalesce(sum(result = 'answered'), 0) FROM inquiry"
        " WHERE day = ? AND (? IS NULL OR agent = ?)",
        (day, agent, agent),
    ).fetchone()
    return FirstLevel(answered=int(row[1]), asked=int(row[0]))


def unanswered(reader: Reader, ticket: int | None, agent: str) -> int | None:
    """The last inquiry of a visit, or of what the agent has begun without one, if it did not end at the counter."""
    contact = visits.open_contact(reader, agent) if ticket is None else None
    if ticket is None and contact is None:
        return None
    of, row = ("ticket", ticket) if contact is None else ("contact", contact.id)
    last = reader.execute(
        f"SELECT id, result FROM inquiry WHERE {of} = ? ORDER BY id DESC LIMIT 1",  # noqa: S608 (one of two words)
        (row,),
    ).fetchone()
    return int(last["id"]) if last is not None and last["result"] != "answered" else None


def by_channel(reader: Reader, day: int) -> dict[str, int]:
    """How many inquiries of a day came by each channel (requirements R-026)."""
    rows = reader.execute(
        "SELECT channel, count(*) FROM inquiry WHERE day = ? GROUP BY channel ORDER BY 2 DESC", (day,)
    )
    return {row[0]: int(row[1]) for row in rows}


def looks_since(reader: Reader, since: int, agent: str | None = None) -> list[Looks]:
    """What each agent has looked at since a moment (wall, ms), who looked most first; or one agent alone."""
    seen: dict[str, list[sqlite3.Row]] = defaultdict(list)
    newest_first = reader.execute(
        "SELECT agent, ticket, party, at FROM party_read ORDER BY id DESC LIMIT ?", (_RECENT_LOOKS,)
    )
    for row in takewhile(lambda row: row["at"] >= since, newest_first):  # each sheet asks for its reader's last hour
        if agent in (None, row["agent"]):
            seen[row["agent"] or ""].append(row)
    found = [
        Looks(
            agent=who,
            looks=len(rows),
            files=len({row["party"] for row in rows}),
            without_ticket=sum(row["ticket"] is None for row in rows),
            most_an_hour=rules.most_in_an_hour(row["at"] for row in rows),
        )
        for who, rows in seen.items()
    ]
    return sorted(found, key=lambda each: -each.looks)


# --- read ports ------------------------------------------------------------------------------


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """Which files were opened, as a count that names nobody, and what was asked."""
    looked = reader.execute(
        "SELECT min(at) AS at, count(DISTINCT party) AS files FROM party_read WHERE ticket = ?", (ticket,)
    ).fetchone()
    asked = reader.execute("SELECT at, subject, result FROM inquiry WHERE ticket = ? ORDER BY id", (ticket,))
    lines = [_asked(row) for row in asked]
    if looked["at"] is not None:
        lines.insert(0, ThreadLine(looked["at"], "search", "inquiry.thread_looked", {"count": looked["files"]}))
    return tuple(lines)


def _asked(row: sqlite3.Row) -> ThreadLine:
    facts = {"subject": Word(f"inquiry.subject_{row['subject']}"), "result": Word(f"inquiry.result_{row['result']}")}
    return ThreadLine(row["at"], "help-circle", "inquiry.thread_asked", facts)


def pending(reader: Reader, agent: str) -> tuple[Pending, ...]:
    """A request without a visitor that this agent has begun and not ended."""
    contact = visits.open_contact(reader, agent)
    if contact is None:
        return ()
    return (Pending("contact", f"inquiry.pending_{contact.channel}", 1, contact.began.at, URL),)


# --- applying --------------------------------------------------------------------------------


def _inquiry_noted(rows: Rows, event: InquiryNoted) -> None:
    rows.run(
        "INSERT INTO inquiry (id, agent, day, ticket, contact, channel, subject, result, party, note, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.inquiry, rows.actor.agent, event.day, event.ticket, event.contact, event.channel, event.subject_matter,
        event.result, event.party, event.note, rows.now.at,
    )  # fmt: skip


APPLIERS: Appliers = {InquiryNoted: _inquiry_noted}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {"inquiry": ("party", "note")}
