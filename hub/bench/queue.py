"""The queue's lines of the performance page: P1 to P4, P7 to P10 and P16, beside the limits of the same run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hub.ask import Actor, Ask
from hub.bench import limits
from hub.bench.figures import Budget, Line, ratio, summary
from hub.bench.kiosks import SERVICE, KioskUnderTest
from hub.bench.rig import FIRST_KIOSK, KIOSKS, REST_S, Http, Listener, cpu_s, key, pss_mb, running, wait_answer
from hub.demo.agency import Agency
from hub.demo.processes import ROOT
from hub.queues import actions as queues
from hub.rooms import open_hub

Limits = dict[str, dict[str, float]]
COUNTER = "05"
#: The kiosks of P2 run in so many processes, on the same cores as the hub.
KIOSK_PROCESSES = 4
#: Tickets of a day while the store grows.
A_DAY = 500


@dataclass(frozen=True, slots=True)
class Times:
    """How often each thing is done."""

    presses: int
    calls: int
    growth: int
    idle_s: float
    kills: int

    @classmethod
    def of(cls, *, quick: bool) -> Times:
        """Few for a smoke run, enough for a p99 otherwise."""
        return cls(40, 20, 200, 3, 1) if quick else cls(400, 200, 10_000, 20, 5)


def measure(*, quick: bool) -> tuple[list[Line], Limits]:
    """Every line, and the limits they stand beside."""
    times = Times.of(quick=quick)
    with tempfile.TemporaryDirectory(prefix="mbote-bench-") as temporary:
        folder = Path(temporary)
        found = limits.commit_and_press(folder, times.presses) | limits.server_limits(folder, times.presses)
        lines = [_action_alone(folder / "alone", times)]
        with running(folder / "agency") as agency:
            lines += [
                _press(agency, times, found),
                _kiosks_at_once(agency, times, found),
                _screens(agency, times, found),
                _where_there_is_a_browser(_browser, agency, times),
                _where_there_is_a_browser(_physical_panel, agency, times),
                _nobody_twice(agency, times),
                _memory(agency, times, found),
                _idle(agency, times),
                _killed(agency, times),
            ]
    return lines, found


def _next_morning(agency: Agency) -> None:
    """An empty hall with all counters open: what a measure left waiting would be in the next one's way."""
    http = Http(agency.port, agency.tokens["api"])
    day = http.post("/api/v1/day/close", {"key": key(), "force": True})["day"]
    tomorrow = date.fromisoformat(day) + timedelta(days=1)
    http.post("/api/v1/day/open", {"key": key(), "date": tomorrow.isoformat()})
    for agent in agency.agents:
        if agent["counter"]:
            body = {"key": key(), "agent": agent["code"], "take_over": True}
            http.post(f"/api/v1/counters/{agent['counter']}/open", body)
    http.close()


# --- P1, P2: a press until its paper ---------------------------------------------------------


def _press(agency: Agency, times: Times, found: Limits) -> Line:
    kiosk = KioskUnderTest(agency.settings, "K9", agency.tokens["kiosk"], agency.folder)
    try:
        kiosk.alone()
        ours = summary([kiosk.alone() for _ in range(times.presses)])
    finally:
        kiosk.close()
    budgets = (ratio(ours, found["press"], "p50", 4, "press"), ratio(ours, found["press"], "p99", 6, "press"))
    return Line("P1", "press to the last byte at the printer, through kiosk and hub, one at a time", ours, budgets)


