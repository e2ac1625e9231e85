"""Started as a program: `interrupted.py DATA REQUESTS` works at the data layer and says what was answered.

A key and a label a line; "refused" where the disk refused. Whoever starts it interrupts its system calls (strace).
"""

import os
import sys
from pathlib import Path

from hub import store
from hub.ask import Actor, Ask
from hub.clock import SystemClock
from hub.context import Hub
from hub.errors import StoreFault
from hub.queues import actions
from tests.office import demo_settings, open_store

RECEPTION = Actor(agent="00902F")


def main() -> None:
    data, requests = Path(sys.argv[1]), int(sys.argv[2])
    store.LOST_WITHIN_S = 0  # it is asked on although the disk has failed
    hub = Hub(demo_settings(), open_store(data, SystemClock()))
    os.write(1, b"begin\n")
    for number in range(requests):
        key = f"{os.getpid()}-{number}"
        try:
            label = actions.issue(hub, Ask(RECEPTION, key, {}), service="DEP", channel="reception")["label"]
        except StoreFault:
            label = "refused"
        os.write(1, f"{key} {label}\n".encode())
    hub.store.close()


if __name__ == "__main__":
    main()
