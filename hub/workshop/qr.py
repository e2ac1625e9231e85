"""A QR as a picture of lines, for a layout to include."""

from __future__ import annotations

import io

import segno


def qr_picture(text: str) -> str:
    """The SVG of a text.

    Its mask is fixed: choosing the best of eight takes 50 ms, and what we print looks like noise under any of them.
    """
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False, mask=3).save(drawn, kind="svg", border=0, xmldecl=False, svgns=True)
    return drawn.getvalue().decode()
