"""Time, as a value handed in.

Order never depends on the wall clock: the box has no battery behind it. Every instant carries
the wall time, a monotonic time valid within one boot of the machine, the number of that boot,
and whether the wall time is believed. Durations come from the monotonic time when both ends
share a boot, else from the wall clock, never negative, and then they are not `certain`.
"""

from __future__ import annotations

import time
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


class SystemClock:
    """The machine's clocks. `boot` is the number the store gave to this boot of the machine."""

    def __init__(self, boot: int = 1, floor_ms: int = EARLIEST_MS) -> None:
        self.boot = boot
        self.floor_ms = max(floor_ms, EARLIEST_MS)

    def now(self) -> Instant:
        """The present; not certain while the wall clock is behind what this hub has already lived."""
        at = time.time_ns() // 1_000_000
        mono = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        return Instant(at, mono, self.boot, certain=at >= self.floor_ms)


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
