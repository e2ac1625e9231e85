"""The judge: what clients saw of a hub, and the hub's own export, in; whether anything was lost or doubled, out.

`mbote judge DIR`, or `python -m hub.judge DIR` with nothing but Python: this folder imports nothing of the hub, so
that it can judge any implementation (quality/history-format.md says how a run is written down). A run that the
recorders did not bring home whole is `unknown`, never valid; so is one with money in it that tells nothing of tills.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

from hub.judge.life import CLAIMS
from hub.judge.money import ENTRIES, money_of
from hub.judge.run import Line, Run
from hub.judge.table import CORE, MONEY, RULES, Rule
from hub.judge.verdict import Finding, Valid, Verdict

__all__ = ["Run", "Verdict", "judge", "judge_folder", "read_lines"]

FINAL = "final.jsonl"
#: Bytes of a recorder's line (section 1 of the history format).
LONGEST = 16 * 1024
#: The same export again: after a clean restart, and after a power cut.
AGAIN = {"restart": "final-restart.jsonl", "kill": "final-kill.jsonl"}


class NoRun(ValueError):
    """The folder holds no run that can be read; the text says what is wrong."""


def judge(
    history: Sequence[Line], final: Sequence[Line] = (), facts: Mapping[str, Any] | None = None, sha256: str = ""
) -> Verdict:
    """Hold a run against every rule. `facts` is what run.json says."""
    facts = facts or {}
    run = Run(history, final, facts)
    findings = {name: _look(rule, run) for name, rule in RULES.items()}
    expected = frozenset(facts.get("exercises", CORE)) | (MONEY if _has_money(run) else frozenset())
    vacuous = frozenset(name for name in expected if not findings[name].checked and findings[name].silent != "skipped")
    valid, why = _valid(findings, vacuous, run)
    verdict = Verdict(valid, findings, counts_of(run, findings), vacuous, why, sha256)
    verdict.faults = {
        name: [run.faults_at(breach.lines) for breach in finding.breaches] for name, finding in findings.items()
    }
    return verdict


def _has_money(run: Run) -> bool:
    return any(one.f.startswith(("cash.", "till.")) for one in run.operations)


def _look(rule: Rule, run: Run) -> Finding:
    found = Finding(silent=rule.silent)
    if rule.look is None:
        return found
    if rule.export and not run.has_export:
        found.silent = "skipped"
        return found
    rule.look(run, found)
    if not found.checked:
        found.silent = "vacuous"
    return found


def _valid(findings: Mapping[str, Finding], vacuous: frozenset[str], run: Run) -> tuple[Valid, str]:
    if findings["G0"].bad:
        return "unknown", f"the log is not whole: {findings['G0'].breaches[0].what}"
    if not run.facts.get("complete", True):
        return "unknown", "the driver did not bring the run to its end"
    broken = [name for name, finding in findings.items() if finding.bad]
    if broken:
        return False, f"broken: {', '.join(broken)}"
    if vacuous:
        return "unknown", f"nothing to look at for {', '.join(sorted(vacuous))}"
    return ("valid-partial", "no export: some rules were not looked at") if not run.has_export else (True, "")


def counts_of(run: Run, findings: Mapping[str, Finding]) -> dict[str, int]:
    """What always stands in a verdict, also when it is 0."""
    acked = [one for one in run.asked_tickets if one.oks]
    final = run.issued if run.has_export else {one.r["tid"]: None for one in acked}
    unknown = [one for one in run.asked_tickets if not one.oks and not one.refused]
    made = {(e.actor, e.key) for e in run.journal if e.kind == "ticket.issue"}
    return {
        "operations": len(run.operations),
        "requests": len(run.requests),
        "journal": len(run.journal),
        "tickets": len(run.issued),
        "acked_tickets": len(acked),
        "lost": sum(one.r["tid"] not in final for one in acked),
        "dup": findings["Q3"].bad + findings["Q4"].bad,
        "invented": findings["Q2"].bad,
        "recovered": sum((one.actor, one.key) in made for one in unknown),
        "double_calls": findings["Q8"].bad + findings["Q9"].bad,
        **_money_counts(run, findings),
        "calls": sum(one.f in CLAIMS and "tid" in one.r for one in run.requests.values()),
        "nobody": sum(bool(one.r.get("empty")) for one in run.requests.values()),
        "refused": sum(one.how == "fail" for one in run.operations),
        "info_ops": sum(one.how == "info" or one.end == inf for one in run.operations),
        "frames": len(run.seen["display.frame"]),
        "prints": len(run.prints),
        "kills": sum(f == "kill" for f, *_ in run.windows),
        "cuts": sum(f == "cut" for f, *_ in run.windows),
    }


def _money_counts(run: Run, findings: Mapping[str, Finding]) -> dict[str, int]:
    """The same of money; nothing of a run without any."""
    if not _has_money(run):
        return {}
    money = money_of(run)
    acked = [one for one in money.asked if one.r.get("eid") is not None]
    booked = {id(each.request) for each in money.all_entries()}
    return {
        "entries": sum(each.effect.kind in ENTRIES for each in money.all_entries()),
        "acked_entries": len(acked),
        "lost_entries": findings["C1"].bad,
        "dup_entries": findings["C3"].bad + findings["C4"].bad,
        "invented_entries": findings["C2"].bad,
        "recovered_entries": sum(id(one) in booked and not one.oks for one in money.asked),
        "closings": sum(e.kind == "till.close" for e in run.journal),
        "receipts": sum(line["r"].get("kind") == "receipt" for line in run.prints),
    }


# --- from files --------------------------------------------------------------------------------


def judge_folder(folder: Path) -> Verdict:
    """Judge a run that was written down. Raises NoRun when it cannot be read."""
    path = folder / "history.jsonl"
    facts = _facts(folder)
    exports = {name: read_lines(folder / file) for name, file in AGAIN.items() if (folder / file).is_file()}
    final = read_lines(folder / FINAL) if (folder / FINAL).is_file() else []
    history = read_lines(path)
    return judge(history, final, facts | {"exports": exports}, hashlib.sha256(path.read_bytes()).hexdigest())


def _facts(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise NoRun(f"{folder / 'run.json'}: {error}") from error
    return found


def read_lines(path: Path) -> list[Line]:
    """The lines of a file. Raises NoRun naming the first that is none."""
    lines: list[Line] = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                lines.append(_line(text, f"{path}:{number}"))
    except (OSError, UnicodeDecodeError) as error:
        raise NoRun(f"{path}: {error}") from error
    return lines


def _line(text: str, place: str) -> Line:
    try:
        line = json.loads(text)
    except ValueError as error:
        raise NoRun(f"{place}: {error}") from error
    # an export's line is as long as the entry it tells: a lot names every receipt of its closing
    if isinstance(line, dict) and "k" in line and len(text.encode()) > LONGEST:
        raise NoRun(f"{place}: longer than 16 KiB")
    if not isinstance(line, dict) or not ({"k", "t", "p", "n"} <= line.keys() or {"side", "type"} <= line.keys()):
        raise NoRun(f"{place}: a line of history has k, t, p, n; one of an export has side, type")
    return line
