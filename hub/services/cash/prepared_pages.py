"""The counter's side of the tills: what somebody will pay is prepared, and they go on under the same ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.agents.forms import asked, the_hub
from hub.ask import KEY_LENGTH, Ask
from hub.errors import Refused, Unreadable
from hub.people.actions import find
from hub.queues import actions as queue_actions
from hub.queues import store as queues
from hub.say import say
from hub.services.cash import (
    account,
    order_store,
    payment_form,
    prepared_store,
    preparing,
    request_store,
    requesting,
    rules,
    work,
)
from hub.services.cash import model as m
from hub.services.cash.office import office_of
from hub.services.cash.order_requests import ASKED, OrderRequest
from hub.services.cash.orders import Order
from hub.services.cash.pages import BACK, HOMES, number_of, pages, show
from hub.visits.actions import concerned_files, purpose_of


@pages.get("/prepared")
def prepared() -> Response:
    """What was prepared today, and for an agent of another counter the search of a payer."""
    return _prepared(sent="sent" in request.args, done=_done())


def _done() -> Any:
    number = number_of(request.args.get("done", ""))
    return prepared_store.prepared(the_hub().reader, number) if number else None


def _prepared(status: int = 200, **parts: Any) -> Response:
    hub, preparer = the_hub(), work.prepares(g.actor.roles)
    whole: dict[str, Any] = {
        "prepared": prepared_store.of_date(hub.reader, hub.today().isoformat()), "preparer": preparer,
        "taker": not work.TAKERS.isdisjoint(g.actor.roles), "visit": purpose_of(hub, g.actor).ticket, "typed": "",
        "hits": None, "requests": _requests(), "kept": {},
        "concerned": concerned_files(hub, g.actor) if preparer else (),
    }  # fmt: skip
    return show("prepared", status, **whole | parts)


def _requests() -> list[tuple[OrderRequest, Order | None]]:
    """What was asked of the treasury, each with the order that came of it."""
    reader = the_hub().reader
    found = request_store.last(reader)
    return [(each, order_store.order(reader, each.order_number) if each.order_number else None) for each in found]


@pages.get("/requests")
def request_form() -> Response:
    """The form of a request for somebody who has a file."""
    return _request_form(request.args.get("ref", "").strip())


def _request_form(ref: str, status: int = 200, **parts: Any) -> Response:
    found = account.examine(the_hub(), Ask(g.actor), ref)
    return show("request", status, **{"ref": ref, "who": found.payer, "natures": ASKED, "kept": {}} | parts)


@pages.post("/requests")
def ask_order() -> AnyResponse:
    """The treasury is asked."""
    form = request.form
    found = account.examine(the_hub(), Ask(g.actor), form.get("ref", ""))
    requesting.ask_order(
        the_hub(), asked("cash.request"), who=found.payer, nature=form.get("nature", ""),
        period=form.get("period", ""), reason=form.get("reason", ""),
    )  # fmt: skip
    return redirect(url_for("cash.prepared", _anchor="requests"), 303)


@pages.post("/requests/<int:request_id>")
def do_request(request_id: int) -> AnyResponse:
    """It is withdrawn, or its refusal was told."""
    act = requesting.withdraw if request.form.get("step") == "withdraw" else requesting.told
    act(the_hub(), asked(f"cash.request/{request_id}"), request=request_id)
    return redirect(url_for("cash.prepared", _anchor="requests"), 303)


@pages.get("/prepare")
def prepare_form() -> AnyResponse:
    """The form of a payer; a name is searched first, a number leads to its file."""
    ref, said = request.args.get("ref", "").strip(), request.args.get("q", "").strip()
    if ref or "other" in request.args:
        return _form(ref)
    if said and (found := payment_form.file_meant(said)) is not None:
        return redirect(url_for("cash.prepare_form", ref=found), 303)
    return _prepared(typed=said, hits=find(the_hub(), Ask(g.actor), said) if said else None)


def _form(ref: str, status: int = 200, **parts: Any) -> Response:
    found = account.examine(the_hub(), Ask(g.actor), ref) if ref else None
    return show("prepare", status, **{**payment_form.shown(found), "ref": ref, "kept": {}} | parts)


@pages.post("/prepare")
def prepare() -> AnyResponse:
    """It is written down; with `send` the visitor goes on to the till at once."""
    hub, form = the_hub(), request.form
    found = account.examine(hub, Ask(g.actor), form["ref"]) if form.get("ref") else None
    who = found.payer if found else payment_form.stranger(form)
    ask = asked("cash.prepare")
    answer = preparing.prepare(
        hub, ask, who=who, operation=rules.operation_of(form.get("operation", "")),
        lines=tuple(payment_form.rows(form, who.kind)),
    )  # fmt: skip
    sent = 1 if "send" in form and _send(ask) else None
    return redirect(url_for("cash.prepared", done=answer["prepared"], sent=sent), 303)


def _send(ask: Ask) -> bool:
    """Send the visitor on to a till that takes money; whether that was possible. What was prepared stays."""
    hub = the_hub()
    tills = [till for till in office_of(hub.settings).tills if till.role != "benefits"]
    places = [place for till in tills if (place := hub.settings.counter(till.counter)) and place.services]
    here = queues.counter_of_agent(hub.reader, g.actor.agent or "")
    if not places or here is None:
        return False
    try:
        queue_actions.transfer(
            hub, Ask(g.actor, f"{ask.key}-send"[:KEY_LENGTH]), counter=here, service=places[0].services[0],
            reason=say(hub.settings.agency.languages[0], "panel.transfer_next_step"),
        )  # fmt: skip
    except Refused:
        return False
    return True


@pages.get("/prepared/<int:prepared>")
def one_prepared(prepared: int) -> Response:
    """One of them, to be changed or dropped."""
    return _one(prepared)


def _one(number: int, status: int = 200, **parts: Any) -> Response:
    found = preparing.known(the_hub().reader, number)
    return show("prepare", status, **{**payment_form.shown(None, found), "ref": "", "kept": {}} | parts)


@pages.post("/prepared/<int:prepared>")
def do_prepared(prepared: int) -> AnyResponse:
    """It is changed or dropped, with a word."""
    hub, form = the_hub(), request.form
    step, ask = form.get("step", ""), asked(f"cash.prepared/{prepared}")
    if step == "drop":
        preparing.drop(hub, ask, prepared=prepared, word=form.get("word", ""))
    elif step == "revise":
        _revise(ask, prepared, form)
    else:
        raise Unreadable("no such step", code="reason_needed", field="step")
    return redirect(url_for("cash.prepared"), 303)


def _revise(ask: Ask, prepared: int, form: Mapping[str, str]) -> None:
    kind: m.PayerKind = preparing.known(the_hub().reader, prepared).payer_kind
    preparing.revise(
        the_hub(), ask, prepared=prepared, operation=rules.operation_of(form.get("operation", "")),
        lines=tuple(payment_form.rows(form, kind)), word=form.get("word", ""),
    )  # fmt: skip


BACK |= {
    "do_request": _prepared,
    **dict.fromkeys(
        ("request_form", "ask_order"),
        lambda status, **said: _request_form(request.values.get("ref", ""), status, **said),
    ),
}
HOMES.append((work.PREPARERS, _prepared))
BACK |= {
    **dict.fromkeys(("prepared", "one_prepared"), _prepared),
    **dict.fromkeys(
        ("prepare", "prepare_form"), lambda status, **said: _form(request.form.get("ref", ""), status, **said)
    ),
    "do_prepared": lambda status, **said: _one((request.view_args or {})["prepared"], status, **said),
}
