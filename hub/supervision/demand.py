"""What the past says of a day to come: how many people, when, for what, and what they take of a counter's time.

A day that is over is folded into a `Past`: per queue and half-hour how many entered, per counter and half-hour how long
it was open. Days of the same kind, the last ones of them, make the `Demand` of a day to come: ordinary days go by their
weekday, paydays, deadlines and reopenings are kept apart (`hub.days.rush`).

A counter's time is taken from the call to the end, without time on hold: the walk, and calls that nobody answers, cost
it too. Patience is that of exponential leaving: all time waited over those who left, who gave up waiting or were called
in vain; half a person is added, so that a day on which nobody leaves is not a day on which nobody ever would.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median

from hub.clock import elapsed
from hub.days import Calendar, Rush, rush
from hub.settings.counters import Counter
from hub.supervision.measures import Timeline
from hub.supervision.model import Day, Passage, Stretch, Visit

SLOT_MIN = 30
SLOT_MS = SLOT_MIN * 60_000
SLOTS = 24 * 60 // SLOT_MIN
#: At least so many days of a kind are looked at before anything is advised, and at most so many, the last ones.
FEWEST, MOST = 3, 12
#: How far back days are looked for.
LOOK_BACK = 400
#: Nobody's patience is taken for longer, minutes: half a day.
_LONGEST_PATIENCE = 720.0
Slot = int


@dataclass(slots=True)
class Past:
    """One day that is over. Slots are half-hours of the agency's clock, 0 at midnight; times ms.

    `entered`: people by queue and slot; `taken`, `calls`: a counter's time and how many calls, by queue; `waited`,
    `left`: all waiting until the call, and who left before their service, by queue; `staffed`: by counter and slot.
    """

    date: str
    entered: Tally[tuple[str, Slot]] = field(default_factory=Tally)
    taken: Tally[str] = field(default_factory=Tally)
    calls: Tally[str] = field(default_factory=Tally)
    waited: Tally[str] = field(default_factory=Tally)
    left: Tally[str] = field(default_factory=Tally)
    staffed: Tally[tuple[str, Slot]] = field(default_factory=Tally)


def fold(day: Day, visits: Iterable[Visit], stretches: Iterable[Stretch]) -> Past:
    """A day that is over, as advice reads it."""
    past = Past(day.date)
    passages = [passage for visit in visits for passage in visit.passages]
    line = Timeline(passage.entered for passage in passages)
    for passage in passages:
        _fold(past, passage, slot_of(day, line.place(passage.entered)))
    for one in stretches:
        if not one.paused:
            for slot, ms in _slots(day, one.begin, one.end):
                past.staffed[one.counter, slot] += ms
    return past


def _fold(past: Past, passage: Passage, slot: Slot) -> None:
    service = passage.service
    past.entered[service, slot] += 1
    if passage.called and passage.ended:
        took = elapsed(passage.called, passage.ended)
        if took.certain:
            past.taken[service] += max(0, took.ms - passage.held_ms)
            past.calls[service] += 1
    if passage.left and (waited := elapsed(passage.since, passage.left)).certain:
        past.waited[service] += waited.ms
        past.left[service] += passage.outcome in ("cancelled", "no_show")


def slot_of(day: Day, at_ms: int) -> Slot:
    """The half-hour of the agency's clock, 0 to 47."""
    return (at_ms + day.offset_ms) // SLOT_MS % SLOTS


def _slots(day: Day, begin: int, end: int) -> Iterable[tuple[Slot, int]]:
    """A stretch of time cut at the half-hours."""
    while begin < end:
        until = min(end, begin + SLOT_MS - (begin + day.offset_ms) % SLOT_MS)
        yield slot_of(day, begin), until - begin
        begin = until


