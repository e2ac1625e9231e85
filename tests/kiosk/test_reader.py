"""The kiosk's voice: what it says is a sound that is long enough and loud enough, and is made once."""

import io
import math
import wave
from array import array

import pytest

from hub.errors import MboteError
from hub.settings_files import load_settings
from kiosk.__main__ import reader_of
from kiosk.reader import LANGUAGES, LONGEST, Reader
from tests.kiosk.fake_hub import CATALOGUE
from tests.kiosk.test_process import ROOT

#: What is read is about as long as somebody takes to say it, seconds a character.
QUICK, SLOW = 0.03, 0.25
#: As loud as the calls in the room: the loudest sample, and the mean of a whole sentence, of 32,767.
PEAK, MEAN = 28_000, 1_500
SAID = {
    "fr": "Que venez-vous faire ?",
    "en": "What have you come for?",
    "ar": "ما سبب زيارتك؟",
    "pt": "O que vem fazer?",
}


def samples(sound: bytes) -> tuple[float, array]:
    """Its length, s, and its samples."""
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getnframes() / file.getframerate(), array("h", file.readframes(file.getnframes()))


def is_heard(sound: bytes, text: str) -> None:
    """Long enough to be those words, and as loud as a call."""
    length, heard = samples(sound)
    assert QUICK * len(text) < length < SLOW * len(text) + 1, (length, text)
    assert max(map(abs, heard)) > PEAK, text
    assert math.sqrt(sum(each * each for each in heard) / len(heard)) > MEAN, text


@pytest.fixture(scope="module")
def reader():
    return reader_of(load_settings(ROOT / "config"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_said_as_long_and_as_loud_as_a_call(reader, language):
    is_heard(reader.read(SAID[language], language), SAID[language])


class Counting:
    """An engine of tones that counts what it is asked for."""

    def __init__(self):
        self.said = []

    def __call__(self, text, language):
        self.said.append((text, language))
        if text == "broken":
            raise MboteError("no voice today")
        return bytes(2_000_000)


def test_a_sentence_is_made_once_and_the_oldest_is_forgotten():
    counting = Counting()
    reader = Reader(counting)
    first = reader.read("Déposer  des\npièces", "fr")
    assert reader.read("Déposer des pièces", "fr") == first
    assert counting.said == [("Déposer des pièces", "fr")]
    for service in CATALOGUE["services"]:
        reader.read(service["labels"]["fr"], "fr")
    assert reader.read("Déposer des pièces", "fr") == first
    assert len(counting.said) == len(CATALOGUE["services"]) + 1, "six megabytes of sounds are kept, and no more"


@pytest.mark.parametrize(
    ("text", "language"), [("", "fr"), ("  ", "fr"), ("x" * (LONGEST + 1), "fr"), ("Mbote", "ln"), ("broken", "fr")]
)
def test_what_cannot_be_said_is_silence_and_no_crash(text, language):
    assert Reader(Counting()).read(text, language) is None
