"""Follow-up: what whoever holds a ticket's code is told of it, and the two things that they may do themselves.

The code is on the paper (`Ticket.token`, 40 bits): it is all that is known of its holder, and nothing that is said
here names anybody. It is asked for at the kiosk, at reception and by the page for telephones (`hub/followup`); whoever
tries codes that no ticket has is soon told to wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub import codes
from hub.ask import Answer
from hub.clock import Instant, elapsed, local
from hub.context import Hub, action
from hub.errors import NotFound, TooMany
from hub.queues import faces, offer, routing, rules, store
from hub.queues.line import waiting_now
from hub.queues.model import Ticket, TicketState
from hub.queues.store import Reader
from hub.say import say
from hub.settings import QueueRules
from hub.store import Transaction
from hub.wire import Followed, FollowedState, OwnAct, Wait, as_json

#: Whoever is back so long before the earliest call that is expected is there in time; people read clocks in steps.
MARGIN = timedelta(minutes=5)
STEP_MIN = 5
#: For less than this nobody should go away.
WORTH_GOING = timedelta(minutes=10)
#: What is over is not told apart: nobody waits any more.
_TOLD: dict[TicketState, FollowedState] = {
    "issued": "issued", "waiting": "waiting", "called": "called", "serving": "serving", "on_hold": "on_hold",
    "no_show": "no_show", "served": "over", "cancelled": "over", "unserved": "over", "unfinished": "over",
}  # fmt: skip


def back_by(now: datetime, wait: Wait | None) -> datetime | None:
    """Until when somebody who is told this wait may be away, in whole steps; None where they had better stay.

    Nine of ten wait longer than the low end of a range; the margin is for the way back and for the tenth.
    """
    if wait is None:
        return None
    latest = now + timedelta(seconds=wait.low_s) - MARGIN
    latest -= timedelta(minutes=latest.minute % STEP_MIN, seconds=latest.second, microseconds=latest.microsecond)
    return latest if latest - now >= WORTH_GOING else None


def acts_of(ticket: Ticket, after: int, rules_: QueueRules) -> tuple[OwnAct, ...]:
    """What its holder may do with a ticket now, with so many behind it; the rules have the last word."""
    may_pass = ticket.state == "waiting" and rules_.let_pass and not ticket.passes and after
    may_cancel = "cancel" in rules.TICKET_STEPS[ticket.state]
    return (*(("let_pass",) if may_pass else ()), *(("cancel",) if may_cancel else ()))


def place(hub: Hub, reader: Reader, ticket: Ticket, now: Instant) -> tuple[int, int]:
    """How many wait before a waiting ticket in its queue, and how many behind it."""
    return _place(ticket, order(hub, reader, ticket.stage.service, now))


def order(hub: Hub, reader: Reader, service: str, now: Instant) -> tuple[int, ...]:
    """The tickets that wait for a service, in the order of their calls."""
    return routing.order(waiting_now(hub, reader, now), service, hub.settings.queue)


def _place(ticket: Ticket, line: Sequence[int]) -> tuple[int, int]:
    before = line.index(ticket.id) if ticket.id in line else len(line)
    return before, max(0, len(line) - before - 1)


def followed(hub: Hub, reader: Reader, ticket: Ticket, line: Sequence[int] | None = None) -> Followed:
    """A ticket as its holder is told of it. `line` is the order of its queue where somebody has worked it out."""
    now = hub.now()
    clock = local(now.at, hub.settings.agency.zone)
    service = hub.settings.service(ticket.stage.service)
    before, after, wait = None, 0, None
    if ticket.state == "waiting":
        place_now = _place(ticket, order(hub, reader, ticket.stage.service, now) if line is None else line)
        before, after = place_now
        wait = offer.left(hub, store.counters(reader), service, before) if service else None
    until = back_by(clock, wait) if now.certain else None
    return Followed(
        label=ticket.label,
        service=ticket.stage.service,
        state=_TOLD[ticket.state],
        counter=ticket.stage.counter or "" if ticket.state in ("called", "serving", "on_hold") else "",
        ahead=before,
        wait=wait,
        back_by=f"{until:%H:%M}" if until else "",
        return_by=_return_by(hub, ticket, now, clock),
        acts=acts_of(ticket, after, hub.settings.queue),
        passes=hub.settings.queue.let_pass,
        at=f"{clock:%H:%M}" if now.certain else "",
    )


def _return_by(hub: Hub, ticket: Ticket, now: Instant, clock: datetime) -> str:
    """Until when an absent visitor may still come back, in whole minutes; '' where they no longer may."""
    if ticket.state != "no_show" or ticket.returns or ticket.stage.ended is None or not now.certain:
        return ""
    left = hub.settings.queue.return_min - elapsed(ticket.stage.ended, now).ms / 60_000
    return f"{clock + timedelta(minutes=left):%H:%M}" if left > 0 else ""


# --- by its code -----------------------------------------------------------------------------


def of_code(hub: Hub, reader: Reader, code: str, who: str) -> Ticket:
    """The ticket of a code, open or of the last day. `who` asks, by the name under which wrong codes are counted.

    Raises NotFound `unknown_code`, TooMany after too many of those.
    """
    not_guessing(hub, who)
    token = codes.token(code)
    found = store.ticket_of_token(reader, token) if token else None
    if found is None:
        hub.guesses.bad(who)
        raise NotFound("no ticket of today has this code", code="unknown_code", field="code")
    return found


def not_guessing(hub: Hub, who: str) -> None:
    """Raise TooMany for whoever has just tried too many codes that no ticket has."""
    if left_s := hub.guesses.left_s(who):
        raise TooMany("too many codes that no ticket has: wait", retry_s=int(left_s) + 1)


@action
def cancel_own(tx: Transaction, hub: Hub, *, code: str) -> Answer:
    """The visitor gives their ticket up."""
    ticket = of_code(hub, tx.connection, code, tx.actor.scope)
    tx.record(rules.cancel(ticket, say(hub.settings.agency.languages[0], "followup.motive")))
    return _told(tx, hub, ticket)


@action
def let_pass_own(tx: Transaction, hub: Hub, *, code: str) -> Answer:
    """The visitor lets others go first."""
    ticket = of_code(hub, tx.connection, code, tx.actor.scope)
    _pass(tx, hub, ticket)
    return _told(tx, hub, ticket)


@action
def let_pass(tx: Transaction, hub: Hub, *, ticket: str, reason: str | None = None) -> Answer:
    """The same, asked at reception."""
    del reason
    found = faces.ticket_by_id(tx.connection, ticket)
    _pass(tx, hub, found)
    return faces.ticket_face(hub, _again(tx, found))


def _pass(tx: Transaction, hub: Hub, ticket: Ticket) -> None:
    before, after = place(hub, tx.connection, ticket, tx.now)
    tx.record(rules.let_pass(ticket, before, after, hub.settings.queue))


def _told(tx: Transaction, hub: Hub, ticket: Ticket) -> Answer:
    answer: Answer = as_json(followed(hub, tx.connection, _again(tx, ticket)))
    return answer


def _again(tx: Transaction, ticket: Ticket) -> Ticket:
    found = store.ticket(tx.connection, ticket.id)
    assert found is not None
    return found
