"""P11: what one ticket's life and a day of them write to the card, at the sectors of a real block device.

A loop device with ext4 of its own, and the real store with every room on it: issue, paper, call, start, finish are
five commits. The kernel's counters of that device say what reached it, file system's own writes included.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hub.ask import HUB, Actor, Ask
from hub.bench.figures import Budget, Line
from hub.bench.rig import key
from hub.context import Hub
from hub.queues import actions as queues
from hub.queues import papers as queue_papers
from hub.rooms import open_hub

SIZE_MB = 256
GONE_S = 10
SERVICE, COUNTER, AGENT = "DEP", "05", "00902F"
A_DAY = 600
SECTOR = 512
KIB, MB = 1024, 1_000_000
#: The most of one life, and of a day.
MOST_KIB, MOST_WRITES, MOST_MB = 64, 14, 50
WHAT = "one ticket's life on the card: issue, paper, call, start, finish, with checkpoints"
KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))
STAFF = Actor(agent=AGENT)


class NoDevice(OSError):
    """A loop device is not to be had here."""


def measure_card(lives: int) -> Line:
    """The line P11, of so many tickets; in words where no block device can be made."""
    try:
        with tempfile.TemporaryDirectory(prefix="mbote-card-") as folder, mounted(Path(folder)) as (data, device):
            hub = _agency(Path(folder), data)
            try:
                written, writes = _lived(hub, device, lives)
            finally:
                hub.store.close()
    except NoDevice as error:
        return Line("P11", WHAT, {}, (), f"not measured: {error}; run it as root on a machine with loop devices")
    kib, each = written / lives / KIB, writes / lives
    day = kib * A_DAY * KIB / MB
    figures = {"lives": lives, "kib": round(kib, 1), "writes": round(each, 2), "day_mb": round(day, 1)}
    budgets = (
        Budget(kib, most=MOST_KIB, of="KiB a life"),
        Budget(each, most=MOST_WRITES, of="device writes a life"),
        Budget(day, most=MOST_MB, of="MB a day of 600"),
    )
    return Line("P11", WHAT, figures, budgets, "sectors of a loop device with ext4, noatime")


@contextmanager
def mounted(folder: Path, size_mb: int = SIZE_MB) -> Iterator[tuple[Path, str]]:
    """A file system on a loop device of its own: its root, and the device's name. Raises NoDevice."""
    image, root = folder / "card.img", folder / "card"
    if os.geteuid() != 0 or not shutil.which("losetup") or not shutil.which("mkfs.ext4"):
        raise NoDevice("only root can make a block device here")
    with image.open("wb") as file:
        file.truncate(size_mb * MB)
    root.mkdir()
    device = _run("losetup", "--find", "--show", str(image)).strip()
    try:
        _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", device)  # or it writes on its own
        _run("mount", "-o", "noatime", device, str(root))
        try:
            yield root, device.removeprefix("/dev/")
        finally:
            _unmount(root)
    finally:
        _run("losetup", "--detach", device)


def _unmount(root: Path) -> None:
    """Whoever was killed on it may take a moment to be gone."""
    end = time.monotonic() + GONE_S
    while os.path.ismount(root) and time.monotonic() < end:
        with suppress(NoDevice):
            _run("umount", str(root))
            return
        time.sleep(0.05)


def _run(*command: str) -> str:
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (the system's own tools)
    if told.returncode:
        raise NoDevice(f"{command[0]}: {told.stderr.strip()}")
    return told.stdout


def _agency(folder: Path, data: Path) -> Hub:
    """The demo agency with its data on the card, its day and one counter open."""
    from hub.demo.agency import prepare

    settings = prepare(folder / "agency", 1).settings
    box = settings.hub.model_copy(update={"data": data / "data"})
    hub = open_hub(settings.model_copy(update={"hub": box}))
    queues.open_day(hub, Ask(HUB))
    queues.open_counter(hub, Ask(STAFF), counter=COUNTER, agent=AGENT)
    return hub


def _lived(hub: Hub, device: str, lives: int) -> tuple[int, int]:
    """Bytes and writes that so many lives took, all of them on the device in the end."""
    os.sync()
    before = counted(device)
    for _ in range(lives):
        life(hub)
    hub.store.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.sync()
    after = counted(device)
    return after[0] - before[0], after[1] - before[1]


def life(hub: Hub) -> None:
    """A visitor from the button to the door: five commits, each with a key as devices and pages make one."""
    pressed = key()
    ticket = queues.issue(hub, Ask(KIOSK, pressed, {}), service=SERVICE, channel="kiosk")
    queue_papers.report_paper(
        hub, Ask(KIOSK, key(), {}), issue=pressed, paper="printed", label=ticket["label"], service=SERVICE
    )
    for step in (queues.call_next, queues.start, queues.finish):
        step(hub, Ask(STAFF, key(), {}), counter=COUNTER)


def counted(device: str) -> tuple[int, int]:
    """Bytes and writes that a device has taken since it is there."""
    fields = Path(f"/sys/block/{device}/stat").read_text().split()
    return int(fields[6]) * SECTOR, int(fields[4])
