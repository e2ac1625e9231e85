"""One client's websocket: who reads it, and how a packet leaves.

It knows two inner things of its libraries, checked by tests/hub/test_sending.py and test_door.py:

* `simple_websocket.Base._thread`: a thread for each client that only hands its frames on, and that an oversized one can
  leave waiting for ever. Ours has none: whoever waits for a frame reads it.
* `engineio.Socket.send`, `queue` and `check_ping_timeout`: how a packet leaves. Ours goes at once where it can.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import simple_websocket
from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from engineio.packet import MESSAGE
from wsproto.events import TextMessage
from wsproto.utilities import ProtocolError

from hub.listener import Line


class _NoThread:
    """In place of the thread that would read a websocket."""

    name = ""

    def __init__(self, target: Any) -> None:
        del target

    def start(self) -> None:
        """Whoever waits for a frame reads it."""


class LineSocket(simple_websocket.Server):  # type: ignore[misc]
    """A websocket that is read by whoever waits for its frames: one thread less for each client, and for each frame."""

    connected: bool

    def __init__(self, environ: dict[str, Any], most_bytes: int) -> None:
        super().__init__(environ, max_message_size=most_bytes, thread_class=_NoThread)

    def receive(self, timeout: float | None = None) -> Any:
        """The next frame; None when none has come in time. Raises ConnectionClosed, whatever ended the line."""
        end = None if timeout is None else time.monotonic() + timeout
        (self.sock.hurry if isinstance(self.sock, Line) else self.sock.settimeout)(timeout)
        while self.connected and not self.input_buffer:
            try:
                self._read()
            except (OSError, ProtocolError, ValueError, AssertionError):
                if end is not None and time.monotonic() >= end:
                    return None
                self.connected = False
        if not self.connected:
            self.sock.close()
        return super().receive(timeout=0)

    def offer(self, text: str) -> bool | None:
        """Send a frame if that takes no waiting, as `Line.offer` does. Raises OSError, ProtocolError."""
        if not isinstance(self.sock, Line) or not self.connected:
            return False
        return self.sock.offer(self.ws.send(TextMessage(data=text)))

    def _read(self) -> None:
        found = self.sock.recv(self.receive_bytes)
        if not found:
            raise ConnectionResetError("hung up")
        self.ws.receive_data(found)
        self.connected = self._handle_events()


class _Rest:
    """In the place of a packet: what was begun and has not gone yet."""

    def encode(self) -> _Rest:
        """As a packet is asked for its text."""
        return self


class ClientSocket(SimpleWebSocketWSGI):  # type: ignore[misc]
    """One client's line as Engine.IO takes it.

    Whoever has a packet for the client sends it, as long as none waits and the line takes it at once. Engine.IO's own
    way, a queue and a thread that writes, wakes a thread for each client and each picture: in a hall of fifty screens
    the last one waited for forty-nine changes of threads. It is left to what waits: pings, goodbyes, slow clients.
    """

    ws: Any

    def __init__(self, handler: Any, eio: Any) -> None:
        super().__init__(handler, eio)
        self._client = handler.__self__
        self._order = threading.Lock()
        self._waiting = 0

    def serve(self) -> Exception:
        """Serve until the line ends; what to raise then, for a server to know that no answer follows."""
        with self._order:
            self._client.send = self.deliver
            self._waiting = self._client.queue.qsize()  # its greeting
        self.app(self)
        return StopIteration() if self.ws.mode == "gunicorn" else ConnectionError()

    def deliver(self, packet: Any) -> None:
        """Send a packet of Engine.IO's, or have it wait for those before it. Never waits for the client."""
        if not self._client.check_ping_timeout():
            return
        with self._order:
            if packet.packet_type == MESSAGE and not self._waiting:
                sent = self._offered(packet)
                if sent:
                    return
                packet = _Rest() if sent is None else packet
            self._waiting += 1
            self._client.queue.put(packet)

    def _offered(self, packet: Any) -> bool | None:
        try:
            sent: bool | None = self.ws.offer(packet.encode())
        except (OSError, ProtocolError):  # the thread that writes finds out, and ends the line
            return False
        return sent

    def send(self, message: Any) -> None:
        """What has waited, in its order, by the thread that writes. Raises OSError."""
        if isinstance(message, _Rest):
            self.ws.sock.sendall(b"")
        else:
            super().send(message)
        with self._order:
            self._waiting -= 1
