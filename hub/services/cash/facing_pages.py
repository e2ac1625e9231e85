"""The window of the screen towards the payer, and what the cashier's page says to it while figures are typed."""

from __future__ import annotations

import json

from flask import Response, g, make_response, render_template, request

from hub.agents import cookie, sessions
from hub.agents.forms import the_hub
from hub.money import typed
from hub.say import direction, say
from hub.services.cash import facing
from hub.services.cash.pages import pages

#: Words stand in so many languages on it: two are read from where a payer stands.
LANGUAGES = 2


@pages.get("/payer")
def payer() -> str:
    """The screen towards whoever pays at this cashier's till: a window of its own, on the second screen."""
    agency = the_hub().settings.agency
    languages = agency.languages[:LANGUAGES]
    return render_template(
        "cash/payer.html", language=languages[0], dir=direction(languages[0]), agency_name=agency.name,
        socket=sessions.socket_token(cookie.value(request) or ""),
        words=json.dumps([facing.as_words(language, say) for language in languages], ensure_ascii=False),
        title=say(languages[0], "cash.facing"),
    )  # fmt: skip


@pages.post("/payer")
def face_payer() -> Response:
    """What stands on the cashier's page: what is due, and what was given, empty where nothing was."""
    given = request.form.get("given", "").strip()
    due = typed(request.form.get("due", ""), "due")
    facing.show(the_hub(), g.actor.agent or "", due, typed(given, "given") if given else None)
    return make_response("", 204)
