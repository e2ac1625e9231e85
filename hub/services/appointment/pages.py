"""The tab of the appointments: a day with who comes and who is called, a new one, and one with its steps.

Receptionists book and let people in; agents call and say how it ended. Every step is one form; a form carries a key
made when it was drawn. Names stand on the page alone, never in an address.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import islice
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, url_for
from flask import request as http
from werkzeug.wrappers import Response as AnyResponse

from hub import codes
from hub.agents import store as agents
from hub.agents.forms import asked, new_key, staff_language, the_hub
from hub.ask import Answer, Ask
from hub.clock import local
from hub.context import Hub
from hub.errors import NotFound, Refused
from hub.queues import store as queues
from hub.say import say, say_refused
from hub.services.appointment import actions, agenda, paper, rules, store
from hub.services.appointment.actions import Wanted
from hub.services.appointment.model import MODES, OUTCOMES, Appointment, Line
from hub.workshop.answer import pdf

pages = Blueprint(
    "appointment", __name__, url_prefix="/desk/appointment", template_folder="templates", static_folder="static"
)
SHOWS = ("", "to_come", "calls", "unsaid")


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    language, hub = staff_language(), the_hub()
    return {
        "t": lambda key, **values: say(language, f"appointment.{key}", **values),
        "new_key": new_key,
        "day_said": lambda iso: paper.day_said(hub, iso),
        "labels": {each.code: each.name for each in hub.settings.services},
        "services": agenda.services(hub),
        "modes": MODES,
        "outcomes": OUTCOMES,
        "languages": hub.settings.agency.languages,
        "today": hub.today().isoformat(),
        "steps_of": rules.steps_of,
        "halves": codes.in_halves,
    }


def _show(template: str, status: int = 200, **parts: Any) -> Response:
    return make_response(render_template(f"appointment/{template}.html", **parts), status)


def _day(name: str = "day") -> date:
    typed = http.values.get(name, "")
    return agenda.parsed(typed) if typed else the_hub().today()


# --- a day -----------------------------------------------------------------------------------


@pages.get("")
def page() -> AnyResponse:
    """A day; a code that was scanned or a number that was typed opens its appointment."""
    typed = http.args.get("q", "").strip()
    found = next(iter(store.finds(the_hub().reader, typed)), None) if typed else None
    if found is not None:
        return redirect(found.url, 303)
    return _whole_day()


def _whole_day(status: int = 200, **parts: Any) -> Response:
    hub, day, show, typed = the_hub(), _day(), http.args.get("show", ""), http.args.get("q", "").strip()
    with hub.snapshot() as reader:
        everybody = store.of_day(reader, day.isoformat())
        tickets = {each.ticket: queues.ticket(reader, each.ticket) for each in everybody if each.ticket}
        mine = queues.counter_of_agent(reader, g.actor.agent or "")
    unsaid = {each.id for each in everybody if each.state == "arrived" and _served(tickets.get(each.ticket or 0))}
    wanted: dict[str, Callable[[Appointment], bool]] = {
        "to_come": lambda each: each.open,
        "calls": lambda each: each.mode == "telephone" and each.open and mine in (None, each.counter),
        "unsaid": lambda each: each.id in unsaid,
    }
    whole = {
        "day": day.isoformat(), "before": (day - timedelta(days=1)).isoformat(),
        "after": (day + timedelta(days=1)).isoformat(), "show": show, "shows": SHOWS, "typed": typed,
        "found": [each for each in everybody if (show not in wanted or wanted[show](each)) and _named(each, typed)],
        "count": len(everybody), "figures": _figures(everybody),
        "tickets": tickets, "unsaid": unsaid, "mine": mine, "open_hours": agenda.hours(hub, day),
    }  # fmt: skip
    return _show("page", status, **whole | parts)


def _figures(everybody: list[Appointment]) -> dict[str, int]:
    """How a day goes: who came or was reached, who did not, how many were said to be conclusive (R-422, R-426)."""
    kept = [each for each in everybody if each.state in ("arrived", "done")]
    said = [each for each in everybody if each.outcome]
    return {
        "kept": len(kept),
        "missed": sum(each.state in ("absent", "unreachable") for each in everybody),
        "conclusive": sum(each.outcome == "conclusive" for each in said),
        "said": len(said),
    }


def _served(ticket: Any) -> bool:
    return ticket is not None and ticket.state == "served"


def _named(each: Appointment, typed: str) -> bool:
    """Whether a name, a telephone number or a registration number that was typed is theirs."""
    if not typed:
        return True
    digits = "".join(c for c in typed if c.isdigit())
    numbers = (each.telephone or "", each.registration_number or "")
    words, name = rules.plain(typed), " ".join(sorted(rules.plain(each.name or "")))
    return bool(digits and any(digits in number for number in numbers)) or all(word in name for word in words)


@pages.get("/list")
def day_list() -> Response:
    """The day as paper."""
    hub, day = the_hub(), _day()
    return pdf(paper.day_list(hub, day, store.of_day(hub.reader, day.isoformat())), f"RDV-{day.isoformat()}")


# --- a new one, or another time ----------------------------------------------------------------


@pages.get("/new")
def new() -> Response:
    """Times to choose from, and whom it is for; with `move` another time for one that there is."""
    return _new()


def _new(status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    moved = http.values.get("move", "")
    old = actions.known(hub, int(moved)) if moved.isdecimal() else None
    among = agenda.services(hub)
    code = old.service if old else http.values.get("service", "") or (among[0].code if among else "")
    service = next((each for each in among if each.code == code), None)
    start = _day("from")
    with hub.snapshot() as reader:
        days = list(islice(agenda.next_days(hub, reader, service, start), actions.DAYS_TOLD)) if service else []
    mode = old.mode if old else http.values.get("mode", "") or "counter"
    whole: dict[str, Any] = {
        "old": old, "service": service, "mode": mode, "start": start.isoformat(), "days": days, "kept": {},
        "minutes": agenda.minutes_of(hub, service) if service else 0,
    }  # fmt: skip
    return _show("new", status, **whole | parts)


@pages.post("/new")
def book() -> AnyResponse:
    """Book it, or move it."""
    form, hub = http.form, the_hub()
    day, _, time = form.get("slot", "").partition(" ")
    moved = form.get("move", "")
    if moved.isdecimal():
        actions.move(hub, asked(f"appointment.move/{moved}"), appointment=int(moved), day=day, time=time)
        return redirect(url_for("appointment.one", number=moved, done=form.get("key")), 303)
    wanted = Wanted(
        service=form.get("service", ""), day=day, time=time, mode=form.get("mode", ""),
        channel=form.get("channel", "reception"), language=form.get("language", ""), name=form.get("name", ""),
        telephone=form.get("telephone", ""), registration_number=form.get("registration_number", ""),
        note=form.get("note", ""),
    )  # fmt: skip
    answer = actions.book(hub, asked("appointment.book"), wanted=wanted)
    return redirect(url_for("appointment.one", number=answer["appointment"], booked=1, done=form.get("key")), 303)


# --- one -------------------------------------------------------------------------------------


@pages.get("/<int:number>")
def one(number: int) -> Response:
    """One appointment: who, when, what happened, and the steps there are."""
    return _one(number, booked="booked" in http.args, done=http.args.get("done", ""))


def _one(number: int, status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    found = actions.known(hub, number)
    with hub.snapshot() as reader:
        told = [_line_said(hub, each) for each in store.lines(reader, number)]
        ticket = queues.ticket(reader, found.ticket) if found.ticket else None
    return _show("one", status, found=found, lines=told, ticket=ticket, **{"kept": {}} | parts)


def _line_said(hub: Hub, line: Line) -> dict[str, str]:
    """One line of what happened, in words."""
    language, when = staff_language(), local(line.at, hub.settings.agency.zone)
    facts: dict[str, object] = {**line.facts}
    if "on" in facts:
        facts["on"] = paper.day_said(hub, str(facts["on"]))
    if line.kind == "appointment_arrived":
        facts["late"] = _late(language, int(str(facts["late_min"])))
    name = f"line_{line.kind}"
    if line.kind == "appointment_concluded":
        name += f"_{facts['outcome']}"
    by = agents.names(hub.reader).get(line.agent or "", line.agent or "")
    return {"at": f"{when:%d/%m/%Y %H:%M}", "by": by, "said": say(language, f"appointment.{name}", **facts)}


def _late(language: str, minutes: int) -> str:
    if minutes <= 0:
        return say(language, "appointment.early", minutes=-minutes)
    return say(language, "appointment.late", minutes=minutes)


_DO: dict[str, Callable[[Hub, Ask, int], Answer]] = {
    "confirm": lambda hub, ask, n: actions.confirm(hub, ask, appointment=n),
    "cancel": lambda hub, ask, n: actions.cancel(hub, ask, appointment=n, by_visitor=http.form.get("who") != "agency"),
    "dial": lambda hub, ask, n: actions.dial(hub, ask, appointment=n),
    "unanswered": lambda hub, ask, n: actions.unanswered(hub, ask, appointment=n),
    "conclude": lambda hub, ask, n: actions.conclude(
        hub, ask, appointment=n, outcome=http.form.get("outcome", ""), motive=http.form.get("motive", "")
    ),
}


@pages.post("/<int:number>/<step>")
def do(number: int, step: str) -> AnyResponse:
    """One step of one appointment."""
    if step not in _DO:
        raise NotFound(f"{step} is none of {', '.join(_DO)}")
    _DO[step](the_hub(), asked(f"appointment.{step}/{number}"), number)
    return redirect(url_for("appointment.one", number=number, done=http.form.get("key")), 303)


@pages.post("/<int:number>/arrive")
def arrive(number: int) -> AnyResponse:
    """The visitor is here: their ticket comes out of the kiosk's printer."""
    answer = actions.arrive(the_hub(), asked(f"appointment.arrive/{number}"), appointment=number)
    return redirect(url_for("appointment.one", number=number, ticket=answer["label"], done=http.form.get("key")), 303)


