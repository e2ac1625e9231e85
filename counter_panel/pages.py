"""The panel in a browser: one page for every counter; which ones it holds, its token says."""

from __future__ import annotations

import json
from collections.abc import Callable

from flask import Blueprint, render_template, request

from hub.say import direction, say, words
from hub.settings import Settings
from hub.wire import MOTIVES


def pages(standing: Callable[[], Settings]) -> Blueprint:
    """GET /panel, by the settings that stand when it is asked for."""
    room = Blueprint(
        "counter_panel", __name__, template_folder="templates", static_folder="static", static_url_path="/panel/static"
    )

    @room.get("/panel")
    def page() -> str:
        settings = standing()
        language = request.args.get("lang", settings.agency.languages[0])
        return render_template(
            "panel.html",
            language=language,
            dir=direction(language),
            words=json.dumps(words("fr", "panel") | words(language, "panel"), ensure_ascii=False),
            say=lambda name: say(language, f"panel.{name}"),
            services=[service for service in settings.services if service.prefix],
            reasons=MOTIVES,
        )

    return room
