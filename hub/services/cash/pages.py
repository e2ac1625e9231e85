"""The tab of the tills: one cashier's work, a receipt, the end of a session; and what whoever looks over tills decides.

What should be in the drawer is on no page of the cashier's before they have counted it. A form carries a key made
when it was drawn; what was done is shown on a page of its own, so that reloading takes nothing twice. Scanned codes
hold a name: they are sent in a form, never in an address.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from hub import days, periods, seal
from hub.agents import store as agents
from hub.agents.forms import asked, new_key, staff_language, the_hub
from hub.ask import Ask
from hub.clock import local
from hub.errors import NotFound, Refused
from hub.money import grouped, typed
from hub.people.actions import find, names_of
from hub.people.model import MASKED
from hub.say import say, say_refused
from hub.services.cash import (
    account,
    actions,
    ages,
    closings,
    ending,
    facing,
    order_store,
    paper,
    payment_form,
    prepared_store,
    preparing,
    request_store,
    rules,
    store,
    work,
)
from hub.services.cash import model as m
from hub.services.cash.actions import SEAL, Payment
from hub.services.cash.office import check as check_tills
from hub.services.cash.office import office_of, papers
from hub.services.cash.oversight import Line
from hub.services.cash.prepared import Prepared
from hub.services.cash.witness import witnessed
from hub.visits.actions import concerned_files, purpose_of
from hub.workshop.answer import pdf

#: Digits of a number that a row can have.
ROW_DIGITS = 18
CASHIERS = frozenset({"collections_cashier", "benefits_cashier"})
pages = Blueprint("cash", __name__, url_prefix="/desk/cash", template_folder="templates", static_folder="static")


@pages.record_once
def _tills_are_whole(state: BlueprintSetupState) -> None:
    """The hub does not start with tills or papers that cannot be read."""
    if "mbote" in state.app.extensions:
        hub = state.app.extensions["mbote"]
        check_tills(hub.files, hub.settings)
        papers(hub.settings.folder)


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    language, hub = staff_language(), the_hub()
    office = office_of(hub.settings)
    return {
        "t": lambda word, /, **values: say(language, f"cash.{word}", **values),
        "new_key": new_key,
        "francs": grouped,
        "day": days.said,
        "period_said": lambda period: period if len(period) == ages.YEAR else periods.said(period),
        "moment": lambda at: f"{local(at, hub.settings.agency.zone):%d/%m %H:%M}",
        "oversight_said": lambda line: _oversight(language, line),
        "clock": lambda at: f"{local(at, hub.settings.agency.zone):%H:%M}",
        "line_said": lambda line: paper.said_line(language, line.period, line.flag),
        "signed": closings.signed,
        "agent_name": lambda code: agents.names(hub.reader).get(code or "", code or "–"),
        "pieces_of": office.denominations,
        "tender_steps": lambda found: rules.TENDER_STEPS[found.tender].get(found.tender_state, {}),
        "details_of": lambda found: json.loads(found.details) if found.details else {},
        "masked": MASKED,
        "chief": not store.CHIEFS.isdisjoint(g.actor.roles),
        "chief_cashier": "head_cashier" in g.actor.roles,
        "cashier": not CASHIERS.isdisjoint(g.actor.roles),
        "me": g.actor.agent,
        "tenders": m.TENDERS,
        "tender_details": {tender: (*needed, *more) for tender, (needed, more) in rules.DETAILS.items()},
        "payer_kinds": m.PAYER_KINDS,
        "moves": m.MOVES,
        "reversals": m.REVERSALS,
        "drawer_reasons": m.DRAWER_REASONS,
        "motives": m.MOTIVES,
        "language": language,
        "against_said": lambda each: say(language, f"cash.against_{each.word}", **each.facts),
    }


def _oversight(language: str, line: Line) -> str:
    """What a line of the supervisor's page says; codes in it are words, and people have their names."""
    facts = dict(line.facts)
    if facts.get("by"):
        facts["by"] = agents.names(the_hub().reader).get(str(facts["by"]), facts["by"])
    for name, room in (("reason", line.look), ("motive", "motive")):
        if facts.get(name):
            facts[name] = say(language, f"cash.{room}_{facts[name]}")
    return say(language, f"cash.oversight_{line.word}", **facts)


