"""Visits read from the rows of tickets and stages.

Those rows are the journal folded (`hub.queues.appliers` writes them from events alone), so these are the
journal's figures; a test works them out from the events themselves and finds the same.

Only the days asked for are read: the index of labels has the day first, that of stages the ticket. No index
was added for statistics: each costs the card a page at every issue, and a day is found without.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from hub.clock import Instant, instant
from hub.queues import store as queues
from hub.queues.store import Reader
from hub.supervision.model import Day, Passage, Visit
from hub.supervision.rules import LONG_TIMES

#: The rank of a ticket's first stage.
FIRST_RANK = 1
_ROWS = (
    "SELECT t.id, t.label, t.day, t.asked, t.state, t.stage, t.issued_at, t.issued_tick, t.low_s, t.high_s,"
    " t.priority, t.channel, t.language, s.id AS s_id, s.rank, s.service, s.counter, s.agent,"
    " s.entered_at, s.entered_tick, s.call_count, s.called_at, s.called_tick, s.started_at, s.started_tick,"
    " s.ended_at, s.ended_tick, s.corrected_at, s.corrected_tick, s.outcome, s.held_ms, s.wanted, s.why, t.passes,"
    " t.due_at, t.due_tick, t.head_start"
    " FROM business_day b JOIN ticket t INDEXED BY ticket_label ON t.day = b.id"
    " JOIN stage s INDEXED BY stage_ticket ON s.ticket = t.id"
    " WHERE b.date BETWEEN ? AND ? AND s.outcome IS NOT 'undone'"
)


def days(reader: Reader, first: str, last: str, zone: ZoneInfo) -> dict[int, Day]:
    """The business days between two dates (ISO, both included), by number."""
    rows = reader.execute("SELECT * FROM business_day WHERE date BETWEEN ? AND ? ORDER BY id", (first, last))
    return {
        row["id"]: Day(row["date"], row["opened_at"], row["closed_at"], _offset_ms(row["opened_at"], zone))
        for row in rows
    }


def closed_dates(reader: Reader, most: int = -1) -> list[str]:
    """The dates of business days that are over, the newest first; so many of them at most."""
    rows = reader.execute("SELECT date FROM business_day WHERE closed_at IS NOT NULL ORDER BY id DESC LIMIT ?", (most,))
    return [row["date"] for row in rows]


def _offset_ms(at_ms: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds() * 1000) if offset else 0


def visits(reader: Reader, found: dict[int, Day]) -> list[Visit]:
    """Every visit of these days, in order of issue."""
    if not found:
        return []
    dates = sorted(day.date for day in found.values())
    by_ticket: dict[int, list[sqlite3.Row]] = defaultdict(list)
    for row in reader.execute(_ROWS, (dates[0], dates[-1])):
        by_ticket[row["id"]].append(row)
    return [_visit(by_ticket[ticket], found) for ticket in sorted(by_ticket)]


def are_few(reader: Reader, first: str, last: str, most: int) -> bool:
    """Whether so many visits or fewer were begun between two dates (ISO, both included)."""
    begun = (
        "SELECT 1 FROM business_day b JOIN ticket t INDEXED BY ticket_label ON t.day = b.id"
        " WHERE b.date BETWEEN ? AND ? LIMIT ?"
    )
    return len(reader.execute(begun, (first, last, most + 1)).fetchall()) <= most


def entries(reader: Reader, day: str) -> tuple[int, int]:
    """The first entry of the journal of a business day (ISO date), and the last before the next one."""
    row = reader.execute(
        "SELECT first_seq, (SELECT min(n.first_seq) FROM business_day n WHERE n.id > b.id) AS next_seq"
        " FROM business_day b WHERE date = ?",
        (day,),
    ).fetchone()
    return row["first_seq"], (row["next_seq"] or 1 << 62) - 1


def left_over(reader: Reader, first: str, last: str) -> dict[str, tuple[str, ...]]:
    """The labels that the day report lists: nobody served them, or not to the end, or their number is void."""
    found: dict[str, list[str]] = {"unserved": [], "unfinished": [], "voided": []}
    tickets = (
        "SELECT t.state, t.label FROM business_day b JOIN ticket t INDEXED BY ticket_label ON t.day = b.id"
        " WHERE b.date BETWEEN ? AND ? AND t.state IN ('unserved', 'unfinished') ORDER BY t.id"
    )
    voided = (
        "SELECT 'voided', v.label FROM business_day b JOIN voided v ON v.day = b.id"
        " WHERE b.date BETWEEN ? AND ? ORDER BY b.id, v.label"
    )
    for statement in (tickets, voided):
        for kind, label in reader.execute(statement, (first, last)):
            found[kind].append(label)
    return {kind: tuple(labels) for kind, labels in found.items() if labels}


def corrections(reader: Reader, first: str, last: str) -> list[sqlite3.Row]:
    """The ends of services that were corrected, in order of issue: both times, why, and by whom (the last one)."""
    return reader.execute(
        "SELECT t.label, s.counter, s.ended_at, s.corrected_at, j.actor, json_extract(j.payload, '$.reason') AS reason"
        " FROM business_day b JOIN ticket t INDEXED BY ticket_label ON t.day = b.id"
        " JOIN stage s ON s.id = t.stage JOIN journal j ON j.seq = s.corrected_seq"
        " WHERE b.date BETWEEN ? AND ? AND s.corrected_at IS NOT NULL ORDER BY t.id",
        (first, last),
    ).fetchall()


def motives(reader: Reader, first: str, last: str) -> dict[tuple[str, str], str]:
    """Why somebody was called out of turn by hand, by the date and label of their ticket, in the words of the agent."""
    rows = reader.execute(
        "SELECT b.date, t.label, json_extract(j.payload, '$.reason') FROM business_day b"
        " JOIN ticket t INDEXED BY ticket_label ON t.day = b.id JOIN stage s INDEXED BY stage_ticket ON s.ticket = t.id"
        " JOIN journal j ON j.seq = s.call WHERE b.date BETWEEN ? AND ? AND s.why LIKE 'picked:%'",
        (first, last),
    )
    return {(row[0], row[1]): row[2] or "" for row in rows}


def long_services(reader: Reader, day: str, means_ms: Mapping[str, float]) -> list[sqlite3.Row]:
    """The last services of the day's visits that were remarkably long or were cut by the closing; the longest first."""
    rows = reader.execute(
        "SELECT t.id, t.epoch, t.issued_at, t.label, t.state, s.service, s.counter, s.agent, s.started_at, s.ended_at"
        " FROM business_day b JOIN ticket t INDEXED BY ticket_label ON t.day = b.id JOIN stage s ON s.id = t.stage"
        " WHERE b.date = ? AND t.state IN ('served', 'unfinished') AND s.started_at IS NOT NULL AND s.held_at IS NULL"
        " AND s.ended_at IS NOT NULL AND s.corrected_at IS NULL ORDER BY s.started_at - s.ended_at",
        (day,),
    ).fetchall()
    return [
        row
        for row in rows
        if row["state"] == "unfinished"
        or row["ended_at"] - row["started_at"] >= LONG_TIMES * means_ms.get(row["service"], 1e12)
    ]


