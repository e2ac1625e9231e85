"""What can be asked of the queues: each action opens, reads, decides, records and answers.

No HTTP, no printer, no emit here. The rules decide (`rules`, `routing`); the journal announces.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date as calendar_date
from typing import Any

from hub.ask import Answer
from hub.clock import Instant, elapsed, local
from hub.codes import TOKEN_LENGTH, TOKEN_LETTERS
from hub.context import Hub, action
from hub.errors import IllegalStep, NotFound, Refused, Unreadable
from hub.queues import faces, line, offer, routing, rules, store
from hub.queues.model import (
    BusinessDay,
    Category,
    Channel,
    CounterClosed,
    CounterSession,
    DayClosed,
    DayOpened,
    Mode,
    ModeChanged,
    NobodyWaiting,
    Priority,
    Ticket,
    TicketCalled,
    TicketIssued,
)
from hub.settings.counters import Counter, Service
from hub.store import Transaction
from hub.wire import Step, Wait

_MS_PER_MIN = 60_000

# --- the business day --------------------------------------------------------------------------


@action
def open_day(tx: Transaction, hub: Hub, *, date: str | None = None) -> Answer:
    """Open the business day: numbers restart. `date` (ISO) is today's when absent."""
    zone = hub.settings.agency.zone
    today = date or local(tx.now.at, zone).date().isoformat()
    try:
        calendar_date.fromisoformat(today)
    except ValueError as error:
        raise Unreadable(f"{today} is not a date: write it YYYY-MM-DD", field="date") from error
    number = rules.next_day(store.day(tx.connection), today)
    tx.record(DayOpened(number, today, hub.settings.queue.mode))
    return {"day": today, "mode": hub.settings.queue.mode}


@action
def close_day(tx: Transaction, hub: Hub, *, force: bool = False) -> Answer:
    """Close the business day: who was not served is listed. Refused while visitors are at counters, unless forced."""
    del hub
    day = rules.open_day(store.day(tx.connection))
    busy = [t for t in store.open_tickets(tx.connection) if t.state in ("called", "serving")]
    if busy and not force:
        at = ", ".join(f"{t.label} at {t.stage.counter}" for t in busy)
        raise Refused(f"visitors are still at counters: {at}", code="counters_busy", tickets=[t.label for t in busy])
    closed = [rules.close_ticket(ticket) for ticket in store.open_tickets(tx.connection)]
    for event in closed:
        tx.record(event)
    for session in store.counters(tx.connection).values():
        if session.state != "closed":
            tx.record(CounterClosed(session.code, "day_closed"))
    unserved = sum(event.kind == "ticket_unserved" for event in closed)
    holes = store.holes(tx.connection, day.id)
    tx.record(DayClosed(day.id, unserved, len(closed) - unserved, holes))
    return {"day": day.date, "unserved": unserved, "unfinished": len(closed) - unserved, "voided": list(holes)}


@action
def change_mode(tx: Transaction, hub: Hub, *, mode: Mode) -> Answer:
    """What the kiosk gives, at once: `open`, `appointments_only`, `closed`."""
    del hub
    day = rules.open_day(store.day(tx.connection))
    tx.record(ModeChanged(day.id, mode))
    return {"day": day.date, "mode": mode}


# --- tickets ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """The appointment that somebody comes for: its time, and the minutes that it is worth in the line."""

    at: Instant
    head_start: int = 0


