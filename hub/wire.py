"""What travels between the hub, its devices and its screens, and nothing else.

Screens get the whole truth, not a diff: each picture carries the journal `seq` and `epoch` it was
built from; a screen drops what is older than what it shows. Nothing here identifies a person.
The names are those of the public face (`docs/api.md`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from hub.errors import BadRequest

Direction = Literal["left", "right", "ahead", "up", "down", ""]
CallState = Literal["called", "serving", "ended"]
CounterState = Literal["closed", "free", "calling", "serving", "paused"]
#: What a counter can be asked; the order is that of the keys F2 to F8 and the menu after them.
Step = Literal[
    "next", "recall", "no_show", "start", "hold", "transfer", "finish",
    "resume", "release", "undo", "open", "pause", "unpause", "close", "pick",
]  # fmt: skip

#: What may be said of a hold, a transfer and a pause: names of words in panel.toml. The words travel, not the names:
#: a motive is read by people, and another door may send one that nobody foresaw.
MOTIVES: dict[str, tuple[str, ...]] = {
    "hold": ("photocopy", "missing_document", "checking", "other"),
    "transfer": ("other_service", "next_step", "wrong_queue", "other"),
    "pause": ("break", "meeting", "fault", "back_office"),
}


@dataclass(frozen=True, slots=True)
class BoardCall:
    """One call, as the room sees it. `call` is the id of the call, `at` RFC 3339."""

    ticket: str
    counter: str
    counter_label: str
    call: int
    repeat: int
    at: str
    state: CallState
    direction: Direction = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoardQueue:
    """One service: how many wait, the announced range in seconds or None, and whether anybody serves it."""

    service: str
    label: str
    icon: str
    waiting: int
    low_s: int | None
    high_s: int | None
    served: bool


@dataclass(frozen=True, slots=True)
class Ring:
    """One announcement of the last 15 s: (call, repeat) rings once on each loudspeaker."""

    call: int
    repeat: int
    ticket: str
    counter: str
    text: dict[str, str]
    sound: str


@dataclass(frozen=True, slots=True)
class BoardGroup:
    """Numbers that enter the room together on a pay-day, `first` to `last`, for a service; nobody is called by name.

    `group` counts up. `wave` is theirs, of people sorted `by` the end of their registration number or by letters, from
    `since` to `until`. `rings` for 15 s: once on each loudspeaker, with `text` by language and its `sound`.
    """

    group: int
    service: str
    first: str
    last: str
    wave: int
    by: str
    since: str
    until: str
    at: str
    rings: bool = False
    text: dict[str, str] = field(default_factory=dict)
    sound: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """A counter, as the sign above it says it: whether anybody can be called there now."""

    counter: str
    label: str
    state: CounterState


@dataclass(frozen=True, slots=True)
class Board:
    """The waiting-room picture. `calls` newest first, at most 12; `day` False when the agency is closed.

    `volume` is that of the announcements now, percent; at 0 they are only shown. `message` with `messages`, and
    `pictures` (addresses), take turns every `turn_s`. `sign` is the counter of a screen that is one's sign, else None.
    `groups`: who may enter the room, the newest first. `language` is that in which the screen shows its words.
    """

    epoch: int
    seq: int
    at: str
    agency: str
    day: bool
    mode: str
    calls: tuple[BoardCall, ...]
    queues: tuple[BoardQueue, ...]
    message: str
    rings: tuple[Ring, ...]
    minimum_s: float = 8.0
    volume: int = 100
    layout: str = "room"
    messages: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    turn_s: float = 12.0
    sign: Sign | None = None
    groups: tuple[BoardGroup, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class CounterFace:
    """One counter, as its panel sees it. `elapsed_s` counts since `since` (RFC 3339), the state's beginning.

    `next_actions` are the steps possible now, the default first; `why` says why this ticket.
    """

    counter: str
    label: str
    state: CounterState
    agent: str | None
    agent_name: str | None
    ticket: str | None
    ticket_id: str | None
    service: str | None
    why: str
    waiting: int
    oldest_s: int | None
    next_actions: tuple[Step, ...]
    since: str
    elapsed_s: int
    call_count: int = 0
    waited_s: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """The picture of a panel: the counters it holds."""

    epoch: int
    seq: int
    at: str
    agency: str
    day: bool
    counters: tuple[CounterFace, ...]


@dataclass(frozen=True, slots=True)
class KioskService:
    """One service at the kiosk now. `why_closed` is a code: `hours`, `estimate`, `quota`, `day`, `mode`, or ''."""

    service: str
    open: bool
    why_closed: str
    waiting: int
    low_s: int | None
    high_s: int | None


@dataclass(frozen=True, slots=True)
class Printers:
    """The picture of `mbote printer`: how many papers wait for each printer at the counters, by its name."""

    epoch: int
    seq: int
    jobs: dict[str, int]


@dataclass(frozen=True, slots=True)
class KioskPicture:
    """What a kiosk needs to know now. `day` is the business date (ISO) or None before a day is open.

    `hub_at` is the hub's wall time in milliseconds: the kiosk takes its time from it. `jobs` counts the papers
    that wait for this kiosk's printer (reprints asked at reception): it takes them one by one. `own_last` is the last
    number of its own series that the hub has heard of this day: a kiosk that lost its spool goes on well after it.
    `certain`: the hub's time is believed.
    """

    epoch: int
    seq: int
    day: str | None
    mode: str
    services: tuple[KioskService, ...]
    message: str
    catalogue: str
    hub_at: int
    jobs: int = 0
    own_last: int = 0
    certain: bool = True


@dataclass(frozen=True, slots=True)
class CatalogueReason:
    """One errand within a service. `labels` and `papers` by language; without papers those of the service count."""

    reason: str
    labels: dict[str, str]
    icon: str
    papers: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CatalogueService:
    """One thing a visitor can come for. `labels` and `papers` by language.

    `hours` is (first ticket, last ticket) for Monday to Sunday, None on a closed day; empty: always open.
    `appointments`: a time for it can be booked.
    """

    service: str
    prefix: str
    labels: dict[str, str]
    icon: str
    papers: dict[str, tuple[str, ...]]
    hours: tuple[tuple[str, str] | None, ...]
    quota: int | None
    reasons: tuple[CatalogueReason, ...] = ()
    appointments: bool = False

    def reason(self, code: str) -> CatalogueReason | None:
        """The errand of that code; None where there is none, or no longer."""
        return next((each for each in self.reasons if each.reason == code), None)


@dataclass(frozen=True, slots=True)
class SlipText:
    """What the paper says around the number: agency lines, when called while away, where a telephone follows it.

    `follow` is the address before a ticket's code, '' where there is no page; `wifi` the network that leads there.
    `parts` are those of the paper from top to bottom, all in their usual order when empty; `welcome` by language;
    `logo_across` bytes wide are the rows of `logo` (`hub.paper.Picture`), '' where there is none. `mark`: the word of a
    hub for training, above everything.
    """

    organisation: str
    agency: str
    footer: dict[str, str]
    recalls: int
    return_min: int
    follow: str = ""
    wifi: str = ""
    parts: tuple[str, ...] = ()
    welcome: dict[str, str] = field(default_factory=dict)
    logo: str = ""
    logo_across: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that a kiosk keeps to work alone, at most 64 kB."""

    version: str
    agency: str
    services: tuple[CatalogueService, ...]
    languages: tuple[str, ...]
    slip: SlipText
    buttons: dict[str, str]
    timezone: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The announced wait, as a range in seconds."""

    low_s: int
    high_s: int


@dataclass(frozen=True, slots=True)
class Hour:
    """The appointment of a ticket: its local `time`, HH:MM; `since`: from when its visitor is called, '' for from now.

    `kept`: they came in time for it, and are called by it; later they are called with the others.
    """

    time: str
    since: str = ""
    kept: bool = True


@dataclass(frozen=True, slots=True)
class TicketIssued:
    """The answer to an issued ticket: what a kiosk needs to print it. `follow` is the 8-character token.

    `counter`: the one that its visitor is kept for, because their file is there; '' for most. `hour`: the appointment
    that they came for; whoever has one is called by it, so no range is announced. `why`: what waits for whoever brought
    its paper (`why_…` of slip.toml), '' for most.
    """

    id: str
    label: str
    service: str
    state: str
    issued_at: str
    ahead: int
    wait: Wait | None
    follow: str
    counter: str = ""
    hour: Hour | None = None
    why: str = ""


#: What the holder of a ticket may do with it themselves.
OwnAct = Literal["let_pass", "cancel"]
FollowedState = Literal["issued", "waiting", "called", "serving", "on_hold", "no_show", "over"]


@dataclass(frozen=True, slots=True)
class Followed:
    """A ticket as whoever holds its code is told of it. Nothing here names anybody.

    `counter` while called there, received, or on hold from there. While it waits: `ahead` are called before, `wait`
    is the range from now on (None: nobody serves), `back_by` until when one may be away, HH:MM ('': better stay).
    `return_by`: until when somebody absent may still come to reception. `passes`: so many go first at `let_pass`.
    `at`: the time of all this; '' while the hub does not believe its clock, then no time is told at all.
    """

    label: str
    service: str
    state: FollowedState
    counter: str
    ahead: int | None
    wait: Wait | None
    back_by: str
    return_by: str
    acts: tuple[OwnAct, ...]
    passes: int
    at: str


@dataclass(frozen=True, slots=True)
class ScanFound:
    """The answer to `scanned`: a sentence of kiosk.toml with what fills it, and the service to queue for, or ''.

    `label`: the paper's own, where what was scanned is longer than that. `followed`: the ticket, where it was one.
    """

    words: str
    facts: dict[str, str]
    service: str
    label: str
    followed: Followed | None = None


#: How somebody stands who comes for an appointment: before they may be called, at their time, late and late enough to
#: be called with the others; on a telephone, not here; with a ticket already; on another day.
Standing = Literal["early", "on_time", "late", "past", "call", "here", "other_day"]


@dataclass(frozen=True, slots=True)
class Expected:
    """An appointment of whoever stands at the kiosk: a sentence of kiosk.toml with what fills it. Nobody is named.

    `service` to queue for, '' where there is nothing to take a ticket for; `code`: what the ticket then carries.
    """

    words: str
    facts: dict[str, str]
    service: str
    code: str


@dataclass(frozen=True, slots=True)
class ExpectedFound:
    """The answer to `expected`, in the order of their times."""

    found: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day (ISO) with its free times, HH:MM."""

    day: str
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """The answer to `times`: the next days on which an appointment for a service can be had."""

    service: str
    minutes: int
    days: tuple[FreeDay, ...]


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment as whoever has booked it is told: its label, day (ISO), time and the code that opens it."""

    label: str
    service: str
    day: str
    time: str
    code: str


#: How well something goes; `none`: nothing to say of it yet. Shown by colour, icon and word together.
Level = Literal["good", "warn", "bad", "none"]


T = TypeVar("T")


def as_json(value: Any) -> Any:
    """Plain values of a wire object, ready for a JSON encoder."""
    if is_dataclass(value):
        kind: Any = type(value)
        return {name: as_json(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, tuple | list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def parse(kind: type[T], data: Any) -> T:
    """A wire object from plain values. Raises BadRequest naming the first field that does not fit."""
    try:
        which: Any = kind
        parsed: T = _adapter(which).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{kind.__name__}: {field}: {first['msg']}", field=field) from error
    return parsed
