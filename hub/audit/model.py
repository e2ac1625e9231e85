"""What an auditor reads, and the facts that reading itself leaves in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hub.journal import Event


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of days (wall, ms; `until` not included), of an agent, a device, a family, about a subject.

    `text` is looked for in what entries say openly; whatever is empty is not asked.
    """

    since: int | None = None
    until: int | None = None
    agent: str = ""
    device: str = ""
    family: str = ""
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is read; `hidden`: it has a private part that is still kept, `purged`: one that is not."""

    seq: int
    at: int
    certain: bool
    agent: str | None
    device: str | None
    kind: str
    family: str
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    hidden: bool = False
    purged: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Lines, newest first. `older`: go on below this entry; None when all was looked through."""

    lines: tuple[Line, ...]
    older: int | None


@dataclass(frozen=True, slots=True)
class Could:
    """What somebody could do at a moment: their roles, since when (wall, ms), and duties that exclude each other."""

    agent: str
    name: str
    roles: tuple[str, ...]
    since: int
    by: str | None
    conflicts: tuple[str, ...] = ()


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfigurationChanged(Event):
    """The box started with other settings, files or another version than it had recorded last.

    `changes`: which, its value before and after (`hub.audit.configuration`); None: it was not there, or is no more. Who
    wrote the files the box cannot know: it says so as itself.
    """

    kind: ClassVar[str] = "configuration_changed"
    changes: tuple[tuple[str, str | None, str | None], ...]

    @property
    def subject(self) -> str:
        """What the box was configured to be."""
        return "configuration"


@dataclass(frozen=True, slots=True)
class AuditRead(Event):
    """The journal was searched: by what. What was typed may name somebody, so it is private."""

    kind: ClassVar[str] = "audit_read"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text", "about"})
    family: str = ""
    agent: str = ""
    device: str = ""
    since: int | None = None
    until: int | None = None
    text: str | None = None
    about: str | None = None

    @property
    def subject(self) -> str:
        """The journal itself."""
        return "journal"


@dataclass(frozen=True, slots=True)
class PrivateRead(Event):
    """The private part of an entry was shown, and why."""

    kind: ClassVar[str] = "private_read"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"motive"})
    entry: int
    motive: str | None = None

    @property
    def subject(self) -> str:
        """The entry."""
        return f"entry {self.entry}"


@dataclass(frozen=True, slots=True)
class AuditExported(Event):
    """A copy of entries left the hub. `digest` is the SHA-256 of its manifest; `persons`: private parts went too."""

    kind: ClassVar[str] = "audit_exported"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"motive"})
    entries: int
    matches: int
    persons: bool
    digest: str
    motive: str | None = None

    @property
    def subject(self) -> str:
        """The journal itself."""
        return "journal"
