"""A new version on trial: it serves with a way back until its health has been checked.

`trial.json` says that one is going on: which version was before, and where the data was copied to while
the hub stood still. Whoever finds it (the update itself when a check fails, or `mbote-trial.service` at
the next start of the box after a cut) leads the way back: the old version, with the data as it was.
Should the new version have recorded anything meanwhile, its data stays: what was acknowledged is
never taken back, and migrations only add, so that the old version reads it.

Every step can be cut and taken again. The only one that counts is a rename: before it the old version
starts, after it the new one.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.disk import sync_folder
from hub.errors import StoreFault
from hub.installation.box import Box, give
from hub.installation.place import Place, sync_tree
from hub.local_socket import DOOR
from hub.sqlite import SIDES, open_reader
from hub.store import DATABASE

PAGE = "trial.json"
#: What a process holds and is no data. Databases are copied by SQLite, which knows what belongs to them.
LEFT_OUT = {"lock", DOOR}
#: What a hub needs to start on a copy.
NEEDED = {"keys"}
#: What a hub records by starting; anything else was asked by somebody.
OWN_EVENT = "hub_started"


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that goes on. `data` is empty where this box is no hub."""

    old: str
    new: str
    data: str = ""

    @property
    def folder(self) -> Path | None:
        """The data on which the new version works."""
        return Path(self.data) if self.data else None


def going_on(place: Place) -> Trial | None:
    """The trial that was begun and not ended; None when there is none."""
    try:
        said = json.loads((place.versions / PAGE).read_text("utf-8"))
        return Trial(str(said["old"]), str(said["new"]), str(said["data"]))
    except (OSError, ValueError, KeyError):
        return None


def begin(box: Box, trial: Trial) -> None:
    """From here on a cut leads back. The services stand still; the copy of the data is made first."""
    place = box.place
    if trial.folder:
        copy_data(trial.folder, before(trial.folder))
    place.point("previous", trial.old)
    fresh = place.versions / f"{PAGE}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(trial), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(place.versions / PAGE)
    sync_folder(place.versions)


def end(box: Box, trial: Trial) -> None:
    """It has passed: the new version stays, the copy of the data goes."""
    _forget(box.place)
    if trial.folder:
        shutil.rmtree(before(trial.folder), ignore_errors=True)


def lead_back(box: Box, trial: Trial) -> bool:
    """The old version and its data again; whether the data is as it was. The services stand still."""
    as_it_was = _data_back(trial.folder) if trial.folder else True
    box.place.point("current", trial.old)
    box.place.link_system()
    _forget(box.place)
    if trial.folder:
        shutil.rmtree(_failed(trial.folder), ignore_errors=True)
    return as_it_was


def _forget(place: Place) -> None:
    (place.versions / PAGE).unlink(missing_ok=True)
    sync_folder(place.versions)


def tidy(box: Box) -> None:
    """Remove copies of the data that an update left which was cut before its trial began."""
    data = box.data()
    if data and going_on(box.place) is None:
        for left in (before(data), _half(data), _failed(data)):
            shutil.rmtree(left, ignore_errors=True)


# --- the data ----------------------------------------------------------------------------------


def before(data: Path) -> Path:
    """Where the data is kept as it was before the trial; beside it, so that a rename brings it back."""
    return data.with_name(f"{data.name}.before")


def _half(data: Path) -> Path:
    return data.with_name(f"{data.name}.half")


def _failed(data: Path) -> Path:
    return data.with_name(f"{data.name}.failed")


def copy_data(data: Path, into: Path, *, all_of_it: bool = True) -> None:
    """A copy of a hub's data, whole or not there, on the disk when this comes back.

    A running hub's is copied without what it may be writing just now (`all_of_it=False`). Raises StoreFault.
    """
    half = _half(data)
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    for each in sorted(data.iterdir()):
        if each.suffix == ".db" or each.name in NEEDED or (all_of_it and _is_kept(each)):
            _copy(each, half / each.name)
    give(half, like=data)
    sync_tree(half)
    shutil.rmtree(into, ignore_errors=True)
    half.rename(into)
    sync_folder(into.parent)


def _is_kept(path: Path) -> bool:
    return path.name not in LEFT_OUT and not path.name.endswith(tuple(f".db{side}" for side in SIDES))


def _copy(path: Path, into: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, into, symlinks=True)
    elif path.suffix != ".db":
        shutil.copy2(path, into, follow_symlinks=False)
    else:
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(into)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            raise StoreFault(f"{path.name} cannot be copied: {error}; see: mbote doctor") from error


def _data_back(data: Path) -> bool:
    """The copy in the data's place, unless something was recorded since; whether it is in its place."""
    copy = before(data)
    if not copy.exists():
        return True  # cut after this step, and taken again
    if data.exists():
        if any(_recorded_since(data, copy)):
            shutil.rmtree(copy)
            return False
        shutil.rmtree(_failed(data), ignore_errors=True)
        data.rename(_failed(data))
    copy.rename(data)
    sync_folder(data.parent)
    return True


def _recorded_since(data: Path, copy: Path) -> Iterator[int]:
    """Entries that somebody caused after the copy was made; none where the new file cannot be read."""
    with suppress(StoreFault, sqlite3.Error):
        with closing(open_reader(copy / DATABASE)) as reader:
            known = reader.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]
        with closing(open_reader(data / DATABASE)) as reader:
            asked = "SELECT seq FROM journal WHERE seq > ? AND kind <> ?"
            yield from (row[0] for row in reader.execute(asked, (known, OWN_EVENT)))
