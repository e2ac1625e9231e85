"""What the rules found: counts that are always there, and for each breach the lines that prove it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hub.judge.run import Line

#: How many breaches of one rule are proved line by line; the others are counted.
PROVED = 5
#: Why a rule did not look: the export or a trace is missing; or the run has no such thing.
Silence = Literal["", "skipped", "vacuous"]
Valid = bool | Literal["unknown", "valid-partial"]
EXITS: dict[Valid, int] = {True: 0, "valid-partial": 0, False: 1, "unknown": 2}


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach in a sentence, and the shortest list of lines that proves it."""

    what: str
    lines: tuple[Line, ...] = ()


@dataclass(slots=True)
class Finding:
    """What one rule looked at and found."""

    checked: int = 0
    bad: int = 0
    breaches: list[Breach] = field(default_factory=list)
    skipped: int = 0
    silent: Silence = ""

    def saw(self, what: str = "", lines: Sequence[Line] = ()) -> None:
        """One more was looked at; `what` says what is wrong with it, '' that nothing is."""
        self.checked += 1
        if what:
            self.breach(what, lines)

    def breach(self, what: str, lines: Sequence[Line] = ()) -> None:
        """Something is wrong."""
        self.bad += 1
        if self.bad <= PROVED:
            self.breaches.append(Breach(what, tuple(sorted(lines, key=lambda line: line.get("t", 0)))))


@dataclass(slots=True)
class Verdict:
    """The judgement of one run."""

    valid: Valid
    rules: dict[str, Finding]
    counts: dict[str, int]
    vacuous: frozenset[str]
    why: str = ""
    history_sha256: str = ""
    faults: dict[str, list[list[Line]]] = field(default_factory=dict)

    @property
    def bad(self) -> dict[str, list[str]]:
        """Sentences by rule, a list for any of them; empty for a run without a breach."""
        found: dict[str, list[str]] = defaultdict(list)
        for rule, finding in self.rules.items():
            if finding.bad:
                found[rule] = [breach.what for breach in finding.breaches]
        return found

    @property
    def exit(self) -> int:
        """0 valid, 1 invalid, 2 unknown or vacuous."""
        return EXITS[self.valid]

    def as_json(self) -> dict[str, Any]:
        """The verdict as it is written down (quality/history-format.md, section 7)."""
        return {
            "valid": self.valid,
            "why": self.why,
            "rules": {rule: self._rule(rule, finding) for rule, finding in self.rules.items()},
            "vacuous": sorted(self.vacuous),
            "counts": self.counts,
            "history_sha256": self.history_sha256,
        }

    def _rule(self, rule: str, finding: Finding) -> dict[str, Any]:
        said: dict[str, Any] = {"checked": finding.checked, "bad": finding.bad}
        if finding.skipped:
            said["skipped"] = finding.skipped
        if finding.silent:
            said["silent"] = finding.silent
        if finding.breaches:
            said["first"] = [line["op"] for line in finding.breaches[0].lines if "op" in line]
            faults = self.faults.get(rule, [])
            said["breaches"] = [
                {"what": breach.what, "lines": list(breach.lines), "faults": open_then}
                for breach, open_then in zip(finding.breaches, faults, strict=True)
            ]
        return said

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.counts.items())
        breaches = [f"{rule}: {what}" for rule, said in self.bad.items() for what in said[:3]]
        return "; ".join([f"{json.dumps(self.valid)}{f' ({self.why})' if self.why else ''}", counts, *breaches])
