"""A hub that is killed: how long until it answers again, and until the screens are right."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from hub.bench.rig import REST_S, Listener, wait_answer
from hub.demo.agency import Agency
from hub.demo.processes import APART_S


def killed(agency: Agency, times: int, before: Callable[[], None] = lambda: None) -> tuple[list[float], list[float]]:
    """`kill -9` of the hub so often, `before` each: seconds to the first answer, and to the screen's picture."""
    screen = Listener(agency.port, agency.tokens["display"], "board")
    answers, pictures = [], []
    for _ in range(times):
        before()
        time.sleep(REST_S)  # its picture is shown before the kill, not after it
        seq = screen.last.get("seq", 0)
        began = time.perf_counter()
        os.kill(agency.pids["hub"], signal.SIGKILL)
        time.sleep(0.02)
        wait_answer(agency.port, timeout=60)
        answers.append(time.perf_counter() - began)
        pictures.append(screen.wait(lambda b, s=seq: b.get("seq", 0) > s, timeout=60) - began)  # type: ignore[misc]
        time.sleep(APART_S + 0.2)  # or whoever keeps it waits before the next start
    screen.close()
    return answers, pictures
