"""The words of this room: who asks at the counter, whom it concerns, and a request without a visitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hub.clock import Instant
from hub.journal import Event

#: Who the requester is to the person concerned (requirements R-052).
Quality = Literal["self", "proxy", "employer", "guardian", "relative"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)
#: How somebody asks who has no ticket (R-026): at the desk itself, from elsewhere; `control` is the fund's own check.
Channel = Literal["counter", "mail", "telephone", "online", "administration", "control"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)


@dataclass(frozen=True, slots=True)
class Requester:
    """Who stands at the counter. `party` is the row of a file, when they have one."""

    name: str
    quality: Quality = "self"
    party: str | None = None


@dataclass(frozen=True, slots=True)
class Concerned:
    """Somebody whom a visit is about: a file, or a number and a name that no file has yet."""

    rank: int
    party: str | None
    number: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A request that came without a visitor: it is the reason for every look until it ends."""

    id: int
    agent: str
    channel: Channel
    motive: str
    began: Instant
    ended: bool = False


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VisitEvent(Event):
    """Something about a visit; `ticket` is its row."""

    ticket: int

    @property
    def subject(self) -> str:
        """The visit's ticket."""
        return f"visit {self.ticket}"


@dataclass(frozen=True, slots=True)
class RequesterNamed(VisitEvent):
    """It is known who stands at the counter; the last word counts."""

    kind: ClassVar[str] = "requester_named"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"name", "party"})
    quality: Quality
    name: str | None = None
    party: str | None = None


@dataclass(frozen=True, slots=True)
class ConcernedAdded(VisitEvent):
    """The visit is about this person or employer, too."""

    kind: ClassVar[str] = "concerned_added"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "number", "name"})
    rank: int
    party: str | None = None
    number: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ConcernedRemoved(VisitEvent):
    """It was not about them after all."""

    kind: ClassVar[str] = "concerned_removed"
    rank: int


@dataclass(frozen=True, slots=True)
class VisitPrinted(VisitEvent):
    """The slip of the visit was printed; `copy` is 0 for the first."""

    kind: ClassVar[str] = "visit_printed"
    copy: int


@dataclass(frozen=True, slots=True)
class ContactEvent(Event):
    """Something about a request without a visitor."""

    contact: int

    @property
    def subject(self) -> str:
        """The request's number."""
        return f"contact {self.contact}"


@dataclass(frozen=True, slots=True)
class ContactBegun(ContactEvent):
    """Somebody wrote or telephoned, and an agent looks into it. Why names persons, so it is private."""

    kind: ClassVar[str] = "contact_begun"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"motive"})
    channel: Channel
    motive: str | None = None


@dataclass(frozen=True, slots=True)
class ContactEnded(ContactEvent):
    """That request is done with."""

    kind: ClassVar[str] = "contact_ended"
