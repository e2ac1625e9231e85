"""The supervisor's pages: the live board, the statistics of a range of days, and their files for a spreadsheet.

A page translates: it reads one moment and renders. What a supervisor changes (the day, the mode) is asked by the
board's script over the socket, like every other step; the table of rights says who may.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from babel.dates import format_datetime
from flask import Blueprint, Response, g, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from hub.agents import cookie, rights, sessions
from hub.agents import store as agents
from hub.agents.forms import asked, new_key
from hub.clock import local
from hub.context import Hub
from hub.errors import Refused, Unreadable
from hub.queues import actions as queues
from hub.queues import faces
from hub.say import FIRST, say, say_refused, words
from hub.supervision import closing, corrections, looking, pictures, report, sheets, statistics, workbook
from hub.supervision.advice_pages import add_advice
from hub.supervision.fairness_pages import add_fairness
from hub.supervision.story_pages import add_story
from hub.wire import as_json

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Words of the room that its script never says.
_NOT_SAID = (
    "room_", "csv_", "xlsx_", "col_", "family_", "legend_", "alert_", "chart_", "priority_", "channel_", "correct_",
    "range_",
)  # fmt: skip


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
    add_advice(room, hub)
    add_fairness(room, hub)
    add_story(room, hub)
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
            seats=_who_may_sit(hub),
            services=[(each.code, each.name) for each in hub.settings.services],
        )

    @room.get("/supervision/open")
    def still_open() -> Response:
        with hub.snapshot() as reader:
            return jsonify(as_json(closing.still_open(hub, reader)))


def _who_may_sit(hub: Hub) -> list[tuple[str, str]]:
    """Whoever works at counters, by name."""
    at_counters = rights.RIGHTS["desk.page"]
    found = [(one.code, one.name) for one in agents.agents(hub.reader) if not at_counters.isdisjoint(one.roles)]
    return sorted(found, key=lambda one: one[1])


def _add_statistics(room: Blueprint, hub: Hub) -> None:
    @room.get("/supervision/statistics", endpoint="statistics")
    def statistics_page() -> tuple[str, int]:
        return _statistics(hub, _asked())

    @room.get("/supervision/statistics.csv", endpoint="csv")
    def file() -> Response:
        with hub.snapshot() as reader:
            found = looking.report_of(hub, reader, _asked(), of_agents=_of_agents(), whole=True)
        return _file(found, "csv", "text/csv", sheets.as_csv(found.tables, _said(hub)))

    @room.get("/supervision/statistics.xlsx", endpoint="workbook")
    def book() -> Response:
        with hub.snapshot() as reader:
            found = looking.report_of(hub, reader, _asked(), of_agents=_of_agents(), whole=True)
        made = local(hub.now().at, hub.settings.agency.zone)
        content = workbook.as_xlsx(found.tables, _cover(hub, found, made), _said(hub), made, hub.settings.hub.mark)
        return _file(found, "xlsx", _XLSX, content)

    @room.post("/supervision/statistics/corrections", endpoint="correct")
    def correct() -> AnyResponse | tuple[str, int]:
        day, form = request.form.get("day", ""), request.form
        try:
            with hub.snapshot() as reader:
                found = faces.ticket_by_id(reader, form.get("ticket", ""))
            ended = corrections.moment(form.get("ended", ""), found, hub.settings.agency.zone)
            reason = form.get("reason", "")
            queues.correct_end(hub, asked("correct_end"), ticket=form.get("ticket", ""), ended_at=ended, reason=reason)
        except Refused as refused:
            said = say_refused(_language(hub), refused, "supervision")
            return _statistics(hub, {"from": day, "to": day}, refusal=said, typed=form, status=refused.status)
        return redirect(f"/supervision/statistics?from={quote(day)}&to={quote(day)}#corrections", 303)


def _file(found: report.Report, ending: str, mimetype: str, content: str | bytes) -> Response:
    """The tables of a range as a file to keep, named by its dates."""
    headers = {"Content-Disposition": f'attachment; filename="statistiques-{found.first}-{found.last}.{ending}"'}
    return Response(content, mimetype=mimetype, headers=headers)


def _cover(hub: Hub, found: report.Report, made: datetime) -> list[str]:
    """What the first sheet of a workbook says: whose figures, of which days, and what to know of them."""
    said = _said(hub)
    lines = [f"{hub.settings.agency.name} · {said('statistics_title')}", found.title]
    lines += [said("xlsx_made").format(at=format_datetime(made, "short", locale=_language(hub)))]
    lines += [said("still_open_day")] if found.open_day else []
    lines += [say(_language(hub), "supervision.xlsx_missing", count=found.missing)] if found.missing else []
    lines += [said("xlsx_thin"), said("xlsx_minutes"), said("legend_percentile"), said("legend_visit")]
    return [*lines, said("legend_passage"), said("legend_abandonment"), said("legend_agents")]


def _asked() -> Mapping[str, str]:
    """The query string; an emptied date field is no date."""
    return {name: value for name, value in request.args.items() if value}


def _of_agents() -> bool:
    """Whether who looks may see the figures of single agents."""
    return rights.allowed(g.actor, "statistics_agents")


def _statistics(
    hub: Hub, query: Mapping[str, str], *, refusal: str = "", typed: Mapping[str, str] | None = None, status: int = 200
) -> tuple[str, int]:
    """The page of a range; `refusal`: why a correction was not taken, and what was `typed`."""
    with hub.snapshot() as reader:
        shown: dict[str, Any] = {
            "ranges": report.choices(statistics.today(hub, reader)), "report": None, "refused": None,
            "refusal": refusal, "typed": typed or {}, "key": new_key(),
            "may_correct": rights.allowed(g.actor, "supervision.correct"),
        }  # fmt: skip
        try:
            found = looking.report_of(hub, reader, query, of_agents=_of_agents())
        except Unreadable as unreadable:
            shown |= {"asked": {"from": query.get("from", ""), "to": query.get("to", "")}, "refused": unreadable}
            return render_template("supervision/statistics.html", **shown), unreadable.status
    shown |= {
        "report": found,
        "asked": {"from": found.first, "to": found.last},
        "charts": json.dumps(found.charts, ensure_ascii=False),
        "words": json.dumps(_chart_words(_language(hub)), ensure_ascii=False),
    }
    return render_template("supervision/statistics.html", **shown), status


def _chart_words(language: str) -> dict[str, str]:
    room = words(FIRST, "supervision") | words(language, "supervision")
    return {name: text for name, text in room.items() if name.startswith("chart_")}


def _said(hub: Hub) -> Callable[[str], str]:
    """The room's words in the agency's first language."""
    return lambda name: say(_language(hub), f"supervision.{name}")


def _language(hub: Hub) -> str:
    return hub.settings.agency.languages[0]


def script_words(language: str) -> str:
    """The words of the board's script, and for each refusal what to do (`error_CODE`)."""
    room = words(FIRST, "supervision") | words(language, "supervision")
    refusals = words(FIRST, "errors") | words(language, "errors")
    said = {name: text for name, text in room.items() if not name.startswith(_NOT_SAID)}
    return json.dumps(said | {f"error_{code}": text for code, text in refusals.items()}, ensure_ascii=False)
