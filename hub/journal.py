"""The journal: what happened, in one order, for ever.

An event is a frozen dataclass that names a fact in the past; it says its `kind`, its `subject`, and
which of its fields are private. Recording writes the event and *applies* it to the state rows, in
one transaction, by the one applier its room registered. Replaying the journal through the same
appliers therefore gives the same rows again, by construction; `mbote verify` and the tests do.

`answer` and `body_digest` stand beside an entry, outside its hash, so that pruning answers after
seven days leaves the chain whole.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from base64 import b85decode, b85encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, ClassVar, Protocol

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub import chain
from hub.ask import HUB, Actor, Answer, Ask
from hub.clock import Instant
from hub.errors import KeyReuse

migrations = Migrations("journal")
ANSWERS_KEPT_MS = 7 * 24 * 3600 * 1000


@migrations()
def create(db: Database) -> None:
    """The journal with its private part, the signed heads, and the boots of the machine."""
    for statement in (
        """CREATE TABLE journal (
            seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, boot INTEGER NOT NULL,
            at INTEGER NOT NULL, mono INTEGER NOT NULL, certain INTEGER NOT NULL,
            actor TEXT, device TEXT, key TEXT, kind TEXT NOT NULL, subject TEXT NOT NULL,
            payload TEXT NOT NULL, private_digest BLOB, hash BLOB NOT NULL,
            answer TEXT, body_digest BLOB) STRICT""",
        "CREATE UNIQUE INDEX journal_key ON journal (coalesce(device, actor), key) WHERE key IS NOT NULL",
        "CREATE TABLE journal_private (seq INTEGER PRIMARY KEY, salt BLOB NOT NULL, body TEXT NOT NULL) STRICT",
        """CREATE TABLE signed_head (
            seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, signature BLOB NOT NULL, reason TEXT NOT NULL) STRICT""",
        "CREATE TABLE boot (boot INTEGER PRIMARY KEY, machine TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
        """CREATE TRIGGER journal_append_only BEFORE DELETE ON journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
        """CREATE TRIGGER journal_no_edit BEFORE UPDATE ON journal
            WHEN NEW.answer IS NOT NULL OR NEW.seq <> OLD.seq OR NEW.hash <> OLD.hash OR NEW.payload <> OLD.payload
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    ):
        db.conn.execute(statement)


@migrations()
def append_only(db: Database) -> None:
    """Every column of an entry stands, also those that the first trigger forgot; only answers can be forgotten."""
    for statement in (
        "DROP TRIGGER journal_no_edit",
        """CREATE TRIGGER journal_no_edit BEFORE UPDATE OF seq, epoch, boot, at, mono, certain, actor, device, key,
            kind, subject, payload, private_digest, hash ON journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
        """CREATE TRIGGER journal_no_new_answer BEFORE UPDATE OF answer, body_digest ON journal
            WHEN NEW.answer IS NOT NULL OR NEW.body_digest IS NOT NULL
            BEGIN SELECT RAISE(ABORT, 'an answer is never changed'); END""",
    ):
        db.conn.execute(statement)


@migrations()
def epochs(db: Database) -> None:
    """Where each later epoch began, and above which number it counts on."""
    db.conn.execute(
        """CREATE TABLE epoch (
            epoch INTEGER PRIMARY KEY, why TEXT NOT NULL, day INTEGER NOT NULL, date TEXT NOT NULL,
            floor INTEGER NOT NULL, certain INTEGER NOT NULL, confirmed INTEGER NOT NULL,
            first_seq INTEGER NOT NULL, at INTEGER NOT NULL) STRICT"""
    )


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in the past. Fields are plain values; `PRIVATE` names those that identify a person."""

    kind: ClassVar[str]
    PRIVATE: ClassVar[frozenset[str]] = frozenset()

    @property
    def subject(self) -> str:
        """What it happened to: `ticket 42`, `counter 05`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class HubStarted(Event):
    """The hub's process began; `machine` is the kernel's id of this boot of the machine."""

    kind: ClassVar[str] = "hub_started"
    machine: str
    version: str

    @property
    def subject(self) -> str:
        """The hub itself."""
        return "hub"


@dataclass(frozen=True, slots=True)
class EpochBegun(Event):
    """What was given after the entry before this one may not be known here, so none of it is given again.

    Days up to number `day` or date `date` count on above `floor`: numbers from there down were perhaps given.
    `why`: `restored` from a backup, `behind` what a device or a backup has seen, `set_aside` a damaged file.
    """

    kind: ClassVar[str] = "epoch_begun"
    epoch: int
    why: str
    day: int
    date: str
    floor: int

    @property
    def subject(self) -> str:
        """The hub itself."""
        return "hub"


