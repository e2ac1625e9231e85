"""Socket.IO in and out: who is there, what each screen sees, and what devices ask. The only file that emits.

A screen registers here as (kind, picture): this room knows no screen. After each commit the store
hands the entries over, in journal order; an announcer thread then sends every kind its whole new
picture: the first change and each call at once, else at most ten a second, latest wins (hub/pace.py).
What the hall sees has an announcer of its own: eighty people do not wait for the pages of the staff. A
failing or slow receiver delays nobody, and nobody acts from an announcement.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from flask import request
from flask_socketio import ConnectionRefusedError as Turned  # type: ignore[attr-defined]
from flask_socketio import SocketIO, join_room

from hub import asks
from hub.agents import actions as agents
from hub.agents import devices
from hub.agents import store as agent_store
from hub.ask import HUB, Actor, Ask
from hub.context import Hub
from hub.errors import NotAllowed, NotAuthenticated, Refused, StoreFault, Unreadable
from hub.journal import Entry
from hub.pace import PACE_S, Pace
from hub.queues import epochs
from hub.wire import as_json

log = structlog.get_logger("realtime")
#: Pictures hold ages and ranges: they are sent again this often when nothing happens, seconds.
REFRESH_S = 30.0
PING_S, PING_TIMEOUT_S = 3, 4
PACKET_BYTES = 16 * 1024
#: After so long a line that has died is surely gone: one ping, and the two looks at its answer.
DEAD_S = PING_S + 2 * PING_TIMEOUT_S + 1

Identify = Callable[[Any], Actor | None]


@dataclass(frozen=True, slots=True)
class Screen:
    """A kind of screen: the event that carries its pictures, and how they are built.

    `profile` says which clients see the same picture; `takes` which actors are such screens. `pictures` reads a moment
    of the store once, and then makes the picture of each profile of it.
    `once` are events sent on connecting, before the first picture. `at_once` are the facts that it does not let wait,
    and such a screen is the hall's. `pace_s`: the least time between two of its pictures.
    """

    event: str
    takes: Callable[[Actor], bool]
    profile: Callable[[Actor], Hashable]
    pictures: Callable[[sqlite3.Connection], Callable[[Any], Any]]
    once: tuple[tuple[str, Callable[[], Any]], ...] = ()
    at_once: frozenset[str] = frozenset()
    pace_s: float = PACE_S


@dataclass(slots=True)
class _Client:
    actor: Actor
    auth: Any
    address: str
    screens: tuple[tuple[Screen, Hashable], ...]


class _Announcer:
    """The screens that one thread tells. Each has one announcer: an older picture never comes after a newer one."""

    def __init__(self, name: str, screens: tuple[Screen, ...]) -> None:
        self.name = name
        self._screens = {screen.event: screen for screen in screens}
        self._pace = Pace(self._screens, {screen.event: screen.pace_s for screen in screens})
        self._wake = threading.Condition()

    def want(self, event: str | None, facts: frozenset[str] = frozenset()) -> None:
        """All of them, or the one kind of this event, show something else by now, after these facts."""
        with self._wake:
            self._pace.want(self._screens if event is None else (event,))
            self._pace.want((e for e, screen in self._screens.items() if screen.at_once & facts), hurried=True)
            self._wake.notify()

    def next(self) -> Screen:
        """Wait for the one whose turn it is; all of them have theirs when nothing has happened for a while."""
        with self._wake:
            if not self._wake.wait_for(lambda: bool(self._pace), REFRESH_S):
                self._pace.want(self._screens)
            while True:
                event, wait_s = self._pace.next(time.monotonic())
                if event is not None:
                    return self._screens[event]
                self._wake.wait(wait_s)


class Realtime:
    """The live side of one hub."""

    def __init__(self, hub: Hub, socketio: SocketIO, identify: Identify, screens: tuple[Screen, ...]) -> None:
        self._hub = hub
        self._io = socketio
        self._server: Any = socketio.server  # type: ignore[attr-defined]
        self._identify = identify
        self._screens = screens
        self._announcers = (
            _Announcer("announcer-hall", tuple(each for each in screens if each.at_once)),
            _Announcer("announcer-staff", tuple(each for each in screens if not each.at_once)),
        )
        #: Of each kind one picture is made and sent at a time: whoever comes meanwhile gets no older one after it.
        self._telling = {screen.event: threading.Lock() for screen in screens}
        self._clients: dict[str, _Client] = {}
        self._doubled: set[str] = set()
        socketio.on_event("connect", self._connect)
        socketio.on_event("disconnect", self._disconnect)
        # straight from the server: Flask would find a route and begin a request for each ask
        self._server.on("ask", self._ask)

    def start(self) -> None:
        """Begin announcing."""
        for each in self._announcers:
            threading.Thread(target=self._announce_for_ever, args=(each,), name=each.name, daemon=True).start()

    def present(self) -> list[Actor]:
        """Who is connected now."""
        return [client.actor for client in list(self._clients.values())]

    def kick(self, device: str) -> None:
        """Close every socket of a device whose token was revoked."""
        self._hang_up(lambda actor: actor.device == device)

    def kick_agent(self, agent: str) -> None:
        """Close every socket of an agent whose session ended."""
        self._hang_up(lambda actor: actor.agent == agent)

    def kick_absent(self) -> None:
        """Close the sockets of agents whose session has locked itself or died of age: nobody ended those."""
        absent = {client.actor.agent for client in list(self._clients.values()) if not self._still_there(client)}
        self._hang_up(lambda actor: actor.agent is not None and actor.agent in absent)

    def _still_there(self, client: _Client) -> bool:
        """A device is kicked as soon as it is revoked; an agent's session changes with time, and with their roles."""
        return client.actor.agent is None or self._identify(client.auth) == client.actor

    def _hang_up(self, on: Callable[[Actor], bool]) -> None:
        for sid, client in list(self._clients.items()):
            if on(client.actor):
                transport = self._server.manager.eio_sid_from_sid(sid, "/")
                self._server.disconnect(sid)
                # leaving the namespace leaves the websocket open; waiting for a browser that has gone never ends
                if socket := self._server.eio.sockets.get(transport):
                    socket.close(wait=False)

    # --- in ----------------------------------------------------------------------------------

    def _connect(self, auth: Any = None) -> None:
        try:
            with self._hub.store.readable():
                self._let_in(auth)
        except StoreFault as fault:
            log.warning("not read", fault=str(fault))
            raise Turned("not_stored") from fault
        finally:
            self._hub.store.give_back()

    def _let_in(self, auth: Any) -> None:
        actor = self._identify(auth)
        if actor is None:
            raise Turned("not_authenticated")
        address: str = request.remote_addr or ""
        self._mind_second_line(actor, address)
        self._leave_behind(actor, auth.get("seen"))
        only = auth.get("only") if isinstance(auth.get("only"), list) else None
        screens = tuple(
            (screen, screen.profile(actor)) for screen in self._screens
            if screen.takes(actor) and (only is None or screen.event in only)
        )  # fmt: skip
        sid: str = request.sid  # type: ignore[attr-defined]
        self._clients[sid] = _Client(actor, auth, address, screens)
        for screen, profile in screens:
            self._begin(screen, sid)
            with self._telling[screen.event], self._hub.snapshot() as reader:
                try:
                    join_room(_room(screen, profile))
                except KeyError:  # who came has gone again meanwhile
                    self._clients.pop(sid, None)
                    return
                self._io.emit(screen.event, as_json(screen.pictures(reader)(profile)), to=sid)
        if actor.device and auth.get("renews") is True:
            self._renew(actor.device, auth["token"], sid)

    def _renew(self, device: str, token: str, sid: str) -> None:
        """A box that can keep another token is told one once its own is a year old, and comes back with it."""
        with suppress(StoreFault):  # told at another line
            if value := devices.next_token(self._hub, device, token):
                self._io.emit("token", {"token": value}, to=sid)

    def _mind_second_line(self, actor: Actor, address: str) -> None:
        """A box has one line. Whether the first one still lives is known when a dead one would be gone.

        Until then a second one is a box that came back. A program may have as many as it likes.
        """
        wanted, device = self._hub.settings.hub.second_line, actor.device
        if device is None or "api" in actor.roles or wanted == "allow":
            return
        first = {sid: each.address for sid, each in list(self._clients.items()) if each.actor.device == device}
        if first and device not in self._doubled:
            self._doubled.add(device)
            timer = threading.Timer(DEAD_S, self._tell_doubled, (device, first, address))
            timer.daemon = True
            timer.start()
        if first and wanted == "refuse":
            raise Turned("already_connected")

    def _tell_doubled(self, device: str, first: dict[str, str], address: str) -> None:
        self._doubled.discard(device)
        alive = [where for sid, where in first.items() if sid in self._clients]
        try:
            if alive:
                detail = f"{', '.join(dict.fromkeys(alive))} + {address}"
                log.warning("one token, two lines", device=device, addresses=detail)
                with suppress(Refused, StoreFault):
                    agents.suspect(self._hub, Ask(HUB), device=device, part="token", state="twice", detail=detail)
        finally:
            self._hub.store.give_back()

    def _leave_behind(self, actor: Actor, seen: Any) -> None:
        """A device has seen more than this hub knows: the hub is a copy, and goes on in a new epoch.

        A browser of the staff is not asked: whoever sits there is not the box, and the boxes have seen as much.
        """
        known = self._hub.store.epoch, self._hub.store.head[0]
        match seen:
            case [int(epoch), int(seq)] if actor.device and (epoch, seq) > known:
                try:
                    begun = epochs.leave_behind(self._hub, Ask(actor), epoch=epoch, seq=seq)
                except Unreadable as error:
                    self._doubt(actor, error)
                except (Refused, StoreFault) as error:
                    log.warning("a device says that it has seen more", epoch=epoch, seq=seq, fault=str(error))
                else:
                    log.error("this hub is behind what a device has seen", seen=[epoch, seq], **begun)

    def _doubt(self, actor: Actor, claim: Unreadable) -> None:
        """What a device claimed cannot be: it stands on the list of devices, once, until the device is paired anew."""
        known = {(each.device, each.part) for each in agent_store.troubles(self._hub.reader)}
        if actor.device and (actor.device, "epoch") not in known:
            log.warning("a device claims what cannot be", device=actor.device, claim=claim.message)
            found = {"part": "epoch", "state": "unbelievable", "detail": claim.message}
            with suppress(Refused, StoreFault):
                agents.suspect(self._hub, Ask(HUB), device=actor.device, **found)

    def _disconnect(self, *_: Any) -> None:
        self._clients.pop(request.sid, None)  # type: ignore[attr-defined]

    def _ask(self, sid: str, content: Any = None, *_: Any) -> dict[str, Any]:
        client = self._clients.get(sid)
        try:
            if client is None:
                raise NotAllowed("connect with a token first")
            if not self._still_there(client):
                raise NotAuthenticated("this session is locked or over: unlock it or sign in again")
            if not isinstance(content, dict) or not isinstance(content.get("what"), str):
                raise Unreadable("send {what, key, …}", field="what")
            body = {name: value for name, value in content.items() if name != "what"}
            with self._hub.store.readable():
                return asks.perform(self._hub, client.actor, content["what"], body)
        except Refused as refused:
            return {"error": refused.as_json()}
        except StoreFault as fault:
            log.warning("not stored", fault=str(fault))
            return {"error": {"code": "not_stored", "message": "nothing was recorded: the disk refuses; try again"}}
        finally:
            self._hub.store.give_back()

    # --- out ---------------------------------------------------------------------------------

    def announce(self, entries: tuple[Entry, ...]) -> None:
        """Something was recorded: the screens are to see it. Returns at once."""
        if entries:
            facts = frozenset(entry.event.kind for entry in entries)
            for each in self._announcers:
                each.want(None, facts)

    def begin_again(self) -> None:
        """Send each screen anew what it is otherwise sent on connecting alone."""
        for sid, client in list(self._clients.items()):
            for screen, _ in client.screens:
                self._begin(screen, sid)

    def _begin(self, screen: Screen, sid: str) -> None:
        """What a screen is sent before its pictures."""
        for event, value in screen.once:
            self._io.emit(event, as_json(value()), to=sid)

    def refresh(self, event: str | None = None) -> None:
        """Send every kind its picture, at its pace, or the one kind of this event."""
        for each in self._announcers:
            each.want(event)

    def _announce_for_ever(self, announcer: _Announcer) -> None:
        while True:
            self._send(announcer.next())

    def _send(self, screen: Screen) -> None:
        profiles = {profile for client in list(self._clients.values()) for s, profile in client.screens if s is screen}
        if not profiles:
            return
        try:
            with self._telling[screen.event], self._hub.snapshot() as reader:
                picture_of = screen.pictures(reader)
                for profile in profiles:
                    self._io.emit(screen.event, as_json(picture_of(profile)), to=_room(screen, profile))
        except Exception:  # a hub whose announcer has died looks alive and shows nothing any more
            log.exception("a screen could not be told", screen=screen.event)


def _room(screen: Screen, profile: Hashable) -> str:
    return f"{screen.event}:{profile}"


def socket_server(app: Any) -> SocketIO:
    """The Socket.IO server: websocket only, threads, one handler at a time per client, no compression."""
    # what the stubs do not know; without `cors_allowed_origins` only pages of this origin may connect
    options: dict[str, Any] = {"transports": ["websocket"], "websocket_compression": False}
    return SocketIO(
        app,
        async_mode="threading",
        allow_upgrades=False,
        ping_interval=PING_S,
        ping_timeout=PING_TIMEOUT_S,
        max_http_buffer_size=PACKET_BYTES,
        async_handlers=False,
        http_compression=False,
        logger=False,
        engineio_logger=False,
        **options,
    )
