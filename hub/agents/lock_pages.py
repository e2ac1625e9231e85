"""The locked screen: a page for whoever comes to one, and the asks of the script that covers a page (lock.js).

`/unlock` is open to a session that is locked or has slept, which is no session yet: the cookie and the secret are what
it goes by, as at sign-in. It answers a form with a page and the script with JSON.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.agents import cookie, csrf, locking, sessions
from hub.agents.doorway import STRANGER, Trouble, actor, address_of, after, needed
from hub.agents.doorway import trouble as trouble_of
from hub.ask import Ask
from hub.context import Hub
from hub.errors import Refused


def add_lock(room: Blueprint, hub: Hub) -> None:
    """/locked, /unlock, /lock and /stay."""

    @room.get("/locked")
    def locked() -> str:
        return _page()

    @room.post("/lock")
    def lock() -> tuple[str, int]:
        sessions.lock(hub, cookie.value(request))
        return "", 204

    @room.post("/stay")
    def stay() -> tuple[str, int]:
        """Somebody types, and nothing is sent: identifying them has marked the session as used."""
        return "", 204

    @room.post("/unlock")
    def unlock() -> Response:
        csrf.check_origin(request)
        form, scripted = request.form, request.accept_mimetypes.best == "application/json"
        try:
            answer = locking.unlock(
                hub, Ask(STRANGER), session=cookie.value(request) or "", address=address_of(request),
                secret=needed(form.get("secret", ""), "secret"), factor=form.get("factor", ""),
            )  # fmt: skip
        except Refused as refused:
            return _refused(hub, refused, scripted=scripted)
        value = answer["session"]
        if scripted:
            response: Response = jsonify(csrf=csrf.token_for(value), socket=sessions.socket_token(value))
        else:
            response = redirect(after(form.get("next", ""), sessions.roles_of(hub, value)), 303)
        cookie.give(request, response, value)
        return response


def _refused(hub: Hub, refused: Refused, *, scripted: bool) -> Response:
    trouble = trouble_of(hub, refused, "secret")
    if scripted:
        said = {"code": refused.reason, "field": trouble.field, "message": trouble.words, "retry_s": trouble.retry_s}
        return make_response(jsonify(error=said), refused.status)
    if refused.reason == "session_over":
        return redirect(url_for("agents.login", next=request.form.get("next", "")), 303)
    return make_response(_page(trouble, factor=refused.reason in ("factor_needed", "wrong_factor")), refused.status)


def _page(trouble: Trouble | None = None, *, factor: bool = False) -> str:
    return render_template(
        "agents/locked.html", trouble=trouble, factor=factor, next=request.values.get("next", ""), who=actor().agent
    )
