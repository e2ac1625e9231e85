"""Durations, percentiles, budgets and the lines of a report."""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

#: Name of a limit → its figures.
Limits = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Times:
    """How often each thing is done."""

    presses: int
    calls: int
    growth: int
    idle_s: float
    kills: int
    lives: int

    @classmethod
    def of(cls, *, quick: bool) -> Times:
        """Few for a smoke run, enough for a p99 otherwise."""
        return cls(40, 20, 200, 3, 1, 60) if quick else cls(400, 200, 10_000, 20, 5, 600)


def percentile(values: list[float], share: float) -> float:
    """Nearest rank: the smallest value that at least `share` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summary(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 in milliseconds, and how many."""
    found = {f"p{round(share * 100)}": round(percentile(seconds, share) * 1000, 3) for share in (0.5, 0.95, 0.99)}
    return found | {"n": len(seconds)}


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `most` (or at least `least`) of `value`; `of` names the limit that a ratio is taken to."""

    value: float
    most: float | None = None
    least: float | None = None
    of: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is kept."""
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        bound = {"most": self.most} if self.most is not None else {"least": self.least}
        return {"value": round(self.value, 3), **bound, "of": self.of, "holds": self.holds}


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of the performance page."""

    id: str
    measure: str
    figures: dict[str, Any]
    budgets: tuple[Budget, ...] = field(default=())
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values; `holds` when every budget does."""
        return {
            "id": self.id,
            "measure": self.measure,
            "figures": self.figures,
            "budgets": [budget.as_json() for budget in self.budgets],
            "holds": all(budget.holds for budget in self.budgets),
            "note": self.note,
        }


def attempt(measure: Callable[..., Line], *with_what: Any) -> Line:
    """The line of one measure, told on standard error as soon as it is there.

    A measure that breaks off is a line that does not hold, with its traceback told: the quarter of an hour that the
    others took is not lost.
    """
    name = measure.__name__.strip("_").replace("_", " ")
    try:
        line = measure(*with_what)
    except ImportError as error:
        line = Line(name, "needs a browser", {}, (), f"not measured: {error}; run ./mbote test once")
    except Exception as error:  # noqa: BLE001 (whatever it was, it is told, and does not hold)
        traceback.print_exc()
        broken = Budget(1, most=0, of="broken off")
        line = Line(name, "broken off", {}, (broken,), f"{type(error).__name__}: {error}"[:300])
    kept = "holds" if all(budget.holds for budget in line.budgets) else "does not hold"
    sys.stderr.write(f"{line.id}: {line.figures} {kept} {line.note}\n")
    return line


def ratio(ours: dict[str, float], limit: dict[str, float], share: str, most: float, of: str) -> Budget:
    """Our percentile over the limit's, at most `most`. `of` names the limit."""
    return Budget(ours[share] / limit[share], most=most, of=f"{share} of {of}")


def timed(work: Callable[[], Any], times: int, rest_s: float = 0.0) -> list[float]:
    """How long each of so many runs took, seconds; before each the machine rests, from which it wakes slowly."""
    taken = []
    for _ in range(times):
        time.sleep(rest_s)
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return taken


def at_once(workers: int, each: int, work: Callable[[int], Callable[[], Any]]) -> tuple[list[float], float]:
    """`workers` threads doing `work(n)()` `each` times together: every duration, and how many a second."""
    with ThreadPoolExecutor(workers) as pool:
        ready = [work(n) for n in range(workers)]
        began = time.perf_counter()
        taken = [t for part in pool.map(lambda one: timed(one, each), ready) for t in part]
        return taken, workers * each / (time.perf_counter() - began)
