"""Collections prepared at another counter: what is to be paid is written down there, and waits at the till (R-030).

It belongs to a visit and to a day. The cashier checks it and takes the money without typing it again; whoever changes
or drops it says why; what nobody came to pay is over with its day. It is no entry of a till and has no number there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hub.errors import IllegalStep, Refused, Unreadable, written
from hub.journal import Event
from hub.services.cash.model import Operation, PaidPeriod, Payer, PayerKind
from hub.services.cash.rules import Draft

#: A_ENCAISSER · ENCAISSE · ABANDONNE · EXPIRE.
PreparedState = Literal["waiting", "cashed", "dropped", "expired"]
STEPS: dict[PreparedState, dict[str, PreparedState]] = {
    "waiting": {"revise": "waiting", "cash": "cashed", "drop": "dropped", "expire": "expired"},
    "cashed": {"reopen": "waiting"},
    "dropped": {},
    "expired": {},
}
WORD_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Prepared:
    """One of them. `agent` prepared it, `ticket` is the visit's row; personal fields are None once they are purged."""

    id: int
    date: str
    ticket: int
    ticket_label: str
    counter: str
    agent: str | None
    operation: Operation
    payer_kind: PayerKind
    lines: tuple[PaidPeriod, ...]
    amount: int
    label: str
    state: PreparedState
    at: int
    receipt: str | None = None
    party: str | None = None
    payer: str | None = None
    payer_number: str | None = None
    word: str | None = None

    @property
    def who(self) -> Payer:
        """Whoever pays, as they were named at the other counter."""
        return Payer(self.payer_kind, self.payer or "", self.payer_number or "", self.party)


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PreparedEvent(Event):
    """Something about a prepared collection."""

    prepared: int

    @property
    def subject(self) -> str:
        """Its number."""
        return f"prepared {self.prepared}"


@dataclass(frozen=True, slots=True)
class CollectionPrepared(PreparedEvent):
    """Somebody will pay this at the till. Who is private; `lines` are (period, amount, flag)."""

    kind: ClassVar[str] = "collection_prepared"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "payer", "payer_number"})
    date: str
    ticket: int
    ticket_label: str
    counter: str
    operation: Operation
    payer_kind: PayerKind
    lines: tuple[tuple[str, int, str], ...]
    amount: int
    label: str
    party: str | None = None
    payer: str | None = None
    payer_number: str | None = None


@dataclass(frozen=True, slots=True)
class CollectionRevised(PreparedEvent):
    """Something else is to be paid than what was written down first, and why."""

    kind: ClassVar[str] = "collection_revised"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"word"})
    operation: Operation
    lines: tuple[tuple[str, int, str], ...]
    amount: int
    label: str
    word: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedCashed(PreparedEvent):
    """It was paid, by an entry of a till."""

    kind: ClassVar[str] = "prepared_cashed"
    receipt: str


@dataclass(frozen=True, slots=True)
class PreparedReopened(PreparedEvent):
    """Its payment was taken back the same day: it may be paid again."""

    kind: ClassVar[str] = "prepared_reopened"


@dataclass(frozen=True, slots=True)
class PreparedDropped(PreparedEvent):
    """It is not paid after all, and why."""

    kind: ClassVar[str] = "prepared_dropped"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"word"})
    word: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedExpired(PreparedEvent):
    """Its day is over."""

    kind: ClassVar[str] = "prepared_expired"


# --- rules -----------------------------------------------------------------------------------


def step(found: Prepared, name: str) -> PreparedState:
    """The state a step leads to. Raises IllegalStep."""
    steps = STEPS[found.state]
    if name not in steps:
        raise IllegalStep(
            f"prepared {found.id} is {found.state}: {name} is not possible now", code=f"prepared_{found.state}",
            receipt=found.receipt or "",
        )  # fmt: skip
    return steps[name]


def prepare(  # noqa: PLR0913 (what it is made of)
    number: int, draft: Draft, *, date: str, ticket: int, ticket_label: str, counter: str
) -> CollectionPrepared:
    """What is to be paid, for the visit that is here."""
    assert draft.payer is not None
    assert draft.operation is not None
    who = draft.payer
    return CollectionPrepared(
        number, date, ticket, ticket_label, counter, draft.operation, who.kind, _lines(draft), draft.amount,
        draft.label, who.party, who.name, who.number or None,
    )  # fmt: skip


def _lines(draft: Draft) -> tuple[tuple[str, int, str], ...]:
    return tuple((line.period, line.amount, line.flag) for line in draft.lines)


def word(said: str) -> str:
    """Why it is changed or dropped. Raises Unreadable."""
    return written(said, WORD_LENGTH, Unreadable("say why", code="word_needed", field="word"))


def revise(found: Prepared, draft: Draft, said: str) -> CollectionRevised | None:
    """The change from what was prepared to what is wanted now; None where nothing changes.

    Raises IllegalStep, Unreadable `word_needed`.
    """
    step(found, "revise")
    assert draft.operation is not None
    before = tuple((line.period, line.amount) for line in found.lines)
    if (found.operation, before) == (draft.operation, tuple((line.period, line.amount) for line in draft.lines)):
        return None
    return CollectionRevised(found.id, draft.operation, _lines(draft), draft.amount, draft.label, word(said))


def cashable(found: Prepared, at_hand: int | None, date: str) -> None:
    """Raise Refused where it cannot be paid now: of another day, or of another visitor than who stands here.

    `at_hand`: the visit at the cashier's counter, None while nobody is called there.
    """
    step(found, "cash")
    if found.date != date:
        raise Refused(f"it was prepared on {found.date}", code="prepared_expired")
    if at_hand is not None and at_hand != found.ticket:
        raise Refused(f"it was prepared for {found.ticket_label}", code="prepared_other", ticket=found.ticket_label)
