"""Paper as a value: a slip is a tuple of lines, and the printer only knows lines.

The same lines are compared in tests, drawn in previews and sent as ESC/POS. Widths count
characters of the printer's normal font (48 on 80 mm paper, 32 on 58 mm); a `size` of n makes a
character n times as wide and high.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words. The print loop wraps them at the paper's width."""

    text: str
    size: int = 1
    bold: bool = False
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Pair:
    """A word at the left edge and one at the right, on one line."""

    left: str
    right: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code, drawn by the printer itself. `size` is the module's width in dots, 1 to 16."""

    data: str
    size: int = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """Black dots in the middle of the paper: `across` bytes a row, eight dots each; `dots` is their zlib in base64."""

    across: int
    dots: str

    def rows(self) -> bytes:
        """The dots, a bit each, black ones set, row by row; whole rows, and none of what is no picture."""
        return _rows(self.across, self.dots)


@lru_cache(4)  # a logo stands on every ticket
def _rows(across: int, dots: str) -> bytes:
    try:
        found = zlib.decompress(base64.b64decode(dots, validate=True))
    except (ValueError, zlib.error):
        return b""
    return found[: len(found) - len(found) % across] if across > 0 else b""


@dataclass(frozen=True, slots=True)
class Cut:
    """Cut the paper: the end of a slip."""


@dataclass(frozen=True, slots=True)
class Drawer:
    """Open the cash drawer that hangs on this printer. Nothing is printed."""


Line = Text | Pair | Rule | Feed | Qr | Picture | Cut | Drawer
Slip = tuple[Line, ...]

_KINDS: dict[str, type] = {
    "text": Text, "pair": Pair, "rule": Rule, "feed": Feed, "qr": Qr, "picture": Picture, "cut": Cut, "drawer": Drawer,
}  # fmt: skip
_NAMES = {kind: name for name, kind in _KINDS.items()}


def slip_as_json(slip: Slip) -> list[dict[str, Any]]:
    """The slip as plain values, for a job's row or a journal."""
    return [{"line": _NAMES[type(line)]} | {f: getattr(line, f) for f in line.__slots__} for line in slip]


def slip_from_json(rows: list[dict[str, Any]]) -> Slip:
    """The slip again. Raises KeyError on a kind of line that does not exist, TypeError on a wrong field."""
    return tuple(_KINDS[row["line"]](**{k: v for k, v in row.items() if k != "line"}) for row in rows)


def of_school(slip: Slip, mark: str) -> Slip:
    """The same slip under the word of a hub for training; what prints nothing (a drawer) stays so."""
    if not mark or not any(isinstance(line, Cut) for line in slip):
        return slip
    return (Text(f"* {mark} *", size=2, bold=True, align="center"), *slip)


def duplicate(slip: Slip, copy: int, word: str = "DUPLICATA") -> Slip:
    """The same slip, marked at its head as copy number `copy` (1 for the first reprint)."""
    return (Text(f"*** {word} {copy} ***", bold=True, align="center"), *slip)
