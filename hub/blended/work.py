"""What the counter services hold open for an agent, and who waits for a counter whose agent is at such work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hub.agents import store as agents
from hub.blended.rules import Line, Working
from hub.context import Hub
from hub.queues import pictures, places, store
from hub.queues.model import CounterSession
from hub.queues.pictures import Moment

if TYPE_CHECKING:  # known by its shape alone: a service knows this room, never the other way round
    from hub.services.ports import CounterService, Pending

_MS_PER_MIN = 60_000


def open_for(
    services: Iterable[CounterService], reader: sqlite3.Connection, agent: str
) -> tuple[tuple[str, Pending], ...]:
    """What waits for this agent as far as their roles go, by its code: `deposit.to_decide`."""
    found = agents.agent(reader, agent)
    roles = found.roles if found else frozenset()
    return tuple(
        (f"{service.name}.{each.kind}", each)
        for service in services
        if not roles.isdisjoint(service.roles)
        for each in service.pending(reader, agent)
        if each.count
    )


def between(found: Iterable[tuple[str, Pending]]) -> dict[str, Pending]:
    """That of it which may be done between two visitors, by its code, what has waited longest first."""
    return dict(sorted(((code, each) for code, each in found if each.between), key=lambda one: one[1].oldest_at))


def line_of(hub: Hub, moment: Moment, session: CounterSession) -> Line:
    """Who waits for a counter with whoever is signed on there."""
    there = {
        service: moment.waiting[service] for service in places.of(hub, session).services if service in moment.waiting
    }
    oldest = max((each.oldest_ms for each in there.values()), default=0)
    return Line(frozenset(there), sum(each.count for each in there.values()), oldest / _MS_PER_MIN)


def working(hub: Hub, reader: sqlite3.Connection) -> list[Working]:
    """Every counter whose agent is at back-office work."""
    at_it = [each for each in store.counters(reader).values() if each.work]
    moment = pictures.moment(hub, reader) if at_it else None
    return [Working(each, line_of(hub, moment, each)) for each in at_it if moment]
