"""The recordings that a language needs to be heard without an engine, and those that say one phrase. Pure.

A prompt is one WAV file of a few words, named after what it says: `ticket`, `counter`, the letters and the numbers.
Numbers to 99 are one recording each, because only a speaker knows how they run together; above, `200` says two
hundred alone and `200-plus` says it before another number ("deux cent…", "two hundred and…"). A number of which a
recording is missing is said digit by digit, so that twenty-odd recordings are enough to begin with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from display.speech import RUN, Phrase
from hub.numerals import english, french
from hub.say import FIRST
from hub.settings import Settings

#: Numbers are put together of recordings below this; above, digit by digit.
MOST = 1_000
_HUNDRED = 100
#: The counter service that calls groups in; their numbers begin with J (hub/services/payday).
PAY_DAY = "payday"
#: The words of a group that enters.
ENTERS: tuple[Literal["tickets"], Literal["until"], Literal["enter"]] = ("tickets", "until", "enter")
#: Prompts without which numbers are said digit by digit.
NUMBERS = frozenset({"number", "alone", "before"})
#: Number words from 1 on, as far as they are sure (requirements C.8); what is beyond them the speaker knows.
_SAID: dict[str, tuple[str, ...]] = {
    "ln": ("moko", "mibale", "misato", "minei", "mitano", "motoba", "sambo", "mwambe", "libwa", "zomi"),
    "ktu": ("mosi", "zole", "tatu", "iya", "tanu", "sambanu", "nsambwadi", "nana", "vwa", "kumi"),
}
_SAID["kg"] = _SAID["ktu"]  # the same language, as some name it
_WORDS: dict[str, dict[str, str]] = {
    "fr": {"ticket": "ticket", "counter": "guichet", "number": "numéro", "tickets": "tickets", "until": "à",
           "enter": "vous pouvez entrer"},
    "en": {"ticket": "ticket", "counter": "counter", "number": "number", "tickets": "tickets", "until": "to",
           "enter": "please come in"},
    "pt": {"ticket": "senha", "counter": "balcão", "number": "número", "tickets": "senhas", "until": "a",
           "enter": "podem entrar"},
    "ar": {"ticket": "التذكرة", "counter": "الشباك", "number": "رقم", "tickets": "التذاكر من", "until": "إلى",
           "enter": "تفضلوا بالدخول"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prompt:
    """One recording.

    `meaning` names a sentence of recordings.toml and `about` fills it; `read` is what to say, as far as that is sure.
    Without an `essential` one, nothing that needs it can be called.
    """

    name: str
    meaning: Literal[
        "ticket", "counter", "word_number", "letter", "number", "alone", "before", "place", "tickets", "until", "enter",
    ]  # fmt: skip
    about: str
    read: str
    essential: bool


def sheet(language: str, settings: Settings) -> tuple[Prompt, ...]:
    """Every prompt to record in that language for this agency, the most needed first."""
    return (*_words(language, settings), *_digits(language), *_numbers(language), *_places(language, settings))


def _words(language: str, settings: Settings) -> Iterator[Prompt]:
    said = _WORDS.get(language, {})
    yield Prompt("ticket", "ticket", "", said.get("ticket", ""), essential=True)
    yield Prompt("counter", "counter", "", said.get("counter", ""), essential=True)
    if settings.queue.numbering == "common":
        yield Prompt("number", "word_number", "", said.get("number", ""), essential=True)
    letters = _letters(settings)
    for letter in sorted(letters):
        yield Prompt(letter.lower(), "letter", letter, letter, essential=True)
    if PAY_DAY in settings.counter_services:
        for name in ENTERS:
            yield Prompt(name, name, "", said.get(name, ""), essential=False)
        if "J" not in letters:
            yield Prompt("j", "letter", "J", "J", essential=False)


def _letters(settings: Settings) -> set[str]:
    """Those that stand in tickets and counters."""
    labels = [service.prefix for service in settings.services]
    labels += [counter.code for counter in settings.counters if counter.shown]
    labels += [settings.kiosk.name, settings.queue.roll]
    return {sign.upper() for label in labels for sign in label if sign.isalpha()}


def _digits(language: str) -> Iterator[Prompt]:
    for number in range(10):
        yield Prompt(str(number), "number", str(number), number_word(number, language), essential=True)


def _numbers(language: str) -> Iterator[Prompt]:
    for number in range(10, _HUNDRED):
        yield Prompt(str(number), "number", str(number), number_word(number, language), essential=False)
    for number in range(_HUNDRED, MOST, _HUNDRED):
        yield Prompt(str(number), "alone", str(number), number_word(number, language), essential=False)
        before = number_word(number + 1, language).rpartition(" ")[0]
        yield Prompt(f"{number}-plus", "before", str(number + 1), before and f"{before}…", essential=False)


def number_word(number: int, language: str) -> str:
    """The number in words, '' where only a speaker knows."""
    match language:
        case "fr":
            return french(number)
        case "en":
            return english(number)
    said = _SAID.get(language, ())
    return said[number - 1] if 0 < number <= len(said) else ""


def _places(language: str, settings: Settings) -> Iterator[Prompt]:
    for counter in settings.counters:
        if counter.shown and counter.location:
            read = counter.placed(language) if language == FIRST else counter.locations.get(language, "")
            yield Prompt(f"place-{counter.code.lower()}", "place", f"{counter.code} ({counter.location})", read,
                         essential=False)  # fmt: skip


def of_phrase(phrase: Phrase, there: Collection[str]) -> tuple[str, ...]:
    """The prompts that say a phrase one after the other, by what has been recorded; some may be missing in `there`."""
    if phrase.what == "enter":
        return ("enter",)
    if phrase.what == "group":
        return ("tickets", *_runs(phrase.label, there), "until", *_runs(phrase.last, there))
    names: list[str] = [phrase.what]
    if phrase.what == "ticket" and phrase.label.isdecimal():
        names.append("number")
    names += _runs(phrase.label, there)
    place = f"place-{phrase.label.lower()}"
    if phrase.what == "counter" and phrase.place and place in there:
        names.append(place)
    return tuple(names)


def _runs(label: str, there: Collection[str]) -> Iterator[str]:
    """A label's numbers and letters."""
    for run in RUN.findall(label):
        yield from number(run, there) if run.isdecimal() else run.lower()


def number(digits: str, there: Collection[str]) -> tuple[str, ...]:
    """The prompts of a number: as it is said where all are there, else digit by digit, without leading zeros."""
    value = int(digits)
    hundreds, rest = value - value % _HUNDRED, value % _HUNDRED
    if value < _HUNDRED:
        whole: tuple[str, ...] = (str(value),)
    else:
        whole = (f"{hundreds}-plus", str(rest)) if rest else (str(hundreds),)
    if value < MOST and all(name in there for name in whole):
        return whole
    return tuple(str(value))
