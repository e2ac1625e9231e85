"""The whole journal read through when somebody asks, by the process that also does it each night."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass

from hub.context import Hub


@dataclass(frozen=True, slots=True)
class Result:
    """How the last reading ended: when (wall, ms), up to which entry, and what was wrong, the first of it first."""

    at: int
    entries: int
    problems: tuple[str, ...]


class Reading:
    """One reading at a time; its result stays until the next one, or until the hub starts again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: int | None = None
        self._result: Result | None = None

    @property
    def since(self) -> int | None:
        """When the reading that is going on began (wall, ms)."""
        return self._since

    @property
    def result(self) -> Result | None:
        """The last one that came to its end."""
        return self._result

    def begin(self, hub: Hub) -> None:
        """Start, unless one is going on."""
        with self._lock:
            if self._since is not None:
                return
            self._since = hub.now().at
        threading.Thread(target=self._run, args=(hub,), name="reading", daemon=True).start()

    def _run(self, hub: Hub) -> None:
        entries = int(hub.reader.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])
        hub.store.give_back()
        command = [sys.executable, "-m", "hub.upkeep", str(hub.store.folder)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (ourselves)
        problems = tuple(told.stdout.splitlines())
        if told.returncode and not problems:
            problems = (told.stderr.strip().rpartition("\n")[2] or f"the reading ended with {told.returncode}",)
        with self._lock:
            self._since, self._result = None, Result(hub.now().at, entries, problems)

    def __repr__(self) -> str:
        return f"<Reading {'going on' if self._since else self._result}>"
