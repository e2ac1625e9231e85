"""What an appointment's visitor takes home, in their language: when, what for, what to bring, and the code."""

from __future__ import annotations

from dataclasses import dataclass

from hub.codes import in_halves
from hub.paper import Cut, Feed, Line, Qr, Rule, Slip, Text, duplicate
from hub.say import say


@dataclass(frozen=True, slots=True)
class Facts:
    """An appointment as its paper tells it; all is text already. `code` is empty for one by telephone."""

    language: str
    organisation: str
    agency: str
    address: str
    label: str
    day: str
    time: str
    service: str
    papers: tuple[str, ...] = ()
    code: str = ""


def slip(facts: Facts, copy: int) -> Slip:
    """Its lines; a copy says so."""
    language = facts.language
    lines: list[Line] = [
        Text(facts.organisation, align="center"),
        Text(facts.agency, bold=True, align="center"),
        Rule(),
        Text(say(language, "slip.appointment"), bold=True, align="center"),
        Text(facts.time, size=4, bold=True, align="center"),
        Text(facts.day, bold=True, align="center"),
        Text(facts.service, align="center"),
        Text(facts.label, align="center"),
        Rule(),
        Text(say(language, f"slip.appointment_{'come' if facts.code else 'call'}")),
    ]
    if facts.code and facts.papers:
        lines += [Feed(), Text(say(language, "slip.papers")), *(Text(f"- {paper}") for paper in facts.papers)]
    if facts.code:
        lines += [Feed(), Text(in_halves(facts.code), bold=True, align="center"), Qr(facts.code)]
    if facts.address:
        lines += [Rule(), Text(facts.address, align="center")]
    lines.append(Cut())
    return duplicate(tuple(lines), copy) if copy else tuple(lines)
