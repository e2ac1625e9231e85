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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from hub.judge.along import replayed
from hub.judge.life import CLAIMS
from hub.judge.plan import Plan, slope
from hub.judge.run import Effect, Line, Request, Run, cached
from hub.judge.verdict import Finding

NS_PER_MIN = 60e9
#: How far a kiosk's press may lie before its request, ns: it keeps the press before it asks.
PRESS_SLACK_NS = 1e9
#: What may close or claim a ticket, of the requests that name one.
TAKES = frozenset({"call.pick", "ticket.cancel"})


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
    if effect is not None and effect.body.get("wanted"):
        return None  # what they brought has a counter of its own
    spoken = request.a.get("lang") or (effect.body.get("lang") if effect is not None else None)
    if run_may_wish(run, class_of(run, request), spoken, svc=str(request.r.get("svc") or request.a.get("svc"))):
        return None  # kept for a while for the counters that suit better: the journal says for which
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


@cached
def run_plan(run: Run) -> Plan:
    """Who calls whom, as the run began."""
    return Plan(run.config)


@cached
def run_plans(run: Run) -> list[Plan]:
    """The same, and as it was after each publication."""
    found, said = [run_plan(run)], dict(run.config.get("routing", {}))
    for effect in run.journal:
        if effect.kind == "routing.publish":
            said |= effect.body.get("set", {})
            plan = Plan(run.config)
            plan.publish(said)
            found.append(plan)
    return found


def run_may_wish(run: Run, prio: str, language: str | None, svc: str) -> bool:
    """Whether a visitor may at any time have been kept for some of the counters."""
    return any(plan.may_wish(prio, language) or svc in plan.needing for plan in run_plans(run))


@cached
def run_steady(run: Run) -> bool:
    """Whether nobody published anything else, and no agent or rule makes two counters of one."""
    plan, first = run_plan(run), run_plan(run).said
    published = [e.body.get("set", {}) for e in run.journal if e.kind == "routing.publish"]
    if not run.has_export:
        return True  # nobody can know
    return plan.plain and all(first.get(name) == value for said in published for name, value in said.items())


@cached
def run_always(run: Run) -> dict[str, tuple[str, ...]]:
    """The services that each counter calls by every version, whoever sits there."""
    plans = run_plans(run)
    if any(plan.by_agent for plan in plans):
        return {}
    counters = {code for plan in plans for code in plan.svcs}
    shared = {code: set.intersection(*(set(plan.svcs.get(code, ())) for plan in plans)) for code in counters}
    return {code: tuple(sorted(svcs)) for code, svcs in shared.items()}


@cached
def run_transferred(run: Run) -> set[str]:
    """Tickets that have been in more than one queue."""
    return {e.tid or "" for e in run.journal if e.kind == "serve.transfer"}


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
    """Tickets whose class was changed by hand, and those of appointments: their place is not only a matter of time."""
    by_hand = {str(request.a.get("tid")) for request in run.requests.values() if request.f == "ticket.prio"}
    return by_hand | {tid for tid, effect in run.issued.items() if effect.body.get("due")}


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
            if not run_steady(run):  # what else it calls is a matter of the moment: asked along the journal
                services = run_always(run).get(request.a.get("counter", ""), ())
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
    if tid in run.issued and run.issued[tid].body.get("wanted"):
        return
    since = press.begin - (PRESS_SLACK_NS if press.actor in run_kiosks(run) else 0)
    normal_wait = run.config.get("normal_wait_min", 30) * NS_PER_MIN
    if one.end - since > normal_wait:
        return  # rules 1 and 2 may have a word: they are asked along the journal
    prio = class_of(run, press)
    head, weight = slope(prio)
    best = head + weight * (one.end - since) / NS_PER_MIN
    if not run_steady(run):  # only within one service nothing that is published changes the order
        services = [] if tid in run_transferred(run) else [str(press.r.get("svc") or press.a.get("svc"))]
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
        special = mine.get("prio", "normal") != "normal" or mine.get("wanted") or mine.get("due") or tid in moved
        special = special or run_may_wish(run, "normal", str(mine.get("lang") or ""), mine["svc"])
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