@pages.post("/<int:number>/print")
def print_slip(number: int) -> AnyResponse:
    """The slip that the visitor takes home."""
    answer = actions.print_slip(the_hub(), asked(f"appointment.print/{number}"), appointment=number)
    return redirect(
        url_for("appointment.one", number=number, printed=answer["printer"], done=http.form.get("key")), 303
    )


# --- refusals --------------------------------------------------------------------------------


@pages.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """Say it where the eye is, and keep what was typed."""
    values = http.view_args or {}
    parts: dict[str, Any] = {
        "error": say_refused(staff_language(), error, "appointment"),
        "field": error.field,
        "kept": http.form,
    }
    try:
        if http.endpoint in ("appointment.book", "appointment.new"):
            return _new(error.status, **parts)
        if "number" in values and not isinstance(error, NotFound):
            return _one(values["number"], error.status, refused_step=values.get("step"), **parts)
        return _whole_day(error.status, **parts)
    except Refused:  # the day that was typed is what is refused: today is shown with it
        empty = {"day": the_hub().today().isoformat(), "found": [], "count": 0, "tickets": {}, "unsaid": set()}
        return _show(
            "page",
            error.status,
            show="",
            shows=SHOWS,
            typed="",
            before="",
            after="",
            mine=None,
            open_hours=None,
            **empty | parts,
        )
