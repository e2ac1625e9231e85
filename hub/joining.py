"""A box that its hub does not know asks for a token: it shows a code, and an administrator types it on /devices.

    asked = ask(hub, "kiosk")            → a code to show, a secret to keep
    claim(hub, asked.secret)             → None, then the token, once

`paired_on_screen` does it for whoever sets a box up and waits; a `Joiner` for a device that runs, as soon as its line
tells that it is a stranger. An https hub is believed by its authority alone (hub/pin.py), here as on the line.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.disk import write_whole
from hub.errors import ConfigurationFault
from hub.pin import pinned
from hub.sleeper import Sleeper

ANSWER_S = 10.0
#: After a hub that would not listen, or a code that nobody typed, another one is asked for.
AGAIN_S = 5.0
LONGEST_ANSWER = 10_000
log = logging.getLogger(__name__)

#: The certificate of the hub's authority: its file, or what is in it; None for a hub on this box.
Authority = Path | bytes | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A code to be shown for `left_s` seconds; `secret` is this box's own, and asks each `look_s`."""

    code: str
    secret: str
    left_s: float
    look_s: float


def ask(hub: str, kind: str, authority: Authority = None) -> Asked:
    """A new code. Raises ConfigurationFault, saying why there is none."""
    said = _post(hub, "/pairing", {"kind": kind}, authority)
    return Asked(str(said["code"]), str(said["secret"]), float(said["left_s"]), float(said["look_s"]))


def claim(hub: str, secret: str, authority: Authority = None) -> str | None:
    """The token, once somebody has typed the code. Raises ConfigurationFault."""
    token = _post(hub, "/pairing/claim", {"secret": secret}, authority)["token"]
    return str(token) if token else None


def paired_on_screen(hub: str, kind: str, authority: Authority = None) -> Generator[str, None, str]:
    """Tells the code, then gives the token. Raises ConfigurationFault when nobody has typed it in its time."""
    asked = ask(hub, kind, authority)
    yield f"type this code on the hub's page {hub.rstrip('/')}/devices: {asked.code}"
    end = time.monotonic() + asked.left_s
    while time.monotonic() < end:
        time.sleep(asked.look_s)
        if token := claim(hub, asked.secret, authority):
            return token
    raise ConfigurationFault([f"nobody typed {asked.code} within {asked.left_s / 60:.0f} min: run this again"])


@dataclass(frozen=True, slots=True)
class TokenFile:
    """Where a box keeps its token, for itself alone."""

    path: Path

    def read(self) -> str:
        """As it is kept now. Raises OSError."""
        return self.path.read_text("ascii").strip()

    def keep(self, token: str) -> None:
        """This one from now on; after a power cut there is either it or the one before. Raises OSError."""
        write_whole(self.path, f"{token}\n".encode("ascii"), 0o600)


class Joiner:
    """Gets a running device its token, kept in the file `token`, and shows the code meanwhile ("" when there is none).

    The line tells `stranger` at each try that the hub turns away, and `known` once it is in.
    """

    def __init__(self, kind: str, hub: str, authority: Path, token: TokenFile, show: Callable[[str], None]) -> None:
        self._kind = kind
        self._hub = hub
        self._authority = authority if hub.startswith("https:") else None
        self._token = token
        self._show = show
        self._strange = False
        self._sleeper = Sleeper("joining", patience_s=1.0)

    def open(self) -> Joiner:
        """Wait for the line to say that this device is not known."""
        self._sleeper.open(self._run)
        return self

    def close(self) -> None:
        """Ask for nothing more."""
        self._sleeper.close()

    def stranger(self) -> None:
        """The hub does not know this device."""
        self._learn(strange=True)

    def known(self) -> None:
        """It does: by this token, or by one that somebody has brought."""
        self._learn(strange=False)

    def heard(self, on_away: Callable[[bool], None]) -> Callable[[bool], None]:
        """`on_away` of the line, as before: a line that is there says that this device is known."""

        def hear(away: bool) -> None:  # noqa: FBT001 (a callback of hub.client)
            if not away:
                self.known()
            on_away(away)

        return hear

    def __repr__(self) -> str:
        return f"<Joiner {self._kind}{' asking' if self._strange else ''}>"

    def _learn(self, *, strange: bool) -> None:
        if strange != self._strange:
            with self._sleeper.changing:
                self._strange = strange
                self._sleeper.wake()

    def _run(self) -> None:
        while self._is_strange():
            try:
                token = self._asked_and_claimed()
            except (ConfigurationFault, OSError) as fault:
                log.warning("pairing: %s", fault)
                token = None
            self._show("")
            if token is None:
                self._rest(AGAIN_S)

    def _asked_and_claimed(self) -> str | None:
        asked = ask(self._hub, self._kind, self._authority)
        log.warning("not known to %s: type %s on its page /devices", self._hub, asked.code)
        self._show(asked.code)
        end = time.monotonic() + asked.left_s
        while time.monotonic() < end and not self._rest(asked.look_s):
            if token := claim(self._hub, asked.secret, self._authority):
                self._token.keep(token)
                self.known()
                return token
        return None

    def _is_strange(self) -> bool:
        with self._sleeper.changing:
            return self._sleeper.sleep_until(lambda: self._strange) and not self._sleeper.closed

    def _rest(self, seconds: float) -> bool:
        """Whether nothing is to be asked any more, at the latest after so long."""
        with self._sleeper.changing:
            self._sleeper.sleep_until(lambda: not self._strange, seconds)
            return self._sleeper.closed or not self._strange


def _post(hub: str, path: str, body: dict[str, str], authority: Authority) -> dict[str, Any]:
    head = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        with closing(_line(hub, authority)) as line:
            line.request("POST", path, json.dumps(body).encode(), head)
            answer = line.getresponse()
            said = answer.read(LONGEST_ANSWER)
    except (OSError, HTTPException) as error:
        raise ConfigurationFault([f"the hub at {hub} does not answer: {error}"]) from error
    found: Any = None
    with suppress(ValueError):
        found = json.loads(said)
    if answer.status != HTTPStatus.OK or not isinstance(found, dict):
        raise ConfigurationFault([f"the hub at {hub} refuses: {said[:200].decode(errors='replace')}"])
    return found


def _line(hub: str, authority: Authority) -> HTTPConnection:
    at = urlsplit(hub)
    if authority is None:
        return HTTPConnection(at.hostname or "", at.port, timeout=ANSWER_S)
    return HTTPSConnection(at.hostname or "", at.port, timeout=ANSWER_S, context=pinned(authority))
