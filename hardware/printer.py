"""A ticket printer: one slip at a time, and what became of it.

Nothing is believed that the printer did not say. Before a job it is asked for paper, cover and line
(DLE EOT); a printer with a fault gets no byte, so nothing comes flooding out when it is refilled.
The job ends with GS r, which is answered only once everything before it has been worked through:
that answer is the confirmation. While it is awaited DLE EOT is asked again, so that paper ending in
mid-ticket is known at once; what the printer still holds is then cleared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Literal

from hardware import ink
from hardware.port import NodePort, Port, TcpPort, usb_node
from hub.paper import Cut, Slip
from hub.settings import Printer as PrinterSettings

Health = Literal["ok", "not_ok", "unknown"]
#: '' | near_end | paper_end | cover_open | offline | unreachable | silent | garbled | not_asked
Reason = str
Outcome = Literal["sent", "confirmed", "unknown", "failed"]

ASK = b"\x10\x04\x01\x10\x04\x02\x10\x04\x04"  # DLE EOT 1, 2, 4: line, cause, paper
CONFIRM = b"\x1dr\x01"  # GS r 1: answered in its turn
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # DLE DC4 8: forget what is not printed yet
#: How often a printer at work is asked how it is.
GLANCE_S = 0.3
#: A healthy printer answers DLE EOT in milliseconds, whatever else it does.
SILENCE_S = 1.0
#: Bits that are the same in every answer to DLE EOT.
FIXED_BITS, FIXED = 0x93, 0x12
#: Answers to ASK: one byte each.
ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Status:
    """How the printer says it is. Near the end it still prints: that is `ok` with a reason."""

    health: Health
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a slip. `sent` is all that can be known of a printer that is not asked."""

    outcome: Outcome
    reason: Reason = ""


NOT_ASKED = Status("unknown", "not_asked")
#: What the staff read of a printer, by the reason it gives.
TROUBLES: dict[Reason, str] = {
    "paper_end": "paper_out",
    "cover_open": "cover_open",
    "near_end": "near_end",
    "offline": "offline",
    "unreachable": "offline",
    "silent": "offline",
}


def trouble_of(status: Status) -> tuple[str, str]:
    """The state of a printer in the staff's words (`ok` when nothing is wrong), and a detail where it helps."""
    well = status.health == "ok" or status == NOT_ASKED
    state = TROUBLES.get(status.reason, "ok" if well else "unknown")
    return state, status.reason if state in ("offline", "unknown") else ""


def read_status(answer: bytes) -> Status:
    """The three bytes that answer ASK. Pure; anything else than three well-formed bytes is `garbled`."""
    if len(answer) != ANSWERS or any(byte & FIXED_BITS != FIXED for byte in answer):
        return Status("unknown", "garbled" if answer else "silent")
    line, cause, paper = answer
    if cause & 0x20 or paper & 0x60:
        return Status("not_ok", "paper_end")
    if cause & 0x04:
        return Status("not_ok", "cover_open")
    if line & 0x08:
        return Status("not_ok", "offline")
    return Status("ok", "near_end" if paper & 0x0C else "")


def is_confirmation(byte: int) -> bool:
    """Whether the byte answers GS r: bit 4 is always 0 there, always 1 in an answer to DLE EOT."""
    return byte & 0x90 == 0


