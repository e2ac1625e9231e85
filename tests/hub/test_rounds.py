"""Planted faults: a real box is made ill, and the doctor names the cause and what to do, within five seconds.

Hub and kiosk run as processes; sockets, files, locks and owners are real. Where this machine has no such
device (pins, sound), what the kernel would show of it is a file of the test's.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from hardware.button import closed_now
from hardware.line_server import tell
from hardware.printer import TROUBLES
from hardware.printer_emulator import PrinterEmulator
from hub import doctor, rounds
from hub.bench.rig import free_port
from hub.clock import ManualClock
from hub.doctor import examine
from hub.finding import Finding
from hub.local_socket import ask_door
from hub.rounds import judge_sound
from hub.settings_files import load_settings
from hub.store import DATABASE, Store
from kiosk.messenger import NOT_TAKEN

pytestmark = pytest.mark.slow  # real files, sockets or processes

ROOT = Path(__file__).parents[2]
WITHIN_S = 5.0
BUTTON = 17


class House:
    """A box that is hub and kiosk: its configuration, its printer, its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder / "agency", folder / "agency" / "data"
        shutil.copytree(ROOT / "config", self.folder)
        self.port, printer = free_port(), free_port()
        self.printer = PrinterEmulator(printer).open()
        address = f"'http://127.0.0.1:{self.port}'"
        self.local = (
            f"hub = {{ port = {self.port} }}\n"
            f"kiosk = {{ hub = {address}, devices = 'simulated', screen_port = 0, stuck_s = 1,"
            f" printer = {{ port = {printer} }} }}\npanel = {{ hub = {address}, devices = 'simulated' }}\n"
        )
        (self.folder / "local.toml").write_text(self.local)
        (self.folder / "role").write_text("hub kiosk\n")
        self.processes: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hub.cli", name, "--config", self.folder],
            env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.processes[name] = process
        assert process.stdout.readline().startswith("ready")

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()

    def ask(self, what: str, **body: object) -> dict:
        return ask_door(self.data, what, body, 10)

    def pair(self) -> None:
        token = self.folder / "kiosk.token"
        token.write_text(self.ask("pair", kind="kiosk", name="K1")["token"] + "\n")
        token.chmod(0o600)

    def close(self) -> None:
        for name in list(self.processes):
            self.stop(name)
        self.printer.close()


@pytest.fixture(scope="module")
def well(tmp_path_factory):
    """A box on which all is well; whoever makes it ill mends it again."""
    house = House(tmp_path_factory.mktemp("house"))
    house.start("hub")
    house.pair()
    house.ask("day.open")
    house.start("kiosk")
    yield house
    house.close()


@pytest.fixture
def ill(tmp_path):
    """A box of which nothing runs, with a database, for faults that are not mended."""
    house = House(tmp_path)
    Store(house.data, appliers={}).close()
    yield house
    house.close()


def named(house: House, what: str, sentence: str, do: str, state: str = "fault") -> None:
    """The doctor's word for it, and its time."""
    began = time.monotonic()
    found = list(examine(house.folder))
    took = time.monotonic() - began
    matching = [each for each in found if each.what == what and sentence in each.found]
    assert matching, "\n".join(f"{each.state} {each.what}: {each.found}" for each in found if each.state != "ok")
    assert (matching[0].state, do in matching[0].do) == (state, True), matching[0]
    assert took < WITHIN_S * strain()


