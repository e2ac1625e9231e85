"""The figures of requirements C.5, as pure functions over visits. `docs/supervisor.md` says them in words.

Percentiles are by *nearest rank*: the ceil(p·n)-th of n sorted values, hence always a wait that somebody had.
It is definition 1 (the inverse of the empirical distribution) of Hyndman and Fan, "Sample Quantiles in
Statistical Packages", The American Statistician 50(4), 1996.

Durations whose two ends were not read from one running clock (a restart, a press from before it) are not
certain: they are counted as `uncertain` and enter no percentile and no mean. Durations are in ms inside, in
seconds in the answers.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hub.clock import Elapsed, Instant, elapsed
from hub.queues.model import TicketState
from hub.supervision.model import HOUR_MS, Day, Passage, Visit

Dimension = Literal["service", "counter", "agent", "hour", "day"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Group = tuple[str | int | None, ...]

#: What is counted, and the state that a visit is in for it; whatever is in no other state is in progress.
COUNTS: dict[str, TicketState] = {
    "served": "served",
    "absent": "no_show",
    "cancelled": "cancelled",
    "unserved": "unserved",
    "unfinished": "unfinished",
}
#: C.5: abandonment = (unserved + absent + cancelled) ÷ issued.
ABANDONED = ("unserved", "absent", "cancelled")

#: Where a visit is counted: the service it was issued for, the counter and agent of its last passage (None when
#: nobody called it there), the hour of its issue, its business day. Each visit has one place.
_OF_VISIT: dict[Dimension, Callable[[Visit], str | int | None]] = {
    "service": lambda visit: visit.asked,
    "counter": lambda visit: visit.last.counter,
    "agent": lambda visit: visit.last.agent,
    "hour": lambda visit: visit.hour,
    "day": lambda visit: visit.day,
}
#: Where a passage is counted: its own queue, counter and agent, the hour it entered, the day of its visit.
_OF_PASSAGE: dict[Dimension, Callable[[Visit, Passage], str | int | None]] = {
    "service": lambda _, passage: passage.service,
    "counter": lambda _, passage: passage.counter,
    "agent": lambda _, passage: passage.agent,
    "hour": lambda _, passage: passage.hour,
    "day": lambda visit, _: visit.day,
}


# --- one figure ------------------------------------------------------------------------------


def percentile(ordered: Sequence[int], share: float) -> int:
    """The nearest-rank percentile of sorted values; see the top of the file. `share` in (0, 1]."""
    rank = math.ceil(round(share * len(ordered), 9))
    return ordered[max(rank, 1) - 1]


def seconds(ms: float) -> float:
    """Milliseconds as seconds, to the millisecond."""
    return round(ms / 1000, 3)


def ratio(part: float, whole: float) -> float | None:
    """Four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None


def spread(durations: Iterable[Elapsed | None]) -> dict[str, float | int | None]:
    """Count, mean, P50, P80, P90 and greatest of the certain durations, in seconds; None where there are none."""
    ordered = sorted(duration.ms for duration in durations if duration and duration.certain)
    names = ("mean_s", "p50_s", "p80_s", "p90_s", "max_s")
    if not ordered:
        return {"count": 0} | dict.fromkeys(names)
    values = (sum(ordered) / len(ordered), *(percentile(ordered, p) for p in (0.5, 0.8, 0.9)), ordered[-1])
    return {"count": len(ordered)} | {name: seconds(ms) for name, ms in zip(names, values, strict=True)}


def uncertain(passages: Iterable[Passage]) -> int:
    """How many waits and service times were left out because a clock could not be trusted for them."""
    return sum(duration is not None and not duration.certain for p in passages for duration in (p.wait, p.service_time))


def within_target(passages: Iterable[Passage], targets: Mapping[str, int]) -> float | None:
    """The share of those received who waited no longer than their queue's target (`targets`, ms)."""
    waits = [(p.wait, targets[p.service]) for p in passages if p.wait and p.wait.certain and p.service in targets]
    return ratio(sum(wait.ms <= target for wait, target in waits), len(waits))


def announced(visits: Iterable[Visit]) -> dict[str, float | None]:
    """How good the announced ranges were, of those received and told one.

    `_kept` is the share that fell inside (C.6); `_error_s` the mean distance of the wait from the middle;
    `_width_s` the median width.
    """
    told = [
        (v.low_s, v.wait.ms / 1000, v.high_s)
        for v in visits
        if v.low_s is not None and v.high_s is not None and v.wait and v.wait.certain
    ]
    missed = [abs(wait - (low + high) / 2) for low, wait, high in told]
    return {
        "announced_kept": ratio(sum(low <= wait <= high for low, wait, high in told), len(told)),
        "announced_error_s": round(sum(missed) / len(missed), 3) if missed else None,
        "announced_width_s": percentile(sorted(high - low for low, _, high in told), 0.5) if told else None,
    }


