"""A Pi-class box on any machine: a quarter of one core, and a card that syncs a hundred times a second.

    with small_box(folder) as box:
        Processes(agency, box.around("hub"))

The processor is held by the kernel (a control group with a quota: v1 or v2), the card by a library that is loaded into
the process before any other and lets each `fsync` and `fdatasync` end at its turn. What is not held: memory, and how
fast the card is read; the driver, the kiosks and the screens have the rest of the machine.

`python -m hub.bench.box GROUP CARD COMMAND…` goes into the box and becomes the command.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hub.demo.processes import COMMANDS, ROOT

#: Share of one core; the kernel's own period, in which a process may use it up and then stand still; syncs a second.
#: Whatever else runs on the machine, the box gets its share before it.
CORE, PERIOD_US, SYNCS_S = 0.25, 100_000, 100
_ROOT = Path("/sys/fs/cgroup")
_SOURCE = Path(__file__).with_name("slow_card.c")


class NoBox(OSError):
    """Such a box cannot be made here."""


@dataclass(frozen=True, slots=True)
class Box:
    """A control group, and the library that slows the card."""

    group: Path
    card: Path

    def around(self, *names: str) -> Mapping[str, tuple[str, ...]]:
        """The demo's commands (`hub.demo.processes`), those named inside the box."""
        inside = ("-m", "hub.bench.box", str(self.group), str(self.card))
        return {name: (*inside, *command) if name in names else command for name, command in COMMANDS.items()}

    def inside(self, *command: str) -> subprocess.Popen[bytes]:
        """Python, running `command` inside the box."""
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        words = [sys.executable, "-m", "hub.bench.box", str(self.group), str(self.card), *command]
        return subprocess.Popen(words, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.DEVNULL)  # noqa: S603 (our own commands)

    def stood_s(self) -> float:
        """How long the processes inside stood still because their share was used up, seconds."""
        words = dict(line.split() for line in (self.group / "cpu.stat").read_text().splitlines())
        return int(words.get("throttled_time", 0)) / 1e9 + int(words.get("throttled_usec", 0)) / 1e6


@contextmanager
def small_box(folder: Path) -> Iterator[Box]:
    """The box, until all that is in it has ended. Raises NoBox where the kernel or a compiler is not to be had."""
    card = _slow_card(folder)
    group = _group()
    try:
        yield Box(group, card)
    finally:
        with suppress(OSError):  # somebody still in it: the kernel keeps it until the next start
            group.rmdir()


def _group() -> Path:
    quota = round(CORE * PERIOD_US)
    for parent, settings in (
        (_ROOT / "cpu", {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": str(quota), "cpu.shares": "100000"}),
        (_ROOT, {"cpu.max": f"{quota} {PERIOD_US}", "cpu.weight": "10000"}),
    ):
        group = parent / f"mbote-bench-{os.getpid()}"
        with suppress(OSError):
            group.mkdir(exist_ok=True)
            try:
                for name, value in settings.items():
                    (group / name).write_text(value)
            except OSError:
                group.rmdir()
                raise
            return group
    raise NoBox("no control group for the processor can be made here: run it as root")


def _slow_card(folder: Path) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoBox("there is no C compiler (cc) to make the slow card with")
    made = folder / "slow_card.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(made), str(_SOURCE), "-ldl", "-lpthread"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (found above)
    if told.returncode:
        raise NoBox(f"cc: {told.stderr.strip()}")
    return made


def enter(group: Path, card: Path, command: list[str]) -> None:
    """Go into the box, and become a python that runs `command`."""
    (group / "cgroup.procs").write_text(str(os.getpid()))
    os.environ |= {"LD_PRELOAD": str(card), "MBOTE_SYNCS_S": str(SYNCS_S)}
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606 (our own commands)


if __name__ == "__main__":
    enter(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
