"""A press is a press: what counts as one, told from contacts that bounce.

gpiozero's own `bounce_time` loses and invents events on today's Pis (gpiozero issue 1090) and the
mock pins ignore it, so the rule is ours: a level counts once it has been stable for 30 ms on a
monotonic clock. One press gives one report, at its beginning. A button held too long is out of
order until it is let go: a fallen poster must not take tickets.

A contact is gpiozero's plain input: each `Button` of its has a thread that looks ten times a second whether it is held.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice as Contact

What = Literal["pressed", "stuck", "freed"]
Report = Callable[[int, What, int], None]


def monotonic_ms() -> int:
    """Milliseconds on a clock that nobody sets."""
    return time.monotonic_ns() // 1_000_000


class Debounce:
    """The rule for one contact, in whatever time it is told. Times are milliseconds, never falling."""

    def __init__(self, stable_ms: int = 30, stuck_ms: int = 10_000, *, down: bool = False, now: int = 0) -> None:
        self.stable_ms = stable_ms
        self.stuck_ms = stuck_ms
        self._seen, self._seen_at = down, now
        # A contact already closed at the start is nobody's press; it may only turn out to be stuck.
        self._down, self._down_at = down, now
        self._stuck = False

    def change(self, down: bool, now: int) -> list[What]:
        """The contact is seen at this level at `now`; what that and the time before it amount to."""
        reports = self.look(now)
        if down != self._seen:
            self._seen, self._seen_at = down, now
        return reports

    def look(self, now: int) -> list[What]:
        """What has become true by `now` without any further change."""
        reports: list[What] = []
        if self._seen != self._down and now - self._seen_at >= self.stable_ms:
            reports += self._settle()
        if self._down and not self._stuck and now - self._down_at >= self.stuck_ms:
            self._stuck = True
            reports.append("stuck")
        return reports

    def _settle(self) -> list[What]:
        self._down, self._down_at = self._seen, self._seen_at
        if self._down:
            return ["pressed"]
        was_stuck, self._stuck = self._stuck, False
        return ["freed"] if was_stuck else []

    def due(self) -> int | None:
        """When to look again; None while only a change can bring something new."""
        if self._seen != self._down:
            return self._seen_at + self.stable_ms
        return self._down_at + self.stuck_ms if self._down and not self._stuck else None


class Buttons:
    """The buttons of one box, watched by one thread that sleeps until a contact moves.

    `report(pin, what, at)` is called from that thread; `at` is `monotonic_ms` of the report.
    """

    def __init__(self, pins: Iterable[int], report: Report, debounce_ms: int = 30, stuck_s: float = 10) -> None:
        self.pins = tuple(pins)
        self._report = report
        self._debounce_ms = debounce_ms
        self._stuck_ms = round(stuck_s * 1000)
        self._contacts: dict[int, Contact] = {}
        self._rules: dict[int, Debounce] = {}
        self._pending: deque[tuple[int, What, int]] = deque()
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def open(self, factory: Any = None) -> Buttons:
        """Take the pins, pulled up; from now on presses are reported. `factory` None is gpiozero's own choice."""
        from gpiozero import DigitalInputDevice as Contact

        for pin in self.pins:
            contact = Contact(pin, pull_up=True, bounce_time=None, pin_factory=factory)
            down = bool(contact.is_active)
            self._contacts[pin] = contact
            self._rules[pin] = Debounce(self._debounce_ms, self._stuck_ms, down=down, now=monotonic_ms())
            contact.when_activated = partial(self._edge, pin, True)
            contact.when_deactivated = partial(self._edge, pin, False)
        self._thread = threading.Thread(target=self._watch, name="buttons", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Give the pins back."""
        with self._moved:
            self._closed = True
            self._moved.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=2)
        for contact in self._contacts.values():
            contact.close()
        self._contacts.clear()

    def __repr__(self) -> str:
        return f"<Buttons {' '.join(map(str, self.pins))}>"

    def _edge(self, pin: int, down: bool) -> None:
        """Called in the pin's own thread: dates the edge, and leaves the reports to ours."""
        now = monotonic_ms()
        with self._moved:
            self._collect(pin, self._rules[pin].change(down, now), now)
            self._moved.notify()

    def _watch(self) -> None:
        while True:
            with self._moved:
                self._look()
                if not self._pending:
                    if self._closed:
                        return
                    self._moved.wait(self._pause())
                    continue
                reports = list(self._pending)
                self._pending.clear()
            for report in reports:
                self._report(*report)

    def _look(self) -> None:
        """What is due now. The level is read again: a real factory may have swallowed the last edge."""
        now = monotonic_ms()
        for pin, rule in self._rules.items():
            due = rule.due()
            if due is not None and due <= now and not self._closed:
                self._collect(pin, rule.change(bool(self._contacts[pin].is_active), now), now)

    def _collect(self, pin: int, reports: list[What], now: int) -> None:
        self._pending.extend((pin, what, now) for what in reports)

    def _pause(self) -> float | None:
        """Seconds until something is due; None (sleep until an edge) when nothing is."""
        dues = [due for rule in self._rules.values() if (due := rule.due()) is not None]
        return max(0, min(dues) - monotonic_ms()) / 1000 + 0.001 if dues else None


def closed_now(pins: Iterable[int], factory: Any = None) -> list[int]:
    """Those of the pins that are closed to ground at this moment; a pin that another process has is left alone."""
    from gpiozero import DigitalInputDevice as Contact

    closed = []
    for pin in pins:
        try:
            contact = Contact(pin, pull_up=True, bounce_time=None, pin_factory=factory)
        except Exception:  # noqa: BLE001, S112 (lgpio's "busy" is a plain Exception; then its owner reports it)
            continue
        if contact.is_active:
            closed.append(pin)
        contact.close()
    return closed
