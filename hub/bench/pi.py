"""The queue in a Pi-class box (`box.py`), with a million tickets in its file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from hub.bench import presses, screens
from hub.bench.box import CORE, SYNCS_S, Box, NoBox, small_box
from hub.bench.figures import Budget, Line, Times, summary
from hub.bench.limits import SCREENS
from hub.bench.million import data_of, restart_line, with_a_past
from hub.bench.rig import running
from hub.demo.agency import Agency

#: Budgets of docs/performance.md's box: absolute, for nobody takes limits in it.
MOST_MS, RESTART_S, READY_S = 500, 10, 10
WHERE = f"hub in {CORE:.0%} of a core and {SYNCS_S} syncs a second"


def measure_pi(*, quick: bool, tickets: int, kept: Path | None) -> list[Line]:
    """P1, P2, P3, P15 and E31 in the box; in words where no such box can be made."""
    times = Times.of(quick=quick)
    with tempfile.TemporaryDirectory(prefix="mbote-box-") as folder, with_a_past(tickets, kept) as old:
        try:
            with small_box(Path(folder)) as box:
                return _measured(box, old(), times)
        except NoBox as error:
            return [Line("Pi", "the queue in a Pi-class box", {}, (), f"not measured: {error}")]


def _measured(box: Box, agency: Agency, times: Times) -> list[Line]:
    began = perf_counter()
    with running(agency, box.around("hub")):
        ready = perf_counter() - began
        alone = summary(presses.alone(agency, times))
        sixteen, a_second = presses.at_once_by_sixteen(agency, times)
        board = summary(screens.until_the_last(agency, SCREENS, times.calls))
        lines = [
            _line("P15", "start of the hub to its kiosk ready", {"s": round(ready, 2)}, READY_S, ready, "s"),
            _line("P1", "press to the last byte at the printer, one at a time", alone, MOST_MS, alone["p99"], "ms p99"),
            Line("Pi P2", f"the same, 16 kiosks at once, {WHERE}", summary(sixteen) | {"per_s": round(a_second)}, ()),
            _line("P3", "agent's next to the last of 10 displays", board, MOST_MS, board["p99"], "ms p99"),
            _read_through(box, agency, times),
            restart_line(agency, times, WHERE, RESTART_S),
        ]
        return [*lines, Line("Pi", "stood still for want of processor", {"s": round(box.stood_s(), 1)}, ())]


def _read_through(box: Box, agency: Agency, times: Times) -> Line:
    """The daily reading of the whole file goes on in the box meanwhile: it gives way, but it eats of the quarter."""
    reading = box.inside("-m", "hub.upkeep", str(data_of(agency).parent))
    try:
        alone = summary(presses.alone(agency, times))
        went_on = reading.poll() is None
    finally:
        reading.kill()
        reading.wait()
    what = "P1 while the whole file is read through (once a day)"
    return _line("P1r", what, alone | {"went_on": went_on}, MOST_MS, alone["p99"], "ms p99")


def _line(name: str, what: str, figures: dict[str, Any], most: float, value: float, of: str) -> Line:  # noqa: PLR0913, PLR0917 (a line has that many parts)
    return Line(f"Pi {name}", f"{what}, {WHERE}", figures, (Budget(value, most=most, of=of),))
