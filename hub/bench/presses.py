"""P1, P2, P14: from the press of a button to the last byte at the printer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hardware.ink import encode, wrap
from hardware.printer_emulator import PrinterEmulator
from hub.ask import Actor, Ask
from hub.bench.figures import Budget, Limits, Line, Times, ratio, summary
from hub.bench.kiosks import SERVICE, KioskUnderTest
from hub.bench.rig import FIRST_KIOSK, KIOSKS, free_port, key
from hub.demo.agency import Agency, prepare
from hub.demo.processes import ROOT
from hub.paper import Feed, Qr, Slip, Text
from hub.queues import actions as queues
from hub.rooms import open_hub

#: The kiosks of P2 run in so many processes, on the same cores as the hub.
KIOSK_PROCESSES = 4
#: A serial printer's line: 9,600 baud, ten bits a byte.
SERIAL_BYTES_S = 960
#: How fast a USB printer's paper moves, and how many of its dots make a millimetre.
PAPER_MM_S, DOTS_A_MM = 150, 8
#: Dots from one line of text to the next (1/6 inch at 203 dots an inch), and of a character's height.
LINE_DOTS, CHARACTER_DOTS = 34, 24
#: Modules of the QR that a follow-up code needs, its quiet zone left out; characters on a line.
QR_MODULES, COLUMNS = 21, 48


def one_at_a_time(agency: Agency, times: Times, found: Limits) -> Line:
    ours = summary(alone(agency, times))
    budgets = (ratio(ours, found["press"], "p50", 4, "press"), ratio(ours, found["press"], "p99", 6, "press"))
    return Line("P1", "press to the last byte at the printer, through kiosk and hub, one at a time", ours, budgets)


def alone(agency: Agency, times: Times) -> list[float]:
    """One visitor after the other presses; seconds to each paper's cut."""
    kiosk = KioskUnderTest(agency.settings, "K9", agency.tokens["kiosk"], agency.folder)
    try:
        kiosk.alone()
        return [kiosk.alone() for _ in range(times.presses)]
    finally:
        kiosk.close()


def sixteen_at_once(agency: Agency, times: Times, found: Limits) -> Line:
    taken, a_second = at_once_by_sixteen(agency, times)
    ours = summary(taken) | {"per_s": round(a_second)}
    budgets = (ratio(ours, found["issue16"], "p99", 2, "issue16"), Budget(a_second, least=250, of="tickets a second"))
    return Line("P2", "the same, 16 kiosks at once", ours, budgets, f"the kiosks in {KIOSK_PROCESSES} processes")


def at_once_by_sixteen(agency: Agency, times: Times) -> tuple[list[float], float]:
    """Sixteen kiosks press as fast as they can; seconds to each paper's cut, and papers a second."""
    each = max(5, times.presses // KIOSKS)
    names = [f"K{FIRST_KIOSK + n}" for n in range(KIOSKS)]
    parts = [names[n::KIOSK_PROCESSES] for n in range(KIOSK_PROCESSES)]
    with ExitStack() as opened:
        playing = [opened.enter_context(_playing(agency, part, each)) for part in parts]
        for process in playing:
            _line_of(process)  # ready
        began = time.perf_counter()
        for process in playing:
            _go(process)
        taken = [seconds for process in playing for seconds in json.loads(_line_of(process))]
        return taken, len(taken) / (time.perf_counter() - began)


@contextmanager
def _playing(agency: Agency, names: list[str], presses: int) -> Iterator[subprocess.Popen[str]]:
    """A process that plays these kiosks."""
    command = [sys.executable, "-m", "hub.bench.kiosks", str(agency.config), str(presses)]
    command += [f"{name}={agency.tokens[name]}" for name in names]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MBOTE_PARENT": str(os.getpid())}
    child = subprocess.Popen(  # noqa: S603 (our own command)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(10)


def _line_of(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise TimeoutError("a process of kiosks has died")
    return line


def _go(process: subprocess.Popen[str]) -> None:
    if process.stdin:
        process.stdin.write("go\n")
        process.stdin.flush()


def action_alone(folder: Path, times: Times) -> Line:
    hub = open_hub(prepare(folder, free_port()).settings)
    device = Actor(device="K9", roles=frozenset({"kiosk"}))
    try:
        began = time.perf_counter()
        for _ in range(times.presses * 2):
            queues.issue(hub, Ask(device, key(), {}), service=SERVICE, channel="kiosk")
        a_second = times.presses * 2 / (time.perf_counter() - began)
    finally:
        hub.store.close()
    figures = {"per_s": round(a_second)}
    return Line(
        "P2a", "the issue action without sockets", figures, (Budget(a_second, least=1000, of="tickets a second"),)
    )


# --- P14: at the speed of a printer ----------------------------------------------------------


def at_a_printers_speed(agency: Agency, times: Times) -> Line:
    """A printer's pace between the bytes and the cut: a serial line, and paper that moves 150 mm a second."""
    emulator = PrinterEmulator().open()
    kiosk = KioskUnderTest(agency.settings, "K9", agency.tokens["kiosk"], agency.folder, emulator.port)
    try:
        _cut(kiosk, emulator)
        size, length = len(encode(kiosk.slip)), length_mm(kiosk.slip)
        usb = _paced(kiosk, emulator, round(size / (length / PAPER_MM_S)), times)
        serial = _paced(kiosk, emulator, SERIAL_BYTES_S, times)
    finally:
        kiosk.close()
        emulator.close()
    figures = {"usb": summary(usb), "serial": summary(serial), "bytes": size, "mm": round(length)}
    budgets = (
        Budget(max(usb), most=2, of="s, USB at 150 mm/s"),
        Budget(max(serial), most=3, of="s, serial at 9,600 baud"),
    )
    return Line("P14", "button to the cut paper, at a printer's speed", figures, budgets)


def _paced(kiosk: KioskUnderTest, emulator: PrinterEmulator, bytes_s: int, times: Times) -> list[float]:
    emulator.speed(bytes_s)
    return [_cut(kiosk, emulator) for _ in range(max(2, times.calls // 20))]


def _cut(kiosk: KioskUnderTest, emulator: PrinterEmulator) -> float:
    """One press; seconds until the emulator has cut its paper."""
    wanted = len(emulator.slips) + 1
    began = time.perf_counter()
    kiosk.app.press(SERVICE)
    emulator.wait_for_slips(wanted, timeout_s=20)
    return time.perf_counter() - began


def length_mm(slip: Slip) -> float:
    """How long the paper is, in millimetres: ESC/POS's default line of 1/6 inch, more for large letters."""
    dots = 0
    for line in slip:
        match line:
            case Text():
                dots += max(LINE_DOTS, CHARACTER_DOTS * line.size) * len(wrap(line, COLUMNS))
            case Feed():
                dots += LINE_DOTS * line.lines
            case Qr():
                dots += QR_MODULES * line.size
            case _:
                dots += LINE_DOTS
    return dots / DOTS_A_MM
