"""The web application: who asks is found out once, rights are checked once, errors are answered once.

Every route declares its roles in `agents/rights.py`; the application refuses to exist while one does not.
Pages and API views hold no `except`: each refusal knows its code and status and is answered here.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response as AnyResponse

from hub import api as public_api
from hub import outbox, spreadsheet
from hub.agents import cookie, csrf, devices, refusals, rights, sessions
from hub.agents.doorway import way_in
from hub.agents.model import LOCKED
from hub.ask import Actor
from hub.authority import AUTHORITY
from hub.backup import watch
from hub.context import Hub
from hub.door import AUTHORITY_PATH, by_credentials, limit_request, of_process
from hub.errors import ConfigurationFault, NotAllowed, NotAuthenticated, NotFound, Refused, StoreFault, TooLarge
from hub.headers import HEADERS, HTMX, content_security_policy
from hub.look import look
from hub.queues import store
from hub.say import FIRST, say, say_refused
from hub.sqlite import is_disk

log = structlog.get_logger("app")
BODY_BYTES = 64 * 1024
NOBODY = Actor()


@dataclass(frozen=True, slots=True)
class Rooms:
    """What is wired into the application: pages, and what the API reads."""

    pages: tuple[Blueprint, ...]
    board: Callable[[Any], Any]
    statistics: Callable[[Any, Any], Any]
    present: Callable[[], int] = lambda: 0
    frame_ancestors: str = "'none'"
    undeclared: Iterable[str] = ()


def create_app(hub: Hub, rooms: Rooms) -> Flask:
    """The application of one hub. Raises ConfigurationFault when a route declares no roles."""
    app = _App("hub", static_folder=None, template_folder="desk/templates", root_path=str(_root()))
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.url_map.converters["int"] = _Number
    app.jinja_env.globals["school"] = say(hub.files.agency.languages[0], "desk.school") if hub.files.hub.school else ""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["mbote"] = hub
    app.extensions["refused"] = _answer
    app.before_request(_who_asks(hub))
    app.after_request(_headers(rooms))
    if hub.settings.hub.school:
        app.after_request(_of_school(hub.settings.hub.mark, hub.settings.hub.stamp))
    app.teardown_request(lambda _: hub.store.give_back())
    for blueprint in (look(), public_api.api(hub, rooms.board, rooms.statistics), *rooms.pages):
        app.register_blueprint(blueprint)
    _add_health(app, hub, rooms)
    _add_errors(app, hub)
    _all_declared(app)
    return app


class _App(Flask):
    """Flask, but for what goes wrong while a room draws the page that says a refusal."""

    def handle_user_exception(self, e: Exception) -> Any:
        """What a room refuses it says on a page of its own. Where that cannot be drawn, the common answer says why."""
        try:
            return super().handle_user_exception(e)
        except Refused as refused:
            if refused is e:
                raise
            return self.make_response(_answer(refused))
        except (StoreFault, sqlite3.DatabaseError) as fault:
            if fault is e:
                raise
            return super().handle_user_exception(fault)


class _Number(IntegerConverter):
    """A number of an address, as far as a row can have it: a greater one is no page."""

    def __init__(self, url_map: Any, *args: Any, **values: Any) -> None:
        super().__init__(url_map, *args, **{"max": 2**63 - 1} | values)


def _root() -> Any:
    from pathlib import Path  # noqa: PLC0415

    return Path(__file__).parent


def _all_declared(app: Flask) -> None:
    endpoints = {what_of(rule.endpoint) for rule in app.url_map.iter_rules()}
    if missing := rights.undeclared(endpoints):
        raise ConfigurationFault([f"hub/agents/rights.py: {name} declares no roles" for name in missing])


def what_of(endpoint: str) -> str:
    """The name under which the table of rights has an endpoint: the API's are the asks' own."""
    return endpoint.removeprefix("api.")


# --- who asks --------------------------------------------------------------------------------


def _who_asks(hub: Hub) -> Callable[[], AnyResponse | None]:
    uploads = {endpoint: most for service in hub.services for endpoint, most in service.uploads.items()}

    def before() -> AnyResponse | None:
        """What is refused here is answered here: a room's own page of refusals may show what is in the room."""
        try:
            return let_in()
        except Refused as refused:
            return _at_the_door(refused)

    def let_in() -> AnyResponse | None:
        g.actor = NOBODY
        if request.endpoint is None:
            return None
        if most := uploads.get(request.endpoint):
            request.max_content_length = most
        limit_request(request, body_bytes=most)
        g.actor = identify(hub) or NOBODY
        if g.actor is not NOBODY:
            of_process().welcome(by_credentials(request.environ))
        return _turned_away(hub, what_of(request.endpoint))

    return before


