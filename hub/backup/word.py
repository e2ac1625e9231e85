"""What the stream and the drill say of each place: values, so that the hub that remembers them loads no copying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "full", "fault", "altered"]
#: One a week is meant: after this a drill is late.
LATE_MS = 8 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Word:
    """How one place stands. `behind_s`: since when there is something that it lacks; `whole_at` in ms since 1970."""

    place: str
    state: State = "missing"
    behind_s: float = 0.0
    seq: int = 0
    whole_at: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a drill found. `at` in ms since 1970; `problem` empty when the backup is what the box has."""

    place: str
    at: int
    seq: int = 0
    entries: int = 0
    tables: int = 0
    lacks: int = 0
    took_s: float = 0.0
    problem: str = ""
