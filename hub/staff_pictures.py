"""What the pages of the staff are shown: an agent's desk, the supervisor's board. Whole pictures, as in `hub.wire`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hub.wire import CounterFace, CounterState, Level, Step

# --- the desk --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeskStep:
    """A step that the desk offers, from `after_s` after the picture until `until_s`.

    `why` is the code of the refusal that stands against it now; without an `after_s` time alone will not lift it.
    """

    step: Step
    after_s: int = 0
    until_s: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """The ticket at a counter, with what an agent needs to greet. `facts` are words: a language, a priority."""

    ticket: str
    id: str
    state: str
    service: str
    service_label: str
    waited_s: int
    why: str
    priority: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """One line of the visit's thread; `at` is the local HH:MM, `url` where it opens, or ''."""

    at: str
    icon: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Somebody whom this counter would call; `why` is empty when it is simply their turn."""

    ticket: str
    service_label: str
    waited_s: int
    priority: str
    why: str


@dataclass(frozen=True, slots=True)
class OnHold:
    """A visit put aside at this counter."""

    ticket: str
    id: str
    held_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class PendingWork:
    """Work of a counter service that waits for this agent."""

    text: str
    count: int
    oldest_s: int
    url: str


@dataclass(frozen=True, slots=True)
class BackOffice:
    """Back-office work between visitors: `offered` from `after_s` after the picture, `begun`, or `recalled` from it.

    `work` is its code, `text`, `count` and `url` as in `PendingWork`; when none is left there is no `text`. It was
    begun or called back `since_s` ago; `calls_waiting` and `calls_min` are what the agent is called back at.
    """

    state: Literal["offered", "begun", "recalled"]
    work: str
    text: str
    count: int
    url: str
    after_s: int = 0
    since_s: int = 0
    calls_waiting: int = 0
    calls_min: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A notice of the centre that waits to be read: the number of its letter, and its title."""

    letter: int
    title: str


@dataclass(frozen=True, slots=True)
class Undo:
    """The last step of the counter, while it can be taken back: so many seconds from the picture on."""

    step: str
    ticket: str
    left_s: int


@dataclass(frozen=True, slots=True)
class Seat:
    """Who is at a counter, for somebody who looks for a place."""

    counter: str
    state: CounterState
    agent: str | None
    agent_name: str | None
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What one agent sees. `counter` is None when they are signed on to none, and only then there are `seats`.

    `certain`: the hub's time is believed. `told`: what of the centre's notices they have not read, the newest first.
    `between`: back-office work for while nobody waits.
    """

    epoch: int
    seq: int
    at: str
    day: bool
    counter: CounterFace | None
    visit: Visit | None
    steps: tuple[DeskStep, ...]
    undo: Undo | None
    thread: tuple[ThreadEntry, ...]
    upcoming: tuple[Upcoming, ...]
    on_hold: tuple[OnHold, ...]
    pending: tuple[PendingWork, ...]
    seats: tuple[Seat, ...]
    certain: bool = True
    told: tuple[Told, ...] = ()
    between: BackOffice | None = None


# --- the supervisor's board ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CounterTile:
    """One counter on the supervisor's board. `flag`: `alarm` (an emergency), `idle`, `long`, `break`, or ''.

    `services` are those it is configured to call, whoever sits there; `agent` is who does.
    """

    counter: str
    label: str
    state: CounterState
    agent_name: str | None
    ticket: str | None
    elapsed_s: int
    waiting: int
    level: Level
    flag: Literal["alarm", "idle", "long", "break", ""] = ""
    reason: str = ""
    services: tuple[str, ...] = ()
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class AtWork:
    """A counter whose agent does back-office work of the service named `work`; `recalled`: they are called back."""

    counter: str
    work: str
    recalled: bool


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue on the supervisor's board: who waits now, and today's P80 wait against the target, seconds.

    `open_counters` serve it now; `served` were issued for it and are served.
    """

    service: str
    label: str
    waiting: int
    oldest_s: int | None
    low_s: int | None
    high_s: int | None
    open_counters: int
    served: int
    p80_s: int | None
    target_s: int
    level: Level


@dataclass(frozen=True, slots=True)
class DayTotals:
    """The day's visits, each in one place: all but `issued` add up to it. `unprinted` wait for their paper."""

    issued: int
    served: int
    waiting: int
    at_counters: int
    absent: int
    cancelled: int
    unserved: int
    unprinted: int


@dataclass(frozen=True, slots=True)
class HourWait:
    """Those who came in one local hour and were received: how many, and their P80 wait, seconds."""

    hour: int
    received: int
    p80_s: int


@dataclass(frozen=True, slots=True)
class Alert:
    """What a supervisor should know, in a sentence of the agency's first language; `code` for programs.

    `about`: the counter, queue or device, where there may be several of one code.
    """

    code: str
    level: Level
    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Supervision:
    """The supervisor's board. `date` is the business day's, ISO, None before the first; `alerts` worst first.

    `more_alerts` were left out to keep the picture small. `notice`: the letter of the centre's newest notice in force,
    or 0; who has read it differs among those who see the board. `at_work`: who does back-office work meanwhile.
    """

    epoch: int
    seq: int
    at: str
    agency: str
    day: bool
    date: str | None
    mode: str
    tiles: tuple[CounterTile, ...]
    queues: tuple[QueueRow, ...]
    totals: DayTotals
    hours: tuple[HourWait, ...]
    alerts: tuple[Alert, ...]
    more_alerts: int = 0
    notice: int = 0
    at_work: tuple[AtWork, ...] = ()
