"""The figures of requirements C.5, as pure functions over visits. `docs/supervisor.md` says them in words.

Visits and their passages are counted into cells (`cells`), and a cell is told: the figures of a day, of a month that
was counted long ago and of a group that was never asked for before come from the same lines.

Percentiles are by *nearest rank*: the ceil(p·n)-th of n sorted values, hence always a wait that somebody had, to the
second. It is definition 1 (the inverse of the empirical distribution) of Hyndman and Fan, "Sample Quantiles in
Statistical Packages", The American Statistician 50(4), 1996.

Durations whose two ends were not read from one running clock (a restart, a press from before it) are not
certain: they are counted as `uncertain` and enter no percentile and no mean. Durations are in ms inside, in
seconds in the answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hub.clock import Instant, elapsed
from hub.queues.model import TicketState
from hub.supervision.cells import Cell, rank_of
from hub.supervision.model import HOUR_MS, Day, Passage, Stretch, Visit

Dimension = Literal["service", "counter", "agent", "hour", "day", "priority", "channel"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Group = tuple[str | int | None, ...]
#: Little's law on a day: `length` (people), `arrivals_per_h`, `wait_s`, and `error`, a share of what it says.
Law = dict[str, float | None]

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

#: C.5: Little's law holds within one percent, or something is wrong with the clock or with us.
LITTLE_AT_MOST = 0.01

#: Where a visit is counted: the service it was issued for, the counter and agent of its last passage (None when
#: nobody called it there), the hour of its issue, its business day. Each visit has one place.
_OF_VISIT: dict[Dimension, Callable[[Visit], str | int | None]] = {
    "service": lambda visit: visit.asked,
    "counter": lambda visit: visit.last.counter,
    "agent": lambda visit: visit.last.agent,
    "hour": lambda visit: visit.hour,
    "day": lambda visit: visit.day,
    "priority": lambda visit: visit.priority,
    "channel": lambda visit: visit.channel,
}
#: Where a passage is counted: its own queue, counter and agent, the hour it entered, the day of its visit.
_OF_PASSAGE: dict[Dimension, Callable[[Visit, Passage], str | int | None]] = {
    "service": lambda _, passage: passage.service,
    "counter": lambda _, passage: passage.counter,
    "agent": lambda _, passage: passage.agent,
    "hour": lambda _, passage: passage.hour,
    "day": lambda visit, _: visit.day,
    "priority": lambda visit, _: visit.priority,
    "channel": lambda visit, _: visit.channel,
}
#: A counter or an agent has no queue of their own; whoever sits at a counter serves no queue alone, nor one class.
_NO_QUEUE: frozenset[Dimension] = frozenset({"counter", "agent"})
_NO_STAFF: frozenset[Dimension] = frozenset({"service", "priority", "channel"})


# --- a cell, told ----------------------------------------------------------------------------


def percentile(ordered: Sequence[int], share: float) -> int:
    """The nearest-rank percentile of sorted values; see the top of the file. `share` in (0, 1]."""
    return ordered[rank_of(share, len(ordered)) - 1]


def seconds(ms: float) -> float:
    """Milliseconds as seconds, to the millisecond."""
    return round(ms / 1000, 3)


def ratio(part: float, whole: float) -> float | None:
    """Four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None


def mean_s(cell: Cell, total: str, count: int) -> float | None:
    """A sum of ms shared among so many, in seconds."""
    return seconds(cell[total] / count) if count else None


#: What is told of a spread besides its mean and its greatest.
_SHARES = (0.5, 0.8, 0.9)


