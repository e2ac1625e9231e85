"""How the tills hear of certificates of life, keep them, and take one from whoever stands there in person."""

from __future__ import annotations

import sqlite3
from typing import Any

from hub.ask import Answer
from hub.context import Hub, action
from hub.errors import NotFound, Refused
from hub.journal import Appliers, Rows, apply_nothing
from hub.services.cash import actions, life, order_store
from hub.services.cash import orders as o
from hub.services.cash.office import office_of
from hub.store import Transaction

Reader = sqlite3.Connection
#: The service whose register it is.
REGISTER = "deposit"
REQUIRED = "life_certificate"


def of_party(reader: Reader, party: str) -> list[life.Certificate]:
    """Somebody's certificates, the last one first."""
    rows = reader.execute("SELECT * FROM life_certificate WHERE party = ? ORDER BY document DESC", (party,))
    return [life.Certificate(**{name: row[name] for name in life.Certificate.__slots__}) for row in rows]


def standing(hub: Hub, reader: Reader, order: o.Order) -> life.Stands | None:
    """How the payee's certificates stand today; None where an order wants none, or where nobody keeps a register."""
    if REQUIRED not in order.requires or order.party is None or REGISTER not in hub.settings.counter_services:
        return None
    return life.stands(of_party(reader, order.party), hub.today())


@action
def take(tx: Transaction, hub: Hub, *, order: str) -> Answer:
    """The payee of an order in hand stands here: their certificate goes to the register. Raises Refused."""
    session = actions.working(tx, hub)
    found = order_store.order(tx.connection, order)
    if found is None:
        raise NotFound("no such order", code="no_order", field="order")
    held = o.held(found, session.till)
    known = standing(hub, tx.connection, held)
    if known is None:
        raise Refused("this order wants no certificate of life", code="life_not_wanted", field="life")
    life.takeable(known)
    kind = office_of(hub.settings).life_certificate
    tx.record(life.LifeCertificateTaken(held.number, kind, held.party, held.payee, held.payee_number))
    return {"order": held.number, "taken": True}


# --- hearing ---------------------------------------------------------------------------------


def deposited(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: certificates of life among the documents of a deposit."""
    wanted = office_of(hub.settings).life_certificate
    for place, (rank, _, kind, _, _, _, period, _) in enumerate(event.documents):
        party = event.persons[rank - 1][0] if event.persons else None
        if kind == wanted and party:
            until = event.written[place][1] if event.written else None
            tx.record(life.LifeCertificateNoted(event.first + place, event.label, period or "", party, until))


def decided(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: what the register says of one of them."""
    del hub
    row = tx.one("SELECT state FROM life_certificate WHERE document = ?", event.document)
    if row is not None and row["state"] != (state := life.BECOMES[event.kind]):
        tx.record(life.LifeCertificateDecided(event.document, state))


LISTENS = {"documents_deposited": deposited, **dict.fromkeys(life.BECOMES, decided)}


# --- applying --------------------------------------------------------------------------------


def _noted(rows: Rows, event: life.LifeCertificateNoted) -> None:
    rows.run(
        "INSERT INTO life_certificate (document, label, period, state, party, valid_until)"
        " VALUES (?, ?, ?, 'deposited', ?, ?)",
        event.document, event.label, event.period, event.party, event.valid_until,
    )  # fmt: skip


def _decided(rows: Rows, event: life.LifeCertificateDecided) -> None:
    rows.run("UPDATE life_certificate SET state = ? WHERE document = ?", event.state, event.document)


APPLIERS: Appliers = {
    life.LifeCertificateNoted: _noted,
    life.LifeCertificateDecided: _decided,
    life.LifeCertificateTaken: apply_nothing,
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"life_certificate": ("party", "valid_until")}
