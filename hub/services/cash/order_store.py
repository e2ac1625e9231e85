"""Payment orders on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import json
import sqlite3

from hub.journal import Appliers, Rows
from hub.services.cash import orders as o

Reader = sqlite3.Connection
SHOWN = 20


def _order(row: sqlite3.Row) -> o.Order:
    values = {name: row[name] for name in o.Order.__slots__ if name != "requires"}
    return o.Order(**values, requires=tuple(json.loads(row["requires"])))


def order(reader: Reader, number: str) -> o.Order | None:
    """One order."""
    row = reader.execute("SELECT * FROM payment_order WHERE number = ?", (number.strip().upper(),)).fetchone()
    return _order(row) if row else None


def of_party(reader: Reader, party: str) -> list[o.Order]:
    """Somebody's orders that are not paid, and the last ones that are."""
    rows = reader.execute(
        "SELECT * FROM payment_order WHERE party = ? ORDER BY state = 'paid', pay_from DESC LIMIT ?", (party, SHOWN)
    )
    return [_order(row) for row in rows]


def of_receipt(reader: Reader, receipt: str) -> o.Order | None:
    """The order that an entry paid."""
    row = reader.execute("SELECT * FROM payment_order WHERE receipt = ?", (receipt,)).fetchone()
    return _order(row) if row else None


def works_on(reader: Reader) -> tuple[str, ...]:
    """The orders that are not paid."""
    rows = reader.execute("SELECT number FROM payment_order WHERE state <> 'paid' ORDER BY number")
    return tuple(f"order {row['number']}" for row in rows)


def in_hand(reader: Reader, till: str | None = None) -> list[o.Order]:
    """Orders that tills have in hand: of one, or of all."""
    rows = reader.execute("SELECT * FROM payment_order INDEXED BY payment_order_in_hand WHERE state = 'reserved'")
    return sorted((_order(row) for row in rows if till in (None, row["till"])), key=lambda each: each.since or 0)


# --- applying --------------------------------------------------------------------------------


def _received(rows: Rows, event: o.PaymentOrderReceived) -> None:
    rows.run(
        "INSERT INTO payment_order (number, batch, nature, amount, tender, period, pay_from, pay_until, requires,"
        " state, party, payee, payee_number, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'payable', ?, ?, ?, ?)",
        event.order, event.batch, event.nature, event.amount, event.tender, event.period, event.pay_from,
        event.pay_until, json.dumps(list(event.requires)), event.party, event.payee, event.payee_number, rows.now.at,
    )  # fmt: skip


def _now(rows: Rows, event: o.OrderEvent, state: str, **columns: object) -> None:
    """The order in its new state; whatever belonged to the one before is gone unless it is named."""
    values = {"reason": None, "till": None, "session": None, "since": None, "approved_by": None} | columns
    named = ", ".join(f"{name} = ?" for name in values)
    rows.run(f"UPDATE payment_order SET state = ?, {named} WHERE number = ?", state, *values.values(), event.order)  # noqa: S608 (names above)


def _blocked(rows: Rows, event: o.PaymentOrderBlocked) -> None:
    _now(rows, event, "blocked", reason=event.reason)


def _payable(rows: Rows, event: o.OrderEvent) -> None:
    _now(rows, event, "payable")


def _reserved(rows: Rows, event: o.PaymentOrderReserved) -> None:
    _now(rows, event, "reserved", till=event.till, session=event.session, since=rows.now.at)


def _approved(rows: Rows, event: o.PaymentOrderApproved) -> None:
    rows.run("UPDATE payment_order SET approved_by = ? WHERE number = ?", rows.actor.agent, event.order)


def _paid(rows: Rows, event: o.PaymentOrderPaid) -> None:
    _now(rows, event, "paid", receipt=event.receipt, shown=event.shown)


def _reopened(rows: Rows, event: o.PaymentOrderReopened) -> None:
    _now(rows, event, "payable", receipt=None, shown=None)


def _tells_only(rows: Rows, event: o.TreasuryHeard) -> None:
    del rows, event


APPLIERS: Appliers = {
    o.TreasuryHeard: _tells_only,
    o.PaymentOrderReceived: _received,
    o.PaymentOrderBlocked: _blocked,
    o.PaymentOrderReleased: _payable,
    o.PaymentOrderReserved: _reserved,
    o.PaymentOrderGivenUp: _payable,
    o.PaymentOrderApproved: _approved,
    o.PaymentOrderPaid: _paid,
    o.PaymentOrderReopened: _reopened,
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"payment_order": ("party", "payee", "payee_number", "shown")}