def spread(cell: Cell, name: str) -> dict[str, float | int | None]:
    """Count, mean, P50, P80, P90 and greatest of the certain durations, in seconds; None where there are none."""
    found = cell.spread(name)
    count = len(found)
    if not count:
        return {"count": 0} | dict.fromkeys(("mean_s", "p50_s", "p80_s", "p90_s", "max_s"))
    p50, p80, p90 = found.percentiles(_SHARES)
    return {
        "count": count,
        "mean_s": mean_s(cell, f"{name}_ms", count),
        "p50_s": p50,
        "p80_s": p80,
        "p90_s": p90,
        "max_s": seconds(cell.greatest(name)),
    }


def announced(cell: Cell) -> dict[str, float | None]:
    """How good the announced ranges were, of those received and told one.

    `_kept` is the share that fell inside (C.6); `_error_s` the mean distance of the wait from the middle;
    `_width_s` the median width.
    """
    told = cell["told"]
    return {
        "announced_kept": ratio(cell["kept"], told),
        "announced_error_s": seconds(cell["missed_ms"] / 2 / told) if told else None,
        "announced_width_s": cell.spread("width").percentile(0.5) if told else None,
    }


def counts(cell: Cell) -> dict[str, Any]:
    """How many visits were issued and what became of them; the parts always add up to `issued`."""
    found = {name: cell[name] for name in COUNTS}
    issued = cell["issued"]
    abandoned = sum(found[name] for name in ABANDONED)
    in_progress = issued - sum(found.values())
    return {"issued": issued} | found | {"in_progress": in_progress, "abandonment": ratio(abandoned, issued)}


def staff(cell: Cell, by: Sequence[Dimension]) -> dict[str, float | None]:
    """How much of their time for visitors counters served; None where a group says nothing about counters.

    Time at back-office work is nobody's idle time: it is in no presence, and told beside it.
    """
    staffed, back = cell["staffed_ms"], cell["back_ms"]
    if not _NO_STAFF.isdisjoint(by) or not staffed + back:
        return {"occupancy": None, "staffed_h": None, "back_h": None, "served_per_staffed_h": None}
    hours = staffed / HOUR_MS
    return {
        "occupancy": ratio(cell["busy_ms"], staffed),
        "staffed_h": round(hours, 2),
        "back_h": round(back / HOUR_MS, 2),
        "served_per_staffed_h": round(cell["served"] / hours, 2) if staffed else None,
    }


def corrections(cell: Cell) -> dict[str, float | int | None]:
    """How many ends of services were corrected, and the mean service time as the keys were pressed."""
    count = len(cell.spread("service_time"))
    pressed = cell["service_time_ms"] - cell["corrected_ms"] + cell["as_pressed_ms"]
    return {
        "corrected": cell["corrected"],
        "service_mean_as_pressed_s": seconds(pressed / count) if count and cell["corrected"] else None,
    }


def told(cell: Cell, by: Sequence[Dimension], open_ms: int) -> dict[str, Any]:
    """Every figure of one group. `open_ms`: how long the range was open, in its hour and on its day."""
    return (
        counts(cell)
        | {
            "one_counter": ratio(cell["one_counter"], cell["served"]),
            "recalls_per_ticket": ratio(cell["recalls"], cell["tickets"]),
            "transfers_per_ticket": ratio(cell["transfers"], cell["tickets"]),
            "early": cell["early"],
            "early_mean_s": mean_s(cell, "early_ms", cell["early"]),
        }
        | announced(cell)
        | {name: spread(cell, name) for name in ("visit_wait", "wait", "wait_to_call", "service_time")}
        | {
            "passages": cell["passages"],
            "within_target": ratio(cell["within"], cell["measured"]),
            "uncertain": cell["uncertain"],
            "queue": _queue(cell, open_ms) if _NO_QUEUE.isdisjoint(by) else None,
        }
        | staff(cell, by)
        | corrections(cell)
    )


def _queue(cell: Cell, open_ms: int) -> dict[str, float]:
    """Greatest and time-average number of people waiting to be called, also while nobody stood in that line."""
    return {"max": cell.greatest("queue"), "mean": round(cell["queue_ms"] / (open_ms or 1), 2)}


