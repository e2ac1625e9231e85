"""The story of a day, a week or a month: one printed page, and of a closed day a signed line for the head office.

Both say what the statistics say, from the same figures. The line is signed with the agency's key for papers, and has a
format that only grows (`hub/consolidation.py`), for `mbote consolidate` and for whoever else reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hub import envelope, seal
from hub.clock import elapsed, iso, local
from hub.consolidation import DOMAIN, FORMAT, SUFFIX
from hub.context import Hub
from hub.errors import Refused
from hub.money import grouped
from hub.queues.store import Reader
from hub.say import FIRST, say, words
from hub.supervision import (
    advising,
    daybook,
    demand,
    fairness_pages,
    looking,
    measures,
    ranges,
    report,
    staffing,
    store,
)
from hub.supervision.daybook import Daybook
from hub.supervision.measures import Timeline
from hub.supervision.model import Day, Passage, Stretch, Visit
from hub.supervision.pictures import trouble_said
from hub.supervision.ranges import Range
from hub.supervision.sheets import THIN, tenths

LAYOUT = Path(__file__).parent / "story.typ"
#: The longest story, days: a month.
LONGEST_DAYS = 31
#: As many pieces of advice and of incidents have room on the page.
_ADVICE, _TROUBLES = 3, 5
#: The same day next month: four weeks later, so that it is the same weekday.
_NEXT = timedelta(weeks=4)
_MIN = 60_000
_COUNTS = ("issued", "served", "absent", "cancelled", "unserved", "unfinished")


# --- the signed line -------------------------------------------------------------------------


def file_name(hub: Hub, day: str) -> str:
    """How a day's line is called: agency and date, so that those of several agencies lie in one folder."""
    return f"{hub.settings.hub.stamp}{hub.settings.agency.code}-{day}{SUFFIX}"


def last_closed(reader: Reader) -> str:
    """The date of the last business day that is over. Raises Refused `no_such_day`."""
    if found := store.closed_dates(reader, 1):
        return found[0]
    raise Refused("no business day is over yet", code="no_such_day")


def signed_line(hub: Hub, reader: Reader, day: str) -> str:
    """A closed day as one signed line. Raises Refused `day_open`, `no_such_day`."""
    facts = looking.visits_of(hub, reader, day, day, said, day)
    key = seal.agency_key(hub.store.folder)
    who = {"epoch": hub.store.epoch, "key": key.public_key().public_bytes_raw().hex()}
    return envelope.signed(DOMAIN, facts | who, key)


def said(hub: Hub, reader: Reader, date_of: str) -> dict[str, Any]:
    """What the line says, but for who says it. Raises Refused `day_open`, `no_such_day`."""
    found = store.days(reader, date_of, date_of, hub.settings.agency.zone)
    if not found:
        raise Refused(f"no business day of {date_of}", code="no_such_day")
    (day,) = found.values()
    if day.closed_at is None:
        raise Refused(f"the day of {date_of} is still open", code="day_open")
    known = ranges.read(hub, reader, day.date, day.date)
    book = daybook.of_days(reader, (day.date,))
    fair = fairness_pages.told(hub, reader, day.date, day.date)
    zone, agency = hub.settings.agency.zone, hub.settings.agency
    return {
        "format": FORMAT,
        "agency": agency.code,
        "name": agency.name,
        "school": hub.settings.hub.school,
        "day": day.date,
        "opened_at": iso(day.opened_at, zone),
        "closed_at": iso(day.closed_at, zone),
        "queue": _queue(known.rows(())[()])
        | {
            "calls": fair.found.calls,
            "out_of_order": len(fair.found.out_of_order),
            "overtakings": fair.found.overtakings,
            "priority_received": fair.priority.count,
        },
        "services": {str(group[0]): _queue(row) for group, row in known.rows(("service",)).items()},
        "acts": book.acts,
        "incidents": book.incidents,
        "money": [asdict(each) for each in book.money],
        "heads": [asdict(each) for each in book.heads],
        "last_entry": {"seq": book.last_seq, "hash": book.last_hash},
    }


def _queue(row: dict[str, Any]) -> dict[str, Any]:
    """The figures that are told of a queue, or of all; durations in seconds."""
    waits = {name: row["wait"][name] for name in ("count", "mean_s", "p50_s", "p80_s", "p90_s", "max_s")}
    return {name: row[name] for name in _COUNTS} | {"wait": waits, "within_target": row["within_target"]}


# --- the page --------------------------------------------------------------------------------


def page(hub: Hub, reader: Reader, first: str, last: str) -> bytes:
    """The PDF of a range of days, a month at most; the same bytes until a figure changes. Raises NotDrawn, Refused."""
    since = _reads_from(first) if first == last else first
    filled_in, ended = looking.visits_of(hub, reader, since, last, told, first, last)
    return hub.workshop.drawn({"main": LAYOUT.read_text("utf-8")}, filled_in, ended)


