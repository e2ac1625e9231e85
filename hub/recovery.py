"""Backups as commands: what `mbote backup` and `mbote restore` do, with the agency's settings and every room."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hub.backup import copy, plan, restore
from hub.backup import drill as drilling
from hub.backup import follow as following
from hub.backup.contents import Contents
from hub.backup.copy import Box
from hub.backup.files import Files
from hub.backup.follow import Stream
from hub.backup.piece import Header, Piece, public_key
from hub.backup.place import Place, agencies
from hub.backup.restore import CannotRestore, Choice, Rebuilt
from hub.backup.word import Result, Word
from hub.clock import iso
from hub.errors import ConfigurationFault, StoreFault
from hub.queues.epochs import next_epoch
from hub.rooms import contents, open_hub
from hub.services import ports
from hub.settings import Settings
from hub.settings_files import FILES, load_settings
from hub.shelf import FOLDER
from hub.store import DATABASE, RESTORING, hold

Tell = Callable[[str], None]
NEW_KEY = "make a pair with `mbote backup --new-key FILE` on another computer, and write its public half there"


# --- backing up --------------------------------------------------------------------------------


def box_of(settings: Settings) -> Box:
    """The box that these settings describe."""
    data = settings.path(settings.hub.data).absolute()
    for key in settings.backup.keys:
        try:
            public_key(key)
        except ValueError as error:
            raise ConfigurationFault([f"agency.toml: [backup] {key} is no age key: {error}"]) from error
    return Box(data, settings.folder, settings.agency.code, settings.backup.keys, _contents(settings))


def places_of(settings: Settings) -> list[Place]:
    """The configured places."""
    return [Place(settings.path(path), settings.agency.code) for path in settings.backup.places]


def copy_to(settings: Settings, path: Path) -> Piece:
    """Copy everything into a folder, now, and make the folder ready for the stream. Raises ConfigurationFault first."""
    if not settings.backup.keys:
        raise ConfigurationFault([f"agency.toml: [backup] names no key: {NEW_KEY}"])
    box = box_of(settings)
    if not (box.data / DATABASE).is_file():
        raise StoreFault(f"there is no database in {box.data} to copy")
    place = Place(path.absolute(), settings.agency.code)
    try:
        if not path.is_dir():
            raise StoreFault(f"{path} is no folder: is the medium in?")
        place.prepare()
        made = copy.whole(box, place)
        Files(box, place).round(made.header.opens, for_s=math.inf)
        place.delete(plan.to_delete(place.look().pieces, settings.backup.nights, settings.backup.weeks))
    except OSError as error:
        raise error if isinstance(error, StoreFault) else StoreFault(f"{path}: {error}") from error
    return made


def follow(settings: Settings, tell: Callable[..., Any], stop: threading.Event) -> None:
    """Keep every place at most `every_s` behind, until told to stop. `tell` asks the running hub, if one runs."""
    box, zone = box_of(settings), settings.agency.zone
    if not (settings.backup.keys and settings.backup.places):
        raise ConfigurationFault([f"agency.toml: [backup] needs places and keys: {NEW_KEY}"])

    def seen(epoch: int, seq: int) -> bool:
        return tell("epoch_seen", epoch=epoch, seq=seq) is not None

    def say(words: list[Word]) -> None:
        drills = [asdict(each) for each in drilling.results(box.data)]
        tell("backup_word", places=[asdict(word) for word in words], drills=drills)

    streams = [Stream(box, place, settings.backup, zone, seen) for place in places_of(settings)]
    following.follow(streams, say, stop)


def drill(settings: Settings) -> list[Result]:
    """Try the newest backup of every place, and remember how it went."""
    if not settings.backup.places:
        raise ConfigurationFault(["agency.toml: [backup] names no place: there is nothing to try"])
    box = box_of(settings)
    found = [drilling.drill(box, place) for place in places_of(settings)]
    drilling.remember(box.data, found)
    return found


def listed(settings: Settings, path: Path) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The pieces in a place, oldest first, and what is wrong there."""
    found = place_of(path, settings.agency.code).look()
    zone = settings.agency.zone
    rows = [
        {
            "made": iso(header.made, zone), "kind": header.kind, "epoch": header.epoch, "first": header.first,
            "last": header.last, "last entry": iso(header.at, zone), "kB": -(-header.size // 1000), "file": header.name,
        }
        for header in sorted((piece.header for piece in found.pieces), key=lambda header: header.made)
    ]  # fmt: skip
    return rows, found.problems


# --- restoring ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recovery:
    """A restore that came to its end."""

    end: Header
    epoch: int
    last_at: str
    aside: Path | None
    skipped: tuple[str, ...]


def place_of(path: Path, agency: str | None) -> Place:
    """The one agency whose backups lie in a folder, or that agency's. Raises CannotRestore."""
    if (path / "README.txt").is_file() and path.name.startswith("mbote-"):  # somebody named the agency's own folder
        path, agency = path.parent, path.name.removeprefix("mbote-")
    there = agencies(path)
    if agency is None and len(there) > 1:
        raise CannotRestore(
            f"backups of several agencies are in {path}: name one of {path}/mbote-{{{','.join(there)}}}"
        )
    if (agency or "") not in there and agency is not None:
        raise CannotRestore(f"there is no backup of {agency} in {path}; there are: {', '.join(there) or 'none'}")
    if not there:
        raise CannotRestore(f"there is no backup in {path}")
    return Place(path, agency or there[0])


def recover(  # noqa: PLR0913 (what may be said with the command)
    path: Path, config: Path, identities: list[Any], *, data: Path | None = None, replace: bool = False,
    even_newer: bool = False, until: int | None = None, tell: Tell = lambda _: None,
) -> Recovery:  # fmt: skip
    """Restore the newest backup in `path`, or that of an epoch that `until` names.

    Raises CannotRestore, BadPiece, StoreFault or OSError; what was there before is untouched then.
    """
    settings = _settings(config)
    place = place_of(path, settings.agency.code if settings else None)
    choice = restore.choose(place, until)
    end = choice.chain.end
    signed = f"signed by the box {short(end.signer)}"
    tell(f"newest backup: entry {end.last:,} of epoch {end.epoch}, in {len(choice.chain.pieces)} pieces, {signed}")
    if settings is None:
        settings = _configuration_of(choice, identities, config, tell)
    folder = data or settings.path(settings.hub.data)
    may_replace(restore.present(folder), end, replace=replace, even_newer=even_newer)
    with _held(folder):
        return _recovered(settings, folder, place, choice, identities, tell)


def _recovered(  # noqa: PLR0913, PLR0917 (the same)
    settings: Settings, folder: Path, place: Place, choice: Choice, identities: list[Any], tell: Tell
) -> Recovery:
    end = choice.chain.end
    known = restore.present(folder) or (0, 0)
    rebuilt = _rebuild(choice, identities, restore.scratch(folder), settings)
    tell(f"every hash, the chain and the signed heads are right; {rebuilt.tables} tables are what the box had")
    lost = restore.put_files_back(place, identities, folder / RESTORING, folder / FOLDER, _contents(settings))
    if lost:
        tell(f"{len(lost)} files of scans are not in the backup, or cannot be opened: {', '.join(lost[:3])} …")
    beyond = max(place.claimed(), known[0], *(piece.header.epoch for piece in place.look().pieces))
    epoch = _begin(settings, folder / RESTORING, beyond)
    _claim(place, epoch, tell)
    aside = restore.put_in_place(folder)
    restore.own_as(folder)
    return Recovery(end, epoch, iso(end.at, settings.agency.zone), aside, tuple(choice.skipped))


def short(signer: str) -> str:
    """A box's key as people compare it: the first 16 digits, in groups of four."""
    return " ".join(signer[at : at + 4] for at in range(0, 16, 4))


def may_replace(present: tuple[int, int] | None, end: Header, *, replace: bool, even_newer: bool) -> None:
    """Raise CannotRestore unless what is there may be set aside."""
    if present is None:
        return
    if not replace:
        raise CannotRestore("there is a database already; to set it aside, add --replace")
    if present > (end.epoch, end.last) and not even_newer:
        raise CannotRestore(
            f"the database that is there is newer: entry {present[1]:,} of epoch {present[0]}, the backup ends with"
            f" entry {end.last:,} of epoch {end.epoch}; to go back all the same, add --even-newer"
        )


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Nobody else has the data folder meanwhile."""
    lock = hold(folder)
    try:
        yield
    finally:
        lock.close()


def _settings(config: Path) -> Settings | None:
    """The configuration of this box; None where there is none yet."""
    return load_settings(config) if any((config / name).exists() for name in FILES) else None


def _contents(settings: Settings) -> Contents:
    return contents(ports.load(settings.counter_services))


def _rebuild(choice: Choice, identities: list[Any], folder: Path, settings: Settings) -> Rebuilt:
    return restore.rebuild(choice, identities, folder, _contents(settings))


def _configuration_of(choice: Choice, identities: list[Any], config: Path, tell: Tell) -> Settings:
    """A box without a configuration takes the one of the box that was."""
    files = restore.configuration(choice, identities)
    if not files:
        raise ConfigurationFault([f"{config}: there is no configuration here, and none in the backup"])
    config.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (config / name).write_bytes(content)
    tell(f"configuration: {', '.join(sorted(files))} written into {config}")
    return load_settings(config)


def _begin(settings: Settings, folder: Path, beyond: int) -> int:
    """The new epoch is the first entry after the backup's last."""
    zone = settings.agency.zone
    hub = open_hub(
        settings.model_copy(update={"hub": settings.hub.model_copy(update={"data": folder})}),
        begin=lambda tx: next_epoch(tx.connection, tx.now, zone, "restored", beyond=beyond),
    )
    try:
        return hub.store.epoch
    finally:
        hub.store.close()


def _claim(place: Place, epoch: int, tell: Tell) -> None:
    try:
        place.claim(epoch)
    except OSError as error:
        tell(f"{place.path} cannot be written ({error.strerror}): restore from it only once")
