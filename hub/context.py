"""The hub as its rooms see it: settings, store, clock. Handed in, never global."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from hub.ask import Answer, Ask
from hub.clock import Instant, local
from hub.journal import Entry
from hub.knocks import Bans
from hub.settings import Settings
from hub.shelf import FOLDER, Shelf
from hub.store import Announce, Store, Transaction
from hub.waits.watch import Watch
from hub.workshop.viewer import Viewer
from hub.workshop.workshop import Workshop

if TYPE_CHECKING:  # known by its shape alone: a service knows this room, never the other way round
    from hub.services.ports import CounterService


#: Codes that no ticket has, from one device or address within a minute; and how long it is then not answered, seconds.
WRONG_CODES, WAIT_S = 20, 60.0
#: Numbers of persons or employers that one kiosk looks up within a minute: a visitor takes longer than three seconds.
NUMBERS = 20


@dataclass(frozen=True, slots=True)
class Stood:
    """Settings that stood from a moment on, None: from before the time that was asked for.

    `version` 0: it is not known what stood then, and these are today's.
    """

    since: Instant | None
    settings: Settings
    version: int


@dataclass(slots=True)
class Standing:
    """The settings that stand now: what the files say, with what was published on top (hub/publishing).

    `settings` None: the files alone. `version` is that of the last publication, 0 before the first. `known` is what
    rooms have worked out of these settings, forgotten with them. `past` looks versions up, where there are any.
    """

    settings: Settings | None = None
    version: int = 0
    known: dict[Any, Any] = field(default_factory=dict)
    past: Callable[[sqlite3.Connection, int, int], tuple[Stood, ...]] | None = None

    def take(self, settings: Settings | None, version: int) -> None:
        """These stand from now on."""
        self.settings, self.version, self.known = settings, version, {}


@dataclass(frozen=True, eq=False)
class Hub:
    """One agency's hub. `files` is what its files say; what counts is `settings`."""

    files: Settings
    store: Store
    #: Draws what is printed as PDF, in a process that is there while it is needed.
    workshop: Workshop = field(default_factory=Workshop)
    #: The counter services that this agency uses, in its order.
    services: tuple[CounterService, ...] = ()
    #: How long people wait here.
    waits: Watch = field(default_factory=Watch)
    #: Looks into files that come from outside, each in a process of its own.
    viewer: Viewer = field(default_factory=Viewer)
    #: Who tries codes that no ticket has.
    guesses: Bans = field(default_factory=lambda: Bans(WRONG_CODES, WAIT_S, time.monotonic))
    #: Who looks persons' numbers up at the kiosk, faster than visitors come.
    numbers: Bans = field(default_factory=lambda: Bans(NUMBERS, WAIT_S, time.monotonic))
    #: What stands of the configuration: in memory, changed by whoever publishes.
    standing: Standing = field(default_factory=Standing)
    _shelves: dict[str, Shelf] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """What the agency is configured to be now."""
        return self.standing.settings or self.files

    def stood(self, reader: sqlite3.Connection, first: int, last: int) -> tuple[Stood, ...]:
        """The settings that stood at entry `first` of the journal, and those of each version from there to `last`."""
        past = self.standing.past
        return past(reader, first, last) if past else (Stood(None, self.settings, 0),)

    def hear_commits(self, hear: Announce) -> None:
        """Tell this one, too, what was recorded, after whoever is told already."""
        before = self.store.announce

        def announce(entries: tuple[Entry, ...]) -> None:
            before(entries)
            hear(entries)

        self.store.announce = announce

    def now(self) -> Instant:
        """The present moment."""
        return self.store.clock.now()

    def day_of(self, at_ms: int) -> date:
        """The day of a moment (wall, ms), where the agency is."""
        return local(at_ms, self.settings.agency.zone).date()

    def today(self) -> date:
        """The present day, where the agency is."""
        return self.day_of(self.now().at)

    def shelf(self, room: str) -> Shelf:
        """The files that a room keeps beside the database."""
        return self._shelves.setdefault(room, Shelf(self.store.folder / FOLDER / room))

    def tidy(self) -> int:
        """Remove files that no row names: cut before their row, or destroyed by the retention. Raises OSError."""
        gone = 0
        for service in self.services:
            if service.files:
                shelf = self.shelf(service.name)
                with shelf.placing, self.snapshot() as reader:
                    gone += shelf.sweep(service.files(reader).named)
        return gone

    @property
    def reader(self) -> sqlite3.Connection:
        """This thread's read-only connection."""
        return self.store.reader

    def snapshot(self) -> AbstractContextManager[sqlite3.Connection]:
        """This thread's reader, held at one moment."""
        return self.store.snapshot()

    def perform(self, ask: Ask, action: Callable[[Transaction], Answer]) -> Answer:
        """Do an action once for its key; see `Store.perform`."""
        return self.store.perform(ask, action)


P = ParamSpec("P")


def action(decide: Callable[Concatenate[Transaction, Hub, P], Answer]) -> Callable[Concatenate[Hub, Ask, P], Answer]:
    """Make an action of a function that reads, decides and records in a transaction.

    The action is called with the hub and the ask; it is done once for the ask's key.
    """

    def perform(hub: Hub, ask: Ask, /, *args: P.args, **values: P.kwargs) -> Answer:
        return hub.perform(ask, lambda tx: decide(tx, hub, *args, **values))

    perform.__name__, perform.__doc__ = decide.__name__, decide.__doc__
    return perform