def told(hub: Hub, reader: Reader, first: str, last: str) -> tuple[dict[str, Any], int]:
    """All that the layout fills in, and when the last day ended, seconds since 1970. Raises Refused `no_such_day`."""
    days = store.days(reader, first, last, hub.settings.agency.zone)
    if not days:
        raise Refused(f"no business day from {first} to {last}", code="no_such_day")
    ended = max(day.closed_at or hub.now().at for day in days.values())
    return _Story(hub, reader, days).told(first, last), ended // 1000


def _reads_from(day: str) -> str:
    """The first of the days that the advice of one day's page is made from."""
    return (date.fromisoformat(day) + _NEXT - timedelta(days=demand.LOOK_BACK)).isoformat()


class _Story:
    """What the page is written from."""

    def __init__(self, hub: Hub, reader: Reader, numbered: dict[int, Day]) -> None:
        self._hub, self._reader, self._numbered = hub, reader, numbered
        self._days = list(numbered.values())
        self._language = hub.settings.agency.languages[0]
        self._names = {service.code: service.label for service in hub.settings.services}

    def told(self, first: str, last: str) -> dict[str, Any]:
        """All that the layout fills in, as it is read."""
        known = ranges.read(self._hub, self._reader, first, last)
        book = daybook.of_days(self._reader, [day.date for day in self._days])
        total, one = known.rows(())[()], first == last
        agency = self._hub.settings.agency
        return {
            "lang": self._language,
            "words": {
                name.removeprefix("story_"): say(self._language, f"story.{name}")
                for name in words(FIRST, "story")
                if name.startswith("story_")
            },
            "agency": {"organisation": agency.organisation, "name": agency.name, "city": agency.city},
            "title": self._say("title_day" if one else "title_days"),
            "dates": report.dates_said(first, last, self._language),
            "times": self._times(),
            "head": self._head(total),
            "chart": self._chart(known, one=one),
            "services": self._services(known),
            "longest": self._longest(),
            "fair": self._fair(first, last),
            "incidents": self._incidents(book),
            "acts": self._acts(book),
            "advice": self._advice(self._days[-1]) if one else [],
            "advice_for": self._advice_for(last) if one else "",
            "foot": self._say(
                "foot", seq=book.last_seq, hash=book.last_hash[:16],
                made=local(self._hub.now().at, agency.zone).strftime("%d/%m/%Y"),
            ),
        }  # fmt: skip

    def _say(self, name: str, **facts: object) -> str:
        return say(self._language, f"story.{name}", **facts)

    def _times(self) -> str:
        """When it opened and closed, of one day."""
        if len(self._days) != 1:
            return self._say("days", count=len(self._days))
        (day,) = self._days
        zone = self._hub.settings.agency.zone
        opened = local(day.opened_at, zone).strftime("%H:%M")
        if day.closed_at is None:
            return self._say("still_open", opened=opened)
        return self._say("hours", opened=opened, closed=local(day.closed_at, zone).strftime("%H:%M"))

    def _minutes(self, seconds: float | None) -> str:
        return "–" if seconds is None else tenths(seconds / 60, self._language)

    def _percent(self, share: float | None) -> str:
        return "–" if share is None else f"{tenths(share * 100, self._language)} %"

    def _head(self, total: dict[str, Any]) -> list[list[str]]:
        """The figures that stand large: figure, and what it is of."""
        shown = {
            "issued": grouped(total["issued"]),
            "served": grouped(total["served"]),
            "abandonment": self._percent(total["abandonment"]),
            "wait": self._minutes(total["wait"]["p80_s"]),
            "target": self._percent(total["within_target"]),
            "unserved": grouped(total["unserved"] + total["unfinished"]),
        }
        return [[value, self._say(f"head_{name}")] for name, value in shown.items()]

    def _chart(self, known: Range, *, one: bool) -> list[dict[str, Any]]:
        """A column for each hour, or day: its name, tickets, and the P80 of the waits, minutes (0 of nobody)."""
        by = "hour" if one else "day"
        return [
            {
                "name": report.short(by, group[0], self._language),
                "issued": row["issued"],
                "p80": round((row["wait"]["p80_s"] or 0) / 60, 1),
            }
            for group, row in known.rows((by,)).items()
        ]

    def _services(self, known: Range) -> list[list[Any]]:
        targets = {service.code: service.target_min for service in self._hub.settings.services}
        return [
            [
                self._names.get(str(group[0]), str(group[0])),
                grouped(row["issued"]),
                grouped(row["served"]),
                *(self._minutes(row["wait"][name]) for name in ("p50_s", "p80_s", "max_s")),
                str(targets.get(str(group[0]), "–")),
                self._percent(row["within_target"]),
                0 < row["wait"]["count"] < THIN,
            ]
            for group, row in known.rows(("service",)).items()
        ]

    # --- the longest wait, and why -----------------------------------------------------------

    def _longest(self) -> str:
        """A sentence; nothing where nobody was called."""
        zone = self._hub.settings.agency.zone
        dated = measures.by_date(store.visits(self._reader, self._numbered))
        found = max(
            (
                (passage.wait_to_call.ms, day, visit, passage)
                for day in self._days
                for visit in dated.get(day.date, ())
                for passage in visit.passages
                if passage.wait_to_call and passage.wait_to_call.certain
            ),
            key=lambda each: each[0],
            default=None,
        )
        if found is None:
            return ""
        ms, day, visit, passage = found
        called = passage.called
        assert called is not None
        text = self._say(
            "longest_day" if len(self._days) == 1 else "longest_days",
            label=visit.label,
            service=self._names.get(passage.service, passage.service),
            minutes=ms // _MIN,
            day=report.dates_said(day.date, day.date, self._language),
            entered=local(passage.entered.at, zone).strftime("%H:%M"),
            called=local(called.at, zone).strftime("%H:%M"),
        )
        return f"{text} {self._why(day, dated[day.date], passage)}"

    def _why(self, day: Day, visits: Sequence[Visit], passage: Passage) -> str:
        """What they waited for: nobody at a counter, or others before them."""
        line = Timeline(each.entered for visit in visits for each in visit.passages)
        assert passage.called is not None
        began, ended = line.place(passage.entered), line.place(passage.called)
        stretches = staffing.stretches(self._reader, day, visits, day.closed_at or self._hub.now().at)
        staffed, alone = _staffed(stretches, self._callers(passage.service), began, ended)
        ahead = sum(
            elapsed(each.entered, passage.entered).ms > 0
            and line.place(each.entered) <= began < (line.place(each.left) if each.left else ended)
            for visit in visits
            for each in visit.passages
            if each.service == passage.service and each is not passage
        )
        why = self._say("why_line", ahead=ahead, counters=tenths(staffed, self._language))
        return f"{why} {self._say('why_nobody', minutes=alone // _MIN)}" if alone >= _MIN else why

    def _callers(self, service: str) -> frozenset[str]:
        return frozenset(c.code for c in self._hub.settings.counters if service in c.services)

    # --- the rest ----------------------------------------------------------------------------

    def _fair(self, first: str, last: str) -> list[str]:
        told = fairness_pages.told(self._hub, self._reader, first, last)
        if not told.found.calls:
            return []
        lines = [
            self._say("fair", share=told.in_order, calls=len(told.found.out_of_order), overtaken=told.found.overtaken)
        ]
        if told.priority.count:
            name = "priority_thin" if told.priority.thin else "priority"
            lines.append(
                self._say(
                    name, count=told.priority.count, p80=told.priority.p80, target=told.priority.target_min or 0,
                    within=told.priority.within,
                )
            )  # fmt: skip
        return lines

    def _incidents(self, book: Daybook) -> list[str]:
        told = [
            self._say(f"incident_{name}", count=count)
            for name, count in book.incidents.items()
            if count and name != "devices"
        ]
        told += [
            self._say(
                "incident_device",
                device=each.device,
                what=trouble_said(self._language, each.part, each.state),
                count=each.count,
            )
            for each in book.troubles[:_TROUBLES]
        ]
        rest = sum(each.count for each in book.troubles[_TROUBLES:])
        return told + ([self._say("incident_more", count=rest)] if rest else [])

    def _acts(self, book: Daybook) -> list[list[str]]:
        done = [[self._say(f"act_{name}"), grouped(count)] for name, count in book.acts.items() if count]
        for direction in ("in", "out"):
            paid = [each for each in book.money if each.direction == direction and not each.moved]
            for tender in sorted({each.tender for each in paid}):
                of = [each for each in paid if each.tender == tender]
                amount = grouped(sum(each.amount for each in of))
                count = sum(each.count for each in of)
                done.append([self._say(f"money_{direction}_{tender}", count=count), f"{amount} XAF"])
        return done

    def _advice_for(self, day: str) -> str:
        """The day that the advice is for."""
        wanted = (date.fromisoformat(day) + _NEXT).isoformat()
        return report.dates_said(wanted, wanted, self._language)

    def _advice(self, day: Day) -> list[str]:
        """What the same weekday four weeks later wants."""
        found = advising.outlook(self._hub, self._reader, date.fromisoformat(day.date) + _NEXT)
        if not found.alike.enough:
            return [self._say("advice_too_few", count=len(found.alike.dates), fewest=found.fewest)]
        return [one.text for one in found.sentences[:_ADVICE]] or [self._say("advice_nothing")]


def _staffed(stretches: Sequence[Stretch], counters: frozenset[str], began: int, ended: int) -> tuple[float, int]:
    """How many of these counters were open on average in a time, and for how long none was, ms."""
    spans = [
        (max(one.begin, began), min(one.end, ended))
        for one in stretches
        if one.counter in counters and not one.paused and one.begin < ended and one.end > began
    ]
    area = sum(end - begin for begin, end in spans)
    covered, reached = 0, began
    for begin, end in sorted(spans):
        covered += max(0, end - max(begin, reached))
        reached = max(reached, end)
    length = max(1, ended - began)
    return area / length, ended - began - covered
