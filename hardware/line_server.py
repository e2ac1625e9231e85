"""One JSON object a line over a Unix socket, both ways: how the outside handles simulated hardware.

A subscriber that does not read is dropped, never waited for.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

#: Longest line taken: a command is some tens of bytes.
LONGEST = 16_384
SEND_S = 1.0

Message = dict[str, Any]
log = logging.getLogger(__name__)


class LineServer:
    """Takes messages at `path` and publishes ours to everybody connected.

    `hear(message)` returns the lines to answer with; `greet()` gives those that a newcomer needs first.
    """

    def __init__(
        self, path: Path, hear: Callable[[Message], list[Message]], greet: Callable[[], list[Message]] = list
    ) -> None:
        self.path = path
        self._hear = hear
        self._greet = greet
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._clients: set[socket.socket] = set()

    def open(self) -> LineServer:
        """Listen; a socket left behind by a killed process is replaced, any other file is not."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(self.path.lstat().st_mode):
                self.path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(os.fspath(self.path))
            self.path.chmod(0o660)
            listener.listen(16)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        threading.Thread(target=self._accept, args=(self._listener,), name="simulated", daemon=True).start()
        return self

    def publish(self, message: Message) -> None:
        """Tell everybody connected."""
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            self._send(client, [message])

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._listener is None:
            return
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            self._drop(client)
        self.path.unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"<LineServer {self.path}>"

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # the listener is closed: the end
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client,), name="simulated-client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._clients.add(client)
        try:
            self._send(client, self._greet())
            with suppress(OSError):
                for message in _messages(client):
                    self._send(client, self._hear(message))
        finally:
            self._drop(client)

    def _send(self, client: socket.socket, messages: list[Message]) -> None:
        data = b"".join(json.dumps(message, ensure_ascii=False).encode() + b"\n" for message in messages)
        try:
            client.settimeout(SEND_S)
            client.sendall(data)
            client.settimeout(None)
        except OSError:
            self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        with self._lock:
            self._clients.discard(client)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()


def _messages(client: socket.socket) -> Iterator[Message]:
    """The objects that come, one a line; whatever is none is passed over."""
    with client.makefile("rb") as lines:
        while line := lines.readline(LONGEST):
            with suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    yield message


def tell(path: Path, *messages: Message) -> None:
    """Send messages to a line server, from a test or a script."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(os.fspath(path))
        client.sendall(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
        client.shutdown(socket.SHUT_WR)
        while client.recv(LONGEST):  # until it has been heard
            pass
