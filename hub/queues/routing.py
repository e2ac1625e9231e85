"""Routing: who is called next, and why (requirements B.12). Pure, replayable, explaining.

1. Whoever has waited over `max_wait_min`, oldest first.
2. After `priority_run` priority calls in a row while a normal visitor has waited over
   `normal_wait_min`: the best normal one.
3. The highest score(t) = head start(class) + weight(class) × minutes waited + affinity:
   an accumulating priority queue (Kleinrock 1964; Stanford, Taylor, Ziedins 2014), ties by issue.
   Slopes alone let the top class wait long in overload (Oz, Shneer, Ziedins 2020): hence rules 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from hub.queues.model import Priority
from hub.settings import QueueRules

#: class → (head start in minutes, minutes of score for a minute waited).
CLASSES: dict[Priority, tuple[float, float]] = {
    "normal": (0, 1.0),
    "reduced_mobility": (10, 1.5),
    "pregnant": (10, 1.5),
    "age_70": (10, 1.5),
    "infant": (10, 1.5),
    "work_accident": (15, 2.0),
}
#: Score of a ticket sent to this very counter: as if it had waited so many minutes more.
AFFINITY_MIN = 15.0
#: rule → why, where the rule says it all.
_WHY = {1: "too_long", 2: "normal_turn"}
CONSIDERED = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A waiting ticket, in numbers. Minutes since its issue, and since it entered this queue."""

    ticket: int
    stage: int
    label: str
    service: str
    priority: Priority
    waited_min: float
    here_min: float
    order: int
    behind: int = 0
    wanted: str | None = None
    head: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """The counter that asks. `run` is how many priority calls in a row were just made from its queues."""

    counter: str
    services: tuple[str, ...]
    open_counters: frozenset[str] = frozenset()
    run: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Who, by which rule, and why: `why` is a word of the translation files, `minutes` its number."""

    candidate: Candidate
    rule: int
    why: str
    minutes: int
    scores: tuple[tuple[int, float], ...] = field(default=())
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody can be called here now: the queues are `empty`, or all who wait do so for a counter `elsewhere`."""

    why: str
    waiting: int = 0


def eligible(candidate: Candidate, caller: Caller, rules: QueueRules) -> bool:
    """Whether this counter may call this ticket, its turn aside."""
    return candidate.service in caller.services and not _reserved(candidate, caller, rules)


def _reserved(candidate: Candidate, caller: Caller, rules: QueueRules) -> bool:
    """A preference for an open counter holds for `affinity_min`, then any skilled counter may call."""
    if candidate.wanted in (None, caller.counter):
        return False
    return candidate.wanted in caller.open_counters and candidate.here_min < rules.affinity_min


def score(candidate: Candidate, caller: Caller) -> float:
    """Rule 3's score, in minutes."""
    head_start, weight = CLASSES[candidate.priority]
    affinity = AFFINITY_MIN if candidate.wanted == caller.counter else 0.0
    return head_start + weight * candidate.waited_min + affinity


def choose(candidates: Sequence[Candidate], caller: Caller, rules: QueueRules) -> Choice | Nobody:
    """The next visitor for this counter, with the reason, or why nobody."""
    may = [c for c in candidates if eligible(c, caller, rules)]
    # a returned visitor waits behind others as long as there are others: nobody waits for ever in an empty room
    possible = [c for c in may if c.behind <= 0] or [c for c in may if c.behind == min(m.behind for m in may)]
    if not possible:
        return _nobody(candidates, caller)
    scores = {c.ticket: score(c, caller) for c in possible}
    chosen, rule = _by_rule(possible, scores, caller, rules)
    best = sorted(possible, key=lambda c: (-scores[c.ticket], c.order))[:CONSIDERED]
    why, minutes = _reason(chosen, rule, caller)
    return Choice(
        chosen, rule, why, minutes, tuple((c.ticket, round(scores[c.ticket], 2)) for c in best), len(possible)
    )


def run_of(calls: Iterable[tuple[str, Priority]], services: tuple[str, ...], enough: int) -> int:
    """How many of the last calls from these queues, in a row, were priority ones; it does not count beyond `enough`.

    `calls`: queue and class of each call, the newest first.
    """
    run = 0
    for service, priority in calls:
        if service not in services:
            continue
        if priority == "normal" or run >= enough:
            break
        run += 1
    return run


def in_turn(candidates: Sequence[Candidate], caller: Caller, rules: QueueRules) -> Iterator[Choice]:
    """Whom this counter would call, one after the other, if no other counter called.

    It asks `choose` again and again, as the counter will: a list and the calls cannot disagree.
    """
    line = [c for c in candidates if c.service in caller.services]
    while isinstance(choice := choose(line, caller, rules), Choice):
        yield choice
        line = _without(line, choice.candidate)
        caller = replace(caller, run=0 if choice.candidate.priority == "normal" else caller.run + 1)


def _without(line: list[Candidate], called: Candidate) -> list[Candidate]:
    """The line after a call: those who had to let others pass are nearer to their turn."""
    nearer = set(passed(line, called))
    return [replace(c, behind=c.behind - 1) if c.stage in nearer else c for c in line if c is not called]


def order(candidates: Sequence[Candidate], service: str, rules: QueueRules) -> tuple[int, ...]:
    """The tickets that wait for a service, in the order in which they would be called if one counter called them all.

    Who is wanted at one counter waits for that one, which counts for nobody's place here.
    """
    return tuple(choice.candidate.ticket for choice in in_turn(candidates, Caller("", (service,)), rules))


def _by_rule(
    possible: list[Candidate], scores: dict[int, float], caller: Caller, rules: QueueRules
) -> tuple[Candidate, int]:
    too_long = [c for c in possible if c.waited_min > rules.max_wait_min]
    if too_long:
        return min(too_long, key=lambda c: (-c.waited_min, c.order)), 1
    normal = [c for c in possible if c.priority == "normal"]
    if caller.run >= rules.priority_run and any(c.waited_min > rules.normal_wait_min for c in normal):
        return _best(normal, scores), 2
    sent_ahead = [c for c in possible if c.head]
    return _best(sent_ahead or possible, scores), 3


def _best(possible: list[Candidate], scores: dict[int, float]) -> Candidate:
    return min(possible, key=lambda c: (-scores[c.ticket], c.order))


def _reason(chosen: Candidate, rule: int, caller: Caller) -> tuple[str, int]:
    minutes = int(chosen.waited_min)
    if rule in _WHY:
        return _WHY[rule], minutes
    if chosen.wanted == caller.counter:
        return "for_this_counter", minutes
    if chosen.priority != "normal":
        return f"priority_{chosen.priority}", minutes
    return "waited", minutes


def _nobody(candidates: Sequence[Candidate], caller: Caller) -> Nobody:
    waiting = sum(c.service in caller.services for c in candidates)
    return Nobody("elsewhere" if waiting else "empty", waiting)


def passed(candidates: Sequence[Candidate], chosen: Candidate) -> tuple[int, ...]:
    """The stages of the same queue whose turn came nearer by this call."""
    return tuple(c.stage for c in candidates if c.service == chosen.service and c.behind > 0 and c is not chosen)
