"""Serves the touch page to the browser of the same box, and nobody else.

The standard library's server: a page, a handful of files and three POSTs do not need Flask, whose 4 MB
are the difference to the kiosk's budget. The page learns everything by server-sent events; it never
polls. A touch carries the page's own key, so a finger that comes down twice takes one ticket.
What the page reads aloud it asks for as sounds: the browser of a small box has no voice.
"""

from __future__ import annotations

import json
import logging
import mimetypes
import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

from hub.codes import CARRIED, LONGEST
from hub.headers import HEADERS, content_security_policy
from hub.say import WORDS, direction, words
from hub.wire import OwnAct
from kiosk.app import KioskApp, Told
from kiosk.press import Priority
from kiosk.reader import Reader
from kiosk.screen import view

#: URL prefix → folder. Nothing else on the disk can be named from outside.
FOLDERS = {"/static/": Path(__file__).parent / "static", "/look/": WORDS.parent / "look" / "static"}
LONGEST_BODY = 2_000
#: A silent stream is told that we live; the page says so when it has not heard for three of these.
BEAT_S = 15.0
STREAMS = 8
TAP_LENGTH = 64
#: What the page says of an appointment, and how long each may be.
_AGENDA = {"service": 16, "day": 10, "time": 5, "telephone": 32, "name": 60, "language": 3, "code": 32, "tap": 62}
#: The demo's agency page shows the kiosk in a frame; a real kiosk is never framed.
FRAMED = {"real": "'none'", "simulated": "'self' http://127.0.0.1:* http://localhost:*"}

log = logging.getLogger(__name__)


class Screen:
    """The page of one kiosk on `127.0.0.1:port`."""

    def __init__(self, app: KioskApp, port: int, devices: str = "real", reader: Reader | None = None) -> None:
        self.app = app
        self.port = port
        self.reader = reader
        self.policy = content_security_policy(framed_by=FRAMED[devices], forms_to="'none'")
        self._streams: set[queue.SimpleQueue[bytes | None]] = set()
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._last_picture = b""

    def open(self) -> Screen:
        """Listen, and hear what the app tells."""
        screen = self

        class Page(_Page):
            pass

        Page.screen = screen
        server = ThreadingHTTPServer(("127.0.0.1", self.port), Page)
        server.daemon_threads = True
        self.port = server.server_address[1]
        self._server = server
        self.app.tell = self.tell
        self.app.changed = self.changed
        threading.Thread(target=self._serve, args=(server,), name="screen", daemon=True).start()
        return self

    def _serve(self, server: ThreadingHTTPServer) -> None:
        """`serve_forever` looks twice a second whether it should stop; this sleeps until somebody comes."""
        while self._server is server:
            server.handle_request()

    def close(self) -> None:
        """Stop; open streams end."""
        with self._lock:
            streams, self._streams = self._streams, set()
        for stream in streams:
            stream.put(None)
        server, self._server = self._server, None
        if server is not None:
            server.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for somebody
            server.server_close()

    def __repr__(self) -> str:
        return f"<Screen {self.port}>"

    def tell(self, told: Told) -> None:
        """Somebody is told their number, or why there is none."""
        self._publish(event("told", view.told(told)))

    def changed(self) -> None:
        """The first page may look different now."""
        picture = event("picture", view.picture(self.app))
        if picture != self._last_picture:
            self._last_picture = picture
            self._publish(picture)

    def join(self) -> queue.SimpleQueue[bytes | None] | None:
        """A new stream, with the picture in it; None when there are too many."""
        stream: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        stream.put(event("picture", view.picture(self.app)))
        with self._lock:
            if len(self._streams) >= STREAMS:
                return None
            self._streams.add(stream)
        return stream

    def leave(self, stream: queue.SimpleQueue[bytes | None]) -> None:
        """The page has gone."""
        with self._lock:
            self._streams.discard(stream)

    def _publish(self, data: bytes) -> None:
        with self._lock:
            for stream in self._streams:
                stream.put(data)


