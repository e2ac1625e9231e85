"""Q10 to Q12: nobody is told "empty" while somebody waits, who is called is whom the rule names, nobody is passed over.

Each of Q10 and Q11 is asked twice. By intervals, from what the clients saw alone: a ticket surely waits from the end
of what made it callable to the begin of the first thing that may have closed or claimed it. And exactly, along the
exported journal, once G1 has shown that its order is the order of real time: there the rule is worked out again.

Near linear: tickets of one service and class stand sorted by when they began to wait, with the running maximum of
when they may have gone; a claim bisects into them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from hub.judge.life import CLAIMS, follows, of_tickets
from hub.judge.run import Effect, Line, Request, Run
from hub.judge.verdict import Finding

NS_PER_MIN = 60e9
MS_PER_MIN = 60_000
#: Minutes of head start and of score a minute waited; a class that is not named has those of `priority`.
CLASSES = {"normal": (0.0, 1.0), "priority": (10.0, 1.5), "work_accident": (15.0, 2.0)}
#: How far a kiosk's press may lie before its request, ns: it keeps the press before it asks.
PRESS_SLACK_NS = 1e9
#: Scores are told in minutes: a hundredth of a second is no difference.
EVEN = 1 / 6_000
#: What may close or claim a ticket, of the requests that name one.
TAKES = frozenset({"call.pick", "ticket.cancel"})


def slope(priority: str) -> tuple[float, float]:
    """Head start in minutes and minutes of score for a minute waited (requirements B.12)."""
    return CLASSES.get(priority, CLASSES["priority"])


# --- by intervals ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """The first time a ticket surely waits, by the clients' clocks."""

    tid: str
    svc: str
    prio: str
    ready: float
    gone: float
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Row:
    """Waits of one service and class by when they began, with the two longest lasting of each prefix."""

    waits: list[Wait]
    begins: list[float]
    best: list[tuple[Wait | None, Wait | None]]

    @classmethod
    def of(cls, waits: Iterable[Wait]) -> Row:
        """Sorted, with the running maximum and the second to it, which counts where the first is the claimed one."""
        ordered = sorted(waits, key=lambda wait: wait.ready)
        best: list[tuple[Wait | None, Wait | None]] = [(None, None)]
        for wait in ordered:
            first, second = best[-1]
            if first is None or wait.gone > first.gone:
                first, second = wait, first
            elif second is None or wait.gone > second.gone:
                second = wait
            best.append((first, second))
        return cls(ordered, [wait.ready for wait in ordered], best)

    def longest(self, before: float, without: str) -> Wait | None:
        """Of those who surely waited before a moment, who surely stayed longest."""
        first, second = self.best[bisect_left(self.begins, before)]
        return second if first is not None and first.tid == without else first


Rows = dict[str, dict[str, Row]]


def rows_of(run: Run) -> Rows:
    """Service → class → who surely waits when."""
    waits: dict[str, dict[str, list[Wait]]] = defaultdict(lambda: defaultdict(list))
    gone = _gone(run)
    for request in run.asked_tickets:
        wait = _wait(run, request, gone)
        if wait is not None and wait.ready < wait.gone:
            waits[wait.svc][wait.prio].append(wait)
    return {svc: {prio: Row.of(its) for prio, its in by.items()} for svc, by in waits.items()}


def _wait(run: Run, request: Request, gone: Mapping[str, float]) -> Wait | None:
    """The surely waiting ticket of a request; None where somebody might dispute it."""
    tid = request.r.get("tid")
    if tid is None or request.a.get("counter") or tid in run_moved(run):
        return None
    lines, ready = request.lines, request.end
    effect = run.issued.get(tid)
    awaited = effect is not None and effect.body.get("paper") == "awaited"
    if awaited or request.a.get("src") == "kiosk" or request.actor in run_kiosks(run):
        paper = run_papers(run).get((request.actor, request.key)) or run_papers(run).get(("", tid))
        if paper is None:
            return None
        lines, ready = [*lines, *paper.lines], paper.end
    svc = str(request.r.get("svc") or request.a.get("svc"))
    last = min(gone.get(tid, inf), gone.get(f"service {svc}", inf), gone.get("any", inf), _evening(run, request.begin))
    return Wait(tid, svc, class_of(run, request), ready, last, tuple(lines))


