"""Requests on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import json
import sqlite3

from hub.agents import store as agents
from hub.journal import Appliers, Rows, payload_of
from hub.services.ports import FirstLevel, Found, Hands, Pending, SheetLine, ThreadLine
from hub.services.request import model as m

Reader = sqlite3.Connection
URL = "/desk/request"
SHOWN = 100
#: Who finds work of the back office in their list.
OFFICERS = frozenset({"case_officer", "validator", "supervisor"})


# --- reading ---------------------------------------------------------------------------------


def request_of(row: sqlite3.Row) -> m.Request:
    """One from its row."""
    return m.Request(**{name: row[name] for name in m.Request.__slots__})


def request(reader: Reader, request_id: int) -> m.Request | None:
    """One request."""
    row = reader.execute("SELECT * FROM request WHERE id = ?", (request_id,)).fetchone()
    return request_of(row) if row else None


def labelled(reader: Reader, label: str) -> m.Request | None:
    """The one of that number."""
    row = reader.execute("SELECT * FROM request WHERE label = ?", (label,)).fetchone()
    return request_of(row) if row else None


def holds(reader: Reader, label: str) -> Hands | None:
    """Who works on the request of that number, else who wrote it down."""
    found = labelled(reader, label)
    return hands_of(found) if found else None


def hands_of(request: m.Request) -> Hands:
    """Who works on a request, else who wrote it down."""
    return Hands(request.owner or request.agent)


def next_id(reader: Reader) -> int:
    """The number of the next row."""
    return int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM request").fetchone()[0])


def to_do(reader: Reader, service: str | None = None) -> list[m.Request]:
    """What the back office has before it, of one desk or of all: the soonest due first."""
    rows = reader.execute(
        "SELECT * FROM request WHERE state NOT IN ('resolved', 'closed') AND (? IS NULL OR service = ?)"
        " ORDER BY due_on, id LIMIT ?",
        (service, service, SHOWN),
    )
    return [request_of(row) for row in rows]


def of_party(reader: Reader, party: str) -> list[m.Request]:
    """Those of a person or employer, last first."""
    rows = reader.execute("SELECT * FROM request WHERE party = ? ORDER BY id DESC LIMIT ?", (party, SHOWN))
    return [request_of(row) for row in rows]


def lines(reader: Reader, request_id: int) -> list[m.Line]:
    """What happened to a request, oldest first."""
    rows = reader.execute("SELECT * FROM request_line WHERE request = ? ORDER BY id", (request_id,))
    return [m.Line(row["at"], row["agent"], row["kind"], json.loads(row["facts"]), row["text"]) for row in rows]


def first_level(reader: Reader, day: int, agent: str | None = None) -> FirstLevel:
    """How many of a day's requests were answered at the counter: all, or one agent's.

    What goes on from an inquiry was counted there, as not answered.
    """
    row = reader.execute(
        "SELECT count(*), coalesce(sum(state = 'resolved'), 0) FROM request"
        " WHERE day = ? AND inquiry IS NULL AND (? IS NULL OR agent = ?)",
        (day, agent, agent),
    ).fetchone()
    return FirstLevel(answered=int(row[1]), asked=int(row[0]))


def goes_on_already(reader: Reader, inquiry: int) -> bool:
    """Whether a request was written down of this inquiry."""
    return reader.execute("SELECT 1 FROM request WHERE inquiry = ?", (inquiry,)).fetchone() is not None


def escalations(reader: Reader, day: int) -> dict[str, int]:
    """How many of a day's requests went on, by why: both reasons are counted apart (R-027)."""
    rows = reader.execute(
        "SELECT escalation, count(*) FROM request WHERE day = ? AND escalation IS NOT NULL GROUP BY 1 ORDER BY 1",
        (day,),
    )
    return {row[0]: int(row[1]) for row in rows}


# --- read ports ------------------------------------------------------------------------------


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """What was written down during a visit, by number alone."""
    rows = reader.execute("SELECT * FROM request WHERE ticket = ? ORDER BY id", (ticket,))
    return tuple(
        ThreadLine(
            row["at"],
            "message-report",
            "request.thread_resolved" if row["state"] == "resolved" else "request.thread_opened",
            {"label": row["label"]},
        )
        for row in rows
    )


def works_on(reader: Reader) -> tuple[str, ...]:
    """The requests that are not at their end."""
    rows = reader.execute("SELECT id FROM request WHERE state NOT IN ('resolved', 'closed') ORDER BY due_on, id")
    return tuple(f"request {row['id']}" for row in rows)


def pending(reader: Reader, agent: str) -> tuple[Pending, ...]:
    """What waits for this agent: answers to tell of their own requests, and for the back office what to study."""
    found = agents.agent(reader, agent)
    roles = found.roles if found else frozenset()
    kinds: list[tuple[str, str, tuple[object, ...], str]] = [
        ("answers", "state = 'answered' AND agent = ?", (agent,), f"{URL}?show=answered")
    ]
    if not roles.isdisjoint(OFFICERS):
        kinds.append(("mine", "state = 'in_hand' AND owner = ?", (agent,), f"{URL}?show=mine"))
        kinds.append(("to_take", "state = 'escalated' AND ?", (1,), URL))
    waiting = []
    for name, where, values, url in kinds:
        row = reader.execute(
            f"SELECT count(*), min(at) FROM request WHERE state NOT IN ('resolved', 'closed') AND {where}",  # noqa: S608 (ours)
            values,
        ).fetchone()
        if row[0]:
            waiting.append(Pending(name, f"request.pending_{name}", row[0], row[1], url))
    return tuple(waiting)


