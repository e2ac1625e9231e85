"""The lines of one agency on one day, told by its journal: the same in the hub, as it happens, and at night.

    hall = Hall(places)
    hall.entry(kind, ticket, facts, minute)      # in the order of the journal
    hall.picture("DEP", minute)

Each ticket that is called tells `heard` what was seen as it was taken and how long it took, to learn from. Those who
are called before their turn, by right, by an appointment or by an agent's pick, say nothing of anybody else's wait and
are left out. Whoever is here before their appointment waits for us from its time on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.waits.forecast import Forecast
from hub.waits.picture import Line, Picture

#: Kinds of the journal that change a line.
KINDS = (
    "day_opened", "ticket_issued", "ticket_called", "ticket_released", "ticket_returned", "ticket_transferred",
    "ticket_let_pass",
    "ticket_cancelled", "ticket_unserved", "ticket_unfinished", "step_undone", "counter_opened", "counter_paused",
    "counter_unpaused", "counter_closed",
)  # fmt: skip
_LEAVING = ("ticket_cancelled", "ticket_unserved", "ticket_unfinished")
_MS_PER_MIN = 60_000
_STAFFING = {"counter_opened": True, "counter_unpaused": True, "counter_paused": False, "counter_closed": False}


@dataclass(frozen=True, slots=True)
class Places:
    """Which services each counter serves, and how long a visit takes in each by the settings, minutes."""

    counters: Mapping[str, tuple[str, ...]]
    service_min: Mapping[str, float]


#: What is said on seeing a picture; nothing, where nobody is told.
Says = Callable[[Picture], Forecast | None]
#: What was seen, what was said, how many minutes it took.
Heard = Callable[[Picture, Forecast | None, float], None]


@dataclass
class Hall:
    """All lines of a day; `weekday` 0 is Monday."""

    places: Places
    weekday: int = 0
    says: Says = lambda _picture: None
    heard: Heard = lambda _picture, _forecast, _minutes: None
    _lines: dict[str, Line] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    #: Where each ticket waits, or was called from, and since when.
    _of: dict[int, tuple[str, float]] = field(default_factory=dict)
    _seen: dict[int, tuple[Picture, Forecast | None]] = field(default_factory=dict)

    def begin(self, weekday: int) -> None:
        """A day begins: nobody waits and no counter serves."""
        self.weekday = weekday
        for kept in (self._lines, self._open, self._of, self._seen):
            kept.clear()

    def picture(self, service: str, minute: float, ahead: int | None = None) -> Picture:
        """A service's queue for whoever takes a ticket now."""
        return self._line(service).picture(minute, ahead, self.places.service_min.get(service, 0.0))

    def service_of(self, ticket: int) -> str:
        """Where a ticket waits, or was called from; empty for one that never joined."""
        return self._of.get(ticket, ("", 0.0))[0]

    def entry(self, kind: str, ticket: int, facts: Mapping[str, Any], minute: float, *, certain: bool = True) -> None:
        """An entry of the journal: its kind, the ticket it is about (0: none), its payload, the minute of the day.

        `certain`: its time is believed; a wait that begins or ends otherwise is not learned from.
        """
        if kind == "ticket_issued":
            self._issued(ticket, facts, minute, certain=certain and facts.get("certain", True))
        elif kind == "ticket_called":
            self._called(ticket, minute, learn=certain and facts.get("rule") != 0)
        elif kind in _STAFFING:
            self._staffed(str(facts["counter"]), minute, serves=_STAFFING[kind])
        elif kind in _LEAVING or (kind == "step_undone" and facts.get("step") == "transfer"):
            self._left(ticket, minute)
        elif kind in ("ticket_transferred", "ticket_returned"):
            service = facts.get("service") or self.service_of(ticket)
            self._joined(ticket, str(service), minute)
        elif kind == "ticket_let_pass":
            self._seen.pop(ticket, None)  # they wait longer because they want to: nothing is learned from it
        elif kind == "ticket_released" and ticket in self._of:
            service, since = self._of[ticket]
            self._line(service).back(ticket, since)

    def _issued(self, ticket: int, facts: Mapping[str, Any], minute: float, *, certain: bool) -> None:
        service = str(facts["service"])
        due_at = facts.get("due_at")
        if certain and facts.get("priority", "normal") == "normal" and not facts.get("wanted") and due_at is None:
            picture = self.picture(service, minute)
            self._seen[ticket] = (picture, self.says(picture))
        early_ms = 0 if due_at is None else max(0, due_at - facts["issued_at"])
        self._joined(ticket, service, minute, minute + early_ms / _MS_PER_MIN)

    def _joined(self, ticket: int, service: str, minute: float, since: float | None = None) -> None:
        self._of[ticket] = (service, minute if since is None else since)
        self._line(service).joined(ticket, minute, since)

    def _called(self, ticket: int, minute: float, *, learn: bool) -> None:
        if ticket not in self._of:
            return
        service, since = self._of[ticket]
        self._line(service).called(ticket, minute)
        seen = self._seen.pop(ticket, None)
        if seen is not None and learn and minute >= since:
            self.heard(*seen, minute - since)

    def _left(self, ticket: int, minute: float) -> None:
        self._seen.pop(ticket, None)
        if ticket in self._of:
            self._line(self._of[ticket][0]).left(ticket, minute)

    def place(self, places: Places, minute: float) -> None:
        """Counters serve something else from now on."""
        services = {service for each in (self.places, places) for its in each.counters.values() for service in its}
        self.places = places
        for service in services:
            self._restaff(service, minute)

    def _staffed(self, counter: str, minute: float, *, serves: bool) -> None:
        """A counter shared between n services counts for 1/n in each."""
        (self._open.add if serves else self._open.discard)(counter)
        for service in self.places.counters.get(counter, ()):
            self._restaff(service, minute)

    def _restaff(self, service: str, minute: float) -> None:
        shares = (len(s) for code, s in self.places.counters.items() if code in self._open and service in s)
        self._line(service).staffed(minute, sum(1 / share for share in shares))

    def _line(self, service: str) -> Line:
        return self._lines.setdefault(service, Line(service, self.weekday))
