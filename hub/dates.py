"""A date as people say it; French says the first of a month, and counts the others."""

from __future__ import annotations

from datetime import date
from typing import Literal

from babel.dates import format_date

_FRENCH = "fr"
#: `full` with the weekday, `long` without.
Form = Literal["full", "long"]


def of_month(day: date, language: str) -> str:
    """The day of its month: `1er` for the first in French, else its figure."""
    return "1er" if day.day == 1 and language == _FRENCH else str(day.day)


def said(day: date | str, language: str, form: Form = "full") -> str:
    """`dimanche 1er mars 2026`, `1er mars 2026`, of a date or its ISO text."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    text = str(format_date(on, form, locale=language))
    return text.replace("1", of_month(on, language), 1) if language == _FRENCH and on.day == 1 else text