def class_of(run: Run, request: Request) -> str:
    """The priority class asked for: by name, as the journal has it, or as the number that the format sends."""
    if named := request.a.get("class"):
        return str(named)
    effect = run.issued.get(request.r.get("tid", ""))
    if effect is not None and "prio" in effect.body:
        return str(effect.body["prio"])
    return "priority" if request.a.get("prio") else "normal"


def cached(look: Callable[[Run], Any]) -> Callable[[Run], Any]:
    """Work something out once for a run."""
    name = f"_{look.__name__}"

    def once(run: Run) -> Any:
        if name not in run.__dict__:
            run.__dict__[name] = look(run)
        return run.__dict__[name]

    return once


@cached
def run_papers(run: Run) -> dict[tuple[str, str], Request]:
    """The answered report that a ticket's number reached somebody: by press, and by ticket."""
    found: dict[tuple[str, str], Request] = {}
    for request in run.requests.values():
        if request.f == "ticket.paper" and request.oks and request.a.get("how") != "failed":
            found.setdefault((request.actor, str(request.a.get("tid"))), request)
            found.setdefault(("", str(request.r.get("tid"))), request)
    return found


@cached
def run_kiosks(run: Run) -> set[str]:
    """Who reports papers: their tickets wait from that report on."""
    return {request.actor for request in run.requests.values() if request.f == "ticket.paper"}


@cached
def run_moved(run: Run) -> set[str]:
    """Tickets whose class was changed by hand: their place is not only a matter of time."""
    return {str(request.a.get("tid")) for request in run.requests.values() if request.f == "ticket.prio"}


def _gone(run: Run) -> dict[str, float]:
    """When each ticket may first have been claimed or given up; `service X` is all of a service, `any` everybody."""
    gone: dict[str, float] = defaultdict(lambda: inf)
    taken = {(e.actor, e.key): e.tid for e in run.journal if e.kind in CLAIMS and e.key}
    for request in run.requests.values():
        names: list[str] = []
        if request.f in TAKES:
            names = [str(request.a.get("tid"))]
        elif request.f == "call.next":
            names = _may_have_taken(run, request, taken)
        for name in names:
            gone[name] = min(gone[name], request.begin)
    return gone


@cached
def run_evenings(run: Run) -> list[tuple[float, float]]:
    """(end, begin) of each closing of a day; one without an answer may come at any time after it was sent."""
    closes = (one for one in run.requests.values() if one.f == "day.close" and not one.refused)
    return sorted((request.end, request.begin) for request in closes)


def _evening(run: Run, issued: float) -> float:
    """When a ticket asked for at that moment may first have been closed with its day."""
    evenings = run_evenings(run)
    later = evenings[bisect_left(evenings, (issued, -inf)) :][:1]
    return later[0][1] if later else inf


def _may_have_taken(run: Run, request: Request, taken: Mapping[Any, str | None]) -> list[str]:
    if request.r:
        return [request.r["tid"]] if request.r.get("tid") else []
    if request.refused:
        return []
    if run.has_export:
        tid = taken.get((request.actor, request.key))
        return [tid] if tid else []
    return [f"service {svc}" for svc in run.services_of(request)] or ["any"]


def q10(run: Run, found: Finding) -> None:
    """Nobody is told "empty" while somebody surely waits."""
    rows = rows_of(run)
    for request in run.requests.values():
        if request.f == "call.next" and request.r.get("empty") and (services := run.services_of(request)):
            _none_waits(request, services, rows, found)
    for told in replayed(run):
        if told.kind == "empty":
            found.saw(told.wrong, told.lines)


def _none_waits(one: Request, services: Iterable[str], rows: Rows, found: Finding) -> None:
    for svc in services:
        for row in rows.get(svc, {}).values():
            wait = row.longest(one.begin, "")
            if wait is not None and wait.gone > one.end:
                found.saw(f"{one.actor} was told that nobody waits; {wait.tid} did", [*wait.lines, *one.lines])
                return
    found.saw()


def q11(run: Run, found: Finding) -> None:
    """Who is called is the first by the agency's rule."""
    if run.config.get("order_rule") is None:
        return
    rows, issued = rows_of(run), run.press_of_tid
    for request in run.requests.values():
        if request.f != "call.next" or request.r.get("tid") not in issued:
            continue
        if services := run.services_of(request):
            _first_by_rule(run, request, issued[request.r["tid"]], services, rows, found)
    for told in replayed(run):
        if told.kind == "claim":
            found.saw(told.wrong, told.lines)


