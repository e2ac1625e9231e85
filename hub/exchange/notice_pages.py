"""What the centre tells the staff, opened over an agent's page: what it says, and that they have read it."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify

from hub.agents.forms import asked
from hub.clock import local
from hub.context import Hub
from hub.exchange import notices
from hub.say import say
from hub.wire import as_json


def pages(hub: Hub) -> Blueprint:
    """Everything at /desk/notices. It answers a page's script, in JSON."""
    room = Blueprint("notices", __name__)

    @room.get("/desk/notices")
    def unread() -> Response:
        return jsonify({"told": as_json(notices.unread(hub, hub.reader, g.actor.agent or ""))})

    @room.get("/desk/notices/<int:letter>")
    def one(letter: int) -> Response:
        language = hub.settings.agency.languages[0]
        found = notices.in_force(hub.reader, letter)
        at = local(found.at, hub.settings.agency.zone).strftime("%d/%m/%Y %H:%M")
        by = say(language, "exchange.notice_by", by=found.by or say(language, "exchange.centre"), at=at)
        return jsonify({name: notices.said(found.payload, name, language) for name in notices.WORDS} | {"by": by})

    @room.post("/desk/notices/<int:letter>/read")
    def read(letter: int) -> Response:
        return jsonify(notices.read(hub, asked(f"notices.read/{letter}"), letter=letter))

    return room
