"""What may happen to a ticket, a counter and a day. Every state and every step is here; nothing else is.

A rule takes the state, the settings and the present, and returns the fact that follows, or refuses.
It touches nothing. Times and counts come from the agency's settings (requirements B.2 and B.3).
"""

from __future__ import annotations

from hub.clock import Elapsed, Instant, elapsed
from hub.errors import IllegalStep, NotFound, Refused, Unreadable
from hub.queues.model import (
    BusinessDay,
    CounterAlarmAnswered,
    CounterAlarmRaised,
    CounterClosed,
    CounterOpened,
    CounterPaused,
    CounterSession,
    CounterUnpaused,
    DaysAround,
    Paper,
    PaperReported,
    Priority,
    PriorityChanged,
    ServiceEndCorrected,
    ServiceStarted,
    StepUndone,
    Ticket,
    TicketAbsent,
    TicketCancelled,
    TicketHeld,
    TicketLetPass,
    TicketRecalled,
    TicketReleased,
    TicketReprinted,
    TicketResumed,
    TicketReturned,
    TicketServed,
    TicketState,
    TicketTransferred,
    TicketUnfinished,
    TicketUnserved,
)
from hub.settings import Opening, QueueRules
from hub.settings.counters import Service
from hub.wire import CounterState, Step

#: state → step → state. `undo` goes back to what the undone step left.
TICKET_STEPS: dict[TicketState, dict[str, TicketState]] = {
    "issued": {"paper": "waiting", "cancel": "cancelled", "close_day": "unserved"},
    "waiting": {"call": "called", "let_pass": "waiting", "cancel": "cancelled", "close_day": "unserved"},
    "called": {
        "recall": "called", "start": "serving", "no_show": "no_show",
        "release": "waiting", "cancel": "cancelled", "close_day": "unserved",
    },
    "serving": {"finish": "served", "transfer": "waiting", "hold": "on_hold", "close_day": "unfinished"},
    "on_hold": {"resume": "serving", "expire": "unfinished", "close_day": "unfinished"},
    "no_show": {"return": "waiting", "undo": "called"},
    "served": {"undo": "serving"},
    "cancelled": {},
    "unserved": {},
    "unfinished": {},
}  # fmt: skip

#: state → step → state of a counter. The first step of a row is the one its biggest key does.
COUNTER_STEPS: dict[CounterState, dict[Step, CounterState]] = {
    "closed": {"open": "free"},
    "free": {
        "next": "calling", "pick": "calling", "resume": "serving",
        "undo": "free", "pause": "paused", "close": "closed",
    },
    "calling": {"start": "serving", "recall": "calling", "no_show": "free", "release": "free"},
    "serving": {"finish": "free", "transfer": "free", "hold": "free"},
    "paused": {"unpause": "free", "close": "closed"},
}  # fmt: skip


#: What a kiosk can say of a paper; `confirmed` is for reception, who sees it.
REPORTED: tuple[Paper, ...] = ("printed", "shown", "failed")


def step(ticket: Ticket, name: str) -> TicketState:
    """The state a step leads to. Raises IllegalStep naming the steps there are."""
    steps = TICKET_STEPS[ticket.state]
    if name not in steps:
        raise IllegalStep(
            f"{ticket.label} is {ticket.state}: {name} is not possible now",
            state=ticket.state,
            possible=sorted(steps),
        )
    return steps[name]


def counter_step(counter: CounterSession, name: Step) -> CounterState:
    """The state a counter's step leads to. Raises IllegalStep, or its kind `no_agent` at a closed counter."""
    steps = COUNTER_STEPS[counter.state]
    if name in steps:
        return steps[name]
    if counter.state == "closed":
        raise IllegalStep(
            f"nobody is signed on at counter {counter.code}: open it first", code="no_agent", possible=["open"]
        )
    raise IllegalStep(
        f"counter {counter.code} is {counter.state}: {name} is not possible now",
        state=counter.state,
        possible=list(steps),
    )


# --- the day ---------------------------------------------------------------------------------


def open_day(day: BusinessDay | None) -> BusinessDay:
    """The day in which things happen. Raises Refused `day_closed` without one."""
    if day is None or not day.open:
        raise Refused("the business day is not open: a supervisor opens it, or `mbote day open`", code="day_closed")
    return day