def _visit(rows: list[sqlite3.Row], found: dict[int, Day]) -> Visit:
    """The stage that the ticket points at comes last: after an undone transfer it is not the newest.

    A visit over which the day was closed was served where somebody has said when it ended.
    """
    rows.sort(key=lambda row: (row["s_id"] == row["stage"], row["rank"]))
    row = rows[0]
    day = found[row["day"]]
    passages = tuple(_passage(row, day) for row in rows)
    ended = row["state"] == "unfinished" and passages[-1].pressed is not None
    return Visit(
        label=row["label"],
        day=day.date,
        asked=row["asked"],
        state="served" if ended else row["state"],
        hour=day.hour(row["issued_at"]),
        issued=instant(row["issued_at"], row["issued_tick"]),
        passages=passages,
        low_s=row["low_s"],
        high_s=row["high_s"],
        priority=row["priority"],
        channel=row["channel"],
        passes=row["passes"] or 0,
        language=row["language"],
        due=_maybe(row["due_at"], row["due_tick"]),
        head_start=row["head_start"] or 0.0,
    )


def _passage(row: sqlite3.Row, day: Day) -> Passage:
    """One stage; only the first one is waited in for an appointment."""
    pressed, corrected = _maybe(row["ended_at"], row["ended_tick"]), _maybe(row["corrected_at"], row["corrected_tick"])
    return Passage(
        service=row["service"],
        hour=day.hour(row["entered_at"]),
        entered=instant(row["entered_at"], row["entered_tick"]),
        counter=row["counter"],
        agent=row["agent"],
        calls=row["call_count"],
        called=_maybe(row["called_at"], row["called_tick"]),
        started=_maybe(row["started_at"], row["started_tick"]),
        ended=corrected or pressed,
        outcome=row["outcome"],
        held_ms=row["held_ms"],
        pressed=pressed if corrected else None,
        wanted=row["wanted"],
        why=row["why"] or "",
        due=_maybe(row["due_at"], row["due_tick"]) if row["rank"] == FIRST_RANK else None,
    )


