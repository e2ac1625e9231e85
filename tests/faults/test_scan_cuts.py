"""The power goes between any two steps of a deposit with scans: after the start it is whole or absent (issue 6).

Two disks fail together: the one in memory under SQLite (tests/faults/power.py), and the real files of the shelf, of
which this module undoes what no fsync has made sure of. Whoever was answered finds their answer; every row has its
file, every file its row; the number is neither lost nor doubled; asked again, everything comes to its end, once.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub import journal, shelf
from hub.ask import Actor, Answer, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.errors import MboteError
from hub.rooms import brought
from hub.services import ports
from hub.services.deposit import actions, scan_store, scanning, store
from hub.services.deposit import model as m
from hub.settings_files import load_settings
from hub.store import Store
from hub.workshop.viewer import Viewer
from tests.conftest import MONDAY
from tests.faults.clients import chances
from tests.faults.power import Disk, power
from tests.hub.services.scanner import jpeg, png
from tests.office import CONFIG

pytestmark = [pytest.mark.faults, pytest.mark.slow]
FEW_CUTS, CUTS, PLANTED_CUTS, PIECES, PIECE = 6, 40, 120, 4, 500
#: Operations of both disks in one life: about so many.
LATEST, FILE_LATEST = 330, 32
NADEGE = Actor(agent="00902F", roles=frozenset({"clerk"}))
ROWS = tuple(m.Row(code, there=True, issued="010126") for code in ("0301", "0309", "0310"))
DRAFT = m.Draft(
    m.Depositor("BAMOU"), concerned=(m.Concerned(name="BAMOU", reasons=(m.Reason("IJ", {}, ROWS),)),)
)  # fmt: skip
SCANS = (jpeg("recto"), png("verso"), jpeg("recto"))


class Card:
    """The real files, as a card keeps them: what was renamed, removed or written is undone until it was synced."""

    def __init__(self, disk: Disk) -> None:
        self.disk, self.ops, self.cut_at, self.honest = disk, 0, 0, True
        self._undo: list[tuple[Path, object]] = []
        self._real = (os.fsync, Path.rename, Path.unlink, shelf.sync_folder)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """In the place of what the shelf calls."""
        card, (fsync, rename, unlink, sync_folder) = self, self._real

        def synced(fd: int) -> None:
            card.step()
            fsync(fd)
            path = Path(f"/proc/self/fd/{fd}").readlink()
            if card.honest or not path.is_dir():
                card._undo = [each for each in card._undo if each[0] != path]

        def renamed(path: Path, target: Path) -> Path:
            card.step()
            target = Path(target)
            before = target.read_bytes() if target.exists() else None

            def undo() -> None:  # what was there before is there again
                if before is not None:
                    target.write_bytes(before)
                elif target.exists():
                    rename(target, path)

            card._undo.append((target.parent, undo))
            return rename(path, target)

        def removed(path: Path, missing_ok: bool = False) -> None:
            card.step()
            unlink(path, missing_ok=missing_ok)

        def folder_synced(folder: Path) -> None:
            card.step()
            sync_folder(folder)
            if card.honest:
                card._undo = [each for each in card._undo if each[0] != folder]

        patch.setattr(os, "fsync", synced)
        patch.setattr(Path, "rename", renamed)
        patch.setattr(Path, "unlink", removed)
        patch.setattr(shelf, "sync_folder", folder_synced)

    def step(self) -> None:
        """One operation; the power may go with it, for SQLite's disk too."""
        self.ops += 1
        if self.cut_at and self.ops >= self.cut_at:
            self.disk.state.off = 1
        if self.disk.state.off:
            raise OSError(5, "the power is gone")

    def begin(self, cut_at: int = 0) -> None:
        self.ops, self.cut_at, self._undo = 0, cut_at, []

    def cut(self, chance: random.Random) -> None:
        """Of what was not synced, some is there and some is not."""
        self.cut_at = 0
        for _, undo in reversed(self._undo):
            if chance.random() < 0.5:
                undo()
        self._undo = []


@dataclass
class Clerk:
    """Who deposits with scans, and asks again with the same keys after a cut."""

    folder: Path
    viewer: Viewer
    acked: dict[str, Answer] = field(default_factory=dict)
    hub: Hub | None = None

    def open(self) -> None:
        services = ports.load(["deposit"])
        rooms = brought(services)
        settings = load_settings(CONFIG, {"counter_services": ["deposit"]})
        opened = Store(self.folder, appliers=rooms.appliers, migration_sets=rooms.migrations, clock=ManualClock(MONDAY))
        self.hub = Hub(settings, opened, services=services, viewer=self.viewer)
        opened.listeners = ports.listeners(self.hub, services)

    def close(self) -> None:
        if self.hub is not None:
            with suppress(sqlite3.Error, MboteError, OSError):
                self.hub.store.close()
            self.hub = None

    def ask(self, key: str, do, **values) -> Answer:
        """Once; what was answered before is answered again, word for word."""
        answer = do(self.hub, Ask(NADEGE, key, {"what": key}), **values)
        assert self.acked.setdefault(key, answer) == answer, f"{key}: {answer} after {self.acked[key]}"
        return answer

    def deposits(self) -> None:
        """The whole of it, each step acknowledged."""
        number = self.ask("begin", actions.begin, channel="left", draft=DRAFT)["deposit"]
        self.ask("deposit", actions.deposit, deposit=number, draft=DRAFT)
        lines = [each.id for each in store.documents(self.hub.reader, number)]
        for place, content in enumerate(SCANS):
            where = {"document": lines[place]} if place < 2 else {}
            answer = self.ask(f"scan {place}", _sent, content=content, **where)
        self.ask("place", scanning.place, scan=answer["scan"], deposit=number, document=lines[2])
        self.ask("print", actions.print_acknowledgement, deposit=number)


