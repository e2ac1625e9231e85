"""Every rule of quality/reliability.md, and whether this judge looks at it. A rule without a function says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub.judge import general, money, order, paper, queue, screens, tills
from hub.judge.run import Run
from hub.judge.verdict import Finding, Silence

Look = Callable[[Run, Finding], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `export`: it needs the hub's own journal. `core`: a run that gives it nothing to look at is vacuous.

    `money`: so is a run with money in it.
    """

    title: str
    look: Look | None = None
    export: bool = False
    core: bool = False
    money: bool = False
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
    "C1": Rule("no acknowledged entry lost", money.c1, export=True, money=True),
    "C2": Rule("no entry invented", money.c2, export=True, money=True),
    "C3": Rule("one entry a key", money.c3, money=True),
    "C4": Rule("receipts without a gap", money.c4, export=True, money=True),
    "C5": Rule("every entry and every till balances", money.c5, export=True, money=True),
    "C6": Rule("a balance that was read was one", money.c6, export=True),
    "C7": Rule("no till holds less than nothing", money.c7, export=True, money=True),
    "C8": Rule("an entry never changes, its first paper is the original", money.c8, export=True),
    "C9": Rule("taken back whole, once, with a reason", money.c9, export=True),
    "C10": Rule("two persons", money.c10, export=True),
    "C11": Rule("each entry in its session", tills.c11, export=True, money=True),
    "C12": Rule("one closing a session, counted blind", tills.c12, export=True),
    "C13": Rule("perpetual totals", tills.c13, export=True),
    "C14": Rule("paid once, at the visit's counter", money.c14),
    "C15": Rule("chains and signed heads", tills.c15, export=True),
    "C16": Rule("the centre has what was sent", tills.c16, export=True),
    "C17": Rule("nobody is told more than is known", money.c17),
}
CORE = frozenset(name for name, rule in RULES.items() if rule.core)
MONEY = frozenset(name for name, rule in RULES.items() if rule.money)
