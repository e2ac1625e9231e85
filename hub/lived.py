"""What this box has lived: its last known time, epoch and entry, in one sector beside the database.

Written each minute over itself: a card without a clock of its own has no other way to know, after a night without
power, that yesterday is over; and a file that lost its end has no other way to know that it did. Text and a checksum
in 256 bytes, so that a torn write is no statement at all.
"""

from __future__ import annotations

import json
import os
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "lived"
BYTES = 256


@dataclass(frozen=True, slots=True)
class Lived:
    """`at` in ms since 1970 when the clock was believed, `offset` of it to the monotonic clock of `machine`'s boot."""

    at: int = 0
    epoch: int = 0
    seq: int = 0
    machine: str = ""
    offset: int = 0
    certain: bool = True


def read(folder: Path) -> Lived:
    """What was last written; nothing where there is none, or where it is torn."""
    with suppress(OSError, ValueError, TypeError):
        text, _, sum_ = (folder / NAME).read_bytes().rstrip().rpartition(b" ")
        if zlib.crc32(text) == int(sum_):
            return Lived(**json.loads(text))
    return Lived()


def write(folder: Path, lived: Lived) -> None:
    """Over what was there. Raises OSError."""
    text = json.dumps(asdict(lived), separators=(",", ":")).encode()
    line = text + b" %d" % zlib.crc32(text)
    assert len(line) < BYTES, "what was lived fits into a sector"
    file = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.pwrite(file, line.ljust(BYTES - 1) + b"\n", 0)
        os.fdatasync(file)
    finally:
        os.close(file)
