"""Lots for the treasury (lots financiers): what they are, which states they go through, and what must stay in sum.

A closing establishes a lot (V0). The head cashier sends what is right (V1) and holds back, with a code, what is not
(R1): what was established is what was sent and what was held back, in number and in sum (requirements B.11:
V0 = V1 + R1). The treasury takes a lot (V2) or refuses it with a code (R2). What was held back or refused is put right
(C1) as a new lot in its place; an amount is never typed again, only the account may be another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from typing import Any, ClassVar, Literal

from hub import spreadsheet
from hub.chain import canonical_json
from hub.errors import IllegalStep, Refused, Unreadable
from hub.journal import Event
from hub.services.cash import closings
from hub.services.cash.model import CashEntry, Closing, Office

LotState = Literal["V0", "V1", "R1", "V2", "R2", "C1", "V3", "V3BIS"]
#: state → step → state.
STEPS: dict[LotState, dict[str, LotState]] = {
    "V0": {"validate": "V1", "reject": "R1"},
    "V1": {"take": "V2", "refuse": "R2"},
    "R1": {"correct": "C1"},
    "R2": {"correct": "C1"},
    "V2": {"settle": "V3", "settle_back": "V3BIS"},
    "C1": {},
    "V3": {},
    "V3BIS": {},
}
#: Why a line is held back: no such payer, the wrong account, came back unpaid, contested, looked into.
CODES = ("unknown_payer", "wrong_account", "unpaid", "contested", "looked_into")
CSV_HEAD = ("piece", "date", "compte", "debit", "credit", "devise", "libelle")


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a lot: an operation of the till with the public, money in less money out. It names nobody."""

    receipt: str
    account: str
    tender: str
    amount: int
    label: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot. `message`: of the outbox, once it was sent; `replaces`: the lot in whose place it stands."""

    reference: str
    till: str
    closing: int
    date: str
    state: LotState
    items: tuple[Item, ...]
    closing_hash: str
    message: int | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    code: str | None = None
    motive: str | None = None
    at: int = 0

    @property
    def sum(self) -> int:
        """What its lines come to, in francs."""
        return sum(each.amount for each in self.items)


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LotEvent(Event):
    """Something about a lot."""

    lot: str

    @property
    def subject(self) -> str:
        """Its reference."""
        return f"lot {self.lot}"


@dataclass(frozen=True, slots=True)
class TreasuryLotMade(LotEvent):
    """A lot was established: of a closing, of what was held back of another (`state` R1), or in the place of one."""

    kind: ClassVar[str] = "treasury_lot_made"
    till: str
    closing: int
    date: str
    state: LotState
    #: (receipt, account, tender, amount, label, code) of each.
    items: tuple[tuple[str, str, str, int, str, str], ...]
    closing_hash: str
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class TreasuryLotSent(LotEvent):
    """The head cashier sends it (V1): these lines, by receipt; the others are held back as a lot of their own."""

    kind: ClassVar[str] = "treasury_lot_sent"
    receipts: tuple[str, ...]
    message: int


@dataclass(frozen=True, slots=True)
class TreasuryLotHeldBack(LotEvent):
    """Nothing of it is sent (R1)."""

    kind: ClassVar[str] = "treasury_lot_held_back"


@dataclass(frozen=True, slots=True)
class TreasuryLotTaken(LotEvent):
    """The treasury has booked it (V2)."""

    kind: ClassVar[str] = "treasury_lot_taken"


@dataclass(frozen=True, slots=True)
class TreasuryLotRefused(LotEvent):
    """The treasury will not have it (R2)."""

    kind: ClassVar[str] = "treasury_lot_refused"
    code: str


@dataclass(frozen=True, slots=True)
class TreasuryLotCorrected(LotEvent):
    """It was put right (C1): another lot stands in its place."""

    kind: ClassVar[str] = "treasury_lot_corrected"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"motive"})
    by: str
    motive: str | None = None


@dataclass(frozen=True, slots=True)
class TreasuryLotSettled(LotEvent):
    """Its balance was paid: by us (V3), or to us (V3BIS)."""

    kind: ClassVar[str] = "treasury_lot_settled"
    state: LotState


# --- rules -----------------------------------------------------------------------------------


def step(lot: Lot, name: str) -> LotState:
    """The state a step leads to. Raises IllegalStep naming the steps there are."""
    steps = STEPS[lot.state]
    if name not in steps:
        raise IllegalStep(f"lot {lot.reference} is {lot.state}: {name} is not possible now", code="lot_state",
                          lot=lot.reference, state=lot.state, possible=sorted(steps))  # fmt: skip
    return steps[name]


def items_of(entries: Iterable[CashEntry]) -> tuple[Item, ...]:
    """The lines of a closing's lot: its operations with the public, as the till has booked them."""
    return tuple(
        Item(each.receipt, each.account, each.tender, closings.signed(each), each.label)
        for each in entries
        if closings.is_public(each)
    )


