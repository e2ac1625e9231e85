"""Notices: one outbox for whatever must reach a person. Printed, said at the next visit, or sent by a gateway.

What one is `about` is a service of the counter and a row of it (`request 7`), whose page is /desk/request/7.

`enqueue` is called inside the transaction of the cause, as for the outbox. What a gateway shall send (SMS, e-mail)
leaves through `hub.outbox`, as a message of the topic `notice.sms` or `notice.email`: it is signed, sent in order and
kept while the way is cut like every other; a gateway only has to know that one. The rest waits here until an agent
has printed it, or has told it. Whom it is for, and what it says, is private.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub import outbox
from hub.ask import Answer
from hub.context import Hub, action
from hub.errors import IllegalStep, NotFound, Unreadable
from hub.journal import Appliers, Event, Rows
from hub.store import Transaction

#: `print`: a letter; `visit`: said to the person when they come; the others leave by the gateway.
Way = Literal["print", "visit", "sms", "email"]
WAYS: tuple[Way, ...] = get_args(Way)
GATEWAY: tuple[Way, ...] = ("sms", "email")
State = Literal["waiting", "sent", "done", "withdrawn"]
#: state → step → state; what a gateway has is no longer ours to withdraw.
STEPS: dict[State, dict[str, State]] = {
    "waiting": {"done": "done", "withdraw": "withdrawn"},
    "sent": {},
    "done": {},
    "withdrawn": {},
}
TEXT_LENGTH = 4_000
#: Letters of one batch.
BATCH = 200

Reader = sqlite3.Connection
migrations = Migrations("notices")


@migrations()
def create(db: Database) -> None:
    """Notices; the indexes hold those that wait."""
    for statement in (
        """CREATE TABLE notice (
            id INTEGER PRIMARY KEY, way TEXT NOT NULL, about TEXT NOT NULL, party TEXT, name TEXT, reach TEXT,
            text TEXT, state TEXT NOT NULL, agent TEXT, at INTEGER NOT NULL, tick INTEGER NOT NULL,
            ended_at INTEGER) STRICT""",
        "CREATE INDEX notice_waiting ON notice (way) WHERE state = 'waiting'",
        "CREATE INDEX notice_party ON notice (party) WHERE state = 'waiting' AND party IS NOT NULL",
        "CREATE INDEX notice_about ON notice (about)",
    ):
        db.conn.execute(statement)


@dataclass(frozen=True, slots=True)
class NoticeEvent(Event):
    """Something about a notice."""

    notice: int

    @property
    def subject(self) -> str:
        """The notice's row."""
        return f"notice {self.notice}"


@dataclass(frozen=True, slots=True)
class NoticeQueued(NoticeEvent):
    """A person shall hear of something. `about` is its subject (`request 7`), `reach` a number or an address."""

    kind: ClassVar[str] = "notice_queued"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "name", "reach", "text"})
    way: Way
    about: str
    party: str | None = None
    name: str | None = None
    reach: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeDone(NoticeEvent):
    """It was printed, or told."""

    kind: ClassVar[str] = "notice_done"


@dataclass(frozen=True, slots=True)
class NoticeWithdrawn(NoticeEvent):
    """It need not reach anybody any more."""

    kind: ClassVar[str] = "notice_withdrawn"


@dataclass(frozen=True, slots=True)
class Notice:
    """What shall reach somebody; the personal fields are None once they are purged."""

    id: int
    way: Way
    about: str
    state: State
    at: int
    party: str | None
    name: str | None
    reach: str | None
    text: str | None


# --- causing, and what agents do -------------------------------------------------------------


def enqueue(  # noqa: PLR0913 (what there is to say of one)
    tx: Transaction,
    *,
    way: str,
    about: str,
    text: str,
    party: str | None = None,
    name: str = "",
    reach: str = "",
) -> int:
    """Cause a notice; its number. Raises Unreadable for a way there is none, and for one without where to."""
    known = next((each for each in WAYS if each == way), None)
    if known is None:
        raise Unreadable(f"way: one of {', '.join(WAYS)}", code="unknown_way", field="way")
    if not text.strip() or len(text) > TEXT_LENGTH:
        raise Unreadable(f"a notice says something, in at most {TEXT_LENGTH} letters", code="text_needed", field="text")
    if known in GATEWAY and not reach.strip():
        raise Unreadable("where to: a number or an address", code="reach_needed", field="reach")
    if known == "visit" and party is None:
        raise Unreadable("only somebody with a file is known again when they come", code="party_needed", field="way")
    row = tx.one("SELECT coalesce(max(id), 0) + 1 FROM notice")
    assert row is not None
    event = NoticeQueued(int(row[0]), known, about, party, name or None, reach.strip() or None, text)
    tx.record(event)
    if known in GATEWAY:
        payload = {"notice": event.notice, "to": event.reach, "text": text}
        outbox.enqueue(tx, topic=f"notice.{known}", aggregate=event.subject, payload=payload)
    return event.notice


