"""A judge of what clients saw: the rules of quality/reliability.md that a black box can be held to.

Pure: `judge(history, journal)` reads the lines of the recorders (quality/history-format.md; the product's own
`kiosk.history.History` writes them) and the hub's final journal (`GET /api/v1/events`), and names every breach:

    Q1 acknowledged and gone      Q2 there and never asked for    Q3 two tickets for one key
    Q4 one number on two tickets  Q5 a number that changed        Q6 a later request with a smaller number
    Q8 two calls open at once     Q9 one ticket claimed twice     G2 two answers to one key
    G5 refused and done all the same

Effects are matched to requests by (device, key). A rule that had nothing to look at is `vacuous`: such a run
proves nothing about it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any

Line = dict[str, Any]
Key = tuple[str, str]
RULES = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q8", "Q9", "G2", "G5")
#: What two answers to one key must agree in.
IDENTITY = ("tid", "label", "call", "empty")
ENDS_CALL = {
    "ticket_no_show", "ticket_released", "ticket_served", "ticket_held", "ticket_transferred", "ticket_cancelled",
    "ticket_unserved", "ticket_unfinished",
}  # fmt: skip


@dataclass
class Request:
    """All that was sent and heard under one key."""

    f: str
    asked: list[Any] = field(default_factory=list)
    begin: float = inf
    end: float = inf
    oks: list[Line] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)
    unknown: int = 0


@dataclass
class Verdict:
    """Per rule: how much was looked at, and each breach in a sentence."""

    checked: Counter[str] = field(default_factory=Counter)
    bad: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def vacuous(self) -> set[str]:
        return {rule for rule in RULES if not self.checked[rule]}

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return "; ".join([counts, *(f"{rule}: {what}" for rule in sorted(self.bad) for what in self.bad[rule][:3])])


def judge(history: Iterable[Line], journal: list[Line]) -> Verdict:
    """Hold a run against the rules."""
    asked = requests(history)
    issued = [entry for entry in journal if entry["kind"] == "ticket_issued"]
    tickets = {_scope(entry): entry for entry in issued}
    final = _labels(journal)
    verdict = Verdict()
    verdict.counts.update(
        requests=len(asked), unknown=sum(r.unknown for r in asked.values()), journal=len(journal), tickets=len(issued),
        acked=sum(bool(r.oks) for r in asked.values() if r.f == "ticket.issue"),
        calls=sum(entry["kind"] == "ticket_called" for entry in journal),
        nobody=sum(entry["kind"] == "nobody_waiting" for entry in journal),
        refused=sum(len(r.fails) for r in asked.values()),
    )  # fmt: skip
    for rule, look in LOOKS.items():
        for breach in look(asked, journal, tickets, final):
            verdict.checked[rule] += 1
            if breach:
                verdict.bad[rule].append(breach)
    return verdict


def requests(history: Iterable[Line]) -> dict[Key, Request]:
    """The recorders' lines, gathered by (device, key)."""
    found: dict[Key, Request] = {}
    open_now: dict[str, Request] = {}
    for line in sorted(history, key=lambda line: (line["t"], line["n"])):
        if line["k"] == "invoke":
            one = found.setdefault((line["actor"], line["key"]), Request(line["f"]))
            one.begin = min(one.begin, line["t"])
            one.asked.append((line["f"], {k: v for k, v in line["a"].items() if k != "press"}))
            one.unknown += 1
            open_now[line["op"]] = one
        elif line["k"] == "ok":
            one = open_now.pop(line["op"])
            one.unknown -= 1
            one.oks.append(line["r"])
            one.end = min(one.end, line["t"])
        elif line["k"] == "fail":
            one = open_now.pop(line["op"])
            one.unknown -= 1
            one.fails.append(line["code"])
    return found


def _scope(entry: Line) -> Key:
    return f"dev:{entry['device']}" if entry["device"] else f"user:{entry['actor']}", entry["key"]


def _labels(journal: list[Line]) -> dict[int, str]:
    """The label of each ticket in the end: a kiosk's own one takes the place of ours."""
    kinds = ("ticket_issued", "ticket_relabelled")
    return {e["payload"]["ticket"]: e["payload"]["label"] for e in journal if e["kind"] in kinds}


# --- the rules: each yields '' for what holds, a sentence for what does not --------------------


def _q1(asked: Any, _journal: Any, tickets: Any, final: Any) -> Iterator[str]:
    for key, one in asked.items():
        if one.f == "ticket.issue" and one.oks:
            entry = tickets.get(key)
            same = entry and entry["payload"]["service"] == one.oks[0]["svc"]
            yield "" if same else f"{one.oks[0]['label']} was acknowledged to {key} and is not in the journal"


