"""What is filled in on the routing's pages, as settings by name. Raises Unreadable naming the field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from werkzeug.datastructures import MultiDict

from hub.errors import Unreadable, chosen
from hub.publishing.rules import SINGLE, as_text
from hub.queues.places import USUAL
from hub.settings import Blended, QueueRules, Settings
from hub.settings.counters import Service

#: The parts of the page that are filled in, in the order of their tabs.
PARTS = ("counters", "agents", "helps", "rules")
#: Minutes that a service may be worth at a counter, by the choices offered.
WEIGHTS = (-15, -10, -5, 0, 5, 10, 15)
_MOST = 600
#: The longest text that is kept, signs.
LONGEST = 200
_SPACES = re.compile(r"[ \t\r\n]+")


Filled = MultiDict[str, str]
Wanted = dict[str, str | None]


def wanted(part: str, form: Filled, settings: Settings) -> Wanted:
    """What a part of the page asks for."""
    read = {"counters": _counters, "agents": _agents, "helps": _helps, "rules": _rules}
    part = chosen(part, read, Unreadable("no such part of the page", code="bad_request", field="part"))
    return dict(read[part](form, settings))


def sent_on(text: str) -> Wanted:
    """The changes whose effect was shown, as the page carries them to be published."""
    refusal = Unreadable("look at the effect again", code="bad_request", field="changes")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise refusal from error
    if not isinstance(found, dict) or not all(isinstance(v, str | None) for v in found.values()):
        raise refusal
    for value in found.values():
        _is_json(value, refusal)
    return found


def _is_json(value: str | None, refusal: Unreadable) -> None:
    try:
        json.loads(value or "null")
    except ValueError as error:
        raise refusal from error


def tidy(said: str) -> str:
    """What was typed, without spaces around and doubled ones; the thin ones of French stay."""
    return _SPACES.sub(" ", said).strip()[:LONGEST]


def number(form: Filled, name: str, low: int, high: int) -> int:
    """A whole number of a field. Raises Unreadable `bad_number`."""
    said = form.get(name, "").strip()
    if not said.isascii() or not said.removeprefix("-").isdigit() or not low <= int(said) <= high:
        raise Unreadable(f"a number from {low} to {high}", code="bad_number", field=name, low=low, high=high)
    return int(said)


def _counters(form: Filled, settings: Settings) -> Iterator[tuple[str, str]]:
    """Per counter: what each service is worth there, which is empty where it is not called."""
    for counter in settings.counters:
        if counter.code not in form.getlist("counter"):
            continue
        codes = [service.code for service in settings.services]
        marked = [code for code in codes if form.get(f"s.{counter.code}.{code}", "").strip()]
        kept = [code for code in counter.services if code in marked]
        weights = {code: number(form, f"s.{counter.code}.{code}", -60, 60) for code in marked}
        under = f"counters.{counter.code}"
        yield f"{under}.services", as_text(kept + [code for code in marked if code not in kept])
        yield f"{under}.weights", as_text({code: minutes for code, minutes in weights.items() if minutes})
        yield f"{under}.languages", as_text(form.getlist(f"languages.{counter.code}"))
        yield f"{under}.accessible", as_text(bool(form.get(f"accessible.{counter.code}", "")))


def _agents(form: Filled, settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Per agent: the level in each service, and their languages; nothing unusual is no profile."""
    for agent in form.getlist("agent"):
        levels = {service.code: _level(form, agent, service) for service in settings.services}
        skills = {code: level for code, level in levels.items() if level != USUAL}
        languages = form.getlist(f"languages.{agent}")
        profile = {"agent": agent, "skills": skills, "languages": languages}
        yield f"profiles.{agent}", as_text(profile) if skills or languages else None


def _level(form: Filled, agent: str, service: Service) -> int:
    name = f"l.{agent}.{service.code}"
    return number(form, name, 0, 3) if form.get(name, "") else USUAL


def _helps(form: Filled, settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Each help as it is now; one without a queue is not there, or no more."""
    taken = {help_.code for help_ in settings.helps}
    fresh = next(code for number in range(1, len(taken) + 2) if (code := f"AIDE-{number}") not in taken)
    for code in form.getlist("help"):
        name = code or fresh
        if not form.get(f"h.{code}.service", ""):
            if code:
                yield f"helps.{code}", None
            continue
        counters = form.getlist(f"h.{code}.counters")
        if not counters:
            raise Unreadable("choose the counters that help", code="no_counter", field=f"h.{code}.counters")
        yield f"helps.{name}", as_text({
            "code": name, "queue": form.get(f"h.{code}.service", ""), "counters": counters,
            "over_min": number(form, f"h.{code}.over_min", 0, _MOST), "after": number(form, f"h.{code}.after", 1, 20),
        })  # fmt: skip


def _rules(form: Filled, settings: Settings) -> Iterator[tuple[str, str]]:
    for name in SINGLE["queue"]:
        yield f"queue.{name}", as_text(number(form, f"queue.{name}", *QueueRules.limits(name)))
    yield "alerts.pause_min", as_text(number(form, "alerts.pause_min", 1, _MOST))
    most = form.get("alerts.waiting", "").strip()
    yield "alerts.waiting", as_text(number(form, "alerts.waiting", 1, 9999) if most else None)
    for name in SINGLE["blended"]:
        yield f"blended.{name}", as_text(number(form, f"blended.{name}", *Blended.limits(name)))
    for service in settings.services:
        under = f"services.{service.code}"
        yield f"{under}.target_min", as_text(number(form, f"{under}.target_min", 1, _MOST))
        yield f"{under}.least_skill", as_text(number(form, f"{under}.least_skill", 1, 3))
        yield f"{under}.language_needed", as_text(bool(form.get(f"{under}.language_needed", "")))