def _first_by_rule(  # noqa: PLR0913, PLR0917 (a claim, and what it is held against)
    run: Run, one: Request, press: Request, services: Iterable[str], rows: Rows, found: Finding
) -> None:
    """By the times most favourable to the ticket that was called."""
    tid = one.r["tid"]
    if len(press.operations) > 1 or press.a.get("counter") or tid in run_moved(run):
        return
    since = press.begin - (PRESS_SLACK_NS if press.actor in run_kiosks(run) else 0)
    normal_wait = run.config.get("normal_wait_min", 30) * NS_PER_MIN
    if one.end - since > normal_wait:
        return  # rules 1 and 2 may have a word: they are asked along the journal
    prio = class_of(run, press)
    head, weight = slope(prio)
    best = head + weight * (one.end - since) / NS_PER_MIN
    for svc in services:
        for other, row in rows.get(svc, {}).items():
            wait = row.longest(_limit(run, other, prio, one, since, best), tid)
            if wait is not None and wait.gone > one.end:
                found.saw(f"{tid} was called before {wait.tid}", [*wait.lines, *press.lines, *one.lines])
                return
    found.saw()


def _limit(run: Run, other: str, prio: str, one: Request, since: float, best: float) -> float:  # noqa: PLR0913, PLR0917
    """Who of another class waited before this moment goes first, whatever the exact times were."""
    rule = run.config["order_rule"]
    name = rule if isinstance(rule, str) else rule["name"]
    if name == "fifo" or (other == prio and name in ("prio_fifo", "accumulating", "prio_aging")):
        return min(one.begin, since)
    if name == "prio_fifo":
        order = run.config["order_rule"].get("classes", [])
        return one.begin if other in order and prio in order and order.index(other) < order.index(prio) else -inf
    head, weight = slope(other)
    return min(one.begin, one.begin - (best - head) / weight * NS_PER_MIN)


# --- along the journal -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What a counter was told by one entry, and what is wrong with it."""

    kind: str
    wrong: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Waiting:
    """A ticket that waits, in the journal's own numbers."""

    tid: str
    order: int
    svc: str
    prio: str
    issued: tuple[int, int, int]
    entered: tuple[int, int, int]
    line: Line
    wanted: str | None = None
    behind: int = 0


class Hall:
    """Who waits, kept so that the first of each service and class is at hand; those with a special place apart."""

    def __init__(self, rule: Mapping[str, Any]) -> None:
        self.rule = rule
        self.plain: dict[tuple[str, str], list[tuple[float, int, str]]] = defaultdict(list)
        self.special: dict[str, Waiting] = {}
        self.people: dict[str, Waiting] = {}
        self.counters: dict[str, str] = {}
        self.run: list[tuple[str, str, int]] = []

    def enter(self, one: Waiting) -> None:
        self.people[one.tid] = one
        if one.wanted or one.behind:
            self.special[one.tid] = one
        else:
            insort(self.plain[one.svc, one.prio], (*self._place(one), one.tid))

    def leave(self, tid: str) -> Waiting | None:
        one = self.people.pop(tid, None)
        if one is None:
            return None
        if self.special.pop(tid, None) is None:
            row = self.plain[one.svc, one.prio]
            at = bisect_left(row, (*self._place(one), one.tid))
            if at < len(row) and row[at][2] == tid:
                row.pop(at)
        return one

    def _place(self, one: Waiting) -> tuple[float, int]:
        """Within one class the oldest press is first: by boot and monotonic time, as rows of ours keep them."""
        return one.issued[2] * 2.0**40 + one.issued[1], one.order

    def firsts(self, services: Iterable[str]) -> list[Waiting]:
        """The first of each class in these services, and everybody with a special place."""
        wanted = set(services)
        found = [self.people[row[0][2]] for (svc, _), row in self.plain.items() if row and svc in wanted]
        return found + [one for one in self.special.values() if one.svc in wanted]


def since_ms(then: tuple[int, int, int], now: tuple[int, int, int]) -> int:
    """From one (wall, monotonic, boot) to another: monotonic within a boot, never negative."""
    return max(0, now[1] - then[1] if then[2] == now[2] else now[0] - then[0])


@cached
def replayed(run: Run) -> list[Told]:
    """The rule of B.12 worked out again at each call of the journal. Empty without export or another rule."""
    rule = run.config.get("order_rule")
    counters = run.config.get("counters", {})
    if not isinstance(rule, Mapping) or rule.get("name") != "accumulating" or not counters:
        return []
    return _Replay(run, rule).told


