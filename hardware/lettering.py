"""Words that the printer has no letters for, drawn as a picture of dots: Arabic, Lingala's ɛ and ɔ, any other script.

The letters are those that all our screens have (hub/look), so that no box depends on what its system has installed.
They come in files of one script each: a row is cut into runs of one direction and one file, in the order in which
they stand on the paper. Shaping within a run is raqm's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from hub import paper

_OURS = Path(paper.__file__).parent / "look" / "static" / "vendor"
#: Files of letters, the first that is there and has the letter.
FONTS = (
    *(str(_OURS / f"noto-sans-{name}-wght-normal.woff2") for name in ("latin", "latin-ext", "arabic-arabic")),
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
RIGHT_TO_LEFT = {"R", "AL"}
#: A number is read from left to right among Arabic words too.
LEFT_TO_RIGHT = {"L", "EN", "AN"}
_NORMAL, _BOLD = 400, 700
#: A row too long for its paper is made smaller, but no smaller than this, dots.
_SMALLEST = 14


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a row with one direction and one file of letters."""

    text: str
    rtl: bool
    font: str


def is_right_to_left(row: str) -> bool:
    """Whether a row begins at its right end: its first letter says."""
    first = next((said for letter in row if (said := unicodedata.bidirectional(letter)) in {"L", *RIGHT_TO_LEFT}), "L")
    return first in RIGHT_TO_LEFT


def runs(row: str) -> list[Run]:
    """The parts of a row as they stand on the paper, from left to right."""
    parts: list[tuple[str, bool]] = []
    at = 0
    for rtl, group in groupby(_directions(row)):
        size = len(list(group))
        parts.append((row[at : at + size], rtl))
        at += size
    if is_right_to_left(row):
        parts.reverse()
    return [run for text, rtl in parts for run in _in_order(text, rtl)]


def _directions(row: str) -> list[bool]:
    """Of each letter whether it is read from right to left; signs go with their neighbours, else with the row."""
    base = is_right_to_left(row)
    said: list[bool | None] = []
    for letter in row:
        kind = unicodedata.bidirectional(letter)
        own = True if kind in RIGHT_TO_LEFT else False if kind in LEFT_TO_RIGHT else None
        said.append(said[-1] if kind == "NSM" and said else own)
    found: list[bool] = []
    for at, own in enumerate(said):
        if own is not None:
            found.append(own)
            continue
        before = found[-1] if found else base
        after = next((each for each in said[at:] if each is not None), base)
        found.append(before if before == after else base)
    return found


def _in_order(text: str, rtl: bool) -> list[Run]:
    """A run of one direction, cut where another file has the letters."""
    cut: list[Run] = []
    for letter in text:
        mark = unicodedata.combining(letter) or letter.isspace()
        font = cut[-1].font if cut and mark else _font_of(letter)
        if cut and cut[-1].font == font:
            cut[-1] = Run(cut[-1].text + letter, rtl, font)
        else:
            cut.append(Run(letter, rtl, font))
    return cut[::-1] if rtl else cut


@lru_cache(2_000)
def _font_of(letter: str) -> str:
    """The first file that has a letter; the first one there when none has it, '' when there are none."""
    there = _there()
    return next((path for path in there if _has(path, letter)), there[0] if there else "")


@cache
def _there() -> tuple[str, ...]:
    return tuple(path for path in FONTS if Path(path).is_file())


def _has(path: str, letter: str) -> bool:
    """Whether a file draws a letter otherwise than as its box for missing ones."""
    font = _font(path, 24, bold=False)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


@lru_cache(32)
def _font(path: str, size: int, *, bold: bool) -> Any:
    from PIL import ImageFont

    if not path:
        return ImageFont.load_default(size)
    font = ImageFont.truetype(path, size)
    with suppress(OSError):  # one that has one weight alone
        font.set_variation_by_axes([_BOLD if bold else _NORMAL])
    return font


def drawn(row: str, high: int, most: int, *, bold: bool = False) -> Any:
    """The row as black on white, letters `high` dots high or less where `most` dots across do not hold them.

    No wider than its ink, up to a whole byte of dots: a row of the paper's width takes a slow line seconds.
    """
    from PIL import Image, ImageDraw

    cut = runs(row)
    size = high
    while (across := sum(_widths(cut, size, bold=bold))) > most and size > _SMALLEST:
        size = max(_SMALLEST, min(size - 1, int(size * most / across)))
    above, below = _reach(cut, size, bold=bold)
    base = max(round(size * 1.1), above)
    image = Image.new("1", (max(8, -(-min(most, round(across)) // 8) * 8), max(round(size * 1.5), base + below)), 1)
    pen, at = ImageDraw.Draw(image), 0.0
    for run, width in zip(cut, _widths(cut, size, bold=bold), strict=True):
        pen.text((at, base), run.text, fill=0, font=_font(run.font, size, bold=bold), anchor="ls", **_towards(run))
        at += width
    return image


def _widths(cut: list[Run], size: int, *, bold: bool) -> Iterator[float]:
    return (_font(run.font, size, bold=bold).getlength(run.text, **_towards(run)) for run in cut)


def _reach(cut: list[Run], size: int, *, bold: bool) -> tuple[int, int]:
    """How far the letters go above their line and below it: some scripts reach further than a line is high."""
    boxes = [_font(run.font, size, bold=bold).getbbox(run.text, anchor="ls", **_towards(run)) for run in cut]
    return max((-round(box[1]) + 1 for box in boxes), default=0), max((round(box[3]) + 1 for box in boxes), default=0)


def _towards(run: Run) -> dict[str, Any]:
    """The direction, where the library can shape at all."""
    from PIL import features

    return {"direction": "rtl" if run.rtl else "ltr"} if features.check("raqm") else {}
