"""Started as a program: works at the data layer in forked children and kills each of them at a random moment.

`nursery.py DATA BOOK LIVES SEED TILLS` imports everything once, then forks so many children, one after the other. Each
opens the store, gives tickets, reports their papers, calls and serves, takes money, pays and closes at two tills,
and writes each request and answer into BOOK before and after, as every recorder does. Nought to twelve milliseconds
after its first answer it is killed. The nursery has one thread and never opens the database itself, so that a fork is
safe and takes milliseconds. It prints one line: how many lives ended as they should. In TILLS of ten lives a till is
worked, in the others the queue.
"""

import gc
import os
import random
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

from sqlite_utils.migrations import Migrations

from hub import store
from hub.ask import Actor
from hub.context import Hub
from hub.errors import Refused
from hub.history import History
from hub.publishing import rules
from hub.rooms import open_hub
from hub.services import ports
from hub.settings import Settings
from hub.settings_files import load_settings
from tests.faults.clients import Agent, Core, Visitors
from tests.faults.tills import BENEFITS, CASHIER, CHIEF, AtHand, Clerk, Crew, look_into, send_orders, take_up
from tests.office import CONFIG
from tests.once import said_once

LATEST_S = 0.012
#: How much of the journal a start checks and reads for the waits it announces: most of a life's processor time
#: otherwise, and more with each life; the end of the run checks all. And the file has its tables already.
TAIL = 50
KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))
PANEL = Actor(device="P05", roles=frozenset({"panel"}), counters=("05",))


def work_until_killed(book: Path, settings: Settings, chance: random.Random, tills: int, first: int) -> None:
    """A visitor and a visit after the other; the first answer is told through the pipe `first`."""
    hub = open_hub(settings)
    remember_the_last_alone(hub)
    visitors, desk = Visitors("K1", Core(hub, KIOSK), book), Agent("P05", Core(hub, PANEL), book).at("05")
    crew = at_a_till(hub, book, chance)
    if chance.random() < tills / 10:
        take_up(crew, hub)
        with suppress(Refused):
            crew.act()
        os.write(first, b".")
        while True:
            with suppress(Refused):
                crew.act()
            look_into(crew.chief, hub, crew.till)
    finish_what_was_begun(hub, desk)
    told = False
    while True:
        visitors.take("DEP", chance)
        if not told:
            told = os.write(first, b".") == 1
        desk.visit(chance)


def remember_the_last_alone(hub: Hub) -> None:
    """What is announced of waits follows from TAIL entries before this life on, not from the morning on."""
    begin, start = hub.waits.begin, hub.store.head[0] - TAIL
    hub.waits.begin = lambda where, what, seq, kept: begin(where, what, max(seq, start), kept)  # type: ignore[method-assign]


def at_a_till(hub: Hub, book: Path, chance: random.Random) -> Crew:
    """One of the two tills, with whoever works it and whoever looks over it; now and then an order to be paid."""
    code, cashier, role = chance.choice(
        (("C01", CASHIER, "collections_cashier"), ("C02", BENEFITS, "benefits_cashier"))
    )
    chief = Clerk(CHIEF, AtHand(hub, CHIEF, "head_cashier"), book)
    crew = Crew(code, Clerk(cashier, AtHand(hub, cashier, role), book), chief, chance, collects=code == "C01")
    if code == "C02":
        crew.orders = send_orders(hub, chance, 3)
    return crew


def finish_what_was_begun(hub: Hub, desk: Agent) -> None:
    """Somebody may stand at the counter since the last life."""
    row = hub.reader.execute("SELECT state FROM counter WHERE code = ?", (desk.counter,)).fetchone()
    if row["state"] == "calling":
        desk.ask("serve.start", "start", counter=desk.counter)
    if row["state"] in ("calling", "serving"):
        desk.ask("serve.end", "finish", counter=desk.counter)


def one_life(book: Path, settings: Settings, chance: random.Random, tills: int) -> bool:
    """Fork, wait for the first answer, kill; False when the child died before anybody killed it."""
    heard, first = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            os.close(heard)
            work_until_killed(book, settings, random.Random(chance.random()), tills, first)  # noqa: S311 (no secret)
        except BaseException:  # noqa: BLE001 (said, and counted)
            traceback.print_exc()
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
    data, book = Path(sys.argv[1]), Path(sys.argv[2])
    lives, seed, tills = (int(each) for each in sys.argv[3:6])
    gc.disable()
    gc.freeze()  # a child does not copy what it never changes
    store.TAIL = TAIL
    Migrations.apply = lambda *_, **__: None  # type: ignore[method-assign]
    settings, chance = load_settings(CONFIG, {"hub": {"data": str(data)}}), random.Random(seed)  # noqa: S311 (no secret)
    ports.load(settings.counter_services)
    rules.values_of = said_once(rules.values_of)
    rules.values_of(settings)
    ended = sum(one_life(book, settings, chance, tills) for _ in range(lives))
    History("nursery", str(book)).close()  # what the last one left half written is cut off
    os.write(1, f"{ended} lives\n".encode())


if __name__ == "__main__":
    main()
