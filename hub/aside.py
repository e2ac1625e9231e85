"""A damaged file is set aside, never deleted, and the branch serves on with what its journal still proves.

    hub = open_whole(settings, announce)

The journal is read from its first entry as far as each hash follows from the one before, and replayed into a fresh
file: where only rows or indexes were hit, nothing is missing. A new epoch begins there, so that no number and no id
of what cannot be read any more is given again (`hub.queues.epochs`). The fresh file is whole, its epoch begun, before
it takes the place of the damaged one: a power cut on the way finds either the one or the other.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from hub import chain, journal, lived
from hub import store as files
from hub.agents.store import SECRET_TABLES
from hub.clock import local
from hub.context import Hub
from hub.errors import Damaged
from hub.queues import store as queue_store
from hub.queues.epochs import LONG_MS, next_epoch
from hub.rooms import Brought, brought, open_hub
from hub.services import ports
from hub.settings import Settings
from hub.sqlite import SIDES, open_reader, open_writer
from hub.store import DATABASE, hold
from hub.verify import damage

#: Left by a running hub that met damage: its next start looks, and sets the file aside.
MARK = "damaged"
#: Left by a start that found no damage: the next alarm is believed, unless a reading of all of it comes first.
DOUBTED = "damage-doubted"
ASIDE, SALVAGED = "set-aside", "salvaged"
_PARTS = ("", *SIDES)
#: Read at once: what a card that fails there takes with it.
_BLOCK = 4096
log = structlog.get_logger("aside")


@dataclass(frozen=True, slots=True)
class Saved:
    """How far the journal could be followed, and what the damaged file says of the rest."""

    entries: int
    epoch: int
    seq: int
    number: int

    @property
    def whole(self) -> bool:
        """Whether nothing that the file names is missing."""
        return self.entries >= self.seq


def mark(folder: Path, what: str) -> None:
    """The file is damaged: whoever starts next sets it aside. Raises OSError."""
    with (folder / MARK).open("w") as file:
        file.write(what)
        file.flush()
        os.fsync(file.fileno())


def open_whole(settings: Settings, announce: Callable[[Any], None] = lambda _: None) -> Hub:
    """The hub's store, from a file that can be trusted. Raises StoreFault when another process holds it."""
    folder = settings.path(settings.hub.data)
    _finish(folder)
    why = _alarm(folder)
    if not why:
        try:
            return open_hub(settings, announce)
        except Damaged as fault:
            why = str(fault)
    log.warning("set aside", fault=why, where=str(set_aside(settings, why)))
    return open_hub(settings, announce)


def _alarm(folder: Path) -> str:
    """What a running hub said of the damage that it met; nothing where the file, read through, shows none.

    SQLite says "malformed" of a card that could not be read for a moment, too: that is no reason for a new epoch.
    """
    if not (folder / MARK).exists():
        return ""
    why = (folder / MARK).read_text(errors="replace")
    if (folder / DOUBTED).exists() or not (folder / DATABASE).exists() or damage(folder):
        return why or "no word of what it was"
    log.warning("no damage found", alarm=why)
    (folder / MARK).rename(folder / DOUBTED)
    return ""


def believe(folder: Path) -> None:
    """All of the file was read and is whole: an alarm that was doubted was none."""
    (folder / DOUBTED).unlink(missing_ok=True)


def set_aside(settings: Settings, why: str) -> Path:
    """Put a fresh file in the place of a damaged one; where that one is now."""
    folder = settings.path(settings.hub.data)
    fresh = folder / SALVAGED
    shutil.rmtree(fresh, ignore_errors=True)
    lock = hold(folder)
    try:
        saved = salvage(folder, fresh, brought(ports.load(settings.counter_services)))
        begin(settings, fresh, saved, lived.read(folder))
        where = _move_away(folder, why)
        _finish(folder)
    finally:
        lock.close()
    return where


def _move_away(folder: Path, why: str) -> Path:
    """The damaged file with all its parts, and the reason. The database itself moves last: then it is done."""
    where = folder / ASIDE / f"{sum(1 for _ in (folder / ASIDE).glob('*')) + 1:03d}"
    where.mkdir(parents=True)
    (where / "why.txt").write_text(why + "\n")
    for part in reversed(_PARTS):
        with suppress(FileNotFoundError):
            (folder / f"{DATABASE}{part}").rename(where / f"{DATABASE}{part}")
    return where


def _finish(folder: Path) -> None:
    """Put the fresh file in its place, also after a cut in the middle of it."""
    fresh = folder / SALVAGED
    if (fresh / DATABASE).exists() and not (folder / DATABASE).exists():
        for part in reversed(_PARTS):
            with suppress(FileNotFoundError):
                (fresh / f"{DATABASE}{part}").rename(folder / f"{DATABASE}{part}")
        (folder / MARK).unlink(missing_ok=True)
        believe(folder)
        shutil.rmtree(fresh, ignore_errors=True)


