"""What retention decides by itself: how old is old enough, and who may say that it goes."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.errors import IllegalStep, NotAllowed, Refused, Unreadable, written
from hub.privacy.model import Due, Proposal, State

#: step → the states in which it is possible.
STEPS: dict[str, tuple[State, ...]] = {
    "approve": ("proposed",),
    "withdraw": ("proposed", "approved"),
    "destroy": ("approved",),
    "wipe": ("destroyed",),
    # a backup from before brought it back
    "repeat": ("wiped",),
}
#: So many different agents approve (requirements C.9).
APPROVALS = 2
MOTIVE_LENGTH = 200


def cut(now_ms: int, months: int) -> int:
    """Before when something kept for so many months is old enough (wall, ms); the day of the month stays, or falls."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return int(now.replace(year=year, month=month + 1, day=min(now.day, 28)).timestamp() * 1000)


def proposable(due: tuple[Due, ...], going_on: Proposal | None) -> tuple[Due, ...]:
    """What a proposal holds. Raises Refused when there is nothing, or another one is going on."""
    if going_on is not None:
        raise Refused("another proposal is not done with: end that one first", code="one_at_a_time")
    held = tuple(each for each in due if each.entries)
    if not held:
        raise Refused("nothing is old enough to be destroyed", code="nothing_due")
    return held


def approved(proposal: Proposal, agent: str) -> bool:
    """Whether this approval is the last one needed. Raises IllegalStep, NotAllowed for the same agent again."""
    step(proposal, "approve")
    if agent in proposal.approved_by:
        raise NotAllowed("you approved already: another person must", code="second_person")
    return len(proposal.approved_by) + 1 >= APPROVALS


def step(proposal: Proposal, name: str) -> None:
    """Raises IllegalStep when the proposal is not in a state for it."""
    if proposal.state not in STEPS[name]:
        possible = sorted(each for each, states in STEPS.items() if proposal.state in states)
        raise IllegalStep(f"this proposal is {proposal.state}", state=proposal.state, possible=possible)


def motive(said: str) -> str:
    """Why a report is made. Raises Unreadable without a word."""
    return written(said, MOTIVE_LENGTH, Unreadable("say why", code="motive_needed", field="motive"))