def _at_the_door(refused: Refused) -> AnyResponse:
    """Answered here and not by the room that was asked: its own page is not for whoever has no business there.

    A script that asked for a part of a page is told in words, and its page stays as it is; where the screen is locked
    the page covers itself (agents/static/lock.js).
    """
    if not request.headers.get("HX-Request"):
        return _answer(refused)
    answer = make_response("", refused.status)
    answer.headers["HX-Reswap"] = "none"
    locked = refused.reason == "screen_locked"
    answer.headers["HX-Trigger"] = "locked" if locked else json.dumps({"refused": say_refused(FIRST, refused)})
    return answer


def _turned_away(hub: Hub, what: str) -> AnyResponse | None:
    if what in rights.PUBLIC or rights.is_static(what):
        return None
    if g.actor is NOBODY:
        if request.headers.get("HX-Request"):
            return _whole_page_to_login()
        if _wants_page():
            return redirect(url_for("agents.login", next=request.full_path.rstrip("?")))
        raise NotAuthenticated("send a token: Authorization: Bearer …")
    if not rights.allowed(g.actor, what):
        page = way_in(g.actor.roles)
        if page and _wants_page() and request.method == "GET" and not request.headers.get("HX-Request"):
            return redirect(url_for(page, next=request.full_path.rstrip("?")))
        if LOCKED in g.actor.roles:
            raise NotAllowed("this screen is locked: unlock it first", code="screen_locked")
        refusals.of(hub).note(g.actor, what)
        raise NotAllowed(f"{g.actor.scope} may not do this")
    return None


def _whole_page_to_login() -> AnyResponse:
    """A part of a page was asked for: the sign-in page must not become that part. What was typed stays (keep.js)."""
    answer = make_response("", NotAuthenticated.status)
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    answer.headers["HX-Redirect"] = url_for("agents.login", next=f"{page.path or '/'}?{page.query}".rstrip("?"))
    return answer


def identify(hub: Hub) -> Actor | None:
    """Who sends this request: a device by its token, an agent by the session cookie (then no foreign page)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return devices.actor_of_token(hub, token.strip())
    actor = sessions.actor_of_session(hub, cookie.value(request))
    if actor is not None and request.method not in ("GET", "HEAD", "OPTIONS"):
        # the demo's metal belongs to whoever looks at the page: a session adds nothing that a token would guard
        (csrf.check_origin if request.blueprint == "demo" else csrf.check)(request)
    return actor


def identify_socket(hub: Hub) -> Callable[[Any], Actor | None]:
    """Who opens a socket: `auth` holds a device's token or the short token that a page was given."""

    def identify_auth(auth: Any) -> Actor | None:
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str) or not token:
            return None
        return devices.actor_of_token(hub, token) or sessions.actor_of_socket_token(hub, token)

    return identify_auth


# --- answers ---------------------------------------------------------------------------------


