"""The tab of the tills: one cashier's work, a receipt, the end of a session; and what whoever looks over tills decides.

What should be in the drawer is on no page of the cashier's before they have counted it. A form carries a key made
when it was drawn; what was done is shown on a page of its own, so that reloading takes nothing twice. Scanned codes
hold a name: they are sent in a form, never in an address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from hub import periods, seal
from hub.agents import store as agents
from hub.agents.forms import asked, new_key, the_hub
from hub.ask import Ask
from hub.clock import local
from hub.errors import NotFound, Refused, Unreadable, chosen
from hub.money import grouped, typed
from hub.people.actions import find, names_of
from hub.people.model import MASKED, Hit
from hub.say import say, say_refused
from hub.services.cash import account, actions, ages, closings, ending, order_store, paper, rules, store
from hub.services.cash import model as m
from hub.services.cash.actions import SEAL, Payment
from hub.services.cash.office import office_of, papers
from hub.visits import store as visits
from hub.visits.actions import purpose_of
from hub.workshop.answer import pdf

#: Rows of a payment that a form may hold, and empty ones for periods that the account does not know.
MOST_ROWS, FREE_ROWS = 60, 2
CASHIERS = frozenset({"collections_cashier", "benefits_cashier"})
#: What each kind of payer may pay, the usual first.
OPERATIONS: dict[m.PayerKind, tuple[m.Operation, ...]] = {
    "employer": ("contribution", "penalty", "regularisation"),
    "voluntary": ("contribution", "penalty", "regularisation"),
    "insured": ("regularisation", "repayment", "isolated"),
    "other": ("isolated", "regularisation"),
}

pages = Blueprint("cash", __name__, url_prefix="/desk/cash", template_folder="templates", static_folder="static")


@pages.record_once
def _tills_are_whole(state: BlueprintSetupState) -> None:
    """The hub does not start with tills or papers that cannot be read."""
    if "mbote" in state.app.extensions:
        settings = state.app.extensions["mbote"].settings
        office_of(settings)
        papers(settings.folder)


def _language() -> str:
    return the_hub().settings.agency.languages[0]


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    language, hub = _language(), the_hub()
    office = office_of(hub.settings)
    return {
        "t": lambda word, /, **values: say(language, f"cash.{word}", **values),
        "new_key": new_key,
        "francs": grouped,
        "day": paper.day,
        "period_said": lambda period: period if len(period) == ages.YEAR else periods.said(period),
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


def show(template: str, status: int = 200, **parts: Any) -> Response:
    """One of our pages."""
    return make_response(render_template(f"cash/{template}.html", **parts), status)


def own_session() -> m.Session | None:
    """The session of whoever looks, if they have one that is not closed."""
    return store.session_of(the_hub().reader, g.actor.agent)


# --- the cashier's page ----------------------------------------------------------------------


@pages.get("")
def page() -> AnyResponse:
    """What a cashier has before them: their till, to be opened, worked, or closed. Others see all tills."""
    if CASHIERS.isdisjoint(g.actor.roles):
        return redirect(url_for("cash.control"), 303)
    ref, said = request.args.get("ref", "").strip(), request.args.get("q", "").strip()
    if said and (there := _meant(said)) is not None:
        return there
    if ref or "other" in request.args:
        return _payer(ref)
    hits = find(the_hub(), Ask(g.actor), said) if said else None
    return _till(typed=said, hits=hits)


def _till(status: int = 200, **parts: Any) -> Response:
    """The page of the cashier's own till, in whatever state it is."""
    hub, session = the_hub(), own_session()
    if session is None:
        place = actions.till_of(hub, g.actor.agent)
        before = store.till(hub.reader, place.code) if place else None
        return show("open", status, **{"place": place, "before": before, "kept": {}} | parts)
    found = store.till(hub.reader, session.till)
    place = office_of(hub.settings).till(session.till)
    whole: dict[str, Any] = {
        "session": session, "place": place, "today": hub.today().isoformat(), "typed": "", "hits": None,
        "full": place is not None and found.cash > place.ceiling, "concerned": _concerned(),
        "last": store.last_entries(hub.reader, session.id), "kept": {},
        "asked": {(each.year, each.number) for each in store.reversals_asked(hub.reader, session.id)},
    }  # fmt: skip
    return show("till", status, **whole | parts)