def day_of_press(
    days: DaysAround, pressed: Instant, now: Instant, *, date: str, today: str
) -> tuple[BusinessDay, int | None]:
    """The day of a ticket that a kiosk gave alone, by the moment of its press (`date` and `today`: local ones).

    The open day, unless the press came before it opened; then the day that was still open at the press, or that had
    its date. A press after that day, before the next one opened, belongs to the next: that visitor came early. With it
    goes when the ticket ended (wall, ms): with its day, if that is over; or at once, if its visitor came neither today
    nor on the date of the open day (which waits as a whole where nobody closed it at night); None while the visitor
    is in the hall. Where the wall clock is not believed only the open day is there.
    Raises Refused `day_closed`: later it will find its day.
    """
    newest = days.newest
    if not now.certain or newest is None or days.opened is None:
        return open_day(newest), None
    if newest.open and elapsed(pressed, now).ms <= elapsed(days.opened, now).ms:
        return newest, None
    held, after = days.before, days.after
    if held is not None and held.closed_at is None:
        return held, None
    if held is not None and held.closed_at is not None and (pressed.at <= held.closed_at or date <= held.date):
        return held, max(pressed.at, held.closed_at)
    if after is not None:
        return after, None if after.open and date in (after.date, today) else pressed.at
    return open_day(newest), None


def next_day(day: BusinessDay | None, date: str) -> int:
    """The number of a new day. Raises Refused when one is open or that date has been."""
    if day is None:
        return 1
    if day.open:
        raise Refused(f"the day of {day.date} is still open: close it first", code="day_open")
    if date <= day.date:
        raise Refused(f"the day of {day.date} was already held; {date} would not come after it", code="day_held")
    return day.id + 1


def series_of(service: Service, numbering: str) -> str:
    """The series that numbers a service's tickets; '' is the common one. Raises Unreadable where there is none."""
    if numbering == "common":
        return ""
    if not service.prefix:
        raise Unreadable(f"{service.label} gives no tickets: it has no prefix", code="no_tickets", field="service")
    return service.prefix


def own_series(kiosk: str) -> str:
    """The series of a kiosk that works without its hub."""
    return f"{kiosk}-"


def label(series: str, number: int) -> str:
    """What is on the paper: `D001` with a prefix, `2` in the common series (requirements D.1)."""
    return f"{series}{number:03d}" if series else str(number)


def admit(  # noqa: PLR0913 (all that may stand against a ticket)
    service: Service | None, day: BusinessDay, given: int, hours: Opening | None, minute: str, *, by_staff: bool
) -> Service:
    """The service, if it gives a ticket now. `minute` is the local HH:MM, `hours` None when it has no timetable.

    Staff may give a ticket outside the hours and over the quota. Raises Unreadable or Refused
    (`closed_hours`, `quota`, `closed_mode`).
    """
    if service is None:
        raise Unreadable("no such service", code="unknown_service", field="service")
    if by_staff:
        return service
    if day.mode != "open":
        raise Refused("today reception gives the tickets: ask there", code="closed_mode", mode=day.mode)
    last = service.last_ticket or (hours.last_ticket or hours.close if hours else None)
    if hours and (minute < hours.open or (last and minute >= last)):
        raise Refused(f"{service.label}: tickets from {hours.open} to {last}", code="closed_hours")
    if service.quota is not None and given >= service.quota:
        raise Refused(f"{service.label}: all {service.quota} tickets of today are given", code="quota")
    return service


# --- the ticket ------------------------------------------------------------------------------


def report_paper(ticket: Ticket, paper: Paper, reason: str | None = None) -> PaperReported:
    """The number has reached the visitor, or has not. A repeated report changes nothing more."""
    if paper not in REPORTED:
        raise Unreadable(f"a kiosk reports {', '.join(REPORTED)}", code="bad_request", field="paper")
    return PaperReported(ticket.id, paper, reason)


def confirm_paper(ticket: Ticket) -> PaperReported:
    """Staff saw the label on the paper."""
    step(ticket, "paper")
    return PaperReported(ticket.id, "confirmed")


def reprint(ticket: Ticket, copies: int, reason: str | None) -> TicketReprinted:
    """A further copy, of a ticket that is still alive."""
    if not TICKET_STEPS[ticket.state]:
        raise IllegalStep(f"{ticket.label} is {ticket.state}: nothing to reprint", state=ticket.state, possible=[])
    return TicketReprinted(ticket.id, copies + 1, reason)


