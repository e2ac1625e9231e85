"""A witness for the checker of histories: what this kiosk asked, heard, printed and showed.

Off unless MBOTE_HISTORY names a file or pipe; the format is quality/history-format.md. Each operation
is a logical process of its own, so that two visitors at once never share one.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hub.client import HubAway
from hub.errors import Refused

Values = dict[str, Any]


class History:
    """Writes lines, or nothing at all when there is no file."""

    def __init__(self, name: str, path: str | None = None) -> None:
        self._actor = f"dev:{name}"
        self._name = f"{name}.{os.getpid()}"
        self._count = itertools.count(1)
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640) if path else None

    @classmethod
    def from_environment(cls, name: str) -> History:
        """As MBOTE_HISTORY says."""
        return cls(name, os.environ.get("MBOTE_HISTORY"))

    @contextmanager
    def operation(self, what: str, key: str, values: Values) -> Iterator[Callable[[Values], None]]:
        """One request: `invoke` before it is sent, then ok (the yielded function is told the result), fail or info."""
        process = f"{self._name}.{next(self._count)}"
        self._write("invoke", process, 0, op=process, f=what, key=key, actor=self._actor, a=values, **{"try": 0})
        answer: Values = {}
        try:
            yield answer.update
        except Refused as refusal:
            self._write("fail", process, 1, op=process, code=refusal.reason)
            raise
        except HubAway as away:
            self._write("info", process, 1, op=process, why=str(away))
            raise
        self._write("ok", process, 1, op=process, r=answer)

    def saw(self, what: str, values: Values) -> None:
        """Something was printed or shown."""
        self._write("obs", f"{self._name}.{next(self._count)}", 0, f=what, actor=self._actor, r=values, seq=0, epoch=0)

    def _write(self, kind: str, process: str, number: int, **values: Any) -> None:
        if self._file is None:
            return
        line = {"v": 1, "k": kind, "t": time.monotonic_ns(), "p": process, "n": number, **values}
        with self._lock:
            os.write(self._file, json.dumps(line, ensure_ascii=False).encode() + b"\n")
