"""The pages of payment orders: who is to be paid, what they must show. The amount is the treasury's, never typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.agents.forms import asked, the_hub
from hub.errors import Unreadable
from hub.services.cash import living, orders, paying
from hub.services.cash.office import office_of
from hub.services.cash.pages import BACK, own_session, pages, show
from hub.services.cash.witness import witnessed


@pages.get("/orders/<path:order>")
def order(order: str) -> Response:
    """One order: who is to be paid, what they must show, and what can be done with it."""
    return _order(order)


def _order(number: str, status: int = 200, **parts: Any) -> Response:
    hub, held = the_hub(), own_session()
    found = paying.known(hub, number)
    whole: dict[str, Any] = {
        "found": found, "session": held, "kept": {}, "id_types": orders.ID_TYPES, "blocks": orders.BLOCKS,
        "mine": held is not None and held.works and found.state == "reserved" and found.till == held.till,
        "life": living.standing(hub, hub.reader, found), "limit": office_of(hub.settings).approve_above,
    }  # fmt: skip
    return show("order", status, **whole | parts)


#: What a button of the order's page asks for.
_ORDER_STEPS: dict[str, Callable[..., Any]] = {
    "reserve": lambda ask, number, _: paying.reserve(the_hub(), ask, order=number),
    "give_up": lambda ask, number, _: paying.give_up(the_hub(), ask, order=number),
    "allow": lambda _, number, __: witnessed(
        f"cash.order/{number}/allow", lambda by: paying.allow(the_hub(), by, order=number)
    ),
    "release": lambda ask, number, _: paying.release(the_hub(), ask, order=number),
    "block": lambda ask, number, form: paying.block(the_hub(), ask, order=number, reason=form.get("reason", "")),
    "alive": lambda ask, number, _: living.take(the_hub(), ask, order=number),
    "pay": lambda ask, number, form: paying.pay(
        the_hub(), ask, order=number,
        shown=orders.Shown(*(form.get(name, "") for name in ("id_type", "id_number", "life", "proxy", "proxy_name"))),
    ),
}  # fmt: skip


@pages.post("/orders/<path:order>")
def do_order(order: str) -> AnyResponse:
    """A step of an order; a payment leads to its receipt."""
    name = request.form.get("step", "")
    if name not in _ORDER_STEPS:
        raise Unreadable("no such step", code="reason_needed", field="step")
    answer = _ORDER_STEPS[name](asked(f"cash.order/{order}/{name}"), order, request.form)
    if "receipt" in answer:
        return redirect(url_for("cash.receipt", receipt=answer["receipt"], done=1), 303)
    return redirect(url_for("cash.order", order=order), 303)


BACK |= dict.fromkeys(
    ("order", "do_order"), lambda status, **said: _order((request.view_args or {})["order"], status, **said)
)
#: All pages of the tills: these come last.
