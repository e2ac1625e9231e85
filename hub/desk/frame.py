"""What surrounds the middle of the desk: the tabs, the first picture, the words and choices of its script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import g, request

from hub.agents import cookie, sessions
from hub.ask import Actor
from hub.context import Hub
from hub.desk.pictures import Desks, Notices
from hub.say import FIRST, say, words
from hub.settings.counters import Counter, Service
from hub.staff_pictures import Desk
from hub.wire import MOTIVES, as_json

if TYPE_CHECKING:  # known by its shape alone: a service knows this room, never the other way round
    from hub.services.ports import CounterService

#: The rooms whose words the desk's script speaks; a later one wins.
_ROOMS = ("panel", "desk")


@dataclass(frozen=True, slots=True)
class Tab:
    """A counter service that the agent's roles allow, in the order of the configuration."""

    name: str
    title: str
    icon: str
    url: str
    here: bool


@dataclass(frozen=True, slots=True)
class Guide:
    """A service's short guide; `here`: its visitor is at the counter."""

    service: str
    label: str
    steps: tuple[str, ...]
    here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """All that `desk/desk.html` is made of, but its middle."""

    picture: Desk
    tabs: tuple[Tab, ...]
    socket: str
    words: str
    services: tuple[Service, ...]
    counters: tuple[Counter, ...]
    motives: dict[str, tuple[str, ...]]
    guides: tuple[Guide, ...]

    @property
    def json(self) -> str:
        """The picture as the script reads it."""
        return json.dumps(as_json(self.picture), ensure_ascii=False)


def frame_of(hub: Hub, services: tuple[CounterService, ...], notices: Notices) -> Frame:
    """The frame for whoever sends this request."""
    actor: Actor = g.actor
    language = hub.settings.agency.languages[0]
    with hub.snapshot() as reader:
        picture = Desks(hub, services, notices).picture(reader, actor.agent or "")
    return Frame(
        picture=picture,
        tabs=tabs_of(services, actor, language),
        socket=sessions.socket_token(cookie.value(request) or ""),
        words=script_words(language),
        services=tuple(s for s in hub.settings.services if any(s.code in c.services for c in hub.settings.counters)),
        counters=tuple(c for c in hub.settings.counters if c.services),
        motives=MOTIVES,
        guides=tuple(guides_of(hub.settings.services, picture.visit.service if picture.visit else "", language)),
    )


def guides_of(services: Iterable[Service], present: str, language: str) -> Iterator[Guide]:
    """The services that have a guide, in that language or else the first. `present`: whose visitor is there."""
    for service in services:
        if steps := service.guide.get(language) or service.guide.get(FIRST):
            yield Guide(service.code, service.name, steps, service.code == present)


def tabs_of(services: Iterable[CounterService], actor: Actor, language: str = FIRST) -> tuple[Tab, ...]:
    """The services that the actor's roles allow and that have pages; the first one is where the agent's day begins."""
    allowed = [s for s in services if s.pages is not None and not s.roles.isdisjoint(actor.roles)]
    return tuple(
        Tab(s.name, say(language, s.title), s.icon, f"/desk/{s.name}", request.path.startswith(f"/desk/{s.name}"))
        for s in sorted(allowed, key=lambda s: s.roles & actor.roles <= s.beside)
    )


def script_words(language: str) -> str:
    """The words of the desk's script, and for each refusal what to do (`error_CODE`)."""
    found: dict[str, str] = {}
    for room in _ROOMS:
        found |= words(FIRST, room) | words(language, room)
    refusals = words(FIRST, "errors") | words(language, "errors")
    return json.dumps(found | {f"error_{code}": text for code, text in refusals.items()}, ensure_ascii=False)
