"""P30 to P32: the supervisor's statistics over five years of an agency's work, and what the queue notices of them.

The limit is taken bare in the same run: a summary table of SQLite alone, a row for each day, service and hour, summed
by month. Every screen is asked as its page asks for it, from the query string to the last figure of its tables.
"""

from __future__ import annotations

import dataclasses
import gc
import random
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

from hub.bench.figures import Budget, Line, Times, percentile, summary, timed
from hub.bench.kiosks import SERVICE
from hub.bench.million import with_a_past
from hub.bench.rig import Http, key, wait_answer
from hub.clock import SystemClock, local
from hub.context import Hub
from hub.demo.agency import Agency
from hub.demo.processes import COMMANDS, Processes
from hub.rooms import open_hub
from hub.store import DATABASE
from hub.supervision import playing, replay, report, statistics, story, tally, whatif

#: Five years, every day of them: the past that this is measured over.
DAYS = 1826
TICKETS, QUICK_TICKETS = 1_500_000, 3_652
#: Any screen may take so many times the bare summary table; a month, so many ms; the queue, twice as long.
MOST, MONTH_MS, DOUBLED = 1.5, 5.0, 2.0
#: A day of so many visits is replayed within so many ms.
VISITS, REPLAY_MS = 260, 50.0
_HOURS, _SERVICES = range(7, 15), 9
_TIMES = 40


