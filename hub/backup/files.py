"""Files beside the pieces: each once, under its own hash, encrypted to the keys that open the pieces.

A file never changes, so none is copied twice, and no whole copy carries them again. What the retention destroyed on the
box is destroyed at each place, too; what the box merely does not know (it was restored from an older backup) stays.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyrage

from hub.backup.piece import UNFINISHED, BadPiece, public_key
from hub.backup.place import SPARE_BYTES, Place
from hub.disk import sync_folder
from hub.shelf import FOLDER, Shelf

if TYPE_CHECKING:
    from hub.backup.copy import Box

SUFFIX = ".age"
#: A round copies files for so long, s: what happens at the counters leaves the box first.
ROUND_S = 2.0


class Files:
    """The files of all rooms at one place."""

    def __init__(self, box: Box, place: Place) -> None:
        self._box = box
        self._place = place
        self._held: dict[str, set[str]] | None = None

    def look(self) -> None:
        """Another medium may be in: what it holds is read anew."""
        self._held = None

    def round(self, recipients: tuple[str, ...], for_s: float = ROUND_S) -> int:
        """Copy what the place lacks, for so long; how many files it still lacks. Raises OSError."""
        end, lacking = time.monotonic() + for_s, 0
        for room, names_of in self._box.contents.files.items():
            with self._box.moment() as reader:
                names = names_of(reader)
            held = self._of(room)
            for name in sorted(held & names.destroyed):
                path_of(self._place.folder, room, name).unlink(missing_ok=True)
                held.discard(name)
            shelf = Shelf(self._box.data / FOLDER / room)
            for name in sorted(names.named - held):
                if time.monotonic() > end or not self._copied(room, name, shelf, recipients):
                    lacking += 1
                else:
                    held.add(name)
        return lacking

    def _of(self, room: str) -> set[str]:
        if self._held is None:
            self._held = {}
        if room not in self._held:
            self._held[room] = set(names_at(self._place.folder, room))
        return self._held[room]

    def _copied(self, room: str, name: str, shelf: Shelf, recipients: tuple[str, ...]) -> bool:
        """One file, whole or not at all; whether there was one to copy."""
        content = shelf.read(name)
        if content is None:  # lost or altered on the box: `mbote verify` says so, and nothing takes its place here
            return False
        if not self._place.has_room(len(content) + SPARE_BYTES):
            return False
        path = path_of(self._place.folder, room, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(UNFINISHED)
        with part.open("wb") as file:
            file.write(pyrage.encrypt(content, [public_key(each) for each in recipients]))
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        sync_folder(path.parent)
        return True


def path_of(folder: Path, room: str, name: str) -> Path:
    """Where a file lies at a place."""
    return folder / FOLDER / room / name[:2] / f"{name[2:]}{SUFFIX}"


def names_at(folder: Path, room: str) -> Iterator[str]:
    """The files of a room at a place."""
    for path in (folder / FOLDER / room).glob(f"??/*{SUFFIX}"):
        yield path.parent.name + path.stem


def opened(folder: Path, room: str, name: str, identities: list[Any]) -> bytes | None:
    """A file of a place; None where it is not there, or no key of these opens it. Raises BadPiece for a damaged one."""
    path = path_of(folder, room, name)
    with suppress(FileNotFoundError):
        try:
            return bytes(pyrage.decrypt(path.read_bytes(), identities))
        except pyrage.DecryptError as error:
            if "No matching keys" in str(error):
                return None
            raise BadPiece(f"{path.name}: {error}") from error
    return None
