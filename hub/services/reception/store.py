"""Reception on disk, and what it reads of the other rooms: sheets, missing papers, absent visitors."""

from __future__ import annotations

import sqlite3

from hub import codes
from hub.agents import devices
from hub.clock import Instant, elapsed, instant, local
from hub.context import Hub
from hub.journal import Appliers, Rows
from hub.printing import store as printing
from hub.queues import faces, followup, pictures
from hub.queues import store as queues
from hub.queues.model import BusinessDay, Ticket
from hub.services.ports import Pending, ThreadLine
from hub.services.reception import rules
from hub.services.reception.model import Answer, AnswerWithdrawn, Missing, ServiceNow, Sheet, Trouble, VisitorAnswered

Reader = sqlite3.Connection
ABSENT_SHOWN = 12
URL = "/desk/reception"
_MS_PER_MIN = 60_000
_ABOUT = "ticket "


# --- answers without a ticket ----------------------------------------------------------------


def next_answer(reader: Reader) -> int:
    """The number of the next answer."""
    return int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM reception_answer").fetchone()[0])


def answer(reader: Reader, answer_id: int) -> tuple[Answer, Instant] | None:
    """One answer, and when it was given."""
    row = reader.execute("SELECT * FROM reception_answer WHERE id = ?", (answer_id,)).fetchone()
    if row is None:
        return None
    return Answer(row["id"], row["day"], row["service"], bool(row["withdrawn"])), instant(row["at"], row["tick"])


def answered(reader: Reader, day: int) -> int:
    """How many visitors were helped on the spot that day."""
    before = "SELECT id FROM reception_answer WHERE day < ? ORDER BY id DESC LIMIT 1"  # back over this day's answers
    row = reader.execute(
        f"SELECT count(*) FROM reception_answer WHERE id > coalesce(({before}), 0) AND day = ? AND withdrawn = 0",  # noqa: S608 (the words above)
        (day, day),
    ).fetchone()
    return int(row[0])


# --- what is seen ----------------------------------------------------------------------------


def services_now(hub: Hub, reader: Reader) -> tuple[ServiceNow, ...]:
    """What a ticket can be given for now."""
    at = pictures.moment(hub, reader)
    found = []
    for service in pictures.public_services(hub):
        waiting = at.waiting.get(service.code)
        wait = pictures.announced(hub, at, service)
        found.append(
            ServiceNow(
                code=service.code,
                prefix=service.prefix,
                label=service.label,
                icon=service.icon,
                waiting=waiting.count if waiting else 0,
                wait=wait,
                served=wait is not None,
            )
        )
    return tuple(found)


def sheet(hub: Hub, reader: Reader, ticket: Ticket) -> Sheet:
    """One ticket with what can be done about it."""
    now = hub.now()
    service = hub.settings.service(ticket.stage.service)
    told = followup.followed(hub, reader, ticket)
    left = None
    if ticket.state == "no_show":
        left = rules.return_left_min(ticket.stage.ended, ticket.returns, now, hub.settings.queue.return_min)
    return Sheet(
        id=faces.public_id(ticket),
        label=ticket.label,
        service=ticket.stage.service,
        service_label=service.label if service else ticket.stage.service,
        state=ticket.state,
        paper=ticket.paper,
        priority=ticket.priority,
        channel=ticket.channel,
        issued=local(ticket.issued.at, hub.settings.agency.zone).strftime("%H:%M"),
        waited_min=minutes_since(ticket.issued, now),
        counter=ticket.stage.counter or "",
        requester=queues.personal(reader, ticket.id).get("requester") or "",
        copies=queues.copies(reader, ticket.id),
        steps=rules.offered(ticket.state, left, told.acts),
        left_min=left,
        followed=told,
    )


def minutes_since(start: Instant, now: Instant) -> int:
    """Whole minutes."""
    return elapsed(start, now).ms // _MS_PER_MIN


def found(hub: Hub, reader: Reader, typed: str) -> tuple[Sheet, ...]:
    """Today's tickets that somebody may mean by what they typed."""
    day = queues.day(reader)
    if day is None:
        return ()
    if token := codes.token(typed):
        ticket = queues.ticket_of_token(reader, token)
        return (sheet(hub, reader, ticket),) if ticket else ()
    prefixes = [service.prefix for service in hub.settings.services]
    tickets = [queues.ticket_labelled(reader, day.id, label) for label in rules.labels_meant(typed, prefixes)]
    return tuple(sheet(hub, reader, ticket) for ticket in tickets if ticket)


