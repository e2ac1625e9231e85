"""The tab of the deposits: begin one, write down what lies on the counter, give its acknowledgement, find one again.

A draft is one form. What changes its shape (a person, an event, a row more) is sent whole and kept by the hub; what
is typed between stays in the browser (`data-keep`). Names stand in forms and pages alone, never in an address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from hub import days, notices, outbox
from hub.agents import rights
from hub.agents import store as agents
from hub.agents.forms import asked, new_key, the_hub
from hub.ask import Ask
from hub.clock import local
from hub.errors import NotFound, Refused
from hub.people.actions import names_of
from hub.people.model import MASKED, Hit
from hub.queues import store as queues
from hub.queues.model import Ticket
from hub.say import say, say_refused
from hub.services.deposit import actions, catalogue, forms, intake, paper, periodic, rules, scan_store, store
from hub.services.deposit import model as m
from hub.visits import store as visits
from hub.visits.actions import printer_of, purpose_of
from hub.visits.model import QUALITIES
from hub.workshop.answer import pdf

pages = Blueprint("deposit", __name__, url_prefix="/desk/deposit", template_folder="templates", static_folder="static")
#: Endpoints whose refusals are said on a page of their own, and by whom.
REFUSALS: dict[str, Callable[[Refused], Response]] = {}


@pages.record_once
def _lists_are_whole(state: BlueprintSetupState) -> None:
    """The hub does not start with lists or a layout that cannot be read."""
    if "mbote" in state.app.extensions:
        folder = state.app.extensions["mbote"].settings.folder
        catalogue.load(folder)
        catalogue.layouts(folder)


def language() -> str:
    """The language of the pages."""
    return the_hub().settings.agency.languages[0]


def show(template: str, status: int = 200, **parts: Any) -> Response:
    """A page of the tab."""
    return make_response(render_template(f"deposit/{template}.html", **parts), status)


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    spoken, lists = language(), actions.lists_of(the_hub())
    return {
        "t": lambda key, **values: say(spoken, f"deposit.{key}", **values),
        "new_key": new_key,
        "day": days.said,
        "lists": lists,
        "type_said": lambda code: paper.type_said(code, lists, spoken),
        "event_said": lambda code: paper.event_said(code, lists, spoken),
        "called": lambda words: m.called(words, spoken),
        "period": intake.period_said,
        "agent_said": lambda code: agents.names(the_hub().reader).get(code or "", code or ""),
        "clock_said": lambda at: f"{local(at, the_hub().settings.agency.zone):%d/%m/%Y %H:%M}",
        "seen_name": lambda name: say(spoken, "people.masked") if name == MASKED else name,
        "id_types": m.ID_TYPES,
        "qualities": QUALITIES,
        "quality_said": lambda quality: say(spoken, f"visits.quality_{quality}"),
        "concerned_types": m.CONCERNED_TYPES,
        "copy_kinds": m.COPY_KINDS,
        "channels": m.CHANNELS,
        "motives": m.MOTIVES,
        "may": lambda what: rights.allowed(g.actor, f"deposit.{what}"),
        "me": g.actor.agent,
        "may_exchange": rights.allowed(g.actor, "exchange.page"),
        "code_said": lambda code: outbox.code_said(spoken, code),
        "sent_of": _sent_of,
        "sent_in_all": _sent_in_all,
        "asks": lambda event: [(name, lists.circumstances[name]) for name in lists.asked_of(event)],
    }


def _sent_of(documents: tuple[m.Document, ...]) -> dict[int, outbox.Message]:
    """The message of each document that was decided on: how far it has come."""
    found = outbox.some(the_hub().reader, [each.message for each in documents if each.message])
    return {each.id: found[each.message] for each in documents if each.message in found}


def _sent_in_all(found: m.Deposit) -> str:
    """How much of a deposit the head office has in its records; empty while nothing was decided."""
    documents = store.documents(the_hub().reader, found.id)
    sent = _sent_of(documents)
    if not sent:
        return ""
    states = [each.state for each in sent.values()]
    if refused := states.count("refused"):
        return say(language(), "deposit.sent_back", count=refused)
    return say(language(), "deposit.sent_count", known=states.count("applied"), all=len(documents))


# --- the first page --------------------------------------------------------------------------


@pages.get("")
def page() -> AnyResponse:
    """What waits; a number that was typed, or scanned off an acknowledgement, opens its deposit."""
    typed = request.args.get("q", "").strip()
    hub = the_hub()
    label = rules.label_typed(typed, hub.today().year, hub.settings.agency.code) if typed else None
    found = store.labelled(hub.reader, label) if label else None
    if found is not None:
        return redirect(url_for("deposit.one", number=found.id), 303)
    return _first(typed=typed)


def _first(status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    with hub.snapshot() as reader:
        visitor = purpose_of(hub, g.actor).ticket
        whole = {
            "drafts": [(each, store.draft_of(each)) for each in store.drafts(reader, g.actor.agent or "")],
            "to_hand": store.to_hand(reader),
            "last": store.last(reader, hub.today().isoformat()),
            "visitor": visitor,
            "to_tell": store.to_tell(reader, g.actor.agent or ""),
            "loose": len(scan_store.waiting(reader)),
            "keeps_scans": hub.settings.deposits.scans != "none",
            "alive": _alive(reader, visitor) if rights.allowed(g.actor, "deposit.alive") else (),
        }
    return show("page", status, **whole | parts)


def _alive(reader: store.Reader, visitor: Ticket | None) -> tuple[tuple[Hit, bool], ...]:
    """Whom the visit is about, and whether their certificate of life was taken in its window already."""
    hub = the_hub()
    refs = [each.party for each in visits.concerned(reader, visitor.id) if each.party] if visitor else []
    hits = names_of(hub, Ask(g.actor), refs) if refs else {}
    on, found = hub.today(), []
    kinds = [kind for kind in actions.lists_of(hub).types.values() if kind.in_person and kind.periods]
    for hit in hits.values():
        given = store.given(reader, hit.ref)
        known = any(periodic.period_of(on, kind.periods[0]) in given.get(kind.code, ()) for kind in kinds)
        if hit.type == "person" and kinds:
            found.append((hit, known))
    return tuple(found)


@pages.post("/alive")
def alive() -> AnyResponse:
    """The person stands here: their certificate of life is taken, if they owe one."""
    hub, party = the_hub(), request.form.get("party", "")
    ticket = purpose_of(hub, g.actor).ticket
    hit = names_of(hub, Ask(g.actor), [party]).get(party) if party and ticket is not None else None
    if hit is None or ticket is None:
        raise Refused("nobody of that file is here", code="not_here", field="party")
    home = actions.household_of(hub, Ask(g.actor), party, ticket.id)
    owed = next(
        (each for each in actions.owed_by(hub, home, party) if actions.lists_of(hub).types[each.type].in_person), None
    )
    if owed is None:
        raise Refused("this person owes no certificate of life now", code="not_owed", field="party")
    person = m.Concerned("insured_person", hit.number, "" if hit.name == MASKED else hit.name)
    answer = actions.seen_alive(hub, asked("deposit.alive"), party=party, person=person, owed=owed)
    return redirect(url_for("deposit.one", number=answer["deposit"]), 303)


@pages.post("")
def begin() -> AnyResponse:
    """A new draft; with `like` for the same depositor, who brings several."""
    hub, channel, like = the_hub(), request.form.get("channel", "counter"), request.form.get("like", "")
    before = actions.known(hub, int(like)) if like.isdecimal() else None
    known = actions.begun_for(hub, g.actor, before) if channel == "counter" or before else m.Draft()
    if not known.concerned:
        known = replace(known, concerned=(m.Concerned(),))
    answer = actions.begin(hub, asked("deposit.begin"), channel=before.channel if before else channel, draft=known)
    return redirect(url_for("deposit.one", number=answer["deposit"]), 303)


# --- a draft ---------------------------------------------------------------------------------


@pages.get("/<int:number>")
def one(number: int) -> Response:
    """A draft to go on with, or a deposit with its acknowledgement and what became of its documents."""
    return _one(number, at=request.args.get("at", ""), done=request.args.get("done", ""))


def _one(number: int, status: int = 200, **parts: Any) -> Response:
    found = actions.known(the_hub(), number)
    if found.state == "draft":
        return _draft(found, parts.pop("draft", None) or store.draft_of(found), status, **parts)
    return _deposited(found, status, **parts)


def _draft(found: m.Deposit, draft: m.Draft, status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    lists, on = actions.lists_of(hub), hub.today()
    draft = intake.known(draft, lists)
    read = intake.read(draft, lists, on)
    whole = {
        "found": found,
        "draft": draft,
        "seen": lambda name, row: intake.verdict(row, lists.types[row.document], on, name),
        "choices": lambda reason: intake.alternatives(reason, lists),
        "complete": _complete,
        "count": len(read.lines),
        "wrong": {},
    }
    return show("draft", status, **whole | parts)


def _complete(reason: m.Reason) -> str:
    """`6/8 pièces, manquent : …`, as it stands in the form."""
    hub, spoken = the_hub(), language()
    lists, on = actions.lists_of(hub), hub.today()
    has = []
    for row in reason.rows:
        if row.there and row.document in lists.types:
            expired = intake.verdict(row, lists.types[row.document], on, "").expired
            copies = int(row.copies) if row.copies.isdecimal() else 1
            has.append(intake.Has(row.document, copies, "expired" if expired else ""))
    found = intake.completeness(intake.needs(reason.event, reason.circumstances, lists), has)
    if not found.wanted:
        return say(spoken, "deposit.complete_none")
    if not found.there and not has:
        return say(spoken, "deposit.complete_begin", there=0, wanted=found.wanted)
    if found.whole:
        return say(spoken, "deposit.complete_whole", there=found.there, wanted=found.wanted)
    missing = ", ".join(paper.missing_said(each, lists, spoken) for each in found.missing)
    return say(spoken, "deposit.complete_missing", there=found.there, wanted=found.wanted, missing=missing)


@pages.post("/<int:number>")
def fill(number: int) -> AnyResponse:
    """What was typed, and what the button asks: one more row, event or person; or the deposit itself."""
    hub = the_hub()
    found = actions.known(hub, number)
    rules.may(found, "type")
    said = forms.Asked.of(request.form.get("do", "save"))
    draft = _recognised(_typed(found))
    if said.verb != "deposit":
        draft = _with_owed(found, draft)
    if said.verb == "deposit":
        answer = actions.deposit(hub, asked(f"deposit.deposit/{number}"), deposit=number, draft=draft)
        paper.sheet_ahead(hub, actions.known(hub, number))
        return redirect(url_for("deposit.one", number=answer["deposit"], done=request.form.get("key")), 303)
    shape, at, wrong = forms.shaped(draft, said, request.form, actions.lists_of(hub))
    if wrong:
        return _draft(found, draft, 422, at=at, wrong={at: say(language(), f"deposit.wrong_{wrong}")}, again=True)
    shape = _in_order(found, shape, said)
    actions.type_in(hub, asked(f"deposit.type/{number}"), deposit=number, draft=shape)
    at = at or _onwards(shape, said)
    return redirect(url_for("deposit.one", number=number, at=at, done=request.form.get("key")), 303)


def _typed(found: m.Deposit) -> m.Draft:
    """What the form says, as far as the lists know it."""
    return intake.known(forms.draft_from(request.form, store.draft_of(found)), actions.lists_of(the_hub()))


def _recognised(draft: m.Draft) -> m.Draft:
    """With the files of the numbers that were typed; who deposits for themselves alone is named after them."""
    people = tuple(actions.recognised(the_hub(), g.actor, each) for each in draft.concerned)
    who = draft.depositor
    if not who.name.strip() and who.quality == "self" and len(people) == 1:
        who = replace(who, name=people[0].name)
    return replace(draft, depositor=who, concerned=people)


def _with_owed(found: m.Deposit, draft: m.Draft) -> m.Draft:
    """With what those owe whose file was found now: one look into each, written down."""
    hub, people = the_hub(), list(draft.concerned)
    for place, person in enumerate(people):
        if person.party and person.owes is None:
            home = actions.household_of(hub, Ask(g.actor), person.party, found.ticket, found.channel)
            people[place] = replace(person, owes=actions.owed_by(hub, home, person.party))
    return replace(draft, concerned=tuple(people))


def _in_order(found: m.Deposit, draft: m.Draft, said: forms.Asked) -> m.Draft:
    """Each list in the order of its event. A new one begins with what central data say of the household."""
    hub, lists = the_hub(), actions.lists_of(the_hub())
    people = list(draft.concerned)
    for place, person in enumerate(people):
        reasons = list(person.reasons)
        children: tuple[str, ...] = ()
        if said.verb == "event" and place == said.person:
            home = actions.household_of(hub, Ask(g.actor), person.party, found.ticket, found.channel)
            wanted = lists.asked_of(reasons[-1].event)
            circumstances = {name: value for name, value in home.circumstances.items() if name in wanted}
            reasons[-1], children = replace(reasons[-1], circumstances=circumstances), home.children
        people[place] = replace(person, reasons=tuple(intake.arranged(each, lists, children) for each in reasons))
    return replace(draft, concerned=tuple(people))


def _onwards(draft: m.Draft, said: forms.Asked) -> str:
    """Where the hand goes on: in the list that has changed, else with the first person without name or event."""
    if said.verb == "shape" and 0 <= said.person < len(draft.concerned):
        reasons = draft.concerned[said.person].reasons
        rows = reasons[said.event].rows if 0 <= said.event < len(reasons) else ()
        untouched = next((place for place, row in enumerate(rows) if not row.there), 0)
        return f"c{said.person}-e{said.event}-d{untouched}-issued"
    for place, person in enumerate(draft.concerned):
        if not person.number and not person.name:
            return f"c{place}-number"
        if not person.name:
            return f"c{place}-name"
        if not person.reasons:
            return f"c{place}-new"
    return ""


@pages.post("/<int:number>/look")
def look(number: int) -> Response:
    """What one row says by now, and how much of its event is there: nothing is kept."""
    hub = the_hub()
    found = actions.known(hub, number)
    draft = _typed(found)
    name = request.args.get("row", "")
    place = forms.place_of(name, draft)
    if place is None:
        raise NotFound("no such row", field="row")
    reason, row = place
    kind = actions.lists_of(hub).types[row.document]
    seen = intake.verdict(row, kind, hub.today(), name)
    html = render_template("deposit/row_said.html", name=name, row=row, kind=kind, verdict=seen, wrong={})
    about = name.rpartition("-")[0]
    return make_response(html + render_template("deposit/complete.html", name=about, said=_complete(reason), oob=True))


@pages.post("/<int:number>/abandon")
def abandon(number: int) -> AnyResponse:
    """Nothing is deposited."""
    actions.abandon(the_hub(), asked(f"deposit.abandon/{number}"), deposit=number)
    return redirect(url_for("deposit.page", done=request.form.get("key")), 303)


# --- a deposit and its acknowledgement -----------------------------------------------------------------


def _deposited(found: m.Deposit, status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    with hub.snapshot() as reader:
        counter = queues.counter_of_agent(reader, g.actor.agent or "") or found.counter
        whole = {
            "found": found,
            "said": paper.of(hub, reader, found),
            "documents": store.documents(reader, found.id),
            "parties": {each.rank: each for each in store.parties(reader, found.id)},
            "replaced": store.replaced(reader, found.id),
            "notices": notices.waiting_about(reader, f"deposit {found.id}"),
            "scans": scan_store.of_deposit(reader, found.id),
            "keeps_scans": hub.settings.deposits.scans != "none",
            "prints": printer_of(hub, counter),
            "today": hub.today().isoformat(),
        }
    return show("one", status, **whole | parts)


@pages.post("/<int:number>/print")
def print_sheet(number: int) -> Response:
    """The acknowledgement as PDF: the same key gives the same copy."""
    hub = the_hub()
    answer = actions.print_acknowledgement(hub, asked(f"deposit.print/{number}"), deposit=number)
    found = actions.known(hub, number)
    return pdf(paper.sheet(hub, found, answer["copy"]), (found.label or "").replace("/", "-"))


@pages.post("/<int:number>/slip")
def print_slip(number: int) -> AnyResponse:
    """The short form, at the counter's printer."""
    actions.print_slip(the_hub(), asked(f"deposit.slip/{number}"), deposit=number)
    return redirect(url_for("deposit.one", number=number), 303)


