"""How values of a file are read by people: dates with their precision, periods, francs, telephones, words for codes."""

from __future__ import annotations

from typing import Any

from hub.people.model import MASKED
from hub.say import FIRST, say, words

_MONTH_DIGITS, _DAY_DIGITS = 7, 10
#: Fields whose values are codes with words of their own, and several of them parted by `;`.
_SEVERAL = frozenset({"roles", "phones"})


def day(value: str | None) -> str:
    """`23/07/1966`, `07/1966` or `1966`, as precisely as it is known."""
    return "/".join(reversed(value.split("-"))) if value else ""


def birth(language: str, value: str | None) -> str:
    """A date of birth; of somebody born about a year it says so."""
    if value and len(value) < _MONTH_DIGITS:
        return say(language, "people.born_about", year=value)
    return day(value)


def period(language: str, value: str) -> str:
    """`2013-03` is `mars 2013`, `2013-T1` is `1T 2013`."""
    year, _, part = value.partition("-")
    return f"{part[1]}T {year}" if part.startswith("T") else f"{say(language, f'people.month_{part}')} {year}"


def phone(value: str) -> str:
    """`06 000 12 34`."""
    return f"{value[:2]} {value[2:5]} {value[5:7]} {value[7:]}" if len(value) == len("060001234") else value


def rib(value: str) -> str:
    """`30012 00101 01013451300 93`."""
    return " ".join((value[:5], value[5:10], value[10:21], value[21:]))


def word(language: str, field: str, value: str) -> str:
    """The word of a code; a code without one is shown as it is."""
    name = f"{field}_{value}"
    return say(language, f"people.{name}") if name in words(FIRST, "people") else value


def value(language: str, field: str, held: Any) -> str:
    """One field of the identity tab, as it is read; nothing for what is not known, MASKED for what is hidden."""
    if held is None or held == MASKED:
        return held or ""
    if field == "birth_date":
        return birth(language, held)
    if field in ("deceased_on", "opened_on", "closed_on"):
        return day(held)
    if field == "phones":
        return " · ".join(phone(each) for each in held.split(";"))
    if field in _SEVERAL:
        return " · ".join(word(language, field, each) for each in held.split(";"))
    return word(language, field, str(held))