# --- counting --------------------------------------------------------------------------------


def count_visit(cell: Cell, visit: Visit) -> None:
    """One visit more: what became of it, how long it waited, and how good what it was told has been."""
    cell.count("issued")
    if visit.state in _STATES:
        cell.count(_STATES[visit.state])
    cell.count("one_counter", visit.one_counter)
    if visit.early and visit.early.certain:
        cell.count("early")
        cell.count("early_ms", visit.early.ms)
    if visit.wait and visit.wait.certain:
        cell.lasted("visit_wait", visit.wait.ms)
        if visit.low_s is not None and visit.high_s is not None:
            cell.count("told")
            cell.count("kept", visit.low_s * 1000 <= visit.wait.ms <= visit.high_s * 1000)
            cell.count("missed_ms", abs(2 * visit.wait.ms - (visit.low_s + visit.high_s) * 1000))
            cell.spread("width").add(visit.high_s - visit.low_s)


def count_passage(cell: Cell, passage: Passage, targets: Mapping[str, int]) -> None:
    """One passage more. `targets`: of each service, ms."""
    cell.count("passages")
    cell.count("recalls", max(0, passage.calls - 1))
    cell.count("transfers", passage.outcome == "transferred")
    wait, call, served = passage.wait, passage.wait_to_call, passage.service_time
    cell.count("uncertain", sum(one is not None and not one.certain for one in (wait, served)))
    if call and call.certain:
        cell.lasted("wait_to_call", call.ms)
    if wait and wait.certain:
        cell.lasted("wait", wait.ms)
        if passage.service in targets:
            cell.count("measured")
            cell.count("within", wait.ms <= targets[passage.service])
    if served and served.certain:
        cell.count("services")
        cell.lasted("service_time", served.ms)
        if passage.as_pressed:
            cell.count("corrected")
            cell.count("corrected_ms", served.ms)
            cell.count("as_pressed_ms", passage.as_pressed.ms)


#: State of a visit → what it is counted as.
_STATES = {state: name for name, state in COUNTS.items()}


# --- groups ----------------------------------------------------------------------------------


def group_of_visit(visit: Visit, by: Sequence[Dimension]) -> Group:
    """Where a visit is counted."""
    return tuple(_OF_VISIT[dimension](visit) for dimension in by)


def group_of_passage(visit: Visit, passage: Passage, by: Sequence[Dimension]) -> Group:
    """Where a passage is counted."""
    return tuple(_OF_PASSAGE[dimension](visit, passage) for dimension in by)


@dataclass(frozen=True, slots=True)
class Counted:
    """The cells of one way of grouping, and how long the range was open, by its hour and day where it has them."""

    by: tuple[Dimension, ...]
    cells: Mapping[Group, Cell]
    open_ms: Mapping[Group, int]

    def told(self) -> dict[Group, dict[str, Any]]:
        """The figures of each group that anything happened in, in order; the whole is always there."""
        return {
            group: told(self.cells[group], self.by, self.open_ms.get(when_of(group, self.by), 0))
            for group in sorted(self.cells, key=in_order)
            if not group or is_something(self.cells[group], self.by)
        }


def is_something(cell: Cell, by: Sequence[Dimension]) -> bool:
    """Whether anybody came, waited, or sat there; of hours in which nobody did the last says nothing."""
    if cell["issued"] or cell["passages"] or cell["queue_ms"]:
        return True
    return bool(cell["staffed_ms"] + cell["back_ms"]) and "hour" not in by


