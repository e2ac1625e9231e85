"""What a visitor can know of a service before taking a ticket: its hours today, and how long the wait will be.

The action that gives the ticket and the pictures that announce it must say the same. A wait is a range, never a
point, and nothing where nobody serves (requirements C.5). What is known of waits follows the journal: each look
reads the entries since the last one.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.clock import Instant, local
from hub.context import Hub
from hub.days import minute_of
from hub.queues import places as at_counters
from hub.queues import store
from hub.queues.model import CounterSession
from hub.settings import Opening, Settings
from hub.settings.counters import Service
from hub.settings.forms import DAYS
from hub.waits import watch
from hub.waits.forecast import Forecast
from hub.waits.hall import KINDS, Places
from hub.wire import Wait

#: Waits are announced in steps of so many seconds.
STEP_S = 300
#: The file of the night is looked for so often.
LOOK_EVERY_MS = 60_000
_SINCE = (
    "SELECT seq, at, certain, kind, subject, payload FROM journal WHERE seq > ? AND kind IN"  # noqa: S608 (marks alone)
    f" ({','.join('?' * len(KINDS))}) ORDER BY seq"
)


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


def too_late(hub: Hub, sessions: Mapping[str, CounterSession], service: Service, ahead: int, now: Instant) -> bool:
    """Whether somebody who comes now would, by the estimate, wait in vain until the agency closes.

    Where nobody serves nothing is known, and the hour of the last ticket alone counts.
    """
    opening = hours_today(hub, now)
    if not hub.settings.day.last_by_estimate or opening is None:
        return False
    wait = foreseen(hub, sessions, service, ahead)
    left_s = minutes_until(opening.close, minute(hub, now)) * 60
    return wait is not None and wait.high_s > left_s


def minutes_until(later: str, earlier: str) -> int:
    """Minutes between two times of a day, HH:MM; below 0 where the first one comes first."""
    return minute_of(later) - minute_of(earlier)


def announced(hub: Hub, sessions: Mapping[str, CounterSession], service: Service, ahead: int) -> Wait | None:
    """What visitors are told with `ahead` people before.

    Nine of ten wait longer than its low end, and nine of ten less than its high one: P10 to P90.
    """
    if (found := _forecast(hub, sessions, service, ahead)) is None:
        return None
    return in_steps(found.p10, found.p90)


def left(hub: Hub, sessions: Mapping[str, CounterSession], service: Service, ahead: int) -> Wait | None:
    """What somebody is told who waits already, with `ahead` people before them still: P10 to P90 from now on."""
    if (found := _forecast(hub, sessions, service, ahead, joins=False)) is None:
        return None
    return in_steps(found.p10, found.p90)


def foreseen(hub: Hub, sessions: Mapping[str, CounterSession], service: Service, ahead: int) -> Wait | None:
    """What the supervisor sees of the same wait: P20 to P80."""
    if (found := _forecast(hub, sessions, service, ahead)) is None:
        return None
    return in_steps(found.p20, found.p80)


def in_steps(low_min: float, high_min: float) -> Wait:
    """A range in whole steps that holds what it is given, at least one step wide."""
    low = math.floor(low_min * 60 / STEP_S) * STEP_S
    return Wait(low, max(low + STEP_S, math.ceil(high_min * 60 / STEP_S) * STEP_S))


def servers(hub: Hub, sessions: Mapping[str, CounterSession], service: str) -> float:
    """How many open counters serve a service; one shared between n services counts for 1/n."""
    return sum(1 / len(place.services) for place in at_counters.serving(hub, sessions, service))


def _forecast(
    hub: Hub, sessions: Mapping[str, CounterSession], service: Service, ahead: int, *, joins: bool = True
) -> Forecast | None:  # fmt: skip
    """The wait expected; None when no counter serves, or no day is open."""
    serving = at_counters.serving(hub, sessions, service.code)
    if not serving:
        return None
    if not ahead and any(sessions[place.counter].state == "free" for place in serving):
        return Forecast(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    with hub.waits.turn:
        follow(hub)
        return hub.waits.announce(service.code, minute_of_day(hub.settings, hub.now().at), ahead, joins=joins)


# --- following the journal ---------------------------------------------------------------------


def follow(hub: Hub) -> None:
    """Bring what is known of waits up to the last entry."""
    reader, known, now = hub.reader, hub.waits, hub.now()
    if known.look_ms <= now.mono:
        day = store.day(reader)
        if day is None:
            return
        file = hub.store.folder / watch.FILE
        following = (day.id, _changed(file))
        if following != known.following:
            known.begin(places(hub.settings), following, day.first_seq - 1, _content(file))
        known.look_ms = now.mono + LOOK_EVERY_MS
    if known.version != hub.standing.version:
        known.place(places(hub.settings), hub.standing.version, minute_of_day(hub.settings, now.at))
    known.follow(entries(hub.settings, reader.execute(_SINCE, (known.seq, *KINDS))))


def _changed(file: Path) -> int:
    """When the night's file was written, ns; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def entries(settings: Settings, rows: Iterator[sqlite3.Row] | sqlite3.Cursor) -> Iterator[watch.Entry]:
    """Rows of the journal as a line hears of them: a ticket joins when it was pressed, not when it was heard of."""
    for row in rows:
        facts = json.loads(row["payload"])
        about, _, number = row["subject"].partition(" ")
        at = facts["issued_at"] if row["kind"] == "ticket_issued" else row["at"]
        if about == "counter":
            facts["counter"] = number
        yield watch.Entry(
            row["seq"], row["kind"], int(number) if about == "ticket" else 0, facts, minute_of_day(settings, at),
            local(at, settings.agency.zone).weekday(), certain=bool(row["certain"]),
        )  # fmt: skip


def minute_of_day(settings: Settings, at_ms: int) -> float:
    """The local minute, with its parts."""
    then = local(at_ms, settings.agency.zone)
    return then.hour * 60 + then.minute + then.second / 60


def places(settings: Settings) -> Places:
    """Who serves what here."""
    return Places(
        {counter.code: tuple(counter.services) for counter in settings.counters},
        {service.code: float(service.mean_min) for service in settings.services},
    )
