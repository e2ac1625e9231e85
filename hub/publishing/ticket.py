"""What is filled in about the ticket, as settings by name, and lines of a field. Raises Unreadable naming the field."""

from __future__ import annotations

from collections.abc import Iterator

from hub.publishing.forms import Filled, number
from hub.publishing.rules import as_text
from hub.settings import Settings
from hub.settings.devices import TICKET_PARTS

_LONGEST = 200


def tidy(text: str) -> str:
    """Words as they are kept: one space between them, and no more than fit."""
    return " ".join(text.split())[:_LONGEST]


def one_a_line(form: Filled, name: str) -> list[str]:
    """The lines of a field, without the empty ones."""
    return [line for each in form.get(name, "").splitlines() if (line := tidy(each))]


def ticket_parts(settings: Settings) -> tuple[str, ...]:
    """Every part of a ticket as the page lists them: what is printed in its order, then what is not."""
    printed = settings.ticket.parts
    return (*printed, *(part for part in TICKET_PARTS if part not in printed))


def wanted(form: Filled, settings: Settings) -> Iterator[tuple[str, str]]:
    """The parts that are ticked, by the place that is given each; one that was moved takes it from who stood there."""
    listed = ticket_parts(settings)
    places: dict[str, tuple[int, int]] = {}
    for stood, part in enumerate(listed, 1):
        place = number(form, f"ticket.place.{part}", 1, len(TICKET_PARTS))
        places[part] = place, (place > stood) - (place < stood)
    ticked = [part for part in listed if part in form.getlist("ticket.parts")]
    yield "ticket.parts", as_text(sorted(ticked, key=places.__getitem__))
    for name in ("welcome", "footer"):
        there = getattr(settings.ticket, name)
        said = {language: tidy(form.get(f"ticket.{name}.{language}", "")) for language in settings.agency.languages}
        others = {language: words for language, words in there.items() if language not in said}
        yield f"ticket.{name}", as_text(others | {language: words for language, words in said.items() if words})
