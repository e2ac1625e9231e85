"""What does not fit, in the words of the office: what `hub/misfits.py` and single values say, as a page says it.

Their sentences are written for whoever edits the files, in English; a supervisor who has filled in a page reads what
each means there, by its code and its parts. What has no code concerns the files alone and is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.problems import Misfit
from hub.say import say

#: So many are said; the rest shows once these are mended.
SAID = 3
#: Lists of days, of which one is none.
_DATES = ("holidays", "pay_days", "deadlines")


def in_words(language: str, problems: Iterable[str]) -> str:
    """The first few of these, each as a sentence of that language."""
    return " ".join(_said(language, each) for each in list(problems)[:SAID])


def _said(language: str, problem: str) -> str:
    if not isinstance(problem, Misfit) or not problem.code:
        return problem
    if problem.code == "value":
        return _of_value(language, **problem.parts)
    return say(language, f"publishing.misfit_{problem.code}", **problem.parts)


def _of_value(language: str, at: str, named: str, what: str, found: str) -> str:
    """A single value that does not fit; of the day's hours and days, in their own words."""
    way = at.split(".")
    if way[:2] == ["day", "hours"] and len(way) > 2:  # noqa: PLR2004 (day.hours.mon)
        return say(language, "publishing.misfit_hours", day=say(language, f"publishing.day_{way[2]}"))
    if way == ["day"]:
        return say(language, "publishing.misfit_timetable")
    if way[0] == "day" and what in _DATES:
        return say(language, "publishing.misfit_dates", what=say(language, f"publishing.name_{what}"), found=found)
    return say(language, "publishing.misfit_value", code=named, found=found, what=what)
