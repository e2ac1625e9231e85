"""A damaged file is set aside and the branch serves on: what its journal proves is there, no number comes twice."""

from __future__ import annotations

import errno
import os
import random
import sqlite3
from contextlib import closing, suppress

import pytest

from hub import aside, lived, upkeep
from hub.ask import HUB, Actor, Ask
from hub.context import Hub
from hub.demo.agency import prepare
from hub.errors import Damaged, StoreFault
from hub.queues import actions, epochs, store
from hub.rooms import open_hub
from hub.store import DATABASE, Store
from hub.verify import verify
from tests.office import Office, demo_settings, open_store

PAGE = 1024
KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))


@pytest.fixture
def box(tmp_path):
    """An agency with its people and devices, its day open, and 20 tickets given; stopped."""
    agency = prepare(tmp_path, 1)
    hub = open_hub(agency.settings)
    if store.day(hub.reader) is None:
        actions.open_day(hub, Ask(HUB))
    for _ in range(20):
        actions.issue(hub, Ask(KIOSK), service="DEP", channel="kiosk")
    hub.store.close()
    return agency.settings


def folder_of(settings):
    return settings.path(settings.hub.data)


def labels(hub):
    return [row[0] for row in hub.reader.execute("SELECT label FROM ticket ORDER BY id")]


def roots(path, names):
    """The first page of each of these tables and indexes."""
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0").fetchall())[names]


def zero(path, page):
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(bytes(PAGE))


def test_where_only_rows_were_hit_everything_comes_back_under_a_new_epoch(box):
    path = folder_of(box) / DATABASE
    before = path.read_bytes()
    zero(path, roots(path, "ticket"))
    damaged = path.read_bytes()
    aside.mark(folder_of(box), "met by a reader")
    hub = aside.open_whole(box)
    assert labels(hub) == [f"D{n:03d}" for n in range(1, 21)]
    assert hub.store.epoch == 2
    assert actions.issue(hub, Ask(KIOSK), service="DEP", channel="kiosk")["label"] == "D1001"
    assert hub.reader.execute("SELECT count(*) FROM device_token").fetchone()[0]
    hub.store.close()
    kept = next((folder_of(box) / aside.ASIDE).glob("*"))
    assert (kept / DATABASE).read_bytes() == damaged != before
    assert (kept / "why.txt").read_text() == "met by a reader\n"
    assert verify(folder_of(box)).problems == []


def test_where_the_journal_was_hit_it_counts_up_to_there_and_no_number_is_given_again(box):
    path = folder_of(box) / DATABASE
    with closing(sqlite3.connect(path)) as db:
        last = db.execute("SELECT max(seq) FROM journal").fetchone()[0]
        db.executescript(f"DROP TRIGGER journal_no_edit; UPDATE journal SET at = at + 1 WHERE seq = {last - 9}")  # noqa: S608 (a number)
    hub = aside.open_whole(box)  # the tail is looked at, unasked
    assert labels(hub) == [f"D{n:03d}" for n in range(1, 11)]
    given = actions.issue(hub, Ask(KIOSK), service="DEP", channel="kiosk")["label"]
    assert int(given[1:]) > 1000
    hub.store.close()


def test_a_file_that_is_none_any_more_leaves_an_empty_branch_that_gives_no_number_of_before(box):
    folder = folder_of(box)
    lived.write(folder, lived.Lived(at=1, epoch=1, seq=40))
    (folder / DATABASE).write_bytes(random.Random(1).randbytes(100_000))  # noqa: S311 (the same bytes each time)
    (folder / f"{DATABASE}-wal").unlink(missing_ok=True)
    hub = aside.open_whole(box)
    assert labels(hub) == []
    assert hub.store.epoch == 2
    actions.open_day(hub, Ask(HUB))
    assert int(actions.issue(hub, Ask(KIOSK), service="DEP", channel="kiosk")["label"][1:]) > 1000
    hub.store.close()


def test_a_file_that_lost_its_end_goes_on_in_a_new_epoch_and_gives_no_number_again(box):
    """Its chain is whole: only what this box has lived tells. An administrator is asked to confirm."""
    folder = folder_of(box)
    before = (folder / DATABASE).read_bytes()
    hub = open_hub(box)
    for _ in range(20):
        actions.issue(hub, Ask(KIOSK), service="DEP", channel="kiosk")
    lived.write(folder, lived.Lived(epoch=1, seq=hub.store.head[0] - 1))
    hub.store.close()
    assert open_closed(box) == (1, None), "a file that has all of it"
    (folder / DATABASE).write_bytes(before)
    hub = aside.open_whole(box)
    assert (hub.store.epoch, epochs.unconfirmed(hub.reader)) == (2, 2)
    assert actions.issue(hub, Ask(KIOSK), service="DEP", channel="kiosk")["label"] == "D1001"
    hub.store.close()
    assert open_closed(box) == (2, 2), "once"
    assert verify(folder).problems == []


