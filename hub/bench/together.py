"""Whether forty screens say the same: how far apart they show one call, and what they show after the hub was killed."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from hardware.line_server import tell
from hub.bench.browser import pages_at
from hub.bench.counters import CounterUnderTest, next_morning
from hub.bench.figures import Budget, Line, Times, summary
from hub.bench.rig import REST_S, Http, Listener, key, wait_answer
from hub.demo.agency import PANEL_COUNTERS, Agency
from hub.demo.processes import APART_S

#: The screens of the hall; so many of them are pages of a real Chromium, the others what a page's socket hears.
SCREENS, PAGES = 40, 2
#: As long as a finger stays on a key of the panel.
FINGER_MS = 60
PATIENCE_S = 20.0

#: When (ms since 1970) the page first showed each call, large or in its list, and when each picture came to it.
_SHOWN = """
  window.shownAt = {}; window.heardAt = [];
  const look = () => {
    for (const label of document.querySelectorAll("#call .label, #previous .label")) {
      if (label.checkVisibility()) window.shownAt[label.textContent] ??= Date.now();
    }
  };
  addEventListener("DOMContentLoaded", () => new MutationObserver(look).observe(document.body,
    {subtree: true, childList: true, characterData: true, attributes: true}));
  const Socket = WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", ({data}) => String(data).includes('"board"') && window.heardAt.push(Date.now()));
    }
  };
"""
_LARGE = """document.body.dataset.scene === "call" && document.querySelector("#call .label").textContent"""


class Witness(Listener):
    """A screen's socket that keeps when each call was first the last one."""

    def __init__(self, port: int, token: str) -> None:
        self.shown_at: dict[str, float] = {}
        super().__init__(port, token, "board")

    def _hear(self, picture: dict[str, Any]) -> None:
        if label := last_call(picture):
            self.shown_at.setdefault(label, time.time())
        super()._hear(picture)


def last_call(board: dict[str, Any]) -> str:
    """The number that a screen shows large; "" for none."""
    calls = board.get("calls") or [{"ticket": ""}]
    return str(calls[0]["ticket"])


class Hall:
    """The screens, and the two counters of the panel that call to them."""

    def __init__(self, agency: Agency, pages: list[Any]) -> None:
        self._agency, self._pages = agency, pages
        self._sockets = [Witness(agency.port, agency.tokens["display"]) for _ in range(SCREENS - len(pages))]
        self._ask_anew()

    def _ask_anew(self) -> None:
        """Connections to a hub that has just come up."""
        self._http = Http(self._agency.port, self._agency.tokens["api"])
        self._counters = {code: CounterUnderTest(self._agency, code) for code in PANEL_COUNTERS}

    def call(self, code: str) -> str:
        """Somebody comes for a counter, and its agent presses *Suivant* on the panel; the number."""
        for step in ("start", "finish"):
            self._counters[code].step(step)
        service = next(each.services[0] for each in self._agency.settings.counters if each.code == code)
        label = str(self._http.post("/api/v1/tickets", {"key": key(), "service": service})["label"])
        held = next(each for each in self._agency.settings.panel.counters if each.counter == code)
        pin = next(button.pin for button in held.buttons if button.step == "next")
        time.sleep(REST_S)
        tell(self._agency.folder / "panel.sock", {"press": pin, "ms": FINGER_MS})
        return label

    def spread_s(self, label: str) -> float:
        """How long after the first screen the last one showed it, seconds. Raises TimeoutError."""
        for each in self._sockets:
            each.wait(lambda board: last_call(board) == label, PATIENCE_S)
        found = [each.shown_at[label] for each in self._sockets]
        for page in self._pages:
            page.wait_for_function(f"window.shownAt[{label!r}]", timeout=PATIENCE_S * 1000)
            found.append(page.evaluate(f"window.shownAt[{label!r}]") / 1000)
        return max(found) - min(found)

    def back_after_kill_s(self) -> tuple[float, float]:
        """`kill -9` of the hub: seconds until the first answer, and until a picture of the new hub is everywhere."""
        seqs = [each.last.get("seq", 0) for each in self._sockets]
        began = time.time()
        os.kill(self._agency.pids["hub"], signal.SIGKILL)
        time.sleep(0.02)
        wait_answer(self._agency.port, timeout=PATIENCE_S)
        answered = time.time()
        for each, seq in zip(self._sockets, seqs, strict=True):
            each.wait(lambda board, before=seq: board.get("seq", 0) > before, PATIENCE_S)  # type: ignore[misc]
        for page in self._pages:
            page.wait_for_function(f"window.heardAt.some((at) => at > {began * 1000})", timeout=PATIENCE_S * 1000)
        self._ask_anew()
        return answered - began, time.time() - began

    def agrees(self, label: str) -> bool:
        """Whether it is the last call on every socket, and comes to the large place of each page, in its turn there."""
        for page in self._pages:
            page.wait_for_function(f"({_LARGE}) === {label!r}", timeout=PATIENCE_S * 1000)
        return {last_call(each.last) for each in self._sockets} == {label}

    def close(self) -> None:
        """Hang up."""
        for each in self._sockets:
            each.close()
        self._http.close()


def same_last_call(agency: Agency, times: Times) -> Line:
    """P5b."""
    next_morning(agency)
    with pages_at(f"{agency.url}display#{agency.tokens['display']}", PAGES, script=_SHOWN) as pages:
        hall = Hall(agency, pages)
        spreads, last = _calls(hall, max(10, times.calls // 2))
        agreed, answers, backs = hall.agrees(last), [], []
        for _ in range(times.kills):
            answer, back = hall.back_after_kill_s()
            answers.append(answer)
            backs.append(back)
            agreed = hall.agrees(last) and agreed
            time.sleep(APART_S + 0.2)  # or whoever keeps the hub waits before the next start
        afterwards, last = _calls(hall, max(4, times.calls // 20))
        agreed = hall.agrees(last) and agreed
        hall.close()
    figures = {
        "spread": summary(spreads) | {"max": round(max(spreads) * 1000, 3)},
        "spread_after_kills": summary(afterwards) | {"max": round(max(afterwards) * 1000, 3)},
        "kills": times.kills, "first_answer_s": round(max(answers), 3), "all_back_s": round(max(backs), 3),
    }  # fmt: skip
    budgets = (
        Budget(max(spreads + afterwards), most=1, of="s from the first screen to the last"),
        Budget(int(not agreed), most=0, of="another last call somewhere, before a kill or after it"),
        Budget(max(backs), most=5, of="s from the kill until a new picture is on every screen"),
    )
    return Line("P5b", f"{SCREENS} displays ({PAGES} in Chromium) show a panel's call: first to last", figures, budgets)


def _calls(hall: Hall, times: int) -> tuple[list[float], str]:
    """So many calls by turns: how far apart each was shown, and the last one."""
    spreads, label = [], ""
    for number in range(times):
        label = hall.call(PANEL_COUNTERS[number % len(PANEL_COUNTERS)])
        spreads.append(hall.spread_s(label))
    return spreads, label
