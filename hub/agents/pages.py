"""Signing in, choosing a secret, signing out, and the people who work here.

A page translates: it asks one action and renders. What is refused is said at the field where the eye is, in
the words of `words/*/agents.toml`; what was typed is kept, secrets excepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.agents import actions, cookie, csrf, rights, rules, sessions, store
from hub.agents.model import NEWCOMER, ROLES, Agent, Session
from hub.ask import Actor, Ask
from hub.clock import elapsed
from hub.context import Hub
from hub.errors import Refused
from hub.say import direction, say, words

#: Where people go after signing in: the first of these pages that there is and that they may see.
_HOMES = ("desk.page", "supervision.page", "agents.people")
#: Somebody seen so recently is here.
_HERE_MS = 3 * rules.SEEN_MS
#: A stranger, until a session says who it is.
_STRANGER = Actor()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A refusal on a page: at which field, in which words, and for how many seconds the button stays shut."""

    field: str
    words: str
    retry_s: int = 0


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


def pages(hub: Hub, seats: Callable[[], Mapping[str, str]] = dict) -> Blueprint:
    """/login, /choose, /logout and /agents. `seats` says at which counter each agent sits, by agent code."""
    room = Blueprint(
        "agents", __name__, template_folder="templates", static_folder="static", static_url_path="/agents/static"
    )

    @room.context_processor
    def helpers() -> dict[str, Any]:
        return _helpers(hub)

    _add_login(room, hub)
    _add_choice(room, hub)
    _add_people(room, hub, seats)
    return room


def _helpers(hub: Hub) -> dict[str, Any]:
    """What each template of this room may use."""
    language = _language(hub)
    session = cookie.value(request)
    me = store.agent(hub.reader, _actor().agent or "")
    return {
        "say": lambda key, /, **values: say(language, f"agents.{key}", **values),
        "language": language,
        "dir": direction(language),
        "agency": hub.settings.agency.name,
        "csrf": csrf.token_for(session) if session and me else "",
        "me": me,
    }


def _actor() -> Actor:
    """Who asks; the application has put it there."""
    actor: Actor = g.get("actor") or _STRANGER
    return actor


def _language(hub: Hub) -> str:
    return hub.settings.agency.languages[0]


# --- signing in and out ------------------------------------------------------------------------


def _add_login(room: Blueprint, hub: Hub) -> None:
    @room.get("/login")
    def login() -> Response | str:
        if _actor().agent is not None:
            return redirect(_after(request.args.get("next", "")))
        return _login_page(notice=_why_ended(hub))

    @room.post("/login", endpoint="login_post")
    def sign_in() -> Response:
        csrf.check_origin(request)
        code, secret = request.form.get("code", ""), request.form.get("secret", "")
        try:
            answer = actions.sign_in(hub, Ask(_STRANGER), code=_needed(code, "code"), secret=_needed(secret, "secret"))
        except Refused as refused:
            return make_response(_login_page(trouble=_trouble(hub, refused, "secret")), refused.status)
        return _begun(answer)

    @room.post("/logout")
    def logout() -> Response:
        if _actor().agent is not None:
            actions.sign_out(hub, Ask(_actor()))
        response = redirect(url_for("agents.login"), 303)
        cookie.take_away(request, response)
        return response


def _begun(answer: Mapping[str, Any]) -> Response:
    """A session has begun: the cookie, and the page that comes next."""
    following = request.form.get("next", "")
    if answer["must_choose"]:
        target = url_for("agents.choose", next=following)
    else:
        target = _after(following, frozenset(answer["roles"]))
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
    return say(_language(hub), f"agents.{name}") if name in words("fr", "agents") else ""


def _after(wanted: str, roles: frozenset[str] | None = None) -> str:
    """Where to go: the page that was asked for when it is one of ours, else the first that the roles allow."""
    if wanted.startswith("/") and not wanted.startswith(("//", "/\\", "/login", "/logout")) and wanted.isprintable():
        return wanted
    actor = _actor() if roles is None else Actor(agent="", roles=roles)
    if NEWCOMER in actor.roles:
        return url_for("agents.choose")
    there = (page for page in _HOMES if page in current_app.view_functions and rights.allowed(actor, page))
    return url_for(next(there, "agents.choose"))


# --- choosing a secret -------------------------------------------------------------------------


