"""Physical call panels: keys in, numbers and lamps out. One process for the counters wired to one box.

A panel keeps nothing. A press goes to the hub at once or not at all: a *Suivant* replayed after an
outage would call somebody whom nobody awaits. While no answer comes it is asked again under the same
key, so nothing is done twice; after three seconds the panel says that it does not know, and the next
picture shows the truth. Keys pressed while another is under way are dropped: one finger, one step.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Protocol

from counter_panel import face as faces
from hardware.lamp import Lamp
from hardware.number_display import NumberDisplay
from hub.client import HubAway
from hub.errors import Refused
from hub.settings.devices import PanelCounter
from hub.wire import CounterFace, Counters, parse

#: How long one ask waits, and how long the same key is asked again.
ANSWER_S, PATIENCE_S = 1.0, 3.0
#: On and off of a number that blinks: under 1 Hz, seen and not nervous.
BLINK_S = 0.6

log = logging.getLogger(__name__)


class Line(Protocol):
    """The line to the hub (hub.client.HubClient)."""

    @property
    def away(self) -> bool:
        """Whether the hub cannot be reached now."""

    def ask(self, what: str, key: str, timeout_s: float = 1.5, **body: Any) -> dict[str, Any]:
        """Ask and wait. Raises Refused or HubAway."""


class CounterPanel:
    """The panel of one counter. Whatever it learns, it shows; what it shows is decided by `face.shown`."""

    def __init__(
        self, counter: str, display: NumberDisplay, lamps: Mapping[str, Lamp], words: faces.Words, width: int = 8
    ) -> None:
        self.counter = counter
        self.known = faces.Known()
        self._display = display
        self._lamps = lamps
        self._words = words
        self._width = width
        self._stuck: set[int] = set()
        self._flash_over = 0.0
        self._lit = True
        self._lock = threading.Lock()

    @property
    def away(self) -> bool:
        """Whether a press would go nowhere."""
        return self.known.away

    def know(self, face: CounterFace | None) -> None:
        """The hub's picture: the truth, also about a press that had no answer."""
        flash = "" if self.known.flash == "unknown" else self.known.flash
        self._learn(face=face, away=False, flash=flash)

    def lose(self) -> None:
        """The hub has gone: what was known is not known any more."""
        self._learn(face=None, away=True, flash="")

    def join(self, code: str) -> None:
        """The hub does not know this box; by this code it would. "" when it does, or none is to be had."""
        self._learn(code=code)

    def stuck(self, pin: int, *, held: bool) -> None:
        """A key is held down, or has been let go."""
        (self._stuck.add if held else self._stuck.discard)(pin)
        self._learn(stuck=bool(self._stuck))

    def flash(self, word: str, now: float) -> None:
        """A short word for a moment; "unknown" stays until the next picture."""
        self._flash_over = math.inf if word == "unknown" else now + faces.FLASH_S
        self._learn(flash=word)

    def tick(self, now: float) -> float | None:
        """Time passes: ends a flash, blinks a call. Gives seconds until the next change, None when nothing moves."""
        if self.known.flash and now >= self._flash_over:
            self._learn(flash="")
        blinks = self._shown().blinks
        self._lit = not blinks or int(now / BLINK_S) % 2 == 0
        self._learn()
        if self.known.flash and self._flash_over < math.inf:
            return self._flash_over - now
        return BLINK_S - now % BLINK_S if blinks else None

    def _learn(self, **news: Any) -> None:
        with self._lock:
            self.known = replace(self.known, **news)
            self._show()

    def _shown(self) -> faces.Shown:
        return faces.shown(self.known, self._words, self._width)

    def _show(self) -> None:
        shown = self._shown()
        self._display.show(shown.text if self._lit or not shown.blinks else "")
        for name, lamp in self._lamps.items():
            lamp.show(name in shown.lamps)

    def __repr__(self) -> str:
        return f"<CounterPanel {self.counter}>"


