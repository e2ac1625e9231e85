"""The outbox: what the head office shall hear, kept with the change that caused it, sent in order.

`enqueue` is called inside the transaction of the cause, so there is no change without its message and
no message without its change. One thread sends; it sleeps until there is something to send or a pause
is over, and never looks in between. Messages of one aggregate (`deposit 12`) leave in their order: one
that was refused holds back those after it, of its own aggregate alone, until somebody puts it right.

The journal holds what is known for ever: queued, sent, applied, refused, put right. That the way was
cut is no fact about a message, so pauses (1, 5, 30 min, then hourly) belong to the way, are kept in
memory, and a restart tries at once. A crash between sending and writing it down sends twice: the other
side knows a message again by agency, epoch, number and version, and acknowledges it again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.ask import HUB, Answer, Ask
from hub.chain import canonical_json, signing_key
from hub.clock import Instant, elapsed
from hub.context import Hub, action
from hub.disk import write_whole
from hub.errors import IllegalStep, MboteError, NotFound, StoreFault
from hub.journal import Appliers, Entry, Event, Rows
from hub.sleeper import Sleeper
from hub.store import Transaction

State = Literal["to_send", "sent", "applied", "refused"]
Outcome = Literal["ack", "refused"]
#: state → step → state.
STEPS: dict[State, dict[str, State]] = {
    "to_send": {"send": "sent", "refuse": "refused"},
    "sent": {"apply": "applied", "refuse": "refused"},
    "refused": {"put_right": "to_send"},
    "applied": {},
}
#: Pauses after a way that was cut: 1, 5 and 30 minutes, then every hour.
PAUSES_S = (60, 300, 1800, 3600)
#: So many are sent before it is written down: a commit each would wear the card on the day the way is back.
BATCH = 50

Reader = sqlite3.Connection
log = logging.getLogger(__name__)
migrations = Migrations("outbox")


@migrations()
def create(db: Database) -> None:
    """Messages; the indexes hold those that are to be sent, and those that hold others back."""
    for statement in (
        """CREATE TABLE outbox (
            id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, topic TEXT NOT NULL, aggregate TEXT NOT NULL, payload TEXT,
            key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL DEFAULT 1, state TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '', seq INTEGER NOT NULL, at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX outbox_to_send ON outbox (id) WHERE state = 'to_send'",
        "CREATE INDEX outbox_refused ON outbox (aggregate) WHERE state = 'refused'",
    ):
        db.conn.execute(statement)


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageEvent(Event):
    """Something happened to a message."""

    message: int

    @property
    def subject(self) -> str:
        """The message's row."""
        return f"outbox {self.message}"


@dataclass(frozen=True, slots=True)
class OutboxMessageQueued(MessageEvent):
    """The head office shall hear this. The payload is JSON text, and may name people."""

    kind: ClassVar[str] = "outbox_message_queued"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    epoch: int
    topic: str
    aggregate: str
    key: str
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxMessageSent(MessageEvent):
    """The other side has it, and says so."""

    kind: ClassVar[str] = "outbox_message_sent"


@dataclass(frozen=True, slots=True)
class OutboxMessageApplied(MessageEvent):
    """The other side's records say it too."""

    kind: ClassVar[str] = "outbox_message_applied"


@dataclass(frozen=True, slots=True)
class OutboxMessageRefused(MessageEvent):
    """The other side understood and will not have it."""

    kind: ClassVar[str] = "outbox_message_refused"
    reason: str


@dataclass(frozen=True, slots=True)
class OutboxMessagePutRight(MessageEvent):
    """A refused message goes again, as a new version."""

    kind: ClassVar[str] = "outbox_message_put_right"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    version: int
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What travels. `epoch`, `id` and `version` together never come twice from one agency."""

    id: int
    epoch: int
    topic: str
    aggregate: str
    payload: Any
    key: str
    version: int
    state: State
    seq: int
    at: int
    reason: str = ""


# --- causing, and what people ask ------------------------------------------------------------


def enqueue(tx: Transaction, *, topic: str, aggregate: str, payload: Any, key: str | None = None) -> int:
    """Cause a message; its number. `key` is its own for ever: from the cause, else made of aggregate and number."""
    row = tx.one("SELECT coalesce(max(id), 0) + 1 FROM outbox")
    assert row is not None
    message = int(row[0])
    named = key or f"{aggregate} {tx.epoch}.{message}"
    tx.record(OutboxMessageQueued(message, tx.epoch, topic, aggregate, named, canonical_json(payload)))
    return message


@action
def put_right(tx: Transaction, hub: Hub, *, message: int, payload: Any) -> Answer:
    """A refused message goes again with another content."""
    del hub
    return {"message": message, "version": resend(tx, message=message, payload=payload)}


def resend(tx: Transaction, *, message: int, payload: Any) -> int:
    """Have a refused message go again, inside the transaction of what put it right; its new version."""
    found = _known(tx.connection, message)
    step(found, "put_right")
    tx.record(OutboxMessagePutRight(message, found.version + 1, canonical_json(payload)))
    return found.version + 1


@action
def settle(tx: Transaction, hub: Hub, *, message: int, applied: bool, reason: str = "") -> Answer:
    """The other side's later word on a message that it has."""
    del hub
    found = _known(tx.connection, message)
    state = step(found, "apply" if applied else "refuse")
    tx.record(OutboxMessageApplied(message) if applied else OutboxMessageRefused(message, reason))
    return {"message": message, "state": state}


