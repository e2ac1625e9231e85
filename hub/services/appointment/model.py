"""What an appointment is, and every fact that can happen to it (requirements B.13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hub.journal import Event

#: Where it takes place: at a counter, or by a call from it.
Mode = Literal["counter", "telephone"]
MODES: tuple[Mode, ...] = get_args(Mode)
State = Literal["requested", "confirmed", "arrived", "calling", "done", "absent", "unreachable", "cancelled"]
#: How it ended: the file is dealt with, or it is not and there is a motive.
Outcome = Literal["conclusive", "not_conclusive"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
#: By which way it was booked.
Channel = Literal["reception", "telephone", "kiosk", "web"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment. `on` is its local day (ISO), `at` its time (HH:MM), `slot_at` the same as wall time, ms.

    `counter` is the one that calls by telephone; `tries` how often it did in vain; `ticket` that of who came.
    """

    id: int
    label: str
    code: str
    service: str
    mode: Mode
    state: State
    on: str
    at: str
    slot_at: int
    minutes: int
    channel: Channel
    language: str
    counter: str | None = None
    tries: int = 0
    ticket: int | None = None
    outcome: Outcome | None = None
    agent: str | None = None
    name: str | None = None
    telephone: str | None = None
    registration_number: str | None = None
    note: str | None = None
    motive: str | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to come."""
        return self.state in ("requested", "confirmed", "calling")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked, `HH:MM`, with how many places it has and how many are taken."""

    at: str
    places: int
    taken: int = 0

    @property
    def free(self) -> int:
        """Places left."""
        return max(0, self.places - self.taken)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened to an appointment. `at` is wall time in ms."""

    at: int
    agent: str | None
    kind: str
    facts: dict[str, object]


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppointmentEvent(Event):
    """Something happened to an appointment."""

    appointment: int

    @property
    def subject(self) -> str:
        """The appointment's row."""
        return f"appointment {self.appointment}"


@dataclass(frozen=True, slots=True)
class AppointmentBooked(AppointmentEvent):
    """Somebody has a time. `confirmed`: by a person of the agency, or by who stood there themselves.

    `code` is on its slip and opens it at the kiosk; whoever has it may take that place, so it is private.
    """

    kind: ClassVar[str] = "appointment_booked"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"code", "name", "telephone", "registration_number", "note"})
    label: str
    year: int
    number: int
    epoch: int
    service: str
    mode: Mode
    on: str
    time: str
    slot_at: int
    minutes: int
    channel: Channel
    language: str
    confirmed: bool = True
    counter: str | None = None
    code: str | None = None
    name: str | None = None
    telephone: str | None = None
    registration_number: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AppointmentConfirmed(AppointmentEvent):
    """What was asked for from outside stands."""

    kind: ClassVar[str] = "appointment_confirmed"


@dataclass(frozen=True, slots=True)
class AppointmentMoved(AppointmentEvent):
    """It has another time; the one before is free again."""

    kind: ClassVar[str] = "appointment_moved"
    on: str
    time: str
    slot_at: int
    was: str
    counter: str | None = None


@dataclass(frozen=True, slots=True)
class AppointmentCancelled(AppointmentEvent):
    """It will not take place; `by_visitor`: they gave it up, else the agency did."""

    kind: ClassVar[str] = "appointment_cancelled"
    by_visitor: bool


@dataclass(frozen=True, slots=True)
class AppointmentArrived(AppointmentEvent):
    """Its visitor is here, with a ticket. `late_min`: minutes after its time, below 0 for early."""

    kind: ClassVar[str] = "appointment_arrived"
    ticket: int
    late_min: int


@dataclass(frozen=True, slots=True)
class AppointmentMissed(AppointmentEvent):
    """Nobody has come until now. Whoever still comes that day is served as one without an appointment."""

    kind: ClassVar[str] = "appointment_missed"


@dataclass(frozen=True, slots=True)
class AppointmentDialled(AppointmentEvent):
    """An agent calls by telephone; `attempt` counts from 1."""

    kind: ClassVar[str] = "appointment_dialled"
    attempt: int


@dataclass(frozen=True, slots=True)
class AppointmentUnanswered(AppointmentEvent):
    """Nobody picked up; `last`: it was the last try."""

    kind: ClassVar[str] = "appointment_unanswered"
    last: bool


@dataclass(frozen=True, slots=True)
class AppointmentConcluded(AppointmentEvent):
    """It took place: the file is dealt with, or is not and why."""

    kind: ClassVar[str] = "appointment_concluded"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"motive"})
    outcome: Outcome
    motive: str | None = None


@dataclass(frozen=True, slots=True)
class AppointmentPrinted(AppointmentEvent):
    """Its slip was printed; `copy` is 0 for the first."""

    kind: ClassVar[str] = "appointment_printed"
    copy: int
