"""The outbox: what the head office shall hear, kept with the change that caused it, sent in order.

`enqueue` is called inside the transaction of the cause, so there is no change without its message and
no message without its change. `hub/exchange/` sends, and hears the answers. Messages of one aggregate
(`deposit 12`) leave in their order: each names the one before it that was not yet applied (`after`), and one
that was refused holds back those after it, of its own aggregate alone, until somebody puts it right.

The journal holds what is known for ever: queued, sent, acknowledged, applied, refused, put right. An answer
counts for the version that it names; one that comes again, or late, changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, Literal

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.ask import Answer
from hub.chain import canonical_json
from hub.context import Hub, action
from hub.errors import IllegalStep, NotFound
from hub.journal import Appliers, Event, Rows
from hub.say import FIRST, say, words
from hub.store import Transaction

State = Literal["to_send", "sent", "acknowledged", "applied", "refused"]
#: What is known of a message after it left: `sent` nothing but that, the rest is the other side's word.
Outcome = Literal["sent", "acknowledged", "applied", "refused"]
#: state → step → state. An answer may come before it was written down that the message had left.
STEPS: dict[State, dict[str, State]] = {
    "to_send": {"send": "sent", "acknowledge": "acknowledged", "apply": "applied", "refuse": "refused"},
    "sent": {
        "send": "sent", "acknowledge": "acknowledged", "apply": "applied", "refuse": "refused", "lose": "to_send",
    },
    "acknowledged": {"apply": "applied", "refuse": "refused", "lose": "to_send"},
    "refused": {"put_right": "to_send"},
    "applied": {"lose": "to_send"},
}  # fmt: skip
_STEP_OF: dict[Outcome, str] = {
    "sent": "send", "acknowledged": "acknowledge", "applied": "apply", "refused": "refuse",
}  # fmt: skip
#: So many are sent before it is written down: a commit each would wear the card on the day the way is back.
BATCH = 50
#: Where nobody ever acknowledges, what has left is never over: a page does not count the years.
MOST_COUNTED = 10_000

Reader = sqlite3.Connection
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


@migrations()
def answers(db: Database) -> None:
    """What each message follows, when it left, what the centre said of it; and what waits for a word of the centre."""
    for statement in (
        "ALTER TABLE outbox ADD COLUMN after INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE outbox ADD COLUMN sent INTEGER",
        "ALTER TABLE outbox ADD COLUMN note TEXT",
        "CREATE INDEX outbox_unapplied ON outbox (aggregate, id) WHERE state <> 'applied'",
        "CREATE INDEX outbox_unheard ON outbox (id) WHERE state = 'sent'",
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
    """The head office shall hear this. The payload is JSON text, and may name people.

    `after`: the message of the same aggregate that must be there first, 0 for none.
    """

    kind: ClassVar[str] = "outbox_message_queued"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    epoch: int
    topic: str
    aggregate: str
    key: str
    payload: str | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class OutboxMessageSent(MessageEvent):
    """It has left the box: it lies where somebody fetches it."""

    kind: ClassVar[str] = "outbox_message_sent"


@dataclass(frozen=True, slots=True)
class OutboxMessageAcknowledged(MessageEvent):
    """The other side has it, and says so."""

    kind: ClassVar[str] = "outbox_message_acknowledged"


@dataclass(frozen=True, slots=True)
class OutboxMessageApplied(MessageEvent):
    """The other side's records say it too."""

    kind: ClassVar[str] = "outbox_message_applied"


@dataclass(frozen=True, slots=True)
class OutboxMessageRefused(MessageEvent):
    """The other side understood and will not have it. `reason` is its code, `note` its own words."""

    kind: ClassVar[str] = "outbox_message_refused"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"note"})
    reason: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxMessageLost(MessageEvent):
    """The other side had it and has it no longer (it was restored from a backup): it goes again, as it was."""

    kind: ClassVar[str] = "outbox_message_lost"


@dataclass(frozen=True, slots=True)
class OutboxMessagePutRight(MessageEvent):
    """A refused message goes again, as a new version."""

    kind: ClassVar[str] = "outbox_message_put_right"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    version: int
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What travels. `epoch`, `id` and `version` together never come twice from one agency.

    `follows` is the key of the message that must be there before it.
    """

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
    follows: str | None = None
    sent: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one version of a message; `code` and `note` say why it was refused."""

    key: str
    version: int
    outcome: Outcome
    code: str = ""
    note: str | None = None


# --- causing, and what people ask ------------------------------------------------------------


