"""The log says a thing, and counts how often more: a flood from outside must not become one on the card.

Nothing is lost without a trace: the next line of the same cause tells how many were swallowed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

MINUTE_S = 60.0
#: How many different causes are remembered; the one heard of longest ago is forgotten first.
CAUSES = 512
#: Lines a minute of one cause that the hub's own log takes.
LINES = 5


class Complaints:
    """One line a minute per cause, with how many there were."""

    def __init__(self, now: Callable[[], float] = time.monotonic, lines: int = 1) -> None:
        self._now = now
        self._lines = lines
        #: cause → when its minute began, lines said in it, how often it came since the last line
        self._seen: OrderedDict[str, tuple[float, int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def due(self, cause: str) -> int:
        """How often the cause came since its last line, this time included; 0 when it is too early for a line."""
        with self._lock:
            now = self._now()
            began, said, unsaid = self._seen.pop(cause, (now, 0, 0))
            if now - began >= MINUTE_S:
                began, said = now, 0
            count = unsaid + 1
            early = said >= self._lines
            self._seen[cause] = (began, said, count) if early else (began, said + 1, 0)
            if len(self._seen) > CAUSES:
                self._seen.popitem(last=False)
            return 0 if early else count

    def forget(self, cause: str) -> None:
        """What was due could not be said: it is due again."""
        with self._lock:
            self._seen.pop(cause, None)


class OnceAMinute(logging.Filter):
    """What one place of a library says, once a minute, and with its traceback only then."""

    def __init__(self, complaints: Complaints) -> None:
        super().__init__()
        self._complaints = complaints

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written. Its place in the library is the cause: its words are often the stranger's."""
        times = self._complaints.due(f"{record.name} {record.pathname}:{record.lineno}")
        if times > 1:
            record.msg, record.args = f"{record.getMessage()} ({times} times)", ()
        return times > 0


class Sparing:
    """The same of the hub's own lines, for structlog: a few a minute of one event, the next one tells of the others."""

    def __init__(self, complaints: Complaints | None = None) -> None:
        self._complaints = complaints or Complaints(lines=LINES)

    def __call__(self, _logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The line, or DropEvent raised."""
        times = self._complaints.due(f"{method} {line.get('event')}")
        if not times:
            raise structlog.DropEvent
        if times > 1:
            line["unsaid"] = times - 1
        return line
