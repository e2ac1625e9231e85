"""Where a printer's bytes go, and its answers come from: TCP, a device node, a serial line.

Ours rather than python-escpos's, for three reasons measured on 3.1: its network printer waits 60 s
for a silent one, it takes a closed connection for plenty of paper, and its USB and serial printers
want libusb and pyserial where Linux has `/dev/usb/lp*` and `/dev/tty*`.

`read` gives what has come, b"" when nothing has within its time, and raises ConnectionError when the
other end is gone.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

#: Linux lists printers of the usblp driver here, with the identity of the USB device above them.
USB_PRINTERS = Path("/sys/class/usbmisc")


class Port(Protocol):
    """A line to a printer, made anew for each job: ports of real printers forget nothing by themselves."""

    #: Whether something can come back.
    answers: bool

    def write(self, data: bytes) -> None:
        """Send everything, or raise OSError."""

    def read(self, timeout_s: float) -> bytes:
        """What has come within the time; b"" when nothing has."""

    def drop(self) -> None:
        """Forget what has not reached the printer yet, before hanging up: it must not come out later."""

    def close(self) -> None:
        """Hang up; twice is fine."""


class TcpPort:
    """A network printer. It takes one client at a time, so a job connects, prints and hangs up."""

    answers = True

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._socket = socket.create_connection((host, port), timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._timeout_s = timeout_s

    def write(self, data: bytes) -> None:
        """Send everything; a printer that takes nothing for the timeout is TimeoutError."""
        self._socket.settimeout(self._timeout_s)
        self._socket.sendall(data)

    def read(self, timeout_s: float) -> bytes:
        """What has come. A closed connection is an error here, not an answer."""
        self._socket.settimeout(timeout_s)
        try:
            data = self._socket.recv(64)
        except (TimeoutError, BlockingIOError):
            return b""
        if not data:
            raise ConnectionResetError("the printer hung up")
        return data

    def drop(self) -> None:
        """Hang up hard: else the kernel goes on for minutes to send what a full printer has not taken."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        """Hang up after the last byte."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class NodePort:
    """A device node or a plain file. A plain file is appended to and never answers."""

    def __init__(self, path: str, timeout_s: float, baud: int | None = None, create: bool = False) -> None:
        self._timeout_s = timeout_s
        self._file, self.answers = _open_node(path, create)
        if baud is not None:
            self._set_speed(baud)

    def _set_speed(self, baud: int) -> None:
        try:
            _set_speed(self._file, baud)
        except (OSError, termios.error) as error:  # pulled out just now; termios.error is no OSError
            self.close()
            raise ConnectionError(f"the serial line: {error}") from error

    def write(self, data: bytes) -> None:
        """Send everything; a printer that has not taken it all within the timeout is TimeoutError."""
        rest, end = memoryview(data), time.monotonic() + self._timeout_s
        while rest:
            if not select.select([], [self._file], [], max(0.0, end - time.monotonic()))[1]:
                raise TimeoutError("the printer takes nothing")
            rest = rest[os.write(self._file, rest) :]

    def read(self, timeout_s: float) -> bytes:
        """What has come."""
        end = time.monotonic() + timeout_s
        while select.select([self._file], [], [], max(0.0, end - time.monotonic()))[0]:
            if data := os.read(self._file, 64):
                return data
            if os.isatty(self._file):
                raise ConnectionResetError("the serial line was pulled out")
            if time.monotonic() >= end:
                break
            time.sleep(0.02)  # usblp calls an empty answer readable
        return b""

    def drop(self) -> None:
        """A serial line forgets what it has not sent; the other nodes keep nothing back."""
        with suppress(OSError, termios.error):
            termios.tcflush(self._file, termios.TCIOFLUSH)

    def close(self) -> None:
        """Give the node back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _open_node(path: str, create: bool) -> tuple[int, bool]:
    """The open file, and whether it can be read from. A device that was pulled out does not become a file."""
    if not Path(path).exists() or Path(path).is_file():
        if not create or Path(path).is_relative_to("/dev"):
            raise FileNotFoundError(f"no printer at {path}; is it plugged in and on?")
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640), False
    flags = os.O_NONBLOCK | os.O_NOCTTY
    try:
        return os.open(path, os.O_RDWR | flags), True
    except OSError:
        return os.open(path, os.O_WRONLY | flags), False


def _set_speed(file: int, baud: int) -> None:
    """Eight bits, no parity, raw, at that speed."""
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise OSError(f"no serial speed {baud}")
    flags = termios.CS8 | termios.CREAD | termios.CLOCAL
    control = list(termios.tcgetattr(file)[6])
    termios.tcsetattr(file, termios.TCSANOW, [0, 0, flags, 0, speed, speed, control])


def usb_node(identity: str, printers: Path = USB_PRINTERS) -> str:
    """The node of the USB printer `vendor:product`; of the only one when `identity` is empty."""
    for entry in sorted(printers.glob("lp*")):
        device = (entry / "device").resolve().parent
        with suppress(OSError):
            found = ":".join((device / name).read_text().strip() for name in ("idVendor", "idProduct"))
            if not identity or found == identity.lower():
                return f"/dev/usb/{entry.name}"
    raise FileNotFoundError(f"no USB printer {identity or 'at all'}; is it on, and is the usblp driver loaded?")
