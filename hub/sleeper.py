"""A thread that sleeps until there is something to do: of those who tell the hub, and of those who run its errands."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Sleeper:
    """One thread of its owner's. What it waits for changes under `changing`, which wakes it."""

    def __init__(self, name: str, patience_s: float) -> None:
        self.name = name
        self.closed = False
        self.changing = threading.Condition()
        self._patience_s = patience_s
        self._thread: threading.Thread | None = None

    def open(self, run: Callable[[], None]) -> None:
        """Start; `run` ends soon after `sleep_until` has said that it is over."""
        self._thread = threading.Thread(target=run, name=self.name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let it end; waits for what it has in hand, `patience_s` at most. May be called twice."""
        with self.changing:
            self.closed = True
            self.changing.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=self._patience_s)

    def wake(self) -> None:
        """What it waits for may have come."""
        with self.changing:
            self.changing.notify_all()

    def sleep_until(self, due: Callable[[], object], at_most_s: float | None = None) -> bool:
        """Sleep until `due` or closed, `at_most_s` seconds at most; whether it is due. Called under `changing`."""
        self.changing.wait_for(lambda: self.closed or due(), at_most_s)
        return bool(due())

    def __repr__(self) -> str:
        return f"<Sleeper {self.name}{' closed' if self.closed else ''}>"
