"""The line before a counter: whom it would call, in order, and why."""

from __future__ import annotations

from itertools import islice
from typing import Any

from hub.clock import Instant, elapsed, instant
from hub.context import Hub
from hub.queues import places, routing, store
from hub.queues.model import BusinessDay, CounterSession
from hub.queues.store import Reader
from hub.settings.counters import Counter

_MS_PER_MIN = 60_000


def upcoming(
    hub: Hub, reader: Reader, everybody: list[routing.Candidate], counter: Counter, limit: int
) -> list[routing.Choice]:
    """Whom of `everybody` this counter would call if no other counter called: at most `limit`."""
    caller = caller_now(hub, reader, counter) if everybody else routing.Caller(counter.code, counter.services)
    return list(islice(routing.in_turn(everybody, caller, hub.settings.queue), limit))


def waiting_now(hub: Hub, reader: Reader, now: Instant) -> list[routing.Candidate]:
    """Everyone who can be called, as routing sees them."""
    terms = places.terms(hub)
    return [_candidate(terms, row, now) for row in store.waiting(reader)]


def caller_now(hub: Hub, reader: Reader, counter: Counter) -> routing.Caller:
    """The counter that asks, as routing sees it."""
    sessions = store.counters(reader)
    session = sessions.get(counter.code, CounterSession(counter.code))
    here = places.of(hub, session)
    day = store.day(reader)
    run = _priority_run(reader, day, here.services, hub.settings.queue.priority_run) if day else 0
    return places.caller(here, places.opened(hub, sessions), run, session.own_calls)


def _priority_run(reader: Reader, day: BusinessDay, services: tuple[str, ...], enough: int) -> int:
    """How many of the last calls from these queues, in a row, were priority ones."""
    calls = store.last_calls(reader, day, routing.LOOK_BACK * enough)
    return routing.run_of(((row["service"], _special(row)) for row in calls), services, enough)


def _special(row: Any) -> bool:
    """Whether somebody was called before others (`routing.Candidate.special`)."""
    return row["priority"] != "normal" or bool(row["head_start"])


def _candidate(terms: places.Terms, row: Any, now: Instant) -> routing.Candidate:
    due = instant(row["due_at"], row["due_tick"]) if row["due_at"] is not None else None
    since = due or instant(row["issued_at"], row["issued_tick"])
    waited_min = elapsed(since, now).ms / _MS_PER_MIN
    here_min = elapsed(instant(row["entered_at"], row["entered_tick"]), now).ms / _MS_PER_MIN
    return places.candidate(
        terms, ticket=row["id"], stage=row["stage"], label=row["label"], service=row["service"], rank=row["rank"],
        priority=row["priority"], language=row["language"], behind=row["behind"], wanted=row["wanted"],
        waited_min=waited_min, here_min=min(here_min, waited_min) if due else here_min,
        early_min=elapsed(now, due).ms / _MS_PER_MIN if due else 0.0, head_start=row["head_start"] or 0.0,
        due_at=row["due_at"],
    )  # fmt: skip
