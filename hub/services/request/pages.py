"""The tab of the requests: what the back office has before it, one request with all that happened, and a new one.

A form carries a key made when it was drawn; each step shows the request as it is afterwards. What the visitor
typed and what colleagues note stands on the page alone, never in an address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, url_for
from flask import request as http
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from hub import days, notices
from hub.agents import store as agents
from hub.agents.forms import asked, new_key, staff_language, the_hub
from hub.ask import Answer, Ask
from hub.clock import local
from hub.context import Hub
from hub.errors import NotFound, Refused
from hub.people.actions import names_of
from hub.people.model import MASKED
from hub.queues import store as queues
from hub.say import say, say_refused
from hub.services import ports
from hub.services.request import actions, paper, rules, store
from hub.services.request.actions import Asked
from hub.services.request.model import ANSWER_CHANNELS, CHANNELS, ESCALATIONS, WHATS, Line, Request
from hub.services.request.office import letters, office_of
from hub.visits import store as visits
from hub.visits.actions import purpose_of
from hub.workshop.answer import pdf

pages = Blueprint("request", __name__, url_prefix="/desk/request", template_folder="templates", static_folder="static")


@pages.record_once
def _office_is_whole(state: BlueprintSetupState) -> None:
    """The hub does not start with a calendar or a letter that cannot be read."""
    if "mbote" in state.app.extensions:
        settings = state.app.extensions["mbote"].settings
        office_of(settings)
        letters(settings.folder)


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    language, hub = staff_language(), the_hub()
    return {
        "t": lambda key, **values: say(language, f"request.{key}", **values),
        "new_key": new_key,
        "day": days.said,
        "reason_said": lambda code: paper.reason_said(hub, code),
        "reasons": {code: paper.reason_said(hub, code) for code in office_of(hub.settings).reasons},
        "desks": {each.code: each.label for each in hub.settings.counters if each.kind == "back"},
        "whats": WHATS,
        "whys": ESCALATIONS,
        "channels": CHANNELS,
        "answer_channels": ANSWER_CHANNELS,
        "today": hub.today().isoformat(),
        "officer": not store.OFFICERS.isdisjoint(g.actor.roles),
        "me": g.actor.agent,
        "line_said": _line_said,
    }


def _line_said(line: Line) -> dict[str, str]:
    """One line of what happened, in words."""
    facts = dict(line.facts)
    hub, language = the_hub(), staff_language()
    desk = hub.settings.counter(str(facts.get("service", "")))
    said = {
        "service": f"{desk.code} {desk.label}" if desk else "",
        "why": say(language, f"request.why_{facts['why']}") if "why" in facts else "",
        "channel": say(language, f"request.channel_{facts['channel']}") if "channel" in facts else "",
        "due": days.said(str(facts.get("due_on", ""))),
    }
    when = local(line.at, hub.settings.agency.zone)
    by = agents.names(hub.reader).get(line.agent or "", line.agent or "")
    return {"at": f"{when:%d/%m/%Y %H:%M}", "by": by, "said": say(language, f"request.line_{line.kind}", **said)}


def _show(template: str, status: int = 200, **parts: Any) -> Response:
    return make_response(render_template(f"request/{template}.html", **parts), status)


# --- the list --------------------------------------------------------------------------------


@pages.get("")
def page() -> AnyResponse:
    """What waits, the soonest due first; a number that was typed or scanned opens its request."""
    typed = http.args.get("q", "").strip().upper()
    found = _meant(typed) if typed else None
    if found is not None:
        return redirect(url_for("request.one", number=found.id), 303)
    return _list(typed=typed)


def _meant(typed: str) -> Request | None:
    """The request of a number: as printed, or the last digits of one of this year."""
    if typed.isdecimal():
        typed = f"REQ-{the_hub().today().year}-{int(typed):06d}"
    return store.labelled(the_hub().reader, typed)


def _list(status: int = 200, **parts: Any) -> Response:
    hub, show, desk = the_hub(), http.args.get("show", ""), http.args.get("desk") or None
    with hub.snapshot() as reader:
        waiting = store.to_do(reader, desk)
        last = queues.day(reader)
        whole = {
            "show": show,
            "desk_shown": desk,
            "waiting": [each for each in waiting if _shown(each, show)],
            "late": sum(each.late(hub.today().isoformat()) for each in waiting),
            "letters": notices.to_print(reader),
            "mine": ports.first_level(hub, reader, last.id, g.actor.agent) if last else None,
            "all": ports.first_level(hub, reader, last.id) if last else None,
            "why_counts": store.escalations(reader, last.id) if last else {},
        }
    return _show("page", status, **whole | parts)


def _shown(request: Request, show: str) -> bool:
    """Whether a list shows a request: one's own, those that are answered, or all that is to be studied."""
    if show == "mine":
        return bool(request.owner == g.actor.agent)
    if show == "answered":
        return request.state == "answered"
    return True


# --- a new one -------------------------------------------------------------------------------


@pages.get("/new")
def new() -> Response:
    """The form, with what the visit already says: who asks, and whom it is about where that is one alone."""
    held, ref, name = _ticket(), http.args.get("ref", ""), ""
    if held is not None:
        reader = the_hub().reader
        refs = [each.party for each in visits.concerned(reader, held) if each.party]
        ref = ref or (refs[0] if len(refs) == 1 else "")
        requester = visits.requester(reader, held)
        name = requester.name if requester else ""
    return _show("new", ref=ref, kept={"visitor": name or _name_of(ref), "why": http.args.get("why", "")})


