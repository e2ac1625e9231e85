"""What the kiosk says to whoever holds the slip of an appointment under its scanner: its time, and nobody's name."""

from __future__ import annotations

import sqlite3

from hub import days
from hub.context import Hub
from hub.scans import Scan
from hub.services.appointment import rules, store
from hub.services.ports import Offer

#: Somebody who is expected today is told that before anything else of theirs.
WEIGHT = 10


def offers(hub: Hub, reader: sqlite3.Connection, scan: Scan) -> tuple[Offer, ...]:
    """The appointment of that slip, while it is still to come."""
    found = store.labelled(reader, scan.label) if scan.label else None
    if found is None or "arrive" not in rules.steps_of(found):
        return ()
    today = found.on == hub.today().isoformat()
    facts = {"time": found.at, "date": days.said(found.on)}
    word = "scan_appointment" if today else "scan_appointment_other"
    return (Offer(found.service if today else "", f"kiosk.{word}", facts, WEIGHT),)
