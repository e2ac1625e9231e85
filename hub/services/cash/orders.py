"""Payment orders (ordres de paiement): what the treasury has decided to pay, and what may happen to one (B.9).

The front office never sets an amount. An order is reserved by one till for a while, its payee identified, and paid
once; who it is for is private, its number and amount are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from hub import money, periods
from hub.errors import IllegalStep, NotAllowed, Refused, Unreadable, chosen
from hub.journal import Event
from hub.services.cash.model import TENDERS, Tender

#: PAYABLE · BLOQUE · RESERVE · PAYE.
OrderState = Literal["payable", "blocked", "reserved", "paid"]
#: PENSION · PF · IJ · REGULARISATION · ISOLE · RENTE · CAPITAL_DECES (R-022).
Nature = Literal["pension", "family", "daily_allowance", "regularisation", "isolated", "annuity", "death_grant"]
NATURES: tuple[Nature, ...] = get_args(Nature)
#: What must be shown besides an identity document.
REQUIREMENTS = ("life_certificate", "proxy")
ID_TYPES = ("identity_card", "passport", "residence_permit", "driving_licence", "fund_card", "consular_card", "other")
#: Why an order is not paid.
BLOCKS = ("deceased", "opposition", "missing_document", "treasury")
STEPS: dict[OrderState, dict[str, OrderState]] = {
    "payable": {"reserve": "reserved", "block": "blocked"},
    "blocked": {"release": "payable"},
    "reserved": {"reserve": "reserved", "give_up": "payable", "pay": "paid", "block": "blocked"},
    "paid": {"reopen": "payable"},
}
#: A till holds an order for so long.
RESERVED_MS = 15 * 60_000
TEXT = 120
_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z/-]{0,29}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CALLED: dict[Nature, str] = {
    "pension": "PENSION", "family": "PREST AF", "daily_allowance": "IJ", "regularisation": "REGUL",
    "isolated": "PAIEMENT ISOLE", "annuity": "RENTE", "death_grant": "CAPITAL DECES",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """One order. The personal fields are None once they are purged; `since` is when it was reserved (wall, ms)."""

    number: str
    batch: str
    nature: Nature
    amount: int
    tender: Tender
    period: str
    pay_from: str
    pay_until: str
    requires: tuple[str, ...]
    state: OrderState
    reason: str | None = None
    till: str | None = None
    session: int | None = None
    since: int | None = None
    receipt: str | None = None
    approved_by: str | None = None
    party: str | None = None
    payee: str | None = None
    payee_number: str | None = None

    @property
    def label(self) -> str:
        """`PENSION 1T 2013`, as the journal calls it: it names nobody."""
        called = periods.said(self.period) if periods.is_period(self.period) else self.period
        return f"{_CALLED[self.nature]} {called}".strip()


@dataclass(frozen=True, slots=True)
class Shown:
    """What the payee showed. `life` and `proxy`: the documents' references, where they are required."""

    id_type: str
    id_number: str
    life: str = ""
    proxy: str = ""
    proxy_name: str = ""


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderEvent(Event):
    """Something about an order."""

    order: str

    @property
    def subject(self) -> str:
        """Its number."""
        return f"order {self.order}"


@dataclass(frozen=True, slots=True)
class PaymentOrderReceived(OrderEvent):
    """The treasury wants somebody to be paid. Who is private."""

    kind: ClassVar[str] = "payment_order_received"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "payee", "payee_number"})
    batch: str
    nature: Nature
    amount: int
    tender: Tender
    period: str
    pay_from: str
    pay_until: str
    requires: tuple[str, ...] = ()
    party: str | None = None
    payee: str | None = None
    payee_number: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentOrderBlocked(OrderEvent):
    """It must not be paid, for a reason."""

    kind: ClassVar[str] = "payment_order_blocked"
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentOrderReleased(OrderEvent):
    """It may be paid after all."""

    kind: ClassVar[str] = "payment_order_released"


@dataclass(frozen=True, slots=True)
class PaymentOrderReserved(OrderEvent):
    """A till has it in hand."""

    kind: ClassVar[str] = "payment_order_reserved"
    till: str
    session: int


@dataclass(frozen=True, slots=True)
class PaymentOrderGivenUp(OrderEvent):
    """The till lets it go unpaid."""

    kind: ClassVar[str] = "payment_order_given_up"


@dataclass(frozen=True, slots=True)
class PaymentOrderApproved(OrderEvent):
    """Another person allows an amount above the limit, for this reservation."""

    kind: ClassVar[str] = "payment_order_approved"


@dataclass(frozen=True, slots=True)
class PaymentOrderPaid(OrderEvent):
    """It was paid by an entry of a till. What the payee showed is private."""

    kind: ClassVar[str] = "payment_order_paid"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"shown"})
    receipt: str
    shown: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentOrderReopened(OrderEvent):
    """Its payment was taken back: it may be paid again."""

    kind: ClassVar[str] = "payment_order_reopened"
    receipt: str


@dataclass(frozen=True, slots=True)
class TreasuryHeard(Event):
    """Something the treasury sent was taken over: how many of its lines were new, known already, or wrong.

    A file whose every line is known changes no order, and its key has its answer all the same.
    """

    kind: ClassVar[str] = "treasury_heard"
    received: int
    known: int
    refused: int

    @property
    def subject(self) -> str:
        """The treasury."""
        return "treasury"


