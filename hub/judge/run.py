"""A recorded run as the rules look at it: operations, requests, what was seen, the journal, the state in the end.

Times are nanoseconds of the recorders' monotonic clock. An operation's interval is [begin, end]; without an answer
its end is infinite: it may take effect at any time after it was sent. The clock error `dt` of a recorder on another
machine widens both ends, so `a.end < b.begin` is true only where nobody could dispute it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any

Line = dict[str, Any]
Key = tuple[str, str]

#: What of an operation's arguments may differ between repeats of one request.
VOLATILE = frozenset({"press"})
#: What a hub sends to screens and panels.
PICTURES = ("display.frame", "panel.frame")
#: What of an answer says which effect it tells of.
IDENTITY = ("tid", "label", "call", "empty", "eid", "rno")


@dataclass(slots=True)
class Operation:
    """One request as it was sent, and what came of it: `ok`, `fail` or, in doubt, `info`."""

    op: str
    f: str
    actor: str
    key: str | None
    a: Line
    begin: float
    asked: Line
    end: float = inf
    how: str = "info"
    r: Line = field(default_factory=dict)
    code: str = ""
    told: Line | None = None

    @property
    def lines(self) -> list[Line]:
        """What proves it."""
        return [self.asked, self.told] if self.told else [self.asked]

    @property
    def content(self) -> tuple[str, str]:
        """What was asked, apart from what may differ between repeats."""
        return self.f, str(sorted((name, value) for name, value in self.a.items() if name not in VOLATILE))


@dataclass(slots=True)
class Request:
    """Everything sent under one key of one actor."""

    actor: str
    key: str
    operations: list[Operation] = field(default_factory=list)

    begin: float = inf
    end: float = inf
    oks: list[Operation] = field(default_factory=list)
    #: The first answer; empty without one.
    r: Line = field(default_factory=dict)

    def settle(self) -> None:
        """All operations are here: from the first sending to the first answer is the request's interval."""
        self.begin = min(one.begin for one in self.operations)
        self.oks = [one for one in self.operations if one.how == "ok"]
        self.end = min((one.end for one in self.oks), default=inf)
        self.r = self.oks[0].r if self.oks else {}

    @property
    def f(self) -> str:
        return self.operations[0].f

    @property
    def a(self) -> Line:
        return self.operations[0].a

    @property
    def refused(self) -> bool:
        """Whether each of its operations was refused."""
        return all(one.how == "fail" for one in self.operations)

    @property
    def lines(self) -> list[Line]:
        return [line for one in self.operations for line in one.lines]


@dataclass(frozen=True, slots=True)
class Effect:
    """One entry of the exported journal, at its place in the order."""

    place: int
    seq: int
    epoch: int
    kind: str
    actor: str
    key: str | None
    tid: str | None
    body: Line
    line: Line


