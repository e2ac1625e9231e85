"""What can be asked about appointments: book, move, give up, come, be called by telephone, and say how it ended."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from itertools import islice

from hub import scans, series
from hub.ask import HUB, Answer, Ask
from hub.clock import Instant
from hub.codes import TOKEN_LENGTH
from hub.context import Hub, action
from hub.errors import NotFound, Refused, Unreadable, chosen
from hub.journal import Event
from hub.printing.store import queue_job
from hub.queues import actions as queues
from hub.queues import followup
from hub.queues import store as queue_store
from hub.queues.model import TicketIssued
from hub.services.appointment import agenda, offers, paper, rules, slips, store
from hub.services.appointment.model import (
    CHANNELS,
    MODES,
    Appointment,
    AppointmentBooked,
    AppointmentPrinted,
    Mode,
)
from hub.settings import Settings
from hub.store import Transaction
from hub.visits import rules as visit_rules
from hub.visits import store as visits
from hub.wire import as_json

#: Times of so many days are told at once.
DAYS_TOLD = 5
AN_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """An appointment as somebody asks for it: `day` ISO, `time` HH:MM; who comes, as it was typed."""

    service: str
    day: str
    time: str
    mode: str = "counter"
    channel: str = "reception"
    language: str = ""
    name: str = ""
    telephone: str = ""
    registration_number: str = ""
    note: str = ""


def known(hub: Hub, number: int) -> Appointment:
    """One appointment. Raises NotFound."""
    return _one(hub.reader, number)


def _one(reader: sqlite3.Connection, number: int) -> Appointment:
    found = store.appointment(reader, number)
    if found is None:
        raise NotFound("no such appointment", field="appointment")
    return found


# --- booking ---------------------------------------------------------------------------------


def times_told(hub: Hub, *, service: str, day: str | None = None) -> Answer:
    """The free times of the next days that have any, for whoever chooses one at a kiosk."""
    found = agenda.service_of(hub, service)
    start = agenda.parsed(day) if day else hub.today()
    with hub.snapshot() as reader:
        days = list(islice(agenda.next_days(hub, reader, found, start), DAYS_TOLD))
    told = [{"day": on.isoformat(), "times": [slot.at for slot in slots if slot.free]} for on, slots in days]
    return {"service": service, "minutes": agenda.minutes_of(hub, found), "days": told}


@action
def book(tx: Transaction, hub: Hub, *, wanted: Wanted) -> Answer:
    """A time for somebody. What comes from outside is confirmed by a person, or by their coming."""
    mode = chosen(wanted.mode, MODES, Unreadable(f"mode: one of {', '.join(MODES)}", field="mode"))
    channel = chosen(wanted.channel, CHANNELS, Unreadable(f"channel: one of {', '.join(CHANNELS)}", field="channel"))
    service = agenda.service_of(hub, wanted.service)
    name, number, registration = rules.whom(mode, wanted.name, wanted.telephone, wanted.registration_number)
    slot_at = _free(tx, hub, service.code, (wanted.day, wanted.time))
    same_day = store.of_day(tx.connection, wanted.day, service.code)
    rules.not_twice(same_day, name, number, registration)
    if channel == "kiosk":
        _by_oneself(tx, hub, name, number)
    year = agenda.parsed(wanted.day).year
    given = series.next_of(tx.connection, "appointment", year, tx.epoch, hub.settings.agency.zone)
    event = AppointmentBooked(
        appointment=store.next_id(tx.connection), label=series.label("RDV", year, given), year=year, number=given,
        epoch=tx.epoch, service=service.code, mode=mode, on=wanted.day, time=wanted.time, slot_at=slot_at,
        minutes=agenda.minutes_of(hub, service), channel=channel, confirmed=channel != "web",
        language=wanted.language or hub.settings.agency.languages[0],
        counter=_caller(tx, hub, service.code, mode, (wanted.day, wanted.time)), code=_new_code(tx), name=name or None,
        telephone=number or None, registration_number=registration or None,
        note=" ".join(wanted.note.split())[: rules.NOTE_LENGTH] or None,
    )  # fmt: skip
    tx.record(event)
    if "kiosk" in tx.actor.roles:
        _print(tx, hub, _one(tx.connection, event.appointment), tx.actor.device or "")
    return {"appointment": event.appointment} | face(hub, _one(tx.connection, event.appointment))


def _by_oneself(tx: Transaction, hub: Hub, name: str, number: str) -> None:
    """What a visitor books at a kiosk, where nobody sees who they are: one at a time, and not all that there is."""
    open_ones = store.open_of(tx.connection, number[-rules.SAME_DIGITS :], tx.now.at)
    rules.one_at_a_time(open_ones, name, number)
    given = store.booked_at_kiosk(tx.connection, tx.actor.device or "", tx.now.at - AN_HOUR_MS, tx.now.at)
    rules.not_too_many(given, hub.settings.appointments.kiosk_an_hour)


def face(hub: Hub, found: Appointment) -> Answer:
    """An appointment as whoever has booked it is told: nobody is named."""
    service = hub.settings.service(found.service)
    return {
        "label": found.label, "service": found.service, "service_label": service.label if service else found.service,
        "mode": found.mode, "state": found.state, "day": found.on, "time": found.at, "minutes": found.minutes,
        "code": found.code,
    }  # fmt: skip


def _free(tx: Transaction, hub: Hub, service: str, when: tuple[str, str]) -> int:
    """The wall time (ms) of a day and time that can be booked."""
    (day, time), found = when, agenda.service_of(hub, service)
    on = agenda.parsed(day)
    rules.free_time(agenda.times(hub, tx.connection, found, on, tx.now), time)
    return agenda.moment(hub, on, time)


def _caller(tx: Transaction, hub: Hub, service: str, mode: Mode, when: tuple[str, str]) -> str | None:
    """The counter that calls by telephone then."""
    if mode != "telephone":
        return None
    return rules.least_busy(agenda.counters_of(hub, service), store.calls_at(tx.connection, *when))


def _new_code(tx: Transaction) -> str:
    """A code that neither an appointment nor a ticket has."""
    while True:
        code = queues.new_token()
        if store.of_code(tx.connection, code) is None and queue_store.ticket_of_token(tx.connection, code) is None:
            assert len(code) == TOKEN_LENGTH
            return code


@action
def confirm(tx: Transaction, hub: Hub, *, appointment: int) -> Answer:
    """What was asked for from outside stands."""
    found = _one(tx.connection, appointment)
    tx.record(rules.confirm(found))
    return face(hub, _one(tx.connection, appointment))


@action
def move(tx: Transaction, hub: Hub, *, appointment: int, day: str, time: str) -> Answer:
    """Another time; the one before is free again."""
    found = _one(tx.connection, appointment)
    rules.step(found, "move")
    slot_at = _free(tx, hub, found.service, (day, time))
    counter = _caller(tx, hub, found.service, found.mode, (day, time))
    tx.record(rules.move(found, day, time, slot_at, counter))
    return face(hub, _one(tx.connection, appointment))


@action
def cancel(tx: Transaction, hub: Hub, *, appointment: int, by_visitor: bool = True) -> Answer:
    """It will not take place."""
    found = _one(tx.connection, appointment)
    tx.record(rules.cancel(found, by_visitor=by_visitor))
    return face(hub, _one(tx.connection, appointment))


# --- given up with its slip ------------------------------------------------------------------


def unbook(hub: Hub, ask: Ask, *, code: str) -> Answer:
    """Whoever has its slip in hand gives it up. Raises NotFound; TooMany after too many codes that there are not."""
    followup.not_guessing(hub, ask.actor.scope)
    try:
        return _unbook(hub, ask, code=code)
    except NotFound:
        hub.guesses.bad(ask.actor.scope)
        raise


@action
def _unbook(tx: Transaction, hub: Hub, *, code: str) -> Answer:
    found = _of_code(tx.connection, code)
    tx.record(rules.cancel(found, by_visitor=True))
    return face(hub, _one(tx.connection, found.id))


def _of_code(reader: sqlite3.Connection, code: str) -> Appointment:
    found = store.of_code(reader, code)
    if found is None:
        raise NotFound("no appointment has this code", code="no_appointment", field="code")
    return found


# --- coming ----------------------------------------------------------------------------------


def expected(hub: Hub, who: str, *, telephone: str, name: str) -> Answer:
    """What is told of today's appointments to whoever says a telephone number or a name at the kiosk `who`.

    A question, so nothing is journalled. Known and unknown ones count alike against who tries many.
    """
    number = rules.telephone(telephone)
    scans.not_trying(hub, who)
    with hub.snapshot() as reader:
        found = rules.coming(store.of_day(reader, hub.today().isoformat()), number, name)
    return {"found": [as_json(offers.told(hub, each)) for each in found]}


@action
def arrive(tx: Transaction, hub: Hub, *, appointment: int) -> Answer:
    """The visitor stands at reception: a ticket for their appointment."""
    return _arrived(tx, hub, _one(tx.connection, appointment))


@dataclass(frozen=True, slots=True)
class Comer:
    """Who says that they are here: the code of their slip, else their telephone number or their name."""

    code: str = ""
    telephone: str = ""
    name: str = ""
    language: str = ""


def arrive_by(hub: Hub, ask: Ask, comer: Comer) -> Answer:
    """Somebody says at the kiosk that they are here: by the code of their slip, their telephone number or their name.

    Raises NotFound `no_appointment`; TooMany after too many that there are not; Refused `several_appointments`,
    `other_day`.
    """
    scope = ask.actor.scope
    followup.not_guessing(hub, scope)
    try:
        return _arrive_by(hub, ask, comer=comer)
    except NotFound:
        hub.guesses.bad(scope)
        raise


@action
def _arrive_by(tx: Transaction, hub: Hub, *, comer: Comer) -> Answer:
    if comer.code:
        found = _of_code(tx.connection, comer.code)
    else:
        today = hub.day_of(tx.now.at).isoformat()
        found = rules.meant(store.of_day(tx.connection, today), rules.telephone(comer.telephone), comer.name)
    return _arrived(tx, hub, found, comer.language)


def _arrived(tx: Transaction, hub: Hub, found: Appointment, language: str = "") -> Answer:
    """The ticket first, so that the key of the ask is its own, and then what it means for the appointment."""
    terms, now = hub.settings.appointments, tx.now
    rules.step(found, "arrive")
    ticket = queues.next_ticket(tx)
    event = rules.arrive(found, ticket, hub.day_of(now.at).isoformat(), now.at)
    worth = rules.head_start(found, now.at, terms.late_min, terms.head_start_min)
    answer = queues.give(
        tx, hub, service=found.service, channel="appointment", language=language or found.language,
        category="appointment", counter=found.counter, requester=found.name,
        registration_number=found.registration_number, due=queues.Due(_instant(now, found.slot_at), worth),
    )  # fmt: skip
    tx.record(event)
    return answer | {"appointment": found.label, "time": found.at, "late_min": event.late_min}


def came_with_slip(hub: Hub, tx: Transaction, event: Event) -> None:
    """A ticket for a slip that no hub was there to look up: its visitor has come, in the place of their press."""
    assert isinstance(event, TicketIssued)
    found = store.labelled(tx.connection, event.brought) if event.brought else None
    if found is not None and rules.expected(found, event.service, hub.day_of(tx.now.at).isoformat()):
        tx.record(rules.arrive(found, event.ticket, found.on, event.issued_at))


def _instant(now: Instant, at: int) -> Instant:
    """A wall time near now, on the monotonic clock of this boot; one from before it has none."""
    mono = now.mono + at - now.at
    return Instant(at, mono, now.boot, now.certain) if mono >= 0 else Instant(at, 0, 0, certain=False)


def expects(hub: Hub, code: str, service: str) -> bool:
    """Whether the slip with this code is of somebody who comes for that service today."""
    return rules.expected(store.of_code(hub.reader, code), service, hub.today().isoformat())


@action
def expire(tx: Transaction, hub: Hub) -> Answer:
    """Who has not come is absent; calls that nobody made until their day was over are missed as well."""
    missed = [rules.miss(each) for each in _overdue(tx.connection, hub, tx.now)]
    for event in missed:
        tx.record(event)
    return {"absent": [event.appointment for event in missed]}


def _overdue(reader: store.Reader, hub: Hub, now: Instant) -> list[Appointment]:
    midnight = agenda.moment(hub, hub.day_of(now.at), "00:00")
    return store.overdue(reader, now.at - hub.settings.appointments.late_min * rules.MS_PER_MIN, midnight)


def keep(hub: Hub) -> None:
    """What time alone brings about; nothing while the clock is not believed."""
    now = hub.now()
    if now.certain and _overdue(hub.reader, hub, now):
        expire(hub, Ask(HUB))


# --- by telephone ----------------------------------------------------------------------------


@action
def dial(tx: Transaction, hub: Hub, *, appointment: int) -> Answer:
    """The agent calls now: as long as it lasts, the call is their reason to open files."""
    found, agent = _one(tx.connection, appointment), tx.actor.agent or ""
    tx.record(rules.dial(found, hub.day_of(tx.now.at).isoformat()))
    before = visits.open_contact(tx.connection, agent)
    contact = visits.next_contact(tx.connection)
    tx.record(visit_rules.begin_contact(contact, visits.ticket_at(tx.connection, agent), "telephone", found.label))
    if before is not None:
        tx.record(visit_rules.end_contact(before))
    return face(hub, _one(tx.connection, appointment))


@action
def unanswered(tx: Transaction, hub: Hub, *, appointment: int) -> Answer:
    """Nobody picked up."""
    tx.record(rules.unanswered(_one(tx.connection, appointment), hub.settings.appointments.tries))
    _hang_up(tx)
    return face(hub, _one(tx.connection, appointment))


@action
def conclude(tx: Transaction, hub: Hub, *, appointment: int, outcome: str, motive: str = "") -> Answer:
    """How it ended, of a call or of a visit."""
    found = _one(tx.connection, appointment)
    tx.record(rules.conclude(found, outcome, motive))
    if found.state == "calling":
        _hang_up(tx)
    return face(hub, _one(tx.connection, appointment))


def _hang_up(tx: Transaction) -> None:
    contact = visits.open_contact(tx.connection, tx.actor.agent or "")
    if contact is not None and contact.channel == "telephone":
        tx.record(visit_rules.end_contact(contact))


# --- paper -----------------------------------------------------------------------------------


@action
def print_slip(tx: Transaction, hub: Hub, *, appointment: int) -> Answer:
    """What its visitor takes home, at the printer of the agent's counter, else at the kiosk's."""
    found = _one(tx.connection, appointment)
    configured = hub.settings.counter(queue_store.counter_of_agent(tx.connection, tx.actor.agent or "") or "")
    printer = (configured.printer if configured else None) or hub.settings.kiosk.name
    copy = _print(tx, hub, found, printer)
    return {"appointment": appointment, "printer": printer, "copy": copy}


def _print(tx: Transaction, hub: Hub, found: Appointment, printer: str) -> int:
    if not found.open:
        raise Refused(f"{found.label} is not to come any more", code="not_to_come", label=found.label)
    copy = store.copies(tx.connection, found.id)
    tx.record(AppointmentPrinted(found.id, copy))
    queue_job(
        tx,
        about=f"appointment {found.id}",
        printer=printer,
        copy=copy,
        slip=slips.slip(paper.slip_facts(hub, found), copy),
    )
    return copy


def booked_stay(hub: Hub, reader: sqlite3.Connection, settings: Settings) -> None:
    """Raise Refused `booked_there` where settings to come lack a service that somebody is still expected for."""
    for code, count in store.to_come(reader).items():
        if settings.service(code) is None:
            known = hub.settings.service(code)
            said = f"{count} appointments of {code} are still to come"
            raise Refused(said, code="booked_there", service=known.name if known else code, count=count)
