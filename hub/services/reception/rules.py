"""What reception decides by itself: what can be asked of a ticket, what a typed label means, when a motive is due.

What may happen to a ticket is for the queues' rules; the table here is only what is offered, and a
test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hub.clock import Instant, elapsed
from hub.errors import Refused, Unreadable
from hub.services.reception.model import Answer, AnswerWithdrawn, Step

#: state of a ticket → what reception offers, the likeliest first.
OFFERED: dict[str, tuple[Step, ...]] = {
    "issued": ("confirm", "reprint", "priority", "cancel"),
    "waiting": ("reprint", "priority", "cancel"),
    "called": ("reprint", "priority", "cancel"),
    "serving": ("reprint",),
    "on_hold": ("reprint",),
    "no_show": ("return", "reprint"),
}
#: A kiosk reports its paper within seconds; sooner, a ticket is not in doubt but being printed.
IN_DOUBT_AFTER_MS = 10_000
#: A slip of the finger is noticed at once.
WITHDRAW_MS = 10 * 60_000
_MS_PER_MIN = 60_000
_TYPED = re.compile(r"([A-Z]{0,2}|[A-Z0-9][A-Z0-9_]*-)\s*0*(\d{1,6})")


def offered(state: str, return_left_min: int | None) -> tuple[Step, ...]:
    """What can be done with a ticket; bringing back only while it may come back."""
    return tuple(step for step in OFFERED.get(state, ()) if step != "return" or return_left_min)


def return_left_min(ended: Instant | None, returns: int, now: Instant, limit_min: int) -> int | None:
    """Minutes in which an absent visitor may still come back; None when they no longer may."""
    if ended is None or returns:
        return None
    left = limit_min - elapsed(ended, now).ms // _MS_PER_MIN
    return left if left > 0 else None


def paper_in_doubt(paper: str, issued: Instant, now: Instant) -> bool:
    """Whether a person should ask for the paper of a ticket that cannot be called yet."""
    return paper == "failed" or elapsed(issued, now).ms >= IN_DOUBT_AFTER_MS


def labels_meant(typed: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    """The labels that somebody may mean who types `d14`, `D 014`, `14` or `k1-7`; none when it is no label."""
    found = _TYPED.fullmatch(" ".join(typed.upper().split()))
    if found is None:
        return ()
    series, number = found[1], int(found[2])
    if series:
        return (f"{series}{number:03d}",)
    return (str(number), *(f"{prefix}{number:03d}" for prefix in prefixes if prefix))


def motive(reason: str, *, needed: bool) -> str | None:
    """A motive as it is recorded. Raises Unreadable when one is needed and missing."""
    said = " ".join(reason.split())
    if needed and not said:
        raise Unreadable("say why", code="reason_needed", field="reason")
    return said or None


def withdraw(answer: Answer, answered: Instant, now: Instant) -> AnswerWithdrawn:
    """Take back an answer that was noted by mistake, soon after."""
    if answer.withdrawn:
        raise Refused("this was already taken back", code="withdrawn")
    if elapsed(answered, now).ms > WITHDRAW_MS:
        raise Refused("this was noted too long ago to be taken back", code="too_late")
    return AnswerWithdrawn(answer.id)
