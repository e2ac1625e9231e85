"""The fairness journal, and the page of it that an agency can post on its wall: looks, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request

from hub.clock import local
from hub.context import Hub
from hub.errors import Unreadable
from hub.queues.store import Reader
from hub.say import say
from hub.supervision import fairness, looking, measures, ranges, report, statistics, store
from hub.supervision.cells import Cell, together
from hub.supervision.fairness import Fairness, OutOfOrder
from hub.supervision.sheets import THIN, tenths

#: The calls of a month at most are looked through.
LONGEST_DAYS = 31
_FIELDS = ("from", "to")


@dataclass(frozen=True, slots=True)
class Waited:
    """How long one class waited until its service, minutes as people read them; '' where nobody was received.

    `within`: the share that waited no longer than `target_min`, which is None where it is each service's own.
    """

    name: str
    count: int
    p50: str
    p80: str
    longest: str
    within: str
    target_min: int | None
    #: The P80 in whole minutes, up.
    p80_min: int = 0

    @property
    def thin(self) -> bool:
        """Whether few people are behind it."""
        return 0 < self.count < THIN


@dataclass(frozen=True, slots=True)
class Told:
    """A range of days as the journal and the wall show it. `lines`: the calls out of order, of one day alone."""

    first: str
    last: str
    title: str
    found: Fairness
    in_order: str
    reasons: tuple[tuple[str, int, int], ...]
    most_often: int
    longest_min: int
    priority: Waited
    normal: Waited
    classes: tuple[Waited, ...]
    lines: tuple[dict[str, Any], ...]
    before: tuple[str, str]
    after: tuple[str, str]

    @property
    def too_few(self) -> bool:
        """Whether so few people came that nothing of them belongs on a wall."""
        return self.normal.count + self.priority.count < THIN

    @property
    def one_day(self) -> bool:
        """Whether it is one day's journal."""
        return self.first == self.last


def add_fairness(room: Blueprint, hub: Hub) -> None:
    """The pages at /supervision/fairness."""

    @room.get("/supervision/fairness", endpoint="fairness")
    def journal() -> tuple[str, int]:
        return _page(hub, "supervision/fairness.html")

    @room.get("/supervision/fairness/poster", endpoint="poster")
    def poster() -> tuple[str, int]:
        return _page(hub, "supervision/poster.html")


def _page(hub: Hub, template: str) -> tuple[str, int]:
    asked = {name: value for name, value in request.args.items() if value}
    shown: dict[str, Any] = {
        "asked": asked, "told": None, "organisation": hub.settings.agency.organisation,
        "max_wait_min": hub.settings.queue.max_wait_min,
    }  # fmt: skip
    try:
        with hub.snapshot() as reader:
            shown |= {"ranges": _choices(hub, reader), "told": _told(hub, reader, asked)}
    except Unreadable as unreadable:
        return render_template(template, **shown, refused=unreadable.field or ""), unreadable.status
    return render_template(template, **shown, refused=None), 200


def _told(hub: Hub, reader: Reader, query: Mapping[str, str]) -> Told:
    """The days that a query string asks for. Raises Unreadable naming the field that makes no sense."""
    if unknown := [name for name in query if name not in _FIELDS]:
        raise Unreadable(f"no such field; there are {', '.join(_FIELDS)}", field=unknown[0][:64])
    asked = statistics.parsed(query, statistics.today(hub, reader))
    if asked.length > LONGEST_DAYS:
        raise Unreadable(f"at most {LONGEST_DAYS} days at once", field="from")
    return looking.visits_of(hub, reader, asked.first, asked.last, told, asked.first, asked.last)


def _choices(hub: Hub, reader: Reader) -> dict[str, tuple[str, str]]:
    """The ranges that one press gives, without those that are too long."""
    found = report.choices(statistics.today(hub, reader))
    return {name: found[name] for name in ("today", "yesterday", "week", "month", "last_month")}


