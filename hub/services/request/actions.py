"""What can be asked about requests: write one down, answer it at once or send it on, study it, let the visitor know."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from hub import notices, series
from hub.ask import Answer
from hub.context import Hub, action
from hub.days import due
from hub.errors import ConfigurationFault, NotFound, Refused, Unreadable
from hub.queues import store as queues
from hub.services import ports
from hub.services.request import rules, store
from hub.services.request.model import Request, RequestOpened, RequestPrinted
from hub.services.request.office import office_of
from hub.settings import Settings
from hub.store import Transaction

#: How an answer reaches somebody → the way of its notice. By telephone an agent does it: no notice.
_WAYS = {"counter": "visit", "mail": "print", "sms": "sms"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants, as it was typed. `party` is the ref of their file, `reach` a telephone number."""

    what: str
    reason: str
    text: str
    channel: str = "counter"
    ticket: int | None = None
    party: str | None = None
    visitor: str = ""
    reach: str = ""


def desks(hub: Hub) -> tuple[str, ...]:
    """The back desks that study requests."""
    return tuple(counter.code for counter in hub.settings.counters if counter.kind == "back")


def known(hub: Hub, request: int) -> Request:
    """One request. Raises NotFound."""
    return _request(hub.reader, request)


def _request(reader: sqlite3.Connection, request: int) -> Request:
    found = store.request(reader, request)
    if found is None:
        raise NotFound("no such request", field="request")
    return found


# --- at the counter --------------------------------------------------------------------------


@action
def answer_at_once(tx: Transaction, hub: Hub, *, asked: Asked, answer: str) -> Answer:
    """Written down and answered at the counter: the first level."""
    request = _open(tx, hub, asked)
    tx.record(rules.resolve(request, answer, hub.day_of(tx.now.at)))
    return {"request": request.id, "label": request.label, "state": "resolved"}


@action
def send_on(tx: Transaction, hub: Hub, *, asked: Asked, why: str, service: str) -> Answer:
    """Written down and sent to a back desk; the visitor leaves with its number."""
    request = _open(tx, hub, asked)
    tx.record(rules.escalate(request, why, service, desks(hub)))
    return {"request": request.id, "label": request.label, "state": "escalated", "due_on": request.due_on}


def _open(tx: Transaction, hub: Hub, asked: Asked) -> Request:
    office, on = office_of(hub.settings), hub.day_of(tx.now.at)
    what, text = rules.opened(asked.what, asked.reason, asked.channel, asked.text, office)
    if asked.party is None and not asked.visitor.strip():
        raise Unreadable("say who asks: a name, or a file", code="visitor_needed", field="visitor")
    number = series.next_of(tx.connection, "request", on.year, tx.epoch, hub.settings.agency.zone)
    day = queues.day(tx.connection)
    event = RequestOpened(
        store.next_id(tx.connection), series.label("REQ", on.year, number), on.year, number, tx.epoch, what,
        asked.reason, asked.channel, on.isoformat(), due(on, office.days[what], office.calendar).isoformat(),
        day.id if day else None, asked.ticket, asked.party, " ".join(asked.visitor.split())[:120] or None,
        " ".join(asked.reach.split())[:120] or None, text, _goes_on_from(tx, hub, asked.ticket),
    )  # fmt: skip
    tx.record(event)
    return _request(tx.connection, event.request)


def _goes_on_from(tx: Transaction, hub: Hub, ticket: int | None) -> int | None:
    """What this visit asked last and nobody could answer, unless another request has it."""
    asked = ports.unanswered(hub, tx.connection, ticket, tx.actor.agent or "")
    return None if asked is None or store.goes_on_already(tx.connection, asked) else asked


@action
def print_acknowledgement(tx: Transaction, hub: Hub, *, request: int) -> Answer:
    """The paper with its number, for the visitor."""
    del hub
    found = _request(tx.connection, request)
    tx.record(RequestPrinted(found.id, found.copies))
    return {"request": request, "copy": found.copies}


# --- in the back office ----------------------------------------------------------------------


@action
def take(tx: Transaction, hub: Hub, *, request: int) -> Answer:
    """This agent studies it."""
    del hub
    tx.record(rules.take(_request(tx.connection, request)))
    return {"request": request, "state": "in_hand"}


