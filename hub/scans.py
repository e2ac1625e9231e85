"""A paper or a card that a visitor held under the kiosk's scanner: what it is, and what there is to say to them.

It is a question, so nothing is journalled. What is answered names nobody, no number and no reason, and is the same for
a number that is known and one that is not: whoever scans it may have found it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import structlog

from hub import codes, notices
from hub.ask import Answer
from hub.codes import Code
from hub.context import Hub
from hub.errors import StoreFault, Unreadable
from hub.people import actions as people
from hub.queues import followup
from hub.queues import store as queues
from hub.queues.model import Ticket
from hub.wire import ScanFound, as_json

Reader = sqlite3.Connection
NOTHING, MESSAGE = "scan_none", "scan_message"
TICKET, CALLED = "scan_ticket", "scan_ticket_called"
log = structlog.get_logger("scans")


@dataclass(frozen=True, slots=True)
class Scan:
    """What was scanned, as we know it: the label of a paper of ours, or whose number it is (the ref of their file)."""

    label: str | None = None
    party: str | None = None


def look(hub: Hub, code: str, who: str) -> Answer:
    """What there is to say to whoever brings this: a `ScanFound`. Raises Unreadable for what is no code.

    `who` is the device that asks: after too many codes that could be a ticket's and are nothing, it raises TooMany.
    """
    read = codes.read(code)
    if read.token:
        followup.not_guessing(hub, who)
    scan = _known(hub, read)
    with hub.snapshot() as reader:
        ticket = queues.ticket_of_token(reader, read.token) if read.token else None
        found = _of_ticket(hub, reader, ticket) if ticket else _offered(hub, reader, scan)
    if read.token and ticket is None and found.words == NOTHING and scan == Scan():
        hub.guesses.bad(who)
    answer: Answer = as_json(found)
    return answer


def _of_ticket(hub: Hub, reader: Reader, ticket: Ticket) -> ScanFound:
    """To whoever shows the ticket that they have: another one would only make the line longer."""
    told = followup.followed(hub, reader, ticket)
    words = CALLED if ticket.state in ("called", "serving") else NOTHING if told.state == "over" else TICKET
    return ScanFound(words, {"ticket": ticket.label, "counter": ticket.stage.counter or ""}, "", "", told)


def _offered(hub: Hub, reader: Reader, scan: Scan) -> ScanFound:
    """The most pressing of what the services have; else whether there is a message at all."""
    offers = [offer for service in hub.services for offer in service.offers(hub, reader, scan)]
    if offers:
        first = max(offers, key=lambda each: each.weight)
        facts = {name: str(held) for name, held in first.facts.items()}
        return ScanFound(first.words.removeprefix("kiosk."), facts, first.service, scan.label or "")
    waits = scan.party is not None and notices.to_tell(reader, scan.party)
    return ScanFound(MESSAGE if waits else NOTHING, {}, "", scan.label or "")


def brought(hub: Hub, code: str) -> Scan:
    """What a ticket carries of a code that was scanned before it was asked for.

    Only what is known goes on: a label may stand in the public journal, and nothing else that was under the scanner.
    Nobody goes without a ticket for what they scanned: what is unreadable is left out.
    """
    try:
        return _known(hub, codes.read(code)) if code else Scan()
    except Unreadable:
        return Scan()


def kept_for(hub: Hub, scan: Scan, service: str) -> str | None:
    """The counter that whoever brings this is kept for (requirements B.12).

    Where the agent sits who handled it last, else where it was taken in; None where neither calls the service that
    they take a ticket for.
    """
    if scan.label is None:
        return None
    with hub.snapshot() as reader:
        hands = next(filter(None, (each.holds(reader, scan.label) for each in hub.services)), None)
        seat = queues.counter_of_agent(reader, hands.agent) if hands and hands.agent else None
    for code in (seat, hands.counter if hands else None):
        found = hub.settings.counter(code) if code else None
        if found is not None and found.shown and service in found.services:
            return code
    return None


def _known(hub: Hub, code: Code) -> Scan:
    with hub.snapshot() as reader:
        labels = (found.number for service in hub.services for found in service.finds(reader, code.text))
        label = next(labels, None)
    return Scan(label, _party(hub, code.text) if label is None and code.number else None)


def _party(hub: Hub, number: str) -> str | None:
    """Whose number it is; nobody's while the replica of central data cannot be read."""
    try:
        return people.ref_of(hub, number)
    except (StoreFault, sqlite3.DatabaseError) as fault:
        log.warning("a scanned number was not looked up", fault=str(fault))
        return None
