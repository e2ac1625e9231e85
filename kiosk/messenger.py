"""Tells the hub what it must hear: reports of papers, in order, until heard; then how the devices are.

One thread, which sleeps until there is something to tell or the hub comes back. A report has its key
since it was written down, so telling it twice does no harm.
"""

from __future__ import annotations

import logging
import secrets
import threading
from typing import Any, Protocol

from hub.client import HubAway
from hub.errors import Refused
from kiosk.history import History
from kiosk.spool import Report, Spool

#: As hardware.printer.trouble_of has them; `stuck` for a button.
TroubleState = str
#: How long a report may take; a hub under load is waited for, nobody stands in front of this.
PATIENCE_S = 5.0
#: Refusals that time heals: the report waits, first in line, until the hub's picture changes or a while has passed.
LATER = frozenset({"day_closed", "too_many", "not_authenticated", "not_allowed"})
LATER_S = 15.0

log = logging.getLogger(__name__)


class HubLine(Protocol):
    """What is needed of hub.client."""

    @property
    def away(self) -> bool:
        """Whether the hub cannot be reached now."""

    def ask(self, what: str, key: str, timeout_s: float = ..., **body: Any) -> dict[str, Any]:
        """Ask and wait. Raises Refused or HubAway."""


class Messenger:
    """Tells what the spool holds, and the newest state of each part."""

    def __init__(self, hub: HubLine, spool: Spool, history: History) -> None:
        self._hub = hub
        self._spool = spool
        self._history = history
        self._wake = threading.Condition()
        self._news = True
        self._closed = False
        self._untold: dict[str, tuple[TroubleState, str]] = {}
        self._states: dict[str, tuple[TroubleState, str]] = {}
        self._thread: threading.Thread | None = None

    def open(self) -> Messenger:
        """Start telling."""
        self._thread = threading.Thread(target=self._run, name="messenger", daemon=True)
        self._thread.start()
        return self

    def wake(self) -> None:
        """There is something new: a report, the hub's return, another picture."""
        with self._wake:
            self._news = True
            self._wake.notify()

    def trouble(self, part: str, state: TroubleState, detail: str = "") -> None:
        """The state of a part; only a change is told."""
        with self._wake:
            if self._states.get(part, ("ok", "")) == (state, detail):
                return
            self._states[part] = self._untold[part] = (state, detail)
        self.wake()

    def hub_returned(self) -> None:
        """Tell the states again: a hub that restarted has forgotten what is not well."""
        with self._wake:
            self._untold |= {part: state for part, state in self._states.items() if state[0] != "ok"} | self._untold
        self.wake()

    def close(self) -> None:
        """Stop; what is untold stays in the spool."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE_S + 1)

    def __repr__(self) -> str:
        return f"<Messenger {len(self._untold)} states untold>"

    def _run(self) -> None:
        pause: float | None = None
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._news or self._closed, pause)
                self._news = False
                if self._closed:
                    return
            try:
                pause = None if self._tell_reports() else LATER_S
                self._tell_states()
            except HubAway:
                pause = None if self._hub.away else PATIENCE_S

    def _tell_reports(self) -> bool:
        """All there are, oldest first; False when the first of them has to wait."""
        while not self._closed and (report := self._spool.next_report()):
            try:
                self._tell(report)
            except Refused as refusal:
                if refusal.reason in LATER:
                    return False
                log.error("the hub will not take %s of %s: %s", report.what, report.body["label"], refusal.message)  # noqa: TRY400  no traceback: it is an answer
                self._spool.set_aside(report, refusal.reason)
            else:
                self._spool.heard(report)
        return True

    def _tell(self, report: Report) -> None:
        values = {"tid": report.body["issue"], "how": "failed" if report.what == "failed" else "printed"}
        with self._history.operation("ticket.paper", report.key, values) as heard:
            answer = self._hub.ask(report.what, report.key, PATIENCE_S, **report.body)
            heard({"tid": answer.get("id"), "state": answer.get("state")})

    def _tell_states(self) -> None:
        while self._untold and not self._closed:
            with self._wake:
                part, (state, detail) = next(iter(self._untold.items()))
            try:
                self._hub.ask("trouble", f"t-{secrets.token_hex(8)}", PATIENCE_S, part=part, state=state, detail=detail)
            except Refused as refusal:
                log.warning("the hub does not hear of %s: %s", part, refusal.message)
            with self._wake:
                if self._untold.get(part) == (state, detail):
                    del self._untold[part]
