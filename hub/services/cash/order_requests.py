"""Orders asked of the treasury from a counter (R-022): who, what for and why are said here, the amount never is.

A request goes out by the outbox and comes back as an order, or as a refusal with its code; whoever asked tells the
beneficiary. The order is then paid like any other, once, and by somebody else than who asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from hub.errors import IllegalStep, NotAllowed, Refused, Unreadable, chosen, written
from hub.journal import Event
from hub.services.cash.orders import PaymentOrderReceived

#: ISOLE · IJ · REGULARISATION: what is asked from a counter (R-022); pensions come by themselves.
Asked = Literal["isolated", "daily_allowance", "regularisation"]
ASKED: tuple[Asked, ...] = get_args(Asked)
RequestState = Literal["asked", "granted", "refused", "told", "withdrawn"]
STEPS: dict[RequestState, dict[str, RequestState]] = {
    "asked": {"grant": "granted", "refuse": "refused", "withdraw": "withdrawn"},
    "refused": {"tell": "told"},
    "granted": {},
    "told": {},
    "withdrawn": {},
}
TOPIC = "ordre.demande"
REASON_LENGTH, PERIOD_LENGTH, WORDS_LENGTH = 300, 20, 200
_CODE = re.compile(r"[0-9A-Z][0-9A-Z_-]{0,19}")


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One request. `ref` is what both sides call it; personal fields are None once they are purged."""

    id: int
    ref: str
    nature: Asked
    period: str
    state: RequestState
    agent: str | None
    ticket: int | None
    message: int
    at: int
    order_number: str | None = None
    code: str | None = None
    words: str | None = None
    party: str | None = None
    payee: str | None = None
    payee_number: str | None = None
    reason: str | None = None


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestEvent(Event):
    """Something about a request."""

    request: int

    @property
    def subject(self) -> str:
        """Its row."""
        return f"order_request {self.request}"


@dataclass(frozen=True, slots=True)
class OrderRequested(RequestEvent):
    """Somebody at a counter should be paid something. Who and why is private; `message` is the outbox's."""

    kind: ClassVar[str] = "order_requested"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "payee", "payee_number", "reason"})
    ref: str
    nature: Asked
    period: str
    message: int
    ticket: int | None = None
    party: str | None = None
    payee: str | None = None
    payee_number: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OrderRequestGranted(RequestEvent):
    """The treasury answered by an order."""

    kind: ClassVar[str] = "order_request_granted"
    order: str


@dataclass(frozen=True, slots=True)
class OrderRequestRefused(RequestEvent):
    """The treasury will not pay, and says why by a code and perhaps in words."""

    kind: ClassVar[str] = "order_request_refused"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"words"})
    code: str
    words: str | None = None


@dataclass(frozen=True, slots=True)
class OrderRequestTold(RequestEvent):
    """The beneficiary knows of the refusal."""

    kind: ClassVar[str] = "order_request_told"


@dataclass(frozen=True, slots=True)
class OrderRequestWithdrawn(RequestEvent):
    """It is not wanted any more."""

    kind: ClassVar[str] = "order_request_withdrawn"


# --- rules -----------------------------------------------------------------------------------


def step(found: OrderRequest, name: str) -> RequestState:
    """The state a step leads to. Raises IllegalStep."""
    steps = STEPS[found.state]
    if name not in steps:
        raise IllegalStep(
            f"request {found.ref} is {found.state}: {name} is not possible now", code=f"request_{found.state}",
            order=found.order_number or "",
        )  # fmt: skip
    return steps[name]


def asked(nature: str, period: str, reason: str) -> tuple[Asked, str, str]:
    """What is asked for, for when, and why. Raises Unreadable."""
    what = chosen(nature, ASKED, Unreadable("say what is to be paid", code="nature_needed", field="nature"))
    missing = Unreadable("say why, and by which documents", code="why_needed", field="reason")
    why = written(reason, REASON_LENGTH, missing)
    return what, " ".join(period.split()).upper()[:PERIOD_LENGTH], why


def refusal(said: Mapping[str, Any]) -> tuple[str, str | None]:
    """The code and the words of a refusal as the treasury sent it. Raises Unreadable."""
    code = str(said.get("refused", "")).strip().upper()
    if not _CODE.fullmatch(code):
        raise Unreadable("refused: a code of capitals and digits", code="order_wrong", field="refused")
    return code, " ".join(str(said.get("reason") or "").split())[:WORDS_LENGTH] or None


def answers(order: PaymentOrderReceived, found: OrderRequest) -> bool:
    """Whether an order is the answer to a request; it may say so again. Raises Refused where it is another's."""
    if found.state == "granted" and found.order_number == order.order:
        return False
    step(found, "grant")
    if order.nature != found.nature or (found.party is not None and order.party != found.party):
        raise Refused(f"request {found.ref} was for something or somebody else", code="order_wrong", field="request")
    return True


def by_another(found: OrderRequest | None, cashier: str | None) -> None:
    """Raise NotAllowed where whoever asked for an order would also pay it."""
    if found is not None and found.agent is not None and found.agent == cashier:
        raise NotAllowed("another person pays what you asked for", code="asked_it", field="order")