def _add_choice(room: Blueprint, hub: Hub) -> None:
    @room.get("/choose")
    def choose() -> str:
        return _choice_page()

    @room.post("/choose", endpoint="choose_post")
    def keep() -> Response:
        secret, current = request.form.get("secret", ""), request.form.get("current")
        try:
            answer = actions.choose_secret(hub, Ask(_actor()), secret=secret, current=current)
        except Refused as refused:
            return make_response(_choice_page(_trouble(hub, refused, "secret")), refused.status)
        agent = store.agent(hub.reader, answer["agent"])
        response = redirect(_after(request.form.get("next", ""), agent.roles if agent else None), 303)
        cookie.give(request, response, answer["session"])
        return response


def _choice_page(trouble: Trouble | None = None) -> str:
    newcomer = NEWCOMER in _actor().roles
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
            return page(refused.status, trouble=_trouble(hub, refused, "form"))
        said = say(_language(hub), f"agents.{word}", name=answer["name"]) if word else ""
        return page(said=said, given=answer if "one_shot" in answer else None)

    @room.get("/agents")
    def people() -> Response:
        return page()

    @room.post("/agents/add")
    def add() -> Response:
        return done(lambda: actions.add_agent(hub, Ask(_actor()), **_filled(request.form.get("code", ""))))

    @room.post("/agents/<code>/change")
    def change(code: str) -> Response:
        return done(lambda: actions.change_agent(hub, Ask(_actor()), **_filled(code)), "changed")

    @room.post("/agents/<code>/reset")
    def reset(code: str) -> Response:
        return done(lambda: actions.reset_code(hub, Ask(_actor()), code=code))

    @room.post("/agents/<code>/remove")
    def remove(code: str) -> Response:
        return done(lambda: actions.remove_agent(hub, Ask(_actor()), code=code), "removed")


def _changing() -> str | None:
    """Whose row is being changed: by the link of the row, or by a change that was refused."""
    refused = request.endpoint == "agents.change" and (request.view_args or {}).get("code")
    return refused or request.args.get("change")


def _filled(code: str) -> dict[str, Any]:
    """The person of the form."""
    return {"code": code, "name": request.form.get("name", ""), "roles": request.form.getlist("roles")}


def _givable() -> tuple[str, ...]:
    """The roles that the reader may give."""
    everything = "admin" in _actor().roles
    return tuple(role for role in ROLES if everything or role not in rules.TRUSTED)


def _everybody(hub: Hub, seats: Mapping[str, str]) -> list[Person]:
    with hub.snapshot() as reader:
        last = store.last_sessions(reader)
        return [_person(hub, agent, last.get(agent.code), seats) for agent in store.agents(reader)]


def _person(hub: Hub, agent: Agent, session: Session | None, seats: Mapping[str, str]) -> Person:
    seen = session.seen if session else agent.signed_in
    return Person(
        code=agent.code,
        name=agent.name,
        roles=tuple(role for role in ROLES if role in agent.roles),
        counter=seats.get(agent.code, ""),
        here=session is not None and session.ended is None and elapsed(session.seen, hub.now()).ms < _HERE_MS,
        seen=seen.iso(hub.settings.agency.zone) if seen else None,
        state=_state(hub, agent),
        managed="admin" in _actor().roles or rules.TRUSTED.isdisjoint(agent.roles),
    )


def _state(hub: Hub, agent: Agent) -> str:
    try:
        rules.not_locked(rules.Tries(agent.failures, agent.failed), hub.now())
    except Refused:
        return "locked"
    return "" if agent.has_secret else "one_shot"


# --- refusals in words -------------------------------------------------------------------------


def _needed(value: str, field: str) -> str:
    if not value.strip():
        raise Refused(f"{field} is missing", code=f"missing_{field}", field=field)
    return value


def _trouble(hub: Hub, refused: Refused, field: str) -> Trouble:
    """What a refusal says on the page: the most particular words there are for it."""
    retry_s = int(refused.facts.get("retry_s", 0))
    names = (f"weak_{refused.facts.get('why')}", refused.reason, refused.field or "")
    for name in names:
        if f"error_{name}" in words("fr", "agents"):
            said = say(_language(hub), f"agents.error_{name}", time=f"{retry_s // 60:02d}:{retry_s % 60:02d}")
            return Trouble(refused.field or field, said, retry_s)
    return Trouble(refused.field or field, refused.message, retry_s)
