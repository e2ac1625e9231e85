"""The supervisor's pages: the live board, the statistics of a range, their CSV."""

from __future__ import annotations

from flask import Blueprint, render_template

from hub.context import Hub


def pages(hub: Hub) -> Blueprint:
    """Everything at /supervision."""
    room = Blueprint(
        "supervision",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/supervision/static",
    )
    del hub

    @room.get("/supervision")
    def page() -> str:
        return render_template("supervision/board.html")

    return room
