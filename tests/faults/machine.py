"""The clocks of the machine that an agency's processes believe they run on (clock.c, preloaded into each).

    machine = Machine(folder)
    machine.put_under(monkeypatch)     # whoever is started from here on lives in that time
    machine.wall(-3600)                # somebody sets the wall clock an hour back
    machine.network()                  # … and now the network has set it right
    machine.boot(wall=…)               # another start of the machine: other boot, monotonic time from its beginning

Built by the test with gcc; where there is none the story is skipped in words.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest

SOURCE = Path(__file__).with_name("clock.c")
SECOND = 1_000_000_000


class Machine:
    """One machine, from outside."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler: no process can be given other clocks here")
        self._library, self._file, self._boot = folder / "clock.so", folder / "clock", folder / "boot_id"
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-Wall", "-o", self._library, SOURCE], check=True)
        self._offset_ns, self._drift_ppm, self._since_ns, self._started_ns, self.synchronised = 0, 0, 0, 0, False
        self._write()
        self._boot.write_text(f"{uuid4()}\n")

    def put_under(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From here on every process that is started lives in this time."""
        for name, value in (
            ("LD_PRELOAD", self._library),
            ("MBOTE_TEST_CLOCK", self._file),
            ("MBOTE_TEST_BOOT", self._boot),
        ):
            monkeypatch.setenv(name, str(value))

    def wall(self, seconds: float = 0, *, to: float | None = None, drift: float = 0) -> None:
        """The wall clock is so far from the real one, or at `to` (since 1970), and runs fast by a share from now on."""
        self._offset_ns = round((seconds if to is None else to - time.time()) * SECOND)
        self._drift_ppm, self._since_ns = round(drift * 1_000_000), time.monotonic_ns()
        self._write()

    def network(self, *, sets: bool = True) -> None:
        """Whether the kernel says that the network has set the clock."""
        self.synchronised = sets
        self._write()

    def boot(self, wall: float) -> None:
        """The machine starts, with that wall time, before any network."""
        self._started_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - 20 * SECOND
        self._boot.write_text(f"{uuid4()}\n")
        self.synchronised = False
        self.wall(to=wall)

    def _write(self) -> None:
        """In place: the processes have it mapped."""
        values = self._offset_ns, self._drift_ppm, self._since_ns, self._started_ns, int(self.synchronised)
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("5q", *values))
