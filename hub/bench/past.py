"""A long past: years of an agency's work in one file, in minutes.

    with Past(settings, first=date(2021, 1, 4)) as past:
        past.day()

A day of the past is written by the store, the listeners and the appliers of the product, with every entry chained,
in one commit: only the actions are left out, which decide one ask at a time. Its requests have their keys, as devices
make them, and no answers, as pruning leaves them. `write` has the last week lived by the actions themselves, so that
the answers of seven days are there. The same seed gives the same visits, numbers and times; the salts of what names
people, the codes on the papers of the last week and the file's own first entry are new each time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from itertools import count
from types import TracebackType
from typing import Self

from hub import VERSION, outbox
from hub.ask import HUB, Actor, Ask
from hub.clock import Instant, ManualClock, elapsed
from hub.journal import Event, HubStarted
from hub.people.model import PartyRead
from hub.people.store import next_read
from hub.printing.model import JobState, PrintJobEnded, PrintJobTaken
from hub.queues import actions as queues
from hub.queues import model as m
from hub.queues import papers as queue_papers
from hub.queues import store
from hub.rooms import open_hub
from hub.services.reception.model import VisitorAnswered
from hub.services.reception.store import next_answer
from hub.settings import Settings
from hub.settings.counters import Counter
from hub.store import Transaction

#: Visits a day, the busiest agency's (requirements: 300 to 500), and from when to when people come.
A_DAY = 500
OPENS, COMING_S = clock_time(7, 30), 7 * 3600
#: Days at the end that are lived by the actions: their answers are still kept.
LIVED_DAYS = 7
#: How often something else than a plain visit happens, of a thousand visits.
ABSENT, CANCELLED, TRANSFERRED, RELABELLED, COPIED, AT_RECEPTION = 40, 30, 60, 15, 40, 40
#: Of so many print jobs one stays in doubt.
DOUBTFUL = 50
#: Besides the visits, each day: looks at files, visitors helped without a ticket, messages to the head office.
LOOKS, ANSWERED, MESSAGES = 40, 20, 5
NAMES = ("MAKOSSO Ruth", "NGOMA Clarisse", "OKO Bernard", "SAMBA Pauline", "ITOUA Jerome")
KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))
RECEPTION = Actor(agent="00733C", roles=frozenset({"receptionist"}))
_SIZE = ("page_count", "page_size")
Step = Callable[[Transaction], None]


@dataclass(slots=True)
class Visit:
    """One visitor: what they come for, and what becomes of it. Times are seconds since the doors opened."""

    service: str
    came: float
    fate: int
    number: int
    ticket: int = 0
    entered: Instant | None = None
    started: Instant | None = None
    label: str = ""


@dataclass(slots=True)
class Seat:
    """A counter with whoever sits there, and from when on it is free, seconds since the doors opened."""

    counter: str
    services: tuple[str, ...]
    agent: str
    free: float = 0.0

    @property
    def actor(self) -> Actor:
        """Who presses its keys."""
        return Actor(agent=self.agent)


@dataclass
class Past:
    """A file in which day after day is written; held until it is closed. Nothing of it is synced before that."""

    settings: Settings
    first: date
    seed: int = 1
    tickets: int = 0
    _order: Iterator[int] = field(default_factory=count)
    _own: Iterator[int] = field(default_factory=lambda: count(1))

    def __enter__(self) -> Self:
        self._dice = random.Random(self.seed)  # noqa: S311 (a bench, reproducible)
        self._clock = ManualClock(datetime.combine(self.first, OPENS, self.settings.agency.zone))
        self._hub = open_hub(self.settings, clock=self._clock)
        for pragma in ("synchronous = OFF", "cache_size = -400000", "wal_autocheckpoint = 100000"):
            self._hub.store.writer.execute(f"PRAGMA {pragma}")
        last = store.day(self._hub.reader)
        assert last is None, "a past is written into an empty file"
        self._date, self._day = self.first, 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hub.store.writer.execute("PRAGMA synchronous = FULL")
        self._hub.store.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._hub.store.close()

    @property
    def size(self) -> int:
        """How large the file is, or will be when it is closed, bytes."""
        pages, bytes_each = (self._hub.store.writer.execute(f"PRAGMA {of}").fetchone()[0] for of in _SIZE)
        return int(pages * bytes_each)

    # --- a day, written ----------------------------------------------------------------------

    def day(self, visits: int = A_DAY) -> None:
        """One day in one commit: the hub starts, people come, everybody goes home."""
        began = self._morning()
        seats = self._seats()
        steps = [*self._visits(visits, seats), *self._besides()]
        with self._hub.store.transaction(Ask(HUB)) as tx:
            tx.record(HubStarted(f"the past, {self._date}", VERSION))
            tx.record(m.DayOpened(self._day, self._date.isoformat(), "open"))
            for seat in seats:
                self._record(tx, seat.actor, m.CounterOpened(seat.counter, seat.agent))
            for at, _, step in sorted(steps):
                tx.now = Instant(began.at + round(at * 1000), began.mono + round(at * 1000), began.boot)
                step(tx)
            tx.actor = HUB
            for seat in seats:
                tx.record(m.CounterClosed(seat.counter, "day_closed"))
            tx.record(m.DayClosed(self._day, 0, 0, store.holes(tx.connection, self._day)))
        self._evening()

    def _morning(self) -> Instant:
        """The box is switched on: another boot of the machine, at the hour when the doors open."""
        self._day += 1
        self._clock.jump(to=datetime.combine(self._date, OPENS, self.settings.agency.zone))
        return self._clock.reboot(self._day + 1)

    def _evening(self) -> None:
        self._date += timedelta(days=1)

    def _seats(self) -> list[Seat]:
        """Every counter that calls, with an agent."""
        gives = {service.code for service in self.settings.services if service.prefix}
        return [
            Seat(counter.code, tuple(s for s in counter.services if s in gives), f"009{counter.code}F")
            for counter in self.settings.counters
            if _calls(counter) and gives.intersection(counter.services)
        ]

    def _visits(self, visits: int, seats: list[Seat]) -> Iterator[tuple[float, int, Step]]:
        """What happens to the day's visitors, in the order of their coming: each seat serves first come, first."""
        places = [seat for seat in seats for _ in seat.services]
        numbers: dict[str, Iterator[int]] = {}
        came = sorted(self._dice.uniform(0, COMING_S) for _ in range(visits))
        for at in came:
            seat = self._dice.choice(places)
            service = self._dice.choice(seat.services)
            number = next(numbers.setdefault(service, count(1)))
            visit = Visit(service, at, self._dice.randrange(1000), number)
            for when, step in self._visit(visit, seats):
                yield when, next(self._order), step

    def _visit(self, visit: Visit, seats: list[Seat]) -> Iterator[tuple[float, Step]]:
        """One visit from the door to the door."""
        fate = visit.fate
        yield from self._comes(visit)
        fate -= COPIED + RELABELLED + AT_RECEPTION
        if 0 <= fate < CANCELLED:
            yield visit.came + 60, lambda tx: self._record(tx, RECEPTION, m.TicketCancelled(visit.ticket, "parti"))
            return
        seat = self._seat_for(visit.service, seats)
        called = max(visit.came + 20, seat.free)
        yield called, lambda tx: self._calls(tx, visit, seat)
        fate -= CANCELLED
        if 0 <= fate < ABSENT:
            for repeat in (2, 3):
                yield called + 30 * (repeat - 1), partial(self._recalls, visit=visit, seat=seat, repeat=repeat)
            yield called + 100, lambda tx: self._record(tx, seat.actor, m.TicketAbsent(visit.ticket, seat.counter))
            seat.free = called + 101
            return
        yield from self._is_served(visit, seat, called, seats, on=0 <= fate - ABSENT < TRANSFERRED)

    def _comes(self, visit: Visit) -> Iterator[tuple[float, Step]]:
        """A press and its paper; a few come to reception, get a number of the kiosk's own, or ask for a copy."""
        fate = visit.fate - COPIED - RELABELLED
        if 0 <= fate < AT_RECEPTION:
            yield visit.came, lambda tx: self._issues(tx, visit, RECEPTION)
            yield visit.came + 4, self._prints
            return
        yield visit.came, lambda tx: self._issues(tx, visit, KIOSK)
        if COPIED <= visit.fate < COPIED + RELABELLED:
            yield visit.came + 3, lambda tx: self._relabels(tx, visit)
        yield visit.came + 3, lambda tx: self._record(tx, KIOSK, m.PaperReported(visit.ticket, "printed"))
        if visit.fate < COPIED:
            yield visit.came + 9, lambda tx: self._record(tx, RECEPTION, m.TicketReprinted(visit.ticket, 1))
            yield visit.came + 12, self._prints

    def _is_served(
        self, visit: Visit, seat: Seat, called: float, seats: list[Seat], *, on: bool
    ) -> Iterator[tuple[float, Step]]:
        """The visitor sits down and is done, or is sent on to another queue once (`on`)."""
        ends = called + 20 + min(1500.0, self._dice.expovariate(1 / 240))
        yield called + 20, lambda tx: self._starts(tx, visit, seat)
        others = [one for one in seats if not set(one.services) & set(seat.services)]
        if on and others:
            to = self._dice.choice(others)
            yield ends, lambda tx: self._sends_on(tx, visit, seat, to.services[0])
            seat.free = ends + 5
            again = max(ends + 20, to.free)
            yield again, lambda tx: self._calls(tx, visit, to)
            yield from self._is_served(visit, to, again, seats, on=False)
            return
        seat.free = ends + 5
        yield ends, lambda tx: self._finishes(tx, visit, seat)

    def _seat_for(self, service: str, seats: list[Seat]) -> Seat:
        return min((seat for seat in seats if service in seat.services), key=lambda seat: seat.free)

    # --- what is recorded --------------------------------------------------------------------

    def _record(self, tx: Transaction, actor: Actor, event: Event) -> None:
        """One request of somebody, with a key of its own."""
        tx.actor = actor
        tx.record(event, of_key=f"{self._dice.getrandbits(128):032x}")

    def _issues(self, tx: Transaction, visit: Visit, actor: Actor) -> None:
        service = self.settings.service(visit.service)
        assert service is not None
        self.tickets += 1
        visit.ticket, visit.entered = self.tickets, tx.now
        visit.label = f"{service.prefix}{visit.number:03d}"
        by_hand = actor is RECEPTION
        event = m.TicketIssued(
            ticket=visit.ticket, epoch=tx.epoch, day=self._day, label=visit.label, series=service.prefix or "",
            number=visit.number, service=visit.service, category="simple", priority="normal", language="fr",
            channel="reception" if by_hand else "kiosk", paper="none" if by_hand else "awaited",
            token=f"{self._dice.getrandbits(40):08X}"[:8], issued_at=tx.now.at, issued_tick=tx.now.tick,
            low_s=300, high_s=600, requester=self._dice.choice(NAMES) if by_hand else None,
        )  # fmt: skip
        self._record(tx, actor, event)

    def _relabels(self, tx: Transaction, visit: Visit) -> None:
        """The hub's answer came too late: the paper has a number of the kiosk's own."""
        number, voided = next(self._own), visit.label
        visit.label = f"K1-{number:03d}"
        self._record(tx, KIOSK, m.TicketRelabelled(visit.ticket, visit.label, "K1-", number, voided))

    def _prints(self, tx: Transaction) -> None:
        """The kiosk prints the job that was queued last. Of one in fifty nobody ever finds out what became."""
        row = tx.one("SELECT max(id) FROM print_job")
        assert row is not None
        tx.actor = KIOSK
        tx.record(PrintJobTaken(row[0], 1, "K1"))
        state: JobState = "confirmed" if self._dice.randrange(DOUBTFUL) else "unknown"
        self._record(tx, KIOSK, PrintJobEnded(row[0], 1, state, ""))

    def _calls(self, tx: Transaction, visit: Visit, seat: Seat) -> None:
        row = tx.one("SELECT stage FROM ticket WHERE id = ?", visit.ticket)
        assert row is not None
        waited = elapsed(visit.entered or tx.now, tx.now).ms // 60_000
        event = m.TicketCalled(
            ticket=visit.ticket, stage=row["stage"], label=visit.label, counter=seat.counter, agent=seat.agent, rule=3,
            why=f"waited:{waited}", waiting=3, considered=((visit.ticket, float(waited)), (visit.ticket + 1, 1.0)),
        )  # fmt: skip
        self._record(tx, seat.actor, event)

    def _recalls(self, tx: Transaction, *, visit: Visit, seat: Seat, repeat: int) -> None:
        self._record(tx, seat.actor, m.TicketRecalled(visit.ticket, seat.counter, repeat))

    def _starts(self, tx: Transaction, visit: Visit, seat: Seat) -> None:
        waited = elapsed(visit.entered or tx.now, tx.now)
        visit.started = tx.now
        self._record(tx, seat.actor, m.ServiceStarted(visit.ticket, seat.counter, waited.ms, waited.certain))

    def _sends_on(self, tx: Transaction, visit: Visit, seat: Seat, service: str) -> None:
        served = elapsed(visit.started or tx.now, tx.now).ms
        visit.entered = tx.now
        event = m.TicketTransferred(visit.ticket, seat.counter, service, None, "suite", served)
        self._record(tx, seat.actor, event)

    def _finishes(self, tx: Transaction, visit: Visit, seat: Seat) -> None:
        served = elapsed(visit.started or tx.now, tx.now).ms
        self._record(tx, seat.actor, m.TicketServed(visit.ticket, seat.counter, "served", served))

    def _besides(self) -> Iterator[tuple[float, int, Step]]:
        """What else is written in a day: looks at files, answers without a ticket, messages to the head office."""
        for does, times in ((self._looks, LOOKS), (self._answers, ANSWERED), (self._tells, MESSAGES)):
            for _ in range(times):
                yield self._dice.uniform(0, COMING_S), next(self._order), does

    def _looks(self, tx: Transaction) -> None:
        party = f"P{self._dice.randrange(1_000_000)}"
        self._record(tx, RECEPTION, PartyRead(next_read(tx.connection), "counter", "person", party=party))

    def _answers(self, tx: Transaction) -> None:
        self._record(tx, RECEPTION, VisitorAnswered(next_answer(tx.connection), self._day, "ACC"))

    def _tells(self, tx: Transaction) -> None:
        tx.actor = HUB
        message = outbox.enqueue(tx, topic="past", aggregate=f"day {self._day}", payload={"day": self._day})
        tx.record(outbox.OutboxMessageAcknowledged(message))
        tx.record(outbox.OutboxMessageApplied(message))

    # --- a day, lived ------------------------------------------------------------------------

    def lived_day(self, visits: int = A_DAY) -> None:
        """One day through the actions, one ask at a time: every answer is kept."""
        self._morning()
        with self._hub.store.transaction(Ask(HUB)) as tx:
            tx.record(HubStarted(f"the past, {self._date}", VERSION))
        queues.open_day(self._hub, self._ask(HUB), date=self._date.isoformat())
        seats = self._seats()
        for seat in seats:
            queues.open_counter(self._hub, self._ask(seat.actor), counter=seat.counter, agent=seat.agent)
        for _ in range(visits):
            self._clock.advance(seconds=COMING_S / visits)
            self._lived_visit(self._dice.choice(seats))
        queues.close_day(self._hub, self._ask(HUB))
        self._evening()

    def _lived_visit(self, seat: Seat) -> None:
        service, pressed = seat.services[0], self._ask(KIOSK)
        given = queues.issue(self._hub, pressed, service=service, channel="kiosk")
        queue_papers.report_paper(
            self._hub, self._ask(KIOSK), issue=pressed.key or "", paper="printed", label=given["label"], service=service
        )
        for step in (queues.call_next, queues.start, queues.finish):
            step(self._hub, self._ask(seat.actor), counter=seat.counter)
        self.tickets += 1

    def _ask(self, actor: Actor) -> Ask:
        return Ask(actor, f"{self._dice.getrandbits(128):032x}")


def _calls(counter: Counter) -> bool:
    """Whether visitors are called to it."""
    return bool(counter.services) and counter.shown


def write(settings: Settings, tickets: int, *, last: date, seed: int = 1, a_day: int = A_DAY) -> int:
    """At least so many tickets in an empty file, whose last day is `last`; how many."""
    days = -(-tickets // a_day)
    with Past(settings, last - timedelta(days=days - 1), seed) as past:
        for number in range(days):
            if number < days - LIVED_DAYS:
                past.day(a_day)
            else:
                past.lived_day(a_day)
        return past.tickets
