"""What the kiosk says to whoever comes back: with the number of a request, or with the card of whom requests are about.

One table of states. It says no more than that somebody is awaited, or answered: why stands on no screen of the hall.
"""

from __future__ import annotations

import sqlite3

from hub import days
from hub.clock import local
from hub.context import Hub
from hub.scans import Scan
from hub.services.ports import Offer
from hub.services.request import store
from hub.services.request.model import Request, State
from hub.services.request.office import office_of

#: state → the kiosk's sentence, the most pressing first: who is asked to come, who is answered, who has to wait.
SAID: dict[State, str] = {
    "awaiting_visitor": "scan_awaited",
    "answered": "scan_answer",
    "in_hand": "scan_in_hand",
    "escalated": "scan_in_hand",
    "open": "scan_in_hand",
    "closed": "scan_done",
    "resolved": "scan_done",
}
#: A card is no receipt for one request: it tells only what its holder has to come for.
_OF_A_CARD: tuple[State, ...] = ("awaiting_visitor", "answered")


def offers(hub: Hub, reader: sqlite3.Connection, scan: Scan) -> tuple[Offer, ...]:
    """The request of that label, and those of that person for which they have to come."""
    labelled = store.labelled(reader, scan.label) if scan.label else None
    theirs = store.of_party(reader, scan.party) if scan.party else []
    found = [each for each in theirs if each.state in _OF_A_CARD] + ([labelled] if labelled else [])
    office, today = office_of(hub.settings), local(hub.now().at, hub.settings.agency.zone).date().isoformat()
    return tuple(offer(each, office.queue, today) for each in found)


def offer(request: Request, queue: str, today: str) -> Offer:
    """What is said of one; `queue` is where its visitor is told more, `today` an ISO date."""
    word, weight = SAID[request.state], -list(SAID).index(request.state)
    if word == "scan_awaited" and not request.service:
        word = "scan_message"
    if word == "scan_in_hand" and request.late(today):
        word = "scan_late"
    facts = {"counter": request.service or "", "date": days.said(request.due_on)}
    return Offer(queue, f"kiosk.{word}", facts, weight, store.hands_of(request))
