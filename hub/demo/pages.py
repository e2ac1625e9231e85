"""The agency on one page: every box around one table. What is pressed here presses a mock pin in another process."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import segno
from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hardware.line_server import tell
from hub.agents import cookie, second_factor
from hub.api import json_body
from hub.ask import HUB, Ask
from hub.context import Hub
from hub.demo import keys
from hub.demo.wires import Wires
from hub.errors import NotFound, Refused, Unreadable
from hub.headers import CONTENT_SECURITY_POLICY
from hub.say import say

#: What a finger, a pair of pliers or a pair of scissors can do to a box.
COMMANDS = ("press", "ms", "pin", "level", "fault", "at", "speed")
QR_LONGEST = 400


def pages(hub: Hub, demo: dict[str, Any]) -> Blueprint:
    """GET / is the agency; the rest are its wires."""
    folder = Path(demo["folder"])
    settings = hub.settings
    second_factor.vouch_for_chairs(hub)
    sockets = {
        "kiosk": settings.path(settings.kiosk.socket),
        "panel": settings.path(settings.panel.socket),
        "printer": folder / "printer.sock",
    }
    room = Blueprint(
        "demo", __name__, template_folder="templates", static_folder="static", static_url_path="/demo/static"
    )

    @room.app_context_processor
    def played() -> dict[str, Any]:
        """A page that asks who somebody is says how to answer: nobody here is who they play."""
        secret, code = partial(keys.secret, hub), partial(keys.shown, hub)
        return {"played": {"common": keys.SECRET, "secret": secret, "code": code}}

    @room.get("/")
    def page() -> Response:
        response = Response(_page(hub, demo))
        kiosk = f"http://127.0.0.1:{settings.kiosk.screen_port}"
        response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self' {kiosk}"
        return response

    @room.get("/demo/wires")
    def wires() -> Response:
        return Response(_events(Wires(sockets)), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @room.post("/demo/touch/<box>")
    def touch(box: str) -> Response:
        """Do something to a box: press a pin, pull the paper out."""
        return jsonify({"done": _touched(sockets, box)})

    @room.get("/demo/qr.svg")
    def qr() -> Response:
        return Response(_qr_of(request.args.get("text", "")), mimetype="image/svg+xml")

    @room.get("/demo/agent/<code>")
    def agent(code: str) -> AnyResponse:
        """Sit down in an agent's chair: nobody types a password at a demo."""
        value = second_factor.vouched(hub, Ask(HUB), code)
        response = redirect(url_for("agents.login", next=request.args.get("to", "")))  # it knows the chair's first page
        cookie.give(request, response, value)
        return response

    return room


def _touched(sockets: dict[str, Path], box: str) -> dict[str, Any]:
    """What was done to a box. Raises NotFound, or Refused while its process is away."""
    if box not in sockets:
        raise NotFound(f"no box {box}; there are {', '.join(sockets)}")
    command = {name: value for name, value in json_body().items() if name in COMMANDS}
    try:
        tell(sockets[box], command)
    except OSError as error:
        raise Refused(f"the {box} does not answer: its process is starting again", code="box_away") from error
    return command


def _qr_of(text: str) -> bytes:
    """A QR code as the printer would draw it."""
    if not 0 < len(text) <= QR_LONGEST:
        raise Unreadable("text: what the code says", field="text")
    drawn = io.BytesIO()
    segno.make(text, micro=False).save(drawn, kind="svg", border=0, dark="#14213d", xmldecl=False)
    return drawn.getvalue()


def _page(hub: Hub, demo: dict[str, Any]) -> str:
    settings = hub.settings
    panels = [
        {
            "code": held.counter,
            "label": counter.label if counter else "",
            "keys": [{"pin": b.pin, "step": b.step, "word": say("fr", f"demo.{b.step}")} for b in held.buttons],
            "lamps": [{"name": name, "pin": pin} for name, pin in held.lamps.items()],
        }
        for held in settings.panel.counters
        for counter in [settings.counter(held.counter)]
    ]
    buttons = [
        {"pin": b.pin, "icon": service.icon, "word": service.kiosk.get("fr", service.label), "prefix": service.prefix}
        for b in settings.kiosk.buttons
        for service in [settings.service(b.service or "")]
        if service
    ]
    facts = json.loads((Path(demo["folder"]) / "screens.json").read_text("utf-8"))
    return render_template(
        "demo/agency.html",
        agency=settings.agency,
        panels=panels,
        buttons=buttons,
        kiosk_url=f"http://127.0.0.1:{settings.kiosk.screen_port}/",
        display_token=facts["display"],
        seat=facts["seat"],
        people=facts["people"],
        say=lambda key, /, **values: say("fr", f"demo.{key}", **values),
    )


def _events(wires: Wires) -> Iterator[str]:
    """Server-sent events; a comment when all is quiet."""
    for line in wires.lines():
        yield f"data: {line}\n\n" if line else ": still here\n\n"
