"""Print jobs on disk: how each fact changes the rows, what can be read, and how a job is caused.

`queue_job` is called inside the transaction of whatever causes the paper, so that there is no
cause without its job and no job without its cause.
"""

from __future__ import annotations

import json
import sqlite3

from hub.clock import instant
from hub.journal import Appliers, Rows
from hub.paper import Slip, slip_as_json, slip_from_json
from hub.printing.model import Job, PrintJobEnded, PrintJobQueued, PrintJobSettled, PrintJobTaken
from hub.store import Transaction

Reader = sqlite3.Connection
#: More than these are not shown, and not settled at once.
DOUBTS_SHOWN, DOUBTS_SETTLED = 50, 500
#: Jobs of one epoch: more than a printer lives to print. Pages read them: 53 bits in all.
JOBS_BITS = 32


def queue_job(tx: Transaction, *, about: str, printer: str, copy: int, slip: Slip) -> int:
    """Cause a paper: `about` is its subject (`ticket 42`), `copy` 0 its first print. The job's number."""
    row = tx.one("SELECT coalesce(max(id), 0) + 1 FROM print_job")
    assert row is not None
    # a printer's owner may hold a job that this hub, restored, has never heard of: each epoch has numbers of its own
    job = max(int(row[0]), ((tx.epoch - 1) << JOBS_BITS) + 1)
    tx.record(PrintJobQueued(job, about, printer, copy, json.dumps(slip_as_json(slip), ensure_ascii=False)))
    return job


# --- reading ---------------------------------------------------------------------------------


def job_of(row: sqlite3.Row) -> Job:
    """A job from its row."""
    return Job(
        id=row["id"],
        about=row["about"],
        printer=row["printer"],
        copy=row["copy"],
        slip=slip_from_json(json.loads(row["slip"])) if row["slip"] else None,
        state=row["state"],
        queued=instant(row["queued_at"], row["queued_tick"]),
        attempt=row["attempt"],
        owner=row["owner"],
        taken=instant(row["taken_at"], row["taken_tick"]) if row["taken_at"] is not None else None,
        ended=bool(row["ended"]),
        reason=row["reason"],
    )


def job(reader: Reader, job_id: int) -> Job | None:
    """One job."""
    row = reader.execute("SELECT * FROM print_job WHERE id = ?", (job_id,)).fetchone()
    return job_of(row) if row else None


def open_jobs(reader: Reader, printer: str | None = None) -> list[Job]:
    """What has not come to an end, oldest first: of one printer, or of all."""
    if printer is None:
        rows = reader.execute("SELECT * FROM print_job INDEXED BY print_job_open WHERE ended = 0 ORDER BY id")
    else:
        rows = reader.execute("SELECT * FROM print_job WHERE ended = 0 AND printer = ? ORDER BY id", (printer,))
    return [job_of(row) for row in rows]


def jobs_waiting(reader: Reader, printer: str) -> int:
    """How many jobs its owner has to hear of: those to take, and the one it may have had in hand when it died."""
    row = reader.execute("SELECT count(*) FROM print_job WHERE ended = 0 AND printer = ?", (printer,)).fetchone()
    return int(row[0])


def jobs_in_doubt(reader: Reader) -> list[Job]:
    """Papers that may be missing and that nobody has looked at, latest first; one a subject, unless printed again."""
    rows = reader.execute(
        "SELECT * FROM print_job j WHERE state IN ('unknown', 'failed', 'dropped') AND settled = 0"
        " AND NOT EXISTS (SELECT 1 FROM print_job later WHERE later.id > j.id AND later.about = j.about"
        "  AND later.printer = j.printer) ORDER BY id DESC LIMIT ?",
        (DOUBTS_SHOWN,),
    )
    return [job_of(row) for row in rows]


def unsettled(reader: Reader) -> list[Job]:
    """Jobs in doubt that nobody has dealt with, printed again or not, oldest first."""
    rows = reader.execute(
        "SELECT * FROM print_job WHERE state IN ('unknown', 'failed', 'dropped') AND settled = 0 ORDER BY id LIMIT ?",
        (DOUBTS_SETTLED,),
    )
    return [job_of(row) for row in rows]


def last_job_about(reader: Reader, about: str) -> Job | None:
    """The last paper caused for a subject."""
    row = reader.execute("SELECT * FROM print_job WHERE about = ? ORDER BY id DESC LIMIT 1", (about,)).fetchone()
    return job_of(row) if row else None


# --- applying --------------------------------------------------------------------------------


def _queued(rows: Rows, event: PrintJobQueued) -> None:
    rows.run(
        "INSERT INTO print_job (id, about, printer, copy, slip, state, queued_at, queued_tick)"
        " VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)",
        event.job, event.about, event.printer, event.copy, event.slip, rows.now.at, rows.now.tick,
    )  # fmt: skip


def _taken(rows: Rows, event: PrintJobTaken) -> None:
    rows.run(
        "UPDATE print_job SET state = 'sent', attempt = ?, owner = ?, taken_at = ?, taken_tick = ? WHERE id = ?",
        event.attempt, event.owner, rows.now.at, rows.now.tick, event.job,
    )  # fmt: skip


def _ended(rows: Rows, event: PrintJobEnded) -> None:
    rows.run("UPDATE print_job SET state = ?, reason = ?, ended = 1 WHERE id = ?", event.state, event.reason, event.job)


def _settled(rows: Rows, event: PrintJobSettled) -> None:
    rows.run(
        "UPDATE print_job SET state = CASE WHEN ? THEN 'confirmed' ELSE state END, settled = 1 WHERE id = ?",
        event.printed, event.job,
    )  # fmt: skip


APPLIERS: Appliers = {
    PrintJobQueued: _queued,
    PrintJobTaken: _taken,
    PrintJobEnded: _ended,
    PrintJobSettled: _settled,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {"print_job": ("slip",)}
