"""What a supervisor is told: how well a queue or a counter goes, and what is worth an alert. Pure; times in ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hub.wire import CounterState, Level

#: B.3: a counter is INACTIF after five minutes without action while its queue is not empty.
IDLE_MS = 5 * 60_000
#: A break is long from here on, unless the agency says otherwise.
BREAK_MS = 30 * 60_000
#: States in which an action is awaited: nobody has a visitor in front, nor said why they pause.
_AWAITED: frozenset[CounterState] = frozenset({"free", "calling"})
#: A service is long from so many times its mean on; at a cv of 0.9 (D.1) one in fifteen is.
LONG_TIMES = 2.5
#: From this share of the target on, the P80 is near it.
NEAR = 0.8
#: Who has waited so many targets is too late, whatever the P80 of those received says.
TOO_LATE = 2.0
#: Worst first, for what is sorted by it.
WORST: dict[Level, int] = {"bad": 0, "warn": 1, "good": 2, "none": 3}

Flag = Literal["alarm", "idle", "long", "break", ""]


def is_idle(state: CounterState, state_ms: int, line_ms: int | None) -> bool:
    """Whether a counter is INACTIF: `state_ms` in its state, `line_ms` since its oldest visitor entered the line."""
    return state in _AWAITED and line_ms is not None and min(state_ms, line_ms) >= IDLE_MS


def is_long(state: CounterState, state_ms: int, mean_ms: float) -> bool:
    """Whether the service in front of a counter takes remarkably long."""
    return state == "serving" and state_ms >= LONG_TIMES * mean_ms


def flag_of(  # noqa: PLR0913 (all that may be remarkable)
    state: CounterState,
    state_ms: int,
    line_ms: int | None,
    mean_ms: float,
    break_ms: int = BREAK_MS,
    *,
    alarm: bool = False,
) -> Flag:
    """What is remarkable about a counter; `break_ms` is how long a break may last."""
    if alarm:
        return "alarm"
    if state == "paused":
        return "break" if state_ms > break_ms else ""
    if is_idle(state, state_ms, line_ms):
        return "idle"
    return "long" if is_long(state, state_ms, mean_ms) else ""


#: How a counter's tile is coloured: by its flag, else by its state.
_BY_FLAG: dict[Flag, Level] = {"alarm": "bad", "idle": "bad", "long": "warn", "break": "warn"}
_BY_STATE: dict[CounterState, Level] = {
    "closed": "none", "paused": "none", "free": "good", "calling": "good", "serving": "good",
}  # fmt: skip


def level_of_counter(state: CounterState, flag: Flag) -> Level:
    """How well a counter goes."""
    return _BY_FLAG.get(flag) or _BY_STATE[state]


def level_of_queue(p80_ms: int | None, oldest_ms: int | None, target_ms: int) -> Level:
    """How well a queue goes: today's P80 against its target, and whoever has waited longest."""
    if p80_ms is None and (oldest_ms or 0) <= target_ms:
        return "none"
    if (p80_ms or 0) > target_ms or (oldest_ms or 0) > TOO_LATE * target_ms:
        return "bad"
    return "warn" if (oldest_ms or 0) > target_ms or (p80_ms or 0) > NEAR * target_ms else "good"


@dataclass(frozen=True, slots=True)
class Line:
    """One queue now. `oldest_ms`: since the issue of whoever has waited longest."""

    waiting: int
    oldest_ms: int
    target_ms: int
    served: bool
    most: int | None = None


def alert_of(line: Line, max_wait_ms: int) -> tuple[str, Level] | None:
    """The alert that a queue is worth, one at most: `nobody` serves it, a `crowd` waits, or its oldest is `late`."""
    if not line.waiting:
        return None
    if not line.served:
        return "nobody", "bad"
    if line.most is not None and line.waiting > line.most:
        return "crowd", "bad" if line.oldest_ms > line.target_ms else "warn"
    if line.oldest_ms <= line.target_ms:
        return None
    return "late", "bad" if line.oldest_ms >= max_wait_ms else "warn"
