"""The one wiring place: it imports everybody and nobody imports it but the process that serves it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from operator import itemgetter
from typing import Any

import structlog
from flask import Flask

from counter_panel.pages import pages as panel_pages
from display import board as room_board
from display.pages import pages as display_pages
from display.slides import Slides
from display.voice import MOST_AHEAD, Voice
from hub import admin, aside, upkeep
from hub.agents import devices, rights, sessions
from hub.agents import store as agent_store
from hub.agents.pages import pages as agent_pages
from hub.app import Rooms, create_app, identify_socket
from hub.ask import HUB, Actor, Ask
from hub.audit import actions as audit
from hub.audit.pages import pages as audit_pages
from hub.blended import actions as blended
from hub.context import Hub
from hub.desk.pages import pages as desk_pages
from hub.desk.pictures import Desks
from hub.door import Doorman, Limits, guard_socket, of_process, open_door
from hub.errors import MboteError, StoreFault
from hub.exchange import inbox, notices, running
from hub.exchange.notice_pages import pages as notice_pages
from hub.exchange.pages import pages as exchange_pages
from hub.followup import running as followup
from hub.printing import actions as printing
from hub.printing import pictures as print_pictures
from hub.printing import store as print_store
from hub.privacy.pages import pages as privacy_pages
from hub.publishing import actions as publishing
from hub.publishing.pages import administration
from hub.publishing.pages import pages as publishing_pages
from hub.queues import actions as queues
from hub.queues import pictures, timetable
from hub.queues import store as queue_store
from hub.queues.model import PaperReported, TicketCalled, TicketIssued, TicketRecalled
from hub.realtime import Realtime, Screen, socket_server
from hub.rooms import brought
from hub.services import ports
from hub.services.ports import CounterService, Live, load
from hub.settings import Settings
from hub.settings.devices import Display
from hub.supervision import diary, tally, webhook
from hub.supervision.looking import figures
from hub.supervision.pages import pages as supervision_pages
from hub.supervision.pictures import supervision
from hub.wire import Board, as_json

log = structlog.get_logger("hub")
HOUSEKEEPING_S = 30
#: How often services look at what lies beside, such as a scanner's folder.
ASIDE_S = 5
#: In a rush a kiosk learns twice a second how many wait: ten pictures for each of sixteen took half of the hub's time.
KIOSK_PACE_S = 0.5
#: What the hall and the panels are told at once, whenever they were told something before.
CALLS = frozenset({TicketCalled.kind, TicketRecalled.kind})
#: After these somebody else may be next in a line.
MOVED = (PaperReported, TicketCalled, TicketIssued)
#: A screen that the configuration does not name.
ANY_DISPLAY = Display(name="ANY")


def build(settings: Settings, demo: dict[str, Any] | None = None) -> Flask:
    """The whole hub, live. `demo` is what `mbote demo` wires besides."""
    door = open_door(Limits(per_s=settings.hub.requests_per_s))
    announcer = _Later()
    hub = aside.open_whole(settings, announcer)
    upkeep.begin(hub)
    with suppress(StoreFault):  # a full disk must not keep the hub from starting: it is noted at the next start
        audit.note_configuration(hub, Ask(HUB))
        publishing.settle(hub, Ask(HUB))
    services = load(settings.counter_services)
    voice, slides = Voice(settings), Slides(settings)
    realtime: list[Realtime] = []
    exchange: list[running.Exchange] = []
    extra = _demo_pages(hub, demo) if demo else ()
    app = create_app(
        hub,
        Rooms(
            pages=(
                agent_pages(hub, lambda: _seats(hub), lambda: realtime[0].present() if realtime else ()),
                desk_pages(hub, services, notices.unread_of(hub)), notice_pages(hub),
                supervision_pages(hub), publishing_pages(hub), administration(hub), audit_pages(hub),
                privacy_pages(hub, services, brought(services).state_tables),
                exchange_pages(hub, lambda: exchange[0] if exchange else running.Exchange()),
                display_pages(settings, voice, slides), panel_pages(lambda: hub.settings),
                *(s.pages for s in services if s.pages), *extra,
            ),
            board=lambda reader: as_json(_boards(hub, voice, slides, reader)(ANY_DISPLAY.name)),
            statistics=lambda reader, query: figures(hub, reader, query),
            present=lambda: len(realtime[0].present()) if realtime else 0,
            frame_ancestors="'self'" if demo else "'none'",
        ),
    )  # fmt: skip
    socketio = socket_server(app)
    guard_socket(socketio)
    app.wsgi_app = Doorman(app.wsgi_app, door, secret=settings.hub.secret)  # type: ignore[method-assign] # before everything, Socket.IO too
    realtime.append(Realtime(hub, socketio, identify_socket(hub), screens(hub, voice, services, slides)))
    devices.on_revoked.append(realtime[0].kick)
    sessions.on_ended.append(realtime[0].kick_agent)
    ports.on_changed.append(realtime[0].refresh)
    announcer.to = _told(realtime[0], voice)
    voice.begin(lambda: _next_up(hub))
    realtime[0].start()
    admin.serve(hub)
    exchange.append(running.start(hub))
    followup.start(hub)
    webhook.start(hub)
    threading.Thread(target=_housekeeping, args=(hub, realtime[0]), name="housekeeping", daemon=True).start()
    threading.Thread(target=_aside, args=(hub, slides, realtime[0]), name="aside", daemon=True).start()
    return app


def _seats(hub: Hub) -> dict[str, str]:
    """Where each agent is signed on."""
    return {session.agent: code for code, session in queue_store.counters(hub.reader).items() if session.agent}


def _next_up(hub: Hub) -> list[str]:
    """Whoever will be called first, by their place in the line of their service: the voice has them ready."""
    places: Counter[str] = Counter()
    found: list[tuple[int, str]] = []
    try:
        with hub.snapshot() as reader:
            for row in queue_store.waiting(reader):
                places[row["service"]] += 1
                found.append((places[row["service"]], row["label"]))
    except StoreFault as fault:
        log.warning("not read", fault=str(fault))
    finally:
        hub.store.give_back()
    return [label for _, label in sorted(found, key=itemgetter(0))[:MOST_AHEAD]]


def _told(realtime: Realtime, voice: Voice) -> Callable[[Any], None]:
    """What was recorded, to the screens; to the voice that lines moved; a catalogue published, to the kiosks."""

    def told(entries: Any) -> None:
        realtime.announce(entries)
        if any(isinstance(entry.event, MOVED) for entry in entries):
            voice.stir()
        if publishing.is_published(entries):
            threading.Thread(target=realtime.begin_again, name="catalogue", daemon=True).start()

    return told


class _Later:
    """Hands entries on, once there is somebody to hear them."""

    to: Callable[[Any], None] = staticmethod(lambda _: None)

    def __call__(self, entries: Any) -> None:
        self.to(entries)


def _demo_pages(hub: Hub, demo: dict[str, Any]) -> tuple[Any, ...]:
    from hub.demo.pages import pages  # noqa: PLC0415 (the demo is only wired by `mbote demo`)

    return (pages(hub, demo),)


# --- screens ---------------------------------------------------------------------------------


def screens(
    hub: Hub, voice: Voice, services: tuple[CounterService, ...], slides: Slides | None = None
) -> tuple[Screen, ...]:
    """Every kind of screen there is, and what it sees."""
    return (
        Screen(
            event="board",
            takes=_is("display", "api"),
            profile=lambda actor: actor.device,
            pictures=lambda reader: _boards(hub, voice, slides, reader),
            at_once=CALLS,
        ),
        Screen(
            event="counters",
            takes=_is("panel", "supervisor", "executive"),
            profile=lambda actor: _counters_of(hub, actor),
            pictures=lambda reader: _counters(hub, reader),
            at_once=CALLS,
        ),
        # An agent's, not a counter's: it stays theirs wherever they sit down.
        Screen(
            event="desk",
            takes=lambda actor: rights.allowed(actor, "desk.page"),
            profile=lambda actor: actor.agent,
            pictures=Desks(hub, services, notices.unread_of(hub)).pictures,
        ),
        Screen(
            event="kiosk",
            takes=_is("kiosk"),
            profile=lambda actor: actor.device,
            pictures=lambda reader: _kiosks(hub, reader),
            once=(("catalogue", lambda: pictures.catalogue(hub)),),
            pace_s=KIOSK_PACE_S,
        ),
        Screen(
            event="printers",
            takes=_is("printer"),
            profile=lambda _: "",
            pictures=lambda reader: lambda _: print_pictures.printers(hub, reader),
        ),
        Screen(
            event="supervision",
            takes=_is("supervisor", "executive", "auditor"),
            profile=lambda _: "",
            pictures=lambda reader: lambda _: _supervision(hub, reader),
        ),
        *(_window(hub, live) for service in services for live in service.live),
    )


def _window(hub: Hub, live: Live) -> Screen:
    """A window of a counter service's: of the agent whose session opened it."""
    return Screen(
        event=live.event,
        takes=lambda actor: actor.agent is not None and not actor.roles.isdisjoint(live.roles),
        profile=lambda actor: actor.agent,
        pictures=lambda reader: lambda agent: live.picture(hub, reader, agent),
    )


