"""The wait announced: asked with a picture, told what came of it. The hub and the bench use this and nothing below.

    forecast = forecaster.announce(picture)          # a range
    forecaster.happened(picture, forecast, minutes)  # called after so many minutes

Where a queue has a learned model that proved better (`learning`), that one is used; the blend learns on beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.waits import blend, predictors
from hub.waits.blend import Blend
from hub.waits.picture import Picture
from hub.waits.ranges import Errors
from hub.waits.trees import Trees

#: No prediction is thought surer than this, in logarithms: a twentieth.
LEAST_SPREAD = 0.05
#: How uncertain a learned prediction is taken to be where the prior speaks for it.
COMMON_SPREAD = 0.3
#: Bounds of what is announced, minutes: a day of work.
LONGEST_MIN = 600.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The wait expected and its range, minutes. `logs`: what blend and model expected, and how uncertain the model."""

    expected: float
    p10: float
    p20: float
    p80: float
    p90: float
    blended: float
    learned: float | None = None
    spread: float = 1.0


@dataclass(frozen=True, slots=True)
class Learned:
    """What a night learned: trees that correct `common`, how uncertain they are, and where they proved better."""

    centre: Trees
    spread: Trees
    #: The mean of `log_of` of the waits in each queue, and in the agency.
    usual: Mapping[str, float]
    usual_all: float
    proved: frozenset[str]

    def row(self, picture: Picture) -> tuple[float, ...]:
        """What the trees look at."""
        return features(picture, self.usual.get(picture.queue, self.usual_all))


#: How many numbers `features` gives.
WIDTH = 22


def features(picture: Picture, usual: float) -> tuple[float, ...]:
    """What the trees look at, for a queue whose waits are usually `usual` (a logarithm).

    The queue itself is not among them: a new service profits at once from what the others taught.
    """
    middle = predictors.log_of(predictors.common(picture))
    said = [*predictors.lengths(picture), *predictors.delays(picture)]
    calls = picture.calls
    return (
        middle,
        *(predictors.log_of(each) - middle for each in said),
        math.log(picture.ahead + 1),
        math.log(picture.open_min + predictors.STEP_MIN),
        picture.minute,
        float(picture.weekday),
        math.log((calls[0] + 1) / (calls[2] + 1)),
        math.log((calls[1] + 1) / (calls[3] + 1)),
        math.log(calls[-1] + 1),
        usual - middle,
        math.log(picture.since_call + 1),
        picture.servers,
        blend.staffing(picture),
        predictors.log_of(predictors.by_service_time(picture)) - middle,
        math.log(picture.busy[2] + 1),
    )


@dataclass
class Forecaster:
    """All that is known of an agency's waits at a moment."""

    blend: Blend = field(default_factory=Blend)
    blended: Errors = field(default_factory=Errors)
    learned: Learned | None = None
    learned_errors: Errors = field(default_factory=lambda: Errors(COMMON_SPREAD))

    def day(self, number: int) -> None:
        """A day of work begins; days are counted."""
        self.blended.day(number)
        self.learned_errors.day(number)

    def announce(self, picture: Picture) -> Forecast:
        """The range for whoever takes a ticket at this moment."""
        blended = self.blend.log_wait(picture)
        model = self.learned
        if model is None:
            return _around(blended, 1.0, self.blended.offsets(picture.queue), blended)
        row = model.row(picture)
        learned, spread = row[0] + model.centre.value(row), max(model.spread.value(row), LEAST_SPREAD)
        if picture.queue not in model.proved:
            return _around(blended, 1.0, self.blended.offsets(picture.queue), blended, (learned, spread))
        return _around(
            learned, spread, self.learned_errors.offsets(picture.queue), blended, (learned, spread)
        )  # fmt: skip

    def happened(self, picture: Picture, forecast: Forecast, minutes: float) -> None:
        """Who was announced `forecast` on seeing `picture` was called after so many minutes."""
        found = predictors.log_of(minutes)
        self.blended.told(picture.queue, found - forecast.blended)
        if forecast.learned is not None:
            self.learned_errors.told(picture.queue, (found - forecast.learned) / forecast.spread)
        self.blend.happened(picture, minutes)

    def as_json(self) -> dict[str, Any]:
        """As it is kept in a file."""
        model = self.learned
        return {
            "blend": self.blend.as_json(),
            "blended": self.blended.as_json(),
            "learned_errors": self.learned_errors.as_json(),
            "learned": model
            and {
                "centre": model.centre.as_json(),
                "spread": model.spread.as_json(),
                "usual": dict(model.usual),
                "usual_all": model.usual_all,
                "proved": sorted(model.proved),
            },
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Forecaster:
        """Read back. Raises ValueError, TypeError or KeyError when it makes no sense."""
        found = cls(Blend.of_json(kept["blend"]), Errors.of_json(kept["blended"]))
        found.learned_errors = Errors.of_json(kept["learned_errors"], COMMON_SPREAD)
        if model := kept["learned"]:
            found.learned = Learned(
                Trees.of_json(model["centre"], WIDTH),
                Trees.of_json(model["spread"], WIDTH),
                {str(queue): float(value) for queue, value in model["usual"].items()},
                float(model["usual_all"]),
                frozenset(map(str, model["proved"])),
            )
        return found


def _around(
    middle: float,
    spread: float,
    offsets: tuple[float, ...],
    blended: float,
    learned: tuple[float, float] | None = None,
) -> Forecast:
    p10, p20, p80, p90 = (_bounded(middle + spread * offset) for offset in offsets)
    trees, uncertain = learned or (None, 1.0)
    return Forecast(_bounded(middle), p10, p20, p80, p90, blended, trees, uncertain)


def _bounded(logarithm: float) -> float:
    return min(predictors.minutes_of(logarithm), LONGEST_MIN)
