"""What may happen to a deposit and to each of its documents; both machines are tables. Touches nothing.

Sources: requirements B.4 (states, motives, four eyes, undo), R-018 (no deposit without its number), R-038.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from hub.errors import IllegalStep, NotAllowed, Refused, Unreadable, chosen
from hub.services.deposit.model import (
    CHANNELS,
    MOTIVES,
    Channel,
    Deposit,
    Document,
    DocumentState,
    Outcome,
    State,
)

#: state → step → state, of one document (SAISI is a row of a draft and no state of the register).
DOCUMENT_STEPS: dict[DocumentState, dict[str, DocumentState]] = {
    "deposited": {"validate": "validated", "reject": "rejected", "ask": "to_complete"},
    "to_complete": {"supply": "deposited", "undo": "deposited"},
    "validated": {"undo": "deposited", "integrate": "integrated", "return": "anomaly"},
    "rejected": {"undo": "deposited", "replace": "rejected"},
    "anomaly": {"put_right": "deposited", "resend": "validated"},
    "integrated": {},
}
#: The same of a deposit; `decided` leads where its documents lead, see `left_by`.
DEPOSIT_STEPS: dict[State, frozenset[str]] = {
    "draft": frozenset({"type", "deposit", "abandon"}),
    "deposited": frozenset({"print", "hand", "decided"}),
    "validated": frozenset({"print", "hand", "decided"}),
    "partial": frozenset({"print", "hand", "decided"}),
    "rejected": frozenset({"print", "hand", "decided"}),
    "transmitted": frozenset({"print", "hand", "decided"}),
    "cancelled": frozenset(),
}
OUTCOMES: tuple[Outcome, ...] = ("validate", "reject", "ask")
#: States in which a document still waits for somebody here.
OPEN: frozenset[DocumentState] = frozenset({"deposited", "to_complete", "anomaly"})
NOTE_LENGTH = 300
_TYPED = re.compile(r"(?:(?P<agency>[A-Z0-9-]{2,32})/)?(?P<year>\d{4})/(?P<number>\d{1,6})(?:/(?P<check>\d{2}))?")


def step(document: Document, name: str) -> DocumentState:
    """The state that a step leads to. Raises IllegalStep naming the steps there are."""
    steps = DOCUMENT_STEPS[document.state]
    if name not in steps:
        raise IllegalStep(
            f"document {document.line} is {document.state}: {name} is not possible now",
            state=document.state, possible=sorted(steps),
        )  # fmt: skip
    return steps[name]


def may(deposit: Deposit, name: str) -> None:
    """Raise IllegalStep where a deposit has no such step now."""
    if name not in DEPOSIT_STEPS[deposit.state]:
        raise IllegalStep(
            f"deposit {deposit.label or deposit.id} is {deposit.state}: {name} is not possible now",
            state=deposit.state, possible=sorted(DEPOSIT_STEPS[deposit.state]),
        )  # fmt: skip


def left_by(states: Iterable[DocumentState]) -> State:
    """The state of a deposit whose documents are in these states."""
    found = set(states)
    if not found or found & OPEN:
        return "deposited"
    accepted = found - {"rejected"}
    if not accepted:
        return "rejected"
    if accepted == {"integrated"}:
        return "transmitted"
    return "partial" if "rejected" in found else "validated"


def channel(said: str) -> Channel:
    """How documents came. Raises Unreadable."""
    return chosen(said, CHANNELS, Unreadable(f"channel: one of {', '.join(CHANNELS)}", field="channel"))


# --- decisions -------------------------------------------------------------------------------


def decides(outcome: str) -> Outcome:
    """A decision that there is. Raises Unreadable."""
    return chosen(outcome, OUTCOMES, Unreadable(f"outcome: one of {', '.join(OUTCOMES)}", field="outcome"))


def undecided(document: Document, taken_by: str | None) -> None:
    """Raise Refused where somebody was quicker: the second is told by whom it was taken (B.4)."""
    if document.state != "deposited":
        raise Refused(
            f"document {document.line} is {document.state} already, by {taken_by or 'the head office'}",
            code="already_decided", by=taken_by or "", document=document.id,
        )  # fmt: skip


def by_another(deposit: Deposit, agent: str | None, *, four_eyes: bool) -> None:
    """Raise NotAllowed where four eyes are wanted and these are the two that took the documents in."""
    if four_eyes and agent is not None and deposit.agent == agent:
        raise NotAllowed("another agent decides on what you took in yourself", code="own_deposit", field="four_eyes")


def motive(outcome: Outcome, said: str, note: str) -> tuple[str, str | None]:
    """Why a document is not accepted as it is. Raises Unreadable without a motive, and for `other` without words."""
    kept = " ".join(note.split())[:NOTE_LENGTH] or None
    if outcome == "validate":
        return "", None
    code = "motive_needed"
    known = chosen(said, MOTIVES, Unreadable("say why, for each ticked document", code=code, field="motive"))
    if known == "other" and kept is None:
        raise Unreadable("in which words?", code="note_needed", field="note")
    return known, kept


def undo(document: Document, on: date, agent: str | None, *, four_eyes: bool) -> None:
    """A decision is taken back on its own day; with four eyes by somebody else than who took it."""
    step(document, "undo")
    if document.decided_on != on.isoformat():
        raise Refused("a decision is taken back on its own day only", code="too_late_to_undo")
    if four_eyes and agent is not None and document.decided_by == agent:
        raise NotAllowed("another agent takes back what you decided", code="own_decision")


# --- numbers ---------------------------------------------------------------------------------


def label_of(year: int, number: int) -> str:
    """`2013/000412` (R-005)."""
    return f"{year}/{number:06d}"


def code_of(agency: str, label: str) -> str:
    """What the QR of its paper says: agency, number, and two digits that notice a slip (ISO 7064, mod 97-10)."""
    return f"{agency}/{label}/{check_of(agency, label)}"


def check_of(agency: str, label: str) -> str:
    """The two digits: letters count 10 to 35, the whole with them is 1 modulo 97."""
    digits = "".join(str(int(each, 36)) for each in f"{agency}{label}".upper() if each.isalnum())
    return f"{98 - int(digits + '00') % 97:02d}"


def label_typed(text: str, year: int, agency: str = "") -> str | None:
    """The label meant by a number that was typed or scanned: `412`, `2013/412`, or all of a QR. None for no number.

    With check digits, whatever is wrong in it is noticed: then None, too. `agency`: ours, for a QR of another's.
    """
    plain = text.strip().upper()
    if plain.isascii() and plain.isdigit() and len(plain) <= 6:  # noqa: PLR2004 (digits of a number)
        return label_of(year, int(plain))
    found = _TYPED.fullmatch(plain)
    if found is None:
        return None
    label = label_of(int(found["year"]), int(found["number"]))
    named = found["agency"] or agency
    if (found["check"] and check_of(named, label) != found["check"]) or (agency and named != agency):
        return None
    return label
