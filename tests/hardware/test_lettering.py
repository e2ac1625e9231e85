"""Rows of several scripts, in the order in which they stand on the paper."""

import pytest

from hardware import lettering
from hardware.lettering import drawn, is_right_to_left, runs


def order(row):
    return [run.text for run in runs(row)]


@pytest.mark.parametrize(
    ("row", "from_left"),
    [
        ("رقم 12", ["12", "رقم "]),
        ("من 20 إلى 35", ["35", "إلى ", "20", "من "]),
        ("التذكرة K1-007 هنا", ["هنا", "K1-007", "التذكرة "]),
        ("D014 : رقم", ["D014 : ", "رقم"]),
    ],
)
def test_numbers_are_read_from_the_left_among_arabic_words(row, from_left):
    assert [text.strip() for text in order(row) if text.strip()] == [text.strip() for text in from_left]


def test_the_first_letter_says_where_a_row_begins():
    assert [is_right_to_left(row) for row in ("رقم 12", "12 رقم", "D014 رقم", "", "12")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_an_accent_stays_on_its_letter_whatever_file_has_it():
    assert "".join(order("Mbɔ́tɛ")) == "Mbɔ́tɛ"
    assert any(run.text == "ɔ́" for run in runs("Mbɔ́tɛ"))


@pytest.mark.parametrize("row", ["رقم التذكرة، 12؟", "Kɛ́ tala ŋanga", "Ñandú – œuvre « ici » 5 €"])
def test_our_own_letters_are_enough_for_every_language_of_the_kiosk(row):
    """No box depends on the fonts of its system."""
    ours = str(lettering._OURS)
    assert {run.font for run in runs(row) if not run.font.startswith(ours)} == set()


def test_what_is_too_wide_is_made_smaller_and_bold_is_bolder():
    row = "إيداع الوثائق"
    plain, bold, narrow = drawn(row, 24, 576), drawn(row, 24, 576, bold=True), drawn(row, 24, 100)
    ink = [image.tobytes().count(b"\xff") / (image.width * image.height) for image in (plain, bold)]
    assert ink[1] < ink[0], "more of it is black"
    assert narrow.width <= 104
    assert narrow.height < plain.height
    assert plain.width % 8 == 0


def test_letters_that_reach_far_down_are_not_cut_off():
    image = drawn("ـِـٍجٍحِ gjpq", 24, 576).convert("L").point(lambda dot: 255 - dot)
    _, top, _, bottom = image.getbbox()
    assert top > 0
    assert bottom < image.height