def give(  # noqa: PLR0913 (a ticket has that many facts)
    tx: Transaction,
    hub: Hub,
    *,
    service: str,
    channel: Channel,
    language: str | None = None,
    category: Category = "simple",
    priority: Priority = "normal",
    counter: str | None = None,
    requester: str | None = None,
    registration_number: str | None = None,
    reason: str | None = None,
    pressed_at: int | None = None,
    brought: str | None = None,
    party: str | None = None,
    sub_reason: str | None = None,
    due: Due | None = None,
) -> Answer:
    """Give a ticket. One given by a kiosk waits for its paper; one given by a person can be called at once.

    `brought` and `party`: the label of the paper, or whose card it was, that the visitor held under the scanner.
    `sub_reason`: the errand within the service; one that the service does not have (any more) is left out.
    Whoever has an appointment (`due`) is admitted as if a person gave the ticket, by whatever hand.
    """
    day = rules.open_day(store.day(tx.connection))
    at_kiosk = "kiosk" in tx.actor.roles
    by_staff = channel != "kiosk"
    found = _admitted(tx, hub, day, service, by_staff=by_staff)
    if counter is not None:
        _serves(_known_counter(hub, counter), found.code)
    ahead = store.ahead(tx.connection, found.code)
    wait = _wait(tx, hub, found, ahead, by_staff=by_staff)
    if due is not None:
        wait = None  # called by the hour that they know
    series = rules.series_of(found, hub.settings.queue.numbering)
    pressed = pressed_then(tx.now, pressed_at)
    number = store.last_number(tx.connection, day.id, series) + 1
    event = TicketIssued(
        ticket=next_ticket(tx), epoch=tx.epoch, day=day.id, label=rules.label(series, number), series=series,
        number=number, service=found.code, category=category, priority=priority,
        language=language or hub.settings.agency.languages[0], channel=channel,
        paper="awaited" if at_kiosk or not by_staff else "none",
        token=new_token(), issued_at=pressed.at, issued_tick=pressed.tick, certain=pressed.certain,
        low_s=wait.low_s if wait else None, high_s=wait.high_s if wait else None, wanted=counter,
        requester=requester, registration_number=registration_number, reason=reason, brought=brought, party=party,
        sub_reason=errand(found, sub_reason),
        due_at=due.at.at if due else None, due_tick=due.at.tick if due else None,
        head_start=due.head_start or None if due else None,
    )  # fmt: skip
    tx.record(event)
    return faces.issued_face(hub, ticket_now(tx, event.ticket), ahead, wait)


#: Give a ticket, as an ask of its own.
issue = action(give)


def _admitted(tx: Transaction, hub: Hub, day: BusinessDay, service: str, *, by_staff: bool) -> Service:
    """The service, if it gives a ticket now. Raises Unreadable, Refused."""
    wanted = hub.settings.service(service)
    return rules.admit(
        wanted, day, store.given(tx.connection, day.id, service) if wanted and wanted.quota is not None else 0,
        offer.hours_today(hub, tx.now), offer.minute(hub, tx.now), by_staff=by_staff,
    )  # fmt: skip


def _wait(tx: Transaction, hub: Hub, found: Service, ahead: int, *, by_staff: bool) -> Wait | None:
    """What whoever comes now is told of their wait. Raises Refused where a kiosk gives no ticket for so long a one."""
    sessions = store.counters(tx.connection)
    wait = offer.announced(hub, sessions, found, ahead)
    if not by_staff and offer.too_late(hub, sessions, found, ahead, tx.now):
        raise Refused(f"{found.label}: nobody who comes now is served before closing", code="closed_estimate")
    return wait


def errand(service: Service | None, sub_reason: str | None) -> str | None:
    """The errand, if the service has it: nobody goes without a ticket for what an older catalogue said."""
    return sub_reason if service is not None and service.reason(sub_reason) else None


@action
def confirm_paper(tx: Transaction, hub: Hub, *, ticket: str) -> Answer:
    """Reception saw the label on the paper: the ticket can be called."""
    return _after(tx, hub, ticket, rules.confirm_paper)


@action
def give_back(tx: Transaction, hub: Hub, *, ticket: str, reason: str | None = None) -> Answer:
    """The absent visitor is back."""
    day = rules.open_day(store.day(tx.connection))
    return _after(tx, hub, ticket, lambda found: rules.give_back(found, day, hub.settings.queue, tx.now, reason))


@action
def cancel(tx: Transaction, hub: Hub, *, ticket: str, reason: str | None = None) -> Answer:
    """Give a ticket up, with a motive."""
    return _after(tx, hub, ticket, lambda found: rules.cancel(found, reason))


