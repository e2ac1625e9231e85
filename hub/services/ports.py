"""What a counter service is: a folder of hub/services/ whose `__init__.py` says `COUNTER_SERVICE = CounterService(…)`.

The first four fields say what it is, the rest what it has; what it does not name is empty. A service
knows the rooms below it (queues, people, agents, printing) and never another service: two that must
meet do so by event (`listens`, `guards`), or the shared thing moves down into a room.

The read ports are asked for every visit, search or sheet, so they read little. They give words as keys of
hub/words, because the desk knows the language and they do not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from flask import Blueprint
from sqlite_utils.migrations import Migrations

from hub.ask import Answer, Ask
from hub.context import Hub
from hub.errors import ConfigurationFault
from hub.journal import Appliers, Event
from hub.problems import did_you_mean
from hub.say import say
from hub.scans import Scan
from hub.settings import Settings
from hub.shelf import Named
from hub.store import Guard, Listener, Transaction
from hub.wire import BoardGroup

FOLDER = Path(__file__).parent
Facts = Mapping[str, object]


class Word(str):
    """A fact that is itself a key of hub/words: what a service knows as a code and a person reads as a word."""

    __slots__ = ()


class Sentence:
    """What a service says in whatever language its reader has: `words` is the key, `facts` fill it."""

    __slots__ = ()
    words: str
    facts: Facts

    def said(self, language: str) -> str:
        """The sentence; facts that are words are said in the same language."""
        facts = {name: say(language, held) if isinstance(held, Word) else held for name, held in self.facts.items()}
        return say(language, self.words, **facts)


@dataclass(frozen=True, slots=True)
class ThreadLine(Sentence):
    """One line of a visit's thread: when (wall, ms), a pictogram, and the key of a sentence with what fills it."""

    at: int
    icon: str
    words: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """Work that waits for an agent: how much of it, since when (wall, ms), and where it is done.

    `between`: it may be done between two visitors, and is offered to an agent for whom nobody waits (hub/blended).
    """

    kind: str
    words: str
    count: int
    oldest_at: int
    url: str
    between: bool = False

    def said(self, language: str) -> str:
        """What it is, in the plural or not by `count`."""
        return say(language, self.words, count=self.count)


@dataclass(frozen=True, slots=True)
class Hands:
    """Who has what a visitor comes back with: the agent who handled it last, and the counter where it was taken in."""

    agent: str | None = None
    counter: str | None = None


@dataclass(frozen=True, slots=True)
class Offer(Sentence):
    """What there is to say to whoever brings a paper or a card, and which service to queue for, if one is meant.

    `words` are the kiosk's, and name nobody, no number and no reason: a stranger may have found the paper. Of several
    the one with the greatest `weight` is said. `hands`: who has it, and keeps its visitor (requirements B.12).
    """

    service: str
    words: str
    facts: Facts = field(default_factory=dict)
    weight: int = 0
    hands: Hands | None = None


#: Tabs of a person's or employer's sheet that services fill: what lies in central data, and what is only here.
SheetTab = Literal[
    "employments", "contributions", "relationships", "cases", "documents", "payments", "accounts", "letters"
]


@dataclass(frozen=True, slots=True)
class Found(Sentence):
    """A paper found by its number (a receipt, a request, a certificate): what it is, and where it opens."""

    number: str
    icon: str
    words: str
    url: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SheetLine(Sentence):
    """A line that a service adds to a tab of somebody's sheet: when (wall, ms), its sentence, where it opens.

    `provisional`: done here and not yet confirmed by the central system; the sheet marks it.
    """

    tab: SheetTab
    at: int
    icon: str
    words: str
    facts: Facts = field(default_factory=dict)
    url: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class FirstLevel:
    """How many who asked something on a day were answered at once, of how many; of one agent, or of all."""

    answered: int = 0
    asked: int = 0

    @property
    def percent(self) -> int | None:
        """The rate; None while nobody has asked."""
        return round(100 * self.answered / self.asked) if self.asked else None

    def __add__(self, other: FirstLevel) -> FirstLevel:
        """Of two services together: each question is counted by one of them."""
        return FirstLevel(self.answered + other.answered, self.asked + other.asked)


