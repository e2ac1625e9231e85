"""What is proposed to be destroyed, and the facts that say what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hub.clock import Instant
from hub.journal import Event

#: proposed → approved (by two) → destroyed (the rows are gone) → wiped (no trace is left in the file); or withdrawn.
State = Literal["proposed", "approved", "destroyed", "wiped", "withdrawn"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Class:
    """One class of what is kept: the kinds of event whose private part it is, and for how many months; 0: for ever."""

    name: str
    months: int
    title: Mapping[str, str]
    kinds: tuple[str, ...]

    def called(self, language: str) -> str:
        """Its name, in the language or in any there is."""
        return self.title.get(language) or next(iter(self.title.values()))


@dataclass(frozen=True, slots=True)
class Due:
    """What of one class is old enough: so many entries up to number `until`, all older than `before` (wall, ms)."""

    name: str
    before: int
    until: int
    entries: int


@dataclass(frozen=True, slots=True)
class Held:
    """What of one class is old enough and stays: so many entries, of files (`request 7`) that are still worked on."""

    entries: int
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What shall be destroyed, who said so, and how far it is. `held`: files that it leaves alone, then worked on."""

    id: int
    state: State
    due: tuple[Due, ...]
    manifest: str
    proposed: Instant
    proposed_by: str | None
    approved_by: tuple[str, ...] = ()
    ended: int | None = None
    held: tuple[str, ...] = ()

    @property
    def entries(self) -> int:
        """Of how many entries the private part goes."""
        return sum(each.entries for each in self.due)


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RetentionEvent(Event):
    """Something about a proposal."""

    proposal: int

    @property
    def subject(self) -> str:
        """The proposal."""
        return f"retention {self.proposal}"


@dataclass(frozen=True, slots=True)
class DestructionProposed(RetentionEvent):
    """These private parts are old enough. `due`: class, before (ms), until (entry), entries; `manifest`: SHA-256.

    `held`: the files that were still worked on, of which nothing is in the list.
    """

    kind: ClassVar[str] = "destruction_proposed"
    due: tuple[tuple[str, int, int, int], ...]
    manifest: str
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DestructionApproved(RetentionEvent):
    """One of the two who must approve it did."""

    kind: ClassVar[str] = "destruction_approved"


@dataclass(frozen=True, slots=True)
class DestructionWithdrawn(RetentionEvent):
    """It is not to be done."""

    kind: ClassVar[str] = "destruction_withdrawn"


@dataclass(frozen=True, slots=True)
class PrivateDestroyed(RetentionEvent):
    """The private parts are gone: of so many entries, and what so many rows had of them."""

    kind: ClassVar[str] = "private_destroyed"
    entries: int
    rows: int
    manifest: str


@dataclass(frozen=True, slots=True)
class TracesWiped(RetentionEvent):
    """The file was written anew: nothing of what was destroyed is left in its free places, nor in the log."""

    kind: ClassVar[str] = "traces_wiped"


@dataclass(frozen=True, slots=True)
class PersonReported(Event):
    """A report of all that is held about a person was made, for that person. Whom, and why, is private."""

    kind: ClassVar[str] = "person_reported"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "motive"})
    party: str | None = None
    motive: str | None = None

    @property
    def subject(self) -> str:
        """The person is in the private part."""
        return "person"
