"""The acknowledgement (accusé de réception) as text: what sheet and slip say, in the order of the fund's form."""

from __future__ import annotations

from dataclasses import dataclass

from hub.paper import Cut, Feed, Pair, Qr, Rule, Slip, Text
from hub.say import say


@dataclass(frozen=True, slots=True)
class Line:
    """A document as the paper names it. `small` is what stands under it: kind of copy, child, period, motive."""

    name: str
    small: str
    issued: str
    valid: str
    expired: bool
    copies: int


@dataclass(frozen=True, slots=True)
class Group:
    """The documents of one event of somebody."""

    event: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody concerned."""

    rank: int
    type: str
    number: str
    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An acknowledgement: all is text already, so sheet, slip and page say the same. Dates are DD/MM/YYYY.

    `code` is what the QR says; `missing` holds a heading (whose, which event) and what is still to come.
    """

    organisation: str
    agency: str
    address: str
    label: str
    code: str
    ticket: str
    date: str
    counter: str
    category: str
    name: str
    id_type: str
    id_number: str
    agent: str
    persons: tuple[Person, ...]
    count: int
    copies: int
    missing: tuple[tuple[str, tuple[str, ...]], ...]


def acknowledgement_slip(paper: Acknowledgement, language: str) -> Slip:
    """The short form, for a ticket printer; which copy it is is marked by whoever prints it."""

    def t(word: str, **values: object) -> str:
        return say(language, f"deposit.paper_{word}", **values)

    return (
        Text(paper.organisation, align="center"),
        Text(paper.agency, bold=True, align="center"),
        Rule(),
        Text(t("title"), bold=True, align="center"),
        Text(paper.label, size=2, bold=True, align="center"),
        Rule(),
        *((Pair(t("ticket"), paper.ticket),) if paper.ticket else ()),
        Pair(t("of"), paper.date),
        *((Pair(t("counter"), paper.counter),) if paper.counter else ()),
        Text(f"{t('depositor')} : {paper.name}"),
        *(line for person in paper.persons for line in _person(person, t("expired"))),
        Rule(),
        Pair(t("count"), _count(paper), bold=True),
        *_missing(paper, t("missing")),
        Rule(),
        Qr(paper.code),
        Text(paper.code, align="center"),
        Pair(t("service"), paper.agent),
        Feed(),
        Cut(),
    )


def _count(paper: Acknowledgement) -> str:
    return str(paper.count) if paper.copies == paper.count else f"{paper.count} ({paper.copies} ex.)"


def _person(person: Person, expired: str) -> Slip:
    lines: list[Rule | Text] = [Rule(), Text(f"{person.rank}. {person.name}", bold=True)]
    if person.number:
        lines.append(Text(f"{person.type} {person.number}"))
    for group in person.groups:
        lines.append(Text(group.event))
        for line in group.lines:
            # words wrap, a pair would be cut: what was handed in stands on the paper whole
            lines.append(Text(f"- {line.name}{f', {line.issued}' if line.issued else ''}"))
            if line.expired:
                lines.append(Text(f"  ! {expired} {line.valid}", bold=True))
    return tuple(lines)


def _missing(paper: Acknowledgement, title: str) -> Slip:
    if not paper.missing:
        return ()
    lines: list[Rule | Text] = [Rule(), Text(title, bold=True)]
    for _, wanted in paper.missing:
        lines += [Text(f"- {each}") for each in wanted]
    return tuple(lines)
