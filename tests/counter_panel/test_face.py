"""What the number display and the lamps show, as a table."""

import pytest

from counter_panel.face import Known, Shown, fitted, refusal, shown
from hub.say import words
from tests.look.pictures import calling, face, serving

WORDS = words("fr", "panel")


def lit(text, *lamps, blinks=False):
    return Shown(text, blinks, frozenset(lamps))


TABLE = [
    (Known(face(), away=False), lit("7", "free")),
    (Known(face(waiting=0), away=False), lit("--", "free")),
    (Known(calling(), away=False), lit("D002", "calling", blinks=True)),
    (Known(serving(), away=False), lit("D002", "serving")),
    (Known(face(state="paused"), away=False), lit("PAUS")),
    (Known(face(state="closed"), away=False), lit("FERM")),
    (Known(), lit("LIEN", "fault")),
    (Known(serving(), away=True), lit("LIEN", "fault")),  # what was known is not shown as if it were
    (Known(code="ABCD-2345"), lit("ABCD2345", "fault")),
    (Known(None, away=False), lit("----")),
    (Known(face(), away=False, stuck=True), lit("7", "free", "fault")),
    (Known(face(state="closed"), away=False, flash="open"), lit("OUVR")),
    (Known(face(), away=False, flash="nobody"), lit("--", "free")),
    (Known(calling(), away=False, flash="wait"), lit("ATT", "calling")),
    (Known(calling(), away=False, flash="unknown"), lit("????", "calling", "fault")),
]


@pytest.mark.parametrize(("known", "expected"), TABLE)
def test_the_panel_shows_what_it_knows(known, expected):
    assert shown(known, WORDS) == expected


def test_half_a_code_is_none():
    assert shown(Known(code="ABCD-2345"), WORDS, 4) == lit("LIEN", "fault")


@pytest.mark.parametrize(
    ("label", "width", "text"),
    [
        ("D002", 4, "D002"), ("D002", 8, "D002"), ("K1-007", 8, "K1-007"), ("K1-007", 5, "K1007"),
        ("K1-007", 4, "K1-7"), ("K1-107", 4, "1107"), ("1234567", 4, "4567"), ("2", 4, "2"),
    ],
)  # fmt: skip
def test_a_label_is_made_to_fit(label, width, text):
    assert fitted(label, width) == text


@pytest.mark.parametrize(
    ("code", "word"),
    [("no_agent", "open"), ("too_soon", "wait"), ("illegal_step", "refused"), ("no_such_code", "refused")],
)
def test_a_refusal_has_its_short_word(code, word):
    assert refusal(code) == word
    assert len(WORDS[f"short_{word}"]) <= 4


@pytest.mark.parametrize("language", ["fr", "en"])
def test_short_words_fit_four_modules_and_are_plain_letters(language):
    short = {name: word for name, word in words(language, "panel").items() if name.startswith("short_")}
    assert {name: word for name, word in short.items() if len(word) > 4 or not word.isascii()} == {}
