"""The announced wait: a range, never a point, and nothing where nobody serves (requirements C.5).

With `ahead` people before and s counters that serve the queue, each taking `mean_min` a visit, the
expected wait is about ahead × mean ÷ s. The range is that, less and more a half, in steps of five
minutes. A counter shared between queues counts by its share. A learned predictor will take this place.
"""

from __future__ import annotations

import math

from hub.wire import Wait

STEP_S = 300
LOW, HIGH = 0.5, 1.5


def announced(ahead: int, mean_min: float, servers: float) -> Wait | None:
    """The range in seconds for someone with `ahead` people before; None when no counter serves."""
    if servers <= 0:
        return None
    expected = ahead * mean_min * 60 / servers
    low = math.floor(expected * LOW / STEP_S) * STEP_S
    return Wait(low, max(low + STEP_S, math.ceil(expected * HIGH / STEP_S) * STEP_S))
