"""What is counted: visits, their passages, and the business days they belong to.

A visit is a ticket: it is counted once, whatever became of it. A passage is one stage of it: one wait and
one service in one queue; a transfer, or the return of an absent visitor, opens another one. Counts are of
visits, waits and service times are of passages: so nobody is counted twice, and each queue answers for its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hub.clock import Elapsed, Instant, elapsed
from hub.queues.model import Outcome, TicketState

HOUR_MS = 3_600_000


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

    @cached_property
    def wait(self) -> Elapsed | None:
        """From entering the queue (the issue, for the first passage) to the start; None before."""
        return elapsed(self.entered, self.started) if self.started else None

    @cached_property
    def wait_to_call(self) -> Elapsed | None:
        """From entering the queue to the call that was not taken back; None before."""
        return elapsed(self.entered, self.called) if self.called else None

    @cached_property
    def service_time(self) -> Elapsed | None:
        """From the start to the end, without what was spent on hold; None unless the service came to its end."""
        if self.started is None or self.ended is None or self.outcome not in ("served", "transferred"):
            return None
        whole = elapsed(self.started, self.ended)
        return Elapsed(max(0, whole.ms - self.held_ms), whole.certain)

    @property
    def left(self) -> Instant | None:
        """When it stopped waiting: called, or gone without a call; None while it waits."""
        return self.called or self.ended


@dataclass(frozen=True)
class Visit:
    """One ticket, with its passages in order. `low_s` to `high_s` is the wait that was announced."""

    day: str
    asked: str
    state: TicketState
    hour: int
    issued: Instant
    passages: tuple[Passage, ...]
    low_s: int | None = None
    high_s: int | None = None

    @property
    def last(self) -> Passage:
        """Where the visit is now, or ended."""
        return self.passages[-1]

    @cached_property
    def wait(self) -> Elapsed | None:
        """From the issue to the first start; None when nobody was received."""
        first = next((p.started for p in self.passages if p.started), None)
        return elapsed(self.issued, first) if first else None


@dataclass(frozen=True, slots=True)
class Day:
    """A business day, by its date; `closed_at` None while it is open. Times in ms; `offset_ms`: local less UTC."""

    date: str
    opened_at: int
    closed_at: int | None
    offset_ms: int = 0

    def hour(self, at_ms: int) -> int:
        """The hour that the agency's clocks showed, 0 to 23."""
        return (at_ms + self.offset_ms) // HOUR_MS % 24
