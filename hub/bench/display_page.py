"""P12 and P13: what the room's page costs its box, and how soon the room hears a call."""

from __future__ import annotations

from typing import Any

from hub.bench.browser import chromium_cpu_s, page_at
from hub.bench.counters import COUNTER, CounterUnderTest, next_morning
from hub.bench.figures import Budget, Line, Times, summary
from hub.bench.rig import key
from hub.demo.agency import Agency

#: A small box's processor, as against this one.
SLOWER = 6
#: Calls an hour in the busiest hall: twenty counters, a visitor every ten minutes each.
CALLS_AN_HOUR = 120
KB, MB = 1_000, 1_000_000

_SHIPPED = """() => performance.getEntriesByType("resource")
  .filter((one) => /\\.(js|css)(\\?|$)/.test(one.name)).reduce((sum, one) => sum + one.decodedBodySize, 0)"""
_PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0].startTime"""


def what_a_display_costs(agency: Agency, times: Times) -> Line:
    """P12: first paint on a slow processor, what is shipped, processor time and heap over many calls."""
    url = f"{agency.url}display#{agency.tokens['display']}"
    with page_at(url, slower=SLOWER) as page:
        painted, shipped = page.evaluate(_PAINTED), page.evaluate(_SHIPPED)
    next_morning(agency)
    counter = CounterUnderTest(agency)
    with page_at(url) as page:
        fetched: list[str] = []
        page.on("request", lambda asked: fetched.append(asked.url) if "/sound/" not in asked.url else None)
        share = _share_of_a_core(page, counter, max(3, times.calls // 20))
        grown = _heap_grown(page, counter, times.calls)
    figures = {
        "first_paint_ms": round(painted, 1), "shipped_kb": round(shipped / KB, 1), "cpu_percent": round(share * 100, 2),
        "heap_grown_mb": round(grown / MB, 3), "calls": times.calls, "fetched": len(fetched),
    }  # fmt: skip
    budgets = (
        Budget(painted, most=1000, of=f"ms to the first paint, {SLOWER} times slower"),
        Budget(shipped / KB, most=150, of="kB of JS and CSS"),
        Budget(share * 100, most=5, of=f"% of one core, at {CALLS_AN_HOUR} calls an hour"),
        Budget(grown / MB, most=0.2, of=f"MB of heap grown over {times.calls} calls"),
        Budget(len(fetched), most=0, of="fetched by the page for them"),
    )
    note = "processor time: measured at rest and for some calls two seconds apart, added up for an hour"
    return Line("P12", "the room's page: paint, weight, processor, heap", figures, budgets, note)


def _share_of_a_core(page: Any, counter: CounterUnderTest, calls: int) -> float:
    """Of Chromium's processes together: at rest, and what each call adds (its sound and animation included)."""
    resting_s, between_s = 5.0, 2.0
    before = chromium_cpu_s()
    page.wait_for_timeout(resting_s * 1000)
    at_rest = (chromium_cpu_s() - before) / resting_s
    before = chromium_cpu_s()
    for _ in range(calls):
        counter.ready()
        counter.step("next")
        page.wait_for_timeout(between_s * 1000)
    a_call = max(0.0, (chromium_cpu_s() - before) / calls - at_rest * between_s)
    return at_rest + a_call * CALLS_AN_HOUR / 3600


def _heap_grown(page: Any, counter: CounterUnderTest, calls: int) -> float:
    """Bytes, once the garbage has been collected; the first calls are warming up."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    _many_calls(page, counter, max(10, calls // 5))
    before = _heap(devtools)
    _many_calls(page, counter, calls)
    return _heap(devtools) - before


def _many_calls(page: Any, counter: CounterUnderTest, calls: int) -> None:
    for _ in range(calls):
        counter.ready()
        counter.step("next")
        page.wait_for_timeout(60)


def _heap(devtools: Any) -> float:
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize"))


#: Every sound of the page goes through a tap that notes when a sample above silence passes.
_TAP = """
  window.heardAt = null; window.lastLoud = 0;
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    if (!this.tapped) {
      this.tapped = true;
      const context = new AudioContext();
      const tap = context.createScriptProcessor(256, 1, 1);
      tap.onaudioprocess = (event) => {
        if (!event.inputBuffer.getChannelData(0).some((sample) => Math.abs(sample) > 0.01)) return;
        window.lastLoud = performance.now();
        window.heardAt ??= window.lastLoud;
      };
      context.createMediaElementSource(this).connect(tap);
      tap.connect(context.destination);
      window.keep = [context, tap];
    }
    return play.call(this);
  };
"""
_QUIET = "() => performance.now() - window.lastLoud > 1500"
#: Asks for *Suivant* and resolves with the milliseconds to the first sample above silence.
_HEARD = """async ([path, token, key]) => {
  window.heardAt = null;
  const began = performance.now();
  await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Authorization: `Bearer ${token}`},
                     body: JSON.stringify({key})});
  while (window.heardAt === null) {
    if (performance.now() - began > 10000) throw new Error("not heard");
    await new Promise((go) => setTimeout(go, 2));
  }
  return window.heardAt - began;
}"""


def first_sound(agency: Agency, times: Times) -> Line:
    """P13: *Suivant* to the first sample that can be heard, by the page's audio clock."""
    next_morning(agency)
    counter = CounterUnderTest(agency)
    taken = []
    with page_at(f"{agency.url}display#{agency.tokens['display']}", script=_TAP) as page:
        for _ in range(max(2, times.calls // 10)):
            counter.ready()
            page.wait_for_timeout(400)
            page.wait_for_function(_QUIET)
            asked = [f"/api/v1/counters/{COUNTER}/next", agency.tokens["api"], key()]
            taken.append(page.evaluate(_HEARD, asked) / 1000)
    ours = summary(taken)
    return Line("P13", "agent's next to the first audible sample", ours, (Budget(ours["p95"], most=500, of="ms p95"),))
