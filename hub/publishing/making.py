"""A service or a counter that a screen makes, and one that goes, with all that named it.

Everything here raises Unreadable naming the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from hub.errors import NotFound, Refused, Unreadable
from hub.publishing.forms import Filled, Wanted, tidy
from hub.publishing.rules import GONE, as_text, made
from hub.settings import Counter, CounterKind, Model, Service, Settings

#: Pictograms that stand for something one may come for; any of the house's may.
ICONS = (
    "file-text", "file-upload", "help-circle", "info-circle", "message-report", "certificate", "cash", "cash-banknote",
    "wallet", "coin", "building-bank", "building-community", "briefcase", "baby-carriage", "id-badge-2", "user",
    "users", "wheelchair", "armchair", "calendar-event", "clock", "star", "search", "ticket",
)  # fmt: skip
KINDS: tuple[CounterKind, ...] = get_args(CounterKind)


def service(form: Filled, settings: Settings, code: str) -> Wanted:
    """A new service, and the counters that call it from the start."""
    _free(code, settings.service(code))
    prefix = _said(form, "prefix").upper()
    if prefix and any(each.prefix == prefix for each in settings.services):
        raise Unreadable(f"the letter {prefix} is another service's", code="prefix_taken", field="new.prefix")
    callers = form.getlist("new.counters")
    if not callers:
        raise Unreadable("choose the counters that call it", code="no_caller", field="new.counters")
    one = _made(Service, {
        "code": code, "prefix": prefix, "label": _said(form, "label"), "short": _said(form, "short"),
        "group": _said(form, "group"), "icon": _said(form, "icon") or "help-circle",
        "kiosk": {each: words for each in settings.agency.languages if (words := _said(form, f"kiosk.{each}"))},
        "mean_min": _said(form, "mean_min").replace(",", ".") or "10", "target_min": _said(form, "target_min") or "30",
    })  # fmt: skip
    called = {
        f"counters.{each.code}.services": as_text([*each.services, code])
        for each in settings.counters
        if each.code in callers
    }
    return {**made("services", one), **called}


def counter(form: Filled, settings: Settings, code: str) -> Wanted:
    """A new counter."""
    _free(code, settings.counter(code))
    one = _made(Counter, {
        "code": code, "label": _said(form, "label"), "kind": _said(form, "kind"), "location": _said(form, "location"),
        "services": form.getlist("new.services"), "languages": settings.agency.languages[:1],
    })  # fmt: skip
    return dict(made("counters", one))


def _said(form: Filled, name: str) -> str:
    return tidy(form.get(f"new.{name}", ""))


def _free(code: str, there: Model | None) -> None:
    if there is not None:
        raise Unreadable(f"{code} is there already", code="code_taken", field="new.code")


M = TypeVar("M", bound=Model)

#: What is said of a field that does not fit; of any other, that something must be written.
_SAY = {"code": "bad_code", "prefix": "bad_prefix", "mean_min": "bad_minutes", "target_min": "bad_minutes"}


def _made(kind: type[M], said: Mapping[str, Any]) -> M:
    if not said["label"]:
        raise Unreadable("write a name", code="text_needed", field="new.label")
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        field = str(error.errors(include_url=False)[0]["loc"][0])
        raise Unreadable(f"{field} does not fit", code=_SAY.get(field, "text_needed"), field=f"new.{field}") from error


# --- going ---------------------------------------------------------------------------------------


def without(settings: Settings, table: str, code: str) -> Wanted:
    """That service or counter goes, and with it whatever names it, wires too. Raises NotFound, Refused `zone_alone`."""
    there = settings.service(code) if table == "services" else settings.counter(code)
    if there is None:
        raise NotFound(f"there is no {code}", code="not_there", field="remove")
    rest = _without_service if table == "services" else _without_counter
    return {f"{table}.{code}": GONE, **dict(rest(settings, code))}


def _without_service(settings: Settings, code: str) -> Iterator[tuple[str, str | None]]:
    for each in settings.counters:
        if code in each.services:
            yield f"counters.{each.code}.services", as_text([one for one in each.services if one != code])
        if code in each.weights:
            weights = {one: minutes for one, minutes in each.weights.items() if one != code}
            yield f"counters.{each.code}.weights", as_text(weights)
    for screen in settings.displays:
        if code in screen.services:
            yield f"displays.{screen.name}.services", as_text([one for one in screen.services if one != code])
    for profile in settings.profiles:
        if code in profile.skills:
            skills = {one: level for one, level in profile.skills.items() if one != code}
            left = profile.model_copy(update={"skills": skills}).model_dump(mode="json")
            yield f"profiles.{profile.agent}", as_text(left) if skills or profile.languages else None
    yield from ((f"helps.{each.code}", None) for each in settings.helps if each.queue == code)
    yield from _without_its_places(settings, code)


def _without_its_places(settings: Settings, code: str) -> Iterator[tuple[str, str]]:
    """The kiosk's wired buttons for a service, and its appointments."""
    buttons = settings.kiosk.buttons
    if any(each.service == code for each in buttons):
        yield "kiosk.buttons", _listed(each for each in buttons if each.service != code)
    booked = settings.appointments.services
    if code in booked:
        left = [one for one in booked if one != code]
        yield "appointments.services", as_text(left)
        if not left:  # none named would be all of them
            yield "appointments.share", as_text(0)


def _listed(tables: Iterable[Model]) -> str:
    return as_text([each.model_dump(mode="json") for each in tables])


def _without_counter(settings: Settings, code: str) -> Iterator[tuple[str, str | None]]:
    for each in settings.helps:
        if code in each.counters:
            left = [one for one in each.counters if one != code]
            said = each.model_copy(update={"counters": tuple(left)}).model_dump(mode="json")
            yield f"helps.{each.code}", as_text(said) if left else None
    for screen in settings.displays:
        if code in screen.arrows:
            arrows = {one: way for one, way in screen.arrows.items() if one != code}
            yield f"displays.{screen.name}.arrows", as_text(arrows)
        if code in screen.counters:
            zone = [one for one in screen.counters if one != code]
            if not zone:  # none named would be all of them, and a sign needs one
                why = f"screen {screen.name} is for counter {code} alone: give it another one first"
                raise Refused(why, code="zone_alone", display=screen.name, counter=code)
            yield f"displays.{screen.name}.counters", as_text(zone)
    wired = settings.panel.counters
    if any(each.counter == code for each in wired):
        yield "panel.counters", _listed(each for each in wired if each.counter != code)
