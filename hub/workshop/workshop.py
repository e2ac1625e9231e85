"""The hub's side of the workshop: one process, started when there is something to draw.

It is killed and begun anew when it hangs or dies; a document on which a new one dies is given up. The caller's
thread waits, with others behind it: a page takes milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from hub.errors import Refused
from hub.workshop.frames import MOST_ANSWERED, MOST_ASKED, Ended, Late, receive, send

DEADLINE_S = 10.0
IDLE_S = 300.0
#: So many papers that were drawn ahead wait to be asked for; a page has tens of kilobytes.
AHEAD = 8
#: What every layout may include.
_HOUSE = (Path(__file__).parent / "layouts" / "house.typ").read_text("utf-8")
#: Until the process has read its letters, on a slow card.
BEGIN_S = 20.0


class NotDrawn(Refused):
    """The paper could not be laid out. What it says is recorded all the same: it can be asked for again."""

    code = "not_drawn"
    status = 503


class Workshop:
    """Draws documents in a process of its own."""

    def __init__(self, *, deadline_s: float = DEADLINE_S, idle_s: float = IDLE_S) -> None:
        self._deadline_s = deadline_s
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._ahead: OrderedDict[bytes, Future[bytes]] = OrderedDict()
        self._drawer = ThreadPoolExecutor(1, "workshop")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process that is there now, if any."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def drawn(self, sources: Mapping[str, str], data: Mapping[str, Any], at_s: int) -> bytes:
        """The PDF of a layout (`main`, and the files it includes) filled with `data`, dated `at_s`. Raises NotDrawn."""
        asked = _frame(sources, data, at_s)
        begun = self._ahead.pop(_digest(asked), None)
        return begun.result() if begun is not None else self._draw(asked)

    def draw_ahead(self, sources: Mapping[str, str], data: Mapping[str, Any], at_s: int) -> None:
        """Begin with what `drawn` will soon be asked; it also tells what went wrong. Of many the last ones stay."""
        asked = _frame(sources, data, at_s)
        with suppress(RuntimeError):  # the workshop closes: nobody will ask
            self._ahead[_digest(asked)] = self._drawer.submit(self._draw, asked)
        while len(self._ahead) > AHEAD:
            with suppress(KeyError):  # somebody came for the last one
                self._ahead.popitem(last=False)

    def _draw(self, asked: bytes) -> bytes:
        if len(asked) > MOST_ASKED:
            raise NotDrawn(f"a document of {len(asked):,} bytes is more than the workshop takes")
        if not self._lock.acquire(timeout=2 * self._deadline_s):
            raise NotDrawn("other papers are being drawn; try again in a moment")
        try:
            answer = self._ask(asked)
        finally:
            self._lock.release()
        if answer[:1] != b"+":
            raise NotDrawn(f"this layout cannot be drawn: {answer[1:].decode(errors='replace')}")
        return answer[1:]

    def close(self) -> None:
        """End the process. May be called twice."""
        self._drawer.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._kill()

    def _ask(self, asked: bytes) -> bytes:
        """What the process answers. One that was ended, hung or killed before is followed by another, once."""
        while True:
            process, fresh = self._running()
            deadline = time.monotonic() + self._deadline_s + (BEGIN_S if fresh else 0)
            try:
                send(_pipe(process.stdin), asked, deadline)
                return receive(_pipe(process.stdout), deadline, MOST_ANSWERED)
            except Late:
                why = f"nothing came within {self._deadline_s:g} s"
            except Ended:
                why = "its process ended"
            self._kill()
            if fresh:
                raise NotDrawn(f"this paper could not be drawn: {why}")

    def _running(self) -> tuple[subprocess.Popen[bytes], bool]:
        """The process, and whether it was begun just now."""
        if self._process is not None and self._process.poll() is None:
            return self._process, False
        self._kill()
        command = [sys.executable, "-m", "hub.workshop", str(self._deadline_s), str(self._idle_s)]
        # one arena and one thread: what it draws takes milliseconds, and the other cores are the queue's
        environment = os.environ | {"MALLOC_ARENA_MAX": "1", "RAYON_NUM_THREADS": "1"}
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0
            )
        except OSError as error:
            raise NotDrawn(f"the workshop cannot be started: {error}") from error
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
        return f"<Workshop {self.pid or 'asleep'}>"


def _frame(sources: Mapping[str, str], data: Mapping[str, Any], at_s: int) -> bytes:
    """What the process is sent: all of which the PDF is made, so that the same bytes give the same paper."""
    everything = {"house.typ": _HOUSE, **sources}
    return json.dumps({"sources": everything, "data": data, "at": at_s}, ensure_ascii=False).encode()


def _digest(asked: bytes) -> bytes:
    return hashlib.blake2b(asked, digest_size=16).digest()


def _pipe(pipe: IO[bytes] | None) -> int:
    assert pipe is not None
    return pipe.fileno()
