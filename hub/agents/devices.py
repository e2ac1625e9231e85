"""Paired devices: who holds which token, how they are, and turning one away.

Nothing is accepted from a device before it is paired. Its token is 256 random bits; only the digest is kept. Once a
year the hub says another one on the line that the token opened: a box that is cut off anywhere on the way holds one
that opens.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hub.agents import rules, store
from hub.agents.model import Device, DeviceTokenRenewed, Trouble
from hub.agents.secrets import digest, following, random_value
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
    found = (store.device_of_token(hub.reader, digest(token)) or _came_with_next(hub, token)) if token else None
    if found is None:
        return None
    if found.seen is None or elapsed(found.seen, hub.now()).ms >= rules.SEEN_MS:
        _seen(hub, found.name)
    return Actor(device=found.name, roles=frozenset({found.kind}), counters=found.counters)


def next_token(hub: Hub, device: str, token: str) -> str | None:
    """The token that shall take the place of this one, which is a year old; None before. Raises StoreFault.

    Both open until the next one is heard. It follows from the present one and a salt that only the hub has: a line
    that breaks before the device could write it down is told the same again, and two lines are told the same. A
    program keeps the token that somebody wrote into it.
    """
    found = store.device_of_token(hub.reader, digest(token))
    if found is None or found.name != device or found.kind == "api" or not rules.old_token(found.token_at, hub.now()):
        return None
    salt = store.next_salt(hub.reader, device)
    if salt is None:
        with hub.store.transaction(Ask(HUB)) as tx:
            salt = store.next_salt(tx.connection, device) or random_value().encode()
            store.keep_next_token(tx, device, salt, digest(following(token, salt)))
    return following(token, salt)


def _came_with_next(hub: Hub, token: str) -> Device | None:
    """The device that this token was given to in place of its old one: that one, and what it opened, end here."""
    found = store.device_of_next_token(hub.reader, digest(token))
    if found is None:
        return None
    with suppress(StoreFault):  # a full disk must not turn a screen away: both go on opening
        with hub.store.transaction(Ask(HUB)) as tx:
            if store.use_next_token(tx, found.name, digest(token)):
                tx.record(DeviceTokenRenewed(found.name))
        revoked(found.name)
    return found


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
