"""What can be asked about a visit. Each is typed for one visit, by its public id, and never slips into another."""

from __future__ import annotations

from dataclasses import dataclass

from hub.ask import Actor, Answer, Ask
from hub.context import Hub, action
from hub.errors import Refused
from hub.people.actions import names_of
from hub.people.model import Hit
from hub.printing.store import queue_job
from hub.queues import faces
from hub.queues import store as queues
from hub.queues.model import Ticket
from hub.store import Transaction
from hub.visits import rules, slips, store
from hub.visits.model import Contact, VisitPrinted


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why an agent may open files now: the visitor at their counter, else a request that they have named."""

    ticket: Ticket | None = None
    contact: Contact | None = None

    @property
    def there(self) -> bool:
        """Whether there is one."""
        return self.ticket is not None or self.contact is not None


def purpose_of(hub: Hub, actor: Actor) -> Purpose:
    """Why this agent may open files now."""
    if actor.agent is None:
        return Purpose()
    with hub.snapshot() as reader:
        ticket, contact = store.ticket_at(reader, actor.agent), store.open_contact(reader, actor.agent)
    if ticket is not None:
        return Purpose(ticket=ticket)
    return Purpose(contact=contact if rules.holds(contact, hub.now()) else None)


def concerned_files(hub: Hub, actor: Actor) -> tuple[Hit, ...]:
    """Whom the visit at this agent's counter is about, as far as they have a file."""
    ticket = purpose_of(hub, actor).ticket
    refs = [each.party for each in store.concerned(hub.reader, ticket.id) if each.party] if ticket else []
    return tuple(names_of(hub, Ask(actor), refs).values()) if refs else ()


def visit_of(tx: Transaction, visit: str) -> Ticket:
    """The visit of that public id, if it is this agent's. Raises NotFound, Refused."""
    ticket = faces.ticket_by_id(tx.connection, visit)
    return rules.same_visit(ticket, tx.actor.agent or "", store.agents_of(tx.connection, ticket.id))


@action
def name_requester(  # noqa: PLR0913 (the two ways to say who it is)
    tx: Transaction, hub: Hub, *, visit: str, name: str = "", quality: str = "self", party: str | None = None
) -> Answer:
    """Who stands at the counter: a name, or a file."""
    del hub
    ticket = visit_of(tx, visit)
    tx.record(rules.name_requester(ticket.id, name, quality, party))
    return {"visit": visit}


@action
def add_concerned(tx: Transaction, hub: Hub, *, visit: str, party: str) -> Answer:
    """The visit is about this file, too."""
    del hub
    ticket = visit_of(tx, visit)
    known, last = store.concerned(tx.connection, ticket.id), store.last_rank(tx.connection, ticket.id)
    event = rules.add_concerned(ticket.id, known, last, party)
    tx.record(event)
    return {"visit": visit, "rank": event.rank}


@action
def remove_concerned(tx: Transaction, hub: Hub, *, visit: str, rank: int) -> Answer:
    """It was not about them."""
    del hub
    ticket = visit_of(tx, visit)
    tx.record(rules.remove_concerned(ticket.id, store.concerned(tx.connection, ticket.id), rank))
    return {"visit": visit, "rank": rank}


@action
def print_visit(tx: Transaction, hub: Hub, *, visit: str, paper: slips.Visit) -> Answer:
    """The slip of a visit, at the printer of the agent's counter. Raises Refused `no_printer` where there is none."""
    ticket = visit_of(tx, visit)
    printer = printer_of(hub, queues.counter_of_agent(tx.connection, tx.actor.agent or ""))
    if printer is None:
        raise Refused("no printer belongs to this counter: print the page", code="no_printer")
    copy = store.copies(tx.connection, ticket.id)
    tx.record(VisitPrinted(ticket.id, copy))
    slip = slips.visit_slip(paper, hub.settings.agency.languages[0], copy)
    queue_job(tx, about=f"visit {ticket.id}", printer=printer, copy=copy, slip=slip)
    return {"visit": visit, "printer": printer, "copy": copy}


def printer_of(hub: Hub, counter: str | None) -> str | None:
    """The printer on which a counter's papers come out, if it has one."""
    configured = hub.settings.counter(counter) if counter else None
    return configured.printer if configured else None


@action
def begin_contact(tx: Transaction, hub: Hub, *, channel: str, motive: str) -> Answer:
    """Somebody wrote or telephoned; whatever request this agent had open before is done with."""
    del hub
    agent = tx.actor.agent or ""
    before = store.open_contact(tx.connection, agent)
    number = store.next_contact(tx.connection)
    event = rules.begin_contact(number, store.ticket_at(tx.connection, agent), channel, motive)
    tx.record(event)
    if before is not None:
        tx.record(rules.end_contact(before))
    return {"contact": event.contact}


@action
def end_contact(tx: Transaction, hub: Hub) -> Answer:
    """The request is done with."""
    del hub
    event = rules.end_contact(store.open_contact(tx.connection, tx.actor.agent or ""))
    tx.record(event)
    return {"contact": event.contact}
