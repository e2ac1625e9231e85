"""The line before a counter: whom it would call, in order, and why."""

from __future__ import annotations

from dataclasses import replace

from hub.context import Hub
from hub.queues import actions, routing
from hub.queues.store import Reader
from hub.settings import Counter


def upcoming(
    hub: Hub, reader: Reader, everybody: list[routing.Candidate], counter: Counter, limit: int
) -> list[routing.Choice]:
    """Whom of `everybody` this counter would call if no other counter called: at most `limit`.

    It asks routing again and again, as the counter will: the list and the calls cannot disagree.
    """
    line = [c for c in everybody if c.service in counter.services]
    caller = actions.caller_now(hub, reader, counter) if line else routing.Caller(counter.code, counter.services)
    found: list[routing.Choice] = []
    while len(found) < limit:
        choice = routing.choose(line, caller, hub.settings.queue)
        if isinstance(choice, routing.Nobody):
            break
        found.append(choice)
        line = _without(line, choice.candidate)
        caller = replace(caller, run=0 if choice.candidate.priority == "normal" else caller.run + 1)
    return found


def _without(line: list[routing.Candidate], called: routing.Candidate) -> list[routing.Candidate]:
    """The line after a call: those who had to let others pass are nearer to their turn."""
    nearer = set(routing.passed(line, called))
    return [replace(c, behind=c.behind - 1) if c.stage in nearer else c for c in line if c is not called]
