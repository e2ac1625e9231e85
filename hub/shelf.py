"""The shelf: files kept beside the database, each under the SHA-256 of its content, which the journal holds too.

A file is there whole, also after a power cut, before any row names it: temporary file, fsync, rename, fsync of the
folders. So a cut leaves at most a file that nobody names, and `sweep` removes those. Whoever keeps a file holds
`placing` until the row that names it is on disk, or the sweep could come between.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from hub.disk import sync_folder, write_whole

#: Where the files of all rooms lie, in the data folder.
FOLDER = "files"
#: What is on its way, in a folder of each process: what another one left there is nobody's.
INCOMING = "incoming-"
_NAME = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 16


class TooLong(Exception):
    """More came than may."""


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most so many; none at the end."""


@dataclass(frozen=True, slots=True)
class Named:
    """The files that the rows of a room name, and those whose rows say that they were destroyed."""

    named: frozenset[str]
    destroyed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that has come and is on disk, but not yet on its place."""

    path: Path
    sha256: str
    size: int

    def read(self) -> bytes:
        """All of it. Raises OSError."""
        return self.path.read_bytes()

    def drop(self) -> None:
        """It is not kept."""
        with suppress(OSError):
            self.path.unlink()


class Shelf:
    """The files of one room, under `folder`: `ab/cd…`, by their hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.placing = threading.Lock()
        self._incoming = folder / f"{INCOMING}{secrets.token_hex(4)}"

    def __repr__(self) -> str:
        return f"<Shelf {self.folder}>"

    def take_in(self, source: Source, most: int) -> Incoming:
        """Bytes from somewhere, on disk under a name of chance. Raises TooLong, OSError; then nothing is left."""
        place = self._incoming
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, digest, size = place / secrets.token_hex(16), hashlib.sha256(), 0
        try:
            with _private(path) as file:
                while piece := source.read(_PIECE):
                    size += len(piece)
                    _at_most(size, most)
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Incoming(path, digest.hexdigest(), size)

    def keep(self, incoming: Incoming) -> None:
        """On its place, for good; the same content once. With `placing` held. Raises OSError."""
        path = self.path(incoming.sha256)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(self.folder)
        incoming.path.rename(path)
        sync_folder(path.parent)

    def put(self, sha256: str, content: bytes) -> None:
        """What a backup or another shelf holds, under its name. Raises ValueError for other content, OSError."""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError(f"{sha256}: not the content of that name")
        path = self.path(sha256)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, content, 0o600)

    def path(self, sha256: str) -> Path:
        """Where a file lies. Raises ValueError for what is no hash."""
        if not _NAME.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no name of a file")
        return self.folder / sha256[:2] / sha256[2:]

    def read(self, sha256: str) -> bytes | None:
        """A file; None where it is not there, or is no longer what it was."""
        try:
            content = self.path(sha256).read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == sha256 else None

    def names(self) -> Iterator[str]:
        """Of all files that are there."""
        for path in self.folder.glob("??/*"):
            if _NAME.fullmatch(name := path.parent.name + path.name):
                yield name

    def sweep(self, named: Collection[str]) -> int:
        """Remove what nobody names, and what was on its way to a hub that is no more; how many. With `placing` held.

        Raises OSError.
        """
        gone = [self.path(name) for name in self.names() if name not in named]
        gone += self.folder.glob("??/*.new")
        left = [place for place in self.folder.glob(f"{INCOMING}*") if place != self._incoming]
        gone += [path for place in left for path in place.iterdir()]
        for path in gone:
            path.unlink(missing_ok=True)
        for place in left:
            place.rmdir()
        for place in {path.parent for path in gone} - set(left):
            sync_folder(place)
        return len(gone)


def _at_most(size: int, most: int) -> None:
    if size > most:
        raise TooLong


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
