"""G0 to G9: whether the log is whole, time and keys are kept, refusals did nothing, and everything came to an end."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import Any

from hub.judge.life import fold
from hub.judge.run import IDENTITY, Effect, Line, Operation, Request, Run
from hub.judge.verdict import Finding

NS_PER_MS = 1_000_000
KINDS = frozenset({"invoke", "ok", "fail", "info", "obs", "phys", "nem", "mark"})
FUNCTIONS = frozenset(
    {
        "ticket.issue", "ticket.paper", "ticket.cancel", "ticket.return", "ticket.pass", "ticket.prio", "ticket.read",
        "ticket.reprint", "call.next", "call.pick", "call.recall", "call.repeat", "call.release", "serve.start",
        "serve.end", "serve.hold", "serve.resume", "serve.undo", "queue.read", "counter.open", "counter.pause",
        "counter.unpause", "counter.close", "day.open", "day.close", "day.mode", "lease.get", "lease.return",
        "till.open", "till.count", "till.close", "cash.collect", "cash.pay", "cash.request", "cash.approve",
        "cash.reverse", "cash.move", "cash.balance", "cash.print", "record.read", "doc.put", "auth.login",
        "auth.logout", "dev.pair", "dev.revoke", "print.take", "print.report", "chain.head", "hq.applied",
    }
)  # fmt: skip
SEEN = frozenset({"display.frame", "display.link", "panel.frame", "announce", "print", "screen", "alert"})
ANSWERS = frozenset({"ok", "fail", "info"})
#: After so long a revoked device must hear no more `ok`, ns.
REVOKED_NS = 2_000 * NS_PER_MS


# --- G0: the log is whole ----------------------------------------------------------------------


def g0(run: Run, found: Finding) -> None:
    """Unique operations; in each process lines 0, 1, 2 … and one operation at a time; only words that there are."""
    processes: dict[str, list[Line]] = defaultdict(list)
    for line in run.lines:
        processes[line["p"]].append(line)
        found.saw(_misspelt(line), [line])
    begun = {one.op for one in run.operations}
    if len(begun) != len(run.operations):
        found.breach("an operation was begun twice")
    for line in run.lines:
        if line["k"] in ANSWERS and line["op"] not in begun:
            found.breach(f"{line['op']} has an answer and was never asked", [line])
    for name, lines in processes.items():
        _in_order(name, sorted(lines, key=lambda line: line["n"]), found)
    expected = run.facts.get("lines")
    if expected is not None and expected != len(run.lines):
        found.breach(f"the driver collected {expected} lines, {len(run.lines)} are here")


def _misspelt(line: Line) -> str:
    if line["k"] not in KINDS:
        return f"{line['k']} is no kind of line"
    if line["k"] == "invoke" and line["f"] not in FUNCTIONS:
        return f"{line['f']} is no function"
    if line["k"] == "obs" and line["f"] not in SEEN:
        return f"{line['f']} is nothing that is seen"
    return ""


def _in_order(name: str, lines: Sequence[Line], found: Finding) -> None:
    if [line["n"] for line in lines] != list(range(len(lines))):
        found.breach(f"the lines of {name} are not numbered 0 to {len(lines) - 1}", lines[:1])
    opened = ""
    for line in lines:
        if line["k"] == "invoke":
            if opened:
                found.breach(f"{name} began {line['op']} while {opened} was open", [line])
            opened = line["op"]
        elif line["k"] in ANSWERS:
            if line["op"] != opened:
                found.breach(f"{name} heard of {line['op']}, which was not open", [line])
            opened = ""
    for before, after in pairwise(lines):
        if after["t"] < before["t"]:
            found.breach(f"time ran back in {name}", [before, after])


# --- time and keys -----------------------------------------------------------------------------


def g1(run: Run, found: Finding) -> None:
    """What ended before something else began stands before it in the journal."""
    latest, whose = -inf, None
    for effect in run.journal:
        request = run.requests.get((effect.actor, effect.key or ""))
        if request is None:
            continue
        begin, end = request.begin, request.end
        wrong = end < latest
        lines = [*(request.lines if wrong else ()), *(whose.lines if wrong and whose else ()), effect.line]
        found.saw(f"entry {effect.seq} ({effect.kind}) ended before an earlier entry began" if wrong else "", lines)
        if begin > latest:
            latest, whose = begin, request


def g2(run: Run, found: Finding) -> None:
    """One key has one answer; for something else it is refused."""
    for request in run.requests.values():
        oks = request.oks
        if not oks:
            continue
        answers = {tuple(str(one.r.get(name)) for name in IDENTITY) for one in oks}
        others = {one.content for one in oks} - {oks[0].content}
        who = f"{request.actor} {request.key}"
        if len(answers) > 1:
            found.saw(f"{who} was answered in {len(answers)} ways", [x for one in oks for x in one.lines])
        else:
            taken = f"{who} was taken again for something else" if others else ""
            found.saw(taken, [x for one in oks for x in one.lines] if others else ())


def g3(run: Run, found: Finding) -> None:
    """Who reads finds what they wrote, and never less than they read before."""
    reads: dict[str, list[Operation]] = defaultdict(list)
    for one in run.reads:
        if one.how == "ok" and "seq" in one.r:
            reads[one.actor].append(one)
    wrote = _written(run) if reads else {}
    for actor, its in reads.items():
        its.sort(key=lambda one: one.begin)
        for before, after in pairwise(its):
            falls = _position(after.r) < _position(before.r) and before.end < after.begin
            found.saw(f"{actor} read entry {after.r['seq']} after {before.r['seq']}" if falls else "", after.lines)
        _own_writes(actor, its, wrote.get(actor, []), found)


def _position(r: Line) -> tuple[int, int]:
    return int(r.get("epoch", 1)), int(r["seq"])


def _written(run: Run) -> dict[str, list[tuple[float, int, Request]]]:
    """(end, journal number, request) of each answered write, by who wrote; by end."""
    found: dict[str, list[tuple[float, int, Request]]] = defaultdict(list)
    for (actor, key), effects in run.effects.items():
        request = run.requests.get((actor, key))
        if request is not None and request.end < inf:
            found[actor].append((request.end, effects[0].seq, request))
    for its in found.values():
        its.sort(key=lambda one: one[0])
    return found


def _own_writes(
    actor: str, reads: Sequence[Operation], writes: Sequence[tuple[float, int, Request]], found: Finding
) -> None:
    at, highest, whose = 0, 0, None
    for read in reads:
        while at < len(writes) and writes[at][0] < read.begin:
            if writes[at][1] > highest:
                highest, whose = writes[at][1], writes[at][2]
            at += 1
        missing = read.r["seq"] < highest
        lines = [*read.lines, *(whose.lines if whose else ())] if missing else ()
        found.saw(f"{actor} read entry {read.r['seq']} after writing entry {highest}" if missing else "", lines)


# --- G4: the state is what the journal gives ---------------------------------------------------


def g4(run: Run, found: Finding) -> None:
    """Replaying the journal gives each ticket's label, service and state; later exports say the same."""
    folded = fold(run.journal)
    for tid, lines in run.tickets.items():
        given = folded.get(tid)
        told = {name: lines[0].get(name) for name in ("label", "day", "state")}
        wrong = given is None or {name: given[name] for name in told} != told
        found.saw(f"{tid} is {told} in the state; the journal gives {given}" if wrong else "", lines if wrong else ())
    for tid in folded.keys() - run.tickets.keys() if run.tickets else ():
        found.saw(f"{tid} is in the journal and not in the state")
    first = canonical(run.final, run.config)
    for name, lines in run.facts.get("exports", {}).items():
        found.saw("" if canonical(lines, run.config) == first else f"the export {name} is not the first one again")


