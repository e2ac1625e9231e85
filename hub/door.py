"""The door: what is too large, too deep, too often or no message at all is turned away before it is decoded.

Left alone, engine.io and Socket.IO write one traceback per malformed packet (10 s of nonsense from one
stranger made 3.3 MB of log), keep the connection, and decode first. `guard_socket` is the one place where
this is stopped. It knows three inner things of those libraries, checked by tests/hub/test_door.py:

* `engineio.Server._async["websocket"]`: the class that wraps a websocket. Ours looks at each frame in `wait()`;
  what is bad ends the connection as if the client had gone, so that every table is tidied up.
* `engineio.Server.handle_request`: where a banned or crowding address is refused before the handshake.
* the loggers of both libraries, gunicorn's and Flask's: the same complaint at most once a minute.

Who sends more than three bad packets in a minute is banned for a minute: by token once it was accepted, else
by address. A banned address may still knock, a few times a second, one packet each: a paired device behind it gets in.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import socket
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import simple_websocket
import structlog
from simple_websocket.errors import SimpleWebsocketError
from werkzeug.wrappers import Request
from wsproto.utilities import ProtocolError

from hub.errors import BadRequest, NotAllowed, Refused, TooLarge, TooMany
from hub.headers import HEADERS
from hub.knocks import REMEMBERED, Bans, Pace
from hub.listener import Line, is_own
from hub.quiet import Complaints, OnceAMinute
from hub.websocket import ClientSocket, LineSocket

log = structlog.get_logger("door")


@dataclass(frozen=True, slots=True)
class Limits:
    """What passes: bytes, depth of JSON, and how often.

    `per_s` is for one device or one session, over HTTP and socket together, and for one address of strangers.
    `strangers` is for one address; this box itself, where several devices may live, may have `own_strangers`.
    """

    body_bytes: int = 64 * 1024
    packet_bytes: int = 16 * 1024
    depth: int = 12
    per_s: float = 50.0
    bad_packets: int = 3
    bad_requests: int = 30
    ban_s: float = 60.0
    knocks_per_s: float = 5.0
    hello_s: float = 5.0
    strangers: int = 4
    own_strangers: int = 40
    all_strangers: int = 64
    unsent: int = 200


# --- what may be in a text -------------------------------------------------------------------

# Possessive (`++`, `*+`): no text, however made, is read twice.
_BRACKET = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|([\[{])|([\]}])', re.DOTALL)
# Half a character (a lone surrogate) and the null character: no text has them and no database keeps them.
_NO_CHARACTER = re.compile(
    r"\\u(?:0000|[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F])"
)


def fault_of_json(text: str, depth: int) -> str | None:
    """What is wrong with a JSON text before it is decoded; None when it may be."""
    if too_deep(text, depth):
        return "too_deep"
    return "no_character" if _NO_CHARACTER.search(text) else None


def too_deep(text: str, depth: int) -> bool:
    """Whether brackets outside of strings are nested deeper than this."""
    level = 0
    for found in _BRACKET.finditer(text):
        level += (found[1] is not None) - (found[2] is not None)
        if level > depth:
            return True
    return False


# --- who comes too often ---------------------------------------------------------------------


class Door:
    """The limits with all that is remembered about who broke them."""

    def __init__(self, limits: Limits | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self.pace = Pace(now)
        self.bans = Bans(self.limits.bad_packets, self.limits.ban_s, now)
        self.http_bans = Bans(self.limits.bad_requests, self.limits.ban_s, now)
        self.complaints = Complaints(now)
        #: cause → how many were refused since the start
        self.refused: Counter[str] = Counter()
        self._unsaid: Counter[str] = Counter()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def complain(self, cause: str, who: str) -> None:
        """Count a refusal. All that was refused stands in one line, at most once a minute."""
        with self._lock:
            self.refused[cause] += 1
            self._unsaid[cause] += 1
        self.say(who)

    def say(self, last: str = "") -> None:
        """Tell the log what was refused and not told yet, where it is time to."""
        if self._unsaid and self.complaints.due("refused"):
            with self._lock:
                causes, self._unsaid = self._unsaid, Counter()
            kind, _, address = last.partition(":")
            log.warning("refused", causes=dict(causes), last=address if kind == "address" else "a device")

    def welcome(self, name: str) -> None:
        """Whoever shows this token or session is somebody we know: from now on they are counted by it."""
        with self._lock:
            self._known[name] = self._known.pop(name, None)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def name_of(self, environ: Mapping[str, Any]) -> str:
        """The name under which a request is counted: its token or session once it was known, else its address."""
        name = by_credentials(environ)
        return name if name in self._known else by_address(environ.get("REMOTE_ADDR"))

    def bad(self, cause: str, who: str) -> None:
        """A bad packet: counted towards a ban."""
        self.complain(cause, who)
        self.bans.bad(who)


#: The door of this process. `open_door` gives it the limits of the settings before the hub listens.
_DOOR = Door()


def open_door(limits: Limits) -> Door:
    """Put a door with these limits in place of the one there is."""
    global _DOOR  # noqa: PLW0603 (a process has one door, like its listening port)
    _DOOR = Door(limits)
    return _DOOR


def of_process() -> Door:
    """The door that is open now."""
    return _DOOR


def by_token(token: str) -> str:
    """The name under which a token's holder is counted; the token itself is not kept."""
    return f"token:{hashlib.sha256(token.encode(errors='replace')).hexdigest()}"


