"""How a process is told to end: an event that SIGTERM or SIGINT sets, however they arrive.

A handler written in Python runs in the main thread, when that thread next turns to it. One that sleeps on an
event does not turn when the kernel gave the signal to another thread, or a moment before it fell asleep:
the process then lives on, and systemd kills it after its patience. So the interpreter's own half of the
handler, which runs at once and anywhere, writes the signal's number to a pipe, and a thread of ours reads it.
No signal is blocked: a child would inherit that and be deaf.
"""

from __future__ import annotations

import os
import signal
import threading

ENDINGS = (signal.SIGTERM, signal.SIGINT)


def until_told() -> threading.Event:
    """An event that the end of this process sets. Once a process, in its main thread: raises ValueError elsewhere."""
    told = threading.Event()
    heard, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    for name in ENDINGS:
        signal.signal(name, lambda *_: None)  # not the default, which ends without closing anything
    threading.Thread(target=_hear, args=(heard, told), name="ending", daemon=True).start()
    return told


def _hear(heard: int, told: threading.Event) -> None:
    while not told.is_set():
        if any(each in ENDINGS for each in os.read(heard, 16)):
            told.set()
