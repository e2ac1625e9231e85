"""A hub for screens: the real pages and a real Socket.IO server, with a test behind them."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask_socketio import ConnectionRefusedError as Refusal
from flask_socketio import SocketIO, disconnect

import counter_panel.pages
import display.pages
from display.board import group_heard, heard
from display.voice import Voice
from hardware.printer_emulator import kept_port
from hub.headers import CONTENT_SECURITY_POLICY
from hub.look import look
from hub.settings import Settings
from hub.settings.devices import Display
from hub.wire import as_json
from tests.patience import patience
from tests.serving import served, unserved

logging.getLogger("werkzeug").setLevel(logging.ERROR)
CONFIG = Path(__file__).resolve().parents[2] / "config"


class FakeHub:
    """What a screen's test holds: pictures to send, asks received, and the plug.

    Its pings are quick and patient, so that a test whose browser has a clock of its own is not cut off.
    """

    def __init__(self, voice: Voice, settings: Settings) -> None:
        self.settings = settings
        self.asks: list[dict[str, Any]] = []
        #: The place of the newest picture that each one who connected had seen.
        self.seen: list[Any] = []
        self.asked = threading.Condition()
        self.answer: Any = lambda _ask: {"ticket": None, "why": ""}
        self.tokens = {"T"}
        self.violations: list[str] = []
        self.pictures: dict[str, Any] = {}
        self.clients: set[str] = set()
        self._voice = voice
        self._app = self._pages(voice)
        self._io = SocketIO(self._app, async_mode="threading", ping_interval=0.3, ping_timeout=600)
        self._io.on_event("connect", self._connect)
        self._io.on_event("disconnect", self._disconnect)
        self._io.on_event("ask", self._ask)
        self._server = served(self._app)
        self._plug = Plug(self._server.server_port)

    def _pages(self, voice: Voice) -> Flask:
        app = Flask("fake_hub")
        app.register_blueprint(look())
        app.register_blueprint(display.pages.pages(self.settings, voice))
        app.register_blueprint(counter_panel.pages.pages(lambda: self.settings))
        #: A stranger shows this code, and has this token once a test has put one here.
        self.pairing: dict[str, Any] = {"code": "ABCD-2345", "secret": "s", "left_s": 600, "look_s": 0.1}
        self.paired: str | None = None
        app.post("/pairing")(lambda: self.pairing)
        app.post("/pairing/claim", endpoint="claim")(lambda: {"token": self.paired, "name": "SALLE"})

        @app.post("/csp")
        def csp() -> str:
            self.violations.append(request.get_data(as_text=True))
            return ""

        @app.after_request
        def guard(response: Response) -> Response:
            response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; report-uri /csp"
            return response

        return app

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._plug.port}"

    def show(self, event: str, picture: Any) -> None:
        """Every screen gets this picture, now and on connect; what rings in it will be spoken."""
        for ring in getattr(picture, "rings", ()):
            self._voice.expect(heard(ring, Display(name="SALLE"), self.settings))
        for group in getattr(picture, "groups", ()):
            self._voice.expect(group_heard(group, Display(name="SALLE"), self.settings))
        self.pictures[event] = as_json(picture)
        self._io.emit(event, self.pictures[event])

    def pull_plug(self) -> None:
        """Every connection breaks, and new ones are refused."""
        self._plug.cut()

    def plug_in(self) -> None:
        self._plug.join()

    def wait_for_asks(self, count: int) -> list[dict[str, Any]]:
        with self.asked:
            assert self.asked.wait_for(lambda: len(self.asks) >= count, timeout=patience(10)), self.asks
            return list(self.asks)

    def close(self) -> None:
        self._plug.close()
        unserved(self._server)

    def _connect(self, auth: Any) -> None:
        if (auth or {}).get("token") not in self.tokens:
            raise Refusal("not_authenticated")
        with self.asked:
            self.seen.append((auth or {}).get("seen"))
            self.asked.notify_all()
        self.clients.add(request.sid)
        for event, picture in self.pictures.items():
            self._io.emit(event, picture, to=request.sid)

    def _disconnect(self, *_reason: Any) -> None:
        self.clients.discard(request.sid)

    def turn_away(self) -> None:
        """As when a device's token is revoked."""
        self.tokens.clear()
        for sid in list(self.clients):
            with self._app.test_request_context():
                disconnect(sid, namespace="/")

    def _ask(self, ask: dict[str, Any]) -> Any:
        with self.asked:
            self.asks.append(ask)
            self.asked.notify_all()
        return self.answer(ask)


class Plug:
    """The wire between a screen and its hub, which can be pulled."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._place = kept_port()
        self.port: int = self._place.getsockname()[1]
        self.join()

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                with self._lock:
                    self._open |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
            with self._lock:
                self._open.discard(end)

    def cut(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            ends = list(self._open)
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        self._listener = self._listen()

    def close(self) -> None:
        """Cut it for good."""
        self.cut()
        self._place.close()
