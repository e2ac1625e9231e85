"""What reception adds to a day: people helped without a ticket. And what the receptionist sees, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hub.journal import Event
from hub.wire import Followed, Wait

#: What can be done with a ticket at reception. The queues' own rules have the last word.
Step = Literal["confirm", "return", "reprint", "priority", "let_pass", "cancel"]
#: Why a paper may be missing: none was reported, the printer failed, nobody knows, or nobody came for it in time.
Doubt = Literal["awaited", "failed", "unknown", "dropped"]


@dataclass(frozen=True, slots=True)
class RollLine:
    """One line of the paper roll: what is meant by it, or the code of what is wrong. `at` is HH:MM."""

    typed: str
    number: int = 0
    label: str = ""
    service: str = ""
    at: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AnswerEvent(Event):
    """Something about a visitor who was helped on the spot."""

    answer: int

    @property
    def subject(self) -> str:
        """The answer's row."""
        return f"reception_answer {self.answer}"


@dataclass(frozen=True, slots=True)
class VisitorAnswered(AnswerEvent):
    """A visitor was helped at reception and needs no ticket; `service` is what they came for."""

    kind: ClassVar[str] = "visitor_answered"
    day: int
    service: str


@dataclass(frozen=True, slots=True)
class AnswerWithdrawn(AnswerEvent):
    """A slip of the finger: that visitor was not answered."""

    kind: ClassVar[str] = "answer_withdrawn"


@dataclass(frozen=True, slots=True)
class Answer:
    """One visitor helped on the spot."""

    id: int
    day: int
    service: str
    withdrawn: bool = False


# --- what is seen ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """What a ticket can be given for, and what would be announced."""

    code: str
    prefix: str
    label: str
    icon: str
    waiting: int
    wait: Wait | None
    served: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One ticket, with what can be done about it. `left_min`: how long an absent visitor may still come back.

    `followed`: what its holder is told of it.
    """

    id: str
    label: str
    service: str
    service_label: str
    state: str
    paper: str
    priority: str
    channel: str
    issued: str
    waited_min: int
    counter: str
    requester: str
    copies: int
    steps: tuple[Step, ...]
    left_min: int | None = None
    followed: Followed | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A paper that may not have come out. `job` is the print job, None for a kiosk's own ticket."""

    sheet: Sheet
    why: Doubt
    job: int | None
    since_min: int


@dataclass(frozen=True, slots=True)
class Given:
    """A ticket just given: what to tell the visitor."""

    sheet: Sheet
    ahead: int
    wait: Wait | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something at a device that a person should look at; `help` is a visitor who calls."""

    device: str
    part: str
    state: str
    since_min: int
    help: bool = False
    place: str = ""