def measure_stats(*, quick: bool, tickets: int, kept: Path | None) -> list[Line]:
    """P30 over all of it and over a month, what counting it took, a past day replayed (P32), and P31."""
    times = Times.of(quick=quick)
    with with_a_past(tickets, kept, a_day=max(1, tickets // DAYS)) as agency:
        large = agency()
        hub = open_hub(large.settings)
        try:
            lines = [_counting(hub)]
            gc.collect()
            gc.freeze()  # as a hub that serves: its collector does not look through what was there before
            lines += [*_screens(hub, 3 if quick else _TIMES), _replayed(hub, 3 if quick else _TIMES)]
        finally:
            tally.of(hub).close()
            hub.store.close()
        return [*lines, _beside_the_queue(large, times)]


# --- P30 -------------------------------------------------------------------------------------


def _counting(hub: Hub) -> Line:
    """The whole past counted into summaries: once, in a process beside the hub."""
    began = perf_counter()
    days = tally.count_all(hub.store.folder, tally.Terms.of(hub))
    took = perf_counter() - began
    size = (hub.store.folder / tally.FILE).stat().st_size
    figures = {
        "days": days, "seconds": round(took, 1), "ms_a_day": round(took / max(days, 1) * 1000, 1),
        "summaries_mb": round(size / 1e6, 1), "file_mb": round((hub.store.folder / DATABASE).stat().st_size / 1e6),
    }  # fmt: skip
    return Line("P30", "closed days counted into summaries, in a process of its own", figures)


def _screens(hub: Hub, times: int) -> list[Line]:
    first, last = _ends(hub)
    month = _a_month(last)
    whole, of_month = _bare((date.fromisoformat(last) - date.fromisoformat(first)).days + 1, times)
    views = report.views_of(hub, of_agents=True)
    five_years = {view: _shown(hub, first, last, view, times) for view in views}
    five_years["api by month, service"] = _answered(hub, {"from": first, "to": last, "by": "month,service"}, times)
    months = {view: _shown(hub, *month, view, times) for view in views}
    worst = max(found["p95"] for found in five_years.values())
    longest = max(found["p95"] for found in months.values())
    return [
        Line(
            "P30", f"any screen from {first} to {last}; × a bare summary table", {"limit": whole} | five_years,
            (Budget(worst / whole["p95"], most=MOST, of="p95 of the bare summary table by month"),),
        ),
        Line(
            "P30", f"any screen of a month, {month[0]} to {month[1]}", {"limit": of_month} | months,
            (Budget(longest, most=MONTH_MS, of="ms p95"),),
        ),
    ]  # fmt: skip


def _ends(hub: Hub) -> tuple[str, str]:
    row = hub.reader.execute("SELECT min(date), max(date) FROM business_day").fetchone()
    return row[0], row[1]


def _a_month(last: str) -> tuple[str, str]:
    """The last whole month before that day; the month before the first of a short past is as good."""
    end = date.fromisoformat(last).replace(day=1) - timedelta(days=1)
    return end.replace(day=1).isoformat(), end.isoformat()


def _shown(hub: Hub, first: str, last: str, view: str, times: int) -> dict[str, float]:
    def ask() -> None:
        with hub.snapshot() as reader:
            report.report_of(hub, reader, {"from": first, "to": last, "view": view}, of_agents=True)

    return _summary(ask, times)


def _answered(hub: Hub, query: dict[str, str], times: int) -> dict[str, float]:
    def ask() -> None:
        with hub.snapshot() as reader:
            statistics.figures(hub, reader, query)

    return _summary(ask, times)


def _summary(ask: Callable[[], object], times: int) -> dict[str, float]:
    ask()
    return summary(timed(ask, times))


def _bare(days: int, times: int) -> tuple[dict[str, float], dict[str, float]]:
    """The limit: rows by day, service and hour, summed by month and service; and those of one month."""
    table = sqlite3.connect(":memory:")
    table.execute(
        "CREATE TABLE summary (day TEXT, service TEXT, hour INTEGER, issued INTEGER, served INTEGER, waited INTEGER,"
        " longest INTEGER, PRIMARY KEY (day, service, hour)) WITHOUT ROWID"
    )
    first = date(2021, 1, 1)
    table.executemany(
        "INSERT INTO summary VALUES (?, ?, ?, 12, 11, 4200, 1900)",
        (
            ((first + timedelta(days=day)).isoformat(), f"S{service}", hour)
            for day in range(days) for service in range(_SERVICES) for hour in _HOURS
        ),
    )  # fmt: skip
    sums = "SELECT substr(day, 1, 7), service, sum(issued), sum(served), sum(waited), max(longest) FROM summary"
    every = f"{sums} GROUP BY 1, 2"
    one = f"{sums} WHERE day BETWEEN '2021-01-01' AND '2021-01-31' GROUP BY 1, 2"
    with closing(table):
        return (
            _summary(lambda: list(table.execute(every)), times),
            _summary(lambda: list(table.execute(one)), times),
        )


# --- P32 -------------------------------------------------------------------------------------


def _replayed(hub: Hub, times: int) -> Line:
    """A day of 260 visits (fewer, where its days have fewer) played once; and the whole page of a trial, 42 of them.

    The page is played beside the hub; `in_hub` is what the hub itself does for it.
    """
    with hub.snapshot() as reader:
        day = story.last_closed(reader)
        scene = whatif.scene_of(hub, reader, day)[-1]
    some = dataclasses.replace(scene, visitors=scene.visitors[:VISITS])
    once = _summary(lambda: replay.replay(some, random.Random(0)), times)  # noqa: S311 (a bench, reproducible)

    asked = {"day": day, "do": "open", "services": SERVICE, "from": "09:00", "to": "11:00"}
    in_hub: list[float] = []

    def page() -> None:
        began = thread_time()
        with hub.snapshot() as reader:
            prepared = whatif.prepared(hub, reader, asked)
        prepared.played(playing.apart(hub))
        in_hub.append(thread_time() - began)

    figures = {"visits": len(some.visitors), "once": once, "page": _summary(page, min(times, 5))}
    figures["in_hub"] = summary(in_hub)
    figures["visits_of_page"] = len(scene.visitors)
    return Line(
        "P32", "a past day replayed by the queues' own routing", figures,
        (Budget(once["p95"], most=REPLAY_MS, of="ms p95 of one replay"),),
    )  # fmt: skip


# --- P31 -------------------------------------------------------------------------------------


def _beside_the_queue(agency: Agency, times: Times) -> Line:
    """Tickets over HTTP, alone and while somebody looks at five years again and again."""
    with ExitStack() as opened:
        opened.enter_context(Processes(agency, {"hub": COMMANDS["hub"]}))
        wait_answer(agency.port, timeout=60)
        door = opened.enter_context(closing(Http(agency.port, agency.tokens["api"])))
        over = threading.Event()
        screens: list[float] = []
        _pressed(door, 20)
        alone = _pressed(door, times.presses)
        looking = threading.Thread(target=_look, args=(agency, over, screens))
        looking.start()
        try:
            beside = _pressed(door, times.presses)
        finally:
            over.set()
            looking.join()
    figures: dict[str, Any] = {"alone": summary(alone), "beside": summary(beside), "screens": len(screens)}
    if screens:
        figures["screen_p95_ms"] = round(percentile(screens, 0.95) * 1000, 1)
    doubled = percentile(beside, 0.99) / percentile(alone, 0.99)
    return Line(
        "P31", "a ticket over HTTP while five years and a month's visits are looked at; × alone", figures,
        (Budget(doubled, most=DOUBLED, of="p99 of a ticket alone"),),
    )  # fmt: skip


def _pressed(door: Http, times: int) -> list[float]:
    return timed(lambda: door.post("/api/v1/tickets", {"key": key(), "service": SERVICE}), times)


def _look(agency: Agency, over: threading.Event, screens: list[float]) -> None:
    """At five years that summaries tell, and at a month whose every visit is read."""
    month = local(SystemClock().now().at, agency.settings.agency.zone).date() - timedelta(days=30)
    paths = (
        "/api/v1/statistics?from=2018-01-01&to=2027-01-01&by=service",
        f"/api/v1/statistics?from={month}&to={month + timedelta(days=29)}&by=service,hour",
    )
    with closing(Http(agency.port, agency.tokens["api"])) as door:
        while not over.is_set():
            for path in paths:
                began = perf_counter()
                door.get(path)
                screens.append(perf_counter() - began)