def told(hub: Hub, reader: Reader, first: str, last: str) -> Told:
    """The business days between two dates, both included."""
    found, language = of_range(hub, reader, first, last), hub.settings.agency.languages[0]
    known = ranges.read(hub, reader, first, last)
    classes = {str(group[0]): cell for (_, group), cell in known.cells(("priority",), None).items()}
    others = [cell for name, cell in classes.items() if name != "normal"]
    return Told(
        first=first,
        last=last,
        title=report.dates_said(first, last, language),
        found=found,
        in_order="" if found.in_order is None else _percent(hub, found.in_order),
        reasons=tuple(
            (say(language, f"fairness.reason_{reason}"), *counts)
            for reason, counts in sorted(found.by_reason().items(), key=lambda item: -item[1][0])
        ),
        most_often=max(found.times, default=0),
        longest_min=-(-found.longest_ms // 60_000),
        priority=_waited(hub, "priority", together(list(others)), hub.settings.queue.priority_target_min),
        normal=_waited(hub, "normal", classes.get("normal", Cell()), None),
        classes=tuple(
            _waited(hub, name, cell, None if name == "normal" else hub.settings.queue.priority_target_min)
            for name, cell in sorted(classes.items())
        ),
        lines=tuple(_line(hub, reader, found)) if first == last else (),
        before=report.beside(first, last, -1),
        after=report.beside(first, last, 1),
    )


def of_range(hub: Hub, reader: Reader, first: str, last: str) -> Fairness:
    """The calls of all business days between two dates, both included."""
    days = store.days(reader, first, last, hub.settings.agency.zone)
    dated = measures.by_date(store.visits(reader, days))
    whole = Fairness()
    for day in days.values():
        whole.add(fairness.of_day(day, dated.get(day.date, ())))
    return whole


def _waited(hub: Hub, name: str, cell: Cell, target_min: int | None) -> Waited:
    spread = cell.spread("wait")
    count = len(spread)
    if not count:
        return Waited(name, 0, "", "", "", "", target_min)
    within = (
        measures.ratio(cell["within"], cell["measured"])
        if target_min is None
        else spread.at_most(target_min * 60) / count
    )
    return Waited(
        name=name,
        count=count,
        p50=_minutes(hub, spread.percentile(0.5)),
        p80=_minutes(hub, spread.percentile(0.8)),
        longest=_minutes(hub, cell.greatest("wait") / 1000),
        within="" if within is None else _percent(hub, within),
        target_min=target_min,
        p80_min=-(-spread.percentile(0.8) // 60),
    )


def _minutes(hub: Hub, seconds: float) -> str:
    return tenths(seconds / 60, hub.settings.agency.languages[0])


def _percent(hub: Hub, share: float) -> str:
    return tenths(share * 100, hub.settings.agency.languages[0])


def _line(hub: Hub, reader: Reader, found: Fairness) -> list[dict[str, Any]]:
    """The calls out of order of a day, each with its reason, and the motive of whoever called by hand."""
    language, zone = hub.settings.agency.languages[0], hub.settings.agency.zone
    days = sorted({call.day for call in found.out_of_order})
    motives = store.motives(reader, days[0], days[-1]) if days else {}
    services = {service.code: service.name for service in hub.settings.services}

    def line(call: OutOfOrder) -> dict[str, Any]:
        return {
            "time": local(call.at, zone).strftime("%H:%M"),
            "label": call.label,
            "service": services.get(call.service, call.service),
            "counter": call.counter,
            "priority": call.priority,
            "reason": say(language, f"fairness.reason_{call.reason}"),
            "motive": motives.get((call.day, call.label), "") if call.reason == "picked" else "",
            "waited": call.waited_ms // 60_000,
            "overtaken": call.overtaken,
            "longest": call.longest_ms // 60_000,
        }

    return [line(call) for call in found.out_of_order]