def step(message: Message, name: str) -> State:
    """The state a step leads to. Raises IllegalStep naming the steps there are."""
    steps = STEPS[message.state]
    if name not in steps:
        raise IllegalStep(
            f"message {message.id} is {message.state}: {name} is not possible now",
            state=message.state,
            possible=sorted(steps),
        )
    return steps[name]


# --- reading ---------------------------------------------------------------------------------


def to_send(reader: Reader, limit: int = BATCH, *, gateway: bool | None = None) -> list[Message]:
    """What may leave now, oldest first: nothing behind a refused message of its own aggregate.

    `gateway`: only what a gateway brings to people (topics `notice.…`), or only the rest.
    """
    rows = reader.execute(
        "SELECT * FROM outbox o WHERE state = 'to_send' AND NOT EXISTS"
        " (SELECT 1 FROM outbox r WHERE r.state = 'refused' AND r.aggregate = o.aggregate AND r.id < o.id)"
        " AND (? IS NULL OR (topic LIKE 'notice.%') = ?) ORDER BY id LIMIT ?",
        (gateway, gateway, limit),
    )
    return [_message_of(row) for row in rows]


def message(reader: Reader, message_id: int) -> Message | None:
    """One message."""
    row = reader.execute("SELECT * FROM outbox WHERE id = ?", (message_id,)).fetchone()
    return _message_of(row) if row else None


def _known(reader: Reader, message_id: int) -> Message:
    found = message(reader, message_id)
    if found is None:
        raise NotFound(f"no message {message_id}", field="message")
    return found


def _message_of(row: sqlite3.Row) -> Message:
    names = ("id", "epoch", "topic", "aggregate", "key", "version", "state", "seq", "at", "reason")
    return Message(
        **{name: row[name] for name in names}, payload=json.loads(row["payload"]) if row["payload"] else None
    )


# --- applying --------------------------------------------------------------------------------


def _queued(rows: Rows, event: OutboxMessageQueued) -> None:
    rows.run(
        "INSERT INTO outbox (id, epoch, topic, aggregate, payload, key, state, seq, at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'to_send', ?, ?)",
        event.message, event.epoch, event.topic, event.aggregate, event.payload, event.key, rows.seq, rows.now.at,
    )  # fmt: skip


def _sent(rows: Rows, event: OutboxMessageSent) -> None:
    rows.run("UPDATE outbox SET state = 'sent' WHERE id = ?", event.message)


def _applied(rows: Rows, event: OutboxMessageApplied) -> None:
    rows.run("UPDATE outbox SET state = 'applied' WHERE id = ?", event.message)


def _refused(rows: Rows, event: OutboxMessageRefused) -> None:
    rows.run("UPDATE outbox SET state = 'refused', reason = ? WHERE id = ?", event.reason, event.message)


def _put_right(rows: Rows, event: OutboxMessagePutRight) -> None:
    rows.run(
        "UPDATE outbox SET state = 'to_send', reason = '', version = ?, payload = ? WHERE id = ?",
        event.version, event.payload, event.message,
    )  # fmt: skip


