"""A picture file as dots for the paper, `python -m hardware.logo FILE`: `ACROSS DOTS` on standard output.

Black where it is dark; what is clear or transparent stays white. In a process of its own, because a hub that draws
nothing else should not hold a library for drawing. Exit 3: the file is no picture that can be read.
"""

from __future__ import annotations

import base64
import sys
import zlib
from pathlib import Path

#: The most dots: the width of 58 mm paper, and two centimetres of its length.
WIDE, HIGH = 384, 160
_NO_PICTURE = 3


def main() -> int:
    """Read, draw, answer."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = 40_000_000
    try:
        with Image.open(Path(sys.argv[1])) as file:
            file.thumbnail((8 * WIDE, 8 * HIGH))
            clear = Image.new("RGBA", file.size, "white")
            clear.alpha_composite(file.convert("RGBA"))
    except (OSError, ValueError, Image.DecompressionBombError, SyntaxError) as problem:
        print(problem, file=sys.stderr)  # noqa: T201 (to whoever asked)
        return _NO_PICTURE
    grey = clear.convert("L")
    grey.thumbnail((WIDE, HIGH))
    across = (grey.width + 7) // 8
    whole = Image.new("L", (8 * across, grey.height), 255)
    whole.paste(grey, ((whole.width - grey.width) // 2, 0))
    dots = bytes(byte ^ 0xFF for byte in whole.convert("1").tobytes())
    print(across, base64.b64encode(zlib.compress(dots, 9)).decode())  # noqa: T201 (the answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
