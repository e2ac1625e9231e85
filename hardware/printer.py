"""A ticket printer: one slip at a time, and what became of it.

Nothing is believed that the printer did not say. Before a job it is asked for paper, cover and line
(DLE EOT); a printer with a fault gets no byte, so nothing comes flooding out when it is refilled.
The job ends with GS r, which is answered only once everything before it has been worked through:
that answer is the confirmation. While it is awaited DLE EOT is asked again, so that paper ending in
mid-ticket is known at once; what the printer still holds is then cleared, and what has not left for
it yet is dropped.

GS r is asked twice: one stray byte on a line is no confirmation. `hear` sorts what comes back by the
bits that are fixed in each kind of answer.
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
from hub.settings.devices import Printer as PrinterSettings

Health = Literal["ok", "not_ok", "unknown"]
#: '' | near_end | paper_end | cover_open | offline | unreachable | silent | garbled | slow | not_asked | unconfirmed
Reason = str
Outcome = Literal["sent", "confirmed", "unknown", "failed"]

ASK = b"\x10\x04\x01\x10\x04\x02\x10\x04\x04"  # DLE EOT 1, 2, 4: line, cause, paper
CONFIRM = b"\x1dr\x01\x1dr\x01"  # GS r 1, twice: answered in its turn
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # DLE DC4 8: forget what is not printed yet
#: How often a printer at work is asked how it is.
GLANCE_S = 0.3
#: A healthy printer answers DLE EOT in milliseconds, whatever else it does.
SILENCE_S = 1.0
#: A connection or a write is never given less than this.
LEAST_S = 0.05
#: Answers to ASK, and to CONFIRM: one byte each.
ANSWERS, CONFIRMATIONS = 3, 2
LESSONS = 3
#: Bits of GS r 1 that say that the roll is nearly used up.
NEARLY = 0x03


@dataclass(frozen=True, slots=True)
class Status:
    """How the printer says it is. Near the end it still prints: that is `ok` with a reason."""

    health: Health
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a slip. `sent`, with its reason, is all that can be known of a printer that does not confirm."""

    outcome: Outcome
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a printer has said: its answers to DLE EOT, those to GS r, and what is neither."""

    status: bytes = b""
    confirmed: bytes = b""
    noise: bytes = b""


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


def hear(answer: bytes) -> Heard:
    """Sort what came back. Pure; by the fixed bits of each kind, as the maker's table has them.

    An unasked status (ASB) is four bytes, of which the last three look like answers to GS r: they are passed over
    with its first one. Flow control (XON, XOFF) says nothing.
    """
    status, confirmed, noise = bytearray(), bytearray(), bytearray()
    rest = bytearray(answer)
    while rest:
        byte = rest.pop(0)
        if byte & 0x93 == 0x12:  # noqa: PLR2004
            status.append(byte)
        elif byte & 0x93 == 0x10:  # noqa: PLR2004
            del rest[:3]
        elif byte & 0x90 == 0:
            confirmed.append(byte)
        elif byte not in b"\x11\x13":
            noise.append(byte)
    return Heard(bytes(status), bytes(confirmed), bytes(noise))


def read_status(answer: bytes) -> Status:
    """The three bytes that answer ASK. Pure; anything else than three well-formed bytes is `garbled`."""
    said = hear(answer)
    if len(said.status) < ANSWERS or said.noise:
        return Status("unknown", "garbled" if answer else "silent")
    line, cause, paper = said.status[-ANSWERS:]
    if cause & 0x20 or paper & 0x60:
        return Status("not_ok", "paper_end")
    if cause & 0x04:
        return Status("not_ok", "cover_open")
    if line & 0x08:
        return Status("not_ok", "offline")
    return Status("ok", "near_end" if paper & 0x0C else "")


class Printer:
    """One printer, owned by one process. Each job has a connection and an escpos object of its own.

    `torn`: a part of a slip may hang out, from a job in doubt; the next one must not begin on the same paper.
    """

    def __init__(
        self, settings: PrinterSettings, connect: Callable[[PrinterSettings], Port] | None = None, torn: bool = False
    ) -> None:
        self.settings = settings
        self._connect = connect or open_port
        # Whether it answers GS r; None until it was asked.
        self._confirms: bool | None = None
        self._torn = torn

    def open(self) -> Printer:
        """Load what printing needs, so that the first visitor does not wait for it."""
        ink.prepare()
        return self

    def status(self, give_up_s: float | None = None) -> Status:
        """Ask the printer how it is, on a connection of its own; within `give_up_s`, else the settings' timeout."""
        if not self.settings.status:
            return NOT_ASKED
        patience_s = min(self.settings.timeout_s, self.settings.timeout_s if give_up_s is None else give_up_s)
        end = time.monotonic() + patience_s
        try:
            with closing(self._open_port(patience_s)) as port:
                return self._learn(port, self._ask(port, end))
        except OSError as error:
            return Status("not_ok", _reason(error))

    def print(self, slip: Slip, give_up_s: float | None = None) -> Result:
        """Print it; `give_up_s` (else the timeout of the settings, anew for each step) is all the time there is."""
        slip = ink.quick(slip, self.settings.baud / 10) if self.settings.kind == "serial" else slip
        data = ink.encode((Cut(), *slip) if self._torn else slip, self.settings.columns, self.settings.code_page)
        result = self._try(data, self.settings.timeout_s if give_up_s is None else give_up_s)
        self._torn = result.outcome == "unknown" or (self._torn and result.outcome == "failed")
        return result

    def _open_port(self, patience_s: float) -> Port:
        """A line whose every step is given no longer than somebody waits."""
        timeout_s = max(LEAST_S, min(self.settings.timeout_s, patience_s))
        return self._connect(self.settings.model_copy(update={"timeout_s": timeout_s}))

    def _try(self, data: bytes, give_up_s: float) -> Result:
        sent, end = False, time.monotonic() + give_up_s
        try:
            with closing(self._open_port(give_up_s)) as port:
                if not (self.settings.status and port.answers):
                    port.write(data)
                    return Result("sent", "not_asked")
                before = self._ask(port, end)
                if before.health == "not_ok" or before.reason == "silent":
                    return Result("failed", before.reason)
                sent = True
                return self._send(port, data, end)
        except OSError as error:
            return Result("unknown" if sent else "failed", _reason(error))

    def _send(self, port: Port, data: bytes, end: float) -> Result:
        """A printer that did not take the whole job, or did not say so, must not get the rest of it later."""
        result = Result("unknown", "unreachable")
        try:
            port.write(data + CONFIRM)
            result = self._await(port, len(data), end)
        finally:
            if result.outcome == "unknown" and result.reason != "slow":
                port.drop()
        return result

    def close(self) -> None:
        """Nothing is kept between jobs."""

    def __repr__(self) -> str:
        at = self.settings
        return f"<Printer {at.kind} {at.device or at.usb or f'{at.host}:{at.port}'}>"

    def _ask(self, port: Port, end: float) -> Status:
        """How it is. One that may still hold a slip in doubt is first made to forget it."""
        if not port.answers:
            return NOT_ASKED
        while port.read(0):  # answers to somebody else's questions
            pass
        port.write(CLEAR + ASK if self._torn else ASK)
        return read_status(_read(port, min(SILENCE_S, self.settings.timeout_s, end - time.monotonic())))

    def _learn(self, port: Port, status: Status) -> Status:
        """Cheap printers know DLE EOT and not GS r: an idle one is asked, thrice before that is believed."""
        tries = LESSONS if status.health == "ok" and self._confirms is None else 0
        for _ in range(tries):
            port.write(CONFIRM)
            self._confirms = _is_confirmed(_read(port, GLANCE_S, enough=_is_confirmed))
            if self._confirms:
                break
        return status

    def _await(self, port: Port, size: int, end: float) -> Result:
        """Wait for the confirmation of a job of `size` bytes, with a glance at the printer's health now and then."""
        silence_s = SILENCE_S + (size * 10 / self.settings.baud if self.settings.kind == "serial" else 0)
        said, glance, status, heard = b"", 0, Status("unknown", "silent"), time.monotonic()
        while (now := time.monotonic()) < min(end, heard + silence_s):
            answer = port.read(min(GLANCE_S, end - now))
            said += answer
            if not answer:
                glance = len(said)
                port.write(ASK)
                continue
            heard = time.monotonic()
            if _is_confirmed(said):
                self._confirms = True
                return Result("confirmed", "near_end" if hear(said).confirmed[-1] & NEARLY else "")
            if _is_answered(said[glance:]) or hear(said[glance:]).noise:
                status = read_status(said[glance:])
            if status.health == "not_ok":
                with suppress(OSError):
                    port.write(CLEAR)
                    self._ask(port, time.monotonic() + GLANCE_S)  # an answer: it has been heard before we hang up
                return Result("unknown", status.reason)
        return self._without_confirmation(status, time.monotonic() - heard >= silence_s)

    def _without_confirmation(self, status: Status, silent: bool) -> Result:
        if silent:
            return Result("unknown", "silent")
        if status.health == "ok" and self._confirms is False:
            return Result("sent", "unconfirmed")
        return Result("unknown", "slow" if status.health == "ok" else status.reason)


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
            return NodePort(settings.device, settings.timeout_s, create=True)


def _read(port: Port, patience_s: float, enough: Callable[[bytes], bool] | None = None) -> bytes:
    """What comes until it is `enough` (all the answers to ASK), or time is up."""
    answer, end, enough = b"", time.monotonic() + patience_s, enough or _is_answered
    while not enough(answer) and (left := end - time.monotonic()) > 0:
        answer += port.read(left)
    return answer


def _is_answered(answer: bytes) -> bool:
    return len(hear(answer).status) >= ANSWERS


def _is_confirmed(answer: bytes) -> bool:
    return len(hear(answer).confirmed) >= CONFIRMATIONS


def _reason(error: OSError) -> Reason:
    """A refused or timed-out connection, or one that broke."""
    return "silent" if isinstance(error, TimeoutError) else "unreachable"
