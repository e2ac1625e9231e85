"""The hub's side of the stick: what is written on it, that it was, and what came back on it.

The command line reads and writes the stick, for a service may not see what is mounted; the hub gives it lines, some at
a time, and takes files that were laid into its data folder.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hub import envelope, outbox
from hub.ask import Answer, Ask
from hub.context import Hub, action
from hub.errors import BadRequest, NotFound, Refused
from hub.exchange import inbox, store
from hub.exchange.ways import REQUEST_BYTES, writer_of
from hub.outbox import Answered
from hub.store import Transaction

#: Where files from a stick lie while they are taken, in the data folder.
INCOMING = Path("incoming")
#: For a sum of everything, as a limit that is none.
_ALL = 1_000_000
#: So many messages are taken back in one commit.
_AT_ONCE = 500


def state(hub: Hub) -> Answer:
    """How the exchange stands: messages by state, since when the oldest waits (ms ago), letters."""
    with hub.snapshot() as reader:
        rows = reader.execute(
            "SELECT state, count(*) AS many FROM outbox WHERE topic NOT LIKE 'notice.%' GROUP BY state"
        )
        states = {row["state"]: row["many"] for row in rows}
        oldest = outbox.oldest_unsent(reader)
        return {
            "states": {each: states.get(each, 0) for each in outbox.STEPS},
            "oldest_ms": hub.now().at - oldest if oldest is not None else None,
            "letters": store.last_number(reader),
            "waiting_letters": len(store.waiting(reader)),
        }


def public_key(hub: Hub) -> Answer:
    """The key by which the centre knows this agency."""
    writer = writer_of(hub)
    return {"agency": writer.agency, "key": writer.key.public_key().public_bytes_raw().hex()}


def export(hub: Hub, after: int) -> Answer:
    """The next lines for the stick after a message's number: all that nobody has acknowledged, some at a time."""
    writer, now = writer_of(hub), hub.now().at
    waiting = outbox.to_send(hub.reader, _ALL, gateway=False, again_before=now + 1)
    lines: list[str] = []
    messages: list[list[str | int]] = []
    last, size = after, 0
    for message in (each for each in waiting if each.id > after):
        line = writer.line(message)
        size += len(line.encode()) + 1
        if lines and (size > REQUEST_BYTES or len(lines) == outbox.BATCH):
            break
        lines.append(line)
        messages.append([message.key, message.version])
        last = message.id
    return {
        "agency": writer.agency, "epoch": hub.store.epoch, "lines": lines, "messages": messages, "last": last,
        "all": len(waiting), "ask": writer.ask(store.last_number(hub.reader), now),
    }  # fmt: skip


@action
def carried(tx: Transaction, hub: Hub, *, messages: tuple[tuple[str, int], ...]) -> Answer:
    """These are on the stick, durable: they have left."""
    del hub
    for key, version in messages:
        with suppress(NotFound):
            outbox.hear(tx, Answered(key, version, "sent"))
    return {"carried": len(messages)}


@action
def again(tx: Transaction, hub: Hub, *, first: int) -> Answer:
    """The centre has lost what it was told: all from a message's number on goes again, some at a time."""
    del hub
    rows = tx.all(
        "SELECT key FROM outbox WHERE id >= ? AND state IN ('sent', 'acknowledged', 'applied')"
        " AND topic NOT LIKE 'notice.%' AND payload IS NOT NULL ORDER BY id LIMIT ?",
        first, _AT_ONCE,
    )  # fmt: skip
    return {"again": sum(outbox.lose(tx, row["key"]) for row in rows)}


def take_file(hub: Hub, ask: Ask, name: str) -> Answer:
    """Take a file of letters that lies in the data folder. What stands against it is written down, and raised."""
    if Path(name).name != name or not name.endswith(envelope.SUFFIX):
        raise BadRequest("name: a file such as CODE-00000001-00000020.jsonl", field="name")
    path = hub.store.folder / INCOMING / name
    try:
        content = envelope.read_file(path)
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}", field="name") from error
    try:
        taken = inbox.take(hub, ask, content)
    except Refused as refused:
        if refused.reason != inbox.GAP:
            inbox.note_refused_file(
                hub, Ask(ask.actor), file=inbox.digest(content), name=name, code=refused.reason
            )  # fmt: skip
        raise
    finally:
        with suppress(OSError):
            path.unlink()
    return {"taken": taken.taken, "known": taken.known, "refused": [list(each) for each in taken.refused]}