Reader = sqlite3.Connection


@dataclass(frozen=True, slots=True)
class Received:
    """What the centre said in a letter: its number for ever, its key, what it says, from when on, and who published it.

    `said_at` is the centre's clock (wall, ms); `effective_on` a day, or None for at once.
    """

    number: int
    key: str
    topic: str
    payload: Any
    said_at: int
    effective_on: str | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Change(Sentence):
    """One thing that a letter would change, for whoever looks at it before it takes effect; where that opens."""

    words: str
    facts: Facts = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A kind of letter of the centre that a service takes, by its topic. `title` is the key of its name.

    `check` raises Refused for a content that makes no sense: the letter is refused with that code and the centre
    hears it. `apply` records what follows, inside the transaction in which the letter takes effect, after a last
    `check`. `preview` says what it would change, as things stand.
    """

    topic: str
    title: str
    check: Callable[[Hub, Reader, Received], None]
    apply: Callable[[Hub, Transaction, Received], None]
    preview: Callable[[Hub, Reader, Received], tuple[Change, ...]] = lambda _hub, _reader, _received: ()


#: What is wrong with what the service keeps, beyond the journal: one sentence each, naming the first bad entry.
Faults = Callable[[Reader], Iterable[str]]
#: By what was typed into the search, with its spaces.
Finds = Callable[[Reader, str], tuple[Found, ...]]
#: Of a party, by the ref of central data.
SheetLines = Callable[[Reader, str], tuple[SheetLine, ...]]
#: Of a visit, by the ticket's row.
Thread = Callable[[Reader, int], tuple[ThreadLine, ...]]
#: Of an agent, by code.
PendingOf = Callable[[Reader, str], tuple[Pending, ...]]
#: By whom a paper was handled last, and at which counter; None where it is none of the service's.
Holds = Callable[[Reader, str], "Hands | None"]
#: Of what was scanned.
Offers = Callable[[Hub, Reader, Scan], tuple[Offer, ...]]
#: Of a day (its row), by one agent or by all.
FirstLevels = Callable[[Reader, int, str | None], FirstLevel]
#: Of the visit (the ticket's row; None: of what this agent has begun without a visitor): the last thing asked, if the
#: counter could not answer it.
Unanswered = Callable[[Reader, int | None, str], int | None]
#: The subjects (`request 7`) of files that are not done with.
WorksOn = Callable[[Reader], tuple[str, ...]]
#: An event as a judge of runs reads it (hub/history_export.py): who acted and its public payload, in; the function of
#: the history format that it is the effect of, and what the rules look at, out.
TellsRun = Callable[[str, Mapping[str, Any]], tuple[str, dict[str, Any]]]
#: The state lines of such an export.
TellsState = Callable[[Reader], Iterable[dict[str, Any]]]
#: The constants that its rules need, from the agency's settings.
TellsConfig = Callable[[Settings], dict[str, Any]]
#: Of what a message of the outbox is about (its aggregate, `deposit 12`): its name, and the page where it is put right.
AboutOf = Callable[[Reader, str], Found | None]
#: Raises Refused where settings that are to be published take away what the service still needs: a till's counter, say.
Needs = Callable[[Hub, Reader, Settings], None]
#: Which files must be on the service's shelf.
FileNames = Callable[[Reader], Named]
#: What the service does aside, every few seconds, as long as the hub runs.
Aside = Callable[[Hub], None]
#: The groups that may enter the room now, the newest first.
Entering = Callable[[Hub, Reader], tuple[BoardGroup, ...]]
#: Handed an event inside its transaction; a guard may refuse it by raising, before it is recorded.
Heard = Callable[[Hub, Transaction, Event], None]


@dataclass(frozen=True, slots=True)
class Live:
    """A picture that a service keeps fresh in a window of an agent's, besides the desk's own.

    `event` carries it to whoever has one of `roles`; `picture` is asked for an agent, and has `epoch` and `seq`.
    """

    event: str
    roles: frozenset[str]
    picture: Callable[[Hub, Reader, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What devices and other programs may ask of whoever keeps the appointments (hub/asks.py)."""

    #: Somebody is here: by the code of a slip, a telephone number or a name.
    arrive: Callable[[Hub, Ask, Mapping[str, str]], Answer]
    #: The free times of a service, from a day on.
    times: Callable[..., Answer]
    #: A time for somebody: what was said, by the names of the ask.
    book: Callable[[Hub, Ask, Mapping[str, str]], Answer]
    #: Whether a code is that of somebody who is expected for this service today.
    expects: Callable[[Hub, str, str], bool]
    #: What there is today under a telephone number or a name, for whoever says it at that kiosk.
    expected: Callable[..., Answer]
    #: Whoever has the slip gives it up, by its code.
    unbook: Callable[..., Answer]