def counts(visits: Sequence[Visit]) -> dict[str, Any]:
    """How many visits were issued and what became of them; the parts always add up to `issued`."""
    found = {name: sum(visit.state == state for visit in visits) for name, state in COUNTS.items()}
    issued = len(visits)
    abandoned = sum(found[name] for name in ABANDONED)
    in_progress = issued - sum(found.values())
    return {"issued": issued} | found | {"in_progress": in_progress, "abandonment": ratio(abandoned, issued)}


def steps(passages: Sequence[Passage], tickets: int) -> dict[str, float | None]:
    """Calls after the first of each passage, and passages sent on, for each of the tickets that passed there."""
    recalls = sum(passage.calls - 1 for passage in passages if passage.calls)
    transfers = sum(passage.outcome == "transferred" for passage in passages)
    return {"recalls_per_ticket": ratio(recalls, tickets), "transfers_per_ticket": ratio(transfers, tickets)}


def summary(
    visits: Sequence[Visit], passed: Sequence[tuple[int, Passage]], targets: Mapping[str, int]
) -> dict[str, Any]:
    """Every figure of one group, but the length of its queue. `passed`: its passages, each with its visit's number."""
    passages = [passage for _, passage in passed]
    return (
        counts(visits)
        | steps(passages, len({number for number, _ in passed}))
        | announced(visits)
        | {
            "visit_wait": spread(visit.wait for visit in visits),
            "passages": len(passages),
            "wait": spread(passage.wait for passage in passages),
            "wait_to_call": spread(passage.wait_to_call for passage in passages),
            "service_time": spread(passage.service_time for passage in passages),
            "within_target": within_target(passages, targets),
            "uncertain": uncertain(passages),
        }
    )


# --- groups ----------------------------------------------------------------------------------


def group_of_visit(visit: Visit, by: Sequence[Dimension]) -> Group:
    """Where a visit is counted."""
    return tuple(_OF_VISIT[dimension](visit) for dimension in by)


def group_of_passage(visit: Visit, passage: Passage, by: Sequence[Dimension]) -> Group:
    """Where a passage is counted."""
    return tuple(_OF_PASSAGE[dimension](visit, passage) for dimension in by)


def rows(
    visits: Sequence[Visit], days: Sequence[Day], by: Sequence[Dimension], targets: Mapping[str, int], now_ms: int
) -> dict[Group, dict[str, Any]]:
    """The figures of each group there is; with an empty `by`, of everything, in the group `()`."""
    counted: dict[Group, list[Visit]] = defaultdict(list)
    passed: dict[Group, list[tuple[int, Passage]]] = defaultdict(list)
    for number, visit in enumerate(visits):
        counted[group_of_visit(visit, by)].append(visit)
        for passage in visit.passages:
            passed[group_of_passage(visit, passage, by)].append((number, passage))
    queues = None if {"counter", "agent"} & set(by) else queue_lengths(visits, days, by, now_ms)
    groups = {*counted, *passed, *(queues or ()), *(() if by else ((),))}
    return {
        group: summary(counted[group], passed[group], targets)
        | {"queue": None if queues is None else queues.get(group, NO_QUEUE)}
        for group in sorted(groups, key=_in_order)
    }


def _in_order(group: Group) -> tuple[tuple[bool, str | int], ...]:
    """Numbers as numbers, words as words, nobody last."""
    return tuple((value is None, "" if value is None else value) for value in group)


# --- the queue's length ----------------------------------------------------------------------

NO_QUEUE: Mapping[str, float] = {"max": 0, "mean": 0.0}
Span = tuple[int, int]


class Timeline:
    """Instants of a day on one line of ms: monotonic within each boot, set on the wall clock where the boot begins."""

    def __init__(self, instants: Iterable[Instant]) -> None:
        first: dict[int, Instant] = {}
        for found in instants:
            if found.boot not in first or found.mono < first[found.boot].mono:
                first[found.boot] = found
        self._shift = {boot: found.at - found.mono for boot, found in first.items() if boot}

    def place(self, moment: Instant) -> int:
        """Where an instant lies; one of no known boot, by its wall time."""
        shift = self._shift.get(moment.boot)
        return moment.at if shift is None else moment.mono + shift


@dataclass(frozen=True, slots=True)
class Waits:
    """Who waited when on one day: the group of each wait and its span, and the day's window around them all."""

    day: Day
    spans: tuple[tuple[Group, Span], ...]
    window: Span


def waits_of(visits: Sequence[Visit], day: Day, by: Sequence[Dimension], now_ms: int) -> Waits:
    """The waits of one day. The window is from opening to closing, or now; wider where somebody waited outside it."""
    found = [(group_of_passage(v, p, by), p) for v in visits for p in v.passages if p.outcome != "undone"]
    line = Timeline(moment for _, p in found for moment in (p.entered, p.left) if moment)
    spans = tuple(
        (group, (line.place(p.entered), max(line.place(p.entered), line.place(p.left) if p.left else now_ms)))
        for group, p in found
    )
    end = now_ms if day.closed_at is None else day.closed_at
    low = min([day.opened_at, *(begin for _, (begin, _) in spans)])
    return Waits(day, spans, (low, max([end, *(until for _, (_, until) in spans)])))