def _name_of(ref: str) -> str:
    """Whose file it is, as a search would show it to this agent."""
    hit = names_of(the_hub(), Ask(g.actor), (ref,)).get(ref) if ref else None
    return hit.name if hit is not None and hit.name != MASKED else ""


def _ticket() -> int | None:
    """The visitor at the agent's counter now."""
    ticket = purpose_of(the_hub(), g.actor).ticket
    return ticket.id if ticket is not None else None


@pages.post("/new")
def write_down() -> AnyResponse:
    """Answered at once, or sent on: whichever button was pressed."""
    form = http.form
    about = Asked(
        form.get("what", ""), form.get("reason", ""), form.get("text", ""), form.get("channel", "counter"),
        _ticket(), form.get("ref") or None, form.get("visitor", ""), form.get("reach", ""),
    )  # fmt: skip
    if "send_on" in form:
        why, service = form.get("why", ""), form.get("service", "")
        answer = actions.send_on(the_hub(), asked("request.new"), asked=about, why=why, service=service)
    else:
        answer = actions.answer_at_once(the_hub(), asked("request.new"), asked=about, answer=form.get("answer", ""))
    return redirect(url_for("request.one", number=answer["request"], written=1, done=http.form.get("key")), 303)


# --- one -------------------------------------------------------------------------------------


@pages.get("/<int:number>")
def one(number: int) -> Response:
    """One request: what is asked, all that happened, and the steps there are."""
    return _one(number, written="written" in http.args, done=http.args.get("done", ""))


def _one(number: int, status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    found = actions.known(hub, number)
    lines = store.lines(hub.reader, number)
    waiting = notices.waiting_about(hub.reader, f"request {number}")
    steps = rules.STEPS[found.state]
    return _show("one", status, found=found, lines=lines, steps=steps, waiting=waiting, **{"kept": {}} | parts)


def _text() -> str:
    return http.form.get("text", "")


_DO: dict[str, Callable[[Hub, Ask, int], Answer]] = {
    "take": lambda hub, ask, n: actions.take(hub, ask, request=n),
    "note": lambda hub, ask, n: actions.note(hub, ask, request=n, text=_text()),
    "pass_on": lambda hub, ask, n: actions.pass_on(
        hub, ask, request=n, service=http.form.get("service", ""), text=_text()
    ),
    "ask_visitor": lambda hub, ask, n: actions.ask_visitor(
        hub, ask, request=n, channel=http.form.get("channel", ""), text=_text()
    ),
    "reply": lambda hub, ask, n: actions.reply(hub, ask, request=n, text=_text()),
    "answer": lambda hub, ask, n: actions.answer(
        hub, ask, request=n, channel=http.form.get("channel", ""), text=_text()
    ),
    "inform": lambda hub, ask, n: actions.inform(hub, ask, request=n),
    "contest": lambda hub, ask, n: actions.contest(hub, ask, request=n, text=_text()),
}


@pages.post("/<int:number>/<step>")
def do(number: int, step: str) -> AnyResponse:
    """One step of one request."""
    if step not in _DO:
        raise NotFound(f"{step} is none of {', '.join(_DO)}")
    _DO[step](the_hub(), asked(f"request.{step}/{number}"), number)
    return redirect(url_for("request.one", number=number, done=http.form.get("key")), 303)


@pages.post("/<int:number>/print")
def print_paper(number: int) -> Response:
    """The acknowledgement, as PDF: the same key gives the same copy."""
    answer = actions.print_acknowledgement(the_hub(), asked(f"request.print/{number}"), request=number)
    found = actions.known(the_hub(), number)
    return pdf(paper.acknowledgement(the_hub(), found, answer["copy"]), found.label)


@pages.post("/letters")
def print_letters() -> Response:
    """All letters that wait, in one PDF: they are drawn first, and gone only once they could be."""
    wanted = [int(each) for each in http.form.getlist("letter") if each.isdecimal()][: notices.BATCH]
    found = [each for each in (notices.notice(the_hub().reader, number) for number in wanted) if each is not None]
    if not found:
        raise Refused("no letter was chosen", code="no_letters", field="letters")
    drawn = paper.letters(the_hub(), found)
    ask = Ask(g.actor, http.form.get("key") or new_key(), {"what": "request.letters", "letters": wanted})
    actions.letters_gone(the_hub(), ask, letters=tuple(each.id for each in found))
    return pdf(drawn, say(staff_language(), "request.paper_letters"))


@pages.post("/told/<int:notice>")
def told(notice: int) -> AnyResponse:
    """The person who stands here has been told."""
    found = notices.notice(the_hub().reader, notice)
    notices.done(the_hub(), asked(f"request.told/{notice}"), notice=notice)
    back = found.about.partition(" ")[2] if found else ""
    return redirect(url_for("request.one", number=back) if back.isdecimal() else url_for("request.page"), 303)


# --- refusals --------------------------------------------------------------------------------


@pages.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """Say it where the eye is, and keep what was typed."""
    values = http.view_args or {}
    parts: dict[str, Any] = {
        "error": say_refused(staff_language(), error, "request"),
        "field": error.field,
        "kept": http.form,
    }
    if http.endpoint == "request.write_down":
        return _show("new", error.status, ref=http.form.get("ref", ""), **parts)
    if "number" in values and not isinstance(error, NotFound):
        return _one(values["number"], error.status, refused_step=values.get("step"), **parts)
    return _list(error.status, **parts)