def event(name: str, body: Any) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def all_words() -> dict[str, Any]:
    """Every language that the kiosk's page can speak: its sentences, laid over the French ones.

    What is said of somebody's own ticket is said everywhere in the same words: `own_` and their name.
    """
    languages = sorted(path.parent.name for path in WORDS.glob("*/kiosk.toml"))
    return {language: {"words": _all_of(language), "dir": direction(language)} for language in languages}


def _all_of(language: str) -> dict[str, str]:
    own = words("fr", "followup") | words(language, "followup")
    return words("fr", "kiosk") | words(language, "kiosk") | {f"own_{name}": text for name, text in own.items()}


def _is_language(text: str) -> bool:
    """Whether it has the form of a code of ISO 639."""
    return text.isascii() and text.isalpha() and 2 <= len(text) <= 3  # noqa: PLR2004


def _fits(name: str) -> bool:
    return 1 <= len(name) <= TAP_LENGTH


class _Refuse(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class _Page(BaseHTTPRequestHandler):
    """One request of the page."""

    screen: Screen
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mbote", ""
    timeout = 30

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, template: str, *values: Any) -> None:
        log.debug(template, *values)

    def _answer(self, answer: Callable[[str], None]) -> None:
        with suppress(ConnectionError, TimeoutError):
            try:
                self._check_host()
                answer(urlsplit(self.path).path)
            except _Refuse as refuse:
                self._send(refuse.status, b"", "text/plain")

    def _check_host(self) -> None:
        """A page of the internet must not reach us through a name that it points at 127.0.0.1."""
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host not in ("127.0.0.1", "localhost"):
            raise _Refuse(HTTPStatus.MISDIRECTED_REQUEST)

    def _get(self, path: str) -> None:
        if path == "/":
            self._file(FOLDERS["/static/"], "index.html")
        elif path == "/words":
            self._json(all_words())
        elif path == "/live":
            self._live()
        elif path == "/say":
            self._say()
        elif path.startswith("/tap/"):
            self._tap(path.removeprefix("/tap/"))
        else:
            for prefix, folder in FOLDERS.items():
                if path.startswith(prefix):
                    self._file(folder, path.removeprefix(prefix))
                    return
            raise _Refuse(HTTPStatus.NOT_FOUND)

    def _post(self, path: str) -> None:
        self._check_origin()
        if path == "/press":
            self._press(self._body())
        elif path == "/scan":
            self._scan(self._body())
        elif path == "/own":
            self._own(self._body())
        elif path == "/papers":
            self._papers(self._body())
        elif path.startswith("/agenda/"):
            self._agenda(path.removeprefix("/agenda/"), self._body())
        elif path == "/help":
            self._body()
            self._json({"coming": self.screen.app.help()})
        else:
            raise _Refuse(HTTPStatus.NOT_FOUND)

    def _check_origin(self) -> None:
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.headers.get("Host"):
            raise _Refuse(HTTPStatus.FORBIDDEN)
        if self.headers.get_content_type() != "application/json":
            raise _Refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)

    def _body(self) -> dict[str, Any]:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            raise _Refuse(HTTPStatus.LENGTH_REQUIRED) from None
        if not 0 <= length <= LONGEST_BODY:
            raise _Refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            body = json.loads(self.rfile.read(length))
        except ValueError:
            raise _Refuse(HTTPStatus.BAD_REQUEST) from None
        if not isinstance(body, dict):
            raise _Refuse(HTTPStatus.BAD_REQUEST)
        return body

    def _press(self, body: dict[str, Any]) -> None:
        service, language, priority, tap, scanned, reason = (
            str(body.get(name, "")) for name in ("service", "language", "priority", "tap", "scanned", "reason")
        )
        known = priority in get_args(Priority) and _is_language(language)
        fits = _fits(tap) and _fits(service) and len(scanned) <= CARRIED and len(reason) <= TAP_LENGTH
        if not known or not fits:
            raise _Refuse(HTTPStatus.UNPROCESSABLE_ENTITY)
        declared: Priority = priority  # type: ignore[assignment]  # checked above
        self.screen.app.press(
            service, language, declared, tap=tap, scanned=scanned, reason=reason, expected=body.get("expected") is True
        )
        self._json({}, HTTPStatus.ACCEPTED)

    def _papers(self, body: dict[str, Any]) -> None:
        """What to come back with, on paper, for somebody who takes no ticket."""
        service, reason, language = (str(body.get(name, "")) for name in ("service", "reason", "language"))
        if not _is_language(language) or not _fits(service) or len(reason) > TAP_LENGTH:
            raise _Refuse(HTTPStatus.UNPROCESSABLE_ENTITY)
        self._json({"coming": self.screen.app.list_papers(service, reason, language)})

    def _say(self) -> None:
        """A sentence of the page as a sound: `/say?language=fr&text=…`."""
        asked = parse_qs(urlsplit(self.path).query)
        language, text = (asked.get(name, [""])[0] for name in ("language", "text"))
        sound = self.screen.reader.read(text, language) if self.screen.reader and _is_language(language) else None
        if sound is None:
            raise _Refuse(HTTPStatus.NOT_FOUND)
        self._send(HTTPStatus.OK, sound, "audio/wav")

    def _scan(self, body: dict[str, Any]) -> None:
        code = body.get("code")
        if not isinstance(code, str):
            raise _Refuse(HTTPStatus.UNPROCESSABLE_ENTITY)
        said = asdict(self.screen.app.scan(code))
        self._json(said | {"followed": view.own(said["followed"])})

    def _own(self, body: dict[str, Any]) -> None:
        act, code, tap = (str(body.get(name, "")) for name in ("act", "code", "tap"))
        if act not in get_args(OwnAct) or not 1 <= len(tap) <= TAP_LENGTH - 2 or len(code) > LONGEST:
            raise _Refuse(HTTPStatus.UNPROCESSABLE_ENTITY)
        done = self.screen.app.own(act, code, tap)  # type: ignore[arg-type]  # checked above
        self._json({"words": done.words, "followed": view.own(done.followed)})

    def _agenda(self, act: str, body: dict[str, Any]) -> None:
        """An appointment: whether somebody has one, which times are free, take one, give it up."""
        said = {name: str(body.get(name, "")) for name in _AGENDA}
        if any(len(said[name]) > most for name, most in _AGENDA.items()):
            raise _Refuse(HTTPStatus.UNPROCESSABLE_ENTITY)
        agenda, tap = self.screen.app.agenda, said.pop("tap")
        if act == "expected":
            self._json(agenda.expected(said["telephone"], said["name"]))
        elif act == "times" and _fits(said["service"]):
            self._json(agenda.times(said["service"], said["day"]))
        elif act == "book" and tap and _fits(said["service"]) and _is_language(said["language"]):
            said.pop("code")
            self._json(agenda.book(tap, said) | {"paper": self.screen.app.can_print})
        elif act == "unbook" and tap and said["code"]:
            self._json(agenda.unbook(tap, said["code"]))
        else:
            raise _Refuse(HTTPStatus.UNPROCESSABLE_ENTITY)

    def _tap(self, tap: str) -> None:
        """What became of a touch, for a page that lost its stream meanwhile."""
        found = self.screen.app.spool.of_tap(tap)
        if found is None:
            raise _Refuse(HTTPStatus.NOT_FOUND)
        state, given, refusal = found
        self._json({"state": state, "number": view.number(given) if given else None, "refusal": refusal})

    def _live(self) -> None:
        stream = self.screen.join()
        if stream is None:
            raise _Refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        self.close_connection = True
        try:
            self._head(HTTPStatus.OK, "text/event-stream")
            self.end_headers()
            while True:
                try:
                    data = stream.get(timeout=BEAT_S)
                except queue.Empty:
                    data = event("beat", {})
                if data is None:
                    return
                self.wfile.write(data)
        finally:
            self.screen.leave(stream)

    def _file(self, folder: Path, name: str) -> None:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise _Refuse(HTTPStatus.NOT_FOUND)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self._send(HTTPStatus.OK, path.read_bytes(), f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)

    def _json(self, body: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(status, json.dumps(body, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: HTTPStatus, data: bytes, kind: str) -> None:
        self._head(status, kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _head(self, status: HTTPStatus, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", self.screen.policy)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header(
            "Cache-Control", "no-store" if kind.startswith(("text/event", "application/json")) else "no-cache"
        )
