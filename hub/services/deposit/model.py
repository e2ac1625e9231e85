"""What a deposit is: the fund's lists, what a clerk has typed so far, the register, and every fact that can happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

from hub.journal import Event

# --- the lists -------------------------------------------------------------------------------

#: APERIODIQUE is none; MENSUELLE, TRIMESTRIELLE, SEMESTRIELLE, ANNUELLE.
Period = Literal["month", "quarter", "half", "year"]
#: Assuré, ayant droit, employeur.
ConcernedType = Literal["insured_person", "dependant", "employer"]
CONCERNED_TYPES: tuple[ConcernedType, ...] = get_args(ConcernedType)
#: Copies of one document (R-042).
MOST_COPIES = 99
Words = Mapping[str, str]


def called(words: Words, language: str) -> str:
    """A name in a language; the first it has where that one is missing."""
    return words.get(language) or next(iter(words.values()))


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A kind of document (type de pièce), as `document_types.toml` describes it; a new one changes no Python.

    `issue`: whether its date of issue must be given; it holds `months` from there, or says itself until when
    (`own_expiry`), or for ever. A periodic one covers one of `periods`. `printed`: what papers call it.

    `owed_by`: who owes it for each period, a role of central data or a circumstance of the household; `asked` says
    whether `during` the period or `after` its end; `in_person`: seeing the person is enough (certificate of life).
    """

    code: str
    label: Words
    issue: Literal["required", "optional"] = "required"
    months: int | None = None
    own_expiry: bool = False
    periods: tuple[Period, ...] = ()
    printed: Words = field(default_factory=dict)
    owed_by: tuple[str, ...] = ()
    asked: Literal["during", "after"] = "during"
    in_person: bool = False
    withdrawn: bool = False

    def on_paper(self, language: str) -> str:
        """What papers call it."""
        return self.printed.get(language) or called(self.label, language)


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What an event's list depends on: a tick (`yes`) or a number (`count`), and how it is asked."""

    kind: Literal["yes", "count"]
    ask: Words


@dataclass(frozen=True, slots=True)
class Expected:
    """A document that an event asks for: one of `any`, in `copies`, for each of `per`, if `when`."""

    any: tuple[str, ...]
    copies: int = 1
    per: str = ""
    when: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """Why documents are handed in (événement), and what is expected then; `of`: about whom it can be."""

    code: str
    label: Words
    expects: tuple[Expected, ...]
    of: tuple[ConcernedType, ...] = CONCERNED_TYPES
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Lists:
    """All of an agency's lists."""

    types: Mapping[str, DocumentType]
    events: Mapping[str, LifeEvent]
    circumstances: Mapping[str, Circumstance]

    def event_for(self, document: str, person: str) -> str | None:
        """The event that asks somebody for a document alone, else the first that asks for it among others."""
        asking = [
            each for each in self.events.values()
            if person in each.of and any(document in wanted.any for wanted in each.expects)
        ]  # fmt: skip
        return min(asking, key=lambda each: len(each.expects)).code if asking else None

    def asked_of(self, event: str) -> tuple[str, ...]:
        """The circumstances that an event's list depends on, in the order of the file."""
        named = {name for each in self.events[event].expects for name in (each.per, each.when) if name}
        return tuple(name for name in self.circumstances if name in named)


# --- what is typed ---------------------------------------------------------------------------

