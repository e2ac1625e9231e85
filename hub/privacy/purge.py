"""Destroying: private parts leave the journal, the rows become what the journal then gives, the file is written anew.

What of a row came from which entry is known by one thing alone, the appliers. So the journal is played again without
the parts that go, and wherever a personal column of ours says more than that, it is emptied. Public parts stay, and
with them every hash and signature.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hub import journal
from hub.ask import Ask
from hub.context import Hub, action
from hub.disk import ask_room
from hub.errors import NotFound, Refused, StoreFault
from hub.privacy import actions, rules, store
from hub.privacy.classes import classes
from hub.privacy.model import Class, PrivateDestroyed, Proposal, TracesWiped
from hub.queues import store as queues
from hub.store import DATABASE, Transaction

#: Where the journal is played again: beside the file, on the same card, for as long as it takes.
_PLACE = "retention-"
Tables = Mapping[str, tuple[str, ...]]


class Emptied(NamedTuple):
    """A row of which personal columns are to be emptied: its table, its key, the columns."""

    table: str
    key: dict[str, object]
    columns: tuple[str, ...]


def may_begin(hub: Hub, proposal: int) -> None:
    """Raises Refused, NotFound, IllegalStep when `destroy` would at once."""
    if _approved(hub, proposal).state != "destroyed":
        _closed(hub)


def _closed(hub: Hub) -> None:
    day = queues.day(hub.reader)
    if day is not None and day.open:
        raise Refused("only while no business day is open", code="day_open")


def destroy(hub: Hub, ask: Ask, *, proposal: int, tables: Tables) -> int:
    """Destroy what was approved; of how many entries. Only while no business day is open. Raises Refused, StoreFault.

    What is destroyed is what was approved, to the last entry: else nothing is. May be asked again after a crash, and
    when a backup brought it back.
    """
    found = _approved(hub, proposal)
    if found.state != "destroyed":
        _closed(hub)
        ask_room(hub.store.folder, "the retention")
        gone = _list(hub, found)
        rows = _rows(hub, gone, tables)
        _destroy(hub, ask, proposal=proposal, gone=gone, rows=rows)
    wipe(hub, ask, proposal=proposal)
    return found.entries


def _approved(hub: Hub, proposal: int) -> Proposal:
    found = store.proposal(hub.reader, proposal)
    if found is None:
        raise NotFound("no such proposal", field="proposal")
    if found.state != "destroyed":
        rules.step(found, "repeat" if found.state == "wiped" else "destroy")
    return found


def _list(hub: Hub, found: Proposal) -> list[int]:
    """The entries that go. Raises Refused when they are not those that were approved."""
    known = classes(hub.settings.folder)
    by_name = {each.name: each for each in known}
    with hub.snapshot() as reader:
        gone = any(of.name not in by_name for of in found.due)
        # what came back is part of what was approved
        if gone or (found.state == "approved" and _manifest(reader, known, found) != found.manifest):
            raise Refused("what is due is no longer what was approved: propose it anew", code="not_what_was_approved")
        listed = [seq for of in found.due for seq, _ in store.seqs(reader, by_name[of.name], of, found.held)]
        if again := store.worked_on_again(reader, listed, actions.files_worked_on(hub, reader)):
            raise Refused(f"{again} is worked on again: propose it anew", code="worked_on_again", file=again)
        return listed


def _manifest(reader: store.Reader, known: tuple[Class, ...], found: Proposal) -> str:
    return store.manifest(reader, known, found.due, found.held)


def _rows(hub: Hub, gone: list[int], tables: Tables) -> list[Emptied]:
    """The rows that say more than the journal will once those entries have no private part."""
    folder = hub.store.folder
    for left in folder.glob(f"{_PLACE}*"):  # by a hub that was killed in the middle
        rmtree(left, ignore_errors=True)
    with (
        TemporaryDirectory(prefix=_PLACE, dir=folder) as place,
        closing(_without(hub, gone)) as source,
        closing(hub.store.empty(Path(place) / "replayed.db")) as replayed,
    ):
        journal.replay(source, replayed, hub.store.appliers)
        return [
            each
            for table, columns in tables.items()
            if columns
            for each in _differences(source, replayed, table, columns)
        ]


def _without(hub: Hub, gone: list[int]) -> sqlite3.Connection:
    """A connection to the hub's file whose private parts lack those."""
    source = sqlite3.connect(f"file:{hub.store.folder / DATABASE}?mode=ro", uri=True, isolation_level=None)
    source.row_factory = sqlite3.Row
    source.execute("PRAGMA temp_store = MEMORY")
    source.execute("CREATE TEMP TABLE gone (seq INTEGER PRIMARY KEY)")
    source.executemany("INSERT INTO gone VALUES (?)", ((seq,) for seq in gone))
    # what is asked for by this name is found here first
    source.execute(
        "CREATE TEMP VIEW journal_private AS"
        " SELECT * FROM main.journal_private WHERE seq NOT IN (SELECT seq FROM temp.gone)"
    )
    source.execute("BEGIN")
    return source