@pages.post("/<int:number>/hand")
def hand(number: int) -> AnyResponse:
    """The acknowledgement is in the hands of whoever deposited."""
    actions.hand_over(the_hub(), asked(f"deposit.hand/{number}"), deposit=number)
    return redirect(url_for("deposit.one", number=number), 303)


@pages.post("/documents/<int:document>/replace")
def replace_document(document: int) -> AnyResponse:
    """Another document is brought for one that was rejected: a deposit of its own, with a number of its own."""
    known = actions.begun_instead(the_hub(), document)
    answer = actions.begin(the_hub(), asked(f"deposit.replace/{document}"), draft=known)
    return redirect(url_for("deposit.one", number=answer["deposit"], at="c0-e0-d0-issued"), 303)


@pages.post("/documents/<int:document>/supply")
def supply(document: int) -> AnyResponse:
    """What was missing of a document has been brought."""
    actions.supply(the_hub(), asked(f"deposit.supply/{document}"), document=document)
    return redirect(url_for("deposit.one", number=_of(document)), 303)


@pages.post("/notices/<int:notice>/told")
def told(notice: int) -> AnyResponse:
    """The person who stands here has been told."""
    found = notices.notice(the_hub().reader, notice)
    room, _, number = (found.about if found else "").partition(" ")
    if room != "deposit":
        raise NotFound("no such notice", field="notice")
    notices.done(the_hub(), asked(f"deposit.told/{notice}"), notice=notice)
    return redirect(url_for("deposit.one", number=number), 303)


def _of(document: int) -> int:
    found = store.document(the_hub().reader, document)
    if found is None:
        raise NotFound("no such document", field="document")
    return found.deposit


# --- refusals --------------------------------------------------------------------------------


@pages.errorhandler(actions.NotReady)
def _not_ready(error: actions.NotReady) -> Response:
    """Everything that stands against it, each at its field; what was typed stays, under the same key."""
    number = (request.view_args or {})["number"]
    found = actions.known(the_hub(), number)
    draft = _recognised(_typed(found))
    spoken = language()
    wrong = {each.at: say(spoken, f"deposit.wrong_{each.word}", **each.facts) for each in reversed(error.problems)}
    return _draft(found, draft, error.status, wrong=wrong, at=error.problems[0].at, again=True)


@pages.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """Say it where the eye is."""
    if said_by := REFUSALS.get(request.endpoint or ""):
        return said_by(error)
    said = say_refused(language(), error, "deposit")
    number = (request.view_args or {}).get("number")
    if number is not None and not isinstance(error, NotFound):
        return _one(number, error.status, error=said)
    return _first(error.status, error=said, typed="")
