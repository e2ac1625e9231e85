"""What can be asked of printing: take a job, report it, settle one in doubt, write off the late ones."""

from __future__ import annotations

from hub.ask import Answer, Ask
from hub.context import Hub, action
from hub.errors import NotFound
from hub.paper import of_school, slip_as_json
from hub.printing import rules, store
from hub.printing.model import Job
from hub.store import Transaction


def take(hub: Hub, ask: Ask, *, printer: str | None = None) -> Answer:
    """The next job of a printer, for its owner; `{"job": null}` when there is none.

    Its own papers come first, then those of the printers it stands in for; `again_ms` says when one of these may be
    had. Asked by one who is idle. It needs no key: taking twice is a new attempt, and fences the first.
    """
    name = rules.owned(ask.actor.device, ask.actor.roles, printer)
    others = stood_in_for(hub, name)
    return hub.perform(Ask(ask.actor), lambda tx: _take(tx, hub, name, others))


def stood_in_for(hub: Hub, printer: str) -> tuple[str, ...]:
    """The printers whose papers come to this one when they cannot print them."""
    return tuple(other.name for other in hub.settings.printers if other.stand_in == printer)


def _take(tx: Transaction, hub: Hub, printer: str, others: tuple[str, ...]) -> Answer:
    _write_off(tx, printer)
    device = tx.actor.scope
    soon: list[int] = []
    for job in for_printer(tx.connection, printer, others):
        ready = rules.ready_in(job, device, tx.now, stands_in=job.printer != printer)
        if ready == 0:
            tx.record(rules.take(job, device))
            return _taken(tx, job.id, hub.settings.hub.mark)
        soon += [ready] if ready else []
    return {"job": None, "again_ms": min(soon)} if soon else {"job": None}


def _taken(tx: Transaction, job_id: int, mark: str) -> Answer:
    taken = _job(tx, job_id)
    return {
        "job": taken.id,
        "attempt": taken.attempt,
        "about": taken.about,
        "copy": taken.copy,
        "slip": slip_as_json(of_school(rules.marked(taken), mark)),
        "left_ms": rules.left_ms(taken, tx.now),
    }


def for_printer(reader: store.Reader, printer: str, others: tuple[str, ...]) -> list[Job]:
    """What is open for a printer, then for those it stands in for."""
    return [job for name in (printer, *others) for job in store.open_jobs(reader, name)]


@action
def report(  # noqa: PLR0913 (what is reported of which attempt)
    tx: Transaction, hub: Hub, *, job: int, attempt: int, state: str, reason: str | None = None
) -> Answer:
    """What became of a job that was taken: confirmed, unknown, failed; or sent, by a printer that cannot be asked."""
    del hub
    tx.record(rules.report(_job(tx, job), tx.actor.device, attempt, state, reason or ""))
    return _face(_job(tx, job))


@action
def settle(tx: Transaction, hub: Hub, *, job: int, printed: bool) -> Answer:
    """A person looked at a job in doubt: the paper is there, or is no longer wanted."""
    del hub
    tx.record(rules.settle(_job(tx, job), printed=printed))
    return _face(_job(tx, job))


@action
def drop_stale(tx: Transaction, hub: Hub) -> Answer:
    """Write off the jobs that nobody came for in time. Asked by the hub's own timer, without a key."""
    del hub
    return {"written_off": _write_off(tx, None)}


def _write_off(tx: Transaction, printer: str | None) -> int:
    late = [job for job in store.open_jobs(tx.connection, printer) if rules.is_spent(job, tx.now)]
    for job in late:
        tx.record(rules.expire(job))
    return len(late)


def _job(tx: Transaction, job_id: int) -> Job:
    found = store.job(tx.connection, job_id)
    if found is None:
        raise NotFound(f"no print job {job_id}", field="job")
    return found


def _face(job: Job) -> Answer:
    names = ("about", "copy", "state", "attempt", "reason")
    return {"job": job.id} | {name: getattr(job, name) for name in names}
