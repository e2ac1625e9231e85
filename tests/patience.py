"""How long a test waits for what must come, on a machine that others use too.

Whoever waits for an event loses nothing by waiting long: the deadline only says when to give up. So deadlines grow
with the number of those who want a processor here and now, and limits of the product with them: they are those of a
machine of one's own. A box's timers do not grow: a story that depends on one gives the box another (PATIENT_S).
"""

from __future__ import annotations

import os
from pathlib import Path

#: For a device that must not lose patience with its hub in this story, however busy the machine is.
PATIENT_S = 60.0


def crowd() -> float:
    """How many want each processor, over the last minute or at this moment; 1 on a quiet machine."""
    minute, _, _, running, _ = Path("/proc/loadavg").read_text().split()
    return max(1.0, max(float(minute), float(running.partition("/")[0])) / (os.cpu_count() or 1))


def patience(seconds: float) -> float:
    """So many seconds of a machine of one's own."""
    return seconds * crowd()