def canonical(lines: Iterable[Line], config: Mapping[str, Any]) -> str:
    """SHA-256 of what an export says, without what a start adds: its entries, the numbers they took, signed heads."""
    neutral = set(config.get("neutral_kinds", ("hub.start",)))
    kept = [
        json.dumps({k: v for k, v in line.items() if k not in ("seq", "prev", "hash", "said")}, sort_keys=True)
        if line["type"] == "event"
        else json.dumps(line, sort_keys=True)
        for line in lines
        if line["type"] != "head" and line["side"] != "hq" and not (line["type"] == "event" and line["kind"] in neutral)
    ]
    return hashlib.sha256("\n".join(sorted(kept)).encode()).hexdigest()


# --- refusals, rights, ends --------------------------------------------------------------------


def g5(run: Run, found: Finding) -> None:
    """What was refused has no effect."""
    for request in run.requests.values():
        if request.refused:
            effects = run.effects.get((request.actor, request.key), [])
            what = f"{request.actor} {request.key} was refused and did {effects[0].kind}" if effects else ""
            found.saw(what, [*request.lines, *(effect.line for effect in effects)])


def g6(run: Run, found: Finding) -> None:
    """Nobody acts without being paired, nor after being revoked."""
    revoked = {
        f"dev:{one.a['dev']}": one.end for one in run.operations if one.f == "dev.revoke" and one.how == "ok"
    } | {one.actor: one.end for one in run.operations if one.f == "auth.logout" and one.how == "ok"}
    for one in run.operations if revoked else ():
        late = one.how == "ok" and one.begin > revoked.get(one.actor, inf) + REVOKED_NS
        if one.actor in revoked and one.f not in ("auth.login", "auth.logout"):
            found.saw(f"{one.actor} did {one.f} after being revoked" if late else "", one.lines)
    _paired(run.journal, found)