@action
def set_priority(tx: Transaction, hub: Hub, *, ticket: str, priority: Priority, reason: str | None = None) -> Answer:
    """Set the priority class, with a motive."""
    return _after(tx, hub, ticket, lambda found: rules.set_priority(found, priority, reason or ""))


@action
def correct_end(tx: Transaction, hub: Hub, *, ticket: str, ended_at: int, reason: str) -> Answer:
    """A service ended at `ended_at` (wall, ms), before its key was pressed; with a motive."""
    return _after(tx, hub, ticket, lambda found: rules.correct_end(found, ended_at, tx.now, reason))


@action
def reprint(tx: Transaction, hub: Hub, *, ticket: str, reason: str | None = None) -> Answer:
    """Ask for a further copy of the paper."""
    found = faces.ticket_by_id(tx.connection, ticket)
    event = rules.reprint(found, store.copies(tx.connection, found.id), reason)
    tx.record(event)
    return faces.ticket_face(hub, ticket_now(tx, found.id)) | {"copy": event.copy}


def _after(tx: Transaction, hub: Hub, public: str, decide: Any) -> Answer:
    """Decide on a ticket named by its public id, record, and show it as it is now."""
    found = faces.ticket_by_id(tx.connection, public)
    tx.record(decide(found))
    return faces.ticket_face(hub, ticket_now(tx, found.id))


# --- calling ---------------------------------------------------------------------------------