def show(template: str, status: int = 200, **parts: Any) -> Response:
    """One of our pages."""
    return make_response(render_template(f"cash/{template}.html", **parts), status)


def own_session() -> m.Session | None:
    """The session of whoever looks, if they have one that is not closed."""
    return store.session_of(the_hub().reader, g.actor.agent)


# --- the cashier's page ----------------------------------------------------------------------


@pages.get("")
def page() -> AnyResponse:
    """What a cashier has before them: their till, to be opened, worked, or closed.

    Others see all tills; whoever prepares at another counter gets their own side.
    """
    if CASHIERS.isdisjoint(g.actor.roles):
        return redirect(_elsewhere(), 303)
    ref, said = request.args.get("ref", "").strip(), request.args.get("q", "").strip()
    if said and (there := _meant(said)) is not None:
        return there
    if prepared := number_of(request.args.get("prepared", "")):
        return _payer("", held=preparing.known(the_hub().reader, prepared))
    if ref or "other" in request.args:
        return _payer(ref)
    hits = find(the_hub(), Ask(g.actor), said) if said else None
    return _till(typed=said, hits=hits)


def _elsewhere() -> str:
    """The page of whoever works no till."""
    if not work.prepares(g.actor.roles):
        return url_for("cash.control")
    ref, other = request.args.get("ref"), request.args.get("other")
    return url_for("cash.prepare_form", ref=ref, other=other) if ref or other else url_for("cash.prepared")


def number_of(said: str) -> int | None:
    """The number of a row in an address or a form; None for what is none."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < ROW_DIGITS else None


def _till(status: int = 200, **parts: Any) -> Response:
    """The page of the cashier's own till, in whatever state it is."""
    hub, session = the_hub(), own_session()
    if session is None:
        place = actions.till_of(hub, g.actor.agent)
        before = store.till(hub.reader, place.code) if place else None
        return show("open", status, **{"place": place, "before": before, "kept": {}} | parts)
    facing.leave(hub, session.cashier)
    found = store.till(hub.reader, session.till)
    place = office_of(hub.settings).till(session.till)
    whole: dict[str, Any] = {
        "session": session, "place": place, "today": hub.today().isoformat(), "typed": "", "hits": None,
        "full": place is not None and found.cash > place.ceiling, "concerned": concerned_files(the_hub(), g.actor),
        "last": store.last_entries(hub.reader, session.id), "kept": {},
        "asked": {(each.year, each.number) for each in store.reversals_asked(hub.reader, session.id)},
        **_prepared(place),
    }  # fmt: skip
    return show("till", status, **whole | parts)


def _prepared(place: m.TillPlace | None) -> dict[str, Any]:
    """What was prepared for the visitor at this till, and how much waits for others."""
    if place is None or place.role == "benefits":
        return {"prepared": (), "prepared_elsewhere": 0}
    at_hand, waiting = purpose_of(the_hub(), g.actor).ticket, prepared_store.waiting(the_hub().reader)
    here = [each for each in waiting if at_hand is not None and each.ticket == at_hand.id]
    return {"prepared": here, "prepared_elsewhere": len(waiting) - len(here)}


def _meant(said: str) -> AnyResponse | None:
    """Where a number leads that names one receipt or one file: nothing more has to be chosen."""
    if (found := store.receipt(the_hub().reader, said)) is not None:
        return redirect(url_for("cash.receipt", receipt=found.receipt), 303)
    if (order := order_store.order(the_hub().reader, said)) is not None:
        return redirect(url_for("cash.order", order=order.number), 303)
    ref = payment_form.file_meant(said)
    return redirect(url_for("cash.page", ref=ref), 303) if ref else None


def _payee(ref: str, status: int = 200, **parts: Any) -> Response:
    """What the treasury wants paid to somebody; who they are is said as a search would."""
    hub = the_hub()
    hit = names_of(hub, Ask(g.actor), (ref,)).get(ref)
    found = order_store.of_party(hub.reader, ref)
    asked_for = request_store.open_of_party(hub.reader, ref)
    return show("payee", status, **{"hit": hit, "orders": found, "requests": asked_for, "kept": {}} | parts)


