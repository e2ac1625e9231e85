"""What the pages of this room share: who reads, in which language, where they go next, and refusals in words.

A page translates: it asks one action and renders. What is refused is said at the field where the eye is, in the
words of `words/*/agents.toml`; what was typed is kept, secrets excepted.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, url_for
from werkzeug.wrappers import Request

from hub.agents import rights, rules
from hub.agents.model import ENROLLING, LOCKED, NEWCOMER, PROVING
from hub.ask import Actor
from hub.clock import local
from hub.context import Hub
from hub.errors import Refused
from hub.say import say, words

#: Where people go after signing in: the first of these pages that there is and that they may see.
_HOMES = ("desk.page", "supervision.page", "agents.people")
#: Whoever is on their way in has one page.
WAYS_IN = {NEWCOMER: "agents.choose", PROVING: "agents.second", ENROLLING: "agents.enrol", LOCKED: "agents.locked"}
#: Pages that nobody comes back to.
_DOORS = ("/login", "/logout", "/choose", "/second", "/enrol", "/locked")
#: A stranger, until a session says who it is.
STRANGER = Actor()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A refusal on a page: at which field, in which words, and for how many seconds the button stays shut."""

    field: str
    words: str
    retry_s: int = 0


def actor() -> Actor:
    """Who asks; the application has put it there."""
    asking: Actor = g.get("actor") or STRANGER
    return asking


def address_of(request: Request) -> str:
    """From where: the station's address as the hub sees it."""
    return request.remote_addr or ""


def language_of(hub: Hub) -> str:
    """The language of the staff."""
    return hub.settings.agency.languages[0]


def way_in(roles: frozenset[str]) -> str | None:
    """The page of somebody who is still on their way in; None for whoever is in."""
    return next((page for role, page in WAYS_IN.items() if role in roles), None)


def lock_s(who: Actor) -> int:
    """Untouched for so many seconds a page of theirs locks; 0 for whoever is not in."""
    inside = who.agent is not None and way_in(who.roles) is None
    return rules.life(who.roles).lock_ms // 1000 if inside else 0


def after(wanted: str, roles: frozenset[str] | None = None) -> str:
    """Where to go: the page that was asked for when it is one of ours, else the first that the roles allow."""
    who = actor() if roles is None else Actor(agent="", roles=roles)
    if page := way_in(who.roles):
        return url_for(page, next=wanted)
    if wanted.startswith("/") and not wanted.startswith(("//", "/\\", *_DOORS)) and wanted.isprintable():
        return wanted
    there = (page for page in _HOMES if page in current_app.view_functions and rights.allowed(who, page))
    return url_for(next(there, "agents.choose"))


# --- refusals in words -------------------------------------------------------------------------


def needed(value: str, field: str) -> str:
    """What was typed into a field that may not stay empty. Raises Refused."""
    if not value.strip():
        raise Refused(f"{field} is missing", code=f"missing_{field}", field=field)
    return value


def trouble(hub: Hub, refused: Refused, field: str) -> Trouble:
    """What a refusal says on the page: the most particular words there are for it."""
    retry_s = int(refused.facts.get("retry_s", 0))
    names = (f"weak_{refused.facts.get('why')}", refused.reason, refused.field or "")
    for name in names:
        if f"error_{name}" in words("fr", "agents"):
            said = say(
                language_of(hub), f"agents.error_{name}",
                time=f"{retry_s // 60:02d}:{retry_s % 60:02d}", until=until(hub, retry_s),
            )  # fmt: skip
            return Trouble(refused.field or field, said, retry_s)
    return Trouble(refused.field or field, refused.message, retry_s)


def until(hub: Hub, left_s: int) -> str:
    """The hour at which so many seconds will have passed, as a clock on the wall shows it."""
    return local(hub.now().at + left_s * 1000, hub.settings.agency.zone).strftime("%H:%M")
