"""Numbers handed out by hand while neither hub nor kiosk worked, entered afterwards in one go.

They have a series of their own (`S-017`, the setting `roll`), so they meet no label that a machine gives. Each
keeps the time that was written on its stub: its place in the queue is by that, and so is its wait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hub.ask import Answer
from hub.context import Hub, action
from hub.errors import Refused, Unreadable
from hub.queues import rules, store
from hub.queues.actions import new_token, next_ticket, pressed_then
from hub.queues.model import BusinessDay, TicketIssued
from hub.store import Transaction


@dataclass(frozen=True, slots=True)
class RollNumber:
    """One stub of the roll: its number, what the visitor came for, and when (wall time, ms)."""

    number: int
    service: str
    at: int


def roll_label(series: str, number: int) -> str:
    """What stands on the roll: `S-017`."""
    return f"{series}-{number:03d}"


@action
def enter_roll(tx: Transaction, hub: Hub, *, numbers: tuple[RollNumber, ...]) -> Answer:
    """The visitors of the roll join the queue: all of them, in the order of their numbers, or none."""
    day = rules.open_day(store.day(tx.connection))
    if not numbers:
        raise Unreadable("no number of the roll was entered", code="roll_empty", field="numbers")
    labels = [_entered(tx, hub, day, each) for each in sorted(numbers, key=lambda each: each.number)]
    return {"labels": labels}


def _entered(tx: Transaction, hub: Hub, day: BusinessDay, stub: RollNumber) -> str:
    label = roll_label(hub.settings.queue.roll, stub.number)
    if hub.settings.service(stub.service) is None:
        raise Unreadable(f"{label}: no such service", code="unknown_service", field="service")
    if stub.at > tx.now.at:
        raise Unreadable(f"{label}: its time has not come yet", code="roll_later", field="at")
    if store.ticket_labelled(tx.connection, day.id, label):
        raise Refused(f"{label} was entered already", code="roll_taken", label=label)
    # A clock on a wall and a hand: good for the place in the queue, not to be certain of.
    given = replace(pressed_then(tx.now, stub.at), certain=False)
    tx.record(
        TicketIssued(
            ticket=next_ticket(tx), epoch=tx.epoch, day=day.id, label=label, series=f"{hub.settings.queue.roll}-",
            number=stub.number, service=stub.service, category="simple", priority="normal",
            language=hub.settings.agency.languages[0], channel="paper_roll", paper="confirmed", token=new_token(),
            issued_at=given.at, issued_tick=given.tick, certain=False,
        )
    )  # fmt: skip
    return label
