"""The hardware's double: pins handled from outside, outputs seen from outside, a printer in its own process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from hardware.devices import open_devices
from hardware.line_server import LineServer, tell
from hardware.number_display import Max7219
from hub.settings.devices import Printer as PrinterSettings

pytestmark = pytest.mark.slow  # real files, sockets or processes


class Watcher:
    """Somebody connected to a line server."""

    def __init__(self, path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(3)
        self.socket.connect(os.fspath(path))
        self.lines = self.socket.makefile("rw", encoding="utf-8")

    def send(self, **message) -> None:
        self.lines.write(json.dumps(message) + "\n")
        self.lines.flush()

    def next(self) -> dict:
        return json.loads(self.lines.readline())

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


@pytest.fixture
def devices(tmp_path):
    opened = open_devices("simulated", tmp_path / "box.sock")
    yield opened
    opened.close()
    opened.close()


def test_a_finger_through_the_socket_presses_a_real_button(devices, tmp_path):
    pressed = threading.Event()
    devices.buttons([17], lambda pin, what, _at: pressed.set() if (pin, what) == (17, "pressed") else None, 5)
    tell(tmp_path / "box.sock", {"press": 17, "ms": 60})
    assert pressed.wait(2)


def test_levels_drive_a_pin_and_nonsense_is_answered(devices, tmp_path):
    devices.buttons([17], lambda *_: None, 5)
    watcher = Watcher(tmp_path / "box.sock")
    watcher.send(pin=17, level=0)
    assert watcher.next() == {"done": {"pin": 17, "level": 0}}
    assert not devices.factory.pin(17).state
    watcher.send(hello=1)
    assert watcher.next() == {"error": "say press or pin"}
    watcher.send(pin="x", level=1)
    assert "error" in watcher.next()
    watcher.close()


def test_lamps_and_displays_are_seen_and_a_newcomer_learns_what_is_lit(devices, tmp_path):
    lamp, display = devices.lamp(22), devices.number_display("05", "max7219")
    watcher = Watcher(tmp_path / "box.sock")
    lamp.show(on=True)
    assert watcher.next() == {"lamp": 22, "on": True}
    display.show("D001")
    assert watcher.next() == {"display": "05", "text": "D001"}
    newcomer = Watcher(tmp_path / "box.sock")
    assert [newcomer.next(), newcomer.next()] == [{"lamp": 22, "on": True}, {"display": "05", "text": "D001"}]
    watcher.close()
    newcomer.close()


def test_a_socket_left_behind_is_replaced_and_another_file_is_not(tmp_path):
    path = tmp_path / "x.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(os.fspath(path))
    left.close()
    LineServer(path, lambda _: []).open().close()
    path.write_text("somebody's file")
    with pytest.raises(OSError, match="in use"):
        LineServer(path, lambda _: []).open()


def test_the_led_modules_show_the_number():
    from luma.core.device import dummy  # noqa: PLC0415

    device = dummy(width=32, height=8, mode="1")
    display = Max7219(4).open(device)
    display.show("A042")
    lit = sum(1 for x in range(32) for y in range(8) if device.image.getpixel((x, y)))
    assert 40 < lit < 140
    display.show("K1-007")
    assert display.text == "K1-007"
    display.close()
    display.close()
    assert repr(display) == "<Max7219 4x ''>"


@pytest.mark.slow
def test_the_printer_emulator_runs_by_itself_and_streams_its_paper(tmp_path):
    from hardware.printer import Printer  # noqa: PLC0415
    from tests.hardware.conftest import TICKET  # noqa: PLC0415

    path = tmp_path / "printer.sock"
    command = [sys.executable, "-m", "hardware.simulated", "printer", "--socket", os.fspath(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().split()[-1])
        watcher = Watcher(path)
        assert watcher.next() == {"printer": "ok"}
        printer = Printer(PrinterSettings(port=port, timeout_s=1))
        assert printer.print(TICKET).outcome == "confirmed"
        assert watcher.next()["paper"]["text"] == "Caisse nationale de sécurité sociale"
        tell(path, {"fault": "paper_out"})
        assert printer.print(TICKET).reason == "paper_end"
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        watcher.close()