@dataclass(frozen=True, slots=True)
class EpochConfirmed(Event):
    """An administrator knows that this hub is a copy that is behind, and goes on with it."""

    kind: ClassVar[str] = "epoch_confirmed"
    epoch: int

    @property
    def subject(self) -> str:
        """The hub itself."""
        return "hub"


@dataclass(frozen=True, slots=True)
class ClockDoubted(Event):
    """The wall clock jumped by `by_ms` and nobody vouches for it: the hub goes on with its own time, uncertain."""

    kind: ClassVar[str] = "clock_doubted"
    by_ms: int

    @property
    def subject(self) -> str:
        """The hub itself."""
        return "hub"


@dataclass(frozen=True, slots=True)
class ClockCorrected(Event):
    """The time is known again: the hub's was wrong by `by_ms`. Earlier entries keep their stamp."""

    kind: ClassVar[str] = "clock_corrected"
    by_ms: int

    @property
    def subject(self) -> str:
        """The hub itself."""
        return "hub"


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded event with its place in the order."""

    seq: int
    now: Instant
    actor: Actor
    event: Event


class Rows(Protocol):
    """What an applier writes to: the state rows, at one moment, as one entry."""

    now: Instant
    actor: Actor

    @property
    def seq(self) -> int:
        """The entry's number."""

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Execute one statement."""

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, if any."""


Applier = Callable[[Rows, Any], None]
#: Every kind of event there is: its class and how it changes the rows.
Appliers = Mapping[type[Event], Applier]


def apply_hub_started(rows: Rows, event: HubStarted) -> None:
    """Number the machine's boots."""
    rows.run(
        "INSERT INTO boot (boot, machine, at) VALUES (?, ?, ?) ON CONFLICT (boot) DO NOTHING",
        rows.now.boot, event.machine, rows.now.at,
    )  # fmt: skip


def apply_epoch_begun(rows: Rows, event: EpochBegun) -> None:
    """What somebody restored on purpose needs no second word."""
    rows.run(
        "INSERT INTO epoch (epoch, why, day, date, floor, certain, confirmed, first_seq, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.epoch, event.why, event.day, event.date, event.floor, int(rows.now.certain),
        int(event.why == "restored"), rows.seq, rows.now.at,
    )  # fmt: skip
    rows.run("UPDATE store SET epoch = ?", event.epoch)


def apply_epoch_confirmed(rows: Rows, event: EpochConfirmed) -> None:
    """With it all that came before."""
    rows.run("UPDATE epoch SET confirmed = 1 WHERE epoch <= ?", event.epoch)


def apply_nothing(rows: Rows, event: Event) -> None:
    """What changes no row."""
    del rows, event


APPLIERS: Appliers = {
    ClockDoubted: apply_nothing,
    ClockCorrected: apply_nothing,
    HubStarted: apply_hub_started,
    EpochBegun: apply_epoch_begun,
    EpochConfirmed: apply_epoch_confirmed,
}
#: State tables of the journal's own events, and their personal columns.
STATE_TABLES: Mapping[str, tuple[str, ...]] = {"boot": (), "epoch": ()}


