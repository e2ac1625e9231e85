"""What a request is, who works on it until it is answered, and every fact that can happen to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from hub.days import Calendar
from hub.journal import Event

#: Requirements B.6: RENSEIGNEMENT, REQUETE, RECLAMATION, DEMANDE_ATTESTATION.
What = Literal["inquiry", "request", "complaint", "certificate_request"]
WHATS: tuple[What, ...] = get_args(What)
#: OUVERTE · RESOLUE_N1 · ESCALADEE · EN_COURS · ATTENTE_USAGER · REPONDUE · CLOSE.
State = Literal["open", "resolved", "escalated", "in_hand", "awaiting_visitor", "answered", "closed"]
#: Why the counter could not answer: NON_CONVAINCU, SITUATION_COMPLEXE, HORS_DROITS.
ESCALATIONS = ("not_convinced", "complex", "no_rights")
#: How somebody asked, and how the answer reaches them.
CHANNELS = ("counter", "mail", "telephone", "online", "administration")
ANSWER_CHANNELS = ("counter", "mail", "sms", "telephone")


@dataclass(frozen=True, slots=True)
class Office:
    """What the agency's requests go by, read from data (`office.toml`)."""

    days: Mapping[str, int]
    reasons: Mapping[str, Mapping[str, str]]
    calendar: Calendar = field(default_factory=Calendar)
    #: The service to queue for when somebody comes back; '' where the agency has none.
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. The personal fields are None once they are purged; dates are ISO."""

    id: int
    label: str
    what: What
    reason: str
    state: State
    level: int
    escalation: str | None
    service: str | None
    owner: str | None
    ticket: int | None
    day: int | None
    agent: str | None
    channel: str
    party: str | None
    visitor: str | None
    reach: str | None
    text: str | None
    answer: str | None
    answer_channel: str | None
    answered_on: str | None
    opened_on: str
    due_on: str
    at: int
    copies: int = 0

    def late(self, today: str) -> bool:
        """Whether its day has gone by without an answer."""
        return self.state in ("open", "escalated", "in_hand", "awaiting_visitor") and self.due_on < today


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what happened to a request; `text` may name people."""

    at: int
    agent: str | None
    kind: str
    facts: Mapping[str, object] = field(default_factory=dict)
    text: str | None = None


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestEvent(Event):
    """Something about a request."""

    request: int

    @property
    def subject(self) -> str:
        """The request's row."""
        return f"request {self.request}"


@dataclass(frozen=True, slots=True)
class RequestOpened(RequestEvent):
    """Somebody wants something that the counter writes down. Who, and what in their words, is private.

    `inquiry`: the question that was noted before and could not be answered; it goes on here.
    """

    kind: ClassVar[str] = "request_opened"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "visitor", "reach", "text"})
    label: str
    year: int
    number: int
    epoch: int
    what: What
    reason: str
    channel: str
    opened_on: str
    due_on: str
    day: int | None = None
    ticket: int | None = None
    party: str | None = None
    visitor: str | None = None
    reach: str | None = None
    text: str | None = None
    inquiry: int | None = None


@dataclass(frozen=True, slots=True)
class RequestResolved(RequestEvent):
    """It was answered at the counter, at once: the first level."""

    kind: ClassVar[str] = "request_resolved"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"answer"})
    on: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class RequestEscalated(RequestEvent):
    """It goes to a back desk: why, and which."""

    kind: ClassVar[str] = "request_escalated"
    why: str
    service: str
    level: int


@dataclass(frozen=True, slots=True)
class RequestTaken(RequestEvent):
    """An agent of the back office works on it."""

    kind: ClassVar[str] = "request_taken"


@dataclass(frozen=True, slots=True)
class RequestNoted(RequestEvent):
    """A note among colleagues: the visitor never reads it."""

    kind: ClassVar[str] = "request_noted"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text"})
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RequestPassedOn(RequestEvent):
    """It was for another desk."""

    kind: ClassVar[str] = "request_passed_on"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text"})
    service: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class VisitorAsked(RequestEvent):
    """Something is needed from the visitor: they are asked to write, or to come."""

    kind: ClassVar[str] = "visitor_asked"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text"})
    channel: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class VisitorReplied(RequestEvent):
    """The visitor gave what was needed."""

    kind: ClassVar[str] = "visitor_replied"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text"})
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RequestAnswered(RequestEvent):
    """The back office has the answer; it has yet to reach the visitor, by the channel that they chose."""

    kind: ClassVar[str] = "request_answered"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"answer"})
    on: str
    channel: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class RequestClosed(RequestEvent):
    """The visitor knows the answer."""

    kind: ClassVar[str] = "request_closed"
    on: str


@dataclass(frozen=True, slots=True)
class RequestContested(RequestEvent):
    """The visitor does not accept the answer: it is studied again, one level higher."""

    kind: ClassVar[str] = "request_contested"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text"})
    level: int
    service: str
    due_on: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RequestPrinted(RequestEvent):
    """Its acknowledgement was printed: `copy` 0 the first time."""

    kind: ClassVar[str] = "request_printed"
    copy: int