@pages.get("/search")
def search() -> Response:
    """Who may be meant by what is being typed."""
    said = request.args.get("q", "").strip()
    return show("hits", typed=said, hits=find(the_hub(), Ask(g.actor), said) if said else None)


@pages.post("/open")
def open_session() -> AnyResponse:
    """The float was counted: the till is open."""
    form, hub = request.form, the_hub()
    place = actions.till_of(hub, g.actor.agent)
    pieces = rules.counted(form, office_of(hub.settings))
    actions.open_session(
        hub, asked("cash.open"), till=place.code if place else "", pieces=pieces, motive=form.get("motive", "")
    )
    return redirect(url_for("cash.page"), 303)


@pages.post("/suspend")
def suspend() -> AnyResponse:
    """The cashier steps away."""
    actions.suspend(the_hub(), asked("cash.suspend"))
    return redirect(url_for("cash.page"), 303)


@pages.post("/resume")
def resume() -> AnyResponse:
    """The cashier is back."""
    actions.resume(the_hub(), asked("cash.resume"))
    return redirect(url_for("cash.page"), 303)


@pages.post("/drawer")
def drawer() -> AnyResponse:
    """The drawer opens, for a reason."""
    actions.open_drawer(the_hub(), asked("cash.drawer"), reason=request.form.get("reason", ""))
    return redirect(url_for("cash.page", done="drawer"), 303)


@pages.post("/move")
def move() -> AnyResponse:
    """Money goes between the drawer, the safe and the bank."""
    form = request.form
    answer = actions.move(
        the_hub(), asked("cash.move"), kind=form.get("kind", ""), amount=typed(form.get("amount", "")),
        voucher=form.get("voucher", ""),
    )  # fmt: skip
    return redirect(url_for("cash.receipt", receipt=answer["receipt"], done=1), 303)


# --- collecting ------------------------------------------------------------------------------


def _payer(ref: str, status: int = 200, held: Prepared | None = None, **parts: Any) -> Response:
    """What somebody owes, or what was prepared for them, and the form of a payment; an empty one without a file."""
    session = own_session()
    if session is None or not session.works:
        return _till(status)
    place = office_of(the_hub().settings).till(session.till)
    if ref and place is not None and place.role == "benefits":
        return _payee(ref, status, **parts)
    found = account.examine(the_hub(), Ask(g.actor), ref) if ref else None
    whole: dict[str, Any] = {"session": session, "ref": ref, "kept": {}, **payment_form.shown(found, held)}
    return show("collect", status, **whole | parts)


@pages.post("/collect")
def collect() -> AnyResponse:
    """Money is taken; the page that follows is the receipt's, with what goes back to the payer."""
    hub, form = the_hub(), request.form
    held = _held()
    found = account.examine(hub, Ask(g.actor), form["ref"]) if form.get("ref") and held is None else None
    who = held.who if held else found.payer if found else payment_form.stranger(form)
    given = form.get("tendered", "")
    payment = Payment(
        who, rules.operation_of(form.get("operation", "")), tuple(payment_form.rows(form, who.kind)),
        rules.tender_of(form.get("tender", "")), typed(given, "tendered") if given.strip() else None,
        {name: form.get(f"detail.{name}", "") for needed, more in rules.DETAILS.values() for name in (*needed, *more)},
    )  # fmt: skip
    answer = actions.collect(
        hub, asked("cash.collect"), payment=payment, prepared=held.id if held else None, word=form.get("word", "")
    )
    due = answer["amount"]
    facing.show(hub, g.actor.agent or "", due, None if answer["change"] is None else due + answer["change"], done=True)
    return redirect(url_for("cash.receipt", receipt=answer["receipt"], done=1), 303)


def _held() -> Prepared | None:
    """What was prepared at another counter, where the form is about that. Raises NotFound."""
    number = number_of(request.form.get("prepared", ""))
    return preparing.known(the_hub().reader, number) if number else None


# --- receipts --------------------------------------------------------------------------------


