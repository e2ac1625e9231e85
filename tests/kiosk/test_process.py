"""The kiosk as systemd runs it: a process of its own, killed and started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from hardware.line_server import tell
from hub.bench.rig import free_port
from kiosk.press import STANDING_MS
from tests.patience import crowd, patience

pytestmark = pytest.mark.slow  # real sockets, real waits

ROOT = Path(__file__).parents[2]
#: So many want each processor: a paper may come out too late for its visitor.
BUSY = 2.0


class Process:
    """`python -m kiosk FOLDER`, with its touch page at `url`."""

    def __init__(self, folder: Path, hub_port: int, printer_port: int, screen_port: int) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{screen_port}"
        for name in ("agency", "services", "counters"):
            shutil.copy(ROOT / "config" / f"{name}.toml", folder)
        (folder / "kiosk.token").write_text("secret\n")
        (folder / "kiosk.toml").write_text(
            f'[kiosk]\nhub = "http://127.0.0.1:{hub_port}"\ndevices = "simulated"\nscreen_port = {screen_port}\n'
            f"again_s = 0\n[kiosk.printer]\nport = {printer_port}\n[[kiosk.buttons]]\npin = 17\nservice = 'DEP'\n"
        )

    def start(self) -> Process:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kiosk", os.fspath(self.folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready K1\n"
        return self

    def end(self, how: int) -> int:
        self.process.send_signal(how)
        code = self.process.wait(patience(10))
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def press(self) -> None:
        tell(self.folder / "kiosk.sock", {"press": 17, "ms": 60})

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask(urllib.request.Request(self.url + path, headers=headers))  # noqa: S310  our own page

    def post(self, path: str, body: object, **headers: str) -> tuple[int, dict[str, str], bytes]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask(urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **headers}))  # noqa: S310

    def ask(self, request: urllib.request.Request) -> tuple[int, dict[str, str], bytes]:
        try:
            with urllib.request.urlopen(request, timeout=patience(5)) as answer:  # noqa: S310
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()


@pytest.fixture
def process(tmp_path, hub, printer):
    started = Process(tmp_path, hub.port, printer.port, free_port()).start()
    yield started
    if started.process.poll() is None:
        assert started.end(signal.SIGTERM) == 0


@pytest.mark.slow
@pytest.mark.faults
def test_a_kiosk_killed_between_press_and_answer_loses_no_press(process, hub, printer):
    hub.answers["issue"] = lambda _ask: time.sleep(5)
    process.press()
    pressed = time.monotonic()
    key = hub.wait_for("issue")[0]["key"]
    assert process.end(signal.SIGKILL) == -signal.SIGKILL
    del hub.answers["issue"]
    process.start()
    report = hub.wait_for("printed|shown|failed")[0]
    assert report["issue"] == key
    assert report["label"] in ("D001", "K1-001")
    assert len(printer.slips) == (report["what"] == "printed")
    late = time.monotonic() - pressed > STANDING_MS / 1_000
    assert report["what"] != "failed" or late, "whoever still stands there has the number"
    assert report["what"] == "printed" or late or crowd() > BUSY, "and the paper, where it comes in time"


@pytest.mark.slow
@pytest.mark.faults
def test_the_own_series_goes_on_over_kills(process, hub, printer):
    process.press()
    hub.wait_for("printed")
    hub.stop()
    for count in (1, 2, 3):
        time.sleep(0.5)
        process.press()
        printer.wait_for_slips(count + 1)
        time.sleep(0.2)
        process.end(signal.SIGKILL)
        process.start()
    hub.start()
    assert [ask["label"] for ask in hub.wait_for("printed", 4)][1:] == ["K1-001", "K1-002", "K1-003"]


@pytest.mark.slow
def test_the_page_is_for_this_box_alone_and_runs_no_foreign_script(process, hub):
    status, headers, page = process.get("/")
    assert status == 200
    assert b"<script type" in page
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'self' http://127.0.0.1:*" in policy, "a simulated kiosk may be framed by the demo"
    assert process.get("/", Host="evil.example")[0] == 421
    assert process.get("/static/../view.py")[0] == 404
    assert process.get("/static/%2e%2e/view.py")[0] == 404
    assert process.get("/look/look.css")[0] == 200
    touch = {"tap": "t1", "service": "DEP", "language": "fr", "priority": "normal"}
    assert process.post("/press", touch, Origin="http://evil.example")[0] == 403
    assert process.post("/press", touch, **{"Content-Type": "text/plain"})[0] == 415
    assert process.post("/press", b"{")[0] == 400
    assert process.post("/press", b"x" * 3_000)[0] == 413
    assert process.post("/press", touch | {"priority": "vip"})[0] == 422
    assert process.post("/press", touch | {"tap": ""})[0] == 422
    assert not hub._of("issue")
    assert process.post("/press", touch)[0] == 202
    assert process.post("/press", touch)[0] == 202
    hub.wait_for("printed")
    assert len(hub._of("issue")) == 1
    end = time.monotonic() + patience(5)
    while json.loads(process.get("/tap/t1")[2])["state"] != "printed":
        assert time.monotonic() < end
    assert process.get("/tap/unknown")[0] == 404


@pytest.mark.slow
def test_the_page_speaks_each_language_completely(process):
    words = json.loads(process.get("/words")[2])
    assert {"fr", "en"} <= words.keys()
    assert words["fr"]["words"].keys() == words["en"]["words"].keys()
    assert all(entry["dir"] in ("ltr", "rtl") for entry in words.values())