# --- rules -----------------------------------------------------------------------------------


def received(said: Mapping[str, Any]) -> PaymentOrderReceived:
    """An order as the treasury sent it. Raises Unreadable naming the field."""
    number, amount = str(said.get("number", "")).strip().upper(), said.get("amount")
    if not _NUMBER.fullmatch(number):
        raise Unreadable("number: capitals, digits, / or -", code="order_wrong", field="number")
    if type(amount) is not int or not 0 < amount <= money.MOST:
        raise Unreadable("amount: whole francs", code="order_wrong", field="amount")
    days = {name: str(said.get(name, "")) for name in ("pay_from", "pay_until")}
    for name, day in days.items():
        if not _DAY.fullmatch(day):
            raise Unreadable(f"{name}: a day such as 2013-06-28", code="order_wrong", field=name)
    payee = " ".join(str(said.get("payee", "")).split())[:TEXT]
    if not payee:
        raise Unreadable("payee: a name", code="order_wrong", field="payee")
    requires = said.get("requires", [])
    if not isinstance(requires, list) or not set(requires) <= set(REQUIREMENTS):
        raise Unreadable(f"requires: some of {', '.join(REQUIREMENTS)}", code="order_wrong", field="requires")
    wrong = Unreadable("nature or tender: no such word", code="order_wrong", field="nature")
    return PaymentOrderReceived(
        number, str(said.get("batch", ""))[:40], chosen(str(said.get("nature")), NATURES, wrong), amount,
        chosen(str(said.get("tender", "cash")), TENDERS, wrong), str(said.get("period", ""))[:20], **days,
        requires=tuple(sorted(requires)), party=str(said["party"])[:40] if said.get("party") else None, payee=payee,
        payee_number=str(said.get("payee_number", ""))[:20] or None,
    )  # fmt: skip


def is_new(event: PaymentOrderReceived, before: Order | None) -> bool:
    """Whether an order was not known yet. Raises Refused where one of that number says otherwise."""
    if before is None:
        return True
    if (before.amount, before.nature, before.tender) != (event.amount, event.nature, event.tender):
        raise Refused(f"order {event.order} is known and says otherwise", code="order_wrong", field="number")
    return False


def step(order: Order, name: str) -> OrderState:
    """The state a step leads to. Raises IllegalStep."""
    steps = STEPS[order.state]
    if name not in steps:
        raise IllegalStep(
            f"order {order.number} is {order.state}: {name} is not possible now", code=f"order_{order.state}",
            state=order.state, reason=order.reason or "", till=order.till or "", receipt=order.receipt or "",
        )  # fmt: skip
    return steps[name]


def reserve(order: Order, till: str, session: int, today: str, now_ms: int) -> PaymentOrderReserved:
    """Take an order in hand. Raises Refused where another till has it, or it is not its time."""
    step(order, "reserve")
    if order.state == "reserved" and order.till != till and now_ms - (order.since or 0) < RESERVED_MS:
        raise Refused(f"till {order.till} has order {order.number} in hand", code="order_in_hand", till=order.till)
    if today < order.pay_from:
        raise Refused(f"not before {order.pay_from}", code="order_early", date=order.pay_from)
    if today > order.pay_until:
        raise Refused(f"it could be paid until {order.pay_until}", code="order_expired", date=order.pay_until)
    return PaymentOrderReserved(order.number, till, session)


def held(order: Order, till: str) -> Order:
    """The order that this till has in hand. Raises IllegalStep, Refused."""
    step(order, "pay")
    if order.till != till:
        raise Refused(f"till {order.till} has order {order.number} in hand", code="order_in_hand", till=order.till)
    return order


def shown(order: Order, said: Shown, known_number: str | None) -> Shown:
    """What was shown is enough. `known_number`: the identity document of central data. Raises Unreadable, Refused."""
    id_type = chosen(said.id_type, ID_TYPES, Unreadable("say which document", code="id_needed", field="id_type"))
    number = "".join(said.id_number.split()).upper()[:20]
    if len(number) < 3:  # noqa: PLR2004 (R-053)
        raise Unreadable("the number of the document is missing", code="id_needed", field="id_number")
    life, proxy, name = (" ".join(each.split())[:TEXT] for each in (said.life, said.proxy, said.proxy_name))
    if "life_certificate" in order.requires and not life:
        raise Unreadable("a life certificate is required", code="life_needed", field="life")
    if "proxy" in order.requires and not (proxy and name):
        raise Unreadable("a power of attorney is required", code="proxy_needed", field="proxy")
    if not proxy and known_number and number != "".join(known_number.split()).upper():
        raise Refused("this is not the document of the beneficiary's file", code="identity_differs", field="id_number")
    return Shown(id_type, number, life, proxy, name)


def allowed(order: Order, limit: int, cashier: str | None) -> str | None:
    """Who allowed an amount above the limit; None below it. Raises Refused until somebody else has."""
    if order.amount <= limit:
        return None
    if order.approved_by is None:
        raise Refused(f"more than {limit} needs another person's word", code="approval_needed",
                      limit=money.grouped(limit))  # fmt: skip
    if order.approved_by == cashier:
        raise NotAllowed("another person allows it", code="two_persons")
    return order.approved_by
