"""Signing in, choosing a secret, signing out, and the people who work here; doorway.py says how a page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.agents import actions, cookie, csrf, rules, second_factor, sessions, store
from hub.agents.device_pages import Present, add_devices
from hub.agents.doorway import STRANGER, Trouble, actor, address_of, after, language_of, lock_s, needed, until
from hub.agents.doorway import trouble as trouble_of
from hub.agents.factor_pages import add_factor
from hub.agents.lock_pages import add_lock
from hub.agents.model import LOCKED, NEWCOMER, ROLES, Agent, Session
from hub.ask import Ask
from hub.clock import elapsed
from hub.context import Hub
from hub.errors import Refused
from hub.say import direction, say, words

#: Somebody seen so recently is here.
_HERE_MS = 3 * rules.SEEN_MS


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the people page. `state` is a word of its own when something is to be done."""

    code: str
    name: str
    roles: tuple[str, ...]
    counter: str
    here: bool
    seen: str | None
    state: str
    managed: bool
    factor: bool
    locked_until: str


def pages(hub: Hub, seats: Callable[[], Mapping[str, str]] = dict, present: Present = tuple) -> Blueprint:
    """Every page of this room. `seats` says at which counter each agent sits, `present` who has a live link now."""
    room = Blueprint(
        "agents", __name__, template_folder="templates", static_folder="static", static_url_path="/agents/static"
    )

    @room.context_processor
    def helpers() -> dict[str, Any]:
        return _helpers(hub)

    _add_login(room, hub)
    _add_choice(room, hub)
    add_factor(room, hub)
    add_lock(room, hub)
    _add_people(room, hub, seats)
    add_devices(room, hub, present)
    return room


def _helpers(hub: Hub) -> dict[str, Any]:
    """What each template of this room may use."""
    language = language_of(hub)
    session = cookie.value(request)
    me = store.agent(hub.reader, actor().agent or "")
    return {
        "say": lambda key, /, **values: say(language, f"agents.{key}", **values),
        "language": language,
        "dir": direction(language),
        "agency": hub.settings.agency.name,
        "csrf": csrf.token_for(session) if session and me else "",
        "me": me,
        "lock_s": lock_s(actor()),
        "say_all": lambda key, /, **values: say(language, key, **values),
    }


# --- signing in and out ------------------------------------------------------------------------


def _add_login(room: Blueprint, hub: Hub) -> None:
    @room.get("/login")
    def login() -> Response | str:
        if actor().agent is not None and LOCKED not in actor().roles:
            return redirect(after(request.args.get("next", "")))
        return _login_page(notice=_why_ended(hub))

    @room.post("/login", endpoint="login_post")
    def sign_in() -> Response:
        csrf.check_origin(request)
        code, secret = request.form.get("code", ""), request.form.get("secret", "")
        try:
            answer = actions.sign_in(
                hub, Ask(STRANGER), code=needed(code, "code"), secret=needed(secret, "secret"),
                address=address_of(request),
            )  # fmt: skip
        except Refused as refused:
            return make_response(_login_page(trouble=trouble_of(hub, refused, "secret")), refused.status)
        return _begun(hub, answer)

    @room.post("/logout")
    def logout() -> Response:
        if actor().agent is not None:
            actions.sign_out(hub, Ask(actor()))
        response = redirect(url_for("agents.login"), 303)
        cookie.take_away(request, response)
        return response


def _begun(hub: Hub, answer: Mapping[str, Any]) -> Response:
    """A session has begun: the cookie, and the page that comes next."""
    following = request.form.get("next", "")
    if answer["must_choose"]:
        target = url_for("agents.choose", next=following)
    elif answer["must_prove"]:
        target = url_for("agents.second", next=following)
    else:
        target = after(following, sessions.roles_of(hub, answer["session"]))
    response = redirect(target, 303)
    cookie.give(request, response, answer["session"])
    return response


def _login_page(*, notice: str = "", trouble: Trouble | None = None) -> str:
    return render_template(
        "agents/login.html",
        notice=notice,
        trouble=trouble,
        code=request.form.get("code", ""),
        next=request.values.get("next", ""),
    )


def _why_ended(hub: Hub) -> str:
    """Why the session that this browser still shows has ended; nothing to say to whoever had none."""
    value = cookie.value(request)
    if value is None:
        return ""
    name = f"ended_{sessions.why_ended(hub, value) or 'idle'}"
    return say(language_of(hub), f"agents.{name}") if name in words("fr", "agents") else ""


# --- choosing a secret -------------------------------------------------------------------------


