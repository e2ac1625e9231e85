"""One printer, one owner, one slip at a time; every job comes to an end that somebody is told.

queued → sent → confirmed | unknown | failed, where `sent` with a reason is the end for a printer that
is not asked or does not confirm. A job has a deadline: the visitor who waits for it has gone after
that, so it is dropped and nothing pours out when the paper is back. A slip that certainly did not
start is tried again until then; one in doubt is printed again once, marked DUPLICATA, never with
another number.

While nothing is printed the loop sleeps; where the printer answers it is asked now and then, so that
the staff see the end of the paper before the next visitor does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from hardware.printer import NOT_ASKED, Printer, Reason, Result, Status
from hub.paper import Slip, duplicate

State = Literal["queued", "sent", "confirmed", "unknown", "failed"]
#: Between two looks at an idle printer (staff know within 5 s), and at one with a fault: they stand before it and wait.
PROBE_S, TROUBLED_PROBE_S = 4.0, 2.0
RETRY_S = 0.25
STALE: Reason = "stale"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A slip to print. `copy` 0 is the first print; `deadline` is on time.monotonic()."""

    subject: str
    slip: Slip
    deadline: float
    copy: int = 0
    attempt: int = 1

    def left_s(self) -> float:
        """How long somebody still waits for it."""
        return max(0.0, self.deadline - time.monotonic())


Report = Callable[[Job, State, Reason], None]
Trouble = Callable[[Status], None]


class PrintLoop:
    """Owns a printer. `report` hears each step of each job, `trouble` each change of the printer's health."""

    def __init__(self, printer: Printer, report: Report, trouble: Trouble, probe_s: float = PROBE_S) -> None:
        self._printer = printer
        self._report = report
        self._trouble = trouble
        self._probe_s = probe_s
        self._jobs: deque[Job] = deque()
        self._wake = threading.Condition()
        self._closed = False
        self._status = Status("unknown")
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> Status:
        """The printer's health as last heard."""
        return self._status

    def open(self) -> PrintLoop:
        """Start: first a look at the printer, then whatever is put."""
        self._printer.open()
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)
        self._thread.start()
        return self

    def put(self, job: Job) -> None:
        """Queue a job; its end is reported from the loop's thread."""
        self._report(job, "queued", "")
        with self._wake:
            self._jobs.append(job)
            self._wake.notify()

    def close(self) -> None:
        """Stop after the job in hand."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        self._printer.close()

    def __repr__(self) -> str:
        return f"<PrintLoop {self._printer!r} {len(self._jobs)} waiting>"

    def _run(self) -> None:
        self._note(self._printer.status())
        while not self._closed:
            with self._wake:
                if not self._jobs and not self._closed:
                    self._wake.wait(self._pause())
                job = self._jobs.popleft() if self._jobs else None
            if job is not None:
                self._work(job)
            elif not self._closed:
                self._note(self._printer.status())

    def _pause(self) -> float | None:
        """How long to sleep at most; a printer that cannot be asked is never probed."""
        if self._status == NOT_ASKED:
            return None
        return self._probe_s if self._status.health == "ok" else min(TROUBLED_PROBE_S, self._probe_s)

    def _work(self, job: Job) -> None:
        """Print until it is on paper, in doubt twice, or too late."""
        tried, last, doubt = job, Result("failed", STALE), Result("failed")
        while not self._closed and (left := job.left_s()) > 0:
            tried = job
            self._report(job, "sent", "")
            last = self._printer.print(_marked(job), left)
            self._note(_status_after(last))
            if last.outcome in ("sent", "confirmed") or (last.outcome == "unknown" and not self._once_more(job)):
                break
            doubt = last if last.outcome == "unknown" else doubt
            job = replace(job, attempt=job.attempt + 1, copy=job.copy + (last.outcome == "unknown"))
            with self._wake:
                self._wake.wait(min(RETRY_S, job.left_s()))
        # A second try that came to nothing does not undo the first: that slip may hang out.
        self._report(tried, doubt.outcome if last.outcome == "failed" else last.outcome, last.reason)

    def _once_more(self, job: Job) -> bool:
        """Whether a slip in doubt may be printed again: once, and by a printer that says it can."""
        if job.copy or not job.left_s():
            return False
        self._note(self._printer.status(job.left_s()))
        return self._status.health == "ok"

    def _note(self, status: Status) -> None:
        if status != self._status:
            log.info("printer %s: %s %s", self._printer, status.health, status.reason)
            self._status = status
            self._trouble(status)


def _marked(job: Job) -> Slip:
    return duplicate(job.slip, job.copy) if job.copy else job.slip


def _status_after(result: Result) -> Status:
    """What a job's end says about the printer."""
    match result.outcome:
        case "confirmed":
            return Status("ok", result.reason)
        case "sent":
            return NOT_ASKED if result.reason == NOT_ASKED.reason else Status("ok")
        case "unknown" if result.reason == "slow":
            return Status("unknown", "slow")
        case _:
            return Status("not_ok", result.reason)
