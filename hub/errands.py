"""Papers that the hub asks a box's printer for: reprints, tickets given at reception, what the counters print.

The box's side of hub/printing. A picture says how many wait; they are taken one by one, printed while it makes
sense, and what became of each is told. A job that this process took and never reported is taken again as a
new attempt, marked DUPLICATA, which fences the old one: nothing is kept here, so a kill loses nothing.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hub.errors import MboteError
from hub.paper import Slip, slip_from_json
from hub.sleeper import Sleeper

PATIENCE_S = 5.0
#: One paper is tried for so long; then whoever waits for it is told, and the next one is not kept behind it.
TRIED_S = 10.0
#: A print loop that does not come to an end in this time after the deadline has died with its thread.
GRACE_S = 5.0

#: What becomes of a paper (hardware.print_loop.State), and why.
End = tuple[str, str]
#: Puts a slip on paper until a moment of time.monotonic(); its end is told to `hear_end` under the same subject.
Put = Callable[[str, Slip, float], None]
log = logging.getLogger(__name__)


class HubLine(Protocol):
    """What is needed of hub.client."""

    def ask(self, what: str, key: str, timeout_s: float = ..., **body: Any) -> dict[str, Any]:
        """Ask and wait. Raises Refused or HubAway."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A printer as errands see it: how a slip is put on paper, and whether it may be tried at all."""

    put: Put
    #: False while it has a fault and another printer can stand in: its papers are then left to that one.
    ready: Callable[[], bool] = lambda: True


class Errands:
    """Takes a printer's papers from the hub and prints them. Sleeps until a picture says that there are some.

    `printer` is its name at the hub; '' for a device that has one printer of its own name.
    """

    def __init__(self, hub: HubLine, printer: str = "") -> None:
        self._hub = hub
        self._printer = {"printer": printer} if printer else {}
        self._sleeper = Sleeper("errands", PATIENCE_S + 1)
        self._waiting = 0
        self._ended: dict[str, End] = {}
        self._mine: set[str] = set()

    def open(self, mechanism: Mechanism) -> Errands:
        """Start running errands for this printer."""
        self._sleeper.open(lambda: self._run(mechanism))
        return self

    def close(self) -> None:
        """Stop; what is in hand is taken again by whoever comes next."""
        self._sleeper.close()

    def hear(self, waiting: int) -> None:
        """The hub's picture says how many papers wait."""
        with self._sleeper.changing:
            self._waiting = waiting
            self._sleeper.wake()

    def hub_returned(self) -> None:
        """Papers that were heard of while the line was not there yet are asked for now."""
        self.hear(1)

    def look_again(self) -> None:
        """The printer is not as it was."""
        self._sleeper.wake()

    def hear_end(self, subject: str, state: str, reason: str) -> bool:
        """The printer has come to the end of a paper; whether it was one of these."""
        if subject not in self._mine:
            return False
        with self._sleeper.changing:
            self._ended[subject] = (state, reason)
            self._sleeper.wake()
        return True

    def __repr__(self) -> str:
        return f"<Errands {self._printer.get('printer', '')} {self._waiting} waiting>"

    def _run(self, mechanism: Mechanism) -> None:
        again: float | None = None
        while True:
            with self._sleeper.changing:
                called = self._sleeper.sleep_until(lambda: self._waiting and mechanism.ready(), again)
                if self._sleeper.closed:
                    return
                self._waiting = 0  # the next picture says it again, if it is still so
            again = self._run_all(mechanism) if called or mechanism.ready() else None

    def _run_all(self, mechanism: Mechanism) -> float | None:
        """Every paper there is; in how many seconds one that another printer leaves may be had, if any."""
        try:
            while mechanism.ready():
                taken = self._ask("print_take", **self._printer)
                if taken.get("job") is None:
                    return taken["again_ms"] / 1000 if "again_ms" in taken else None
                state, reason = self._print(mechanism.put, taken)
                self._ask("print_report", job=taken["job"], attempt=taken["attempt"], state=state, reason=reason)
        except MboteError as error:  # away or refused: the next picture calls again
            log.info("a paper of the hub's waits: %s", error)
        return None

    def _print(self, put: Put, taken: dict[str, Any]) -> End:
        """Print one, and say how it ended."""
        subject, left_s = f"hub {taken['job']}-{taken['attempt']}", min(TRIED_S, taken["left_ms"] / 1000)
        self._mine.add(subject)
        put(subject, slip_from_json(taken["slip"]), time.monotonic() + left_s)
        with self._sleeper.changing:
            self._sleeper.sleep_until(lambda: subject in self._ended, left_s + GRACE_S)
            self._mine.discard(subject)
            return self._ended.pop(subject, ("unknown", "no_answer"))

    def _ask(self, what: str, **body: Any) -> dict[str, Any]:
        return self._hub.ask(what, f"e-{secrets.token_hex(8)}", PATIENCE_S, **body)
