"""The time of a box that has no clock of its own: a monotonic one, and what the hub last said."""

from __future__ import annotations

import time

from hub.clock import machine_boot_id
from kiosk.press import Moment


class BoxClock:
    """Tells moments. The hub's time is carried on by the monotonic clock, within one boot only."""

    def __init__(self, boot: str | None = None) -> None:
        self.boot = boot or machine_boot_id()
        self._offset: int | None = None

    def now(self) -> Moment:
        """The present."""
        mono = self._mono()
        return Moment(self.boot, mono, None if self._offset is None else mono + self._offset)

    def hear(self, hub_at: int) -> None:
        """The hub says what time it is."""
        self._offset = hub_at - self._mono()

    def remember(self, boot: str, offset: int) -> None:
        """What an earlier process of this boot had heard."""
        if boot == self.boot:
            self._offset = offset

    @property
    def offset(self) -> int | None:
        """Hub time minus monotonic time; None before the hub was ever heard in this boot."""
        return self._offset

    @staticmethod
    def wall_ms() -> int:
        """This box's own wall clock, believed only when nothing better is known."""
        return time.time_ns() // 1_000_000

    @staticmethod
    def _mono() -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
