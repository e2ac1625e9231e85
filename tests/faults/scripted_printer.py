"""A printer that breaks at one byte: twenty-five scripts, over TCP and over a serial line (a pseudo-terminal).

It is not the product's own emulator and shares nothing with its faults. Every byte that comes is dealt
with alone and in order, so a script strikes at exactly the byte it names, counted over the whole
conversation of a job (question, slip, confirmation); `paper` is every byte that the mechanism has
really worked through. Time is only in what the script itself says takes time.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware.escpos_reader import Reader
from hardware.printer_emulator import kept_port

#: DLE commands are obeyed on arrival: their length by the byte after DLE.
EOT, PULSE_OR_CLEAR = 0x04, 0x14
CUT = b"\x1dV"
NOISE = {"an unasked status": b"\x10\x00\x00\x0f", "one stray byte": b"\x00", "flow control": b"\x13\x11"}


class Mechanism:
    """What a printer does with bytes, one at a time. `say` sends its answers; faults are its plain attributes."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.say: Callable[[bytes], None] = lambda _: None
        self.paper = bytearray()
        self.strike: Callable[[], None] | None = None
        self.strike_at = -1
        self.after_cut = False
        self.mend()
        threading.Thread(target=self._print_slowly, name="slow", daemon=True).start()

    def mend(self) -> None:
        """New roll, cover closed, cable in, switched on; what it held goes on unless it was switched off."""
        self.paper_left, self.cover_open, self.online, self.answering = "plenty", False, True, "well"
        self.powered, self.pace_s, self.late_s = True, 0.0, 0.0
        self.strike, self.strike_at, self.after_cut = None, -1, False
        if not hasattr(self, "held"):
            self.forget()

    def forget(self) -> None:
        """Switched off: what it held is gone, and so is half a command."""
        self.held = bytearray()
        self._command = bytearray()
        self._reader = Reader(self._confirm)

    def arm(self, at: int, strike: Callable[[], None], *, after_cut: bool = False) -> None:
        """Strike when `at` more bytes have come; or so many after the next cut."""
        with self.lock:
            self.strike, self.strike_at, self.after_cut = strike, at, after_cut
            if at == 0 and not after_cut:
                self._struck()

    @property
    def stopped(self) -> bool:
        """Whether nothing comes out now."""
        return self.paper_left == "none" or self.cover_open or not self.online

    def take(self, byte: int) -> None:
        """One byte from the line."""
        with self.lock:
            if self.powered:
                self._take(byte)
            if self.strike is not None and not self.after_cut:
                self.strike_at -= 1
                if self.strike_at <= 0:
                    self._struck()

    def work(self) -> None:
        """Print what is held, as far as can be; a slow one goes on by itself."""
        with self.lock:
            self.lock.notify_all()
            while self.held and not self.pace_s and self.powered and not self.stopped:
                self._print_one()

    def _print_slowly(self) -> None:
        """What a slow mechanism does while the line goes on."""
        while True:
            with self.lock:
                self.lock.wait_for(lambda: self.held and self.pace_s and self.powered and not self.stopped)
                pace_s = self.pace_s
                self._print_one()
            time.sleep(pace_s)

    def _print_one(self) -> None:
        byte = self.held.pop(0)
        self.paper.append(byte)
        self._reader.feed(bytes([byte]))
        if self.after_cut and self.paper.endswith(CUT + b"\x00"):
            self.after_cut = False
            self._struck()

    def printed(self) -> bytes:
        """All that is on paper."""
        with self.lock:
            return bytes(self.paper)

    def _struck(self) -> None:
        strike, self.strike = self.strike, None
        assert strike is not None
        strike()

    def _take(self, byte: int) -> None:
        """Real-time commands on arrival, everything else to the mechanism."""
        self._command.append(byte)
        command = bytes(self._command)
        if command[0] != 0x10:
            self._command.clear()
            self.held.append(byte)
            self.work()
        elif len(command) == 3 and command[1] == EOT:
            self._command.clear()
            self._answer(bytes([self._status(command[2])]))
        elif len(command) == 10 and command[1] == PULSE_OR_CLEAR:
            self._command.clear()
            self.held.clear()
            self._reader = Reader(self._confirm)
        elif len(command) == 2 and command[1] not in (EOT, PULSE_OR_CLEAR):
            self._command.clear()  # an argument that looks like DLE
            self.held += command
            self.work()

    def _status(self, asked: int) -> int:
        cause = 0x04 * self.cover_open + 0x20 * (self.paper_left == "none")
        paper = {"plenty": 0, "nearly none": 0x0C, "none": 0x6C}[self.paper_left]
        return 0x12 | {1: 0x08 * self.stopped, 2: cause, 4: paper}.get(asked, 0)

    def _confirm(self, _: int) -> None:
        self._answer(bytes([{"plenty": 0, "nearly none": 3, "none": 15}[self.paper_left]]))

    def _answer(self, byte: bytes) -> None:
        match self.answering:
            case "well":
                self.say(byte)
            case "late":
                threading.Timer(self.late_s, self.say, (byte,)).start()
            case "garbage":
                self.say(b"\xff")
            case "half":
                self.answering = "other half"
                self.say(byte)
            case "other half":
                self.answering = "half"


