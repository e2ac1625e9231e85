"""The day that goes on, as the supervisor's board counts it: its visits by state, its waits by service and hour.

A day of two thousand visits is not read again at each of ten pictures a second: what was read is kept in order, and a
look takes from the journal which tickets have changed since. It is forgotten, and the day read whole, when another day
has begun, or when the journal is not the one that was followed (a restored hub, a disk that lost what it had taken).
"""

from __future__ import annotations

import sqlite3
import threading
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from hub import journal
from hub.context import Hub
from hub.queues.pictures import Moment
from hub.staff_pictures import HourWait
from hub.supervision import store
from hub.supervision.measures import percentile
from hub.supervision.model import Day

_P80 = 0.8
_S = 1000
#: After so many entries the whole day is read no more slowly than what has changed.
MOST_BEHIND = 2_000


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a day has come to. `states`: visits by the service they asked for and their state; `p80_ms` by service."""

    states: Mapping[tuple[str, str], int]
    p80_ms: Mapping[str, int]
    hours: tuple[HourWait, ...]


@dataclass(slots=True)
class _Waits:
    """Waits by their length (ms) and by when they began, both in order."""

    lengths: list[int] = field(default_factory=list)
    began: list[int] = field(default_factory=list)

    def add(self, wait: store.Wait) -> None:
        insort(self.lengths, wait.ms)
        insort(self.began, wait.entered_at)

    def take_out(self, wait: store.Wait) -> None:
        for values, value in ((self.lengths, wait.ms), (self.began, wait.entered_at)):
            del values[bisect_left(values, value)]

    def __bool__(self) -> bool:
        return bool(self.lengths)

    @property
    def p80(self) -> int:
        return percentile(self.lengths, _P80)


class Today:
    """One business day, followed from one look to the next. `at` is the last entry known, with its hash."""

    def __init__(self, day_id: int, day: Day) -> None:
        self.day_id = day_id
        self._day = day
        self.at: tuple[int, bytes | None] = (0, None)
        self._known: dict[int, store.Standing] = {}
        self._states: Counter[tuple[str, str]] = Counter()
        self._services: defaultdict[str, _Waits] = defaultdict(_Waits)
        self._hours: defaultdict[int, _Waits] = defaultdict(_Waits)

    def take(self, found: Iterable[store.Standing]) -> None:
        """How some tickets of the day stand by now."""
        for ticket in found:
            if (before := self._known.get(ticket.id)) is not None:
                self._states[before.asked, before.state] -= 1
                for wait in before.waits:
                    self._services[wait.service].take_out(wait)
                    self._hours[self._day.hour(wait.entered_at)].take_out(wait)
            self._known[ticket.id] = ticket
            self._states[ticket.asked, ticket.state] += 1
            for wait in ticket.waits:
                self._services[wait.service].add(wait)
                self._hours[self._day.hour(wait.entered_at)].add(wait)

    def told(self) -> SoFar:
        """As it stands; the hours in the order of the day, which may pass midnight."""
        hours = sorted((waits.began[0], hour, waits) for hour, waits in self._hours.items() if waits)
        return SoFar(
            {what: count for what, count in self._states.items() if count},
            {service: waits.p80 for service, waits in self._services.items() if waits},
            tuple(HourWait(hour, len(waits.lengths), waits.p80 // _S) for _, hour, waits in hours),
        )


_todays: WeakKeyDictionary[Hub, Today] = WeakKeyDictionary()
_following = threading.Lock()


def so_far(hub: Hub, reader: sqlite3.Connection, at: Moment) -> SoFar:
    """What the day of this moment has come to; nothing before the first one."""
    if at.day is None:
        return SoFar({}, {}, ())
    with _following:
        known = _todays.get(hub)
        if known is None or not _goes_on(known, reader, at):
            known = Today(at.day.id, store.day_of(reader, at.day.id, hub.settings.agency.zone))
            known.take(store.standing(reader, at.day.id))
            _todays[hub] = known
        elif known.at[0] < at.seq:
            known.take(store.standing(reader, at.day.id, store.tickets_since(reader, known.at[0])))
        known.at = (at.seq, journal.hash_at(reader, at.seq))
        return known.told()


def _goes_on(known: Today, reader: sqlite3.Connection, at: Moment) -> bool:
    """Whether what is known is the beginning of what this reader sees: an older moment has no such entry yet."""
    day, (seq, digest) = at.day, known.at
    same = day is not None and day.id == known.day_id
    return same and at.seq - seq <= MOST_BEHIND and journal.hash_at(reader, seq) == digest
