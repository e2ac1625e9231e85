"""What other settings would do to the people now waiting: the same people, counters and rule, unfolded twice."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.clock import Instant, elapsed
from hub.context import Hub, Standing
from hub.queues import foresight, places, store
from hub.queues import line as queue_line
from hub.queues.foresight import Call
from hub.queues.model import CounterSession
from hub.queues.routing import Candidate
from hub.settings import Settings
from hub.settings.counters import Service

#: A call that comes less than so much sooner or later is the same, minutes.
SAME_MIN = 1.0
#: So many are named.
NAMED = 6
_MS_PER_MIN = 60_000
#: A visit in progress lasts at least so long still, minutes.
_LEAST_MIN = 1.0


@dataclass(frozen=True, slots=True)
class Side:
    """One way of routing: the last of a queue is called after having waited so long; how many nobody would call."""

    longest_min: int | None
    left: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue with people in it, before and after; how many would be called sooner, or later."""

    service: str
    label: str
    waiting: int
    before: Side
    after: Side
    sooner: int
    later: int


@dataclass(frozen=True, slots=True)
class Next:
    """Whom an open counter would call first."""

    counter: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody whose call comes at another time: minutes from now, None: nobody would call them."""

    label: str
    before_min: int | None
    after_min: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """All of it. `moved` are those whom it changes most; `waiting` and `open_counters` say of how many it speaks."""

    waiting: int
    open_counters: int
    sooner: int
    later: int
    queues: tuple[Queue, ...]
    next: tuple[Next, ...]
    moved: tuple[Moved, ...]


def effect(hub: Hub, reader: sqlite3.Connection, proposed: Settings) -> Effect:
    """What these settings would do that those that stand do not."""
    now = hub.now()
    before, people = _unfolded(hub, reader, now)
    after, _ = _unfolded(replace(hub, standing=Standing(proposed)), reader, now)
    change = {one.ticket: _change(before.get(one.ticket), after.get(one.ticket)) for one in people}
    sessions = store.counters(reader)
    return Effect(
        waiting=len(people),
        open_counters=len(places.opened(hub, sessions)),
        sooner=sum(minutes < -SAME_MIN for minutes in change.values()),
        later=sum(minutes > SAME_MIN for minutes in change.values()),
        queues=tuple(_queues(hub.settings.services, people, before, after, change)),
        next=tuple(_nexts(people, before, after, sorted(sessions))),
        moved=tuple(_moved(people, before, after, change)),
    )


Calls = dict[int, Call]


def _unfolded(hub: Hub, reader: sqlite3.Connection, now: Instant) -> tuple[Calls, list[Candidate]]:
    people = queue_line.waiting_now(hub, reader, now)
    sessions = store.counters(reader)
    counters = [
        foresight.Counter(queue_line.caller_now(hub, reader, counter), _free_in(hub, reader, session, now))
        for counter in hub.settings.counters
        if (session := sessions.get(counter.code)) is not None and session.is_open
    ]
    means = {service.code: float(service.mean_min) for service in hub.settings.services}
    return {call.ticket: call for call in foresight.unfold(people, counters, hub.settings.queue, means)}, people


def _free_in(hub: Hub, reader: sqlite3.Connection, session: CounterSession, now: Instant) -> float:
    """A visit takes the mean of its service: what of it is left."""
    ticket = store.ticket(reader, session.ticket) if session.ticket else None
    if ticket is None or session.since is None:
        return 0.0
    service = hub.settings.service(ticket.stage.service)
    mean = float(service.mean_min) if service else foresight.USUAL_MIN
    return max(_LEAST_MIN, mean - elapsed(session.since, now).ms / _MS_PER_MIN)


def _change(before: Call | None, after: Call | None) -> float:
    """By how many minutes the call comes later; whoever nobody calls is called at the horizon."""
    return (after.minute if after else foresight.HORIZON_MIN) - (before.minute if before else foresight.HORIZON_MIN)


def _queues(
    services: Sequence[Service], people: Sequence[Candidate], before: Calls, after: Calls, change: dict[int, float]
) -> list[Queue]:
    lines: dict[str, list[Candidate]] = defaultdict(list)
    for one in people:
        lines[one.service].append(one)
    return [
        Queue(
            service=service.code,
            label=service.name,
            waiting=len(line),
            before=_side(line, before),
            after=_side(line, after),
            sooner=sum(change[one.ticket] < -SAME_MIN for one in line),
            later=sum(change[one.ticket] > SAME_MIN for one in line),
        )
        for service in services
        if (line := lines.get(service.code))
    ]


def _side(line: Sequence[Candidate], calls: Calls) -> Side:
    waits = [one.waited_min + calls[one.ticket].minute for one in line if one.ticket in calls]
    return Side(round(max(waits)) if waits else None, len(line) - len(waits))


def _nexts(people: Sequence[Candidate], before: Calls, after: Calls, counters: Sequence[str]) -> list[Next]:
    """Counters whose first call is another one."""
    labels = {one.ticket: one.label for one in people}
    first = [_firsts(calls, labels) for calls in (before, after)]
    found = [Next(code, first[0].get(code, ""), first[1].get(code, "")) for code in counters]
    return [one for one in found if one.before != one.after]


def _firsts(calls: Calls, labels: dict[int, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for call in sorted(calls.values(), key=lambda one: one.minute):
        found.setdefault(call.counter, labels[call.ticket])
    return found


def _moved(people: Sequence[Candidate], before: Calls, after: Calls, change: dict[int, float]) -> list[Moved]:
    most = sorted(people, key=lambda one: (-abs(change[one.ticket]), one.order))[:NAMED]
    return [
        Moved(one.label, _minutes(before.get(one.ticket)), _minutes(after.get(one.ticket)))
        for one in most
        if abs(change[one.ticket]) > SAME_MIN
    ]


def _minutes(call: Call | None) -> int | None:
    return None if call is None else round(call.minute)