class PanelApp:
    """All counters of one box, and what their keys ask for: `keys` says (counter, step) by pin.

    `motive` is the reason given with a step that needs one: a key cannot be asked why.
    """

    def __init__(
        self, line: Line, panels: Mapping[str, CounterPanel], keys: Mapping[int, tuple[str, str]], motive: str = ""
    ) -> None:
        self._line = line
        self._motives = {"hold": {"reason": motive}}
        self._panels = panels
        self._keys = keys
        self._newest: dict[str, CounterFace] | None = None
        self._busy: set[str] = set()
        self._askers = ThreadPoolExecutor(max(1, len(panels)), thread_name_prefix="ask")
        self._moved = threading.Event()
        self._closed = False
        self._ticker = threading.Thread(target=self._tick, name="blink", daemon=True)
        self._ticker.start()

    def pressed(self, pin: int, what: str, _at: int = 0) -> None:
        """A key's report (hardware.button.Report)."""
        counter, step = self._keys[pin]
        panel = self._panels[counter]
        if what in ("stuck", "freed"):
            panel.stuck(pin, held=what == "stuck")
            log.warning("counter %s: key %s %s", counter, step, what)
        elif panel.away or self._line.away:
            log.warning("counter %s: %s dropped, the hub is away", counter, step)
        elif counter not in self._busy:
            self._busy.add(counter)
            self._askers.submit(self._ask, panel, step)

    def picture(self, name: str, body: dict[str, Any]) -> None:
        """A picture from the hub (HubClient's on_picture). It may come a moment before the line says it is here."""
        if name == "counters":
            self._newest = {face.counter: face for face in parse(Counters, body).counters}
            self._tell()

    def link(self, away: bool) -> None:  # noqa: FBT001  the shape of HubClient's on_away
        """The hub has gone, or is back; back it is for a panel when its picture has come and a press would leave."""
        if away:
            self._newest = None
            for panel in self._panels.values():
                panel.lose()
        self._tell()

    def code(self, code: str) -> None:
        """What an administrator types so that the hub knows this box (hub.joining)."""
        for panel in self._panels.values():
            panel.join(code)
        self._moved.set()

    def _tell(self) -> None:
        if self._newest is not None and not self._line.away:
            for code, panel in self._panels.items():
                panel.know(self._newest.get(code))
        self._moved.set()

    def close(self) -> None:
        """Stop asking and blinking."""
        self._closed = True
        self._moved.set()
        self._askers.shutdown(cancel_futures=True)
        self._ticker.join(timeout=2)

    def _ask(self, panel: CounterPanel, step: str) -> None:
        try:
            self._until_answered(panel, step)
        except Refused as refused:
            log.info("counter %s: %s: %s", panel.counter, step, refused.message)
            self._flash(panel, faces.refusal(refused.reason))
        except HubAway as away:
            log.warning("counter %s: %s: %s", panel.counter, step, away)
            if not self._line.away:
                self._flash(panel, "unknown")
        finally:
            self._busy.discard(panel.counter)

    def _until_answered(self, panel: CounterPanel, step: str) -> None:
        """One key, asked again while it has no answer. Raises Refused, or HubAway when patience ends."""
        key = uuid.uuid4().hex
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self._line.ask(step, key, ANSWER_S, counter=panel.counter, **self._motives.get(step, {}))
                break
            except HubAway:
                if time.monotonic() >= deadline or self._line.away:
                    raise
        if step == "next" and answer.get("ticket", "") is None:
            self._flash(panel, "nobody")

    def _flash(self, panel: CounterPanel, word: str) -> None:
        panel.flash(word, time.monotonic())
        self._moved.set()

    def _tick(self) -> None:
        """Blink and end flashes; asleep while no panel has anything that moves."""
        while not self._closed:
            pauses = [pause for panel in self._panels.values() if (pause := panel.tick(time.monotonic())) is not None]
            self._moved.wait(min(pauses) if pauses else None)
            self._moved.clear()


def by_pin(counters: Iterable[PanelCounter]) -> dict[int, tuple[str, str]]:
    """(counter, step) of each key, by its pin."""
    return {button.pin: (wired.counter, button.step) for wired in counters for button in wired.buttons}
