"""What was asked and how it was answered, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hub.journal import Event

#: What people ask about.
Subject = Literal[
    "missing_months",
    "contributions",
    "case_state",
    "payment",
    "family",
    "registration",
    "documents",
    "account",
    "other",
]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
#: How it ended at the counter (requirements R-027); the two last go on to the back office.
Result = Literal["answered", "not_convinced", "complex"]
RESULTS: tuple[Result, ...] = get_args(Result)


@dataclass(frozen=True, slots=True)
class InquiryNoted(Event):
    """Somebody asked and was answered, or was not; of a visit by its ticket, else of a request without a visitor.

    Only an answer at the first level is an end; who was not convinced, or too complex a case, goes further.
    """

    kind: ClassVar[str] = "inquiry_noted"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "note"})
    inquiry: int
    subject_matter: Subject
    result: Result
    channel: str
    day: int | None = None
    ticket: int | None = None
    contact: int | None = None
    party: str | None = None
    note: str | None = None

    @property
    def subject(self) -> str:
        """The inquiry's number."""
        return f"inquiry {self.inquiry}"


@dataclass(frozen=True, slots=True)
class Looks:
    """What one agent has looked at today: how often, how many files, without a visitor, and most in one hour."""

    agent: str
    looks: int
    files: int
    without_ticket: int
    most_an_hour: int
