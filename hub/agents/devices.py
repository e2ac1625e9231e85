"""Paired devices: who holds which token, how they are, and turning one away.

Nothing is accepted from a device before it is paired. Its token is 256 random bits; only the digest is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hub.agents import rules, store
from hub.agents.model import Device, Trouble
from hub.agents.secrets import digest
from hub.ask import HUB, Actor, Ask
from hub.clock import elapsed
from hub.context import Hub
from hub.errors import StoreFault

#: Told the device's name when its token stops working (revoked, or paired again): live sockets close.
on_revoked: list[Callable[[str], None]] = []


@dataclass(frozen=True, slots=True)
class Health:
    """A device with what troubles it."""

    device: Device
    troubles: tuple[Trouble, ...]


def actor_of_token(hub: Hub, token: str | None) -> Actor | None:
    """The device that holds this token; marks it as seen, at most once a minute."""
    found = store.device_of_token(hub.reader, digest(token)) if token else None
    if found is None:
        return None
    if found.seen is None or elapsed(found.seen, hub.now()).ms >= rules.SEEN_MS:
        _seen(hub, found.name)
    return Actor(device=found.name, roles=frozenset({found.kind}), counters=found.counters)


def listed(hub: Hub) -> list[Health]:
    """Every paired device and how it is."""
    troubles = store.troubles(hub.reader)
    return [
        Health(device, tuple(each for each in troubles if each.device == device.name))
        for device in store.devices(hub.reader)
    ]


def revoked(name: str) -> None:
    """Tell those who hold live connections of the device."""
    for tell in on_revoked:
        tell(name)


def _seen(hub: Hub, name: str) -> None:
    """A full disk must not turn a screen away."""
    with suppress(StoreFault), hub.store.transaction(Ask(HUB)) as tx:
        store.device_seen(tx, name)
