"""A process of ours that works apart: begun when there is something to do, killed and begun anew when it hangs or dies.

It answers each frame with one frame. Work on which a fresh one dies is given up.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO

from hub.workshop.frames import MOST_ANSWERED, Ended, Late, receive, send

#: Until the process has read its libraries and letters, on a slow card.
BEGIN_S = 20.0


class Unanswered(Exception):
    """There is no answer, and why."""


class Apart:
    """One such process and the pipes to it; its callers wait for each other.

    It is told `deadline_s` and `idle_s`; it is killed when it says nothing for `patience_s`, or `deadline_s`.
    """

    def __init__(self, module: str, deadline_s: float, idle_s: float, patience_s: float | None = None) -> None:
        self._command = [sys.executable, "-m", module, str(deadline_s), str(idle_s)]
        self._deadline_s = patience_s or deadline_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process that is there now, if any."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def asked(self, *parts: bytes) -> bytes:
        """What the process answers to a frame of these parts. Raises Unanswered, also when it is busy for too long."""
        if not self._lock.acquire(timeout=2 * self._deadline_s):
            raise Unanswered("busy")
        try:
            return self._ask(parts)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process. May be called twice."""
        with self._lock:
            self._kill()

    def _ask(self, parts: tuple[bytes, ...]) -> bytes:
        """One that was ended, hung or killed before is followed by another, once."""
        while True:
            process, fresh = self._running()
            deadline = time.monotonic() + self._deadline_s + (BEGIN_S if fresh else 0)
            try:
                send(_pipe(process.stdin), *parts, deadline=deadline)
                return receive(_pipe(process.stdout), deadline, MOST_ANSWERED)
            except Late:
                why = f"nothing came within {self._deadline_s:g} s"
            except Ended:
                why = "its process ended"
            self._kill()
            if fresh:
                raise Unanswered(why)

    def _running(self) -> tuple[subprocess.Popen[bytes], bool]:
        """The process, and whether it was begun just now."""
        if self._process is not None and self._process.poll() is None:
            return self._process, False
        self._kill()
        # one arena and one thread: what it draws takes milliseconds, and the other cores are the queue's
        environment = os.environ | {"MALLOC_ARENA_MAX": "1", "RAYON_NUM_THREADS": "1"}
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0
            )
        except OSError as error:
            raise Unanswered(f"it cannot be started: {error}") from error
        os.set_blocking(_pipe(self._process.stdin), False)
        return self._process, True

    def _kill(self) -> None:
        """Without a word: it holds nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()

    def __repr__(self) -> str:
        return f"<Apart {self.pid or 'asleep'}>"


def _pipe(pipe: IO[bytes] | None) -> int:
    assert pipe is not None
    return pipe.fileno()