# --- what can still be read -----------------------------------------------------------------------


def salvage(folder: Path, fresh: Path, rooms: Brought) -> Saved:
    """A new database in `fresh` with what the journal in `folder` proves. The damaged file is read from a copy."""
    sets = (files.migrations, journal.migrations, *rooms.migrations)
    copy = fresh / "copy"
    copy.mkdir(parents=True)
    for part in _PARTS:
        with suppress(FileNotFoundError):
            _copy_readable(folder / f"{DATABASE}{part}", copy / f"{DATABASE}{part}")
    with closing(open_writer(fresh / DATABASE, sets)) as target:
        with closing(_damaged(copy / DATABASE)) as source:
            entries = _copy_journal(source, target)
            saved = Saved(entries, *_said(source))
            _copy_secrets(source, target)
        with closing(open_reader(fresh / DATABASE)) as whole:
            journal.replay(whole, target, {**journal.APPLIERS, **rooms.appliers})
    shutil.rmtree(copy)
    return saved


def _copy_readable(source: Path, target: Path) -> None:
    """A copy with nothing where the card gives nothing back."""
    with source.open("rb", buffering=0) as old, target.open("wb") as new:
        for start in range(0, os.fstat(old.fileno()).st_size, _BLOCK):
            with suppress(OSError):
                new.seek(start)
                new.write(os.pread(old.fileno(), _BLOCK, start))
        new.truncate(os.fstat(old.fileno()).st_size)


def _damaged(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _copy_journal(source: sqlite3.Connection, target: sqlite3.Connection) -> int:
    """Every entry that follows from the one before; the number of the last."""
    target.execute("BEGIN")
    last = 0
    with suppress(sqlite3.DatabaseError):
        for row in _proven(source):
            names = row.keys()
            marks = ",".join("?" * len(names))
            target.execute(f"INSERT INTO journal ({','.join(names)}) VALUES ({marks})", tuple(row))  # noqa: S608 (columns)
            last = row["seq"]
            _copy_private(source, target, row)
    target.execute("COMMIT")
    return last


def _proven(source: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    previous = chain.GENESIS
    for number, row in enumerate(source.execute("SELECT * FROM journal ORDER BY seq"), start=1):
        if row["seq"] != number or journal.hash_of(row, previous) != row["hash"]:
            return
        previous = row["hash"]
        yield row


def _copy_private(source: sqlite3.Connection, target: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Who it was about, where that can still be read; else the entry stands as after retention."""
    if row["private_digest"] is None:
        return
    with suppress(sqlite3.DatabaseError):
        found = source.execute("SELECT * FROM journal_private WHERE seq = ?", (row["seq"],)).fetchone()
        if found and journal.is_private_part({**dict(found), "private_digest": row["private_digest"]}):
            target.execute("INSERT INTO journal_private (seq, salt, body) VALUES (?, ?, ?)", tuple(found))


def _said(source: sqlite3.Connection) -> tuple[int, int, int]:
    """Epoch, last entry and highest number, as far as the damaged file still says."""
    asked = ("SELECT max(epoch) FROM store", "SELECT max(seq) FROM journal", "SELECT max(last) FROM numbering")
    epoch, seq, number = (_number(source, sql) for sql in asked)
    return epoch, seq, number


def _number(source: sqlite3.Connection, sql: str) -> int:
    with suppress(sqlite3.DatabaseError):
        found = source.execute(sql).fetchone()[0]
        return found if isinstance(found, int) else 0
    return 0


def _copy_secrets(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """So that people and devices need no new codes; what cannot be read has to be given anew."""
    for table in SECRET_TABLES:
        with suppress(sqlite3.DatabaseError):
            for row in source.execute(f"SELECT * FROM {table}"):  # noqa: S608 (a table of ours)
                marks = ",".join("?" * len(row))
                target.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", tuple(row))  # noqa: S608 (the same)


def begin(settings: Settings, fresh: Path, saved: Saved, known: lived.Lived) -> None:
    """The new epoch is the first entry after those that could be saved."""
    zone = settings.agency.zone
    missing = max(saved.seq, known.seq if known.epoch == saved.epoch else 0) - saved.entries

    def decide(tx: files.Transaction) -> journal.EpochBegun:
        today = local(tx.now.at, zone).date().isoformat()
        highest = max(saved.number, queue_store.highest_number(tx.connection, today) + max(0, missing))
        lost_ms = 0 if saved.whole and missing <= 0 else LONG_MS + 1
        beyond = max(saved.epoch, known.epoch)
        return next_epoch(tx.connection, tx.now, zone, "set_aside", beyond=beyond, last=highest, lost_ms=lost_ms)

    moved = settings.model_copy(update={"hub": settings.hub.model_copy(update={"data": fresh.absolute()})})
    open_hub(moved, begin=decide).store.close()
