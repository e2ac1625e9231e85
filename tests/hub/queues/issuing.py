"""Started as a program: opens the store again and again in a forked child and issues tickets until it is killed.

`issuing.py DATA` reads `go` from its standard input, forks, tells the child's number, and the child
writes each acknowledged key and label in one line, after the answer. The nursery itself has one
thread and never opens the database, so a fork is safe and takes milliseconds.
"""

import os
import signal
import sys
from pathlib import Path

from hub.ask import Actor, Ask
from hub.clock import SystemClock
from hub.context import Hub
from hub.queues import actions
from tests.office import demo_settings, open_store

KIOSK = Actor(device="K1")


def issue_until_killed(data: Path, settings: object, started: int) -> None:
    """Issue and acknowledge; each key of this life is its own."""
    store = open_store(data, SystemClock())
    hub = Hub(settings, store)
    for number in range(1_000_000):
        key = f"{started}-{number}"
        answer = actions.issue(hub, Ask(KIOSK, key), service="DEP", channel="kiosk")
        os.write(1, f"{key} {answer['label']}\n".encode())


def main(data: Path) -> None:
    settings = demo_settings()
    for started, line in enumerate(sys.stdin):
        if line.strip() != "go":
            break
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            try:
                issue_until_killed(data, settings, started)
            finally:
                os._exit(3)
        os.write(1, f"child {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
