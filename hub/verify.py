"""Whether all that was recorded is still there as it was recorded; what `mbote verify` says.

Three questions, each sharper than the one before: does each entry of the journal hash to what the
next one was chained to; are the heads signed at closings still in that chain; does the journal,
replayed, give the state rows again? Where a person's private part was purged by retention, the
personal columns are empty on both sides. Then, whether the files that rows name are there as they
were kept. Nothing is written; a hub may be running meanwhile: all is read at one moment.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from sqlite_utils.migrations import Migrations

from hub import chain, journal, store
from hub.journal import Appliers
from hub.shelf import FOLDER, Named, Shelf
from hub.sqlite import open_writer

#: More than these and the next ones say nothing new.
MOST_PROBLEMS = 100


class Report(NamedTuple):
    """What was found wrong, the first bad entry first, and how much was looked at."""

    problems: list[str]
    counts: dict[str, int]


class Rooms(NamedTuple):
    """What the rooms bring to the store: appliers, migrations, state tables with their personal columns, own checks.

    `files`: room → which files are on its shelf.
    """

    appliers: Appliers
    migrations: tuple[Migrations, ...]
    tables: Mapping[str, tuple[str, ...]]
    faults: tuple[Callable[[sqlite3.Connection], Iterable[str]], ...] = ()
    files: Mapping[str, Callable[[sqlite3.Connection], Named]] = MappingProxyType({})


def verify(data: Path, rooms: Rooms | None = None) -> Report:
    """Check the data folder of one hub."""
    path = data / store.DATABASE
    if not path.is_file():
        return Report([f"{path}: no such file; is this the data folder of a hub?"], {})
    try:
        with closing(_opened(path)) as connection:
            found = _found(connection, data, rooms or _all_rooms())
            return Report(list(islice(found, MOST_PROBLEMS)), _counts(connection))
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return Report([f"{path.name}: the file is damaged: {error}"], {})


def verify_tail(data: Path) -> Report:
    """Whether the file and the last entries of its journal are whole: what a hub looks at when it starts."""
    path = data / store.DATABASE
    try:
        with closing(_opened(path)) as connection:
            last, _ = journal.head(connection)
            found = journal.faults(connection, after=max(0, last - store.TAIL))
            return Report(list(islice(found, MOST_PROBLEMS)), {"journal": last})
    except sqlite3.Error as error:
        return Report([f"{path.name}: the file is damaged: {error}"], {})


def damage(data: Path) -> list[str]:
    """What is wrong with the file itself and with the chain of its journal; the rows are not replayed."""
    path = data / store.DATABASE
    try:
        with closing(_opened(path)) as connection:
            return [*_file_faults(connection), *islice(journal.faults(connection), MOST_PROBLEMS)]
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return [f"{path.name}: the file is damaged: {error}"]


def _all_rooms() -> Rooms:
    from hub.rooms import brought  # noqa: PLC0415 (every room comes with it)
    from hub.services.ports import folders, load  # noqa: PLC0415

    services = load(folders())
    found = brought(services)
    files = {service.name: service.files for service in services if service.files}
    return Rooms(found.appliers, found.migrations, found.state_tables, found.faults, files)


def _opened(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, held at one moment. What is no text any more is read as something else."""
    at_rest = not path.with_name(f"{path.name}-wal").exists() and not os.access(path.parent, os.W_OK)
    mode = "immutable=1" if at_rest else "mode=ro"
    connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda text: text.decode(errors="replace")
    connection.execute("BEGIN")
    return connection


def _found(connection: sqlite3.Connection, data: Path, rooms: Rooms) -> Iterator[str]:
    """Every problem; the state rows are compared only with a journal that is whole."""
    whole = True
    for problem in (*_file_faults(connection), *journal.faults(connection), *_head_faults(connection, data)):
        whole = False
        yield problem
    for check in rooms.faults:
        yield from _own_faults(connection, check)
    for room, names_of in rooms.files.items():
        yield from _own_faults(connection, partial(_files_gone, Shelf(data / FOLDER / room), names_of))
    if whole:
        yield from _replay_faults(connection, rooms)


def _files_gone(
    shelf: Shelf, names_of: Callable[[sqlite3.Connection], Named], connection: sqlite3.Connection
) -> Iterator[str]:
    """Files that rows name and the shelf does not have as they were."""
    for name in sorted(names_of(connection).named):
        if shelf.read(name) is None:
            yield f"{shelf.path(name)}: this file is missing, or is no longer what was kept"


