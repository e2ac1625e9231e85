"""The agent's pages: choosing a counter, and the desk itself.

A service's page is a page of its own that extends `desk/desk.html` and fills the middle. Changing tabs is
plain navigation: nothing needs a script to come back after a reload, a crash of the browser or a restart of
the hub, and what was typed is kept by keep.js. Whatever moves while a page is open comes by the live link.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, g, jsonify, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from hub import asks
from hub.agents import rights
from hub.agents.forms import new_key
from hub.ask import Actor
from hub.clock import elapsed
from hub.context import Hub
from hub.desk import choosing
from hub.desk.frame import frame_of, tabs_of
from hub.desk.pictures import Notices
from hub.desk.staff import staff_of
from hub.desk.visiting import add_visits, choices_of, hand_of
from hub.errors import Refused
from hub.people.model import MASKED
from hub.queues import faces, store
from hub.say import say
from hub.wire import as_json

if TYPE_CHECKING:  # known by its shape alone: a service knows this room, never the other way round
    from hub.services.ports import CounterService

#: The frame of a service's page: whoever sits at no counter reads the same middle without call bar and line.
_FRAMES = {True: "desk/desk.html", False: "desk/reading.html"}
#: Refusals to sign on that a confirmation lifts.
_TAKES_OVER = frozenset({"counter_taken", "agent_elsewhere"})


def pages(hub: Hub, services: tuple[CounterService, ...], notices: Notices = lambda _reader, _agent: ()) -> Blueprint:
    """Everything at /desk that belongs to no service, and what each page of the staff can ask for in its template.

    `notices`: what the centre tells that an agent has not read yet.
    """
    room = Blueprint(
        "desk", __name__, template_folder="templates", static_folder="static", static_url_path="/desk/static"
    )

    @room.app_context_processor
    def reader() -> dict[str, Any]:
        return {
            "staff": staff_of(hub),
            "frame": lambda: frame_of(hub, services, notices),
            "unread_notices": lambda: _unread_notices(hub, notices),
            "hand": lambda: hand_of(hub),
            "hand_choices": lambda: choices_of(hub),
            "new_key": new_key,
            "frame_page": _FRAMES[rights.allowed(g.get("actor"), "desk.page")],
            "seen": lambda value: _seen(hub, value),
        }

    _add_desk(room, hub, services)
    _add_choice(room, hub)
    add_visits(room, hub, services)
    return room


def _seen(hub: Hub, value: Any) -> Any:
    """A value of somebody's file, or that its reader may not see it."""
    if value != MASKED:
        return value
    return Markup('<span class="masked">{}</span>').format(say(hub.settings.agency.languages[0], "people.masked"))


def _unread_notices(hub: Hub, notices: Notices) -> str | None:
    """The notices of the centre for whoever reads this page, as its script reads them; None where they get none."""
    if not rights.allowed(g.get("actor"), "notices.one"):
        return None
    return json.dumps(as_json(notices(hub.reader, _agent())), ensure_ascii=False)


def _add_desk(room: Blueprint, hub: Hub, services: tuple[CounterService, ...]) -> None:
    @room.get("/desk")
    def page() -> Response | str:
        if store.counter_of_agent(hub.reader, _agent()) is None:
            return redirect(url_for("desk.choose"))
        tabs = tabs_of(services, g.actor)
        return redirect(tabs[0].url) if tabs else render_template("desk/nothing.html")

    @room.get("/desk/line")
    def line() -> Response:
        return jsonify({"line": _line(hub, _agent())})


def _add_choice(room: Blueprint, hub: Hub) -> None:
    @room.get("/desk/counters")
    def choose() -> str:
        return _choice(hub, request.args.get("take"))

    @room.post("/desk/counters", endpoint="open")
    def open_counter() -> Response:
        code = request.form.get("counter", "")
        body = {"key": request.form.get("key", ""), "counter": code, "take_over": "take_over" in request.form}
        try:
            asks.perform(hub, g.actor, "open", body)
        except Refused as refused:
            take = code if refused.reason in _TAKES_OVER else None
            return make_response(_choice(hub, take, refused), refused.status)
        return redirect(url_for("desk.page"), 303)


def _choice(hub: Hub, take: str | None, refused: Refused | None = None) -> str:
    """The places to choose from, or the question whether to take over the one named."""
    day = store.day(hub.reader)
    return render_template(
        "desk/choose.html",
        places=choosing.places(hub, _agent()),
        taking=choosing.place_at(hub, _agent(), take) if take else None,
        elsewhere=store.counter_of_agent(hub.reader, _agent()),
        refused=refused,
        day_open=day is not None and day.open,
        key=new_key(),
    )


def _agent() -> str:
    actor: Actor = g.actor
    return actor.agent or ""


def _line(hub: Hub, agent: str) -> list[dict[str, Any]]:
    """Everybody waiting in the queues of the agent's counter, for a call out of turn."""
    counter = hub.settings.counter(store.counter_of_agent(hub.reader, agent) or "")
    if counter is None:
        return []
    with hub.snapshot() as reader:
        waiting = [t for t in store.open_tickets(reader, ("waiting",)) if t.stage.service in counter.services]
    return [
        {"ticket": t.label, "id": faces.public_id(t), "waited_s": elapsed(t.issued, hub.now()).ms // 1000}
        for t in waiting
    ]
