"""Tells the hub what it must hear of papers: reports, in order, until heard.

One thread, which sleeps until there is something to tell or the hub comes back. A report has its key
since it was written down, so telling it twice does no harm. How the devices are is told by hub.troubles.
"""

from __future__ import annotations

import logging
from typing import Protocol

from hub import errands
from hub.client import HubAway
from hub.errors import Refused, StoreFault
from hub.history import History
from hub.sleeper import Sleeper
from hub.troubles import Troubles
from kiosk.spool import Report, Spool

#: The state of a label whose paper the hub will not have, as the staff are told it.
NOT_TAKEN = "not_taken"
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


class HubLine(errands.HubLine, Protocol):
    """What is needed of hub.client."""

    @property
    def away(self) -> bool:
        """Whether the hub cannot be reached now."""


class Messenger:
    """Tells what the spool holds."""

    def __init__(self, hub: HubLine, spool: Spool, troubles: Troubles, history: History) -> None:
        self._hub = hub
        self._spool = spool
        self._troubles = troubles
        self._history = history
        self._sleeper = Sleeper("messenger", PATIENCE_S + 1)
        self._news = True
        self._day: str | None = None
        #: Whether the hub has told the time since its return: a report is dated by it before it is told.
        self._dated = False
        #: Labels of papers that the hub would not have, of which the staff were told.
        self._aside: set[str] = set()

    def open(self) -> Messenger:
        """Start telling; what was set aside is tried once more: somebody may have mended the cause."""
        self._aside |= set(self._spool.take_up_aside())
        self._sleeper.open(self._run)
        return self

    def wake(self) -> None:
        """There is something new: a report, the hub's return, another picture."""
        with self._sleeper.changing:
            self._news = True
            self._sleeper.wake()

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
        for label in list(self._aside):
            self._no_longer_aside(label)

    def close(self) -> None:
        """Stop; what is untold stays in the spool."""
        self._sleeper.close()

    def __repr__(self) -> str:
        return f"<Messenger {len(self._aside)} aside>"

    def _run(self) -> None:
        pause: float | None = None
        while True:
            with self._sleeper.changing:
                self._sleeper.sleep_until(lambda: self._news, pause)
                self._news = False
            if self._sleeper.closed:
                return
            try:
                pause = None if self._tell_reports() else LATER_S
            except HubAway:
                pause = None if self._hub.away else PATIENCE_S
            except StoreFault:
                log.exception("the spool cannot be read or written: told again later")
                pause = LATER_S

    def _tell_reports(self) -> bool:
        """All there are, oldest first; False when the first of them has to wait."""
        while not self._sleeper.closed and (report := self._spool.next_report()):
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
        if label in self._aside:
            self._aside.discard(label)
            self._troubles.mended(label)

    def _set_aside(self, report: Report, refusal: Refused) -> None:
        """A paper without a ticket must not be a secret: its visitor waits, and only staff can help."""
        label = report.body["label"]
        log.error("the hub will not take %s of %s: %s", report.what, label, refusal.message)
        self._spool.set_aside(report, refusal.reason)
        self._aside.add(label)
        self._troubles.saw(label, NOT_TAKEN, refusal.reason)

    def _tell(self, report: Report) -> None:
        values = {"tid": report.body["issue"], "how": "failed" if report.what == "failed" else "printed"}
        with self._history.operation("ticket.paper", report.key, values) as heard:
            answer = self._hub.ask(report.what, report.key, PATIENCE_S, **report.body)
            heard({"tid": answer.get("id"), "state": answer.get("state")})
