"""From a wait that is expected to a range that holds: the errors made so far, set around it.

Split conformal prediction on normalised errors (Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, "Distribution-free
predictive inference for regression", JASA 113, 2018): the range reaches as far as past errors reached, each in units
of how uncertain that prediction was. A queue has its own errors, mixed with those of the whole agency (worth
`SHARED` visits) and, while little is known, with a prior that is wide: between half and double. Old errors fade. What
still holds too often or too seldom is pulled in or stretched, a little at each visit (Gibbs and Candès, "Adaptive
conformal inference under distribution shift", NeurIPS 2021).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import Any

#: The levels that are kept: visitors are told from the first to the last, supervisors see the two within.
LEVELS = (0.1, 0.2, 0.8, 0.9)
#: An error counts half after so many days: a working week.
HALF_LIFE_DAYS = 5
#: What the agency's errors and the prior are worth in a queue's own distribution, in visits.
SHARED, PRIOR = 100.0, 20.0
#: Errors kept of a queue, and how many of the agency make its grid.
KEPT, KEPT_ALL = 600, 4_000
#: How much a range that did not hold stretches the next ones, as a logarithm; one that held pulls them in by less, so
#: that both balance where as many hold as should.
PULL = 0.005
_MOST_STRETCH = 0.7
#: A distribution is summed up in so many points.
_GRID = 39
#: A queue's offsets are worked out anew after so many errors, what queues share after so many of all.
_EVERY, _SHARE_EVERY = 10, 50


def _grid(quantile: Any) -> list[float]:
    return [quantile((k + 0.5) / _GRID) for k in range(_GRID)]


#: Nine out of ten of the prior's upper side is within twice what is expected: log 2 at its P90.
_PRIOR_ERRORS = _grid(NormalDist(0, 0.6931 / NormalDist().inv_cdf(0.9)).inv_cdf)


def quantiles(values: Sequence[tuple[float, float]], levels: Sequence[float] = LEVELS) -> tuple[float, ...]:
    """The levels of a distribution of (value, weight)."""
    ordered = sorted(values)
    sums = list(accumulate(weight for _, weight in ordered))
    return tuple(ordered[min(bisect_left(sums, level * sums[-1]), len(ordered) - 1)][0] for level in levels)


class Errors:
    """The errors of one way to predict, in units of its uncertainty, by queue."""

    def __init__(self, prior_unit: float = 1.0) -> None:
        self.today = 0
        self._prior = [error / prior_unit for error in _PRIOR_ERRORS]
        self._own: dict[str, deque[tuple[int, float]]] = {}
        self._all: deque[tuple[int, float]] = deque(maxlen=KEPT_ALL)
        self._shared: list[float] = []
        self._offsets: dict[str, tuple[float, ...]] = {}
        self._seen: dict[str, int] = {}
        self._count = 0
        #: Of the outer and of the inner range, as logarithms.
        self._stretch = [0.0, 0.0]

    def day(self, number: int) -> None:
        """It is day `number` now, counted in days of work."""
        if number != self.today:
            self.today = number
            self._offsets.clear()
            self._share()

    def happened(self, queue: str, error: float) -> None:
        """A prediction in this queue was off by `error`: positive when the wait was longer. Nobody was told a range."""
        entry = (self.today, error)
        self._own.setdefault(queue, deque(maxlen=KEPT)).append(entry)
        self._all.append(entry)
        self._seen[queue] = self._seen.get(queue, 0) + 1
        self._count += 1

    def _renew(self, queue: str) -> None:
        """Work out anew what is due, here and not when asked: who follows later says the same."""
        if self._count % _SHARE_EVERY == 0:
            self._share()
        if self._seen[queue] < _EVERY or self._seen[queue] % _EVERY == 0:
            self._offsets[queue] = self._worked_out(queue)

    def offsets(self, queue: str) -> tuple[float, ...]:
        """How far the range reaches at each of `LEVELS`, in units of uncertainty."""
        outer, inner = (math.exp(stretch) for stretch in self._stretch)
        low, nearly_low, nearly_high, high = self._known(queue)
        middle = (nearly_low + nearly_high) / 2
        low, nearly_low = middle + (low - middle) * outer, middle + (nearly_low - middle) * inner
        high, nearly_high = middle + (high - middle) * outer, middle + (nearly_high - middle) * inner
        return min(low, nearly_low), nearly_low, nearly_high, max(high, nearly_high)

    def told(self, queue: str, error: float) -> None:
        """What came of a range that was announced: learned from, and stretches or pulls in those to come."""
        offsets = self.offsets(queue)
        for i, share in enumerate((LEVELS[-1] - LEVELS[0], LEVELS[-2] - LEVELS[1])):
            inside = offsets[i] <= error <= offsets[-1 - i]
            self._stretch[i] += PULL * (share - 1 if inside else share)
            self._stretch[i] = min(max(self._stretch[i], -_MOST_STRETCH), _MOST_STRETCH)
        self.happened(queue, error)
        self._renew(queue)

    def _known(self, queue: str) -> tuple[float, ...]:
        if queue not in self._offsets:
            self._offsets[queue] = self._worked_out(queue)
        return self._offsets[queue]

    def _worked_out(self, queue: str) -> tuple[float, ...]:
        values = [(error, PRIOR / _GRID) for error in self._prior]
        values += [(error, self._faded(day)) for day, error in self._own.get(queue, ())]
        worth = min(SHARED, float(len(self._all)))
        values += [(error, worth / _GRID) for error in self._shared]
        return quantiles(values)

    def _faded(self, day: int) -> float:
        return math.pow(0.5, (self.today - day) / HALF_LIFE_DAYS)

    def _share(self) -> None:
        """Sum up what the whole agency's errors are."""
        values = [(error, self._faded(day)) for day, error in self._all]
        levels = [(k + 0.5) / _GRID for k in range(_GRID)]
        self._shared = list(quantiles(values, levels)) if values else []

    def as_json(self) -> dict[str, Any]:
        """As it is kept in a file."""
        return {
            "today": self.today,
            "stretch": self._stretch,
            "own": {queue: [[day, round(error, 4)] for day, error in own] for queue, own in self._own.items()},
            "all": [[day, round(error, 4)] for day, error in self._all],
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any], prior_unit: float = 1.0) -> Errors:
        """Read back. Raises ValueError, TypeError or KeyError when it makes no sense."""
        errors = cls(prior_unit)
        errors.today = int(kept["today"])
        outer, inner = map(float, kept["stretch"])
        errors._stretch = [outer, inner]
        for queue, own in kept["own"].items():
            errors._own[str(queue)] = deque(((int(day), float(error)) for day, error in own), maxlen=KEPT)
        errors._all.extend((int(day), float(error)) for day, error in kept["all"])
        errors._share()
        return errors
