"""One thread hears what the centre says: it asks its address, or looks into a folder, and takes what is there.

A file that was taken is removed from the folder; the letters are kept. One that is refused stays where it is, is
written down once for what is in it, and is not read again before it changes: half a file may be one that is just being
written, so it is read twice before it is called one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from hub import envelope
from hub.ask import HUB, Ask
from hub.context import Hub
from hub.errors import Refused, StoreFault
from hub.exchange import inbox, store
from hub.exchange.inbox import Taken
from hub.exchange.ways import Address, Away
from hub.sleeper import Sleeper

CLOSES_S = 5.0
#: The most files looked at in one go: the rest waits for the next.
MOST_FILES = 1_000

log = logging.getLogger(__name__)


class Source(Protocol):
    """Where the centre's letters are."""

    def take(self, hub: Hub) -> Taken:
        """Take what is there now. Raises Away."""


class Asked:
    """An address, which gives what comes after the last letter that was taken, some at a time."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def take(self, hub: Hub) -> Taken:
        """Until it has nothing more. Raises Away, also for what cannot be believed."""
        done = Taken()
        while content := self._address.ask(before := store.last_number(hub.reader), hub.now().at):
            try:
                done += inbox.take(hub, Ask(HUB), content)
            except Refused as refused:
                _note(hub, content, self._address.url, refused)
                raise Away(f"{self._address.url}: {refused.message}") from refused
            if store.last_number(hub.reader) == before:
                break
        return done


class Drop:
    """A folder into which somebody lays files of letters."""

    def __init__(self, path: Path) -> None:
        self.path = path
        #: What was refused, by name: size and time of change, and how often it was read.
        self._refused: dict[str, tuple[int, int, int]] = {}

    def take(self, hub: Hub) -> Taken:
        """Each file once. Raises Away where the folder is not there."""
        done = Taken()
        try:
            files = sorted(self.path.glob(f"*{envelope.SUFFIX}"))[:MOST_FILES]
            if not files and not self.path.is_dir():
                raise Away(f"{self.path} is not there")
        except OSError as error:
            raise Away(f"{self.path}: {error.strerror}") from error
        for file in files:
            with suppress(OSError):  # gone meanwhile, or a device that fails: the next look tells
                done += self._take(hub, file)
        return done

    def _take(self, hub: Hub, file: Path) -> Taken:
        found = file.stat()
        size, changed, read = self._refused.get(file.name, (-1, -1, 0))
        again = (size, changed) == (found.st_size, found.st_mtime_ns)
        if again and read > 1:
            return Taken()
        content = b""
        try:
            content = envelope.read_file(file)
            taken = inbox.take(hub, Ask(HUB), content)
        except Refused as refused:
            if refused.reason != inbox.GAP:
                self._refused[file.name] = (found.st_size, found.st_mtime_ns, read + 1 if again else 1)
                if again:
                    _note(hub, content or str(file.name).encode(), file.name, refused)
            return Taken()
        self._refused.pop(file.name, None)
        file.unlink()
        return taken


def _note(hub: Hub, content: bytes, name: str, refused: Refused) -> None:
    log.warning("inbox: %s: %s", name, refused.message)
    inbox.note_refused_file(hub, Ask(HUB), file=inbox.digest(content), name=name, code=refused.reason)


class Asker:
    """Hears the centre every so often, and sleeps otherwise."""

    def __init__(self, hub: Hub, source: Source, every_s: float) -> None:
        self._hub = hub
        self._source = source
        self._every_s = every_s
        self._sleeper = Sleeper("inbox", CLOSES_S)
        self._woken = False
        #: Why nothing comes in, in the way's own words; empty while it does.
        self.complaint = ""

    def open(self) -> Asker:
        """Start."""
        self._sleeper.open(self._run)
        return self

    def wake(self) -> None:
        """There may be something to hear."""
        with self._sleeper.changing:
            self._woken = True
            self._sleeper.wake()

    def close(self) -> None:
        """Stop after what is in hand. May be called twice."""
        self._sleeper.close()

    def look(self) -> Taken:
        """Take what is there now."""
        try:
            with self._hub.store.readable():
                taken = self._source.take(self._hub)
        except (Away, StoreFault) as error:
            if self.complaint != str(error):
                log.warning("inbox: %s", error)
            self.complaint = str(error)
            return Taken()
        self.complaint = ""
        return taken

    def _run(self) -> None:
        while not self._sleeper.closed:
            self.look()
            with self._sleeper.changing:
                self._sleeper.sleep_until(lambda: self._woken, self._every_s)
                self._woken = False


def sources_of(hub: Hub, address: Callable[[], Address]) -> tuple[Source, ...]:
    """Where this agency hears the centre: its address, a folder, both or nowhere."""
    centre = hub.settings.centre
    found: list[Source] = []
    if not centre.key:
        return ()
    if "://" in hub.settings.hub.outbox:
        found.append(Asked(address()))
    if centre.inbox:
        found.append(Drop(hub.settings.path(Path(centre.inbox))))
    return tuple(found)
