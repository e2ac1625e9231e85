"""Lines to bytes: what the printer is sent."""

from __future__ import annotations

import pytest

from hardware.escpos_reader import Drawn, Reader
from hardware.ink import encode, rows, side_by_side, wrap
from hub.paper import Cut, Drawer, Pair, Qr, Rule, Text
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
    assert picture.width == 576
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
