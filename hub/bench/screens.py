"""P3 to P5 and P16: from an agent's *Suivant* to what is seen."""

from __future__ import annotations

import threading
import time

from hardware.line_server import tell
from hub.bench.browser import page_at
from hub.bench.counters import COUNTER, CounterUnderTest, next_morning
from hub.bench.figures import Budget, Limits, Line, Times, ratio, summary
from hub.bench.limits import MANY_SCREENS, SCREENS
from hub.bench.rig import REST_S, Http, Listener, key
from hub.demo.agency import Agency

# --- P3, P5: sockets -------------------------------------------------------------------------


def ten_displays(agency: Agency, times: Times, found: Limits) -> Line:
    """P3."""
    ours = summary(until_the_last(agency, SCREENS, times.calls))
    return Line("P3", "agent's next to the last of 10 displays", ours, beside_call10(ours, found))


def beside_call10(ours: dict[str, float], found: Limits) -> tuple[Budget, Budget]:
    """P3's budgets, whatever else goes on meanwhile."""
    limit = found["call10"]
    return ratio(ours, limit, "p50", 2, "call10"), ratio(ours, limit, "p99", 3, "call10")


def fifty_displays(agency: Agency, times: Times, found: Limits, ten: Line) -> Line:
    """P5: what forty more screens cost."""
    ours = summary(until_the_last(agency, MANY_SCREENS, times.calls))
    growth = ours["p50"] / ten.figures["p50"]
    budgets = (ratio(ours, found["call50"], "p99", 2, "call50"), Budget(growth, most=3, of="p50 with 10"))
    return Line("P5", "agent's next to the last of 50 displays", ours, budgets)


def until_the_last(agency: Agency, count: int, calls: int, *, morning: bool = True) -> list[float]:
    """So many calls in an empty hall, at our rhythm; seconds until the last of `count` displays has each.

    Without a `morning` of its own it is the day that is open, and whoever works in it.
    """
    if morning:
        next_morning(agency)
    screens = [Listener(agency.port, agency.tokens["display"], "board") for _ in range(count)]
    counter = CounterUnderTest(agency)
    taken = []
    for _ in range(calls):
        counter.ready()
        time.sleep(REST_S)
        began = time.perf_counter()
        call = counter.step("next")["call"]
        taken.append(max(s.wait(lambda b, c=call: any(x["call"] == c for x in b["calls"])) for s in screens) - began)  # type: ignore[misc]
    for screen in screens:
        screen.close()
    return taken


# --- P4, P16: pages --------------------------------------------------------------------------

_SEEN = """([path, token, key]) => new Promise((done, fail) => {
  const began = performance.now();
  const seen = new MutationObserver(() => { seen.disconnect(); done(performance.now() - began); });
  seen.observe(document.querySelector("main") ?? document.body, {subtree: true, childList: true, characterData: true});
  setTimeout(() => fail(new Error("not seen")), 5000);
  fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Authorization: `Bearer ${token}`},
               body: JSON.stringify({key})});
})"""


def text_in_chromium(agency: Agency, times: Times) -> Line:
    next_morning(agency)
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


def visit_on_the_desk(agency: Agency, times: Times) -> Line:
    from playwright.sync_api import Error

    next_morning(agency)
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
            try:
                taken.append(page.evaluate(_OPENED) / 1000 - pressed[-1])
            except Error as error:
                faces = Http(agency.port, agency.tokens["api"]).get("/api/v1/counters")["counters"]
                face = next(each for each in faces if each["counter"] == COUNTER)
                raise TimeoutError(f"press {len(pressed)}: the hub says {face}; {error}") from error
    ours = summary(taken)
    note = "with the 30 ms that a contact must be stable"
    return Line(
        "P16", "physical panel's next to the open visit", ours, (Budget(ours["p95"], most=100, of="ms p95"),), note
    )
