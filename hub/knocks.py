"""How often somebody may come, and until when they may not: counted by name, a bounded number of names."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

from hub.quiet import MINUTE_S

#: How many strangers are remembered at once.
REMEMBERED = 4_096


class Pace:
    """So many a second for each name, saved up for one second. The names least seen are forgotten first."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str, per_s: float) -> bool:
        """Whether one more may pass."""
        with self._lock:
            now = self._now()
            left, since = self._left.pop(name, (per_s, now))
            left = min(per_s, left + (now - since) * per_s)
            passes = left >= 1
            self._left[name] = (left - passes, now)
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
            return passes


class Bans:
    """Who sent more than `most` bad packets or requests within a minute, and until when they are banned."""

    def __init__(self, most: int, ban_s: float, now: Callable[[], float]) -> None:
        self._most = most
        self._ban_s = ban_s
        self._now = now
        self._bad: OrderedDict[str, deque[float]] = OrderedDict()
        self._until: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def bad(self, name: str) -> None:
        """One more bad packet of this name."""
        with self._lock:
            now = self._now()
            seen = self._bad.pop(name, deque[float](maxlen=self._most + 1))
            self._bad[name] = seen
            seen.append(now)
            if len(seen) > self._most and now - seen[0] <= MINUTE_S:
                self._until[name] = now + self._ban_s
            for table in (self._bad, self._until):
                if len(table) > REMEMBERED:
                    table.popitem(last=False)

    def left_s(self, name: str) -> float:
        """For how long the name is banned; 0 when it is not."""
        return max(0.0, self._until.get(name, 0.0) - self._now())
