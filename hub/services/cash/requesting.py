"""What can be asked of the treasury from a counter, and what becomes of it when its answer comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub import outbox
from hub.ask import Answer
from hub.clock import iso
from hub.context import Hub, action
from hub.errors import NotAllowed, NotFound, Refused, Unreadable
from hub.services.cash import model as m
from hub.services.cash import order_requests as q
from hub.services.cash import request_store, store
from hub.services.cash.orders import PaymentOrderReceived
from hub.store import Transaction
from hub.visits import store as visits


@action
def ask_order(  # noqa: PLR0913 (what is asked for, and why)
    tx: Transaction, hub: Hub, *, who: m.Payer, nature: str, period: str = "", reason: str
) -> Answer:
    """Ask the treasury to pay somebody who has a file; the amount is theirs to say. Raises Unreadable, Refused."""
    what, when, why = q.asked(nature, period, reason)
    if who.party is None or who.kind not in ("insured", "voluntary"):
        raise Refused("an order is asked for somebody who has a file here", code="payee_needed", field="payer")
    number = store.next_id(tx.connection, "order_request")
    ref = f"{hub.settings.agency.code}-{tx.epoch}-{number}".upper()
    ticket = visits.ticket_at(tx.connection, tx.actor.agent or "")
    said = {
        "request": ref, "what": "asked", "nature": what, "period": when, "party": who.party, "payee": who.name,
        "payee_number": who.number, "reason": why, "asked_by": tx.actor.agent,
        "asked_at": iso(tx.now.at, hub.settings.agency.zone),
    }  # fmt: skip
    message = outbox.enqueue(tx, topic=q.TOPIC, aggregate=f"order_request {ref}", payload=said)
    tx.record(
        q.OrderRequested(
            number,
            ref,
            what,
            when,
            message,
            ticket.id if ticket else None,
            who.party,
            who.name,
            who.number or None,
            why,
        )
    )
    return {"request": number, "ref": ref}


def _known(tx: Transaction, number: int) -> q.OrderRequest:
    found = request_store.request(tx.connection, number)
    if found is None:
        raise NotFound("no such request", code="no_request", field="request")
    return found


def _own(tx: Transaction, number: int) -> q.OrderRequest:
    found = _known(tx, number)
    if found.agent != tx.actor.agent:
        raise NotAllowed("whoever asked deals with it", code="not_yours", field="request")
    return found


@action
def withdraw(tx: Transaction, hub: Hub, *, request: int) -> Answer:
    """It is not wanted any more; the treasury hears of it behind the request."""
    del hub
    found = _own(tx, request)
    state = q.step(found, "withdraw")
    tx.record(q.OrderRequestWithdrawn(request))
    said = {"request": found.ref, "what": "withdrawn"}
    outbox.enqueue(tx, topic=q.TOPIC, aggregate=f"order_request {found.ref}", payload=said)
    return {"request": request, "state": state}


@action
def told(tx: Transaction, hub: Hub, *, request: int) -> Answer:
    """The beneficiary knows that it was refused."""
    del hub
    state = q.step(_own(tx, request), "tell")
    tx.record(q.OrderRequestTold(request))
    return {"request": request, "state": state}


# --- what the treasury answers ---------------------------------------------------------------


def named(reader: store.Reader, said: Mapping[str, Any]) -> q.OrderRequest | None:
    """The request that a line of the treasury answers, if it names one. Raises Unreadable for one that is none."""
    if not said.get("request"):
        return None
    found = request_store.of_ref(reader, str(said["request"])[:80])
    if found is None:
        raise Unreadable(f"request: none of ours: {said['request']}"[:120], code="order_wrong", field="request")
    return found


def refusal(reader: store.Reader, said: Mapping[str, Any]) -> tuple[q.OrderRequestRefused, bool]:
    """A line that refuses a request, and whether that is news. Raises Refused, Unreadable."""
    found, (code, words) = named(reader, said), q.refusal(said)
    if found is None:
        raise Unreadable("request: which one is refused", code="order_wrong", field="request")
    event = q.OrderRequestRefused(found.id, code, words)
    if found.state in ("refused", "told") and found.code == code:
        return event, False
    q.step(found, "refuse")
    return event, True


def refuse(tx: Transaction, said: Mapping[str, Any]) -> bool:
    """Take over a line that refuses a request; whether that is news. Raises Refused, Unreadable."""
    event, news = refusal(tx.connection, said)
    if news:
        tx.record(event)
    return news


def grant(tx: Transaction, found: q.OrderRequest | None, order: PaymentOrderReceived) -> None:
    """An order that answers a request is told to whoever asked. Raises Refused where it is not its answer."""
    if found is not None and q.answers(order, found):
        tx.record(q.OrderRequestGranted(found.id, order.order))


def not_taken(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: the other side of the outbox will not have the message, so the request is refused."""
    del hub
    found = request_store.of_message(tx.connection, event.message)
    if found is not None and found.state == "asked":
        tx.record(q.OrderRequestRefused(found.id, "MESSAGE", str(event.reason)[: q.WORDS_LENGTH] or None))
