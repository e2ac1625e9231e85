"""What is published, and the fact that it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hub.journal import Event

#: Where a version comes from: somebody's screen; files that were changed; `misfit`: files that it no longer fitted.
Origin = Literal["screen", "file", "misfit"]
#: A setting, its value before and after, and what its file said then; values in JSON, None: it is not there.
Change = tuple[str, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Held:
    """A setting as it was published last (`value`), and what the file said at that moment."""

    value: str | None
    file: str | None


@dataclass(frozen=True, slots=True)
class Publication:
    """A version: who published it when, what it changed, and why. `undoes`: back to before that version."""

    version: int
    at: int
    agent: str | None
    origin: Origin
    changes: tuple[Change, ...]
    reason: str
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class ConfigurationPublished(Event):
    """From here on the agency works by other settings; `undoes`: as before that version."""

    kind: ClassVar[str] = "configuration_published"
    version: int
    origin: Origin
    changes: tuple[Change, ...]
    reason: str = ""
    undoes: int | None = None

    @property
    def subject(self) -> str:
        """The version."""
        return f"version {self.version}"
