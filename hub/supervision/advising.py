"""Staffing advice as its page shows it: which past days a day is foreseen from, and what that advises, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from hub import dates
from hub.context import Hub
from hub.queues.store import Reader
from hub.say import say
from hub.supervision import advice, demand, ranges, staffing, store
from hub.supervision.advice import Advice, Period, Plan
from hub.supervision.demand import SLOT_MIN, Alike, Past, Pool, Slot
from hub.supervision.sheets import THIN, tenths

#: A wait beyond this says only that nobody can be called in time, minutes.
_ENDLESS = 480
#: Who has served a queue so many times (`THIN`) in so long knows it.
_LATELY = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One piece of advice in words; `replayed`: what the replay of a past day is asked with, to try it."""

    kind: str
    text: str
    more: str
    replayed: dict[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One pool in one half-hour: the wait, how many come, and by how many counters it differs from what it wants."""

    wait: str
    people: str
    counters: str
    level: str
    thin: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One pool's day; `counters`: those that serve it."""

    label: str
    counters: str
    target_min: int
    service_min: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Heads:
    """One activity's heads, morning and afternoon, and how many agents know it; all of them in the last one (`""`)."""

    label: str
    morning: advice.Heads
    afternoon: advice.Heads
    versed: int | None

    @property
    def fragile(self) -> bool:
        """Whether one absence would close it."""
        return self.versed is not None and self.versed <= 1


@dataclass(frozen=True, slots=True)
class Outlook:
    """A day to come. `fewest`: how many past days are needed at least; without them there is no advice."""

    day: str
    title: str
    kind: str
    alike: Alike
    based_on: str
    fewest: int
    sentences: tuple[Sentence, ...]
    slots: tuple[str, ...]
    rows: tuple[Row, ...]
    heads: tuple[Heads, ...]

    @property
    def thin(self) -> bool:
        """Whether few people are behind some figure."""
        return any(cell is not None and cell.thin for row in self.rows for cell in row.cells)


def outlook(hub: Hub, reader: Reader, wanted: date) -> Outlook:
    """What a day to come wants."""
    calendar, language = hub.settings.day.calendar, hub.settings.agency.languages[0]
    found = demand.alike(wanted, store.closed_dates(reader), calendar)
    past = [past_of(hub, reader, each) for each in found.dates] if found.enough else []
    plans = _plans(hub, past)
    slots = _slots(plans)
    return Outlook(
        day=wanted.isoformat(),
        title=dates.said(wanted, language),
        kind=found.rush,
        alike=found,
        based_on=_based_on(found, wanted, language),
        fewest=demand.FEWEST,
        sentences=tuple(_sentence(hub, each, found) for each in advice.foremost(plans)),
        slots=tuple(clock(slot) for slot in slots),
        rows=tuple(_row(hub, each, slots) for each in plans),
        heads=_heads(hub, reader, plans, wanted),
    )


def past_of(hub: Hub, reader: Reader, day: str) -> Past:
    """A closed day, folded."""
    days = store.days(reader, day, day, hub.settings.agency.zone)
    (found,) = days.values()
    visits = store.visits(reader, days)
    return demand.fold(found, visits, staffing.stretches(reader, found, visits, found.closed_at or found.opened_at))


def _plans(hub: Hub, past: Sequence[Past]) -> list[Plan]:
    """Of each pool that anybody came to."""
    settings = hub.settings
    gives = {service.code for service in settings.services if service.prefix}
    means = {service.code: float(service.mean_min) for service in settings.services}
    targets = {service.code: float(service.target_min) for service in settings.services}
    found = (
        (pool, demand.demand(pool, past, means.__getitem__))
        for pool in demand.pools(settings.counters, gives.__contains__)
    )
    return [advice.plan(one, min(targets[s] for s in pool.services)) for pool, one in found if one is not None]


def _slots(plans: Sequence[Plan]) -> range:
    """The half-hours of the page: from the first in which a counter is usually open, or people come, to the last."""
    every = [period.slot for plan in plans for period in plan.periods if period.open or period.people >= 1]
    return range(min(every), max(every) + 1) if every else range(0)


def _heads(hub: Hub, reader: Reader, plans: Sequence[Plan], wanted: date) -> tuple[Heads, ...]:
    """The half-day plan: a row for each activity, then one for all."""
    if not plans:
        return ()
    last = wanted - timedelta(days=1)
    known = ranges.read(hub, reader, (last - _LATELY).isoformat(), last.isoformat()).versed(THIN)
    rows = [
        Heads(
            pool_name(hub, plan.demand.pool),
            *advice.half_days(plan),
            min(known.get(service, 0) for service in plan.demand.pool.services),
        )
        for plan in plans
    ]
    return (*rows, Heads("", _total([row.morning for row in rows]), _total([row.afternoon for row in rows]), None))


def _total(heads: Sequence[advice.Heads]) -> advice.Heads:
    return advice.Heads(sum(one.usual for one in heads), sum(one.needed for one in heads))


# --- in words --------------------------------------------------------------------------------


def clock(slot: Slot) -> str:
    """The moment at which a half-hour begins: `9 h 30`."""
    hour, minute = divmod(slot * SLOT_MIN, 60)
    return f"{hour % 24} h {minute:02d}" if minute else f"{hour % 24} h"


def pool_name(hub: Hub, pool: Pool) -> str:
    """The short names of its services."""
    names = [service.name for code in pool.services if (service := hub.settings.service(code))]
    return " · ".join(names)


def _based_on(found: Alike, wanted: date, language: str) -> str:
    """`8 mardis ordinaires, du 6 octobre au 24 novembre 2026`; nothing of no day."""
    if not found.dates:
        return ""
    first, last = (dates.said(day, language, "long") for day in (found.dates[-1], found.dates[0]))
    weekday = format_date(wanted, "EEEE", locale=language) if found.weekday else ""
    kind = say(
        language, f"advice.days_{found.rush}{'_weekday' if weekday else ''}", count=len(found.dates), weekday=weekday
    )
    return say(language, "advice.based_on", days=kind, first=first, last=last)


def minutes(value: float, language: str) -> str:
    """A wait in whole minutes; nobody needs the seconds of what is foreseen."""
    return say(language, "advice.endless") if value >= _ENDLESS else str(round(value))


def _sentence(hub: Hub, one: Advice, found: Alike) -> Sentence:
    language = hub.settings.agency.languages[0]
    facts = {
        "pool": pool_name(hub, one.pool),
        "begin": clock(one.begin),
        "end": clock(one.end),
        "before": minutes(one.before_min, language),
        "after": minutes(one.after_min, language),
        "target": round(one.target_min),
    }
    text = say(language, f"advice.{one.kind}", count=abs(one.extra), **facts)
    more = say(language, "advice.worth", people=round(one.people), saved=round(abs(one.saved_min)))
    if one.kind == "fewer":
        more = say(language, "advice.spare", people=round(one.people))
    elif not one.enough:
        more = f"{more} {say(language, 'advice.not_enough')}"
    return Sentence(one.kind, text, more, _replayed(one, found))


def _replayed(one: Advice, found: Alike) -> dict[str, str]:
    """The same change on the last day that was alike."""
    asked = {"day": found.dates[0], "from": _typed(one.begin), "to": _typed(one.end)}
    if one.kind == "fewer":
        return asked | {"do": "close", "counter": one.pool.counters[-1]}
    return asked | {"do": "open", "counter": "", "services": ",".join(one.pool.services)}


def _typed(slot: Slot) -> str:
    """As a field of a form takes it; midnight at the end of a day is the minute before."""
    hour, minute = divmod(min(slot * SLOT_MIN, 24 * 60 - 1), 60)
    return f"{hour:02d}:{minute:02d}"


# --- half-hour by half-hour ------------------------------------------------------------------


def _row(hub: Hub, plan: Plan, slots: Sequence[Slot]) -> Row:
    language = hub.settings.agency.languages[0]
    by_slot = {period.slot: period for period in plan.periods}
    return Row(
        label=pool_name(hub, plan.demand.pool),
        counters=", ".join(plan.demand.pool.counters),
        target_min=round(plan.target_min),
        service_min=tenths(plan.demand.service_min, language),
        cells=tuple(_cell(by_slot[slot], plan.target_min, language) if slot in by_slot else None for slot in slots),
    )


def _cell(period: Period, target_min: float, language: str) -> Cell | None:
    if not period.people and not period.open:
        return None
    differs = period.needed - period.open if period.people >= advice.SOMEBODY else 0
    return Cell(
        wait="–" if period.p80_min is None else minutes(period.p80_min, language),
        people=tenths(period.people, language),
        counters=f"{period.open}{f' +{differs}' if differs > 0 else ''}",
        level=_level(period, target_min),
        thin=0 < period.seen < THIN,
    )


def _level(period: Period, target_min: float) -> str:
    """How well a half-hour goes, in the board's words."""
    if period.p80_min is None:
        return "none"
    return "bad" if period.p80_min > target_min else "good"
