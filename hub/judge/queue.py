"""Q1 to Q9, Q19, Q20: no ticket lost, invented, doubled or renamed; one holder; its life, the day, the waits."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import inf

from hub.judge.life import CLAIMS, ENDS_CALL, RELEASES, STATES, follows, of_tickets
from hub.judge.run import Effect, Line, Request, Run
from hub.judge.verdict import Finding

#: `D001` is number 1 of D, `K1-007` number 7 of K1-, `12` number 12 of the common series.
LABEL = re.compile(r"(.*?)(\d+)$")
#: How far a reported duration may be from the measured one, ms.
MEASURED_MS = 1_000


def number_of(label: str) -> tuple[str, int]:
    """Series and number of a label."""
    found = LABEL.match(label)
    return (found[1], int(found[2])) if found else (label, 0)


def own_series(series: str) -> bool:
    """Whether a kiosk counts this series by itself."""
    return series.endswith("-")


# --- lost, invented, doubled -------------------------------------------------------------------


def q1(run: Run, found: Finding) -> None:
    """Each acknowledged ticket is in the journal, and in the end in exactly one state that there is."""
    for request in run.asked_tickets:
        for one in request.oks[:1]:
            found.saw(_lost(run, one.r), one.lines)
    given = {(_day_of(effect), *number_of(effect.body["label"])) for effect in run.issued.values()}
    for number, effect in _entered(run).items():
        what = f"{number[1]}{number[2]:03d} entered with its group and has no ticket"
        found.saw("" if number in given else what, [effect.line])


def _entered(run: Run) -> dict[tuple[str, str, int], Effect]:
    """Every number (day, series, number) of a pay-day's bands that was let in, and the group it came with."""
    found: dict[tuple[str, str, int], Effect] = {}
    today = ""
    for effect in run.journal:
        if effect.kind == "day.open":
            today = _day_of(effect)
        elif effect.kind == "group.enter":
            for number in range(effect.body["first"], effect.body["last"] + 1):
                found.setdefault((today, effect.body["series"], number), effect)
    return found


def _day_of(effect: Effect) -> str:
    return str(effect.body.get("day", ""))


def _lost(run: Run, r: Line) -> str:
    effect = run.issued.get(r["tid"])
    if effect is None:
        return f"{r['label']} was acknowledged and is not in the journal"
    if r["label"] not in run.labels[r["tid"]]:
        return f"{r['label']} was acknowledged; the journal has {run.labels[r['tid']][-1]}"
    if r.get("svc") not in (None, effect.body["svc"]):
        return f"{r['label']} was acknowledged for {r['svc']}; the journal has {effect.body['svc']}"
    states = run.tickets.get(r["tid"], [])
    if run.tickets and (len(states) != 1 or states[0]["state"] not in STATES):
        return f"{r['label']} has {len(states)} states in the end: {[line['state'] for line in states]}"
    return ""


def q2(run: Run, found: Finding) -> None:
    """Each ticket was asked for."""
    entered = _entered(run)
    for effect in run.witnessed:
        if effect.kind == "ticket.issue" and effect.body.get("band"):
            group = entered.get((_day_of(effect), *number_of(effect.body["label"])))
            what = "" if group and group.place < effect.place else f"{effect.body['label']} came in with no group"
            found.saw(what, [effect.line, *([group.line] if group else ())])
        elif effect.kind == "ticket.issue":
            request = run.requests.get((effect.actor, effect.key or ""))
            known = request is not None and request.f == "ticket.issue" and not request.refused
            what = f"{effect.body['label']} was never asked for by {effect.actor} {effect.key}"
            found.saw("" if known else what, [effect.line, *(request.lines if request else ())])


def q3(run: Run, found: Finding) -> None:
    """One ticket a key, one key a press."""
    for (actor, key), effects in run.effects.items():
        made = {e.tid for e in effects if e.kind == "ticket.issue"}
        if made:
            what = f"{actor} {key} gave {len(made)} tickets" if len(made) > 1 else ""
            found.saw(what, [e.line for e in effects])
    by_press: dict[tuple[str, str], list[Request]] = defaultdict(list)
    for request in run.asked_tickets:
        told = {one.r["tid"]: one for one in request.oks}
        if len(told) > 1:
            found.saw(f"{request.actor} {request.key} was given {len(told)} tickets", request.lines)
        if press := request.a.get("press"):
            by_press[request.actor, press].append(request)
    for (actor, press), its in by_press.items():
        what = f"the press {press} of {actor} has {len(its)} keys" if len(its) > 1 else ""
        found.saw(what, [line for request in its for line in request.lines])


