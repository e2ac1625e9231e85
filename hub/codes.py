"""What a scanner types: one code, read off a paper or a card. Pure; kiosk and hub read it alike.

Whatever else somebody holds under it (a product, an address, a page of text) is a code as well: it is only read here,
and known or not by those who keep such papers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.errors import Unreadable

#: A certificate's signed statement has some 450 letters; nothing of ours has more than this.
LONGEST = 1_000
SHORTEST = 5
#: Of what is carried from the scanner to the visit: a label or a number, never a whole statement.
CARRIED = 64
#: Which kind of code it was, as some scanners type before it: `]Q1` is a QR (ISO/IEC 15424).
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
#: `REQ-2026-000123`, as `hub.series.label` makes them; `2026/000412`, as the register of deposits does (B.4).
_LABEL = re.compile(r"[A-Z]{2,4}-\d{4}-\d{6}|\d{4}/\d{6}")
#: The letters of a ticket's follow-up code, which are not taken for one another: 40 bits in eight of them.
TOKEN_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # noqa: S105 (an alphabet)
TOKEN_LENGTH = 8
#: The same as it stands on paper or is typed in two halves, or behind an address that a telephone opens.
_TOKEN = re.compile(rf"(?:HTTPS?://\S+/)?([{TOKEN_LETTERS}]{{4}})[ -]?([{TOKEN_LETTERS}]{{4}})")
#: A matricule, or an employer's number (requirements C: numbers are opaque, 5 to 12 digits and letters).
_NUMBER = re.compile(r"(?=[A-Z]*\d)[0-9A-Z]{5,12}")


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it is looked up: its text, and whether it has the look of a paper's label or of somebody's number."""

    text: str
    label: bool
    number: bool

    @property
    def carried(self) -> str:
        """What a ticket may carry of it; nothing of what is none of ours."""
        return self.text if self.label or self.number else ""

    @property
    def token(self) -> str:
        """The follow-up code in it; '' where it cannot be one."""
        return token(self.text)


def token(text: str) -> str:
    """The follow-up code in a text: bare, in two halves, or at the end of an address; '' where there is none."""
    found = _TOKEN.fullmatch(text.strip().upper()) if len(text) <= LONGEST else None
    return found[1] + found[2] if found else ""


def in_halves(code: str) -> str:
    """A follow-up code as people read and type it: `K7M2 P9QR`."""
    return f"{code[: TOKEN_LENGTH // 2]} {code[TOKEN_LENGTH // 2 :]}".strip()


def read(typed: str) -> Code:
    """The code that was typed. Raises Unreadable for what is none: control characters, too short, too long."""
    found = _SYMBOLOGY.match(typed)
    text = typed[found.end() if found else 0 :].strip().upper()
    if not len(text) >= SHORTEST or len(typed) > LONGEST or not typed.isprintable() or not typed.isascii():
        raise Unreadable("this is no code that can be read", code="scan_unreadable", field="code")
    return Code(text, bool(_LABEL.fullmatch(text)), bool(_NUMBER.fullmatch(text)))
