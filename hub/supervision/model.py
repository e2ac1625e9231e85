"""What is counted: visits, their passages, and the business days they belong to.

A visit is a ticket: it is counted once, whatever became of it. A passage is one stage of it: one wait and
one service in one queue; a transfer, or the return of an absent visitor, opens another one. Counts are of
visits, waits and service times are of passages: so nobody is counted twice, and each queue answers for its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hub.clock import Elapsed, Instant, elapsed
from hub.queues.model import Channel, Outcome, Priority, TicketState

HOUR_MS = 3_600_000


def _after(one: Instant, other: Instant) -> bool:
    """Whether an instant is later than another: by the running clock where both are on one."""
    return one.mono > other.mono if one.boot == other.boot else one.at > other.at


@dataclass(frozen=True)  # no slots: what was worked out once is kept, for a month is grouped six ways
class Passage:
    """One wait and one service in one queue. `hour` is the local hour of entering; `held_ms` was spent aside."""

    service: str
    hour: int
    entered: Instant
    counter: str | None = None
    agent: str | None = None
    calls: int = 0
    called: Instant | None = None
    started: Instant | None = None
    ended: Instant | None = None
    outcome: Outcome | None = None
    held_ms: int = 0
    #: When the key was pressed, of a service whose end was corrected afterwards; `ended` is the corrected one.
    pressed: Instant | None = None
    #: The counter that they were sent to, if to one, and why they were called when they were: `waited:12`.
    wanted: str | None = None
    why: str = ""
    #: The time of the appointment that they came for, of the first passage of such a visit.
    due: Instant | None = None

    @cached_property
    def since(self) -> Instant:
        """From when on they waited for the agency: entering the queue, or the time of their appointment after that."""
        return self.due if self.due and _after(self.due, self.entered) else self.entered

    @cached_property
    def wait(self) -> Elapsed | None:
        """From `since` (the issue, for most first passages) to the start; nothing when received before; None before."""
        return elapsed(self.since, self.started) if self.started else None

    @cached_property
    def wait_to_call(self) -> Elapsed | None:
        """From `since` to the call that was not taken back; None before."""
        return elapsed(self.since, self.called) if self.called else None

    @cached_property
    def service_time(self) -> Elapsed | None:
        """From the start to the end, without what was spent on hold; None unless the service came to its end.

        One over which the day was closed came to its end where somebody has said when.
        """
        if self.started is None or self.ended is None:
            return None
        if self.outcome not in ("served", "transferred") and self.pressed is None:
            return None
        return self._served_until(self.ended)

    @cached_property
    def as_pressed(self) -> Elapsed | None:
        """The same as the keys were pressed, where that was corrected; else None."""
        if self.service_time is None or self.pressed is None:
            return None
        return self._served_until(self.pressed)

    def _served_until(self, end: Instant) -> Elapsed:
        assert self.started is not None
        whole = elapsed(self.started, end)
        return Elapsed(max(0, whole.ms - self.held_ms), whole.certain)

    @property
    def left(self) -> Instant | None:
        """When it stopped waiting: called, or gone without a call; None while it waits."""
        return self.called or self.ended


@dataclass(frozen=True)
class Visit:
    """One ticket, with its passages in order. `low_s` to `high_s` is the wait that was announced.

    `passes`: how often its visitor let others go first. `due`: the time of the appointment that they came for, and
    `head_start` the minutes that it is worth in the line.
    """

    label: str
    day: str
    asked: str
    state: TicketState
    hour: int
    issued: Instant
    passages: tuple[Passage, ...]
    low_s: int | None = None
    high_s: int | None = None
    priority: Priority = "normal"
    channel: Channel = "kiosk"
    passes: int = 0
    language: str = ""
    due: Instant | None = None
    head_start: float = 0.0

    @property
    def last(self) -> Passage:
        """Where the visit is now, or ended."""
        return self.passages[-1]

    @property
    def one_counter(self) -> bool:
        """Served without having been sent on."""
        return self.state == "served" and all(p.outcome != "transferred" for p in self.passages)

    @cached_property
    def started(self) -> Instant | None:
        """The first start; None when nobody was received."""
        return next((p.started for p in self.passages if p.started), None)

    @cached_property
    def wait(self) -> Elapsed | None:
        """From the issue, or the time of their appointment after it, to the first start; None before one."""
        since = self.due if self.due and _after(self.due, self.issued) else self.issued
        return elapsed(since, self.started) if self.started else None

    @cached_property
    def early(self) -> Elapsed | None:
        """How long they were here before the time of their appointment, and not received; None of all others."""
        if self.due is None or self.started is None or not _after(self.due, self.issued):
            return None
        return elapsed(self.issued, self.started if _after(self.due, self.started) else self.due)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time that somebody was at an open counter: `served`, a visitor with them; else `paused`, `back` or neither.

    `back`: at back-office work, from taking it up until it is put down, or the next visitor is called (R-434).

    `begin` and `end` are on the day's one line of ms (`measures.Timeline`), and so is `came`: when they signed on.
    """

    counter: str
    agent: str | None
    begin: int
    end: int
    served: bool = False
    paused: bool = False
    came: int = field(default=0, compare=False)
    back: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A business day, by its date; `closed_at` None while it is open. Times in ms; `offset_ms`: local less UTC.

    `targets`: the wait that each service aimed at on that day, ms, where that is known.
    """

    date: str
    opened_at: int
    closed_at: int | None
    offset_ms: int = 0
    targets: Mapping[str, int] | None = None

    def hour(self, at_ms: int) -> int:
        """The hour that the agency's clocks showed, 0 to 23."""
        return (at_ms + self.offset_ms) // HOUR_MS % 24
