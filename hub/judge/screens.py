"""Q13 to Q15: a screen shows what is so, shows it soon, and a call is announced once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf

from hub.judge.life import CLAIMS
from hub.judge.run import Line, Operation, Request, Run
from hub.judge.verdict import Finding

NS_PER_MS = 1_000_000
#: Requests that end the call of their counter.
ENDS = frozenset({"call.release", "serve.start", "serve.end", "serve.hold", "ticket.cancel", "day.close"})
Span = tuple[float, float]


def q13(run: Run, found: Finding) -> None:
    """A shown call exists, was made before it was shown, and is not shown as current after its end."""
    claims = _claims(run)
    ends = _ends(run, surely=True)
    names = {call: _identity(run, made) for call, made in claims.items()}
    places = {str(effect.body.get("call")): effect for effect in run.journal if effect.kind in CLAIMS}
    lag = run.config.get("display_lag_ms", 2_000) * NS_PER_MS
    stale = run.config.get("stale_ms", 10_000) * NS_PER_MS
    for line in run.seen["display.frame"]:
        for entry in line["r"]["cur"]:
            call = str(entry["call"])
            made = claims.get(call)
            wrong, lines = "", [line]
            if made is None or (entry["label"], entry["counter"]) != names[call]:
                wrong = f"{entry['label']} at {entry['counter']} was never called"
            elif line["t"] < made.begin:
                wrong, lines = f"{entry['label']} was shown before it was called", [*made.lines, line]
            elif call in places and line.get("seq") and places[call].seq > line["seq"]:
                wrong = f"{entry['label']} was shown at entry {line['seq']} and called at {places[call].seq}"
                lines = [*made.lines, places[call].line, line]
            elif line["r"].get("fresh") and call in ends and line["t"] > ends[call].end + lag:
                wrong, lines = f"{entry['label']} was shown as called after its end", [*ends[call].lines, line]
            found.saw(wrong, lines)
        _admits_the_cut(run, line, stale, found)


def _identity(run: Run, made: Operation | Request) -> tuple[str, str]:
    counter = str(made.a.get("counter"))
    if made.r:
        label = run.labels.get(made.r["tid"], [made.r.get("label", "")])[-1] if run.has_export else made.r.get("label")
        return str(label), counter
    effect = next((e for e in run.effects.get((made.actor, str(made.key)), []) if e.kind in CLAIMS), None)
    tid = effect.tid or "" if effect else ""
    return (run.labels.get(tid) or [""])[-1], counter


def _claims(run: Run) -> dict[str, Request]:
    """Every call by its id: answered ones, and with the export those whose answer was lost."""
    found: dict[str, Request] = {}
    for request in run.requests.values():
        if request.f in CLAIMS:
            if request.r.get("call") is not None:
                found[str(request.r["call"])] = request
            for effect in run.effects.get((request.actor, request.key), ()):
                if effect.kind in CLAIMS:
                    found[str(effect.body.get("call"))] = request
    return found


def _ends(run: Run, *, surely: bool) -> dict[str, Request]:
    """The first request that ended each call for sure, or that may have."""
    found: dict[str, Request] = {}
    calls: dict[str, list[tuple[float, str]]] = defaultdict(list)
    of_ticket: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for call, request in _claims(run).items():
        calls[str(request.a.get("counter"))].append((request.begin, call))
        of_ticket[str(request.r.get("tid"))].append((request.begin, call))
    for its in (*calls.values(), *of_ticket.values()):
        its.sort()
    ends = [one for one in run.requests.values() if one.f in ENDS and (one.oks if surely else not one.refused)]
    for request in sorted(ends, key=lambda one: one.end if surely else one.begin):
        for call in _ended_by(request, calls, of_ticket, surely=surely):
            found.setdefault(call, request)
    return found


def _ended_by(
    request: Request, calls: Mapping[str, list[tuple[float, str]]], of_ticket: Mapping[str, list[tuple[float, str]]], *,
    surely: bool,
) -> list[str]:  # fmt: skip
    """The call that was open where this request was made: the last one begun before it.

    What somebody else does (the day's end, a cancellation) may also end a call begun while it was under way.
    """
    last = (request.begin if surely or request.f not in ("day.close", "ticket.cancel") else request.end, "")
    if request.f == "day.close":
        rows = list(calls.values())
    elif request.f == "ticket.cancel":
        rows = [of_ticket.get(str(request.a.get("tid")), [])]
    else:
        rows = [calls.get(str(request.a.get("counter")), [])]
    return [call for its in rows for _, call in its[: bisect_left(its, last)][-1:]]


def _admits_the_cut(run: Run, line: Line, stale: float, found: Finding) -> None:
    """Cut off from the hub for longer than `stale_ms`, a screen says that it does not know."""
    name = line["actor"].partition(":")[2]
    for f, target, begin, end in run.windows:
        if f in ("cut", "partition") and target in (name, f"hub-{name}") and begin + stale < line["t"] < end:
            fresh = line["r"].get("fresh")
            found.saw(f"{name} shows a picture as fresh through the cut" if fresh else "", [line])


def q14(run: Run, found: Finding) -> None:
    """Each call is on each connected display in time; pictures never go back."""
    by_display: dict[str, list[Line]] = defaultdict(list)
    for line in run.seen["display.frame"]:
        by_display[line["actor"]].append(line)
    for name, frames in by_display.items():
        for before, after in pairwise(frames):
            falls = (after["epoch"], after["seq"]) < (before["epoch"], before["seq"])
            found.saw(f"{name} went back to entry {after['seq']}" if falls else "", [before, after] if falls else ())
        _soon(run, name, frames, found)


def _soon(run: Run, name: str, frames: Sequence[Line], found: Finding) -> None:
    lag = run.config.get("display_lag_ms", 2_000) * NS_PER_MS
    again = run.config.get("reconnect_ms", 5_000) * NS_PER_MS
    shown: dict[str, float] = {}
    for line in frames:
        for entry in (*line["r"]["cur"], *line["r"].get("listed", ())):
            shown.setdefault(str(entry["call"]), line["t"])
    spans, ends = _connected(run, name, frames), _ends(run, surely=False)
    for call, request in _claims(run).items():
        end = ends[call].begin if call in ends else inf
        if not request.oks or end < request.end + lag:
            continue
        due = _due(spans, request.end, lag, again)
        if due is not None:
            late = shown.get(call, inf) > due
            what = f"{request.r.get('label', call)} was not on {name} within {(due - request.end) / 1e9:.1f} s"
            found.saw(what if late else "", request.lines)


def _connected(run: Run, name: str, frames: Sequence[Line]) -> list[Span]:
    """When the display had its line; without a word about it, from its first frame to its last."""
    spans: list[Span] = []
    up: float | None = None
    for line in (x for x in run.seen["display.link"] if x["actor"] == name):
        if line["r"]["up"]:
            up = line["t"] if up is None else up
        elif up is not None:
            spans.append((up, line["t"]))
            up = None
    if up is not None:
        spans.append((up, max(up, frames[-1]["t"])))
    return spans or [(frames[0]["t"], frames[-1]["t"])]


def _due(spans: Sequence[Span], called: float, lag: float, again: float) -> float | None:
    """When the call must be seen; None where the line broke, or the run ended, before that."""
    at = bisect_right([begin for begin, _ in spans], called) - 1
    if at >= 0 and called <= spans[at][1]:
        due = max(called, spans[at][0] + again) + lag
        return due if due <= spans[at][1] else None
    if at + 1 < len(spans):
        due = spans[at + 1][0] + again + lag
        return due if due <= spans[at + 1][1] else None
    return None


def q15(run: Run, found: Finding) -> None:
    """A call is announced once for each time it is made."""
    heard: dict[tuple[str, str, int], Line] = {}
    for line in run.seen["announce"]:
        name = (line["actor"], str(line["r"]["call"]), line["r"]["rep"])
        again = heard.get(name)
        found.saw(f"call {name[1]} was announced twice" if again else "", [again, line] if again else ())
        heard[name] = line
