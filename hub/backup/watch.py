"""What the hub knows of its backups: the last word of the stream, and what staff must be told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary

from hub.backup.word import LATE_MS
from hub.clock import Instant, elapsed
from hub.settings import Backup
from hub.store import Store

#: What happened must be off the box within this.
BEHIND_S = 60
#: The stream says something every few seconds; without a word for so long it does not run.
SILENT_MS = 60_000
_S = 1_000

Code = Literal["silent", "missing", "full", "fault", "altered", "behind", "drill_failed", "drill_late"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that staff must see to. `place` is empty where it is about all of them."""

    code: Code
    place: str = ""
    minutes: int = 0


@dataclass(slots=True)
class Watch:
    """The last word, and when it came."""

    since: Instant
    heard: Instant | None = None
    places: list[dict[str, Any]] = field(default_factory=list)
    drills: list[dict[str, Any]] = field(default_factory=list)

    def hear(self, now: Instant, places: list[dict[str, Any]], drills: list[dict[str, Any]]) -> None:
        """The stream says how it stands."""
        self.heard, self.places, self.drills = now, places, drills

    def alarms(self, rules: Backup, now: Instant) -> list[Alarm]:
        """All that is wrong, nothing where no backup is configured."""
        if not (rules.places and rules.keys):
            return []
        quiet_ms = elapsed(self.heard or self.since, now).ms
        if quiet_ms > SILENT_MS:
            return [Alarm("silent", minutes=quiet_ms // 60_000)]
        found = [alarm for place in self.places if (alarm := _alarm_of(place))]
        return found + [alarm for place in self.places if (alarm := self._drill_alarm(place, now))]

    def _drill_alarm(self, place: dict[str, Any], now: Instant) -> Alarm | None:
        """A place that never had a drill is given as long as any other, from its first whole copy on."""
        last = next((drill for drill in self.drills if drill["place"] == place["place"]), None)
        if last is not None and last["problem"]:
            return Alarm("drill_failed", place["place"])
        since = last["at"] if last else place["whole_at"]
        if since is not None and now.at - since > LATE_MS:
            return Alarm("drill_late", place["place"], (now.at - since) // 60_000)
        return None


def _alarm_of(place: dict[str, Any]) -> Alarm | None:
    minutes = int(place["behind_s"]) // 60
    if place["state"] != "ok":
        return Alarm(place["state"], place["place"], minutes)
    return Alarm("behind", place["place"], minutes) if place["behind_s"] > BEHIND_S else None


_WATCHES: WeakKeyDictionary[Store, Watch] = WeakKeyDictionary()


def of(store: Store) -> Watch:
    """The watch of a hub's store."""
    if store not in _WATCHES:
        _WATCHES[store] = Watch(store.clock.now())
    return _WATCHES[store]
