"""The tab of the certificates: somebody is found, and at once it is seen what can be given and what cannot, and why.

Each part that shows a file is a look, journalled by the action that reads it. A form carries a key made when it
was drawn; what was done is shown on a page of its own, so that reloading does nothing twice. Codes that were
scanned hold a name: they are sent in a form, never in an address.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from hub import days
from hub.agents.forms import asked, new_key, staff_language, the_hub
from hub.ask import Ask
from hub.clock import local
from hub.errors import NotFound, Refused
from hub.people.actions import find
from hub.people.model import MASKED
from hub.say import say, say_refused
from hub.services.certificate import actions, paper, rules, store
from hub.services.certificate.actions import TILL, Examined, Impossible, Purpose, Verdict
from hub.services.certificate.model import REASONS, TENDERS, Certificate, Receipt, Refusal
from hub.visits.actions import concerned_files, purpose_of
from hub.workshop.answer import pdf

#: How somebody asks who does not stand at the counter.
CHANNELS = ("mail", "telephone", "control")

pages = Blueprint(
    "certificate", __name__, url_prefix="/desk/certificate", template_folder="templates", static_folder="static"
)


@pages.record_once
def _kinds_are_whole(state: BlueprintSetupState) -> None:
    """The hub does not start with a kind that cannot be read."""
    if "mbote" in state.app.extensions:
        actions.known_kinds(state.app.extensions["mbote"])


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    language = staff_language()
    return {
        "t": lambda key, **values: say(language, f"certificate.{key}", **values),
        "new_key": new_key,
        "masked": MASKED,
        "not_seen": say(language, "people.masked"),
        "reason": _reason,
        "day": days.said,
        "state": lambda found: found.state(the_hub().today().isoformat()),
        "kind_title": _kind_title,
        "channels": CHANNELS,
        "tenders": TENDERS,
        "reasons": REASONS,
        "language": language,
    }


def _reason(refusal: Refusal) -> str:
    return say(staff_language(), f"certificate.refused_{refusal.word}", **refusal.facts)


def _kind_title(found: Certificate) -> str:
    kind = actions.known_kinds(the_hub()).kinds.get(found.what)
    return kind.called(staff_language()) if kind else found.what


# --- drawing ---------------------------------------------------------------------------------


def _show(part: str, status: int = 200, **parts: Any) -> Response:
    """The page with its middle; for htmx the middle alone."""
    whole = {"typed": "", "view": f"certificate/{part}.html", **parts}
    template = whole["view"] if request.headers.get("HX-Request") else "certificate/page.html"
    return make_response(render_template(template, **whole), status)


def _purpose(said: Any) -> Purpose:
    """Why a file is opened: the visitor who is here, else the request that was begun, else what was said."""
    at_hand = purpose_of(the_hub(), g.actor)
    if at_hand.ticket is not None:
        return Purpose(at_hand.ticket.id)
    if at_hand.contact is not None:
        return Purpose(None, at_hand.contact.channel, at_hand.contact.motive)
    return Purpose(None, said.get("channel", ""), said.get("motive", ""))


@pages.get("")
def page() -> Response:
    """Where a search begins, and where a file that was chosen stands."""
    ref, typed = request.args.get("ref", "").strip(), request.args.get("q", "").strip()
    if ref:
        return _file(ref, request.args)
    if found := _by_number(typed):
        return _show("one", found=found)
    mine = store.unprinted(the_hub().reader, g.actor.agent or "")
    hits = find(the_hub(), Ask(g.actor), typed) if typed else concerned_files(the_hub(), g.actor) or None
    return _show("start", typed=typed, hits=hits, unprinted=mine)


@pages.get("/search")
def search() -> Response:
    """Who may be meant by what is being typed."""
    typed = request.args.get("q", "").strip()
    number = _by_number(typed)
    hits = find(the_hub(), Ask(g.actor), typed) if typed and not number else None
    return make_response(render_template("certificate/hits.html", hits=hits, typed=typed, number=number))


def _by_number(typed: str) -> Certificate | None:
    return store.labelled(the_hub().reader, typed.upper()) if typed.upper().startswith("ATT-") else None


def _file(ref: str, said: Any, status: int = 200, **parts: Any) -> Response:
    """What can be given about somebody; without a visitor, the question why first."""
    purpose = _purpose(said)
    if purpose.ticket is None and not (purpose.channel and purpose.motive.strip()):
        return _show("purpose", status, ref=ref, **parts)
    examined = actions.examine(the_hub(), Ask(g.actor), ref=ref, purpose=purpose)
    before = store.of_party(the_hub().reader, ref)
    return _show("file", status, ref=ref, purpose=purpose, before=before, **_examined(examined), **parts)


def _examined(examined: Examined) -> dict[str, Any]:
    data_of, zone = examined.sheet.data_of, the_hub().settings.agency.zone
    return {
        "sheet": examined.sheet,
        "can": [each for each in examined.possible if not each.refusals],
        "cannot": [each for each in examined.possible if each.refusals],
        "data_of": f"{local(data_of, zone):%d/%m/%Y %H:%M}" if data_of else "",
        "at_till": not TILL.isdisjoint(g.actor.roles),
    }


# --- giving, printing, taking back -----------------------------------------------------------


@pages.post("")
def issue() -> AnyResponse:
    """A certificate gets its number; its page shows how to print it."""
    form = request.form
    answer = actions.issue(
        the_hub(), asked("certificate.issue"), ref=form.get("ref", ""), kind=form.get("kind", ""),
        purpose=_purpose(form), receipt=_receipt(form),
    )  # fmt: skip
    paper.begin(the_hub(), actions.known(the_hub(), answer["certificate"]))
    return redirect(url_for("certificate.one", certificate=answer["certificate"], given=1), 303)


def _receipt(form: Any) -> Receipt | None:
    """The receipt that was typed, if one was. Raises Unreadable."""
    if not form.get("receipt", "").strip():
        return None
    digits = "".join(each for each in form.get("amount", "") if each.isdecimal())
    return rules.receipt(form["receipt"], int(digits or 0), form.get("tender", ""))


@pages.get("/<int:certificate>")
def one(certificate: int) -> Response:
    """One certificate and what can be done with it."""
    return _one(certificate, given="given" in request.args)


def _one(certificate: int, status: int = 200, **parts: Any) -> Response:
    found = actions.known(the_hub(), certificate)
    return _show("one", status, found=found, **parts)


@pages.post("/<int:certificate>/print")
def print_copy(certificate: int) -> Response:
    """The next copy as PDF. The same key gives the same copy: a page that is loaded again is no duplicate."""
    answer = actions.print_copy(the_hub(), asked(f"certificate.print/{certificate}"), certificate=certificate)
    found = actions.known(the_hub(), certificate)
    return pdf(paper.paper(the_hub(), found, answer["copy"]), found.label)


@pages.post("/<int:certificate>/cancel")
def cancel(certificate: int) -> Response:
    """It counts no more."""
    form = request.form
    ask = asked(f"certificate.cancel/{certificate}")
    actions.cancel(the_hub(), ask, certificate=certificate, reason=form.get("reason", ""), note=form.get("note", ""))
    return _one(certificate, taken_back=True)


@pages.post("/returned")
def returned() -> Response:
    """A payment came back unpaid."""
    answer = actions.receipt_returned(the_hub(), asked("certificate.returned"), receipt=request.form.get("receipt", ""))
    return _show("start", returned=answer["cancelled"], hits=None, unprinted=[])


# --- checking --------------------------------------------------------------------------------


@pages.post("/check")
def check() -> Response:
    """Whether a paper is what it says."""
    verdict = actions.check(the_hub(), request.form.get("code", ""))
    return _show("verdict", verdict=verdict, said=_verdict_said(verdict), good=verdict.word in _GOOD)


_GOOD = ("issued", "reserved", "elsewhere")


def _verdict_said(verdict: Verdict) -> str:
    checked = verdict.checked
    facts = {"agency": checked.by or checked.statement.agency, "key": checked.key} if checked else {}
    return say(staff_language(), f"certificate.verdict_{verdict.word}", **facts)


# --- refusals --------------------------------------------------------------------------------


@pages.errorhandler(Impossible)
def _impossible(error: Impossible) -> Response:
    """All that stands against it, beside what was asked; nothing was recorded."""
    return _file(request.form.get("ref", ""), request.form, 409, impossible=error.possible, kept=request.form)


@pages.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """Say it where the eye is, and keep what was typed."""
    values, said = (
        request.view_args or {},
        {"error": say_refused(staff_language(), error, "certificate"), "kept": request.form},
    )
    if "certificate" in values and not isinstance(error, NotFound):
        return _one(values["certificate"], error.status, **said)
    ref = request.values.get("ref", "").strip()
    if error.field in ("motive", "channel") and ref:
        return _show("purpose", error.status, ref=ref, **said)
    if request.endpoint == "certificate.issue" and error.field in ("receipt", "tender"):
        return _file(ref, request.form, error.status, **said)
    return _show("start", error.status, hits=None, unprinted=[], field=error.field, **said)
