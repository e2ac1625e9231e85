"""Whoever tells an address of the agency's how things are: by POST, in a thread of its own.

Nothing is queued: an address that was away is told in one message how it is now, and one that does not answer holds up
nobody but itself. After each failure in a row the pause is twice as long.
"""

from __future__ import annotations

import logging
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from hub.context import Hub
from hub.errors import MboteError
from hub.journal import Entry, Event
from hub.pin import line_to
from hub.sleeper import Sleeper

#: After so many failures in a row the pause is no longer doubled: 32 pauses.
DOUBLINGS = 5
_OK = range(200, 300)
log = logging.getLogger(__name__)


class Untold(MboteError):
    """The address did not take it, or not all of it."""


class Teller:
    """Tells one address; sleeps in between. Whoever is one says what (`_say`) and how long to sleep (`_rest`)."""

    #: What is not waited for: the thread wakes for it.
    NEWS: tuple[type[Event], ...] = ()

    def __init__(self, hub: Hub, name: str, address: str, authority: Path | None, *, patience_s: float) -> None:
        """`authority`: who signs the address's certificate, a file; None: as the machine believes.

        `patience_s`: how long whoever closes this waits.
        """
        self._hub = hub
        self._address, self._authority = address, authority
        self._sleeper = Sleeper(name, patience_s)
        self._news = False
        self._failures = 0
        #: Why nothing arrives, in words for the staff; '' while it does.
        self.complaint = ""

    def open(self) -> Self:
        """Start: the address is told at once."""
        self._sleeper.open(self._run)
        return self

    def close(self) -> None:
        """Stop; may be called twice."""
        self._sleeper.close()

    def hear(self, entries: tuple[Entry, ...]) -> None:
        """What was recorded, after its commit."""
        if any(isinstance(entry.event, self.NEWS) for entry in entries):
            with self._sleeper.changing:
                self._news = True
                self._sleeper.wake()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._address}>"

    def _run(self) -> None:
        while not self._sleeper.closed:
            self._news = False
            self._tell()
            with self._sleeper.changing:
                self._rest()

    def _say(self) -> None:
        """Post what there is to say. Raises MboteError, OSError, HTTPException."""
        raise NotImplementedError

    def _rest(self) -> None:
        """Sleep until it is time again; called under `changing`."""
        raise NotImplementedError

    def _pause_s(self, usual_s: float) -> float:
        """A pause, longer after failures."""
        return usual_s * 2.0 ** min(self._failures, DOUBLINGS)

    def _tell(self) -> None:
        try:
            self._say()
        except (MboteError, OSError, HTTPException) as error:
            self._failures += 1
            if not self.complaint:
                log.warning("the %s was not told: %s", self._sleeper.name, error)
            self.complaint = str(error) or type(error).__name__
        else:
            self._failures, self.complaint = 0, ""
        finally:
            self._hub.store.give_back()

    def _post(self, line: bytes, timeout_s: float) -> None:
        """Hand it over, whole. Raises Untold, OSError, HTTPException."""
        with closing(line_to(self._address, timeout_s, self._authority)) as there:
            there.request("POST", urlsplit(self._address).path or "/", line, {"Content-Type": "application/json"})
            status = there.getresponse().status
        if status not in _OK:
            raise Untold(f"{self._address} answers {status}")