def strain() -> float:
    """How many wait for each processor: five seconds are for a machine that has nothing else to do."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@contextmanager
def mended(break_it: Callable[[], object], mend: Callable[[], object]):
    break_it()
    try:
        yield
    finally:
        mend()


def test_on_a_box_that_is_well_the_doctor_finds_no_fault(well):
    found = [each for each in examine(well.folder) if each.state == "fault" and each.what != "service"]
    assert found == []


# --- what runs


def test_1_a_hub_that_does_not_run(ill):
    named(ill, "hub", "does not run", "systemctl restart mbote-hub")


def test_2_its_port_taken_by_another_program(ill):
    with closing(socket.create_server(("127.0.0.1", ill.port))) as other:
        other.settimeout(10)
        named(ill, "hub", "another program answers", "change port in agency.toml")


def test_3_a_second_hub_that_holds_the_data(ill):
    with (ill.data / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        named(ill, "second hub", f"process {os.getpid()}", f"kill {os.getpid()}")


def test_3_a_hub_that_is_only_slow_is_no_second_one(ill):
    with (ill.data / "lock").open("a") as lock, closing(socket.create_server(("127.0.0.1", ill.port))):
        fcntl.flock(lock, fcntl.LOCK_EX)
        named(ill, "hub", "runs, and does not answer", "what keeps the box busy", state="warning")
        assert not [each for each in examine(ill.folder) if each.what == "second hub"]


def test_4_no_hub_at_the_kiosk_s_address(ill):
    (ill.folder / "role").write_text("kiosk\n")
    named(ill, "hub", f"no hub answers at http://127.0.0.1:{ill.port}", "is the cable in")


def test_5_a_service_that_systemd_has_given_up(ill, monkeypatch, tmp_path):
    command = tmp_path / "systemctl"
    command.write_text('#!/bin/sh\nshift\nfor unit in "$@"; do echo failed; done\nexit 3\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    named(ill, "service", "mbote-kiosk.service does not run (failed)", "journalctl -u mbote-kiosk.service -n 20")
    command.write_text("#!/bin/sh\nexit 1\n")
    named(ill, "service", "systemd does not say what runs", "systemctl list-units", state="warning")


def test_6_no_business_day(well):
    with mended(lambda: well.ask("day.close"), lambda: well.ask("day.open", date="2030-01-01")):
        named(well, "day", "no business day is open", "mbote day open", state="warning")


# --- tokens


def test_7_a_revoked_token(well):
    with mended(lambda: well.ask("revoke", name="K1"), well.pair):
        named(well, "token", "does not know K1: revoked", "mbote pair kiosk K1")


def test_8_a_token_that_cannot_be_read(ill):
    (ill.folder / "kiosk.token").mkdir()
    named(ill, "token", "kiosk.token cannot be read: [Errno 21] Is a directory", "mbote pair kiosk K1")


# --- devices


def test_9_a_printer_that_refuses(ill):
    ill.printer.close()
    named(ill, "printer", "unreachable", "check its power, cable and the address")


def test_10_a_printer_without_paper(well):
    with mended(lambda: well.printer.fault("paper_out"), lambda: well.printer.fault(None)):
        named(well, "printer", "paper_end", "put in a new roll")


def test_11_a_button_held_down(well):
    def is_heard() -> bool:
        return any("stuck" in str(device["trouble"]) for device in well.ask("devices")["devices"])

    tell(well.folder / "kiosk.sock", {"press": BUTTON, "ms": 6_000})
    end = time.monotonic() + 20
    while not is_heard():
        assert time.monotonic() < end
        time.sleep(0.05)
    named(well, "device", f"K1: button {BUTTON}: stuck", "look for a poster")


class TouchesGround(MockPin):
    """Pin 17's wire touches ground: the board's pull-up cannot lift it."""

    def _set_pull(self, value):
        super()._set_pull(value)
        if self.info.name == "GPIO17":
            self.drive_low()


def test_11_a_button_held_down_while_no_kiosk_runs():
    factory = MockFactory(pin_class=TouchesGround)
    assert closed_now([17, 27], factory) == [17]
    assert closed_now([17, 27], factory) == [17], "the pins are given back"
    factory.close()
    [found] = rounds.judge_levels("kiosk", [17])
    assert (found.state, found.found) == ("fault", "kiosk: the button on pin 17 is held down")


def test_12_a_number_display_that_is_missing(ill):
    (ill.folder / "role").write_text("hub panel\n")
    (ill.folder / "local.toml").write_text(ill.local.replace(", devices = 'simulated' }\n", " }\n"))
    named(ill, "number display", "/dev/spidev0.0 is not there", "switch SPI on with raspi-config")


@pytest.mark.parametrize(
    ("cards", "state"),
    [(None, "fault"), ("--- no soundcards ---\n", "fault"), (" 0 [Headphones     ]: bcm2835 - Headphones\n", "ok")],
    ids=["none at all", "an empty list", "one"],
)
def test_13_a_sound_device_that_is_missing(tmp_path, cards, state):
    if cards is not None:
        (tmp_path / "cards").write_text(cards)
    found = judge_sound(tmp_path / "cards")
    assert (found.state, bool(found.do)) == (state, state == "fault")


def test_13_only_a_box_with_a_screen_needs_sound(ill, monkeypatch, tmp_path):
    monkeypatch.setattr(rounds, "SOUND_CARDS", tmp_path / "none")
    assert list(rounds.sound(load_settings(ill.folder))) == []
    (ill.folder / "role").write_text("display\n")
    named(ill, "sound", "no sound device", "HDMI")


# --- clock, disk, data


def test_14_a_clock_that_is_behind_what_was_lived(ill):
    shutil.rmtree(ill.data)
    tomorrow = time.time_ns() // 1_000_000 + 86_400_000
    Store(ill.data, appliers={}, clock=ManualClock(tomorrow)).close()
    named(ill, "clock", "it went back", "look at the battery")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_15_a_disk_nearly_full(ill):
    shutil.rmtree(ill.data)
    ill.data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300M", "tmpfs", ill.data]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine mounts nothing")
    with mended(lambda: (ill.data / "full").write_bytes(bytes(250_000_000)), lambda: unmount(ill.data)):
        named(ill, "disk space", "free", "old backups, logs, sounds")


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", folder], check=True)


def test_16_a_damaged_database(ill):
    path = ill.data / DATABASE
    whole = bytearray(path.read_bytes())
    for page in range(2, len(whole) // 1024):
        whole[page * 1024 : page * 1024 + 512] = os.urandom(512)
    path.write_bytes(whole)
    found = [each for each in examine(ill.folder) if each.state == "fault" and each.what in ("database", "journal")]
    assert found, "nothing is wrong with it, the doctor says"
    assert found[0].do == doctor.RESTORE


def test_17_an_error_in_the_configuration(ill):
    (ill.folder / "kiosk.toml").write_text("[kiosk]\nprnter = 1\n")
    named(ill, "configuration", "kiosk.prnter: unknown key, did you mean printer?", "correct the file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_18_a_file_of_the_data_that_the_hub_does_not_own(ill):
    for each in (ill.data, *ill.data.rglob("*")):
        os.chown(each, 1, 1)
    with closing(sqlite3.connect(ill.data / DATABASE)) as db:
        db.execute("PRAGMA user_version")
    os.chown(ill.data / "lock", 0, 0)
    named(ill, "owner", "lock belongs to root, the hub runs as daemon", "chown -R daemon:")


def test_19_a_role_that_is_none(ill):
    (ill.folder / "role").write_text("hbu\n")
    named(ill, "configuration", "'hbu' is no role", "correct the file")


def test_the_command_itself_names_a_fault_within_five_seconds(ill, note):
    began = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-P", "-m", "hub.cli", "doctor", "--config", ill.folder],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    took = time.monotonic() - began
    note(f"mbote doctor on a box whose hub does not run: {took:.1f} s")
    assert (told.returncode, "fault   hub: does not run" in told.stdout) == (1, True)
    assert took < WITHIN_S * strain()


def test_a_check_that_waits_keeps_no_other_waiting(ill, monkeypatch):
    def slow(_settings):
        time.sleep(0.3)
        yield Finding("slow", "ok", "")

    monkeypatch.setattr(doctor, "CHECKS", (slow,) * 8)
    began = time.monotonic()
    assert len(list(examine(ill.folder))) == 8
    assert time.monotonic() - began < 8 * 0.3


def test_what_a_kiosk_reports_has_a_remedy_for_each_word():
    assert {*TROUBLES.values(), "unknown", "stuck", NOT_TAKEN} - {"ok"} <= rounds.CARE.keys()
