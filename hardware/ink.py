"""Lines of paper to the bytes that a printer takes (ESC/POS), and back to nothing else.

A job is complete in itself: a new escpos object, INIT, then the code page. python-escpos 3.1 keeps
its idea of the printer's code page over INIT, so a second job on one object prints accents as
garbage (upstream pull request 729, not released). Characters outside the code page would become
`?` in silence, so such a line is drawn as a picture; the number itself never needs that.
"""

from __future__ import annotations

import os
import shutil
import textwrap
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from hardware import lettering
from hub.paper import Align, Cut, Drawer, Feed, Line, Pair, Picture, Qr, Rule, Slip, Text

#: Dots of one character of the normal font: 12 wide, 24 high.
WIDE, HIGH = 12, 24
LARGEST = 8
#: How long a picture (a logo) may take on the line to the printer, seconds.
PICTURE_S = 0.5
#: The pin of the printer's socket that a till's drawer hangs on.
DRAWER_PIN = 2
#: Spaces that typography wants and code pages lack.
PLAIN = str.maketrans({"\u202f": "\u00a0", "\u2009": " ", "\u2011": "-", "\u2212": "-"})


def encode(slip: Slip, columns: int = 48, code_page: str = "CP1252") -> bytes:
    """The whole job, from INIT to its last line."""
    job = _Job(columns, code_page)
    for line in slip:
        job.add(line)
    return bytes(job.paper.output)


def wrap(line: Text, columns: int) -> list[str]:
    """The text in lines that fit the paper at its size; never an empty list, so that an empty text feeds."""
    return list(_wrapped(line.text, max(1, columns // min(line.size, LARGEST))))


@lru_cache(256)  # most of a ticket stands on every ticket
def _wrapped(words: str, width: int) -> tuple[str, ...]:
    text = unicodedata.normalize("NFC", words).translate(PLAIN)
    return tuple(part for row in text.split("\n") for part in (textwrap.wrap(row, width) or [""]))


def side_by_side(line: Pair, columns: int) -> str:
    """Both words on one line, the left one cut when they meet."""
    left = line.left.translate(PLAIN)[: max(0, columns - len(line.right) - 1)]
    return f"{left:<{columns - len(line.right)}}{line.right.translate(PLAIN)}"


def quick(slip: Slip, bytes_a_second: float) -> Slip:
    """The slip without pictures that a slow line would take too long for: the visitor waits for the number."""
    return tuple(
        line for line in slip if not (isinstance(line, Picture) and len(line.rows()) > PICTURE_S * bytes_a_second)
    )


def prepare() -> None:
    """Load escpos before the first visitor needs it: a quarter of a second on a small box."""
    encode((Text(""),))


class _Job:
    """One job being put together; its object dies with it."""

    def __init__(self, columns: int, code_page: str) -> None:
        self.columns = columns
        self.codec = code_page.lower()
        self.paper = _dummy_class()()
        self._style: tuple[Align, int, bool] | None = None
        self.paper.hw("INIT")
        self.paper.charcode(code_page)

    def add(self, line: Line) -> None:
        match line:
            case Text():
                for row in wrap(line, self.columns):
                    self._words(row, min(line.size, LARGEST), line.bold, line.align)
            case Pair():
                self._words(side_by_side(line, self.columns), 1, line.bold, "left")
            case Rule():
                self._words("-" * self.columns, 1, False, "left")
            case Feed():
                self.paper.print_and_feed(line.lines)
            case Qr():
                self._look("center", 1, False)
                self.paper.qr(line.data, size=line.size, native=True)
            case Picture():
                self._picture(line)
            case Cut():
                self.paper.cut()
            case Drawer():
                self.paper.cashdraw(DRAWER_PIN)

    def _words(self, row: str, size: int, bold: bool, align: Align) -> None:
        if (encoded := self._encoded(row)) is not None:
            self._look(align, size, bold)
            # text() would work out the code page's characters anew for each job, and look each one up
            self.paper._raw(encoded + b"\n")  # noqa: SLF001
        else:
            if align == "left" and lettering.is_right_to_left(row):
                align = "right"
            self._look(align, 1, False)
            image = lettering.drawn(row, HIGH * size, self.columns * WIDE, bold=bold)
            self._dots(int(image.width + 7) // 8, bytes(byte ^ 0xFF for byte in image.tobytes()))

    def _picture(self, line: Picture) -> None:
        if dots := line.rows():
            self._look("center", 1, False)
            self._dots(line.across, dots)

    def _dots(self, across: int, dots: bytes) -> None:
        """GS v 0: rows of black and white dots, eight to a byte, `across` bytes each. image() prints warnings."""
        down = len(dots) // across
        self.paper._raw(b"\x1dv0\x00" + across.to_bytes(2, "little") + down.to_bytes(2, "little") + dots)  # noqa: SLF001

    def _look(self, align: Align, size: int, bold: bool) -> None:
        """Tell the printer only what changes: at 9,600 baud every byte is a millisecond."""
        if (align, size, bold) != self._style:
            self._style = (align, size, bold)
            self.paper.set(align=align, bold=bold, custom_size=True, width=size, height=size)

    def _encoded(self, row: str) -> bytes | None:
        """In the printer's code page, as python knows it by the same name; None where a character is not in it."""
        try:
            return row.encode(self.codec)
        except UnicodeEncodeError:
            return None


@cache
def _dummy_class() -> Any:
    """Escpos's printer into memory. Its import leaves a folder in /tmp each time: swept up here."""
    from escpos import capabilities
    from escpos.printer.dummy import Dummy

    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    return Dummy


def rows(slip: Slip, columns: int = 48) -> Iterator[str]:
    """The slip as plain text, for a preview or a log."""
    for line in slip:
        match line:
            case Text():
                yield from wrap(line, columns)
            case Pair():
                yield side_by_side(line, columns)
            case Rule():
                yield "-" * columns
            case Qr():
                yield f"[qr {line.data}]"
            case Picture():
                yield "[picture]"
            case Feed():
                yield from [""] * line.lines
            case Cut():
                yield "[cut]"
            case Drawer():
                yield "[drawer]"
