"""The store: one file, one writer, one door.

Every change goes through `Store.transaction()`: `BEGIN IMMEDIATE`, rows and journal together, commit
with `synchronous=FULL`, then the entries are handed to the announcer in journal order. Actions run
in their caller's thread under one writer lock; each reading thread has a read-only connection of
its own. The data folder is held by an exclusive lock, so that an orphan and a new hub never share it.
"""

from __future__ import annotations

import fcntl
import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub import chain, journal
from hub.ask import HUB, Actor, Answer, Ask
from hub.clock import Clock, Instant, SystemClock, machine_boot_id
from hub.errors import StoreFault
from hub.journal import Appliers, Entry, Event
from hub.sqlite import open_reader, open_writer

DATABASE = "mbote.db"
SIGNING_KEY = Path("keys/journal.ed25519")
#: Where a backup is rebuilt inside the data folder (hub/backup/restore.py), gone when it is in place.
RESTORING = "restoring"
TAIL = 1_000
#: Reading connections kept for whoever reads next.
IDLE_READERS = 6
#: What a disk, or a file that was damaged on it, makes of a statement; the other kinds are mistakes of ours.
_DISK = (sqlite3.OperationalError, sqlite3.DatabaseError)
Guard = Callable[["Transaction", Event], None]
Listener = Callable[["Transaction", Event], None]
Announce = Callable[[tuple[Entry, ...]], None]
#: What a file that may not know all that was given has to begin with.
Begin = Callable[["Transaction"], journal.EpochBegun]

migrations = Migrations("store")


@migrations()
def create(db: Database) -> None:
    """What the store itself must remember: the epoch, which rises with each restored backup."""
    db.conn.execute("CREATE TABLE store (epoch INTEGER NOT NULL) STRICT")
    db.conn.execute("INSERT INTO store (epoch) VALUES (1)")


