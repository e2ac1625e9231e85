"""The wires between the agency page and the simulated metal: every line that a box says, as it says it."""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: A box that is not there (its process is starting again) is tried again so often, seconds.
RETRY_S = 1.0
#: A word now and then shows the browser that the line is alive, and us that the browser is.
STILL_HERE_S = 15.0


class Wires:
    """Connections to the Unix sockets of all boxes, read as one stream."""

    def __init__(self, sockets: dict[str, Path]) -> None:
        self._sockets = sockets
        self._selector = selectors.DefaultSelector()
        self._rests: dict[str, bytes] = {}
        self._tried = 0.0

    def lines(self) -> Iterator[str]:
        """Each line as JSON with the `box` that said it; an empty one when nobody says anything for a while."""
        quiet_since = time.monotonic()
        try:
            while True:
                self._connect()
                for key, _ in self._selector.select(RETRY_S):
                    yield from self._read(key)
                    quiet_since = time.monotonic()
                if time.monotonic() - quiet_since > STILL_HERE_S:
                    quiet_since = time.monotonic()
                    yield ""
        finally:
            self._hang_up()

    def _connect(self) -> None:
        """Connect to the boxes that are not connected, at most once a second."""
        if time.monotonic() - self._tried < RETRY_S:
            return
        self._tried = time.monotonic()
        there = {key.data for key in self._selector.get_map().values()}
        for box, path in self._sockets.items():
            if box not in there:
                with suppress(OSError):
                    wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                    wire.connect(str(path))
                    self._rests[box] = b""
                    self._selector.register(wire, selectors.EVENT_READ, box)

    def _read(self, key: selectors.SelectorKey) -> Iterator[str]:
        box: str = key.data
        wire = key.fileobj
        assert isinstance(wire, socket.socket)
        data = b""
        with suppress(OSError):
            data = wire.recv(65_536)
        if not data:
            self._selector.unregister(wire)
            wire.close()
            yield json.dumps({"box": box, "gone": True})
            return
        *whole, self._rests[box] = (self._rests[box] + data).split(b"\n")
        for line in whole:
            with suppress(ValueError):
                yield json.dumps({"box": box} | json.loads(line))

    def _hang_up(self) -> None:
        for key in list(self._selector.get_map().values()):
            wire = key.fileobj
            if isinstance(wire, socket.socket):
                wire.close()
        self._selector.close()
