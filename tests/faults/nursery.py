"""Started as a program: works at the data layer in forked children and kills each of them at a random moment.

`nursery.py DATA BOOK LIVES SEED` imports everything once, then forks so many children, one after the other. Each opens
the store, gives tickets, reports their papers, calls and serves, and writes each request and answer into BOOK before
and after, as every recorder does. Nought to twelve milliseconds after its first answer it is killed. The nursery has
one thread and never opens the database itself, so that a fork is safe and takes milliseconds. It prints one line: how
many lives ended as they should.
"""

import gc
import os
import random
import signal
import sys
import time
from pathlib import Path

from hub import store
from hub.ask import Actor
from hub.clock import SystemClock
from hub.context import Hub
from hub.history import History
from hub.settings import Settings
from tests.faults.clients import Agent, Core, Visitors
from tests.office import demo_settings, open_store

LATEST_S = 0.012
#: How much of the journal a start checks: half of a life's processor time otherwise; the end of the run checks all.
TAIL = 50
KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))
PANEL = Actor(device="P05", roles=frozenset({"panel"}), counters=("05",))


def work_until_killed(data: Path, book: Path, settings: Settings, chance: random.Random, first: int) -> None:
    """A visitor and a visit after the other; the first answer is told through the pipe `first`."""
    hub = Hub(settings, open_store(data, SystemClock()))
    visitors, desk = Visitors("K1", Core(hub, KIOSK), book), Agent("P05", Core(hub, PANEL), book).at("05")
    finish_what_was_begun(hub, desk)
    told = False
    while True:
        visitors.take("DEP", chance)
        if not told:
            told = os.write(first, b".") == 1
        desk.visit(chance)


def finish_what_was_begun(hub: Hub, desk: Agent) -> None:
    """Somebody may stand at the counter since the last life."""
    row = hub.reader.execute("SELECT state FROM counter WHERE code = ?", (desk.counter,)).fetchone()
    if row["state"] == "calling":
        desk.ask("serve.start", "start", counter=desk.counter)
    if row["state"] in ("calling", "serving"):
        desk.ask("serve.end", "finish", counter=desk.counter)


def one_life(data: Path, book: Path, settings: Settings, chance: random.Random) -> bool:
    """Fork, wait for the first answer, kill; False when the child died before anybody killed it."""
    heard, first = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            os.close(heard)
            work_until_killed(data, book, settings, random.Random(chance.random()), first)  # noqa: S311 (no secret)
        finally:
            os._exit(3)
    os.close(first)
    lived = os.read(heard, 1) == b"."
    os.close(heard)
    time.sleep(chance.uniform(0, LATEST_S))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return lived and os.WIFSIGNALED(status)


def main() -> None:
    data, book, lives, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    gc.disable()
    gc.freeze()  # a child does not copy what it never changes
    store.TAIL = TAIL
    settings, chance = demo_settings(), random.Random(seed)  # noqa: S311 (no secret)
    ended = sum(one_life(data, book, settings, chance) for _ in range(lives))
    History("nursery", str(book)).close()  # what the last one left half written is cut off
    os.write(1, f"{ended} lives\n".encode())


if __name__ == "__main__":
    main()
