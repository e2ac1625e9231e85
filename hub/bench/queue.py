"""The queue's lines of the performance page, beside the limits of the same run."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter as Tally
from pathlib import Path

from hub.bench import card, display_page, limits, presses, screens, together
from hub.bench.bare_ticket import with_logo
from hub.bench.counters import CounterUnderTest, next_morning
from hub.bench.figures import Budget, Limits, Line, Times, attempt, summary
from hub.bench.kiosks import SERVICE
from hub.bench.restart import killed
from hub.bench.rig import Http, Listener, commands_below, cpu_s, free_port, key, pss_mb, running
from hub.demo.agency import Agency, prepare

#: Tickets of a day while the store grows.
A_DAY = 500
#: Days that come before memory is taken.
WARM_DAYS = 2
#: The helper that lays papers out, ended after five idle minutes: P9 leaves it out, and says it beside.
HELPER = "hub.workshop"
#: How long what a hub begins for a while may take at most, seconds.
ALONE_WITHIN_S = 180.0


def measure_queue(*, quick: bool) -> tuple[list[Line], Limits]:
    """Every line, and the limits they stand beside."""
    times = Times.of(quick=quick)
    with tempfile.TemporaryDirectory(prefix="mbote-bench-") as temporary:
        folder = Path(temporary)
        found = limits.commit_and_press(folder, times.presses) | limits.server_limits(folder, times.presses)
        lines = [attempt(presses.action_alone, folder / "alone", times)]
        with running(with_logo(prepare(folder / "logo", free_port()))) as agency:
            lines += [
                attempt(presses.one_at_a_time, agency, times, found),
                attempt(presses.sixteen_at_once, agency, times, found),
            ]
        with running(prepare(folder / "agency", free_port())) as agency:
            lines += _screens(agency, times, found)
            lines += [
                attempt(_nobody_twice, agency, times), attempt(_memory, agency, times, found),
                attempt(_idle, agency, times), attempt(_killed, agency, times),
            ]  # fmt: skip
    return [*lines, attempt(card.measure_card, times.lives)], found


def _screens(agency: Agency, times: Times, found: Limits) -> list[Line]:
    slow = attempt(presses.at_a_printers_speed, agency, times)  # a serial line is spared the logo
    ten = attempt(screens.ten_displays, agency, times, found)
    lines = [slow, ten, attempt(screens.fifty_displays, agency, times, found, ten)]
    in_browser = (
        screens.text_in_chromium, screens.visit_on_the_desk, display_page.what_a_display_costs,
        display_page.first_sound, together.same_last_call,
    )  # fmt: skip
    return lines + [attempt(measure, agency, times) for measure in in_browser]


# --- P7: nobody twice ------------------------------------------------------------------------


def _nobody_twice(agency: Agency, times: Times) -> Line:
    next_morning(agency)
    counters = [c.code for c in agency.settings.counters if c.services and c.shown][:8]
    called: list[str] = []
    labels: list[str] = []
    each = max(5, times.calls)
    workers = [threading.Thread(target=_call_many, args=(agency, code, each, called)) for code in counters]
    workers += [threading.Thread(target=_issue_many, args=(agency, each * 2, labels)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    twice = sum(count - 1 for count in Tally(called).values())
    doubled = sum(count - 1 for count in Tally(labels).values())
    figures = {"calls": len(called), "tickets": len(labels), "twice": twice, "doubled": doubled}
    budgets = (Budget(twice, most=0, of="called twice"), Budget(doubled, most=0, of="numbers doubled"))
    return Line("P7", "8 agents calling and 4 kiosks' worth of tickets at once", figures, budgets)


def _call_many(agency: Agency, code: str, times: int, called: list[str]) -> None:
    counter = CounterUnderTest(agency, code)
    for _ in range(times):
        ticket = counter.step("next").get("ticket")
        if ticket:
            called.append(ticket["id"])
            counter.step("start")
            counter.step("finish")


def _issue_many(agency: Agency, times: int, labels: list[str]) -> None:
    http = Http(agency.port, agency.tokens["api"])
    services = [s.code for s in agency.settings.services if s.prefix]
    for n in range(times):
        answer = http.post("/api/v1/tickets", {"key": key(), "service": services[n % len(services)]})
        labels.append(answer["label"])


# --- P8 to P10: kill, memory, idle -----------------------------------------------------------


def _killed(agency: Agency, times: Times) -> Line:
    answers, pictures = killed(agency, times.kills)
    figures = {"first_answer": summary(answers), "screens_right": summary(pictures)}
    worst = (
        Budget(max(answers), most=2, of="s to the first answer"),
        Budget(max(pictures), most=5, of="s to the screen"),
    )
    return Line("P8", "kill -9 of the hub", figures, worst)


def _memory(agency: Agency, times: Times, found: Limits) -> Line:
    """After two full days: what their closing takes at its height stays with the process, and counts as its own."""
    clients = [Listener(agency.port, agency.tokens["display"], "board") for _ in range(limits.MEMORY_CLIENTS)]
    http = Http(agency.port, agency.tokens["api"])
    next_morning(agency)
    for _ in range(WARM_DAYS):
        _day(agency, http, min(A_DAY, times.growth))
    _alone(agency)
    full = pss_mb(agency.pids["hub"], _is_hub)
    for first in range(0, times.growth, A_DAY):
        _day(agency, http, min(A_DAY, times.growth - first))
    _alone(agency)
    after = pss_mb(agency.pids["hub"], _is_hub)
    for client in clients:
        client.close()
    figures = {
        "hub_mb": round(full, 1), "grown_mb": round(after - full, 2), "tickets": times.growth,
        "helper_mb": round(pss_mb(agency.pids["hub"], lambda command: HELPER in command), 1),
        "kiosk_mb": round(pss_mb(agency.pids["kiosk"]), 1), "panel_mb": round(pss_mb(agency.pids["panel"]), 1),
    }  # fmt: skip
    budgets = (
        Budget(full / found["bare"]["mb"], most=1.5, of="bare server"),
        Budget(figures["kiosk_mb"], most=60, of="MB, kiosk"),
        Budget(figures["panel_mb"], most=60, of="MB, panel"),
        Budget(after - full, most=2, of="MB grown"),
    )
    return Line("P9", "memory (PSS) with 50 clients; growth; kiosk; panel", figures, budgets)


def _day(agency: Agency, http: Http, tickets: int) -> None:
    """So many come, nobody is called, and the day is closed over them."""
    for _ in range(tickets):
        http.post("/api/v1/tickets", {"key": key(), "service": SERVICE})
    next_morning(agency)


def _alone(agency: Agency) -> None:
    """Until those that count the days that are over, and make the sounds, have ended; the helper stays."""
    end = time.monotonic() + ALONE_WITHIN_S
    while any(map(_is_hub, commands_below(agency.pids["hub"]))) and time.monotonic() < end:
        time.sleep(0.5)


def _is_hub(command: str) -> bool:
    return HELPER not in command


def _idle(agency: Agency, times: Times) -> Line:
    """Once what came before is done with: the voice goes on for a while after ten thousand tickets."""
    time.sleep(times.idle_s * 2)
    before = {name: cpu_s(pid) for name, pid in agency.pids.items()}
    time.sleep(times.idle_s)
    shares = {name: round((cpu_s(agency.pids[name]) - used) / times.idle_s * 100, 2) for name, used in before.items()}
    return Line(
        "P10", "idle, percent of one core", shares, tuple(Budget(v, most=0.5, of=f"%, {n}") for n, v in shares.items())
    )