@action
def note(tx: Transaction, hub: Hub, *, request: int, text: str) -> Answer:
    """A word among colleagues."""
    del hub
    tx.record(rules.note(_request(tx.connection, request), text))
    return {"request": request}


@action
def pass_on(tx: Transaction, hub: Hub, *, request: int, service: str, text: str) -> Answer:
    """It was for another desk."""
    found = _request(tx.connection, request)
    rules.mine(found, tx.actor.agent)
    tx.record(rules.pass_on(found, service, text, desks(hub)))
    return {"request": request, "state": "escalated", "service": service}


@action
def ask_visitor(tx: Transaction, hub: Hub, *, request: int, channel: str, text: str) -> Answer:
    """Something is needed from the visitor: a letter, a message, or a convocation said when they come."""
    del hub
    found = _request(tx.connection, request)
    rules.mine(found, tx.actor.agent)
    event = rules.ask_visitor(found, channel, text)
    tx.record(event)
    _notice(tx, found, channel, event.text or "")
    return {"request": request, "state": "awaiting_visitor"}


@action
def reply(tx: Transaction, hub: Hub, *, request: int, text: str) -> Answer:
    """The visitor gave what was needed, at any counter."""
    del hub
    event = rules.reply(_request(tx.connection, request), text)
    tx.record(event)
    notices.withdraw_about(tx, event.subject)
    return {"request": request, "state": "in_hand"}


@action
def answer(tx: Transaction, hub: Hub, *, request: int, channel: str, text: str) -> Answer:
    """What the study came to, on its way to the visitor."""
    found = _request(tx.connection, request)
    rules.mine(found, tx.actor.agent)
    event = rules.answer(found, channel, text, hub.day_of(tx.now.at))
    tx.record(event)
    _notice(tx, found, channel, event.answer or "")
    return {"request": request, "state": "answered"}


def _notice(tx: Transaction, found: Request, channel: str, text: str) -> None:
    """What must reach the visitor. Who has no file is told when they come with the number."""
    way = _WAYS.get(channel)
    if way is None or (way == "visit" and found.party is None):
        return
    reach = found.reach or ""
    notices.enqueue(
        tx, way=way, about=f"request {found.id}", text=text, party=found.party, name=found.visitor or "",
        reach="".join(reach.split()) if way == "sms" else reach,
    )  # fmt: skip


@action
def inform(tx: Transaction, hub: Hub, *, request: int) -> Answer:
    """The visitor knows the answer: it was told, or its letter has gone."""
    event = rules.inform(_request(tx.connection, request), hub.day_of(tx.now.at))
    tx.record(event)
    notices.withdraw_about(tx, event.subject)
    return {"request": request, "state": "closed"}


@action
def contest(tx: Transaction, hub: Hub, *, request: int, text: str) -> Answer:
    """The visitor does not accept it."""
    event = rules.contest(_request(tx.connection, request), text, hub.day_of(tx.now.at), office_of(hub.settings))
    tx.record(event)
    notices.withdraw_about(tx, event.subject)
    return {"request": request, "state": "escalated", "level": event.level, "due_on": event.due_on}


# --- letters ---------------------------------------------------------------------------------


@action
def letters_gone(tx: Transaction, hub: Hub, *, letters: tuple[int, ...]) -> Answer:
    """These letters were printed and go out: whoever was waiting for their answer alone is informed."""
    told = []
    for number in letters:
        found = notices.notice(tx.connection, number)
        if found is None:
            raise NotFound("no such letter", field="letters")
        notices.end(tx, found)
        request = _about(tx, found.about)
        if request is not None and request.state == "answered" and request.answer_channel == "mail":
            tx.record(rules.inform(request, hub.day_of(tx.now.at)))
            told.append(request.label)
    return {"letters": list(letters), "closed": told}


def _about(tx: Transaction, subject: str) -> Request | None:
    room, _, number = subject.partition(" ")
    return store.request(tx.connection, int(number)) if room == "request" and number.isdecimal() else None


def queue_stays(hub: Hub, reader: sqlite3.Connection, settings: Settings) -> None:
    """Raise Refused `requests_there` where settings to come lack the queue to which requests send people."""
    del reader
    queue = office_of(hub.settings).queue
    try:
        office_of(settings)
    except ConfigurationFault as fault:
        known = hub.settings.service(queue)
        said = f"requests send people to {queue}"
        raise Refused(said, code="requests_there", service=known.name if known else queue) from fault
