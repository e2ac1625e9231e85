"""What screens see of the queues: whole small pictures, built from one moment of the store.

Nothing here names a person who waits. The room's screen adds what only it knows (directions, words,
sounds) in `display/board.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from hub import logos
from hub.chain import canonical_json
from hub.clock import Instant, elapsed, instant, iso
from hub.context import Hub
from hub.queues import faces, offer, rules, store
from hub.queues.model import BusinessDay, CounterSession
from hub.queues.store import Reader
from hub.settings import Settings
from hub.settings.counters import Counter, Service
from hub.settings.forms import DAYS
from hub.wire import (
    Board,
    BoardCall,
    BoardQueue,
    CallState,
    Catalogue,
    CatalogueReason,
    CatalogueService,
    CounterFace,
    Counters,
    KioskPicture,
    KioskService,
    Ring,
    Sign,
    SlipText,
    Wait,
    as_json,
)

CALLS_SHOWN = 12
#: The counter service that keeps the appointments (a folder of hub/services/).
AGENDA = "appointment"
RING_MS = 15_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait in a service, and since when the first does (ms)."""

    count: int
    oldest_ms: int


@dataclass(frozen=True, slots=True)
class Moment:
    """The queues at one moment, read once for all pictures of it."""

    epoch: int
    seq: int
    now: Instant
    day: BusinessDay | None
    sessions: Mapping[str, CounterSession]
    waiting: Mapping[str, Waiting]


def position(reader: Reader) -> tuple[int, int]:
    """Epoch and seq of what is being read."""
    row = reader.execute("SELECT max(seq) AS seq, (SELECT epoch FROM store) AS epoch FROM journal").fetchone()
    return row["epoch"], row["seq"] or 0


def moment(hub: Hub, reader: Reader) -> Moment:
    """Read what every picture needs."""
    now = hub.now()
    return Moment(*position(reader), now, store.day(reader), store.counters(reader), _waiting(reader, now))


def _waiting(reader: Reader, now: Instant) -> dict[str, Waiting]:
    return {
        row["service"]: Waiting(row["people"], elapsed(instant(row["at"], row["tick"]), now).ms)
        for row in store.waiting_by_service(reader)
    }


def _count(at: Moment, service: str) -> int:
    return at.waiting[service].count if service in at.waiting else 0


def announced(hub: Hub, at: Moment, service: Service) -> Wait | None:
    """The range for someone who would come now."""
    return offer.announced(hub, at.sessions, service, _count(at, service.code))


def foreseen(hub: Hub, at: Moment, service: Service) -> Wait | None:
    """The same as the supervisor sees it: narrower, and oftener missed."""
    return offer.foreseen(hub, at.sessions, service, _count(at, service.code))


# --- the room --------------------------------------------------------------------------------


def boards(hub: Hub, reader: Reader) -> Callable[[tuple[str, ...], str], Board]:
    """The waiting-room pictures of one moment, before a screen adds its own words: all of them share what is alike.

    Each is asked for by the screen's zone, whose counters it shows (empty: all), and by the counter above which the
    screen hangs ("": none).
    """
    at = moment(hub, reader)
    is_open = at.day is not None and at.day.open
    queues = tuple(_board_queue(hub, at, service) for service in public_services(hub))

    def board_of(zone: tuple[str, ...], sign: str) -> Board:
        rows = store.last_calls(reader, at.day, CALLS_SHOWN, zone) if at.day and is_open else []
        return Board(
            epoch=at.epoch,
            seq=at.seq,
            at=at.now.iso(hub.settings.agency.zone),
            agency=hub.settings.agency.name,
            day=is_open,
            mode=at.day.mode if at.day else "closed",
            calls=tuple(_board_call(hub, row) for row in rows),
            queues=queues,
            message="",
            rings=tuple(_ring(row) for row in rows if _rings(row, at.now)),
            sign=_sign(hub, at, sign) if sign else None,
        )

    return cache(board_of)


def _sign(hub: Hub, at: Moment, code: str) -> Sign | None:
    counter = hub.settings.counter(code)
    if counter is None:
        return None
    return Sign(code, counter.label, at.sessions.get(code, CounterSession(code)).state)