@cache
def _split(kind: type[Event]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = [f.name for f in fields(kind)]
    return tuple(n for n in names if n not in kind.PRIVATE), tuple(n for n in names if n in kind.PRIVATE)


def payload_of(event: Event) -> dict[str, Any]:
    """The event without what identifies a person; absent values are left out."""
    public, _ = _split(type(event))  # type: ignore[arg-type]  # mypy takes the class for one of its objects
    return {name: value for name in public if (value := getattr(event, name)) is not None}


def private_of(event: Event) -> dict[str, Any]:
    """What identifies a person; empty when nothing does."""
    _, private = _split(type(event))  # type: ignore[arg-type]  # the same
    return {name: value for name in private if (value := getattr(event, name)) is not None}


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands beside an entry: the request's key, the digest of its body, and the answer it got."""

    key: str | None = None
    digest: bytes | None = None
    answer: str | None = None


#: What answers look like, for the packer: never changed, or answers given before cannot be read. The end counts most.
_LOOK = (
    b'{"holes":[],"day":"2026-01-02","mode":"open","code":"","waiting":0,"elapsed_s":0,"reason":"","label":"Guichet 0",'
    b'"state":"free","agent":null,"follow":"","ahead":1,"why":"attente  min","call":1,"ticket":null,{"ticket":{"id":"01'
    b'0000008000000001","label":"D001","service":"DEP","state":"waiting","called","serving","served","no_show","category"'
    b':"simple","priority":"normal","language":"fr","channel":"kiosk","reception","paper":"none","awaited","printed",'
    b'"issued_at":"2026-01-02T08:00:00+01:00","counter":"05","agent":"00","calls":1,"why":"attente 0 min","wait":'
    b'{"low_s":300,"high_s":600}}'
)
_PACKED = "z1"


def pack(answer: Answer) -> str:
    """An answer as it is kept: a third of its length, so that two or three entries share a page of the card."""
    packer = zlib.compressobj(9, wbits=-15, zdict=_LOOK)
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    return _PACKED + b85encode(packer.compress(text) + packer.flush()).decode()


def unpack(kept: str) -> Answer:
    """The answer again, also one of the time before answers were packed."""
    if kept.startswith(_PACKED):
        unpacker = zlib.decompressobj(wbits=-15, zdict=_LOOK)
        kept = (unpacker.decompress(b85decode(kept.removeprefix(_PACKED))) + unpacker.flush()).decode()
    answer: Answer = json.loads(kept)
    return answer


def append(connection: sqlite3.Connection, entry: Entry, *, epoch: int, previous: bytes, kept: Kept) -> bytes:
    """Write one entry after the one whose hash is `previous`, and give its own."""
    event, now = entry.event, entry.now
    private = private_of(event)
    row: dict[str, Any] = {
        "seq": entry.seq, "epoch": epoch, "boot": now.boot, "at": now.at, "mono": now.mono, "certain": int(now.certain),
        "actor": entry.actor.agent, "device": entry.actor.device, "key": kept.key,
        "kind": event.kind, "subject": event.subject, "payload": chain.canonical_json(payload_of(event)),
        "private_digest": None,
    }  # fmt: skip
    if private:
        salt, body = os.urandom(16), chain.canonical_json(private)
        row["private_digest"] = chain.private_digest(salt, body)
        connection.execute("INSERT INTO journal_private (seq, salt, body) VALUES (?, ?, ?)", (entry.seq, salt, body))
    digest = chain.entry_hash(row, previous)
    connection.execute(
        "INSERT INTO journal (seq, epoch, boot, at, mono, certain, actor, device, key, kind, subject, payload,"
        " private_digest, hash, answer, body_digest) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (*row.values(), digest, kept.answer, kept.digest),
    )
    return digest


def kept_answer(connection: sqlite3.Connection, ask: Ask) -> Answer | None:
    """The answer once given to this key. Raises KeyReuse when the key had another content or its answer is pruned."""
    if ask.key is None:
        return None
    row = connection.execute(
        "SELECT answer, body_digest FROM journal WHERE coalesce(device, actor) = ? AND key = ?",
        (ask.actor.scope, ask.key),
    ).fetchone()
    if row is None:
        return None
    if row["answer"] is None:
        raise KeyReuse("this key was used and its answer is no longer kept; make a new one", field="key")
    if row["body_digest"] != ask.digest():
        raise KeyReuse("this key was used for another request; make a new one for each", field="key")
    return unpack(row["answer"])


def head(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """The last entry's number and hash; (0, genesis) when empty."""
    row = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return (row["seq"], row["hash"]) if row else (0, chain.GENESIS)


def hash_at(connection: sqlite3.Connection, seq: int) -> bytes | None:
    """The hash of an entry; None where there is no such entry."""
    row = connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
    return bytes(row[0]) if row else None


def last_before(connection: sqlite3.Connection, at_ms: int, after: int, last: int) -> int:
    """An entry made before a moment whose follower, if any, was not: between `after` and `last`, else `after`.

    The journal is in the order of time, so all up to there is older, whatever a wrong clock wrote in between. It is
    halved, some twenty looks for millions of entries: an index of times would cost the card a page an entry.
    """
    low, high = after, last + 1
    while high - low > 1:
        middle = (low + high) // 2
        row = connection.execute("SELECT at FROM journal WHERE seq = ?", (middle,)).fetchone()
        low, high = (middle, high) if row and row["at"] < at_ms else (low, middle)
    return low


def forget_answers(connection: sqlite3.Connection, after: int, until: int) -> int:
    """Forget the answers of the entries after `after`, up to `until`; how many were."""
    return connection.execute(
        "UPDATE journal SET answer = NULL, body_digest = NULL WHERE seq > ? AND seq <= ? AND answer IS NOT NULL",
        (after, until),
    ).rowcount


def faults(connection: sqlite3.Connection, *, after: int = 0) -> Iterator[str]:
    """Every break of the chain after `after`, each naming the entry; nothing when it is whole."""
    start = connection.execute("SELECT hash FROM journal WHERE seq = ?", (after,)).fetchone()
    previous, expected = (start["hash"] if start else chain.GENESIS), after + 1
    for row in connection.execute("SELECT * FROM journal WHERE seq > ? ORDER BY seq", (after,)):
        if row["seq"] != expected:
            yield f"journal: entry {expected} is missing"
        if hash_of(row, previous) != row["hash"]:
            yield f"journal: entry {row['seq']} was altered"
        previous, expected = row["hash"] if isinstance(row["hash"], bytes) else b"", row["seq"] + 1
    private = (
        "SELECT j.seq, j.private_digest, p.salt, p.body FROM journal_private p"
        " LEFT JOIN journal j USING (seq) WHERE p.seq > ?"
    )
    for row in connection.execute(private, (after,)):
        if not is_private_part(row):
            yield f"journal: the private part of entry {row['seq']} was altered"


def hash_of(row: sqlite3.Row, previous: bytes) -> bytes | None:
    """An entry's hash; None where a damaged page gives a value that no entry can have."""
    with suppress(TypeError, ValueError):
        return chain.entry_hash(dict(row), previous)
    return None


def is_private_part(row: sqlite3.Row | Mapping[str, Any]) -> bool:
    """Whether a private body with its salt is the one that its entry speaks of."""
    with suppress(TypeError, ValueError, AttributeError):
        return bool(row["private_digest"] == chain.private_digest(row["salt"], row["body"]))
    return False


def head_faults(connection: sqlite3.Connection, public: bytes) -> Iterator[str]:
    """Signed heads that the chain no longer contains, or that somebody else signed."""
    for row in connection.execute(
        "SELECT h.*, j.hash AS found FROM signed_head h LEFT JOIN journal j USING (seq) ORDER BY seq"
    ):
        if row["found"] != row["hash"]:
            yield f"journal: the head signed at entry {row['seq']} is no longer in the chain"
        elif not chain.head_is_signed(public, row["seq"], row["hash"], row["signature"]):
            yield f"journal: the signature of the head at entry {row['seq']} is not this hub's"


@dataclass(slots=True)
class Replayed:
    """Rows being written again from the journal."""

    connection: sqlite3.Connection
    now: Instant
    seq: int
    actor: Actor = HUB

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Execute one statement."""
        return self.connection.execute(sql, values)

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, if any."""
        row: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return row


def replay(
    source: sqlite3.Connection, target: sqlite3.Connection, appliers: Appliers, *, after: int = 0, until: int = 1 << 62
) -> int:
    """Write the state rows of `source`'s journal into the tables of `target`; how many entries.

    The tables are empty, or hold what the entries up to `after` give.
    """
    kinds = {kind.kind: (kind, applier) for kind, applier in appliers.items()}
    count = 0
    target.execute("BEGIN")  # all of it at once: a commit for each entry takes ten times as long
    rows = source.execute(
        "SELECT j.*, p.body FROM journal j LEFT JOIN journal_private p USING (seq)"
        " WHERE seq > ? AND seq <= ? ORDER BY seq",
        (after, until),
    )
    for row in rows:
        kind, applier = kinds[row["kind"]]
        values = json.loads(row["payload"]) | (json.loads(row["body"]) if row["body"] else {})
        now = Instant(row["at"], row["mono"], row["boot"], bool(row["certain"]))
        applier(Replayed(target, now, row["seq"], Actor(row["actor"], row["device"])), _event(kind, values))
        count += 1
    target.execute("COMMIT")
    return count


@cache
def _shape(kind: type[Event]) -> tuple[frozenset[str], dict[str, None]]:
    """An event's fields, and those without a default, empty: what a purge took is None."""
    every = fields(kind)
    return frozenset(f.name for f in every), dict.fromkeys(f.name for f in every if f.default is MISSING)


def _event(kind: type[Event], values: dict[str, Any]) -> Event:
    names, needed = _shape(kind)  # type: ignore[arg-type]  # mypy takes the class for one of its objects
    return kind(**needed | {name: _tuples(value) for name, value in values.items() if name in names})


def _tuples(value: Any) -> Any:
    """JSON has no tuples; events have no lists."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def entries(connection: sqlite3.Connection, after: int, limit: int) -> Iterable[sqlite3.Row]:
    """The public part of the journal after `after`."""
    return connection.execute(
        "SELECT seq, epoch, boot, at, mono, certain, actor, device, key, kind, subject, payload, hash"
        " FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, limit),
    )
