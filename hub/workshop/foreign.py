"""Foreign files: which are taken (reliability.md, T13), and how hub and viewer speak of one."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, Literal

Media = Literal["pdf", "jpeg", "png"]
#: The first bytes of what is taken; all else is turned away unread.
MAGIC: dict[bytes, Media] = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}
MIME: dict[Media, str] = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
#: Bytes, points of a picture, pages of a PDF.
MOST_BYTES, MOST_PIXELS, MOST_PAGES = 10 * 1024 * 1024, 60_000_000, 200
#: Pages on which codes are looked for in one go.
AT_ONCE = 6
_HEAD = struct.Struct(">I")


class Unfit(Exception):
    """The file is not taken; the word says why."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a file is: its kind, its pages, the points of a picture, and what a PDF could do by itself."""

    media: Media
    pages: int = 1
    width: int = 0
    height: int = 0
    flags: tuple[str, ...] = ()


def media_of(head: bytes) -> Media | None:
    """What a file says it is with its first bytes."""
    return next((media for magic, media in MAGIC.items() if head.startswith(magic)), None)


def packed(facts: dict[str, Any]) -> bytes:
    """Facts before bytes, so that the other side knows where those begin."""
    text = json.dumps(facts).encode()
    return _HEAD.pack(len(text)) + text


def unpacked(frame: bytes) -> tuple[dict[str, Any], bytes]:
    """The facts and the bytes of a frame. Raises ValueError for what is no frame of ours."""
    if len(frame) < _HEAD.size:
        raise ValueError("no frame")
    end = _HEAD.size + _HEAD.unpack_from(frame)[0]
    facts = json.loads(frame[_HEAD.size : end])
    if not isinstance(facts, dict):
        raise ValueError("no facts")  # noqa: TRY004 (a frame that is none)
    return facts, frame[end:]
