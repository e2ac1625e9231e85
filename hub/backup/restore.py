"""From pieces to a data folder: every hash, the chain, the signed heads, and the rows by replay, or nothing at all.

All of it is written into `restoring/` inside the data folder; the last step is one rename of the database. A restore
that is cut leaves no database, so that no hub begins a fresh one by mistake (`Store` looks), and is run again.
What was there before is set aside in `before-restore-N/`, never deleted.
"""

from __future__ import annotations

import base64
import binascii
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub import chain, journal, store
from hub.backup import contents as parts
from hub.backup import files, plan
from hub.backup import piece as pieces
from hub.backup.contents import Contents
from hub.backup.piece import BadPiece, Piece
from hub.backup.place import Place
from hub.backup.plan import Chain
from hub.disk import sync_folder
from hub.errors import MboteError, StoreFault
from hub.shelf import Shelf
from hub.sqlite import SIDES, open_reader, open_writer
from hub.store import DATABASE, RESTORING, SIGNING_KEY

_BATCH = 5_000
_INSERT = f"INSERT INTO journal ({', '.join(parts.JOURNAL)}) VALUES ({', '.join('?' * len(parts.JOURNAL))})"  # noqa: S608 (names above)
#: Columns of an entry's line that are bytes; the salt of its private part comes after those of the journal.
_BLOBS = (*(parts.JOURNAL.index(name) for name in ("private_digest", "hash", "body_digest")), len(parts.JOURNAL))


class CannotRestore(MboteError):
    """There is no backup here that can be restored, or it may not be restored here."""


# --- which pieces ------------------------------------------------------------------------------


@dataclass(slots=True)
class Choice:
    """The furthest chain of pieces whose bytes are whole; what was left out on the way."""

    chain: Chain
    skipped: list[str] = field(default_factory=list)


def choose(place: Place, until: int | None = None) -> Choice:
    """The backup to restore, at most of epoch `until`. Raises CannotRestore saying what is wrong there, or OSError."""
    found = place.look()
    left, skipped = [p for p in found.pieces if until is None or p.header.epoch <= until], list(found.problems)
    while best := plan.newest(left):
        bad = [(piece, why) for piece in best.pieces if (why := _fault(piece, best))]
        if not bad:
            return Choice(best, skipped)
        skipped += [why for _, why in bad]
        left = [piece for piece in left if piece not in [each for each, _ in bad]]
    raise CannotRestore("\n".join([f"no whole backup of {place.agency} in {place.path}", *skipped]))


def _fault(piece: Piece, best: Chain) -> str:
    if piece.header.signer != best.pieces[0].header.signer:
        return f"{piece.path.name}: signed by another box than the whole copy before it"
    try:
        pieces.check(piece)
    except (BadPiece, OSError) as error:
        return str(error)
    return ""


# --- into an empty database --------------------------------------------------------------------


