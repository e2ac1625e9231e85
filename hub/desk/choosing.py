"""Where an agent can sit down: the counters with who is there, their usual one first."""

from __future__ import annotations

from dataclasses import dataclass

from hub.agents import store as agents
from hub.context import Hub
from hub.queues import store
from hub.queues.model import CounterSession
from hub.settings.counters import Counter


@dataclass(frozen=True, slots=True)
class Place:
    """A counter, and what is going on there. `mine`: this agent sits there now; `usual`: they last worked there."""

    counter: Counter
    state: str
    agent: str | None
    agent_name: str | None
    ticket: str | None
    usual: bool
    mine: bool


def places(hub: Hub, agent: str) -> tuple[Place, ...]:
    """Every place, the usual one first; back desks, where nobody is called, last."""
    with hub.snapshot() as reader:
        names, sessions = agents.names(reader), store.counters(reader)
        usual = store.usual_counter(reader, agent)
        held = {t.id: t.label for t in store.open_tickets(reader, ("called", "serving"))}
    found = []
    for counter in hub.settings.counters:
        session = sessions.get(counter.code, CounterSession(counter.code))
        found.append(
            Place(
                counter=counter,
                state=session.state,
                agent=session.agent,
                agent_name=names.get(session.agent or "", session.agent),
                ticket=held.get(session.ticket or 0),
                usual=counter.code == usual,
                mine=session.agent == agent,
            )
        )
    return tuple(sorted(found, key=lambda place: (not place.usual, not place.counter.shown)))


def place_at(hub: Hub, agent: str, code: str) -> Place | None:
    """One place by its code."""
    return next((place for place in places(hub, agent) if place.counter.code == code), None)
