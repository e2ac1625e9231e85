"""Taking up back-office work, putting it down, being called back from it."""

from __future__ import annotations

from hub.ask import Answer, Ask
from hub.blended import rules
from hub.blended.work import between, line_of, open_for, working
from hub.context import Hub, action
from hub.errors import Refused
from hub.queues import pictures, store
from hub.store import Transaction


@action
def begin(tx: Transaction, hub: Hub, *, counter: str, work: str) -> Answer:
    """The agent at a counter takes up work that a service holds open for them. Raises Refused `no_such_work`."""
    session = store.counter(tx.connection, counter)
    found = between(open_for(hub.services, tx.connection, session.agent or "")).get(work)
    if found is None:
        raise Refused("that is done already, or is not yours: look at the list again", code="no_such_work")
    line = line_of(hub, pictures.moment(hub, tx.connection), session)
    tx.record(rules.begin(session, work, found.count, line, hub.settings.blended))
    return {"counter": counter, "work": work, "url": found.url}


@action
def end(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """The agent puts it down."""
    del hub
    tx.record(rules.end(store.counter(tx.connection, counter)))
    return {"counter": counter}


@action
def call_back(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """The supervisor calls the agent back to the counter."""
    session = store.counter(tx.connection, counter)
    line = line_of(hub, pictures.moment(hub, tx.connection), session)
    tx.record(rules.call_back(session, line, "supervisor"))
    return {"counter": counter}


def call_back_due(hub: Hub, ask: Ask) -> None:
    """Whoever is at such work while too many wait, or one for too long, is called back; else nothing is written."""
    if any(rules.recalls(working(hub, hub.reader), hub.settings.blended)):
        _call_back_due(hub, ask)


@action
def _call_back_due(tx: Transaction, hub: Hub) -> Answer:
    due = list(rules.recalls(working(hub, tx.connection), hub.settings.blended))
    for event in due:
        tx.record(event)
    return {"counters": [event.counter for event in due]}
