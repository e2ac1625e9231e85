"""The screen's page and its sounds.

The page is the same for every screen: which one it is, the hub learns from the token, and sends that
screen's picture. Sounds and posters hold no more than the room hears and sees anyway, so they are open to whoever
knows their name.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, render_template, request, send_file

from display.slides import Slides
from display.voice import Voice
from hub.errors import NotFound
from hub.say import direction, say, words
from hub.settings import Settings

#: Names and sounds go together for ever, but a hub may learn to speak better: ask again after an hour.
SOUND_MAX_AGE_S = 3600


def pages(settings: Settings, voice: Voice, slides: Slides | None = None) -> Blueprint:
    """GET /display, GET /sound/NAME.wav and GET /display/pictures/SCREEN/NUMBER."""
    room = Blueprint(
        "display", __name__, template_folder="templates", static_folder="static", static_url_path="/display/static"
    )

    @room.get("/display")
    def page() -> str:
        """In the language of the address (`lang`), else in the screen's own (`own`), once the hub has told it."""
        own = request.args.get("own", settings.agency.languages[0])
        language = request.args.get("lang", own)
        return render_template(
            "display.html",
            language=language,
            dir=direction(language),
            agency=" · ".join(part for part in (settings.agency.name, settings.agency.city) if part),
            words=json.dumps(words("fr", "display") | words(language, "display"), ensure_ascii=False),
            say=lambda name: say(language, f"display.{name}"),
        )

    @room.get("/sound/<name>.wav")
    def sound(name: str) -> Response:
        path = voice.sound(name)
        if path is None:
            raise NotFound("no such announcement")
        return send_file(path, mimetype="audio/wav", conditional=True, max_age=SOUND_MAX_AGE_S)

    @room.get("/display/pictures/<screen>/<int:number>")
    def picture(screen: str, number: int) -> Response:
        found = slides.picture(screen, number) if slides else None
        if found is None or not found[0].is_file():
            raise NotFound("no such picture")
        return send_file(found[0], mimetype=found[1], conditional=True, max_age=SOUND_MAX_AGE_S)

    return room
