"""What can be asked of retention: propose, approve, withdraw; and a report for a person."""

from __future__ import annotations

from dataclasses import astuple

from hub.ask import Answer
from hub.context import Hub, action
from hub.errors import NotFound
from hub.privacy import rules, store
from hub.privacy.classes import classes
from hub.privacy.model import (
    Class,
    DestructionApproved,
    DestructionProposed,
    DestructionWithdrawn,
    Due,
    Held,
    PersonReported,
    Proposal,
)
from hub.store import Transaction


def due(hub: Hub) -> tuple[tuple[Class, Due, Held], ...]:
    """Of every class, what is old enough now, and what of it stays because its file is still worked on."""
    now = hub.now().at
    with hub.snapshot() as reader:
        last = reader.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]
        worked_on = files_worked_on(hub, reader)
        return tuple((each, *_due(reader, each, now, last, worked_on)) for each in classes(hub.settings.folder))


def files_worked_on(hub: Hub, reader: store.Reader) -> tuple[str, ...]:
    """The files (`request 7`) that some service is not done with: whatever their age, nothing of them goes."""
    return tuple(subject for service in hub.services for subject in service.works_on(reader))


def _due(reader: store.Reader, each: Class, now: int, last: int, worked_on: tuple[str, ...]) -> tuple[Due, Held]:
    """Of what is kept for ever nothing is."""
    if not each.months:
        return Due(each.name, 0, 0, 0), Held(0, ())
    before = rules.cut(now, each.months)
    return store.due(reader, each, before, last, worked_on), store.held(reader, each, before, last, worked_on)


@action
def propose(tx: Transaction, hub: Hub) -> Answer:
    """All that is old enough, as a list that two approve."""
    reader, known = tx.connection, classes(hub.settings.folder)
    last = tx.seq
    worked_on = files_worked_on(hub, reader)
    found = [_due(reader, each, tx.now.at, last, worked_on) for each in known]
    wanted = rules.proposable(tuple(each for each, _ in found), store.going_on(reader))
    held = tuple(dict.fromkeys(subject for _, stays in found for subject in stays.subjects))
    number = int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM destruction").fetchone()[0])
    word = store.manifest(reader, known, wanted, held)
    tx.record(DestructionProposed(number, tuple(astuple(each) for each in wanted), word, held))
    return {"proposal": number, "entries": sum(each.entries for each in wanted)}


@action
def approve(tx: Transaction, hub: Hub, *, proposal: int) -> Answer:
    """One of two different agents says yes."""
    del hub
    last = rules.approved(_known(tx, proposal), tx.actor.agent or "")
    tx.record(DestructionApproved(proposal))
    return {"proposal": proposal, "approved": last}


@action
def withdraw(tx: Transaction, hub: Hub, *, proposal: int) -> Answer:
    """It is not to be done."""
    del hub
    rules.step(_known(tx, proposal), "withdraw")
    tx.record(DestructionWithdrawn(proposal))
    return {"proposal": proposal}


def _known(tx: Transaction, proposal: int) -> Proposal:
    found = store.proposal(tx.connection, proposal)
    if found is None:
        raise NotFound("no such proposal", field="proposal")
    return found


@action
def note_report(tx: Transaction, hub: Hub, *, party: str, motive: str) -> Answer:
    """A report about somebody is made, for them."""
    del hub
    tx.record(PersonReported(party, rules.motive(motive)))
    return {}