def _is(*roles: str) -> Callable[[Actor], bool]:
    return lambda actor: not actor.roles.isdisjoint(roles)


def _boards(hub: Hub, voice: Voice, slides: Slides | None, reader: Any) -> Callable[[str], Board]:
    """The room's pictures as its screens show them, by their names; what they say is made ready to be heard."""
    generic_of = pictures.boards(hub, reader)
    groups = tuple(each for service in hub.services for each in service.entering(hub, reader))
    screens_named = {screen.name: screen for screen in hub.settings.displays}

    def board_of(name: str) -> Board:
        screen = screens_named.get(name, ANY_DISPLAY)
        generic = replace(generic_of(screen.counters, room_board.sign_of(screen)), groups=groups)
        pictured = slides.addresses(screen.name) if slides else ()
        board = room_board.for_screen(generic, screen, hub.settings, pictured)
        if board.volume:
            for ring in board.rings:
                voice.expect(room_board.heard(ring, screen, hub.settings))
            for group in board.groups:
                if group.rings:
                    voice.expect(room_board.group_heard(group, screen, hub.settings))
        return board

    return board_of


def _supervision(hub: Hub, reader: Any) -> Any:
    return replace(supervision(hub, reader), notice=notices.newest(hub, reader))


def _kiosks(hub: Hub, reader: Any) -> Callable[[str], Any]:
    kiosk_of = pictures.kiosks(hub, reader)
    return lambda name: replace(kiosk_of(name), jobs=print_pictures.waiting(hub, reader, name))


