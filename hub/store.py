"""The store: one file, one writer, one door.

Every change goes through `Store.transaction()`: `BEGIN IMMEDIATE`, rows and journal together, commit
with `synchronous=FULL`, then the entries are handed to the announcer in journal order. Whoever
comes first serves all that wait behind, each ask under a savepoint, in one commit, so that a slow
card does not make a queue of commits. Whoever only reads has `hub.readable`. The data folder is
held by an exclusive lock, so that an orphan and a new hub never share it.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub import chain, journal, lived
from hub.ask import HUB, Actor, Answer, Ask
from hub.clock import Clock, Instant, SystemClock, machine_boot_id
from hub.disk import Reserve
from hub.errors import Damaged, DiskFull, StoreFault, Unsure
from hub.journal import Appliers, Entry, Event
from hub.readable import Readable
from hub.sqlite import is_damage, is_full, is_lost_sync, open_writer, settle_log

DATABASE = "mbote.db"
SIGNING_KEY = Path("keys/journal.ed25519")
#: Where a backup is rebuilt inside the data folder (hub/backup/restore.py), gone when it is in place.
RESTORING = "restoring"
TAIL = 1_000
#: How often, and after what pause, the log is tried again that somebody reads.
SETTLE_TRIES, SETTLE_S = 50, 0.2
#: The most asks in one commit: whoever comes first does not wait for a whole hall.
MOST_TOGETHER = 64
#: Entries whose answers are forgotten at once; how often it is remembered on disk where there was nothing to forget.
PRUNED_AT_ONCE, REMEMBERED_EVERY = 500, 10_000
#: What a disk, or a file that was damaged on it, makes of a statement; the other kinds are mistakes of ours.
_DISK = (sqlite3.OperationalError, sqlite3.DatabaseError)
#: So many failed syncs within so long, and the hub only shows what it has: such a card keeps nothing.
LOST_SYNCS, LOST_WITHIN_S = 2, 600
#: The "machine" of a clock that is handed in: a test's, a past's.
HANDED_IN = "a clock that was handed in"
Guard = Callable[["Transaction", Event], None]
Listener = Callable[["Transaction", Event], None]
Announce = Callable[[tuple[Entry, ...]], None]
#: What a file that may not know all that was given has to begin with.
Begin = Callable[["Transaction"], journal.EpochBegun | None]

log = structlog.get_logger("store")
migrations = Migrations("store")


@migrations()
def create(db: Database) -> None:
    """What the store itself must remember: the epoch, which rises with each restored backup."""
    db.conn.execute("CREATE TABLE store (epoch INTEGER NOT NULL) STRICT")
    db.conn.execute("INSERT INTO store (epoch) VALUES (1)")


@migrations()
def pruned(db: Database) -> None:
    """Up to which entry old answers are forgotten: nobody looks there again."""
    db.conn.execute("ALTER TABLE store ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0")


class Transaction:
    """One change being decided: read through it, `record` events, and it all commits together."""

    def __init__(self, store: Store, ask: Ask, after: Transaction | None = None) -> None:
        """`after`: one that was written and is not durable yet; this one goes on from its end."""
        self._store = store
        self.connection = store.writer
        self.ask = ask
        self.actor: Actor = ask.actor
        self.now: Instant = store.clock.now()
        self.epoch: int = after.epoch if after else store.epoch
        self._head = after.end if after and after.end else store.head
        self._entries: list[Entry] = []
        #: The last entry and its hash, from where it is being made durable.
        self.end: tuple[int, bytes] | None = None
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

    def write(self, answer: Answer | None) -> None:
        """Write the journal. Nothing of it is durable yet."""
        if not self._entries:
            return
        seq, digest = self._head
        # the first fact is what was asked for; a listener may have added others to it
        keeper = next((entry.seq for entry in self._entries if entry.seq not in self._keys), 0)
        for entry in self._entries:
            seq = entry.seq
            kept = journal.Kept(self._keys.get(seq))
            if seq == keeper and answer is not None and self.ask.key:
                kept = journal.Kept(self.ask.key, self.ask.digest(), journal.pack(answer))
            digest = journal.append(self.connection, entry, epoch=self.epoch, previous=digest, kept=kept)
        self.end = seq, digest
        for kind in (entry.event.kind for entry in self._entries if entry.event.kind in self._store.signed_kinds):
            self._store.sign(self.end, kind)

    @property
    def recorded(self) -> tuple[Entry, ...]:
        """What was recorded, in order."""
        return tuple(self._entries)


class _Job:
    """One ask on its way: it is decided by whichever thread has the door, and heard by its own."""

    def __init__(self, ask: Ask, action: Callable[[Transaction], Answer], *, alone: bool = False) -> None:
        self.ask = ask
        self.alone = alone
        self._action = action
        #: Set when there is something to hear, or when it is this thread's turn to serve.
        self.turn = threading.Event()
        self.answer: Answer | None = None
        self.error: BaseException | None = None

    @property
    def done(self) -> bool:
        """Whether there is something to hear."""
        return self.answer is not None or self.error is not None

    def decide(self, tx: Transaction) -> Answer:
        """The answer once given to the key, or a new one, written."""
        kept = journal.kept_answer(tx.connection, self.ask)
        if kept is not None:
            return kept
        answer = self._action(tx)
        tx.write(answer)
        assert tx.recorded or self.ask.key is None, "an action answered a key without naming an event"
        return answer

    def result(self) -> Answer:
        """What came of it. Raises what it was refused with."""
        if self.error is not None:
            raise self.error
        assert self.answer is not None
        return self.answer


class Store(Readable):
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
        """`begin`: the first entry may be the beginning of a new epoch, in one commit with the hub's start."""
        super().__init__(folder / DATABASE)
        self.folder = folder
        self.appliers = {**journal.APPLIERS, **appliers}
        self.guards = guards or {}
        self.listeners = listeners or {}
        self.announce = announce
        #: Kinds of event that have the chain's head signed in their own commit: the closings.
        self.signed_kinds: frozenset[str] = frozenset()
        #: Given up when the disk is full, so that the queue goes on.
        self.reserve: Reserve | None = None
        #: Called when the file was opened anew after a fault: what is remembered of it may not be what it says.
        self.on_reopened: Callable[[], None] = lambda: None
        self._lost_syncs: deque[float] = deque(maxlen=LOST_SYNCS)
        #: Asks that wait, whether somebody is serving them, and the lock of both.
        self._jobs: deque[_Job] = deque()
        self._led = False
        self._door = threading.Lock()
        self._write = threading.RLock()
        self._lock = hold(folder)
        self._sets = (migrations, journal.migrations, *migration_sets)
        try:
            self._open(clock, version, begin)
        except sqlite3.DatabaseError as error:
            self._lock.close()
            raise (Damaged if is_damage(error) else StoreFault)(f"{DATABASE} cannot be used: {error}") from error
        except BaseException:
            self._lock.close()
            raise

    def _open(self, clock: Clock | None, version: str, begin: Begin | None) -> None:
        if (self.folder / RESTORING).exists() and not self.path.exists():
            raise StoreFault(f"a restore into {self.folder} did not come to its end: run `mbote restore` again")
        self.writer = open_writer(self.path, self._sets)
        self._usable = True
        self.head = journal.head(self.writer)
        self.epoch, self._pruned = map(int, self.writer.execute("SELECT epoch, pruned FROM store").fetchone())
        self._verify_tail()
        self._start(clock, version, begin)

    def _verify_tail(self) -> None:
        try:
            signed = self.writer.execute("SELECT max(seq) FROM signed_head").fetchone()[0] or 0
            broken = next(journal.faults(self.writer, after=max(0, self.head[0] - TAIL)), None)
            if signed > self.head[0]:
                broken = f"journal: it ends at entry {self.head[0]}, the head of entry {signed} is signed"
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            broken = f"journal: it cannot be read: {error}"
        if broken:
            raise Damaged(f"{broken}; the hub does not start on a journal it cannot trust: run `mbote verify`")

    def _start(self, clock: Clock | None, version: str, begin: Begin | None) -> None:
        # A clock that is handed in counts in a boot of its own: its milliseconds are none of this machine's.
        machine = machine_boot_id() if clock is None else HANDED_IN
        last = self.writer.execute("SELECT boot, machine FROM boot ORDER BY boot DESC LIMIT 1").fetchone()
        boot = 1 if last is None else last["boot"] + (last["machine"] != machine)
        self.clock: Clock = clock or self._clock(boot, machine)
        with self.transaction(Ask(HUB)) as tx:
            if begin is not None and (begun := begin(tx)) is not None:
                tx.begin_epoch(begun)
            tx.record(journal.HubStarted(machine, version))

    def _clock(self, boot: int, machine: str) -> SystemClock:
        """What was lived for certain is the floor; within one boot of the machine the hub's time goes on."""
        known = lived.read(self.folder)
        # What is older than the last minute's entry is below its time, and some boxes never know the time for certain.
        after = min(known.seq, self.head[0]) - TAIL
        last = self.writer.execute(
            "SELECT at FROM journal WHERE seq > ? AND certain ORDER BY seq DESC LIMIT 1", (after,)
        ).fetchone()
        floor = max(known.at, last["at"] if last else 0)
        if known.machine != machine:
            return SystemClock(boot, floor)
        return SystemClock(boot, floor, offset=known.offset, certain=known.certain)

    @contextmanager
    def transaction(self, ask: Ask) -> Iterator[Transaction]:
        """The one door of every change without an answer to keep. Raises StoreFault when the disk refuses."""
        with self._write:
            tx = self._begin(ask)
            with self._undone_on_error():
                yield tx
                tx.write(None)
                self._make_durable([tx])
                self._announce(tx.recorded)

    def perform(self, ask: Ask, action: Callable[[Transaction], Answer], *, alone: bool = False) -> Answer:
        """Do `action` once for the ask's key and keep its answer; a repeat gets the same one.

        `alone`: in a commit of its own, announced before anybody else decides: what changes how others decide.
        Raises what the action refuses with, KeyReuse, or StoreFault when the disk refuses: then
        nothing was done and nothing may be acknowledged; Unsure says that only the same key can tell.
        """
        job = _Job(ask, action, alone=alone)
        with self._door:
            self._jobs.append(job)
            leads, self._led = not self._led, True
        if not leads:
            job.turn.wait()
        if not job.done:
            self._lead()
        return job.result()

    def _lead(self) -> None:
        """Serve whoever waits, oneself first, and hand the door on to the first who came meanwhile."""
        with self._write:
            with self._door:
                jobs = self._next_jobs()
            try:
                self._serve(jobs)
            finally:
                for job in jobs:
                    job.turn.set()
                with self._door:
                    self._led = bool(self._jobs)
                    if self._led:
                        self._jobs[0].turn.set()

    def _next_jobs(self) -> list[_Job]:
        """Those who waited longest, up to one that goes alone."""
        jobs = [self._jobs.popleft()]
        while self._jobs and len(jobs) < MOST_TOGETHER and not (jobs[0].alone or self._jobs[0].alone):
            jobs.append(self._jobs.popleft())
        return jobs

    def _serve(self, jobs: list[_Job]) -> None:
        """Do what waits at the door in one commit; each is told by its own thread."""
        try:
            try:
                self._together(jobs)
            except DiskFull:
                if self.reserve is None or not self.reserve.release():
                    raise
                self._together(jobs)
        except BaseException as error:  # whatever it was, nobody is left waiting
            for job in jobs:
                job.answer, job.error = None, error
            if not isinstance(error, Exception):
                raise

    def _together(self, jobs: list[_Job]) -> None:
        """A savepoint for each ask, one commit for all: a slow card is asked once for whoever waits."""
        self._begin(jobs[0].ask)
        answers: list[tuple[_Job, Answer | None, Exception | None]] = []
        written: list[Transaction] = []
        with self._undone_on_error():
            for job in jobs:
                tx = Transaction(self, job.ask, written[-1] if written else None)
                answers.append((job, *self._decided(job, tx)))
                written += [tx] if tx.end else []
            self._make_durable(written)
        for job, answer, error in answers:
            job.answer, job.error = answer, error
        for tx in written:
            self._announce(tx.recorded)

    def _announce(self, entries: tuple[Entry, ...]) -> None:
        """What is on the disk is answered as such, whatever becomes of telling it on."""
        try:
            self.announce(entries)
        except Exception:
            log.exception("recorded, and not told on", seq=self.head[0])
            self._usable = False  # opened anew before the next change: what is remembered of the file is read again

    def _decided(self, job: _Job, tx: Transaction) -> tuple[Answer | None, Exception | None]:
        """The answer, or why not: then nothing of it stays. Raises what the disk raises."""
        self.writer.execute("SAVEPOINT ask")
        try:
            answer = job.decide(tx)
        except Exception as error:
            if type(error) in _DISK:
                raise
            tx.end = None
            self.writer.execute("ROLLBACK TO ask")
            self.writer.execute("RELEASE ask")
            return None, error
        self.writer.execute("RELEASE ask")
        return answer, None

    @property
    def read_only(self) -> bool:
        """Whether the disk has failed too often of late to be trusted with anything more."""
        lost = self._lost_syncs
        return len(lost) == LOST_SYNCS and time.monotonic() - lost[0] < LOST_WITHIN_S

    def _begin(self, ask: Ask) -> Transaction:
        if self.read_only:
            raise StoreFault(
                f"nothing is recorded: the disk has failed {LOST_SYNCS} times within {LOST_WITHIN_S // 60} minutes;"
                " change the card, then restore"
            )
        try:
            if not self._usable:
                self._open_again(settle=True)
            self.writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise self._fault(error) from error
        return Transaction(self, ask)

    def _make_durable(self, written: list[Transaction]) -> None:
        """Commit. Where the disk fails in that very moment, the file itself says whether it did."""
        last = written[-1] if written else None
        try:
            self.writer.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            if type(error) not in _DISK or last is None or last.end is None:
                raise
            fault = self._fault(error)
            if not self._usable and is_lost_sync(error):
                raise Unsure(f"the disk failed, and whether this was recorded is not known yet: {error}") from error
            if not self._usable or self.head != last.end:
                raise fault from error
        if last is not None and last.end is not None:
            self.head, self.epoch = last.end, last.epoch

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
        if self._usable and self.writer.in_transaction:
            self.writer.execute("ROLLBACK")

    def _fault(self, error: sqlite3.Error) -> StoreFault:
        """Never go on with a file handle that failed: its pages may be marked clean.

        Where it cannot be opened anew, the next request tries again.
        """
        self._usable = False
        with suppress(sqlite3.Error):
            self.writer.close()
        if is_lost_sync(error):
            self._lost_syncs.append(time.monotonic())
        if is_damage(error):
            self.on_damage(str(error))
        with suppress(StoreFault, sqlite3.Error):
            self._open_again(settle=not is_full(error))
        kind = DiskFull if is_full(error) else StoreFault
        return kind(f"nothing was recorded, the disk refused: {error}")

    def _open_again(self, *, settle: bool) -> None:
        """A new handle, and the end of the journal as the file has it.

        After a failed sync the log may hold what counts as refused, or what only the kernel's memory has: what is
        valid in it is carried into the file and synced, and the log is emptied. A full disk leaves no such doubt.
        """
        fresh = open_writer(self.path)
        try:
            if settle:
                settle_log(fresh)
            head = journal.head(fresh)
            broken = next(journal.faults(fresh, after=max(0, head[0] - 1)), None)
        except BaseException:
            fresh.close()
            raise
        if broken:
            self.on_damage(broken)
        self.head, self.writer, self._usable = head, fresh, True
        self.on_reopened()

    def sign_head(self, reason: str) -> None:
        """Sign the chain's present head, for who takes a copy away. Raises StoreFault."""
        with self._write, self._undone_on_error():
            if not self._usable:
                self._open_again(settle=True)
            self.sign(self.head, reason)

    def sign(self, head: tuple[int, bytes], reason: str) -> None:
        """Write the signature of this head: within a change, durable with it."""
        signature = chain.signed_head(chain.signing_key(self.folder / SIGNING_KEY), *head)
        self.writer.execute(
            "INSERT OR IGNORE INTO signed_head (seq, hash, signature, reason) VALUES (?, ?, ?, ?)",
            (*head, signature, reason),
        )

    def prune(self) -> int:
        """Forget one slice of answers older than seven days; how many were. Where it has been it does not look again.

        Raises StoreFault when the disk refuses.
        """
        old = self.clock.now().at - journal.ANSWERS_KEPT_MS
        after = self._pruned
        until = min(journal.last_before(self.reader, old, after, self.head[0]), after + PRUNED_AT_ONCE)
        if until == after:
            return 0
        with self.transaction(Ask(HUB)) as tx:
            forgotten = journal.forget_answers(tx.connection, after, until)
            if forgotten or until // REMEMBERED_EVERY > after // REMEMBERED_EVERY:
                tx.run("UPDATE store SET pruned = ?", until)
        self._pruned = until
        return forgotten

    def rewrite(self) -> None:
        """Write the file anew, and empty its log: what was deleted is in no free place of either any more.

        Takes as long as copying the file, during which nothing is recorded. Raises StoreFault: then it may be asked
        again.
        """
        with self._write, self._undone_on_error():
            if not self._usable:
                self._open_again(settle=True)
            self.writer.execute("VACUUM")
            _settled(self.writer)

    def empty(self, target: Path) -> sqlite3.Connection:
        """A new database in `target` with our tables and nothing in them."""
        return open_writer(target, self._sets)

    def replayed(self, target: Path) -> sqlite3.Connection:
        """A new database in `target` with the state rows that the journal gives."""
        fresh = self.empty(target)
        with self._write:
            journal.replay(self.reader, fresh, self.appliers)
        return fresh

    def close(self) -> None:
        """Let go of the file and of the folder. May be called twice."""
        try:
            self.writer.close()
            self.close_reader()
        finally:
            self._lock.close()


def _settled(writer: sqlite3.Connection) -> None:
    """Carry the log into the file, between two readings of others."""
    for left in range(SETTLE_TRIES, -1, -1):
        try:
            settle_log(writer)
        except StoreFault:
            if not left:
                raise
            time.sleep(SETTLE_S)
        else:
            return


def hold(folder: Path) -> Any:
    """The data folder's exclusive lock, freed with the process. Raises StoreFault when it cannot be had."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise StoreFault(f"{folder} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreFault(f"{folder} is in use by another hub; stop that one first") from error
    return lock
