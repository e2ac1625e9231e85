"""What can be asked at reception. Tickets belong to the queues: reception asks them, and prints what they caused."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.ask import Answer, Ask
from hub.clock import local
from hub.context import Hub, action
from hub.errors import NotFound, StoreFault, Unreadable
from hub.journal import Event
from hub.people import actions as people
from hub.printing import rules as print_rules
from hub.printing.store import queue_job, unsettled
from hub.queues import actions as queues
from hub.queues import faces, pictures
from hub.queues import roll as queues_roll
from hub.queues import rules as queue_rules
from hub.queues import store as queue_store
from hub.queues.model import Category, Priority, Ticket, TicketIssued, TicketReprinted
from hub.queues.roll import RollNumber
from hub.services.reception import rules, slips, store
from hub.services.reception.model import RollLine, VisitorAnswered
from hub.store import Transaction
from hub.visits import rules as visits
from hub.wire import Wait


def give(  # noqa: PLR0913 (a ticket has that many facts)
    hub: Hub,
    ask: Ask,
    *,
    service: str,
    category: Category = "simple",
    priority: Priority = "normal",
    reason: str = "",
    counter: str | None = None,
    language: str | None = None,
    requester: str | None = None,
    quality: str = "self",
    concerned: str = "",
) -> Answer:
    """A ticket for somebody who stands at reception. A priority needs a motive: others will wait for it.

    `quality`: who they are to those whom the visit is about; `concerned`: the registration numbers of those, as typed.
    """
    said = rules.motive(reason, needed=priority != "normal")
    if not service:
        raise Unreadable("choose a service", code="service_needed", field="service")
    about = tuple((number, _ref(hub, number)) for number in rules.numbers(concerned))
    category = "priority" if category == "simple" and priority != "normal" else category
    facts = {
        "service": service, "channel": "reception", "category": category, "priority": priority, "reason": said,
        "counter": counter, "language": language, "requester": requester,
    }  # fmt: skip
    return _give(hub, ask, facts=facts, quality=quality, about=about)


@action
def _give(
    tx: Transaction, hub: Hub, *, facts: dict[str, Any], quality: str, about: tuple[tuple[str, str | None], ...]
) -> Answer:
    """The ticket first, whose key this is; then whom it is about."""
    ticket = queues.next_ticket(tx)
    answer = queues.give(tx, hub, **facts)
    if facts["requester"] and quality != "self":
        tx.record(visits.name_requester(ticket, facts["requester"], quality, None))
    for event in visits.add_all(ticket, about):
        tx.record(event)
    return answer


def _ref(hub: Hub, number: str) -> str | None:
    """Whose number it is; nobody's while the replica of central data cannot be read."""
    try:
        return people.ref_of(hub, number)
    except (StoreFault, sqlite3.DatabaseError):
        return None


def read_roll(hub: Hub, typed: str) -> tuple[RollLine, ...]:
    """The lines of the paper roll as they would be entered, each with what stands against it."""
    services = {word.upper(): each.code for each in hub.settings.services for word in (each.prefix, each.code) if word}
    now = local(hub.now().at, hub.settings.agency.zone)
    lines = rules.roll_lines(typed, hub.settings.queue.roll, services, f"{now:%H:%M}")
    day = queue_store.day(hub.reader)
    return tuple(
        replace(line, problem="taken")
        if not line.problem and day and queue_store.ticket_labelled(hub.reader, day.id, line.label)
        else line
        for line in lines
    )


def enter_roll(hub: Hub, ask: Ask, typed: str) -> Answer:
    """All visitors of the paper roll into the queue, or none. Raises Unreadable `roll_wrong` while a line is wrong."""
    lines = read_roll(hub, typed)
    if wrong := [line for line in lines if line.problem not in ("", "taken")]:
        raise Unreadable(f"{wrong[0].typed}: {wrong[0].problem}", code="roll_wrong", field="roll")
    today = local(hub.now().at, hub.settings.agency.zone).replace(second=0, microsecond=0)
    numbers = tuple(RollNumber(line.number, line.service, _moment(today, line.at)) for line in lines)
    return queues_roll.enter_roll(hub, ask, numbers=numbers)


