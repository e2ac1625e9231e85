"""The acknowledgement of a deposit: what it says, and its sheet as PDF. The same deposit and copy give the same bytes.

Source: requirements A.1.2 and D.4, the fund's own form with its headings put right.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from hub import days
from hub.agents import store as agents
from hub.context import Hub
from hub.say import FIRST, say, words
from hub.services.deposit import catalogue, intake, published, rules, store
from hub.services.deposit import model as m
from hub.services.deposit.slips import Acknowledgement, Group, Line, Person
from hub.workshop.qr import qr_picture


def of(hub: Hub, reader: sqlite3.Connection, found: m.Deposit) -> Acknowledgement:
    """What the acknowledgement of a deposit says."""
    agency, language = hub.settings.agency, hub.settings.agency.languages[0]
    documents, persons = store.documents(reader, found.id), store.parties(reader, found.id)
    counter = hub.settings.counter(found.counter or "")
    agent = agents.agent(reader, found.agent) if found.agent else None
    lists = published.lists_of(hub)
    label = found.label or ""
    return Acknowledgement(
        organisation=agency.organisation,
        agency=agency.name,
        address=agency.address,
        label=label,
        code=rules.code_of(agency.code, label),
        ticket=f"N° {found.ticket_label}" if found.ticket_label else "",
        date=days.said(found.deposited_on),
        counter=f"{counter.code}-{counter.label}" if counter else found.counter or "",
        category=_word(language, f"category_{found.category}"),
        name=found.name or "–",
        id_type=_word(language, f"paper_id_{found.id_type}") if found.id_number else "",
        id_number=found.id_number or "",
        agent=agent.name if agent else found.agent or "",
        persons=tuple(_person(each, documents, lists, language) for each in persons),
        count=len(documents),
        copies=sum(each.copies for each in documents),
        missing=tuple(missing(persons, documents, lists, language, store.replaced(reader, found.id))),
    )


def _word(language: str, name: str) -> str:
    return say(language, f"deposit.{name}")


def _person(person: m.Party, documents: Iterable[m.Document], lists: m.Lists, language: str) -> Person:
    groups: dict[str, list[Line]] = {}
    for each in documents:
        if each.rank == person.rank:
            groups.setdefault(each.event, []).append(_line(each, lists, language))
    return Person(
        person.rank,
        _word(language, f"type_{person.type}"),
        person.number or "",
        person.name or person.party or "–",
        tuple(Group(event_said(code, lists, language), tuple(lines)) for code, lines in groups.items()),
    )


def _line(document: m.Document, lists: m.Lists, language: str) -> Line:
    kind = lists.types.get(document.type)
    small = [document.about or "", intake.period_said(document.period)]
    if document.copy_kind != "copy":
        small.append(_word(language, f"kind_{document.copy_kind}"))
    if document.copies > 1:
        small.append(say(language, "deposit.copies_of", number=document.copies))
    return Line(
        kind.on_paper(language) if kind else document.type,
        " · ".join(filter(None, small)),
        days.said(document.issued_on),
        days.said(document.valid_until),
        document.expired,
        document.copies,
    )


def event_said(code: str, lists: m.Lists, language: str) -> str:
    """An event as people call it; one that is no longer in the lists keeps its code."""
    known = lists.events.get(code)
    return m.called(known.label, language) if known else code


def type_said(code: str, lists: m.Lists, language: str) -> str:
    """A document type as people call it; one that is no longer in the lists keeps its code."""
    known = lists.types.get(code)
    return m.called(known.label, language) if known else code


# --- what is missing ---------------------------------------------------------------------------


def missing(
    persons: Iterable[m.Party],
    documents: Iterable[m.Document],
    lists: m.Lists,
    language: str,
    replaced: Container[int] = (),
) -> Iterable[tuple[str, tuple[str, ...]]]:
    """What has still to come, by person and event: absent, too few, expired, or not accepted and not `replaced`."""
    there = list(documents)
    for person in persons:
        for code, circumstances in person.asked.items():
            has = [
                intake.Has(each.type, each.copies, "" if each.id in replaced else _fault(each))
                for each in there
                if each.rank == person.rank and each.event == code
            ]
            wanting = intake.completeness(intake.needs(code, circumstances, lists), has).missing
            if wanting:
                heading = f"{person.name or person.number or '–'} · {event_said(code, lists, language)}"
                yield heading, tuple(missing_said(each, lists, language) for each in wanting)


def _fault(document: m.Document) -> str:
    if document.state in ("rejected", "to_complete"):
        return document.state
    return "expired" if document.expired else ""


def missing_said(wanting: intake.Missing, lists: m.Lists, language: str) -> str:
    """One thing that is missing, in words."""
    which = say(language, "deposit.or_else").join(type_said(code, lists, language) for code in wanting.any)
    many = f" × {wanting.number}" if wanting.number > 1 and wanting.why != "copies" else ""
    return say(language, f"deposit.missing_{wanting.why}", what=which + many, number=wanting.number)


# --- the sheet -----------------------------------------------------------------------------------


def sheet(hub: Hub, found: m.Deposit, copy: int) -> bytes:
    """The PDF of a copy (0: the first). Raises NotDrawn."""
    return hub.workshop.drawn(*_asked(hub, found, copy))


def sheet_ahead(hub: Hub, found: m.Deposit) -> None:
    """Begin with the first copy: whoever has just recorded a deposit will soon ask for it."""
    hub.workshop.draw_ahead(*_asked(hub, found, 0))


def _asked(hub: Hub, found: m.Deposit, copy: int) -> tuple[Mapping[str, str], dict[str, Any], int]:
    """What the workshop is asked: the layouts, what they fill in, and when, s."""
    with hub.snapshot() as reader:
        said = of(hub, reader, found)
    layouts = catalogue.layouts(hub.settings.folder)
    sources = {**layouts, "main": layouts["acknowledgement.typ"], "qr.svg": qr_picture(said.code)}
    return sources, data(hub, said, copy), found.at // 1000


def data(hub: Hub, said: Acknowledgement, copy: int) -> dict[str, Any]:
    """What the layout fills in."""
    language = hub.settings.agency.languages[0]
    return asdict(said) | {
        "lang": language,
        "copy": copy,
        "words": {
            name.removeprefix("paper_"): say(language, f"deposit.{name}")
            for name in words(FIRST, "deposit")
            if name.startswith("paper_")
        },
    }
