"""The disk: who may still write much, what is kept back for the queue, and how a file is there whole or not at all.

Whoever writes much beside the queue asks first, so that tickets and calls are what stops last:

    ask_room(folder, "the import")

`Reserve` is a file of nothing. When the disk is full the store gives it up, once, and goes on in its place;
housekeeping makes it again when there is room. What must be whole after a power cut is written by `write_whole`.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hub.errors import DiskFull

Level = Literal["enough", "low", "scarce"]
#: Shares of the disk that are free.
LOW, SCARCE = 0.20, 0.10
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Room:
    """What is free of a disk, in bytes."""

    free: int
    total: int

    @classmethod
    def of(cls, folder: Path) -> Room:
        """On the disk of a folder. Raises OSError."""
        found = shutil.disk_usage(folder)
        return cls(found.free, found.used + found.free)

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.free / self.total if self.total else 0.0

    @property
    def level(self) -> Level:
        """How it stands."""
        if self.share < SCARCE:
            return "scarce"
        return "low" if self.share < LOW else "enough"


def ask_room(folder: Path, what: str) -> None:
    """Whether `what` may still write much there; the queue itself asks nobody. Raises DiskFull below a tenth."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    room = Room.of(there)
    if room.level == "scarce":
        raise DiskFull(
            f"{what} is not written: {int(room.share * 100)} % of the disk of {folder} is free, and the queue needs it;"
            f" below {SCARCE:.0%} nothing else is written: make room, then run it again"
        )


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in it stays so after a power cut. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Either all of it is there under its name, also after a power cut, or what was there before. Raises OSError."""
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


class Reserve:
    """`size` bytes in a file, given up when nothing else is left; nothing is reserved where it is 0."""

    NAME = "reserve"

    def __init__(self, folder: Path, size: int) -> None:
        self.path = folder / self.NAME
        self.size = size

    @property
    def whole(self) -> bool:
        """Whether it is there, whole."""
        with suppress(OSError):
            return self.path.stat().st_size >= self.size
        return not self.size

    def release(self) -> bool:
        """Give it up; whether there was any."""
        try:
            given = self.path.stat().st_size > 0
            self.path.unlink()
        except OSError:
            return False
        return given

    def refill(self) -> bool:
        """Make it again where twice its size is free; whether it is whole then."""
        if self.whole:
            return True
        try:
            if Room.of(self.path.parent).free < 2 * self.size:
                return False
            with self.path.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, self.size)
        except OSError:
            with suppress(OSError):
                self.path.unlink()
            return False
        return True

    def __repr__(self) -> str:
        return f"<Reserve {self.size // MEGABYTE} MB{'' if self.whole else ', given up'}>"