class Run:
    """A history and, where there is one, the export that goes with it."""

    def __init__(
        self, history: Sequence[Line], final: Sequence[Line] = (), facts: Mapping[str, Any] | None = None
    ) -> None:
        self.facts: Mapping[str, Any] = facts or {}
        self.config: Mapping[str, Any] = self.facts.get("config", {})
        self.lines = sorted(history, key=lambda line: (line["t"], line["p"], line["n"]))
        self.final = final
        self.operations: list[Operation] = []
        self.reads: list[Operation] = []
        self.requests: dict[Key, Request] = {}
        self.seen: dict[str, list[Line]] = defaultdict(list)
        self.phys: list[Line] = []
        self.faults: list[Line] = []
        self.marks: dict[str, float] = {}
        #: What rules have sorted out once, for those that look at the same.
        self.sorted_out: dict[str, Any] = {}
        self._read()
        self._rewrite_cut()
        self._gather()

    def _read(self) -> None:
        opened: dict[str, Operation] = {}
        for line in self.lines:
            kind = line["k"]
            if kind == "invoke":
                begin = line["t"] - line.get("dt", 0)
                one = Operation(line["op"], line["f"], line["actor"], line.get("key"), line["a"], begin, line)
                self.operations.append(one)
                opened[line["op"]] = one
            elif kind in ("ok", "fail", "info"):
                _answer(opened.pop(line["op"], None), line)
            elif kind == "obs":
                self.seen[line["f"]].append(line)
            elif kind == "phys":
                self.phys.append(line)
            elif kind == "nem":
                self.faults.append(line)
            elif kind == "mark":
                self.marks[line["f"]] = line["t"]

    def _rewrite_cut(self) -> None:
        """An answer read after the power of that machine was cut was never given, nor did its hub show a picture."""
        cuts = [(begin, end, target) for f, target, begin, end in self.windows if f == "cut"]
        for one in self.operations if cuts else ():
            for begin, end, target in cuts:
                if one.how == "ok" and begin <= one.end < end and target in ("hub", one.actor.partition(":")[2]):
                    one.how, one.r, one.end = "info", {}, inf
        dark = [(begin, end) for begin, end, target in cuts if target == "hub"]
        for f in PICTURES if dark else ():
            self.seen[f] = [x for x in self.seen[f] if not any(begin <= x["t"] < end for begin, end in dark)]

    def _gather(self) -> None:
        for one in self.operations:
            if one.key is None:
                self.reads.append(one)
                continue
            request = self.requests.get((one.actor, one.key))
            if request is None:
                request = self.requests[one.actor, one.key] = Request(one.actor, one.key)
            request.operations.append(one)
        for request in self.requests.values():
            request.settle()

    # --- what follows from the lines

    @cached_property
    def windows(self) -> list[tuple[str, str, float, float]]:
        """(fault, target, begin, end) of everything that was broken on purpose; a kill is over in its moment."""
        found: list[tuple[str, str, float, float]] = []
        opened: dict[tuple[str, str], float] = {}
        for line in self.faults:
            name = (line["f"], line["target"])
            if line.get("phase") == "end":
                found.append((*name, opened.pop(name, 0), line["t"]))
            elif line["f"] == "kill":
                found.append((*name, line["t"], line["t"]))
            else:
                opened[name] = line["t"]
        return found + [(*name, begin, inf) for name, begin in opened.items()]

    @cached_property
    def prints(self) -> list[Line]:
        """What came out of the printers; what a device says of its own paper counts where nobody else looked."""
        looked = {line["actor"] for line in self.seen["print"] if not line["r"].get("by")}
        return [line for line in self.seen["print"] if not line["r"].get("by") or line["actor"] not in looked]

    @cached_property
    def has_export(self) -> bool:
        return any(line["type"] == "event" for line in self.final)

    @cached_property
    def journal(self) -> list[Effect]:
        """The exported events in their order, without those from before the recorders ran."""
        lines = sorted((x for x in self.final if x["type"] == "event" and x["side"] == "hub"), key=lambda x: x["seq"])
        return [
            Effect(
                place, line["seq"], line.get("epoch", 1), line["kind"], line.get("actor", ""), line.get("key"),
                line.get("tid"), line.get("body", {}), line,
            )
            for place, line in enumerate(lines)
        ]  # fmt: skip

    @cached_property
    def witnessed(self) -> list[Effect]:
        """Entries made while the recorders ran: `from_seq` of run.json is the first of them."""
        first = self.facts.get("from_seq", 0)
        return [effect for effect in self.journal if effect.seq >= first]

    @cached_property
    def effects(self) -> dict[Key, list[Effect]]:
        """The journal's entries by the request that caused them."""
        found: dict[Key, list[Effect]] = defaultdict(list)
        for effect in self.journal:
            if effect.key is not None:
                found[effect.actor, effect.key].append(effect)
        return found

    @cached_property
    def issued(self) -> dict[str, Effect]:
        """The entry that made each ticket."""
        return {e.tid: e for e in self.journal if e.kind == "ticket.issue" and e.tid}

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """Every label each ticket has had, the last one last."""
        found: dict[str, list[str]] = defaultdict(list)
        for effect in self.journal:
            if effect.kind in ("ticket.issue", "ticket.relabel") and effect.tid:
                found[effect.tid].append(effect.body["label"])
        return found

    @cached_property
    def tickets(self) -> dict[str, list[Line]]:
        """State lines of each ticket in the end: exactly one is right."""
        found: dict[str, list[Line]] = defaultdict(list)
        for line in self.final:
            if line["type"] == "ticket" and line["side"] == "hub":
                found[line["tid"]].append(line)
        return found

    @cached_property
    def asked_tickets(self) -> list[Request]:
        """Every request for a ticket."""
        return [one for one in self.requests.values() if one.f == "ticket.issue"]

    @cached_property
    def press_of_tid(self) -> dict[str, Request]:
        """The request that each ticket came from, as far as an answer or the journal tells."""
        found = {one.r["tid"]: one for one in self.asked_tickets if one.r}
        for tid, effect in self.issued.items():
            request = self.requests.get((effect.actor, effect.key or ""))
            if request is not None:
                found.setdefault(tid, request)
        return found

    @cached_property
    def _mornings(self) -> list[float]:
        """When each business day began at the earliest, as far as the clients know."""
        return sorted(one.begin for one in self.requests.values() if one.f == "day.open" and not one.refused)

    def day_at(self, t: float) -> int:
        """Which of the run's days a moment belongs to, counted from 0: labels come again each day."""
        return bisect_right(self._mornings, t)

    def services_of(self, request: Operation | Request) -> tuple[str, ...]:
        """What the counter that asks serves; empty when nobody said."""
        given = request.a.get("svcs")
        if given is None:
            given = self.config.get("counters", {}).get(request.a.get("counter"), {}).get("svcs", ())
        return tuple(given)

    def faults_at(self, lines: Iterable[Line]) -> list[Line]:
        """What was broken while these lines were written."""
        times = [line["t"] for line in lines if "t" in line]
        if not times:
            return []
        first, last = min(times), max(times)
        return [
            {"f": f, "target": target, "begin": begin, "end": None if end == inf else end}
            for f, target, begin, end in self.windows
            if begin <= last and end >= first
        ]


def cached(look: Callable[[Run], Any]) -> Callable[[Run], Any]:
    """Work something out once for a run."""
    name = f"_{look.__name__}"

    def once(run: Run) -> Any:
        if name not in run.__dict__:
            run.__dict__[name] = look(run)
        return run.__dict__[name]

    return once


def _answer(one: Operation | None, line: Line) -> None:
    if one is None:
        return
    one.told = line
    one.how = line["k"]
    if one.how == "info":
        return
    one.end = line["t"] + line.get("dt", 0)
    one.r = line.get("r", {})
    one.code = line.get("code", "")
