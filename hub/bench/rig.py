"""The rig: a real hub and a bare server as processes, sinks for paper, clients that take the time.

Ours and the limit are driven by the same code in the same run, so that the driver's own cost is in both.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import socketio

from hub.agents import actions as agents
from hub.ask import HUB, Ask
from hub.demo import agency as demo_agency
from hub.demo.agency import Agency
from hub.demo.processes import COMMANDS, ROOT, Processes
from hub.pin import pinned
from hub.rooms import open_hub

ANSWER_S = 20.0
#: Between two calls, for us and for the limit. Pictures go out ten times a second at most: two such turns after
#: the last change, the next one goes at once. And a machine that has rested wakes more slowly, for both.
REST_S = 0.25
#: A process has its own family when nobody was born and nobody died in it for so long: the hub reckons a day that was
#: closed in a child of its own.
SETTLED_S, SETTLED_WITHIN_S = 2.0, 60.0
#: Kiosks that the driver plays: K50 to K65.
FIRST_KIOSK, KIOSKS = 50, 16
#: The demo's ports are looked for in the same way.
free_port = demo_agency.free_port


def key() -> str:
    """A fresh key."""
    return uuid4().hex


class Http:
    """One keep-alive connection; by TLS where the hub's authority is named."""

    def __init__(self, port: int, token: str = "", authority: Path | None = None) -> None:
        at = ("127.0.0.1", port)
        self._connection = (
            http.client.HTTPSConnection(*at, timeout=ANSWER_S, context=pinned(authority))
            if authority
            else http.client.HTTPConnection(*at, timeout=ANSWER_S)
        )
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST JSON and read the answer, whatever its status."""
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return answer

    def get(self, path: str) -> dict[str, Any]:
        """GET JSON."""
        self._connection.request("GET", path, headers=self._headers)
        answer: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return answer

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Listener:
    """A websocket client that notes when it last heard `event`, and what."""

    def __init__(self, port: int, token: str, event: str) -> None:
        self.heard = threading.Condition()
        self.last: dict[str, Any] = {}
        self.at = 0.0
        self.client = socketio.Client(
            reconnection_delay=0.1, reconnection_delay_max=0.3, randomization_factor=0,
            websocket_extra_options={"skip_utf8_validation": True},
        )  # fmt: skip
        self.client.on(event, self._hear)
        self.client.connect(f"http://127.0.0.1:{port}", transports=["websocket"], auth={"token": token}, retry=True)

    def _hear(self, picture: dict[str, Any]) -> None:
        now = time.perf_counter()
        with self.heard:
            self.last, self.at = picture, now
            self.heard.notify_all()

    def wait(self, wanted: Callable[[dict[str, Any]], bool], timeout: float = ANSWER_S) -> float:
        """When it heard what is wanted. Raises TimeoutError."""
        with self.heard:
            if not self.heard.wait_for(lambda: wanted(self.last), timeout):
                raise TimeoutError(f"not heard within {timeout} s")
            return self.at

    def close(self) -> None:
        """Hang up."""
        self.client.disconnect()


class PaperSink:
    """A printer that takes everything at once, one client at a time, and knows when the last byte of a slip came."""

    CUT = b"\x1dV"

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._cut = threading.Condition()
        self.cuts = 0
        self.at = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client:
                    self._read(client)

    def _read(self, client: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                found = data.count(self.CUT)
                for asked in range(data.count(b"\x10\x04")):
                    del asked
                    client.sendall(b"\x12")
                if found:
                    with self._cut:
                        self.cuts += found
                        self.at = time.perf_counter()
                        self._cut.notify_all()

    def wait(self, cuts: int) -> float:
        """When that many slips were cut."""
        with self._cut:
            if not self._cut.wait_for(lambda: self.cuts >= cuts, ANSWER_S):
                raise TimeoutError(f"{self.cuts} of {cuts} slips")
            return self.at

    def close(self) -> None:
        """Unplug."""
        self._listener.close()


def wait_answer(port: int, timeout: float = 15) -> float:
    """How long until /healthz answers, seconds."""
    began = time.perf_counter()
    while time.perf_counter() - began < timeout:
        with suppress(OSError, http.client.HTTPException, ValueError), closing(Http(port)) as door:
            door.get("/healthz")
            return time.perf_counter() - began
        time.sleep(0.005)
    raise TimeoutError(f"nothing answers on port {port}")


@contextmanager
def bare_server(folder: Path) -> Iterator[tuple[int, int]]:
    """The bare server running: its port and process."""
    port = free_port()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MBOTE_PARENT": str(os.getpid())}
    command = [sys.executable, "-m", "hub.bench.bare", str(port), str(folder / "bare.db")]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        wait_answer(port)
        yield port, child.pid
    finally:
        child.terminate()
        child.wait(10)


@contextmanager
def running(agency: Agency, commands: Mapping[str, tuple[str, ...]] = COMMANDS) -> Iterator[Agency]:
    """A prepared demo agency running: hub, kiosk and panel as processes, with kiosks to be played."""
    _pair(agency, [f"K{FIRST_KIOSK + n}" for n in range(KIOSKS)])
    stop = threading.Event()
    with ExitStack() as opened:
        printer = agency.printer().open()
        opened.callback(printer.close)
        processes = opened.enter_context(Processes(agency, commands))
        if not processes.wait_ready(stop):
            raise TimeoutError("the agency does not start")
        yield agency


def _pair(agency: Agency, kiosks: list[str]) -> None:
    """Kiosks to be played by the driver."""
    hub = open_hub(agency.settings)
    try:
        for name in kiosks:
            agency.tokens[name] = str(agents.pair(hub, Ask(HUB), kind="kiosk", name=name)["token"])
    finally:
        hub.store.close()


# --- what a process uses ---------------------------------------------------------------------


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children: list[int] = []
    with suppress(FileNotFoundError):  # all of it, or a thread, may end while we look
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):
                children += map(int, task.read_text().split())
    return [pid, *(found for child in children for found in family(child))]


def commands_below(pid: int) -> list[str]:
    """The command lines of all below a process."""
    return [_command(each) for each in family(pid)[1:]]


def pss_mb(pid: int, counted: Callable[[str], bool] = lambda _: True) -> float:
    """Proportional memory of a process and all below it, MB; once those that live for a moment have ended.

    `counted`: which, by their command lines.
    """
    total = 0
    for each in settled(pid):
        if not counted(_command(each)):
            continue
        with suppress(FileNotFoundError, ProcessLookupError):  # who has ended, and was not asked how yet, holds nothing
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _command(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def settled(pid: int) -> list[int]:
    """The family of a process that has had no birth and no death for a while. Raises TimeoutError."""
    before, since, end = family(pid), time.monotonic(), time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < since + SETTLED_S:
        if time.monotonic() > end:
            raise TimeoutError(f"below process {pid} others begin and end for {SETTLED_WITHIN_S} s")
        time.sleep(0.1)
        now = family(pid)
        if now != before:
            before, since = now, time.monotonic()
    return before


def cpu_s(pid: int) -> float:
    """Processor time used by a process and all below it, seconds."""
    return sum(own_cpu_s(each) for each in family(pid))


def own_cpu_s(pid: int) -> float:
    """Processor time used by one process, seconds; none by one that has ended between its naming and this look."""
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0
