"""Every rule of quality/reliability.md, and whether this judge looks at it. A rule without a function says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub.judge import general, order, paper, queue, screens
from hub.judge.run import Run
from hub.judge.verdict import Finding, Silence

Look = Callable[[Run, Finding], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `export`: it needs the hub's own journal. `core`: a run that gives it nothing to look at is vacuous."""

    title: str
    look: Look | None = None
    export: bool = False
    core: bool = False
    silent: Silence = ""


RULES: dict[str, Rule] = {
    "G0": Rule("the log is whole", general.g0, core=True),
    "G1": Rule("the journal's order is that of real time", general.g1, export=True),
    "G2": Rule("one key, one answer", general.g2, core=True),
    "G3": Rule("who wrote reads what they wrote", general.g3),
    "G4": Rule("the state is what the journal gives, after each start again", general.g4, export=True),
    "G5": Rule("refused means not done", general.g5, export=True),
    "G6": Rule("nobody acts unpaired or revoked", general.g6),
    "G7": Rule("durable before the answer, by system calls", silent="skipped"),
    "G8": Rule("after the faults everything ends", general.g8),
    "G9": Rule("epochs rise, no id is given twice", general.g9, export=True),
    "Q1": Rule("no acknowledged ticket lost", queue.q1, export=True, core=True),
    "Q2": Rule("no ticket invented", queue.q2, export=True, core=True),
    "Q3": Rule("one ticket a key, one key a press", queue.q3, core=True),
    "Q4": Rule("one ticket a label and day", queue.q4, core=True),
    "Q5": Rule("a label never changes", queue.q5, core=True),
    "Q6": Rule("numbers rise, holes are accounted for", queue.q6, core=True),
    "Q7": Rule("the life of a ticket", queue.q7, export=True),
    "Q8": Rule("one counter a ticket, one visitor a counter", queue.q8, export=True),
    "Q9": Rule("next is a claim", queue.q9),
    "Q10": Rule("no false empty", order.q10),
    "Q11": Rule("called in the agency's order", order.q11),
    "Q12": Rule("nobody passed over too often", order.q12, export=True),
    "Q13": Rule("screens show what is so", screens.q13),
    "Q14": Rule("screens show it soon", screens.q14),
    "Q15": Rule("announced once", screens.q15),
    "Q16": Rule("each press is answered", paper.q16),
    "Q17": Rule("paper and record agree", paper.q17, export=True),
    "Q18": Rule("what a kiosk gave alone is merged as it was", paper.q18, export=True),
    "Q19": Rule("the business day", queue.q19, export=True),
    "Q20": Rule("durations", queue.q20, export=True),
    **{
        f"C{number}": Rule(title, silent="not_built")
        for number, title in enumerate(
            (
                "no entry lost", "no entry invented", "no entry doubled", "gapless receipts", "balance", "reads fit",
                "no overdraft", "immutable", "correction", "two persons", "session", "closing", "perpetual total",
                "money matches the act", "chain", "head office", "pending money",
            ),
            start=1,
        )
    },
}  # fmt: skip
CORE = frozenset(name for name, rule in RULES.items() if rule.core)
