"""Time, as a value handed in.

Order never depends on the wall clock: the box has no battery behind it. Every instant carries
the wall time, a monotonic time valid within one boot of the machine, the number of that boot,
and whether the wall time is believed. Durations come from the monotonic time when both ends
share a boot, else from the wall clock, never negative, and then they are not `certain`.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

#: Wall times before this (2024-01-01) are an unset clock, not a date.
EARLIEST_MS = 1_704_067_200_000
#: Bits of a tick below the boot number: 34 years of milliseconds.
TICK_BITS = 40


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment. `at` is milliseconds since 1970 UTC, `mono` milliseconds within boot number `boot`."""

    at: int
    mono: int
    boot: int
    certain: bool = True

    @property
    def tick(self) -> int:
        """Boot and monotonic time in one number, as a row keeps them: boot × 2⁴⁰ + milliseconds."""
        return (self.boot << TICK_BITS) | self.mono

    def iso(self, zone: ZoneInfo) -> str:
        """RFC 3339 with the agency's offset, to the second."""
        return iso(self.at, zone)


def instant(at: int, tick: int, *, certain: bool = True) -> Instant:
    """The instant that a row keeps as its wall time and tick."""
    return Instant(at, tick & ((1 << TICK_BITS) - 1), tick >> TICK_BITS, certain)


def iso(at_ms: int, zone: ZoneInfo) -> str:
    """RFC 3339 with offset, to the second."""
    return local(at_ms, zone).isoformat(timespec="seconds")


def local(at_ms: int, zone: ZoneInfo) -> datetime:
    """The wall time in the agency's zone."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A duration in milliseconds, and whether both ends were read from one monotonic clock."""

    ms: int
    certain: bool


def elapsed(start: Instant, end: Instant) -> Elapsed:
    """How long from `start` to `end`; never negative."""
    if start.boot == end.boot:
        return Elapsed(max(0, end.mono - start.mono), certain=True)
    return Elapsed(max(0, end.at - start.at), certain=False)


class Clock(Protocol):
    """What tells the time to a hub."""

    def now(self) -> Instant:
        """The present moment."""


#: A clock that is set by more than this has jumped.
JUMP_MS = 2_000
#: What a clock that is being disciplined may drift by: the kernel slews by 500 parts in a million.
SLEW, SLACK_MS = 0.001, 20
#: Drift is measured over so long: else whoever looks often enough follows a clock of any speed, slack by slack.
STEADY_MS = 60_000
#: Ahead of what was lived by more than this, a clock that nobody has set is not believed.
LONGEST_SLEEP_MS = 31 * 24 * 3600 * 1000
_TIME_ERROR = 5


@dataclass(frozen=True, slots=True)
class Turn:
    """The clock's word changed by `by_ms` (backward: below 0); `certain`: it is believed now."""

    by_ms: int
    certain: bool


