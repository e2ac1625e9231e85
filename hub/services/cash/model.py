"""What a till is, what is written in its journal, and every fact that can happen there.

An entry is never changed: what was wrong is reversed by another. Whose money it was is private; the amount, the
account and the number are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

from hub.journal import Event

#: ESPECES · CHEQUE · VIREMENT · MOBILE_MONEY (requirements B.8).
Tender = Literal["cash", "cheque", "transfer", "mobile_money"]
TENDERS: tuple[Tender, ...] = get_args(Tender)
#: ENCAISSEMENT · DECAISSEMENT · CONTRE_PASSATION · APPRO · VERSEMENT_COFFRE · VERSEMENT_BANQUE · ECART.
Kind = Literal["collection", "disbursement", "reversal", "supply", "to_safe", "to_bank", "difference"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: What the cashier moves between the drawer, the safe and the bank.
MOVES: tuple[Kind, ...] = ("supply", "to_safe", "to_bank")
Direction = Literal["in", "out"]
#: Who pays: an employer, a voluntary insured person, another insured person, somebody else (Type concerné).
PayerKind = Literal["employer", "voluntary", "insured", "other"]
PAYER_KINDS: tuple[PayerKind, ...] = get_args(PayerKind)
#: What is paid: contributions by period, a penalty, an adjustment, benefits paid back, something on its own.
Operation = Literal["contribution", "penalty", "regularisation", "repayment", "isolated"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
#: ARRIERE · COURANT · AVANCE (R-070).
Flag = Literal["arrears", "current", "advance"]
#: OUVERTE · SUSPENDUE · COMPTEE · PROPOSEE · ARRETEE.
SessionState = Literal["open", "suspended", "counted", "proposed", "approved"]
#: A cheque: RECU · REMIS · PAYE · IMPAYE; mobile money and transfers: pending until somebody else says so.
TenderState = Literal["paid", "received", "deposited", "pending", "unpaid"]
#: Why an entry is taken back, and why the drawer is opened without one.
REVERSALS = ("typing", "wrong_payer", "wrong_tender", "payer_changed_mind", "printed_wrong")
DRAWER_REASONS = ("change", "check", "forgotten", "repair")
#: Why a count does not agree.
MOTIVES = ("change", "typing", "missing_coin", "false_note", "unknown")


@dataclass(frozen=True, slots=True)
class Denomination:
    """A note or a coin. 500 is both."""

    value: int
    coin: bool

    @property
    def code(self) -> str:
        """`n500` for the note, `c500` for the coin."""
        return f"{'c' if self.coin else 'n'}{self.value}"


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch of a scheme: its rate, what of it the employee bears, and the monthly ceiling of the wage."""

    name: str
    per_10000: int
    ceiling: int
    employee: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a scheme from a day (ISO) on."""

    scheme: str
    since: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class TillPlace:
    """A till as it is configured: `role` collections, benefits or mixed; more cash than `ceiling` goes to the safe."""

    code: str
    label: str
    counter: str
    role: str = "collections"
    ceiling: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Office:
    """What the agency's tills go by, read from data (`cash.toml`)."""

    tills: tuple[TillPlace, ...]
    denominations: tuple[Denomination, ...]
    accounts: Mapping[str, str]
    rates: tuple[Rates, ...]
    report_from: int = 1
    approve_above: int = 500_000
    life_certificate: str = "0408"
    lines_first: int = 22
    lines_other: int = 28
    #: Those whose counter is gone: they are read, and nobody works them.
    away: tuple[TillPlace, ...] = ()

    @property
    def known(self) -> tuple[TillPlace, ...]:
        """Every till, those that are away last."""
        return (*self.tills, *self.away)

    def till(self, code: str) -> TillPlace | None:
        """The till of that code, if there is one; it may be away."""
        return next((till for till in self.known if till.code == code), None)

    def at_work(self, code: str) -> TillPlace | None:
        """The same, where it has its counter."""
        return next((till for till in self.tills if till.code == code), None)