def set_priority(ticket: Ticket, priority: Priority, reason: str) -> PriorityChanged:
    """Priority before the service starts, with a motive."""
    if ticket.state not in ("issued", "waiting", "called"):
        raise IllegalStep(
            f"{ticket.label} is {ticket.state}: priority no longer matters", state=ticket.state, possible=[]
        )
    return PriorityChanged(ticket.id, priority, motive(reason))


def motive(reason: str | None) -> str:
    """A reason in words. Raises Unreadable when there is none."""
    if not reason or not reason.strip():
        raise Unreadable("give a reason", code="reason_needed", field="reason")
    return reason.strip()


def at_counter(counter: CounterSession, ticket: Ticket | None, name: Step) -> Ticket:
    """The ticket that a counter holds and `name` is asked of. Raises IllegalStep when it holds none."""
    if ticket is None:
        counter_step(counter, name)
        raise NotFound(f"counter {counter.code} holds no ticket")
    return ticket


def recall(counter: CounterSession, ticket: Ticket, rules: QueueRules, now: Instant) -> TicketRecalled:
    """Call once more: at most `recalls` calls, `recall_after_s` apart."""
    counter_step(counter, "recall")
    step(ticket, "recall")
    count, since = ticket.stage.call_count, _since(ticket.stage.last_called, now)
    if count >= rules.recalls:
        raise IllegalStep(
            f"{ticket.label} was called {count} times: mark absent", code="recalls_used", possible=["no_show", "start"]
        )
    _wait_for(rules.recall_after_s, since, "too_soon", f"{ticket.label} was called {since.ms // 1000} s ago")
    return TicketRecalled(ticket.id, counter.code, count + 1)


def start(counter: CounterSession, ticket: Ticket, now: Instant) -> ServiceStarted:
    """The visitor is here: the wait in this queue ends. A first stage is entered when the ticket is issued."""
    counter_step(counter, "start")
    step(ticket, "start")
    waited = elapsed(ticket.stage.entered, now)
    return ServiceStarted(ticket.id, counter.code, waited.ms, waited.certain)


def no_show(counter: CounterSession, ticket: Ticket, rules: QueueRules, now: Instant) -> TicketAbsent:
    """Nobody came: after `absent_after_calls` calls and `absent_after_s` since the first."""
    counter_step(counter, "no_show")
    step(ticket, "no_show")
    if ticket.stage.call_count < rules.absent_after_calls:
        raise IllegalStep(
            f"{ticket.label}: recall before marking absent", code="too_few_calls", possible=["recall", "start"]
        )
    since = _since(ticket.stage.called, now)
    _wait_for(rules.absent_after_s, since, "too_soon", f"{ticket.label} was first called {since.ms // 1000} s ago")
    return TicketAbsent(ticket.id, counter.code)


def give_back(ticket: Ticket, day: BusinessDay, rules: QueueRules, now: Instant, reason: str | None) -> TicketReturned:
    """An absent visitor is back: the same day, within `return_min`, once."""
    step(ticket, "return")
    if ticket.day != day.id:
        raise Refused(f"{ticket.label} was of another day: give a new ticket", code="too_late")
    if ticket.returns:
        raise Refused(f"{ticket.label} was already brought back once: give a new ticket", code="returned_before")
    if _since(ticket.stage.ended, now).ms > rules.return_min * 60_000:
        raise Refused(
            f"{ticket.label} is absent for more than {rules.return_min} min: give a new ticket", code="too_late"
        )
    return TicketReturned(ticket.id, rules.return_behind, reason)


def hold(counter: CounterSession, ticket: Ticket, now: Instant, reason: str | None) -> TicketHeld:
    """Put the visit aside; the counter can call."""
    counter_step(counter, "hold")
    step(ticket, "hold")
    return TicketHeld(ticket.id, counter.code, motive(reason), _served(ticket, now).ms)


def resume(counter: CounterSession, ticket: Ticket, services: tuple[str, ...], now: Instant) -> TicketResumed:
    """Take the visit up again: at its counter, or any of its service."""
    counter_step(counter, "resume")
    step(ticket, "resume")
    if counter.code != ticket.stage.counter and ticket.stage.service not in services:
        raise Refused(f"counter {counter.code} does not serve {ticket.stage.service}", code="not_served_here")
    return TicketResumed(ticket.id, counter.code, counter.agent, _since(ticket.stage.held, now).ms)


def expire(ticket: Ticket) -> TicketUnfinished:
    """On hold for too long."""
    step(ticket, "expire")
    return TicketUnfinished(ticket.id, "hold_expired")


