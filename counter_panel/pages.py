"""The panel in a browser: one page for every counter; which ones it holds, its token says."""

from __future__ import annotations

import json

from flask import Blueprint, render_template, request

from hub.say import direction, say, words
from hub.settings import Settings

#: What may be said of a hold, a transfer and a pause: names of words in panel.toml. The words travel, not the names:
#: a motive is read by people, and another door may send one that nobody foresaw.
REASONS = {
    "hold": ("photocopy", "missing_document", "checking", "other"),
    "transfer": ("other_service", "next_step", "wrong_queue", "other"),
    "pause": ("break", "meeting", "fault", "back_office"),
}


def pages(settings: Settings) -> Blueprint:
    """GET /panel."""
    room = Blueprint(
        "counter_panel", __name__, template_folder="templates", static_folder="static", static_url_path="/panel/static"
    )

    @room.get("/panel")
    def page() -> str:
        language = request.args.get("lang", settings.agency.languages[0])
        return render_template(
            "panel.html",
            language=language,
            dir=direction(language),
            words=json.dumps(words("fr", "panel") | words(language, "panel"), ensure_ascii=False),
            say=lambda name: say(language, f"panel.{name}"),
            services=[service for service in settings.services if service.prefix],
            reasons=REASONS,
        )

    return room
