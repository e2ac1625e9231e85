"""Lies about a legal run, one a function: each tampers with what was written down, and names the rule that must see it.

A lie that finds nothing to tamper with says so (`NothingToDo`): that seed tells nothing about it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests.faults.legal import Line, Written

Lie = Callable[[Written, random.Random], None]
LIES: dict[str, tuple[Lie, str]] = {}
SECOND = 10**9


class NothingToDo(Exception):
    """This run has nothing to tell this lie about."""


def breaks(rule: str) -> Callable[[Lie], Lie]:
    """The rule that must find it."""

    def keep(lie: Lie) -> Lie:
        LIES[lie.__name__] = (lie, rule)
        return lie

    return keep


def one(chance: random.Random, found: list[Any]) -> Any:
    if not found:
        raise NothingToDo
    return chance.choice(found)


def events(run: Written, *kinds: str) -> list[Line]:
    return [line for line in run.final if line["type"] == "event" and line["kind"] in kinds]


def answered(run: Written, f: str, wanted: Callable[[Line], bool] = lambda _: True) -> list[tuple[Line, Line]]:
    """(invoke, ok) of the requests that were asked once and answered."""
    asks: dict[tuple[str, str], list[Line]] = {}
    for line in run.history:
        if line["k"] == "invoke" and line["f"] == f:
            asks.setdefault((line["actor"], line["key"]), []).append(line)
    oks = {line["op"]: line for line in run.history if line["k"] == "ok"}
    pairs = [(its[0], oks[its[0]["op"]]) for its in asks.values() if len(its) == 1 and its[0]["op"] in oks]
    return [pair for pair in pairs if wanted(pair[1]["r"])]


def renumbered(run: Written) -> None:
    """Lines were taken out or put in: each process counts its own anew, and so does the driver."""
    counts: dict[str, int] = {}
    for line in sorted(run.history, key=lambda line: (line["t"], line["n"])):
        line["n"] = counts.get(line["p"], 0)
        counts[line["p"]] = line["n"] + 1
    run.facts["lines"] = len(run.history)


def put(run: Written, *lines: Line) -> None:
    """Lines of one process that was not there."""
    name = f"liar.{len(run.history)}"
    run.history += [{"v": 1} | line | {"p": name, "n": n} for n, line in enumerate(lines)]
    run.facts["lines"] = len(run.history)


def asks_late(run: Written, ask: Line, ok: Line, *, asked: Line | None = None, told: Line | None = None) -> None:
    """The same request once more, long after."""
    late = {"op": f"late {ask['op']}", "t": run.history[-1]["t"] + SECOND}
    put(run, ask | late | (asked or {}), ok | late | {"t": late["t"] + 1000} | (told or {}))


# --- the log ------------------------------------------------------------------------------------


@breaks("G0")
def a_line_of_a_recorder_is_missing(run: Written, chance: random.Random) -> None:
    run.history.remove(one(chance, run.history))


@breaks("G1")
def an_effect_stands_before_one_that_had_ended(run: Written, chance: random.Random) -> None:
    ask, _ = one(chance, [pair for pair in answered(run, "ticket.issue") if pair[0]["t"] > 60 * SECOND])
    late = next(e for e in events(run, "ticket.issue") if e["key"] == ask["key"])
    before = [e for e in events(run, "call.next", "serve.start") if e["seq"] < late["seq"] - 30 and e["key"]]
    first = one(chance, before)
    late["seq"] = first["seq"] - 0.5  # stands before it, and nobody is renumbered


@breaks("G2")
def one_key_has_two_answers(run: Written, chance: random.Random) -> None:
    ask, ok = one(chance, answered(run, "ticket.issue"))
    asks_late(run, ask, ok, told={"r": ok["r"] | {"label": "D777"}})


@breaks("G2")
def one_key_does_two_things(run: Written, chance: random.Random) -> None:
    ask, ok = one(chance, answered(run, "ticket.issue"))
    asks_late(run, ask, ok, asked={"a": ask["a"] | {"svc": "PEN"}})


@breaks("G3")
def a_reader_sees_less_than_before(run: Written, chance: random.Random) -> None:
    reads = [x for x in run.history if x["k"] == "ok" and x["r"].keys() == {"seq", "epoch"} and x["r"]["seq"] > 1]
    before, after = one(chance, list(pairwise(reads)))
    after["r"]["seq"] = before["r"]["seq"] - 1


@breaks("G4")
def a_state_is_not_what_the_journal_gives(run: Written, chance: random.Random) -> None:
    line = one(chance, [x for x in run.final if x["type"] == "ticket" and x.get("state") == "served"])
    line["state"] = "cancelled"


@breaks("G4")
def after_a_restart_it_is_another(run: Written, chance: random.Random) -> None:
    again = run.facts["exports"]["restart"]
    again.remove(one(chance, [x for x in again if x["type"] == "ticket"]))


@breaks("G5")
def refused_and_done(run: Written, chance: random.Random) -> None:
    ask, ok = one(chance, answered(run, "ticket.issue"))
    ok |= {"k": "fail", "code": "closed"}
    assert any(e["key"] == ask["key"] for e in events(run, "ticket.issue"))


@breaks("G6")
def a_token_is_used_after_it_was_revoked(run: Written, chance: random.Random) -> None:
    revoked = one(chance, answered(run, "dev.revoke"))[1]["t"]
    ask, ok = one(chance, answered(run, "ticket.issue", lambda r: r["tid"]))
    t = revoked + 5 * SECOND
    about = {"op": "thief", "actor": "dev:K3", "key": "thief"}
    put(run, ask | about | {"t": t}, ok | {"op": "thief", "t": t + 1000, "r": ok["r"] | {"tid": "T-thief"}})


@breaks("G8")
def somebody_waits_for_ever_after_everything_was_healed(run: Written, chance: random.Random) -> None:
    healed = next(x["t"] for x in run.history if x["k"] == "mark" and x["f"] == "healed")
    ask, _ = one(chance, answered(run, "ticket.issue"))
    put(run, ask | {"op": "for ever", "key": "for ever", "t": healed + SECOND})


@breaks("G8")
def a_message_is_never_sent(run: Written, chance: random.Random) -> None:
    one(chance, [x for x in run.final if x["type"] == "outbox"])["state"] = "to_send"


@breaks("G9")
def the_epoch_falls(run: Written, chance: random.Random) -> None:
    at = one(chance, events(run, "ticket.issue"))["seq"]
    for line in run.final:
        if line["type"] == "event" and line["seq"] < at:
            line["epoch"] = 2


@breaks("G9")
def a_restored_hub_gives_an_id_again(run: Written, chance: random.Random) -> None:
    (_, first), (_, second) = chance.sample(answered(run, "ticket.issue"), 2)
    second["r"]["tid"] = first["r"]["tid"]


# --- tickets ------------------------------------------------------------------------------------


@breaks("Q1")
def an_acknowledged_ticket_is_gone(run: Written, chance: random.Random) -> None:
    tid = one(chance, answered(run, "ticket.issue"))[1]["r"]["tid"]
    run.final = [line for line in run.final if line.get("tid") != tid]


@breaks("Q1")
def a_ticket_has_two_ends(run: Written, chance: random.Random) -> None:
    tid = one(chance, answered(run, "ticket.issue"))[1]["r"]["tid"]
    line = next(x for x in run.final if x["type"] == "ticket" and x.get("tid") == tid)
    run.final.append(line | {"state": "served"})


@breaks("Q2")
def a_ticket_that_nobody_asked_for(run: Written, chance: random.Random) -> None:
    issue = one(chance, events(run, "ticket.issue"))
    run.final.append(issue | {"key": "nobody", "tid": "T-nobody", "body": issue["body"] | {"label": "D999"}})


@breaks("Q3")
def one_key_has_two_tickets(run: Written, chance: random.Random) -> None:
    issue = one(chance, events(run, "ticket.issue"))
    run.final.append(issue | {"tid": "T-twin", "body": issue["body"] | {"label": "D998"}})


@breaks("Q3")
def one_press_has_two_keys(run: Written, chance: random.Random) -> None:
    kiosk = [pair for pair in answered(run, "ticket.issue") if pair[0]["a"]["press"]]
    ask, ok = one(chance, kiosk)
    asks_late(run, ask, ok, asked={"key": "another"}, told={"r": ok["r"] | {"tid": "T-another", "label": "D997"}})


@breaks("Q4")
def two_tickets_of_one_day_have_one_label(run: Written, chance: random.Random) -> None:
    first = one(chance, events(run, "ticket.issue"))
    other = one(
        chance,
        [
            e
            for e in events(run, "ticket.issue")
            if e["tid"] != first["tid"] and e["body"]["day"] == first["body"]["day"]
        ],
    )
    other["body"]["label"] = first["body"]["label"]


@breaks("Q5")
def two_labels_are_swapped(run: Written, chance: random.Random) -> None:
    (_, first), (_, second) = chance.sample(answered(run, "ticket.issue"), 2)
    labels = first["r"]["label"], second["r"]["label"]
    if labels[0] == labels[1]:
        raise NothingToDo
    second["r"]["label"], first["r"]["label"] = labels


@breaks("Q5")
def a_paper_bears_another_number(run: Written, chance: random.Random) -> None:
    tids = {e["key"] for e in events(run, "ticket.issue")}
    prints = [x for x in run.history if x["k"] == "obs" and x["f"] == "print" and x["r"].get("press") in tids]
    one(chance, prints)["r"]["label"] = "D996"


@breaks("Q6")
def a_later_visitor_has_a_smaller_number(run: Written, chance: random.Random) -> None:
    desk = answered(run, "ticket.issue", lambda r: r["label"].startswith("D") and r["day"] == 1)
    if len(desk) < 10:
        raise NothingToDo
    first, last = desk[0][1]["r"], desk[-1][1]["r"]
    first["label"], last["label"] = last["label"], first["label"]


@breaks("Q6")
def a_number_is_missing(run: Written, chance: random.Random) -> None:
    voided = {e["body"]["voided"] for e in events(run, "ticket.relabel")}
    plain = [
        e for e in events(run, "ticket.issue") if "-" not in e["body"]["label"] and e["body"]["label"] not in voided
    ]
    highest = {(e["body"]["day"], e["body"]["label"][0]): e for e in plain}
    gone = one(chance, [e for e in plain if e not in highest.values()])
    run.final = [x for x in run.final if x.get("tid") != gone["tid"] or x["type"] != "event"]


@breaks("Q7")
def a_served_visitor_is_served_again(run: Written, chance: random.Random) -> None:
    served = one(chance, events(run, "serve.end"))
    run.final.insert(run.final.index(served) + 1, served | {"seq": served["seq"] + 0.5})


@breaks("Q7")
def a_visitor_is_called_for_the_ninth_time(run: Written, chance: random.Random) -> None:
    one(chance, events(run, "call.recall"))["body"]["rep"] = 9


@breaks("Q8")
def a_visitor_is_at_two_counters(run: Written, chance: random.Random) -> None:
    call = one(chance, events(run, "call.next"))
    run.final.append(call | {"seq": call["seq"] + 0.5, "body": call["body"] | {"counter": "99"}})


@breaks("Q8")
def a_counter_has_two_visitors(run: Written, chance: random.Random) -> None:
    call = one(chance, events(run, "call.next"))
    run.final.append(call | {"seq": call["seq"] + 0.5, "tid": "T-other"})


@breaks("Q9")
def next_gives_one_visitor_twice(run: Written, chance: random.Random) -> None:
    freed = {e["tid"] for e in events(run, "call.release", "ticket.return", "serve.transfer", "serve.undo")}
    calls = answered(run, "call.next", lambda r: r.get("tid") and r["tid"] not in freed)
    if len(calls) < 2:
        raise NothingToDo
    (_, first), (_, second) = chance.sample(calls, 2)
    second["r"] |= {"tid": first["r"]["tid"], "label": first["r"]["label"]}


def waiting_long(run: Written) -> list[tuple[str, float, float, str]]:
    """(ticket, ready, claimed, service) of desk tickets of one try that waited for two seconds and more."""
    moved = {
        x["a"].get("tid") for x in run.history if x["k"] == "invoke" and x["f"] in ("ticket.cancel", "ticket.prio")
    }
    # who is kept for a counter that suits better waits a while where others are told "nobody", and rightly
    moved |= {
        x["tid"] for x in events(run, "ticket.issue")
        if x["body"].get("lang") == "en" or x["body"].get("prio") == "reduced_mobility"
    }  # fmt: skip
    asked: dict[tuple[str, str], int] = {}
    for line in run.history:
        if line["k"] == "invoke" and line["key"]:
            asked[line["actor"], line["key"]] = min(line["t"], asked.get((line["actor"], line["key"]), line["t"]))
    begun: dict[str, int] = {}  # one that was called by mistake and given back waited until the first of its calls
    for claim in events(run, "call.next", "call.pick"):
        begun.setdefault(claim["tid"], asked.get((claim["actor"], claim["key"]), 0))
    return [
        (ok["r"]["tid"], ok["t"], begun[ok["r"]["tid"]], ask["a"]["svc"])
        for ask, ok in answered(run, "ticket.issue")
        if ask["a"]["src"] == "desk" and "counter" not in ask["a"] and ok["r"]["tid"] not in moved
        and begun.get(ok["r"]["tid"], 0) > ok["t"] + 2 * SECOND
    ]  # fmt: skip


@breaks("Q10")
def a_counter_is_told_nobody_while_somebody_waits(run: Written, chance: random.Random) -> None:
    _, ready, claimed, svc = one(chance, waiting_long(run))
    counter = {"RAS": "02", "DEP": "05"}[svc]
    t = round((ready + claimed) / 2)
    ask = {"k": "invoke", "f": "call.next", "key": "e", "actor": "user:eve", "a": {"counter": counter}, "try": 0}
    put(run, ask | {"op": "e", "t": t}, {"k": "ok", "op": "e", "t": t + 1000, "r": {"empty": True}})


@breaks("Q10")
def the_journal_says_nobody_while_somebody_waits(run: Written, chance: random.Random) -> None:
    tid, *_, svc = one(chance, waiting_long(run))
    counter = {"RAS": "02", "DEP": "05"}[svc]
    issue = next(e for e in events(run, "ticket.issue") if e["tid"] == tid)
    lie = {k: v for k, v in issue.items() if k != "tid"}
    run.final.append(lie | {"seq": issue["seq"] + 0.5, "kind": "call.empty", "key": None, "body": {"counter": counter}})


@breaks("Q11")
def two_visitors_are_called_in_each_other_s_place(run: Written, chance: random.Random) -> None:
    """A later one of the same service, called long before."""
    special = {
        e["tid"]
        for e in events(
            run, "ticket.prio", "call.release", "serve.transfer", "ticket.return", "serve.undo", "call.pick"
        )
    }
    issues = {
        e["tid"]: e
        for e in events(run, "ticket.issue")
        if e["body"]["prio"] == "normal" and not e["body"]["wanted"] and e["body"].get("lang") != "en"
    }
    calls = [e for e in events(run, "call.next") if e["tid"] in issues.keys() - special]
    pairs = [
        (a, b) for a, b in pairwise(calls)
        if issues[a["tid"]]["body"]["svc"] == issues[b["tid"]]["body"]["svc"]
        and issues[b["tid"]]["body"]["mono"] - issues[a["tid"]]["body"]["mono"] > 1_000
        and callable_since(run, b["tid"]) < a["seq"]
    ]  # fmt: skip
    first, second = one(chance, pairs)
    first["tid"], second["tid"] = second["tid"], first["tid"]


@breaks("Q11")
def calls_go_on_by_the_version_of_before(run: Written, chance: random.Random) -> None:
    """A hub that kept the old routing in memory: a counter calls what was just taken from it."""
    claims = events(run, "call.next")
    issued = {line["tid"]: line["body"]["svc"] for line in events(run, "ticket.issue")}
    moved = {line["tid"] for line in events(run, "serve.transfer")}
    line = one(chance, [x for x in claims if x["tid"] not in moved])
    svc, counter = issued[line["tid"]], line["body"]["counter"]
    others = [c for c in run.facts["config"]["counters"] if c != counter]
    taken = {f"counters.{counter}.services": [s for s in ("RAS", "DEP") if s != svc]}
    given = {f"counters.{others[0]}.services": ["RAS", "DEP"]}
    for each in events(run, "routing.publish"):
        each["body"]["set"] |= taken | given
    run.facts["config"]["routing"] = run.facts["config"]["routing"] | taken | given
    run.facts["config"]["counters"] = run.facts["config"]["counters"] | {
        counter: {"svcs": taken[f"counters.{counter}.services"]}
    }


def callable_since(run: Written, tid: str) -> float:
    """The entry from which a ticket could be called."""
    return max(e["seq"] for e in events(run, "ticket.issue", "ticket.paper") if e["tid"] == tid)


@breaks("Q12")
def somebody_is_passed_over(run: Written, chance: random.Random) -> None:
    two_visitors_are_called_in_each_other_s_place(run, chance)


# --- screens and paper --------------------------------------------------------------------------


def frames(run: Written) -> list[Line]:
    return [x for x in run.history if x["k"] == "obs" and x["f"] == "display.frame" and x["r"]["cur"]]


@breaks("Q13")
def a_call_is_shown_before_it_is_made(run: Written, chance: random.Random) -> None:
    frame = one(chance, frames(run))
    calls = {ok["r"].get("call"): ask["t"] for ask, ok in answered(run, "call.next")}
    called = [calls[entry["call"]] for entry in frame["r"]["cur"] if entry["call"] in calls]
    frame["t"] = min(called, default=frame["t"]) - 1
    frame["p"], frame["n"] = "early", 0
    if not called:
        raise NothingToDo
    renumbered(run)


@breaks("Q13")
def a_call_is_shown_that_never_was(run: Written, chance: random.Random) -> None:
    one(chance, frames(run))["r"]["cur"][0]["counter"] = "77"


@breaks("Q13")
def a_call_stays_on_the_wall_after_its_end(run: Written, chance: random.Random) -> None:
    ends = {ask["a"]["counter"]: ok["t"] for ask, ok in answered(run, "serve.start")}
    frame = one(chance, [f for f in frames(run) if f["r"]["cur"][0]["counter"] in ends])
    late = max(x["t"] for x in run.history) + 10 * SECOND
    put(run, frame | {"t": late, "seq": 10**6})


@breaks("Q13")
def a_screen_keeps_its_face_through_a_cut(run: Written, chance: random.Random) -> None:
    frame = one(chance, frames(run))
    name = frame["actor"].partition(":")[2]
    cut = {"k": "nem", "f": "cut", "target": name, "a": {}}
    put(run, cut | {"t": frame["t"] - 15 * SECOND, "phase": "begin"}, cut | {"t": frame["t"] + 1, "phase": "end"})


@breaks("Q14")
def a_screen_goes_back(run: Written, chance: random.Random) -> None:
    its = [f for f in frames(run) if f["actor"] == "dev:D1" and f["seq"] > 1]
    before, after = one(chance, list(pairwise(its)))
    after["seq"] = before["seq"] - 1


@breaks("Q14")
def a_screen_never_shows_a_call(run: Written, chance: random.Random) -> None:
    ended = {c: [] for c in ("02", "03", "05", "06")}
    for line in run.history:
        if line["k"] == "invoke" and line["a"].get("counter") in ended:
            ended[line["a"]["counter"]].append(line["t"])
    down = [x["t"] for x in run.history if x["k"] == "obs" and x["f"] == "display.link"]
    calls = [
        ok["r"]["call"] for ask, ok in answered(run, "call.next")
        if ok["r"].get("call") and not any(abs(t - ok["t"]) < 12 * SECOND for t in down)
        and min((t for t in ended[ask["a"]["counter"]] if t > ok["t"]), default=0) > ok["t"] + 2 * SECOND
        and ok["t"] + 8 * SECOND < max(f["t"] for f in frames(run))
    ]  # fmt: skip
    call = one(chance, calls)
    for frame in frames(run):
        frame["r"]["cur"] = [entry for entry in frame["r"]["cur"] if entry["call"] != call]


@breaks("Q15")
def a_call_is_announced_twice(run: Written, chance: random.Random) -> None:
    said = one(chance, [x for x in run.history if x["k"] == "obs" and x["f"] == "announce"])
    put(run, said | {"t": said["t"] + SECOND})


@breaks("Q16")
def a_press_is_answered_by_nothing(run: Written, chance: random.Random) -> None:
    presses = [x for x in run.history if x["k"] == "phys"]
    lonely = [
        p for p in presses
        if not any(q is not p and abs(q["t"] - p["t"]) < 8 * SECOND and q["a"]["dev"] == p["a"]["dev"] for q in presses)
    ]  # fmt: skip
    press = one(chance, lonely)["a"]["press"]
    run.history = [x for x in run.history if x["k"] != "obs" or x["r"].get("press") != press]
    renumbered(run)


@breaks("Q16")
def a_refusal_is_shown_for_a_ticket(run: Written, chance: random.Random) -> None:
    tids = {e["key"] for e in events(run, "ticket.issue")}
    shown = [x for x in run.history if x["k"] == "obs" and x["f"] == "screen" and x["r"].get("press") in tids]
    one(chance, shown)["r"]["msg"] = "refusal"


@breaks("Q17")
def a_paper_without_a_ticket(run: Written, chance: random.Random) -> None:
    paper = one(chance, [x for x in run.history if x["k"] == "obs" and x["f"] == "print"])
    put(run, paper | {"r": paper["r"] | {"label": "D995", "press": "none"}})


@breaks("Q17")
def told_as_printed_and_no_paper_came(run: Written, chance: random.Random) -> None:
    tids = {e["key"]: e["body"] for e in events(run, "ticket.issue")}
    papers = [
        x for x in run.history
        if x["k"] == "obs" and x["f"] == "print" and x["r"].get("press") in tids and "-" in x["r"]["label"]
    ]  # fmt: skip
    press = one(chance, papers)["r"]["press"]
    run.history = [x for x in run.history if x["k"] != "obs" or x["f"] != "print" or x["r"].get("press") != press]
    renumbered(run)


@breaks("Q18")
def two_kiosks_use_one_series(run: Written, chance: random.Random) -> None:
    own = [e for e in events(run, "ticket.issue", "ticket.relabel") if e["body"]["label"].startswith("K1-")]
    label = one(chance, own)["body"]
    label["label"] = label["label"].replace("K1-", "K2-")


@breaks("Q18")
def what_a_kiosk_gave_alone_was_never_merged(run: Written, chance: random.Random) -> None:
    line = one(chance, [x for x in run.final if x["side"] == "kiosk"])
    line["label"] = f"{line['label'][:-3]}999"


@breaks("Q19")
def a_number_is_given_before_the_doors_open(run: Written, chance: random.Random) -> None:
    issue = one(chance, events(run, "ticket.issue"))
    issue["body"]["day"] = 7


@breaks("Q19")
def a_day_opens_in_another(run: Written, chance: random.Random) -> None:
    issue = one(chance, events(run, "ticket.issue"))
    opened = one(chance, events(run, "day.open"))
    run.final.append({k: v for k, v in opened.items() if k != "key"} | {"seq": issue["seq"] + 0.5, "body": {"day": 9}})


@breaks("Q20")
def a_wait_is_negative(run: Written, chance: random.Random) -> None:
    one(chance, events(run, "serve.start"))["body"]["wait_ms"] = -5


@breaks("Q20")
def a_wait_is_five_seconds_too_long(run: Written, chance: random.Random) -> None:
    undone = {e["tid"] for e in events(run, "serve.undo")}
    one(chance, [e for e in events(run, "serve.start") if e["tid"] not in undone])["body"]["wait_ms"] += 5_000