def _sent(hub, ask, *, content, document=None) -> Answer:
    return scanning.receive(hub, ask, io.BytesIO(content), name="x", document=document)


def breaches(clerk: Clerk):
    """Everything that a cut may not do."""
    hub = clerk.hub
    file = hub.store.writer
    yield from (said for (said,) in file.execute("PRAGMA integrity_check") if said != "ok")
    yield from journal.faults(file)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as again:
        again.row_factory = sqlite3.Row
        for (sql,) in file.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"):
            again.execute(sql)
        again.execute("INSERT INTO store (epoch) VALUES (1)")
        journal.replay(file, again, {**journal.APPLIERS, **hub.store.appliers})
        for table in ("deposit", "deposit_document", "deposit_scan"):
            rows = [[tuple(row) for row in each.execute(f"SELECT * FROM {table}")] for each in (file, again)]  # noqa: S608
            if rows[0] != rows[1]:
                yield f"{table} is not what the journal gives"
    named, names = scan_store.files(hub.reader).named, set(scanning.shelf_of(hub).names())
    yield from (f"no file {name} of a row" for name in named if scanning.shelf_of(hub).read(name) is None)
    yield from (f"file {name} has no row" for name in names - named)
    numbers = [row[0] for row in file.execute("SELECT number FROM deposit WHERE label IS NOT NULL ORDER BY number")]
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > 1:
        yield f"numbers {numbers}"
    for row in file.execute("SELECT label, documents, id FROM deposit"):
        lines = len(store.documents(hub.reader, row["id"]))
        if (row["label"] is None) != (lines == 0) or lines != row["documents"]:
            yield f"half a deposit: {tuple(row)}, {lines} lines"


def life(clerk: Clerk, card: Card, chance: random.Random, seen: Counter) -> list[str]:
    """Work until the power goes, start, look, and come to the end."""
    disk = card.disk
    disk.back()
    shutil.rmtree(clerk.folder / "files", ignore_errors=True)
    disk.chance(chance.randrange(1 << 60))
    clerk.acked.clear()
    in_files = chance.random() < 0.5
    with suppress(MboteError, sqlite3.Error, OSError):
        card.begin()
        clerk.open()
        card.begin(chance.randint(1, FILE_LATEST) if in_files else 0)
        if not in_files:
            disk.cut_after(chance.randint(1, LATEST))
        clerk.deposits()
    seen[len(clerk.acked)] += 1
    clerk.close()
    card.cut(chance)
    disk.cut()
    card.begin()
    clerk.open()
    clerk.hub.tidy()
    wrong = list(breaches(clerk))
    try:
        clerk.deposits()
    except (MboteError, AssertionError) as error:
        wrong.append(f"it does not come to its end: {error}")
    else:
        clerk.hub.tidy()
        wrong += breaches(clerk)
        counts = [
            clerk.hub.reader.execute(f"SELECT count(*) FROM {each}").fetchone()[0]  # noqa: S608
            for each in ("deposit", "deposit_scan")
        ]
        wrong += [] if counts == [1, 3] else [f"deposits and scans: {counts}"]
    clerk.close()
    return wrong


@pytest.fixture
def card(monkeypatch):
    with power() as disk:
        found = Card(disk)
        found.install(monkeypatch)
        yield found


@pytest.fixture(scope="module")
def viewer():
    room = Viewer()
    yield room
    room.close()


def cuts(tmp_path: Path, card: Card, viewer: Viewer, times: int, seed: int) -> tuple[list[str], Counter]:
    clerk, chance, seen, wrong = Clerk(tmp_path / "data", viewer), chances(seed), Counter(), []
    clerk.open()
    clerk.close()
    card.disk.keep()
    for _ in range(times):
        wrong += life(clerk, card, chance, seen)
    return wrong, seen


@pytest.mark.parametrize("times", [FEW_CUTS, pytest.param(CUTS, marks=pytest.mark.nightly)])
def test_a_deposit_with_scans_is_whole_or_absent_after_a_cut(tmp_path, card, viewer, times):
    wrong, seen = cuts(tmp_path, card, viewer, times, 61)
    assert wrong == []
    assert len(seen) > (4 if times == CUTS else 1), f"answers before the cut: {seen}"


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("piece", range(PIECES))
def test_many_cuts(tmp_path, card, viewer, piece):
    wrong, seen = cuts(tmp_path, card, viewer, PIECE, 700 + piece)
    assert wrong == [], f"{len(wrong)} breaches"
    assert len(seen) >= 7, seen


@pytest.mark.nightly
def test_a_card_that_says_it_has_synced_a_folder_and_has_not_is_found_out(tmp_path, card, viewer):
    card.honest = False
    wrong, _ = cuts(tmp_path, card, viewer, PLANTED_CUTS // 4, 62)
    assert any("no file" in each for each in wrong)
