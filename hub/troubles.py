"""How the parts of a device are, for the staff: the newest state of each, told to the hub until it is heard.

The device's side of `trouble` in hub/asks.py. A hub that was away is told again what is not well: it may have
started anew meanwhile.
"""

from __future__ import annotations

import logging
import secrets

from hub.client import HubAway
from hub.errands import HubLine
from hub.errors import Refused
from hub.sleeper import Sleeper

PATIENCE_S = 5.0
#: state, detail
State = tuple[str, str]
WELL: State = ("ok", "")

log = logging.getLogger(__name__)


class Troubles:
    """Tells from a thread of its own, which sleeps until a part changes or the hub is back."""

    def __init__(self, hub: HubLine) -> None:
        self._hub = hub
        self._sleeper = Sleeper("troubles", PATIENCE_S + 1)
        self._states: dict[str, State] = {}
        self._untold: dict[str, State] = {}
        self._away = True

    def open(self) -> Troubles:
        """Start telling."""
        self._sleeper.open(self._run)
        return self

    def close(self) -> None:
        """Stop."""
        self._sleeper.close()

    def saw(self, part: str, state: str, detail: str = "") -> None:
        """The state of a part; only a change is told."""
        with self._sleeper.changing:
            if self._states.get(part, WELL) == (state, detail):
                return
            self._states[part] = self._untold[part] = (state, detail)
            self._sleeper.wake()

    def mended(self, part: str) -> None:
        """A part is well that may have been said not to be by an earlier process: told in any case."""
        with self._sleeper.changing:
            self._states.pop(part, None)
            self._untold[part] = WELL
            self._sleeper.wake()

    def hear_away(self, away: bool) -> None:  # noqa: FBT001  a callback of hub.client
        """The line to the hub has broken, or is back."""
        with self._sleeper.changing:
            self._away = away
            if not away:
                self._untold = {part: said for part, said in self._states.items() if said[0] != "ok"} | self._untold
            self._sleeper.wake()

    def __repr__(self) -> str:
        return f"<Troubles {len(self._untold)} untold>"

    def _run(self) -> None:
        while True:
            with self._sleeper.changing:
                self._sleeper.sleep_until(self._has_news)
            if self._sleeper.closed:
                return
            try:
                self._tell_one()
            except HubAway:
                with self._sleeper.changing:
                    self._sleeper.sleep_until(lambda: self._away, PATIENCE_S)

    def _has_news(self) -> bool:
        return bool(self._untold) and not self._away

    def _tell_one(self) -> None:
        """The first that is untold. Raises HubAway."""
        with self._sleeper.changing:
            part, said = next(iter(self._untold.items()))
        state, detail = said
        try:
            self._hub.ask("trouble", f"t-{secrets.token_hex(8)}", PATIENCE_S, part=part, state=state, detail=detail)
        except Refused as refusal:
            log.warning("the hub does not hear of %s: %s", part, refusal.message)
        with self._sleeper.changing:
            if self._untold.get(part) == said:
                del self._untold[part]
