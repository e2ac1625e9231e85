"""The words of this room: what a file shows, and the facts that are journalled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from hub.journal import Event

#: Stands in place of a value that the reader may not see; a page says "non autorisé" for it.
MASKED = "\x00masked"
#: Why a file is looked at: for a ticket at the counter, for somebody who asks from elsewhere, or for a check.
CHANNELS = ("counter", "mail", "telephone", "online", "administration", "control")


@dataclass(frozen=True, slots=True)
class PartyRead(Event):
    """An agent looked at a file. Whose, and why, is private; that they looked is not."""

    kind: ClassVar[str] = "party_read"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "motive"})
    read: int
    channel: str
    view: str
    ticket: int | None = None
    party: str | None = None
    motive: str | None = None

    @property
    def subject(self) -> str:
        """The look's own number: the person is in the private part."""
        return f"party_read {self.read}"


@dataclass(frozen=True, slots=True)
class PeopleImported(Event):
    """A file of central data was taken over into the replica, to its end. `digest` is the file's SHA-256."""

    kind: ClassVar[str] = "people_imported"
    what: str
    digest: str
    bytes: int
    lines: int
    added: int
    changed: int
    unchanged: int
    refused: int
    data_of: int

    @property
    def subject(self) -> str:
        """What was imported, and the beginning of the file's digest."""
        return f"import {self.what} {self.digest[:16]}"


@dataclass(frozen=True, slots=True)
class Version:
    """What a record said from a day on (`effective`), as it was learnt at a moment (`recorded`, ms)."""

    effective: str
    recorded: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of a search's answer. `slips`: how far it is from what was typed, 0 for exactly that."""

    ref: str
    type: str
    number: str
    name: str
    birth_date: str
    city: str
    slips: float
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A party that another's sheet names. The name of a `restricted` one is for few."""

    ref: str
    name: str
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole file: `fields` of the identity tab, and the rows of each other tab (MASKED where not allowed)."""

    ref: str
    title: str
    fields: dict[str, Any]
    tabs: dict[str, Any]
    data_of: int | None
    restricted: bool = False
    remarks: tuple[str, ...] = ()
    totals: dict[str, Any] = field(default_factory=dict)
