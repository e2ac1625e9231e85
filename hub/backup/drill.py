"""The drill: the newest backup of a place is restored into a scratch folder and compared with the living box.

A backup that nobody has ever restored is a hope. With the box's own drill key (`keyring.py`) everything is tried
that a restore on another box does, save the one thing that cannot be tried here: that somebody still has the other
half of a restoring key.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from hub import journal
from hub.backup import copy, files, restore
from hub.backup.copy import Box
from hub.backup.keyring import DrillKeys
from hub.backup.piece import BadPiece
from hub.backup.place import Place
from hub.backup.restore import CannotRestore, Choice
from hub.backup.word import Result
from hub.disk import ask_room
from hub.errors import StoreFault
from hub.sqlite import open_reader
from hub.store import DATABASE

RESULTS = "drill.json"
#: So many files are opened and compared.
FILES_TRIED = 20


def drill(box: Box, place: Place) -> Result:
    """Try the newest backup of a place; writes into the system's temporary folder alone."""
    began, at = time.monotonic(), box.clock.now().at
    try:
        found = _tried(box, place)
    except (BadPiece, CannotRestore, StoreFault, OSError) as error:
        return Result(str(place.path), at, took_s=round(time.monotonic() - began, 1), problem=str(error))
    return Result(str(place.path), at, *found, took_s=round(time.monotonic() - began, 1))


def _tried(box: Box, place: Place) -> tuple[int, int, int, int]:
    """(last entry, entries, tables compared, entries that the box has beyond). Raises what is wrong."""
    if not place.there:
        raise CannotRestore(f"{place.path}: the medium is not there, or not prepared")
    if not place.there:
        raise CannotRestore(f"{place.path}: the medium is not there, or not prepared")
    choice = restore.choose(place)
    keys = DrillKeys(box.data, place.path).held()
    if not keys:
        raise CannotRestore("this box has no key of its own for this place: it gets one with its next whole copy")
    ask_room(Path(gettempdir()), "the drill")
    with TemporaryDirectory(prefix="mbote-drill-") as folder:
        rebuilt = restore.rebuild(choice, keys, Path(folder), box.contents)
        with closing(open_reader(Path(folder) / DATABASE)) as reader:
            entries = reader.execute("SELECT count(*) FROM journal").fetchone()[0]
            _files_are_there(box, place, reader, keys)
    end = choice.chain.end
    if entries != end.last:
        raise BadPiece(f"{entries:,} entries came back of {end.last:,}")
    if not rebuilt.tables:
        raise BadPiece("no state table was compared: the whole copy holds no digests")
    return end.last, entries, rebuilt.tables, _compared(box, choice)


def _files_are_there(box: Box, place: Place, reader: sqlite3.Connection, keys: list[Any]) -> None:
    """Every file that the backup's rows name lies in the place, and the few that are tried are what they were."""
    for room, names_of in box.contents.files.items():
        names = names_of(reader).named
        if lacking := names - set(files.names_at(place.folder, room)):
            raise BadPiece(f"{len(lacking):,} files that the backup names are not in it: {min(lacking)} …")
        for name in sorted(names)[:FILES_TRIED]:
            content = files.opened(place.folder, room, name, keys)  # an older file is for keys that this box has not
            if content is not None and hashlib.sha256(content).hexdigest() != name:
                raise BadPiece(f"file {name} of the backup is not what it was")


def _compared(box: Box, choice: Choice) -> int:
    """How many entries the living journal has beyond the backup's head, which must be one of its own."""
    end = choice.chain.end
    with box.moment() as reader:
        if copy.hash_at(reader, end.last) != end.head:
            raise BadPiece(f"entry {end.last:,} of the backup is not the one of this box")
        return journal.head(reader)[0] - end.last


# --- what is remembered ------------------------------------------------------------------------


def results(data: Path) -> list[Result]:
    """The last result of each place; none before the first, or where the file cannot be read."""
    try:
        return [Result(**each) for each in json.loads((data / RESULTS).read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def remember(data: Path, found: list[Result]) -> None:
    """Keep the results beside the database. Raises OSError."""
    kept = {each.place: each for each in (*results(data), *found)}
    fresh = data / f"{RESULTS}.new"
    fresh.write_text(json.dumps([asdict(each) for each in kept.values()]), "utf-8")
    os.replace(fresh, data / RESULTS)  # noqa: PTH105 (a file over a file)
