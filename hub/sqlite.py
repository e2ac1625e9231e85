"""Opening SQLite the way this product needs it: nothing acknowledged is ever lost.

WAL with `synchronous=FULL` lost nothing in 700 real power cuts where `NORMAL` lost a third of all
commits. Pages of 1,024 bytes write 40 % of what the default does for one ticket: SD cards wear.
sqlite-utils opens with foreign keys off and the journal in DELETE mode, so every pragma is set
and read back: a store that cannot promise this does not open.

Migrations are named sets, one a room, applied once in the order given. A set is only added to,
never edited: the price is that no file shows the final schema (`mbote doctor` prints it).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.errors import Damaged, StoreFault

#: pragma → the value it must have once a writer is open.
WRITER: dict[str, int | str] = {
    "page_size": 1024,
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "trusted_schema": 0,
    # 2 MB of log: pages that every ticket changes are carried into the file half as often.
    "wal_autocheckpoint": 2_000,
}
#: Many threads read: each keeps 128 KiB of pages, no more.
READER: dict[str, int | str] = {"cache_size": -128, "query_only": 1, "foreign_keys": 1, "trusted_schema": 0}
BUSY_MS = 5_000
#: What stands beside a file in use, by the end of its name: its log, and the index of it.
SIDES = ("-wal", "-shm")


def open_writer(path: Path, migrations: Iterable[Migrations] = ()) -> sqlite3.Connection:
    """The one connection that writes. Raises StoreFault when the file or a pragma is refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = _connect(path, WRITER)
        database = Database(connection, execute_plugins=False)
        for each in migrations:
            each.apply(database)
    except sqlite3.Error as error:
        kind = Damaged if is_damage(error) else StoreFault
        raise kind(f"{path.name} cannot be opened for writing: {error}") from error
    except UnicodeDecodeError as error:  # not even the names in the file can be said
        raise Damaged(f"{path.name} cannot be opened for writing: its schema is not readable") from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read, for one thread."""
    try:
        return _connect(path, READER)
    except sqlite3.Error as error:
        raise StoreFault(f"{path.name} cannot be opened for reading: {error}") from error


def settle_log(connection: sqlite3.Connection) -> None:
    """Carry the whole log into the file, synced, and begin another. Raises StoreFault where somebody reads meanwhile.

    An emptied log may be full again after a power cut, with whatever was refused. So something is written into the
    new one, whose head is synced: nothing before it counts any more. The number tells how often it came to that.
    """
    if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise StoreFault("the log cannot be carried into the file while it is being read")
    settled = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA user_version = {settled + 1}")


def is_full(error: sqlite3.Error) -> bool:
    """Whether there was no room."""
    return _code(error) & _PRIMARY == sqlite3.SQLITE_FULL


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is not as it was written."""
    return _code(error) & _PRIMARY in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_disk(error: sqlite3.Error) -> bool:
    """Whether the disk, or what it made of the file, is at fault; else it is a mistake of ours."""
    return _code(error) & _PRIMARY in _OF_THE_DISK


def is_lost_sync(error: sqlite3.Error) -> bool:
    """Whether the disk failed to keep what it had taken."""
    return _code(error) == sqlite3.SQLITE_IOERR_FSYNC


def _code(error: sqlite3.Error) -> int:
    """SQLite's extended code; 0 for an error that is not SQLite's own."""
    return getattr(error, "sqlite_errorcode", 0)


#: The part of an extended code that names the kind.
_PRIMARY = 0xFF
_OF_THE_DISK = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY,
    }
)  # fmt: skip


def _connect(path: Path, pragmas: Mapping[str, int | str]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_MS / 1000, check_same_thread=False, isolation_level=None, cached_statements=512
    )
    connection.row_factory = sqlite3.Row
    # A new file becomes WAL through a rollback journal: EXTRA syncs the folder once that is deleted. Else a cut brings
    # the journal back, which undoes the change of mode, and all that was answered since lies in a log nobody reads.
    connection.execute("PRAGMA synchronous = EXTRA")
    for name, value in pragmas.items():
        connection.execute(f"PRAGMA {name} = {value}")  # names and values are the constants above
    assert_pragmas(connection, pragmas)
    return connection


def assert_pragmas(connection: sqlite3.Connection, pragmas: Mapping[str, int | str]) -> None:
    """Raise StoreFault unless every pragma reads back as it was asked for."""
    for name, wanted in pragmas.items():
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted:
            connection.close()
            raise StoreFault(
                f"the database has {name} = {found}, it needs {wanted}: is it on a file system that allows it?"
            )
