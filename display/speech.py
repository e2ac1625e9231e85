"""What the voice says: a call becomes two phrases in each language, the ticket's and the counter's (requirements C.8).

Letters are said by their names and numbers without leading zeros: "D002" at counter "05" is
"Ticket D, deux ; guichet cinq." In two phrases, because the first is known when the ticket is given and the
second when the hub starts: both can be ready long before they are called together.

Sentences stand here beside the numbers and not in the translation files, because a language needs both: its pauses,
its order and its way to count. Where a number stands in digits, the engine counts by itself. A language that has no
sentence here can be heard from recordings (display/prompts.py); one that has neither is not spoken, and the screen
shows every call anyway.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hub.numerals import French, english, french

#: Numbers are said up to here; a longer one is said digit by digit.
MOST = 10**12
#: The parts of a label: a number, or letters.
RUN = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Language:
    """How one language says a call. `number_word` stands before a ticket that is a number alone."""

    count: Callable[[int, French], str]
    number_word: str
    ticket: str
    counter: str
    group: str
    enter: str
    comma: str = ", "


LANGUAGES: Mapping[str, Language] = {
    "fr": Language(french, "numéro", "Ticket {said} ;", "guichet {said}{place}.",
                   "Tickets {first} à {last} ;", "vous pouvez entrer."),
    "en": Language(lambda number, _variant: english(number), "number", "Ticket {said};",
                   "counter {said}{place}.", "Tickets {first} to {last};", "please come in."),
    "pt": Language(lambda number, _variant: str(number), "número", "Senha {said};",
                   "balcão {said}{place}.", "Senhas {first} a {last};", "podem entrar."),
    "ar": Language(lambda number, _variant: str(number), "رقم", "التذكرة {said}؛", "الشباك {said}{place}.",
                   "التذاكر من {first} إلى {last}؛", "تفضلوا بالدخول.", "، "),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """What is announced, in which languages, one after the other. `place` is said in the first of them.

    `last`: the last number of a group that enters the room, of which `ticket` is the first; then no counter is said.
    """

    languages: tuple[str, ...]
    ticket: str
    counter: str
    place: str = ""
    variant: French = "FR"
    last: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One breath of a call: what it is about, and its words where the language has them ('' for recordings alone)."""

    language: str
    what: Literal["ticket", "counter", "group", "enter"]
    label: str
    text: str
    place: str = ""
    last: str = ""


def spoken(languages: Iterable[str], recorded: Collection[str]) -> tuple[str, ...]:
    """Those languages that can be heard: with sentences of ours, or recorded."""
    return tuple(language for language in languages if language in LANGUAGES or language in recorded)


def spell(label: str, language: str, variant: French = "FR") -> str:
    """A label as it is said: "D002" is "D, deux"; "K1-007" is "K, un, sept"; letters one by one."""
    known = LANGUAGES[language]
    runs = RUN.findall(label)
    return known.comma.join(_number(run, known, variant) if run.isdecimal() else " ".join(run.upper()) for run in runs)


def _number(digits: str, language: Language, variant: French) -> str:
    if int(digits) < MOST:
        return language.count(int(digits), variant)
    return " ".join(language.count(int(digit), variant) for digit in digits)


def ticket_phrase(language: str, ticket: str, variant: French = "FR") -> Phrase:
    """The first phrase of a call: known when the ticket is given."""
    known = LANGUAGES.get(language)
    text = ""
    if known:
        said = spell(ticket, language, variant)
        text = known.ticket.format(said=f"{known.number_word} {said}" if ticket.isdecimal() else said)
    return Phrase(language, "ticket", ticket, text)


def counter_phrase(language: str, counter: str, place: str = "", variant: French = "FR") -> Phrase:
    """The second phrase: known from the configuration. `place` is in that language, or ''."""
    known = LANGUAGES.get(language)
    text = ""
    if known:
        said = spell(counter, language, variant)
        text = known.counter.format(said=said, place=f"{known.comma}{place}" if place else "")
    return Phrase(language, "counter", counter, text, place)


def group_phrases(language: str, first: str, last: str, variant: French = "FR") -> tuple[Phrase, Phrase]:
    """Who may enter the room, and that they may."""
    known = LANGUAGES.get(language)
    said = enter = ""
    if known:
        ends = (spell(label, language, variant) for label in (first, last))
        said, enter = known.group.format(**dict(zip(("first", "last"), ends, strict=True))), known.enter
    return Phrase(language, "group", first, said, last=last), Phrase(language, "enter", "", enter)


def phrases(call: Call) -> tuple[tuple[Phrase, Phrase], ...]:
    """The two phrases of each language, in the order they are said."""
    if call.last:
        return tuple(group_phrases(language, call.ticket, call.last, call.variant) for language in call.languages)
    return tuple(
        (
            ticket_phrase(language, call.ticket, call.variant),
            counter_phrase(language, call.counter, call.place if rank == 0 else "", call.variant),
        )
        for rank, language in enumerate(call.languages)
    )


def words(call: Call) -> dict[str, str]:
    """The sentence of each language; of one that is recorded alone, the bare labels."""
    return {
        first.language: f"{first.text} {second.text}" if first.text else f"{call.ticket} ; {call.counter or call.last}"
        for first, second in phrases(call)
    }


def sound_name(text: Mapping[str, str]) -> str:
    """The name of the sound of an announcement, known before it is made. Equal sentences share one."""
    said = "\n".join(f"{language} {sentence}" for language, sentence in text.items())
    return hashlib.blake2s(said.encode(), digest_size=12).hexdigest()