#: Told the event of a picture that is another one though nothing was recorded: live windows get it.
on_changed: list[Callable[[str], None]] = []


def changed(event: str) -> None:
    """A picture is another one, and no entry of the journal says so: what is being typed, for instance."""
    for tell in on_changed:
        tell(event)


def nothing(reader: Reader, of: int | str) -> tuple[()]:
    """A read port of a service that has nothing to say."""
    del reader, of
    return ()


def nobody_named(reader: Reader, aggregate: str) -> Found | None:
    """What a service knows of a message's aggregate that is none of its own."""
    del reader, aggregate
    return None


def nobody_enters(hub: Hub, reader: Reader) -> tuple[()]:
    """Who is called into the room by a service that calls nobody in."""
    del hub, reader
    return ()


def nothing_waits(hub: Hub, reader: Reader, scan: Scan) -> tuple[()]:
    """What a service offers that waits for nobody to come back."""
    del hub, reader, scan
    return ()


def in_no_hands(reader: Reader, label: str) -> None:
    """Who has a paper of a service that keeps none."""
    del reader, label


def nothing_open(reader: Reader) -> tuple[()]:
    """What a service works on that keeps no file."""
    del reader
    return ()


def nobody_asked(reader: Reader, day: int, agent: str | None) -> FirstLevel:
    """The first level of a service where nothing is asked."""
    del reader, day, agent
    return FirstLevel()


def all_answered(reader: Reader, ticket: int | None, agent: str) -> None:
    """What is unanswered in a service where nothing is asked."""
    del reader, ticket, agent


def no_state(reader: Reader) -> tuple[()]:
    """What a service tells a judge of its rows that has nothing for it."""
    del reader
    return ()


def no_config(settings: Settings) -> dict[str, Any]:
    """What a judge needs to know of the settings of a service that has nothing for it."""
    del settings
    return {}


