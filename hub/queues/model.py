"""What the queues are made of, and every fact that can happen to them.

A ticket is the paper and the visit; a stage is one wait-and-service in one queue. A transfer ends a
stage and opens the next; the label and the time of issue stay. Times are instants (`hub.clock`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hub.clock import Instant
from hub.journal import Event
from hub.wire import CounterState

TicketState = Literal[
    "issued", "waiting", "called", "serving", "on_hold",
    "no_show", "served", "cancelled", "unserved", "unfinished",
]  # fmt: skip
Category = Literal["simple", "proxy", "group", "priority", "appointment"]
Priority = Literal["normal", "reduced_mobility", "pregnant", "age_70", "infant", "work_accident"]
#: `paper_roll`: a number handed out by hand while neither hub nor kiosk worked, entered afterwards.
Channel = Literal["kiosk", "reception", "appointment", "web", "sms", "paper_roll"]
#: `none`: given by a person, no paper awaited; `awaited`: the kiosk has not reported yet.
Paper = Literal["none", "awaited", "printed", "shown", "confirmed", "failed"]
Mode = Literal["open", "appointments_only", "closed"]
#: How a stage ends.
Outcome = Literal["served", "no_show", "cancelled", "transferred", "unserved", "unfinished", "undone"]
Undoable = Literal["finish", "no_show", "transfer"]
#: The rule of a call for a queue that its counter helps.
HELPED = 4


@dataclass(frozen=True, slots=True)
class Stage:
    """One wait-and-service in one queue. `call` is the id of its call: the journal number of the first one."""

    id: int
    rank: int
    service: str
    entered: Instant
    wanted: str | None = None
    behind: int = 0
    counter: str | None = None
    agent: str | None = None
    call: int | None = None
    call_count: int = 0
    called: Instant | None = None
    last_called: Instant | None = None
    started: Instant | None = None
    held: Instant | None = None
    held_ms: int = 0
    ended: Instant | None = None
    outcome: Outcome | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The paper and the visit. `day` is the number of the business day, `issued` the time of the press.

    `brought` is the label of a paper of ours that the visitor held under the kiosk's scanner; `passes` how often they
    let others pass; `sub_reason` the errand within the service that they chose, by its code.
    """

    id: int
    epoch: int
    day: int
    label: str
    series: str
    number: int
    asked: str
    state: TicketState
    category: Category
    priority: Priority
    language: str
    channel: Channel
    issued: Instant
    paper: Paper
    token: str
    stage: Stage
    returns: int = 0
    low_s: int | None = None
    high_s: int | None = None
    first_seq: int = 0
    last_seq: int = 0
    brought: str | None = None
    passes: int = 0
    sub_reason: str | None = None


@dataclass(frozen=True, slots=True)
class CounterSession:
    """What a counter is doing. A counter never opened is `closed`.

    `last` is the ticket it let go of last, by `last_step`, which is entry `last_seq` of the journal. `own_calls`: how
    many it has called since it last helped another queue, or since its agent came. `alarm`: since when it calls for
    help in an emergency.
    """

    code: str
    state: CounterState = "closed"
    agent: str | None = None
    ticket: int | None = None
    since: Instant | None = None
    reason: str = ""
    last: int | None = None
    last_step: Undoable | None = None
    last_seq: int = 0
    own_calls: int = 0
    alarm: Instant | None = None

    @property
    def is_open(self) -> bool:
        """Whether visitors are called there."""
        return self.state not in ("closed", "paused")


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """One business day: an explicit record, never inferred from a clock. `first_seq` is its opening in the journal.

    `closed_at` is wall time in ms, None while it is open.
    """

    id: int
    date: str
    mode: Mode
    open: bool
    first_seq: int = 0
    closed_at: int | None = None


@dataclass(frozen=True, slots=True)
class DaysAround:
    """The days about a press: the newest with the moment of its opening, the last one opened before it, the next."""

    newest: BusinessDay | None
    opened: Instant | None
    before: BusinessDay | None
    after: BusinessDay | None


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TicketEvent(Event):
    """Something happened to a ticket."""

    ticket: int

    @property
    def subject(self) -> str:
        """The ticket's row."""
        return f"ticket {self.ticket}"