@dataclass(frozen=True, slots=True)
class PaidPeriod:
    """What one payment pays of one period; `period` empty for what belongs to none."""

    period: str
    amount: int
    flag: Flag = "current"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays. `party` is the ref of a known file; without one the payment is "à rapprocher"."""

    kind: PayerKind
    name: str
    number: str = ""
    party: str | None = None


@dataclass(frozen=True, slots=True)
class Till:
    """A till as its entries have left it. `cash`: what should be in the drawer; the two totals only ever rise."""

    code: str
    seq: int = 0
    head: str = "0" * 64
    cash: int = 0
    total_in: int = 0
    total_out: int = 0
    closings: int = 0
    closing_head: str = "0" * 64


@dataclass(frozen=True, slots=True)
class Session:
    """One cashier's time at one till; `date` is the business date (ISO), fixed when it was opened."""

    id: int
    till: str
    cashier: str
    date: str
    state: SessionState
    opening: int
    at: int
    counted: int | None = None
    motive: str | None = None
    note: str | None = None

    @property
    def works(self) -> bool:
        """Whether money may be taken in it."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class CashEntry:
    """One entry of a till's journal, as it was written. The personal fields are None once they are purged."""

    till: str
    year: int
    number: int
    seq: int
    epoch: int
    session: int
    at: int
    said_at: str
    agency: str
    kind: Kind
    direction: Direction
    amount: int
    tender: Tender
    account: str
    label: str
    hash: str
    operation: str | None = None
    payer_kind: str | None = None
    lines: tuple[PaidPeriod, ...] = ()
    ticket: int | None = None
    reverses: str | None = None
    reason: str | None = None
    approver: str | None = None
    tendered: int | None = None
    change: int | None = None
    agent: str | None = None
    party: str | None = None
    payer: str | None = None
    payer_number: str | None = None
    details: str | None = None
    statement: str | None = None
    #: How it stands now; these may still change.
    copies: int = 0
    reversed_by: str | None = None
    tender_state: TenderState = "paid"

    @property
    def receipt(self) -> str:
        """Its number as it is printed: `C01-2013-000183`."""
        return receipt(self.till, self.year, self.number)

    @property
    def counts(self) -> bool:
        """Whether the money is still the fund's: neither taken back nor come back unpaid."""
        return self.reversed_by is None and self.tender_state != "unpaid"


@dataclass(frozen=True, slots=True)
class Count:
    """Money counted: how many of each denomination, by code. `expected` is what the journal said at that moment."""

    id: int
    session: int
    purpose: str
    pieces: Mapping[str, int]
    total: int
    expected: int
    agent: str | None
    at: int


@dataclass(frozen=True, slots=True)
class ReversalAsk:
    """A cashier asks that an entry be taken back; another person decides."""

    id: int
    till: str
    year: int
    number: int
    reason: str
    state: str
    agent: str
    at: int


@dataclass(frozen=True, slots=True)
class Closing:
    """A closing (arrêté de caisse). `z` counts a till's closings without a gap; totals are those of the session."""

    id: int
    till: str
    session: int
    date: str
    z: int
    first: int | None
    last: int | None
    count: int
    opening: int
    expected: int
    counted: int
    totals: Mapping[str, Any]
    total_in: int
    total_out: int
    previous: str
    hash: str
    cashier: str
    approver: str
    agency: str
    head: str
    said_at: str
    at: int
    motive: str | None = None
    note: str | None = None
    copies: int = 0

    @property
    def gap(self) -> int:
        """What was counted more than expected; less than nothing where something is missing."""
        return self.counted - self.expected


@dataclass(frozen=True, slots=True)
class PeriodClosing:
    """A month (`2013-03`) or a year (`2013`) of a till closed: its grand totals, and the perpetual ones at its end."""

    till: str
    period: str
    first_z: int
    last_z: int
    count: int
    total: int
    gap: int
    total_in: int
    total_out: int
    agency: str
    said_at: str
    agent: str
    previous: str
    hash: str


def receipt(till: str, year: int, number: int) -> str:
    """A number as it is printed: `C01-2013-000183`."""
    return f"{till}-{year}-{number:06d}"


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TillEvent(Event):
    """Something at a till."""

    till: str

    @property
    def subject(self) -> str:
        """The till."""
        return f"till {self.till}"


@dataclass(frozen=True, slots=True)
class TillSessionOpened(TillEvent):
    """A cashier counted the float and begins. `expected`: what the closing before left in the drawer."""

    kind: ClassVar[str] = "till_session_opened"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"motive"})
    session: int
    date: str
    pieces: str
    opening: int
    expected: int
    motive: str | None = None


@dataclass(frozen=True, slots=True)
class TillSessionSuspended(TillEvent):
    """The cashier steps away; nothing is taken meanwhile."""

    kind: ClassVar[str] = "till_session_suspended"
    session: int


@dataclass(frozen=True, slots=True)
class TillSessionResumed(TillEvent):
    """The cashier is back."""

    kind: ClassVar[str] = "till_session_resumed"
    session: int


