"""What can be said of a wait without having learned: the simple predictors, each a function of a picture; minutes.

The names are those of the field (requirements C.5): QL, queue length over the rate of calls; LES, the wait of the
last to enter service; HOL, the wait so far of the head of the line (Ibrahim and Whitt, "Real-time delay estimation
based on delay history", M&SOM 11(3), 2009). In heavy traffic QL and HOL say the same; where arrivals or counters
change, one errs upwards and the other downwards, so `common` stands between the two families.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from hub.waits.picture import WINDOWS, Picture

#: The scale below which waits are the same to a visitor: one step of what is announced, minutes. Logarithms of
#: waits are taken above it, and a rate begins as one call in it.
STEP_MIN = 5.0
_HOUR = WINDOWS.index(60)
_TODAY = len(WINDOWS)


def log_of(minutes: float) -> float:
    """A wait on the scale on which errors are compared: a factor for long waits, minutes for short ones."""
    return math.log(max(minutes, 0.0) + STEP_MIN)


def minutes_of(logarithm: float) -> float:
    """The wait whose `log_of` this is, never less than nothing."""
    return max(math.exp(min(logarithm, 12.0)) - STEP_MIN, 0.0)


def by_service_time(picture: Picture) -> float:
    """People ahead × the agency's setting ÷ open counters."""
    return picture.ahead * picture.service_min / max(picture.servers, 1.0)


def queue_length(picture: Picture, window: int = _HOUR) -> float:
    """QL: people ahead, and oneself, at the rate of calls while people waited; `window` is a place in `calls`.

    The rate begins as one call in `STEP_MIN`, so that it is something before the first call. Who goes without being
    called is no call: those still called and absent are.
    """
    return (picture.ahead + 1) * (picture.busy[window] + STEP_MIN) / (picture.calls[window] + 1)


def last_to_enter_service(picture: Picture) -> float:
    """LES: as long as the last one called has waited; QL since opening before the first."""
    return queue_length(picture, _TODAY) if picture.last_wait is None else picture.last_wait


def recently_called(picture: Picture) -> float:
    """The mean wait of the last five called; QL since opening before the first."""
    return queue_length(picture, _TODAY) if picture.recent_wait is None else picture.recent_wait


def head_of_line(picture: Picture) -> float:
    """HOL: as long as the first in line has waited so far."""
    return picture.head_wait


def half_and_half(picture: Picture) -> float:
    """The mean of QL over the last hour and LES."""
    return (queue_length(picture) + last_to_enter_service(picture)) / 2


#: By the name under which `mbote bench waits` shows them. Means and medians of the past are `History`'s.
SIMPLE: dict[str, Callable[[Picture], float]] = {
    "service_time": by_service_time,
    "queue_length": queue_length,
    "last_to_enter_service": last_to_enter_service,
    "head_of_line": head_of_line,
    "half_and_half": half_and_half,
}


def lengths(picture: Picture) -> list[float]:
    """QL over each window and since the queue opened."""
    return [queue_length(picture, window) for window in range(_TODAY + 1)]


def delays(picture: Picture) -> list[float]:
    """What the waits of others say."""
    return [last_to_enter_service(picture), head_of_line(picture), recently_called(picture)]


def common(picture: Picture) -> float:
    """Half of what lengths say and half of what delays say, each family by its geometric mean."""
    return (_geometric(lengths(picture)) + _geometric(delays(picture))) / 2


def _geometric(values: Sequence[float]) -> float:
    return minutes_of(sum(log_of(value) for value in values) / len(values))
