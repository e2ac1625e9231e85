"""The viewer's process: for each file that is to be looked into it begins a child, which is confined and ends with it.

This process itself never looks at what it passes on. A child has the file in its memory, one pipe to answer through,
and nothing else; whatever a file makes of it, the next file finds a fresh one. A child that takes more time or memory
than it may is ended by the kernel, and that is an answer: the file is not taken. Its time is that of a processor: on a
box that has much to do a good file waits, and is not refused.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from contextlib import suppress

from hub.workshop import pictures
from hub.workshop.confine import confine
from hub.workshop.foreign import MOST_BYTES, Unfit, packed, unpacked
from hub.workshop.frames import MOST_ANSWERED, Ended, Late, receive, send

#: For each file (T13).
MEMORY, CPU_S = 256 * 1024 * 1024, 8
MOST_ASKED = MOST_BYTES + 64 * 1024
FOREVER_S = 60.0


def main() -> None:
    """Serve until the hub goes, or nothing is asked for so long. `deadline_s` is of the clock."""
    deadline_s, idle_s = (float(each) for each in sys.argv[1:3])
    pipe_in, pipe_out = os.dup(0), os.dup(1)
    os.set_blocking(pipe_out, False)
    pictures.tried()
    while True:
        try:
            asked = receive(pipe_in, time.monotonic() + idle_s, MOST_ASKED)
            answer = _by_a_child(asked, deadline_s, (pipe_in, pipe_out))
            del asked
            send(pipe_out, answer, deadline=time.monotonic() + FOREVER_S)
        except (Ended, Late):
            return


def _by_a_child(asked: bytes, deadline_s: float, ours: tuple[int, int]) -> bytes:
    theirs_in, theirs_out = os.pipe()
    child = os.fork()
    if not child:
        with suppress(BaseException):
            for each in (*ours, theirs_in, 0, 1):
                os.close(each)
            _look(asked, theirs_out, deadline_s)
        os._exit(1)
    os.close(theirs_out)
    try:
        return receive(theirs_in, time.monotonic() + deadline_s, MOST_ANSWERED)
    except (Ended, Late):
        return packed({"unfit": "too_heavy"})
    finally:
        os.close(theirs_in)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _look(asked: bytes, pipe: int, deadline_s: float) -> None:
    """In the child: everything that leads out is given up before the first byte is looked at."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, deadline_s)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)  # what a library prints about a file is the file's own words
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    confine(MEMORY)
    os.set_blocking(pipe, False)
    facts, content = unpacked(asked)
    try:
        said, found = pictures.answer(facts, content)
    except Unfit as error:
        said, found = {"unfit": str(error)}, b""
    except MemoryError:
        said, found = {"unfit": "too_heavy"}, b""
    except BaseException:  # noqa: BLE001 (a panic of typst is no Exception; whatever it is, the file is the reason)
        said, found = {"unfit": "damaged"}, b""
    send(pipe, packed(said), found, deadline=time.monotonic() + deadline_s)


if __name__ == "__main__":
    main()