def controlled(items: Iterable[Item], number: int, total: int, office: Office) -> None:
    """The sender's own controls. Raises Refused where number, sum or an account do not agree."""
    found = tuple(items)
    if (len(found), sum(each.amount for each in found)) != (number, total):
        raise Refused("the lot is not what the closing says", code="lot_differs", number=number, total=total)
    if unknown := {each.account for each in found} - set(office.accounts.values()):
        raise Refused(f"no such account: {', '.join(sorted(unknown))}", code="lot_account")


def split(items: Iterable[Item], held: Mapping[str, str]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """What is sent, and what is held back with its code (`held`: by receipt). Raises Unreadable, Refused."""
    found = tuple(items)
    if unknown := held.keys() - {each.receipt for each in found}:
        raise Unreadable(f"not in this lot: {', '.join(sorted(unknown))}", code="lot_item", field="receipt")
    if wrong := set(held.values()) - set(CODES):
        raise Unreadable(f"no such code: {', '.join(sorted(wrong))}", code="lot_code", field="code")
    sent = tuple(each for each in found if each.receipt not in held)
    back = tuple(replace(each, code=held[each.receipt]) for each in found if each.receipt in held)
    conserved(found, sent, back)
    return sent, back


def conserved(whole: Iterable[Item], *parts: Iterable[Item]) -> None:
    """Raise Refused unless the parts are the whole, in number and in sum (V0 = V1 + R1)."""
    all_of, some = tuple(whole), [each for part in parts for each in part]
    same = sorted(each.receipt for each in all_of) == sorted(each.receipt for each in some)
    if not same or sum(each.amount for each in all_of) != sum(each.amount for each in some):
        raise Refused("what was established is not what was sent and held back", code="lot_not_conserved")


def corrected(lot: Lot, accounts: Mapping[str, str], office: Office) -> tuple[Item, ...]:
    """The lines of the lot in its place: other accounts where some are named, never amounts. Raises Unreadable."""
    if unknown := accounts.keys() - {each.receipt for each in lot.items}:
        raise Unreadable(f"not in this lot: {', '.join(sorted(unknown))}", code="lot_item", field="receipt")
    if wrong := set(accounts.values()) - set(office.accounts.values()):
        raise Unreadable(f"no such account: {', '.join(sorted(wrong))}", code="lot_account", field="account")
    return tuple(replace(each, account=accounts.get(each.receipt, each.account), code="") for each in lot.items)


def reference_of(agency: str, closing: Closing) -> str:
    """The common reference of everything about a closing: `CNSS-BZV-SIEGE-2013-C01-000012` (R-311)."""
    return f"{agency}-{closing.date[:4]}-{closing.till}-{closing.z:06d}"


def next_reference(known: Iterable[str], base: str, mark: str) -> str:
    """`…-R1`, `…-C1`, `…-C2`: the next one of a closing's lots (`base`) that nobody has."""
    taken = set(known)
    return next(name for n in count(1) if (name := f"{base}-{mark}{n}") not in taken)


# --- what travels ----------------------------------------------------------------------------


def journal(items: Iterable[Item], office: Office) -> tuple[tuple[str, int, int], ...]:
    """(account, debit, credit) of the entry that some lines propose, balanced (requirements C.3)."""
    by_tender: dict[str, int] = {}
    by_account: dict[str, int] = {}
    for each in items:
        by_tender[each.tender] = by_tender.get(each.tender, 0) + each.amount
        by_account[each.account] = by_account.get(each.account, 0) + each.amount
    return closings.journal_of({"by_tender": by_tender, "by_account": by_account}, office)


def csv_of(lot: Lot, entry: Iterable[tuple[str, int, int]]) -> str:
    """The same entry as a spreadsheet reads it: one piece number, one line an account."""
    lines = [
        (lot.reference, lot.date, account, debit, credit, "XAF", f"ARRETE {lot.till} {lot.date}")
        for account, debit, credit in entry
    ]
    return spreadsheet.written((CSV_HEAD, *lines), marked=False)


def payload(lot: Lot, closing: Closing, office: Office) -> dict[str, Any]:
    """What the treasury hears: lines, a balanced entry, control totals, one reference; nobody is named.

    `first`, `last`, `counted` and `gap` are the closing's; `closing` its hash. `sha256` covers the lines.
    """
    entry = journal(lot.items, office)
    lines = [
        {"receipt": each.receipt, "account": each.account, "tender": each.tender, "amount": each.amount,
         "label": each.label} for each in lot.items
    ]  # fmt: skip
    return {
        "reference": lot.reference, "replaces": lot.replaces, "type": "ARRETE_CAISSE", "till": lot.till,
        "date": lot.date, "currency": "XAF", "first": closing.first, "last": closing.last,
        "counted": closing.counted, "gap": closing.gap, "closing": lot.closing_hash,
        "items": len(lot.items), "sum": lot.sum, "lines": lines, "sha256": digest(lines),
        "entry": [{"account": account, "debit": debit, "credit": credit} for account, debit, credit in entry],
        "debit": sum(debit for _, debit, _ in entry), "credit": sum(credit for _, _, credit in entry),
        "csv": csv_of(lot, entry),
    }  # fmt: skip


def digest(lines: list[dict[str, Any]]) -> str:
    """SHA-256 of the lines in their one spelling."""
    return sha256(canonical_json(lines).encode()).hexdigest()
