"""What the voice says: a call becomes a sentence in each language (requirements C.8).

Letters are said by their names and numbers without leading zeros: "D002" at counter "05" is
"Ticket D, deux ; guichet cinq." Sentences stand here beside the numbers and not in the translation
files, because a language needs both: its pauses, its order and its way to count. A language without
an entry in `LANGUAGES` is not spoken; the screen shows every call anyway.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hub.numerals import French, english, french

#: Numbers are said up to here; a longer one is said digit by digit.
MOST = 10**12


@dataclass(frozen=True, slots=True)
class Language:
    """How one language says a call. `number_word` stands before a ticket that is a number alone."""

    count: Callable[[int, French], str]
    number_word: str
    sentence: str


LANGUAGES: Mapping[str, Language] = {
    "fr": Language(french, "numéro", "Ticket {ticket} ; guichet {counter}{place}."),
    "en": Language(lambda number, _variant: english(number), "number", "Ticket {ticket}; counter {counter}{place}."),
}


def spell(label: str, language: str, variant: French = "FR") -> str:
    """A label as it is said: "D002" is "D, deux"; "K1-007" is "K, un, sept"; letters one by one."""
    known = LANGUAGES[language]
    runs = re.findall(r"\d+|[^\W\d_]+", label)
    return ", ".join(_number(run, known, variant) if run.isdecimal() else " ".join(run.upper()) for run in runs)


def _number(digits: str, language: Language, variant: French) -> str:
    if int(digits) < MOST:
        return language.count(int(digits), variant)
    return " ".join(language.count(int(digit), variant) for digit in digits)


def sentence(language: str, ticket: str, counter: str, place: str = "", variant: French = "FR") -> str:
    """What is said for one call. `place` is where the counter is, in that language, or ''."""
    known = LANGUAGES[language]
    said = spell(ticket, language, variant)
    return known.sentence.format(
        ticket=f"{known.number_word} {said}" if ticket.isdecimal() else said,
        counter=spell(counter, language, variant),
        place=f", {place}" if place else "",
    )


def announcement(
    languages: Sequence[str], ticket: str, counter: str, place: str = "", variant: French = "FR"
) -> dict[str, str]:
    """The sentences of one call, in the order they are said. `place` is in the first language."""
    spoken = [language for language in languages if language in LANGUAGES]
    return {
        language: sentence(language, ticket, counter, place if rank == 0 else "", variant)
        for rank, language in enumerate(spoken)
    }


def sound_name(text: Mapping[str, str]) -> str:
    """The name of the sound of an announcement, known before it is rendered. Equal sentences share one."""
    said = "\n".join(f"{language} {sentence}" for language, sentence in text.items())
    return hashlib.blake2s(said.encode(), digest_size=12).hexdigest()
