"""What a physical panel shows for what it knows: the number, whether it blinks, and the lamps. Pure.

The hub's picture is the truth; over it lie, in this order, a link that is lost, a key that is stuck,
and for two seconds the answer to a press that the picture does not show (a refusal, nobody to call).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hub.wire import CounterFace, CounterState

Lamp = Literal["free", "calling", "serving", "fault"]
Words = Mapping[str, str]

#: How long the answer to a press stays.
FLASH_S = 2.0
#: state → where its text comes from, whether it blinks, and its lamp.
STATES: dict[CounterState, tuple[Literal["word", "waiting", "ticket"], bool, Lamp | None]] = {
    "closed": ("word", False, None),
    "paused": ("word", False, None),
    "free": ("waiting", False, "free"),
    "calling": ("ticket", True, "calling"),
    "serving": ("ticket", False, "serving"),
}
#: A refusal's code → the word it is told with; any other is "refused".
REFUSALS = {"no_agent": "open", "too_soon": "wait", "too_few_calls": "wait", "day_closed": "closed"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the number display and the lamps show now."""

    text: str
    blinks: bool = False
    lamps: frozenset[Lamp] = frozenset()


FAULT: frozenset[Lamp] = frozenset({"fault"})


@dataclass(frozen=True, slots=True)
class Known:
    """What a panel knows: the hub's picture of its counter, and what lies over it. `flash` names a short word.

    `code`: what an administrator types so that the hub knows this box.
    """

    face: CounterFace | None = None
    away: bool = True
    stuck: bool = False
    flash: str = ""
    code: str = ""


def shown(known: Known, words: Words, width: int = 8) -> Shown:
    """The panel's face, in `width` characters."""
    if known.away:
        code = known.code.replace("-", "")  # half of one is none
        return Shown(code if code and len(code) <= width else words["short_away"], lamps=FAULT)
    stuck = FAULT if known.stuck else frozenset()
    if known.face is None:
        return Shown(words["short_starting"], lamps=stuck)
    source, blinks, lamp = STATES[known.face.state]
    lamps = frozenset({lamp} if lamp else ()) | stuck
    if known.flash:
        return Shown(
            words[f"short_{known.flash}"][:width], lamps=lamps | (FAULT if known.flash == "unknown" else frozenset())
        )
    return Shown(fitted(_text(source, known.face, words), width), blinks, lamps)


def _text(source: str, face: CounterFace, words: Words) -> str:
    if source == "waiting":
        return _waiting(face, words)
    return face.ticket or "" if source == "ticket" else words[f"short_{face.state}"]


def _waiting(face: CounterFace, words: Words) -> str:
    return str(face.waiting) if face.waiting else words["short_nobody"]


def fitted(label: str, width: int) -> str:
    """A label in so many characters: without its hyphen, then without leading zeros, then its end."""
    without_zeros = re.sub(r"-0*", "-", label)
    shorter = (label, label.replace("-", ""), without_zeros)
    return next((text for text in shorter if len(text) <= width), label.replace("-", "")[-width:])


def refusal(code: str) -> str:
    """The name of the short word for a refusal."""
    return REFUSALS.get(code, "refused")
