"""How the parts of a device are, for the staff: the newest state of each, told to the hub until it is heard.

The device's side of `trouble` in hub/asks.py. A hub that was away is told again what is not well: it may have
started anew meanwhile.
"""

from __future__ import annotations

import logging
import secrets
import threading

from hub.client import HubAway
from hub.errands import HubLine
from hub.errors import Refused

PATIENCE_S = 5.0
#: state, detail
State = tuple[str, str]
WELL: State = ("ok", "")

log = logging.getLogger(__name__)


class Troubles:
    """Tells from a thread of its own, which sleeps until a part changes or the hub is back."""

    def __init__(self, hub: HubLine) -> None:
        self._hub = hub
        self._wake = threading.Condition()
        self._states: dict[str, State] = {}
        self._untold: dict[str, State] = {}
        self._away = True
        self._closed = False
        self._thread: threading.Thread | None = None

    def open(self) -> Troubles:
        """Start telling."""
        self._thread = threading.Thread(target=self._run, name="troubles", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE_S + 1)

    def saw(self, part: str, state: str, detail: str = "") -> None:
        """The state of a part; only a change is told."""
        with self._wake:
            if self._states.get(part, WELL) == (state, detail):
                return
            self._states[part] = self._untold[part] = (state, detail)
            self._wake.notify()

    def hear_away(self, away: bool) -> None:  # noqa: FBT001  a callback of hub.client
        """The line to the hub has broken, or is back."""
        with self._wake:
            self._away = away
            if not away:
                self._untold = {part: said for part, said in self._states.items() if said[0] != "ok"} | self._untold
            self._wake.notify()

    def __repr__(self) -> str:
        return f"<Troubles {len(self._untold)} untold>"

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: (self._untold and not self._away) or self._closed)
                if self._closed:
                    return
                part, said = next(iter(self._untold.items()))
            self._tell(part, said)

    def _tell(self, part: str, said: State) -> None:
        state, detail = said
        try:
            self._hub.ask("trouble", f"t-{secrets.token_hex(8)}", PATIENCE_S, part=part, state=state, detail=detail)
        except HubAway:
            with self._wake:
                self._wake.wait(PATIENCE_S)
            return
        except Refused as refusal:
            log.warning("the hub does not hear of %s: %s", part, refusal.message)
        with self._wake:
            if self._untold.get(part) == said:
                del self._untold[part]
