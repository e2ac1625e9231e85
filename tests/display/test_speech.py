"""Every sentence of requirements C.8, and the numbers around their corners."""

import pytest

from display import speech
from display.speech import Call

NUMBERS = [
    (0, "zéro", "zéro", "zero"),
    (1, "un", "un", "one"),
    (16, "seize", "seize", "sixteen"),
    (17, "dix-sept", "dix-sept", "seventeen"),
    (21, "vingt et un", "vingt et un", "twenty-one"),
    (42, "quarante-deux", "quarante-deux", "forty-two"),
    (61, "soixante et un", "soixante et un", "sixty-one"),
    (70, "soixante-dix", "septante", "seventy"),
    (71, "soixante et onze", "septante et un", "seventy-one"),
    (72, "soixante-douze", "septante-deux", "seventy-two"),
    (77, "soixante-dix-sept", "septante-sept", "seventy-seven"),
    (80, "quatre-vingts", "quatre-vingts", "eighty"),
    (81, "quatre-vingt-un", "quatre-vingt-un", "eighty-one"),
    (90, "quatre-vingt-dix", "nonante", "ninety"),
    (91, "quatre-vingt-onze", "nonante et un", "ninety-one"),
    (99, "quatre-vingt-dix-neuf", "nonante-neuf", "ninety-nine"),
    (100, "cent", "cent", "one hundred"),
    (101, "cent un", "cent un", "one hundred and one"),
    (180, "cent quatre-vingts", "cent quatre-vingts", "one hundred and eighty"),
    (200, "deux cents", "deux cents", "two hundred"),
    (201, "deux cent un", "deux cent un", "two hundred and one"),
    (999, "neuf cent quatre-vingt-dix-neuf", "neuf cent nonante-neuf", "nine hundred and ninety-nine"),
    (1_000, "mille", "mille", "one thousand"),
    (2_000, "deux mille", "deux mille", "two thousand"),
    (80_000, "quatre-vingt mille", "quatre-vingt mille", "eighty thousand"),
    (200_000, "deux cent mille", "deux cent mille", "two hundred thousand"),
    (1_000_000, "un million", "un million", "one million"),
    (200_000_000, "deux cents millions", "deux cents millions", "two hundred million"),
    (80_000_000, "quatre-vingts millions", "quatre-vingts millions", "eighty million"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "france", "kinshasa", "english"), NUMBERS)
def test_numbers_are_said_as_people_say_them(number, france, kinshasa, english):
    assert speech.french(number) == france
    assert speech.french(number, "BE") == kinshasa
    assert speech.english(number) == english


SENTENCES = [
    ("fr", "D002", "05", "", "Ticket D, deux ; guichet cinq."),
    ("fr", "D042", "12", "", "Ticket D, quarante-deux ; guichet douze."),
    ("fr", "K1-007", "05", "", "Ticket K, un, sept ; guichet cinq."),
    ("fr", "2", "05", "", "Ticket numéro deux ; guichet cinq."),
    ("fr", "AB100", "A1", "", "Ticket A B, cent ; guichet A, un."),
    ("fr", "V080", "08", "au fond à droite", "Ticket V, quatre-vingts ; guichet huit, au fond à droite."),
    ("en", "D002", "05", "", "Ticket D, two; counter five."),
    ("en", "2", "05", "", "Ticket number two; counter five."),
    ("pt", "D071", "05", "", "Senha D, 71; balcão 5."),
    ("ar", "D071", "05", "", "التذكرة D، 71؛ الشباك 5."),
]


def said(language, ticket, counter, place="", variant="FR"):
    return speech.words(Call((language,), ticket, counter, place, variant))[language]


@pytest.mark.parametrize(("language", "ticket", "counter", "place", "sentence"), SENTENCES)
def test_a_call_is_one_sentence(language, ticket, counter, place, sentence):
    assert said(language, ticket, counter, place) == sentence


def test_septante_is_said_where_people_say_septante():
    assert said("fr", "D071", "05", variant="BE") == "Ticket D, septante et un ; guichet cinq."


def test_languages_come_in_turn_and_the_place_is_told_in_the_first():
    assert speech.words(Call(("fr", "en"), "D002", "05", "à gauche")) == {
        "fr": "Ticket D, deux ; guichet cinq, à gauche.",
        "en": "Ticket D, two; counter five.",
    }


def test_only_what_can_be_heard_is_said_and_a_recorded_language_can():
    assert speech.spoken(("fr", "ln", "en"), ()) == ("fr", "en")
    assert speech.spoken(("fr", "ln", "en"), ("ln",)) == ("fr", "ln", "en")
    assert speech.words(Call(("ln",), "D002", "05")) == {"ln": "D002 ; 05"}


def test_the_ticket_is_said_apart_from_its_counter_so_that_it_is_ready_before_the_call():
    [(ticket, counter)] = speech.phrases(Call(("fr",), "D002", "05", "en face"))
    assert ticket == speech.ticket_phrase("fr", "D002")
    assert counter == speech.counter_phrase("fr", "05", "en face")
    assert "guichet" not in ticket.text


def test_a_sound_is_named_after_what_it_says():
    one, same, other = (
        speech.sound_name(speech.words(Call(("fr",), "D002", counter))) for counter in ("05", "05", "06")
    )
    assert one == same != other


def test_a_number_nobody_counts_to_is_said_digit_by_digit():
    assert speech.spell("9" * 13, "fr") == " ".join(["neuf"] * 13)