# --- labels ------------------------------------------------------------------------------------


def q4(run: Run, found: Finding) -> None:
    """A day's label is on one ticket: in the journal, in answers, on paper and screens."""
    holder: dict[tuple[str, str], tuple[str, Line]] = {}
    for day, label, tid, line in _labelled(run):
        first = holder.setdefault((day, label), (tid, line))
        what = f"{label} of day {day} is on {first[0]} and on {tid}" if first[0] != tid else ""
        found.saw(what, [first[1], line])


def _labelled(run: Run) -> Iterator[tuple[str, str, str, Line]]:
    """(day, label, ticket, line) wherever a label was seen with its ticket."""
    days = {one.r["tid"]: str(one.r.get("day", "")) for one in run.asked_tickets if one.r}
    days |= {tid: str(effect.body.get("day")) for tid, effect in run.issued.items()}
    for effect in run.journal:
        if effect.kind in ("ticket.issue", "ticket.relabel") and effect.tid:
            yield days.get(effect.tid, ""), effect.body["label"], effect.tid, effect.line
    for request in run.requests.values():
        for one in request.oks:
            if one.r.get("tid") and one.r.get("label"):
                day = days.get(one.r["tid"], str(one.r.get("day", "")))
                yield day, one.r["label"], one.r["tid"], one.told or one.asked
    for line, tid in _shown(run):
        yield days.get(tid, ""), line["r"]["label"], tid, line


def _shown(run: Run) -> Iterator[tuple[Line, str]]:
    """Prints and screens that name the press they are for, with its ticket."""
    tids = {(request.actor, request.key): tid for tid, request in run.press_of_tid.items()}
    for line in (*run.prints, *run.seen["screen"]):
        tid = tids.get((line["actor"], str(line["r"].get("press"))))
        if tid and line["r"].get("label"):
            yield line, tid


def q5(run: Run, found: Finding) -> None:
    """Label and service asked never change once somebody has them; a further print is marked."""
    final = {tid: labels[-1] for tid, labels in run.labels.items()}
    for tid, request in run.press_of_tid.items():
        if tid in run.issued:
            asked, given = request.a.get("svc"), run.issued[tid].body["svc"]
            changed = asked is not None and asked != given
            found.saw(f"{tid} was asked for {asked} and is for {given}" if changed else "", request.lines)
    told: dict[str, set[str]] = defaultdict(set)
    for line, tid in _shown(run):
        told[tid].add(line["r"]["label"])
        label = final.get(tid, line["r"]["label"])
        wrong = label != line["r"]["label"]
        found.saw(f"{line['r']['label']} was shown or printed; the ticket is {label}" if wrong else "", [line])
    for request in run.requests.values():
        for one in request.oks:
            if (label := one.r.get("label")) and one.r.get("tid") in final:
                # a kiosk's own label may take the place of one that nobody was shown
                tid = one.r["tid"]
                changed = label != final[tid] and (label not in run.labels[tid] or label in told[tid])
                found.saw(f"{label} became {final[tid]}" if changed else "", one.lines)
    _marked_copies(run, found)


def _marked_copies(run: Run, found: Finding) -> None:
    whole: dict[tuple[str, str, int], Line] = {}
    for line in run.prints:
        r = line["r"]
        if r.get("kind") == "ticket" and r.get("complete"):
            name = (line["actor"], r["label"], run.day_at(line["t"]))
            again = name in whole and not r.get("dup")
            found.saw(f"{r['label']} was printed twice without a mark" if again else "", [whole.get(name, line), line])
            whole[name] = line


def q6(run: Run, found: Finding) -> None:
    """Numbers rise, and each hole in a series is accounted for."""
    by_series: dict[tuple[str, ...], list[tuple[Request, int, float]]] = defaultdict(list)
    shown = {(x["actor"], str(x["r"].get("press"))): x for x in run.seen["screen"] if x["r"].get("msg") == "number"}
    for request in run.asked_tickets:
        label, end = request.r.get("label"), request.end
        if label is None and (line := shown.get((request.actor, request.key))):
            label, end = line["r"]["label"], line["t"]
        if label is not None:
            series, number = number_of(label)
            # a kiosk counts its own series over all services and days
            rest = () if own_series(series) else (str(request.r.get("svc", "")), _day(run, request))
            by_series[request.actor if own_series(series) else "", series, *rest].append((request, number, end))
    for its in by_series.values():
        _rising(its, found)
    _holes(run, found)


