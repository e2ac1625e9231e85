"""The announced wait judged on real queues: files of tickets and snapshots, learned up to a date, scored after it.

    mbote bench waits --data DIR --fit-until 2020-01-09

`DIR` holds `warsaw_tickets.csv` and `warsaw_snapshots.csv`, or files of those columns whose names end so. Each
ticket is predicted at `issue_hi` from what had been seen by then, and scored on the minutes to the middle of
`call_lo` and `call_hi` unless it had been called already. Each day is played as it went: what becomes known later
the same day, or on the days before, may be learned from, as in the hub. Trees are learned once, from the days up to
the date; with `--nightly` again after every scored day. `--cold` forgets the days up to the date.
"""

from __future__ import annotations

import csv
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import fmean, median
from typing import Any

from hub.waits import predictors
from hub.waits.forecast import Forecast
from hub.waits.learning import Visit, learn
from hub.waits.picture import Line, Picture
from hub.waits.ranges import Errors

TICKETS = ("queue", "date", "ticket", "issue_lo", "issue_hi", "call_lo", "call_hi", "ahead_at_issue")
SNAPSHOTS = ("queue", "date", "minute", "open_counters", "service_min_param")
#: What the learned wait is called in the answer.
OURS = "announced"


class UnusableData(ValueError):
    """The files are not there, or not of the format of `data/README.md`."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One row of the tickets; minutes of the day, None where the file is empty."""

    number: int
    issue_lo: float
    issue_hi: float
    call_lo: float | None
    call_hi: float | None
    ahead: int

    @property
    def issued(self) -> float:
        """The middle of when it may have been issued."""
        return (self.issue_lo + self.issue_hi) / 2

    @property
    def called(self) -> float | None:
        """The middle of when it may have been called; None when it never was."""
        return (self.call_lo + self.call_hi) / 2 if self.call_lo is not None and self.call_hi is not None else None

    @property
    def called_at_once(self) -> bool:
        """Whether the first look that saw it saw it called."""
        return self.call_hi is not None and self.call_hi <= self.issue_hi


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One row of the snapshots."""

    minute: float
    counters: float
    service_min: float


@dataclass
class Day:
    """One date, all its queues."""

    date: str
    tickets: dict[str, list[Ticket]] = field(default_factory=lambda: defaultdict(list))
    snapshots: dict[str, list[Snapshot]] = field(default_factory=lambda: defaultdict(list))

    @property
    def weekday(self) -> int:
        """Monday is 0."""
        return date.fromisoformat(self.date).weekday()


# --- reading -----------------------------------------------------------------------------------


def read(folder: Path) -> list[Day]:
    """The days of a folder in order. Raises UnusableData."""
    days: dict[str, Day] = {}
    try:
        for row in _rows(folder, "tickets.csv", TICKETS):
            seen, hi = row["call_hi"], float(row["issue_hi"])
            days.setdefault(row["date"], Day(row["date"])).tickets[row["queue"]].append(
                Ticket(
                    int(row["ticket"]), float(row["issue_lo"] or hi), hi, float(row["call_lo"]) if seen else None,
                    float(seen) if seen else None, int(row["ahead_at_issue"] or 0),
                )
            )  # fmt: skip
        for row in _rows(folder, "snapshots.csv", SNAPSHOTS):
            days.setdefault(row["date"], Day(row["date"])).snapshots[row["queue"]].append(
                Snapshot(
                    float(row["minute"]), float(row["open_counters"] or 0), float(row["service_min_param"] or 0)
                )
            )  # fmt: skip
        return sorted((day for day in days.values() if day.weekday >= 0), key=lambda day: day.date)
    except ValueError as error:
        raise UnusableData(f"{folder}: {error}") from error


def _rows(folder: Path, ending: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    found = sorted(folder.glob(f"*{ending}"))
    if len(found) != 1:
        raise UnusableData(f"{folder}: one file whose name ends in {ending} is needed, there are {len(found)}")
    with found[0].open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        missing = set(columns) - set(rows.fieldnames or ())
        if missing:
            raise UnusableData(f"{found[0].name}: no column {', '.join(sorted(missing))}")
        yield from rows


# --- playing a day -----------------------------------------------------------------------------


def play(
    day: Day, issued: Callable[[str, Ticket, Picture], None], called: Callable[[str, Ticket], None]
) -> None:  # fmt: skip
    """Say what became known on a day in the order in which it did: snapshots, then calls, then tickets of a minute.

    `called` for tickets that were seen waiting; whoever comes before a number that is called and was not called
    has gone.
    """
    lines = {queue: _Board(Line(queue, day.weekday)) for queue in day.tickets}
    seen: list[tuple[float, int, str, int, Snapshot | Ticket]] = []
    for queue, snapshots in day.snapshots.items():
        seen += [(s.minute, 0, queue, 0, s) for s in snapshots if queue in lines]
    for queue, tickets in day.tickets.items():
        seen += [(t.call_hi, 1, queue, t.number, t) for t in tickets if t.call_hi is not None]
        seen += [(t.issue_hi, 2, queue, t.number, t) for t in tickets if not t.called_at_once]
    seen.sort(key=lambda event: event[:4])
    for minute, what, queue, _, news in seen:
        board = lines[queue]
        if isinstance(news, Snapshot):
            board.line.staffed(minute, news.counters)
            board.service_min = news.service_min
        elif what == 1:
            board.call(news)
            if not news.called_at_once:
                called(queue, news)
        else:
            board.line.joined(news.number, news.issued)
            issued(queue, news, board.line.picture(minute, news.ahead, board.service_min))


@dataclass
class _Board:
    """One queue as it is known: its line, the last number called, and the setting."""

    line: Line
    last: int = 0
    service_min: float = 0.0

    def call(self, ticket: Ticket) -> None:
        at = ticket.called or 0.0
        if ticket.called_at_once:
            self.line.joined(ticket.number, ticket.issued)
        for passed in range(self.last + 1, ticket.number):
            self.line.left(passed, at)
        self.last = max(self.last, ticket.number)
        self.line.called(ticket.number, at)


def visits(day: Day) -> list[Visit]:
    """What a night learns from a day: its called tickets, in the order of their calls."""
    seen: dict[tuple[str, int], Picture] = {}
    found: list[Visit] = []

    def issued(queue: str, ticket: Ticket, picture: Picture) -> None:
        seen[queue, ticket.number] = picture

    def called(queue: str, ticket: Ticket) -> None:
        if picture := seen.get((queue, ticket.number)):
            found.append(Visit(picture, (ticket.called or 0.0) - ticket.issue_hi))

    play(day, issued, called)
    return found


# --- scoring -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """One prediction and what came of it, minutes."""

    queue: str
    truth: float
    expected: float
    p10: float
    p20: float
    p80: float
    p90: float


class Simple:
    """A simple predictor, with a range around it by the errors it made: as ours, so that they can be compared."""

    def __init__(self, predict: Callable[[Picture], float]) -> None:
        self.predict, self.errors = predict, Errors()

    def announce(self, picture: Picture) -> Forecast:
        """What it says."""
        middle = predictors.log_of(self.predict(picture))
        p10, p20, p80, p90 = (predictors.minutes_of(middle + offset) for offset in self.errors.offsets(picture.queue))
        return Forecast(predictors.minutes_of(middle), p10, p20, p80, p90, middle)

    def happened(self, picture: Picture, forecast: Forecast, minutes: float) -> None:
        """What came of it."""
        self.errors.told(picture.queue, predictors.log_of(minutes) - forecast.blended)


class History:
    """The waits of each queue so far."""

    def __init__(self) -> None:
        self.waits: dict[str, list[float]] = defaultdict(list)
        self._known: dict[str, tuple[int, float, float]] = {}

    def mean(self, picture: Picture) -> float:
        """The mean so far; nothing before the first."""
        return self._summed(picture.queue)[1]

    def median(self, picture: Picture) -> float:
        """The median so far; nothing before the first."""
        return self._summed(picture.queue)[2]

    def _summed(self, queue: str) -> tuple[int, float, float]:
        """Looked at again after every twenty waits."""
        waits = self.waits[queue]
        known = self._known.get(queue)
        if known is None or len(waits) >= known[0] + 20 or known[0] == 0:
            known = (len(waits), fmean(waits), median(waits)) if waits else (0, 0.0, 0.0)
            self._known[queue] = known
        return known


class Contest:
    """All predictors on the same days."""

    def __init__(self, past: Sequence[Day], *, nightly: bool = False) -> None:
        self.past = [visits(day) for day in past]
        self.nightly, self.history = nightly, History()
        named = predictors.SIMPLE | {"mean": self.history.mean, "median": self.history.median}
        self.simple = {name: Simple(predict) for name, predict in named.items()}
        self.said: dict[str, list[Said]] = {name: [] for name in (*self.simple, OURS)}
        self.asked_s: list[float] = []
        began = time.process_time()
        self.ours = learn(self.past)
        self.learned_s = time.process_time() - began
        for number, day in enumerate(self.past):
            self._day(number)
            for visit in day:
                for each in self.simple.values():
                    each.happened(visit.picture, each.announce(visit.picture), visit.minutes)
                self.history.waits[visit.picture.queue].append(visit.minutes)
        self.number = len(self.past)

    def _day(self, number: int) -> None:
        for each in self.simple.values():
            each.errors.day(number)

    def score(self, day: Day) -> None:
        """Play a day and keep what each said."""
        self._day(self.number)
        self.ours.day(self.number)
        waiting: dict[tuple[str, int], tuple[Picture, dict[str, Forecast]]] = {}

        def issued(queue: str, ticket: Ticket, picture: Picture) -> None:
            began = time.thread_time()
            ours = self.ours.announce(picture)
            self.asked_s.append(time.thread_time() - began)
            said = {name: each.announce(picture) for name, each in self.simple.items()}
            waiting[queue, ticket.number] = (picture, said | {OURS: ours})

        def called(queue: str, ticket: Ticket) -> None:
            if (found := waiting.pop((queue, ticket.number), None)) is None:
                return
            picture, said = found
            truth = (ticket.called or 0.0) - ticket.issue_hi
            for name, f in said.items():
                self.said[name].append(Said(queue, truth, f.expected, f.p10, f.p20, f.p80, f.p90))
                self.simple.get(name, self.ours).happened(picture, f, truth)
            self.history.waits[queue].append(truth)

        play(day, issued, called)
        self.number += 1
        if self.nightly:
            self.past.append(visits(day))
            self.ours = learn(self.past)


def figures(said: Sequence[Said]) -> dict[str, float | int]:
    """The figures of the protocol: errors and median widths in minutes, coverages as shares."""
    errors = [each.expected - each.truth for each in said]
    if not errors:
        return {"n": 0}
    return {
        "n": len(errors),
        "mae": round(fmean(map(abs, errors)), 2),
        "rmse": round(math.sqrt(fmean(error * error for error in errors)), 2),
        "bias": round(fmean(errors), 2),
        "coverage_p20_p80": round(fmean(each.p20 <= each.truth <= each.p80 for each in said), 4),
        "coverage_p10_p90": round(fmean(each.p10 <= each.truth <= each.p90 for each in said), 4),
        "width_p20_p80": round(median(each.p80 - each.p20 for each in said), 2),
        "width_p10_p90": round(median(each.p90 - each.p10 for each in said), 2),
    }


def measure(
    data: Path, fit_until: str, *, cold: bool = False, nightly: bool = False, by_queue: bool = False
) -> dict[str, Any]:
    """`{name: figures}` of each simple predictor and of ours, on the days after `fit_until`. Raises UnusableData.

    `cold`: nothing is learned before the first of them. `nightly`: trees are learned again after each. `by_queue`
    adds ours in each queue, under `queues`, and what it cost, under `cost`.
    """
    days = read(data)
    scored = [day for day in days if day.date > fit_until]
    if not scored:
        raise UnusableData(f"no day after {fit_until} in {data} to score")
    contest = Contest([] if cold else [day for day in days if day.date <= fit_until], nightly=nightly)
    for day in scored:
        contest.score(day)
    answer: dict[str, Any] = {name: figures(said) for name, said in contest.said.items()}
    if by_queue:
        ours = contest.said[OURS]
        queues = sorted({each.queue for each in ours})
        answer["queues"] = {queue: figures([each for each in ours if each.queue == queue]) for queue in queues}
        asked = sorted(contest.asked_s)
        answer["cost"] = {
            "learn_cpu_s": round(contest.learned_s, 2),
            "answer_p50_ms": round(asked[len(asked) // 2] * 1000, 3),
            "answer_p99_ms": round(asked[len(asked) * 99 // 100] * 1000, 3),
        }
    return answer
