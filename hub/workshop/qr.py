"""A QR as a picture of lines, for a layout to include."""

from __future__ import annotations

import re
from functools import lru_cache

import segno

#: A paper is drawn ahead and asked for a moment later, by the same words: its code is looked for once.
REMEMBERED = 64
_DARK = re.compile(rb"[^\0]+")


@lru_cache(REMEMBERED)
def qr_picture(text: str) -> str:
    """The SVG of a text.

    Its mask is fixed: choosing the best of eight takes 50 ms, and what we print looks like noise under any of them.
    Its lines are drawn here: segno's own writer looks at each of some five thousand modules, and takes four times as
    long as finding the code.
    """
    rows = segno.make(text, error="m", micro=False, mask=3).matrix
    lines = "".join(
        f"M{dark.start()} {y}.5h{dark.end() - dark.start()}"
        for y, row in enumerate(rows)
        for dark in _DARK.finditer(row)
    )
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}">'
        f'<path stroke="#000" fill="none" d="{lines}"/></svg>'
    )