def _day(run: Run, request: Request) -> str:
    effect = run.issued.get(request.r.get("tid", ""))
    return str(effect.body.get("day") if effect else request.r.get("day"))


def _rising(its: Sequence[tuple[Request, int, float]], found: Finding) -> None:
    ended = sorted(((end, number, request) for request, number, end in its), key=lambda one: one[0])
    highest, whose, at = -1, None, 0
    for request, number, _ in sorted(its, key=lambda one: one[0].begin):
        while at < len(ended) and ended[at][0] < request.begin:
            if ended[at][1] > highest:
                highest, whose = ended[at][1], ended[at][2]
            at += 1
        wrong = number <= highest
        lines = [*request.lines, *(whose.lines if whose else ())] if wrong else ()
        found.saw(f"number {number} was given after {highest}" if wrong else "", lines)


def _holes(run: Run, found: Finding) -> None:
    """(E) 1 to the highest number of a day's series: each issued or voided, unless a restored hub began a new block."""
    issued: dict[tuple[str, str], dict[int, Line]] = defaultdict(dict)
    voided: set[tuple[str, str]] = set()
    began = any(effect.kind == "epoch.begin" for effect in run.journal)
    for effect in run.journal:
        if effect.kind == "ticket.relabel":
            voided.add((str(effect.body.get("day")), effect.body["voided"]))
        elif effect.kind == "ticket.issue" and not own_series(number_of(effect.body["label"])[0]):
            series, number = number_of(effect.body["label"])
            issued[str(effect.body.get("day")), series][number] = effect.line
    for (day, series), numbers in issued.items() if not began else ():
        width = max(len(label) for label in (line["body"]["label"] for line in numbers.values())) - len(series)
        for number in range(1, max(numbers) + 1):
            hole = number not in numbers and (day, f"{series}{number:0{width}d}") not in voided
            found.saw(f"number {number} of {series} on day {day} was neither given nor voided" if hole else "")


# --- one holder --------------------------------------------------------------------------------


def q7(run: Run, found: Finding) -> None:
    """(E) Each ticket lives as requirements B.2 allow; it is called at most `recall_max` times."""
    most = run.config.get("recall_max", 3)
    states: dict[str, str] = {}
    for effect in of_tickets(run.journal):
        tid = effect.tid or ""
        state, wrong = follows(effect, states.get(tid))
        states[tid] = state
        if not wrong and effect.kind == "call.recall" and effect.body.get("rep", 0) > most:
            wrong = f"called {effect.body['rep']} times"
        found.saw(f"entry {effect.seq}: {tid} {wrong}" if wrong else "", [effect.line])


def q8(run: Run, found: Finding) -> None:
    """(E) Along the journal a ticket is at one counter, and a counter has one visitor."""
    at: dict[str, Effect] = {}
    busy: dict[str, Effect] = {}
    for effect in run.journal:
        tid = effect.tid or ""
        opens = effect.kind in CLAIMS or effect.kind == "serve.resume"
        if effect.kind == "serve.undo":
            opens = True  # the visitor stands at the counter again
        if opens:
            counter = effect.body["counter"]
            for held, whom in ((at.get(tid), f"ticket {tid}"), (busy.get(counter), f"counter {counter}")):
                found.saw(f"{whom} has two visits open" if held else "", [effect.line, *([held.line] if held else ())])
            at[tid] = busy[counter] = effect
        elif effect.kind in ENDS_CALL and (held := at.pop(tid, None)):
            busy.pop(held.body["counter"], None)


def q9(run: Run, found: Finding) -> None:
    """A ticket is claimed once, and once more for each time it was given back."""
    claims: dict[str, list[Request]] = defaultdict(list)
    for request in run.requests.values():
        if request.f in CLAIMS and (tid := request.r.get("tid")):
            claims[tid].append(request)
    freed, unknown = _freed(run)
    for tid, its in claims.items():
        again = len(its) > 1 + freed[tid] + unknown
        lines = [line for request in sorted(its, key=lambda one: one.begin) for line in request.lines]
        found.saw(f"{its[0].r.get('label', tid)} was given to {len(its)} counters" if again else "", lines)


