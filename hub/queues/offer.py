"""What a visitor can know of a service before taking a ticket: its hours today, and how long the wait will be.

The action that gives the ticket and the pictures that announce it must say the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.clock import Instant, local
from hub.context import Hub
from hub.queues import estimate
from hub.queues.model import CounterSession
from hub.settings import DAYS, Opening, Service
from hub.wire import Wait


def minute(hub: Hub, now: Instant) -> str:
    """The local time as HH:MM."""
    return local(now.at, hub.settings.agency.zone).strftime("%H:%M")


def hours_today(hub: Hub, now: Instant) -> Opening | None:
    """Today's hours, when the agency has a timetable that the day follows."""
    if not hub.settings.day.timetable:
        return None
    return hub.settings.day.hours.get(DAYS[local(now.at, hub.settings.agency.zone).weekday()])


def last_times(opening: Opening, service: Service) -> tuple[str, str]:
    """First and last ticket of a service on a day with these hours."""
    return opening.open, service.last_ticket or opening.last_ticket or opening.close


def announced(hub: Hub, sessions: Mapping[str, CounterSession], service: Service, ahead: int) -> Wait | None:
    """The range announced to someone with `ahead` people before in this service."""
    return estimate.announced(ahead, service.mean_min, servers(hub, sessions, service.code))


def servers(hub: Hub, sessions: Mapping[str, CounterSession], service: str) -> float:
    """How many open counters serve a service; one shared between n services counts for 1/n."""
    serving = [
        c for c in hub.settings.counters
        if service in c.services and c.code in sessions and sessions[c.code].state not in ("closed", "paused")
    ]  # fmt: skip
    return sum(1 / len(c.services) for c in serving)