def public_services(hub: Hub) -> tuple[Service, ...]:
    """The services that the public takes a ticket for."""
    return public_services_of(hub.settings)


def public_services_of(settings: Settings) -> tuple[Service, ...]:
    """The same of any settings, such as a draft."""
    return tuple(s for s in settings.services if s.prefix)


def _board_call(hub: Hub, row: Any) -> BoardCall:
    counter = hub.settings.counter(row["counter"])
    states: dict[str, CallState] = {"called": "called", "serving": "serving"}
    return BoardCall(
        ticket=row["label"],
        counter=row["counter"],
        counter_label=counter.label if counter else "",
        call=row["call"],
        repeat=row["call_count"],
        at=iso(row["last_called_at"], hub.settings.agency.zone),
        state=states.get(row["state"], "ended") if row["present"] else "ended",
        direction=counter.arrow if counter else "",
    )


def _board_queue(hub: Hub, at: Moment, service: Service) -> BoardQueue:
    wait = announced(hub, at, service)
    return BoardQueue(
        service=service.code,
        label=service.name,
        icon=service.icon,
        waiting=_count(at, service.code),
        low_s=wait.low_s if wait else None,
        high_s=wait.high_s if wait else None,
        served=wait is not None,
    )


def _rings(row: Any, now: Instant) -> bool:
    called = instant(row["last_called_at"], row["last_called_tick"])
    return row["state"] == "called" and bool(row["present"]) and elapsed(called, now).ms < RING_MS


def _ring(row: Any) -> Ring:
    return Ring(row["call"], row["call_count"], row["label"], row["counter"], {}, "")


# --- the counters ----------------------------------------------------------------------------


def counters(
    hub: Hub, reader: Reader, codes: tuple[str, ...], names: Mapping[str, str], at: Moment | None = None
) -> Counters:
    """The picture of a panel or a desk: these counters, `names` of agents by code; `at` when it was read already."""
    at = at or moment(hub, reader)
    found = [c for code in codes if (c := hub.settings.counter(code))]
    return Counters(
        epoch=at.epoch,
        seq=at.seq,
        at=at.now.iso(hub.settings.agency.zone),
        agency=hub.settings.agency.name,
        day=at.day is not None and at.day.open,
        counters=tuple(_counter(hub, reader, at, counter, names) for counter in found),
    )


def _counter(hub: Hub, reader: Reader, at: Moment, counter: Counter, names: Mapping[str, str]) -> CounterFace:
    session = at.sessions.get(counter.code, CounterSession(counter.code))
    ticket = store.ticket(reader, session.ticket) if session.ticket else None
    since = session.since or at.now
    oldest = [at.waiting[s].oldest_ms for s in counter.services if s in at.waiting]
    return CounterFace(
        counter=counter.code,
        label=counter.label,
        state=session.state,
        agent=session.agent,
        agent_name=names.get(session.agent or "", session.agent),
        ticket=ticket.label if ticket else None,
        ticket_id=faces.public_id(ticket) if ticket else None,
        service=ticket.stage.service if ticket else None,
        why=faces.why_sentence(hub, ticket.stage.why) if ticket else "",
        waiting=sum(_count(at, service) for service in counter.services),
        oldest_s=max(oldest) // 1000 if oldest else None,
        next_actions=rules.next_actions(session, ticket, hub.settings.queue),
        since=since.iso(hub.settings.agency.zone),
        elapsed_s=elapsed(since, at.now).ms // 1000,
        call_count=ticket.stage.call_count if ticket else 0,
        waited_s=_waited_s(ticket.issued, ticket.stage.started or at.now) if ticket else None,
        reason=session.reason,
    )


def _waited_s(issued: Instant, until: Instant) -> int:
    return elapsed(issued, until).ms // 1000


# --- the kiosk -------------------------------------------------------------------------------


