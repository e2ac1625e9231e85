"""The screen that a till turns to whoever pays: what is due, what was given, what goes back. No name, no number.

It shows what the cashier's page says while it is typed, so it is kept in memory alone, by cashier: a hub that starts
again, a page that was left and two quiet minutes all leave an empty screen.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any, Literal
from weakref import WeakKeyDictionary

from hub.clock import Instant, elapsed
from hub.context import Hub
from hub.journal import head
from hub.services import ports

EVENT = "facing"
#: So long figures stay that nobody touches, and those of a payment that was made, milliseconds.
TYPED_MS, DONE_MS = 120_000, 45_000
State = Literal["idle", "due", "done"]


@dataclass(frozen=True, slots=True)
class Facing:
    """What is shown, whole francs: `back` is what goes back, less than nothing while too little was given.

    `given` and `back` are None until something was given in cash.
    """

    epoch: int
    seq: int
    state: State = "idle"
    due: int = 0
    given: int | None = None
    back: int | None = None


@dataclass(frozen=True, slots=True)
class _Figures:
    state: State
    due: int
    given: int | None
    since: Instant


_figures: WeakKeyDictionary[Hub, dict[str, _Figures]] = WeakKeyDictionary()
_changing = threading.Lock()


def show(hub: Hub, agent: str, due: int, given: int | None = None, *, done: bool = False) -> None:
    """Show these figures to whoever stands at this cashier's till; nothing due is an empty screen."""
    with _changing:
        held = _figures.setdefault(hub, {})
        if due > 0:
            held[agent] = _Figures("done" if done else "due", due, given, hub.now())
        else:
            held.pop(agent, None)
    ports.changed(EVENT)


def leave(hub: Hub, agent: str) -> None:
    """The cashier's page of a payment was left without one; what was paid stays for its moment."""
    found = _figures.get(hub, {}).get(agent)
    if found is not None and found.state == "due":
        show(hub, agent, 0)


def picture(hub: Hub, reader: ports.Reader, agent: str) -> Facing:
    """What this cashier's second screen shows now."""
    empty = Facing(hub.store.epoch, head(reader)[0])
    found = _figures.get(hub, {}).get(agent)
    if found is None or elapsed(found.since, hub.now()).ms > (DONE_MS if found.state == "done" else TYPED_MS):
        return empty
    back = None if found.given is None else found.given - found.due
    return replace(empty, state=found.state, due=found.due, given=found.given, back=back)


LIVE = ports.Live(EVENT, frozenset({"collections_cashier"}), picture)


def as_words(language: str, said: Any) -> dict[str, str]:
    """The words of the screen in one language."""
    return {name: said(language, f"cash.facing_{name}") for name in ("due", "given", "back", "missing", "paid")}
