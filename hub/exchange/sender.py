"""One thread sends what is to be sent; it sleeps until there is something, or a pause is over, and never looks between.

Pauses belong to the way (`hub/pauses.py`). A crash between sending and writing it down sends twice: the other side
knows a message again by key and version, and acknowledges it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from hub import outbox
from hub.ask import HUB, Ask
from hub.context import Hub
from hub.errors import StoreFault
from hub.exchange import store
from hub.exchange.ways import Away, Destination, Missed
from hub.journal import Entry
from hub.outbox import Answered, Message, OutboxMessageLost, OutboxMessagePutRight, OutboxMessageQueued
from hub.pauses import PAUSES_S, Pauses
from hub.sleeper import Sleeper

#: How long whoever closes it waits for the messages in hand, seconds.
CLOSES_S = 5.0
#: What lay in a folder so long before the centre spoke, and was not spoken of, is laid there again.
AGAIN_MS = 24 * 3600 * 1000

#: After these there is something to send.
_TO_SEND = (OutboxMessageQueued, OutboxMessagePutRight, OutboxMessageLost)
log = logging.getLogger(__name__)


class Sender:
    """Sends what is to be sent, and sleeps otherwise. Each way is cut alone."""

    def __init__(
        self, hub: Hub, destination: Destination, *, gateway: bool | None = None, sent: Callable[[], None] | None = None
    ) -> None:
        """`gateway`: only what goes to people, or only the rest. `sent` is called after each time something left."""
        self._hub = hub
        self._destination = destination
        self._sleeper = Sleeper("outbox", CLOSES_S)
        self._gateway = gateway
        self._sent = sent or (lambda: None)
        self._woken = False
        self._pauses = Pauses()
        #: Why nothing leaves, in the way's own words; empty while it holds.
        self.complaint = ""

    def open(self) -> Sender:
        """Start: first what an earlier process left."""
        self._sleeper.open(self._run)
        return self

    def wake(self) -> None:
        """There may be something to send."""
        with self._sleeper.changing:
            self._woken = True
            self._sleeper.wake()

    def hear(self, entries: tuple[Entry, ...]) -> None:
        """Wake for what was recorded, after its commit."""
        if any(isinstance(entry.event, _TO_SEND) for entry in entries):
            self.wake()

    def close(self) -> None:
        """Stop after the messages in hand. May be called twice."""
        self._sleeper.close()

    def try_now(self) -> None:
        """Somebody says that the way is back: its pauses begin anew."""
        self._pauses.held()
        self.wake()

    def send_due(self) -> float | None:
        """Send until all is sent or the way is cut; how many seconds to pause, or None until there is more."""
        while not self._sleeper.closed:
            if (pause := self._pauses.left_s(self._hub.now())) > 0:
                return pause
            messages = outbox.to_send(self._hub.reader, gateway=self._gateway, again_before=self._again_before())
            if not messages:
                return None
            if not self._send(messages):
                self._pauses.cut(self._hub.now())
        return None

    def _again_before(self) -> int | None:
        """Up to when what left and was not acknowledged goes again; None where nobody ever acknowledges."""
        if self._destination.hears == "at once":
            return self._hub.now().at + 1
        if self._destination.hears == "later" and (spoke := store.last_letter_at(self._hub.reader)) is not None:
            return spoke - AGAIN_MS
        return None

    def _send(self, messages: list[Message]) -> bool:
        """Send some, and write down what became of them; whether the way held."""
        done: list[Answered] = []
        try:
            done.extend(self._destination.send(messages))
        except Away as away:
            self._complain(str(away))
            self._write_down(done, lost=away.key if isinstance(away, Missed) else "")
            return False
        if len(done) < len(messages):
            self._complain("the centre has answered less than it was asked")
            self._write_down(done)
            return False
        return self._write_down(done)

    def _write_down(self, done: list[Answered], lost: str = "") -> bool:
        """Record what became of them, in one commit; whether the store took it. `lost`: a key the centre asks for."""
        if not done and not lost:
            return True
        try:
            with self._hub.store.transaction(Ask(HUB)) as tx:
                for each in done:
                    outbox.hear(tx, each)
                if lost:
                    outbox.lose(tx, lost)
        except StoreFault as fault:
            self._complain(f"sent, and not written down: {fault}")
            return False
        self._pauses.held()
        self._sent()
        return True

    def _complain(self, why: str) -> None:
        self.complaint = why
        log.warning("outbox: %s", why)

    def _run(self) -> None:
        pause: float | None
        while not self._sleeper.closed:
            try:
                with self._hub.store.readable():
                    pause = self.send_due()
            except StoreFault as fault:
                self._complain(str(fault))
                pause = PAUSES_S[0]
            if pause is None:
                self.complaint = ""
            with self._sleeper.changing:
                self._sleeper.sleep_until(lambda: self._woken, pause)
                self._woken = False
