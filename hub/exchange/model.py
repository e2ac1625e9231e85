"""What the centre says to the agency: letters, numbered for each agency from 1 and signed, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from hub.journal import Event

State = Literal["waiting", "held", "applied", "refused"]
#: The topic of what the centre says of our messages.
ANSWERS = "answers"
#: The topic of what the centre tells the staff.
NOTICE = "notice"
#: A notice that does not say until when waits to be read for so many days.
NOTICE_DAYS = 90
#: The topic of what this agency answers to a letter, and the one aggregate that these have.
OUR_ANSWER, OUR_ANSWERS = "inbox.answer", "inbox"
#: The most letters of a motive, and of a file's name that is kept.
MOTIVE_LENGTH, NAME_LENGTH = 300, 120
#: The most letters of what the centre is told of a refused letter: each problem of a list.
NOTE_LENGTH = 2_000
#: state → step → state.
STEPS: dict[State, dict[str, State]] = {
    "waiting": {"hold": "held", "apply": "applied", "refuse": "refused"},
    "held": {"release": "waiting"},
    "applied": {},
    "refused": {},
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it came, its signature checked. `effective_on`: not before that day; `by`: who published it."""

    number: int
    key: str
    topic: str
    schema: int
    at: int
    payload: Any
    effective_on: str | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter that was taken. `payload` is None for answers, and once it was destroyed."""

    number: int
    key: str
    topic: str
    schema: int
    said_at: int
    effective_on: str | None
    by: str
    state: State
    code: str
    motive: str | None
    payload: Any
    at: int
    settled: int | None


@dataclass(frozen=True, slots=True)
class LetterEvent(Event):
    """Something happened to a letter."""

    letter: int

    @property
    def subject(self) -> str:
        """The letter's number."""
        return f"inbox {self.letter}"


@dataclass(frozen=True, slots=True)
class InboxLetterTaken(LetterEvent):
    """The centre has said something; `said_at`: its own clock (wall, ms). The payload is JSON, and may name people."""

    kind: ClassVar[str] = "inbox_letter_taken"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    key: str
    topic: str
    schema: int
    said_at: int
    effective_on: str | None
    by: str
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class InboxLetterApplied(LetterEvent):
    """What it says holds from now on."""

    kind: ClassVar[str] = "inbox_letter_applied"


@dataclass(frozen=True, slots=True)
class InboxLetterRefused(LetterEvent):
    """What it says makes no sense here; the centre is told the code."""

    kind: ClassVar[str] = "inbox_letter_refused"
    code: str


@dataclass(frozen=True, slots=True)
class InboxLetterHeld(LetterEvent):
    """Somebody has doubts: it does not take effect by itself."""

    kind: ClassVar[str] = "inbox_letter_held"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"motive"})
    motive: str | None = None


@dataclass(frozen=True, slots=True)
class InboxLetterReleased(LetterEvent):
    """The doubts are gone: it takes effect at its date, or now where that has passed."""

    kind: ClassVar[str] = "inbox_letter_released"


@dataclass(frozen=True, slots=True)
class InboxNoticeRead(LetterEvent):
    """An agent has read what the centre tells the staff; the entry says who."""

    kind: ClassVar[str] = "inbox_notice_read"


@dataclass(frozen=True, slots=True)
class InboxFileRefused(Event):
    """A file that is none of the centre's, or is damaged: nothing of it was taken. `file`: SHA-256 of what is in it."""

    kind: ClassVar[str] = "inbox_file_refused"
    file: str
    name: str
    code: str

    @property
    def subject(self) -> str:
        """The file."""
        return f"file {self.file[:12]}"
