"""What screens and papers say, from translation files.

`hub/words/LANGUAGE/ROOM.toml` holds one table of sentences a room; `say("fr", "kiosk.question")`
reads `question` of `kiosk.toml`. A sentence may hold `{names}`. Where a count decides, the file has
`key_one` and `key_many` and the caller passes `count`. French is complete; another language that
lacks a sentence falls back to it. A key that no file has raises KeyError: a missing word is a bug.
A file may end with a table `[to_review]`: names of its sentences that somebody who speaks the language has
still to read, each with a word about it; `all` for the whole file.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hub.errors import Refused

WORDS = Path(__file__).parent / "words"
FIRST = "fr"
#: Languages written from right to left.
RIGHT_TO_LEFT = frozenset({"ar"})


#: The rooms whose words a visitor reads: at the kiosk, on paper, on the hall's screens and on a telephone.
VISITORS = ("kiosk", "slip", "display", "followup")
_TO_REVIEW = "to_review"


@cache
def _file(language: str, room: str) -> dict[str, Any]:
    path = WORDS / language / f"{room}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


@cache
def words(language: str, room: str) -> dict[str, str]:
    """All sentences of one room in one language; empty when that language has none."""
    return {name: said for name, said in _file(language, room).items() if name != _TO_REVIEW}


def to_review(language: str, room: str) -> dict[str, str]:
    """The sentences that somebody who speaks the language has still to read: name → a word about it."""
    return dict(_file(language, room).get(_TO_REVIEW, {}))


def missing(language: str, room: str) -> tuple[str, ...]:
    """The sentences that are said in French because the language has none, in the order of the French file."""
    return tuple(name for name in words(FIRST, room) if name not in words(language, room))


def say(language: str, key: str, /, **values: object) -> str:
    """The sentence of `key`, its `{names}` filled. Raises KeyError when no language has it."""
    room, _, name = key.partition(".")
    if "count" in values:
        many = values["count"] not in (0, 1) if language == FIRST else values["count"] != 1
        name = f"{name}_{'many' if many else 'one'}"
    sentence = words(language, room).get(name) or words(FIRST, room)[name]
    return sentence.format(**values) if values else sentence


def say_refused(language: str, error: Refused, room: str = "") -> str:
    """A refusal as people read it: by that room's own words (`refused_CODE`), else by the common ones, else its own."""
    for each, name in ((room, f"refused_{error.reason}"), ("errors", error.reason)):
        if name in words(FIRST, each):
            return say(language, f"{each}.{name}", **error.facts)
    return error.message


def direction(language: str) -> str:
    """`rtl` or `ltr`, for the page's dir attribute."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
