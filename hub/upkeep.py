"""What keeps the box honest while it runs: its time, the room on its disk, the wholeness of its file.

`begin` at the start, `round` twice a minute. What is wrong is a fact of the journal where it is one (the clock), and
an alert on the supervisor's page in any case (`hub.supervision.pictures`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress

import structlog

from hub import aside, timekeeping
from hub.ask import HUB, Ask
from hub.clock import Instant, instant
from hub.context import Hub
from hub.disk import MEGABYTE, Reserve
from hub.errors import StoreFault
from hub.queues import store as queue_store

#: The file is read through so long after the machine's start, and again after so long: a night without power is no
#: reason to wait for the next one. While a day is open it may wait a little.
FIRST_CHECK_MS, CHECK_MS, CHECK_AT_LATEST_MS = 10 * 60_000, 20 * 3_600_000, 24 * 3_600_000
#: The hub ends so when its file is damaged; systemd starts the next one, which sets the file aside.
DAMAGED_EXIT = 70
CHECKED = "checked"
log = structlog.get_logger("upkeep")


def begin(hub: Hub) -> None:
    """Keep room back, and leave a damaged file at once: the next start has another."""
    store = hub.store
    store.reserve = Reserve(store.folder, hub.settings.hub.reserve_mb * MEGABYTE)
    store.reserve.refill()
    store.on_damage = lambda what: leave(hub, what)
    round(hub)


def leave(hub: Hub, what: str) -> None:
    """End this process, saying why to the next one. Nothing is answered from a file that cannot be trusted."""
    log.error("damaged", fault=what)
    with suppress(OSError):
        aside.mark(hub.store.folder, what)
    os._exit(DAMAGED_EXIT)


def round(hub: Hub) -> None:  # noqa: A001 (as a watchman makes it)
    """Everything, once."""
    if hub.store.reserve is not None:
        hub.store.reserve.refill()
    timekeeping.mind(hub.store, Ask(HUB))
    timekeeping.remember(hub.store)
    _check(hub)


# --- the nightly reading ------------------------------------------------------------------------


def _check(hub: Hub) -> None:
    """Read the whole file through, in a process of its own that gives way to everybody."""
    now, last = hub.now(), _last_check(hub)
    day = queue_store.day(hub.reader)
    patience = CHECK_AT_LATEST_MS if day is not None and day.open else CHECK_MS
    due = last.mono + patience if last.boot == now.boot else FIRST_CHECK_MS
    if now.mono < due:
        return
    try:
        (hub.store.folder / CHECKED).write_text(str(now.tick))
    except OSError as error:  # a full disk: else it would be read through at each round
        log.warning("not read through", fault=str(error))
        return
    threading.Thread(target=_read_through, args=(hub,), name="nightly", daemon=True).start()


def _last_check(hub: Hub) -> Instant:
    """When the file was last read through: of boot 0 where that is not known."""
    with suppress(OSError, ValueError):
        return instant(0, int((hub.store.folder / CHECKED).read_text()))
    return instant(0, 0)


def _read_through(hub: Hub) -> None:
    command = [sys.executable, "-m", "hub.upkeep", str(hub.store.folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (ourselves)
    if told.returncode == DAMAGED_EXIT:
        leave(hub, told.stdout.strip()[:500] or "the nightly reading found damage")
    elif told.returncode:  # killed, or it could not do its work: nothing is known of the file
        log.error("not read through", status=told.returncode, fault=told.stderr.strip()[-500:])
    else:
        aside.believe(hub.store.folder)


def main(folder: str) -> int:
    """Whether the file and its journal are as they were written; what is not, on standard output."""
    from pathlib import Path  # noqa: PLC0415 (the process of the nightly reading alone)

    from hub.verify import damage  # noqa: PLC0415 (the same)

    os.nice(19)
    try:
        found = damage(Path(folder))
    except StoreFault as fault:
        found = [str(fault)]
    for problem in found:
        print(problem)  # noqa: T201 (to whoever started this process)
    return DAMAGED_EXIT if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
