"""The facts of an entry as an auditor reads them: what each is called, and what it says. Pure.

The journal's own words are those of the code, and a copy keeps them: its hashes are over them. What is read here is
`field_…`, `value_…` and `subject_…` of audit.toml; a field that has no word yet is shown by its own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from hub import money
from hub.clock import local
from hub.say import FIRST, say, words

#: The page shows so much of a fact that is long.
LONGEST = 60
#: Fields that hold a moment (wall, ms) beside those whose name ends so.
_MOMENTS = frozenset({"since", "until", "data_of"})
#: Fields that hold francs.
_AMOUNTS = frozenset({
    "amount", "tendered", "change", "opening", "counted", "expected", "gap", "total", "total_in", "total_out",
})  # fmt: skip
_MINUTE_MS = 60_000


def told(language: str, zone: ZoneInfo, kind: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What an entry says: of each fact that says something its field, what the field is called, and its value."""
    for name, value in facts.items():
        if value not in ("", [], None):
            yield name, field(language, kind, name), _value(language, zone, name, value)


def subject(language: str, said: str) -> str:
    """What an entry is about: `ticket 42`; a noun that has no word yet as the journal has it."""
    noun, gap, rest = said.partition(" ")
    word = f"subject_{noun}"
    return f"{say(language, f'audit.{word}')}{gap}{rest}" if word in words(FIRST, "audit") else said


def typed_subject(language: str, said: str) -> str:
    """The same as the journal has it, from the journal's own word or the reader's."""
    for name, word in words(language, "audit").items():
        rest = said[len(word) :]
        if name.startswith("subject_") and said.casefold().startswith(word.casefold()) and rest[:1] in ("", " "):
            return f"{name.removeprefix('subject_')}{rest}"
    return said


def field(language: str, kind: str, name: str) -> str:
    """What a field of an entry is called."""
    for word in (f"field_{kind}_{name}", f"field_{name}"):
        if word in words(FIRST, "audit"):
            return say(language, f"audit.{word}")
    return name


def short(value: Any) -> str:
    """A fact on one line; yes and no as signs that all languages have."""
    text = _plain(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _plain(value: Any) -> str:
    """Lists of lists and tables too: what is one thing by commas, one thing after the other by semicolons."""
    match value:
        case bool():
            return "✓" if value else "✗"
        case None:
            return "–"
        case dict():
            return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
        case list():
            return ("; " if any(isinstance(each, list | dict) for each in value) else ", ").join(map(_plain, value))
    return str(value)


def _value(language: str, zone: ZoneInfo, name: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        if name in _MOMENTS or name.endswith("_at"):
            return local(value, zone).strftime("%d/%m/%Y %H:%M:%S")
        if name.endswith("_ms"):
            return _duration(value)
        if name in _AMOUNTS:
            return money.grouped(value)
    word, _, minutes = str(value).partition(":")
    if name == "why" and word in words(FIRST, "routing"):
        return say(language, f"routing.{word}", minutes=minutes or 0)
    said = f"value_{name}_{value}"
    return say(language, f"audit.{said}") if said in words(FIRST, "audit") else short(value)


def _duration(ms: int) -> str:
    """`4 min 05 s`, or `2.5 s`."""
    sign, ms = "−" if ms < 0 else "", abs(ms)
    if ms < _MINUTE_MS:
        return f"{sign}{ms / 1000:g} s"
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{sign}{minutes} min {seconds:02} s"
