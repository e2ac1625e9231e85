"""What has been recorded of what an agency needs, and what is still to do: for sheet, `mbote check` and doctor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from display.prompts import ENTERS, NUMBERS, Prompt, sheet
from display.recorded import fault
from display.voice import languages_of, recordings
from hub.say import say
from hub.settings import Settings

#: So many names are said of what is missing.
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Recorded:
    """One prompt and how it stands: `there`, and what is wrong with its file, '' when nothing is."""

    prompt: Prompt
    there: bool
    problem: str = ""


def stand(language: str, settings: Settings) -> tuple[Recorded, ...]:
    """Every prompt of a language, with what is known of its file. Each file is read through."""
    there = recordings(settings.path(settings.voice.recordings) / language)
    return tuple(
        Recorded(each, each.name in there, fault(there[each.name]) if each.name in there else "")
        for each in sheet(language, settings)
    )


def remarks(settings: Settings) -> Iterator[str]:
    """What a configured language lacks, and what happens instead."""
    for language in settings.voice.recorded:
        found = stand(language, settings)
        unusable = [f"{each.prompt.name}.wav is {each.problem}" for each in found if each.problem]
        yield from (f"voice: {language}: {problem}" for problem in unusable[:_NAMED])
        lacking = [each.prompt.name for each in found if each.prompt.essential and not each.there]
        if lacking:
            more = ", …" if len(lacking) > _NAMED else ""
            yield f"voice: {language} lacks {', '.join(lacking[:_NAMED])}{more}: {_instead(language, settings)}"
        elif numbers := [each for each in found if each.prompt.meaning in NUMBERS and not each.there]:
            yield f"voice: {language} lacks {len(numbers)} numbers, which are said digit by digit"
        if groups := [each.prompt.name for each in found if _of_a_group(each.prompt) and not each.there]:
            yield f"voice: {language} lacks {', '.join(groups)}: who enters on a pay-day is not said in it"
        if language not in languages_of(settings):
            yield f"voice: {language} is recorded, but no screen has it among its languages (agency.toml, display)"


def _of_a_group(prompt: Prompt) -> bool:
    return prompt.meaning in ENTERS or (prompt.meaning == "letter" and not prompt.essential)


def _instead(language: str, settings: Settings) -> str:
    if settings.hub.voice == "espeak" and settings.voice.missing == "espeak" and language in ("fr", "en", "ar", "pt"):
        return "espeak says such calls"
    return "such calls are not said in it"


def sheet_lines(language: str, settings: Settings, *, missing: bool = False) -> Iterator[str]:
    """The sheet as lines to print: each prompt with its file, what to say, and how it stands."""
    told = settings.agency.languages[0]
    found = stand(language, settings)

    def word(key: str, **values: object) -> str:
        return say(told, f"recordings.{key}", **values)

    needed = sum(each.prompt.essential and not each.there for each in found)
    there = sum(each.there for each in found)
    yield word("title", language=language, there=there, all=len(found), needed=needed)
    yield word("how", folder=settings.path(settings.voice.recordings) / language)
    yield word("how_more")
    yield ""
    yield _row(word("file"), word("state"), word("say"), word("meaning"))
    for each in found:
        if not each.there or each.problem or not missing:
            state = each.problem or word("there" if each.there else "needed" if each.prompt.essential else "missing")
            meaning = word(f"meaning_{each.prompt.meaning}", about=each.prompt.about)
            yield _row(f"{each.prompt.name}.wav", state, each.prompt.read or word("as_said"), meaning)


def _row(file: str, state: str, read: str, meaning: str) -> str:
    return f"{file:<14} {state:<18} {read:<32} {meaning}"
