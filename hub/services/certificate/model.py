"""What a certificate is, what a kind of it asks for, and every fact that can happen to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from hub.journal import Event

State = Literal["issued", "cancelled", "expired"]
#: Why one is taken back; `unpaid` is a cheque that came back.
REASONS = ("mistake", "wrong_person", "changed", "unpaid", "request")
TENDERS = ("cash", "cheque", "transfer", "mobile_money")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of certificate, as a file of `certificates/` describes it. A new one changes no line of Python.

    `text` is what it attests, by language, with the blanks of `rules.BLANKS`; `of` is whom it is about, `person` or
    `employer`; `fields` and `tabs` are what it takes from the file and prints;
    `conditions` are names of `rules.CONDITIONS`; it holds `months`, or `months_by_periodicity` of the employer, or
    for ever; `due_days` after a period's end it should have been paid. `layout` is its typst file, `order` its place.
    """

    code: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    of: Literal["person", "employer"]
    fields: tuple[str, ...]
    tabs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    months: int | None = None
    months_by_periodicity: Mapping[str, int] = field(default_factory=dict)
    due_days: int = 15
    layout: str = "statement.typ"
    order: int = 50
    withdrawn: bool = False

    def called(self, language: str) -> str:
        """Its title in a language; the first it has where that one is missing."""
        return self.title.get(language) or next(iter(self.title.values()))

    def attests(self, language: str) -> str:
        """Its text in a language; the first it has where that one is missing."""
        return self.text.get(language) or next(iter(self.text.values()))


@dataclass(frozen=True, slots=True)
class File:
    """A person's or employer's file as far as a certificate looks into it.

    `hidden` names the fields and tabs that the agent may not see; `present` says that the visitor stands here.
    """

    person: bool
    fields: Mapping[str, Any]
    tabs: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    data_of: int | None = None
    present: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money taken at a till that central data do not know yet: it may cover what they still call owed."""

    number: str
    amount: int
    tender: str
    paid: bool = False

    @property
    def reserved(self) -> bool:
        """Whether it may still turn out not to be money: all but cash, until somebody says that it was paid."""
        return self.tender != "cash" and not self.paid


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a certificate cannot be given: the word of a sentence (`refused_WORD`) and what fills it."""

    word: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate as it is kept. `valid_until` None: without end; `snapshot` None once it is purged.

    `statement` is what its QR says, `code` the short form that is typed; dates are ISO.
    """

    id: int
    label: str
    what: str
    party: str | None
    snapshot: Mapping[str, Any] | None
    statement: str | None
    code: str
    issued_on: str
    valid_until: str | None
    ticket: int | None
    agent: str | None
    at: int
    receipt: str | None = None
    copies: int = 0
    cancelled: str | None = None

    def state(self, today: str) -> State:
        """On a day (ISO)."""
        if self.cancelled:
            return "cancelled"
        return "expired" if self.valid_until and self.valid_until < today else "issued"


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CertificateEvent(Event):
    """Something about a certificate."""

    certificate: int

    @property
    def subject(self) -> str:
        """The certificate's row."""
        return f"certificate {self.certificate}"


@dataclass(frozen=True, slots=True)
class CertificateIssued(CertificateEvent):
    """A certificate was given its number and signed. Whom it is about, and what it says, is private."""

    kind: ClassVar[str] = "certificate_issued"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "snapshot", "statement"})
    label: str
    year: int
    number: int
    epoch: int
    what: str
    code: str
    issued_on: str
    valid_until: str | None = None
    ticket: int | None = None
    receipt: str | None = None
    party: str | None = None
    snapshot: str | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True)
class CertificatePrinted(CertificateEvent):
    """It was printed: `copy` 0 the first time, later ones say DUPLICATA."""

    kind: ClassVar[str] = "certificate_printed"
    copy: int


@dataclass(frozen=True, slots=True)
class TillReceiptNoted(Event):
    """A till has taken contributions that central data do not know yet: they may cover what is owed."""

    kind: ClassVar[str] = "till_receipt_noted"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party"})
    receipt: str
    amount: int
    tender: str
    reserved: bool
    party: str | None = None

    @property
    def subject(self) -> str:
        """The receipt."""
        return f"receipt {self.receipt}"


@dataclass(frozen=True, slots=True)
class TillReceiptSettled(Event):
    """It turned out to be money, or not: then whatever was given under its reserve is cancelled beside it."""

    kind: ClassVar[str] = "till_receipt_settled"
    receipt: str
    paid: bool

    @property
    def subject(self) -> str:
        """The receipt."""
        return f"receipt {self.receipt}"


@dataclass(frozen=True, slots=True)
class CertificateCancelled(CertificateEvent):
    """It counts no more. The note may name somebody."""

    kind: ClassVar[str] = "certificate_cancelled"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"note"})
    reason: str
    note: str | None = None
