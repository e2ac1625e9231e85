"""Whoever asks for what their roles do not give is refused, and that is written down (requirements R-007).

A page that goes on asking is written down once a minute, so that nobody fills the card with refusals.
"""

from __future__ import annotations

from hub.agents.model import AccessRefused
from hub.ask import Actor, Ask
from hub.context import Hub
from hub.errors import StoreFault

AGAIN_MS = 60_000
MOST_KEPT = 1_000


class Refusals:
    """What was written down lately, of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._last: dict[tuple[str, str], int] = {}

    def note(self, actor: Actor, what: str) -> None:
        """An agent was refused; a device's mistakes are its own. A disk that refuses does not change the answer."""
        now, asked = self._hub.now().at, (actor.agent or "", what)
        if actor.agent is None or now - self._last.get(asked, -AGAIN_MS) < AGAIN_MS:
            return
        if len(self._last) >= MOST_KEPT:
            self._last.clear()
        self._last[asked] = now
        try:
            with self._hub.store.transaction(Ask(actor)) as tx:
                tx.record(AccessRefused(actor.agent, what))
        except StoreFault:
            self._last.pop(asked, None)
