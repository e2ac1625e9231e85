"""What a print job is, and every fact that can happen to one.

A kiosk's first ticket is no job: the kiosk prints it from the answer it got. Everything else that
a printer of ours prints is: a further copy, a ticket given at reception, a receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hub.clock import Instant
from hub.journal import Event
from hub.paper import Slip

#: `sent` is where a job ends on a printer that cannot be asked; elsewhere it is on its way to one of the others.
JobState = Literal["queued", "sent", "confirmed", "unknown", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class Job:
    """One slip for one printer. `copy` 0 is the first print; `attempt` fences whoever took it before.

    `slip` is None once its retention is over: it may name people.
    """

    id: int
    about: str
    printer: str
    copy: int
    slip: Slip | None
    state: JobState
    queued: Instant
    attempt: int = 0
    owner: str | None = None
    taken: Instant | None = None
    ended: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JobEvent(Event):
    """Something happened to a print job."""

    job: int

    @property
    def subject(self) -> str:
        """The job's row."""
        return f"print_job {self.job}"


@dataclass(frozen=True, slots=True)
class PrintJobQueued(JobEvent):
    """Something is to be printed. `slip` is `hub.paper.slip_as_json`, as text: it may name people."""

    kind: ClassVar[str] = "print_job_queued"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"slip"})
    about: str
    printer: str
    copy: int
    slip: str | None = None


@dataclass(frozen=True, slots=True)
class PrintJobTaken(JobEvent):
    """A printer's owner has the job in hand; whoever had an earlier attempt is fenced."""

    kind: ClassVar[str] = "print_job_taken"
    attempt: int
    owner: str


@dataclass(frozen=True, slots=True)
class PrintJobEnded(JobEvent):
    """What became of an attempt; `dropped` and a silent `unknown` come from the hub itself."""

    kind: ClassVar[str] = "print_job_ended"
    attempt: int
    state: JobState
    reason: str


@dataclass(frozen=True, slots=True)
class PrintJobSettled(JobEvent):
    """A job in doubt is over: a person found the paper (`printed`) or no longer wants it, or its day has closed."""

    kind: ClassVar[str] = "print_job_settled"
    printed: bool
