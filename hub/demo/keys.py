"""The second factor of the demo's agents: nobody has their telephones, so its pages tell the codes."""

from __future__ import annotations

import os

from hub.agents import store, totp, vault
from hub.agents.model import SecondFactorEnrolled
from hub.ask import HUB, Ask
from hub.context import Hub


def telephone(hub: Hub, code: str) -> str:
    """The secret of an agent's telephone, put into one at the first start, as an application takes it."""
    if secret := _secret(hub, code):
        return vault.in_letters(secret)
    secret = os.urandom(totp.SECRET_BYTES)
    with hub.store.transaction(Ask(HUB)) as tx:
        tx.record(SecondFactorEnrolled(code, recovery_codes=0))
        store.keep_factor(tx, code, vault.sealed(hub.store.folder, code, secret), last_step=0, drift=0)
    return vault.in_letters(secret)


def shown(hub: Hub, code: str | None) -> str:
    """What that telephone shows now, or next where this has been used; "" for an agent without one."""
    secret, kept = _secret(hub, code or ""), store.factor(hub.reader, code or "")
    return totp.code_of(secret, max(totp.step_of(hub.now().at), kept[1] + 1)) if secret and kept else ""


def _secret(hub: Hub, code: str) -> bytes | None:
    kept = store.factor(hub.reader, code)
    return vault.opened(hub.store.folder, code, kept[0]) if kept else None
