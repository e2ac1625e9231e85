"""Prepared collections on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import json
import sqlite3

from hub.journal import Appliers, Rows
from hub.money import grouped
from hub.queues import store as queues
from hub.services.cash import prepared as p
from hub.services.cash.model import PaidPeriod
from hub.services.ports import ThreadLine

Reader = sqlite3.Connection
SHOWN = 50


def _prepared(row: sqlite3.Row) -> p.Prepared:
    values = {name: row[name] for name in p.Prepared.__slots__ if name != "lines"}
    return p.Prepared(**values, lines=tuple(PaidPeriod(*line) for line in json.loads(row["lines"])))


def prepared(reader: Reader, number: int) -> p.Prepared | None:
    """One of them."""
    row = reader.execute("SELECT * FROM cash_prepared WHERE id = ?", (number,)).fetchone()
    return _prepared(row) if row else None


def waiting(reader: Reader) -> list[p.Prepared]:
    """What waits at the tills on the day that is open, oldest first."""
    day = queues.day(reader)
    if day is None or not day.open:
        return []
    rows = reader.execute("SELECT * FROM cash_prepared INDEXED BY cash_prepared_waiting WHERE state = 'waiting'")
    return sorted((_prepared(row) for row in rows if row["date"] == day.date), key=lambda each: each.id)


def still_waiting(reader: Reader) -> list[int]:
    """All that nobody came to pay, of whatever day."""
    rows = reader.execute("SELECT id FROM cash_prepared INDEXED BY cash_prepared_waiting WHERE state = 'waiting'")
    return sorted(row["id"] for row in rows)


def of_date(reader: Reader, date: str) -> list[p.Prepared]:
    """What was prepared on a day, last first."""
    rows = reader.execute("SELECT * FROM cash_prepared WHERE date = ? ORDER BY id DESC LIMIT ?", (date, SHOWN))
    return [_prepared(row) for row in rows]


def of_ticket(reader: Reader, ticket: int) -> list[p.Prepared]:
    """What was prepared during a visit, in order."""
    rows = reader.execute("SELECT * FROM cash_prepared WHERE ticket = ? ORDER BY id", (ticket,))
    return [_prepared(row) for row in rows]


def of_receipt(reader: Reader, receipt: str) -> p.Prepared | None:
    """What an entry paid."""
    row = reader.execute("SELECT * FROM cash_prepared WHERE receipt = ?", (receipt,)).fetchone()
    return _prepared(row) if row else None


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """What was prepared during a visit and is not paid: what is paid has its receipt there."""
    return tuple(
        ThreadLine(
            each.at, "cash", f"cash.thread_prepared_{each.state}",
            {"amount": grouped(each.amount), "label": each.label},
        )
        for each in of_ticket(reader, ticket)
        if each.state != "cashed"
    )  # fmt: skip


# --- applying --------------------------------------------------------------------------------


def _said(lines: tuple[tuple[str, int, str], ...]) -> str:
    return json.dumps([list(line) for line in lines], separators=(",", ":"))


def _made(rows: Rows, event: p.CollectionPrepared) -> None:
    rows.run(
        "INSERT INTO cash_prepared (id, date, ticket, ticket_label, counter, agent, operation, payer_kind, lines,"
        " amount, label, state, party, payer, payer_number, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?)",
        event.prepared, event.date, event.ticket, event.ticket_label, event.counter, rows.actor.agent,
        event.operation, event.payer_kind, _said(event.lines), event.amount, event.label, event.party, event.payer,
        event.payer_number, rows.now.at,
    )  # fmt: skip


def _revised(rows: Rows, event: p.CollectionRevised) -> None:
    rows.run(
        "UPDATE cash_prepared SET operation = ?, lines = ?, amount = ?, label = ?, word = ?, changed_by = ?,"
        " changed_at = ? WHERE id = ?",
        event.operation, _said(event.lines), event.amount, event.label, event.word, rows.actor.agent, rows.now.at,
        event.prepared,
    )  # fmt: skip


def _cashed(rows: Rows, event: p.PreparedCashed) -> None:
    rows.run("UPDATE cash_prepared SET state = 'cashed', receipt = ? WHERE id = ?", event.receipt, event.prepared)


def _reopened(rows: Rows, event: p.PreparedReopened) -> None:
    rows.run("UPDATE cash_prepared SET state = 'waiting', receipt = NULL WHERE id = ?", event.prepared)


def _dropped(rows: Rows, event: p.PreparedDropped) -> None:
    rows.run(
        "UPDATE cash_prepared SET state = 'dropped', word = ?, changed_by = ?, changed_at = ? WHERE id = ?",
        event.word, rows.actor.agent, rows.now.at, event.prepared,
    )  # fmt: skip


def _expired(rows: Rows, event: p.PreparedExpired) -> None:
    rows.run("UPDATE cash_prepared SET state = 'expired' WHERE id = ?", event.prepared)


APPLIERS: Appliers = {
    p.CollectionPrepared: _made,
    p.CollectionRevised: _revised,
    p.PreparedCashed: _cashed,
    p.PreparedReopened: _reopened,
    p.PreparedDropped: _dropped,
    p.PreparedExpired: _expired,
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"cash_prepared": ("party", "payer", "payer_number", "word")}