@dataclass(frozen=True, slots=True)
class CounterEvent(Event):
    """Something happened to a counter."""

    counter: str

    @property
    def subject(self) -> str:
        """The counter's code."""
        return f"counter {self.counter}"


@dataclass(frozen=True, slots=True)
class DayEvent(Event):
    """Something happened to a business day."""

    day: int

    @property
    def subject(self) -> str:
        """The day's number."""
        return f"day {self.day}"


@dataclass(frozen=True, slots=True)
class DayOpened(DayEvent):
    """A business day began; numbers restart."""

    kind: ClassVar[str] = "day_opened"
    date: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class DayClosed(DayEvent):
    """The business day ended; `holes` are the numbers voided in it, by label."""

    kind: ClassVar[str] = "day_closed"
    unserved: int
    unfinished: int
    holes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModeChanged(DayEvent):
    """What the kiosk gives changed at once."""

    kind: ClassVar[str] = "mode_changed"
    mode: Mode


@dataclass(frozen=True, slots=True)
class TicketIssued(TicketEvent):
    """A ticket exists. One whose `paper` is awaited cannot be called yet.

    `brought`: the label of a paper of ours that was scanned; `party`: whose card it was, by the ref of their file;
    `sub_reason`: what they come for within the service.
    """

    kind: ClassVar[str] = "ticket_issued"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"requester", "registration_number", "party"})
    epoch: int
    day: int
    label: str
    series: str
    number: int
    service: str
    category: Category
    priority: Priority
    language: str
    channel: Channel
    paper: Paper
    token: str
    issued_at: int
    issued_tick: int
    certain: bool = True
    low_s: int | None = None
    high_s: int | None = None
    wanted: str | None = None
    reason: str | None = None
    brought: str | None = None
    sub_reason: str | None = None
    requester: str | None = None
    registration_number: str | None = None
    party: str | None = None


@dataclass(frozen=True, slots=True)
class PaperReported(TicketEvent):
    """The number is in the visitor's hand or before their eyes (`printed`, `shown`, `confirmed`), or not (`failed`)."""

    kind: ClassVar[str] = "paper_reported"
    paper: Paper
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TicketRelabelled(TicketEvent):
    """The kiosk printed another label for this request, of its own series or lost here; the number given is void."""

    kind: ClassVar[str] = "ticket_relabelled"
    label: str
    series: str
    number: int
    voided: str


@dataclass(frozen=True, slots=True)
class TicketReprinted(TicketEvent):
    """A further copy of the paper was asked for; `copy` counts from 1."""

    kind: ClassVar[str] = "ticket_reprinted"
    copy: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PriorityChanged(TicketEvent):
    """A person set the ticket's priority class, with a motive."""

    kind: ClassVar[str] = "priority_changed"
    priority: Priority
    reason: str


