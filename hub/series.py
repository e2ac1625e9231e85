"""Numbers that an agency gives once a year each, without a gap: certificates, requests, receipts of a till.

The next one is found inside the transaction that gives it, so two agents never get the same. After a restored
backup the series goes on in the next block: what the lost minutes gave is given to nobody else.
"""

from __future__ import annotations

import sqlite3
from zoneinfo import ZoneInfo

from hub.clock import local
from hub.errors import Refused

BLOCK = 1_000
MOST = 999_999


def next_number(last: tuple[int, int] | None, epoch: int, *, began_this_year: bool) -> int:
    """The number after the last one of the year and its epoch; in a new epoch the first of the next block."""
    number, given_in = last or (0, epoch - 1 if began_this_year else epoch)
    found = number + 1 if given_in == epoch else (number // BLOCK + 1) * BLOCK + 1
    if found > MOST:
        raise Refused("the numbers of this year are used up", code="numbers_used_up")
    return found


def label(letters: str, year: int, number: int) -> str:
    """`ATT-2026-000123`."""
    return f"{letters}-{year}-{number:06d}"


def next_of(reader: sqlite3.Connection, table: str, year: int, epoch: int, zone: ZoneInfo) -> int:
    """The next number of a table with the columns `year`, `number` and `epoch`. Raises Refused when it is full."""
    row = reader.execute(
        f"SELECT number, epoch FROM {table} WHERE year = ? ORDER BY number DESC LIMIT 1",  # noqa: S608 (names of ours)
        (year,),
    ).fetchone()
    began = reader.execute("SELECT at FROM epoch WHERE epoch = ?", (epoch,)).fetchone()
    this_year = began is not None and local(began["at"], zone).year == year
    return next_number((row["number"], row["epoch"]) if row else None, epoch, began_this_year=this_year)
