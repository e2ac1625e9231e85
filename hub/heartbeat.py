"""What systemd is told: that a process is ready and, again and again, that it still does its work.

A process that hangs is worse than one that died: nobody starts it again. So `WATCHDOG=1` leaves only
after the work itself has answered (the hub's writer, the kiosk's spool, the panel's displays). Work that
never answers sends nothing, and systemd kills and starts anew; work that answers slowly, or with a
refusal of the disk, lives: starting again would mend neither.

Outside systemd nothing listens and nothing is sent. gunicorn would say READY=1 before there is an
application: `from_environment` takes the address away from it.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from hub.errors import MboteError

#: A beat so many times within the patience that systemd has: two may be late.
BEATS = 3
US_PER_S = 1_000_000
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The line to systemd. `patience_s` is how long it waits for a beat; 0: it does not."""

    address: str = ""
    patience_s: float = 0.0

    @classmethod
    def from_environment(cls) -> Heartbeat:
        """As systemd has set it; taken out, so that no child or library speaks in our place."""
        address = os.environ.pop("NOTIFY_SOCKET", "")
        os.environ.pop("WATCHDOG_PID", None)
        return cls(address, int(os.environ.pop("WATCHDOG_USEC", "0")) / US_PER_S)

    def ready(self, work: Callable[[], object], over: threading.Event | None = None) -> None:
        """The process serves. From now on, until `over`, `work` is asked, and each of its answers is a beat."""
        self._tell("READY=1")
        if self.address and self.patience_s:
            threading.Thread(
                target=self._beat, args=(work, over or threading.Event()), name="heartbeat", daemon=True
            ).start()

    def _beat(self, work: Callable[[], object], over: threading.Event) -> None:
        while not over.is_set():
            try:
                work()
            except (MboteError, OSError) as error:
                log.warning("heartbeat: %s", error)  # refused, but answered
            self._tell("WATCHDOG=1")
            over.wait(self.patience_s / BEATS)

    def _tell(self, words: str) -> None:
        if not self.address:
            return
        to = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            try:
                line.sendto(words.encode(), to)
            except OSError as error:
                log.warning("systemd does not hear %s: %s", words, error)
