"""What can be asked about lots: established with a closing, sent, held back, put right; and what the treasury says.

A lot whose controls hold leaves with the approval of its closing. One with money in it that has come back already
waits for the head cashier. A lot in the place of a refused one takes its place in the outbox, so nothing of that till
overtakes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, replace
from typing import Any

from hub import envelope, outbox, seal
from hub.ask import Answer
from hub.context import Hub, action
from hub.errors import NotAllowed, NotFound, Refused, Unreadable, written
from hub.services.cash import lot_store, lots, rules, store
from hub.services.cash import model as m
from hub.services.cash.office import office_of
from hub.services.ports import Inbound, Received
from hub.store import Transaction

#: The topic under which the treasury hears of a lot, and that of its letters about settled ones.
TOPIC, SETTLED = "arrete.approuve", "lot.regle"
#: Who sends lots and puts them right; the treasury hears of nobody else (R-306, R-307).
PILOTS = frozenset({"head_cashier"})
#: What signs a lot that is taken from the page.
DOMAIN = "mbote-lot"


def known(reader: store.Reader, reference: str) -> lots.Lot:
    """One lot. Raises NotFound."""
    found = lot_store.lot(reader, reference)
    if found is None:
        raise NotFound("no such lot", code="no_lot", field="lot")
    return found


def _closing_of(tx: Transaction, lot: lots.Lot) -> m.Closing:
    found = store.closing(tx.connection, lot.closing)
    assert found is not None
    return found


def _pilot(tx: Transaction) -> None:
    if tx.actor.roles.isdisjoint(PILOTS):
        raise NotAllowed("the head cashier sends lots", code="pilot_role")


# --- with the closing ------------------------------------------------------------------------


def establish(tx: Transaction, hub: Hub, closing: m.Closing, entries: Iterable[m.CashEntry]) -> lots.Lot:
    """The lot of a closing that is being approved: established, and sent where nothing speaks against it."""
    office, booked = office_of(hub.settings), tuple(entries)
    items = lots.items_of(booked)
    lots.controlled(items, closing.count, closing.totals["total"], office)
    lot = _make(tx, closing, lots.reference_of(hub.settings.agency.code, closing), items)
    if any(each.tender_state == "unpaid" for each in booked):
        return lot  # the head cashier holds back what came back unpaid
    return _send(tx, hub, lot, {})


def _make(  # noqa: PLR0913, PLR0917 (what a lot is made of)
    tx: Transaction, closing: m.Closing, reference: str, items: tuple[lots.Item, ...], state: lots.LotState = "V0",
    replaces: str | None = None,
) -> lots.Lot:  # fmt: skip
    rows = tuple(astuple(each) for each in items)
    event = lots.TreasuryLotMade(
        reference, closing.till, closing.id, closing.date, state, rows, closing.hash, replaces
    )  # fmt: skip
    tx.record(event)
    return known(tx.connection, reference)


def _next(tx: Transaction, hub: Hub, closing: m.Closing, mark: str) -> str:
    """The reference of one more lot of a closing: R held back, C put right."""
    taken = [each.reference for each in lot_store.of_closing(tx.connection, closing.id)]
    return lots.next_reference(taken, lots.reference_of(hub.settings.agency.code, closing), mark)


def _send(tx: Transaction, hub: Hub, lot: lots.Lot, held: Mapping[str, str]) -> lots.Lot:
    """Send what is right of a lot; the rest becomes a lot of its own. Raises Refused, Unreadable, IllegalStep."""
    closing, office = _closing_of(tx, lot), office_of(hub.settings)
    sent, back = lots.split(lot.items, held)
    if back and not sent:
        lots.step(lot, "reject")
        tx.record(lots.TreasuryLotHeldBack(lot.reference))
        return known(tx.connection, lot.reference)
    lots.step(lot, "validate")
    said = lots.payload(replace(lot, items=sent), closing, office)
    message = _queued(tx, lot, said)
    tx.record(lots.TreasuryLotSent(lot.reference, tuple(each.receipt for each in sent), message))
    if back:
        _make(tx, closing, _next(tx, hub, closing, "R"), back, "R1")
    return known(tx.connection, lot.reference)


def _queued(tx: Transaction, lot: lots.Lot, said: dict[str, Any]) -> int:
    """The message of a lot: in the place of the refused one's where it stands for one, so that the order holds."""
    before = lot_store.lot(tx.connection, lot.replaces) if lot.replaces else None
    if before is not None and before.message is not None:
        outbox.resend(tx, message=before.message, payload=said)
        return before.message
    return outbox.enqueue(tx, topic=TOPIC, aggregate=f"till {lot.till}", payload=said)


