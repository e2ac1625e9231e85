"""`mbote bench`: our figures beside the limits of the same run, as ratios; machines are noisy.

A limit is what the bare libraries do here and now; a budget is a ratio to it (docs/performance.md).
Nothing is asserted: each line says what was measured and whether it holds.
"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from typing import Any

from hub import VERSION

WHAT = ("queue", "people")


def run(what: str, quick: bool) -> dict[str, Any]:  # noqa: FBT001 (the command line hands its options in)
    """The measures of `what` (`queue`, `people`, `all`). `quick`: a smoke run of some seconds. Raises ValueError."""
    from hub.bench.queue import measure

    if what not in (*WHAT, "all"):
        raise ValueError(f"nothing called {what} to measure; there are {', '.join((*WHAT, 'all'))}")
    lines, limits = measure(quick=quick) if what != "people" else ([], {})
    if what != "queue":
        from hub.bench.people import measure_people

        lines += measure_people(quick=quick)[0]
    return {
        "version": VERSION,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "quick": quick,
        "limits": limits,
        "lines": [line.as_json() for line in lines],
    }