def _freed(run: Run) -> tuple[dict[str, int], int]:
    """How often each ticket was given back; and how many requests without an answer may have done so to any."""
    freed: dict[str, int] = defaultdict(int)
    if run.has_export:
        for effect in run.journal:
            if effect.kind in RELEASES and effect.tid:
                freed[effect.tid] += 1
        return freed, 0
    unknown = 0
    for request in run.requests.values():
        if request.f in RELEASES or (request.f == "serve.end" and request.a.get("outcome") == "transfer"):
            if request.r.get("tid"):
                freed[request.r["tid"]] += 1
            elif not request.refused:
                unknown += 1
    return freed, unknown


# --- the day and the waits ---------------------------------------------------------------------


def q19(run: Run, found: Finding) -> None:
    """(E) A day begins by being opened, numbers begin with it, and a ticket belongs to the day that is open."""
    days: list[object] = []
    opened, last = False, dict[str, int]()
    for effect in run.journal:
        if effect.kind == "day.open":
            found.saw(f"day {effect.body['day']} was opened while {days[-1]} was open" if opened else "", [effect.line])
            days.append(effect.body["day"])
            opened, last = True, {}
        elif effect.kind == "day.close":
            opened = False
        elif effect.kind == "ticket.issue":
            found.saw(_of_that_day(effect, days, last, opened=opened), [effect.line])


def _of_that_day(effect: Effect, days: Sequence[object], last: dict[str, int], *, opened: bool) -> str:
    label, day = effect.body["label"], days[-1] if days else None
    if effect.body.get("offline") and effect.body.get("day") in days:
        return ""  # a kiosk gave it alone, on that day; the hub hears of it now
    if not opened or effect.body.get("day") != day:
        return f"{label} is of day {effect.body.get('day')}, and day {day} is {'open' if opened else 'closed'}"
    series, number = number_of(label)
    before, last[series] = last.get(series, -1), number
    if number <= before and not own_series(series):
        return f"{label} was given after number {before} of the same day"
    return ""


def q20(run: Run, found: Finding) -> None:
    """Reported durations are not negative and, within one boot, what the journal's own clock measures."""
    entered: dict[str, Line] = {}
    for effect in run.journal:
        for name, value in effect.body.items():
            if name.endswith("_ms") and isinstance(value, int):
                found.saw(f"entry {effect.seq}: {name} is {value}" if value < 0 else "", [effect.line])
        tid = effect.tid or ""
        if effect.kind == "ticket.issue":
            entered[tid] = {"boot": effect.body.get("boot"), "mono": effect.body.get("mono")}
        elif effect.kind in ("serve.transfer", "ticket.return"):
            entered[tid] = effect.line
        elif effect.kind == "serve.undo":
            entered.pop(tid, None)  # it stands where it stood before: not measured
        elif effect.kind == "serve.start" and "wait_ms" in effect.body and tid in entered:
            _measured(effect, entered[tid], found)
    if run.config.get("real_time"):
        _waits_seen(run, found)


def _measured(effect: Effect, since: Line, found: Finding) -> None:
    if since.get("boot") is None or since["boot"] != effect.line.get("boot"):
        return
    told, measured = effect.body["wait_ms"], effect.line["mono"] - since["mono"]
    off = abs(told - measured) > MEASURED_MS
    found.saw(f"entry {effect.seq}: a wait of {told} ms took {measured}" if off else "", [effect.line])


def _waits_seen(run: Run, found: Finding) -> None:
    """The wait as the recorders saw it, from request to start: for a hub on the machine's own clock."""
    first: set[str] = set()
    for effect in run.witnessed:
        if effect.kind != "serve.start" or "wait_ms" not in effect.body or effect.tid in first:
            continue
        first.add(effect.tid or "")
        issue, start = run.press_of_tid.get(effect.tid or ""), run.requests.get((effect.actor, effect.key or ""))
        if issue is None or start is None or inf in (issue.end, start.end) or len(issue.operations) > 1:
            continue
        longest, slack = (start.end - issue.begin) / 1e6, MEASURED_MS
        wrong = effect.body["wait_ms"] > longest + slack and not _waited_before(run, effect)
        what = f"a wait of {effect.body['wait_ms']} ms was told; {longest:.0f} ms had passed since it was asked for"
        found.saw(what if wrong else "", [*issue.lines, *start.lines])


def _waited_before(run: Run, effect: Effect) -> bool:
    """Whether the press is older than its request: a kiosk that was alone, or started again."""
    issue = run.issued.get(effect.tid or "")
    return issue is None or bool(issue.body.get("offline"))