def enqueue(tx: Transaction, *, topic: str, aggregate: str, payload: Any, key: str | None = None) -> int:
    """Cause a message; its number. `key` is its own for ever: from the cause, else made of aggregate and number."""
    row = tx.one("SELECT coalesce(max(id), 0) + 1 FROM outbox")
    assert row is not None
    message = int(row[0])
    named = key or f"{aggregate} {tx.epoch}.{message}"
    before = tx.one("SELECT coalesce(max(id), 0) FROM outbox WHERE aggregate = ? AND state <> 'applied'", aggregate)
    assert before is not None
    tx.record(OutboxMessageQueued(message, tx.epoch, topic, aggregate, named, canonical_json(payload), int(before[0])))
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
def send_again(tx: Transaction, hub: Hub, *, message: int) -> Answer:
    """A refused message goes again as it is: what stood against it was at the other side."""
    del hub
    found = _known(tx.connection, message)
    step(found, "put_right")
    if found.payload is None:
        raise IllegalStep(f"the content of message {message} was destroyed", code="content_gone")
    return {"message": message, "version": resend(tx, message=message, payload=found.payload)}


def hear(tx: Transaction, said: Answered) -> bool:
    """What became of a message, inside the transaction of whoever heard it; whether that was new.

    A word on another version, one that came before, or one that no state is waiting for changes nothing. Raises
    NotFound for a message that we do not know.
    """
    found = keyed(tx.connection, said.key)
    if found is None:
        raise NotFound(f"no message {said.key!r}", code="unknown_message", field="key")
    if said.version != found.version or _STEP_OF[said.outcome] not in STEPS[found.state]:
        return False
    event: Event
    match said.outcome:
        case "sent":
            event = OutboxMessageSent(found.id)
        case "acknowledged":
            event = OutboxMessageAcknowledged(found.id)
        case "applied":
            event = OutboxMessageApplied(found.id)
        case "refused":
            event = OutboxMessageRefused(found.id, said.code or "refused", said.note)
    tx.record(event)
    return True


def lose(tx: Transaction, key: str) -> bool:
    """The other side says that it has not got a message; whether that was news, and its content is still there."""
    found = keyed(tx.connection, key)
    if found is None or "lose" not in STEPS[found.state] or found.payload is None:
        return False
    tx.record(OutboxMessageLost(found.id))
    return True


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

#: A message with the key of the one that must be there before it.
_MESSAGES = "SELECT o.*, b.key AS follows FROM outbox o LEFT JOIN outbox b ON o.after > 0 AND b.id = o.after"
_FREE = (
    " AND NOT EXISTS (SELECT 1 FROM outbox r WHERE r.state = 'refused' AND r.aggregate = o.aggregate AND r.id < o.id)"
    " AND (? IS NULL OR (o.topic LIKE 'notice.%') = ?) ORDER BY o.id LIMIT ?"
)
_TO_SEND = f"{_MESSAGES} WHERE o.state = 'to_send'{_FREE}"
_UNHEARD = f"{_MESSAGES} WHERE o.state = 'sent' AND o.sent < ?{_FREE}"


def to_send(
    reader: Reader, limit: int = BATCH, *, gateway: bool | None = None, again_before: int | None = None
) -> list[Message]:
    """What may leave now, oldest first: nothing behind a refused message of its own aggregate.

    `gateway`: only what a gateway brings to people (topics `notice.…`), or only the rest. `again_before`: also what
    left before that moment (wall, ms) and was never acknowledged.
    """
    leaving = [_message_of(row) for row in reader.execute(_TO_SEND, (gateway, gateway, limit))]
    if again_before is not None:
        again = reader.execute(_UNHEARD, (again_before, gateway, gateway, limit))
        leaving = sorted((*leaving, *map(_message_of, again)), key=attrgetter("id"))[:limit]
    return leaving


def oldest_unsent(reader: Reader, *, gateway: bool = False) -> int | None:
    """Since when (wall, ms) the oldest waits that has not left; what waits behind a refused one counts too."""
    row = reader.execute(
        "SELECT at FROM outbox WHERE state = 'to_send' AND (topic LIKE 'notice.%') = ? ORDER BY id LIMIT 1", (gateway,)
    ).fetchone()
    return row["at"] if row else None


def counts(reader: Reader) -> dict[str, int]:
    """How many wait for something: `to_send`, `sent` and not acknowledged, `refused`; counted up to `MOST_COUNTED`."""
    found = {}
    for state in ("to_send", "sent", "refused"):
        few = f"SELECT 1 FROM outbox WHERE state = '{state}' LIMIT {MOST_COUNTED}"  # noqa: S608 (ours)
        found[state] = int(reader.execute(f"SELECT count(*) FROM ({few})").fetchone()[0])  # noqa: S608
    return found


