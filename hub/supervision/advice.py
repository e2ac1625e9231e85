"""How many counters a day to come wants, half-hour by half-hour, and what that would change. Pure.

Each half-hour is a queue in balance of its own (Erlang A), with the arrivals of a service time earlier, for the line
follows the door with that delay: the lagged stationary approximation (L. V. Green, P. J. Kolesar and J. Soares,
*Improving the SIPP Approach for Staffing Service Systems That Have Cyclic Demands*, Operations Research 49(4), 2001).
What a whole past day would have been with other counters is replayed (`replay`): that knows the line of the morning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from hub.supervision import erlang
from hub.supervision.demand import SLOT_MIN, Demand, Expected, Pool, Slot
from hub.supervision.erlang import Line

#: Eight of ten wait no longer than the target (C.6).
SHARE = 0.8
#: No more counters than so many more are thought of at once.
MOST_MORE = 3
#: A counter less is worth saying from so many half-hours on: an agent sits down to other work for two hours.
LONG_ENOUGH = 4
#: The half-hour that begins at noon; people come in one when it is half a person a day on average.
NOON = 24
SOMEBODY = 0.5
#: As many sentences stand on the page; they are in order of what they save.
SAID = 5


@dataclass(frozen=True, slots=True)
class Period:
    """One pool in one half-hour. `needed`: how many counters keep eight of ten within the target.

    `p80_min`: the wait to the call that eight of ten do not exceed with the usual counters, None where none is open.
    """

    slot: Slot
    people: float
    seen: int
    open: int
    needed: int
    p80_min: float | None


@dataclass(frozen=True, slots=True)
class Advice:
    """`extra` counters more, or one less (-1), for a pool from one half-hour's begin to another's: what it changes.

    `before_min`, `after_min`: P80 of the wait to the call over the whole of it; `people`: who come then.
    `saved_min`: minutes of waiting that all of them have less, on average of the days.
    """

    kind: Literal["more", "fewer"]
    pool: Pool
    begin: Slot
    end: Slot
    extra: int
    before_min: float
    after_min: float
    target_min: float
    people: float
    saved_min: float
    enough: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A pool's day: its half-hours, and what is advised of them."""

    demand: Demand
    target_min: float
    periods: tuple[Period, ...]
    advice: tuple[Advice, ...]


def plan(found: Demand, target_min: float) -> Plan:
    """What one pool's day wants. `target_min`: the wait that eight of ten should not exceed."""
    lines = _Lines(found)
    periods = tuple(_period(found, lines, one, target_min) for one in found.slots)
    more = (_more(found, lines, span, target_min) for span in _spans(periods, lambda p: p.open and p.needed > p.open))
    fewer = (_fewer(found, lines, span, target_min) for span in _spans(periods, lambda p: p.needed < p.open > 1))
    return Plan(found, target_min, periods, tuple(one for one in (*more, *fewer) if one))


def foremost(plans: Iterable[Plan]) -> tuple[Advice, ...]:
    """What is said first: more counters where they save most waiting, then where one is not needed."""
    every = [one for each in plans for one in each.advice]
    return tuple(sorted(every, key=lambda one: (one.kind != "more", -one.saved_min, one.begin))[:SAID])


@dataclass(frozen=True, slots=True)
class Heads:
    """How many counters of a pool are usually open at once in a half-day, and how many keep its target throughout."""

    usual: int
    needed: int

    @property
    def spare(self) -> int:
        """How many agents can do other work; below 0, how many lack."""
        return self.usual - self.needed


def half_days(found: Plan) -> tuple[Heads, Heads]:
    """The morning's heads and the afternoon's."""
    return _heads([p for p in found.periods if p.slot < NOON]), _heads([p for p in found.periods if p.slot >= NOON])


def _heads(periods: Sequence[Period]) -> Heads:
    return Heads(
        usual=max((period.open for period in periods), default=0),
        needed=max((period.needed for period in periods if period.people >= SOMEBODY), default=0),
    )


