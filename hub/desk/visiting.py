"""Who is at the counter, whom it is about, and a request without a visitor: the strip above a service's page.

The strip is a part of its own (`desk/hand.html`): a call, a reload or another tab changes it and leaves the
middle alone. What is typed in it names its visit, so that it never slips into another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from hub import notices
from hub.agents import rights
from hub.agents import store as agents
from hub.agents.forms import asked
from hub.ask import Actor, Ask
from hub.clock import elapsed, local
from hub.context import Hub
from hub.desk.thread import papers_of, thread_of
from hub.errors import NotAllowed, Refused
from hub.people import actions as people
from hub.people.model import MASKED, Hit
from hub.queues import faces
from hub.queues import store as queues
from hub.queues.model import Ticket
from hub.say import say
from hub.visits import actions, slips, store
from hub.visits.model import CHANNELS, QUALITIES, Concerned, Contact, Requester

if TYPE_CHECKING:  # known by its shape alone: a service knows this room, never the other way round
    import sqlite3

    from hub.services.ports import CounterService

_MS_PER_MIN = 60_000
#: May read any visit, not only their own.
_OVERSEE = frozenset({"supervisor", "auditor"})


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody of a visit as this reader may see them; `ref` is empty where there is no file.

    `awaited`: there is something to tell them, which their file says.
    """

    rank: int
    ref: str
    name: str
    number: str
    type: str
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Brought:
    """A paper that the visitor held under the kiosk's scanner; `url` is empty where this agent may not open it."""

    text: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Hand:
    """What the agent has at hand: a visit by its public id, or a request without a visitor, or nothing.

    `prints`: a printer belongs to the counter; `opens`: this agency has the service that opens files.
    """

    visit: str = ""
    label: str = ""
    requester: Requester | None = None
    requester_name: str = ""
    concerned: tuple[Named, ...] = ()
    contact: Contact | None = None
    contact_min: int = 0
    may_write: bool = False
    prints: bool = False
    opens: bool = False
    brought: tuple[Brought, ...] = ()


def hand_of(hub: Hub) -> Hand:
    """What whoever sends this request has at hand."""
    actor: Actor = g.actor
    purpose = actions.purpose_of(hub, actor)
    if purpose.ticket is None:
        since = elapsed(purpose.contact.began, hub.now()).ms // _MS_PER_MIN if purpose.contact else 0
        return Hand(contact=purpose.contact, contact_min=since, may_write=rights.allowed(actor, "desk.requester"))
    with hub.snapshot() as reader:
        requester, name, concerned = _people(hub, reader, purpose.ticket)
        brought = _brought(hub, reader, purpose.ticket)
        printer = actions.printer_of(hub, queues.counter_of_agent(reader, actor.agent or ""))
    return Hand(
        visit=faces.public_id(purpose.ticket),
        label=purpose.ticket.label,
        requester=requester,
        requester_name=name,
        concerned=concerned,
        may_write=rights.allowed(actor, "desk.requester"),
        prints=printer is not None,
        opens="inquiry.file" in current_app.view_functions,
        brought=brought,
    )


def _brought(hub: Hub, reader: sqlite3.Connection, ticket: Ticket) -> tuple[Brought, ...]:
    language = hub.settings.agency.languages[0]
    return tuple(
        Brought(found.said(language), found.icon, "" if service.roles.isdisjoint(g.actor.roles) else found.url)
        for service in hub.services
        for found in papers_of(reader, ticket, (service,))
    )


def _people(hub: Hub, reader: sqlite3.Connection, ticket: Ticket) -> tuple[Requester | None, str, tuple[Named, ...]]:
    """Who asks, their name, and whom it is about.

    Names are read as this agent may see them, each time: a visit keeps whom, not who they are.
    """
    requester, known = store.requester(reader, ticket.id), store.concerned(reader, ticket.id)
    parties = [each.party for each in (requester, *known) if each is not None and each.party]
    hits = people.names_of(hub, Ask(g.actor), parties) if parties else {}
    return requester, _name(requester, hits), tuple(_named(reader, each, hits) for each in known)


def _named(reader: sqlite3.Connection, each: Concerned, hits: dict[str, Hit]) -> Named:
    hit = hits.get(each.party or "")
    if hit is None:
        return Named(each.rank, "", each.name or each.number or each.party or "", each.number or "", "")
    return Named(each.rank, hit.ref, hit.name, hit.number, hit.type, awaited=bool(notices.to_tell(reader, hit.ref)))


def _name(requester: Requester | None, hits: dict[str, Hit]) -> str:
    if requester is None or requester.party is None:
        return requester.name if requester else ""
    hit = hits.get(requester.party)
    return hit.name if hit else requester.party


def choices_of(hub: Hub) -> dict[str, dict[str, str]]:
    """What the strip lets choose, with its words."""
    language = hub.settings.agency.languages[0]
    return {
        "channels": {each: say(language, f"visits.channel_{each}") for each in CHANNELS},
        "qualities": {each: say(language, f"visits.quality_{each}") for each in QUALITIES},
    }


