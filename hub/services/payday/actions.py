"""What can be asked about a pay-day: plan it, print its numbers, let the next group into the room."""

from __future__ import annotations

import sqlite3
from datetime import date

from hub.ask import Answer
from hub.clock import local
from hub.context import Hub, action
from hub.errors import NotFound, Refused, Unreadable
from hub.queues import rules as queue_rules
from hub.queues import store as queues
from hub.queues.actions import new_token, next_ticket
from hub.queues.model import BusinessDay, TicketIssued
from hub.services.payday import rules, store
from hub.services.payday.model import GroupCalled, Plan, label_of, series_of
from hub.store import Transaction


def known(hub: Hub, number: int) -> Plan:
    """One pay-day. Raises NotFound."""
    return _plan(hub.reader, number)


def _plan(reader: sqlite3.Connection, number: int) -> Plan:
    found = store.plan(reader, number)
    if found is None:
        raise NotFound("no such pay-day", code="no_pay_day", field="plan")
    return found


@action
def plan(  # noqa: PLR0913 (what there is to say of a pay-day)
    tx: Transaction, hub: Hub, *, on: str, service: str, by: str, waves: str
) -> Answer:
    """A pay-day on a day to come, one a day and service."""
    try:
        day = date.fromisoformat(on).isoformat()
    except ValueError as error:
        raise Unreadable("a day such as 2026-03-25", code="bad_day", field="on") from error
    if day < hub.day_of(tx.now.at).isoformat():
        raise Unreadable("that day is over", code="day_over", field="on")
    wanted = hub.settings.service(service)
    if wanted is None or not wanted.prefix:
        raise Unreadable("choose a service", code="service_needed", field="service")
    if any(each.on == day and each.service == service for each in store.from_day(tx.connection, day)):
        raise Refused("this service has a pay-day on that day already", code="planned_already")
    event = rules.plan(store.next_id(tx.connection), day, service, by, waves)
    tx.record(event)
    return {"plan": event.plan, "numbers": sum(wave[3] for wave in event.waves)}


@action
def withdraw(tx: Transaction, hub: Hub, *, plan: int) -> Answer:
    """It will not be."""
    del hub
    tx.record(rules.withdraw(_plan(tx.connection, plan)))
    return {"plan": plan}


@action
def note_printed(tx: Transaction, hub: Hub, *, plan: int, wave: int) -> Answer:
    """The band of a wave comes out of a printer."""
    del hub
    event = rules.printed(_plan(tx.connection, plan), wave)
    tx.record(event)
    return {"plan": plan, "wave": wave, "copy": event.copy}


@action
def end_wave(tx: Transaction, hub: Hub, *, plan: int, wave: int, last: int) -> Answer:
    """No number after `last` was handed out: nobody is called who is nobody."""
    del hub
    tx.record(rules.end(_plan(tx.connection, plan), wave, last))
    return {"plan": plan, "wave": wave, "last": last}


@action
def call_group(tx: Transaction, hub: Hub, *, plan: int, size: int) -> Answer:
    """The next numbers enter the room, and wait there in their order; all of them, or none."""
    day, found = queue_rules.open_day(queues.day(tx.connection)), _plan(tx.connection, plan)
    here = local(tx.now.at, hub.settings.agency.zone)
    event = rules.call(found, day.date, f"{here:%H:%M}", size)
    tx.record(event)
    for number in range(event.first, event.last + 1):
        _enters(tx, hub, day, found.service, event, number)
    labels = [label_of(event.wave, number) for number in (event.first, event.last)]
    return {"plan": plan, "wave": event.wave, "first": labels[0], "last": labels[1]}


def _enters(  # noqa: PLR0913, PLR0917 (a ticket has that many facts)
    tx: Transaction, hub: Hub, day: BusinessDay, service: str, event: GroupCalled, number: int
) -> None:
    label = label_of(event.wave, number)
    if queues.ticket_labelled(tx.connection, day.id, label):
        raise Refused(f"{label} is in the room already", code="label_taken", label=label)
    tx.record(
        TicketIssued(
            ticket=next_ticket(tx), epoch=tx.epoch, day=day.id, label=label, series=series_of(event.wave),
            number=number, service=service, category="group", priority="normal",
            language=hub.settings.agency.languages[0], channel="paper_roll", paper="confirmed", token=new_token(),
            issued_at=tx.now.at, issued_tick=tx.now.tick, certain=tx.now.certain,
        )
    )  # fmt: skip