def _concerned() -> tuple[Hit, ...]:
    """Whom the visit at this counter is about, as far as they have a file."""
    at_hand = purpose_of(the_hub(), g.actor).ticket
    if at_hand is None:
        return ()
    refs = [each.party for each in visits.concerned(the_hub().reader, at_hand.id) if each.party]
    return tuple(names_of(the_hub(), Ask(g.actor), refs).values()) if refs else ()


def _meant(said: str) -> AnyResponse | None:
    """Where a number leads that names one receipt or one file: nothing more has to be chosen."""
    if (found := store.receipt(the_hub().reader, said)) is not None:
        return redirect(url_for("cash.receipt", receipt=found.receipt), 303)
    if (order := order_store.order(the_hub().reader, said)) is not None:
        return redirect(url_for("cash.order", order=order.number), 303)
    plain = "".join(said.split()).upper()
    if not any(each.isdigit() for each in plain):
        return None
    hits = [hit for hit in find(the_hub(), Ask(g.actor), said) if hit.number == plain]
    return redirect(url_for("cash.page", ref=hits[0].ref), 303) if len(hits) == 1 else None


def _payee(ref: str, status: int = 200, **parts: Any) -> Response:
    """What the treasury wants paid to somebody; who they are is said as a search would."""
    hub = the_hub()
    hit = names_of(hub, Ask(g.actor), (ref,)).get(ref)
    found = order_store.of_party(hub.reader, ref)
    return show("payee", status, **{"hit": hit, "orders": found, "kept": {}} | parts)


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


def _payer(ref: str, status: int = 200, **parts: Any) -> Response:
    """What somebody owes, and the form of a payment; for a payer without a file an empty one."""
    session = own_session()
    if session is None or not session.works:
        return _till(status)
    place = office_of(the_hub().settings).till(session.till)
    if ref and place is not None and place.role == "benefits":
        return _payee(ref, status, **parts)
    found = account.examine(the_hub(), Ask(g.actor), ref) if ref else None
    kind: m.PayerKind = found.payer.kind if found else "employer"
    rows = [*(found.dues if found and kind in ("employer", "voluntary") else ()), *[None] * FREE_ROWS]
    data_of = found.data_of if found else None
    whole: dict[str, Any] = {
        "session": session, "ref": ref, "account": found, "rows": rows[:MOST_ROWS], "kind": kind,
        "operations": OPERATIONS[kind] if found else m.OPERATIONS, "kept": {},
        "rates": json.dumps(_rates()), **_as_typed(the_hub().today()),
        "data_of": f"{local(data_of, the_hub().settings.agency.zone):%d/%m/%Y %H:%M}" if data_of else "",
    }  # fmt: skip
    return show("collect", status, **whole | parts)


def _as_typed(on: date) -> dict[str, str]:
    """This quarter and this month, as a hand writes them."""
    return {"quarter": periods.said(f"{on.year}-T{(on.month + 2) // 3}"), "month": f"{on:%m/%Y}"}


def _rates() -> dict[str, list[tuple[str, int]]]:
    """Of each scheme the whole rate by the day from which it holds: the page shows what wages owe as they are typed."""
    found: dict[str, list[tuple[str, int]]] = {}
    for rates in sorted(office_of(the_hub().settings).rates, key=lambda each: each.since):
        found.setdefault(rates.scheme, []).append((rates.since, sum(each.per_10000 for each in rates.branches)))
    return found


@pages.post("/collect")
def collect() -> AnyResponse:
    """Money is taken; the page that follows is the receipt's, with what goes back to the payer."""
    hub, form = the_hub(), request.form
    found = account.examine(hub, Ask(g.actor), form["ref"]) if form.get("ref") else None
    who = found.payer if found else _stranger(form)
    given = form.get("tendered", "")
    payment = Payment(
        who, rules.operation_of(form.get("operation", "")), tuple(_rows(form, who.kind)),
        rules.tender_of(form.get("tender", "")), typed(given, "tendered") if given.strip() else None,
        {name: form.get(f"detail.{name}", "") for needed, more in rules.DETAILS.values() for name in (*needed, *more)},
    )  # fmt: skip
    answer = actions.collect(hub, asked("cash.collect"), payment=payment)
    return redirect(url_for("cash.receipt", receipt=answer["receipt"], done=1), 303)


