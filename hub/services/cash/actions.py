"""What can be asked at a till: open it, take money, move it, take something back. Closing it is in `ending.py`.

An entry gets its number, its place in the chain and its signature inside the transaction that records it. Whose
payment it was is private; the amount, the account and the number are not.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub import seal, series
from hub.ask import Actor, Answer
from hub.chain import canonical_json
from hub.clock import iso, local
from hub.context import Hub, action
from hub.errors import NotAllowed, NotFound, Refused
from hub.paper import Drawer
from hub.printing.store import queue_job
from hub.queues import store as queues
from hub.services.cash import chain, paper, preparing, rules, store
from hub.services.cash import model as m
from hub.services.cash.office import office_of
from hub.services.cash.prepared import PreparedCashed
from hub.settings import Settings
from hub.store import Transaction
from hub.visits import store as visits
from hub.visits.actions import printer_of

#: The seal of a receipt: another mark and domain than a certificate's, so that neither passes for the other.
SEAL = seal.Kind("MBOTE2", b"mbote-receipt|")


@dataclass(frozen=True, slots=True)
class Payment:
    """What somebody pays, as it was typed. `lines`: (period, amount), the period empty where there is none."""

    who: m.Payer
    operation: m.Operation
    lines: tuple[tuple[str, int], ...]
    tender: m.Tender
    tendered: int | None = None
    details: Mapping[str, str] | None = None


def known(hub: Hub, receipt: str) -> m.CashEntry:
    """The entry of a receipt's number. Raises NotFound."""
    return entry_of(hub.reader, receipt)


def entry_of(reader: sqlite3.Connection, receipt: str) -> m.CashEntry:
    """The entry of a receipt's number, as this connection has it. Raises NotFound."""
    found = store.receipt(reader, receipt)
    if found is None:
        raise NotFound("no such receipt", field="receipt")
    return found


def till_of(hub: Hub, agent: str | None) -> m.TillPlace | None:
    """The till that belongs to the counter where an agent sits."""
    counter = queues.counter_of_agent(hub.reader, agent or "")
    return next((till for till in office_of(hub.settings).tills if till.counter == counter), None)


def working(tx: Transaction, hub: Hub) -> m.Session:
    """The session in which the asker may take money now. Raises Refused, saying what to do first."""
    return rules.at_work(
        store.session_of(tx.connection, tx.actor.agent), tx.actor.agent, hub.day_of(tx.now.at).isoformat()
    )


def tills_stay(hub: Hub, reader: sqlite3.Connection, settings: Settings) -> None:
    """Raise Refused where settings to come have no counter for a till that is not closed and empty."""
    for place in office_of(hub.settings).tills:
        if settings.counter(place.counter) is None:
            rules.may_go(place, store.till(reader, place.code), store.session_at(reader, place.code))


def counter_closes(hub: Hub, tx: Transaction, event: Any) -> None:
    """A guard: nobody leaves a counter over an open till. The day's own closing leaves the till for tomorrow."""
    place = next((till for till in office_of(hub.settings).tills if till.counter == event.counter), None)
    held = store.session_at(tx.connection, place.code) if place else None
    if held is not None and held.state in ("open", "suspended", "counted") and event.reason != "day_closed":
        raise Refused(f"till {held.till} is open: count and close it first", code="till_open", till=held.till)


# --- opening, pausing ------------------------------------------------------------------------


@action
def open_session(tx: Transaction, hub: Hub, *, till: str, pieces: Mapping[str, int], motive: str = "") -> Answer:
    """The float is counted and the cashier begins; `pieces` by denomination, a motive where the float differs."""
    office, reader, agent = office_of(hub.settings), tx.connection, tx.actor.agent
    place = rules.till_for(office.at_work(till), tx.actor.roles)
    found, opening = store.till(reader, place.code), rules.worth(pieces, office)
    rules.may_open(found, store.session_at(reader, place.code), store.session_of(reader, agent), opening, motive)
    said = " ".join(motive.split())[: rules.NOTE_LENGTH] or None
    event = m.TillSessionOpened(
        place.code, store.next_id(reader, "cash_session"), hub.day_of(tx.now.at).isoformat(), canonical_json(pieces),
        opening, found.cash if found.closings else opening, said,
    )  # fmt: skip
    tx.record(event)
    return {"session": event.session, "till": place.code, "opening": opening}


