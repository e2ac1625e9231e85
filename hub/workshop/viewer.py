"""The hub's side of looking into foreign files: none of them is ever decoded in the hub's own process (T13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.errors import Refused
from hub.workshop.apart import Apart, Unanswered
from hub.workshop.foreign import MOST_BYTES, Look, media_of, packed, unpacked

#: Of the clock, for one file; of a processor's time it has less (`viewing.CPU_S`, T13).
DEADLINE_S = 20.0
IDLE_S = 300.0


class NotTaken(Refused):
    """A file that is not taken; its code, `scan_damaged` or the like, says why."""

    code = "scan_damaged"
    status = 422

    def __init__(self, word: str) -> None:
        super().__init__(f"this file is not taken: {word}", code=f"scan_{word}")


class NotShown(Refused):
    """The viewer is busy or cannot be started: nothing is said against the file."""

    code = "not_shown"
    status = 503


class Viewer:
    """Looks into files, one after the other, each in a process of its own."""

    def __init__(self, *, deadline_s: float = DEADLINE_S, idle_s: float = IDLE_S) -> None:
        # the process that begins the others answers for them: it waits a little longer than they may take
        self._apart = Apart("hub.workshop.viewing", deadline_s, idle_s, patience_s=deadline_s + 1)

    @property
    def pid(self) -> int | None:
        """The process that is there now, if any."""
        return self._apart.pid

    def look(self, content: bytes) -> Look:
        """What a file is, read to its end. Raises NotTaken, NotShown."""
        if len(content) > MOST_BYTES:
            raise NotTaken("too_large")
        if media_of(content) is None:
            raise NotTaken("not_allowed")
        said, _ = self._asked({"do": "look"}, content)
        return Look(**said | {"flags": tuple(said["flags"])})

    def page(self, content: bytes, number: int) -> bytes:
        """One page, counted from 1, as a JPEG. Raises NotTaken, NotShown."""
        return self._asked({"do": "page", "page": number}, content)[1]

    def codes(self, content: bytes, first: int, pages: int) -> list[tuple[int, str]]:
        """QR codes on the next few of so many pages: (page, text). Raises NotTaken, NotShown."""
        said, _ = self._asked({"do": "codes", "first": first, "pages": pages}, content)
        return [(int(page), str(text)) for page, text in said["codes"]]

    def cut(self, content: bytes, pages: Sequence[int]) -> bytes:
        """A new PDF of some pages of a PDF. Raises NotTaken, NotShown."""
        return self._asked({"do": "cut", "pages": list(pages)}, content)[1]

    def _asked(self, what: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
        try:
            said, found = unpacked(self._apart.asked(packed(what), content))
        except (Unanswered, ValueError) as error:
            raise NotShown(f"the viewer does not answer: {error}") from error
        if "unfit" in said:
            raise NotTaken(str(said["unfit"]))
        return said, found

    def close(self) -> None:
        """End the process. May be called twice."""
        self._apart.close()

    def __repr__(self) -> str:
        return f"<Viewer {self.pid or 'asleep'}>"
