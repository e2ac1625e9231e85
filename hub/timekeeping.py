"""What the hub's clock does, kept: in the journal where it is a fact, in `lived` for the next start.

A clock that is doubted is believed again when it is where it should be, when the network has set it, or when somebody
who has looked at a watch says so (`vouch`).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hub import lived
from hub.ask import Ask
from hub.clock import EARLIEST_MS, SystemClock, iso, machine_boot_id
from hub.errors import Refused
from hub.journal import ClockCorrected, ClockDoubted
from hub.settings import Agency
from hub.store import Store

LIVED_S = 60


def mind(store: Store, ask: Ask) -> None:
    """Doubt and correction become entries of the journal."""
    clock = store.clock
    if not isinstance(clock, SystemClock):
        return
    clock.now()
    for turn in clock.turns():
        event = ClockCorrected(turn.by_ms) if turn.certain else ClockDoubted(turn.by_ms)
        with store.transaction(ask) as tx:
            tx.record(event)


def remember(store: Store) -> None:
    """The time, once a minute and at each turn; only a believed one becomes a floor."""
    clock, before = store.clock, lived.read(store.folder)
    now = clock.now()
    if not isinstance(clock, SystemClock) or (
        now.certain == before.certain and 0 <= now.at - before.at < LIVED_S * 1000
    ):
        return
    at = now.at if now.certain else before.at
    known = lived.Lived(at, store.epoch, store.head[0], machine_boot_id(), clock.offset, now.certain)
    with suppress(OSError):
        lived.write(store.folder, known)


def told(store: Store, agency: Agency) -> dict[str, Any]:
    """The hub's time, the machine's, and whether the first is believed."""
    now, wall = store.clock.now(), _own_clock(store).wall()
    return {
        "hub": iso(now.at, agency.zone), "machine": iso(wall, agency.zone),
        "certain": "yes" if now.certain else "no",
    }  # fmt: skip


def vouch(store: Store, ask: Ask, agency: Agency) -> dict[str, Any]:
    """The machine's clock is right, says somebody who has looked: the hub takes its time. Raises Refused."""
    clock = _own_clock(store)
    if clock.wall() < EARLIEST_MS:
        raise Refused(f"the machine says {iso(clock.wall(), agency.zone)}: set its clock first", code="clock_not_set")
    mind(store, ask)
    clock.trust()
    mind(store, ask)
    remember(store)
    return told(store, agency)


def _own_clock(store: Store) -> SystemClock:
    if not isinstance(store.clock, SystemClock):
        raise Refused("this hub has its time from elsewhere", code="no_clock")
    return store.clock
