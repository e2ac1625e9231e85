"""What does not fit, in the words of the office: what `hub/misfits.py` and single values say, as a page says it.

They are written for whoever edits the files, in English; a supervisor who has filled in a page reads what each of them
means there. A sentence that is not known here is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hub.say import say

#: So many are said; the rest shows once these are mended.
SAID = 3
#: How a sentence begins → the word that says it, filled with the named parts.
_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"kiosk\.toml: button on pin (?P<pin>\d+): (?:no service|service) (?P<service>\w+)", "button"),
        (r"panel\.toml: no counter (?P<counter>\w+)", "panel"),
        (r"services\.toml: prefix (?P<prefix>\w+) is there twice", "prefix"),
        (r"services\.toml: service (?P<service>\w+): no icon (?P<icon>[\w-]+)", "icon"),
        (r"services\.toml: service (?P<service>\w+): last_ticket (?P<time>[\d:]+) is outside", "last_ticket"),
        (r"services\.toml: service (?P<service>\w+) is served by no counter", "alone"),
        (r"counters\.toml: counter (?P<counter>\w+): no service (?P<service>\w+)", "no_service"),
        (r"counters\.toml: counter (?P<counter>\w+): weights: it does not serve (?P<service>\w+)", "weights"),
        (r"counters\.toml: counter (?P<counter>\w+): no printer (?P<printer>\w+)", "printer"),
        (r"counters\.toml: counter (?P<counter>\w+) serves nobody", "nobody"),
        (r"counters\.toml: help (?P<help>[\w-]+): no (?P<what>service|counter) (?P<code>\w+)", "help"),
        (r"counters\.toml: profile (?P<agent>\w+): no service (?P<service>\w+)", "profile"),
        (r"agency\.toml: display (?P<display>\w+): \w+: no (?:service|counter) (?P<code>\w+)", "display"),
        (r"agency\.toml: queue\.roll (?P<prefix>\w+) also begins", "roll"),
        (r"agency\.toml: day\.hours\.(?P<day>\w+)", "hours"),
        (r"agency\.toml: day: timetable = true needs hours", "timetable"),
        (r"agency\.toml: day\.(?P<what>holidays|pay_days|deadlines) .*\(found '(?P<found>[^']*)'\)", "dates"),
        (r"\w+\.toml: (?:service|counter) #\d+ \((?P<code>\w+)\): (?P<what>\w+).*\(found '?(?P<found>[^')]*)", "value"),
    )
)


def in_words(language: str, problems: Iterable[str]) -> str:
    """The first few of these, each as a sentence of that language."""
    return " ".join(_said(language, each) for each in list(problems)[:SAID])


def _said(language: str, problem: str) -> str:
    for pattern, word in _SENTENCES:
        if found := pattern.match(problem):
            parts = found.groupdict()
            if word == "hours":
                parts["day"] = say(language, f"publishing.day_{parts['day']}")
            elif word == "dates":
                parts["what"] = say(language, f"publishing.name_{parts['what']}")
            return say(language, f"publishing.misfit_{word}", **parts)
    return problem