def swept(spans: Iterable[Span], window: Span) -> tuple[int, int]:
    """The area under the queue's length within a window (person·ms), and its greatest height.

    One sweep over comings and goings in order of time; who leaves at a moment has left before who comes then.
    """
    low, high = window
    moves = sorted(
        move
        for begin, end in spans
        if begin < end and begin < high and end > low
        for move in ((max(begin, low), 1), (min(end, high), -1))
    )
    area = length = peak = 0
    before = low
    for moment, step in moves:
        area += length * (moment - before)
        length, before = length + step, moment
        peak = max(peak, length)
    return area, peak


def by_date(visits: Iterable[Visit]) -> Mapping[str, list[Visit]]:
    """Visits under the date of their business day."""
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        found[visit.day].append(visit)
    return found


def hour_windows(window: Span, day: Day) -> list[tuple[int, Span]]:
    """A window cut at the full hours of the agency's clock, each piece with its hour."""
    low, end = window
    found = []
    while low < end:
        high = min(end, low + HOUR_MS - (low + day.offset_ms) % HOUR_MS)
        found.append((day.hour(low), (low, high)))
        low = high
    return found


@dataclass(slots=True)
class _Length:
    """A queue's length being added up over windows."""

    area: int = 0
    peak: int = 0

    def add(self, area: int, peak: int) -> None:
        """One more window."""
        self.area, self.peak = self.area + area, max(self.peak, peak)


def queue_lengths(
    visits: Sequence[Visit], days: Sequence[Day], by: Sequence[Dimension], now_ms: int
) -> dict[Group, dict[str, float]]:
    """Greatest and time-average number of people waiting to be called, by service, day and hour.

    With hours, whoever waited through several of them is in the line of each. The average of a group is over all
    the time that the range was open (in that hour, on that day), also while nobody stood in that line.
    """
    others: list[Dimension] = [dimension for dimension in by if dimension != "hour"]
    lengths: dict[Group, _Length] = defaultdict(_Length)
    open_ms: dict[Group, int] = defaultdict(int)
    dated = by_date(visits)
    for day in days:
        waits = waits_of(dated[day.date], day, others, now_ms)
        windows = hour_windows(waits.window, day) if "hour" in by else [(None, waits.window)]
        lines: dict[Group, list[Span]] = defaultdict(list)
        for group, span in waits.spans:
            lines[group].append(span)
        for hour, window in windows:
            open_ms[_when(by, day, hour)] += window[1] - window[0]
            for group, line in lines.items():
                area, peak = swept(line, window)
                if area or hour is None:
                    lengths[_with_hour(group, by, hour)].add(area, peak)
    return {
        group: {"max": length.peak, "mean": round(length.area / (open_ms[_when_of(group, by)] or 1), 2)}
        for group, length in lengths.items()
    }


def _with_hour(group: Group, by: Sequence[Dimension], hour: int | None) -> Group:
    """The group with the hour put in its place."""
    rest = iter(group)
    return tuple(hour if dimension == "hour" else next(rest) for dimension in by)


def _when_of(group: Group, by: Sequence[Dimension]) -> Group:
    """The day and hour of a group, where it has them: groups of one time share the time they were open."""
    return tuple(value for dimension, value in zip(by, group, strict=True) if dimension in ("day", "hour"))


def _when(by: Sequence[Dimension], day: Day, hour: int | None) -> Group:
    values: dict[Dimension, str | int | None] = {"day": day.date, "hour": hour}
    return tuple(values[dimension] for dimension in by if dimension in values)


def little(visits: Sequence[Visit], day: Day) -> dict[str, float | None] | None:
    """Little's law, L = λW, on a closed day: a self-test of these figures (C.5); None while the day is open.

    L is the time-average length of all lines, from one sweep over the day. λ is the number who entered, over the
    same time; W the mean of their waits to the call (or to their going), each from its own two clock readings.
    """
    if day.closed_at is None:
        return None
    waits = waits_of(visits, day, (), day.closed_at)
    hours = (waits.window[1] - waits.window[0]) / HOUR_MS
    lasted = [elapsed(p.entered, p.left).ms for v in visits for p in v.passages if p.left and p.outcome != "undone"]
    if not lasted or not hours:
        return {"length": 0.0, "arrivals_per_h": 0.0, "wait_s": None, "error": 0.0}
    length = swept((span for _, span in waits.spans), waits.window)[0] / HOUR_MS / hours
    rate, wait = len(lasted) / hours, sum(lasted) / len(lasted)
    expected = rate * wait / HOUR_MS
    return {
        "length": round(length, 4), "arrivals_per_h": round(rate, 2), "wait_s": seconds(wait),
        "error": round(abs(length - expected) / expected, 4) if expected else 0.0,
    }  # fmt: skip
