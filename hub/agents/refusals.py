"""Whoever asks for what their roles do not give is refused, and that is written down (requirements R-007).

A page that goes on asking is written down once a minute, so that nobody fills the card with refusals.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary, proxy

from hub.agents.model import AccessRefused
from hub.ask import Actor, Ask
from hub.context import Hub
from hub.errors import StoreFault
from hub.quiet import Complaints


class Refusals:
    """What was written down lately, of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub: Hub = proxy(hub)  # kept under the hub itself, which could never go
        self._lately = Complaints(lambda: self._hub.now().mono / 1000)

    def note(self, actor: Actor, what: str) -> None:
        """An agent was refused; a device's mistakes are its own. A disk that refuses does not change the answer."""
        asked = f"{actor.agent} {what}"
        if actor.agent is None or not self._lately.due(asked):
            return
        try:
            with self._hub.store.transaction(Ask(actor)) as tx:
                tx.record(AccessRefused(actor.agent, what))
        except StoreFault:
            self._lately.forget(asked)


_of: WeakKeyDictionary[Hub, Refusals] = WeakKeyDictionary()


def of(hub: Hub) -> Refusals:
    """What this hub wrote down lately, at whichever door."""
    return _of.setdefault(hub, Refusals(hub))