def _kiosks_at_once(agency: Agency, times: Times, found: Limits) -> Line:
    each = max(5, times.presses // KIOSKS)
    names = [f"K{FIRST_KIOSK + n}" for n in range(KIOSKS)]
    parts = [names[n::KIOSK_PROCESSES] for n in range(KIOSK_PROCESSES)]
    with ExitStack() as opened:
        playing = [opened.enter_context(_playing(agency, part, each)) for part in parts]
        for process in playing:
            _line_of(process)  # ready
        began = time.perf_counter()
        for process in playing:
            _go(process)
        taken = [seconds for process in playing for seconds in json.loads(_line_of(process))]
        a_second = len(taken) / (time.perf_counter() - began)
    ours = summary(taken) | {"per_s": round(a_second)}
    budgets = (ratio(ours, found["issue16"], "p99", 2, "issue16"), Budget(a_second, least=250, of="tickets a second"))
    return Line("P2", "the same, 16 kiosks at once", ours, budgets, f"the kiosks in {KIOSK_PROCESSES} processes")


@contextmanager
def _playing(agency: Agency, names: list[str], presses: int) -> Iterator[subprocess.Popen[str]]:
    """A process that plays these kiosks."""
    command = [sys.executable, "-m", "hub.bench.kiosks", str(agency.config), str(presses)]
    command += [f"{name}={agency.tokens[name]}" for name in names]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MBOTE_PARENT": str(os.getpid())}
    child = subprocess.Popen(  # noqa: S603 (our own command)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(10)


def _line_of(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise TimeoutError("a process of kiosks has died")
    return line


def _go(process: subprocess.Popen[str]) -> None:
    if process.stdin:
        process.stdin.write("go\n")
        process.stdin.flush()


def _action_alone(folder: Path, times: Times) -> Line:
    from hub.bench.rig import free_port
    from hub.demo.agency import prepare

    hub = open_hub(prepare(folder, free_port()).settings)
    device = Actor(device="K9", roles=frozenset({"kiosk"}))
    try:
        began = time.perf_counter()
        for _ in range(times.presses * 2):
            queues.issue(hub, Ask(device, key(), {}), service=SERVICE, channel="kiosk")
        a_second = times.presses * 2 / (time.perf_counter() - began)
    finally:
        hub.store.close()
    figures = {"per_s": round(a_second)}
    return Line(
        "P2a", "the issue action without sockets", figures, (Budget(a_second, least=1000, of="tickets a second"),)
    )


# --- P3, P4, P16: a call until it is seen ----------------------------------------------------


class CounterUnderTest:
    """One counter that calls and sends away, over the API."""

    def __init__(self, agency: Agency, counter: str = COUNTER) -> None:
        self._http = Http(agency.port, agency.tokens["api"])
        self._counter = counter

    def step(self, name: str, **body: Any) -> dict[str, Any]:
        """One step."""
        return self._http.post(f"/api/v1/counters/{self._counter}/{name}", {"key": key()} | body)

    def ready(self) -> None:
        """Send whoever is there away, and let somebody come."""
        self.step("start")
        self.step("finish")
        self._http.post("/api/v1/tickets", {"key": key(), "service": SERVICE})


def _where_there_is_a_browser(measure: Callable[[Agency, Times], Line], agency: Agency, times: Times) -> Line:
    try:
        return measure(agency, times)
    except ImportError as error:
        return Line(
            measure.__name__.strip("_"), "needs a browser", {}, (), f"not measured: {error}; run ./mbote test once"
        )


def _screens(agency: Agency, times: Times, found: Limits) -> Line:
    _next_morning(agency)
    screens = [Listener(agency.port, agency.tokens["display"], "board") for _ in range(limits.SCREENS)]
    counter = CounterUnderTest(agency)
    taken = []
    for _ in range(times.calls):
        counter.ready()
        time.sleep(REST_S)
        began = time.perf_counter()
        call = counter.step("next")["call"]
        taken.append(max(s.wait(lambda b, c=call: any(x["call"] == c for x in b["calls"])) for s in screens) - began)  # type: ignore[misc]
    for screen in screens:
        screen.close()
    ours = summary(taken)
    budgets = (ratio(ours, found["call10"], "p50", 2, "call10"), ratio(ours, found["call10"], "p99", 3, "call10"))
    return Line("P3", "agent's next to the last of 10 displays", ours, budgets)


_SEEN = """([path, token, key]) => new Promise((done, fail) => {
  const began = performance.now();
  const seen = new MutationObserver(() => { seen.disconnect(); done(performance.now() - began); });
  seen.observe(document.querySelector("main") ?? document.body, {subtree: true, childList: true, characterData: true});
  setTimeout(() => fail(new Error("not seen")), 5000);
  fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Authorization: `Bearer ${token}`},
               body: JSON.stringify({key})});
})"""


def _browser(agency: Agency, times: Times) -> Line:
    _next_morning(agency)
    from hub.bench.browser import page_at

    counter = CounterUnderTest(agency)
    taken = []
    with page_at(f"{agency.url}display#{agency.tokens['display']}") as page:
        for _ in range(max(10, times.calls // 4)):
            counter.ready()
            page.wait_for_timeout(400)
            asked = [f"/api/v1/counters/{COUNTER}/next", agency.tokens["api"], key()]
            taken.append(page.evaluate(_SEEN, asked) / 1000)
    ours = summary(taken)
    return Line("P4", "agent's next to changed text in Chromium", ours, (Budget(ours["p95"], most=50, of="ms p95"),))


#: Resolves with the wall time (ms) at which the ticket of the visit appears on the desk.
_OPENED = """() => new Promise((done, fail) => {
  const label = () => document.querySelector("#call:not([hidden])")?.textContent.match(/[A-Z]\\d{3}/)?.[0];
  const before = label();
  const seen = new MutationObserver(() => {
    if (label() && label() !== before) { seen.disconnect(); done(performance.timeOrigin + performance.now()); }
  });
  seen.observe(document.body, {subtree: true, childList: true, characterData: true});
  setTimeout(() => fail(new Error("not opened")), 5000);
})"""


def _physical_panel(agency: Agency, times: Times) -> Line:
    _next_morning(agency)
    from hardware.line_server import tell
    from hub.bench.browser import page_at

    held = next(c for c in agency.settings.panel.counters if c.counter == COUNTER)
    pin = next(b.pin for b in held.buttons if b.step == "next")
    seat = next(a for a in agency.agents if a["counter"] == COUNTER)
    counter = CounterUnderTest(agency)
    taken: list[float] = []
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.time())
        tell(agency.folder / "panel.sock", {"press": pin, "ms": 60})

    with page_at(f"{agency.url}demo/agent/{seat['code']}", (1366, 768)) as page:
        for _ in range(max(10, times.calls // 4)):
            counter.ready()
            page.wait_for_timeout(400)
            threading.Timer(0.1, press).start()
            taken.append(page.evaluate(_OPENED) / 1000 - pressed[-1])
    ours = summary(taken)
    note = "with the 30 ms that a contact must be stable"
    return Line(
        "P16", "physical panel's next to the open visit", ours, (Budget(ours["p95"], most=100, of="ms p95"),), note
    )


# --- P7: nobody twice ------------------------------------------------------------------------


def _nobody_twice(agency: Agency, times: Times) -> Line:
    _next_morning(agency)
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
    screen = Listener(agency.port, agency.tokens["display"], "board")
    answers, pictures = [], []
    for _ in range(times.kills):
        seq = screen.last.get("seq", 0)
        began = time.perf_counter()
        os.kill(agency.pids["hub"], signal.SIGKILL)
        time.sleep(0.02)
        wait_answer(agency.port)
        answers.append(time.perf_counter() - began)
        pictures.append(screen.wait(lambda b, s=seq: b.get("seq", 0) > s) - began)  # type: ignore[misc]
        time.sleep(1.2)
    screen.close()
    figures = {"first_answer": summary(answers), "screens_right": summary(pictures)}
    worst = (
        Budget(max(answers), most=2, of="s to the first answer"),
        Budget(max(pictures), most=5, of="s to the screen"),
    )
    return Line("P8", "kill -9 of the hub", figures, worst)


def _memory(agency: Agency, times: Times, found: Limits) -> Line:
    clients = [Listener(agency.port, agency.tokens["display"], "board") for _ in range(limits.MEMORY_CLIENTS)]
    http = Http(agency.port, agency.tokens["api"])
    _next_morning(agency)
    full = pss_mb(agency.pids["hub"])
    for number in range(times.growth):
        http.post("/api/v1/tickets", {"key": key(), "service": SERVICE})
        if number % A_DAY == A_DAY - 1:
            _next_morning(agency)
    after = pss_mb(agency.pids["hub"])
    for client in clients:
        client.close()
    figures = {
        "hub_mb": round(full, 1), "grown_mb": round(after - full, 2), "tickets": times.growth,
        "kiosk_mb": round(pss_mb(agency.pids["kiosk"]), 1), "panel_mb": round(pss_mb(agency.pids["panel"]), 1),
    }  # fmt: skip
    budgets = (
        Budget(full / found["bare"]["mb"], most=1.5, of="bare server"),
        Budget(figures["kiosk_mb"], most=60, of="MB, kiosk"),
        Budget(figures["panel_mb"], most=60, of="MB, panel"),
        Budget(after - full, most=2, of="MB grown"),
    )
    return Line("P9", "memory (PSS) with 50 clients; growth; kiosk; panel", figures, budgets)


def _idle(agency: Agency, times: Times) -> Line:
    time.sleep(1)
    before = {name: cpu_s(pid) for name, pid in agency.pids.items()}
    time.sleep(times.idle_s)
    shares = {name: round((cpu_s(agency.pids[name]) - used) / times.idle_s * 100, 2) for name, used in before.items()}
    return Line(
        "P10", "idle, percent of one core", shares, tuple(Budget(v, most=0.5, of=f"%, {n}") for n, v in shares.items())
    )
