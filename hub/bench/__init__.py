"""`mbote bench`: our figures beside the limits of the same run, as ratios; machines are noisy.

A limit is what the bare libraries do here and now; a budget is a ratio to it (docs/performance.md).
Nothing is asserted: each line says what was measured and whether it holds.
"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub import VERSION
from hub.bench.figures import Limits, Line

WHAT = ("queue", "wire", "people", "desk", "deposits", "tills", "million", "pi")


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
    if what == "queue":
        from hub.bench.queue import measure

        return measure(quick=quick)
    if what == "wire":
        from hub.bench.wire import measure_wire

        return measure_wire(quick=quick)
    if what == "people":
        from hub.bench.people import measure_people

        return measure_people(quick=quick)
    if what == "desk":
        from hub.bench.desk import measure_desk

        return measure_desk(quick=quick)
    if what == "tills":
        from hub.bench.tills import measure_tills

        return measure_tills(quick=quick)
    if what == "deposits":
        from hub.bench.deposits import measure_deposits

        return measure_deposits(quick=quick)
    from hub.bench import million, pi

    stored = tickets or (million.QUICK_TICKETS if quick else million.TICKETS)
    with_a_past = million.measure_million if what == "million" else pi.measure_pi
    return with_a_past(quick=quick, tickets=stored, kept=past), {}
