"""A ticket printer made of software: TCP in front, a mechanism behind, faults on request.

Real where it matters: bytes are buffered and printed at a speed; DLE EOT is answered on arrival, even
while it prints; GS r only in its turn; without paper it stops in mid-ticket, keeps what it holds and
goes on when refilled; one client at a time. The faults, given over its Unix socket:

    {"fault": "paper_out" | "near_end" | "cover_open" | "silent" | "garbled" | "unplugged" | null, "at": bytes}
    {"speed": bytes a second, 0 for no limit}      {"slips": true}

`at` lets the fault begin after that many more bytes of a job. Subscribers get {"paper": {…}} for each
line as it is drawn; `cut_at` is another name for `unplugged` with `at`.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from hardware.escpos_reader import Drawn, Reader
from hardware.line_server import LineServer, Message

ASKED = re.compile(rb"\x10\x04([\x01-\x04])")
CLEAR = b"\x10\x14\x08"
#: Slips kept for whoever asks for all of them.
KEPT = 200
FAULTS = ("paper_out", "near_end", "cover_open", "silent", "garbled", "unplugged")
STOPPING = ("paper_out", "cover_open")
#: Faults that end with the printer switched on again: it has forgotten half a command.
POWERED_OFF = ("unplugged", "silent")


def kept_port(port: int = 0) -> socket.socket:
    """Hold a port of this machine (0: any free one) while nobody listens on it, until the socket is closed.

    Who calls it is refused, nobody else is given it, and whoever it belongs to can listen there again.
    """
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", port))
    return place


class PrinterEmulator:
    """One printer on a TCP port of this machine (0: any free one), and a line server for faults."""

    def __init__(self, port: int = 0, path: Path | None = None) -> None:
        self.port = port
        self.slips: deque[list[Drawn]] = deque(maxlen=KEPT)
        #: The slip in the mechanism: what has been drawn since the last cut.
        self.unfinished: list[Drawn] = []
        self._lines = LineServer(path, self._hear, self._greet) if path else None
        self._state = threading.Condition()
        self._buffer = bytearray()
        self._fault: str | None = None
        self._coming: tuple[str, int] | None = None
        self._speed = 0
        self._client: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._place: socket.socket | None = None
        self._closed = False
        self._reader = Reader(self._confirm)

    def open(self) -> PrinterEmulator:
        """Listen."""
        self._place = kept_port(self.port)
        self.port = self._place.getsockname()[1]
        self._listen()
        if self._lines:
            self._lines.open()
        threading.Thread(target=self._print, name="mechanism", daemon=True).start()
        return self

    def fault(self, name: str | None, at: int = 0) -> None:
        """Something breaks, now or after `at` more bytes of a job; None mends everything."""
        if name == "cut_at":
            name = "unplugged"
        if name is not None and name not in FAULTS:
            raise ValueError(f"no fault {name}; there are {', '.join(FAULTS)}")
        with self._state:
            if name is not None and at:
                self._coming = (name, at)
                return
            self._coming = None
            was, self._fault = self._fault, name
            if was in POWERED_OFF:
                self._reader = Reader(self._confirm)
            self._state.notify_all()
        if name == "unplugged":
            self._unplug()
        elif was == "unplugged":
            self._listen()
        if self._lines and name != was:
            self._lines.publish({"printer": name or "ok"})

    def speed(self, bytes_a_second: int) -> None:
        """How fast it works through a job; 0 is at once."""
        with self._state:
            self._speed = bytes_a_second
            self._state.notify_all()

    def wait_for_slips(self, count: int, timeout_s: float = 30) -> list[list[Drawn]]:
        """The slips, once so many have been cut. Raises TimeoutError."""
        with self._state:
            if not self._state.wait_for(lambda: len(self.slips) >= count, timeout_s):
                raise TimeoutError(f"{len(self.slips)} slips of {count}")
            return list(self.slips)

    @property
    def pulses(self) -> int:
        """How often the drawer on this printer was opened since it was switched on."""
        return self._reader.pulses

    def close(self) -> None:
        """Unplug it for good."""
        with self._state:
            self._closed = True
            self._state.notify_all()
        self._unplug()
        if self._place:
            self._place.close()
        if self._lines:
            self._lines.close()

    def __repr__(self) -> str:
        return f"<PrinterEmulator {self.port} {self._fault or 'ok'}>"

    # the outside

    def _hear(self, message: Message) -> list[Message]:
        if "speed" in message:
            self.speed(int(message["speed"]))
        if "fault" in message:
            try:
                self.fault(message["fault"], int(message.get("at", 0)))
            except ValueError as error:
                return [{"error": str(error)}]
        if "slips" in message:
            return [{"slips": [[line.as_json() for line in slip] for slip in list(self.slips)]}]
        return [{"printer": self._fault or "ok"}]

    def _greet(self) -> list[Message]:
        return [{"printer": self._fault or "ok"}]

    # the line

    def _listen(self) -> None:
        self._listener = listener = socket.create_server(("127.0.0.1", self.port), backlog=8)
        threading.Thread(target=self._accept, args=(listener,), name="printer-port", daemon=True).start()

    def _unplug(self) -> None:
        listener, client = self._listener, self._client
        self._listener = None
        with self._state:
            self._buffer.clear()
        for end in (listener, client):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._client = client
                with suppress(OSError), client:
                    while data := client.recv(4096):
                        self._arrive(data)

    def _arrive(self, data: bytes) -> None:
        """Real-time commands are obeyed here, the rest waits for the mechanism."""
        for part, breaks in self._until_it_breaks(data):
            with self._state:
                if self._fault not in POWERED_OFF:
                    self._buffer += ASKED.sub(b"", part)
                    self._state.notify_all()
            if breaks:
                self._drain()
                self.fault(breaks)
                if breaks in POWERED_OFF:
                    return  # the rest came to a dead printer
        if CLEAR in data:
            with self._state:
                self._buffer.clear()
                self._reader = Reader(self._confirm)
        for asked in ASKED.finditer(data):
            self._answer(bytes([self._status(asked[1][0])]))

    def _until_it_breaks(self, data: bytes) -> list[tuple[bytes, str | None]]:
        """The bytes before a coming fault, with its name, and those after it."""
        if self._coming is None or ASKED.match(data):
            return [(data, None)]
        name, at = self._coming
        if at > len(data):
            self._coming = (name, at - len(data))
            return [(data, None)]
        self._coming = None
        return [(data[:at], name), (data[at:], None)]

    def _drain(self) -> None:
        """Let the mechanism reach the byte at which it breaks."""
        end = time.monotonic() + 2
        while self._buffer and self._fault is None and time.monotonic() < end:
            time.sleep(0.001)

    def _answer(self, data: bytes) -> None:
        if self._fault == "silent" or self._client is None:
            return
        with suppress(OSError):
            self._client.sendall(b"\xff" if self._fault == "garbled" else data)

    def _status(self, asked: int) -> int:
        """The byte for DLE EOT `asked`."""
        fault = self._fault
        if asked == 1:
            return 0x12 | (0x08 if fault in STOPPING else 0)
        if asked == 2:  # noqa: PLR2004
            return 0x12 | {"cover_open": 0x04, "paper_out": 0x20}.get(fault or "", 0)
        if asked == 4:  # noqa: PLR2004
            return 0x12 | {"near_end": 0x0C, "paper_out": 0x6C}.get(fault or "", 0)
        return 0x12

    def _confirm(self, _: int) -> None:
        self._answer(b"\x03" if self._fault == "near_end" else b"\x00")

    # the mechanism

    def _print(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._closed or (self._buffer and self._fault not in STOPPING))
                if self._closed:
                    return
                size = max(1, self._speed // 50) if self._speed else len(self._buffer)
                data = bytes(self._buffer[:size])
                drawn = self._reader.feed(data)
                del self._buffer[:size]
            for line in drawn:
                self._draw(line)
            if self._speed:
                time.sleep(size / self._speed)

    def _draw(self, line: Drawn) -> None:
        with self._state:
            self.unfinished.append(line)
            if line.kind == "cut":
                self.slips.append(self.unfinished)
                self.unfinished = []
            self._state.notify_all()
        if self._lines:
            self._lines.publish({"paper": line.as_json()})


def as_text(slip: list[Drawn], columns: int = 48) -> str:
    """A slip as a person would copy it down, large letters as they are."""
    return "\n".join(_row(line, columns) for line in slip)


def _row(line: Drawn, columns: int) -> str:
    text = {"qr": f"[qr {line.text}]", "image": f"[image {line.width}x{line.height}]", "cut": "-" * columns}.get(
        line.kind, line.text
    )
    aligned: dict[str, Any] = {"left": text.ljust, "center": text.center, "right": text.rjust}
    return str(aligned[line.align](columns)).rstrip()