#: Original, copie, copie légalisée, électronique.
CopyKind = Literal["original", "copy", "legalised", "electronic"]
COPY_KINDS: tuple[CopyKind, ...] = get_args(CopyKind)
#: How it came: across the counter, left at reception, by mail, online. Whoever is not there comes for the paper later.
Channel = Literal["counter", "left", "mail", "online"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
ID_TYPES = (
    "identity_card", "passport", "resident_card", "driving_licence", "fund_card", "consular_card", "id_receipt",
    "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list of documents, as typed: texts. `there` says that it lies on the counter."""

    document: str
    there: bool = False
    issued: str = ""
    valid: str = ""
    copies: str = ""
    copy_kind: str = "copy"
    about: str = ""
    period: str = ""
    motive: str = ""
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """An event of somebody, the circumstances that were said, and the rows of its list."""

    event: str
    circumstances: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """A periodic document that somebody has not brought for a period; `late`: it should have been here."""

    type: str
    period: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Concerned:
    """Somebody whom documents are about: a file (`party`), or a number and a name that no file has yet.

    `owes`: the periodic documents that their file has them owe, None until it was read.
    """

    type: str = "insured_person"
    number: str = ""
    name: str = ""
    party: str | None = None
    reasons: tuple[Reason, ...] = ()
    owes: tuple[Owed, ...] | None = None


@dataclass(frozen=True, slots=True)
class Depositor:
    """Who hands the documents in: they may be somebody else than the persons concerned."""

    name: str = ""
    quality: str = "self"
    id_type: str = "identity_card"
    id_number: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that was typed so far."""

    depositor: Depositor = Depositor()
    category: str = "simple"
    concerned: tuple[Concerned, ...] = ()


# --- the register ----------------------------------------------------------------------------

#: BROUILLON · DEPOSE · VALIDE · PARTIEL · REJETE · TRANSMIS · ANNULE.
State = Literal["draft", "deposited", "validated", "partial", "rejected", "transmitted", "cancelled"]
#: (SAISI is a row of a draft) · DEPOSE · VALIDE · REJETE · A_COMPLETER · INTEGRE · ANOMALIE.
DocumentState = Literal["deposited", "validated", "rejected", "to_complete", "integrated", "anomaly"]
Outcome = Literal["validate", "reject", "ask"]
#: ILLISIBLE · PERIMEE · NON_CONFORME · MAUVAIS_CONCERNE · DOUBLON · INCOMPLETE · NON_LEGALISEE · AUTRE.
MOTIVES = (
    "illegible", "expired", "not_compliant", "wrong_person", "duplicate", "incomplete", "not_legalised", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deposit:
    """One deposit. Number and label are None while it is a draft; personal fields are None once purged; dates ISO."""

    id: int
    state: State
    label: str | None
    number: int | None
    deposited_on: str | None
    channel: Channel
    category: str
    ticket: int | None
    ticket_label: str | None
    day: int | None
    service: str | None
    counter: str | None
    agent: str | None
    quality: str
    id_type: str
    name: str | None
    id_number: str | None
    typed: str | None
    at: int
    documents: int = 0
    copies: int = 0
    handed: int | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody concerned, as the register keeps them. `asked`: their events with the circumstances that were said."""

    deposit: int
    rank: int
    type: ConcernedType
    asked: Mapping[str, Mapping[str, int]]
    party: str | None = None
    number: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One line of the register: a document of somebody for an event, what it says, and what became of it.

    `forced`: it had expired and was taken all the same, with a motive; `note` is what the validator wrote.
    """

    id: int
    deposit: int
    line: int
    rank: int
    event: str
    type: str
    copy_kind: CopyKind
    copies: int
    expired: bool
    state: DocumentState
    period: str | None = None
    issued_on: str | None = None
    valid_until: str | None = None
    about: str | None = None
    forced: str | None = None
    replaces: int | None = None
    decided_by: str | None = None
    decided_on: str | None = None
    motive: str | None = None
    note: str | None = None
    message: int | None = None


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DepositEvent(Event):
    """Something about a deposit."""

    deposit: int

    @property
    def subject(self) -> str:
        """The deposit's row."""
        return f"deposit {self.deposit}"


@dataclass(frozen=True, slots=True)
class DepositBegun(DepositEvent):
    """Somebody hands documents in, and an agent begins to write them down."""

    kind: ClassVar[str] = "deposit_begun"
    channel: Channel
    ticket: int | None = None
    ticket_label: str | None = None
    day: int | None = None
    service: str | None = None
    counter: str | None = None


@dataclass(frozen=True, slots=True)
class DepositTyped(DepositEvent):
    """What was typed so far, as JSON text: the last word counts, and none of it once the deposit has its number."""

    kind: ClassVar[str] = "deposit_typed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"typed"})
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class DepositAbandoned(DepositEvent):
    """Nothing was deposited after all; it never had a number."""

    kind: ClassVar[str] = "deposit_abandoned"


@dataclass(frozen=True, slots=True)
class DocumentsDeposited(DepositEvent):
    """The deposit has its number: from here on it has an acknowledgement.

    `concerned` holds for each person their type, and their events with the circumstances that were said; `documents`
    for each line the rank of the person, event, type, kind of copy, copies, whether it had expired, the period, and
    which document it replaces; `first` is the row of the first line. Who they are (`persons`: file, number, name) and
    what is written on the documents (`written`: issued, valid until, whom about, motive) follow in the same order.
    """

    kind: ClassVar[str] = "documents_deposited"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"name", "id_number", "persons", "written"})
    label: str
    agency: str
    year: int
    number: int
    epoch: int
    on: str
    category: str
    quality: str
    id_type: str
    first: int
    concerned: tuple[tuple[str, Mapping[str, Mapping[str, int]]], ...]
    documents: tuple[tuple[Any, ...], ...]
    name: str | None = None
    id_number: str | None = None
    persons: tuple[tuple[str | None, ...], ...] | None = None
    written: tuple[tuple[str | None, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class DepositPrinted(DepositEvent):
    """Its acknowledgement was printed, as sheet or slip: `copy` 0 the first time, later ones say DUPLICATA."""

    kind: ClassVar[str] = "deposit_printed"
    copy: int
    printer: str | None = None


@dataclass(frozen=True, slots=True)
class DepositHanded(DepositEvent):
    """Whoever deposited, or came for it later, has the acknowledgement."""

    kind: ClassVar[str] = "deposit_handed"


@dataclass(frozen=True, slots=True)
class DocumentEvent(DepositEvent):
    """Something about one line; `left` is the state of its deposit afterwards."""

    document: int
    left: State


@dataclass(frozen=True, slots=True)
class DocumentValidated(DocumentEvent):
    """It is in order. `message` is the outbox message that says so to the head office."""

    kind: ClassVar[str] = "document_validated"
    on: str
    message: int


@dataclass(frozen=True, slots=True)
class DocumentRejected(DocumentEvent):
    """It is not accepted, and why; the validator's own words may name people."""

    kind: ClassVar[str] = "document_rejected"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"note"})
    on: str
    message: int
    motive: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentAsked(DocumentEvent):
    """Something of it is missing: its person has to bring it."""

    kind: ClassVar[str] = "document_asked"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"note"})
    on: str
    message: int
    motive: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentSupplied(DocumentEvent):
    """What was missing was brought: it waits for its decision again."""

    kind: ClassVar[str] = "document_supplied"


