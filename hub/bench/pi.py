"""The queue in a Pi-class box (`box.py`), with a million tickets in its file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

from hub.bench import presses, screens
from hub.bench.box import CORE, SYNCS_S, Box, NoBox, small_box
from hub.bench.figures import Budget, Line, Times, summary
from hub.bench.limits import SCREENS
from hub.bench.million import restart_line, with_a_past
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
            Line(
                "Pi P15",
                "start of the hub to its kiosk ready, " + WHERE,
                {"s": round(ready, 2)},
                (Budget(ready, most=READY_S, of="s"),),
            ),
            Line("Pi P1", "press to the last byte at the printer, one at a time, " + WHERE, alone, (_at_most(alone),)),
            Line("Pi P2", "the same, 16 kiosks at once, " + WHERE, summary(sixteen) | {"per_s": round(a_second)}),
            Line("Pi P3", "agent's next to the last of 10 displays, " + WHERE, board, (_at_most(board),)),
            restart_line(agency, times, WHERE, RESTART_S),
        ]
        return [*lines, Line("Pi", "stood still for want of processor", {"s": round(box.stood_s(), 1)})]


def _at_most(found: dict[str, float]) -> Budget:
    return Budget(found["p99"], most=MOST_MS, of="ms p99")
