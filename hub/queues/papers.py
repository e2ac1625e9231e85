"""What a kiosk says became of a ticket's paper: the road on which its number and the hub's agree."""

from __future__ import annotations

import re
from dataclasses import replace

from hub.ask import Answer
from hub.clock import Instant, local
from hub.context import Hub, action
from hub.errors import KeyReuse, Refused, Unreadable
from hub.queues import actions, faces, rules, store
from hub.queues.model import Category, Paper, Priority, Ticket, TicketIssued, TicketRelabelled
from hub.store import Transaction

_DIGITS = re.compile(r"[0-9]{1,9}")


@action
def report_paper(  # noqa: PLR0913 (the ticket may be unknown here)
    tx: Transaction,
    hub: Hub,
    *,
    issue: str,
    paper: Paper,
    label: str,
    service: str,
    language: str | None = None,
    category: Category = "simple",
    priority: Priority = "normal",
    pressed_at: int | None = None,
    reason: str | None = None,
    brought: str | None = None,
    party: str | None = None,
    sub_reason: str | None = None,
) -> Answer:
    """A kiosk says what became of the paper of its request `issue` (its key).

    One road for all that may have happened: the ticket known here under that label; another label, of the
    kiosk's own series, because our answer did not come in time, or of ours, from a minute that is lost here (our
    number is then void); or a ticket we never heard of. One of a day that is over is at once `unserved`: its visitor
    has gone home.
    """
    if tx.ask.key == issue:
        raise KeyReuse("this is the key of the press; a report has one of its own", field="key")
    ticket, ended_at = store.ticket_of_issue(tx.connection, tx.actor.scope, issue), None
    if ticket is None:
        ticket, ended_at = _merged(
            tx, hub, issue=issue, label=label, service=service, language=language, category=category, priority=priority,
            pressed=_heard_of(tx.now, pressed_at), brought=brought, party=party, sub_reason=sub_reason,
        )  # fmt: skip
    elif ticket.label != label:
        ticket = _relabelled(tx, hub, ticket, label)
    tx.record(rules.report_paper(ticket, paper, reason))
    if ended_at is not None:
        tx.record(rules.unserved_late(actions.ticket_now(tx, ticket.id), ended_at))
    return faces.ticket_face(hub, actions.ticket_now(tx, ticket.id))


def _merged(  # noqa: PLR0913 (a ticket has that many facts)
    tx: Transaction, hub: Hub, *, issue: str, label: str, service: str, language: str | None, category: Category,
    priority: Priority, pressed: Instant, brought: str | None, party: str | None, sub_reason: str | None,
) -> tuple[Ticket, int | None]:  # fmt: skip
    """A ticket that the kiosk gave alone: its label stands, its place and day are by the time of the press.

    With it goes when it ended, if its visitor has gone home.
    """
    if hub.settings.service(service) is None:
        raise Unreadable("no such service", code="unknown_service", field="service")
    date, today = (local(at, hub.settings.agency.zone).date().isoformat() for at in (pressed.at, tx.now.at))
    days = store.days_around(tx.connection, pressed.at)
    day, ended_at = rules.day_of_press(days, pressed, tx.now, date=date, today=today)
    series, number = _numbered(tx, hub, day.id, service, label)
    event = TicketIssued(
        ticket=actions.next_ticket(tx), epoch=tx.epoch, day=day.id, label=label, series=series, number=number,
        service=service, category=category, priority=priority,
        language=language or hub.settings.agency.languages[0], channel="kiosk", paper="awaited",
        token=actions.new_token(), issued_at=pressed.at, issued_tick=pressed.tick, certain=pressed.certain,
        brought=brought, party=party, sub_reason=actions.errand(hub.settings.service(service), sub_reason),
    )  # fmt: skip
    tx.record(event, of_key=issue)
    return actions.ticket_now(tx, event.ticket), ended_at


def _forgotten(tx: Transaction, hub: Hub, day_id: int, service: str, label: str) -> tuple[str, int] | None:
    """The series and number of a label that this hub gave, and lost with the minute that its backup lacks.

    Only those numbers that a new epoch left out: whoever holds such a paper is in the queue again.
    """
    found = hub.settings.service(service)
    series = rules.series_of(found, hub.settings.queue.numbering) if found and found.prefix else ""
    digits = label.removeprefix(series)
    if not _DIGITS.fullmatch(digits) or rules.label(series, int(digits)) != label:
        return None
    if int(digits) > store.number_floor(tx.connection, day_id) or store.label_used(tx.connection, day_id, label):
        return None
    return series, int(digits)


def _relabelled(tx: Transaction, hub: Hub, ticket: Ticket, label: str) -> Ticket:
    """The label on the paper replaces ours, as long as ours reached nobody.

    Also when the day has closed since, or somebody cancelled the ticket: it stays what it is, under the number that
    its visitor holds and asks about.
    """
    if ticket.state not in ("issued", "unserved", "cancelled") or ticket.paper != "awaited":
        raise Refused(f"this request already has the label {ticket.label}", code="label_settled", label=ticket.label)
    series, number = _numbered(tx, hub, ticket.day, ticket.stage.service, label)
    tx.record(TicketRelabelled(ticket.id, label, series, number, ticket.label))
    return actions.ticket_now(tx, ticket.id)


def _numbered(tx: Transaction, hub: Hub, day_id: int, service: str, label: str) -> tuple[str, int]:
    """The series and number of a label on a paper: one that is lost here, or the kiosk's own, `K1-007`.

    Raises Unreadable or Refused when it is neither, or taken.
    """
    if lost := _forgotten(tx, hub, day_id, service, label):
        return lost
    series, dash, digits = label.rpartition("-")
    if not dash or series != tx.actor.device or not _DIGITS.fullmatch(digits):
        raise Unreadable(
            f"{label} is not a label of {tx.actor.device}'s own series", code="foreign_label", field="label"
        )
    if store.ticket_labelled(tx.connection, day_id, label):
        raise Refused(f"the label {label} is already on another ticket that day", code="label_taken")
    return rules.own_series(series), int(digits)


def _heard_of(now: Instant, pressed_at: int | None) -> Instant:
    """When a press was that is heard of only now; one that no clock was there for counts as of now, not certain."""
    return actions.pressed_then(now, pressed_at) if pressed_at is not None else replace(now, certain=False)
