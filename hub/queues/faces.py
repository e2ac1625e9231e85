"""Tickets and counters as the public face shows them: plain values, public ids, times with offset."""

from __future__ import annotations

import json
from typing import Any

from hub.clock import Instant, elapsed, iso, local
from hub.context import Hub
from hub.errors import NotFound
from hub.queues import store
from hub.queues.model import CounterSession, Ticket
from hub.queues.store import Reader
from hub.say import say
from hub.settings import Settings
from hub.wire import Hour, Wait, as_json

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_CHARS, _REST_CHARS = 10, 16
_ROW_BITS = 48
_MS_PER_MIN = 60_000


def public_id(ticket: Ticket) -> str:
    """The ticket's ULID: the time of issue, then the epoch and row that hold it.

    Derived, not stored: an index of random text costs the card a page a ticket.
    """
    return public_id_of(ticket.issued.at, ticket.epoch, ticket.id)


def public_id_of(issued_at: int, epoch: int, row: int) -> str:
    """The public id of the ticket of that row, issued then."""
    return _crockford(issued_at, _TIME_CHARS) + _crockford((epoch << _ROW_BITS) | row, _REST_CHARS)


def _crockford(number: int, chars: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(chars)))


def ticket_by_id(reader: Reader, text: str) -> Ticket:
    """The ticket of a public id. Raises NotFound, also for an id of another hub or epoch."""
    found = store.ticket(reader, _row_of(text))
    if found is None or public_id(found) != text.upper():
        raise NotFound("no such ticket", field="id")
    return found


def _row_of(text: str) -> int:
    if len(text) != _TIME_CHARS + _REST_CHARS or any(c not in _ALPHABET for c in text.upper()):
        return 0
    number = 0
    for char in text.upper()[_TIME_CHARS:]:
        number = number << 5 | _ALPHABET.index(char)
    return number & ((1 << _ROW_BITS) - 1)


def ticket_face(hub: Hub, ticket: Ticket) -> dict[str, Any]:
    """A ticket in short."""
    zone = hub.settings.agency.zone
    return {
        "id": public_id(ticket),
        "label": ticket.label,
        "service": ticket.stage.service,
        "state": ticket.state,
        "category": ticket.category,
        "priority": ticket.priority,
        "language": ticket.language,
        "channel": ticket.channel,
        "paper": ticket.paper,
        "issued_at": iso(ticket.issued.at, zone),
        "counter": ticket.stage.counter,
        "agent": ticket.stage.agent,
        "calls": ticket.stage.call_count,
        "why": why_sentence(hub, ticket.stage.why),
        "wait": {"low_s": ticket.low_s, "high_s": ticket.high_s} if ticket.high_s is not None else None,
    }


def ticket_whole(hub: Hub, reader: Reader, ticket: Ticket) -> dict[str, Any]:
    """A ticket with its stages and what happened to it."""
    zone = hub.settings.agency.zone
    return ticket_face(hub, ticket) | {
        "stages": [_stage_face(row, zone) for row in store.stages(reader, ticket.id)],
        "history": [
            {
                "seq": row["seq"],
                "at": iso(row["at"], zone),
                "kind": row["kind"],
                "agent": row["actor"],
                "device": row["device"],
                "facts": {k: v for k, v in json.loads(row["payload"]).items() if k != "token"},
            }
            for row in store.history(reader, ticket)
        ],
    }


def _stage_face(row: Any, zone: Any) -> dict[str, Any]:
    times = ("entered", "called", "started", "ended")
    return {name: row[name] for name in ("rank", "service", "counter", "agent", "outcome", "wait_ms", "service_ms")} | {
        name: iso(row[f"{name}_at"], zone) if row[f"{name}_at"] else None for name in times
    }


def issued_face(hub: Hub, ticket: Ticket, ahead: int, wait: Wait | None) -> dict[str, Any]:
    """What the one who gives the ticket needs: hub.wire.TicketIssued."""
    return {
        "id": public_id(ticket),
        "label": ticket.label,
        "service": ticket.asked,
        "state": ticket.state,
        "issued_at": iso(ticket.issued.at, hub.settings.agency.zone),
        "ahead": ahead,
        "wait": {"low_s": wait.low_s, "high_s": wait.high_s} if wait else None,
        "follow": ticket.token,
        "counter": ticket.stage.wanted or "",
        "hour": as_json(hour) if (hour := hour_of(hub.settings, ticket)) else None,
    }


def hour_of(settings: Settings, ticket: Ticket) -> Hour | None:
    """The appointment of a ticket, as its paper says it; None for most.

    Whoever had come later than `late_min` after it stands in the line with the others.
    """
    if ticket.due is None:
        return None
    zone, came = settings.agency.zone, ticket.issued.at
    first = ticket.due.at - settings.queue.early_min * _MS_PER_MIN
    return Hour(
        time=f"{local(ticket.due.at, zone):%H:%M}",
        since=f"{local(first, zone):%H:%M}" if came < first else "",
        kept=came <= ticket.due.at + settings.appointments.late_min * _MS_PER_MIN,
    )


def counter_face(hub: Hub, session: CounterSession, now: Instant) -> dict[str, Any]:
    """A counter in short."""
    configured = hub.settings.counter(session.code)
    return {
        "counter": session.code,
        "label": configured.label if configured else "",
        "state": session.state,
        "agent": session.agent,
        "reason": session.reason,
        "elapsed_s": elapsed(session.since, now).ms // 1000 if session.since else 0,
    }


def why_sentence(hub: Hub, why: str) -> str:
    """Why this ticket, in the agency's first language; `why` is `word:minutes`."""
    if not why:
        return ""
    word, _, minutes = why.partition(":")
    return say(hub.settings.agency.languages[0], f"routing.{word}", minutes=minutes or 0)
