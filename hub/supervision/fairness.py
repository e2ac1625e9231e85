"""Who was called before whom, and why (requirements B.12). Pure.

A call is *out of order* when somebody of the same queue was still waiting whose ticket was issued earlier; each of them
is *overtaken* once by it. The place of whoever has an appointment is that of its time: who comes early is not wronged
by a call before it, and who comes late has kept it (requirements B.13). What is counted is what people in the hall see;
most of it is right, and each call says why.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from hub.queues.model import Priority
from hub.supervision.measures import Timeline
from hub.supervision.model import Day, Passage, Visit

#: Why a call came before others. `priority`, `normal_turn`, `too_long`, `for_this_counter`: the rules of calling
#: (`hub.queues.routing`); `picked`: an agent's motive. Of a plain call it lies with those who were passed: they were
#: `reserved` for another counter, had `returned` after an absence, or `let_pass` others. `ahead`: sent on, to the head.
#: `appointment`: called at the time that they were given.
Reason = Literal[
    "priority", "appointment", "picked", "for_this_counter", "normal_turn", "too_long", "helped", "ahead", "reserved",
    "returned", "let_pass", "other",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)
_OF_THE_RULES: dict[str, Reason] = {
    "appointment": "appointment", "picked": "picked", "for_this_counter": "for_this_counter",
    "normal_turn": "normal_turn", "too_long": "too_long", "helped": "helped",
}  # fmt: skip
#: Who still waits.
_FOR_EVER = 1 << 62


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """A call that came before others, at a moment of the day's line of ms.

    `longest_ms`: how long the one of those overtaken who had waited longest had been there.
    """

    day: str
    label: str
    service: str
    counter: str
    priority: Priority
    reason: Reason
    at: int
    waited_ms: int
    overtaken: int
    longest_ms: int


@dataclass(slots=True)
class Fairness:
    """What a range of days came to. `calls`: all of them; `times`: how many visitors were overtaken how often.

    `by_reason`: calls out of order and how many they overtook; `longest_ms`: the longest wait to the call, of anybody.
    """

    calls: int = 0
    out_of_order: list[OutOfOrder] = field(default_factory=list)
    times: Tally[int] = field(default_factory=Tally)
    longest_ms: int = 0

    @property
    def overtakings(self) -> int:
        """How often somebody was overtaken."""
        return sum(call.overtaken for call in self.out_of_order)

    @property
    def overtaken(self) -> int:
        """How many visitors were overtaken at least once."""
        return sum(self.times.values())

    @property
    def in_order(self) -> float | None:
        """The share of calls in order; None of none."""
        return 1 - len(self.out_of_order) / self.calls if self.calls else None

    def by_reason(self) -> dict[Reason, tuple[int, int]]:
        """Calls out of order and overtakings, by reason, where there are any."""
        found = {reason: [call.overtaken for call in self.out_of_order if call.reason == reason] for reason in REASONS}
        return {reason: (len(each), sum(each)) for reason, each in found.items() if each}

    def add(self, other: Fairness) -> None:
        """Another day's."""
        self.calls += other.calls
        self.out_of_order += other.out_of_order
        self.times += other.times
        self.longest_ms = max(self.longest_ms, other.longest_ms)


@dataclass(frozen=True, slots=True)
class _Wait:
    """One wait in one queue, on the day's line of ms. `until`: the call or the going, for ever for who still waits.

    `since`: from when on they waited for others: before their appointment nobody does.
    """

    visit: Visit
    passage: Passage
    rank: int
    order: tuple[int, int]
    entered: int
    until: int
    since: int

    def waited_ms(self, until: int) -> int:
        """How long they had waited by then."""
        return max(0, until - self.since)


def of_day(day: Day, visits: Sequence[Visit]) -> Fairness:
    """One business day; of one that is open, until now."""
    found = Fairness()
    overtaken: Tally[int] = Tally()
    lines: dict[str, list[_Wait]] = {}
    for wait in _waits(visits):
        lines.setdefault(wait.passage.service, []).append(wait)
    for line in lines.values():
        for wait, there in _calls(line):
            found.calls += 1
            found.longest_ms = max(found.longest_ms, wait.waited_ms(wait.until))
            passed = [other for other in there if other.order < wait.order and wait.until < other.until]
            if passed:
                overtaken.update(other.order[1] for other in passed)
                found.out_of_order.append(_call(day, wait, passed))
    found.out_of_order.sort(key=lambda call: call.at)
    found.times = Tally(overtaken.values())
    return found


def _waits(visits: Sequence[Visit]) -> Iterable[_Wait]:
    line = Timeline(moment for visit in visits for moment in (visit.issued, *(p.entered for p in visit.passages)))
    for number, visit in enumerate(visits):
        due = line.place(visit.due) if visit.due else None
        order = (line.place(visit.issued) if due is None else due, number)
        for rank, passage in enumerate(visit.passages):
            entered = line.place(passage.entered)
            until = line.place(passage.left) if passage.left else _FOR_EVER
            yield _Wait(visit, passage, rank, order, entered, max(entered, until), max(entered, due or 0))


def _calls(line: Iterable[_Wait]) -> Iterable[tuple[_Wait, Sequence[_Wait]]]:
    """Each call of a queue in order of time, with everybody who was in it then."""
    moves = [(one.entered, 0, one) for one in line] + [(one.until, 1, one) for one in line]
    there: dict[int, _Wait] = {}
    for _, leaves, one in sorted(moves, key=lambda move: (move[0], move[1], move[2].order)):
        if not leaves:
            there[id(one)] = one
            continue
        if one.passage.called is not None:
            yield one, tuple(there.values())
        del there[id(one)]


def _call(day: Day, wait: _Wait, passed: Sequence[_Wait]) -> OutOfOrder:
    return OutOfOrder(
        day=day.date,
        label=wait.visit.label,
        service=wait.passage.service,
        counter=wait.passage.counter or "",
        priority=wait.visit.priority,
        reason=_reason(wait, passed),
        at=wait.until,
        waited_ms=wait.waited_ms(wait.until),
        overtaken=len(passed),
        longest_ms=max(other.waited_ms(wait.until) for other in passed),
    )


def _reason(wait: _Wait, passed: Sequence[_Wait]) -> Reason:
    word = wait.passage.why.partition(":")[0]
    if word.startswith("priority_"):
        return "priority"
    if word in _OF_THE_RULES:
        return _OF_THE_RULES[word]
    if all(other.passage.wanted not in (None, wait.passage.counter) for other in passed):
        return "reserved"
    if all(other.rank and other.visit.passages[other.rank - 1].outcome == "no_show" for other in passed):
        return "returned"
    if all(other.visit.passes for other in passed):
        return "let_pass"
    return "ahead" if wait.rank else "other"