class Rebuilt:
    """A database being written again in an empty folder, from one piece after the other."""

    def __init__(self, folder: Path, contents: Contents, tell: Callable[[str], None] = lambda _: None) -> None:
        self.folder = folder
        self.tables = 0
        self._contents = contents
        self._tell = tell
        sets = (store.migrations, journal.migrations, *contents.migrations)
        self._db = open_writer(folder / DATABASE, sets)
        self._states: list[list[Any]] = []
        self._applied = 0

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def add(self, piece: Piece, identities: list[Any]) -> None:
        """Write what a piece holds. Raises BadPiece when it is not what its header says."""
        self._tell(f"{piece.path.name}: {piece.header.entries:,} entries")
        before = journal.head(self._db)[0]
        kept: dict[str, list[Any]] = {}
        self._db.execute("BEGIN")
        try:
            self._take(piece, self._checked(piece, pieces.read(piece, identities)), before, kept)
            self._keep(kept)
            self._db.execute("COMMIT")
            self._settle(piece, before)
        except sqlite3.Error as error:
            raise BadPiece(f"{piece.path.name}: {error}") from error

    def _checked(self, piece: Piece, lines: Iterator[list[Any]]) -> Iterator[list[Any]]:
        """The lines between the first, which must say what the plain header says, and the last."""
        header = piece.header
        said = [header.kind, header.agency, header.epoch, header.line, header.first, header.last, header.head]
        if next(lines, None) != ["piece", *said]:
            raise BadPiece(f"{piece.path.name}: it is not the piece that its header says")
        ended = False
        for line in lines:
            if line[0] == "end":
                ended = line[1] == header.entries
            else:
                yield line
        if not ended:
            raise BadPiece(f"{piece.path.name}: it holds less than it says")

    def _take(self, piece: Piece, lines: Iterable[list[Any]], before: int, kept: dict[str, list[Any]]) -> None:
        """Each line by its kind. Entries that an earlier piece brought already are passed over."""
        entries: list[list[Any]] = []
        for what, *values in lines:
            if what == "entry":
                if values[0] > before:
                    entries.append(values)
                if len(entries) >= _BATCH:
                    self._entries(entries)
            elif what == "head":
                row = [parts.value_of(value) for value in values]
                self._db.execute("INSERT OR IGNORE INTO signed_head VALUES (?, ?, ?, ?)", row)
            elif what == "table":
                kept[values[0]] = values[1:]
            elif what == "state":
                self._states.append(values)
            elif what in ("key", "config"):
                self._file(what, *values)
            else:
                raise BadPiece(f"{piece.path.name}: it holds a {what!r}, which this version does not know")
        self._entries(entries)

    def _entries(self, lines: list[list[Any]]) -> None:
        """Write so many entries, and make an end: nothing counts before the last piece, and the log stays small."""
        for line in lines:
            for column in _BLOBS:
                line[column] = parts.value_of(line[column])
        *_, salt, body = range(len(parts.JOURNAL) + 2)
        private = [(line[0], line[salt], line[body]) for line in lines if line[body] is not None]
        self._db.executemany(_INSERT, (line[:salt] for line in lines))
        self._db.executemany("INSERT INTO journal_private VALUES (?, ?, ?)", private)
        lines.clear()
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def _file(self, what: str, name: str, content: str) -> None:
        """A key, into the folder."""
        try:
            plain = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise BadPiece(f"{name}: not as it was written") from error
        if what == "config":  # taken beforehand, where it is needed
            return
        path = self.folder / "keys" / Path(name).name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(0o600)
        path.write_bytes(plain)

    def _keep(self, kept: dict[str, list[Any]]) -> None:
        """Tables that no entry carries: all of their rows come with each piece, the last piece is right."""
        for table, (columns, rows) in kept.items():
            if not set(columns) <= set(self._contents.kept.get(table, ())):
                raise BadPiece(f"table {table} is not as this version keeps it")
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 (a table of ours, just looked up)
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            values = [[parts.value_of(value) for value in row] for row in rows]
            self._db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608 (the same)

    def _settle(self, piece: Piece, before: int) -> None:
        """Check what was added, write the state rows that follow from it, and compare them where there is a digest."""
        seq, digest = journal.head(self._db)
        if (seq, digest.hex()) != (piece.header.last, piece.header.head):
            raise BadPiece(f"{piece.path.name}: it does not end where its header says")
        if broken := next(journal.faults(self._db, after=before), None):
            raise BadPiece(f"{piece.path.name}: {broken}")
        self._replay(until=seq)
        self._compare(piece)

    def _compare(self, piece: Piece) -> None:
        """The rows that replay gave are those that the box had, table by table, where the piece says which."""
        for table, columns, count, wanted in self._states:
            known = {row["name"] for row in self._db.execute("SELECT name FROM pragma_table_info(?)", (table,))}
            if table not in self._contents.state_tables or not set(columns) <= known:
                raise BadPiece(f"{piece.path.name}: table {table} is not as this version keeps it")
            if parts.digest(self._db, table, columns) != (count, wanted):
                raise BadPiece(f"{piece.path.name}: table {table} is not what its journal gives")
            self.tables += 1
        self._states.clear()

    def _replay(self, until: int) -> None:
        appliers = {**journal.APPLIERS, **self._contents.appliers}
        try:
            with closing(open_reader(self.folder / DATABASE)) as reader:
                journal.replay(reader, self._db, appliers, after=self._applied, until=until)
        except KeyError as error:
            raise BadPiece(f"the journal holds a {error}, which this version of Mbote does not know") from error
        except sqlite3.IntegrityError as error:
            raise BadPiece(f"the journal cannot be replayed: {error}") from error
        self._applied = until

    def finish(self) -> None:
        """The signed heads are this box's. Raises BadPiece."""
        public = chain.public_key(self.folder / SIGNING_KEY)
        if broken := next(journal.head_faults(self._db, public), None):
            raise BadPiece(broken)