def _maybe(at: int | None, tick: int | None) -> Instant | None:
    return None if at is None or tick is None else instant(at, tick)


# --- the board -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait of one passage that was received: entering its queue to the start, certain."""

    service: str
    entered_at: int
    ms: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket as it stands: the service it was issued for, its state, and what was waited with it so far."""

    id: int
    asked: str
    state: str
    waits: tuple[Wait, ...]


_STANDING = (
    "SELECT t.id, t.asked, t.state, s.service, s.entered_at, max(0, s.wait_ms - CASE WHEN s.rank = 1"
    " AND t.due_at > s.entered_at THEN t.due_at - s.entered_at ELSE 0 END) AS ms"
)
_STAGES = "LEFT JOIN stage s INDEXED BY stage_ticket ON s.ticket = t.id AND s.wait_ms IS NOT NULL AND s.certain"


def day_of(reader: Reader, day_id: int, zone: ZoneInfo) -> Day:
    """One business day by its number."""
    row = reader.execute("SELECT * FROM business_day WHERE id = ?", (day_id,)).fetchone()
    return Day(row["date"], row["opened_at"], row["closed_at"], _offset_ms(row["opened_at"], zone))


def standing(reader: Reader, day_id: int, tickets: Sequence[int] | None = None) -> Iterator[Standing]:
    """How the tickets of a day stand: all of them, or those among `tickets`.

    Their waits are the certain ones that have ended with a start: what `measures` calls `wait`. The journal says since
    when they stood in the queue; before the time of an appointment nobody waited for us.
    """
    if tickets is None:
        rows = reader.execute(f"{_STANDING} FROM ticket t INDEXED BY ticket_label {_STAGES} WHERE t.day = ?", (day_id,))
    else:
        # the plus keeps SQLite from going by the day, whose tickets are many
        chosen = "WHERE t.id IN (SELECT value FROM json_each(?)) AND +t.day = ?"
        rows = reader.execute(f"{_STANDING} FROM ticket t {_STAGES} {chosen}", (json.dumps(tickets), day_id))
    for (ticket, asked, state), stages in groupby(rows, key=itemgetter(0, 1, 2)):
        yield Standing(ticket, asked, state, tuple(Wait(*row[3:]) for row in stages if row["ms"] is not None))


def tickets_since(reader: Reader, after: int) -> list[int]:
    """Of which tickets the entries after this one speak."""
    rows = reader.execute(
        "SELECT DISTINCT CAST(substr(subject, 8) AS INTEGER) FROM journal WHERE seq > ? AND subject LIKE 'ticket %'",
        (after,),
    )
    return [row[0] for row in rows]


def entered(reader: Reader) -> dict[str, Instant]:
    """Since when each queue's line has somebody in it: the first entry among those who wait there now.

    Whoever came before their appointment is in it from its time on: until then no counter leaves them standing.
    """
    found: dict[str, Instant] = {}
    for row in queues.waiting(reader):
        since = "due" if row["rank"] == FIRST_RANK and (row["due_at"] or 0) > row["entered_at"] else "entered"
        moment = instant(row[f"{since}_at"], row[f"{since}_tick"])
        if row["service"] not in found or moment.at < found[row["service"]].at:
            found[row["service"]] = moment
    return found


def labels(reader: Reader, tickets: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The label and the present queue of some tickets."""
    if not tickets:  # of no ticket SQLite would read them all
        return {}
    marks = ",".join("?" * len(tickets))
    rows = reader.execute(
        f"SELECT t.id, t.label, s.service FROM ticket t JOIN stage s ON s.id = t.stage WHERE t.id IN ({marks})",  # noqa: S608 (marks alone)
        tuple(tickets),
    )
    return {row[0]: (row[1], row[2]) for row in rows}
