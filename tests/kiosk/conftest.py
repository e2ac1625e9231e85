"""A whole kiosk with everything real but the wires: mock pins, a printer emulator, a hub of a few lines."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from hardware.line_server import tell
from hardware.print_loop import PrintLoop
from hardware.printer import Printer, Status
from hardware.printer_emulator import PrinterEmulator
from hub.client import HubClient
from hub.history import History
from hub.settings.devices import Printer as PrinterSettings
from kiosk.app import KioskApp, Manners, Told
from kiosk.box_clock import BoxClock
from kiosk.spool import Spool
from tests.kiosk.fake_hub import FakeHub
from tests.patience import PATIENT_S, patience

BUTTONS = {17: "DEP", 27: "RAS"}


class Kiosk:
    """One kiosk in this process; `told` is what its screen would show."""

    def __init__(
        self, folder: Path, hub: FakeHub, printer: PrinterEmulator, has_screen: bool = True, **manners
    ) -> None:
        self.folder, self.hub, self.printer = folder, hub, printer
        self.told: list[Told] = []
        self.heard = threading.Condition()
        self.spool = Spool(folder / "spool.db", "K1").open()
        self.line = HubClient(f"http://127.0.0.1:{hub.port}", lambda: "secret")
        settings = Manners("K1", "fr", has_screen, **{"answer_s": PATIENT_S, "again_s": 0.0} | manners)
        self.app = KioskApp(settings, self.line, self.spool, BoxClock(), History("K1", str(folder / "history")))
        self.app.tell = self.tell
        self.loop = PrintLoop(
            Printer(PrinterSettings(port=printer.port, timeout_s=0.3)), self.app.hear_job, self.app.hear_printer, 0.1
        )

    def start(self, *, connect: bool = True) -> Kiosk:
        self.app.open(self.loop, BUTTONS)
        self.loop.open()
        self.line.listen(self.app.hear_picture, self.app.hear_away)
        if connect:
            self.line.open()
            self.until(lambda: self.app.catalogue and self.app.picture and not self.line.away)
        return self

    def tell(self, told: Told) -> None:
        with self.heard:
            self.told.append(told)
            self.heard.notify_all()

    def wait(self, step: str, count: int = 1) -> list[Told]:
        """What was told of that step, once it was told so often."""
        with self.heard:
            assert self.heard.wait_for(lambda: len(self._of(step)) >= count, patience(5)), self.told
            return self._of(step)

    def _of(self, step: str) -> list[Told]:
        return [told for told in self.told if told.step == step]

    def press(self, pin: int = 17) -> None:
        self.app.button(pin, "pressed", 0)

    def until(self, holds) -> None:
        end = time.monotonic() + patience(5)
        while not holds():
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.005)

    def printer_is(self, status: Status) -> None:
        self.until(lambda: self.loop.status == status)

    def stop(self) -> None:
        self.line.close()
        self.loop.close()
        self.app.close()
        self.spool.close()


@pytest.fixture
def hub():
    hub = FakeHub().start()
    yield hub
    hub.close()


@pytest.fixture
def printer():
    printer = PrinterEmulator().open()
    yield printer
    printer.close()


@pytest.fixture
def make_kiosk(tmp_path, hub, printer):
    made: list[Kiosk] = []

    def make(**settings) -> Kiosk:
        made.append(Kiosk(tmp_path, hub, printer, **settings))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def kiosk(make_kiosk):
    return make_kiosk().start()


__all__ = ["Kiosk", "tell"]
