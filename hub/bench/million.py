"""P6 and E31: a file with a million tickets beside an empty one.

Both hubs are asked in turn, the one first that came second before, so that whatever else the machine does is in both.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

from hub.ask import HUB, Actor, Ask
from hub.bench import past
from hub.bench.counters import COUNTER, CounterUnderTest
from hub.bench.figures import Budget, Line, Times, ratio, summary
from hub.bench.kiosks import SERVICE
from hub.bench.restart import killed
from hub.bench.rig import Http, free_port, key, wait_answer
from hub.clock import SystemClock, local
from hub.context import Hub
from hub.demo.agency import SOURCE, Agency, prepare
from hub.demo.processes import COMMANDS, Processes
from hub.queues import actions as queues
from hub.rooms import open_hub
from hub.settings_files import load_settings
from hub.store import DATABASE
from hub.upkeep import CHECKED

TICKETS, QUICK_TICKETS = 1_000_000, 2_000
#: People in each hall while it is measured.
HALL = 20
KIOSK = Actor(device="K9", roles=frozenset({"kiosk"}))
#: What a hub is allowed to take longer for having a past.
MOST = 1.1
RESTART_S = 2
#: What is timed: a way to ask both hubs for the same thing.
Asked = Callable[[str], dict[str, Any]]


@contextmanager
def with_a_past(tickets: int, kept: Path | None, a_day: int = past.A_DAY) -> Iterator[Callable[[], Agency]]:
    """Agencies on copies of one past of so many tickets, made first unless it is in the folder `kept` already."""
    with tempfile.TemporaryDirectory(prefix="mbote-bench-", dir=kept.parent if kept else None) as temporary:
        source = kept or Path(temporary) / "past"
        if not (source / DATABASE).exists():
            settings = load_settings(SOURCE, {"hub": {"data": source}})
            today = local(SystemClock().now().at, settings.agency.zone).date()
            past.write(settings, tickets, last=today - timedelta(days=1), a_day=a_day)
        names = count(1)

        def agency() -> Agency:
            folder = Path(temporary) / f"agency-{next(names)}"
            shutil.copytree(source, folder / "data")
            made = prepare(folder, free_port())
            _checked(made)
            return made

        yield agency


def _checked(agency: Agency) -> None:
    """The file has just been read through: else the hub begins with that, in a process beside what is measured."""
    hub = open_hub(agency.settings)
    (hub.store.folder / CHECKED).write_text(str(hub.now().tick))
    hub.store.close()


def measure_million(*, quick: bool, tickets: int, kept: Path | None) -> list[Line]:
    """P6 at the action and at the door, and E31."""
    times = Times.of(quick=quick)
    with with_a_past(tickets, kept) as old, tempfile.TemporaryDirectory(prefix="mbote-bench-") as temporary:
        lines = [_by_action(Path(temporary) / "action", old(), times)]
        large = old()
        lines.append(_at_the_door(prepare(Path(temporary) / "door", free_port()), large, times))
        empty = prepare(Path(temporary) / "empty", free_port())
        with ExitStack() as opened:
            _started(opened, empty, large)
            lines.append(restart_line(large, times, "here", RESTART_S, beside=empty))
    return lines


def _started(opened: ExitStack, *agencies: Agency) -> None:
    """The hub of each runs as a process, until `opened` is closed."""
    for agency in agencies:
        opened.enter_context(Processes(agency, {"hub": COMMANDS["hub"]}))
        wait_answer(agency.port, timeout=60)


# --- P6 --------------------------------------------------------------------------------------


def _by_action(empty: Path, large: Agency, times: Times) -> Line:
    """The actions in this process: nothing but the decision, the file and its sync."""
    with ExitStack() as opened:
        hubs = [open_hub(agency.settings) for agency in (prepare(empty, free_port()), large)]
        for hub in hubs:
            opened.callback(hub.store.close)
            queues.open_counter(hub, Ask(HUB), counter=COUNTER, agent="00902F", take_over=True)
        stored = _stored(hubs[1])
        sides = [_actions(hub) for hub in hubs]
        figures, budgets = _side_by_side(sides, times.presses * 5)
        worked, more = _side_by_side(sides, times.presses, clock=thread_time)
    what = "issue and next over a file with a long past, by the actions alone; × an empty file"
    figures = {"tickets": stored} | figures | {f"{what}_processor": one for what, one in worked.items()}
    return Line("P6", what, figures, budgets + more)


def _actions(hub: Hub) -> Asked:
    def asked(what: str) -> dict[str, Any]:
        if what == "issue":
            return queues.issue(hub, Ask(KIOSK, key(), {}), service=SERVICE, channel="reception")
        step = {"next": queues.call_next, "start": queues.start, "finish": queues.finish}[what]
        return step(hub, Ask(HUB, key(), {}), counter=COUNTER)

    return asked


def _at_the_door(empty: Agency, large: Agency, times: Times) -> Line:
    """The same over HTTP, each hub a process of its own."""
    with ExitStack() as opened:
        _started(opened, empty, large)
        figures, budgets = _side_by_side([_posts(agency, opened) for agency in (empty, large)], times.presses)
    return Line("P6", "the same at the hub's door, over HTTP; × an empty file", figures, budgets)


def _posts(agency: Agency, opened: ExitStack) -> Asked:
    door = opened.enter_context(closing(Http(agency.port, agency.tokens["api"])))
    counter = CounterUnderTest(agency)

    def asked(what: str) -> dict[str, Any]:
        if what == "issue":
            return door.post("/api/v1/tickets", {"key": key(), "service": SERVICE})
        return counter.step(what)

    return asked


def _side_by_side(
    sides: list[Asked], rounds: int, clock: Callable[[], float] = perf_counter
) -> tuple[dict[str, Any], tuple[Budget, ...]]:
    """Issue and next asked of both, in turn; what each took by `clock`, and the large one's median over the other's."""
    for side in sides:
        for _ in range(HALL):
            side("issue")
    taken: dict[tuple[str, int], list[float]] = {(what, n): [] for what in ("issue", "next") for n in (0, 1)}
    for turn in range(rounds):
        for what in ("issue", "next"):
            for number in (turn % 2, 1 - turn % 2):
                began = clock()
                answer = sides[number](what)
                taken[what, number].append(clock() - began)
                assert "error" not in answer, answer
        for side in sides:
            side("start")
            side("finish")
    found = {what: {"empty": summary(taken[what, 0]), "large": summary(taken[what, 1])} for what in ("issue", "next")}
    by = "" if clock is perf_counter else ", processor time"
    budgets = (ratio(one["large"], one["empty"], "p50", MOST, f"{what}, empty{by}") for what, one in found.items())
    return found, tuple(budgets)


def _stored(hub: Hub) -> int:
    return int(hub.reader.execute("SELECT max(id) FROM ticket").fetchone()[0])


# --- E31 -------------------------------------------------------------------------------------


def restart_line(agency: Agency, times: Times, where: str, most_s: float, beside: Agency | None = None) -> Line:
    """`kill -9` to the first answer: with the file as the kernel remembers it, and with none of it in its memory.

    `beside`: a hub without a past, killed as often just before.
    """
    without = {"first_answer_without_past": summary(killed(beside, times.kills)[0])} if beside else {}
    warm, warm_screens = killed(agency, times.kills, lambda: CounterUnderTest(agency).ready())
    cold, cold_screens = killed(agency, times.kills, lambda: forget(agency))
    figures = without | {
        "first_answer": summary(warm), "screens_right": summary(warm_screens),
        "first_answer_cold": summary(cold), "screens_right_cold": summary(cold_screens),
        "file_mb": round(data_of(agency).stat().st_size / 1_000_000),
    }  # fmt: skip
    budgets = (
        Budget(max(warm), most=most_s, of="s to the first answer"),
        Budget(max(cold), most=most_s, of="s to the first answer, nothing of the file in memory"),
    )
    return Line("E31", f"kill -9 of the hub with a long past, {where}", figures, budgets)


def data_of(agency: Agency) -> Path:
    """The agency's database."""
    return agency.settings.path(agency.settings.hub.data) / DATABASE


def forget(agency: Agency) -> None:
    """Have the kernel forget what it holds of the file, as after a power cut: it is read from the disk again."""
    for path in data_of(agency).parent.glob(f"{DATABASE}*"):
        file = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)
