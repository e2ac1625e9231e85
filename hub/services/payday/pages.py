"""The tab of the pay-day: today's waves with the one big button, those to come, and a new one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask import request as http
from werkzeug.wrappers import Response as AnyResponse

from hub import days
from hub.agents.forms import asked, new_key, staff_language, the_hub
from hub.clock import local
from hub.errors import Refused, Unreadable
from hub.queues import store as queues
from hub.say import say, say_refused
from hub.services.payday import actions, paper, rules, store
from hub.services.payday.model import BYS, label_of
from hub.workshop.answer import pdf

pages = Blueprint("payday", __name__, url_prefix="/desk/payday", template_folder="templates", static_folder="static")
#: So many enter together where nobody says otherwise.
USUAL_GROUP = 20


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    language, hub = staff_language(), the_hub()
    return {
        "t": lambda key, **values: say(language, f"payday.{key}", **values),
        "new_key": new_key,
        "day": days.said,
        "names": {each.code: each.name for each in hub.settings.services},
        "services": [each for each in hub.settings.services if each.prefix],
        "bys": BYS,
        "today": hub.today().isoformat(),
        "label_of": label_of,
        "usual": USUAL_GROUP,
    }


@pages.get("")
def page() -> Response:
    """Pay-days from today on, and in which wave somebody is who asks."""
    return _whole()


def _whole(status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    with hub.snapshot() as reader:
        plans = store.from_day(reader, hub.today().isoformat())
        inside = {each.service: queues.ahead(reader, each.service) for each in plans}
    who, wave = http.args.get("who", "").strip(), None
    if who and plans:
        try:
            wave = rules.wave_of(plans[0], who)
        except Unreadable as error:
            parts = {"error": say_refused(staff_language(), error, "payday"), "field": error.field} | parts
    now = f"{local(hub.now().at, hub.settings.agency.zone):%H:%M}"
    whole = {"plans": plans, "inside": inside, "who": who, "whose": wave, "now": now, "kept": {}}
    return make_response(render_template("payday/page.html", **whole | parts), status)


def _number(name: str) -> int:
    typed = http.form.get(name, "").strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else -1  # noqa: PLR2004 (more is no number)


@pages.post("/new")
def plan() -> AnyResponse:
    """A pay-day is planned."""
    form = {name: http.form.get(name, "") for name in ("on", "service", "by", "waves")}
    actions.plan(the_hub(), asked("payday.plan"), **form)
    return redirect(url_for("payday.page", done=http.form.get("key")), 303)


@pages.post("/<int:number>/withdraw")
def withdraw(number: int) -> AnyResponse:
    """It will not be."""
    actions.withdraw(the_hub(), asked(f"payday.withdraw/{number}"), plan=number)
    return redirect(url_for("payday.page"), 303)


@pages.post("/<int:number>/call")
def call(number: int) -> AnyResponse:
    """The next group enters."""
    answer = actions.call_group(the_hub(), asked(f"payday.call/{number}"), plan=number, size=_number("size"))
    return redirect(url_for("payday.page", first=answer["first"], last=answer["last"]), 303)


@pages.post("/<int:number>/waves/<int:wave>/end")
def end_wave(number: int, wave: int) -> AnyResponse:
    """The last number that was handed out."""
    last = _number("last")
    actions.end_wave(the_hub(), asked(f"payday.end/{number}/{wave}"), plan=number, wave=wave, last=last)
    return redirect(url_for("payday.page"), 303)


@pages.post("/<int:number>/waves/<int:wave>/print")
def print_band(number: int, wave: int) -> Response:
    """Its numbers on paper, drawn before they count as printed: the same key gives the same copy."""
    hub, found = the_hub(), actions.known(the_hub(), number)
    of = rules.wave(found, wave)
    drawn = paper.band(hub, found, of, of.printed)
    answer = actions.note_printed(hub, asked(f"payday.print/{number}/{wave}"), plan=number, wave=wave)
    if answer["copy"] != of.printed:
        drawn = paper.band(hub, found, of, answer["copy"])
    return pdf(drawn, f"{of.series}{found.on}")


@pages.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """Say it where the eye is, and keep what was typed."""
    said = say_refused(staff_language(), error, "payday")
    return _whole(error.status, error=said, field=error.field, kept=http.form)
