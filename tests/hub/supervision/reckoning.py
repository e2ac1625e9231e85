"""The statistics worked out from an exported journal by somebody who has nothing else, and none of the hub's code.

    reckoned(entries, "2026-03-02", "service")

`entries` are the lines of `GET /api/v1/events`. Slow and plain on purpose: each figure is taken by its definition in
docs/supervisor.md, from lists of everything, by counting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

HOUR = 3_600_000
#: Brazzaville, all year.
OFFSET = HOUR
BOOT = 1 << 40
OVER = {
    "ticket_served": "served", "ticket_no_show": "absent", "ticket_cancelled": "cancelled",
    "ticket_unserved": "unserved", "ticket_unfinished": "unfinished",
}  # fmt: skip
Moment = tuple[int, int, int]  # wall ms, ms since the boot, number of the boot


@dataclass
class Turn:
    """One wait and one service in one queue."""

    service: str
    entered: Moment
    counter: str | None = None
    agent: str | None = None
    calls: int = 0
    called: Moment | None = None
    started: Moment | None = None
    ended: Moment | None = None
    key: Moment | None = None
    how: str | None = None
    aside: int = 0
    since: Moment | None = None
    due: Moment | None = None

    @property
    def begins(self) -> Moment:
        """Nobody waits for the agency before the time of their appointment."""
        return self.due if self.due and _later(self.due, self.entered) else self.entered


@dataclass
class Visitor:
    """One ticket."""

    day: int
    asked: str
    issued: Moment
    priority: str
    channel: str
    low: int | None
    high: int | None
    due: Moment | None = None
    end: str | None = None
    turns: list[Turn] = field(default_factory=list)


@dataclass
class Sitting:
    """An agent at a counter: from, until, a visitor with them or not, on a break or not, at back-office work or not."""

    counter: str
    agent: str | None
    begin: Moment
    end: Moment | None = None
    visitor: bool = False
    away: bool = False
    behind: bool = False


@dataclass
class Book:
    """The journal, read."""

    days: dict[int, dict[str, Any]] = field(default_factory=dict)
    visitors: dict[int, Visitor] = field(default_factory=dict)
    sittings: dict[int, list[Sitting]] = field(default_factory=dict)
    marks: dict[int, list[Moment]] = field(default_factory=dict)


def lasted(begin: Moment, end: Moment) -> tuple[int, bool]:
    """Milliseconds, and whether one running clock measured them."""
    if begin[2] == end[2]:
        return max(0, end[1] - begin[1]), True
    return max(0, end[0] - begin[0]), False


def _later(one: Moment, other: Moment) -> bool:
    return one[1] > other[1] if one[2] == other[2] else one[0] > other[0]


def hour_of(at: int) -> int:
    return (at + OFFSET) // HOUR % 24


def read(entries: list[dict[str, Any]]) -> Book:
    """Everything that the journal says of visits and counters."""
    book, today = Book(), 0
    for entry in entries:
        now, facts = (entry["at"], entry["mono"], entry["boot"]), entry["payload"]
        if entry["kind"] == "day_opened":
            today = facts["day"]
            book.days[today] = {"date": facts["date"], "opened": now, "closed": None}
            book.sittings[today], book.marks[today] = [], []
        elif entry["kind"] == "day_closed":
            book.days[facts["day"]]["closed"] = now
        else:
            _visit(book, entry["kind"], facts, now)
            _counter(book, today, entry["kind"], facts, now)
    return book


def _visit(book: Book, kind: str, facts: dict[str, Any], now: Moment) -> None:  # noqa: C901, PLR0912 (one branch a kind of fact)
    if kind == "ticket_issued":
        at = (facts["issued_at"], facts["issued_tick"] % BOOT, facts["issued_tick"] // BOOT)
        names = ("day", "service", "priority", "channel", "low_s", "high_s")
        day, service, priority, channel, low, high = (facts.get(name) for name in names)
        due = None
        if facts.get("due_at") is not None:
            due = (facts["due_at"], facts["due_tick"] % BOOT, facts["due_tick"] // BOOT)
        visitor = Visitor(day, service, at, priority, channel, low, high, due, turns=[Turn(service, at, due=due)])
        book.visitors[facts["ticket"]] = visitor
        return
    visitor = book.visitors.get(facts.get("ticket"))  # type: ignore[arg-type]
    if visitor is None:
        return
    turn = visitor.turns[-1]
    if kind in OVER:
        visitor.end = OVER[kind]
        turn.ended, turn.how = now, OVER[kind]
        if facts.get("ended_at") is not None:
            turn.ended = (facts["ended_at"], 0, 0)
    elif kind == "ticket_relabelled":  # the paper is the kiosk's own, and says no range
        visitor.low = visitor.high = None
    elif kind == "priority_changed":
        visitor.priority = facts["priority"]
    elif kind == "ticket_called":
        turn.called, turn.calls, turn.counter, turn.agent = now, 1, facts["counter"], facts["agent"]
    elif kind == "ticket_recalled":
        turn.calls = facts["repeat"]
    elif kind == "ticket_released":
        turn.called, turn.calls, turn.counter, turn.agent = None, 0, None, None
    elif kind == "service_started":
        turn.started = now
    elif kind == "ticket_held":
        turn.since = now
    elif kind == "ticket_resumed":
        assert turn.since is not None
        turn.aside += lasted(turn.since, now)[0]
        turn.since, turn.counter, turn.agent = None, facts["counter"], facts["agent"]
    elif kind == "ticket_transferred":
        turn.ended, turn.how = now, "sent on"
        visitor.turns.append(Turn(facts["service"], now))
    elif kind == "ticket_returned":
        visitor.end = None
        visitor.turns.append(Turn(turn.service, now))
    elif kind == "service_end_corrected":
        turn.key = turn.key or turn.ended
        turn.ended = (facts["ended_at"], facts["ended_tick"] % BOOT, facts["ended_tick"] // BOOT)
        visitor.end = "served"
    elif kind == "step_undone":
        if facts["step"] == "transfer":
            visitor.turns.pop()
        visitor.end = None
        visitor.turns[-1].ended = visitor.turns[-1].how = None


def _counter(book: Book, day: int, kind: str, facts: dict[str, Any], now: Moment) -> None:
    """A sitting ends and the next one begins with whatever happens at a counter."""
    begins = kind in ("service_started", "ticket_resumed") or (
        kind == "step_undone" and facts["step"] in ("finish", "transfer")
    )
    leaves = kind in ("ticket_served", "ticket_transferred", "ticket_held", "ticket_unfinished")
    works = kind in ("back_office_begun", "back_office_ended", "ticket_called")
    if not (begins or leaves or works or kind.startswith("counter_") or kind == "step_undone"):
        return
    book.marks[day].append(now)
    counter = facts.get("counter")
    before = next((s for s in reversed(book.sittings[day]) if s.counter == counter and s.end is None), None)
    if before is None and kind != "counter_opened":
        return
    if works and before.behind == (kind == "back_office_begun"):  # a call ends back-office work, and nothing else
        return
    agent, visitor, away = (before.agent, before.visitor, before.away) if before else (None, False, False)
    if before:
        before.end = now
    if kind == "counter_closed":
        return
    if kind == "counter_opened":
        agent, away = facts["agent"], False
    if kind in ("counter_paused", "counter_unpaused"):
        away = kind == "counter_paused"
    visitor = True if begins else False if leaves else visitor
    still = kind.startswith("counter_alarm") and before is not None and before.behind
    book.sittings[day].append(Sitting(counter, agent, now, None, visitor, away, still or kind == "back_office_begun"))


# --- figures -------------------------------------------------------------------------------------


class Line:
    """One line of ms for a day: each boot lies where the wall clock was when it was first seen."""

    def __init__(self, moments: list[Moment]) -> None:
        self.first: dict[int, Moment] = {}
        for one in moments:
            if one[2] and (one[2] not in self.first or one[1] < self.first[one[2]][1]):
                self.first[one[2]] = one

    def at(self, one: Moment) -> int:
        first = self.first.get(one[2])
        return one[0] if first is None else first[0] + one[1] - first[1]


def nearest(values: list[int], share: Fraction) -> int:
    """The smallest value that at least this share of all do not exceed."""
    ordered = sorted(values)
    for place, value in enumerate(ordered, 1):
        if place >= share * len(ordered):
            return value
    raise AssertionError("no values")


def places(visitor: Visitor, by: str) -> tuple[Any, list[Any]]:
    """Where a visit is counted, and each of its turns."""
    last = visitor.turns[-1]
    if by in ("priority", "channel"):
        of = getattr(visitor, by)
        return of, [of] * len(visitor.turns)
    if by == "hour":
        return hour_of(visitor.issued[0]), [hour_of(turn.entered[0]) for turn in visitor.turns]
    if by == "service":
        return visitor.asked, [turn.service for turn in visitor.turns]
    if by:
        return getattr(last, by), [getattr(turn, by) for turn in visitor.turns]
    return None, [None] * len(visitor.turns)


def reckoned(book: Book, date: str, by: str, targets: dict[str, int]) -> dict[Any, dict[str, Any]]:
    """The figures of a closed day by group (all in one with `by` empty). Durations in ms, as lists."""
    (day,) = (number for number, facts in book.days.items() if facts["date"] == date)
    visitors = [one for one in book.visitors.values() if one.day == day]
    found: dict[Any, dict[str, Any]] = {}

    def group(of: Any) -> dict[str, Any]:
        empty: dict[str, Any] = dict.fromkeys(
            ("issued", *OVER.values(), "passages", "recalls", "sent", "within", "aimed", "uncertain", "one_counter"), 0
        )
        lists: dict[str, Any] = {
            n: [] for n in ("wait", "wait_to_call", "service_time", "visit_wait", "early", "pressed")
        }
        more: dict[str, Any] = {"tickets": set(), "told": [], "busy": 0, "staffed": 0, "behind": 0}
        return found.setdefault(of, empty | lists | more)

    group(None) if not by else None
    for number, visitor in enumerate(visitors):
        of, turns = places(visitor, by)
        _of_visit(group(of), visitor)
        for turn, where in zip(visitor.turns, turns, strict=True):
            group(where)["tickets"].add(number)
            _of_turn(group(where), turn, targets)
    if by not in ("counter", "agent"):
        for of, (area, peak, opened) in _queues(book.days[day], visitors, by).items():
            group(of) if peak or area else None
            if of in found:
                found[of] |= {"area": area, "peak": peak, "open": opened}
    if by in ("", "counter", "agent", "hour"):
        for of, busy, lasted_, behind in _presence(book, day, visitors, by):
            group(of)["busy"] += busy
            group(of)["behind" if behind else "staffed"] += lasted_
    return found


def _of_visit(into: dict[str, Any], visitor: Visitor) -> None:
    into["issued"] += 1
    if visitor.end:
        into[visitor.end] += 1
    into["one_counter"] += visitor.end == "served" and all(turn.how != "sent on" for turn in visitor.turns)
    start, due = next((turn.started for turn in visitor.turns if turn.started), None), visitor.due
    begins = due if due and _later(due, visitor.issued) else visitor.issued
    if start and begins != visitor.issued:
        early, certain = lasted(visitor.issued, start if _later(begins, start) else begins)
        into["early"] += [early] * certain
    if start and lasted(begins, start)[1]:
        into["visit_wait"].append(wait := lasted(begins, start)[0])
        if visitor.low is not None and visitor.high is not None:
            into["told"].append((visitor.low * 1000, wait, visitor.high * 1000))


def _of_turn(into: dict[str, Any], turn: Turn, targets: dict[str, int]) -> None:
    into["passages"] += 1
    into["recalls"] += max(0, turn.calls - 1)
    into["sent"] += turn.how == "sent on"
    if turn.called and lasted(turn.begins, turn.called)[1]:
        into["wait_to_call"].append(lasted(turn.begins, turn.called)[0])
    if turn.started:
        ms, certain = lasted(turn.begins, turn.started)
        into["uncertain"] += not certain
        if certain:
            into["wait"].append(ms)
            into["aimed"] += 1
            into["within"] += ms <= targets[turn.service]
    if turn.started and turn.ended and (turn.how in ("served", "sent on") or turn.key):
        ms, certain = lasted(turn.started, turn.ended)
        into["uncertain"] += not certain
        if certain:
            into["service_time"].append(max(0, ms - turn.aside))
            into["pressed"].append(max(0, lasted(turn.started, turn.key or turn.ended)[0] - turn.aside))


def _queues(day: dict[str, Any], visitors: list[Visitor], by: str) -> dict[Any, tuple[int, int, int]]:
    """Area, greatest length and time open of each line, found by walking over every change."""
    waits = []
    for visitor in visitors:
        _, turns = places(visitor, by if by != "hour" else "")
        waits += [
            (where, turn.entered, turn.called or turn.ended) for where, turn in zip(turns, visitor.turns, strict=True)
        ]
    line = Line([moment for _, begin, end in waits for moment in (begin, end) if moment])
    spans = [(where, line.at(begin), max(line.at(begin), line.at(end))) for where, begin, end in waits if end]
    low = min([day["opened"][0], *(begin for _, begin, _ in spans)])
    high = max([day["closed"][0], *(end for _, _, end in spans)])
    found: dict[Any, tuple[int, int, int]] = {}
    for hour, begin, end in _windows(low, high) if by == "hour" else [(None, low, high)]:
        for where in {where for where, *_ in spans}:
            of = hour if by == "hour" else where
            mine = [(max(b, begin), min(e, end)) for w, b, e in spans if w == where and b < e and b < end and e > begin]
            area = sum(e - b for b, e in mine)
            peak = max((sum(b <= at < e for b, e in mine) for at, _ in mine), default=0)
            had = found.get(of, (0, 0, 0))
            found[of] = had[0] + area, max(had[1], peak), had[2] + end - begin
    return found


def _windows(low: int, high: int) -> Iterator[tuple[int, int, int]]:
    while low < high:
        upto = min(high, (low + OFFSET) // HOUR * HOUR + HOUR - OFFSET)
        yield hour_of(low), low, upto
        low = upto


def _presence(book: Book, day: int, visitors: list[Visitor], by: str) -> Iterator[tuple[Any, int, int, bool]]:
    """Time with a visitor, time there, whether at back-office work, of each sitting, corrected ends as corrected."""
    line = Line(book.marks[day])
    over = [(t.counter, line.at(t.ended), line.at(t.key)) for v in visitors for t in v.turns if t.key and t.ended]
    end_of_day = book.days[day]["closed"][0]
    told: dict[str, int] = {}
    for one in book.sittings[day]:
        begin = max(line.at(one.begin), told.get(one.counter, 0))
        end = line.at(one.end) if one.end else max(begin, end_of_day)
        told[one.counter] = max(begin, end)  # a boot that lies earlier: none of it is told twice
        if end <= begin or one.away:
            continue
        until = next((e for c, e, k in over if one.visitor and c == one.counter and e < end <= k), None)
        of = {"counter": one.counter, "agent": one.agent}.get(by)
        for hour, low, high in _windows(begin, end) if by == "hour" else [(of, begin, end)]:
            busy = max(0, min(high, end if until is None else max(begin, until)) - low) if one.visitor else 0
            yield hour, busy, high - low, one.behind
