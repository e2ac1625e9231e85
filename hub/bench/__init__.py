"""`mbote bench`: our figures beside the limits of the same run, as ratios; machines are noisy.

A limit is what the bare libraries do here and now; a budget is a ratio to it (docs/performance.md).
Nothing is asserted: each line says what was measured and whether it holds.
"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from hub import VERSION
from hub.bench.figures import Limits, Line

#: Each is a module here with a function `measure_NAME`, loaded when it is asked for: some need a browser.
WHAT = ("queue", "wire", "telephones", "people", "desk", "deposits", "tills", "million", "stats", "pi")
#: Those that run over a long past.
WITH_A_PAST = ("million", "stats", "pi")


def run(what: str, quick: bool, tickets: int | None = None, past: Path | None = None) -> dict[str, Any]:  # noqa: FBT001 (the command line hands its options in)
    """The measures of `what` (one of `WHAT`, `all`). `quick`: a smoke run of some seconds. Raises ValueError.

    `tickets` of a long past, which is made in the folder `past` unless it is there, and left there.
    """
    if what not in (*WHAT, "all"):
        raise ValueError(f"nothing called {what} to measure; there are {', '.join((*WHAT, 'all'))}")
    lines: list[Line] = []
    limits: Limits = {}
    for each in WHAT if what == "all" else (what,):
        found = _measured(each, quick=quick, tickets=tickets, past=past)
        lines += found[0]
        limits |= found[1]
    return {
        "version": VERSION,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "quick": quick,
        "limits": limits,
        "lines": [line.as_json() for line in lines],
    }


def _measured(what: str, *, quick: bool, tickets: int | None, past: Path | None) -> tuple[list[Line], Limits]:
    """The lines of one measure, and its limits where it has any."""
    measure = getattr(import_module(f"hub.bench.{what}"), f"measure_{what}")
    if what not in WITH_A_PAST:
        return measure(quick=quick)  # type: ignore[no-any-return]
    from hub.bench import million, stats

    of = stats if what == "stats" else million
    stored = tickets or (of.QUICK_TICKETS if quick else of.TICKETS)
    return measure(quick=quick, tickets=stored, kept=past), {}