def _add_choice(room: Blueprint, hub: Hub) -> None:
    @room.get("/choose")
    def choose() -> str:
        return _choice_page()

    @room.post("/choose", endpoint="choose_post")
    def keep() -> Response:
        secret, current = request.form.get("secret", ""), request.form.get("current")
        try:
            answer = actions.choose_secret(hub, Ask(actor()), secret=secret, current=current)
        except Refused as refused:
            return make_response(_choice_page(trouble_of(hub, refused, "secret")), refused.status)
        roles = sessions.roles_of(hub, answer["session"])
        response = redirect(after(request.form.get("next", ""), roles), 303)
        cookie.give(request, response, answer["session"])
        return response


def _choice_page(trouble: Trouble | None = None) -> str:
    newcomer = NEWCOMER in actor().roles
    return render_template(
        "agents/choose.html", newcomer=newcomer, trouble=trouble, next=request.values.get("next", "")
    )


# --- people ------------------------------------------------------------------------------------

Act = Callable[[], Mapping[str, Any]]


def _add_people(room: Blueprint, hub: Hub, seats: Callable[[], Mapping[str, str]]) -> None:
    def page(status: int = 200, **more: Any) -> Response:
        everybody = _everybody(hub, seats())
        editing = next((p for p in everybody if p.code == _changing() and p.managed), None)
        typed = request.form if more.get("trouble") else {}
        return make_response(
            render_template(
                "agents/people.html", people=everybody, roles=_givable(), editing=editing, typed=typed, **more
            ),
            status,
        )

    def done(act: Act, word: str = "") -> Response:
        try:
            answer = act()
        except Refused as refused:
            return page(refused.status, trouble=trouble_of(hub, refused, "form"))
        said = say(language_of(hub), f"agents.{word}", name=answer["name"]) if word else ""
        return page(said=said, given=answer if "one_shot" in answer else None)

    @room.get("/agents")
    def people() -> Response:
        return page()

    @room.post("/agents/add")
    def add() -> Response:
        return done(lambda: actions.add_agent(hub, Ask(actor()), **_filled(request.form.get("code", ""))))

    @room.post("/agents/<code>/change")
    def change(code: str) -> Response:
        return done(lambda: actions.change_agent(hub, Ask(actor()), **_filled(code)), "changed")

    @room.post("/agents/<code>/reset")
    def reset(code: str) -> Response:
        return done(lambda: actions.reset_code(hub, Ask(actor()), code=code))

    @room.post("/agents/<code>/factor", endpoint="forget_factor")
    def forget_factor(code: str) -> Response:
        factor, address = request.form.get("factor", ""), address_of(request)
        return done(lambda: second_factor.forget(hub, Ask(actor()), code=code, factor=factor, address=address))

    @room.post("/agents/<code>/remove")
    def remove(code: str) -> Response:
        return done(lambda: actions.remove_agent(hub, Ask(actor()), code=code), "removed")


def _changing() -> str | None:
    """Whose row is being changed: by the link of the row, or by a change that was refused."""
    refused = request.endpoint == "agents.change" and (request.view_args or {}).get("code")
    return refused or request.args.get("change")


def _filled(code: str) -> dict[str, Any]:
    """The person of the form."""
    return {"code": code, "name": request.form.get("name", ""), "roles": request.form.getlist("roles")}


def _givable() -> tuple[str, ...]:
    """The roles that the reader may give."""
    everything = "admin" in actor().roles
    return tuple(role for role in ROLES if everything or role not in rules.TRUSTED)


def _everybody(hub: Hub, seats: Mapping[str, str]) -> list[Person]:
    with hub.snapshot() as reader:
        last = store.last_sessions(reader)
        return [_person(hub, agent, last.get(agent.code), seats) for agent in store.agents(reader)]


def _person(hub: Hub, agent: Agent, session: Session | None, seats: Mapping[str, str]) -> Person:
    seen = session.seen if session else agent.signed_in
    locked_s = _locked_s(hub, agent)
    return Person(
        code=agent.code,
        name=agent.name,
        roles=tuple(role for role in ROLES if role in agent.roles),
        counter=seats.get(agent.code, ""),
        here=session is not None and session.ended is None and elapsed(session.seen, hub.now()).ms < _HERE_MS,
        seen=seen.iso(hub.settings.agency.zone) if seen else None,
        state="locked" if locked_s else "" if agent.has_secret else "one_shot",
        managed="admin" in actor().roles or rules.TRUSTED.isdisjoint(agent.roles),
        factor=agent.has_factor,
        locked_until=until(hub, locked_s) if locked_s else "",
    )


def _locked_s(hub: Hub, agent: Agent) -> int:
    """For how many seconds strangers wait who try this agent's code; 0 when they need not."""
    try:
        rules.not_locked(rules.Tries(agent.failures, agent.failed), hub.now())
    except Refused as refused:
        return int(refused.facts["retry_s"])
    return 0