@pages.get("/receipts/<receipt>")
def receipt(receipt: str) -> Response:
    """One entry: what was paid, what goes back, what can be done with it."""
    return _receipt(receipt)


def _receipt(number: str, status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    found = actions.known(hub, number)
    place = office_of(hub.settings).till(found.till)
    counter = hub.settings.counter(place.counter) if place else None
    held = own_session()
    whole = {
        "found": found, "done": "done" in request.args, "kept": {}, "session": held,
        "printer": counter.printer if counter else None,
        "mine": held is not None and held.id == found.session and held.state in ("open", "suspended"),
        "asked": next((each for each in store.reversals_asked(hub.reader, found.session)
                       if (each.year, each.number) == (found.year, found.number)), None),
        "clears": "certificate" in hub.settings.counter_services and found.payer_kind == "employer"
        and found.party is not None and found.kind == "collection" and found.counts,
    }  # fmt: skip
    return show("receipt", status, **whole | parts)


@pages.post("/receipts/<receipt>/print")
def print_receipt(receipt: str) -> AnyResponse:
    """The next copy: on the till's printer, else as PDF. The same key gives the same copy."""
    answer = actions.print_receipt(the_hub(), asked(f"cash.print/{receipt}"), receipt=receipt)
    if answer["printer"]:
        return redirect(url_for("cash.receipt", receipt=receipt), 303)
    found = actions.known(the_hub(), receipt)
    return pdf(paper.receipt_pdf(the_hub(), found, answer["copy"]), found.receipt)


@pages.post("/receipts/<receipt>/settle")
def settle(receipt: str) -> AnyResponse:
    """What became of a cheque, a transfer, mobile money."""
    form = request.form
    actions.settle(
        the_hub(), asked(f"cash.settle/{receipt}"), receipt=receipt, step=form.get("step", ""),
        reference=form.get("reference", ""),
    )  # fmt: skip
    return redirect(url_for("cash.receipt", receipt=receipt), 303)


@pages.post("/receipts/<receipt>/reverse")
def ask_reversal(receipt: str) -> AnyResponse:
    """The cashier asks that it be taken back."""
    reason = request.form.get("reason", "")
    actions.ask_reversal(the_hub(), asked(f"cash.reverse/{receipt}"), receipt=receipt, reason=reason)
    return redirect(url_for("cash.receipt", receipt=receipt), 303)


@pages.post("/check")
def check() -> Response:
    """Whether a receipt is what it says: its code was scanned, or its number typed."""
    hub, code = the_hub(), request.form.get("code", "")
    problems: list[str] = []
    keys = {**seal.keys_of(hub.settings.folder, problems), **seal.own_key(hub.store.folder, hub.settings.agency.code)}
    opened = seal.opened(SEAL, code, keys)
    try:
        agency, number, at, payer_number, payer, label, amount, tender, digest = json.loads(opened.said)
        grouped(amount)
    except (ValueError, TypeError) as error:
        raise seal.not_one() from error
    here = store.receipt(hub.reader, str(number)) if agency == hub.settings.agency.code else None
    word: str = opened.found if opened.found != "authentic" or agency == opened.by else "forged"
    if word == "authentic" and agency == hub.settings.agency.code:
        word = "lost" if here is None else "undone" if not here.counts else "authentic"
    said = {"agency": agency, "number": number, "at": at, "payer_number": payer_number, "payer": payer,
            "label": label, "amount": grouped(amount), "tender": tender, "digest": digest}  # fmt: skip
    return show("verdict", word=word, said=said, here=here, key=opened.key)


# --- the end of a session --------------------------------------------------------------------


@pages.get("/close")
def close() -> AnyResponse:
    """The count of the closing; once it is made, what should have been there."""
    return _close() if own_session() else redirect(url_for("cash.page"), 303)


def _close(status: int = 200, **parts: Any) -> Response:
    hub, session = the_hub(), own_session()
    if session is None:
        return _till(status, **parts)
    counts = [each for each in store.counts_of(hub.reader, session.id) if each.purpose == "closing"]
    entries = store.entries_of(hub.reader, session.id)
    told = session.state in ("counted", "proposed") and counts
    whole = {
        "session": session, "counts": counts, "kept": {}, "count": counts[0] if told else None,
        "totals": closings.totals_of(entries) if told else None, "entries": entries,
        "against": ending.against(hub.reader, session), "place": office_of(hub.settings).till(session.till),
        "again": "again" in request.args,
    }  # fmt: skip
    return show("close", status, **whole | parts)


@pages.post("/close/count")
def count() -> AnyResponse:
    """The cashier has counted."""
    pieces = rules.counted(request.form, office_of(the_hub().settings))
    ending.count_closing(the_hub(), asked("cash.count"), pieces=pieces)
    return redirect(url_for("cash.close"), 303)


@pages.post("/close/propose")
def propose() -> AnyResponse:
    """The cashier asks for the closing."""
    form = request.form
    ending.propose(the_hub(), asked("cash.propose"), motive=form.get("motive", ""), note=form.get("note", ""))
    return redirect(url_for("cash.close"), 303)


# --- looking over tills ----------------------------------------------------------------------


@pages.get("/control")
def control() -> Response:
    """Every till, and what waits for somebody else's word."""
    return _control()


def _control(status: int = 200, **parts: Any) -> Response:
    hub, office = the_hub(), office_of(the_hub().settings)
    with hub.snapshot() as reader:
        sessions = {each.till: each for each in store.open_sessions(reader)}
        rows = [(place, store.till(reader, place.code)) for place in office.known]
        known = [(place, till) for place, till in rows if place in office.tills or till.seq or till.closings]
        asked_back = [(each, store.entry(reader, each.till, each.year, each.number))
                      for each in store.reversals_asked(reader)]  # fmt: skip
        whole = {
            "tills": [(place, till, sessions.get(place.code), place in office.tills) for place, till in known],
            "proposed": [
                (each, store.till(reader, each.till).cash, closings.totals_of(store.entries_of(reader, each.id)))
                for each in sessions.values() if each.state == "proposed"
            ],
            "waiting": [each for each in order_store.in_hand(reader)
                        if each.amount > office.approve_above and each.approved_by is None],
            "asked_back": asked_back, "open_tenders": store.open_tenders(reader),
            "closings": store.last_closings(reader),
            "periods": [
                (place, ages.due(reader, place.code, hub.today().isoformat()), ages.closed(reader, place.code))
                for place, _ in known
            ],
            "kept": {},
        }  # fmt: skip
    return show("control", status, **whole | parts)


@pages.post("/reversals/<int:ask>")
def decide_reversal(ask: int) -> AnyResponse:
    """Take it back, or not; a second person's own code says that it is them, at the cashier's screen, too."""
    granted = "grant" in request.form
    witnessed(
        f"cash.reversal/{ask}", lambda by: actions.decide_reversal(the_hub(), by, ask=ask, granted=granted),
        always=granted,
    )  # fmt: skip
    return redirect(_asked_at(ask) or url_for("cash.control"), 303)


def _asked_at(ask: int) -> str | None:
    """The receipt's page, for a cashier: a second person came to their screen."""
    found = store.reversal_ask(the_hub().reader, ask)
    if found is None or CASHIERS.isdisjoint(g.actor.roles):
        return None
    return url_for("cash.receipt", receipt=m.receipt(found.till, found.year, found.number))


@pages.post("/sessions/<int:session>")
def decide_closing(session: int) -> AnyResponse:
    """Close a session, which takes the code of whoever does, or have it counted again."""
    hub, what = the_hub(), f"cash.closing/{session}"
    if "approve" not in request.form:
        ending.refuse(hub, asked(what), session=session, note=request.form.get("note", ""))
        return redirect(url_for("cash.control"), 303)
    answer = witnessed(what, lambda by: ending.approve(hub, by, session=session))
    return redirect(url_for("cash.closing", closing=answer["closing"]), 303)


@pages.post("/tills/<till>/period")
def close_period(till: str) -> AnyResponse:
    """The next month or year of a till is closed, which takes the code of whoever does."""
    witnessed(f"cash.period/{till}", lambda by: ages.close_period(the_hub(), by, till=till))
    return redirect(url_for("cash.control"), 303)


@pages.get("/tills/<till>/count")
def surprise(till: str) -> Response:
    """The count sheet of a surprise count."""
    return _surprise(till)


def _surprise(till: str, status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    session = store.session_at(hub.reader, till)
    if session is None:
        raise NotFound("nobody works this till", code="till_closed", field="till")
    counts = [each for each in store.counts_of(hub.reader, session.id) if each.purpose == "surprise"]
    shown = counts[0] if counts and "done" in request.args else None
    return show("surprise", status, **{"session": session, "count": shown, "kept": {}} | parts)


@pages.post("/tills/<till>/count")
def count_till(till: str) -> AnyResponse:
    """A till was counted by surprise; nothing is closed."""
    pieces = rules.counted(request.form, office_of(the_hub().settings))
    ending.count_surprise(the_hub(), asked(f"cash.surprise/{till}"), till=till, pieces=pieces)
    return redirect(url_for("cash.surprise", till=till, done=1), 303)


@pages.get("/closings/<int:closing>")
def closing(closing: int) -> Response:
    """One closing as its paper tells it."""
    return _closing(closing)


def _closing(number: int, status: int = 200, **parts: Any) -> Response:
    found = store.closing(the_hub().reader, number)
    if found is None:
        raise NotFound("no such closing", field="closing")
    data = paper.closing_data(the_hub(), found, 0)
    return show("closing", status, **{"found": found, "d": data} | parts)


@pages.post("/closings/<int:closing>/print")
def print_closing(closing: int) -> Response:
    """The closing as PDF."""
    answer = ending.print_closing(the_hub(), asked(f"cash.closing/{closing}/print"), closing=closing)
    found = store.closing(the_hub().reader, closing)
    assert found is not None
    return pdf(paper.closing_pdf(the_hub(), found, answer["copy"]), f"{found.till}-Z{found.z:06d}")


# --- refusals --------------------------------------------------------------------------------


@pages.errorhandler(ending.NotYet)
def _not_yet(error: ending.NotYet) -> Response:
    """All that is still open, above the count."""
    return _close(409, against=error.against, kept=request.form)


def _decided(status: int, **said: Any) -> Response:
    """Where a decision was refused: over all tills, or at the screen of the cashier to whom a second person came."""
    if CASHIERS.isdisjoint(g.actor.roles):
        return _control(status, **said)
    asked_for = store.reversal_ask(the_hub().reader, (request.view_args or {}).get("ask", 0))
    if asked_for is None:
        return _close(status, **said)
    return _receipt(m.receipt(asked_for.till, asked_for.year, asked_for.number), status, **said)


#: The page of their own for whoever has such a role; of several the first.
HOMES: list[tuple[frozenset[str], Callable[..., Response]]] = [(CASHIERS, _till), (store.CHIEFS, _control)]
#: Where a refusal of an endpoint is shown: the page from which it was asked.
BACK: dict[str, Callable[..., Response]] = {
    "collect": lambda status, **said: _payer(request.form.get("ref", ""), status, _held(), **said),
    **dict.fromkeys(("count", "propose", "close"), _close),
    **dict.fromkeys(("decide_reversal", "decide_closing"), _decided),
    **dict.fromkeys(("close_period", "control"), _control),
    **dict.fromkeys(
        ("receipt", "print_receipt", "settle", "ask_reversal"),
        lambda status, **said: _receipt((request.view_args or {})["receipt"], status, **said),
    ),
    **dict.fromkeys(
        ("closing", "print_closing"),
        lambda status, **said: _closing((request.view_args or {})["closing"], status, **said),
    ),
    "count_till": lambda status, **said: _surprise((request.view_args or {})["till"], status, **said),
}


@pages.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """Say it where the eye is, and keep what was typed."""
    said = {"error": say_refused(staff_language(), error, "cash"), "field": error.field, "kept": request.form}
    home = next((page for roles, page in HOMES if not roles.isdisjoint(g.actor.roles)), _control)
    endpoint = (request.endpoint or "").partition(".")[2]
    shown = home if isinstance(error, NotFound) else BACK.get(endpoint, home)
    return shown(error.status, **said)