@dataclass(frozen=True, slots=True)
class TicketCalled(TicketEvent):
    """The ticket was called: `rule` of B.12 (1, 2, 3; 0 = picked by hand; 4 = helped), and who else was considered.

    `considered` holds (ticket, score) of the best, at most ten; `passed` the stages whose turn came nearer.
    """

    kind: ClassVar[str] = "ticket_called"
    stage: int
    label: str
    counter: str
    agent: str | None
    rule: int
    why: str
    waiting: int
    considered: tuple[tuple[int, float], ...] = ()
    passed: tuple[int, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NobodyWaiting(CounterEvent):
    """A counter asked for the next visitor, and nobody could be called there."""

    kind: ClassVar[str] = "nobody_waiting"
    why: str


@dataclass(frozen=True, slots=True)
class TicketRecalled(TicketEvent):
    """Called once more."""

    kind: ClassVar[str] = "ticket_recalled"
    counter: str
    repeat: int


@dataclass(frozen=True, slots=True)
class ServiceStarted(TicketEvent):
    """The visitor is at the counter. `wait_ms` is the wait in this queue: since the issue, for the first."""

    kind: ClassVar[str] = "service_started"
    counter: str
    wait_ms: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class TicketAbsent(TicketEvent):
    """Called, and nobody came."""

    kind: ClassVar[str] = "ticket_no_show"
    counter: str


@dataclass(frozen=True, slots=True)
class TicketReturned(TicketEvent):
    """The absent visitor is back; callable after `behind` others."""

    kind: ClassVar[str] = "ticket_returned"
    behind: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TicketLetPass(TicketEvent):
    """A waiting visitor lets others go first; callable after `behind` calls of that queue."""

    kind: ClassVar[str] = "ticket_let_pass"
    behind: int


@dataclass(frozen=True, slots=True)
class TicketHeld(TicketEvent):
    """The visit pauses (a photocopy, a missing paper); the counter is free."""

    kind: ClassVar[str] = "ticket_held"
    counter: str
    reason: str
    service_ms: int


@dataclass(frozen=True, slots=True)
class TicketResumed(TicketEvent):
    """The visit goes on, there or at another counter of the service."""

    kind: ClassVar[str] = "ticket_resumed"
    counter: str
    agent: str | None
    held_ms: int


@dataclass(frozen=True, slots=True)
class TicketTransferred(TicketEvent):
    """The stage ended and the next one opened in another queue, perhaps for one counter."""

    kind: ClassVar[str] = "ticket_transferred"
    counter: str
    service: str
    wanted: str | None
    reason: str
    service_ms: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class TicketReleased(TicketEvent):
    """Called by mistake; back in its old place."""

    kind: ClassVar[str] = "ticket_released"
    counter: str


@dataclass(frozen=True, slots=True)
class TicketServed(TicketEvent):
    """The visit at this counter is over."""

    kind: ClassVar[str] = "ticket_served"
    counter: str
    outcome: str
    service_ms: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class ServiceEndCorrected(TicketEvent):
    """The service had ended earlier than its key was pressed, or than the day closed over it. Both times stay.

    `ended_at` (wall, ms) and `ended_tick`: when it really ended.
    """

    kind: ClassVar[str] = "service_end_corrected"
    stage: int
    ended_at: int
    ended_tick: int
    reason: str


@dataclass(frozen=True, slots=True)
class StepUndone(TicketEvent):
    """Finish, absent or transfer was taken back within the minute."""

    kind: ClassVar[str] = "step_undone"
    counter: str
    step: Undoable


@dataclass(frozen=True, slots=True)
class TicketCancelled(TicketEvent):
    """Given up, by the visitor or by staff with a motive."""

    kind: ClassVar[str] = "ticket_cancelled"
    reason: str
    counter: str | None = None


@dataclass(frozen=True, slots=True)
class TicketUnserved(TicketEvent):
    """The day closed before the ticket was called. `ended_at`: when, of one heard of only later (wall, ms)."""

    kind: ClassVar[str] = "ticket_unserved"
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class TicketUnfinished(TicketEvent):
    """On hold too long, or the day closed in the middle of the visit."""

    kind: ClassVar[str] = "ticket_unfinished"
    reason: str
    counter: str | None = None


@dataclass(frozen=True, slots=True)
class CounterOpened(CounterEvent):
    """An agent signed on to a counter; `instead` was there before."""

    kind: ClassVar[str] = "counter_opened"
    agent: str
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class CounterPaused(CounterEvent):
    """The counter calls nobody for a while."""

    kind: ClassVar[str] = "counter_paused"
    reason: str


@dataclass(frozen=True, slots=True)
class CounterUnpaused(CounterEvent):
    """The counter is free again."""

    kind: ClassVar[str] = "counter_unpaused"


@dataclass(frozen=True, slots=True)
class CounterClosed(CounterEvent):
    """The agent left."""

    kind: ClassVar[str] = "counter_closed"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CounterAlarmRaised(CounterEvent):
    """The agent calls for help, unseen by the visitor: an emergency."""

    kind: ClassVar[str] = "counter_alarm_raised"
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class CounterAlarmAnswered(CounterEvent):
    """Somebody goes there, or it was an error."""

    kind: ClassVar[str] = "counter_alarm_answered"
