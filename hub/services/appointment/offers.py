"""What the kiosk says to whoever comes for an appointment: its time and how they stand, and nobody's name."""

from __future__ import annotations

import sqlite3

from hub import days
from hub.clock import local
from hub.context import Hub
from hub.scans import Scan
from hub.services.appointment import rules, store
from hub.services.appointment.model import Appointment
from hub.services.ports import Offer
from hub.wire import Expected, Standing

#: Somebody who is expected today is told that before anything else of theirs.
WEIGHT = 10
#: How somebody stands → the sentence of kiosk.toml.
WORDS: dict[Standing, str] = {
    "early": "scan_appointment_early", "on_time": "scan_appointment", "late": "scan_appointment_late",
    "past": "scan_appointment_past", "call": "scan_appointment_call", "here": "scan_appointment_here",
    "other_day": "scan_appointment_other",
}  # fmt: skip
#: Who takes a ticket now.
TAKE: frozenset[Standing] = frozenset({"early", "on_time", "late", "past"})


def told(hub: Hub, found: Appointment) -> Expected:
    """An appointment as whoever comes for it is told of it."""
    queue, now, zone = hub.settings.queue, hub.now(), hub.settings.agency.zone
    today = hub.day_of(now.at).isoformat()
    how = rules.standing(found, today, now.at, queue.early_min, hub.settings.appointments.late_min)
    since = local(found.slot_at - queue.early_min * rules.MS_PER_MIN, zone)
    late = max(0, (now.at - found.slot_at) // rules.MS_PER_MIN)
    facts = {"time": found.at, "date": days.said(found.on), "since": f"{since:%H:%M}", "minutes": str(late)}
    takes = how in TAKE
    return Expected(WORDS[how], facts, found.service if takes else "", found.code if takes else "")


def offers(hub: Hub, reader: sqlite3.Connection, scan: Scan) -> tuple[Offer, ...]:
    """The appointment of that slip, while it is still to come, or its visitor has just come."""
    found = store.labelled(reader, scan.label) if scan.label else None
    if found is None or not (found.open or found.state in ("absent", "arrived")):
        return ()
    said = told(hub, found)
    return (Offer(said.service, f"kiosk.{said.words}", dict(said.facts), WEIGHT),)
