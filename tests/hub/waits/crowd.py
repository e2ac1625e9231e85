"""Days of an invented hall, as the files of the bench have them: people who come, wait, leave; counters that change."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from hub.bench.waits import Day, Snapshot, Ticket

OPEN, CLOSE, LOOK_EVERY = 480, 900, 5
MONDAY = date(2026, 3, 2)


def days(count: int, queues: Mapping[str, tuple[float, float, int]], seed: int = 1) -> list[Day]:
    """`queues`: name → arrivals an hour, minutes a visit, counters. A morning's rush, a counter fewer at noon."""
    found = []
    for number in range(count):
        day = Day((MONDAY + timedelta(days=number)).isoformat())
        for name, (per_hour, minutes, counters) in queues.items():
            chance = random.Random(f"{seed} {number} {name}")  # noqa: S311 (an invented hall)
            busy = chance.choice((0.8, 1.0, 1.25))
            day.tickets[name] = _tickets(chance, per_hour * busy, minutes, counters)
            day.snapshots[name] = [
                Snapshot(at, _serving(counters, at), minutes) for at in range(OPEN, CLOSE + 240, LOOK_EVERY)
            ]
        found.append(day)
    return found


def _serving(counters: int, at: float) -> int:
    return max(1, counters - 1) if 720 <= at < 780 else counters


def _tickets(chance: random.Random, per_hour: float, minutes: float, counters: int) -> list[Ticket]:
    free = [float(OPEN + 2)] * counters
    heapq.heapify(free)
    found = []
    for number, at in enumerate(_arrivals(chance, per_hour), 1):
        begin = max(at + 0.2, heapq.heappop(free))
        if counters > 1 and 720 <= begin < 780 and chance.random() < 1 / counters:
            begin += 10
        stays = begin - at < chance.expovariate(1 / 90)
        heapq.heappush(free, begin + (chance.expovariate(1 / minutes) if stays else 0.5))
        found.append((number, at, begin))
    order = sorted(begin for _, _, begin in found)
    calls = [(number, at, begin) for (number, at, _), begin in zip(found, order, strict=True)]
    return [
        _seen(number, at, begin, sum(b > _next(at) for _, _, b in calls[: number - 1])) for number, at, begin in calls
    ]


def _arrivals(chance: random.Random, per_hour: float) -> Iterator[float]:
    at = float(OPEN - 10)
    while at < CLOSE:
        at += chance.expovariate((per_hour / 60) * (1.6 if at < 570 else 0.8))
        yield at


def _next(at: float) -> float:
    """The look that first sees something."""
    return float(OPEN if at <= OPEN else -(-at // LOOK_EVERY) * LOOK_EVERY)


def _seen(number: int, at: float, begin: float, ahead: int) -> Ticket:
    hi, call_hi = _next(at), _next(begin)
    return Ticket(number, max(hi - LOOK_EVERY, 0.0), hi, call_hi - LOOK_EVERY, call_hi, ahead)
