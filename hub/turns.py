"""Two threads on one connection: at each end one reads while another writes, and OpenSSL does not bear it.

Such lines broke after some hundred asks. Here they take turns at a socket that never blocks, and wait outside.
"""

from __future__ import annotations

import select
import ssl
import threading
from collections.abc import Callable
from typing import TypeVar

_MS = 1000
T = TypeVar("T")


def take_turn(turn: threading.Lock, attempt: Callable[[], T], event: int, wait: Callable[[int], None]) -> T:
    """What `attempt` gives, as soon as it can; between two attempts `wait` is called with the event to wait for.

    `event`: what a plain socket waits for, POLLIN or POLLOUT; TLS may want the other one. Raises OSError.
    """
    while True:
        try:
            with turn:
                return attempt()
        except ssl.SSLWantReadError:
            wanted = select.POLLIN
        except ssl.SSLWantWriteError:
            wanted = select.POLLOUT
        except BlockingIOError:
            wanted = event
        wait(wanted)


def comes(descriptor: int, event: int, seconds: float | None) -> bool:
    """Whether the event comes within so many seconds; None: however long it takes.

    Raises ConnectionAbortedError for a socket that this end has closed.
    """
    if descriptor < 0:
        raise ConnectionAbortedError("this end has hung up")
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(None if seconds is None else seconds * _MS))
