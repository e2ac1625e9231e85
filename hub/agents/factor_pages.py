"""Showing the second factor, and setting one up. Both need no network but the agency's own."""

from __future__ import annotations

import segno
from flask import Blueprint, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from hub.agents import cookie, csrf, second_factor, sessions, store
from hub.agents.doorway import Trouble, actor, address_of, after, needed
from hub.agents.doorway import trouble as trouble_of
from hub.ask import Ask
from hub.context import Hub
from hub.errors import Refused

_INK = "#14213d"


def add_factor(room: Blueprint, hub: Hub) -> None:
    """/second and /enrol."""

    @room.get("/second")
    def second() -> str:
        return _second_page(hub)

    @room.post("/second", endpoint="second_post")
    def prove() -> Response:
        try:
            code = needed(request.form.get("factor", ""), "factor")
            answer = second_factor.prove(hub, Ask(actor()), code=code, address=address_of(request))
        except Refused as refused:
            return make_response(_second_page(hub, trouble_of(hub, refused, "factor")), refused.status)
        following = after(request.form.get("next", ""), frozenset(answer["roles"]))
        if answer["left"] is not None:
            token = csrf.token_for(answer["session"])
            page = render_template("agents/recovered.html", left=answer["left"], next=following, csrf=token)
            return _with(answer["session"], make_response(page))
        return _with(answer["session"], redirect(following, 303))

    @room.get("/enrol")
    def enrol() -> str:
        return _enrol_page(hub)

    @room.post("/enrol", endpoint="enrol_post")
    def take() -> Response:
        value = cookie.value(request) or ""
        try:
            code = needed(request.form.get("factor", ""), "factor")
            answer = second_factor.enrol(hub, Ask(actor()), session=value, code=code, address=address_of(request))
        except Refused as refused:
            return make_response(_enrol_page(hub, trouble_of(hub, refused, "factor")), refused.status)
        page = render_template(
            "agents/recovery.html",
            recovery=answer["recovery"],
            apart_min=round(abs(answer["apart_s"]) / 60),
            next=after(request.form.get("next", ""), sessions.roles_of(hub, answer["session"])),
            csrf=csrf.token_for(answer["session"]),
        )
        return _with(answer["session"], make_response(page))


def _with(session: str, response: Response) -> Response:
    cookie.give(request, response, session)
    return response


def _second_page(hub: Hub, trouble: Trouble | None = None) -> str:
    """`certain`: whether the hub believes its own clock; where it does not, a right code may be refused."""
    return render_template(
        "agents/second.html",
        trouble=trouble,
        next=request.values.get("next", ""),
        certain=hub.now().certain,
        left=store.recovery_left(hub.reader, actor().agent or ""),
    )


def _enrol_page(hub: Hub, trouble: Trouble | None = None) -> str:
    offered = second_factor.offer(hub, actor().agent or "", cookie.value(request) or "")
    return render_template(
        "agents/enrol.html",
        trouble=trouble,
        next=request.values.get("next", ""),
        certain=hub.now().certain,
        letters=offered.letters,
        qr=_drawn(offered.uri),
    )


def _drawn(uri: str) -> Markup:
    """A QR code in the page itself: no address leads to it, and no cache keeps it."""
    drawn: str = segno.make(uri, error="m", micro=False).svg_inline(border=0, dark=_INK, omitsize=True, svgclass="qr")
    return Markup(drawn)  # noqa: S704 (segno draws paths; the text is in none of them)