def _differences(
    source: sqlite3.Connection, replayed: sqlite3.Connection, table: str, columns: tuple[str, ...]
) -> Iterator[Emptied]:
    """Rows of ours in which one of the columns is filled that the journal leaves empty."""
    keys = [row["name"] for row in replayed.execute(f"PRAGMA table_info({table})") if row["pk"]]
    names = ", ".join((*keys, *columns))
    key_of = f"SELECT {names} FROM {table} WHERE {' AND '.join(f'{key} = ?' for key in keys)}"  # noqa: S608 (ours)
    filled = " OR ".join(f"{column} IS NOT NULL" for column in columns)
    for row in source.execute(f"SELECT {names} FROM main.{table} WHERE {filled}"):  # noqa: S608 (ours)
        key = {name: row[name] for name in keys}
        given = replayed.execute(key_of, tuple(key.values())).fetchone()
        more = tuple(name for name in columns if row[name] is not None and (given is None or given[name] is None))
        if more:
            yield Emptied(table, key, more)


@action
def _destroy(tx: Transaction, hub: Hub, *, proposal: int, gone: list[int], rows: list[Emptied]) -> dict[str, object]:
    """All of it, or nothing: the parts, the rows, and the fact that says so."""
    del hub
    found = store.proposal(tx.connection, proposal)
    assert found is not None
    rules.step(found, "repeat" if found.state == "wiped" else "destroy")
    tx.connection.executemany("DELETE FROM journal_private WHERE seq = ?", ((seq,) for seq in gone))
    for each in rows:
        emptied = ", ".join(f"{column} = NULL" for column in each.columns)
        tx.run(
            f"UPDATE {each.table} SET {emptied} WHERE {' AND '.join(f'{key} = ?' for key in each.key)}",  # noqa: S608 (ours)
            *each.key.values(),
        )
    tx.record(PrivateDestroyed(proposal, len(gone), len(rows), found.manifest))
    return {"proposal": proposal, "entries": len(gone), "rows": len(rows)}


def wipe(hub: Hub, ask: Ask, *, proposal: int) -> None:
    """Write the file anew, and the log, in whose free places stood what is gone; destroy files that no row names.

    Raises StoreFault; ask again then.
    """
    hub.store.rewrite()
    try:
        hub.tidy()
    except OSError as error:
        raise StoreFault(f"a file that nobody names any more is still there: {error}") from error
    _note_wiped(hub, ask, proposal=proposal)


@action
def _note_wiped(tx: Transaction, hub: Hub, *, proposal: int) -> dict[str, object]:
    del hub
    found = store.proposal(tx.connection, proposal)
    assert found is not None
    if found.state == "wiped":
        return {"proposal": proposal}
    rules.step(found, "wipe")
    tx.record(TracesWiped(proposal))
    return {"proposal": proposal}
