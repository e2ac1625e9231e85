"""The centre over HTTP(S): `POST /v1/messages` and `POST /v1/inbox`, lines in and lines out; `GET /healthz`.

Errors are `{"error": {"code", "message"}}` with 400, 403, 404, 411, 413 or 503, and nothing was kept of the request.
"""

from __future__ import annotations

import json
import logging
import ssl
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from hub.centre.receiver import Receiver
from hub.envelope import FILE_BYTES
from hub.errors import ConfigurationFault, NotAllowed, Refused, StoreFault
from hub.sleeper import Sleeper

#: A request that does not come is not waited for; a letter is waited for so long that is just being written.
PATIENCE_S, SOON_S = 30.0, 2.0
#: What could not be integrated is tried again after so long.
AGAIN_S = 30.0
_CLOSES_S = 5.0
log = logging.getLogger(__name__)


class Worker:
    """Integrates and writes down what agencies shall hear, whenever something came."""

    def __init__(self, receiver: Receiver, agencies: Any) -> None:
        self._receiver = receiver
        self._agencies = agencies
        self._sleeper = Sleeper("centre", _CLOSES_S)
        self._come = 1
        self._done = 0

    def open(self) -> Worker:
        """Start: first what an earlier process left."""
        self._sleeper.open(self._run)
        return self

    def wake(self) -> None:
        """Something came."""
        with self._sleeper.changing:
            self._come += 1
            self._sleeper.wake()

    def wait(self, at_most_s: float) -> None:
        """Until what came before is worked off, or so long."""
        with self._sleeper.changing:
            until = self._come
            self._sleeper.sleep_until(lambda: self._done >= until, at_most_s)

    def close(self) -> None:
        """Stop after what is in hand."""
        self._sleeper.close()

    def _run(self) -> None:
        while not self._sleeper.closed:
            with self._sleeper.changing:
                come = self._come
            try:
                self._receiver.integrate()
                for agency in self._agencies():
                    self._receiver.tell(agency)
            except (StoreFault, ConfigurationFault) as error:
                log.warning("centre: %s", error)
            with self._sleeper.changing:
                self._done = come
                self._sleeper.wake()
                self._sleeper.sleep_until(lambda: self._come > come, AGAIN_S)  # noqa: B023 (waited for in this turn)


class Server(ThreadingHTTPServer):
    """The listener. A connection is a thread's, and TLS is shaken hands over there."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, at: tuple[str, int], receiver: Receiver, worker: Worker, tls: ssl.SSLContext | None) -> None:
        self.receiver = receiver
        self.worker = worker
        super().__init__(at, _Request)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A line that broke, or a stranger that speaks something else."""
        del request
        log.info("centre: %s hung up", client_address)


class _Request(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mbote-centre", ""
    timeout = PATIENCE_S
    _DOORS: ClassVar[dict[str, str]] = {"/v1/messages": "_messages", "/v1/inbox": "_inbox"}

    def do_GET(self) -> None:
        """Whether it answers."""
        if self.path == "/healthz":
            self._answer(HTTPStatus.OK, b"ok\n", "text/plain; charset=utf-8")
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "not_found", "POST /v1/messages or /v1/inbox")

    def do_POST(self) -> None:
        """Lines in, lines out."""
        door = self._DOORS.get(self.path)
        if door is None:
            self._refuse(HTTPStatus.NOT_FOUND, "not_found", "POST /v1/messages or /v1/inbox")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "length_required", "Content-Length is needed")
        elif int(length) > FILE_BYTES:
            self.close_connection = True
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"at most {FILE_BYTES:,} bytes")
        else:
            self._say(door, self.rfile.read(int(length)))

    def _say(self, door: str, content: bytes) -> None:
        try:
            given = getattr(self, door)(content)
        except NotAllowed as error:
            self._refuse(HTTPStatus.FORBIDDEN, error.reason, error.message)
        except Refused as error:
            status = HTTPStatus.FORBIDDEN if error.reason == "bad_signature" else HTTPStatus.BAD_REQUEST
            self._refuse(status, error.reason, error.message)
        except (StoreFault, ConfigurationFault) as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "not_stored", str(error))
        else:
            self._answer(HTTPStatus.OK, given, "application/x-ndjson")

    def _messages(self, content: bytes) -> bytes:
        received = self.server.receiver.receive(content, told=True)
        self.server.worker.wake()
        return self.server.receiver.reply(content, received)

    def _inbox(self, content: bytes) -> bytes:
        received = self.server.receiver.receive(content, told=False)
        self.server.worker.wait(SOON_S)
        after = received.after or 0
        return "".join(f"{line}\n" for _, line in self.server.receiver.letters(received.agency, after)).encode()

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        body = json.dumps({"error": {"code": code, "message": message}}).encode()
        self._answer(status, body + b"\n", "application/json")

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server calls it so)
        """Into the log of this process."""
        log.info("%s %s", self.address_string(), format % args)