def counted(  # noqa: PLR0913, PLR0917 (the range, how it is grouped, and what is measured against)
    visits: Sequence[Visit],
    days: Sequence[Day],
    by: Sequence[Dimension],
    targets: Mapping[str, int],
    now_ms: int,
    stretches: Mapping[str, Sequence[Stretch]] | None = None,
) -> Counted:
    """The cells of a range. `targets`: of each service, ms, on days that have none of their own.

    `stretches`: who was at which counter, by date.
    """
    cells: dict[Group, Cell] = defaultdict(Cell)
    aimed = {day.date: day.targets if day.targets is not None else targets for day in days}
    if not by:
        cells[()] = Cell()
    for visit in visits:
        count_visit(cells[group_of_visit(visit, by)], visit)
        passed: set[Group] = set()
        for passage in visit.passages:
            group = group_of_passage(visit, passage, by)
            count_passage(cells[group], passage, aimed.get(visit.day, targets))
            if group not in passed:
                passed.add(group)
                cells[group].count("tickets")
    open_ms = _queues_into(cells, visits, days, by, now_ms)
    if _NO_STAFF.isdisjoint(by):
        for day in days:
            _staff_into(cells, (stretches or {}).get(day.date, ()), day, by)
    return Counted(tuple(by), cells, open_ms)


def in_order(group: Group) -> tuple[tuple[bool, str | int], ...]:
    """Numbers as numbers, words as words, nobody last."""
    return tuple((value is None, "" if value is None else value) for value in group)


def _staff_into(cells: dict[Group, Cell], stretches: Iterable[Stretch], day: Day, by: Sequence[Dimension]) -> None:
    """How long counters were staffed, and how much of that they served."""
    for one in stretches:
        if one.paused:
            continue
        span = (one.begin, one.end)
        for hour, (low, high) in hour_windows(span, day) if "hour" in by else [(None, span)]:
            values: dict[Dimension, str | int | None] = {
                "counter": one.counter, "agent": one.agent, "day": day.date, "hour": hour,
            }  # fmt: skip
            cell = cells[tuple(values[dimension] for dimension in by)]
            cell.count("back_ms" if one.back else "staffed_ms", high - low)
            if one.served:
                cell.count("busy_ms", high - low)


# --- the queue's length ----------------------------------------------------------------------

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


def _queues_into(
    cells: dict[Group, Cell], visits: Sequence[Visit], days: Sequence[Day], by: Sequence[Dimension], now_ms: int
) -> dict[Group, int]:
    """How long each line was, into its cell; how long the range was open, by the hour and day of a group.

    With hours, whoever waited through several of them is in the line of each.
    """
    others: list[Dimension] = [dimension for dimension in by if dimension != "hour"]
    open_ms: dict[Group, int] = defaultdict(int)
    dated = by_date(visits)
    for day in days:
        waits = waits_of(dated[day.date], day, others, now_ms)
        lines: dict[Group, list[Span]] = defaultdict(list)
        for group, span in waits.spans:
            lines[group].append(span)
        for hour, window in hour_windows(waits.window, day) if "hour" in by else [(None, waits.window)]:
            open_ms[_when(by, day, hour)] += window[1] - window[0]
            for group, line in lines.items() if _NO_QUEUE.isdisjoint(by) else ():
                area, peak = swept(line, window)
                if area or peak:
                    cell = cells[_with_hour(group, by, hour)]
                    cell.count("queue_ms", area)
                    cell.rise("queue", peak)
    return open_ms


def _with_hour(group: Group, by: Sequence[Dimension], hour: int | None) -> Group:
    """The group with the hour put in its place."""
    rest = iter(group)
    return tuple(hour if dimension == "hour" else next(rest) for dimension in by)


def when_of(group: Group, by: Sequence[Dimension]) -> Group:
    """The day and hour of a group, where it has them: groups of one time share the time they were open."""
    return tuple(value for dimension, value in zip(by, group, strict=True) if dimension in ("day", "hour"))


def _when(by: Sequence[Dimension], day: Day, hour: int | None) -> Group:
    values: dict[Dimension, str | int | None] = {"day": day.date, "hour": hour}
    return tuple(values[dimension] for dimension in by if dimension in values)


def little(visits: Sequence[Visit], day: Day) -> Law | None:
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