def kiosks(hub: Hub, reader: Reader) -> Callable[[str], KioskPicture]:
    """What each kiosk needs to know at one moment, by its name: all of them share what is alike."""
    at = moment(hub, reader)
    is_open = at.day is not None and at.day.open
    services = tuple(_kiosk_service(hub, reader, at, service) for service in public_services(hub))

    def kiosk_of(name: str) -> KioskPicture:
        return KioskPicture(
            epoch=at.epoch,
            seq=at.seq,
            day=at.day.date if at.day and is_open else None,
            mode=at.day.mode if at.day else "closed",
            services=services,
            message="",
            catalogue=catalogue(hub).version,
            hub_at=at.now.at,
            certain=at.now.certain,
            own_last=store.last_number(reader, at.day.id, rules.own_series(name)) if at.day else 0,
        )

    return kiosk_of


def _kiosk_service(hub: Hub, reader: Reader, at: Moment, service: Service) -> KioskService:
    wait = announced(hub, at, service)
    why = _why_closed(hub, reader, at, service)
    return KioskService(
        service=service.code,
        open=not why,
        why_closed=why,
        waiting=_count(at, service.code),
        low_s=wait.low_s if wait else None,
        high_s=wait.high_s if wait else None,
    )


def _why_closed(hub: Hub, reader: Reader, at: Moment, service: Service) -> str:
    if at.day is None or not at.day.open:
        return "day"
    if at.day.mode != "open":
        return "mode"
    if service.quota is not None and store.given(reader, at.day.id, service.code) >= service.quota:
        return "quota"
    opening = offer.hours_today(hub, at.now)
    if opening:
        first, last = offer.last_times(opening, service)
        if not first <= offer.minute(hub, at.now) < last:
            return "hours"
        if offer.too_late(hub, at.sessions, service, _count(at, service.code), at.now):
            return "estimate"
    return ""


def catalogue(hub: Hub) -> Catalogue:
    """All that a kiosk keeps to work alone. Its version is a digest of the rest."""
    known = hub.standing.known
    if "catalogue" not in known:
        unversioned = _catalogue(hub)
        digest = hashlib.sha256(canonical_json(as_json(unversioned)).encode()).hexdigest()[:12]
        known["catalogue"] = replace(unversioned, version=digest)
    return cast("Catalogue", known["catalogue"])


def _catalogue(hub: Hub) -> Catalogue:
    settings = hub.settings
    return Catalogue(
        version="",
        agency=settings.agency.name,
        services=tuple(catalogue_service(settings, service) for service in public_services(hub)),
        languages=settings.agency.languages,
        slip=slip_text(settings),
        buttons={str(b.pin): b.service for b in settings.kiosk.buttons if b.service},
        timezone=settings.agency.timezone,
    )


def slip_text(settings: Settings) -> SlipText:
    """What stands on every ticket of these settings."""
    agency, ticket = settings.agency, settings.ticket
    logo = logos.of(settings.path(ticket.logo)) if ticket.logo else None
    return SlipText(
        organisation=agency.organisation,
        agency=agency.name,
        footer=ticket.footer or ({agency.languages[0]: agency.address} if agency.address else {}),
        recalls=settings.queue.recalls,
        return_min=settings.queue.return_min,
        follow=settings.followup.opens,
        wifi=settings.followup.wifi,
        parts=ticket.parts,
        welcome=ticket.welcome,
        logo=logo.dots if logo else "",
        logo_across=logo.across if logo else 0,
        mark=settings.hub.mark,
    )


def catalogue_service(settings: Settings, service: Service) -> CatalogueService:
    """What a kiosk, or a ticket, knows of a service."""
    hours = settings.day.hours if settings.day.timetable else {}
    return CatalogueService(
        service=service.code,
        prefix=service.prefix,
        labels=service.kiosk or {settings.agency.languages[0]: service.label},
        icon=service.icon,
        papers=service.papers,
        hours=tuple(offer.last_times(hours[day], service) if day in hours else None for day in DAYS) if hours else (),
        quota=service.quota,
        reasons=tuple(CatalogueReason(each.code, each.kiosk, each.icon, each.papers) for each in service.reasons),
        appointments=AGENDA in settings.counter_services and settings.has_appointments(service),
    )
