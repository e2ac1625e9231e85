"""The blend: what the simple predictors say, put together with weights that are learned as people are called.

One ridge regression on logarithms, solved online (recursive least squares), common to the agency, with a
correction of each queue's own. It begins as `predictors.common` with no correction at all, which it leaves only as
calls prove it wrong: the prior weighs as much as a hundred visits. So it works from the first minute, and what one
service teaches serves the others (after Hoerl and Kennard, "Ridge regression", Technometrics 12(1), 1970; online, it
is Vovk's "Competitive on-line statistics", 2001, which bounds how much worse than the best fixed weights it can be).
"""

from __future__ import annotations

import math
from typing import Any

from hub.waits import predictors
from hub.waits.picture import Picture

#: What the beginning is worth against what is seen, in visits.
PRIOR_VISITS = 100.0
#: How free a queue's own correction is beside the common ones: a third.
OWN = 1 / 3


def factors(picture: Picture, middle: float) -> list[float]:
    """What is weighed; `middle` is the logarithm of `common`. No scale of minutes but that of the logarithm."""
    said = [*predictors.lengths(picture), *predictors.delays(picture), predictors.by_service_time(picture)]
    long = predictors.log_of(30)
    return [
        1.0,
        *(predictors.log_of(each) - middle for each in said),
        middle - long,
        predictors.log_of(picture.ahead) - long,
        predictors.log_of(picture.open_min) - long,
        staffing(picture),
    ]


def staffing(picture: Picture) -> float:
    """How many counters serve now against the last hour, as a logarithm: less than nothing as some close."""
    return math.log((picture.servers + 1) / (picture.servers_hour + 1))


class Blend:
    """The weights, and how sure they are. Asked and told in the order of time."""

    def __init__(self) -> None:
        self.weights: list[float] = []
        self.spread: list[list[float]] = []
        self.queues: dict[str, int] = {}

    def log_wait(self, picture: Picture) -> float:
        """The wait expected, as `predictors.log_of` has it."""
        middle = predictors.log_of(predictors.common(picture))
        row = self._row(picture, middle)
        return middle + sum(self.weights[i] * value for i, value in row)

    def happened(self, picture: Picture, minutes: float) -> None:
        """Somebody who saw this picture was called after so many minutes."""
        middle = predictors.log_of(predictors.common(picture))
        row = self._row(picture, middle)
        missed = predictors.log_of(minutes) - middle - sum(self.weights[i] * value for i, value in row)
        pull = [sum(line[i] * value for i, value in row) for line in self.spread]
        whole = 1.0 + sum(pull[i] * value for i, value in row)
        for i, each in enumerate(pull):
            step, line = each / whole, self.spread[i]
            self.weights[i] += step * missed
            self.spread[i] = [value - step * other for value, other in zip(line, pull, strict=True)]

    def _row(self, picture: Picture, middle: float) -> list[tuple[int, float]]:
        """The factors that are not nothing, by their places."""
        common = factors(picture, middle)
        while len(self.weights) < len(common):
            self._grow()
        if picture.queue not in self.queues:
            self.queues[picture.queue] = len(self.weights)
            self._grow()
        return [*enumerate(common), (self.queues[picture.queue], OWN)]

    def _grow(self) -> None:
        for line in self.spread:
            line.append(0.0)
        self.weights.append(0.0)
        self.spread.append([0.0] * (len(self.weights) - 1) + [1 / PRIOR_VISITS])

    def as_json(self) -> dict[str, Any]:
        """As it is kept in a file."""
        return {"weights": self.weights, "spread": self.spread, "queues": self.queues}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Blend:
        """Read back. Raises ValueError, TypeError or KeyError when it makes no sense."""
        blend = cls()
        blend.weights = [float(value) for value in kept["weights"]]
        blend.spread = [[float(value) for value in line] for line in kept["spread"]]
        blend.queues = {str(queue): int(place) for queue, place in kept["queues"].items()}
        size = len(blend.weights)
        if len(blend.spread) != size or any(len(line) != size for line in blend.spread):
            raise ValueError("weights and their spread do not fit")
        if any(not 0 <= place < size for place in blend.queues.values()):
            raise ValueError("a queue's place is outside")
        return blend