@action
def done(tx: Transaction, hub: Hub, *, notice: int) -> Answer:
    """An agent has told it to the person who stands there."""
    del hub
    _step(tx, notice, "done")
    tx.record(NoticeDone(notice))
    return {"notice": notice}


def end(tx: Transaction, found: Notice) -> None:
    """It has reached its person, inside the transaction of what made it: a batch of letters that was printed."""
    _step(tx, found.id, "done")
    tx.record(NoticeDone(found.id))


def withdraw_about(tx: Transaction, about: str) -> None:
    """What waits about a subject need not reach anybody any more."""
    for notice in waiting_about(tx.connection, about):
        tx.record(NoticeWithdrawn(notice.id))


def _step(tx: Transaction, notice_id: int, name: str) -> None:
    found = notice(tx.connection, notice_id)
    if found is None:
        raise NotFound("no such notice", field="notice")
    if name not in STEPS[found.state]:
        raise IllegalStep(f"notice {found.id} is {found.state}", state=found.state, possible=sorted(STEPS[found.state]))


# --- reading ---------------------------------------------------------------------------------


def notice(reader: Reader, notice_id: int) -> Notice | None:
    """One notice."""
    row = reader.execute("SELECT * FROM notice WHERE id = ?", (notice_id,)).fetchone()
    return _notice_of(row) if row else None


def to_tell(reader: Reader, party: str) -> list[Notice]:
    """What has to be said to a person who is here, oldest first."""
    rows = reader.execute(
        "SELECT * FROM notice WHERE party = ? AND state = 'waiting' AND way = 'visit' ORDER BY id", (party,)
    )
    return [_notice_of(row) for row in rows]


def of_party(reader: Reader, party: str) -> list[Notice]:
    """All that was ever meant for a person and is still kept, newest first; for their own report alone, it is slow."""
    return [
        _notice_of(row) for row in reader.execute("SELECT * FROM notice WHERE party = ? ORDER BY id DESC", (party,))
    ]


def page_of(notice: Notice) -> str:
    """Where an agent does what a notice is about."""
    service, _, row = notice.about.partition(" ")
    return f"/desk/{service}/{row}"


def to_print(reader: Reader, limit: int = BATCH) -> list[Notice]:
    """Letters that nobody has printed, oldest first."""
    rows = reader.execute(
        "SELECT * FROM notice WHERE way = 'print' AND state = 'waiting' ORDER BY id LIMIT ?", (limit,)
    )
    return [_notice_of(row) for row in rows]


def about(reader: Reader, subject: str) -> list[Notice]:
    """All about a subject, oldest first."""
    return [_notice_of(row) for row in reader.execute("SELECT * FROM notice WHERE about = ? ORDER BY id", (subject,))]


def waiting_about(reader: Reader, subject: str) -> list[Notice]:
    """Those about a subject that have reached nobody yet."""
    return [each for each in about(reader, subject) if each.state == "waiting"]


def _notice_of(row: sqlite3.Row) -> Notice:
    names = ("id", "way", "about", "state", "at", "party", "name", "reach", "text")
    return Notice(**{name: row[name] for name in names})


# --- applying --------------------------------------------------------------------------------


def _queued(rows: Rows, event: NoticeQueued) -> None:
    rows.run(
        "INSERT INTO notice (id, way, about, party, name, reach, text, state, agent, at, tick)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.notice, event.way, event.about, event.party, event.name, event.reach, event.text,
        "sent" if event.way in GATEWAY else "waiting", rows.actor.agent, rows.now.at, rows.now.tick,
    )  # fmt: skip


def _ended(rows: Rows, event: NoticeEvent) -> None:
    state = "done" if isinstance(event, NoticeDone) else "withdrawn"
    rows.run("UPDATE notice SET state = ?, ended_at = ? WHERE id = ?", state, rows.now.at, event.notice)


APPLIERS: Appliers = {NoticeQueued: _queued, NoticeDone: _ended, NoticeWithdrawn: _ended}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {"notice": ("party", "name", "reach", "text")}