def _counters_of(hub: Hub, actor: Actor) -> tuple[str, ...]:
    """The counters that someone sees: a panel its own, an agent all of them."""
    return actor.counters or tuple(counter.code for counter in hub.settings.counters)


def _counters(hub: Hub, reader: Any) -> Callable[[tuple[str, ...]], Any]:
    names, at = agent_store.names(reader), pictures.moment(hub, reader)
    return lambda codes: pictures.counters(hub, reader, codes, names, at)


# --- housekeeping ----------------------------------------------------------------------------


def _housekeeping(hub: Hub, realtime: Realtime) -> None:
    while not threading.Event().wait(HOUSEKEEPING_S):
        try:
            with hub.store.readable():
                keep_house(hub)
                tally.keep(hub)
                diary.keep(hub)
                realtime.kick_absent()
            of_process().say()
        except MboteError as error:
            log.warning("housekeeping", fault=str(error))


def _aside(hub: Hub, slides: Slides, realtime: Realtime) -> None:
    """Whom people call back from the back office, what services do beside, and whether the room's posters have changed.

    Files that nobody names go first.
    """
    with suppress(MboteError, OSError):
        hub.tidy()
    while True:
        if slides.look():
            realtime.refresh("board")
        threading.Event().wait(ASIDE_S)
        try:
            with hub.store.readable():
                blended.call_back_due(hub, Ask(HUB))
        except MboteError as error:
            log.warning("aside", service="blended", fault=str(error))
        for service in hub.services:
            if service.aside:
                try:
                    with hub.store.readable():
                        service.aside(hub)
                except MboteError as error:
                    log.warning("aside", service=service.name, fault=str(error))


def keep_house(hub: Hub) -> None:
    """What time alone brings about: the timetable's day, holds and papers that last too long, answers a week old."""
    upkeep.round(hub)
    _keep_timetable(hub)
    if queue_store.open_tickets(hub.reader, ("on_hold",)):
        queues.expire_holds(hub, Ask(HUB))
    if print_store.open_jobs(hub.reader):
        printing.drop_stale(hub, Ask(HUB))
    inbox.apply_due(hub)
    hub.store.prune()


def _keep_timetable(hub: Hub) -> None:
    settings, reader = hub.settings, hub.reader
    busy = bool(queue_store.open_tickets(reader, ("called", "serving")))
    due = timetable.due(settings.day, settings.agency, queue_store.day(reader), hub.now(), busy=busy)
    if due == "open":
        queues.open_day(hub, Ask(HUB))
    elif due is not None:
        queues.close_day(hub, Ask(HUB), force=due == "close_by_force")