def missing(hub: Hub, reader: Reader) -> tuple[Missing, ...]:
    """Papers that somebody should ask for: tickets that nobody can call yet, and prints that went wrong."""
    day = queues.day(reader)
    if day is None or not day.open:
        return ()
    return (*_unreported(hub, reader), *_lost_prints(hub, reader, day))


def _unreported(hub: Hub, reader: Reader) -> list[Missing]:
    now = hub.now()
    return [
        Missing(
            sheet=sheet(hub, reader, ticket),
            why="failed" if ticket.paper == "failed" else "awaited",
            job=None,
            since_min=minutes_since(ticket.issued, now),
        )
        for ticket in queues.open_tickets(reader, ("issued",))
        if rules.paper_in_doubt(ticket.paper, ticket.issued, now)
    ]


def _lost_prints(hub: Hub, reader: Reader, day: BusinessDay) -> list[Missing]:
    lost = []
    for job in printing.jobs_in_doubt(reader):
        ticket = queues.ticket(reader, ticket_of(job.about))
        if ticket and ticket.day == day.id and rules.OFFERED.get(ticket.state):
            why = job.state if job.state in ("failed", "dropped") else "unknown"
            since = minutes_since(job.queued, hub.now())
            lost.append(Missing(sheet=sheet(hub, reader, ticket), why=why, job=job.id, since_min=since))
    return lost


def about(ticket: int) -> str:
    """The subject of a ticket's print jobs."""
    return f"{_ABOUT}{ticket}"


def ticket_of(subject: str) -> int:
    """The ticket that a print job is about; 0 when it is about something else."""
    rest = subject.removeprefix(_ABOUT)
    return int(rest) if subject.startswith(_ABOUT) and rest.isdigit() else 0


def absent(hub: Hub, reader: Reader) -> tuple[Sheet, ...]:
    """Visitors who did not come when called and may still come back, last first."""
    day = queues.day(reader)
    if day is None or not day.open:
        return ()
    sheets = (sheet(hub, reader, ticket) for ticket in queues.absent_tickets(reader, day.id))
    return tuple(each for each in sheets if each.left_min)[:ABSENT_SHOWN]


def troubles(hub: Hub) -> tuple[Trouble, ...]:
    """Visitors who call for help at a device, then devices that need a hand; the longest first."""
    now, help_calls, broken = hub.now(), [], []
    for health in devices.listed(hub):
        name, since, place = health.device.name, health.device.help_since, health.device.help_place
        if since is not None:
            help_calls.append(Trouble(name, "help", "asked", minutes_since(since, now), help=True, place=place))
        broken += [Trouble(name, each.part, each.state, minutes_since(each.since, now)) for each in health.troubles]
    return (*sorted(help_calls, key=_longest), *sorted(broken, key=_longest))


def _longest(trouble: Trouble) -> int:
    return -trouble.since_min


# --- read ports ------------------------------------------------------------------------------


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """What reception knows of a visit and the queues' own lines do not say: what became of its papers."""
    whole = queues.ticket(reader, ticket)
    if whole is None:
        return ()
    seen = [
        ThreadLine(row["at"], "check", "reception.thread_paper_seen")
        for row in queues.history(reader, whole)
        if row["kind"] == "paper_reported" and '"confirmed"' in row["payload"]
    ]
    job = printing.last_job_about(reader, about(ticket))
    if job and job.state in ("failed", "dropped", "unknown"):
        seen.append(ThreadLine(job.queued.at, "printer", f"reception.thread_print_{job.state}"))
    return tuple(seen)


def pending(reader: Reader, agent: str) -> tuple[Pending, ...]:
    """Papers in doubt: whoever is at reception asks for them."""
    del agent
    tickets = [ticket.issued.at for ticket in queues.open_tickets(reader, ("issued",)) if ticket.paper == "failed"]
    since = tickets + [job.queued.at for job in printing.jobs_in_doubt(reader) if ticket_of(job.about)]
    if not since:
        return ()
    return (Pending("papers", "reception.pending_papers", len(since), min(since), f"{URL}#missing"),)


# --- applying --------------------------------------------------------------------------------


def _visitor_answered(rows: Rows, event: VisitorAnswered) -> None:
    rows.run(
        "INSERT INTO reception_answer (id, day, service, at, tick) VALUES (?, ?, ?, ?, ?)",
        event.answer, event.day, event.service, rows.now.at, rows.now.tick,
    )  # fmt: skip


def _answer_withdrawn(rows: Rows, event: AnswerWithdrawn) -> None:
    rows.run("UPDATE reception_answer SET withdrawn = 1 WHERE id = ?", event.answer)


APPLIERS: Appliers = {VisitorAnswered: _visitor_answered, AnswerWithdrawn: _answer_withdrawn}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {"reception_answer": ()}