def refused(reader: Reader, limit: int) -> list[Message]:
    """The refused messages, oldest first."""
    rows = reader.execute(f"{_MESSAGES} WHERE o.state = 'refused' ORDER BY o.id LIMIT ?", (limit,))
    return [_message_of(row) for row in rows]


def some(reader: Reader, messages: Iterable[int]) -> dict[int, Message]:
    """These messages, by their numbers."""
    return {number: found for number in messages if (found := message(reader, number)) is not None}


def code_said(language: str, code: str) -> str:
    """Why a message or a letter was refused, in words; a code without words as it is."""
    name = f"code_{code}"
    return say(language, f"exchange.{name}") if name in words(FIRST, "exchange") else code


def age_said(language: str, ms: int) -> str:
    """`40 min`, `3 h`, `2 j 4 h`: how long something has waited."""
    minutes = max(0, ms) // 60_000
    days, hours = divmod(minutes // 60, 24)
    if days:
        return say(language, "exchange.days", number=days, hours=hours)
    return say(language, "exchange.hours", number=hours) if hours else say(language, "exchange.minutes", number=minutes)


def keyed(reader: Reader, key: str) -> Message | None:
    """The message of that key."""
    row = reader.execute(f"{_MESSAGES} WHERE o.key = ?", (key,)).fetchone()
    return _message_of(row) if row else None


def message(reader: Reader, message_id: int) -> Message | None:
    """One message."""
    row = reader.execute(f"{_MESSAGES} WHERE o.id = ?", (message_id,)).fetchone()
    return _message_of(row) if row else None


def _known(reader: Reader, message_id: int) -> Message:
    found = message(reader, message_id)
    if found is None:
        raise NotFound(f"no message {message_id}", field="message")
    return found


def _message_of(row: sqlite3.Row) -> Message:
    names = (
        "id", "epoch", "topic", "aggregate", "key", "version", "state", "seq", "at", "reason", "follows", "sent",
        "note",
    )  # fmt: skip
    return Message(
        **{name: row[name] for name in names}, payload=json.loads(row["payload"]) if row["payload"] else None
    )


# --- applying --------------------------------------------------------------------------------


def _queued(rows: Rows, event: OutboxMessageQueued) -> None:
    rows.run(
        "INSERT INTO outbox (id, epoch, topic, aggregate, payload, key, state, seq, at, after)"
        " VALUES (?, ?, ?, ?, ?, ?, 'to_send', ?, ?, ?)",
        event.message, event.epoch, event.topic, event.aggregate, event.payload, event.key, rows.seq, rows.now.at,
        event.after,
    )  # fmt: skip


def _sent(rows: Rows, event: OutboxMessageSent) -> None:
    rows.run("UPDATE outbox SET state = 'sent', sent = ? WHERE id = ?", rows.now.at, event.message)


def _acknowledged(rows: Rows, event: OutboxMessageAcknowledged) -> None:
    rows.run("UPDATE outbox SET state = 'acknowledged' WHERE id = ?", event.message)


def _applied(rows: Rows, event: OutboxMessageApplied) -> None:
    rows.run("UPDATE outbox SET state = 'applied' WHERE id = ?", event.message)


def _refused(rows: Rows, event: OutboxMessageRefused) -> None:
    rows.run(
        "UPDATE outbox SET state = 'refused', reason = ?, note = ? WHERE id = ?",
        event.reason, event.note, event.message,
    )  # fmt: skip


def _lost(rows: Rows, event: OutboxMessageLost) -> None:
    rows.run("UPDATE outbox SET state = 'to_send' WHERE id = ?", event.message)


def _put_right(rows: Rows, event: OutboxMessagePutRight) -> None:
    rows.run(
        "UPDATE outbox SET state = 'to_send', reason = '', note = NULL, version = ?, payload = ? WHERE id = ?",
        event.version, event.payload, event.message,
    )  # fmt: skip


APPLIERS: Appliers = {
    OutboxMessageQueued: _queued,
    OutboxMessageSent: _sent,
    OutboxMessageAcknowledged: _acknowledged,
    OutboxMessageApplied: _applied,
    OutboxMessageRefused: _refused,
    OutboxMessageLost: _lost,
    OutboxMessagePutRight: _put_right,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {"outbox": ("payload", "note")}
