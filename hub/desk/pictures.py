"""What one agent sees: the visit at their counter, who is next, what is waiting for them. One picture, one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hub.agents import store as agents
from hub.blended import rules as blended
from hub.blended import work
from hub.clock import Instant, elapsed
from hub.context import Hub
from hub.desk import steps
from hub.desk.thread import motive, thread_of, word
from hub.queues import faces, pictures, store
from hub.queues import line as queue_line
from hub.queues.line import upcoming
from hub.queues.model import CounterSession, Ticket
from hub.queues.pictures import Moment
from hub.queues.routing import Candidate, Choice
from hub.settings.counters import Counter
from hub.staff_pictures import BackOffice, Desk, OnHold, PendingWork, Seat, Told, Upcoming, Visit
from hub.wire import CounterFace, Counters

if TYPE_CHECKING:  # known by its shape alone: a service knows this room, never the other way round
    import sqlite3

    from hub.services.ports import CounterService, Pending

#: What the centre tells that an agent has not read: this room does not know from where.
Notices = Callable[["sqlite3.Connection", str], tuple[Told, ...]]
UPCOMING = 8
_S_PER_MIN = 60


@dataclass(frozen=True, slots=True)
class Common:
    """What all desks see the same of one moment: read once, not once a desk. `names` of agents by code."""

    moment: Moment
    everybody: list[Candidate]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Glance:
    """One agent looking, at one moment of the store."""

    hub: Hub
    reader: sqlite3.Connection
    services: tuple[CounterService, ...]
    agent: str
    common: Common
    now: Instant
    told: tuple[Told, ...] = ()

    @property
    def language(self) -> str:
        """The language of the staff."""
        return self.hub.settings.agency.languages[0]


@dataclass(slots=True)
class Desks:
    """The pictures of all agents."""

    hub: Hub
    services: tuple[CounterService, ...]
    notices: Notices = lambda _reader, _agent: ()

    def pictures(self, reader: sqlite3.Connection) -> Callable[[str], Desk]:
        """What each agent sees at one moment; what all of them see the same is read once."""
        return partial(self._picture, reader, self._common(reader))

    def picture(self, reader: sqlite3.Connection, agent: str) -> Desk:
        """The picture of one agent alone."""
        return self.pictures(reader)(agent)

    def _picture(self, reader: sqlite3.Connection, common: Common, agent: str) -> Desk:
        """Wherever they are signed on: a screen of theirs stays the same when they move."""
        told = self.notices(reader, agent)
        eye = Glance(self.hub, reader, self.services, agent, common, self.hub.now(), told)
        code = store.counter_of_agent(reader, agent)
        counter = self.hub.settings.counter(code) if code else None
        return _at(eye, counter) if counter else _nowhere(eye)

    def _common(self, reader: sqlite3.Connection) -> Common:
        moment = pictures.moment(self.hub, reader)
        return Common(moment, queue_line.waiting_now(self.hub, reader, moment.now), agents.names(reader))


def _at(eye: Glance, counter: Counter) -> Desk:
    """At a counter."""
    seen, rule = _counters(eye, counter.code), eye.hub.settings.queue
    session = store.counter(eye.reader, counter.code)
    ticket = store.ticket(eye.reader, session.ticket) if session.ticket else None
    last = store.ticket(eye.reader, session.last) if session.last else None
    held, found = _on_hold(eye, counter), _open(eye)
    return Desk(
        epoch=seen.epoch,
        seq=seen.seq,
        at=seen.at,
        day=seen.day,
        certain=eye.now.certain,
        counter=seen.counters[0],
        visit=_visit(eye, ticket, counter, seen.counters[0]) if ticket else None,
        steps=steps.offered(session, ticket, rule, eye.now, on_hold=bool(held)) if seen.day else (),
        undo=steps.undoable(session, last, rule, eye.now),
        thread=thread_of(eye.hub, eye.reader, ticket, eye.services) if ticket else (),
        upcoming=_upcoming(eye, counter),
        on_hold=held,
        pending=_pending(eye, found),
        seats=(),
        told=eye.told,
        between=_between(eye, session, work.between(found)) if seen.day else None,
    )


def _nowhere(eye: Glance) -> Desk:
    """At no counter: the places there are."""
    seen = _counters(eye, *(counter.code for counter in eye.hub.settings.counters))
    return Desk(
        epoch=seen.epoch,
        seq=seen.seq,
        at=seen.at,
        day=seen.day,
        certain=eye.now.certain,
        counter=None,
        visit=None,
        steps=(),
        undo=None,
        thread=(),
        upcoming=(),
        on_hold=(),
        pending=_pending(eye, _open(eye)),
        seats=tuple(Seat(f.counter, f.state, f.agent, f.agent_name, f.ticket) for f in seen.counters),
        told=eye.told,
    )


def _counters(eye: Glance, *codes: str) -> Counters:
    return pictures.counters(eye.hub, eye.reader, codes, eye.common.names, eye.common.moment)


def _visit(eye: Glance, ticket: Ticket, counter: Counter, face: CounterFace) -> Visit:
    return Visit(
        ticket=ticket.label,
        id=faces.public_id(ticket),
        state=ticket.state,
        service=ticket.stage.service,
        service_label=_service_label(eye, counter, ticket.stage.service),
        waited_s=face.waited_s or 0,
        why=_why_now(eye.language, ticket),
        priority=ticket.priority,
        facts=tuple(filter(None, (_errand(eye, ticket), *_facts(eye.language, ticket)))),
    )


def _service_label(eye: Glance, counter: Counter, code: str) -> str:
    """What they come for; nothing at a counter where all come for the same."""
    service = eye.hub.settings.service(code)
    return service.label if service and counter.services != (code,) else ""


def why(language: str, name: str) -> str:
    """Why this one, without the minutes, which stand beside it; nothing when it is simply their turn."""
    return word(language, f"why_{name}")


def _why_now(language: str, ticket: Ticket) -> str:
    """Why this ticket was called; a priority is said among the facts."""
    name = ticket.stage.why.partition(":")[0]
    return "" if name == f"priority_{ticket.priority}" else why(language, name)


def _facts(language: str, ticket: Ticket) -> tuple[str, ...]:
    """What to know before the first word: another language, a priority, a special visit, no paper."""
    return (
        word(language, f"language_{ticket.language}", ticket.language) if ticket.language != language else "",
        word(language, f"priority_{ticket.priority}") if ticket.priority != "normal" else "",
        word(language, f"category_{ticket.category}"),
        word(language, f"paper_{ticket.paper}"),
        word(language, "returned") if ticket.returns else "",
    )


def _errand(eye: Glance, ticket: Ticket) -> str:
    """What they come for within the service that they asked for, as they said at the kiosk."""
    service = eye.hub.settings.service(ticket.asked)
    chosen = service.reason(ticket.sub_reason) if service else None
    return chosen.called(eye.language) if chosen else ""


def _upcoming(eye: Glance, counter: Counter) -> tuple[Upcoming, ...]:
    line = upcoming(eye.hub, eye.reader, eye.common.everybody, counter, UPCOMING)
    return tuple(_next(eye, counter, choice) for choice in line)


def _next(eye: Glance, counter: Counter, choice: Choice) -> Upcoming:
    candidate = choice.candidate
    return Upcoming(
        ticket=candidate.label,
        service_label=_service_label(eye, counter, candidate.service),
        waited_s=int(candidate.waited_min * _S_PER_MIN),
        priority=candidate.priority,
        why=why(eye.language, choice.why),
    )


def _on_hold(eye: Glance, counter: Counter) -> tuple[OnHold, ...]:
    """Visits put aside at this counter, and this agent's own from elsewhere that can go on here."""
    return tuple(
        OnHold(t.label, faces.public_id(t), elapsed(t.stage.held, eye.now).ms // 1000, _motive_of_hold(eye, t))
        for t in store.open_tickets(eye.reader, ("on_hold",))
        if t.stage.held
        and (t.stage.counter == counter.code or (t.stage.agent == eye.agent and t.stage.service in counter.services))
    )


def _motive_of_hold(eye: Glance, ticket: Ticket) -> str:
    return motive(eye.language, store.stages(eye.reader, ticket.id)[-1]["detail"] or "")


#: What the services have for an agent, by its code.
Work = Iterable[tuple[str, "Pending"]]


def _open(eye: Glance) -> tuple[tuple[str, Pending], ...]:
    return work.open_for(eye.services, eye.reader, eye.agent)


def _pending(eye: Glance, found: Work) -> tuple[PendingWork, ...]:
    """What the services have for this agent, as far as their roles go."""
    return tuple(
        PendingWork(p.said(eye.language), p.count, max(0, eye.now.at - p.oldest_at) // 1000, p.url) for _, p in found
    )


def _between(eye: Glance, session: CounterSession, found: Mapping[str, Pending]) -> BackOffice | None:
    """The work that the agent is at while nobody waits, or is offered."""
    if session.work:
        return _at_work(eye, session, found.get(session.work))
    after_ms = blended.offered_after_ms(_ms(eye, session.since), eye.hub.settings.blended)
    line = work.line_of(eye.hub, eye.common.moment, session)
    if session.state != "free" or after_ms is None or line.waiting or not found:
        return None
    code, first = next(iter(found.items()))
    return BackOffice("offered", code, first.said(eye.language), first.count, first.url, -(-after_ms // 1000))


def _at_work(eye: Glance, session: CounterSession, left: Pending | None) -> BackOffice:
    rule = eye.hub.settings.blended
    return BackOffice(
        state="recalled" if session.recalled else "begun",
        work=session.work,
        text=left.said(eye.language) if left else "",
        count=left.count if left else 0,
        url=left.url if left else "",
        since_s=_ms(eye, session.recalled or session.work_since) // 1000,
        calls_waiting=rule.recall_waiting,
        calls_min=rule.recall_min,
    )


def _ms(eye: Glance, since: Instant | None) -> int:
    return elapsed(since, eye.now).ms if since else 0
