"""What `mbote verify` asks of the tills beyond the hub's journal: their chains, their balances, their closings.

Each break names the till and the first number that is wrong. Only what is written is read: nothing of ours is trusted.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from hub.services.cash import chain


def faults(reader: sqlite3.Connection) -> Iterator[str]:
    """Every break in what the tills have written; nothing when all is whole."""
    codes = [row[0] for row in reader.execute("SELECT till FROM cash_entry UNION SELECT code FROM till ORDER BY 1")]
    for code in codes:
        rows = reader.execute("SELECT * FROM cash_entry WHERE till = ? ORDER BY seq", (code,)).fetchall()
        broken = list(chain.faults([dict(row) for row in rows]))
        yield from broken
        if not broken:
            yield from _balances(reader, code, rows)
            yield from _closings(reader, code)
            yield from _periods(reader, code)
            yield from _lots(reader, code)


def _balances(reader: sqlite3.Connection, code: str, rows: list[sqlite3.Row]) -> Iterator[str]:
    """Float and entries give what the till says it holds, and never less than nothing."""
    cash, came_in, went_out, session = 0, 0, 0, None
    openings = {row["id"]: row["opening"] for row in reader.execute("SELECT id, opening FROM cash_session")}
    for row in rows:
        if row["session"] != session:
            session = row["session"]
            cash = openings.get(session, 0)
        amount = row["amount"] if row["direction"] == "in" else -row["amount"]
        cash += amount if row["tender"] == "cash" else 0
        came_in, went_out = came_in + max(amount, 0), went_out + max(-amount, 0)
        if cash < 0:
            yield f"till {code}: N° {row['number']} of {row['year']}: less than nothing would be in the drawer"
    till = reader.execute("SELECT * FROM till WHERE code = ?", (code,)).fetchone()
    last = rows[-1] if rows else None
    if till is None:
        yield f"till {code}: it has entries and is not there"
    elif last is not None and (till["seq"], till["head"]) != (last["seq"], last["hash"]):
        yield f"till {code}: its last entry is N° {last['number']} of {last['year']}, it says otherwise"
    elif (till["total_in"], till["total_out"]) != (came_in, went_out):
        yield f"till {code}: its perpetual totals are not those of its entries"


def _closings(reader: sqlite3.Connection, code: str) -> Iterator[str]:
    """The closings follow each other, each with the hash of the one before, and each says what it said."""
    previous = chain.GENESIS
    for z, row in enumerate(reader.execute("SELECT * FROM cash_closing WHERE till = ? ORDER BY z", (code,)), 1):
        if row["z"] != z:
            yield f"till {code}: closing Z{z} is missing"
            return
        if row["previous"] != previous or chain.closing_digest(dict(row), previous) != row["hash"]:
            yield f"till {code}: closing Z{z} was altered"
        previous = row["hash"]
    told = reader.execute("SELECT closings, closing_head FROM till WHERE code = ?", (code,)).fetchone()
    if told is not None and told["closing_head"] != previous:
        yield f"till {code}: its last closing is not the one it remembers"


def _periods(reader: sqlite3.Connection, code: str) -> Iterator[str]:
    """Months and years follow each other, each with the hash of the one before and the sums of its closings."""
    for length in (7, 4):
        previous = chain.GENESIS
        rows = reader.execute(
            "SELECT * FROM cash_period WHERE till = ? AND length(period) = ? ORDER BY period", (code, length)
        )
        for row in rows:
            sums = reader.execute(
                "SELECT sum(count), sum(counted - expected), max(total_in), max(total_out) FROM cash_closing"
                " WHERE till = ? AND z BETWEEN ? AND ?",
                (code, row["first_z"], row["last_z"]),
            ).fetchone()
            said = (row["count"], row["gap"], row["total_in"], row["total_out"])
            if chain.period_digest(dict(row), previous) != row["hash"] or row["previous"] != previous:
                yield f"till {code}: the closing of {row['period']} was altered"
            elif tuple(sums) != said:
                yield f"till {code}: the closing of {row['period']} is not the sum of its closings"
            previous = row["hash"]


def _lots(reader: sqlite3.Connection, code: str) -> Iterator[str]:
    """What the treasury hears of a closing is what it says: its lots that stand, in number and in sum."""
    closings = reader.execute(
        "SELECT id, z, count, totals FROM cash_closing WHERE till = ? ORDER BY z", (code,)
    ).fetchall()
    for closing in closings:
        rows = reader.execute(
            "SELECT items FROM cash_lot WHERE closing = ? AND state <> 'C1'", (closing["id"],)
        ).fetchall()
        if rows and not _agree([row["items"] for row in rows], closing["count"], closing["totals"]):
            yield f"till {code}: the lots of closing Z{closing['z']} are not what it says"


def _agree(lots: list[str], count: int, totals: str) -> bool:
    """Whether lots hold each receipt once, as many as the closing says and as much; what cannot be read does not."""
    try:
        items = [item for lot in lots for item in json.loads(lot)]
        receipts, total = {item[0] for item in items}, sum(item[3] for item in items)
        said = (count, json.loads(totals)["total"])
    except (ValueError, TypeError, LookupError):
        return False
    return (len(items), total) == said and len(receipts) == len(items)
