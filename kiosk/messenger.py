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
from hub.errors import Refused, StoreFault
from hub.history import History
from kiosk.spool import Report, Spool

#: As hardware.printer.trouble_of has them; `stuck` for a button, `not_taken` for a paper that the hub will not have.
TroubleState = str
#: How long a report may take; a hub under load is waited for, nobody stands in front of this.
PATIENCE_S = 5.0
#: Refusals of this one report, which no time heals: it is set aside, and the staff hear that its paper is not known.
#: After any other (no day yet, a full disk, a revoked token) it waits, first in line, for the hub's next picture.
FOR_GOOD = frozenset({
    "foreign_label", "label_taken", "label_settled", "unknown_service", "key_reuse", "bad_request", "unprocessable",
    "illegal_step", "not_found", "too_large",
})  # fmt: skip
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
        self._day: str | None = None
        #: Whether the hub has told the time since its return: a report is dated by it before it is told.
        self._dated = False
        self._untold: dict[str, tuple[TroubleState, str]] = {}
        self._states: dict[str, tuple[TroubleState, str]] = {}
        self._thread: threading.Thread | None = None

    def open(self) -> Messenger:
        """Start telling; what was set aside is tried once more: somebody may have mended the cause."""
        self._states |= dict.fromkeys(self._spool.take_up_aside(), ("not_taken", ""))
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

    def hub_heard(self, day: str | None) -> None:
        """The hub has sent a picture, of that business day."""
        if day and self._day and day != self._day:
            self._forget_aside()
        self._day = day or self._day
        self._dated = True
        self.wake()

    def hub_left(self) -> None:
        """The hub has gone."""
        self._dated = False

    def _forget_aside(self) -> None:
        """Another day has begun: who held a paper that the hub would not take has gone home."""
        self._spool.leave_aside()
        for part, (state, _) in list(self._states.items()):
            if state == "not_taken":
                self.trouble(part, "ok")

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
            except StoreFault:
                log.exception("the spool cannot be read or written: told again later")
                pause = LATER_S

    def _tell_reports(self) -> bool:
        """All there are, oldest first; False when the first of them has to wait."""
        while not self._closed and (report := self._spool.next_report()):
            if not self._dated:
                return False
            try:
                self._tell(report)
            except Refused as refusal:
                if refusal.reason not in FOR_GOOD:
                    return False
                self._set_aside(report, refusal)
            else:
                self._spool.heard(report)
                self._no_longer_aside(report.body["label"])
        return True

    def _no_longer_aside(self, label: str) -> None:
        state, _ = self._states.get(label, ("ok", ""))
        if state == "not_taken":
            self.trouble(label, "ok")

    def _set_aside(self, report: Report, refusal: Refused) -> None:
        """A paper without a ticket must not be a secret: its visitor waits, and only staff can help."""
        label = report.body["label"]
        log.error("the hub will not take %s of %s: %s", report.what, label, refusal.message)
        self._spool.set_aside(report, refusal.reason)
        self.trouble(label, "not_taken", refusal.reason)

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
