"""What goes into a backup, table by table, and what comes out of it.

| table | in a piece | after a restore |
|---|---|---|
| `journal`, `journal_private` | every column, kept answers too | the same rows; every hash is checked |
| `signed_head` | all in a whole piece, the last ones in each | checked with the box's own key |
| state tables of every room | a digest in each whole piece | written by replay, compared with the digest |
| kept tables (`agent_secret`, `device_token`: hashes; `agent_factor`: sealed) | all rows in each | as in the last |
| `agent_session` | no: nobody stays signed in on another box | empty: everybody signs in again |
| `store`, SQLite's own, migrations | no: they are made anew | the epoch rises |
| files: `keys/` (signing, sealing, authority), the agency's configuration | in each whole piece | where none are |
| files on the shelves of rooms (scans) | each once, beside the pieces (`files.py`) | on the shelves again |

A table that stands nowhere here is found by a test: a room that keeps something must say what becomes of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlite_utils.migrations import Migrations

from hub import chain, journal
from hub.errors import MboteError
from hub.journal import Appliers
from hub.shelf import Named

#: Columns of a journal row, in the order of a line.
JOURNAL = (*chain.FIELDS, "hash", "answer", "body_digest")
#: Signed heads that go with every piece: a head is signed just after its entry, perhaps after the piece was made.
LAST_HEADS = 20
#: Tables of a store that hold no state of the agency.
MADE_ANEW = ("store", "_sqlite_migrations", "sqlite_sequence")
#: Files of the data folder that go with a whole piece. `drill` keys open backups: they stay out of them.
KEY_FILES = ("keys/*.ed25519", "keys/authority.*", "keys/*.secret")
CONFIG_FILES = ("*.toml",)


@dataclass(frozen=True, slots=True)
class Contents:
    """What the rooms bring: how entries become rows, their tables, and the tables that no entry carries.

    `kept`: table → columns that a backup holds. `left`: tables that it leaves out on purpose.
    `files`: room → which files are on its shelf.
    """

    appliers: Appliers
    migrations: tuple[Migrations, ...]
    state: Mapping[str, tuple[str, ...]]
    kept: Mapping[str, tuple[str, ...]]
    left: tuple[str, ...] = ()
    files: Mapping[str, Callable[[sqlite3.Connection], Named]] = field(default_factory=dict)

    @property
    def state_tables(self) -> tuple[str, ...]:
        """Every table that replay writes."""
        return (*journal.STATE_TABLES, *self.state)


# --- out ---------------------------------------------------------------------------------------


def entry_lines(reader: sqlite3.Connection, first: int, last: int) -> Iterator[list[Any]]:
    """The entries in order, each with its private part. Raises AlteredJournal at one that was altered."""
    previous, expected = journal.hash_at(reader, first - 1) or chain.GENESIS, first
    rows = reader.execute(
        f"SELECT {', '.join(f'j.{name}' for name in JOURNAL)}, p.salt, p.body FROM journal j"  # noqa: S608 (names above)
        " LEFT JOIN journal_private p USING (seq) WHERE j.seq BETWEEN ? AND ? ORDER BY j.seq",
        (first, last),
    )
    for row in rows:
        if row["seq"] != expected or chain.entry_hash(row, previous) != row["hash"]:
            raise AlteredJournal(f"entry {expected} of the journal was altered: nothing is copied from it on")
        previous, expected = row["hash"], expected + 1
        yield ["entry", *map(_plain, row)]
    if expected != last + 1:
        raise AlteredJournal(f"entry {expected} of the journal is missing")


class AlteredJournal(MboteError):
    """The journal on the box is not what was recorded: older backups are worth more than a new one."""


def side_lines(reader: sqlite3.Connection, contents: Contents, heads: int = LAST_HEADS) -> Iterator[list[Any]]:
    """The last signed heads, and the tables that no entry carries."""
    for row in reader.execute("SELECT * FROM signed_head ORDER BY seq DESC LIMIT ?", (heads,)):
        yield ["head", *map(_plain, row)]
    for table, columns in contents.kept.items():
        rows = reader.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 (tables of ours, by name)
        yield ["table", table, list(columns), [[_plain(value) for value in row] for row in rows]]


def state_lines(reader: sqlite3.Connection, contents: Contents) -> Iterator[list[Any]]:
    """A digest of each state table, over the columns that there are now."""
    for table in contents.state_tables:
        columns = [row["name"] for row in reader.execute(f"PRAGMA table_info({table})")]
        yield ["state", table, columns, *digest(reader, table, columns)]


def digest(reader: sqlite3.Connection, table: str, columns: list[str]) -> tuple[int, str]:
    """How many rows a table has, and the SHA-256 of those columns, in the order of the key."""
    keys = [row for row in reader.execute(f"PRAGMA table_info({table})") if row["pk"]]
    order = ", ".join(row["name"] for row in sorted(keys, key=lambda row: row["pk"]))
    count, found = 0, hashlib.sha256()
    for row in reader.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"):  # noqa: S608 (the same)
        found.update(json.dumps([_plain(value) for value in row], ensure_ascii=False).encode() + b"\n")
        count += 1
    return count, found.hexdigest()


def file_lines(data: Path, config: Path) -> Iterator[list[Any]]:
    """The keys with which the box signs and seals, and the agency's configuration."""
    for what, folder, patterns in (("key", data, KEY_FILES), ("config", config, CONFIG_FILES)):
        for path in sorted(found for pattern in patterns for found in folder.glob(pattern)):
            content = base64.b64encode(path.read_bytes()).decode()
            yield [what, str(path.relative_to(folder)), content]


def _plain(value: Any) -> Any:
    """Bytes as text that cannot be taken for any other: no text column begins so in a list of columns."""
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def value_of(plain: Any) -> Any:
    """What `_plain` made plain."""
    return bytes.fromhex(plain["hex"]) if isinstance(plain, dict) else plain
