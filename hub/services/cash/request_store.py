"""Orders asked of the treasury on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import sqlite3

from hub.journal import Appliers, Rows
from hub.services.cash import order_requests as q
from hub.services.ports import ThreadLine, Word

Reader = sqlite3.Connection
SHOWN = 30


def _request(row: sqlite3.Row) -> q.OrderRequest:
    return q.OrderRequest(**{name: row[name] for name in q.OrderRequest.__slots__})


def _one(reader: Reader, column: str, value: object) -> q.OrderRequest | None:
    row = reader.execute(f"SELECT * FROM order_request WHERE {column} = ?", (value,)).fetchone()  # noqa: S608 (names of ours)
    return _request(row) if row else None


def request(reader: Reader, number: int) -> q.OrderRequest | None:
    """One of them, by its row."""
    return _one(reader, "id", number)


def of_ref(reader: Reader, ref: str) -> q.OrderRequest | None:
    """The request that both sides call so."""
    return _one(reader, "ref", ref.strip().upper())


def of_order(reader: Reader, order: str) -> q.OrderRequest | None:
    """The request that an order answers."""
    return _one(reader, "order_number", order)


def of_message(reader: Reader, message: int) -> q.OrderRequest | None:
    """The request that a message of the outbox carries."""
    return _one(reader, "message", message)


def last(reader: Reader, limit: int = SHOWN) -> list[q.OrderRequest]:
    """The last requests, last first."""
    return [_request(row) for row in reader.execute("SELECT * FROM order_request ORDER BY id DESC LIMIT ?", (limit,))]


def open_of_party(reader: Reader, party: str) -> list[q.OrderRequest]:
    """What was asked for somebody and has no order yet, last first."""
    rows = reader.execute(
        "SELECT * FROM order_request WHERE party = ? AND state IN ('asked', 'refused', 'told')"
        " ORDER BY id DESC LIMIT ?",
        (party, SHOWN),
    )
    return [_request(row) for row in rows]


def to_tell(reader: Reader, agent: str) -> list[q.OrderRequest]:
    """What this agent asked for and the treasury refused: the beneficiary does not know yet. Oldest first."""
    rows = reader.execute("SELECT * FROM order_request INDEXED BY order_request_refused WHERE state = 'refused'")
    return sorted((_request(row) for row in rows if row["agent"] == agent), key=lambda each: each.id)


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """What was asked for during a visit."""
    rows = reader.execute("SELECT * FROM order_request WHERE ticket = ? ORDER BY id", (ticket,)).fetchall()
    return tuple(
        ThreadLine(
            row["at"], "building-bank", "cash.thread_request",
            {"ref": row["ref"], "state": Word(f"cash.request_{row['state']}")},
        )
        for row in rows
    )  # fmt: skip


# --- applying --------------------------------------------------------------------------------


def _requested(rows: Rows, event: q.OrderRequested) -> None:
    rows.run(
        "INSERT INTO order_request (id, ref, nature, period, state, agent, ticket, message, party, payee, payee_number,"
        " reason, at) VALUES (?, ?, ?, ?, 'asked', ?, ?, ?, ?, ?, ?, ?, ?)",
        event.request, event.ref, event.nature, event.period, rows.actor.agent, event.ticket, event.message,
        event.party, event.payee, event.payee_number, event.reason, rows.now.at,
    )  # fmt: skip


def _granted(rows: Rows, event: q.OrderRequestGranted) -> None:
    rows.run("UPDATE order_request SET state = 'granted', order_number = ? WHERE id = ?", event.order, event.request)


def _refused(rows: Rows, event: q.OrderRequestRefused) -> None:
    rows.run(
        "UPDATE order_request SET state = 'refused', code = ?, words = ? WHERE id = ?",
        event.code, event.words, event.request,
    )  # fmt: skip


def _told(rows: Rows, event: q.OrderRequestTold) -> None:
    rows.run("UPDATE order_request SET state = 'told' WHERE id = ?", event.request)


def _withdrawn(rows: Rows, event: q.OrderRequestWithdrawn) -> None:
    rows.run("UPDATE order_request SET state = 'withdrawn' WHERE id = ?", event.request)


APPLIERS: Appliers = {
    q.OrderRequested: _requested,
    q.OrderRequestGranted: _granted,
    q.OrderRequestRefused: _refused,
    q.OrderRequestTold: _told,
    q.OrderRequestWithdrawn: _withdrawn,
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"order_request": ("words", "party", "payee", "payee_number", "reason")}
