"""A database file as those who only read it have it: many threads, each with a read-only connection of its own."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hub.errors import StoreFault
from hub.sqlite import is_damage, is_disk, open_reader

#: Reading connections kept for whoever reads next.
IDLE_READERS = 6


class Readable:
    """A file that is read; who writes it is another matter (`hub.store`)."""

    def __init__(self, path: Path) -> None:
        """`path`: the file, which need not be there before the first reading."""
        self.path = path
        #: Told when the file turns out not to be as it was written.
        self.on_damage: Callable[[str], None] = lambda _: None
        self._local = threading.local()
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()

    @property
    def reader(self) -> sqlite3.Connection:
        """This thread's read-only connection, until it is given back."""
        connection: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if connection is None:
            connection = self._local.reader = self._idle_reader() or open_reader(self.path)
        return connection

    def _idle_reader(self) -> sqlite3.Connection | None:
        with suppress(queue.Empty):
            return self._idle.get_nowait()
        return None

    def give_back(self) -> None:
        """This thread is done reading for now: fifty sockets share a few connections, each of which costs memory.

        Not while it holds a moment (`snapshot`): a screen that hangs up while it is told ends its own request in the
        thread that tells it.
        """
        connection: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if connection is None or getattr(self._local, "held", False):
            return
        del self._local.reader
        if connection.in_transaction or self._idle.qsize() >= IDLE_READERS:
            connection.close()
        else:
            self._idle.put(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """This thread's reader, held at one moment: all that is read inside belongs together. Raises StoreFault."""
        reader = self.reader
        with self.readable():
            if reader.in_transaction:
                yield reader
                return
            reader.execute("BEGIN")
            self._local.held = True
            try:
                yield reader
            finally:
                self._local.held = False
                _end(reader)

    @contextmanager
    def readable(self) -> Iterator[None]:
        """What the disk makes of a reading is a StoreFault."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not is_disk(error):
                raise
            raise self.unreadable(error) from error

    def unreadable(self, error: sqlite3.DatabaseError) -> StoreFault:
        """What to say of it; a damaged file is told of."""
        if is_damage(error):
            self.on_damage(str(error))
        return StoreFault(f"nothing can be read, the disk refuses: {error}")

    def close_reader(self) -> None:
        """Let go of this thread's connection."""
        reader = getattr(self._local, "reader", None)
        if reader is not None:
            reader.close()


def _end(reader: sqlite3.Connection) -> None:
    """End a reading; a disk that refuses has ended it already, and a commit of nothing would hide what it said."""
    if reader.in_transaction:
        reader.execute("COMMIT")
