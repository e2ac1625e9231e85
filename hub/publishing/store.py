"""What is published, on disk: the settings as they stand, and the versions there were."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.clock import Instant
from hub.journal import Appliers, Rows
from hub.publishing.model import Change, ConfigurationPublished, Held, Publication

Reader = sqlite3.Connection
migrations = Migrations("publishing")


@migrations()
def create(db: Database) -> None:
    """Settings with what their file said, and where each version stands in the journal."""
    db.conn.execute(
        "CREATE TABLE published (name TEXT PRIMARY KEY, value TEXT, file TEXT) STRICT, WITHOUT ROWID",
    )
    db.conn.execute("CREATE TABLE publication (version INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT")


def rows(reader: Reader) -> dict[str, Held]:
    """Every setting as it was published last; empty before the first time."""
    return {row["name"]: Held(row["value"], row["file"]) for row in reader.execute("SELECT * FROM published")}


def last_version(reader: Reader) -> int:
    """The number of the last version, 0 before the first."""
    return int(reader.execute("SELECT coalesce(max(version), 0) FROM publication").fetchone()[0])


def versions(reader: Reader, since: int = 1, limit: int = 1_000) -> Iterator[Publication]:
    """Versions from one on, the newest first."""
    found = reader.execute(
        "SELECT p.version, j.at, j.actor, j.payload FROM publication p JOIN journal j ON j.seq = p.seq"
        " WHERE p.version >= ? ORDER BY p.version DESC LIMIT ?",
        (since, limit),
    )
    for row in found.fetchall():
        said = json.loads(row["payload"])
        changes = tuple(tuple(change) for change in said["changes"])
        yield Publication(
            row["version"], row["at"], row["actor"], said["origin"], changes, said.get("reason", ""), said.get("undoes")
        )


def after(reader: Reader, seq: int) -> list[tuple[Instant, int, tuple[Change, ...]]]:
    """The versions after an entry of the journal, the newest first: when, at which entry, and what they changed."""
    found = reader.execute(
        "SELECT j.at, j.mono, j.boot, j.seq, j.payload FROM publication p JOIN journal j ON j.seq = p.seq"
        " WHERE p.seq > ? ORDER BY p.version DESC",
        (seq,),
    )
    return [
        (Instant(row["at"], row["mono"], row["boot"]), row["seq"],
         tuple(tuple(change) for change in json.loads(row["payload"])["changes"]))
        for row in found.fetchall()
    ]  # fmt: skip


def _published(rows_: Rows, event: ConfigurationPublished) -> None:
    rows_.run("INSERT INTO publication (version, seq) VALUES (?, ?)", event.version, rows_.seq)
    for name, _, after, file in event.changes:
        if after is None and file is None:
            rows_.run("DELETE FROM published WHERE name = ?", name)
        else:
            rows_.run(
                "INSERT INTO published (name, value, file) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value, file = excluded.file",
                name, after, file,
            )  # fmt: skip


APPLIERS: Appliers = {ConfigurationPublished: _published}
STATE_TABLES: dict[str, tuple[str, ...]] = {"published": (), "publication": ()}
