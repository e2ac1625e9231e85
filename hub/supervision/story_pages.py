"""The story of a day, a week or a month as a paper, and a closed day as a signed line: both to take away."""

from __future__ import annotations

from flask import Blueprint, Response, request

from hub.context import Hub
from hub.errors import Unreadable
from hub.supervision import statistics, story
from hub.workshop.answer import pdf


def add_story(room: Blueprint, hub: Hub) -> None:
    """The files at /supervision."""

    @room.get("/supervision/story.pdf", endpoint="story")
    def paper() -> Response:
        with hub.snapshot() as reader:
            asked = statistics.parsed(
                {name: request.args[name] for name in ("from", "to") if request.args.get(name)},
                statistics.today(hub, reader),
            )
            if asked.length > story.LONGEST_DAYS:
                raise Unreadable(f"at most {story.LONGEST_DAYS} days at once", field="from")
            content = story.page(hub, reader, asked.first, asked.last)
        return pdf(content, f"recit-{asked.first}-{asked.last}")

    @room.get("/supervision/day.json", endpoint="day_file")
    def day_file() -> Response:
        day = request.args.get("day", "")
        with hub.snapshot() as reader:
            line = story.signed_line(hub, reader, day)
        headers = {"Content-Disposition": f'attachment; filename="{story.file_name(hub, day)}"'}
        return Response(f"{line}\n", mimetype="application/json", headers=headers)
