"""What is still open before a day is closed, in sentences: whoever closes it reads what becomes of whom."""

from __future__ import annotations

from dataclasses import dataclass

from hub.context import Hub
from hub.queues import store
from hub.queues.model import Ticket, TicketState
from hub.queues.store import Reader
from hub.say import say

#: What is told, in which order, and of which states.
_TOLD: dict[str, tuple[TicketState, ...]] = {
    "called": ("called",),
    "serving": ("serving",),
    "on_hold": ("on_hold",),
    "waiting": ("waiting",),
    "unprinted": ("issued",),
}
#: A visitor at a counter: the day closes over them by force alone.
_BUSY = frozenset({"called", "serving"})
#: As many labels are named, the rest is counted.
NAMED = 24


@dataclass(frozen=True, slots=True)
class OpenLine:
    """One sentence of what is still open, the tickets it speaks of, and how many more."""

    kind: str
    text: str
    tickets: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class StillOpen:
    """All of it. `busy`: visitors are at counters, so that the day closes only by force."""

    busy: bool
    lines: tuple[OpenLine, ...]


def still_open(hub: Hub, reader: Reader) -> StillOpen:
    """What closing the day now would end."""
    language = hub.settings.agency.languages[0]
    tickets = store.open_tickets(reader)
    told = [
        _line(language, kind, [ticket for ticket in tickets if ticket.state in states])
        for kind, states in _TOLD.items()
    ]
    counters = sorted(code for code, session in store.counters(reader).items() if session.state != "closed")
    if counters:
        text = say(language, "supervision.close_counters", count=len(counters))
        told.append(OpenLine("counters", text, tuple(counters), 0))
    lines = tuple(line for line in told if line.tickets)
    return StillOpen(any(line.kind in _BUSY for line in lines), lines)


def _line(language: str, kind: str, tickets: list[Ticket]) -> OpenLine:
    text = say(language, f"supervision.close_{kind}", count=len(tickets))
    named = tuple(_named(language, ticket) for ticket in tickets[:NAMED])
    return OpenLine(kind, text, named, max(0, len(tickets) - NAMED))


def _named(language: str, ticket: Ticket) -> str:
    """`D002 au 05` at a counter, else its label alone."""
    where = ticket.stage.counter if ticket.state in ("called", "serving", "on_hold") else None
    at = say(language, "supervision.at_counter", counter=where) if where else ""
    return f"{ticket.label} {at}".strip()
