"""What a running hub knows of its queues' waits: the journal followed entry by entry, and what the night learned.

Nothing here reads a file or asks a database: the queues hand in the entries that came since the last look
(`hub.queues.offer`), a handful each time. After a start it is the day's entries, once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.waits.forecast import Forecast, Forecaster
from hub.waits.hall import Hall, Places
from hub.waits.picture import Picture

#: Beside the database: what `mbote waits learn` writes.
FILE = "waits.json"
#: The file's own format: another one is not read.
FORMAT = 1
#: Within so many minutes, with as many people ahead, a range is not worked out anew.
_SAME_MIN = 0.1


@dataclass(frozen=True, slots=True)
class Entry:
    """What concerns a line in an entry of the journal; `minute` of the local day."""

    seq: int
    kind: str
    ticket: int
    facts: Mapping[str, Any]
    minute: float
    weekday: int
    certain: bool = True


class Watch:
    """One hub's; any thread may ask, holding `turn`."""

    def __init__(self) -> None:
        self.turn = threading.RLock()
        self.seq = 0
        #: When to look again for another day or another file, monotonic ms.
        self.look_ms = 0
        #: The business day that is followed, and which file of the night: its number and time of change.
        self.following: tuple[int, int] | None = None
        #: What the agency says of its counters, as it was taken last.
        self.version = 0
        self._hall: Hall | None = None
        self.forecaster = Forecaster()
        self._said: dict[str, tuple[Picture, Forecast]] = {}

    def begin(self, places: Places, following: tuple[int, int], seq: int, kept: bytes | None) -> None:
        """Follow a business day from after entry `seq` on; `kept` is the night's file, if there is one."""
        learned = read(kept)
        if learned is not None:
            self.forecaster = learned
        elif self.following:
            self.forecaster.day(self.forecaster.blended.today + 1)
        self.following, self.seq = following, seq
        self._hall = Hall(places, says=self._says, heard=self._heard)
        self._said.clear()

    def place(self, places: Places, version: int, minute: float) -> None:
        """The counters are other ones from now on: `version` of what the agency says of them."""
        if self._hall is not None:
            self._hall.place(places, minute)
        self.version = version

    def follow(self, entries: Iterable[Entry]) -> None:
        """Entries that came since `seq`."""
        for entry in entries:
            self.seq = entry.seq
            if self._hall is None:
                continue
            if entry.kind == "day_opened":
                self._hall.begin(entry.weekday)
                self.look_ms = 0
            else:
                self._forget(self._hall, entry)
                self._hall.entry(entry.kind, entry.ticket, entry.facts, entry.minute, certain=entry.certain)

    def announce(self, service: str, minute: float, ahead: int, *, joins: bool = True) -> Forecast | None:
        """The range for whoever has so many before them now; None before a day has begun.

        `joins`: for whoever takes a ticket, as is asked all the time; one who waits already is asked for now and then.
        """
        if self._hall is None:
            return None
        if not joins:
            return self.forecaster.announce(self._hall.picture(service, minute, ahead))
        if (known := self._just_said(service, minute, ahead)) is not None:
            return known
        picture = self._hall.picture(service, minute, ahead)
        forecast = self.forecaster.announce(picture)
        self._said[service] = (picture, forecast)
        return forecast

    def _says(self, picture: Picture) -> Forecast:
        known = self._just_said(picture.queue, picture.minute, picture.ahead)
        return known or self.forecaster.announce(picture)

    def _forget(self, hall: Hall, entry: Entry) -> None:
        """What was said of a line that changes now, but by somebody who joins: the range they were told is theirs."""
        if not entry.ticket:
            self._said.clear()
        elif entry.kind != "ticket_issued":
            self._said.pop(hall.service_of(entry.ticket), None)

    def _just_said(self, service: str, minute: float, ahead: int) -> Forecast | None:
        """What was said a moment ago with as many ahead: a press and ten screens are worked out once."""
        known = self._said.get(service)
        same = known is not None and known[0].ahead == ahead and abs(known[0].minute - minute) < _SAME_MIN
        return known[1] if known and same else None

    def _heard(self, picture: Picture, forecast: Forecast | None, minutes: float) -> None:
        if forecast is not None:
            self.forecaster.happened(picture, forecast, minutes)


def write(forecaster: Forecaster, of: Mapping[str, Any]) -> bytes:
    """The night's file: what was learned, and `of` what."""
    return json.dumps({"format": FORMAT, "of": of, "forecaster": forecaster.as_json()}).encode()


def read(kept: bytes | None) -> Forecaster | None:
    """What the night's file says; None where it says nothing that can be used: the blend goes on without it."""
    try:
        found = json.loads(kept or b"")
        if found["format"] != FORMAT:
            return None
        return Forecaster.of_json(found["forecaster"])
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