# --- what the head cashier asks --------------------------------------------------------------


@action
def send(tx: Transaction, hub: Hub, *, lot: str, held: Mapping[str, str]) -> Answer:
    """Send a lot, but for what is `held` back (receipt → code). Raises NotAllowed, Refused, Unreadable, IllegalStep."""
    _pilot(tx)
    found = _send(tx, hub, known(tx.connection, lot), held)
    return {"lot": found.reference, "state": found.state, "items": len(found.items), "sum": found.sum}


@action
def correct(tx: Transaction, hub: Hub, *, lot: str, accounts: Mapping[str, str], motive: str) -> Answer:
    """Put a lot right that was held back or refused: another stands in its place, to be sent. No amount is typed."""
    _pilot(tx)
    before = known(tx.connection, lot)
    lots.step(before, "correct")
    missing = Unreadable("say what was put right", code="motive_needed", field="motive")
    why = written(motive, rules.NOTE_LENGTH, missing)
    items = lots.corrected(before, accounts, office_of(hub.settings))
    lots.conserved(before.items, items)
    closing = _closing_of(tx, before)
    reference = _next(tx, hub, closing, "C")
    tx.record(lots.TreasuryLotCorrected(before.reference, reference, why))
    _make(tx, closing, reference, items, replaces=before.reference)
    return {"lot": reference, "state": "V0"}


# --- what the treasury says ------------------------------------------------------------------


def taken(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: the treasury has booked it."""
    del hub
    found = lot_store.of_message(tx.connection, event.message)
    if found is not None and found.state == "V1":
        tx.record(lots.TreasuryLotTaken(found.reference))


def refused(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: the treasury will not have it; the head cashier sees its code."""
    del hub
    found = lot_store.of_message(tx.connection, event.message)
    if found is not None and found.state == "V1":
        tx.record(lots.TreasuryLotRefused(found.reference, event.reason))


def _settled_of(reader: store.Reader, received: Received) -> tuple[lots.Lot, lots.LotState]:
    """What a letter about a settled lot means. Raises Refused."""
    said = received.payload if isinstance(received.payload, dict) else {}
    found = lot_store.lot(reader, str(said.get("reference", "")))
    if found is None:
        raise Refused(f"no lot {said.get('reference')!r} here", code="unknown_lot")
    steps = {"due": "settle", "in_favour": "settle_back"}
    if said.get("balance") not in steps:
        raise Refused("balance: due or in_favour", code="balance_wrong")
    return found, lots.step(found, steps[said["balance"]])


def _check_settled(hub: Hub, reader: store.Reader, received: Received) -> None:
    del hub
    _settled_of(reader, received)


def _apply_settled(hub: Hub, tx: Transaction, received: Received) -> None:
    del hub
    found, state = _settled_of(tx.connection, received)
    tx.record(lots.TreasuryLotSettled(found.reference, state))


INBOX = (Inbound(topic=SETTLED, title="cash.inbox_settled", check=_check_settled, apply=_apply_settled),)


# --- taken from the page ---------------------------------------------------------------------


def signed(hub: Hub, lot: lots.Lot) -> str:
    """A lot as one line of JSON, signed with the key of the agency's papers, for a stick."""
    closing = store.closing(hub.reader, lot.closing)
    assert closing is not None
    said = {"agency": hub.settings.agency.code} | lots.payload(lot, closing, office_of(hub.settings))
    said |= {"school": True} if hub.settings.hub.school else {}
    return envelope.signed(DOMAIN, said, seal.agency_key(hub.store.folder))