def _headers(rooms: Rooms) -> Callable[[Response], Response]:
    plain = content_security_policy(framed_by=rooms.frame_ancestors)
    htmx = content_security_policy(framed_by=rooms.frame_ancestors, trusted_types=HTMX)

    def after(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        # a counter service's page lies below the desk's, and may be made of parts
        response.headers.setdefault("Content-Security-Policy", htmx if request.path.startswith("/desk/") else plain)
        if not rights.is_static(request.endpoint or ""):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return after


def _of_school(mark: str, stamp: str) -> Callable[[Response], Response]:
    """Every file that leaves a hub for training says so: in its name, and a table in its first row."""
    named = re.compile(r'(?<=filename=)("?)(?!"?' + re.escape(stamp) + ")")

    def after(response: Response) -> Response:
        if told := response.headers.get("Content-Disposition"):
            response.headers["Content-Disposition"] = named.sub(rf"\1{stamp}", told)
        if response.mimetype == spreadsheet.KIND:
            response.set_data(spreadsheet.headed(mark, response.get_data(as_text=True)))
        return response

    return after


def _wants_page() -> bool:
    return not request.path.startswith(public_api.PREFIX) and request.accept_mimetypes.accept_html


def _add_errors(app: Flask, hub: Hub) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> AnyResponse:
        return _answer(error)

    @app.errorhandler(StoreFault)
    def not_stored(error: StoreFault) -> AnyResponse:
        log.error("not stored", fault=str(error))
        return _answer(Refused("nothing was recorded: the disk refuses; try again", code="not_stored"), 503)

    @app.errorhandler(sqlite3.DatabaseError)
    def not_read(error: sqlite3.DatabaseError) -> AnyResponse:
        if not is_disk(error):
            return unexpected(error)
        return not_stored(hub.store.unreadable(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> AnyResponse:
        if error.code == TooLarge.status:
            return _answer(TooLarge(f"at most {BODY_BYTES // 1024} KiB"))
        status = error.code or 500
        return _answer(Refused(error.description or error.name, code=_code_of(error.name)), status)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> AnyResponse:
        log.error("unexpected", path=request.path, kind=type(error).__name__, exc_info=error)
        return _answer(Refused("something went wrong here; it is in the log", code="internal"), 500)


def _code_of(name: str) -> str:
    return name.lower().replace(" ", "_")


def _answer(error: Refused, status: int | None = None) -> AnyResponse:
    status = status or error.status
    if _wants_page():
        page = render_template("desk/refused.html", error=error, status=status, words=say_refused(FIRST, error))
        return make_response(page, status)
    response = jsonify({"error": error.as_json()})
    response.status_code = status
    if "retry_s" in error.facts:
        response.headers["Retry-After"] = str(error.facts["retry_s"])
    return response


# --- health ----------------------------------------------------------------------------------


def _add_health(app: Flask, hub: Hub, rooms: Rooms) -> None:
    figures = CollectorRegistry()
    waiting = Gauge("mbote_waiting", "People waiting", registry=figures)
    seq = Gauge("mbote_journal_seq", "Last entry of the journal", registry=figures)
    present = Gauge("mbote_clients", "Connected screens, panels and desks", registry=figures)

    Gauge("mbote_school", "1 at a hub for training", registry=figures).set(hub.settings.hub.school)
    backups, exchange = _BackupFigures(figures), _ExchangeFigures(figures)

    @app.get("/healthz", endpoint="healthz")
    def healthz() -> AnyResponse:
        return jsonify({"ok": True, "seq": hub.store.head[0], "epoch": hub.store.epoch})

    @app.get(AUTHORITY_PATH, endpoint="authority")
    def authority() -> AnyResponse:
        """For whoever is to believe this hub; people compare its fingerprint."""
        path = hub.store.folder / AUTHORITY
        if not path.exists():
            raise NotFound("this hub has no authority: it speaks plainly")
        return Response(path.read_bytes(), mimetype="application/x-x509-ca-cert")

    @app.get("/metrics", endpoint="metrics")
    def metrics() -> AnyResponse:
        with hub.snapshot() as reader:
            waiting.set(len(store.waiting(reader)))
            exchange.set(hub, reader)
        seq.set(hub.store.head[0])
        present.set(rooms.present())
        backups.set(hub)
        return Response(generate_latest(figures), mimetype="text/plain; version=0.0.4")


class _ExchangeFigures:
    """What waits for the centre, and since when."""

    def __init__(self, figures: CollectorRegistry) -> None:
        self._messages = Gauge("mbote_outbox_messages", "Messages that are not over", ["state"], registry=figures)
        self._oldest = Gauge("mbote_outbox_oldest_seconds", "Since the oldest waits to leave", registry=figures)

    def set(self, hub: Hub, reader: sqlite3.Connection) -> None:
        """As of now."""
        oldest = outbox.oldest_unsent(reader)
        for state, count in outbox.counts(reader).items():
            self._messages.labels(state).set(count)
        self._oldest.set(max(0, hub.now().at - oldest) / 1000 if oldest is not None else 0)


class _BackupFigures:
    """How the backups stand, as the stream said last; a place that it no longer tells of is not told of here."""

    def __init__(self, figures: CollectorRegistry) -> None:
        self._behind = Gauge(
            "mbote_backup_behind_seconds", "Since when a place lacks something", ["place"], registry=figures
        )
        self._ok = Gauge("mbote_backup_ok", "1 while a place takes what happens", ["place"], registry=figures)
        self._drill = Gauge("mbote_backup_drill_age_seconds", "Since the last drill", ["place"], registry=figures)
        self._passed = Gauge("mbote_backup_drill_ok", "1 when the last drill found all", ["place"], registry=figures)
        self._alarms = Gauge("mbote_backup_alarms", "What staff are told about backups", registry=figures)

    def set(self, hub: Hub) -> None:
        """As of now."""
        heard, now = watch.of(hub.store), hub.now()
        for gauge in (self._behind, self._ok, self._drill, self._passed):
            gauge.clear()
        for place in heard.places:
            self._behind.labels(place["place"]).set(place["behind_s"])
            self._ok.labels(place["place"]).set(place["state"] == "ok")
        for drill in heard.drills:
            self._drill.labels(drill["place"]).set(max(0, now.at - drill["at"]) / 1000)
            self._passed.labels(drill["place"]).set(not drill["problem"])
        self._alarms.set(len(heard.alarms(hub.settings.backup, now)))