def transfer(  # noqa: PLR0913 (where to, and why)
    counter: CounterSession,
    ticket: Ticket,
    now: Instant,
    *,
    service: str | None,
    wanted: str | None,
    reason: str | None,
) -> TicketTransferred:
    """On to another queue, or to one counter: same paper, same time of issue."""
    counter_step(counter, "transfer")
    step(ticket, "transfer")
    if service is None:
        raise Unreadable("say which service or counter", code="bad_request", field="service")
    if wanted == counter.code:
        raise Unreadable("the visitor is already at this counter", code="same_counter", field="counter")
    served = _served(ticket, now)
    return TicketTransferred(ticket.id, counter.code, service, wanted, motive(reason), served.ms, served.certain)


def release(counter: CounterSession, ticket: Ticket, rules: QueueRules, now: Instant) -> TicketReleased:
    """Called by mistake: back to its old place, within `release_s`."""
    counter_step(counter, "release")
    step(ticket, "release")
    if _since(ticket.stage.last_called, now).ms >= rules.release_s * 1000:
        raise IllegalStep(
            f"{ticket.label} was called more than {rules.release_s} s ago",
            code="too_late",
            possible=["start", "recall", "no_show"],
        )
    return TicketReleased(ticket.id, counter.code)


def finish(counter: CounterSession, ticket: Ticket, now: Instant, outcome: str) -> TicketServed:
    """The visit at this counter is over."""
    counter_step(counter, "finish")
    step(ticket, "finish")
    served = _served(ticket, now)
    return TicketServed(ticket.id, counter.code, outcome, served.ms, served.certain)


#: So long after it ended a service may still be corrected, ms: a month of statistics.
CORRECTED_WITHIN_MS = 31 * 24 * 3_600_000


def correct_end(ticket: Ticket, ended_at: int, now: Instant, reason: str) -> ServiceEndCorrected:
    """The service ended at `ended_at` (wall, ms), and the key was forgotten; what it said is kept beside."""
    stage = ticket.stage
    over = ticket.state in ("served", "unfinished") and stage.held is None
    if not over or stage.started is None or stage.ended is None:
        raise Refused(f"{ticket.label} has no service that came to its end", code="nothing_to_correct")
    if elapsed(stage.ended, now).ms > CORRECTED_WITHIN_MS:
        raise Refused(f"{ticket.label} ended more than a month ago", code="too_late_to_correct")
    if not reason.strip():
        raise Unreadable("say why", code="reason_needed", field="reason")
    earlier = stage.ended.at - ended_at
    ended = Instant(ended_at, stage.ended.mono - earlier, stage.ended.boot)
    one_clock = stage.started.boot == ended.boot
    begun = ended.mono >= stage.started.mono if one_clock else ended.at >= stage.started.at
    if earlier <= 0 or not begun or ended.mono < 0:
        raise Unreadable(
            "a time between the start of the service and its key", code="end_outside_service", field="ended_at"
        )
    return ServiceEndCorrected(ticket.id, stage.id, ended.at, ended.tick, reason.strip())


def undo(counter: CounterSession, ticket: Ticket | None, rules: QueueRules, now: Instant) -> StepUndone:
    """Take back the counter's last finish, absent or transfer: within `undo_s`, ticket untouched since."""
    counter_step(counter, "undo")
    if ticket is None or counter.last_step is None:
        raise Refused("nothing to undo at this counter", code="nothing_to_undo")
    if ticket.last_seq != counter.last_seq:
        raise Refused(f"{ticket.label} has gone on since", code="touched")
    if _since(counter.since, now).ms > rules.undo_s * 1000:
        raise Refused(f"more than {rules.undo_s} s have passed", code="too_late")
    return StepUndone(ticket.id, counter.code, counter.last_step)


def cancel(ticket: Ticket, reason: str | None) -> TicketCancelled:
    """Give the ticket up, with a motive."""
    step(ticket, "cancel")
    return TicketCancelled(ticket.id, motive(reason), ticket.stage.counter if ticket.state == "called" else None)