def rebuild(
    choice: Choice,
    identities: list[Any],
    folder: Path,
    contents: Contents,
    tell: Callable[[str], None] = lambda _: None,
) -> Rebuilt:
    """The database of a chosen backup in an empty folder; closed. Raises BadPiece or CannotRestore."""
    whole = choice.chain.pieces[0].header
    rebuilt = Rebuilt(folder, contents, tell)
    try:
        for piece in choice.chain.pieces:
            rebuilt.add(piece, identities)
        signer = chain.public_key(folder / SIGNING_KEY).hex()
        if signer != whole.signer:
            raise CannotRestore("the backup was not made by the box whose keys are in it")
        rebuilt.finish()
    finally:
        rebuilt.close()
    return rebuilt


def put_files_back(place: Place, identities: list[Any], ready: Path, shelves: Path, contents: Contents) -> list[str]:
    """Every file that the rebuilt rows name, from a place onto its shelf; those that are not there. Raises OSError."""
    missing = []
    for room, names_of in contents.files.items():
        with closing(open_reader(ready / DATABASE)) as reader:
            names = names_of(reader).named
        shelf = Shelf(shelves / room)
        for name in sorted(names):
            try:
                content = shelf.read(name) or files.opened(place.folder, room, name, identities)
                if content is None:
                    missing.append(name)
                elif shelf.read(name) is None:
                    shelf.put(name, content)
            except (BadPiece, ValueError):
                missing.append(name)
    return missing


def configuration(choice: Choice, identities: list[Any]) -> dict[str, bytes]:
    """The agency's files as they were at the whole copy. Raises BadPiece when none of the keys opens it."""
    lines = pieces.read(choice.chain.pieces[0], identities)
    found = {}
    for what, *values in lines:
        if what == "config":
            found[Path(values[0]).name] = base64.b64decode(values[1])
        elif what == "entry":  # files come first
            break
    lines.close()
    return found


# --- into the data folder ----------------------------------------------------------------------


def scratch(data: Path) -> Path:
    """An empty folder inside the data folder to rebuild in. The data folder is held by the caller."""
    folder = data / RESTORING
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def put_in_place(data: Path) -> Path | None:
    """Make what was rebuilt the hub's data; where what was there before is kept, if anything was. Raises OSError."""
    ready = data / RESTORING
    aside = _set_aside(data)
    (ready / "lock").unlink(missing_ok=True)
    for key in (ready / "keys").glob("*"):
        (data / "keys").mkdir(mode=0o700, exist_ok=True)
        key.replace(data / "keys" / key.name)
    sync_folder(data)
    (ready / DATABASE).replace(data / DATABASE)
    sync_folder(data)
    shutil.rmtree(ready)
    return aside


def _set_aside(data: Path) -> Path | None:
    """What is there now gets a second name in a folder of its own: it is there until the new one takes its place."""
    if not (data / DATABASE).exists():
        return None
    aside = next(folder for n in range(1, 10_000) if not (folder := data / f"before-restore-{n}").exists())
    aside.mkdir(mode=0o700)
    with suppress(StoreFault, sqlite3.Error):  # one file where it can still be read
        open_writer(data / DATABASE).close()
    os.link(data / DATABASE, aside / DATABASE)
    for tail in SIDES:
        with suppress(FileNotFoundError):
            (data / f"{DATABASE}{tail}").rename(aside / f"{DATABASE}{tail}")
    for key in (found for pattern in parts.KEY_FILES for found in data.glob(pattern)):
        shutil.copy2(key, aside / key.name)
    return aside


def own_as(data: Path) -> None:
    """Whoever restores as root gives the files to the owner of the folder."""
    owner = data.stat()
    if os.geteuid() == 0 and owner.st_uid:
        for path in data.rglob("*"):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def present(data: Path) -> tuple[int, int] | None:
    """(epoch, last entry) of the database that is there; None where there is none, (0, 0) where it cannot be read."""
    if not (data / DATABASE).exists():
        return None
    try:
        with closing(open_reader(data / DATABASE)) as reader:
            epoch = reader.execute("SELECT epoch FROM store").fetchone()[0]
            return int(epoch), journal.head(reader)[0]
    except (StoreFault, sqlite3.Error):
        return 0, 0