def _own_faults(connection: sqlite3.Connection, check: Callable[[sqlite3.Connection], Iterable[str]]) -> Iterator[str]:
    """What a room finds in its own books; nothing of a room that this file has never known."""
    try:
        yield from check(connection)
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise


def _file_faults(connection: sqlite3.Connection) -> Iterator[str]:
    for (said,) in connection.execute("PRAGMA quick_check"):
        if said != "ok":
            yield f"{store.DATABASE}: {said}"


def _head_faults(connection: sqlite3.Connection, data: Path) -> Iterator[str]:
    key = data / store.SIGNING_KEY
    if key.exists():
        public = chain.public_key(key)
        yield from journal.head_faults(connection, public)
    elif connection.execute("SELECT 1 FROM signed_head").fetchone():
        yield f"journal: its heads are signed and {key} is missing: the signatures cannot be checked"


def _replay_faults(connection: sqlite3.Connection, rooms: Rooms) -> Iterator[str]:
    """Where the state rows are not what the journal gives."""
    appliers = {**journal.APPLIERS, **rooms.appliers}
    known = {kind.kind for kind in appliers}
    for row in connection.execute("SELECT kind, min(seq) AS seq FROM journal GROUP BY kind ORDER BY seq"):
        if row["kind"] not in known:
            yield f"journal: entry {row['seq']} is a {row['kind']}, which this version does not know"
            return
    with TemporaryDirectory(prefix="mbote-verify-") as folder:
        sets = (store.migrations, journal.migrations, *rooms.migrations)
        with closing(open_writer(Path(folder) / "replayed.db", sets)) as replayed:
            try:
                journal.replay(connection, replayed, appliers)
            except sqlite3.IntegrityError as error:
                yield f"journal: it cannot be replayed: {error}"
                return
            for table in (*journal.STATE_TABLES, *rooms.tables):
                yield from islice(_differences(connection, replayed, table), 1)


def _differences(recorded: sqlite3.Connection, replayed: sqlite3.Connection, table: str) -> Iterator[str]:
    """The rows of one table that differ, by primary key; what is in them is not said, it may be about a person."""
    columns = replayed.execute(f"PRAGMA table_info({table})").fetchall()
    names = ", ".join(row["name"] for row in columns)
    keys = [row["name"] for row in sorted(columns, key=lambda row: row["pk"]) if row["pk"]]
    assert keys, f"{table} has no primary key to compare by"
    sql = f"SELECT {names} FROM {table} ORDER BY {', '.join(keys)}"  # noqa: S608 (a table of ours, by name)
    rows = recorded.execute(sql) if _has(recorded, table) else iter(())
    for found, wanted in zip_longest(rows, replayed.execute(sql)):
        if found is None or wanted is None or tuple(found) != tuple(wanted):
            yield _difference(table, keys, found, wanted)


def _difference(table: str, keys: list[str], found: sqlite3.Row | None, wanted: sqlite3.Row | None) -> str:
    """Both come in the order of their keys: the row with the smaller one has no fellow on the other side."""
    theirs, ours = _key(found, keys), _key(wanted, keys)
    if ours is not None and (theirs is None or ours < theirs):
        return f"{table}: row {_said(ours)} is missing, the journal gives it"
    if theirs is not None and theirs != ours:
        return f"{table}: row {_said(theirs)} is there, the journal does not give it"
    assert found is not None
    assert wanted is not None
    wrong = [name for name in wanted.keys() if found[name] != wanted[name]]  # noqa: SIM118 (a row is no dictionary)
    return f"{table}: row {_said(_key(found, keys))}: {', '.join(wrong)} is not what the journal gives"


def _key(row: sqlite3.Row | None, keys: list[str]) -> tuple[int | str, ...] | None:
    return None if row is None else tuple(row[key] for key in keys)


def _said(key: tuple[int | str, ...] | None) -> str:
    return ", ".join(str(part) for part in key or ())


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return (
        connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).fetchone()
        is not None
    )


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    wanted = [
        t for t in ("journal", "journal_private", "signed_head", "business_day", "ticket", "stage") if t in tables
    ]
    return {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in wanted}  # noqa: S608 (the names above)
