"""The agent's pages: choosing a counter, and the desk itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template

from hub.context import Hub
from hub.desk.staff import staff_of

if TYPE_CHECKING:  # a service knows this room, never the other way round: only its shape is known here
    from hub.services.ports import CounterService


def pages(hub: Hub, services: tuple[CounterService, ...]) -> Blueprint:
    """Everything at /desk that belongs to no service, and `staff` in every template."""
    room = Blueprint(
        "desk", __name__, template_folder="templates", static_folder="static", static_url_path="/desk/static"
    )

    @room.app_context_processor
    def reader() -> dict[str, Any]:
        return {"staff": staff_of(hub)}

    @room.get("/desk")
    def page() -> str:
        return render_template("desk/desk.html", services=services)

    return room