def let_pass(ticket: Ticket, before: int, after: int, rules: QueueRules) -> TicketLetPass:
    """A waiting visitor lets `let_pass` others go first, once; `before` and `after` them wait so many now.

    Whoever is before keeps their turn too, so the ticket may be called after all of those; if nobody else is left
    by then, at once (`routing.choose`). Raises Refused `not_offered`, `passed_before`, `nobody_behind`.
    """
    step(ticket, "let_pass")
    if not rules.let_pass:
        raise Refused("this agency keeps everybody's place: ask reception", code="not_offered")
    if ticket.passes:
        raise Refused(f"{ticket.label} has let others pass already", code="passed_before")
    if not after:
        raise Refused(f"nobody waits behind {ticket.label}", code="nobody_behind")
    return TicketLetPass(ticket.id, before + rules.let_pass)


def unserved_late(ticket: Ticket, ended_at: int) -> TicketUnserved:
    """The paper is heard of when nobody waits with it any more."""
    step(ticket, "close_day")
    return TicketUnserved(ticket.id, ended_at)


def close_ticket(ticket: Ticket) -> TicketUnserved | TicketUnfinished:
    """What the end of the day makes of a ticket still open."""
    if step(ticket, "close_day") == "unserved":
        return TicketUnserved(ticket.id)
    return TicketUnfinished(ticket.id, "day_closed", ticket.stage.counter)


# --- the counter -----------------------------------------------------------------------------


def open_counter(counter: CounterSession, agent: str, elsewhere: str | None, *, take_over: bool) -> CounterOpened:
    """Sign an agent on. Raises Refused `counter_taken` or `agent_elsewhere` unless taking over."""
    if counter.agent == agent:
        return CounterOpened(counter.code, agent)
    if elsewhere and not take_over:
        raise Refused(f"{agent} is signed on at counter {elsewhere}", code="agent_elsewhere", counter=elsewhere)
    if counter.agent and not take_over:
        raise Refused(
            f"{counter.agent} is signed on at counter {counter.code}", code="counter_taken", agent=counter.agent
        )
    return CounterOpened(counter.code, agent, counter.agent)


def pause(counter: CounterSession, reason: str | None) -> CounterPaused:
    """Call nobody for a while, with a motive."""
    counter_step(counter, "pause")
    return CounterPaused(counter.code, motive(reason))


def unpause(counter: CounterSession) -> CounterUnpaused:
    """Free again."""
    counter_step(counter, "unpause")
    return CounterUnpaused(counter.code)


def close_counter(counter: CounterSession, reason: str | None = None) -> CounterClosed:
    """Sign off; not with a visitor in front."""
    counter_step(counter, "close")
    return CounterClosed(counter.code, reason)


def raise_alarm(counter: CounterSession) -> CounterAlarmRaised:
    """An emergency at an open counter. Raises IllegalStep `no_agent` at a closed one; pressed twice it is one."""
    if counter.state == "closed":
        raise IllegalStep(f"nobody is signed on at counter {counter.code}", code="no_agent", possible=["open"])
    return CounterAlarmRaised(counter.code, counter.agent)


def answer_alarm(counter: CounterSession) -> CounterAlarmAnswered:
    """Somebody goes there. Raises Refused `no_alarm` where nobody calls, or somebody has gone already."""
    if counter.alarm is None:
        raise Refused(f"counter {counter.code} does not call for help, or somebody goes already", code="no_alarm")
    return CounterAlarmAnswered(counter.code)


def next_actions(counter: CounterSession, ticket: Ticket | None, rules: QueueRules) -> tuple[Step, ...]:
    """The steps possible now, the default first. After the last recall, absent comes first."""
    steps = list(COUNTER_STEPS[counter.state])
    if counter.state == "free" and counter.last_step is None:
        steps.remove("undo")
    if ticket is not None and counter.state == "calling" and ticket.stage.call_count >= rules.recalls:
        steps.remove("recall")
        steps.sort(key=lambda name: name != "no_show")
    return tuple(steps)


def _served(ticket: Ticket, now: Instant) -> Elapsed:
    """Time at the counter in this stage, less what was on hold: then the counter was free for others."""
    gone = _since(ticket.stage.started, now)
    return Elapsed(max(0, gone.ms - ticket.stage.held_ms), gone.certain)


def _since(start: Instant | None, now: Instant) -> Elapsed:
    return elapsed(start, now) if start else Elapsed(0, certain=True)


def _wait_for(needed_s: int, since: Elapsed, code: str, fact: str) -> None:
    if since.ms < needed_s * 1000:
        wait = needed_s - since.ms // 1000
        raise IllegalStep(f"{fact}: wait {wait} s more", code=code, retry_s=wait)
