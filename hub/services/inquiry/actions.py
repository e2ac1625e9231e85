"""What can be asked of inquiry: a search, a file, and that something was asked. Files belong to `hub.people`."""

from __future__ import annotations

from dataclasses import dataclass

from hub.ask import Answer, Ask
from hub.context import Hub, action
from hub.errors import Refused
from hub.journal import Event
from hub.people import actions as people
from hub.people.model import Hit, Sheet
from hub.queues import store as queues
from hub.queues.model import TicketIssued
from hub.services import ports
from hub.services.inquiry import rules, store
from hub.services.ports import Found, SheetLine
from hub.store import Transaction
from hub.visits import actions as visits
from hub.visits import store as visit_store
from hub.visits.rules import add_concerned, holds


@dataclass(frozen=True, slots=True)
class Answers:
    """What a search found: papers by their number first, then persons and employers."""

    papers: tuple[Found, ...] = ()
    parties: tuple[Hit, ...] = ()
    more: bool = False


def find(hub: Hub, ask: Ask, typed: str) -> Answers:
    """Whatever may be meant by what was typed; `more`: there are others that are not shown."""
    if len(typed.strip()) < rules.LEAST_TYPED:
        return Answers()
    with hub.snapshot() as reader:
        papers = tuple(paper for service in _services(hub) for paper in service.finds(reader, typed))
    parties = people.find(hub, ask, typed)
    return Answers(papers, parties, more=len(parties) >= people.MOST_FOUND)


def open_file(  # noqa: PLR0913 (which file, which part, which day)
    hub: Hub, ask: Ask, *, ref: str, view: str, on: str | None = None, known_ms: int | None = None
) -> Sheet:
    """A file, for the visitor at the counter or for a request that came otherwise; the look is journalled first.

    Raises Refused `purpose_needed` when there is neither, NotFound.
    """
    purpose = visits.purpose_of(hub, ask.actor)
    if purpose.ticket is not None:
        return people.read_sheet(hub, ask, ref=ref, ticket=purpose.ticket.id, view=view, on=on, known_ms=known_ms)
    if purpose.contact is None:
        raise Refused("say first by which channel and why", code="purpose_needed")
    contact = purpose.contact
    return people.read_sheet(
        hub, ask, ref=ref, channel=contact.channel, motive=contact.motive, view=view, on=on, known_ms=known_ms
    )


def lines_of(hub: Hub, ref: str) -> tuple[SheetLine, ...]:
    """What the counter services have done for this file here, newest first."""
    with hub.snapshot() as reader:
        lines = [line for service in _services(hub) for line in service.sheet(reader, ref)]
    return tuple(sorted(lines, key=lambda line: -line.at))


def _services(hub: Hub) -> tuple[ports.CounterService, ...]:
    return ports.load(hub.settings.counter_services)


def recognise(hub: Hub, tx: Transaction, event: Event) -> None:
    """A visitor held their card under the kiosk's scanner: whoever calls them has the file at hand."""
    del hub
    assert isinstance(event, TicketIssued)
    if event.party is not None:
        tx.record(add_concerned(event.ticket, (), 0, event.party))


@action
def note(  # noqa: PLR0913 (what there is to say of an inquiry)
    tx: Transaction,
    hub: Hub,
    *,
    visit: str,
    subject: str,
    result: str,
    said: str = "",
    party: str | None = None,
) -> Answer:
    """Something was asked and answered, or not: of the visit that it was typed for, else of the open request."""
    del hub
    reader = tx.connection
    ticket = visits.visit_of(tx, visit) if visit else None
    contact = None if ticket else visit_store.open_contact(reader, tx.actor.agent or "")
    held = contact if contact and holds(contact, tx.now) else None
    day = queues.day(reader)
    event = rules.note(
        store.next_inquiry(reader),
        subject=subject,
        result=result,
        said=said,
        day=day.id if day and day.open else None,
        ticket=ticket.id if ticket else None,
        contact=held.id if held else None,
        channel="counter" if ticket else held.channel if held else "",
        party=party,
    )
    tx.record(event)
    return {"inquiry": event.inquiry, "result": event.result}
