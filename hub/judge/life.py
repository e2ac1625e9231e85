"""A ticket's life as requirements B.2 draw it: what may follow what. Written from the requirements, not from a hub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hub.judge.run import Effect

#: kind of entry → the states it may come from, and the state it leaves.
STEPS: dict[str, tuple[frozenset[str], str]] = {
    kind: (frozenset(before.split()), after)
    for kind, before, after in (
        ("call.next", "waiting", "called"),
        ("call.pick", "waiting", "called"),
        ("call.recall", "called", "called"),
        ("call.release", "called", "waiting"),
        ("call.noshow", "called", "no_show"),
        ("ticket.return", "no_show", "waiting"),
        ("ticket.pass", "waiting", "waiting"),
        ("serve.start", "called", "serving"),
        ("serve.hold", "serving", "on_hold"),
        ("serve.resume", "on_hold", "serving"),
        ("serve.transfer", "serving", "waiting"),
        ("serve.end", "serving", "served"),
        ("ticket.cancel", "issued waiting called", "cancelled"),
        ("ticket.unserved", "issued waiting called", "unserved"),
        ("ticket.unfinished", "serving on_hold", "unfinished"),
    )
}
#: What an undone step left → the state before it, and the state that comes back.
UNDONE = {"finish": ("served", "serving"), "no_show": ("no_show", "called"), "transfer": ("waiting", "serving")}
#: Entries that leave the state as it is, in whatever state.
SILENT = frozenset({"ticket.relabel", "ticket.reprint", "ticket.prio"})
#: Entries that give a ticket back to a queue, so that it may be claimed once more.
RELEASES = frozenset({"call.release", "ticket.return", "serve.transfer", "serve.undo"})
CLAIMS = frozenset({"call.next", "call.pick"})
#: Entries after which a call has left the counter.
ENDS_CALL = frozenset(
    {
        "call.noshow", "call.release", "serve.end", "serve.hold", "serve.transfer", "ticket.cancel", "ticket.unserved",
        "ticket.unfinished",
    }
)  # fmt: skip
TERMINAL = frozenset({"served", "cancelled", "unserved", "unfinished", "no_show"})
OPEN = frozenset({"waiting", "called", "serving", "on_hold"})
#: Issued, and nobody knows yet whether the visitor holds its paper.
IN_DOUBT = frozenset({"issued"})
STATES = TERMINAL | OPEN | IN_DOUBT


def follows(effect: Effect, state: str | None) -> tuple[str, str]:
    """The state after an entry, and what is wrong with it ('' when nothing is)."""
    if effect.kind == "ticket.issue":
        after = "issued" if effect.body.get("paper") == "awaited" else "waiting"
        return after, "" if state is None else f"issued again while {state}"
    if state is None:
        return "none", f"{effect.kind} of a ticket that was never issued"
    if effect.kind == "ticket.paper":
        gone = effect.body.get("how") == "failed"
        return ("waiting" if state == "issued" and not gone else state), ""
    if effect.kind == "serve.undo":
        before, after = UNDONE[effect.body["step"]]
        return after, "" if state == before else f"{effect.body['step']} undone while {state}"
    if effect.kind in STEPS:
        allowed, after = STEPS[effect.kind]
        return after, "" if state in allowed else f"{effect.kind} while {state}"
    return state, ""


def of_tickets(journal: Iterable[Effect]) -> Iterable[Effect]:
    """The entries that are about a ticket's life."""
    known = STEPS.keys() | SILENT | {"ticket.issue", "ticket.paper", "serve.undo"}
    return (effect for effect in journal if effect.tid is not None and effect.kind in known)


def fold(journal: Sequence[Effect]) -> dict[str, dict[str, Any]]:
    """Each ticket as the journal leaves it: label, day, state."""
    tickets: dict[str, dict[str, Any]] = {}
    for effect in of_tickets(journal):
        tid = effect.tid or ""
        known = tickets.get(tid)
        state, _ = follows(effect, known["state"] if known else None)
        if known is None:
            tickets[tid] = {"label": effect.body.get("label"), "day": effect.body.get("day"), "state": state}
            continue
        known["state"] = state
        if effect.kind == "ticket.relabel":
            known["label"] = effect.body["label"]
    return tickets
