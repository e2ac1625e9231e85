"""How long people wait before so many counters, by the textbook (requirements C.5). Pure.

Erlang B and C (A. K. Erlang, 1917) and Erlang A, the queue that people leave (M/M/c+M: C. Palm, 1946; O. Garnett,
A. Mandelbaum and M. Reiman, *Designing a Call Center with Impatient Customers*, Manufacturing & Service Operations
Management 4(3), 2002). Arrivals at random at a steady rate, service times and patience exponential, counters alike.

Times are minutes, rates per minute. Erlang C overstates waits where people leave: advice is by Erlang A.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: A state that is so much rarer than the commonest says nothing more.
_RARE = 1e-13
#: A percentile is found to the second.
_WITHIN_MIN = 1 / 60
#: The longest wait that is looked for, minutes: two days.
_LONGEST_MIN = 2880.0


def erlang_b(offered: float, servers: int) -> float:
    """The share of visitors who find all counters taken where nobody may wait. `offered`: arrivals × service time."""
    found = 1.0
    for each in range(1, servers + 1):
        found = offered * found / (each + offered * found)
    return found


def erlang_c(offered: float, servers: int) -> float:
    """The share of visitors who wait where everybody stays; 1 where the counters cannot keep up."""
    used = offered / servers if servers else math.inf
    if used >= 1:
        return 1.0
    lost = erlang_b(offered, servers)
    return lost / (1 - used * (1 - lost))


def patient_wait(arrivals: float, service_min: float, servers: int) -> float:
    """The mean wait where everybody stays, minutes; infinite where the counters cannot keep up."""
    spare = servers / service_min - arrivals
    return erlang_c(arrivals * service_min, servers) / spare if spare > 0 else math.inf


def patient_within(arrivals: float, service_min: float, servers: int, minutes: float) -> float:
    """The share who wait no longer than so many minutes where everybody stays; 0 where the counters cannot keep up."""
    spare = servers / service_min - arrivals
    if spare <= 0:
        return 0.0
    return 1 - erlang_c(arrivals * service_min, servers) * math.exp(-spare * minutes)


@dataclass(frozen=True, slots=True)
class Line:
    """A queue in balance. `waits`: the share who wait at all; `mean_min`: of everybody; `leaves`: the share who go.

    `ahead`: how likely a visitor finds all counters taken and so many people waiting, for each number of them.
    """

    waits: float
    mean_min: float
    leaves: float
    served_at_once: float
    ahead: Sequence[float]
    #: The rate of all counters together over the rate at which one waiting visitor leaves.
    strength: float
    patience_min: float

    def within(self, minutes: float) -> float:
        """The share of those received who waited no longer than so many minutes.

        With j people ahead a patient visitor's wait is a sum of exponential times of rates cμ, cμ+θ, … cμ+jθ, whose
        distribution is the regularised incomplete beta I_x(j+1, cμ/θ), x = 1 − e^(−θt); of those who are still
        there it is I_x(j+1, cμ/θ + 1), times the share of them who stay, (cμ/θ) ÷ (cμ/θ + j + 1).
        """
        received = 1 - self.leaves
        if received <= 0:
            return 0.0
        gone = -math.expm1(-minutes / self.patience_min)
        found, share = self.served_at_once, _Beta(gone, self.strength + 1)
        for ahead, likely in enumerate(self.ahead):
            found += likely * self.strength / (self.strength + ahead + 1) * share.next()
        return min(1.0, found / received)


def erlang_a(arrivals: float, service_min: float, patience_min: float, servers: int) -> Line:
    """The queue of `servers` counters that people leave after `patience_min` on average. All rates positive."""
    pace = 1 / service_min
    likely, levels, n = 1.0, [1.0], 0
    while n < servers or likely > _RARE * max(levels):
        n += 1
        likely *= arrivals / (min(n, servers) * pace + max(0, n - servers) / patience_min)
        levels.append(likely)
    whole = sum(levels)
    levels = [each / whole for each in levels]
    queue = sum((n - servers) * each for n, each in enumerate(levels) if n > servers)
    at_once = sum(levels[:servers])
    return Line(
        waits=1 - at_once,
        mean_min=queue / arrivals,
        leaves=queue / patience_min / arrivals,
        served_at_once=at_once,
        ahead=levels[servers:],
        strength=servers * pace * patience_min,
        patience_min=patience_min,
    )


def percentile(lines: Sequence[tuple[float, Line]], share: float) -> float:
    """The wait that `share` of the visitors of several queues do not exceed, minutes; each with its weight."""
    weight = sum(each for each, _ in lines)
    if not weight:
        return 0.0

    def within(minutes: float) -> float:
        return sum(each * line.within(minutes) for each, line in lines) / weight

    if within(0.0) >= share:
        return 0.0
    low, high = 0.0, 1.0
    while within(high) < share and high < _LONGEST_MIN:
        low, high = high, high * 2
    while high - low > _WITHIN_MIN:
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle) < share else (low, middle)
    return high


class _Beta:
    """I_x(1, b), I_x(2, b), … one after the other: each is the one before less x^a (1−x)^b ÷ (a B(a, b))."""

    def __init__(self, x: float, b: float) -> None:
        self._x, self._b, self._a = x, b, 0
        self._found = 1.0
        self._step = (1 - x) ** b

    def next(self) -> float:
        """The next of them."""
        self._found -= self._step
        self._a += 1
        self._step *= self._x * (self._a + self._b - 1) / self._a
        return max(0.0, self._found)
