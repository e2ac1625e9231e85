"""The agency's deadlines and reasons: `office.toml` here, and over it the agency's own `requests.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hub.errors import ConfigurationFault
from hub.problems import did_you_mean
from hub.services.request.model import WHATS, Office
from hub.settings import Settings

HERE = Path(__file__).parent
THEIRS = "requests.toml"
#: Layouts of letters: ours, and those of the same name in the agency's folder `letters/`.
LETTERS = "letters"
MOST_DAYS = 250


def office_of(settings: Settings) -> Office:
    """What this agency's requests go by. Raises ConfigurationFault with every problem."""
    gives = frozenset(each.code for each in settings.services if each.prefix)
    return replace(_load(settings.folder, gives), calendar=settings.day.calendar)


@cache
def _load(folder: Path, gives: frozenset[str]) -> Office:
    problems: list[str] = []
    ours = tomllib.loads((HERE / "office.toml").read_text("utf-8"))
    try:
        theirs = tomllib.loads((folder / THEIRS).read_text("utf-8-sig"))
    except FileNotFoundError:
        theirs = {}
    except (OSError, ValueError) as error:
        theirs = {}
        problems.append(f"{THEIRS}: cannot be read: {error}")
    problems += [f"{THEIRS}: unknown key {key}{did_you_mean(key, ours)}" for key in theirs.keys() - ours.keys()]
    said = ours | theirs
    problems += [f"{THEIRS}: {each}" for each in _misfits(said)]
    queue = str(said["queue"])
    if "queue" in theirs and queue not in gives:
        problems.append(f"{THEIRS}: queue: no service {queue!r} that gives tickets{did_you_mean(queue, gives)}")
    if problems:
        raise ConfigurationFault(problems)
    return Office(ours["days"] | said["days"], said["reasons"], queue=queue if queue in gives else "")


def _misfits(said: Mapping[str, Any]) -> Iterator[str]:
    for what, days in said["days"].items():
        if what not in WHATS:
            yield f"days: no kind {what}{did_you_mean(what, WHATS)}"
        elif not isinstance(days, int) or not 0 < days <= MOST_DAYS:
            yield f"days: {what}: 1 to {MOST_DAYS}, not {days!r}"
    for code, words in said["reasons"].items():
        if not isinstance(words, dict) or not words or not re.fullmatch(r"[a-z_]{1,40}", code):
            yield f"reasons: {code}: a word in small letters and what it is called in one language at least"


@cache
def letters(folder: Path) -> Mapping[str, str]:
    """The layouts of letters, by file name."""
    places = (HERE / LETTERS, folder / LETTERS)
    return {path.name: path.read_text("utf-8") for place in places for path in sorted(place.glob("*.typ"))}