def by_address(address: str | None) -> str:
    """The name under which a stranger is counted."""
    return f"address:{address or '?'}"


def by_credentials(environ: Mapping[str, Any]) -> str:
    """The name under which a request's token or session is counted; '' when it shows none."""
    scheme, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() == "bearer":
        return by_token(token.strip())
    cookie = str(environ.get("HTTP_COOKIE", ""))
    return by_token(f"cookie {cookie}") if cookie else ""


#: Where the hub's authority can be fetched.
AUTHORITY_PATH = "/authority.pem"
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
_CLOSED = (("Content-Length", "0"), ("Connection", "close"))

# --- HTTP ------------------------------------------------------------------------------------


class Doorman:
    """Before the web application: who comes too often or is banned is answered here, before anything is read.

    With `secret` neighbours must come by TLS: a browser is led there, anybody else is told.
    """

    def __init__(self, app: Any, door: Door | None = None, *, secret: bool = False) -> None:
        self._app = app
        self._door = door or _DOOR
        self._secret = secret

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """In place of the application."""
        name = self._door.name_of(environ)
        if self._secret and _is_overheard(environ):
            self._door.complain("http_plain", name)
            return _lead_to_tls(environ, start_response)
        if environ.get("PATH_INFO", "").startswith("/socket.io/"):  # sockets have a door of their own
            return self._app(environ, _with_headers(start_response))
        if is_own(environ.get("REMOTE_ADDR")) and not name.startswith("token:"):
            return self._app(environ, start_response)
        if left_s := self._door.http_bans.left_s(name) or self._door.bans.left_s(name) * name.startswith("token:"):
            refused = TooMany("too much of what you sent was malformed: wait", retry_s=int(left_s) + 1)
        elif not self._door.pace.take(name, self._door.limits.per_s):
            refused = TooMany(f"at most {self._door.limits.per_s:g} requests a second", retry_s=1)
        else:
            return self._app(environ, start_response)
        self._door.complain("http_too_many", name)
        return turn_away(refused, environ, start_response)


def _is_overheard(environ: Mapping[str, Any]) -> bool:
    """Whether a request came over the network as plain text. The authority's certificate is no secret, and needed."""
    plain = environ.get("wsgi.url_scheme") != "https" and not is_own(environ.get("REMOTE_ADDR"))
    return plain and environ.get("PATH_INFO") != AUTHORITY_PATH


