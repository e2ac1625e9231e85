"""Pairing on screen: a device shows a short code, an administrator types it, the device gets its token.

    device: ask(kind)       → a code to show, and a secret that it keeps to itself
    administrator: confirm  → the code they read on that device; a token is made for it
    device: claim(secret)   → nothing yet, or the token, once

What waits is remembered and nowhere kept: a hub that starts again forgets it, and the device asks for another code.
The code says which device the administrator stands before; the token goes to who holds the secret of that very code,
so whoever reads the code on the screen over a shoulder gets nothing. Whoever asks may be anybody: so few wait at once,
a code lives ten minutes, and after five wrong ones typed all that wait are dropped (threat T1).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from hub.agents import actions, rules, secrets
from hub.agents.model import DeviceKind
from hub.ask import Answer, Ask
from hub.clock import Instant, elapsed
from hub.context import Hub
from hub.errors import NotFound, TooMany

LIFE_MS, WRONG_CODES = 600_000, 5
#: So many wait at once, from everywhere and from one address: a hall has few boxes that are new at the same time.
MOST, MOST_OF_ONE = 24, 4
#: How often a device looks whether it is confirmed, seconds.
LOOK_S = 2


@dataclass(slots=True)
class Waiting:
    """A device that shows a code. `token` once an administrator has confirmed it."""

    kind: DeviceKind
    code: str
    address: str
    since: Instant
    name: str = ""
    token: str = ""


class Pairings:
    """Who waits at one hub."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, Waiting] = {}
        self._wrong = 0
        self._lock = threading.Lock()

    def ask(self, kind: DeviceKind, address: str, now: Instant) -> tuple[Waiting, str]:
        """A new code, and the secret of whoever asked. Raises TooMany."""
        with self._lock:
            self._forget_old(now)
            of_one = [key for key, each in self._waiting.items() if each.address == address]
            for key in of_one[: max(0, len(of_one) - MOST_OF_ONE + 1)]:
                del self._waiting[key]
            if len(self._waiting) >= MOST:
                raise TooMany("many devices wait to be paired: try again in a minute", retry_s=60)
            taken = {each.code for each in self._waiting.values()}
            code = next(code for code in iter(secrets.one_shot_code, None) if code not in taken)
            secret = secrets.random_value()
            waiting = self._waiting[secrets.digest(secret)] = Waiting(kind, code, address, now)
            return waiting, secret

    def claim(self, secret: str, now: Instant) -> Waiting:
        """What became of it; a token is handed over once. Raises NotFound for what nobody waits for any more."""
        with self._lock:
            self._forget_old(now)
            found = self._waiting.get(secrets.digest(secret))
            if found is None:
                raise NotFound("this code is no longer good: ask for another one", code="pairing_over")
            if found.token:
                del self._waiting[secrets.digest(secret)]
            return found

    def typed(self, code: str, now: Instant) -> Waiting:
        """Whose code this is. Raises NotFound; the fifth wrong one drops all that wait."""
        wanted = rules.typed_one_shot(code)
        with self._lock:
            self._forget_old(now)
            for each in self._waiting.values():
                if not each.token and rules.typed_one_shot(each.code) == wanted:
                    self._wrong = 0
                    return each
            self._wrong += 1
            if self._wrong >= WRONG_CODES:
                self._waiting.clear()
                self._wrong = 0
        raise NotFound("no device shows this code: read it again, it changes after ten minutes",
                       code="unknown_code", field="code")  # fmt: skip

    def listed(self, now: Instant) -> list[Waiting]:
        """Who waits now, the longest first."""
        with self._lock:
            self._forget_old(now)
            return [each for each in self._waiting.values() if not each.token]

    def _forget_old(self, now: Instant) -> None:
        for key in [key for key, each in self._waiting.items() if elapsed(each.since, now).ms >= LIFE_MS]:
            del self._waiting[key]


_pairings: WeakKeyDictionary[Hub, Pairings] = WeakKeyDictionary()


def of(hub: Hub) -> Pairings:
    """Who waits at this hub."""
    return _pairings.setdefault(hub, Pairings())


def ask(hub: Hub, *, kind: str, address: str) -> Answer:
    """A device without a token wants one: `code` is for its screen, `secret` for itself, both last `left_s`."""
    waiting, secret = of(hub).ask(rules.device_kind(kind), address, hub.now())
    return {"code": waiting.code, "secret": secret, "left_s": LIFE_MS // 1000, "look_s": LOOK_S}


def claim(hub: Hub, *, secret: str) -> Answer:
    """`{"token": …, "name": …}` once it is confirmed, `{"token": null}` before."""
    found = of(hub).claim(secret, hub.now())
    return {"token": found.token or None, "name": found.name}


def confirm(hub: Hub, asking: Ask, *, code: str, name: str, counters: Sequence[str] = ()) -> Answer:
    """The device that shows this code is known by this name from now on."""
    found = of(hub).typed(code, hub.now())
    paired = actions.pair(
        hub, asking, kind=found.kind, name=name.strip().upper(), counters=tuple(counters), address=found.address
    )
    found.name, found.token = paired["name"], paired["token"]
    return {name: value for name, value in paired.items() if name != "token"}
