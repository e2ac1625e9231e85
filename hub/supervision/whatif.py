"""A past day with other counters, profiles or rules: what is asked, the day's scene, and what the replays came to."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from hub.context import Hub, Stood
from hub.errors import Unreadable
from hub.queues import places
from hub.queues.routing import Place
from hub.settings import QueueRules, Settings
from hub.settings.counters import Counter
from hub.supervision import replay, staffing, store
from hub.supervision.measures import percentile
from hub.supervision.model import Day, Visit
from hub.supervision.playing import Result, Trying, results
from hub.supervision.replay import Scene, Window

#: The code of a counter that there is not yet.
NEW = "+"
_MIN = 60_000
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
#: The rules of calling that can be tried otherwise: field → setting.
RULES = {
    "max_wait": "max_wait_min", "run": "priority_run", "normal_wait": "normal_wait_min", "affinity": "affinity_min",
}  # fmt: skip
FIELDS = ("day", "do", "counter", "services", "from", "to", *RULES)


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried: a counter opened (with these queues) or closed for a time, ms of the day's line.

    `rules`: numbers of the selection that are otherwise all day, by setting.
    """

    do: Literal["open", "close", ""]
    counter: str
    services: tuple[str, ...]
    begin: int
    end: int
    rules: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trial:
    """A past day, what was tried, and what came of it: all of it first, then each queue.

    `stood`: the settings that the day was replayed by, in order.
    """

    day: Day
    visits: int
    change: Change
    results: tuple[Result, ...]
    stood: tuple[Stood, ...]

    @property
    def off_min(self) -> float | None:
        """By how much the replay of the day as it was misses what the day was, minutes."""
        whole = self.results[0]
        return None if whole.was is None or whole.again is None else abs(whole.was - whole.again)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A trial that can be played: all that was read for it."""

    day: Day
    visits: int
    change: Change
    stood: tuple[Stood, ...]
    trying: Trying

    def played(self, play: Callable[[Trying], tuple[Result, ...]]) -> Trial:
        """What comes of it. `play`: here (`playing.results`), or apart from the hub (`playing.apart`)."""
        return Trial(self.day, self.visits, self.change, play(self.trying), self.stood)


def prepared(hub: Hub, reader: sqlite3.Connection, query: Mapping[str, str]) -> Prepared:
    """A closed day as it was, and with what is asked. Raises Unreadable naming the field that makes no sense."""
    day, visits, stood, scene = scene_of(hub, reader, query.get("day", ""))
    change = _change(hub, query, day)
    services = sorted({step.service for visitor in scene.visitors for step in visitor.steps})
    was = tuple((service, _was(visits, service)) for service in (None, *services))
    return Prepared(day, len(visits), change, stood, Trying(scene, _changed(scene, change, stood[-1].settings), was))


def tried(hub: Hub, reader: sqlite3.Connection, query: Mapping[str, str]) -> Trial:
    """The same, played here."""
    return prepared(hub, reader, query).played(results)


# --- what is asked ---------------------------------------------------------------------------


def scene_of(hub: Hub, reader: sqlite3.Connection, asked: str) -> tuple[Day, list[Visit], tuple[Stood, ...], Scene]:
    """A day that is over, its visits, by which settings it went, and its scene. Raises Unreadable naming `day`."""
    settings = hub.settings
    found = store.days(reader, asked, asked, settings.agency.zone) if _is_date(asked) else {}
    day = next(iter(found.values()), None)
    if day is None or day.closed_at is None:
        raise Unreadable("day: a business day that is over, as YYYY-MM-DD", field="day")
    visits, stood = store.visits(reader, found), _stood(hub, reader, day)
    scene = replay.scene_of(
        visits,
        staffing.stretches(reader, day, visits, day.closed_at),
        stood,
        {service.code: round(service.mean_min * _MIN) for service in settings.services},
    )
    return day, visits, stood, scene


def _stood(hub: Hub, reader: sqlite3.Connection, day: Day) -> tuple[Stood, ...]:
    """The settings of a day that is over: those it began with, and what was published until it closed."""
    found = hub.stood(reader, *store.entries(reader, day.date))
    return tuple(one for one in found if one.since is None or one.since.at <= (day.closed_at or 0))


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _change(hub: Hub, query: Mapping[str, str], day: Day) -> Change:
    if unknown := [name for name in query if name not in FIELDS]:
        raise Unreadable(f"no such field; there are {', '.join(FIELDS)}", field=unknown[0][:64])
    do = query.get("do", "")
    if do not in ("open", "close", ""):
        raise Unreadable("do: open or close", field="do")
    counter = query.get("counter", "") or NEW
    if do and counter != NEW and hub.settings.counter(counter) is None:
        raise Unreadable("no such counter", field="counter")
    if do == "close" and counter == NEW:
        raise Unreadable("say which counter is closed", field="counter")
    begin, end = (_moment(hub, query, name, day) if do else 0 for name in ("from", "to"))
    if begin > end or (do and begin == end):
        raise Unreadable("from comes before to", field="to")
    return Change(
        "open" if do == "open" else "close" if do else "",
        counter,
        _services(hub, query, do, counter),
        begin,
        end,
        _rules(query),
    )


def _services(hub: Hub, query: Mapping[str, str], do: str, counter: str) -> tuple[str, ...]:
    """The queues of a counter that is opened: those asked for, else its own."""
    asked = tuple(dict.fromkeys(code for code in query.get("services", "").split(",") if code))
    if any(hub.settings.service(code) is None for code in asked):
        raise Unreadable("no such service", field="services")
    known = hub.settings.counter(counter)
    services = asked or (known.services if known else ())
    if do == "open" and not services:
        raise Unreadable("say which queues a new counter calls from", field="services")
    return services


def _moment(hub: Hub, query: Mapping[str, str], field: str, day: Day) -> int:
    """A time of that day, on its line of ms."""
    typed = query.get(field, "")
    if not _TIME.fullmatch(typed):
        raise Unreadable("write a time as HH:MM", field=field)
    at = datetime.fromisoformat(f"{day.date}T{typed}").replace(tzinfo=hub.settings.agency.zone)
    return round(at.timestamp() * 1000)


def _rules(query: Mapping[str, str]) -> dict[str, int]:
    found = {}
    for field, setting in RULES.items():
        typed, (least, most) = query.get(field, ""), QueueRules.limits(setting)
        if not typed:
            continue
        if not (typed.isascii() and typed.isdecimal() and least <= int(typed) <= most):
            raise Unreadable(f"{field}: a whole number from {least} to {most}", field=field)
        found[setting] = int(typed)
    return found


def _changed(scene: Scene, change: Change, settings: Settings) -> Scene:
    windows = scene.windows
    if change.do == "close":
        windows = replay.closed(windows, change.counter, change.begin, change.end)
    elif change.do == "open":
        place = _tried_place(settings, change)
        windows = replay.opened(windows, Window(place, change.begin, change.end, sitting=change.begin))
    terms = ((since, replace(one, rules=one.rules.model_copy(update=change.rules))) for since, one in scene.terms)
    return replace(scene, windows=windows, terms=tuple(terms))


def _tried_place(settings: Settings, change: Change) -> Place:
    """The counter that is opened, with somebody whose level suffices and of whom no profile says more.

    One that there is not yet speaks what counters speak of which nobody has said.
    """
    counter = settings.counter(change.counter) or Counter(code="0", label="", kind="specialised")
    found = places.place_of(settings, counter.model_copy(update={"services": change.services}), None)
    return replace(found, counter=change.counter, services=change.services)


def _was(visits: Sequence[Visit], service: str | None) -> float | None:
    """The day's own P80 of the wait to the call, as the statistics count it."""
    found = sorted(
        call.ms
        for visit in visits
        for passage in visit.passages
        if service in (None, passage.service) and (call := passage.wait_to_call) and call.certain
    )
    return percentile(found, 0.8) / _MIN if found else None