class _Replay:
    def __init__(self, run: Run, rule: Mapping[str, Any]) -> None:
        self.rule = rule
        self.serves = {code: tuple(counter["svcs"]) for code, counter in run.config["counters"].items()}
        self.hall = Hall(rule)
        self.told: list[Told] = []
        self.known: dict[str, Waiting] = {}
        self.states: dict[str, str] = {}
        self.classes: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self.before: dict[str, Waiting] = {}
        for effect in run.journal:
            self._take(effect)

    def _take(self, effect: Effect) -> None:
        if effect.kind.startswith("counter."):
            self._counter(effect)
        elif effect.kind == "day.open":
            self.calls.clear()
        elif effect.kind == "call.empty":
            self._empty(effect)
        elif effect.kind == "ticket.prio" and effect.tid:
            self._reclassed(effect)
        elif effect.tid:
            for one in of_tickets((effect,)):
                self._live(one)

    def _counter(self, effect: Effect) -> None:
        state = {"counter.open": "free", "counter.unpause": "free", "counter.pause": "paused"}
        self.hall.counters[effect.body["counter"]] = state.get(effect.kind, "closed")

    def _reclassed(self, effect: Effect) -> None:
        tid = effect.tid or ""
        self.classes[tid] = effect.body["prio"]
        one = self.hall.leave(tid)
        if one is not None:
            one.prio = effect.body["prio"]
            self.hall.enter(one)

    def _live(self, effect: Effect) -> None:
        tid = effect.tid or ""
        before = self.states.get(tid)
        state, _ = follows(effect, before)
        self.states[tid] = state
        if effect.kind == "ticket.issue":
            self.known[tid] = _issued(effect)
            self.classes[tid] = effect.body.get("prio", "normal")
        if effect.kind in CLAIMS:
            self._claim(effect)
        if effect.kind in ("serve.transfer", "ticket.return"):
            self.before[tid] = self.known[tid]
            self.known[tid] = _again(effect, self.known[tid])
        elif effect.kind == "serve.undo" and effect.body["step"] == "transfer":
            self.known[tid] = self.before.get(tid, self.known[tid])
        elif effect.kind == "ticket.pass" and (one := self.hall.leave(tid)) is not None:
            one.behind = int(effect.body["behind"])
            self.hall.enter(one)
        if effect.kind == "call.release":
            self.calls = [call for call in self.calls if call[0] != f"{tid} {self.known[tid].order}"]
        if before == "waiting" and state != "waiting":
            self.hall.leave(tid)
        elif state == "waiting" and tid not in self.hall.people:
            self.known[tid].prio = self.classes[tid]
            self.hall.enter(self.known[tid])

    def _claim(self, effect: Effect) -> None:
        tid, counter, now = effect.tid or "", effect.body["counter"], _moment(effect.line)
        one = self.hall.people.get(tid)
        if effect.kind == "call.next" and counter in self.serves:
            wrong, lines = self._not_the_first(one, counter, now)
            self.told.append(Told("claim", f"entry {effect.seq}: {wrong}" if wrong else "", (effect.line, *lines)))
        if one is None:
            return
        self.hall.leave(tid)
        for other in [x for x in self.hall.special.values() if x.svc == one.svc and x.behind]:
            self.hall.leave(other.tid)
            other.behind -= 1
            self.hall.enter(other)
        one.behind = 0
        self.calls.append((f"{tid} {one.order}", f"{one.svc} {tid}"))

    def _empty(self, effect: Effect) -> None:
        counter = effect.body["counter"]
        if counter in self.serves:
            waiting = self._eligible(counter, _moment(effect.line))
            wrong = [f"entry {effect.seq}: counter {counter} was told nobody; {one.tid} waited" for one in waiting[:1]]
            self.told.append(Told("empty", "".join(wrong), (effect.line, *(one.line for one in waiting[:1]))))

    def _eligible(self, counter: str, now: tuple[int, int, int]) -> list[Waiting]:
        held = self.rule.get("affinity_min", 10) * MS_PER_MIN
        may = [
            one for one in self.hall.firsts(self.serves[counter])
            if one.wanted in (None, counter)
            or self.hall.counters.get(one.wanted or "") != "free"
            or since_ms(one.entered, now) >= held
        ]  # fmt: skip
        return [one for one in may if one.behind <= 0] or [
            one for one in may if one.behind == min(x.behind for x in may)
        ]

    def _not_the_first(
        self, one: Waiting | None, counter: str, now: tuple[int, int, int]
    ) -> tuple[str, tuple[Line, ...]]:
        may = self._eligible(counter, now)
        if one is None:
            return "a ticket was called that does not wait", ()
        waited = {x.tid: since_ms(x.issued, now) / MS_PER_MIN for x in (*may, one)}
        too_long = [x for x in may if waited[x.tid] > self.rule.get("max_wait_min", 90)]
        normal = [x for x in may if x.prio == "normal"]
        turn = self._priorities_in_a_row(counter) >= self.rule.get("priority_run", 3)
        if too_long:
            worth = waited
            may = too_long
        else:
            worth = {x.tid: _score(x, counter, waited[x.tid]) for x in (*may, one)}
            if turn and any(waited[x.tid] > self.rule.get("normal_wait_min", 30) for x in normal):
                may = normal
        first = max(may, key=lambda x: (worth[x.tid], -x.order), default=None)
        allowed = {x.tid for x in may if worth[x.tid] >= worth[first.tid] - EVEN} if first else set()
        if first is None or one.tid in allowed:
            return "", ()
        return f"{one.tid} was called before {first.tid}", (one.line, first.line)

    def _priorities_in_a_row(self, counter: str) -> int:
        run = 0
        for _, call in reversed(self.calls[-60:]):
            svc, tid = call.split(" ", 1)
            if svc in self.serves[counter]:
                if self.classes.get(tid, "normal") == "normal" or run >= self.rule.get("priority_run", 3):
                    break
                run += 1
        return run