# --- pages -----------------------------------------------------------------------------------


def add_visits(room: Blueprint, hub: Hub, services: tuple[CounterService, ...]) -> None:
    """The strip, what is typed in it, and the slip of a visit."""

    @room.get("/desk/strip")
    def strip() -> Response:
        return _strip()

    @room.post("/desk/visits/<visit>/requester")
    def requester(visit: str) -> Response:
        form = request.form
        return _done(lambda ask: actions.name_requester(
            hub, ask, visit=visit, name=form.get("name", ""), quality=form.get("quality", "self"),
            party=form.get("party") or None,
        ))  # fmt: skip

    @room.post("/desk/visits/<visit>/concerned")
    def concern(visit: str) -> Response:
        return _done(lambda ask: _concern(hub, ask, visit))

    @room.post("/desk/visits/<visit>/concerned/<int:rank>/remove")
    def unconcern(visit: str, rank: int) -> Response:
        return _done(lambda ask: actions.remove_concerned(hub, ask, visit=visit, rank=rank))

    @room.post("/desk/contact")
    def begin() -> Response:
        form = request.form
        channel, motive = form.get("channel", ""), form.get("motive", "")
        return _done(lambda ask: actions.begin_contact(hub, ask, channel=channel, motive=motive))

    @room.post("/desk/contact/end")
    def end() -> Response:
        return _done(lambda ask: actions.end_contact(hub, ask))

    _add_slip(room, hub, services)


def _add_slip(room: Blueprint, hub: Hub, services: tuple[CounterService, ...]) -> None:
    @room.get("/desk/visits/<visit>")
    def visit(visit: str) -> str:
        with hub.snapshot() as reader:
            ticket = _readable(reader, visit)
            paper = _paper(hub, reader, ticket, services)
        return render_template("desk/visit.html", paper=paper, visit=visit, hidden_name=MASKED)

    @room.post("/desk/visits/<visit>/print")
    def print_visit(visit: str) -> Response:
        with hub.snapshot() as reader:
            paper = _paper(hub, reader, _readable(reader, visit), services)
        return _done(lambda ask: actions.print_visit(hub, ask, visit=visit, paper=paper), said="printed")


def _readable(reader: sqlite3.Connection, visit: str) -> Ticket:
    """The visit, for whoever had it or oversees. Raises NotFound, NotAllowed."""
    ticket = faces.ticket_by_id(reader, visit)
    if g.actor.agent not in store.agents_of(reader, ticket.id) and g.actor.roles.isdisjoint(_OVERSEE):
        raise NotAllowed("this visit was at another counter", code="not_your_visit")
    return ticket


def _concern(hub: Hub, ask: Ask, visit: str) -> None:
    """The file that the form names, if there is one."""
    party = request.form.get("party", "")
    if party not in people.names_of(hub, ask, [party]):
        raise Refused("no such person or employer", code="unknown_party")
    actions.add_concerned(hub, ask, visit=visit, party=party)


def _paper(hub: Hub, reader: sqlite3.Connection, ticket: Ticket, services: tuple[CounterService, ...]) -> slips.Visit:
    agency = hub.settings.agency
    who, name, concerned = _people(hub, reader, ticket)
    counter = hub.settings.counter(ticket.stage.counter or "")
    language = agency.languages[0]
    hidden = say(language, "people.masked")
    return slips.Visit(
        organisation=agency.organisation,
        agency=agency.name,
        label=ticket.label,
        date=local(ticket.issued.at, agency.zone).strftime("%d/%m/%Y"),
        counter=f"{counter.code}-{counter.label}" if counter else "",
        agent=agents.names(reader).get(ticket.stage.agent or "", ticket.stage.agent or ""),
        requester=name.replace(MASKED, hidden),
        quality=say(language, f"visits.quality_{who.quality}") if who else "",
        concerned=tuple((n.name.replace(MASKED, hidden), n.number) for n in concerned),
        done=tuple((line.at, line.text) for line in thread_of(hub, reader, ticket, services)),
    )


def _done(act: Callable[[Ask], Any], said: str = "") -> Response:
    """The strip as it is now, or with the refusal and all that was typed; without a script, back to where one was."""
    try:
        act(asked(request.path))
    except Refused as refused:
        return _strip(refused)
    if request.headers.get("HX-Request"):
        return _strip(said=said)
    back = request.form.get("next", "")
    return redirect(back if back.startswith("/desk") else "/desk", 303)


def _strip(refused: Refused | None = None, said: str = "") -> Response:
    template = "desk/hand.html" if request.headers.get("HX-Request") else "desk/hand_page.html"
    page = render_template(
        template, refused=refused, said=said, kept=request.form if refused else {},
        done_key="" if refused else request.form.get("key", ""),
    )  # fmt: skip
    response = make_response(page, refused.status if refused else 200)
    if request.method == "POST" and refused is None:
        response.headers["HX-Trigger"] = "purpose"
    return response
