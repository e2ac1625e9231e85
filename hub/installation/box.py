"""What runs on a box: its roles, the units of each, and whether they answer.

A role is a word in `/etc/mbote/role`. systemd is spoken to by its own command alone, so that tests put
another one in its place; nothing here knows which it is.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from hub.errors import MboteError
from hub.installation.place import Place, last_line
from hub.roles import roles_in, units_in
from hub.settings import Settings
from hub.settings_files import load_settings

ENDED_A_TRIAL = "mbote-trial.service"
#: Units of every box, whatever it is for.
ALWAYS = ("mbote-firewall.service", ENDED_A_TRIAL)
#: A unit that is not ready by then is not well; a hub with a million tickets needs a few seconds.
START_S = 300.0
HEALTHY = 200
LOOK_S = 0.1


class BoxFault(MboteError):
    """Something on the box does not do what it should; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its place on the disk."""

    place: Place

    @property
    def roles(self) -> tuple[str, ...]:
        """What it was set up for; nothing before `mbote setup`."""
        return roles_in(self.place.config)

    @property
    def units(self) -> tuple[str, ...]:
        """The units that should run."""
        return units_in(self.place.config)

    def settings(self) -> Settings:
        """The configuration. Raises ConfigurationFault."""
        return load_settings(self.place.config)

    def data(self) -> Path | None:
        """The hub's data folder, where this box is a hub."""
        if "hub" not in self.roles:
            return None
        settings = self.settings()
        return settings.path(settings.hub.data)

    def system(self, *words: str) -> None:
        """Ask systemd. Raises BoxFault with what it answers."""
        try:
            told = subprocess.run(  # noqa: S603 (words of this package)
                ["systemctl", *words],  # noqa: S607 (whichever the path names: tests have their own)
                capture_output=True, text=True, timeout=START_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BoxFault(f"systemctl {' '.join(words)}: {error}") from error
        if told.returncode:
            raise BoxFault(f"systemctl {' '.join(words)}: {last_line(told.stderr)}")

    def stop(self) -> None:
        """Stop what runs; data may be copied then."""
        for unit in reversed(self.units):
            self.system("stop", unit)

    def start(self) -> None:
        """Start it: systemd comes back when each has said that it is ready. Raises BoxFault when one is not."""
        self.system("daemon-reload")
        for unit in self.units:
            self.system("start", unit)

    def check_health(self, version: str) -> None:
        """Whether the hub answers and the end of its journal is whole. Raises BoxFault."""
        if "hub" not in self.roles:
            return
        settings = self.settings()
        wait_healthy(settings.hub.port)
        self.check_tail(version, settings.path(settings.hub.data))

    def check_tail(self, version: str, data: Path) -> None:
        """By the version's own program: an older one may not know its events. Raises BoxFault."""
        command: list[str | Path] = [self.place.program(version), "verify", "--tail", "--data", data]
        told = subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=False)  # noqa: S603
        if told.returncode:
            raise BoxFault(f"the journal is not whole: {last_line(told.stderr)}")


def wait_healthy(port: int, died: Iterable[subprocess.Popen[bytes]] = ()) -> None:
    """Wait until a hub answers on this box. Raises BoxFault when none does in time, or its process ends."""
    end = time.monotonic() + START_S
    while not _is_healthy(port):
        if any(process.poll() is not None for process in died):
            raise BoxFault("the hub ends as soon as it is started")
        if time.monotonic() > end:
            raise BoxFault(f"the hub does not answer on port {port} within {START_S:.0f} s")
        threading.Event().wait(LOOK_S)


def _is_healthy(port: int) -> bool:
    line = HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == HEALTHY
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


def give(path: Path, like: Path) -> None:
    """Give a file or a folder with all that is in it to the owner of another, where we may."""
    if os.geteuid() == 0:
        owner = like.stat()
        for each in (path, *path.rglob("*")):
            os.chown(each, owner.st_uid, owner.st_gid, follow_symlinks=False)
