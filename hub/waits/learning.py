"""What a night learns from the agency's days: the blend played again, and trees that must prove better than it.

    forecaster = learn(days)

`days` are the last days of work, oldest first, each the visits of its day in the order in which they were called: what
was seen when the ticket was taken, and how long it took. Trees are grown by blocks of days left out in turn, so
that the errors kept for the ranges are errors on days not learned from; the last block is also the judge: a queue
uses the trees only where they beat the blend on it. Too few days, no trees.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hub.waits import predictors
from hub.waits.forecast import LEAST_SPREAD, Forecaster, Learned, features
from hub.waits.picture import Picture
from hub.waits.trees import Grower, Growth, Trees

#: Fewer days, or fewer visits, teach the blend alone.
LEAST_DAYS, LEAST_VISITS = 3, 300
#: Blocks of days that are left out in turn.
BLOCKS = 4
#: Visits learned from at most, the newest: a night stays short.
MOST_VISITS = 30_000
#: A queue is judged by itself from so many visits on; with fewer, with all others.
JUDGED_ALONE = 30
#: An error beyond this (a factor of three) says no more about how uncertain the others are.
_MOST_ERROR = math.log(3)
CENTRE = Growth()
SPREAD = Growth(trees=40, rate=0.1, least=100, shrink=50.0)


@dataclass(frozen=True, slots=True)
class Visit:
    """What was seen as a ticket was taken, and after how many minutes it was called."""

    picture: Picture
    minutes: float


Days = Sequence[Sequence[Visit]]


def learn(days: Days) -> Forecaster:
    """All that these days teach; the next one is day `len(days)`."""
    days = _newest(days)
    forecaster = Forecaster()
    missed = _play(forecaster, days)
    forecaster.day(len(days))
    if len(days) < LEAST_DAYS or sum(map(len, days)) < LEAST_VISITS:
        return forecaster
    table = _Table(days)
    expected = table.left_out()
    errors = [target - said for target, said in zip(table.targets, expected, strict=True)]
    spread = table.grow([min(abs(error), _MOST_ERROR) for error in errors], table.all, SPREAD)
    usual, usual_all = table.usual()
    model = Learned(
        centre=table.grow(table.targets, table.all, CENTRE), spread=spread, usual=usual, usual_all=usual_all,
        proved=table.proved(expected, missed),
    )  # fmt: skip
    kept = forecaster.learned_errors
    for i, (day, visit) in enumerate(table.visits):
        kept.day(day)
        kept.happened(visit.picture.queue, errors[i] / max(spread.value(table.rows[i]), LEAST_SPREAD))
    forecaster.learned = model
    forecaster.day(len(days))
    return forecaster


def _newest(days: Days) -> Days:
    kept: list[Sequence[Visit]] = []
    for day in reversed(days):
        if kept and sum(map(len, kept)) + len(day) > MOST_VISITS:
            break
        kept.append(day)
    return kept[::-1]


def _play(forecaster: Forecaster, days: Days) -> list[float]:
    """Tell the blend the days as they went; by how many minutes it missed each visit.

    Within a day each visit is predicted with what the days before taught: a little less than the hub knew.
    """
    missed = []
    for number, day in enumerate(days):
        forecaster.day(number)
        said = [forecaster.announce(visit.picture) for visit in day]
        for visit, forecast in zip(day, said, strict=True):
            missed.append(abs(forecast.expected - visit.minutes))
            forecaster.happened(visit.picture, forecast, visit.minutes)
    return missed


class _Table:
    """The visits of some days as rows for the trees."""

    def __init__(self, days: Days) -> None:
        self.days = len(days)
        self.visits = [(number, visit) for number, day in enumerate(days) for visit in day]
        self.all = range(len(self.visits))
        self._sums: dict[tuple[str | None, int | None], tuple[float, int]] = defaultdict(lambda: (0.0, 0))
        for day, visit in self.visits:
            value = predictors.log_of(visit.minutes)
            for queue in (visit.picture.queue, None):
                for of_day in (day, None):
                    total, count = self._sums[queue, of_day]
                    self._sums[queue, of_day] = (total + value, count + 1)
        self.rows = [features(visit.picture, self._usual_but(visit.picture.queue, day)) for day, visit in self.visits]
        self.targets = [
            predictors.log_of(v.minutes) - row[0] for (_, v), row in zip(self.visits, self.rows, strict=True)
        ]
        self._grower = Grower(self.rows)
        self._weights = [1.0] * len(self.rows)

    def grow(self, targets: Sequence[float], among: Sequence[int], how: Growth) -> Trees:
        return self._grower.grow(targets, self._weights, among, how)

    def usual(self) -> tuple[dict[str, float], float]:
        """The usual wait of each queue and of the agency, as logarithms."""
        queues = {visit.picture.queue for _, visit in self.visits}
        total, count = self._sums[None, None]
        return {queue: self._usual_but(queue, None) for queue in queues}, total / count

    def _usual_but(self, queue: str, day: int | None) -> float:
        """The usual wait of a queue on other days than `day`: as it would be known on that day."""
        whole, count_all = self._without(None, day)
        total, count = self._without(queue, day)
        share = whole / count_all if count_all else predictors.log_of(0)
        return (total + 10 * share) / (count + 10)

    def _without(self, queue: str | None, day: int | None) -> tuple[float, int]:
        total, count = self._sums[queue, None]
        if day is None:
            return total, count
        of_day, on_day = self._sums[queue, day]
        return total - of_day, count - on_day

    def _block(self, day: int) -> int:
        return day * min(BLOCKS, self.days) // self.days

    def left_out(self) -> list[float]:
        """What trees that did not see its block of days say of each visit."""
        expected = [0.0] * len(self.rows)
        for block in range(min(BLOCKS, self.days)):
            inside = [i for i in self.all if self._block(self.visits[i][0]) == block]
            model = self.grow(self.targets, [i for i in self.all if self._block(self.visits[i][0]) != block], CENTRE)
            for i in inside:
                expected[i] = model.value(self.rows[i])
        return expected

    def proved(self, expected: Sequence[float], blend_missed: Sequence[float]) -> frozenset[str]:
        """The queues where the trees missed by less than the blend on the last block, which they had not seen."""
        last = self._block(self.days - 1)
        missed: dict[str | None, tuple[float, float, int]] = defaultdict(lambda: (0.0, 0.0, 0))
        for i, (day, visit) in enumerate(self.visits):
            if self._block(day) == last:
                said = predictors.minutes_of(self.rows[i][0] + expected[i])
                for queue in (visit.picture.queue, None):
                    trees, blend, count = missed[queue]
                    missed[queue] = (trees + abs(said - visit.minutes), blend + blend_missed[i], count + 1)
        better = missed[None][0] < missed[None][1]
        queues = {visit.picture.queue for _, visit in self.visits}
        return frozenset(
            queue for queue in queues
            if (missed[queue][0] < missed[queue][1] if missed[queue][2] >= JUDGED_ALONE else better)
        )  # fmt: skip