class _Lines:
    """The queues of one pool by half-hour and number of counters, each worked out once."""

    def __init__(self, found: Demand) -> None:
        self._demand = found
        self._people = {one.slot: one.people for one in found.slots}
        self._known: dict[tuple[Slot, int], Line] = {}

    def rate(self, slot: Slot) -> float:
        """People a minute, of the half-hour as it was a service time earlier."""
        lag = min(self._demand.service_min, SLOT_MIN)
        now, before = self._people[slot], self._people.get(slot - 1, 0.0)
        return ((SLOT_MIN - lag) * now + lag * before) / SLOT_MIN**2

    def at(self, slot: Slot, counters: int) -> Line | None:
        """The queue in that half-hour; None where nobody comes."""
        rate = self.rate(slot)
        if not rate:
            return None
        if (slot, counters) not in self._known:
            line = erlang.erlang_a(rate, self._demand.service_min, self._demand.patience_min, counters)
            self._known[slot, counters] = line
        return self._known[slot, counters]

    def holds(self, slot: Slot, counters: int, target_min: float) -> bool:
        """Whether eight of ten are called within the target."""
        line = self.at(slot, counters)
        return line is None or line.within(target_min) >= SHARE

    def p80(self, span: Sequence[Period], more: int) -> float:
        """The P80 of all who come in a span, with so many counters more than usual."""
        queues = [(one.people, line) for one in span if (line := self.at(one.slot, one.open + more)) is not None]
        return erlang.percentile(queues, SHARE)

    def waiting(self, span: Sequence[Period], more: int) -> float:
        """All minutes of waiting of a span."""
        queues = ((one, self.at(one.slot, one.open + more)) for one in span)
        return sum(one.people * line.mean_min for one, line in queues if line is not None)


def _period(found: Demand, lines: _Lines, one: Expected, target_min: float) -> Period:
    most = max(one.open, len(found.pool.counters)) + MOST_MORE
    needed = next((count for count in range(1, most) if lines.holds(one.slot, count, target_min)), most)
    line = lines.at(one.slot, one.open) if one.open else None
    p80 = erlang.percentile([(1.0, line)], SHARE) if line else None if not one.open else 0.0
    return Period(one.slot, one.people, one.seen, one.open, needed if lines.rate(one.slot) else 0, p80)


def _spans(periods: Sequence[Period], said: Callable[[Period], object]) -> Iterator[list[Period]]:
    """Half-hours in a row of which something is true."""
    for true, group in groupby(periods, key=lambda period: bool(said(period))):
        if true:
            yield list(group)


def _more(found: Demand, lines: _Lines, span: list[Period], target_min: float) -> Advice:
    """As few counters more as keep the whole of it within the target, or the most there is to think of."""
    extra = next(
        (more for more in range(1, MOST_MORE) if lines.p80(span, more) <= target_min),
        MOST_MORE,
    )
    return _advice("more", found, lines, span, extra, target_min)


def _fewer(found: Demand, lines: _Lines, span: list[Period], target_min: float) -> Advice | None:
    """One counter less, where that holds for long enough to be worth saying."""
    return _advice("fewer", found, lines, span, -1, target_min) if len(span) >= LONG_ENOUGH else None


def _advice(  # noqa: PLR0913, PLR0917 (what is advised, and what it is worked out from)
    kind: Literal["more", "fewer"], found: Demand, lines: _Lines, span: list[Period], extra: int, target_min: float
) -> Advice:
    after = lines.p80(span, extra)
    return Advice(
        kind=kind,
        pool=found.pool,
        begin=span[0].slot,
        end=span[-1].slot + 1,
        extra=extra,
        before_min=lines.p80(span, 0),
        after_min=after,
        target_min=target_min,
        people=sum(one.people for one in span),
        saved_min=lines.waiting(span, 0) - lines.waiting(span, extra),
        enough=after <= target_min,
    )