def finds(reader: Reader, typed: str) -> tuple[Found, ...]:
    """The one of a number that was typed or scanned into the search."""
    found = labelled(reader, typed.strip().upper())
    if found is None:
        return ()
    return (Found(found.label, "message-report", "request.found", f"{URL}/{found.id}", {"label": found.label}),)


def sheet(reader: Reader, party: str) -> tuple[SheetLine, ...]:
    """What was given or asked here, for the sheet of whom it is about."""
    return tuple(
        SheetLine(
            tab="letters",
            at=each.at,
            icon="message-report",
            words="request.found",
            facts={"label": each.label},
            url=f"{URL}/{each.id}",
        )
        for each in of_party(reader, party)
    )


# --- applying --------------------------------------------------------------------------------


def _line(rows: Rows, event: m.RequestEvent, text: str | None = None) -> None:
    facts = {name: value for name, value in payload_of(event).items() if name != "request"}
    rows.run(
        "INSERT INTO request_line (id, request, kind, agent, facts, text, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows.seq, event.request, event.kind, rows.actor.agent, json.dumps(facts, sort_keys=True), text, rows.now.at,
    )  # fmt: skip


def _now(rows: Rows, event: m.RequestEvent, state: m.State, **values: object) -> None:
    """The request's row as it is after a fact."""
    sets = ", ".join(f"{name} = ?" for name in ("state", *values))
    rows.run(f"UPDATE request SET {sets} WHERE id = ?", state, *values.values(), event.request)  # noqa: S608 (ours)


def _opened(rows: Rows, event: m.RequestOpened) -> None:
    rows.run(
        "INSERT INTO request (id, label, year, number, epoch, what, reason, state, channel, opened_on, due_on, day,"
        " ticket, party, visitor, reach, text, inquiry, agent, at, tick)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.request, event.label, event.year, event.number, event.epoch, event.what, event.reason, event.channel,
        event.opened_on, event.due_on, event.day, event.ticket, event.party, event.visitor, event.reach, event.text,
        event.inquiry, rows.actor.agent, rows.now.at, rows.now.tick,
    )  # fmt: skip
    _line(rows, event, event.text)


def _resolved(rows: Rows, event: m.RequestResolved) -> None:
    _now(rows, event, "resolved", answer=event.answer, answer_channel="counter", answered_on=event.on)
    _line(rows, event, event.answer)


def _escalated(rows: Rows, event: m.RequestEscalated) -> None:
    _now(rows, event, "escalated", escalation=event.why, service=event.service, level=event.level)
    _line(rows, event)


def _taken(rows: Rows, event: m.RequestTaken) -> None:
    _now(rows, event, "in_hand", owner=rows.actor.agent)
    _line(rows, event)


def _noted(rows: Rows, event: m.RequestNoted) -> None:
    _line(rows, event, event.text)


def _passed_on(rows: Rows, event: m.RequestPassedOn) -> None:
    _now(rows, event, "escalated", service=event.service, owner=None)
    _line(rows, event, event.text)


def _asked(rows: Rows, event: m.VisitorAsked) -> None:
    _now(rows, event, "awaiting_visitor")
    _line(rows, event, event.text)


def _replied(rows: Rows, event: m.VisitorReplied) -> None:
    _now(rows, event, "in_hand")
    _line(rows, event, event.text)


def _answered(rows: Rows, event: m.RequestAnswered) -> None:
    _now(rows, event, "answered", answer=event.answer, answer_channel=event.channel, answered_on=event.on)
    _line(rows, event, event.answer)


def _closed(rows: Rows, event: m.RequestClosed) -> None:
    _now(rows, event, "closed")
    _line(rows, event)


def _contested(rows: Rows, event: m.RequestContested) -> None:
    _now(rows, event, "escalated", level=event.level, due_on=event.due_on, owner=None)
    _line(rows, event, event.text)


def _printed(rows: Rows, event: m.RequestPrinted) -> None:
    rows.run("UPDATE request SET copies = ? WHERE id = ?", event.copy + 1, event.request)


APPLIERS: Appliers = {
    m.RequestOpened: _opened,
    m.RequestResolved: _resolved,
    m.RequestEscalated: _escalated,
    m.RequestTaken: _taken,
    m.RequestNoted: _noted,
    m.RequestPassedOn: _passed_on,
    m.VisitorAsked: _asked,
    m.VisitorReplied: _replied,
    m.RequestAnswered: _answered,
    m.RequestClosed: _closed,
    m.RequestContested: _contested,
    m.RequestPrinted: _printed,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {
    "request": ("party", "visitor", "reach", "text", "answer"), "request_line": ("text",),
}  # fmt: skip