@dataclass(frozen=True, slots=True)
class DecisionUndone(DocumentEvent):
    """A decision of today is taken back."""

    kind: ClassVar[str] = "decision_undone"
    message: int


@dataclass(frozen=True, slots=True)
class DocumentIntegrated(DocumentEvent):
    """The head office's records say it too."""

    kind: ClassVar[str] = "document_integrated"


@dataclass(frozen=True, slots=True)
class DocumentReturned(DocumentEvent):
    """The head office will not have it, and says why in a word of its own."""

    kind: ClassVar[str] = "document_returned"
    reason: str


@dataclass(frozen=True, slots=True)
class DocumentResent(DocumentEvent):
    """What the head office did not take goes to it again as it is: what stood against it was there."""

    kind: ClassVar[str] = "document_resent"


@dataclass(frozen=True, slots=True)
class DepositListPublished(Event):
    """The centre's entries of a list hold from now on. `list`: its name; `entries`: JSON, by code; `letter`: whose."""

    kind: ClassVar[str] = "deposit_list_published"
    list: str
    letter: int
    entries: str

    @property
    def subject(self) -> str:
        """The list."""
        return f"list {self.list}"


@dataclass(frozen=True, slots=True)
class DocumentPutRight(DocumentEvent):
    """What the head office did not take was looked into: it waits for its decision again."""

    kind: ClassVar[str] = "document_put_right"


# --- scans -----------------------------------------------------------------------------------

#: How a scan came: sent from an agent's page, or out of a batch that a scanner left in the watched folder.
ScanSource = Literal["sent", "batch"]
#: Waits to be told whose it is (also of a deposit without a line) · belongs to a line · is of no use.
ScanState = Literal["waiting", "placed", "set_aside"]


@dataclass(frozen=True, slots=True)
class DocumentScan:
    """A file that shows a document (R-020, B.4). `file` is its name on the shelf, None once it was destroyed.

    `flags`: what a PDF could do by itself, were it opened; `name`: what it was called where it came from.
    """

    id: int
    state: ScanState
    sha256: str
    size: int
    media: str
    pages: int
    flags: tuple[str, ...]
    source: ScanSource
    at: int
    deposit: int | None = None
    document: int | None = None
    agent: str | None = None
    file: str | None = None
    name: str | None = None
    handed_on: int | None = None


@dataclass(frozen=True, slots=True)
class ScanEvent(Event):
    """Something about a scan."""

    scan: int

    @property
    def subject(self) -> str:
        """The scan's row."""
        return f"scan {self.scan}"


@dataclass(frozen=True, slots=True)
class ScanKept(ScanEvent):
    """A file is on the shelf. Its hash stays for good, its name there only as long as the file (`file`) may be kept."""

    kind: ClassVar[str] = "scan_kept"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"file", "name"})
    sha256: str
    size: int
    media: str
    pages: int
    source: str
    flags: tuple[str, ...] = ()
    deposit: int | None = None
    document: int | None = None
    file: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ScanPlaced(ScanEvent):
    """Somebody said whose it is; without a line it waits again."""

    kind: ClassVar[str] = "scan_placed"
    deposit: int | None = None
    document: int | None = None


@dataclass(frozen=True, slots=True)
class ScanSetAside(ScanEvent):
    """It shows nothing of use. It is kept all the same, until its time is over."""

    kind: ClassVar[str] = "scan_set_aside"


@dataclass(frozen=True, slots=True)
class ScanOpened(ScanEvent):
    """Somebody was given the file itself."""

    kind: ClassVar[str] = "scan_opened"


@dataclass(frozen=True, slots=True)
class ScanHandedOn(ScanEvent):
    """The document-management system has it, too."""

    kind: ClassVar[str] = "scan_handed_on"