@action
def suspend(tx: Transaction, hub: Hub) -> Answer:
    """The cashier steps away."""
    del hub
    session = rules.mine(store.session_of(tx.connection, tx.actor.agent), tx.actor.agent)
    rules.step(session, "suspend")
    tx.record(m.TillSessionSuspended(session.till, session.id))
    return {"session": session.id, "state": "suspended"}


@action
def resume(tx: Transaction, hub: Hub) -> Answer:
    """The cashier is back, or goes on after having counted too early."""
    del hub
    session = rules.mine(store.session_of(tx.connection, tx.actor.agent), tx.actor.agent)
    rules.step(session, "resume")
    tx.record(m.TillSessionResumed(session.till, session.id))
    return {"session": session.id, "state": "open"}


@action
def open_drawer(tx: Transaction, hub: Hub, *, reason: str) -> Answer:
    """Without an entry, for a reason. Raises Refused `no_printer` where no printer opens it."""
    session, why = working(tx, hub), rules.drawer_reason(reason)
    if not pulse(tx, hub, session, why):
        raise Refused("no printer opens this drawer: use its key", code="no_printer")
    return {"session": session.id, "reason": why}


def pulse(tx: Transaction, hub: Hub, session: m.Session, reason: str, entry: str | None = None) -> bool:
    """Open the drawer by its printer, if there is one; each opening is written down with what it was for."""
    place = office_of(hub.settings).till(session.till)
    printer = printer_of(hub, place.counter if place else None)
    if printer is None:
        return False
    job = queue_job(tx, about=f"drawer {session.till}", printer=printer, copy=0, slip=(Drawer(),))
    tx.record(m.DrawerOpened(session.till, session.id, reason, entry, job))
    return True


