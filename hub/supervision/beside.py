"""A process beside a hub, for what takes seconds of Python: it gives way to everybody, and ends when nobody asks."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from weakref import WeakKeyDictionary, finalize

from hub.context import Hub
from hub.orphans import die_with_parent
from hub.workshop.apart import Apart
from hub.workshop.frames import MOST_ANSWERED, Ended, Late, receive, send


class Beside:
    """Those of one module of ours, whose `main` serves: one for each hub, begun when it is asked."""

    def __init__(self, module: str, deadline_s: float, idle_s: float) -> None:
        self._made = (module, deadline_s, idle_s)
        self._processes: WeakKeyDictionary[Hub, Apart] = WeakKeyDictionary()
        self._making = threading.Lock()

    def of(self, hub: Hub) -> Apart:
        """This hub's."""
        with self._making:
            process = self._processes.get(hub)
            if process is None:
                process = self._processes[hub] = Apart(*self._made)
                finalize(hub, process.close)
            return process


def serve(answer: Callable[[bytes], bytes]) -> None:
    """The process: a frame in, its answer out, until the hub goes or nobody has asked for a while."""
    die_with_parent(os.getppid())
    os.nice(10)
    deadline_s, idle_s = (float(each) for each in sys.argv[1:3])
    pipe_in, pipe_out = os.dup(0), os.dup(1)
    os.set_blocking(pipe_out, False)
    while True:
        try:
            asked = receive(pipe_in, time.monotonic() + idle_s, MOST_ANSWERED)
            send(pipe_out, answer(asked), deadline=time.monotonic() + deadline_s)
        except (Ended, Late):
            return