def _lead_to_tls(environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
    """To the same page by https, where a browser looks at a page; nothing else is answered in clear."""
    host = str(environ.get("HTTP_HOST", ""))
    looks = environ.get("REQUEST_METHOD") in ("GET", "HEAD") and "HTTP_AUTHORIZATION" not in environ
    if looks and _HOST.fullmatch(host):
        path = quote(str(environ.get("PATH_INFO", "/")).encode("latin-1"))
        start_response("308 Permanent Redirect", [("Location", f"https://{host}{path}"), *_CLOSED, *HEADERS.items()])
        return []
    return turn_away(NotAllowed("speak to this hub by https://", code="tls_only"), environ, start_response)


def _with_headers(start_response: Any) -> Any:
    """What Socket.IO says itself has our headers too."""

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start_response(status, [*headers, *HEADERS.items()], *more)

    return start


def turn_away(refused: Refused, environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
    """A refusal without the application; the connection ends with it."""
    body = json.dumps({"error": refused.as_json()}).encode()
    again = {"Retry-After": str(refused.facts["retry_s"])} if "retry_s" in refused.facts else {}
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"} | again
    status = HTTPStatus(refused.status)
    start_response(f"{status.value} {status.phrase}", [*headers.items(), *HEADERS.items()])
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]


def limit_request(request: Request, door: Door | None = None, body_bytes: int | None = None) -> None:
    """Raise TooLarge or BadRequest for what is not worth reading. The body may then be decoded.

    `body_bytes`: what this one may bring, where it is a file.
    """
    door = door or _DOOR
    try:
        _limit(request, door.limits, body_bytes or door.limits.body_bytes)
    except (TooLarge, BadRequest) as refused:
        name = door.name_of(request.environ)
        door.complain(f"http_{refused.reason}", name)
        door.http_bans.bad(name)
        raise


def _limit(request: Request, limits: Limits, body_bytes: int) -> None:
    if request.content_length is not None and request.content_length > body_bytes:
        raise TooLarge(f"at most {body_bytes // 1024} KiB")
    fault = None
    if request.mimetype == "application/json":
        fault = fault_of_json(request.get_data(cache=True).decode(errors="replace"), limits.depth)
    elif "\0" in request.path or any("\0" in value for value in _values(request)):
        fault = "no_character"
    if fault == "too_deep":
        raise BadRequest(f"JSON nested deeper than {limits.depth}", code=fault)
    if fault:
        raise BadRequest("text with a null character or half a character", code=fault)


def _values(request: Request) -> Iterable[str]:
    """Everything that was typed into an address or a form."""
    for fields in (request.args, request.form):
        for name, values in fields.lists():
            yield name
            yield from values


# --- Socket.IO -------------------------------------------------------------------------------

_CLOSE, _PONG, _MESSAGE = "1", "3", "4"
_CONNECT, _DISCONNECT, _EVENT = 0, 1, 2
_RESERVED = frozenset({"connect", "disconnect"})
#: What decoding a packet raises when it is none.
_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Packet:
    """A frame that may be decoded. `type` is None for one that is engine.io's own."""

    type: int | None = None
    id: int | None = None
    data: Any = None


class Bad(Exception):
    """A frame that no client of ours sends; its cause in one word."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def read_frame(frame: str | bytes, limits: Limits, packet_class: Any, events: Iterable[str]) -> Packet:
    """The packet in a frame. Raises Bad before engine.io or Socket.IO get to see it."""
    if not isinstance(frame, str):
        raise Bad("binary")
    if len(frame) > limits.packet_bytes:
        raise Bad("too_large")
    if frame in (_CLOSE, _PONG):
        return Packet()
    if frame[:1] != _MESSAGE or frame[1:2] not in ("0", "1", "2"):
        raise Bad("malformed")
    if fault := fault_of_json(frame, limits.depth):
        raise Bad(fault)
    return _decoded(frame[1:], packet_class, events)


def _decoded(text: str, packet_class: Any, events: Iterable[str]) -> Packet:
    try:
        found = packet_class(encoded_packet=text)
    except _MALFORMED as error:
        raise Bad("malformed") from error
    packet = Packet(found.packet_type, found.id, found.data)
    if found.namespace not in (None, "/") or found.attachment_count or not _makes_sense(packet):
        raise Bad("malformed")
    if packet.type == _EVENT and (packet.data[0] in _RESERVED or packet.data[0] not in events):
        raise Bad("unknown_event")
    return packet


def _makes_sense(packet: Packet) -> bool:
    if packet.type == _EVENT:
        return isinstance(packet.data, list) and bool(packet.data) and isinstance(packet.data[0], str)
    if packet.type == _CONNECT:
        return packet.id is None and isinstance(packet.data, dict | None)
    return packet.id is None and packet.data is None


class _Guarded(ClientSocket):
    """One client's websocket: its frames are looked at before anything else sees them."""

    def __init__(self, door: Door, server: Any, handler: Any, eio: Any) -> None:
        super().__init__(handler, eio)
        self._door = door
        self._server = server
        self._token: str | None = None
        self._was_paired = False
        self._frames = 0
        self._address = by_address(None)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Shake hands and serve until the line ends. Compression is not offered: a small frame stays small."""
        self._address = by_address(environ.get("REMOTE_ADDR"))
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        if isinstance(line := environ.get("gunicorn.socket"), Line):
            line.hurry(None)
        try:
            self.ws = LineSocket(environ, self._door.limits.packet_bytes)
        except (ProtocolError, SimpleWebsocketError):
            self._door.bad("handshake", self._address)
            self._client.close(wait=False, abort=True)
            start_response("400 Bad Request", [("Content-Length", "0"), ("Connection", "close")])
            return [b""]
        raise self.serve()

    def wait(self) -> str | None:
        """The next good frame; None when the line has ended or must."""
        while True:
            frame = self._received()
            if frame is None:
                return None
            try:
                packet = read_frame(
                    frame, self._door.limits, self._server.packet_class, self._server.handlers.get("/", {})
                )
                if self._passes(packet):
                    return str(frame)
            except Bad as bad:
                self._door.bad(bad.cause, self._who())
                # who reads nothing of what is sent would not read a goodbye either, and it would be waited for
                (self._cut if bad.cause == "flood" else self.close)()
                return None

    def close(self) -> None:
        """End the line, also with a peer that does not answer."""
        # the writer's thread and the reader's may both come here: who is second finds the line closed
        with suppress(ProtocolError, SimpleWebsocketError, OSError):
            super().close()
        self._cut()

    def _cut(self) -> None:
        with suppress(OSError):
            self.ws.sock.shutdown(socket.SHUT_RDWR)

    def _received(self) -> Any:
        """The next frame. Who is not paired yet must say so soon; who no longer is has nothing to say."""
        paired = self._paired()
        if not paired and (self._was_paired or (self._frames and self._door.bans.left_s(self._address))):
            self.close()
            return None
        self._was_paired = paired
        try:
            frame = self.ws.receive(timeout=None if paired else self._door.limits.hello_s)
        except simple_websocket.ConnectionClosed:
            if self.ws.incoming_message_len > self._door.limits.packet_bytes:
                self._door.bad("too_large", self._who())
            return None
        self._frames += 1
        if frame is None:
            self._door.complain("silent", self._address)
            self.close()
        return frame

    def _passes(self, packet: Packet) -> bool:
        """Whether Socket.IO gets the packet. Raises Bad for one out of place."""
        if packet.type == _CONNECT:
            self._introduce(packet)
        elif packet.type == _EVENT:
            if not self._paired():
                raise Bad("not_connected")
            return self._in_time(packet)
        return True

    def _introduce(self, packet: Packet) -> None:
        token = (packet.data or {}).get("token")
        if self._paired():
            raise Bad("connected_twice")
        self._token = by_token(token) if isinstance(token, str) else None
        if self._token and self._door.bans.left_s(self._token):
            raise Bad("banned")

    def _in_time(self, packet: Packet) -> bool:
        """Whether the ask may pass now; else it is answered here. Raises Bad for a flood whose answers nobody reads."""
        if self._door.pace.take(self._who(), self._door.limits.per_s):
            return True
        self._door.complain("too_many", self._who())
        if self._client.queue.qsize() > self._door.limits.unsent:
            raise Bad("flood")
        if packet.id is not None:
            error = TooMany(f"at most {self._door.limits.per_s:g} asks a second", retry_s=1)
            answer = self._server.packet_class(3, data=[{"error": error.as_json()}], namespace="/", id=packet.id)
            self._server._send_packet(self._client.sid, answer)  # noqa: SLF001 (no public way to acknowledge from here)
        return False

    def _paired(self) -> bool:
        sid = self._server.manager.sid_from_eio_sid(self._client.sid, "/")
        return sid is not None and bool(self._server.manager.is_connected(sid, "/"))

    def _who(self) -> str:
        return self._token if self._token and (self._paired() or self._was_paired) else self._address


class _Strangers:
    """How many sockets each address has open that have not been accepted; refused before the handshake."""

    def __init__(self, door: Door, server: Any) -> None:
        self._door = door
        self._server = server
        self._handle = server.eio.handle_request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """In place of engine.io's handler of requests."""
        address = by_address(environ.get("REMOTE_ADDR"))
        if self._crowd(environ.get("REMOTE_ADDR")):
            self._door.complain("crowd", address)
        elif self._door.bans.left_s(address) and not self._door.pace.take(
            f"knock {address}", self._door.limits.knocks_per_s
        ):
            self._door.complain("banned", address)
        else:
            return self._handle(environ, start_response)
        return turn_away(TooMany("wait", retry_s=1), environ, start_response)

    def _crowd(self, address: str | None) -> bool:
        limits, known = self._door.limits, self._server.manager.sid_from_eio_sid
        environs = list(self._server.environ.items())
        waiting = [environ.get("REMOTE_ADDR") for sid, environ in environs if known(sid, "/") is None]
        if is_own(address):
            return waiting.count(address) >= limits.own_strangers
        strangers = sum(not is_own(each) for each in waiting)
        return waiting.count(address) >= limits.strangers or strangers >= limits.all_strangers


def guard_socket(socketio: Any, door: Door | None = None) -> Door:
    """Stand before a Flask-SocketIO server, before it serves anybody."""
    door = door or _DOOR
    server = socketio.server
    guarded = partial(_Guarded, door, server)
    server.eio._async = server.eio._async | {"websocket": guarded}  # noqa: SLF001 (see the head of this file)
    server.eio.handle_request = _Strangers(door, server)
    for name in ("engineio.server", "socketio.server", "gunicorn.error", "gunicorn.http.wsgi", "hub"):
        logging.getLogger(name).addFilter(OnceAMinute(door.complaints))
    return door
