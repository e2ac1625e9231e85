"""What the hall is told of a pay-day: which numbers may enter, for as long as they need to come in."""

from __future__ import annotations

import sqlite3

from hub.clock import elapsed, instant, iso
from hub.context import Hub
from hub.queues import store as queues
from hub.queues.pictures import RING_MS
from hub.services.payday import store
from hub.services.payday.model import label_of
from hub.wire import BoardGroup

#: A group stands on the screens so long, or until so many others have been called.
SHOWN_MS, MOST = 10 * 60_000, 3


def entering(hub: Hub, reader: sqlite3.Connection) -> tuple[BoardGroup, ...]:
    """The groups that are entering now, the newest first."""
    day = queues.day(reader)
    if day is None or not day.open:
        return ()
    now, found = hub.now(), []
    for row in store.entered(reader, day.date, MOST):
        age_ms = elapsed(instant(row["at"], row["tick"]), now).ms
        if age_ms < SHOWN_MS:
            found.append(
                BoardGroup(
                    group=row["id"],
                    service=row["service"],
                    first=label_of(row["wave"], row["first"]),
                    last=label_of(row["wave"], row["last"]),
                    wave=row["wave"],
                    by=row["sorted_by"],
                    since=row["since"],
                    until=row["until"],
                    at=iso(row["at"], hub.settings.agency.zone),
                    rings=age_ms < RING_MS,
                )
            )
    return tuple(found)
