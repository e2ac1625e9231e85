"""Lots on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import json
import sqlite3

from hub.journal import Appliers, Rows
from hub.services.cash import lots
from hub.services.ports import Found

Reader = sqlite3.Connection
SHOWN = 60


def _lot(row: sqlite3.Row) -> lots.Lot:
    values = {name: row[name] for name in lots.Lot.__slots__ if name != "items"}
    return lots.Lot(**values, items=tuple(lots.Item(*each) for each in json.loads(row["items"])))


def lot(reader: Reader, reference: str) -> lots.Lot | None:
    """One lot."""
    row = reader.execute("SELECT * FROM cash_lot WHERE reference = ?", (reference,)).fetchone()
    return _lot(row) if row else None


def last(reader: Reader, limit: int = SHOWN) -> list[lots.Lot]:
    """Lots that wait for somebody, then the last ones."""
    first = waiting(reader)
    rows = reader.execute("SELECT * FROM cash_lot ORDER BY rowid DESC LIMIT ?", (limit,))
    names = {each.reference for each in first}
    return first + [each for each in map(_lot, rows) if each.reference not in names]


def of_closing(reader: Reader, closing: int) -> list[lots.Lot]:
    """All lots of a closing, in the order in which they were made."""
    rows = reader.execute("SELECT * FROM cash_lot WHERE closing = ? ORDER BY at, rowid", (closing,))
    return [_lot(row) for row in rows]


def of_message(reader: Reader, message: int) -> lots.Lot | None:
    """The lot that a message of the outbox carries now."""
    row = reader.execute(
        "SELECT * FROM cash_lot WHERE message = ? AND replaced_by IS NULL AND state <> 'C1'", (message,)
    ).fetchone()
    return _lot(row) if row else None


def waiting(reader: Reader) -> list[lots.Lot]:
    """Lots that wait for the head cashier: not sent, held back, refused."""
    rows = reader.execute("SELECT * FROM cash_lot INDEXED BY cash_lot_waiting WHERE state IN ('V0', 'R1', 'R2')")
    return sorted((_lot(row) for row in rows), key=lambda each: each.at)


def about(reader: Reader, aggregate: str) -> Found | None:
    """The lot that a till's messages wait for: the one that was refused, else the last."""
    kind, _, code = aggregate.partition(" ")
    refused = [each.reference for each in waiting(reader) if each.till == code and each.state == "R2"]
    row = reader.execute(
        "SELECT reference FROM cash_lot WHERE till = ? ORDER BY closing DESC LIMIT 1", (code,)
    ).fetchone()
    if kind != "till" or row is None:
        return None
    name = refused[0] if refused else row["reference"]
    return Found(name, "building-bank", "cash.found_lot", f"/desk/cash/treasury/{name}", {"lot": name})


# --- applying --------------------------------------------------------------------------------


def _made(rows: Rows, event: lots.TreasuryLotMade) -> None:
    rows.run(
        "INSERT INTO cash_lot (reference, till, closing, date, state, items, closing_hash, replaces, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.lot, event.till, event.closing, event.date, event.state, json.dumps([list(each) for each in event.items]),
        event.closing_hash, event.replaces, rows.now.at,
    )  # fmt: skip


def _sent(rows: Rows, event: lots.TreasuryLotSent) -> None:
    """Only the lines that were sent stay in it."""
    row = rows.one("SELECT items FROM cash_lot WHERE reference = ?", event.lot)
    assert row is not None
    kept = [each for each in json.loads(row["items"]) if each[0] in event.receipts]
    rows.run(
        "UPDATE cash_lot SET state = 'V1', items = ?, message = ? WHERE reference = ?",
        json.dumps(kept), event.message, event.lot,
    )  # fmt: skip


def _now(rows: Rows, event: lots.LotEvent, state: str) -> None:
    rows.run("UPDATE cash_lot SET state = ? WHERE reference = ?", state, event.lot)


def _refused(rows: Rows, event: lots.TreasuryLotRefused) -> None:
    rows.run("UPDATE cash_lot SET state = 'R2', code = ? WHERE reference = ?", event.code, event.lot)


def _corrected(rows: Rows, event: lots.TreasuryLotCorrected) -> None:
    rows.run(
        "UPDATE cash_lot SET state = 'C1', replaced_by = ?, motive = ? WHERE reference = ?",
        event.by, event.motive, event.lot,
    )  # fmt: skip


APPLIERS: Appliers = {
    lots.TreasuryLotMade: _made,
    lots.TreasuryLotSent: _sent,
    lots.TreasuryLotHeldBack: lambda rows, event: _now(rows, event, "R1"),
    lots.TreasuryLotTaken: lambda rows, event: _now(rows, event, "V2"),
    lots.TreasuryLotRefused: _refused,
    lots.TreasuryLotCorrected: _corrected,
    lots.TreasuryLotSettled: lambda rows, event: _now(rows, event, event.state),
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"cash_lot": ("motive",)}
