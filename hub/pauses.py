"""A way that was cut is left alone for a while, and longer each time: 1, 5 and 30 minutes, then every hour.

That a way was cut is no fact about what waits for it, so the pauses are kept in memory, and a restart tries at once.
"""

from __future__ import annotations

from hub.clock import Instant, elapsed

#: Seconds after the first, second, third and each further failure in a row.
PAUSES_S: tuple[float, ...] = (60, 300, 1800, 3600)


class Pauses:
    """Those of one way."""

    def __init__(self) -> None:
        self._failures = 0
        self._cut: Instant | None = None

    def cut(self, now: Instant) -> None:
        """It has failed once more."""
        self._failures += 1
        self._cut = now

    def held(self) -> None:
        """It holds, or somebody says that it does: pauses begin anew."""
        self._failures, self._cut = 0, None

    def left_s(self, now: Instant) -> float:
        """How much longer it is left alone, seconds; 0 when it may be tried."""
        if self._cut is None:
            return 0
        pause = PAUSES_S[min(self._failures, len(PAUSES_S)) - 1]
        return max(0.0, pause - elapsed(self._cut, now).ms / 1000)

    def __repr__(self) -> str:
        return f"<Pauses after {self._failures} failures>"
