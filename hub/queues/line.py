"""The line before a counter: whom it would call, in order, and why."""

from __future__ import annotations

from itertools import islice

from hub.context import Hub
from hub.queues import actions, routing
from hub.queues.store import Reader
from hub.settings import Counter


def upcoming(
    hub: Hub, reader: Reader, everybody: list[routing.Candidate], counter: Counter, limit: int
) -> list[routing.Choice]:
    """Whom of `everybody` this counter would call if no other counter called: at most `limit`."""
    caller = actions.caller_now(hub, reader, counter) if everybody else routing.Caller(counter.code, counter.services)
    return list(islice(routing.in_turn(everybody, caller, hub.settings.queue), limit))
