"""What screens and papers say, from translation files.

`hub/words/LANGUAGE/ROOM.toml` holds one table of sentences a room; `say("fr", "kiosk.question")`
reads `question` of `kiosk.toml`. A sentence may hold `{names}`. Where a count decides, the file has
`key_one` and `key_many` and the caller passes `count`. French is complete; another language that
lacks a sentence falls back to it. A key that no file has raises KeyError: a missing word is a bug.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from hub.errors import Refused

WORDS = Path(__file__).parent / "words"
FIRST = "fr"
#: Languages written from right to left.
RIGHT_TO_LEFT = frozenset({"ar"})


@cache
def words(language: str, room: str) -> dict[str, str]:
    """All sentences of one room in one language; empty when that language has none."""
    path = WORDS / language / f"{room}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


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