def _paired(journal: Sequence[Effect], found: Finding) -> None:
    """(E) Each device acts between its pairing and the end of it; only where the export tells of pairings."""
    paired: set[str] = set()
    told = {effect.body["dev"] for effect in journal if effect.kind == "dev.pair"}
    for effect in journal:
        if effect.kind == "dev.pair":
            paired.add(f"dev:{effect.body['dev']}")
        elif effect.kind == "dev.revoke":
            paired.discard(f"dev:{effect.body['dev']}")
        elif effect.key is not None and told and effect.actor.startswith("dev:"):
            known = effect.actor in paired
            found.saw("" if known else f"{effect.actor} did {effect.kind} and is not paired", [effect.line])


def g8(run: Run, found: Finding) -> None:
    """After the faults everything ends: operations in time, nothing unsent, no kiosk's ticket unmerged."""
    healed = run.marks.get("healed")
    limit = run.config.get("drain_s", 30) * 1000 * NS_PER_MS
    for one in run.operations:
        if healed is not None and one.begin > healed:
            ended = one.told["t"] if one.told else inf
            found.saw(f"{one.op} did not end within {limit // 10**9} s" if ended - one.begin > limit else "", one.lines)
    for line in run.final:
        if line["type"] == "outbox":
            found.saw(f"message {line['seq']} was never sent" if line["state"] == "to_send" else "", [line])
        elif line["type"] == "ticket" and line["side"] == "kiosk":
            found.saw("" if line.get("merged", True) else f"{line['label']} was never merged", [line])


def g9(run: Run, found: Finding) -> None:
    """Epochs rise, and no id names two things."""
    for before, after in pairwise(run.journal):
        falls = after.epoch < before.epoch
        if falls or after.seq != before.seq + 1:
            what = "its epoch fell" if falls else f"entry {before.seq + 1} is missing before it"
            found.saw(f"entry {after.seq}: {what}", [before.line, after.line])
        else:
            found.saw()
    _one_request_a_ticket(run, found)


def _one_request_a_ticket(run: Run, found: Finding) -> None:
    """An id given out once is never given for another request: not after a restore either."""
    owner: dict[str, Request] = {}
    for request in run.asked_tickets:
        for one in request.oks:
            first = owner.setdefault(one.r["tid"], request)
            again = first is not request
            found.saw(f"{one.r['tid']} was given to two requests" if again else "", [*first.lines, *request.lines])
