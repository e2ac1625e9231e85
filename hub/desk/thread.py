"""The visit as a thread: what the queues recorded of it, and what the counter services add."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hub.clock import local
from hub.context import Hub
from hub.queues import store
from hub.queues.model import Ticket
from hub.say import say, words
from hub.staff_pictures import ThreadEntry
from hub.visits import store as visits

if TYPE_CHECKING:  # known by its shape alone: a service knows this room, never the other way round
    import sqlite3

    from hub.services.ports import CounterService, Found

#: kind of event → its icon. What is not here is no news to an agent (a paper that was printed).
ICONS = {
    "ticket_issued": "ticket",
    "ticket_relabelled": "printer",
    "ticket_reprinted": "printer",
    "priority_changed": "star",
    "ticket_called": "bell-ringing",
    "ticket_recalled": "bell-ringing",
    "service_started": "player-play",
    "ticket_no_show": "user-x",
    "ticket_returned": "user",
    "ticket_let_pass": "user-down",
    "ticket_held": "player-pause",
    "ticket_resumed": "player-play",
    "ticket_transferred": "corner-up-right",
    "ticket_released": "arrow-back-up",
    "ticket_served": "check",
    "service_end_corrected": "clock",
    "step_undone": "arrow-back-up",
    "ticket_cancelled": "x",
    "ticket_unserved": "clock",
    "ticket_unfinished": "clock-pause",
}
Line = tuple[int, ThreadEntry]


def thread_of(
    hub: Hub, reader: sqlite3.Connection, ticket: Ticket, services: Iterable[CounterService]
) -> tuple[ThreadEntry, ...]:
    """Every line of a visit, oldest first."""
    lines = [*_recorded(hub, reader, ticket, services), *_added(hub, reader, ticket, services)]
    return tuple(entry for _, entry in sorted(lines, key=lambda line: line[0]))


def _recorded(
    hub: Hub, reader: sqlite3.Connection, ticket: Ticket, services: Iterable[CounterService]
) -> Iterator[Line]:
    for row in store.history(reader, ticket):
        kind = row["kind"]
        if kind in ICONS:
            yield _line(hub, row["at"], ICONS[kind], sentence(hub, kind, json.loads(row["payload"])))
        if kind == "ticket_issued":
            yield from _brought(hub, reader, ticket, services, row["at"])


def _added(hub: Hub, reader: sqlite3.Connection, ticket: Ticket, services: Iterable[CounterService]) -> Iterator[Line]:
    language = hub.settings.agency.languages[0]
    for at, icon, sentence_key in visits.lines(reader, ticket.id):
        yield _line(hub, at, icon, say(language, sentence_key))
    for service in services:
        for line in service.thread(reader, ticket.id):
            yield _line(hub, line.at, line.icon, line.said(language))


def _brought(
    hub: Hub, reader: sqlite3.Connection, ticket: Ticket, services: Iterable[CounterService], at: int
) -> Iterator[Line]:
    """The paper that the visitor held under the kiosk's scanner, where it opens."""
    language = hub.settings.agency.languages[0]
    for found in papers_of(reader, ticket, services):
        text = say(language, "desk.thread_brought", paper=found.said(language))
        yield _line(hub, at, "scan", text, found.url)


def papers_of(reader: sqlite3.Connection, ticket: Ticket, services: Iterable[CounterService]) -> tuple[Found, ...]:
    """What a visitor brought, as each service knows it."""
    if ticket.brought is None:
        return ()
    return tuple(found for service in services for found in service.finds(reader, ticket.brought))


def _line(hub: Hub, at: int, icon: str, text: str, url: str = "") -> Line:
    return at, ThreadEntry(local(at, hub.settings.agency.zone).strftime("%H:%M"), icon, text, url)


def sentence(hub: Hub, kind: str, facts: dict[str, Any]) -> str:
    """What happened, as one colleague would say it to another."""
    language = hub.settings.agency.languages[0]
    facts = _readable(hub, language, facts)
    return say(language, f"desk.thread_{kind}{_variant(kind, facts)}", **facts)


def _variant(kind: str, facts: dict[str, Any]) -> str:
    """Which way of saying it, for kinds that have several."""
    if kind == "ticket_issued":
        return f"_{facts['channel']}"
    return "_to" if kind == "ticket_transferred" and facts.get("wanted") else ""


def _readable(hub: Hub, language: str, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with words in place of codes."""
    service = hub.settings.service(str(facts.get("service", "")))
    return facts | {
        "service": service.label if service else facts.get("service", ""),
        "reason": motive(language, facts.get("reason") or ""),
        "priority": word(language, f"priority_{facts.get('priority', 'normal')}"),
    }


def motive(language: str, reason: str) -> str:
    """A motive as it was chosen on a key, in words; one that was typed stays as it is."""
    for step in ("hold", "transfer", "pause"):
        if f"{step}_{reason}" in words("fr", "panel"):
            return say(language, f"panel.{step}_{reason}")
    return word(language, f"reason_{reason}", reason)


def word(language: str, name: str, otherwise: str = "") -> str:
    """A word of desk.toml, or `otherwise` where it has none."""
    return say(language, f"desk.{name}") if name in words("fr", "desk") else otherwise
