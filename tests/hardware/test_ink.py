"""Lines to bytes: what the printer is sent."""

from __future__ import annotations

import base64
import zlib

import pytest
from escpos.printer.dummy import Dummy

from hardware.escpos_reader import Drawn, Reader
from hardware.ink import encode, quick, rows, side_by_side, wrap
from hub.paper import Cut, Drawer, Pair, Picture, Qr, Rule, Text
from tests.hardware.conftest import TICKET

pytestmark = pytest.mark.slow  # real files, sockets or processes

INIT_AND_PAGE = b"\x1b@\x1bt\x10"


def read(data: bytes) -> list[Drawn]:
    return Reader().feed(data)


def test_each_of_two_jobs_sets_its_code_page():
    """python-escpos 3.1 forgets ESC t in the second job of one object; each job of ours has an object of its own."""
    first, second = encode(TICKET), encode(TICKET)
    assert first == second
    assert second.startswith(INIT_AND_PAGE)
    assert "Dépôt de pièces : œuvre, 5 €".encode("cp1252") in second


def test_what_is_sent_is_what_is_read_back():
    drawn = read(encode(TICKET))
    assert drawn[0] == Drawn("text", "Caisse nationale de sécurité sociale", align="center")
    assert Drawn("text", "D001", 8, 8, bold=True, align="center") in drawn
    assert Drawn("text", "23/11/2026" + " " * 33 + "08:00") in drawn
    assert Drawn("qr", "http://127.0.0.1:8080/follow/k3x9q2ab", 6, 6, align="center") in drawn
    assert drawn[-1] == Drawn("cut")


def test_bytes_may_come_one_by_one():
    reader = Reader()
    drawn = [line for byte in encode(TICKET) for line in reader.feed(bytes([byte]))]
    assert drawn == read(encode(TICKET))


@pytest.mark.parametrize("word", ["mɔ́kɔ́", "تذكرة", "Kɛ́"])
def test_letters_outside_the_code_page_are_drawn_as_a_picture(word):
    picture, _cut = read(encode((Text(word), Cut())))[0], None
    assert picture.kind == "image"
    assert picture.width < 200, "no wider than its words: a slow line waits for each row"
    assert any(picture.dots), "the picture is empty"


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("words", ["عدد الأشخاص قبلك: 7", "الشباك 08، ملفك هناك", "ɛ ɔ Lingála"])
def test_no_letter_of_a_picture_is_cut_at_its_foot_or_head(words, size):
    (drawn,) = [each for each in Reader().feed(encode((Text(words, size=size),))) if each.kind == "image"]
    across = drawn.width // 8
    dots = [drawn.dots[row * across : (row + 1) * across] for row in range(drawn.height)]
    assert any(map(any, dots)), "something is drawn"
    assert not any(dots[0])
    assert not any(dots[-1])


def test_a_narrow_no_break_space_is_no_reason_for_a_picture():
    assert [line.kind for line in read(encode((Text("Que faire\u202f?"),)))] == ["text"]


@pytest.mark.parametrize(
    "page", ["CP437", "CP850", "CP858", "CP860", "CP863", "CP1252", "ISO_8859-15", "CP864", "CP1251"]
)
def test_words_are_in_the_bytes_of_the_printer_s_code_page(page):
    """Ours are python's codec of that name: the library's own table says the same of every letter."""
    words = bytes(range(0xA0, 0x100)).decode("latin-1") + "œŒ€—’ابتЖ"
    known = "".join(letter for letter in words if letter.encode(page, "ignore")).replace("\xa0", "").replace("\xad", "")
    paper = Dummy()
    paper.charcode(page)
    before = len(paper.output)
    paper.text(known)
    assert len(known) > 8
    assert bytes(paper.output)[before:] in encode((Text(known),), columns=500, code_page=page)


def test_text_is_wrapped_at_its_size():
    assert wrap(Text("un deux trois", size=8), 48) == ["un", "deux", "trois"]
    assert wrap(Text("", size=1), 48) == [""]
    assert all(len(row) <= 32 for row in wrap(Text("mot " * 40), 32))


def test_two_words_share_a_line_and_the_left_one_gives_way():
    assert side_by_side(Pair("a" * 60, "08:00"), 48) == "a" * 42 + " 08:00"


def test_a_preview_has_the_same_rows():
    assert list(rows((Text("Bonjour"), Rule(), Qr("x"), Cut()), 10)) == ["Bonjour", "----------", "[qr x]", "[cut]"]


def test_the_drawer_s_pulse_puts_nothing_on_the_paper():
    reader, job = Reader(), encode((Drawer(), Text("C01")))
    drawn = [line for byte in job for line in reader.feed(bytes([byte]))]
    assert (reader.pulses, [line.text for line in drawn]) == (1, ["C01"])
    assert list(rows((Drawer(),))) == ["[drawer]"]


def test_an_accent_without_code_page_is_seen_to_be_wrong():
    """The reader's own guard: without ESC t the byte of é is another letter."""
    assert read(b"\x1b@\xe9\n")[0].text != "é"


def dots_of(picture):
    """The rows of a picture, a string of # and . each."""
    across = picture.width // 8
    rows_ = (picture.dots[at : at + across] for at in range(0, len(picture.dots), across))
    return ["".join(f"{byte:08b}" for byte in row).replace("1", "#").replace("0", ".") for row in rows_]


@pytest.mark.parametrize(("line", "align"), [
    (Text("رقم التذكرة"), "right"), (Text("رقم", align="center"), "center"), (Text("Mbɔ́tɛ"), "left"),
])  # fmt: skip
def test_arabic_begins_at_the_right_of_the_paper(line, align):
    assert read(encode((line,)))[0].align == align


@pytest.mark.parametrize("columns", [32, 48])
def test_a_row_of_pictured_words_never_leaves_the_paper_or_marks_its_edge(columns):
    long = "أمامك اثنا عشر شخصا والانتظار المقدر من عشرين إلى خمس وثلاثين دقيقة " * 2
    pictures = read(encode((Text(long, bold=True), Text("WWWWWWWɛWWWWWWWɛWWWWWWWWɛW")), columns))
    assert all(each.kind == "image" and each.width <= 12 * columns for each in pictures)
    for each in pictures:
        edge = {row[-1] for row in dots_of(each)}
        assert edge == {"."} or each.width == 12 * columns, "what fills a byte up is white"


def test_a_picture_is_printed_in_the_middle_and_left_out_where_the_line_is_slow():
    rows_ = bytes([0xF0, 0x0F]) * 40
    logo = Picture(2, base64.b64encode(zlib.compress(rows_)).decode())
    [drawn, *_] = read(encode((logo, Text("D001"))))
    assert (drawn.kind, drawn.width, drawn.height, drawn.align, drawn.dots) == ("image", 16, 40, "center", rows_)
    large = Picture(48, base64.b64encode(zlib.compress(bytes(48 * 100))).decode())
    slip = (logo, large, Text("D001"))
    assert quick(slip, 960) == (logo, Text("D001"))
    assert quick(slip, 1_000_000) == slip


@pytest.mark.parametrize("dots", ["", "no base64 at all", "AAAA"])
def test_dots_that_are_no_picture_cost_the_picture_and_not_the_ticket(dots):
    assert [each.kind for each in read(encode((Picture(4, dots), Text("D001"))))] == ["text"]
