"""A place where backups go: a folder of a stick, a disk or another host, and in it one folder for each agency.

The agency's folder is made by hand, once (`mbote backup PLACE`): a mount point without its medium is an empty
folder of the card itself, and nothing may ever fill that up.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from hub.backup.piece import SUFFIX, UNFINISHED, BadPiece, Piece, read_header
from hub.disk import sync_folder

#: What is left free: other things live on a medium, too.
SPARE_BYTES = 8 * 1024 * 1024
README = "README.txt"
CLAIM = ".restored"
_READ_ME = """\
Backups of the agency {agency}, made by Mbote. Do not rename or edit anything here.

Each *.mbote file is 1,024 bytes of plain header and then age cipher text, which only the holder of the
private key can open. On a new box:

    mbote restore {folder} --identity KEYFILE

By hand: tail -c +1025 FILE | age -d -i KEYFILE | gunzip
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a place: pieces that can be trusted to be what they say, and what is wrong with the others."""

    pieces: tuple[Piece, ...]
    problems: tuple[str, ...]


class Place:
    """One agency's folder in one place."""

    def __init__(self, path: Path, agency: str) -> None:
        self.path = path
        self.agency = agency
        self.folder = path / f"mbote-{agency}"
        self._headers: dict[Path, tuple[int, Piece]] = {}

    def __repr__(self) -> str:
        return f"<Place {self.path}>"

    @property
    def there(self) -> bool:
        """Whether the medium is in, and was prepared."""
        return (self.folder / README).is_file()

    def prepare(self) -> None:
        """Make the agency's folder. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / README).write_text(_READ_ME.format(agency=self.agency, folder=self.path), "utf-8")
        sync_folder(self.folder)

    def look(self) -> Found:
        """All pieces. A header is read once as long as its file stays the same. Raises OSError."""
        pieces, problems = [], []
        seen: dict[Path, tuple[int, Piece]] = {}
        for path in sorted(self.folder.glob(f"*/*{SUFFIX}")):
            changed = path.stat().st_mtime_ns
            held = self._headers.get(path)
            try:
                piece = held[1] if held and held[0] == changed else Piece(path, read_header(path))
            except BadPiece as bad:
                problems.append(str(bad))
                continue
            seen[path] = (changed, piece)
            if piece.header.agency == self.agency:
                pieces.append(piece)
        self._headers = seen
        return Found(tuple(pieces), tuple(problems))

    def has_room(self, size: int) -> bool:
        """Whether so many bytes fit. Raises OSError."""
        return shutil.disk_usage(self.folder).free >= size + SPARE_BYTES

    def claimed(self) -> int:
        """The highest epoch that a restore from here has begun; 0 without one. Raises OSError."""
        names = (found.stem.removeprefix("epoch-") for found in self.folder.glob(f"epoch-*{CLAIM}"))
        return max((int(name) for name in names if name.isdigit()), default=0)

    def claim(self, epoch: int) -> None:
        """Leave word that a restore begins this epoch, so that another one does not. Raises OSError."""
        (self.folder / f"epoch-{epoch:06d}{CLAIM}").touch()
        sync_folder(self.folder)

    def sweep(self) -> None:
        """Remove what an interrupted writer left. Raises OSError."""
        for pattern in (f"*/*{UNFINISHED}", f"files/*/*/*{UNFINISHED}"):
            for left in self.folder.glob(pattern):
                left.unlink(missing_ok=True)

    def delete(self, pieces: list[Piece]) -> None:
        """Remove pieces, and folders that become empty. Raises OSError."""
        for piece in pieces:
            piece.path.unlink(missing_ok=True)
        for folder in {piece.path.parent for piece in pieces}:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def agencies(path: Path) -> list[str]:
    """The agencies whose backups lie in a place."""
    return sorted(found.parent.name.removeprefix("mbote-") for found in path.glob(f"mbote-*/{README}"))