# --- which days -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alike:
    """The days that a day is foreseen from, the newest first. `weekday`: whether they share its weekday."""

    rush: Rush
    weekday: bool
    dates: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether they say anything."""
        return len(self.dates) >= FEWEST


def alike(wanted: date, held: Iterable[str], calendar: Calendar) -> Alike:
    """Days like that one among the closed ones before it: of its kind, and of its weekday on an ordinary day.

    Where there are too few of its weekday, all ordinary days serve; of a payday there are few, and those are all.
    """
    kind = rush(wanted, calendar)
    first = wanted - timedelta(days=LOOK_BACK)
    found = [
        day
        for day in sorted(map(date.fromisoformat, held), reverse=True)
        if first <= day < wanted and rush(day, calendar) == kind
    ]
    same = [day for day in found if day.weekday() == wanted.weekday()]
    by_weekday = kind == "ordinary" and len(same) >= FEWEST
    return Alike(kind, by_weekday, tuple(day.isoformat() for day in (same if by_weekday else found)[:MOST]))


# --- pools ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pool:
    """Queues that share counters, hence one line before all of them."""

    services: tuple[str, ...]
    counters: tuple[str, ...]


def pools(counters: Sequence[Counter], gives: Callable[[str], bool]) -> tuple[Pool, ...]:
    """The queues that visitors are called from, put together where a counter serves several, in the settings' order."""
    found: list[tuple[list[str], list[str]]] = []
    for counter in counters:
        services = [service for service in counter.services if gives(service)]
        if not counter.shown or not services:
            continue
        touched = [pool for pool in found if not set(pool[0]).isdisjoint(services)]
        merged: tuple[list[str], list[str]] = ([], [])
        for pool in (*touched, (services, [counter.code])):
            merged[0].extend(each for each in pool[0] if each not in merged[0])
            merged[1].extend(pool[1])
        place = found.index(touched[0]) if touched else len(found)
        found = [pool for pool in found if pool not in touched]
        found.insert(place, merged)
    return tuple(Pool(tuple(services), tuple(codes)) for services, codes in found)


# --- a day to come --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """One pool in one half-hour: people who come on average of the days, and counters that are usually open.

    `seen`: how many came in all, on all of the days.
    """

    slot: Slot
    people: float
    seen: int
    open: int


@dataclass(frozen=True, slots=True)
class Demand:
    """What one pool is expected to have on a day. `service_min`: of a counter's time; `patience_min`: on average."""

    pool: Pool
    service_min: float
    patience_min: float
    slots: tuple[Expected, ...]


def demand(pool: Pool, days: Sequence[Past], mean_min: Callable[[str], float]) -> Demand | None:
    """What these days say of a pool; None where nobody came. `mean_min`: by the settings, where nobody was called."""
    entered: dict[Slot, int] = defaultdict(int)
    for day in days:
        for (service, slot), count in day.entered.items():
            if service in pool.services:
                entered[slot] += count
    if not entered:
        return None
    taken, calls = _sum(pool, days, lambda day: day.taken), _sum(pool, days, lambda day: day.calls)
    waited, left = _sum(pool, days, lambda day: day.waited), _sum(pool, days, lambda day: day.left)
    mean = taken / calls / 60_000 if calls else mean_min(pool.services[0])
    opened = {slot: _usually_open(pool, days, slot) for slot in range(SLOTS)}
    used = [*entered, *(slot for slot, count in opened.items() if count)]
    return Demand(
        pool,
        max(mean, 1 / 60),
        min(_LONGEST_PATIENCE, max(1.0, waited / 60_000 / (left + 0.5))),
        tuple(
            Expected(slot, entered.get(slot, 0) / len(days), entered.get(slot, 0), opened[slot])
            for slot in range(min(used), max(used) + 1)
        ),
    )


def _sum(pool: Pool, days: Iterable[Past], of: Callable[[Past], Mapping[str, int]]) -> int:
    return sum(of(day).get(service, 0) for day in days for service in pool.services)


def _usually_open(pool: Pool, days: Sequence[Past], slot: Slot) -> int:
    """How many of the pool's counters were open in a half-hour: the median of the days, each to the nearest whole."""
    return round(median(round(sum(day.staffed[counter, slot] for counter in pool.counters) / SLOT_MS) for day in days))
