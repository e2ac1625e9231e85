"""What would happen to the people now waiting if the counters went on as they are: pure, by `routing.choose` itself.

No forecast: nobody comes, leaves or opens, and a visit takes the mean of its service. So two ways of routing can be
held against one another on the same people, and nothing but the routing differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from hub.queues import routing
from hub.queues.routing import Caller, Candidate, Choice
from hub.settings import QueueRules

#: Nobody is followed for longer than a day's end, minutes; a counter with nobody to call looks again after so many.
HORIZON_MIN, AGAIN_MIN = 480.0, 2.0
#: Minutes of a visit in a service of which nobody has said anything.
USUAL_MIN = 10.0


@dataclass(frozen=True, slots=True)
class Counter:
    """An open counter, and in how many minutes it calls again."""

    caller: Caller
    free_in: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody called in so many minutes, at a counter."""

    ticket: int
    counter: str
    minute: float


def unfold(
    candidates: Sequence[Candidate], counters: Sequence[Counter], rules: QueueRules, mean_min: Mapping[str, float]
) -> tuple[Call, ...]:
    """The calls that would come, in order; who is never called by then is left out."""
    line = list(candidates)
    callers = {one.caller.counter: one.caller for one in counters}
    due = [(one.free_in, place, one.caller.counter) for place, one in enumerate(counters)]
    heapify(due)
    calls: list[Call] = []
    while due and line and due[0][0] < HORIZON_MIN:
        minute, place, code = heappop(due)
        caller = callers[code]
        mine = [routing.later(one, minute) for one in line if one.service in caller.called]
        choice = routing.choose(mine, caller, rules)
        if not isinstance(choice, Choice):
            if mine:
                heappush(due, (minute + AGAIN_MIN, place, code))
            continue
        called = choice.candidate
        calls.append(Call(called.ticket, code, minute))
        callers[code] = routing.after(caller, choice)
        line = routing.without(line, next(one for one in line if one.ticket == called.ticket))
        heappush(due, (minute + mean_min.get(called.service, USUAL_MIN), place, code))
    return tuple(calls)
