"""The hub's side of the workshop: one process, started when there is something to draw.

It is killed and begun anew when it hangs or dies; a document on which a new one dies is given up. The caller's
thread waits, with others behind it: a page takes milliseconds.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from hub.errors import Refused
from hub.workshop.apart import Apart, Unanswered
from hub.workshop.frames import MOST_ASKED

DEADLINE_S = 10.0
IDLE_S = 300.0
#: So many papers that were drawn ahead wait to be asked for; a page has tens of kilobytes.
AHEAD = 8
#: What every layout may include.
_HOUSE = (Path(__file__).parent / "layouts" / "house.typ").read_text("utf-8")
#: A word over every page, before whatever the layout says of its pages; none of ours says what lies over them. An
#: artifact, as PDF/UA calls what is no part of the text: between the rows of a table over two pages it would be one.
_MARKED = """#set page(foreground: pdf.artifact({
  place(center + horizon, rotate(-38deg, text(size: 96pt, weight: "bold", fill: rgb("#b3421f24"))[MARK]))
  place(top + center, dy: 4mm, box(fill: rgb("#b3421f"), radius: 2pt, inset: (x: 12pt, y: 3pt),
    text(size: 11pt, weight: "bold", tracking: 0.3em, fill: white)[MARK]))
}))
"""


class NotDrawn(Refused):
    """The paper could not be laid out. What it says is recorded all the same: it can be asked for again."""

    code = "not_drawn"
    status = 503


class Workshop:
    """Draws documents in a process of its own. `mark`: a word over every page, whatever its layout (a school's)."""

    def __init__(self, *, deadline_s: float = DEADLINE_S, idle_s: float = IDLE_S, mark: str = "") -> None:
        self._mark = mark
        self._apart = Apart("hub.workshop", deadline_s, idle_s)
        self._ahead: OrderedDict[bytes, Future[bytes]] = OrderedDict()
        self._drawer = ThreadPoolExecutor(1, "workshop")

    @property
    def pid(self) -> int | None:
        """The process that is there now, if any."""
        return self._apart.pid

    def drawn(self, sources: Mapping[str, str], data: Mapping[str, Any], at_s: int) -> bytes:
        """The PDF of a layout (`main`, and the files it includes) filled with `data`, dated `at_s`. Raises NotDrawn."""
        asked = self._frame(sources, data, at_s)
        begun = self._ahead.pop(_digest(asked), None)
        return begun.result() if begun is not None else self._draw(asked)

    def draw_ahead(self, sources: Mapping[str, str], data: Mapping[str, Any], at_s: int) -> None:
        """Begin with what `drawn` will soon be asked; it also tells what went wrong. Of many the last ones stay."""
        asked = self._frame(sources, data, at_s)
        with suppress(RuntimeError):  # the workshop closes: nobody will ask
            self._ahead[_digest(asked)] = self._drawer.submit(self._draw, asked)
        while len(self._ahead) > AHEAD:
            with suppress(KeyError):  # somebody came for the last one
                self._ahead.popitem(last=False)

    def _frame(self, sources: Mapping[str, str], data: Mapping[str, Any], at_s: int) -> bytes:
        """What the process is sent: all of which the PDF is made, so that the same bytes give the same paper."""
        everything = {"house.typ": _HOUSE, **sources}
        if self._mark:
            everything["main"] = _MARKED.replace("MARK", self._mark) + everything["main"]
        return json.dumps({"sources": everything, "data": data, "at": at_s}, ensure_ascii=False).encode()

    def _draw(self, asked: bytes) -> bytes:
        if len(asked) > MOST_ASKED:
            raise NotDrawn(f"a document of {len(asked):,} bytes is more than the workshop takes")
        try:
            answer = self._apart.asked(asked)
        except Unanswered as error:
            raise NotDrawn(f"this paper could not be drawn: {error}") from error
        if answer[:1] != b"+":
            raise NotDrawn(f"this layout cannot be drawn: {answer[1:].decode(errors='replace')}")
        return answer[1:]

    def close(self) -> None:
        """End the process. May be called twice."""
        self._drawer.shutdown(wait=False, cancel_futures=True)
        self._apart.close()

    def __repr__(self) -> str:
        return f"<Workshop {self.pid or 'asleep'}>"


def _digest(asked: bytes) -> bytes:
    return hashlib.blake2b(asked, digest_size=16).digest()
