"""Papers that the hub asks this kiosk's printer for: reprints, and tickets given at reception.

The picture says how many wait; they are taken one by one, printed before their time is up, and what
became of each is told. A job that this process took and never reported is taken again as a new
attempt, which fences the old one: nothing is kept here.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from typing import Any, Protocol

from hardware.print_loop import Job, State
from hub.client import HubAway
from hub.errors import Refused
from hub.paper import slip_from_json
from kiosk.messenger import HubLine

PATIENCE_S = 5.0
#: A print loop that does not come to an end in this time after the deadline has died with its thread.
GRACE_S = 5.0

log = logging.getLogger(__name__)


class Paper(Protocol):
    """What is needed of the print loop."""

    def put(self, job: Job) -> None:
        """Queue a job."""


class Errands:
    """Takes the hub's papers and prints them. Sleeps until a picture says that there are some."""

    def __init__(self, hub: HubLine) -> None:
        self._hub = hub
        self._wake = threading.Condition()
        self._waiting = 0
        self._closed = False
        self._ended: dict[str, tuple[State, str]] = {}
        self._mine: set[str] = set()
        self._thread: threading.Thread | None = None

    def open(self, paper: Paper) -> Errands:
        """Start running errands for this printer."""
        self._thread = threading.Thread(target=self._run, args=(paper,), name="errands", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop; what is in hand is taken again by whoever comes next."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE_S + 1)

    def hear(self, waiting: int) -> None:
        """The hub's picture says how many papers wait."""
        with self._wake:
            self._waiting = waiting
            self._wake.notify()

    def hear_job(self, job: Job, state: State, reason: str) -> bool:
        """The print loop has come to the end of a job; whether it was one of these."""
        if job.subject not in self._mine:
            return False
        with self._wake:
            self._ended[job.subject] = (state, reason)
            self._wake.notify()
        return True

    def __repr__(self) -> str:
        return f"<Errands {self._waiting} waiting>"

    def _run(self, paper: Paper) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                self._waiting = 0  # the next picture says it again, if it is still so
            try:
                while (taken := self._ask("print_take"))["job"] is not None:
                    state, reason = self._print(paper, taken)
                    self._ask("print_report", job=taken["job"], attempt=taken["attempt"], state=state, reason=reason)
            except (HubAway, Refused) as error:
                log.info("a paper of the hub's waits: %s", error)

    def _print(self, paper: Paper, taken: dict[str, Any]) -> tuple[State, str]:
        """Print one, and say how it ended."""
        subject, left_s = f"hub {taken['job']}-{taken['attempt']}", taken["left_ms"] / 1000
        self._mine.add(subject)
        paper.put(Job(subject, slip_from_json(taken["slip"]), time.monotonic() + left_s))
        with self._wake:
            self._wake.wait_for(lambda: subject in self._ended or self._closed, left_s + GRACE_S)
            self._mine.discard(subject)
            return self._ended.pop(subject, ("unknown", "no_answer"))

    def _ask(self, what: str, **body: Any) -> dict[str, Any]:
        return self._hub.ask(what, f"e-{secrets.token_hex(8)}", PATIENCE_S, **body)
