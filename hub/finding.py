"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, what was found, and what to do unless it is ok."""

    what: str
    state: State
    found: str
    do: str = ""