class SystemClock:
    """The machine's clocks. `boot` is the number the store gave to this boot of the machine.

    The hub's time is what was believed last, carried on by the monotonic clock. The wall clock is followed while it
    keeps step, and where it jumps if the network has set it; else the hub goes on with its own time, which is not
    `certain` until the wall clock is where it should be or the network says where that is. So nobody who sets the
    clock, and no battery that dies, moves a day, a wait or a number.
    """

    def __init__(
        self, boot: int = 1, floor_ms: int = EARLIEST_MS, *, offset: int | None = None, certain: bool = True,
        synchronised: Callable[[], bool] | None = None,
    ) -> None:  # fmt: skip
        """`floor_ms` was lived for certain; `offset` (wall minus monotonic), `certain`: as earlier in this boot."""
        self.boot = boot
        self.floor_ms = max(floor_ms, EARLIEST_MS)
        self._synchronised = synchronised or network_time
        self._turn = threading.Lock()
        self._turns: list[Turn] = []
        wall, mono = self._read()
        self._certain = certain
        self._offset = wall - mono if offset is None else offset
        #: A new box has lived nothing: any year may be right.
        self._longest = LONGEST_SLEEP_MS if self.floor_ms > EARLIEST_MS else 1 << 60
        if not self._plausible(wall) and not self._synchronised():
            self._certain = False
            self._offset = max(self._offset, self.floor_ms - mono) if offset is None else offset
        #: The offset that drift is measured from, and since when.
        self._steady = self._offset, mono

    def _plausible(self, wall: int) -> bool:
        return self.floor_ms <= wall <= self.floor_ms + self._longest

    @property
    def offset(self) -> int:
        """Believed wall time minus monotonic time."""
        return self._offset

    def now(self) -> Instant:
        """The present, as it is believed."""
        with self._turn:
            wall, mono = self._read()
            self._look(wall, mono)
            return Instant(mono + self._offset, mono, self.boot, self._certain)

    def wall(self) -> int:
        """What the machine's clock says, believed or not."""
        return self._read()[0]

    def trust(self) -> None:
        """Somebody has set the wall clock and vouches for it."""
        with self._turn:
            self._believe(*self._read())

    def turns(self) -> list[Turn]:
        """What the clock has done since this was last asked."""
        with self._turn:
            found, self._turns = self._turns, []
            return found

    def _look(self, wall: int, mono: int) -> None:
        steady, since = self._steady
        if abs(wall - mono - steady) <= SLACK_MS + SLEW * (mono - since):
            self._follow(wall, mono, certain=self._certain or self._plausible(wall))
            if mono - since >= STEADY_MS:
                self._steady = self._offset, mono
        elif self._synchronised():
            self._believe(wall, mono)
        elif abs(gap := wall - mono - self._offset) > JUMP_MS and self._certain:
            self._certain = False
            self._turns.append(Turn(gap, certain=False))

    def _believe(self, wall: int, mono: int) -> None:
        self._follow(wall, mono, certain=True)
        self._steady = self._offset, mono

    def _follow(self, wall: int, mono: int, *, certain: bool) -> None:
        by = wall - mono - self._offset
        if abs(by) > JUMP_MS or certain != self._certain:
            self._turns.append(Turn(by, certain))
        self._offset, self._certain = wall - mono, certain

    @staticmethod
    def _read() -> tuple[int, int]:
        return time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def network_time() -> bool:
    """Whether the kernel's clock has been set by the network, as the kernel knows it."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)  # struct timex with nothing to change
    return ctypes.CDLL(None).adjtimex(buffer) not in {-1, _TIME_ERROR}


_TIMEX_BYTES = 256


class ManualClock:
    """A clock that moves when told: tests, replay, and the demo's faster days."""

    def __init__(self, at: datetime | int, boot: int = 1) -> None:
        start = at if isinstance(at, int) else int(at.timestamp() * 1000)
        self._now = Instant(start, 1_000_000, boot)

    def now(self) -> Instant:
        """Where the clock was left."""
        return self._now

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> Instant:
        """Let time pass: wall and monotonic together."""
        ms = round((seconds + 60 * minutes + 3600 * hours) * 1000)
        self._now = replace(self._now, at=self._now.at + ms, mono=self._now.mono + ms)
        return self._now

    def jump(self, *, to: datetime | int | None = None, seconds: float = 0) -> Instant:
        """Somebody sets the wall clock; the monotonic one does not notice."""
        if to is None:
            at = self._now.at + round(seconds * 1000)
        else:
            at = to if isinstance(to, int) else int(to.timestamp() * 1000)
        self._now = replace(self._now, at=at)
        return self._now

    def reboot(self, boot: int) -> Instant:
        """The machine starts again: the monotonic clock restarts, the boot number rises."""
        self._now = replace(self._now, mono=5_000, boot=boot)
        return self._now


def machine_boot_id() -> str:
    """The kernel's identifier of this boot; one for ever where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "no-boot-id"
