"""Who asks for what: the plain values that every door hands in.

A door (socket, form, API) has parsed and authorised before one of these exists; nothing deeper
checks types again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.chain import body_digest
from hub.errors import BadRequest

Answer = dict[str, Any]
KEY_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Actor:
    """An agent, a paired device, or the hub itself. `counters` are those a panel holds."""

    agent: str | None = None
    device: str | None = None
    roles: frozenset[str] = frozenset()
    counters: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """Whose keys these are: the device's, else the agent's."""
        return self.device or self.agent or "hub"


HUB = Actor(device="hub", roles=frozenset({"hub"}))


@dataclass(frozen=True, slots=True)
class Ask:
    """One request with its client-made key; the hub's own asks have none."""

    actor: Actor
    key: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a key that cannot be kept. Raises BadRequest."""
        if self.key is not None and not 1 <= len(self.key) <= KEY_LENGTH:
            raise BadRequest(f"key: 1 to {KEY_LENGTH} characters", field="key")

    def digest(self) -> bytes:
        """SHA-256 of the body without its key."""
        return body_digest(self.body)
