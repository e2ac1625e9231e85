"""A queue at one moment, as somebody who joins it sees it: all that a prediction may know.

A `Line` is told, in the order in which it became known, who joined, who was called, who went without a call, and
how many counters serve; it answers with a `Picture`. It keeps two hours of calls and whoever waits: nothing that
grows with a day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

#: Calls are counted over the last so many minutes.
WINDOWS = (15, 30, 60, 120)
#: The waits of so many of the last people called are averaged.
RECENT_CALLS = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """One queue at one moment. `calls` and `busy` are over the last `WINDOWS`, then since it opened; minutes.

    `busy`: how long somebody was waiting; only then do calls say how fast the counters are. `last_wait` and
    `recent_wait`: of the last one called, of the last five; None before the first. `head_wait`: how long the first
    in line has waited. `servers_hour`: the mean of `servers` over the last hour. `service_min`: the agency's own
    setting, rough.
    """

    queue: str
    weekday: int
    minute: float
    open_min: float
    ahead: int
    calls: tuple[int, ...]
    busy: tuple[float, ...]
    last_wait: float | None
    recent_wait: float | None
    head_wait: float
    since_call: float
    servers: float
    servers_hour: float
    service_min: float


class Line:
    """One queue on one day. Times are minutes of that day; they may come a little out of order."""

    def __init__(self, queue: str, weekday: int) -> None:
        self.queue, self.weekday = queue, weekday
        self._opened: float | None = None
        self._waiting: dict[Hashable, float] = {}
        self._calls: deque[float] = deque()
        self._waits: deque[float] = deque(maxlen=RECENT_CALLS)
        self._called, self._last_call = 0, 0.0
        self._spells: deque[tuple[float, float]] = deque()
        self._busy_since: float | None = None
        self._busy_all = 0.0
        self._staff: deque[tuple[float, float]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def joined(self, who: Hashable, at: float, since: float | None = None) -> None:
        """Somebody waits since `at`; whoever is here before their appointment, from its time on (`since`)."""
        self._open(at)
        if not self._waiting:
            self._busy_since = at
        self._waiting[who] = at if since is None else since

    def called(self, who: Hashable, at: float) -> None:
        """Somebody was called at `at`. Whoever is not in the line is counted without a wait."""
        self._open(at)
        since = self._waiting.get(who)
        if since is not None:
            self._waits.append(max(0.0, at - since))
        self._calls.append(at)
        self._called += 1
        self._last_call = max(self._last_call, at)
        self.left(who, at)

    def left(self, who: Hashable, at: float) -> None:
        """Somebody is not waiting any more, called or not."""
        if self._waiting.pop(who, None) is None or self._waiting:
            return
        began, self._busy_since = self._busy_since, None
        if began is not None and at > began:
            self._spells.append((began, at))
            self._busy_all += at - began

    def back(self, who: Hashable, since: float) -> None:
        """Somebody called by mistake is in their old place, waiting since `since`."""
        rest = dict(self._waiting)
        self.joined(who, since)
        self._waiting = dict(sorted((rest | {who: since}).items(), key=lambda entry: entry[1]))

    def staffed(self, at: float, servers: float) -> None:
        """So many counters serve from `at` on."""
        if not self._staff or self._staff[-1][1] != servers:
            self._staff.append((at, servers))

    def before(self, who: Hashable) -> int:
        """How many wait before somebody who waits."""
        return list(self._waiting).index(who)

    def picture(self, now: float, ahead: int | None = None, service_min: float = 0.0) -> Picture:
        """The line as it is at `now`, for somebody with `ahead` people before: everybody, unless told."""
        self._forget(now)
        opened = now if self._opened is None else self._opened
        calls = [sum(at > now - window for at in self._calls) for window in WINDOWS]
        busy = [self._busy(now - window, now) for window in WINDOWS]
        busy_all = self._busy_all + (max(0.0, now - self._busy_since) if self._busy_since is not None else 0.0)
        return Picture(
            queue=self.queue,
            weekday=self.weekday,
            minute=now,
            open_min=max(0.0, now - opened),
            ahead=len(self._waiting) if ahead is None else ahead,
            calls=(*calls, self._called),
            busy=(*busy, busy_all),
            last_wait=self._waits[-1] if self._waits else None,
            recent_wait=sum(self._waits) / len(self._waits) if self._waits else None,
            head_wait=max(0.0, now - min(self._waiting.values())) if self._waiting else 0.0,
            since_call=max(0.0, now - (self._last_call if self._called else opened)),
            servers=self._staff[-1][1] if self._staff else 0.0,
            servers_hour=self._mean_staff(now),
            service_min=service_min,
        )

    def _open(self, at: float) -> None:
        if self._opened is None:
            self._opened = at

    def _forget(self, now: float) -> None:
        """What is older than the longest window is in no picture any more."""
        oldest = now - WINDOWS[-1]
        while self._calls and self._calls[0] <= oldest:
            self._calls.popleft()
        while self._spells and self._spells[0][1] <= oldest:
            self._spells.popleft()
        while len(self._staff) > 1 and self._staff[1][0] <= oldest:
            self._staff.popleft()

    def _busy(self, begin: float, end: float) -> float:
        """How long somebody was waiting between two moments."""
        total = sum(max(0.0, min(until, end) - max(since, begin)) for since, until in self._spells)
        return total + (max(0.0, end - max(self._busy_since, begin)) if self._busy_since is not None else 0.0)

    def _mean_staff(self, now: float) -> float:
        """The mean number of counters over the last hour, or since the first was known."""
        if not self._staff:
            return 0.0
        begin, total, until = max(now - 60, self._staff[0][0]), 0.0, now
        for since, servers in reversed(self._staff):
            total += servers * max(0.0, until - max(since, begin))
            until = max(since, begin)
        return total / (now - begin) if now > begin else self._staff[-1][1]
