"""What a business day came to besides its waits, read from its own entries of the journal.

Acts, money, incidents and signed heads: every number is a count or a sum of entries between the day's opening and its
closing; no name is read. Kinds belong to the rooms that record them (ARCHITECTURE.md lists them all): a kind that an
agency's rooms never record counts nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.consolidation import MOVED
from hub.queues.store import Reader

#: What is counted as done for people, and which kind of entry says so.
ACTS = {
    "deposits": "documents_deposited",
    "certificates": "certificate_issued",
    "requests_opened": "request_opened",
    "requests_answered": "request_answered",
    "answered_at_reception": "visitor_answered",
    "orders_paid": "payment_order_paid",
}
#: What went wrong, and which kind of entry says so.
INCIDENTS = {
    "restarts": "hub_started",
    "devices": "device_trouble",
    "help": "help_asked",
    "clock": "clock_doubted",
    "refused": "access_refused",
}
_SPAN = (
    "SELECT first_seq, coalesce((SELECT max(seq) FROM journal WHERE kind = 'day_closed' AND subject = 'day ' || b.id"
    " AND seq > b.first_seq), (SELECT max(seq) FROM journal)) AS last_seq FROM business_day b WHERE date = ?"
)


@dataclass(frozen=True, slots=True)
class Head:
    """The chain of the journal at an entry, as it was signed then (`hub.chain.signed_head`), in hexadecimal."""

    seq: int
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Money:
    """What tills took (`in`) or gave (`out`) by one tender: entries, and their sum, XAF."""

    what: str
    direction: str
    tender: str
    count: int
    amount: int

    @property
    def moved(self) -> bool:
        """Whether it only went between the drawer, the safe and the bank, or was found missing: nobody's payment."""
        return self.what in MOVED


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was wrong with a device, and how often it was said."""

    device: str
    part: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Daybook:
    """One business day, or several put together. `last_hash`: of the last entry that is counted."""

    acts: dict[str, int]
    incidents: dict[str, int]
    money: tuple[Money, ...]
    troubles: tuple[Trouble, ...]
    heads: tuple[Head, ...]
    last_seq: int
    last_hash: str


def of_days(reader: Reader, dates: Sequence[str]) -> Daybook:
    """These business days, as far as they are held; at least one."""
    spans = [row for day in dates for row in reader.execute(_SPAN, (day,)).fetchall()]
    counts = _kinds(reader, spans)
    last = max(span["last_seq"] for span in spans)
    digest = reader.execute("SELECT hash FROM journal WHERE seq = ?", (last,)).fetchone()
    return Daybook(
        acts={name: counts.get(kind, 0) for name, kind in ACTS.items()},
        incidents={name: counts.get(kind, 0) for name, kind in INCIDENTS.items()},
        money=_money(reader, spans),
        troubles=_troubles(reader, spans),
        heads=tuple(head for span in spans for head in _heads(reader, span)),
        last_seq=last,
        last_hash=bytes(digest["hash"]).hex(),
    )


def _summed(
    reader: Reader, spans: Sequence[sqlite3.Row], text: str, keys: int, *more: object
) -> dict[tuple[Any, ...], list[int]]:
    """What a query over each day's entries comes to over all days: its first columns name what, the others add up."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for span in spans:
        for row in reader.execute(text, (span["first_seq"], span["last_seq"], *more)):
            what, sums = tuple(row)[:keys], tuple(row)[keys:]
            found[what] = [old + new for old, new in zip(found.get(what, [0] * len(sums)), sums, strict=True)]
    return found


def _kinds(reader: Reader, spans: Sequence[sqlite3.Row]) -> dict[str, int]:
    """How many entries of each kind; a device's part that is well again is no trouble."""
    kinds = json.dumps([*ACTS.values(), *INCIDENTS.values()])
    found = _summed(
        reader,
        spans,
        "SELECT kind, count(*) FROM journal WHERE seq BETWEEN ? AND ? AND kind IN (SELECT value FROM json_each(?))"
        " AND (kind <> 'device_trouble' OR json_extract(payload, '$.state') <> 'ok') GROUP BY kind",
        1,
        kinds,
    )
    return {kind: count for (kind,), (count,) in found.items()}


def _money(reader: Reader, spans: Sequence[sqlite3.Row]) -> tuple[Money, ...]:
    found = _summed(
        reader,
        spans,
        "SELECT json_extract(payload, '$.what'), json_extract(payload, '$.direction'),"
        " json_extract(payload, '$.tender'), count(*), sum(json_extract(payload, '$.amount')) FROM journal"
        " WHERE seq BETWEEN ? AND ? AND kind = 'cash_entry_made' GROUP BY 1, 2, 3",
        3,
    )
    return tuple(Money(*what, *sums) for what, sums in sorted(found.items()))


def _troubles(reader: Reader, spans: Sequence[sqlite3.Row]) -> tuple[Trouble, ...]:
    found = _summed(
        reader,
        spans,
        "SELECT substr(subject, 8), json_extract(payload, '$.part'), json_extract(payload, '$.state'), count(*)"
        " FROM journal WHERE seq BETWEEN ? AND ? AND kind = 'device_trouble'"
        " AND json_extract(payload, '$.state') <> 'ok' GROUP BY 1, 2, 3",
        3,
    )
    return tuple(Trouble(*what, *count) for what, count in sorted(found.items(), key=lambda item: -item[1][0]))


def _heads(reader: Reader, span: sqlite3.Row) -> list[Head]:
    """Signed within the day, and the first one after it, which covers its end."""
    rows = reader.execute(
        "SELECT seq, hash, signature FROM signed_head WHERE seq >= ? ORDER BY seq", (span["first_seq"],)
    )
    found: list[Head] = []
    for row in rows:
        found.append(Head(row["seq"], bytes(row["hash"]).hex(), bytes(row["signature"]).hex()))
        if row["seq"] >= span["last_seq"]:
            break
    return found