def open_closed(box):
    """What a start comes to: its epoch, and the one to be confirmed."""
    hub = aside.open_whole(box)
    found = hub.store.epoch, epochs.unconfirmed(hub.reader)
    hub.store.close()
    return found


def test_a_journal_that_ends_before_its_signed_head_is_damaged(box):
    folder = folder_of(box)
    hub = open_hub(box)
    hub.store.sign_head("trial")
    last = hub.store.head[0]
    hub.store.close()
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        db.executescript(f"DROP TRIGGER journal_append_only; DELETE FROM journal WHERE seq = {last}")  # noqa: S608 (a number)
    with pytest.raises(Damaged, match="is signed"):
        open_hub(box)
    hub = aside.open_whole(box)
    assert hub.store.epoch == 2
    hub.store.close()


def test_an_alarm_is_looked_into_once_and_believed_when_it_comes_again(box):
    """SQLite says the same of a card that could not be read for a moment."""
    folder = folder_of(box)
    aside.mark(folder, "database disk image is malformed")
    hub = aside.open_whole(box)
    assert hub.store.epoch == 1
    assert actions.issue(hub, Ask(KIOSK), service="DEP", channel="kiosk")["label"] == "D021"
    hub.store.close()
    aside.mark(folder, "again")
    hub = aside.open_whole(box)
    assert hub.store.epoch == 2
    hub.store.close()
    assert (next((folder / aside.ASIDE).glob("*")) / "why.txt").read_text() == "again\n"
    aside.mark(folder, "a third, after a new file")
    hub = aside.open_whole(box)
    assert hub.store.epoch == 2
    hub.store.close()


def test_a_reading_of_all_of_it_ends_the_doubt(box, monkeypatch):
    folder = folder_of(box)
    aside.mark(folder, "malformed")
    hub = aside.open_whole(box)
    upkeep._read_through(hub)
    hub.store.close()
    aside.mark(folder, "a week later")
    hub = aside.open_whole(box)
    assert hub.store.epoch == 1
    hub.store.close()


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 31)", "sys.exit(1)"], ids=["killed", "failed"])
def test_a_reading_that_did_not_come_to_its_end_says_nothing_of_the_file(box, monkeypatch, end):
    """A box's rules may forbid its process what it asks of the system (SIGSYS): that is no clean bill of health."""
    folder = folder_of(box)
    aside.mark(folder, "malformed")
    hub = aside.open_whole(box)
    start = upkeep.subprocess.run
    dies = [upkeep.sys.executable, "-c", f"import os, sys; {end}"]
    monkeypatch.setattr(upkeep.subprocess, "run", lambda _, **how: start(dies, **how))
    upkeep._read_through(hub)
    hub.store.close()
    assert (folder / aside.DOUBTED).exists()


def test_what_the_card_does_not_give_back_is_left_out_and_the_branch_serves_on(box, monkeypatch):
    path = folder_of(box) / DATABASE
    bad = (roots(path, "ticket") - 1) * PAGE // aside._BLOCK * aside._BLOCK
    zero(path, roots(path, "ticket"))
    read = os.pread

    def failing(file, size, start):
        if start == bad:
            raise OSError(errno.EIO, "Input/output error")
        return read(file, size, start)

    monkeypatch.setattr("hub.aside.os.pread", failing)
    aside.mark(folder_of(box), "met by a reader")
    hub = aside.open_whole(box)
    assert hub.store.epoch == 2
    assert set(labels(hub)) <= {f"D{n:03d}" for n in range(1, 21)}
    if store.day(hub.reader) is None:
        actions.open_day(hub, Ask(HUB))
    assert int(actions.issue(hub, Ask(KIOSK), service="DEP", channel="kiosk")["label"][1:]) > 1000
    hub.store.close()


@pytest.mark.parametrize("until", range(1, 8))
def test_a_cut_in_the_middle_of_it_leaves_the_one_file_or_the_other(box, monkeypatch, until):
    """The power goes before the nth file is moved."""
    path = folder_of(box) / DATABASE
    zero(path, roots(path, "ticket"))
    aside.mark(folder_of(box), "damage")
    moves = []
    rename = type(path).rename

    def cut(self, target):
        moves.append(self)
        if len(moves) == until:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as power, suppress(KeyboardInterrupt):
        power.setattr(type(path), "rename", cut)
        aside.open_whole(box).store.close()
    hub = aside.open_whole(box)
    assert labels(hub) == [f"D{n:03d}" for n in range(1, 21)]
    assert hub.store.epoch >= 2
    hub.store.close()


def test_a_reader_that_meets_damage_says_so(tmp_path, clock):

    opened: Store = open_store(tmp_path, clock)
    told: list[str] = []
    office = Office(Hub(demo_settings(), opened), clock).open_day()
    for _ in range(40):
        office.give("deposit")
    opened.close()
    zero(tmp_path / DATABASE, roots(tmp_path / DATABASE, "ticket"))
    again = open_store(tmp_path, clock)
    again.on_damage = told.append
    with pytest.raises(StoreFault), again.snapshot() as reader:
        store.open_tickets(reader)
    again.close()
    assert "malformed" in told[0]
