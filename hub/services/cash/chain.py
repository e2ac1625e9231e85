"""The chain of a till: each entry's hash covers all that it says and the hash before it (requirements C.4, version 2).

    2|AGENCY|TILL|NUMBER|TIME|KIND|ACCOUNT|AMOUNT|XAF|LABEL|REST  and, at once after it, the hash before (64 digits)

in UTF-8, its SHA-256 in hexadecimal. REST is the canonical JSON of whatever else an entry says (tender, session,
periods, …), nothing where it says nothing else. So an entry can be checked with a pencil's worth of program and no
database of ours. What names a person is not in it: the hub's own journal covers that, and it can be purged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hub.chain import canonical_json
from hub.money import MOST
from hub.series import BLOCK

GENESIS = "0" * 64
#: The words of the seed's ledgers, as they stand in the chain.
CODES = {
    "collection": "ENC", "disbursement": "DEC", "reversal": "CTP", "supply": "APP", "to_safe": "COF", "to_bank": "BAN",
    "difference": "ECA",
}  # fmt: skip
#: What the fixed part does not say.
REST = (
    "year", "seq", "epoch", "session", "direction", "tender", "operation", "payer_kind", "lines", "ticket", "reverses",
    "reason", "approver", "tendered", "change", "agent",
)  # fmt: skip

#: What a closing says.
CLOSED = (
    "agency", "till", "session", "date", "z", "first", "last", "count", "opening", "expected", "counted", "totals",
    "total_in", "total_out", "cashier", "approver", "motive", "head", "said_at",
)  # fmt: skip

#: What the closing of a month or a year says.
PERIOD = (
    "agency", "till", "period", "first_z", "last_z", "count", "total", "gap", "total_in", "total_out", "said_at",
    "agent",
)  # fmt: skip


def canonical(entry: Mapping[str, Any]) -> str:
    """What an entry says, in one spelling. Raises KeyError for a kind that does not exist."""
    rest = {name: entry[name] for name in REST if entry.get(name) not in (None, (), [])}
    said = (
        "2", entry["agency"], entry["till"], str(entry["number"]), entry["said_at"], CODES[entry["kind"]],
        entry["account"], str(entry["amount"]), "XAF", entry["label"],
    )  # fmt: skip
    return f"{'|'.join(said)}|{canonical_json(rest) if rest else ''}"


def digest(entry: Mapping[str, Any], previous: str) -> str:
    """The hash of an entry that follows `previous`."""
    return hashlib.sha256(f"{canonical(entry)}{previous}".encode()).hexdigest()


def closing_digest(closing: Mapping[str, Any], previous: str) -> str:
    """The hash of a closing: of the closing before, the till's last entry (`head`), and all that it says."""
    said = {name: closing[name] for name in CLOSED}
    return hashlib.sha256(f"{canonical_json(said)}{previous}".encode()).hexdigest()


def period_digest(closing: Mapping[str, Any], previous: str) -> str:
    """The hash of the closing of a month or a year: of the period before, and all that it says."""
    said = {name: closing[name] for name in PERIOD}
    return hashlib.sha256(f"{canonical_json(said)}{previous}".encode()).hexdigest()


def said_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as the chain reads it, from its row."""
    return dict(row) | {"lines": json.loads(row["lines"]) if row["lines"] else []}


def faults(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every break in the entries of one till, in their order, each naming the number; nothing when all is whole.

    Numbers rise by one within a year; after a restored backup (a higher epoch) they go on in the next block.
    """
    previous, last = GENESIS, None
    for seq, row in enumerate(rows, 1):
        name = f"till {row['till']}: N° {row['number']} of {row['year']}"
        expected = _number_after(last, row)
        if row["number"] != expected or row["seq"] != seq:
            yield f"{name}: N° {expected} should stand here"
        if not _is_whole(row, previous):
            yield f"{name} was altered"
        previous, last = str(row["hash"]), row


def _number_after(last: Mapping[str, Any] | None, row: Mapping[str, Any]) -> int:
    if last is None or last["year"] != row["year"]:
        # the first of a year; where a backup was restored before it, the first of some block
        return row["number"] if row["epoch"] > 1 and row["number"] % BLOCK == 1 else 1
    if last["epoch"] != row["epoch"]:
        return int((last["number"] // BLOCK + 1) * BLOCK + 1)
    return int(last["number"]) + 1


def _is_whole(row: Mapping[str, Any], previous: str) -> bool:
    try:
        return bool(digest(said_of(row), previous) == row["hash"]) and 0 < int(row["amount"]) <= MOST
    except (KeyError, TypeError, ValueError):  # a value that no entry can have
        return False