@action
def call_next(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Call whoever is next for this counter, and say why; or say why nobody."""
    session, configured = _session(tx, hub, counter)
    rules.counter_step(session, "next")
    candidates = line.waiting_now(hub, tx.connection, tx.now)
    choice = routing.choose(candidates, line.caller_now(hub, tx.connection, configured), hub.settings.queue)
    if isinstance(choice, routing.Nobody):
        tx.record(NobodyWaiting(counter, choice.why))
        why = faces.why_sentence(hub, choice.why)
        return {"ticket": None, "why": why, "code": choice.why, "waiting": choice.waiting}
    event = TicketCalled(
        ticket=choice.candidate.ticket,
        stage=choice.candidate.stage,
        label=choice.candidate.label,
        counter=counter,
        agent=session.agent,
        rule=choice.rule,
        why=f"{choice.why}:{choice.told}",
        waiting=choice.waiting,
        considered=choice.scores,
        passed=routing.passed(candidates, choice.candidate),
    )
    return _called(tx, hub, event)


@action
def pick(tx: Transaction, hub: Hub, *, counter: str, ticket: str, reason: str | None = None) -> Answer:
    """Call one waiting ticket out of turn, with a motive."""
    session, _ = _session(tx, hub, counter)
    rules.counter_step(session, "pick")
    found = faces.ticket_by_id(tx.connection, ticket)
    rules.step(found, "call")
    candidates = line.waiting_now(hub, tx.connection, tx.now)
    picked = next(c for c in candidates if c.ticket == found.id)
    event = TicketCalled(
        ticket=found.id, stage=found.stage.id, label=found.label, counter=counter, agent=session.agent, rule=0,
        why="picked:0", waiting=len(candidates), passed=routing.passed(candidates, picked), reason=rules.motive(reason),
    )  # fmt: skip
    return _called(tx, hub, event)


def _called(tx: Transaction, hub: Hub, event: TicketCalled) -> Answer:
    call = tx.record(event)
    return {
        "ticket": faces.ticket_face(hub, ticket_now(tx, event.ticket)),
        "why": faces.why_sentence(hub, event.why),
        "call": call,
    }


# --- at the counter --------------------------------------------------------------------------


def _held(tx: Transaction, hub: Hub, code: str, name: Step) -> tuple[CounterSession, Ticket]:
    """The counter and the ticket it holds, for a step. Raises IllegalStep when it holds none."""
    session, _ = _session(tx, hub, code)
    ticket = store.ticket(tx.connection, session.ticket) if session.ticket else None
    return session, rules.at_counter(session, ticket, name)


@action
def recall(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Call the visitor once more."""
    session, ticket = _held(tx, hub, counter, "recall")
    tx.record(rules.recall(session, ticket, hub.settings.queue, tx.now))
    return _shown(tx, hub, ticket)


@action
def start(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """The visitor is here."""
    session, ticket = _held(tx, hub, counter, "start")
    tx.record(rules.start(session, ticket, tx.now))
    return _shown(tx, hub, ticket)


@action
def no_show(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Nobody came."""
    session, ticket = _held(tx, hub, counter, "no_show")
    tx.record(rules.no_show(session, ticket, hub.settings.queue, tx.now))
    return _shown(tx, hub, ticket)


@action
def finish(tx: Transaction, hub: Hub, *, counter: str, outcome: str = "served") -> Answer:
    """The visit at this counter is over."""
    session, ticket = _held(tx, hub, counter, "finish")
    tx.record(rules.finish(session, ticket, tx.now, outcome))
    return _shown(tx, hub, ticket)


@action
def hold(tx: Transaction, hub: Hub, *, counter: str, reason: str | None = None) -> Answer:
    """Put the visit aside, with a motive."""
    session, ticket = _held(tx, hub, counter, "hold")
    tx.record(rules.hold(session, ticket, tx.now, reason))
    return _shown(tx, hub, ticket)


@action
def resume(tx: Transaction, hub: Hub, *, counter: str, ticket: str | None = None) -> Answer:
    """Take a visit up again: the one named, else the last put on hold here."""
    session, configured = _session(tx, hub, counter)
    rules.counter_step(session, "resume")
    found = faces.ticket_by_id(tx.connection, ticket) if ticket else _last_on_hold(tx, counter)
    tx.record(rules.resume(session, found, configured.services, tx.now))
    return _shown(tx, hub, found)


def _last_on_hold(tx: Transaction, counter: str) -> Ticket:
    held = [t for t in store.open_tickets(tx.connection, ("on_hold",)) if t.stage.counter == counter]
    if not held:
        raise IllegalStep(f"no ticket is on hold at counter {counter}", code="nothing_on_hold", possible=["next"])
    return max(held, key=lambda t: t.last_seq)


@action
def transfer(  # noqa: PLR0913 (where to, and why)
    tx: Transaction,
    hub: Hub,
    *,
    counter: str,
    service: str | None = None,
    to: str | None = None,
    reason: str | None = None,
) -> Answer:
    """Send the visitor on to a service, or to one counter (`to`), with a motive."""
    session, ticket = _held(tx, hub, counter, "transfer")
    if to is not None:
        target = _known_counter(hub, to)
        service = service or (target.services[0] if target.services else None)
        _serves(target, service)
    if service is not None and hub.settings.service(service) is None:
        raise Unreadable("no such service", code="unknown_service", field="service")
    tx.record(rules.transfer(session, ticket, tx.now, service=service, wanted=to, reason=reason))
    return _shown(tx, hub, ticket)


@action
def release(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Called by mistake."""
    session, ticket = _held(tx, hub, counter, "release")
    tx.record(rules.release(session, ticket, hub.settings.queue, tx.now))
    return _shown(tx, hub, ticket)


@action
def undo(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Take back the counter's last finish, absent or transfer."""
    session, _ = _session(tx, hub, counter)
    ticket = store.ticket(tx.connection, session.last) if session.last else None
    event = rules.undo(session, ticket, hub.settings.queue, tx.now)
    tx.record(event)
    return faces.ticket_face(hub, ticket_now(tx, event.ticket))


@action
def expire_holds(tx: Transaction, hub: Hub) -> Answer:
    """End the visits that have been on hold for longer than `hold_min`."""
    limit = hub.settings.queue.hold_min * _MS_PER_MIN
    late = [
        t for t in store.open_tickets(tx.connection, ("on_hold",))
        if t.stage.held and elapsed(t.stage.held, tx.now).ms >= limit
    ]  # fmt: skip
    for ticket in late:
        tx.record(rules.expire(ticket))
    return {"expired": [t.label for t in late]}


# --- counters --------------------------------------------------------------------------------


@action
def open_counter(tx: Transaction, hub: Hub, *, counter: str, agent: str, take_over: bool = False) -> Answer:
    """Sign an agent on to a counter; with `take_over`, also from another one or in another's place."""
    rules.open_day(store.day(tx.connection))
    session, _ = _session(tx, hub, counter)
    elsewhere = store.counter_of_agent(tx.connection, agent)
    elsewhere = None if elsewhere == counter else elsewhere
    event = rules.open_counter(session, agent, elsewhere, take_over=take_over)
    if elsewhere:
        tx.record(rules.close_counter(store.counter(tx.connection, elsewhere), "moved"))
    tx.record(event)
    return _counter_shown(tx, hub, counter)


@action
def pause(tx: Transaction, hub: Hub, *, counter: str, reason: str | None = None) -> Answer:
    """Call nobody for a while, with a motive."""
    session, _ = _session(tx, hub, counter)
    tx.record(rules.pause(session, reason))
    return _counter_shown(tx, hub, counter)


@action
def unpause(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Free again."""
    session, _ = _session(tx, hub, counter)
    tx.record(rules.unpause(session))
    return _counter_shown(tx, hub, counter)


@action
def close_counter(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Sign off."""
    session, _ = _session(tx, hub, counter)
    tx.record(rules.close_counter(session))
    return _counter_shown(tx, hub, counter)


@action
def raise_alarm(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Call for help in an emergency, unseen by the visitor."""
    session, _ = _session(tx, hub, counter)
    tx.record(rules.raise_alarm(session))
    return _counter_shown(tx, hub, counter)


@action
def answer_alarm(tx: Transaction, hub: Hub, *, counter: str) -> Answer:
    """Somebody goes there."""
    session, _ = _session(tx, hub, counter)
    tx.record(rules.answer_alarm(session))
    return _counter_shown(tx, hub, counter)


# --- what the actions share ------------------------------------------------------------------


def _shown(tx: Transaction, hub: Hub, ticket: Ticket) -> Answer:
    return faces.ticket_face(hub, ticket_now(tx, ticket.id))


def _counter_shown(tx: Transaction, hub: Hub, code: str) -> Answer:
    return faces.counter_face(hub, store.counter(tx.connection, code), tx.now)


def ticket_now(tx: Transaction, ticket_id: int) -> Ticket:
    found = store.ticket(tx.connection, ticket_id)
    if found is None:
        raise NotFound("no such ticket")
    return found


def next_ticket(tx: Transaction) -> int:
    """The id of the ticket that this transaction gives."""
    row = tx.one("SELECT coalesce(max(id), 0) + 1 FROM ticket")
    return int(row[0]) if row else 1


def _known_counter(hub: Hub, code: str) -> Counter:
    found = hub.settings.counter(code)
    if found is None:
        raise NotFound(f"no counter {code}", code="unknown_counter", field="counter")
    return found


def _serves(counter: Counter, service: str | None) -> None:
    """Raise Unreadable unless somebody sent to this counter would be served there."""
    if service not in counter.services:
        raise Unreadable(f"counter {counter.code} does not serve {service}", code="not_served_here", field="counter")


def _session(tx: Transaction, hub: Hub, code: str) -> tuple[CounterSession, Counter]:
    configured = _known_counter(hub, code)
    return store.counter(tx.connection, code), configured


def new_token() -> str:
    """A follow-up code that nobody guesses: 8 letters and digits that are not taken for one another."""
    return "".join(secrets.choice(TOKEN_LETTERS) for _ in range(TOKEN_LENGTH))


def pressed_then(now: Instant, pressed_at: int | None) -> Instant:
    """When the button was pressed: the kiosk's estimate of hub time, never later than now.

    Within this boot the press also gets a monotonic time; from before it, durations use the wall clock.
    """
    if pressed_at is None or pressed_at >= now.at:
        return now
    ago = now.at - pressed_at
    if ago < now.mono:
        return Instant(pressed_at, now.mono - ago, now.boot, now.certain)
    return Instant(pressed_at, 0, 0, certain=False)
