"""What others ask of the tills: lines of a visit's thread, the work that waits for an agent (R-030); what they hear."""

from __future__ import annotations

from typing import Any

from hub.agents import store as agents
from hub.context import Hub
from hub.journal import Appliers
from hub.services.cash import (
    actions,
    archive,
    living,
    lot_store,
    order_store,
    paying,
    prepared_store,
    preparing,
    request_store,
    requesting,
    store,
    treasury,
)
from hub.services.ports import Heard, Pending, ThreadLine
from hub.store import Transaction

#: Who takes what was prepared at another counter.
TAKERS = frozenset({"collections_cashier"})
#: Who prepares at another counter, and touches no cash (requirements B.0).
PREPARERS = frozenset({"clerk", "case_officer"})
#: Whoever has the tab of the tills.
TAB = TAKERS | PREPARERS | store.CHIEFS | {"benefits_cashier", "auditor"}
_STORES = (store, order_store, prepared_store, request_store, lot_store, living)
APPLIERS: Appliers = {kind: applier for each in (*_STORES, archive) for kind, applier in each.APPLIERS.items()}
STATE_TABLES = {table: private for each in _STORES for table, private in each.STATE_TABLES.items()}


def prepares(roles: frozenset[str]) -> bool:
    """Whether somebody of these roles has the counter's side of the tills: they neither work nor look over one."""
    return not roles.isdisjoint(PREPARERS) and roles.isdisjoint(store.CHIEFS | {"auditor"})


def taken_back(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: what an entry paid is to be paid again once that entry is reversed."""
    paying.taken_back(hub, tx, event)
    preparing.taken_back(hub, tx, event)


def refused(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: what the centre says of a request for an order, or of a lot that it will not take."""
    requesting.not_taken(hub, tx, event)
    treasury.refused(hub, tx, event)


INBOX = (*treasury.INBOX, paying.LETTER)
LISTENS: dict[str, Heard] = {
    "cash_entry_made": taken_back, "day_closed": preparing.day_over, "outbox_message_refused": refused,
    "outbox_message_applied": treasury.taken,
    "print_job_taken": actions.pulsed_again,
    **living.LISTENS,
}  # fmt: skip


def thread(reader: store.Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """What was prepared and paid during a visit."""
    rooms = (store, prepared_store, request_store)
    return tuple(line for room in rooms for line in room.thread(reader, ticket))


def pending(reader: store.Reader, agent: str) -> tuple[Pending, ...]:
    """What waits for this agent at the tills."""
    return (*store.pending(reader, agent), *_prepared(reader, agent), *_refused(reader, agent))


def _refused(reader: store.Reader, agent: str) -> tuple[Pending, ...]:
    """What the treasury refused this agent: the beneficiary is to be told."""
    found = request_store.to_tell(reader, agent)
    where = f"{store.URL}/prepared#requests"
    return (
        (Pending("requests", "cash.pending_requests", len(found), found[0].at, where, between=True),) if found else ()
    )


def _prepared(reader: store.Reader, agent: str) -> tuple[Pending, ...]:
    found = agents.agent(reader, agent)
    if found is None or found.roles.isdisjoint(TAKERS):
        return ()
    waiting = prepared_store.waiting(reader)
    if not waiting:
        return ()
    return (Pending("prepared", "cash.pending_prepared", len(waiting), waiting[0].at, f"{store.URL}/prepared"),)
