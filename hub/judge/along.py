"""The rule of B.12 worked out again at each call of the exported journal, by what was published until then.

Its order is that of real time once G1 has shown it. Near linear: of each service and class the first is at hand.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.judge.life import CLAIMS, follows, of_tickets
from hub.judge.plan import ACCESS, Plan, Post, slope
from hub.judge.run import Effect, Line, Run, cached

MS_PER_MIN = 60_000
#: Scores are told in minutes: a hundredth of a second is no difference.
EVEN = 1 / 6_000


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
    language: str = ""
    due: tuple[int, int, int] | None = None
    head_min: float = 0.0

    def waited_min(self, now: tuple[int, int, int]) -> float:
        """Since the press; since its time, of whoever came for an appointment."""
        return since_ms(self.due or self.issued, now) / MS_PER_MIN

    @property
    def normal(self) -> bool:
        """Of no special class, and without the head start of an appointment."""
        return self.prio == "normal" and not self.head_min


class Hall:
    """Who waits, kept so that the first of each service and class is at hand; those with a special place apart."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.agents: dict[str, str | None] = {}
        self.own: dict[str, int] = defaultdict(int)
        self.plain: dict[tuple[str, str], list[tuple[float, int, str]]] = defaultdict(list)
        self.special: dict[str, Waiting] = {}
        self.people: dict[str, Waiting] = {}
        self.counters: dict[str, str] = {}

    def enter(self, one: Waiting) -> None:
        self.people[one.tid] = one
        if (
            one.due
            or one.wanted
            or one.behind
            or one.svc in self.plan.needing
            or self.plan.may_wish(one.prio, one.language)
        ):
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

    def again(self) -> None:
        """Everybody finds their place anew: who has a special one may be another now."""
        for one in [self.leave(tid) for tid in list(self.people)]:
            if one is not None:
                self.enter(one)

    def post(self, counter: str) -> Post:
        """A counter with whoever sits there now."""
        return self.plan.post(counter, self.agents.get(counter))

    def suiting(self, one: Waiting) -> set[str]:
        """The open counters that suit a visitor best; empty where all do alike."""
        serving = {c: self.post(c) for c, state in self.counters.items() if state == "free"}
        serving = {code: post for code, post in serving.items() if one.svc in post.svcs}
        best = serving
        if one.prio in ACCESS:
            best = {code: post for code, post in best.items() if post.accessible} or best
        best = {code: post for code, post in best.items() if post.speaks(one.language)} or best
        return set() if len(best) == len(serving) else set(best)

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
    return _Replay(run).told


