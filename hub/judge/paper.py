"""Q16 to Q18: each press is answered, paper and record agree, and what a kiosk gave alone is merged as it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from hub.judge.queue import number_of, own_series
from hub.judge.run import Line, Run
from hub.judge.verdict import Finding

NS_PER_MS = 1_000_000


def presses(run: Run) -> list[Line]:
    """Every finger on a button that counts: one within `press_window_ms` of the last accepted one is the same press."""
    window = run.config.get("press_window_ms", 0) * NS_PER_MS
    last: dict[tuple[str, str], float] = {}
    found = []
    for line in run.phys:
        if line["f"] != "button.down":
            continue
        button = (str(line["a"].get("dev")), str(line["a"].get("pin")))
        if line["t"] - last.get(button, -window - 1) > window:
            last[button] = line["t"]
            found.append(line)
    return found


def q16(run: Run, found: Finding) -> None:
    """Within three seconds of each press there is a number or a refusal; after a refusal there is no ticket."""
    answer_ns = run.config.get("press_answer_ms", 3_000) * NS_PER_MS
    answers: dict[str, list[Line]] = defaultdict(list)
    for line in sorted((*run.seen["screen"], *run.prints), key=lambda line: line["t"]):
        if line["r"].get("msg") != "wait" and not line["r"].get("dup"):
            answers[line["actor"]].append(line)
    used: dict[str, int] = defaultdict(int)
    told: set[tuple[str, str]] = set()
    for press in presses(run):
        actor = f"dev:{press['a']['dev']}"
        if _broken(run, press, answer_ns):
            continue
        mine = answers[actor]
        while used[actor] < len(mine) and (
            mine[used[actor]]["t"] < press["t"] or _told_before(mine[used[actor]], told)
        ):
            used[actor] += 1
        next_lines = mine[used[actor] : used[actor] + 1]
        in_time = [line for line in next_lines if line["t"] <= press["t"] + answer_ns]
        found.saw("" if in_time else "a press was not answered within its time", [press, *next_lines])
        for line in in_time:
            told.add(_whom(line))
            used[actor] += 1
    _refused_means_none(run, found)


def _whom(line: Line) -> tuple[str, str]:
    """Whose answer a line is: the screen's word and the paper of one number are one answer."""
    return line["actor"], str(line["r"].get("press") or line["r"].get("label"))


def _told_before(line: Line, told: set[tuple[str, str]]) -> bool:
    return _whom(line) in told


def _broken(run: Run, press: Line, answer_ns: float) -> bool:
    """Whether the kiosk itself was killed or without power meanwhile: nobody promises an answer then."""
    name = press["a"]["dev"]
    return any(
        target == name and f in ("kill", "power") and begin <= press["t"] + answer_ns and end >= press["t"] - answer_ns
        for f, target, begin, end in run.windows
    )


def _refused_means_none(run: Run, found: Finding) -> None:
    for line in run.seen["screen"]:
        if line["r"].get("msg") == "refusal" and line["r"].get("press"):
            effects = run.effects.get((line["actor"], str(line["r"]["press"])), [])
            made = [effect for effect in effects if effect.kind == "ticket.issue"]
            what = f"a refusal was shown for {made[0].body['label']}" if made else ""
            found.saw(what, [line, *(effect.line for effect in made)])


def q17(run: Run, found: Finding) -> None:
    """(E) Each whole paper has one ticket; a ticket told as printed has its paper."""
    papers: dict[tuple[str, str, int], list[Line]] = defaultdict(list)
    for line in run.prints:
        r = line["r"]
        if r.get("kind") == "ticket" and r.get("complete") and not r.get("dup"):
            papers[line["actor"], r["label"], run.day_at(line["t"])].append(line)
    known = {labels[-1] for labels in run.labels.values()}
    for (actor, label, _), lines in papers.items():
        what = f"{label} came out {len(lines)} times" if len(lines) > 1 else ""
        found.saw(what or ("" if label in known else f"{label} is on paper and on no ticket of {actor}"), lines)
    printers = {actor for actor, *_ in papers}
    came = {(line["actor"], line["r"].get("label")) for line in run.prints}
    for effect in run.witnessed:
        if effect.kind != "ticket.issue" or effect.actor not in printers:
            continue
        for line in run.tickets.get(effect.tid or "", ()):
            missing = line.get("paper") == "printed" and (effect.actor, line["label"]) not in came
            found.saw(f"{line['label']} is told as printed and no paper came" if missing else "", [effect.line, line])


def q18(run: Run, found: Finding) -> None:
    """(E) What the kiosks gave alone is what the hub has of them, each in its own series."""
    kiosks: dict[str, list[Line]] = defaultdict(list)
    for line in run.final:
        if line["type"] == "ticket" and line["side"] == "kiosk":
            kiosks[line["actor"]].append(line)
    _own_series_apart(run, found)
    for actor, lines in kiosks.items():
        given = {line["issued_key"]: line for line in lines if line.get("offline")}
        merged = {
            effect.key or "": effect.tid or ""
            for effect in run.journal
            if effect.kind == "ticket.issue" and effect.actor == actor
        }
        for key, line in given.items():
            found.saw(_not_merged(run, merged.get(key), line), [line])
        for key, tid in merged.items():
            label = run.labels[tid][-1]
            strange = own_series(number_of(label)[0]) and key not in given and _kept(run, key, lines)
            found.saw(f"{label} is said to be of {actor}, which did not give it" if strange else "")


def _kept(run: Run, key: str, lines: Sequence[Line]) -> bool:
    """Whether the kiosk would still know this press: it forgets after some thousands."""
    return len(lines) < run.config.get("kiosk_keeps", 5_000) and any(r.key == key for r in run.asked_tickets)


def _not_merged(run: Run, tid: str | None, line: Line) -> str:
    if tid is None:
        return f"{line['label']} was given alone and never merged" if line.get("merged", True) else ""
    label = run.labels[tid][-1]
    if label != line["label"] or run.issued[tid].body["svc"] != line["svc"]:
        return f"{line['label']} for {line['svc']} was merged as {label} for {run.issued[tid].body['svc']}"
    return ""


def _own_series_apart(run: Run, found: Finding) -> None:
    """Each own series belongs to one kiosk, and bears its name."""
    for tid, labels in run.labels.items():
        series = number_of(labels[-1])[0]
        if own_series(series) and not run.issued[tid].body.get("band"):
            actor = run.issued[tid].actor
            foreign = actor != f"dev:{series[:-1]}"
            found.saw(f"{labels[-1]} was given by {actor}" if foreign else "", [run.issued[tid].line])