def _q2(asked: Any, _journal: Any, tickets: Any, _final: Any) -> Iterator[str]:
    for key, entry in tickets.items():
        one = asked.get(key)
        known = one and one.f == "ticket.issue"
        yield "" if known else f"{entry['payload']['label']} was never asked for by {key}"


def _q3(_asked: Any, journal: Any, _tickets: Any, _final: Any) -> Iterator[str]:
    times = Counter(_scope(entry) for entry in journal if entry["kind"] == "ticket_issued")
    for key, count in times.items():
        yield "" if count == 1 else f"{key} gave {count} tickets"


def _q4(asked: Any, journal: Any, _tickets: Any, final: Any) -> Iterator[str]:
    day = {e["payload"]["ticket"]: e["payload"]["day"] for e in journal if e["kind"] == "ticket_issued"}
    holders = Counter((day[ticket], label) for ticket, label in final.items())
    for (_, label), count in holders.items():
        yield "" if count == 1 else f"{label} is on {count} tickets"
    seen = Counter(
        label for one in asked.values() if one.f == "ticket.issue" for label in {ok["label"] for ok in one.oks}
    )
    for label, count in seen.items():
        yield "" if count == 1 else f"{label} was told to {count} visitors"


def _q5(asked: Any, _journal: Any, tickets: Any, final: Any) -> Iterator[str]:
    for key, one in asked.items():
        if one.f == "ticket.issue" and key in tickets:
            label = final[tickets[key]["payload"]["ticket"]]
            for ok in one.oks:
                yield "" if ok["label"] == label else f"{ok['label']} became {label}"


def _q6(asked: Any, *_: Any) -> Iterator[str]:
    given = [one for one in asked.values() if one.f == "ticket.issue" and one.oks and "-" not in one.oks[0]["label"]]
    for series in {one.oks[0]["label"][0] for one in given}:
        line = [one for one in given if one.oks[0]["label"][0] == series]
        ended = sorted((one.end, int(one.oks[0]["label"][1:])) for one in line)
        highest, at = 0, 0
        for one in sorted(line, key=lambda one: one.begin):
            while at < len(ended) and ended[at][0] < one.begin:
                highest, at = max(highest, ended[at][1]), at + 1
            number = int(one.oks[0]["label"][1:])
            yield "" if number > highest else f"{series}{number:03d} came after {series}{highest:03d}"


def _q8(_asked: Any, journal: Any, _tickets: Any, _final: Any) -> Iterator[str]:
    at: dict[int, str] = {}
    for entry in journal:
        ticket, counter = entry["payload"].get("ticket"), entry["payload"].get("counter")
        if entry["kind"] in ("ticket_called", "ticket_resumed"):
            breach = f"ticket {ticket} is called to {counter} and open at {at[ticket]}" if ticket in at else ""
            if counter in at.values():
                breach = f"counter {counter} has two visits open, ticket {ticket} is the second"
            yield breach
            at[ticket] = counter
        elif entry["kind"] in ENDS_CALL:
            at.pop(ticket, None)


def _q9(asked: Any, journal: Any, _tickets: Any, final: Any) -> Iterator[str]:
    again = ("ticket_released", "ticket_returned", "ticket_transferred", "step_undone")
    freed = Counter(final[e["payload"]["ticket"]] for e in journal if e["kind"] in again)
    claims = Counter(one.oks[0]["label"] for one in asked.values() if one.f == "call.next" and _label(one))
    for label, count in claims.items():
        yield "" if count <= 1 + freed[label] else f"{label} was given to {count} counters"


def _label(one: Request) -> str | None:
    return one.oks[0].get("label") if one.oks else None


def _g2(asked: Any, *_: Any) -> Iterator[str]:
    for key, one in asked.items():
        if one.oks:
            answers = {tuple(str(ok.get(name)) for name in IDENTITY) for ok in one.oks}
            yield "" if len(answers) == 1 else f"{key} was answered in {len(answers)} ways: {answers}"
        others = [content for content in one.asked if content != one.asked[0]]
        if others and one.fails.count("key_reuse") < len(others):
            yield f"{key} was taken again for something else: {others[0]}"


def _g5(asked: Any, journal: Any, _tickets: Any, _final: Any) -> Iterator[str]:
    for entry in journal:
        one = asked.get(_scope(entry)) if entry["key"] else None
        if one:
            refused = one.fails and not one.oks and not one.unknown
            yield f"{_scope(entry)} was refused and did {entry['kind']}" if refused else ""


LOOKS = {"Q1": _q1, "Q2": _q2, "Q3": _q3, "Q4": _q4, "Q5": _q5, "Q6": _q6, "Q8": _q8, "Q9": _q9, "G2": _g2, "G5": _g5}
