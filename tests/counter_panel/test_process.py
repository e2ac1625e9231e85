"""The whole panel process: real keys on mock pins, a real line to a hub, a number read at the socket."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.look.fake_hub import CONFIG
from tests.look.pictures import calling, counters, face
from tests.patience import patience

pytestmark = pytest.mark.slow  # real sockets, real waits

ROOT = Path(__file__).resolve().parents[2]
NEXT, RECALL, CALLING_LAMP = 4, 17, 19
PSS_LIMIT_KB = 60_000


class Bench:
    """Fingers and eyes: the Unix socket of the simulated hardware."""

    def __init__(self, path):
        self._wire = socket.socket(socket.AF_UNIX)
        self._wire.settimeout(patience(10))
        self._wire.connect(str(path))
        self._lines = self._wire.makefile("rw", encoding="utf-8")

    def press(self, pin):
        self._lines.write(json.dumps({"press": pin, "ms": 60}) + "\n")
        self._lines.flush()

    def wait(self, **wanted):
        for line in self._lines:
            if wanted.items() <= json.loads(line).items():
                return
        raise AssertionError(f"never saw {wanted}")

    def close(self):
        self._lines.close()
        self._wire.close()


@pytest.fixture
def box(tmp_path, hub):
    """The panel of config/panel.toml, on simulated hardware."""
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    panel = (config / "panel.toml").read_text()
    panel = panel.replace('hub = "http://127.0.0.1:8080"', f'hub = "{hub.url}"\ndevices = "simulated"')
    (config / "panel.toml").write_text(panel)
    (config / "panel.token").write_text("T")
    hub.show("counters", counters(face("05"), face("02", waiting=3)))
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-m", "counter_panel", str(config)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "ready P1\n", process.stderr.read()
    bench = Bench(config / "panel.sock")
    yield process, bench
    bench.close()
    process.send_signal(signal.SIGTERM)
    try:
        _, complaints = process.communicate(timeout=patience(10))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # it says where each of its threads stands
        _, complaints = process.communicate()
    assert process.returncode == 0, complaints


def pss_kb(pid):
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def test_a_finger_calls_the_next_visitor_and_the_number_blinks(hub, box):
    _, bench = box
    bench.wait(display="05", text="7")
    bench.press(NEXT)
    asked = hub.wait_for_asks(1)[0]
    assert (asked["what"], asked["counter"]) == ("next", "05")
    hub.show("counters", counters(calling("05"), face("02"), seq=2))
    bench.wait(lamp=CALLING_LAMP, on=True)
    bench.wait(display="05", text="")
    bench.wait(display="05", text="D002")


def test_a_hub_that_goes_is_said_and_presses_meanwhile_are_dropped(hub, box):
    _, bench = box
    bench.wait(display="05", text="7")
    hub.pull_plug()
    bench.wait(display="05", text="LIEN")
    bench.press(NEXT)
    bench.wait(done={"press": NEXT, "ms": 60})
    hub.plug_in()
    bench.wait(display="05", text="7")
    bench.press(RECALL)
    assert [asked["what"] for asked in hub.wait_for_asks(1)] == ["recall"]


def test_the_process_is_small(box):
    process, bench = box
    bench.wait(display="05", text="7")
    assert pss_kb(process.pid) <= PSS_LIMIT_KB


@pytest.mark.nightly
def test_an_idle_panel_does_nothing(box):
    process, bench = box
    bench.wait(display="05", text="7")

    def ticks():
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=30)
    assert (ticks() - before) / os.sysconf("SC_CLK_TCK") / 30 <= 0.005
