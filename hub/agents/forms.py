"""What a page of the agents' is asked by its forms: of which hub, by whom, under which key, with what filled in."""

from __future__ import annotations

import secrets

from flask import current_app, g, request

from hub.agents import csrf
from hub.agents.doorway import language_of
from hub.ask import Ask
from hub.context import Hub

#: What a form carries that is not its content.
_ABOUT_IT = frozenset({"key", csrf.FIELD, "next"})


def the_hub() -> Hub:
    """The hub whose page this is."""
    hub: Hub = current_app.extensions["mbote"]
    return hub


def staff_language() -> str:
    """The language of the hub's pages."""
    return language_of(the_hub())


def new_key() -> str:
    """A key for a form that is about to be shown."""
    return secrets.token_hex(16)


def asked(what: str) -> Ask:
    """Who asks, under the form's key; the body is what was filled in."""
    filled = {name: value for name, value in request.form.items() if name not in _ABOUT_IT}
    return Ask(g.actor, request.form.get("key") or new_key(), {"what": what} | filled)