class Transaction:
    """One change being decided: read through it, `record` events, and it all commits together."""

    def __init__(self, store: Store, ask: Ask) -> None:
        self._store = store
        self.connection = store.writer
        self.ask = ask
        self.actor: Actor = ask.actor
        self.now: Instant = store.clock.now()
        self.epoch = store.epoch
        self._head = store.head
        self._entries: list[Entry] = []
        self._keys: dict[int, str] = {}

    @property
    def seq(self) -> int:
        """The number of the entry being applied, or of the last one."""
        return self._head[0] + len(self._entries)

    @property
    def next_seq(self) -> int:
        """The number that the next event will get."""
        return self.seq + 1

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Execute one statement."""
        return self.connection.execute(sql, values)

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, if any."""
        row: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows."""
        return self.connection.execute(sql, values).fetchall()

    def record(self, event: Event, *, of_key: str | None = None) -> int:
        """Guard, apply and journal a fact; its number. A guard refuses by raising.

        `of_key` is the key of an earlier request of the same actor that this fact settles, so that a late copy of
        that request finds its key used.
        """
        for guard in self._store.guards.get(event.kind, ()):
            guard(self, event)
        self._entries.append(Entry(self.next_seq, self.now, self.actor, event))
        self._store.appliers[type(event)](self, event)
        seq = self.seq
        if of_key:
            self._keys[seq] = of_key
        for listener in self._store.listeners.get(event.kind, ()):
            listener(self, event)
        return seq

    def begin_epoch(self, event: journal.EpochBegun) -> None:
        """From this entry on everything belongs to a new epoch: the one door by which epochs rise.

        `hub.queues.epochs.next_epoch` decides; restoring, a damaged file set aside and a hub that finds
        itself behind its devices all come here.
        """
        assert not self._entries, "an epoch begins a transaction"
        assert event.epoch > self.epoch, "an epoch never falls"
        self.epoch = event.epoch
        self.record(event)

    def commit(self, answer: Answer | None) -> tuple[Entry, ...]:
        """Write the journal and make all of it durable."""
        if not self._entries:
            self.connection.execute("COMMIT")
            return ()
        seq, digest = self._head
        # the first fact is what was asked for; a listener may have added others to it
        keeper = next((entry.seq for entry in self._entries if entry.seq not in self._keys), 0)
        for entry in self._entries:
            seq = entry.seq
            kept = journal.Kept(self._keys.get(seq))
            if seq == keeper and answer is not None and self.ask.key:
                kept = journal.Kept(self.ask.key, self.ask.digest(), json.dumps(answer, ensure_ascii=False))
            digest = journal.append(self.connection, entry, epoch=self.epoch, previous=digest, kept=kept)
        self.connection.execute("COMMIT")
        self._store.head, self._store.epoch = (seq, digest), self.epoch
        return tuple(self._entries)


class Store:
    """The database of one hub, held for itself alone."""

    def __init__(  # noqa: PLR0913 (what a store is made of)
        self,
        folder: Path,
        *,
        appliers: Appliers,
        migration_sets: Iterable[Migrations] = (),
        clock: Clock | None = None,
        guards: dict[str, tuple[Guard, ...]] | None = None,
        listeners: dict[str, tuple[Listener, ...]] | None = None,
        announce: Announce = lambda _: None,
        version: str = "0",
        begin: Begin | None = None,
    ) -> None:
        """`begin`: the first entry is the beginning of a new epoch, in one commit with the hub's start."""
        self.folder = folder
        self.path = folder / DATABASE
        self.appliers = {**journal.APPLIERS, **appliers}
        self.guards = guards or {}
        self.listeners = listeners or {}
        self.announce = announce
        self._write = threading.RLock()
        self._local = threading.local()
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._lock = hold(folder)
        self._sets = (migrations, journal.migrations, *migration_sets)
        try:
            self._open(clock, version, begin)
        except BaseException:
            self._lock.close()
            raise

    def _open(self, clock: Clock | None, version: str, begin: Begin | None) -> None:
        if (self.folder / RESTORING).exists() and not self.path.exists():
            raise StoreFault(f"a restore into {self.folder} did not come to its end: run `mbote restore` again")
        self.writer = open_writer(self.path, self._sets)
        self.head = journal.head(self.writer)
        self.epoch: int = self.writer.execute("SELECT epoch FROM store").fetchone()[0]
        self._verify_tail()
        self._start(clock, version, begin)

    def _verify_tail(self) -> None:
        try:
            broken = next(journal.faults(self.writer, after=max(0, self.head[0] - TAIL)), None)
        except sqlite3.DatabaseError as error:
            broken = f"journal: it cannot be read: {error}"
        if broken:
            raise StoreFault(f"{broken}; the hub does not start on a journal it cannot trust: run `mbote verify`")

    def _start(self, clock: Clock | None, version: str, begin: Begin | None) -> None:
        machine = machine_boot_id()
        last = self.writer.execute("SELECT boot, machine FROM boot ORDER BY boot DESC LIMIT 1").fetchone()
        boot = 1 if last is None else last["boot"] + (last["machine"] != machine)
        lived = self.writer.execute("SELECT at FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        self.clock: Clock = clock or SystemClock(boot, lived["at"] if lived else 0)
        with self.transaction(Ask(HUB)) as tx:
            if begin is not None:
                tx.begin_epoch(begin(tx))
            tx.record(journal.HubStarted(machine, version))

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
        """This thread is done reading for now: fifty sockets share a few connections, each of which costs memory."""
        connection: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if connection is None:
            return
        del self._local.reader
        if connection.in_transaction or self._idle.qsize() >= IDLE_READERS:
            connection.close()
        else:
            self._idle.put(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """This thread's reader, held at one moment: all that is read inside belongs together."""
        reader = self.reader
        if reader.in_transaction:
            yield reader
            return
        reader.execute("BEGIN")
        try:
            yield reader
        finally:
            reader.execute("COMMIT")

    @contextmanager
    def transaction(self, ask: Ask) -> Iterator[Transaction]:
        """The one door of every change without an answer to keep. Raises StoreFault when the disk refuses."""
        with self._write:
            tx = self._begin(ask)
            with self._undone_on_error():
                yield tx
                self.announce(tx.commit(None))

    def perform(self, ask: Ask, action: Callable[[Transaction], Answer]) -> Answer:
        """Do `action` once for the ask's key and keep its answer; a repeat gets the same one.

        Raises what the action refuses with, KeyReuse, or StoreFault when the disk refuses: then
        nothing was done and nothing may be acknowledged.
        """
        with self._write:
            tx = self._begin(ask)
            with self._undone_on_error():
                kept = journal.kept_answer(self.writer, ask)
                if kept is not None:
                    self.writer.execute("ROLLBACK")
                    return kept
                answer = action(tx)
                recorded = tx.commit(answer)
                assert recorded or ask.key is None, "an action answered a key without naming an event"
                self.announce(recorded)
                return answer

    def _begin(self, ask: Ask) -> Transaction:
        try:
            self.writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise self._fault(error) from error
        return Transaction(self, ask)

    @contextmanager
    def _undone_on_error(self) -> Iterator[None]:
        """Roll back whatever was not committed; a disk's refusal becomes a StoreFault."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if type(error) not in _DISK:
                self._roll_back()
                raise
            raise self._fault(error) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self.writer.in_transaction:
            self.writer.execute("ROLLBACK")

    def _fault(self, error: sqlite3.Error) -> StoreFault:
        """Never go on with a file handle that failed: its pages may be marked clean.

        Where it cannot be opened anew, the next request finds it closed and tries again.
        """
        self.writer.close()
        with suppress(StoreFault, sqlite3.Error):
            fresh = open_writer(self.path)
            self.head = journal.head(fresh)
            self.writer = fresh
        return StoreFault(f"nothing was recorded, the disk refused: {error}")

    def sign_head(self, reason: str) -> None:
        """Sign the chain's present head (day and till closings)."""
        key = chain.signing_key(self.folder / SIGNING_KEY)
        with self._write:
            seq, digest = self.head
            self.writer.execute(
                "INSERT OR IGNORE INTO signed_head (seq, hash, signature, reason) VALUES (?, ?, ?, ?)",
                (seq, digest, chain.signed_head(key, seq, digest), reason),
            )

    def prune(self) -> int:
        """Forget one slice of answers older than seven days; how many were."""
        with self._write:
            return journal.prune_answers(self.writer, self.clock.now().at - journal.ANSWERS_KEPT_MS)

    def replayed(self, target: Path) -> sqlite3.Connection:
        """A new database in `target` with the state rows that the journal gives."""
        fresh = open_writer(target, self._sets)
        with self._write:
            journal.replay(self.reader, fresh, self.appliers)
        return fresh

    def close(self) -> None:
        """Let go of the file and of the folder. May be called twice."""
        self.writer.close()
        reader = getattr(self._local, "reader", None)
        if reader is not None:
            reader.close()
        self._lock.close()


def hold(folder: Path) -> Any:
    """The data folder's exclusive lock, freed with the process. Raises StoreFault when another holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreFault(f"{folder} is in use by another hub; stop that one first") from error
    return lock