class OverTcp:
    """The mechanism behind a network port."""

    kind = "tcp"

    def __init__(self, mechanism: Mechanism, folder: Path) -> None:
        del folder
        self.mechanism = mechanism
        self._place = kept_port()
        self.port = self._place.getsockname()[1]
        self.client: socket.socket | None = None
        self.reading = threading.Event()
        self.reading.set()
        self.at_once = False
        self._listener: socket.socket | None = None
        self._others: list[socket.socket] = []
        self.plug()

    @property
    def settings(self) -> dict[str, Any]:
        return {"kind": "tcp", "port": self.port}

    def plug(self) -> None:
        """Listen, if it does not."""
        self.reading.set()
        self.at_once = False
        for other in self._others:
            other.close()
        self._others.clear()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def unplug(self) -> None:
        """Nobody listens, and whoever is connected is cut off."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.reset()

    def reset(self) -> None:
        """Cut the connection off."""
        client, self.client = self.client, None
        if client is not None:
            with suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.shutdown(socket.SHUT_RD)
            client.close()

    def hold(self) -> None:
        """Another client has the printer to itself."""
        other = socket.create_connection(("127.0.0.1", self.port))
        self._others.append(other)

    def close(self) -> None:
        self.plug()
        self.unplug()
        self._place.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                if self.at_once:
                    client.close()
                    continue
                self.client = client
                self.mechanism.say = self._sayer(client)
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            while data := client.recv(4096):
                for place, byte in enumerate(data):
                    if not self.reading.is_set():
                        self.reading.wait()
                        if _is_reset(client):
                            return  # what was not taken is not sent again
                    if place and self.client is not client:
                        return
                    self.mechanism.take(byte)
                    if self.client is not client:
                        return

    @staticmethod
    def _sayer(client: socket.socket) -> Callable[[bytes], None]:
        def say(answer: bytes) -> None:
            with suppress(OSError):
                client.sendall(answer)

        return say


def _is_reset(client: socket.socket) -> bool:
    """Whether the other end has hung up hard: then nothing that it had not got rid of arrives any more."""
    watch = select.poll()
    watch.register(client, select.POLLIN)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in watch.poll(0))


class OverSerial:
    """The mechanism behind a pseudo-terminal: what opens it talks to a real tty."""

    kind = "serial"

    def __init__(self, mechanism: Mechanism, folder: Path) -> None:
        self.mechanism = mechanism
        self.path = folder / "printer"
        self.reading = threading.Event()
        self.reading.set()
        self._ends: tuple[int, int] | None = None
        self.plug()

    @property
    def settings(self) -> dict[str, Any]:
        return {"kind": "serial", "device": str(self.path), "baud": 115_200}

    def plug(self) -> None:
        """The node is there."""
        self.reading.set()
        if self._ends is None:
            self._ends = os.openpty()
            tty.setraw(self._ends[1])
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(os.ttyname(self._ends[1]))
            self.mechanism.say = self._sayer(self._ends)
            threading.Thread(target=self._serve, args=(self._ends,), daemon=True).start()

    def unplug(self) -> None:
        """The node is gone, and whoever has it open is cut off."""
        ends, self._ends = self._ends, None
        if ends is not None:
            self.path.unlink(missing_ok=True)
            for end in ends:
                os.close(end)

    reset = unplug

    def close(self) -> None:
        self.plug()
        self.unplug()

    def _serve(self, ends: tuple[int, int]) -> None:
        with suppress(OSError):
            while self._ends is ends:
                if not select.select(ends[:1], [], [], 0.05)[0] or not self.reading.is_set():
                    self.reading.wait(0.01)
                    continue
                self._hand_over(ends, os.read(ends[0], 256))

    def _hand_over(self, ends: tuple[int, int], data: bytes) -> None:
        for byte in data:
            if not self.reading.is_set():
                return  # in the sender's own memory, had the line been a wire
            self.mechanism.take(byte)
            if self._ends is not ends:
                return

    def _sayer(self, ends: tuple[int, int]) -> Callable[[bytes], None]:
        def say(answer: bytes) -> None:
            with suppress(OSError):
                if self._ends is ends:
                    os.write(ends[0], answer)

        return say


Line = OverTcp | OverSerial
LINES: dict[str, type[Line]] = {"tcp": OverTcp, "serial": OverSerial}


@dataclass(frozen=True)
class Script:
    """One way to break. `strike` breaks it; `back` mends it while the visitor still waits (a share of that wait).

    `alerts` are the words of which staff must hear one; '' among them: none is fine too. `where` says from where the
    byte is counted, or that the fault was there `before`.
    """

    name: str
    strike: Callable[[Mechanism, Line, float], None]
    alerts: frozenset[str]
    where: str = "any byte"
    lines: tuple[str, ...] = ("tcp", "serial")
    back: float | None = None
    twice: Callable[[Mechanism, Line, float], None] | None = field(default=None)


def _set(**values: Any) -> Callable[[Mechanism, Line, float], None]:
    def strike(mechanism: Mechanism, line: Line, pace: float) -> None:
        del line, pace
        for name, value in values.items():
            setattr(mechanism, name, value)

    return strike


def _late(mechanism: Mechanism, _: Line, pace: float) -> None:
    mechanism.answering, mechanism.late_s = "late", 4 * pace


def _power_off(mechanism: Mechanism, _: Line, __: float) -> None:
    mechanism.powered = False
    mechanism.forget()


def _power_blip(mechanism: Mechanism, _: Line, pace: float) -> None:
    """Off and on again: deaf while it starts, then well, and it has forgotten everything."""
    mechanism.powered = False
    mechanism.forget()
    threading.Timer(0.4 * pace, setattr, (mechanism, "powered", True)).start()


def _slow(mechanism: Mechanism, _: Line, pace: float) -> None:
    """Thirty bytes a second, in the campaign's time."""
    mechanism.pace_s = pace / 30


