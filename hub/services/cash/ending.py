"""How a session ends: counted blind, a difference explained, another person approves, the totals are chained.

The cashier counts before what should be there is told; what was counted stays written down, also when it is counted
again. A difference is booked as an entry of its own at the approval, so the next day begins with what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hub.ask import Answer
from hub.chain import canonical_json
from hub.clock import iso
from hub.context import Hub, action
from hub.errors import NotAllowed, NotFound, Refused
from hub.services.cash import chain, closings, order_store, rules, store, treasury
from hub.services.cash import model as m
from hub.services.cash.actions import book
from hub.services.cash.office import office_of
from hub.store import Transaction
from hub.visits import store as visits


class NotYet(Refused):
    """A session that cannot be closed, with all the reasons."""

    code = "not_yet"

    def __init__(self, against: tuple[m.Refusal, ...]) -> None:
        super().__init__("the session cannot be closed yet: " + ", ".join(each.word for each in against))
        self.against = against


def against(reader: store.Reader, session: m.Session) -> tuple[m.Refusal, ...]:
    """All that is still open in a session: nothing is closed over it."""
    found = []
    if (ticket := visits.ticket_at(reader, session.cashier)) is not None:
        found.append(m.Refusal("visitor", {"ticket": ticket.label}))
    if held := order_store.in_hand(reader, session.till):
        found.append(m.Refusal("orders", {"order": held[0].number}))
    if asked := store.reversals_asked(reader, session.id):
        found.append(m.Refusal("reversals", {"receipt": m.receipt(asked[0].till, asked[0].year, asked[0].number)}))
    return tuple(found)


# --- counting --------------------------------------------------------------------------------


@action
def count_closing(tx: Transaction, hub: Hub, *, pieces: Mapping[str, int]) -> Answer:
    """The cashier has counted the drawer. It is told only now what should be there. Raises NotYet, IllegalStep."""
    session = rules.mine(store.session_of(tx.connection, tx.actor.agent), tx.actor.agent)
    rules.step(session, "count")
    if open_things := against(tx.connection, session):
        raise NotYet(open_things)
    return _count(tx, hub, session, "closing", pieces)


@action
def count_surprise(tx: Transaction, hub: Hub, *, till: str, pieces: Mapping[str, int]) -> Answer:
    """Another person counts a till at any time, closing nothing (situation de caisse). Raises NotFound, NotAllowed."""
    session = store.session_at(tx.connection, till)
    if session is None:
        raise NotFound("nobody works this till", code="till_closed", field="till")
    if tx.actor.agent == session.cashier:
        raise NotAllowed("another person counts by surprise", code="two_persons")
    return _count(tx, hub, session, "surprise", pieces)


def _count(tx: Transaction, hub: Hub, session: m.Session, purpose: str, pieces: Mapping[str, int]) -> Answer:
    total, expected = rules.worth(pieces, office_of(hub.settings)), store.till(tx.connection, session.till).cash
    count = store.next_id(tx.connection, "cash_count")
    tx.record(m.TillCounted(session.till, count, session.id, purpose, canonical_json(pieces), total, expected))
    return {"count": count, "session": session.id, "total": total, "expected": expected, "gap": total - expected}


# --- proposing, deciding ---------------------------------------------------------------------


@action
def propose(tx: Transaction, hub: Hub, *, motive: str = "", note: str = "") -> Answer:
    """The cashier explains a difference and asks for the closing. Raises Unreadable, Refused, NotYet."""
    session = rules.mine(store.session_of(tx.connection, tx.actor.agent), tx.actor.agent)
    rules.step(session, "propose")
    if open_things := against(tx.connection, session):
        raise NotYet(open_things)
    summed(tx.connection, session)
    assert session.counted is not None
    expected = store.till(tx.connection, session.till).cash
    why, report = rules.explained(session.counted - expected, motive, note, office_of(hub.settings))
    tx.record(m.ClosingProposed(session.till, session.id, session.counted, expected, why, report))
    return {"session": session.id, "gap": session.counted - expected}


def summed(reader: store.Reader, session: m.Session) -> tuple[list[m.CashEntry], closings.Totals]:
    """The entries of a session with their sums. Raises Refused where totals and lines, or the numbers, disagree."""
    entries = store.entries_of(reader, session.id)
    totals, till = closings.totals_of(entries), store.till(reader, session.till)
    closings.justify(session.opening, (totals.cash_in, -totals.cash_out), till.cash)
    in_order = [each.seq for each in entries]
    if not closings.contiguous(in_order):
        raise Refused("the entries of this session do not follow each other", code="numbers_missing")
    return entries, totals


@action
def refuse(tx: Transaction, hub: Hub, *, session: int, note: str) -> Answer:
    """Another person wants it counted again."""
    del hub
    found = _proposed(tx, session)
    rules.step(found, "refuse")
    tx.record(m.ClosingRefused(found.till, found.id, " ".join(note.split())[: rules.NOTE_LENGTH] or None))
    return {"session": session, "state": "counted"}


@action
def approve(tx: Transaction, hub: Hub, *, session: int) -> Answer:
    """Another person closes the session: the difference is booked, the totals chained, the treasury told."""
    found = _proposed(tx, session)
    rules.step(found, "approve")
    office, counted = office_of(hub.settings), found.counted
    assert counted is not None
    entries, totals = summed(tx.connection, found)
    gap = counted - store.till(tx.connection, found.till).cash
    if gap:
        book(tx, hub, found, rules.difference(gap, office, found.motive, tx.actor.agent or ""))
    till = store.till(tx.connection, found.till)
    event = _closing(tx, hub, found, entries, totals, till, gap)
    tx.record(event)
    closing = store.closing(tx.connection, event.closing)
    assert closing is not None
    treasury.establish(tx, hub, closing, entries)
    return {"closing": event.closing, "z": event.z, "hash": event.hash}


def _proposed(tx: Transaction, session_id: int) -> m.Session:
    found = store.session(tx.connection, session_id)
    if found is None:
        raise NotFound("no such session", field="session")
    if tx.actor.roles.isdisjoint(store.CHIEFS):
        raise NotAllowed("the head cashier approves closings", code="two_persons")
    agent = tx.actor.agent
    rules.may_decide(found, agent, held_today=store.held_on(tx.connection, found.date, agent))
    return found


def _closing(  # noqa: PLR0913, PLR0917 (what a closing is made of)
    tx: Transaction, hub: Hub, session: m.Session, entries: list[m.CashEntry], totals: closings.Totals, till: m.Till,
    gap: int,
) -> m.ClosingApproved:  # fmt: skip
    """The fact, its hash of the closing before, the till's last entry and all that it says."""
    counted = session.counted
    assert counted is not None
    values: dict[str, Any] = {
        "till": session.till, "session": session.id, "date": session.date, "z": till.closings + 1,
        "count": totals.operations, "opening": session.opening, "expected": counted - gap, "counted": counted,
        "totals": canonical_json(asdict(totals)), "total_in": till.total_in, "total_out": till.total_out,
        "cashier": session.cashier, "motive": session.motive,
        "first": entries[0].number if entries else None, "last": entries[-1].number if entries else None,
        "agency": hub.settings.agency.code, "head": till.head, "said_at": iso(tx.now.at, hub.settings.agency.zone),
    }  # fmt: skip
    digest = chain.closing_digest(values | {"approver": tx.actor.agent}, till.closing_head)
    closing = store.next_id(tx.connection, "cash_closing")
    return m.ClosingApproved(**values, closing=closing, previous=till.closing_head, hash=digest, note=session.note)


@action
def print_closing(tx: Transaction, hub: Hub, *, closing: int) -> Answer:
    """The next copy."""
    del hub
    found = store.closing(tx.connection, closing)
    if found is None:
        raise NotFound("no such closing", field="closing")
    tx.record(m.ClosingPrinted(found.till, found.id, found.copies))
    return {"closing": closing, "copy": found.copies}