class _Replay:
    def __init__(self, run: Run) -> None:
        self.plan = Plan(run.config)
        self.rule = self.plan.rule
        self.hall = Hall(self.plan)
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
        elif effect.kind == "routing.publish":
            self.plan.publish(effect.body.get("set", {}))
            self.hall.again()
        elif effect.kind == "call.empty":
            self._empty(effect)
        elif effect.kind == "ticket.prio" and effect.tid:
            self._reclassed(effect)
        elif effect.tid:
            for one in of_tickets((effect,)):
                self._live(one)

    def _counter(self, effect: Effect) -> None:
        state = {"counter.open": "free", "counter.unpause": "free", "counter.pause": "paused"}
        counter = effect.body["counter"]
        self.hall.counters[counter] = state.get(effect.kind, "closed")
        if effect.kind == "counter.open":
            self.hall.agents[counter], self.hall.own[counter] = effect.body.get("agent"), 0
        elif effect.kind == "counter.close":
            self.hall.agents[counter] = None

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
        if effect.kind == "call.next" and counter in self.plan.svcs:
            wrong, lines = self._not_the_first(one, counter, now)
            self.told.append(Told("claim", f"entry {effect.seq}: {wrong}" if wrong else "", (effect.line, *lines)))
        if one is None:
            return
        helped = effect.kind == "call.next" and one.svc not in self.hall.post(counter).svcs
        self.hall.own[counter] = 0 if helped else self.hall.own[counter] + 1
        self.hall.leave(tid)
        for other in [x for x in self.hall.special.values() if x.svc == one.svc and x.behind]:
            self.hall.leave(other.tid)
            other.behind -= 1
            self.hall.enter(other)
        one.behind = 0
        self.calls.append((f"{tid} {one.order}", f"{one.svc} {tid}"))

    def _empty(self, effect: Effect) -> None:
        counter = effect.body["counter"]
        if counter in self.plan.svcs:
            now = _moment(effect.line)
            own = self._eligible(counter, self.hall.post(counter).svcs, now)
            waiting = own or self._helped(counter, now, idle=True)
            wrong = [f"entry {effect.seq}: counter {counter} was told nobody; {one.tid} waited" for one in waiting[:1]]
            self.told.append(Told("empty", "".join(wrong), (effect.line, *(one.line for one in waiting[:1]))))

    def _eligible(self, counter: str, svcs: Iterable[str], now: tuple[int, int, int]) -> list[Waiting]:
        """Who of these services may be called there, the nearest of those who let others pass first."""
        may = [one for one in self.hall.firsts(svcs) if self._may(one, counter, now)]
        return [one for one in may if one.behind <= 0] or [
            one for one in may if one.behind == min(x.behind for x in may)
        ]

    def _may(self, one: Waiting, counter: str, now: tuple[int, int, int]) -> bool:
        if one.svc in self.plan.needing and not self.hall.post(counter).speaks(one.language):
            return False
        if one.due is not None and since_ms(now, one.due) > self.rule.get("early_min", 5) * MS_PER_MIN:
            return False
        wanted = self._wanted(one)
        here_ms = since_ms(one.entered, now)
        here_ms = min(here_ms, since_ms(one.due, now)) if one.due is not None else here_ms
        if wanted == counter or here_ms >= self.rule.get("affinity_min", 10) * MS_PER_MIN:
            return True
        if wanted is not None and self.hall.counters.get(wanted) == "free":
            return False
        suiting = self.hall.suiting(one) if one.tid in self.hall.special else set()
        return not suiting or counter in suiting

    def _helped(self, counter: str, now: tuple[int, int, int], *, idle: bool) -> list[Waiting]:
        """Who of a queue that this counter helps may be called now: where somebody has waited longest."""
        found: list[Waiting] = []
        longest = 0.0
        for svc, over_min, after in self.hall.post(counter).helps:
            if self.hall.own[counter] >= after or idle:
                line = self._eligible(counter, (svc,), now)
                oldest = max((one.waited_min(now) for one in line), default=0.0)
                if oldest > max(over_min, longest):
                    found, longest = line, oldest
        return found

    def _not_the_first(
        self, one: Waiting | None, counter: str, now: tuple[int, int, int]
    ) -> tuple[str, tuple[Line, ...]]:
        post = self.hall.post(counter)
        own = self._eligible(counter, post.svcs, now)
        helped = self._helped(counter, now, idle=not own)
        may = own + helped
        if one is None:
            return "a ticket was called that does not wait", ()
        waited = {x.tid: x.waited_min(now) for x in (*may, one)}
        longest = self.rule.get("max_wait_min", 90)
        worth = {x.tid: self._score(x, counter, waited[x.tid]) + post.weights.get(x.svc, 0.0) for x in (*may, one)}
        if helped and not any(waited[x.tid] > longest for x in own):
            may = helped
        elif any(waited[x.tid] > longest for x in may):
            worth = waited
            may = [x for x in may if waited[x.tid] > longest]
        else:
            normal = [x for x in may if x.normal]
            turn = self._priorities_in_a_row(counter) >= self.rule.get("priority_run", 3)
            if turn and any(waited[x.tid] > self.rule.get("normal_wait_min", 30) for x in normal):
                may = normal
        first = max(may, key=lambda x: (worth[x.tid], -x.order), default=None)
        if first is None:
            if one.svc not in post.svcs:
                return f"{one.tid} was called at {counter}, which does not call {one.svc} now", (one.line,)
            return "", ()
        if one.tid in {x.tid for x in may if worth[x.tid] >= worth[first.tid] - EVEN}:
            return "", ()
        return f"{one.tid} was called before {first.tid}", (one.line, first.line)

    def _wanted(self, one: Waiting) -> str | None:
        """Where a visitor is wanted, as long as that counter serves them."""
        return one.wanted if one.svc in self.plan.svcs.get(one.wanted or "", ()) else None

    def _score(self, one: Waiting, counter: str, waited_min: float) -> float:
        head, weight = slope(one.prio)
        return head + one.head_min + weight * waited_min + (15.0 if self._wanted(one) == counter else 0.0)

    def _priorities_in_a_row(self, counter: str) -> int:
        run, svcs = 0, self.hall.post(counter).svcs
        for _, call in reversed(self.calls[-60:]):
            svc, tid = call.split(" ", 1)
            if svc in svcs:
                plain = self.classes.get(tid, "normal") == "normal" and not self.known[tid].head_min
                if plain or run >= self.rule.get("priority_run", 3):
                    break
                run += 1
        return run


def _moment(line: Line) -> tuple[int, int, int]:
    return int(line.get("wall", 0)), int(line.get("mono", 0)), int(line.get("boot", 1))


def _issued(effect: Effect) -> Waiting:
    body = effect.body
    at = (body.get("wall", 0), body.get("mono", 0), body.get("boot", 1))
    return Waiting(
        effect.tid or "", effect.place, body["svc"], body.get("prio", "normal"), at, at, effect.line,
        body.get("wanted"), language=str(body.get("lang") or ""), **_due(body),
    )  # fmt: skip


def _due(body: Mapping[str, Any]) -> dict[str, Any]:
    """The time of the appointment that somebody came for, and what it is worth."""
    due = body.get("due")
    if not due:
        return {}
    return {"due": (due["wall"], due["mono"], due["boot"]), "head_min": float(due.get("head_min", 0))}


def _again(effect: Effect, known: Waiting) -> Waiting:
    """The next stage of a ticket: same press, another queue, its own wishes."""
    return Waiting(
        known.tid, known.order, effect.body.get("to_svc") or known.svc, known.prio, known.issued,
        _moment(effect.line), effect.line, effect.body.get("wanted"), int(effect.body.get("behind", 0)),
        known.language, known.due, known.head_min,
    )  # fmt: skip
