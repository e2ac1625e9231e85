"""What may happen to a print job. Every state and every step is here; nothing else is.

A job has a lifetime: the visitor who waits for the paper has gone after that, so a late job is
dropped, and nothing pours out of a printer that gets its paper back. A job once taken may be on
paper already, so it is never dropped in silence: it ends `unknown`, for a person to look.

The attempt number fences. Only the last to take a job may report it; who restarts, or takes over
from an owner that fell silent, takes it anew, and a first print tried again says DUPLICATA.
"""

from __future__ import annotations

from hub.clock import Elapsed, Instant, elapsed
from hub.errors import IllegalStep, NotAllowed, Unreadable
from hub.paper import Slip, duplicate
from hub.printing.model import Job, JobState, PrintJobEnded, PrintJobSettled, PrintJobTaken

#: state → step → state. A late word of the owner still turns `unknown` into what it was.
STEPS: dict[JobState, dict[str, JobState]] = {
    "queued": {"take": "sent", "expire": "dropped"},
    "sent": {
        "take": "sent", "expire": "unknown",
        "sent": "sent", "confirmed": "confirmed", "unknown": "unknown", "failed": "failed",
    },
    "unknown": {"confirmed": "confirmed", "failed": "failed", "settle": "confirmed"},
    "failed": {"settle": "confirmed"},
    "dropped": {"settle": "confirmed"},
    "confirmed": {},
}  # fmt: skip
#: What an owner may say of its attempt.
REPORTS: frozenset[str] = frozenset({"sent", "confirmed", "unknown", "failed"})
LIFETIME_MS = 5 * 60_000
#: An owner silent for so long is taken for gone: another may try.
SILENT_MS = 30_000
#: A job that nobody lived to report so often is not tried again: it may be what kills them.
ATTEMPTS = 3
#: A paper that nobody has come for in so long goes to the printer's stand-in.
LEFT_MS = 10_000
#: The role of a device that prints for others (`mbote printer`).
PRINTER_ROLE = "printer"


def step(job: Job, name: str) -> JobState:
    """The state a step leads to. Raises IllegalStep naming the steps there are."""
    steps = {} if job.state == "sent" and job.ended else STEPS[job.state]
    if name not in steps:
        raise IllegalStep(
            f"print job {job.id} is {job.state}: {name} is not possible now", state=job.state, possible=sorted(steps)
        )
    return steps[name]


def owned(device: str | None, roles: frozenset[str], printer: str | None) -> str:
    """The printer a device takes jobs for: its own, or the one it names if it prints for others. Raises NotAllowed."""
    wanted = printer or device
    if device is None or wanted is None or (wanted != device and PRINTER_ROLE not in roles):
        raise NotAllowed(f"{device or 'an agent'} does not own the printer {wanted}")
    return wanted


def age(job: Job, now: Instant) -> Elapsed:
    """How long ago the job was caused."""
    return elapsed(job.queued, now)


def is_stale(job: Job, now: Instant) -> bool:
    """Whether whoever waited for this paper has gone."""
    return age(job, now).ms >= LIFETIME_MS


def left_ms(job: Job, now: Instant) -> int:
    """How much longer the paper makes sense."""
    return max(0, LIFETIME_MS - age(job, now).ms)


def ready_in(job: Job, device: str, now: Instant, *, stands_in: bool = False) -> int | None:
    """After how many milliseconds this device may take the job: 0 now, None never.

    A queued job at once; one's own again after a restart; another's once that owner is silent. A stand-in (`stands_in`:
    the job is for another printer) comes when nobody else has.
    """
    if job.ended or job.slip is None or job.attempt >= ATTEMPTS or job.state not in ("queued", "sent"):
        return None
    if job.owner == device:
        return 0
    if job.state == "queued":
        return max(0, LEFT_MS - age(job, now).ms) if stands_in else 0
    return max(0, SILENT_MS - elapsed(job.taken, now).ms) if job.taken else None


def can_take(job: Job, device: str, now: Instant, *, stands_in: bool = False) -> bool:
    """Whether it may take the job now."""
    return ready_in(job, device, now, stands_in=stands_in) == 0


def take(job: Job, device: str) -> PrintJobTaken:
    """A new attempt, which fences every earlier one."""
    step(job, "take")
    return PrintJobTaken(job.id, job.attempt + 1, device)


def marked(job: Job) -> Slip:
    """What goes on paper: copies say DUPLICATA n, and so does a first print that may already be out."""
    assert job.slip is not None
    copy = job.copy or min(job.attempt - 1, 1)
    return duplicate(job.slip, copy) if copy > 0 else job.slip


def report(job: Job, device: str | None, attempt: int, state: str, reason: str) -> PrintJobEnded:
    """What became of an attempt. Raises IllegalStep `fenced` when the job has gone on to another."""
    if state not in REPORTS:
        raise Unreadable(f"{state} is none of {', '.join(sorted(REPORTS))}", field="state")
    if attempt != job.attempt or device != job.owner:
        raise IllegalStep(
            f"print job {job.id} went on to attempt {job.attempt}", code="fenced", attempt=job.attempt, possible=[]
        )
    return PrintJobEnded(job.id, attempt, step(job, state), reason)


def expire(job: Job) -> PrintJobEnded:
    """Too late: dropped if it never left, else in doubt."""
    return PrintJobEnded(job.id, job.attempt, step(job, "expire"), "stale")


def is_spent(job: Job, now: Instant) -> bool:
    """Whether only its end is left to be written down."""
    return not job.ended and (is_stale(job, now) or (job.attempt >= ATTEMPTS and _silent(job, now)))


def _silent(job: Job, now: Instant) -> bool:
    return job.taken is not None and elapsed(job.taken, now).ms >= SILENT_MS


def settle(job: Job, *, printed: bool) -> PrintJobSettled:
    """A person looked: the paper is there, or is no longer wanted."""
    step(job, "settle")
    return PrintJobSettled(job.id, printed)
