"""What opens the accounts of the demo's agents, as its pages tell it: a common secret, and telephones that nobody has.

It is told of those alone who still have it. Whoever chose a secret of their own, or put the codes into a telephone of
their own, is at a lock that nothing on the screen opens, as in an agency.
"""

from __future__ import annotations

from functools import lru_cache

from hub.agents import secrets, store, totp, vault
from hub.agents.model import SecondFactorEnrolled
from hub.ask import HUB, Ask
from hub.context import Hub
from hub.errors import TooMany

#: Everybody's secret in the demo, and nowhere else.
SECRET = "bonjour-mbote"  # noqa: S105 (printed in demo.json)


def secret(hub: Hub, code: str | None) -> str:
    """The secret of an agent who still has the common one; "" for any other."""
    kept = store.secret(hub.reader, code or "")
    return SECRET if kept and _is_common(kept[0]) else ""


def telephone(hub: Hub, code: str) -> str | None:
    """The secret of an agent's telephone as an application takes it, put into one where they have none.

    None for an agent with a telephone of their own.
    """
    if store.factor(hub.reader, code) is None:
        with hub.store.transaction(Ask(HUB)) as tx:
            tx.record(SecondFactorEnrolled(code, recovery_codes=0))
            sealed = vault.sealed(hub.store.folder, code, _of_nobody(hub, code))
            store.keep_factor(tx, code, sealed, last_step=0, drift=0)
    return vault.in_letters(_of_nobody(hub, code)) if _last_step(hub, code) is not None else None


def shown(hub: Hub, code: str | None) -> str:
    """What that telephone shows now, or next where this has been used; "" for an agent who has no such telephone."""
    last = _last_step(hub, code or "")
    if last is None:
        return ""
    return totp.code_of(_of_nobody(hub, code or ""), max(totp.step_of(hub.now().at), last + 1))


def _last_step(hub: Hub, code: str) -> int | None:
    """Which code of the demo's own telephone was used last; None where the agent has none, or one of their own."""
    kept = store.factor(hub.reader, code)
    if kept is None or vault.opened(hub.store.folder, code, kept[0]) != _of_nobody(hub, code):
        return None
    return kept[1]


def _of_nobody(hub: Hub, code: str) -> bytes:
    """The secret of the telephone that the demo puts into an agent's hand: the same at each start of one demo."""
    return vault.offered(hub.store.folder, f"the demo's telephone of {code}")


@lru_cache(maxsize=256)
def _matches(kept: str) -> bool:
    with secrets.one_at_a_time():
        return secrets.matches(kept, SECRET)


def _is_common(kept: str) -> bool:
    """Looked at once for each hash; while a crowd signs in nothing is told, and the page comes."""
    try:
        return _matches(kept)
    except TooMany:
        return False
