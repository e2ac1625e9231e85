"""Foreign files as pictures: what a confined process does with one PDF, JPEG or PNG (reliability.md, T13).

What a file says it is must be so from its first byte to its last: a picture with something behind its end is refused,
and so is a PDF that is locked. A PDF that could act by itself is told of in `flags`: nothing of ours ever lets it, a
page is shown as a picture drawn here, and a batch that was split has new PDFs that hold pages alone.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import typst
import zxingcpp
from PIL import Image, ImageOps

from hub.workshop.foreign import AT_ONCE, MOST_BYTES, MOST_PAGES, MOST_PIXELS, Look, Media, Unfit, media_of

#: A page as it is looked at on a screen: points across, and down for the longest side of a picture.
WIDTH, HEIGHT = 1240, 1754
#: A page on which only a code is looked for.
CODE_WIDTH = 900
#: A page that is only tried, across.
_TRIED = 40
#: What was packed in a PDF is unpacked up to so much, to see whether it could act by itself.
UNPACKED = 24 * 1024 * 1024
#: Marks of a JPEG: its end; a filling; those that have no length behind them.
_EOI, _FILL, _ALONE = 0xD9, 0xFF, frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
_NO_LETTERS = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False)
_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_PIECE = 1 << 16
_QUALITY = 80
#: Names in a PDF → what they would do.
_ACTS = {
    b"JavaScript": "javascript", b"JS": "javascript", b"Launch": "launch", b"EmbeddedFile": "embedded",
    b"EmbeddedFiles": "embedded", b"RichMedia": "embedded", b"SubmitForm": "submits", b"ImportData": "submits",
    b"XFA": "form",
}  # fmt: skip
_NAME = re.compile(rb"/((?:[A-Za-z]|#[0-9A-Fa-f]{2}){2,60})(?![A-Za-z0-9#])")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_COUNT = re.compile(rb"/Count\s+(\d{1,6})(?!\d)")
_STREAM = re.compile(rb"/(?:ObjStm|XRef)(?![A-Za-z]).{0,400}?stream\r?\n", re.DOTALL)
_END = re.compile(rb"%%EOF[\s\0]*\Z")
_SOURCES = {
    # arrays of numbers, for typst takes no file but text; a piece at a time, for each number costs it 32 bytes
    "whole.typ": "#let whole = range(int(sys.inputs.count)).map("
    'n => bytes(json(bytes(sys.inputs.at("p" + str(n)))))).sum()',
}
_SHOWN = """#import "whole.typ": whole
#set page(width: 595pt, height: 842pt, margin: 0pt, fill: white)
#for page in (PAGES,) { std.page(image(whole, format: "pdf", page: page, width: 595pt, height: 842pt, fit: "contain")) }
"""
_CUT = """#import "whole.typ": whole
#set page(width: 595pt, height: 842pt, margin: 0pt)
#set document(title: "…")
#for page in (PAGES,) { std.page(image(whole, format: "pdf", page: page, width: 595pt, height: 842pt, fit: "contain",
  alt: "…")) }