class Printer:
    """One printer, owned by one process. Each job has a connection and an escpos object of its own."""

    def __init__(self, settings: PrinterSettings, connect: Callable[[PrinterSettings], Port] | None = None) -> None:
        self.settings = settings
        self._connect = connect or open_port
        # Cheap printers know DLE EOT and not GS r: only one that has answered it can be faulted for silence.
        self._confirms = False
        # After a slip in doubt a part of it may hang out: the next one must not begin on the same paper.
        self._torn = False

    def open(self) -> Printer:
        """Load what printing needs, so that the first visitor does not wait for it."""
        ink.prepare()
        return self

    def status(self) -> Status:
        """Ask the printer how it is, on a connection of its own."""
        if not self.settings.status:
            return NOT_ASKED
        try:
            with closing(self._connect(self.settings)) as port:
                return self._ask(port)
        except OSError as error:
            return Status("not_ok", _reason(error))

    def print(self, slip: Slip, give_up_s: float | None = None) -> Result:
        """Print it; at most `give_up_s` (else the timeout of the settings) goes into waiting for its confirmation."""
        data = ink.encode((Cut(), *slip) if self._torn else slip, self.settings.columns, self.settings.code_page)
        result = self._try(data, give_up_s)
        self._torn = result.outcome == "unknown" or (self._torn and result.outcome == "failed")
        return result

    def _try(self, data: bytes, give_up_s: float | None) -> Result:
        sent = False
        try:
            with closing(self._connect(self.settings)) as port:
                if not (self.settings.status and port.answers):
                    port.write(data)
                    return Result("sent", "not_asked")
                before = self._ask(port)
                if before.health == "not_ok" or before.reason == "silent":
                    return Result("failed", before.reason)
                sent = True
                port.write(data + CONFIRM)
                return self._await(port, len(data), self.settings.timeout_s if give_up_s is None else give_up_s)
        except OSError as error:
            return Result("unknown" if sent else "failed", _reason(error))

    def close(self) -> None:
        """Nothing is kept between jobs."""

    def __repr__(self) -> str:
        at = self.settings
        return f"<Printer {at.kind} {at.device or at.usb or f'{at.host}:{at.port}'}>"

    def _ask(self, port: Port) -> Status:
        if not port.answers:
            return NOT_ASKED
        while port.read(0):  # answers to somebody else's questions
            pass
        port.write(ASK)
        return read_status(_read(port, b"", min(SILENCE_S, self.settings.timeout_s)))

    def _await(self, port: Port, size: int, patience_s: float) -> Result:
        """Wait for the confirmation of a job of `size` bytes, with a glance at the printer's health now and then."""
        silence_s = SILENCE_S + (size * 10 / self.settings.baud if self.settings.kind == "serial" else 0)
        status, heard = Status("unknown", "silent"), time.monotonic()
        end = heard + patience_s
        while (now := time.monotonic()) < min(end, heard + silence_s):
            answer = port.read(min(GLANCE_S, end - now))
            if not answer:
                port.write(ASK)
                continue
            heard = time.monotonic()
            if any(is_confirmation(byte) for byte in answer):
                self._confirms = True
                return Result("confirmed", status.reason if status.health == "ok" else "")
            status = read_status(_read(port, answer, GLANCE_S)[-ANSWERS:])
            if status.health == "not_ok":
                with suppress(OSError):
                    port.write(CLEAR)
                    self._ask(port)  # an answer: it has been heard before we hang up
                return Result("unknown", status.reason)
        return self._without_confirmation(status, time.monotonic() - heard >= silence_s)

    def _without_confirmation(self, status: Status, silent: bool) -> Result:
        if silent:
            return Result("unknown", "silent")
        if status.health == "ok" and not self._confirms:
            return Result("confirmed", status.reason)
        return Result("unknown", status.reason or "slow")


def open_port(settings: PrinterSettings) -> Port:
    """The line that the settings name. Raises OSError when nobody answers."""
    match settings.kind:
        case "tcp":
            return TcpPort(settings.host, settings.port, settings.timeout_s)
        case "serial":
            return NodePort(settings.device, settings.timeout_s, settings.baud)
        case "usb":
            return NodePort(settings.device or usb_node(settings.usb), settings.timeout_s)
        case "file":
            return NodePort(settings.device, settings.timeout_s)


def _read(port: Port, answer: bytes, patience_s: float) -> bytes:
    """All the answers to ASK, `answer` being those already read; fewer when they do not come in time."""
    end = time.monotonic() + patience_s
    while len(answer) < ANSWERS and (left := end - time.monotonic()) > 0:
        answer += port.read(left)
    return answer


def _reason(error: OSError) -> Reason:
    """A refused or timed-out connection, or one that broke."""
    return "silent" if isinstance(error, TimeoutError) else "unreachable"