def _moment(today: datetime, minute: str) -> int:
    """The wall time of HH:MM today, in ms."""
    hour, _, rest = minute.partition(":")
    return int(today.replace(hour=int(hour), minute=int(rest)).timestamp() * 1000)


@action
def note_answer(tx: Transaction, hub: Hub, *, service: str) -> Answer:
    """Somebody was helped on the spot; `service` is what they came for."""
    day = queue_rules.open_day(queue_store.day(tx.connection))
    if hub.settings.service(service) is None:
        raise Unreadable("choose a service", code="service_needed", field="service")
    event = VisitorAnswered(store.next_answer(tx.connection), day.id, service)
    tx.record(event)
    return {"answer": event.answer, "service": service, "today": store.answered(tx.connection, day.id)}


@action
def withdraw_answer(tx: Transaction, hub: Hub, *, answer: int) -> Answer:
    """That was a slip of the finger."""
    del hub
    known = store.answer(tx.connection, answer)
    if known is None:
        raise NotFound("no such answer", field="answer")
    found, given = known
    tx.record(rules.withdraw(found, given, tx.now))
    return {"answer": answer, "today": store.answered(tx.connection, found.day)}


# --- heard from the queues -------------------------------------------------------------------


def print_given(hub: Hub, tx: Transaction, event: Event) -> None:
    """A ticket that an agent gives at reception is printed at once, by the kiosk's printer."""
    assert isinstance(event, TicketIssued)
    if event.channel in ("reception", "appointment") and tx.actor.agent is not None:
        ahead = queue_store.ahead(tx.connection, event.service) - 1
        _print(hub, tx, event.ticket, copy=0, ahead=max(0, ahead))


def print_copy(hub: Hub, tx: Transaction, event: Event) -> None:
    """A further copy that somebody asked for, wherever they asked."""
    assert isinstance(event, TicketReprinted)
    _print(hub, tx, event.ticket, copy=event.copy)


def forget_papers(hub: Hub, tx: Transaction, event: Event) -> None:
    """The day is over, and nobody asks for its papers any more: doubts do not pile up over the years."""
    del hub, event
    for job in unsettled(tx.connection):
        if store.ticket_of(job.about):
            tx.record(print_rules.settle(job, printed=False))


def _print(hub: Hub, tx: Transaction, ticket_id: int, *, copy: int, ahead: int | None = None) -> None:
    ticket = queue_store.ticket(tx.connection, ticket_id)
    assert ticket is not None
    kiosk = hub.settings.kiosk
    slip = slips.ticket_paper(pictures.catalogue(hub), _facts(hub, ticket, ahead), kiosk.printer.columns)
    queue_job(tx, about=store.about(ticket.id), printer=kiosk.name, copy=copy, slip=slip)


def _facts(hub: Hub, ticket: Ticket, ahead: int | None) -> slips.Facts:
    return slips.Facts(
        label=ticket.label,
        service=ticket.asked,
        language=ticket.language,
        at=local(ticket.issued.at, hub.settings.agency.zone),
        follow=ticket.token,
        priority=ticket.priority != "normal",
        wait=Wait(ticket.low_s, ticket.high_s) if ticket.low_s is not None and ticket.high_s is not None else None,
        ahead=ahead,
        sub_reason=ticket.sub_reason or "",
        counter=_kept_for(ticket),
        hour=faces.hour_of(hub.settings, ticket),
    )


def _kept_for(ticket: Ticket) -> str:
    """The counter that has the file of whoever scanned something; one that a receptionist chose has no such reason."""
    return (ticket.stage.wanted or "") if ticket.channel == "kiosk" else ""
