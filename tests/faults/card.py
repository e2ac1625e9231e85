"""A card of its own under a hub: a real ext4 on a loop device, whose power can be cut and which can be full.

    with opened_on_card(folder) as (agency, card):
        …
        card.cut(agency)        # the power goes in the middle of whatever happens
        card.plug(agency)       # and comes back: the file system replays its log, the hub starts

Only the hub's data lies on it; kiosks and panels are other boxes. Root and loop devices are needed: elsewhere the
story is skipped in words.
"""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hub.bench.card import NoDevice, mounted
from hub.bench.rig import family
from hub.demo.processes import COMMANDS, Processes
from tests.agency import RunningAgency, alive, opened, until

#: EXT4_IOC_SHUTDOWN, and what becomes of what is on its way: lost; its log is still written; all of it is.
SHUTDOWN = 0x8004587D
LOST, LOG_WRITTEN, ALL_WRITTEN = 2, 1, 0
GONE_S = 10
#: The agency needs some megabytes; a full card should be full soon.
SIZE_MB = 96
FILLER, CRUMB = "filler", 4096


class Plugged(Processes):
    """The agency's processes; the hub's box has a plug."""

    def __init__(self, *known: Any) -> None:
        super().__init__(*known)
        self.power = threading.Event()
        self.power.set()

    def _start(self, name: str) -> subprocess.Popen[str]:
        if name == "hub":
            self.power.wait()
        return super()._start(name)


class Card:
    """The file system, from outside."""

    def __init__(self, root: Path, device: str) -> None:
        self.root = root
        self._device = f"/dev/{device}"

    # --- power

    def cut(self, agency: RunningAgency, mode: int = LOST) -> None:
        """Nothing reaches the card from here on, and nobody in the box lives any more."""
        box = family(agency.pid("hub"))
        folder = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", mode))
        finally:
            os.close(folder)
        agency.processes.power.clear()
        for victim in box:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        until(lambda: not any(map(alive, box)), GONE_S, "the end of the box")

    def plug(self, agency: RunningAgency) -> None:
        """The power is back; whoever mounts replays what the file system has of its log."""
        until(self._unmount, GONE_S, "nobody on the card")
        subprocess.run(["mount", "-o", "noatime", self._device, self.root], check=True)
        agency.processes.power.set()

    def _unmount(self) -> bool:
        return subprocess.run(["umount", self.root], capture_output=True, check=False).returncode == 0

    # --- room

    def fill(self, leave: int = 0) -> None:
        """Take all the room there is, but for some bytes."""
        with (self.root / FILLER).open("ab", buffering=0) as file:
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, self.free())
            with suppress(OSError):
                while True:
                    file.write(bytes(CRUMB))
            if leave:
                file.truncate(max(0, file.tell() - leave))

    def free(self) -> int:
        """Bytes that are free."""
        found = os.statvfs(self.root)
        return found.f_bavail * found.f_frsize

    def make_room(self) -> None:
        """Somebody throws away what filled it."""
        (self.root / FILLER).unlink(missing_ok=True)


@contextmanager
def opened_on_card(
    folder: Path, commands: Mapping[str, tuple[str, ...]] = COMMANDS
) -> Iterator[tuple[RunningAgency, Card]]:
    """The agency with its day open, the hub's data on a card."""
    with ExitStack() as stack:
        try:
            root, device = stack.enter_context(mounted(folder, SIZE_MB))
        except NoDevice as error:
            pytest.skip(f"no file system of our own can be mounted here: {error}")
        (root / "data").mkdir()
        (folder / "agency").mkdir()
        (folder / "agency" / "data").symlink_to(root / "data")
        agency = stack.enter_context(opened(folder / "agency", commands, Plugged))
        stack.callback(agency.processes.power.set)
        yield agency, Card(root, device)