"""


def answer(asked: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """Do what is asked of a file: facts and bytes. Raises Unfit, or whatever a file can make a library raise."""
    media = media_of(content)
    if media is None:
        raise Unfit("not_allowed")
    what = asked["do"]
    if what == "look":
        return asdict(look(content, media)), b""
    if what == "page":
        return {}, page(content, media, int(asked["page"]))
    if what == "codes":
        return {"codes": [list(each) for each in codes(content, media, int(asked["first"]), int(asked["pages"]))]}, b""
    return {}, cut(content, [int(each) for each in asked["pages"]])


def look(content: bytes, media: Media) -> Look:
    """Read all of it, once."""
    if len(content) > MOST_BYTES:
        raise Unfit("too_large")
    return _look_pdf(content) if media == "pdf" else _look_picture(content, media)


def page(content: bytes, media: Media, number: int) -> bytes:
    """One page, counted from 1, as a JPEG for a screen."""
    if media == "pdf":
        (drawn,) = _drawn(content, [number], WIDTH)
        shown = Image.open(io.BytesIO(drawn), formats=("PNG",)).convert("RGB")
    else:
        shown = _small(content, media)
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def codes(content: bytes, media: Media, first: int, pages: int) -> Iterator[tuple[int, str]]:
    """Codes found from a page on, as (page, text); of a PDF at most `AT_ONCE` pages are looked at."""
    numbers = range(first, min(first + AT_ONCE, pages + 1))
    if media == "pdf":
        drawn = [
            Image.open(io.BytesIO(each), formats=("PNG",)).convert("L") for each in _drawn(content, numbers, CODE_WIDTH)
        ]
    else:
        drawn = [_small(content, media).convert("L")]
    for number, shown in zip(numbers, drawn, strict=False):
        for found in zxingcpp.read_barcodes(shown, formats=_QR):
            yield number, found.text[:200]


def cut(content: bytes, pages: list[int]) -> bytes:
    """A new PDF of those pages, in which nothing else of the old one is left."""
    return _typst(_CUT, content, pages, format="pdf", timestamp=0)[0]


# --- PDF ---------------------------------------------------------------------------------------


def _look_pdf(content: bytes) -> Look:
    if not _END.search(content, max(0, len(content) - 4096)):
        raise Unfit("damaged" if b"%%EOF" not in content[-4096:] else "behind_end")
    flags, pages, said = set[str](), 0, 0
    for text in (content, *_unpacked(content)):
        pages += len(_PAGE.findall(text))
        said = max(said, *map(int, _COUNT.findall(text)), 0)
        names = {_ESCAPED.sub(_unescape, found) for found in _NAME.findall(text)}
        if b"Encrypt" in names:
            raise Unfit("protected")
        flags |= {word for name, word in _ACTS.items() if name in names}
    return Look("pdf", _counted(content, pages, said), flags=tuple(sorted(flags)))


def _unescape(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])


def _unpacked(content: bytes) -> Iterator[bytes]:
    """What stands in packed lists of objects, as far as it can be unpacked."""
    left = UNPACKED
    for found in _STREAM.finditer(content):
        try:
            text = zlib.decompressobj().decompress(content[found.end() :], left)
        except zlib.error:
            continue
        left -= len(text)
        yield text
        if left <= 0:
            raise Unfit("too_heavy")


def _counted(content: bytes, found: int, said: int) -> int:
    """How many pages there are. What was found and what the PDF says is believed where they agree; else it is tried."""
    if max(found, said) > MOST_PAGES:
        raise Unfit("too_many_pages")
    if found == said > 0 and _there(content, 1, found, width=WIDTH):
        return found
    known, missing = 1, MOST_PAGES + 1
    _drawn(content, [1], WIDTH)
    if _there(content, missing):
        raise Unfit("too_many_pages")
    while missing - known > 1:
        middle = (known + missing) // 2
        known, missing = (middle, missing) if _there(content, middle) else (known, middle)
    return known


def _there(content: bytes, *pages: int, width: int = _TRIED) -> bool:
    try:
        _drawn(content, pages, width)
    except typst.TypstError as error:
        if "does not exist" in str(error):
            return False
        raise
    return True


def _drawn(content: bytes, pages: Any, width: int) -> list[bytes]:
    return _typst(_SHOWN, content, pages, format="png", ppi=width / 595 * 72)


def _typst(main: str, content: bytes, pages: Any, **how: Any) -> list[bytes]:
    pieces = [content[at : at + _PIECE] for at in range(0, len(content), _PIECE)]
    inputs = {f"p{n}": str(list(piece)) for n, piece in enumerate(pieces)} | {"count": str(len(pieces))}
    sources = _SOURCES | {"main": main.replace("PAGES", ", ".join(str(int(each)) for each in pages))}
    files: Any = {name: text.encode() for name, text in sources.items()}  # its stub knows of one file only
    compiler = typst.Compiler(files, font_paths=_NO_LETTERS, ignore_system_fonts=True, sys_inputs=inputs)
    made: Any = compiler.compile(**how)
    return made if isinstance(made, list) else [made]


# --- pictures ----------------------------------------------------------------------------------


def _look_picture(content: bytes, media: Media) -> Look:
    end = _end_of_jpeg(content) if media == "jpeg" else _end_of_png(content)
    if content[end:].strip(b"\0\r\n\t "):
        raise Unfit("behind_end")
    shown = _opened(content, media)
    width, height = shown.size
    _small(content, media)  # what is kept can also be shown
    return Look(media, 1, width, height)


def _opened(content: bytes, media: Media) -> Image.Image:
    shown = Image.open(io.BytesIO(content), formats=(media.upper(),))
    if shown.size[0] * shown.size[1] > MOST_PIXELS:
        raise Unfit("too_many_pixels")
    return shown


def _smaller(shown: Image.Image) -> Image.Image:
    """A JPEG is decoded no larger than it is shown."""
    shown.draft("RGB" if shown.mode != "L" else "L", (WIDTH, HEIGHT))
    return shown


def _small(content: bytes, media: Media) -> Image.Image:
    shown = _smaller(_opened(content, media))
    shown.load()
    if shown.mode in ("RGBA", "LA", "P", "PA", "I;16", "I", "F"):
        shown.thumbnail((WIDTH, HEIGHT))
        white = Image.new("RGBA", shown.size, "white")
        shown = Image.alpha_composite(white, shown.convert("RGBA")).convert("RGB")
    elif shown.mode not in ("RGB", "L"):
        shown = shown.convert("RGB" if shown.mode != "1" else "L")
    shown.thumbnail((WIDTH, HEIGHT))
    return ImageOps.exif_transpose(shown)


def _end_of_png(content: bytes) -> int:
    """Where its last part ends. Raises Unfit where it has none."""
    at = 8
    while at + 12 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at
    raise Unfit("damaged")


def _end_of_jpeg(content: bytes) -> int:
    """Where its last picture ends: a camera may put a second one behind the first. Raises Unfit where it has none."""
    at = 0
    while content.startswith(b"\xff\xd8\xff", at):
        at = _end_of_scan(content, at + 2)
    return at


def _end_of_scan(content: bytes, at: int) -> int:
    """Where a JPEG ends whose first marker after its beginning is at or behind `at`."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 2 <= len(content):
        marker = content[at + 1]
        if marker == _EOI:
            return at + 2
        if marker == _FILL:
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4])
    raise Unfit("damaged")


def tried() -> None:
    """Make and read one picture of each kind: in a child that is confined nothing can be loaded any more."""
    for kind in ("PNG", "JPEG"):
        out = io.BytesIO()
        Image.new("L", (8, 8)).save(out, kind)
        Image.open(io.BytesIO(out.getvalue()), formats=(kind,)).load()
