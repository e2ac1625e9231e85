"""The supervisor's pages: the live board, the statistics of a range of days, and their CSV.

A page translates: it reads one moment and renders. What a supervisor changes (the day, the mode) is asked by the
board's script over the socket, like every other step; the table of rights says who may.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Blueprint, Response, g, jsonify, render_template, request

from hub.agents import cookie, rights, sessions
from hub.context import Hub
from hub.errors import Unreadable
from hub.say import FIRST, say, words
from hub.supervision import closing, pictures, report, sheets, statistics
from hub.wire import as_json

#: Words of the room that its script never says.
_NOT_SAID = ("csv_", "col_", "family_", "legend_", "alert_")


def pages(hub: Hub) -> Blueprint:
    """Everything at /supervision."""
    room = Blueprint(
        "supervision",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/supervision/static",
    )
    _add_board(room, hub)
    _add_statistics(room, hub)
    return room


def _add_board(room: Blueprint, hub: Hub) -> None:
    @room.get("/supervision")
    def page() -> str:
        with hub.snapshot() as reader:
            picture = pictures.supervision(hub, reader)
        return render_template(
            "supervision/board.html",
            picture=picture,
            json=json.dumps(as_json(picture), ensure_ascii=False),
            words=script_words(_language(hub)),
            socket=sessions.socket_token(cookie.value(request) or ""),
            may_change=rights.allowed(g.actor, "day_open"),
        )

    @room.get("/supervision/open")
    def still_open() -> Response:
        with hub.snapshot() as reader:
            return jsonify(as_json(closing.still_open(hub, reader)))


def _add_statistics(room: Blueprint, hub: Hub) -> None:
    @room.get("/supervision/statistics", endpoint="statistics")
    def statistics_page() -> tuple[str, int]:
        with hub.snapshot() as reader:
            ranges = report.ranges(statistics.today(hub, reader))
            try:
                found = report.report_of(hub, reader, _asked())
            except Unreadable as refused:
                asked = {"from": request.args.get("from", ""), "to": request.args.get("to", "")}
                return _statistics(asked=asked, refused=refused, ranges=ranges), refused.status
        return _statistics(asked={"from": found.first, "to": found.last}, report=found, ranges=ranges), 200

    @room.get("/supervision/statistics.csv", endpoint="csv")
    def file() -> Response:
        with hub.snapshot() as reader:
            found = report.report_of(hub, reader, _asked())
        text = sheets.as_csv(found.tables, lambda name: say(_language(hub), f"supervision.{name}"))
        name = f"statistiques-{found.first}-{found.last}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, mimetype="text/csv", headers=headers)


def _asked() -> Mapping[str, str]:
    """The query string; an emptied date field is no date."""
    return {name: value for name, value in request.args.items() if value}


def _statistics(**values: object) -> str:
    return render_template(
        "supervision/statistics.html",
        families=report.families(),
        firsts={columns[0].word for _, columns in report.families()},
        **{"report": None, "refused": None} | values,
    )


def _language(hub: Hub) -> str:
    return hub.settings.agency.languages[0]


def script_words(language: str) -> str:
    """The words of the board's script, and for each refusal what to do (`error_CODE`)."""
    room = words(FIRST, "supervision") | words(language, "supervision")
    refusals = words(FIRST, "errors") | words(language, "errors")
    said = {name: text for name, text in room.items() if not name.startswith(_NOT_SAID)}
    return json.dumps(said | {f"error_{code}": text for code, text in refusals.items()}, ensure_ascii=False)
