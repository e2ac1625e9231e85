"""What a message is to the centre, beside what it has: new, known, too early. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

#: What is known of a message here.
State = Literal["acknowledged", "integrated", "rejected"]
#: `new` and `newer` are kept, `known` and `older` are answered again, `early` and `reused` are not taken.
Found = Literal["new", "newer", "known", "older", "early", "reused"]
#: Why messages are rejected: those of this receiver, and those that every integrating program may use.
CODES = (
    "key_reuse", "unknown_topic", "unknown_schema", "bad_payload", "unknown_person", "unknown_employer",
    "unknown_document_type", "unknown_event", "duplicate", "file_closed", "not_allowed", "by_hand",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """A message of an agency, its signature checked."""

    agency: str
    epoch: int
    number: int
    version: int
    schema: int
    topic: str
    aggregate: str
    follows: str | None
    key: str
    payload: Any
    line: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the centre has of a key. `content` is what it said, as text: a copy says the same."""

    version: int
    content: str
    state: State
    code: str = ""
    note: str = ""


def weigh(version: int, content: str, held: Held | None, *, has_before: bool) -> Found:
    """What a message is. `has_before`: whether the one that it follows is here, or it follows none."""
    if held is not None and version < held.version:
        return "older"
    if held is not None and version == held.version:
        return "known" if content == held.content else "reused"
    if not has_before:
        return "early"
    return "new" if held is None else "newer"