def pulsed_again(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: a pulse whose print job is taken once more may open the drawer a second time, and is written down."""
    del hub
    found = store.opening_of_job(tx.connection, event.job) if event.attempt > 1 else None
    if found is not None:
        tx.record(
            m.DrawerOpened(found["till"], found["session"], found["reason"], found["entry"], event.job, again=True)
        )


# --- entries ---------------------------------------------------------------------------------


def book(  # noqa: PLR0913 (what an entry is made of)
    tx: Transaction, hub: Hub, session: m.Session, draft: rules.Draft, *, paid: bool = False, ticket: int | None = None
) -> m.CashEntryMade:
    """Write a draft into the till's journal: number, chain and, where somebody pays, signature. Raises Refused.

    `paid`: of mobile money the operator has said so already; `ticket`: its visit, where nobody is called to the till.
    """
    till, year = store.till(tx.connection, session.till), int(session.date[:4])
    rules.affordable(till, draft)
    number = _next_number(tx, hub, session.till, year)
    values: dict[str, Any] = {
        "till": session.till, "year": year, "number": number, "seq": till.seq + 1, "epoch": tx.epoch,
        "session": session.id, "said_at": iso(tx.now.at, hub.settings.agency.zone),
        "agency": hub.settings.agency.code, "direction": draft.direction, "amount": draft.amount,
        "tender": draft.tender, "account": draft.account, "label": draft.label, "operation": draft.operation,
        "payer_kind": draft.payer.kind if draft.payer else None,
        "lines": tuple((line.period, line.amount, line.flag) for line in draft.lines),
        "ticket": _visit(tx) or ticket, "reverses": draft.reverses, "reason": draft.reason, "approver": draft.approver,
        "tendered": draft.tendered, "change": draft.change,
    }  # fmt: skip
    chained = values | {"kind": draft.kind, "agent": tx.actor.agent, "lines": [list(each) for each in values["lines"]]}
    digest = chain.digest(chained, till.head)
    state: m.TenderState = "paid" if draft.kind != "collection" or paid else rules.BEGINS[draft.tender]
    who = draft.payer
    private: dict[str, Any] = {
        "party": who.party if who else None, "payer": who.name if who else None,
        "payer_number": (who.number or None) if who else None,
        "details": canonical_json(dict(draft.details)) if draft.details else None,
        "statement": _sealed(hub, values, digest, who) if who else None,
    }  # fmt: skip
    event = m.CashEntryMade(**values, what=draft.kind, hash=digest, tender_state=state, **private)
    tx.record(event)
    return event


def _next_number(tx: Transaction, hub: Hub, till: str, year: int) -> int:
    """The next number of a till's year, without a gap; in a new epoch the first of the next block."""
    began = tx.one("SELECT at FROM epoch WHERE epoch = ?", tx.epoch)
    this_year = began is not None and local(began["at"], hub.settings.agency.zone).year == year
    return series.next_number(store.last_number(tx.connection, till, year), tx.epoch, began_this_year=this_year)


def _visit(tx: Transaction) -> int | None:
    ticket = visits.ticket_at(tx.connection, tx.actor.agent or "")
    return ticket.id if ticket else None


def _sealed(hub: Hub, values: Mapping[str, Any], digest: str, who: m.Payer) -> str:
    """What the receipt's QR says: enough to compare with the paper, signed."""
    said = [
        values["agency"], m.receipt(values["till"], values["year"], values["number"]), values["said_at"], who.number,
        who.name[:60], values["label"], values["amount"], values["tender"], digest[:24],
    ]  # fmt: skip
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return seal.sealed(SEAL, text, seal.agency_key(hub.store.folder))


@action
def collect(tx: Transaction, hub: Hub, *, payment: Payment, prepared: int | None = None, word: str = "") -> Answer:
    """Money is taken: the entry, the receipt's paper, and the drawer where it is cash. Raises Unreadable, Refused.

    `prepared`: what was prepared at another counter; `word` says why something else is paid than that.
    """
    session, office = working(tx, hub), office_of(hub.settings)
    rules.takes(office.till(session.till), "collections")
    said = dict(payment.details or {})
    due = rules.due(
        office, operation=payment.operation, who=payment.who, lines=payment.lines, on=date.fromisoformat(session.date)
    )
    held = preparing.checked(tx, prepared, session.date, due, word)
    draft = rules.collect(due, tender=payment.tender, tendered=payment.tendered, said=said)
    confirmed = payment.tender == "mobile_money" and bool(said.get("reference", "").strip())
    event = book(tx, hub, session, draft, paid=confirmed, ticket=held.ticket if held else None)
    if held is not None:
        tx.record(PreparedCashed(held.id, event.receipt))
    if draft.tender == "cash":
        pulse(tx, hub, session, "collection", event.receipt)
    printed = print_at_till(tx, hub, entry_of(tx.connection, event.receipt))
    return {
        "receipt": event.receipt, "amount": draft.amount, "change": draft.change, "label": draft.label,
        "state": event.tender_state, "printer": printed,
    }  # fmt: skip


@action
def move(tx: Transaction, hub: Hub, *, kind: str, amount: int, voucher: str) -> Answer:
    """Money between the drawer, the safe and the bank. Raises Unreadable, Refused."""
    session = working(tx, hub)
    draft = rules.move(office_of(hub.settings), kind, amount, voucher)
    event = book(tx, hub, session, draft)
    pulse(tx, hub, session, draft.kind, event.receipt)
    return {"receipt": event.receipt, "amount": amount}


@action
def print_receipt(tx: Transaction, hub: Hub, *, receipt: str) -> Answer:
    """The next copy, at the counter's printer where it has one; the browser prints the same as PDF."""
    found = entry_of(tx.connection, receipt)
    printed = print_at_till(tx, hub, found)
    if printed is None:
        tx.record(m.ReceiptPrinted(found.till, found.year, found.number, found.copies))
    return {"receipt": receipt, "copy": found.copies, "printer": printed}


def print_at_till(tx: Transaction, hub: Hub, found: m.CashEntry) -> str | None:
    """A copy on the till's own printer: which one; None where the browser has to."""
    place = office_of(hub.settings).till(found.till)
    printer = printer_of(hub, place.counter if place else None)
    if printer is None:
        return None
    tx.record(m.ReceiptPrinted(found.till, found.year, found.number, found.copies))
    slip = paper.slip(hub, tx.connection, found, found.copies)
    queue_job(tx, about=f"receipt {found.receipt}", printer=printer, copy=found.copies, slip=slip)
    return printer


@action
def settle(tx: Transaction, hub: Hub, *, receipt: str, step: str, reference: str = "") -> Answer:
    """What became of a cheque, a transfer or mobile money; one that is unpaid opens the debt again.

    A cashier confirms mobile money with the operator's reference; all else is said by who looks over the tills.
    """
    del hub
    found = entry_of(tx.connection, receipt)
    state = rules.tender_step(found, step)
    said = " ".join(reference.split())[: rules.DETAIL_LENGTH] or None
    if tx.actor.roles.isdisjoint(store.CHIEFS) and not (found.tender == "mobile_money" and state == "paid"):
        raise NotAllowed("who looks over the tills says what became of it", code="settler_role")
    if found.tender == "mobile_money" and state == "paid" and said is None:
        raise Refused("the operator's reference is missing", code="reference_needed", field="reference")
    tx.record(m.TenderSettled(found.till, found.year, found.number, state, said))
    return {"receipt": receipt, "state": state}


# --- taking back -----------------------------------------------------------------------------


@action
def ask_reversal(tx: Transaction, hub: Hub, *, receipt: str, reason: str) -> Answer:
    """The cashier asks that an entry be taken back, in its own session."""
    del hub
    found, why = entry_of(tx.connection, receipt), rules.reversal_reason(reason)
    session = rules.mine(store.session_of(tx.connection, tx.actor.agent), tx.actor.agent)
    rules.reversible(found, session)
    if any((each.year, each.number) == (found.year, found.number)
           for each in store.reversals_asked(tx.connection, session.id)):  # fmt: skip
        raise Refused(f"{receipt} is being decided on", code="already_asked")
    event = m.ReversalAsked(found.till, store.next_id(tx.connection, "cash_reversal"), found.year, found.number, why)
    tx.record(event)
    return {"ask": event.ask, "receipt": receipt}


@action
def decide_reversal(tx: Transaction, hub: Hub, *, ask: int, granted: bool) -> Answer:
    """Another person takes it back, or does not. The reversing entry stands in the cashier's session."""
    asked = store.reversal_ask(tx.connection, ask)
    if asked is None:
        raise NotFound("nobody asked for it", field="ask")
    if asked.state != "asked":
        raise Refused("this is decided already", code="decided", state=asked.state)
    two_persons(tx.actor, asked.agent)
    found = store.entry(tx.connection, asked.till, asked.year, asked.number)
    session = store.session_at(tx.connection, asked.till)
    assert found is not None
    receipt = None
    if granted:
        rules.reversible(found, session)
        assert session is not None
        draft = rules.reversal(
            found, session, store.till(tx.connection, asked.till), asked.reason, tx.actor.agent or ""
        )
        receipt = book(tx, hub, session, draft).receipt
    tx.record(m.ReversalDecided(asked.till, ask, granted))
    return {"ask": ask, "granted": granted, "receipt": receipt}


def two_persons(actor: Actor, other: str) -> None:
    """Raise NotAllowed where whoever asked would also decide."""
    if actor.agent is None or actor.agent == other or actor.roles.isdisjoint(store.CHIEFS):
        raise NotAllowed("another person decides on it", code="two_persons")
