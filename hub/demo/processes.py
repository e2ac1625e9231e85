"""The demo's processes: started, watched, started again when they die, and gone with the demo."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.demo.agency import Agency

#: What python runs for each process; the folder of the configuration follows.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "hub": ("-m", "hub.demo.child", "hub"),
    "kiosk": ("-m", "hub.cli", "kiosk"),
    "panel": ("-m", "hub.cli", "panel"),
}
READY_S = 60
#: A process is started at most so often: one that cannot live must not keep the machine busy.
APART_S = 1.0
ROOT = Path(__file__).resolve().parents[2]


class Processes:
    """Hub, kiosk and panel of one agency."""

    def __init__(self, agency: Agency, commands: Mapping[str, tuple[str, ...]] = COMMANDS) -> None:
        self._agency = agency
        self._commands = commands
        self._ending = threading.Event()
        self._ready = {name: threading.Event() for name in commands}
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._lock = threading.Lock()
        self._keepers = [threading.Thread(target=self._keep, args=(name,), name=name, daemon=True) for name in commands]
        (agency.folder / "log").mkdir(exist_ok=True)

    def __enter__(self) -> Self:
        for keeper in self._keepers:
            keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        with self._lock:
            for child in self._children.values():
                child.terminate()
        for keeper in self._keepers:
            keeper.join(timeout=5)
        for child in self._children.values():
            with suppress(ProcessLookupError):
                child.kill()

    def wait_ready(self, stop: threading.Event) -> bool:
        """Wait until each has answered once; whether all did."""
        end = time.monotonic() + READY_S
        for name in self._commands:
            while not self._ready[name].wait(0.1):
                if stop.is_set():
                    return False
                if time.monotonic() > end:
                    log = self._agency.folder / "log" / f"{name}.log"
                    print(f"{name} does not start: {_tail(log)}", file=sys.stderr, flush=True)
                    return False
        return True

    def _keep(self, name: str) -> None:
        """One thread a process as long as the demo lives: the kernel ends a child with the thread that made it."""
        while not self._ending.is_set():
            began = time.monotonic()
            child = self._start(name)
            self._listen(name, child)
            child.wait()
            self._ending.wait(max(0.0, began + APART_S - time.monotonic()))

    def _start(self, name: str) -> subprocess.Popen[str]:
        command = [sys.executable, *self._commands[name]]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        environment = os.environ | {"MBOTE_PARENT": str(os.getpid()), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        child = subprocess.Popen(  # noqa: S603 (our own commands)
            [*command, "--config", str(self._agency.config)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, env=environment,
        )  # fmt: skip
        with self._lock:
            self._children[name] = child
            self._agency.pids[name] = child.pid
            self._agency.write()
        return child

    def _listen(self, name: str, child: subprocess.Popen[str]) -> None:
        """Keep what it says, and note when it is ready."""
        assert child.stdout is not None
        with (
            child.stdout,
            (self._agency.folder / "log" / f"{name}.log").open("a", encoding="utf-8", buffering=1) as log,
        ):
            for line in child.stdout:
                log.write(line)
                if line.startswith("ready"):
                    self._ready[name].set()


def _tail(log: Path, lines: int = 12) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-lines:])
    return "no word from it"
