"""A paper or a card that a visitor held under the kiosk's scanner: what it is, and what there is to say to them.

It is a question, so nothing is journalled. What is answered names nobody, no number and no reason, and is the same for
a number that is known and one that is not: whoever scans it may have found it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from hub import codes, notices
from hub.ask import Answer
from hub.codes import Code
from hub.context import Hub
from hub.errors import StoreFault, TooMany, Unreadable
from hub.people import actions as people
from hub.queues import followup
from hub.queues import store as queues
from hub.queues.model import Ticket
from hub.wire import ScanFound, as_json

if TYPE_CHECKING:  # known by their shape alone: services stand above
    from hub.services.ports import Hands, Offer

Reader = sqlite3.Connection
NOTHING, MESSAGE = "scan_none", "scan_message"
TICKET, CALLED = "scan_ticket", "scan_ticket_called"
#: What waits with a paper → what the ticket of whoever brought it says of it (`why_…` of slip.toml).
WHY = {"scan_answer": "answer", "scan_complete": "complete", "scan_awaited": "awaited"}
log = structlog.get_logger("scans")


@dataclass(frozen=True, slots=True)
class Scan:
    """What was scanned, as we know it: the label of a paper of ours, or whose number it is (the ref of their file)."""

    label: str | None = None
    party: str | None = None


def look(hub: Hub, code: str, who: str) -> Answer:
    """What there is to say to whoever brings this: a `ScanFound`. Raises Unreadable for what is no code.

    `who` is the device that asks: after too many codes that could be a ticket's and are nothing, or too many numbers,
    known or not, it raises TooMany.
    """
    read = codes.read(code)
    if read.token:
        followup.not_guessing(hub, who)
    if read.number:
        not_trying(hub, who)
    scan = _known(hub, read)
    with hub.snapshot() as reader:
        ticket = queues.ticket_of_token(reader, read.token) if read.token else None
        found = _of_ticket(hub, reader, ticket) if ticket else _offered(hub, reader, scan)
    if read.token and ticket is None and found.words == NOTHING and scan == Scan():
        hub.guesses.bad(who)
    answer: Answer = as_json(found)
    return answer


def not_trying(hub: Hub, who: str) -> None:
    """Raise TooMany for a device that looks numbers, or names, up faster than a hall of people does.

    Known and unknown ones count alike: who waited longer after the one would learn which it was.
    """
    if left_s := hub.numbers.left_s(who):
        raise TooMany("too many numbers looked up: wait", retry_s=int(left_s) + 1)
    hub.numbers.bad(who)


def _of_ticket(hub: Hub, reader: Reader, ticket: Ticket) -> ScanFound:
    """To whoever shows the ticket that they have: another one would only make the line longer."""
    told = followup.followed(hub, reader, ticket)
    words = CALLED if ticket.state in ("called", "serving") else NOTHING if told.state == "over" else TICKET
    return ScanFound(words, {"ticket": ticket.label, "counter": ticket.stage.counter or ""}, "", "", told)


def _offered(hub: Hub, reader: Reader, scan: Scan) -> ScanFound:
    """The most pressing of what the services have; else whether there is a message at all."""
    if offers := _offers(hub, reader, scan):
        first = max(offers, key=_pressing)
        facts = {name: str(held) for name, held in first.facts.items()}
        return ScanFound(first.words.removeprefix("kiosk."), facts, first.service, scan.label or "")
    waits = scan.party is not None and notices.to_tell(reader, scan.party)
    return ScanFound(MESSAGE if waits else NOTHING, {}, "", scan.label or "")


def _offers(hub: Hub, reader: Reader, scan: Scan) -> list[Offer]:
    return [offer for service in hub.services for offer in service.offers(hub, reader, scan)]


def _pressing(offer: Offer) -> int:
    return offer.weight


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
    they take a ticket for. A paper is in the hands that have it; of a card, what was offered for that service is.
    """
    if scan == Scan():
        return None
    with hub.snapshot() as reader:
        hands = _hands(hub, reader, scan, service)
        seat = queues.counter_of_agent(reader, hands.agent) if hands and hands.agent else None
    for code in (seat, hands.counter if hands else None):
        found = hub.settings.counter(code) if code else None
        if found is not None and found.shown and service in found.services:
            return code
    return None


def why(hub: Hub, scan: Scan, service: str) -> str:
    """What a ticket for that service may say of what waits: of a paper in hand alone, a card may have been found."""
    if scan.label is None:
        return ""
    with hub.snapshot() as reader:
        offers = [each for each in _offers(hub, reader, scan) if each.service == service]
    return WHY.get(max(offers, key=_pressing).words.removeprefix("kiosk."), "") if offers else ""


def _hands(hub: Hub, reader: Reader, scan: Scan, service: str) -> Hands | None:
    """Who has what they come back for."""
    if scan.label is not None:
        return next(filter(None, (each.holds(reader, scan.label) for each in hub.services)), None)
    offers = [each for each in _offers(hub, reader, scan) if each.service == service and each.hands is not None]
    return max(offers, key=_pressing).hands if offers else None


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