@dataclass(frozen=True, slots=True)
class TillCounted(TillEvent):
    """The drawer was counted, before what should be there was told: by surprise, or for the closing."""

    kind: ClassVar[str] = "till_counted"
    count: int
    session: int
    purpose: str
    pieces: str
    total: int
    expected: int


@dataclass(frozen=True, slots=True)
class DrawerOpened(TillEvent):
    """The drawer was opened: with the entry that needed it, or without one and for a reason.

    `job` is the print job of its pulse; `again`: that job was taken once more, so the pulse may have come twice.
    """

    kind: ClassVar[str] = "drawer_opened"
    session: int
    reason: str
    entry: str | None = None
    job: int | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class CashEntryMade(TillEvent):
    """An entry of the till's journal, chained to the one before. Who paid, and with which cheque, is private."""

    kind: ClassVar[str] = "cash_entry_made"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "payer", "payer_number", "details", "statement"})
    year: int
    number: int
    seq: int
    epoch: int
    session: int
    said_at: str
    agency: str
    what: Kind
    direction: Direction
    amount: int
    tender: Tender
    account: str
    label: str
    hash: str
    #: How the tender begins: `paid` for cash.
    tender_state: TenderState = "paid"
    operation: str | None = None
    payer_kind: str | None = None
    #: (period, amount, flag) of each.
    lines: tuple[tuple[str, int, str], ...] = ()
    ticket: int | None = None
    reverses: str | None = None
    reason: str | None = None
    approver: str | None = None
    tendered: int | None = None
    change: int | None = None
    party: str | None = None
    payer: str | None = None
    payer_number: str | None = None
    details: str | None = None
    statement: str | None = None

    @property
    def receipt(self) -> str:
        """Its number as it is printed."""
        return receipt(self.till, self.year, self.number)


@dataclass(frozen=True, slots=True)
class ReceiptPrinted(TillEvent):
    """A receipt was printed: `copy` 0 the first time, later ones say DUPLICATA."""

    kind: ClassVar[str] = "receipt_printed"
    year: int
    number: int
    copy: int


@dataclass(frozen=True, slots=True)
class TenderSettled(TillEvent):
    """What became of a cheque, a transfer or mobile money. An unpaid one opens the debt again."""

    kind: ClassVar[str] = "tender_settled"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"reference"})
    year: int
    number: int
    state: TenderState
    reference: str | None = None

    @property
    def receipt(self) -> str:
        """The receipt that was given for it."""
        return receipt(self.till, self.year, self.number)


@dataclass(frozen=True, slots=True)
class ReversalAsked(TillEvent):
    """The cashier asks that an entry be taken back."""

    kind: ClassVar[str] = "reversal_asked"
    ask: int
    year: int
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReversalDecided(TillEvent):
    """Another person took it back, or did not."""

    kind: ClassVar[str] = "reversal_decided"
    ask: int
    granted: bool


@dataclass(frozen=True, slots=True)
class ClosingProposed(TillEvent):
    """The cashier has counted, explained a difference, and asks that the session be closed."""

    kind: ClassVar[str] = "closing_proposed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"note"})
    session: int
    counted: int
    expected: int
    motive: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ClosingRefused(TillEvent):
    """Another person wants it counted again."""

    kind: ClassVar[str] = "closing_refused"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"note"})
    session: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ClosingApproved(TillEvent):
    """A session is closed by another person, with its totals, chained to the till's closing before."""

    kind: ClassVar[str] = "closing_approved"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"note"})
    closing: int
    session: int
    date: str
    z: int
    count: int
    opening: int
    expected: int
    counted: int
    totals: str
    total_in: int
    total_out: int
    previous: str
    hash: str
    cashier: str
    agency: str
    head: str
    said_at: str
    first: int | None = None
    last: int | None = None
    motive: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ClosingPrinted(TillEvent):
    """A closing was printed."""

    kind: ClassVar[str] = "closing_printed"
    closing: int
    copy: int


@dataclass(frozen=True, slots=True)
class PeriodClosed(TillEvent):
    """A month or a year of a till is closed: grand totals over its closings, chained to the period before."""

    kind: ClassVar[str] = "period_closed"
    period: str
    first_z: int
    last_z: int
    count: int
    total: int
    gap: int
    total_in: int
    total_out: int
    agency: str
    said_at: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class PeriodPrinted(TillEvent):
    """The closing of a month or a year was printed."""

    kind: ClassVar[str] = "period_printed"
    period: str
    copy: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a session cannot be closed yet: the word of a sentence (`against_WORD`) and what fills it."""

    word: str
    facts: Mapping[str, object] = field(default_factory=dict)
