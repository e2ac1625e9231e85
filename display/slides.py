"""Pictures that take turns on a screen, from a folder of the box: posters, opening hours, what to bring.

The folder is looked into beside everything else, because it may be a medium that hangs; what a picture of the board
names is what was found last. The browser draws them: the hub hands on bytes, of a few kinds and sizes, and never by a
name that it has not found itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.settings import Settings

#: What is shown, by the end of its name.
KINDS: Mapping[str, str] = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
}  # fmt: skip
#: So many pictures of one screen, and none larger than this: a poster of 1920 lines is some hundred kilobytes.
MOST, LARGEST_BYTES = 24, 3_000_000
PICTURE_URL = "/display/pictures/{screen}/{number}?v={version}"


class Slides:
    """The pictures of every screen, as the last look found them."""

    def __init__(self, settings: Settings) -> None:
        self._folders = {
            screen.name: settings.path(screen.pictures)
            for screen in settings.displays
            if screen.layout == "pictures" and screen.pictures
        }
        self._found: dict[str, tuple[tuple[Path, str], ...]] = {}

    def look(self) -> bool:
        """Look into the folders; whether anything has changed."""
        found = {name: tuple(_pictures(folder)) for name, folder in self._folders.items()}
        changed, self._found = found != self._found, found
        return changed

    def addresses(self, screen: str) -> tuple[str, ...]:
        """Where the page finds the pictures of a screen, in their order."""
        return tuple(
            PICTURE_URL.format(screen=screen, number=number, version=version)
            for number, (_, version) in enumerate(self._found.get(screen, ()))
        )

    def picture(self, screen: str, number: int) -> tuple[Path, str] | None:
        """One picture and its kind, None where there is none."""
        found = self._found.get(screen, ())
        if not 0 <= number < len(found):
            return None
        path = found[number][0]
        return path, KINDS[path.suffix.lower()]

    def __repr__(self) -> str:
        return f"<Slides {sum(map(len, self._found.values()))}>"


def _pictures(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each picture with its version, by name; none where the folder is not there."""
    try:
        named = sorted(each for each in folder.iterdir() if each.suffix.lower() in KINDS and each.is_file())
        for path in named[:MOST]:
            there = path.stat()
            if there.st_size <= LARGEST_BYTES:
                yield path, f"{there.st_mtime_ns:x}"
    except OSError:
        return
