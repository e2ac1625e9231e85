"""What is filled in on the administration's pages, as settings by name. Raises Unreadable naming the field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.errors import Unreadable, chosen
from hub.publishing import making, reasons, ticket
from hub.publishing.forms import Filled, Wanted, number, tidy
from hub.publishing.rules import as_text
from hub.settings import Settings
from hub.settings.devices import Display
from hub.settings.forms import DAYS, Words
from hub.wire import Direction

#: The parts of the page that are filled in, in the order of their tabs.
PARTS = ("services", "reasons", "places", "hours", "messages", "ticket")
#: Where the configuration goes out and comes in as files.
FILES = "files"
#: Parts on which a service or a counter can be made.
_MAKES = ("services", "places")
ARROWS: tuple[Direction, ...] = ("", "left", "right", "ahead", "up", "down")


def wanted(part: str, form: Filled, settings: Settings) -> Wanted:
    """What a part of the page asks for; a service or counter that is to go is asked for alone."""
    read = {
        "services": _services, "reasons": reasons.wanted, "places": _places, "hours": _hours, "messages": _messages,
        "ticket": ticket.wanted,
    }  # fmt: skip
    part = chosen(part, read, Unreadable("no such part of the page", code="bad_request", field="part"))
    if code := form.get("remove", ""):
        return making.without(settings, "counters" if part == "places" else "services", code)
    found: Wanted = dict(read[part](form, settings))
    if part in _MAKES and (code := form.get("new.code", "").strip()):
        found |= (making.counter if part == "places" else making.service)(form, settings, code)
    return found


def _text(form: Filled, name: str, *, needed: bool = False) -> str:
    said = tidy(form.get(name, ""))
    if needed and not said:
        raise Unreadable("write something", code="text_needed", field=name)
    return said


def _services(form: Filled, settings: Settings) -> Iterator[tuple[str, str]]:
    languages = settings.agency.languages
    for service in settings.services:
        under = f"services.{service.code}"
        yield f"{under}.label", as_text(_text(form, f"{under}.label", needed=True))
        yield f"{under}.short", as_text(_text(form, f"{under}.short"))
        yield f"{under}.kiosk", as_text(_words(form, f"{under}.kiosk", languages, service.kiosk))
        yield f"{under}.names", as_text(_words(form, f"{under}.names", languages[1:], service.names))
        yield f"{under}.papers", as_text(_lines(form, f"{under}.papers", languages, service.papers))
        yield f"{under}.guide", as_text(_lines(form, f"{under}.guide", languages, service.guide))
        yield f"{under}.group", as_text(_text(form, f"{under}.group"))
        yield f"{under}.icon", as_text(form.get(f"{under}.icon", service.icon))
        yield f"{under}.mean_min", as_text(_minutes(form, f"{under}.mean_min"))
        yield f"{under}.last_ticket", as_text(_text(form, f"{under}.last_ticket") or None)
        quota = form.get(f"{under}.quota", "").strip()
        yield f"{under}.quota", as_text(number(form, f"{under}.quota", 0, 9999) if quota else None)


def _words(form: Filled, under: str, languages: tuple[str, ...], there: Words) -> Words:
    """One text by language. What it says in languages that the page does not ask for stays."""
    others = {language: words for language, words in there.items() if language not in languages}
    said = {language: _text(form, f"{under}.{language}") for language in languages}
    return others | {language: words for language, words in said.items() if words}


def _lines(form: Filled, under: str, languages: tuple[str, ...], there: Any) -> dict[str, list[str]]:
    """One paper, or one step of a guide, a line; by language."""
    found: dict[str, list[str]] = {each: list(papers) for each, papers in there.items() if each not in languages}
    for language in languages:
        lines = [tidy(line) for line in form.get(f"{under}.{language}", "").splitlines()]
        if kept := [line for line in lines if line]:
            found[language] = kept
    return found


def _minutes(form: Filled, name: str) -> float:
    """A mean time as people write it: `7,5` too."""
    said = form.get(name, "").strip().replace(",", ".")
    try:
        minutes = float(said)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 600:  # noqa: PLR2004 (as the setting has it)
        raise Unreadable("minutes above 0", code="bad_number", field=name, low=1, high=600)
    return minutes


def _places(form: Filled, settings: Settings) -> Iterator[tuple[str, str]]:
    for counter in settings.counters:
        under = f"counters.{counter.code}"
        yield f"{under}.label", as_text(_text(form, f"{under}.label", needed=True))
        yield f"{under}.location", as_text(_text(form, f"{under}.location"))
        for name, there in (("names", counter.names), ("locations", counter.locations)):
            yield f"{under}.{name}", as_text(_words(form, f"{under}.{name}", settings.agency.languages[1:], there))
        arrow = form.get(f"{under}.arrow", "")
        yield f"{under}.arrow", as_text(chosen(arrow, ARROWS, Unreadable("an arrow", field=f"{under}.arrow")))
        yield f"{under}.printer", as_text(form.get(f"{under}.printer", counter.printer or "") or None)


def _hours(form: Filled, settings: Settings) -> Iterator[tuple[str, str]]:
    del settings
    hours: dict[str, dict[str, str | None]] = {}
    for day in DAYS:
        said = {name: form.get(f"day.{day}.{name}", "").strip() or None for name in ("open", "close", "last_ticket")}
        if said["open"] or said["close"]:
            hours[day] = said
    yield "day.hours", as_text(hours)
    yield "day.timetable", as_text(bool(form.get("day.timetable", "")))
    for name in ("holidays", "pay_days", "deadlines"):
        yield f"day.{name}", as_text(form.get(f"day.{name}", "").split())


def _messages(form: Filled, settings: Settings) -> Iterator[tuple[str, str]]:
    """All services are none in particular: one that is made later is then listed, too."""
    codes = [service.code for service in settings.services if service.prefix]
    for display in settings.displays:
        under = f"displays.{display.name}"
        yield f"{under}.message", as_text(_text(form, f"{under}.message"))
        listed = form.getlist(f"{under}.services")
        yield (
            f"{under}.services",
            as_text([code for code in codes if code in listed] if set(codes) - set(listed) else []),
        )
        yield f"{under}.messages", as_text(ticket.one_a_line(form, f"{under}.messages"))
        yield f"{under}.counters", as_text(_zone(form, f"{under}.counters", settings, display))


def _zone(form: Filled, name: str, settings: Settings, display: Display) -> list[str]:
    """The counters whose calls a screen shows: a sign's only one; all of them are none in particular."""
    shown = [counter.code for counter in settings.counters if counter.shown]
    chosen_ = [code for code in shown if code in form.getlist(name)]
    if display.layout == "sign" or set(shown) - set(chosen_):
        return chosen_
    return []