APPLIERS: Appliers = {
    OutboxMessageQueued: _queued,
    OutboxMessageSent: _sent,
    OutboxMessageApplied: _applied,
    OutboxMessageRefused: _refused,
    OutboxMessagePutRight: _put_right,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {"outbox": ("payload",)}


# --- destinations ----------------------------------------------------------------------------


class Away(MboteError):
    """Nobody there to hear it; nothing is known to have arrived."""


class Destination(Protocol):
    """Where messages go. One that has a message already acknowledges it again."""

    def send(self, message: Message) -> Outcome:
        """Hand one message over. Raises Away."""


class Folder:
    """Files of JSON lines in a folder that somebody else empties: a mounted share, a stick, a synchronised folder.

    The folder is never made here: a share that is not mounted must not fill the card instead.
    """

    def __init__(self, path: Path, agency: str, key: Path) -> None:
        self.path = path
        self._agency = agency
        self._key = signing_key(key)

    def send(self, message: Message) -> Outcome:
        """One file, whole or not at all, with a name of its own. Raises Away."""
        name = f"{self._agency}-{message.epoch}-{message.id:010}-{message.version}.jsonl"
        try:
            write_whole(self.path / name, f"{self.line(message)}\n".encode())
        except OSError as error:
            raise Away(f"{self.path}: {error.strerror}") from error
        return "ack"

    def line(self, message: Message) -> str:
        """The message in one line, with its signature."""
        said = {
            "agency": self._agency, "epoch": message.epoch, "number": message.id, "version": message.version,
            "topic": message.topic, "aggregate": message.aggregate, "key": message.key, "seq": message.seq,
            "at": message.at, "payload": message.payload,
        }  # fmt: skip
        signature = self._key.sign(f"mbote-outbox|{canonical_json(said)}".encode())
        return canonical_json(said | {"signature": signature.hex()})

    def __repr__(self) -> str:
        return f"<Folder {self.path}>"


# --- sending ---------------------------------------------------------------------------------


#: How long whoever closes it waits for the message in hand, seconds.
CLOSES_S = 5.0


class Sender:
    """Sends what is to be sent, one at a time, and sleeps otherwise."""

    def __init__(self, hub: Hub, destination: Destination, *, gateway: bool | None = None) -> None:
        """`gateway`: only what goes to people, or only the rest; each way of its own is cut alone."""
        self._hub = hub
        self._destination = destination
        self._sleeper = Sleeper("outbox", CLOSES_S)
        self._gateway = gateway
        self._woken = False
        self._failures = 0
        self._away: Instant | None = None

    def open(self) -> Sender:
        """Start: first what an earlier process left."""
        self._sleeper.open(self._run)
        return self

    def wake(self) -> None:
        """There may be something to send."""
        with self._sleeper.changing:
            self._woken = True
            self._sleeper.wake()

    def hear(self, entries: tuple[Entry, ...]) -> None:
        """Wake for what was recorded, after its commit."""
        if any(isinstance(entry.event, OutboxMessageQueued | OutboxMessagePutRight) for entry in entries):
            self.wake()

    def close(self) -> None:
        """Stop after the message in hand. May be called twice."""
        self._sleeper.close()

    def send_due(self) -> float | None:
        """Send until all is sent or the way is cut; how many seconds to pause, or None until there is more."""
        while not self._sleeper.closed:
            if (pause := self._pause()) > 0:
                return pause
            messages = to_send(self._hub.reader, gateway=self._gateway)
            if not messages:
                return None
            if not self._send(messages):
                self._failures += 1
                self._away = self._hub.now()
        return None

    def _pause(self) -> float:
        """How much longer the way is left alone, after so many failures in a row."""
        if self._away is None:
            return 0
        pause = PAUSES_S[min(self._failures, len(PAUSES_S)) - 1]
        return max(0.0, pause - elapsed(self._away, self._hub.now()).ms / 1000)

    def _send(self, messages: list[Message]) -> bool:
        """Send some, and write down what became of them; whether the way held."""
        done: list[Event] = []
        held_back: set[str] = set()
        try:
            for each in messages:
                if each.aggregate not in held_back:
                    done.append(_became(each, self._destination.send(each)))
                    if isinstance(done[-1], OutboxMessageRefused):
                        held_back.add(each.aggregate)
        except Away as away:
            log.warning("outbox: %s", away)
            self._write_down(done)
            return False
        return self._write_down(done)

    def _write_down(self, done: list[Event]) -> bool:
        """Record what became of them, in one commit; whether the store took it."""
        if not done:
            return True
        try:
            with self._hub.store.transaction(Ask(HUB)) as tx:
                for event in done:
                    tx.record(event)
        except StoreFault as fault:
            log.warning("outbox: sent, and not written down: %s", fault)
            return False
        self._failures, self._away = 0, None
        return True

    def _run(self) -> None:
        while not self._sleeper.closed:
            pause = self.send_due()
            with self._sleeper.changing:
                self._sleeper.sleep_until(lambda: self._woken, pause)
                self._woken = False


def _became(message: Message, outcome: Outcome) -> Event:
    return OutboxMessageSent(message.id) if outcome == "ack" else OutboxMessageRefused(message.id, "refused")


def destination_of(hub: Hub, folder: str) -> Destination | None:
    """Where messages go: a folder that the configuration names, or nowhere, then they wait."""
    if not folder:
        return None
    return Folder(
        hub.settings.path(Path(folder)), hub.settings.agency.code, hub.store.folder / "keys" / "outbox.ed25519"
    )


def start(hub: Hub) -> tuple[Sender, ...]:
    """Send from now on, if there is anywhere to send to; without a destination nothing runs.

    What a gateway brings to people waits for a gateway: the head office is none.
    """
    box = hub.settings.hub
    ways = ((destination_of(hub, box.outbox), False), (destination_of(hub, box.gateway), True))
    senders = tuple(Sender(hub, where, gateway=only) for where, only in ways if where is not None)
    if not senders:
        return ()
    before = hub.store.announce

    def announce(entries: tuple[Entry, ...]) -> None:
        before(entries)
        for sender in senders:
            sender.hear(entries)

    hub.store.announce = announce
    return tuple(sender.open() for sender in senders)