def _unplug(_: Mechanism, line: Line, __: float) -> None:
    line.unplug()


def _reset(_: Mechanism, line: Line, __: float) -> None:
    line.reset()
    if isinstance(line, OverSerial):
        line.plug()


def _at_once(_: Mechanism, line: Line, __: float) -> None:
    assert isinstance(line, OverTcp)
    line.at_once = True
    line.reset()


def _window_closed(_: Mechanism, line: Line, __: float) -> None:
    line.reading.clear()


def _held(_: Mechanism, line: Line, __: float) -> None:
    assert isinstance(line, OverTcp)
    line.hold()


def _noise(words: str) -> Callable[[Mechanism, Line, float], None]:
    def strike(mechanism: Mechanism, _: Line, __: float) -> None:
        mechanism.say(NOISE[words])

    return strike


def _words(*alerts: str) -> frozenset[str]:
    return frozenset(alerts)


PAPER_END, COVER = _set(paper_left="none"), _set(cover_open=True)
SCRIPTS = (
    Script("paper near end", _set(paper_left="nearly none"), _words("near_end")),
    Script("paper end in mid-line", PAPER_END, _words("paper_out")),
    Script("paper end between tickets", PAPER_END, _words("paper_out"), where="before"),
    Script("cover open before the ticket", COVER, _words("cover_open"), where="before"),
    Script("cover open in mid-ticket", COVER, _words("cover_open")),
    Script("offline", _set(online=False), _words("offline")),
    Script("garbage for answers", _set(answering="garbage"), _words("unknown")),
    Script("half the answers", _set(answering="half"), _words("unknown", "offline")),
    Script("no answer", _set(answering="never"), _words("offline")),
    Script("answers too late", _late, _words("offline", "unknown")),
    Script("power off in mid-ticket", _power_off, _words("offline")),
    Script("power off after the cut", _power_off, _words("offline"), where="after the cut"),
    Script("power back with its memory lost", _power_blip, _words("offline", "unknown", "")),
    Script("slow as 300 baud", _slow, _words("unknown", "")),
    Script("unplugged and plugged again", _unplug, _words("offline"), back=0.3),
    Script("connection refused", _unplug, _words("offline"), where="before"),
    Script("accepted and closed at once", _at_once, _words("offline"), where="before", lines=("tcp",)),
    Script("connection cut in mid-ticket", _reset, _words("offline", "")),
    Script("buffer full, window closed", _window_closed, _words("offline")),
    Script("another client holds the port", _held, _words("offline"), where="before", lines=("tcp",)),
    Script("an unasked status", _noise("an unasked status"), _words("", "unknown")),
    Script("one stray byte", _noise("one stray byte"), _words("", "unknown")),
    Script("flow control", _noise("flow control"), _words("", "unknown")),
    Script("two faults in a row", _reset, _words("offline", "paper_out"), twice=PAPER_END),
    Script("well again while the visitor waits", PAPER_END, _words("paper_out"), back=0.4),
)


def mended(mechanism: Mechanism, line: Line) -> None:
    """Somebody has seen to it."""
    was_off = not mechanism.powered
    with mechanism.lock:
        mechanism.mend()
        if was_off:
            mechanism.forget()
    line.plug()
    mechanism.work()


__all__ = ["LINES", "SCRIPTS", "Line", "Mechanism", "Script", "mended"]