def needs_nothing(hub: Hub, reader: Reader, settings: Settings) -> None:
    """What a service needs of the agency's counters and queues that can do without any."""
    del hub, reader, settings


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterService:
    """One service at the counter.

    `name` is its folder, `title` the key of its name on the desk's tab, `roles` who sees that tab; `pages` is a
    blueprint of that name under /desk/NAME. `listens`, `guards` and `tells_run` are keyed by the kind of the event.
    `goes_on` is the page where a question goes on that the counter could not answer. What of people stands under a
    subject that a service `works_on` is not destroyed, however old it is. `live` are its windows beside the desk.
    Those of its `roles` that have the tab `beside` their own work find it behind the others. `uploads` says which
    endpoints take how many bytes of a file, `files` which ones are kept on the shelf of its name. One service keeps the
    `agenda`. `entering` are the groups that are called into the room, for the hall's screens.
    """

    name: str
    title: str
    icon: str
    roles: frozenset[str]
    pages: Blueprint | None = None
    migrations: Migrations | None = None
    appliers: Appliers = field(default_factory=dict)
    state_tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listens: Mapping[str, Heard] = field(default_factory=dict)
    guards: Mapping[str, Heard] = field(default_factory=dict)
    thread: Thread = nothing
    pending: PendingOf = nothing
    offers: Offers = nothing_waits
    holds: Holds = in_no_hands
    finds: Finds = nothing
    sheet: SheetLines = nothing
    faults: Faults | None = None
    works_on: WorksOn = nothing_open
    tells_run: Mapping[str, TellsRun] = field(default_factory=dict)
    tells_state: TellsState = no_state
    tells_config: TellsConfig = no_config
    first_level: FirstLevels = nobody_asked
    unanswered: Unanswered = all_answered
    goes_on: str = ""
    beside: frozenset[str] = frozenset()
    live: tuple[Live, ...] = ()
    inbox: tuple[Inbound, ...] = ()
    about: AboutOf = nobody_named
    uploads: Mapping[str, int] = field(default_factory=dict)
    files: FileNames | None = None
    aside: Aside | None = None
    agenda: Agenda | None = None
    entering: Entering = nobody_enters
    needs: Needs = needs_nothing


@cache
def folders() -> tuple[str, ...]:
    """The services there are: read once, a search asks at each letter."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("[a-z]*/__init__.py")))


def load(names: Iterable[str]) -> tuple[CounterService, ...]:
    """The services of that name, in that order. Raises ConfigurationFault with every name that is none."""
    wanted = tuple(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in folders()]:
        raise ConfigurationFault(
            [f"agency.toml: counter_services: no service {name!r}{did_you_mean(name, folders())}" for name in unknown]
        )
    return tuple(_declared(name) for name in wanted)


def _declared(name: str) -> CounterService:
    declared = getattr(import_module(f"hub.services.{name}"), "COUNTER_SERVICE", None)
    if not isinstance(declared, CounterService):
        raise ConfigurationFault([f"hub/services/{name}/__init__.py declares no COUNTER_SERVICE"])
    return declared


def first_level(hub: Hub, reader: Reader, day: int, agent: str | None = None) -> FirstLevel:
    """How a day goes at the first level, of all services together."""
    services = load(hub.settings.counter_services)
    return sum((service.first_level(reader, day, agent) for service in services), FirstLevel())


def unanswered(hub: Hub, reader: Reader, ticket: int | None, agent: str) -> int | None:
    """What was asked last and could not be answered at the counter: the row of the service that noted it."""
    services = load(hub.settings.counter_services)
    return next(filter(None, (service.unanswered(reader, ticket, agent) for service in services)), None)


def goes_on(hub: Hub) -> str:
    """The page where a question goes on that the counter could not answer; empty where there is none."""
    return next(filter(None, (service.goes_on for service in load(hub.settings.counter_services))), "")


def listeners(hub: Hub, services: Iterable[CounterService]) -> dict[str, tuple[Listener, ...]]:
    """What the store hands each kind of event to: `hub.store.listeners = ports.listeners(hub, services)`."""
    return _bound(hub, [service.listens for service in services])


def guards(hub: Hub, services: Iterable[CounterService]) -> dict[str, tuple[Guard, ...]]:
    """Who may refuse each kind of event: `hub.store.guards = ports.guards(hub, services)`."""
    return _bound(hub, [service.guards for service in services])


def _bound(hub: Hub, tables: Iterable[Mapping[str, Heard]]) -> dict[str, tuple[Listener, ...]]:
    found: dict[str, tuple[Listener, ...]] = {}
    for table in tables:
        for kind, heard in table.items():
            found[kind] = (*found.get(kind, ()), _with(hub, heard))
    return found


def _with(hub: Hub, heard: Heard) -> Listener:
    def hear(tx: Transaction, event: Event) -> None:
        heard(hub, tx, event)

    return hear
