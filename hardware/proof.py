"""A slip as it will look: `python -m hardware.proof COLUMNS CODE_PAGE`, lines (JSON) in, a PNG out.

The lines go the whole way: to the bytes that a printer is sent, and back by the eye of the printer emulator. So what
is seen is what the paper has, wrapped, cut and drawn as it is there. One dot of the head is one of the picture.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

from hardware.escpos_reader import Drawn, Reader
from hardware.ink import HIGH, WIDE, encode
from hardware.lettering import FONTS
from hub.paper import Slip, slip_from_json

#: What the head leaves white on each side, and what is between two lines of the normal font, dots.
MARGIN, BETWEEN = 16, 6


def main() -> int:
    """Read, print, look."""
    slip = slip_from_json(json.load(sys.stdin))
    sys.stdout.buffer.write(png(slip, int(sys.argv[1]), sys.argv[2]))
    return 0


def png(slip: Slip, columns: int, code_page: str = "CP1252") -> bytes:
    """The paper, as a picture."""
    from PIL import Image

    lines = [_line(each, columns * WIDE) for each in Reader().feed(encode(slip, columns, code_page))]
    paper = Image.new("1", (columns * WIDE + 2 * MARGIN, sum(each.height for each in lines) + 2 * MARGIN), 1)
    down = MARGIN
    for each in lines:
        paper.paste(each, (MARGIN, down))
        down += each.height
    last = paper.convert("L").point(lambda dot: 255 - dot).getbbox()
    paper = paper.crop((0, 0, paper.width, min(paper.height, (last[3] if last else 0) + 3 * MARGIN)))
    out = io.BytesIO()
    paper.save(out, "PNG", optimize=True)
    return out.getvalue()


def _line(line: Drawn, wide: int) -> Any:
    """One line of the paper, as wide as its head."""
    from PIL import Image

    match line.kind:
        case "text":
            picture = _letters(line)
        case "image":
            picture = Image.frombytes("1", (line.width, line.height), bytes(byte ^ 0xFF for byte in line.dots))
        case "qr":
            picture = _qr(line)
        case _:
            return Image.new("1", (wide, (HIGH + BETWEEN) * line.height if line.kind == "feed" else 2 * HIGH), 1)
    whole = Image.new("1", (wide, picture.height + (BETWEEN if line.kind != "image" else 0)), 1)
    left = {"left": 0, "center": (wide - picture.width) // 2, "right": wide - picture.width}[line.align]
    whole.paste(picture, (left, 0))
    return whole


def _letters(line: Drawn) -> Any:
    """Each letter in its cell, as the printer's own font stands."""
    from PIL import Image, ImageDraw, ImageFont

    across, down = WIDE * line.width, HIGH * line.height
    font = ImageFont.truetype(FONTS[0], round(down * 0.8))
    font.set_variation_by_axes([700 if line.bold else 400])
    picture = Image.new("1", (max(1, across * len(line.text)), down), 1)
    pen = ImageDraw.Draw(picture)
    for place, letter in enumerate(line.text):
        pen.text((across * (place + 0.5), down * 0.8), letter, fill=0, font=font, anchor="ms")
    return picture


def _qr(line: Drawn) -> Any:
    import qrcode

    code = qrcode.QRCode(border=0, box_size=line.width)
    code.add_data(line.text)
    code.make()
    return code.make_image().get_image().convert("1")


if __name__ == "__main__":
    sys.exit(main())
