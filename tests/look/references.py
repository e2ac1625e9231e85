"""Reference pictures: how every public screen looked when somebody last reviewed it, and whether it still does.

A picture is kept as WebP, smaller than it is seen. What is compared are the mean colours of squares of `SQUARE`
dots, so that another way of drawing the edges of letters (another Chromium, another smoothing) is no difference, and a
word that was there, another colour or another place is one. `MBOTE_PICTURES=write` takes them anew
(reference/README.md).
"""

from __future__ import annotations

import io
import os
import tempfile
from itertools import product
from pathlib import Path

from PIL import Image, ImageChops

FOLDER = Path(__file__).parent / "reference"
#: Where the new picture and its differences are left when one is not as it was; beside nothing that is committed.
FOUND = Path(os.environ.get("MBOTE_PICTURES_FOUND") or Path(tempfile.gettempdir()) / "mbote-pictures")
SQUARE = 8
#: A square differs when one of its colours does by more than this of 255; so many of them are nobody's change.
COLOUR = 30
SQUARES = 6
QUALITY = 16
#: How large they are kept: wider ones than this smaller.
WIDE, OF_WIDE, OF_OTHERS = 700, 0.4, 0.6


def writes() -> bool:
    """Whether they are to be taken anew."""
    return os.environ.get("MBOTE_PICTURES") == "write"


def kept(name: str) -> Path:
    """Where the picture of that name lies."""
    return FOLDER / f"{name}.webp"


def small(picture: bytes) -> Image.Image:
    """A screenshot as it is kept."""
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    share = OF_WIDE if whole.width > WIDE else OF_OTHERS
    return whole.resize((round(whole.width * share), round(whole.height * share)), Image.Resampling.BOX)


def write(name: str, picture: bytes) -> None:
    """Keep it."""
    place = kept(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    small(picture).save(place, "WEBP", quality=QUALITY, method=6)


def differing(one: Image.Image, other: Image.Image) -> list[tuple[int, int]]:
    """The squares in which two pictures of one size differ, as (column, row), wherever within a dot one stands."""
    size = (max(1, one.width // SQUARE), max(1, one.height // SQUARE))
    mean, least = one.resize(size, Image.Resampling.BOX), None
    for right, down in product((-1, 0, 1), repeat=2):
        moved = ImageChops.offset(other, right, down).resize(size, Image.Resampling.BOX)
        red, green, blue = ImageChops.difference(mean, moved).split()
        most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
        least = most if least is None else ImageChops.darker(least, most)
    assert least is not None
    return [divmod(place, size[0])[::-1] for place, value in enumerate(least.tobytes()) if value > COLOUR]


def compare(name: str, picture: bytes) -> str:
    """What there is to say against it: ''; where it has changed, and where both lie to be looked at."""
    if writes():
        write(name, picture)
        return ""
    place = kept(name)
    if not place.is_file():
        return f"{name}: there is no reference picture; take it with MBOTE_PICTURES=write"
    now, before = small(picture), Image.open(place).convert("RGB")
    if now.size != before.size:
        return f"{name}: {now.size[0]}×{now.size[1]} instead of {before.size[0]}×{before.size[1]}"
    squares = differing(now, before)
    if len(squares) <= SQUARES:
        return ""
    left = FOUND / f"{name}.png"
    left.parent.mkdir(parents=True, exist_ok=True)
    side_by_side(before, now).save(left)
    places = [[each * SQUARE for each in axis] for axis in zip(*squares, strict=True)]
    where = f"from {min(places[0])}, {min(places[1])} to {max(places[0])}, {max(places[1])}"
    return f"{name}: {len(squares)} squares differ, {where}; before, now and what is between: {left}"


def side_by_side(before: Image.Image, now: Image.Image) -> Image.Image:
    """Three pictures in a row: before, now, and what is between them."""
    row = Image.new("RGB", (before.width * 3 + 40, before.height), "#888")
    for place, each in enumerate((before, now, ImageChops.invert(ImageChops.difference(before, now)))):
        row.paste(each, (place * (before.width + 20), 0))
    return row
