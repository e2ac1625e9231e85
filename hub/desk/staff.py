"""What every page of the staff needs to know of who is reading it: `staff` in each template."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, request

from hub.agents import cookie, csrf, doorway, rights, store
from hub.ask import Actor
from hub.context import Hub
from hub.errors import Refused
from hub.say import FIRST, direction, say, words

#: Where each one starts: the first page of these that their roles allow.
_HOMES = (("desk.page", "/desk"), ("supervision.page", "/supervision"), ("agents.people", "/agents"))

#: Rooms between which those go who sit at no counter.
_ROOMS = (
    ("supervision.page", "/supervision"),
    ("inquiry.page", "/desk/inquiry"),
    ("audit.page", "/audit"),
    ("privacy.page", "/privacy"),
    ("exchange.page", "/exchange"),
)


@dataclass(frozen=True, slots=True)
class Staff:
    """The reader of a page; `code` is empty when nobody is signed in. `csrf` goes into every form.

    `lock_s`: untouched for so many seconds the page locks; 0 where there is nothing to lock.
    """

    language: str
    agency: str
    code: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    csrf: str = ""
    home: str = "/desk"
    lock_s: int = 0
    rooms: tuple[tuple[str, str], ...] = ()

    @property
    def dir(self) -> str:
        """The direction of the page."""
        return direction(self.language)

    def say(self, key: str, /, **values: object) -> str:
        """A sentence in the language of the staff."""
        return say(self.language, key, **values)

    def refusal(self, error: Refused) -> str:
        """What a refusal says to an agent; in its own words where ours have none for its code."""
        known = error.reason in words(FIRST, "errors")
        return self.say(f"errors.{error.reason}") if known else error.message


def staff_of(hub: Hub) -> Staff:
    """Who sends this request."""
    language = hub.settings.agency.languages[0]
    actor: Actor = g.get("actor") or Actor()
    session = cookie.value(request)
    if actor.agent is None or session is None:
        return Staff(language, hub.settings.agency.name)
    found = store.agent(hub.reader, actor.agent)
    return Staff(
        language=language,
        agency=hub.settings.agency.name,
        code=actor.agent,
        name=found.name if found else actor.agent,
        roles=tuple(role_word(language, role) for role in sorted(actor.roles)),
        csrf=csrf.token_for(session),
        lock_s=doorway.lock_s(actor),
        rooms=_rooms(actor, language),
        home=next((url for page, url in _HOMES if rights.allowed(actor, page)), "/desk"),
    )


def _rooms(actor: Actor, language: str) -> tuple[tuple[str, str], ...]:
    """The other rooms that somebody without a counter may enter: address and word."""
    if rights.allowed(actor, "desk.page"):
        return ()
    return tuple(
        (url, say(language, f"desk.room_{page.partition('.')[0]}"))
        for page, url in _ROOMS
        if rights.allowed(actor, page) and page in current_app.view_functions and not request.path.startswith(url)
    )


def role_word(language: str, role: str) -> str:
    """A role as people say it; a role without a word keeps its name."""
    name = f"role_{role}"
    return say(language, f"agents.{name}") if name in words(FIRST, "agents") else role
