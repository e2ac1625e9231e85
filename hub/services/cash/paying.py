"""What can be asked about payment orders: take them over, reserve, allow, pay, give up, block.

Two tills that want one order are told apart by the one writer; a till that has not the cash is told so before anybody
looks for a document. The treasury hears of each payment, and of one that was taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from hub import outbox
from hub.ask import Answer, Ask
from hub.chain import canonical_json
from hub.context import Hub, action
from hub.errors import NotAllowed, NotFound, Refused, Unreadable
from hub.people.actions import read_sheet
from hub.services.cash import actions, contributions, life, living, order_store, request_store, requesting, rules, store
from hub.services.cash import model as m
from hub.services.cash import order_requests as q
from hub.services.cash import orders as o
from hub.services.cash.office import office_of
from hub.services.ports import Inbound, Received
from hub.store import Transaction
from hub.visits.actions import purpose_of

TOPIC = "paiement.effectue"
#: Why a cashier opens a beneficiary's file when no ticket says so.
MOTIVE = "décaissement"
MOST_TOGETHER = 200


@action
def receive(tx: Transaction, hub: Hub, *, said: Iterable[Mapping[str, Any]]) -> Answer:
    """Take over what the treasury sends: new orders are payable, known ones must be the same, wrong ones are named.

    A line may name the `request` of a counter that it answers; one with `refused` refuses it by that code.
    """
    return _take_over(tx, hub.settings.agency.code, said)


def _take_over(tx: Transaction, ours: str, said: Iterable[Mapping[str, Any]]) -> Answer:
    received, known, refused = 0, 0, []
    for line, each in enumerate(said, 1):
        if line > MOST_TOGETHER:
            raise Unreadable(f"at most {MOST_TOGETHER} orders together", code="too_many_orders")
        try:
            new = requesting.refuse(tx, each) if "refused" in each else _receive(tx, each, ours)
        except Refused as error:
            refused.append({"line": line, "why": error.message})
            continue
        received, known = received + new, known + (not new)
    tx.record(o.TreasuryHeard(received, known, len(refused)))
    return {"received": received, "known": known, "refused": refused}


def _receive(tx: Transaction, said: Mapping[str, Any], ours: str) -> bool:
    """One order; whether it is new. All is looked at before anything is written. Raises Refused."""
    event, new, asked_for = _looked_at(tx.connection, said, ours)
    if new:
        tx.record(event)
    requesting.grant(tx, asked_for, event)
    return new


def _looked_at(
    reader: store.Reader, said: Mapping[str, Any], ours: str
) -> tuple[o.PaymentOrderReceived, bool, q.OrderRequest | None]:
    """An order as it was sent, whether it is new, and which request it answers. Raises Refused, Unreadable.

    An order that names an agency is paid there and nowhere else, so that no two can pay it while no network tells them.
    """
    if said.get("agency") not in (None, ours):
        raise Unreadable(f"agency: this order is paid at {said['agency']}"[:120], code="order_wrong", field="agency")
    event, asked_for = o.received(said), requesting.named(reader, said)
    new = o.is_new(event, order_store.order(reader, event.order))
    if asked_for is not None:
        q.answers(event, asked_for)
    return event, new, asked_for


def _check_letter(hub: Hub, reader: store.Reader, received: Received) -> None:
    """Every line of a letter can be taken over. Raises Refused, naming the first that cannot."""
    for line, each in enumerate(_lines(received), 1):
        try:
            if "refused" in each:
                requesting.refusal(reader, each)
            else:
                _looked_at(reader, each, hub.settings.agency.code)
        except Refused as error:
            raise Unreadable(f"line {line}: {error.message}", code="order_wrong", field="orders") from error


def _lines(received: Received) -> list[Mapping[str, Any]]:
    said = received.payload.get("orders") if isinstance(received.payload, Mapping) else None
    if (
        not isinstance(said, list)
        or not 0 < len(said) <= MOST_TOGETHER
        or not all(isinstance(x, Mapping) for x in said)
    ):
        raise Unreadable(f"orders: a list of 1 to {MOST_TOGETHER}", code="order_wrong", field="orders")
    return said


def _apply_letter(hub: Hub, tx: Transaction, received: Received) -> None:
    _take_over(tx, hub.settings.agency.code, _lines(received))


#: Orders and refusals as a letter of the centre: `{"orders": [...]}`, each as a line of the file.
LETTER = Inbound(topic="ordre.paiement", title="cash.inbox_orders", check=_check_letter, apply=_apply_letter)


def _order(tx: Transaction, number: str) -> o.Order:
    found = order_store.order(tx.connection, number)
    if found is None:
        raise NotFound("no such order", code="no_order", field="order")
    return found


def known(hub: Hub, number: str) -> o.Order:
    """One order. Raises NotFound."""
    found = order_store.order(hub.reader, number)
    if found is None:
        raise NotFound("no such order", code="no_order", field="order")
    return found


@action
def reserve(tx: Transaction, hub: Hub, *, order: str) -> Answer:
    """This till takes the order in hand. Raises Refused: not enough cash, another till has it, not its time."""
    session, found = actions.working(tx, hub), _order(tx, order)
    rules.takes(office_of(hub.settings).till(session.till), "benefits")
    event = o.reserve(found, session.till, session.id, session.date, tx.now.at)
    rules.affordable(store.till(tx.connection, session.till), _draft(hub, found))
    tx.record(event)
    return {"order": found.number, "state": "reserved"}


@action
def give_up(tx: Transaction, hub: Hub, *, order: str) -> Answer:
    """The till lets it go."""
    session, found = actions.working(tx, hub), _order(tx, order)
    o.held(found, session.till)
    tx.record(o.PaymentOrderGivenUp(found.number))
    return {"order": found.number, "state": "payable"}


@action
def allow(tx: Transaction, hub: Hub, *, order: str) -> Answer:
    """Another person allows an order above the limit that a till has in hand."""
    del hub
    found = _order(tx, order)
    o.step(found, "pay")
    session = store.session(tx.connection, found.session or 0)
    actions.two_persons(tx.actor, session.cashier if session else "")
    tx.record(o.PaymentOrderApproved(found.number))
    return {"order": found.number, "approved_by": tx.actor.agent}


@action
def block(tx: Transaction, hub: Hub, *, order: str, reason: str) -> Answer:
    """It must not be paid."""
    del hub
    return _block(tx, _order(tx, order), reason)


def _block(tx: Transaction, found: o.Order, reason: str) -> Answer:
    o.step(found, "block")
    if reason not in o.BLOCKS:
        raise Unreadable("say why", code="reason_needed", field="reason")
    tx.record(o.PaymentOrderBlocked(found.number, reason))
    return {"order": found.number, "state": "blocked", "reason": reason}


@action
def release(tx: Transaction, hub: Hub, *, order: str) -> Answer:
    """It may be paid after all. Raises NotAllowed for a cashier."""
    del hub
    if tx.actor.roles.isdisjoint(store.CHIEFS):
        raise NotAllowed("the head cashier releases an order", code="two_persons")
    found = _order(tx, order)
    o.step(found, "release")
    tx.record(o.PaymentOrderReleased(found.number))
    return {"order": found.number, "state": "payable"}


def pay(hub: Hub, ask: Ask, *, order: str, shown: o.Shown) -> Answer:
    """Pay an order that this till has in hand. The beneficiary's file is read, and the look recorded, before.

    Raises Refused `order_blocked` where central data know of a death: then the order is blocked.
    """
    found = known(hub, order)
    fields = _file(hub, ask, found.party)
    if fields.get("deceased_on"):
        if found.state == "reserved":
            block(hub, Ask(ask.actor), order=order, reason="deceased")
        raise Refused("the beneficiary has died", code="order_deceased", field="order")
    return _pay(hub, ask, order=order, shown=shown, known_number=fields.get("id_number"))


def _file(hub: Hub, ask: Ask, party: str | None) -> dict[str, Any]:
    """What central data say of a beneficiary; nothing of one who has no file here."""
    if party is None:
        return {}
    at_hand = purpose_of(hub, ask.actor)
    why: dict[str, Any] = {"ticket": at_hand.ticket.id} if at_hand.ticket else {"motive": MOTIVE}
    # a cashier may not read who has died, nor which document a file names: the rule must, and shows neither
    eyes = replace(ask, actor=replace(ask.actor, roles=ask.actor.roles | {"case_officer"}))
    try:
        return read_sheet(hub, eyes, ref=party, view="cash", **why).fields
    except NotFound:
        return {}


@action
def _pay(tx: Transaction, hub: Hub, *, order: str, shown: o.Shown, known_number: str | None) -> Answer:
    session = actions.working(tx, hub)
    found = o.held(_order(tx, order), session.till)
    known = living.standing(hub, tx.connection, found)
    if known is not None:
        shown = replace(shown, life=life.required(known))
    enough = o.shown(found, shown, known_number)
    q.by_another(request_store.of_order(tx.connection, found.number), tx.actor.agent)
    approver = o.allowed(found, office_of(hub.settings).approve_above, tx.actor.agent)
    draft = _draft(hub, found, approver)
    event = actions.book(tx, hub, session, draft)
    tx.record(o.PaymentOrderPaid(found.number, event.receipt, canonical_json(asdict(enough))))
    if draft.tender == "cash":
        actions.pulse(tx, hub, session, "disbursement", event.receipt)
    _tell(tx, found, event.receipt, event.hash, "paid")
    printer = actions.print_at_till(tx, hub, actions.entry_of(tx.connection, event.receipt))
    return {"receipt": event.receipt, "order": found.number, "amount": found.amount, "printer": printer}


def _draft(hub: Hub, order: o.Order, approver: str | None = None) -> rules.Draft:
    who = m.Payer("insured", order.payee or order.number, order.payee_number or "", order.party)
    account = contributions.account_of(office_of(hub.settings), "benefit", order.nature)
    return rules.Draft(
        "disbursement", "out", order.amount, order.tender, account, order.label, payer=who, approver=approver,
        details=(("order", order.number),),
    )  # fmt: skip


def taken_back(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: an order whose payment was reversed may be paid again, and the treasury hears of it."""
    del hub
    if event.what != "reversal" or not event.reverses:
        return
    found = order_store.of_receipt(tx.connection, event.reverses)
    if found is not None:
        o.step(found, "reopen")
        tx.record(o.PaymentOrderReopened(found.number, event.receipt))
        _tell(tx, found, event.receipt, event.hash, "reversed")


def _tell(tx: Transaction, order: o.Order, receipt: str, digest: str, what: str) -> None:
    payload = {"order": order.number, "batch": order.batch, "amount": order.amount, "receipt": receipt, "what": what,
               "entry": digest}  # fmt: skip
    outbox.enqueue(tx, topic=TOPIC, aggregate=f"order {order.number}", payload=payload)
