"""The page of the treasury: which lots there are, what speaks against one, and what the head cashier does about it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub import outbox
from hub.agents.forms import asked, the_hub
from hub.errors import NotFound, Unreadable
from hub.services.cash import lot_store, lots, store, treasury
from hub.services.cash.office import office_of
from hub.services.cash.pages import BACK, pages, show

FORMATS = {"json": "application/json", "csv": "text/csv"}


@pages.get("/treasury")
def treasury_page() -> Response:
    """Every lot with its state, those that wait for somebody first; and how long nothing has left."""
    return _treasury()


def _treasury(status: int = 200, **parts: object) -> Response:
    with the_hub().snapshot() as reader:
        found = lot_store.last(reader)
        whole: dict[str, object] = {
            "lots": found, "messages": {each.message: outbox.message(reader, each.message) for each in found
                                        if each.message is not None},
            "oldest": outbox.oldest_unsent(reader), "kept": {},
        }  # fmt: skip
    return show("treasury", status, **whole | parts)


@pages.get("/treasury/<lot>")
def lot_page(lot: str) -> Response:
    """One lot: its lines, the entry that it proposes, where it stands."""
    return _lot(lot)


def _lot(reference: str, status: int = 200, **parts: object) -> Response:
    hub = the_hub()
    found = treasury.known(hub.reader, reference)
    office = office_of(hub.settings)
    with hub.snapshot() as reader:
        family = lot_store.of_closing(reader, found.closing)
        closing = store.closing(reader, found.closing)
        message = outbox.message(reader, found.message) if found.message is not None else None
    whole: dict[str, object] = {
        "found": found, "closing": closing, "family": family, "message": message, "codes": lots.CODES, "kept": {},
        "entry": lots.journal(found.items, office), "accounts": sorted(set(office.accounts.values())),
    }  # fmt: skip
    return show("lot", status, **whole | parts)


@pages.get("/treasury/<lot>.<kind>")
def lot_file(lot: str, kind: str) -> Response:
    """The same as a file: signed JSON, or the entry as a spreadsheet reads it."""
    hub = the_hub()
    found = treasury.known(hub.reader, lot)
    if kind not in FORMATS:
        raise NotFound("no such file", field="kind")
    if kind == "json":
        content = f"{treasury.signed(hub, found)}\n"
    else:
        content = lots.csv_of(found, lots.journal(found.items, office_of(hub.settings)))
    answer = make_response(content)
    answer.mimetype = FORMATS[kind]
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.reference}.{kind}"'
    return answer


@pages.post("/treasury/<lot>")
def do_lot(lot: str) -> AnyResponse:
    """Send it, but for what is ticked; or put it right."""
    hub, form = the_hub(), request.form
    what = form.get("step", "")
    if what == "send":
        treasury.send(hub, asked(f"cash.lot/{lot}"), lot=lot, held=_held(form))
    elif what == "correct":
        accounts = {name.removeprefix("account."): value for name, value in form.items() if name.startswith("account.")}
        items = {each.receipt: each.account for each in treasury.known(hub.reader, lot).items}
        changed = {receipt: account for receipt, account in accounts.items() if items.get(receipt) != account}
        answer = treasury.correct(hub, asked(f"cash.lot/{lot}"), lot=lot, accounts=changed,
                                  motive=form.get("motive", ""))  # fmt: skip
        return redirect(url_for("cash.lot_page", lot=answer["lot"]), 303)
    else:
        raise Unreadable("no such step", code="reason_needed", field="step")
    return redirect(url_for("cash.lot_page", lot=lot), 303)


def _held(form: Mapping[str, str]) -> dict[str, str]:
    """What is ticked, with its code."""
    ticked = [name.removeprefix("hold.") for name in form if name.startswith("hold.")]
    return {receipt: form.get(f"code.{receipt}", "") for receipt in ticked}


BACK |= dict.fromkeys(
    ("lot_page", "lot_file", "do_lot"), lambda status, **said: _lot((request.view_args or {})["lot"], status, **said)
)
BACK["treasury_page"] = _treasury