def _score(one: Waiting, counter: str, waited_min: float) -> float:
    head, weight = slope(one.prio)
    return head + weight * waited_min + (15.0 if one.wanted == counter else 0.0)


def _moment(line: Line) -> tuple[int, int, int]:
    return int(line.get("wall", 0)), int(line.get("mono", 0)), int(line.get("boot", 1))


def _issued(effect: Effect) -> Waiting:
    body = effect.body
    at = (body.get("wall", 0), body.get("mono", 0), body.get("boot", 1))
    return Waiting(
        effect.tid or "", effect.place, body["svc"], body.get("prio", "normal"), at, at, effect.line, body.get("wanted")
    )


def _again(effect: Effect, known: Waiting) -> Waiting:
    """The next stage of a ticket: same press, another queue, its own wishes."""
    return Waiting(
        known.tid, known.order, effect.body.get("to_svc") or known.svc, known.prio, known.issued,
        _moment(effect.line), effect.line, effect.body.get("wanted"), int(effect.body.get("behind", 0)),
    )  # fmt: skip


# --- Q12 ---------------------------------------------------------------------------------------


def q12(run: Run, found: Finding) -> None:
    """(E) While a visitor of no special class waits, at most `overtake_max` later ones like them are called first."""
    most = run.config.get("overtake_max")
    if most is None:
        return
    by_service: dict[str, list[Effect]] = defaultdict(list)
    begins: dict[str, int] = {}
    for effect in run.journal:
        issue = run.issued.get(effect.tid or "")
        if issue is None:
            continue
        waits = effect.kind == "ticket.issue" and effect.body.get("paper") != "awaited"
        if waits or (effect.kind == "ticket.paper" and effect.body.get("how") != "failed"):
            begins.setdefault(effect.tid or "", effect.place)
        elif effect.kind == "call.next":
            by_service[issue.body["svc"]].append(effect)
    for calls in by_service.values():
        _overtaken(run, calls, begins, most, found)


def _overtaken(run: Run, calls: list[Effect], begins: Mapping[str, int], most: int, found: Finding) -> None:
    """Those called so far stay sorted by their press: how many of them are later ones is a bisection."""
    called: list[tuple[float, int]] = []
    first: set[str] = set()
    moved = {e.tid for e in run.journal if e.kind in ("ticket.prio", "ticket.pass")}
    for effect in calls:
        tid = effect.tid or ""
        mine = run.issued[tid].body
        special = mine.get("prio", "normal") != "normal" or mine.get("wanted") or tid in moved
        if tid in first or tid not in begins or special:
            continue
        first.add(tid)
        press = mine.get("boot", 1) * 2.0**40 + mine.get("mono", 0)
        later = called[bisect_right(called, (press, effect.place)) :]
        # of the later ones, those called before this one could be called have not passed it over
        times = sum(place > begins[tid] for _, place in later)
        what = f"{tid} was passed over {times} times" if times > most else ""
        found.saw(what, [run.issued[tid].line, effect.line] if what else ())
        insort(called, (press, effect.place))
