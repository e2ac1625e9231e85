"""The times of a day: what the agency's settings, its counters and what is booked already leave free."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from hub.clock import Instant, local
from hub.context import Hub
from hub.days import is_holiday, minute_of
from hub.errors import Unreadable
from hub.queues import offer
from hub.services.appointment import rules, store
from hub.services.appointment.model import Slot
from hub.settings import Opening
from hub.settings.counters import Service
from hub.settings.forms import DAYS

Reader = sqlite3.Connection
#: Hours of an agency that has said none.
USUAL = Opening(open="08:00", close="16:00")


def services(hub: Hub) -> tuple[Service, ...]:
    """Those with appointments, in the agency's order."""
    return tuple(each for each in hub.settings.services if hub.settings.has_appointments(each))


def service_of(hub: Hub, code: str) -> Service:
    """A service with appointments. Raises Unreadable for any other."""
    for each in services(hub):
        if each.code == code:
            return each
    raise Unreadable("no appointments are given for this", code="no_appointments_here", field="service")


def minutes_of(hub: Hub, service: Service) -> int:
    """How long an appointment for a service takes."""
    return rules.length(service.mean_min, hub.settings.appointments.minutes)


def counters_of(hub: Hub, service: str) -> tuple[str, ...]:
    """The counters that serve it."""
    return tuple(each.code for each in hub.settings.counters if service in each.services)


def hours(hub: Hub, day: date) -> Opening | None:
    """When the agency is open on a day; None where it is closed."""
    rule = hub.settings.day
    if is_holiday(day, rule.holidays):
        return None
    return rule.hours.get(DAYS[day.weekday()]) if rule.hours else USUAL


def parsed(typed: str) -> date:
    """A day as a form sends it. Raises Unreadable."""
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise Unreadable("a day such as 2026-03-02", code="bad_day", field="day") from error


def moment(hub: Hub, day: date, at: str) -> int:
    """The wall time (ms) of HH:MM on a day, where the agency is."""
    minute = minute_of(at)
    return int(datetime.combine(day, time(minute // 60, minute % 60), hub.settings.agency.zone).timestamp() * 1000)


def times(hub: Hub, reader: Reader, service: Service, day: date, now: Instant) -> tuple[Slot, ...]:
    """The times of a day that are still given, with what is taken; none where the agency is closed or it is too far.

    A counter that serves n services counts for 1/n.
    """
    terms, opening = hub.settings.appointments, hours(hub, day)
    here = local(now.at, hub.settings.agency.zone)
    today = here.date()
    if opening is None or not today <= day <= today + timedelta(days=terms.days):
        return ()
    counters = sum(
        (Fraction(1, len(c.services)) for c in hub.settings.counters if service.code in c.services), Fraction(0)
    )
    first, last = offer.last_times(opening, service)
    found = rules.times(first, last, minutes_of(hub, service), counters, terms.share)
    from_minute = here.hour * 60 + here.minute + terms.release_min if day == today else None
    return rules.left(found, store.taken(reader, day.isoformat(), service.code), from_minute)


def next_days(hub: Hub, reader: Reader, service: Service, start: date) -> Iterator[tuple[date, tuple[Slot, ...]]]:
    """The days from `start` on that have a free time, with their times."""
    now = hub.now()
    day, last = max(start, hub.day_of(now.at)), hub.day_of(now.at) + timedelta(days=hub.settings.appointments.days)
    while day <= last:
        found = times(hub, reader, service, day, now)
        if any(slot.free for slot in found):
            yield day, found
        day += timedelta(days=1)
