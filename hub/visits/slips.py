"""The slip of a visit: who came, for whom, and what was done, as lines of paper."""

from __future__ import annotations

from dataclasses import dataclass

from hub.paper import Cut, Feed, Pair, Rule, Slip, Text, duplicate
from hub.say import say


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as its paper and its page tell it: all is text already, so both say the same.

    `done`: local HH:MM and what was done; `concerned`: name and number.
    """

    organisation: str
    agency: str
    label: str
    date: str
    counter: str
    agent: str
    requester: str
    quality: str
    concerned: tuple[tuple[str, str], ...]
    done: tuple[tuple[str, str], ...]


def visit_slip(visit: Visit, language: str, copy: int) -> Slip:
    """The lines. A further print says which one it is."""

    def t(word: str, **values: object) -> str:
        return say(language, f"visits.{word}", **values)

    slip: Slip = (
        Text(visit.organisation, align="center"),
        Text(visit.agency, bold=True, align="center"),
        Rule(),
        Pair(t("slip_ticket"), visit.label, bold=True),
        Pair(t("slip_date"), visit.date),
        Pair(t("slip_counter"), visit.counter),
        Pair(t("requester"), visit.requester or t("nobody_named")),
        *((Pair(t("quality"), visit.quality),) if visit.quality else ()),
        Rule(),
        Text(t("concerned"), bold=True),
        *(Pair(name, number) for name, number in visit.concerned or ((t("nobody_named"), ""),)),
        Rule(),
        Text(t("slip_done"), bold=True),
        *(Text(f"{at}  {what}") for at, what in visit.done),
        Rule(),
        Pair(t("slip_agent"), visit.agent),
        Feed(),
        Cut(),
    )
    return duplicate(slip, copy) if copy else slip