def _stranger(form: Mapping[str, str]) -> m.Payer:
    """A payer whose file is not here: "à rapprocher"."""
    kind = chosen(form.get("payer_kind", ""), m.PAYER_KINDS, Unreadable("say who pays", code="payer_kind_needed",
                                                                       field="payer_kind"))  # fmt: skip
    return m.Payer(kind, form.get("payer", ""), form.get("payer_number", ""))


def _rows(form: Mapping[str, str], kind: m.PayerKind) -> Iterator[tuple[str, int]]:
    """The rows that were ticked, and those that were filled in; wages stand for what they owe."""
    office, on = office_of(the_hub().settings), the_hub().today()
    for row in range(MOST_ROWS):
        period, amount, wages = (form.get(f"{name}.{row}", "").strip() for name in ("period", "amount", "wages"))
        listed = f"listed.{row}" in form
        if (listed and f"take.{row}" not in form) or not (amount or wages):
            continue
        named = _period(period)
        yield named, typed(amount) if amount else account.amount_owed(office, kind, named, typed(wages, "wages"), on)


def _period(said: str) -> str:
    """A period as people type it: `1T2013`, `1T 2013`, `03/2013`, `2013-03`; what is none goes on as it is."""
    plain = said.upper().replace(" ", "").replace("/", "-")
    if len(plain) == 6 and plain[1] == "T":  # noqa: PLR2004 (1T2013)
        return f"{plain[2:]}-T{plain[0]}"
    month, _, year = plain.partition("-")
    return f"{year}-{month.zfill(2)}" if len(year) == 4 and month.isdecimal() else plain  # noqa: PLR2004 (03/2013)


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
        "asked": any((each.year, each.number) == (found.year, found.number)
                     for each in store.reversals_asked(hub.reader, found.session)),
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
        asked_back = [(each, store.entry(reader, each.till, each.year, each.number))
                      for each in store.reversals_asked(reader)]  # fmt: skip
        whole = {
            "tills": [(place, store.till(reader, place.code), sessions.get(place.code)) for place in office.tills],
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
                for place in office.tills
            ],
            "kept": {},
            "openings": [row for each in sessions.values() for row in store.openings_of(reader, each.id)
                         if row["entry"] is None],
            "again": [entry for each in sessions.values() for entry in store.entries_of(reader, each.id)
                      if entry.copies > 1 or entry.reversed_by],
            "counts": [(each, one) for each in sessions.values() for one in store.counts_of(reader, each.id)
                       if one.purpose == "surprise"],
        }  # fmt: skip
    return show("control", status, **whole | parts)


@pages.post("/reversals/<int:ask>")
def decide_reversal(ask: int) -> AnyResponse:
    """Take it back, or not."""
    granted = "grant" in request.form
    actions.decide_reversal(the_hub(), asked(f"cash.reversal/{ask}"), ask=ask, granted=granted)
    return redirect(url_for("cash.control"), 303)


@pages.post("/sessions/<int:session>")
def decide_closing(session: int) -> AnyResponse:
    """Close a session, or have it counted again."""
    hub, what = the_hub(), f"cash.closing/{session}"
    if "approve" not in request.form:
        ending.refuse(hub, asked(what), session=session, note=request.form.get("note", ""))
        return redirect(url_for("cash.control"), 303)
    answer = ending.approve(hub, asked(what), session=session)
    return redirect(url_for("cash.closing", closing=answer["closing"]), 303)


@pages.post("/tills/<till>/period")
def close_period(till: str) -> AnyResponse:
    """The next month or year of a till is closed."""
    ages.close_period(the_hub(), asked(f"cash.period/{till}"), till=till)
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


#: Where a refusal of an endpoint is shown: the page from which it was asked.
BACK: dict[str, Callable[..., Response]] = {
    "collect": lambda status, **said: _payer(request.form.get("ref", ""), status, **said),
    **dict.fromkeys(("count", "propose", "close"), _close),
    **dict.fromkeys(("decide_reversal", "decide_closing", "close_period", "control"), _control),
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
    said = {"error": say_refused(_language(), error, "cash"), "field": error.field, "kept": request.form}
    home = _till if not CASHIERS.isdisjoint(g.actor.roles) else _control
    endpoint = (request.endpoint or "").partition(".")[2]
    shown = home if isinstance(error, NotFound) else BACK.get(endpoint, home)
    return shown(error.status, **said)
