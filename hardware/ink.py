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
from functools import cache
from pathlib import Path
from typing import Any

from hub.paper import Align, Cut, Drawer, Feed, Line, Pair, Qr, Rule, Slip, Text

#: Dots of one character of the normal font: 12 wide, 24 high.
WIDE, HIGH = 12, 24
LARGEST = 8
#: Fonts for lines outside the code page, the first that is there and has the letters.
FONTS = (
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
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
    width = max(1, columns // min(line.size, LARGEST))
    text = unicodedata.normalize("NFC", line.text).translate(PLAIN)
    return [part for row in text.split("\n") for part in (textwrap.wrap(row, width) or [""])]


def side_by_side(line: Pair, columns: int) -> str:
    """Both words on one line, the left one cut when they meet."""
    left = line.left.translate(PLAIN)[: max(0, columns - len(line.right) - 1)]
    return f"{left:<{columns - len(line.right)}}{line.right.translate(PLAIN)}"


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
            case Cut():
                self.paper.cut()
            case Drawer():
                self.paper.cashdraw(DRAWER_PIN)

    def _words(self, row: str, size: int, bold: bool, align: Align) -> None:
        if self._fits(row):
            self._look(align, size, bold)
            self.paper.text(f"{row}\n")
        else:
            self._look("left", 1, False)
            self.paper._raw(_raster(_picture(row, size, align, self.columns * WIDE)))  # noqa: SLF001  image() prints warnings

    def _look(self, align: Align, size: int, bold: bool) -> None:
        """Tell the printer only what changes: at 9,600 baud every byte is a millisecond."""
        if (align, size, bold) != self._style:
            self._style = (align, size, bold)
            self.paper.set(align=align, bold=bold, custom_size=True, width=size, height=size)

    def _fits(self, row: str) -> bool:
        try:
            row.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True


@cache
def _dummy_class() -> Any:
    """Escpos's printer into memory. Its import leaves a folder in /tmp each time: swept up here."""
    from escpos import capabilities
    from escpos.printer.dummy import Dummy

    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    return Dummy


def _raster(image: Any) -> bytes:
    """GS v 0: a picture of black and white dots, eight to a byte."""
    width, height = int(image.width + 7) // 8, int(image.height)
    dots = bytes(byte ^ 0xFF for byte in image.tobytes())
    return b"\x1dv0\x00" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + dots


def _picture(row: str, size: int, align: Align, width: int) -> Any:
    """The row as black on white, as wide as the paper. Shaping and direction are raqm's."""
    from PIL import Image, ImageDraw

    font = _font_for(row, HIGH * size)
    right_to_left = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in row)
    above = round(HIGH * size * 0.1)
    # some scripts reach further down than a line is high
    lowest = round(font.getbbox(row)[3])
    image = Image.new("1", (width, max(round(HIGH * size * 1.5), lowest + 2 * above)), 1)
    place = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
    if right_to_left and align == "left":
        place = 1.0
    left = max(0, round((width - font.getlength(row)) * place))
    ImageDraw.Draw(image).text((left, above), row, fill=0, font=font)
    return image


def _font_for(row: str, size: int) -> Any:
    """The first font with every letter of the row; the last one there when none has them all."""
    from PIL import ImageFont

    fonts = [ImageFont.truetype(path, size) for path in _fonts_here()]
    if not fonts:
        return ImageFont.load_default(size)
    return next((font for font in fonts if _has_all(font, row)), fonts[-1])


def _has_all(font: Any, row: str) -> bool:
    """Whether the font draws no letter as its box for missing ones."""
    box = bytes(font.getmask("\uffff"))
    return all(letter.isspace() or bytes(font.getmask(letter)) != box for letter in set(row))


@cache
def _fonts_here() -> tuple[str, ...]:
    return tuple(path for path in FONTS if Path(path).is_file())


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
            case Feed():
                yield from [""] * line.lines
            case Cut():
                yield "[cut]"
            case Drawer():
                yield "[drawer]"
