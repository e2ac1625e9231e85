"""What can be asked about prepared collections: prepare one, change or drop it; what the till and the day do to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub.ask import Answer
from hub.context import Hub, action
from hub.errors import NotFound, Refused
from hub.queues import store as queues
from hub.services.cash import model as m
from hub.services.cash import prepared as p
from hub.services.cash import prepared_store, rules, store
from hub.services.cash.office import office_of
from hub.store import Transaction
from hub.visits import store as visits


def known(reader: store.Reader, number: int) -> p.Prepared:
    """One of them. Raises NotFound."""
    found = prepared_store.prepared(reader, number)
    if found is None:
        raise NotFound("nothing was prepared under this number", code="no_prepared", field="prepared")
    return found


@action
def prepare(
    tx: Transaction, hub: Hub, *, who: m.Payer, operation: m.Operation, lines: tuple[tuple[str, int], ...]
) -> Answer:
    """What the visitor at this counter will pay at the till, under the same ticket. Raises Unreadable, Refused."""
    agent = tx.actor.agent or ""
    ticket = visits.ticket_at(tx.connection, agent)
    if ticket is None:
        raise Refused("nobody is at this counter", code="no_visit")
    draft = rules.due(office_of(hub.settings), operation=operation, who=who, lines=lines, on=hub.day_of(tx.now.at))
    event = p.prepare(
        store.next_id(tx.connection, "cash_prepared"), draft, date=hub.day_of(tx.now.at).isoformat(),
        ticket=ticket.id, ticket_label=ticket.label, counter=queues.counter_of_agent(tx.connection, agent) or "",
    )  # fmt: skip
    tx.record(event)
    return {"prepared": event.prepared, "amount": event.amount, "label": event.label}


@action
def revise(  # noqa: PLR0913 (what changes, and why)
    tx: Transaction, hub: Hub, *, prepared: int, operation: m.Operation, lines: Iterable[tuple[str, int]], word: str
) -> Answer:
    """Something else is to be paid, and why. Raises Unreadable, IllegalStep, Refused `same` where nothing changes."""
    found = known(tx.connection, prepared)
    draft = rules.due(
        office_of(hub.settings), operation=operation, who=found.who, lines=lines, on=hub.day_of(tx.now.at)
    )
    event = p.revise(found, draft, word)
    if event is None:
        raise Refused("this is what was prepared", code="same")
    tx.record(event)
    return {"prepared": prepared, "amount": event.amount, "label": event.label}


@action
def drop(tx: Transaction, hub: Hub, *, prepared: int, word: str) -> Answer:
    """It is not paid after all, and why."""
    del hub
    found = known(tx.connection, prepared)
    state = p.step(found, "drop")
    tx.record(p.PreparedDropped(prepared, p.word(word)))
    return {"prepared": prepared, "state": state}


def checked(tx: Transaction, prepared: int | None, date: str, draft: rules.Draft, word: str) -> p.Prepared | None:
    """What a till is about to take money for, if it was prepared; what the cashier changed is written down first.

    Raises NotFound, Refused, Unreadable.
    """
    if prepared is None:
        return None
    found = known(tx.connection, prepared)
    at_hand = visits.ticket_at(tx.connection, tx.actor.agent or "")
    p.cashable(found, at_hand.id if at_hand else None, date)
    if (event := p.revise(found, draft, word)) is not None:
        tx.record(event)
    return found


def taken_back(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: what was prepared may be paid again the same day once its payment was reversed."""
    if event.what != "reversal" or not event.reverses:
        return
    found = prepared_store.of_receipt(tx.connection, event.reverses)
    if found is not None and found.date == hub.day_of(tx.now.at).isoformat():
        p.step(found, "reopen")
        tx.record(p.PreparedReopened(found.id))


def day_over(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: with the day everything is over that nobody came to pay."""
    del hub, event
    for number in prepared_store.still_waiting(tx.connection):
        tx.record(p.PreparedExpired(number))
