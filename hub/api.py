"""The API: JSON under /api/v1. It parses, asks the one table (`asks`), and answers; errors fly past it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from hub import asks, openapi
from hub.agents import rights
from hub.clock import iso
from hub.context import Hub
from hub.errors import BadRequest, NotAllowed, Unreadable, WrongMediaType
from hub.journal import entries
from hub.queues import faces, pictures
from hub.wire import as_json

PREFIX = "/api/v1"
EVENTS_AT_MOST = 1000
LONGEST_NUMBER = 15


def api(hub: Hub, board: Any, statistics: Any) -> Blueprint:
    """Every path of the API. `board(reader)` is the room's picture, `statistics(reader, query)` the figures."""
    routes = Blueprint("api", __name__, url_prefix=PREFIX)
    for what, spec in asks.ASKS.items():
        if spec.path:
            routes.add_url_rule(spec.path, what, _answers(hub, what, spec.status), methods=["POST"])

    @routes.get("/tickets/<ticket>", endpoint="ticket")
    def ticket(ticket: str) -> Response:
        with hub.snapshot() as reader:
            return jsonify(faces.ticket_whole(hub, reader, faces.ticket_by_id(reader, ticket)))

    @routes.get("/board", endpoint="board")
    def the_board() -> Response:
        with hub.snapshot() as reader:
            return jsonify(board(reader))

    @routes.get("/counters", endpoint="counters")
    def counters() -> Response:
        with hub.snapshot() as reader:
            codes = tuple(counter.code for counter in hub.settings.counters)
            return jsonify(as_json(pictures.counters(hub, reader, codes, {})))

    @routes.get("/statistics", endpoint="statistics")
    def figures() -> Response:
        _agents_alone(request.args.get("by", ""))
        with hub.snapshot() as reader:
            return jsonify(statistics(reader, request.args))

    @routes.get("/events", endpoint="events")
    def events() -> Response:
        if unknown := set(request.args) - {"after", "limit"}:
            raise Unreadable("no such field; there are after, limit", field=min(unknown)[:64])
        after, limit = _number("after", 0), min(_number("limit", 100), EVENTS_AT_MOST)
        with hub.snapshot() as reader:
            found = [_event(hub, row) for row in entries(reader, after, limit)]
        return jsonify({"events": found, "next": found[-1]["seq"] if found else after})

    @routes.get("/openapi.json", endpoint="openapi")
    def document() -> Response:
        return jsonify(openapi.document())

    return routes


def _agents_alone(by: str) -> None:
    """Raise NotAllowed for figures of single agents, but for whoever leads them and the agency's own programs."""
    if "agent" in by and not rights.allowed(g.actor, "statistics_agents"):
        raise NotAllowed("the figures of single agents are for their supervisor")


def _answers(hub: Hub, what: str, status: int) -> Any:
    """The view of one ask: path and body together are what is asked."""

    def view(**path: str) -> tuple[Response, int]:
        return jsonify(asks.perform(hub, g.actor, what, _joined(what, json_body(), path))), status

    return view


def _joined(what: str, body: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
    """The body with what the path says. A transfer's own `counter` is where it goes to."""
    if what == "transfer" and "counter" in body:
        body = {name: value for name, value in body.items() if name != "counter"} | {"to": body["counter"]}
    for name, value in path.items():
        if body.get(name, value) != value:
            raise Unreadable(f"{name}: the path says {value}", field=name)
    return body | path


def json_body() -> dict[str, Any]:
    """The request's JSON object. Raises WrongMediaType or BadRequest."""
    if request.mimetype != "application/json":
        raise WrongMediaType("send application/json")
    try:
        body = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"this is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadRequest("send a JSON object")
    return body


def _number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise Unreadable(f"{name}: a number from 0 on", field=name)
    return int(text)


def _event(hub: Hub, row: Any) -> dict[str, Any]:
    found = dict(row) | {"payload": json.loads(row["payload"]), "hash": row["hash"].hex()}
    found["payload"].pop("token", None)
    return found | {"certain": bool(row["certain"]), "wall": iso(row["at"], hub.settings.agency.zone)}
