"""What systemd hears of a process: nothing before it serves, then a beat for each answer of its work."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from gunicorn.workers.gthread import PollableMethodQueue

from hub.bench.rig import free_port
from hub.errors import StoreFault
from hub.heartbeat import Heartbeat
from hub.listener import PatientWorker
from hub.store import DATABASE
from tests.patience import patience

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 0.3
pytestmark = pytest.mark.slow  # real sockets and processes


class Systemd:
    """The ear of systemd: datagrams on a Unix socket."""

    def __init__(self, folder: Path, name: str = "notify") -> None:
        self.address = str(folder / name)
        self.line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.line.bind(self.address)

    def hears(self, within_s: float = 30) -> str:
        self.line.settimeout(within_s)
        return self.line.recv(64).decode()

    def is_silent(self, for_s: float) -> bool:
        try:
            self.hears(for_s)
        except TimeoutError:
            return True
        return False

    def forget(self) -> None:
        """What is on its way arrives and is dropped."""
        while not self.is_silent(0.01):
            pass


@pytest.fixture
def systemd(tmp_path):
    heard = Systemd(tmp_path)
    yield heard
    heard.line.close()


# --- the line itself


def test_outside_systemd_nobody_is_told_and_nothing_runs(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    before = threading.active_count()
    Heartbeat.from_environment().ready(lambda: pytest.fail("nobody waits for a beat"))
    assert threading.active_count() == before


def test_the_address_is_taken_so_that_nobody_speaks_in_our_place(monkeypatch):
    for name, value in (("NOTIFY_SOCKET", "/run/notify"), ("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "1")):
        monkeypatch.setenv(name, value)
    assert Heartbeat.from_environment() == Heartbeat("/run/notify", 30)
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & os.environ.keys()


def test_without_a_watchdog_there_is_ready_and_no_beat(systemd):
    Heartbeat(systemd.address).ready(lambda: pytest.fail("nobody waits for a beat"))
    assert systemd.hears() == "READY=1"
    assert systemd.is_silent(0.05)


def test_each_answer_of_the_work_is_a_beat_and_a_hang_is_silence(systemd):
    asked, answer, over = threading.Semaphore(0), threading.Semaphore(0), threading.Event()

    def work():
        asked.release()
        answer.acquire()

    Heartbeat(systemd.address, 0.03).ready(work, over)
    assert systemd.hears() == "READY=1"
    for _ in range(3):
        asked.acquire()
        assert systemd.is_silent(0.05), "a beat before the work has answered"
        answer.release()
        assert systemd.hears() == "WATCHDOG=1"
    over.set()
    answer.release()


def test_a_disk_that_refuses_has_answered(systemd):
    over = threading.Event()

    def refuse():
        raise StoreFault("the disk is full")

    Heartbeat(systemd.address, 0.03).ready(refuse, over)
    assert [systemd.hears() for _ in range(3)] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
    over.set()


def test_an_abstract_address_is_spoken_to():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind("\0mbote-test-notify")
        Heartbeat("@mbote-test-notify").ready(lambda: None)
        assert line.recv(64) == b"READY=1"


# --- the processes


@contextmanager
def running(command: str, folder: Path, systemd: Systemd, patience_s: float = PATIENCE_S):
    """A process of Mbote as systemd starts it."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": str(round(patience_s * 1e6)),
    }  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "hub.cli", command, "--config", folder],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        child.kill()
        child.wait()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "agency"
    shutil.copytree(ROOT / "config", made)
    (made / "local.toml").write_text(
        f"[hub]\nport = {free_port()}\n[kiosk]\ndevices = 'simulated'\nscreen_port = 0\n"
        "[panel]\ndevices = 'simulated'\n"
    )
    return made


def test_a_hub_whose_writer_hangs_is_not_alive_for_systemd(folder, systemd):
    with running("hub", folder, systemd):
        assert systemd.hears() == "READY=1"
        assert systemd.hears() == "WATCHDOG=1"
        jam = sqlite3.connect(folder / "data" / DATABASE, isolation_level=None)
        jam.execute("BEGIN IMMEDIATE")
        systemd.forget()
        assert systemd.is_silent(PATIENCE_S * 3), "it beats while nothing can be written"
        jam.execute("ROLLBACK")
        jam.close()
        assert systemd.hears(10) == "WATCHDOG=1"


def test_a_hub_that_accepts_nobody_is_not_alive_for_systemd():
    """No arbiter looks at the thread that accepts everybody: the beat waits for its turn."""
    worker = PatientWorker.__new__(PatientWorker)
    worker.method_queue = PollableMethodQueue()
    worker.method_queue.init()
    beat = threading.Thread(target=worker.wait_turn, daemon=True)
    beat.start()
    beat.join(PATIENCE_S)
    assert beat.is_alive(), "it beats while nobody is accepted"
    worker.method_queue.run_callbacks(None)
    beat.join(patience(5))
    assert not beat.is_alive()
    worker.method_queue.close()


def test_ready_means_that_the_hub_answers(folder, systemd):
    port = int((folder / "local.toml").read_text().split("port = ")[1].split()[0])
    with running("hub", folder, systemd, patience_s=0):
        assert systemd.hears() == "READY=1"
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=patience(5)) as answer:
            assert answer.status == 200


def test_a_device_s_process_is_ready_and_beats_even_without_its_hub(folder, tmp_path):
    ears = {name: Systemd(tmp_path, name) for name in ("kiosk", "panel")}
    with running("kiosk", folder, ears["kiosk"]), running("panel", folder, ears["panel"]):
        for ear in ears.values():
            assert [ear.hears() for _ in range(3)] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
    for ear in ears.values():
        ear.line.close()
