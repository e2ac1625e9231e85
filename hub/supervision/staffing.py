"""Who was at which counter, and when a visitor was with them: read from the journal of a day.

The rows of counters keep the present alone; what a counter did is in the events. Only the events of this day are read
(`business_day.first_seq`), and of these only the kinds that begin or end something at a counter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hub.clock import Instant
from hub.queues.store import Reader
from hub.supervision.measures import Timeline
from hub.supervision.model import Day, Stretch, Visit

#: From here on a visitor is with whoever sits at the counter, and from there on no more.
_BEGINS = ("service_started", "ticket_resumed", "step_undone")
_ENDS = ("ticket_served", "ticket_transferred", "ticket_held", "ticket_unfinished")
_SEAT = ("counter_opened", "counter_closed", "counter_paused", "counter_unpaused")
#: Back-office work is taken up, put down, or ended by a call.
_BACK = ("back_office_begun", "back_office_ended", "ticket_called")
_KINDS = _BEGINS + _ENDS + _SEAT + _BACK
_MARKS = ",".join("?" * len(_KINDS))
_ROWS = (
    "SELECT kind, at, mono, boot, coalesce(json_extract(payload, '$.counter'), '') AS counter,"  # noqa: S608 (marks alone)
    " json_extract(payload, '$.agent') AS agent, json_extract(payload, '$.step') AS step"
    " FROM journal WHERE seq >= (SELECT first_seq FROM business_day WHERE date = ?)"
    " AND seq < coalesce((SELECT first_seq FROM business_day WHERE id > (SELECT id FROM business_day WHERE date = ?)"
    " ORDER BY id LIMIT 1), 1 << 62)"
    f" AND kind IN ({_MARKS}) ORDER BY seq"
)


@dataclass(slots=True)
class _Seat:
    """A counter while the day is being read."""

    agent: str | None
    since: int
    came: int
    paused: bool = False
    serving: bool = False
    back: bool = False


@dataclass(slots=True)
class _Reading:
    seats: dict[str, _Seat] = field(default_factory=dict)
    found: list[Stretch] = field(default_factory=list)
    #: Until when each counter's time is told: after a boot that lies earlier none of it is told twice.
    told: dict[str, int] = field(default_factory=dict)

    def turn(self, counter: str, now: int, **changes: object) -> None:
        """Something begins or ends at a counter: what was until now is a stretch."""
        seat = self.seats.get(counter)
        if seat is None:
            return
        if now > seat.since:
            was = (seat.serving, seat.paused, seat.came, seat.back)
            self.found.append(Stretch(counter, seat.agent, seat.since, now, *was))
            seat.since = self.told[counter] = now
        for name, value in changes.items():
            setattr(seat, name, value)


def stretches(reader: Reader, day: Day, visits: Iterable[Visit], now_ms: int) -> tuple[Stretch, ...]:
    """Everything that counters were on one day. A service ends where it was corrected, and its counter is free."""
    rows = reader.execute(_ROWS, (day.date, day.date, *_KINDS)).fetchall()
    line = Timeline(_moment(row) for row in rows)
    reading = _Reading()
    for row in rows:
        _read(reading, row, line.place(_moment(row)))
    end = now_ms if day.closed_at is None else day.closed_at
    for counter, seat in reading.seats.items():
        reading.turn(counter, max(seat.since, end))
    return _corrected(reading.found, _ends(visits, line))


def _moment(row: sqlite3.Row) -> Instant:
    return Instant(row["at"], row["mono"], row["boot"])


def _read(reading: _Reading, row: sqlite3.Row, now: int) -> None:
    kind, counter = row["kind"], row["counter"]
    if kind == "counter_opened":
        reading.turn(counter, now)
        held = reading.seats.get(counter)
        since = reading.told[counter] = max(now, reading.told.get(counter, now))
        reading.seats[counter] = _Seat(row["agent"], since, since, serving=held is not None and held.serving)
    elif kind == "counter_closed":
        reading.turn(counter, now)
        reading.seats.pop(counter, None)
    elif kind in ("counter_paused", "counter_unpaused"):
        reading.turn(counter, now, paused=kind == "counter_paused", back=False)
    elif kind in _ENDS:
        reading.turn(counter, now, serving=False)
    elif kind in _BACK or row["step"] == "no_show":  # an absence that is taken back is a call again
        _at_back(reading, counter, now, back=kind == "back_office_begun")
    else:
        reading.turn(counter, now, serving=True, paused=False, back=False)


def _at_back(reading: _Reading, counter: str, now: int, *, back: bool) -> None:
    """Back-office work begins, or ends where there was any; whoever was at none stays in one stretch."""
    seat = reading.seats.get(counter)
    if seat is not None and seat.back != back:
        reading.turn(counter, now, back=back)


def _ends(visits: Iterable[Visit], line: Timeline) -> Mapping[str, tuple[tuple[int, int], ...]]:
    """Of each counter, what was corrected: from the corrected end to the key that was pressed."""
    found: dict[str, list[tuple[int, int]]] = {}
    for passage in (p for visit in visits for p in visit.passages):
        if passage.pressed and passage.ended and passage.counter:
            found.setdefault(passage.counter, []).append((line.place(passage.ended), line.place(passage.pressed)))
    return {counter: tuple(ends) for counter, ends in found.items()}


def _corrected(found: Sequence[Stretch], ends: Mapping[str, Sequence[tuple[int, int]]]) -> tuple[Stretch, ...]:
    """The stretches, those of a corrected service cut where it really ended."""
    cut: list[Stretch] = []
    for one in found:
        over = next((e for e, p in ends.get(one.counter, ()) if one.served and e < one.end <= p), None)
        if over is None:
            cut.append(one)
            continue
        middle = max(one.begin, over)
        if middle > one.begin:
            cut.append(replace(one, end=middle))
        cut.append(replace(one, begin=middle, served=False))
    return tuple(cut)
