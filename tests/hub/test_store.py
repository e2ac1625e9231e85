"""The store: one file, one writer, one door; what happens when the disk, the power or a neighbour fails."""

import contextlib
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub import journal, sqlite
from hub.ask import HUB, Ask
from hub.context import Hub
from hub.errors import KeyReuse, Refused, StoreFault
from hub.queues import actions, appliers
from hub.queues.migrations import migrations
from hub.store import hold
from hub.verify import Rooms, verify
from tests.office import RECEPTION, open_store

QUEUES = Rooms(appliers.APPLIERS, (migrations,), appliers.STATE_TABLES)
ROOT = Path(__file__).parents[2]
DRAWN = random.Random(20260302)  # noqa: S311 (a seed makes the story the same each time)

#: A program that holds a data folder and says so.
HOLDS = """
import pathlib, sys, time, hub.store
kept = hub.store.hold(pathlib.Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def head(hub: Hub) -> tuple[int, bytes]:
    return journal.head(hub.reader)


# --- a store that cannot promise does not open


def test_each_pragma_is_what_was_asked_for(hub):
    for connection, wanted in ((hub.store.writer, sqlite.WRITER), (hub.reader, sqlite.READER)):
        assert {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted
    assert sqlite.WRITER["synchronous"] == 2
    assert sqlite.WRITER["journal_mode"] == "wal"


@pytest.mark.parametrize("name", sqlite.WRITER)
def test_a_store_on_another_pragma_refuses(tmp_path, monkeypatch, name):
    """A file system without shared memory leaves the journal mode as it was; a build of SQLite may any other."""
    monkeypatch.setattr(sqlite.sqlite3, "connect", _stubborn_about(name))
    with pytest.raises(StoreFault, match=f"has {name} = "):
        sqlite.open_writer(tmp_path / "x.db")


def _stubborn_about(pragma: str):
    wrong = {
        "page_size": 4096,
        "journal_mode": "delete",
        "synchronous": 1,
        "foreign_keys": 0,
        "trusted_schema": 1,
        "wal_autocheckpoint": 0,
    }

    class Stubborn(sqlite3.Connection):
        def execute(self, sql, *values):
            return super().execute(re.sub(rf"(PRAGMA {pragma} =) .*", rf"\1 {wrong[pragma]}", sql), *values)

    return Stubborn


def test_a_file_made_with_other_pages_is_refused(tmp_path):
    made = sqlite3.connect(tmp_path / "mbote.db")
    made.executescript("PRAGMA page_size = 4096; CREATE TABLE other (id)")
    made.close()
    with pytest.raises(StoreFault, match="page_size = 4096"):
        open_store(tmp_path, None)


def test_a_reader_cannot_write(hub):
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        hub.reader.execute("UPDATE store SET epoch = 2")


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path):
    (tmp_path / "mbote.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreFault, match="cannot be opened"):
        open_store(tmp_path, None)
    (tmp_path / "mbote.db").unlink()
    open_store(tmp_path, None).close()  # and whoever was refused holds nothing


# --- held by one


def test_a_second_hub_is_refused_in_the_same_and_in_another_process(hub):
    with pytest.raises(StoreFault, match="in use by another hub"):
        open_store(hub.store.folder, None)
    other = subprocess.run(
        [sys.executable, "-c", "import sys, pathlib, hub.store as s; s.hold(pathlib.Path(sys.argv[1]))",
         hub.store.folder],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert "in use by another hub" in other.stderr


def test_a_killed_holder_holds_nothing(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, tmp_path],
        stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(StoreFault):
        hold(tmp_path)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    hold(tmp_path).close()


def test_closing_twice_is_closing_once(tmp_path, clock):
    opened = open_store(tmp_path, clock)
    opened.close()
    opened.close()
    open_store(tmp_path, clock).close()


# --- one key, one effect, one answer


def test_the_same_key_five_times_in_any_order_across_restarts(office):
    """Each of ten presses is sent five times, mixed, with two restarts between: ten tickets, ten answers."""
    sent = [(f"press {n}", {"service": "DEP"}) for n in range(10)] * 5
    DRAWN.shuffle(sent)
    answers: dict[str, list[object]] = {}
    for number, (key, body) in enumerate(sent):
        if number in {17, 34}:
            office.restart(later_by_s=40)
        ask = Ask(office.kiosk.actor, key, body)
        answers.setdefault(key, []).append(actions.issue(office.hub, ask, service="DEP", channel="kiosk"))
    assert all(len(told) == 5 and told == told[:1] * 5 for told in answers.values())
    assert office.journal.count("ticket_issued") == 10


def test_nobody_waiting_is_an_answer_that_is_kept(office):
    desk = office.counter("05").open("00902F")
    ask = Ask(RECEPTION, "next")
    assert actions.call_next(office.hub, ask, counter="05")["ticket"] is None
    office.press("deposit")
    assert actions.call_next(office.hub, ask, counter="05")["ticket"] is None
    assert desk.next() == "D001"


def test_the_same_key_for_something_else_is_refused(office):
    ask = {"service": "DEP"}
    actions.issue(office.hub, Ask(RECEPTION, "k", ask), service="DEP", channel="reception")
    with pytest.raises(KeyReuse):
        actions.issue(office.hub, Ask(RECEPTION, "k", {"service": "PEN"}), service="PEN", channel="reception")
    assert office.waiting() == ["D001"]
    other = actions.issue(office.hub, Ask(office.kiosk.actor, "k", ask), service="DEP", channel="kiosk")
    assert other["label"] == "D002"  # another device's key is another key


def test_a_refusal_leaves_nothing_and_the_key_is_free(office):
    before = head(office.hub)
    with pytest.raises(Refused):
        actions.call_next(office.hub, Ask(RECEPTION, "k"), counter="05")
    assert head(office.hub) == before
    office.counter("05").open("00902F")
    office.press("deposit")
    assert actions.call_next(office.hub, Ask(RECEPTION, "k"), counter="05")["ticket"]["label"] == "D001"


def test_after_seven_days_a_key_is_used_and_its_answer_forgotten(office):
    ask = Ask(RECEPTION, "old")
    actions.issue(office.hub, ask, service="DEP", channel="reception")
    office.later(hours=7 * 24)
    assert office.hub.store.prune() == 0
    office.later(seconds=1)
    assert office.hub.store.prune() > 0
    with pytest.raises(KeyReuse, match="no longer kept"):
        actions.issue(office.hub, ask, service="DEP", channel="reception")
    assert verify(office.hub.store.folder, QUEUES).problems == []


def test_answers_are_pruned_in_slices_and_where_that_has_come_to_outlives_a_restart(office, monkeypatch):
    monkeypatch.setattr("hub.store.PRUNED_AT_ONCE", 3)
    for _ in range(7):
        office.give("deposit")
    office.later(hours=8 * 24)
    assert [office.hub.store.prune() for _ in range(2)] == [2, 3], "the hub's own start has no answer"
    office.restart()
    assert [office.hub.store.prune() for _ in range(3)] == [3, 0, 0]
    assert kept_answers(office) == []


def test_what_a_wrong_clock_wrote_in_between_keeps_no_answer_for_ever(office):
    office.give("deposit")
    office.clock.jump(to=datetime(2038, 1, 1, tzinfo=UTC))
    office.give("deposit")
    office.clock.jump(to=datetime(2026, 3, 9, tzinfo=UTC))
    for _ in range(20):
        office.give("deposit")
    office.later(hours=7 * 24)
    young = office.give("deposit")
    office.later(seconds=1)
    while office.hub.store.prune():
        pass
    assert young
    assert kept_answers(office) == [young]


def kept_answers(office):
    rows = office.hub.reader.execute("SELECT answer FROM journal WHERE answer IS NOT NULL ORDER BY seq")
    return [journal.unpack(row["answer"])["label"] for row in rows]


def test_an_action_without_an_event_may_not_answer_a_key(hub):
    with pytest.raises(AssertionError, match="without naming an event"):
        hub.perform(Ask(RECEPTION, "k"), lambda _: {"done": True})


# --- the disk refuses


@contextlib.contextmanager
def full_disk():
    """The kernel refuses whatever this process would write anywhere: neither log nor file takes a page."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_refuses_and_the_service_goes_on(office):
    office.press("deposit")
    before, waiting = head(office.hub), office.waiting()
    ask = Ask(RECEPTION, "in the middle of it")
    with full_disk():
        for _ in range(3):
            with pytest.raises(StoreFault, match="nothing was recorded"):
                actions.issue(office.hub, ask, service="DEP", channel="reception")
    assert (head(office.hub), office.waiting()) == (before, waiting)
    assert actions.issue(office.hub, ask, service="DEP", channel="reception")["label"] == "D002"
    assert verify(office.hub.store.folder, QUEUES).problems == []


@pytest.mark.parametrize("at", ["INSERT INTO ticket ", "INSERT INTO stage", "INSERT INTO journal ", "COMMIT", "BEGIN"])
def test_a_disk_error_at_any_statement_leaves_nothing_half_done(office, monkeypatch, at):
    before = head(office.hub)
    real = office.hub.store.writer
    office.hub.store.writer = _failing(real, at)
    with pytest.raises(StoreFault):
        office.give("deposit")
    assert (head(office.hub), office.waiting()) == (before, [])
    assert office.give("deposit") == "D001"
    real.close()
    assert verify(office.hub.store.folder, QUEUES).problems == []


class _failing:  # noqa: N801 (read as a word)
    """A connection on which one statement meets a disk that answers EIO."""

    def __init__(self, real: sqlite3.Connection, at: str) -> None:
        self.real, self.at = real, at

    def execute(self, sql, *values):
        if sql.startswith(self.at):
            raise sqlite3.OperationalError("disk I/O error")
        return self.real.execute(sql, *values)

    def __getattr__(self, name):
        return getattr(self.real, name)


def test_a_disk_that_cannot_even_be_opened_again_is_tried_at_the_next_request(office, monkeypatch):
    office.hub.store.writer = _failing(office.hub.store.writer, "COMMIT")
    with monkeypatch.context() as dead:
        dead.setattr("hub.store.open_writer", _refuse)
        for _ in range(2):
            with pytest.raises(StoreFault):
                office.give("deposit")
    assert office.give("deposit") == "D001"


def test_what_is_on_the_disk_is_answered_even_if_it_cannot_be_told_on(office):
    """Whoever asked must not hear that nothing was recorded."""

    def deaf(_):
        raise sqlite3.OperationalError("database or disk is full")

    office.hub.store.announce = deaf
    assert office.give("deposit") == "D001"
    office.hub.store.announce = lambda _: None
    assert office.give("deposit") == "D002"


def test_a_closing_and_the_signature_of_its_head_are_one(office):
    """Neither is there without the other, wherever the disk fails."""
    real = office.hub.store.writer
    office.hub.store.signed_kinds = frozenset({"day_closed"})
    office.hub.store.writer = _failing(real, "INSERT OR IGNORE INTO signed_head")
    with pytest.raises(StoreFault):
        actions.close_day(office.hub, Ask(RECEPTION, "evening"))
    assert not _closed(office.hub)
    actions.close_day(office.hub, Ask(RECEPTION, "evening"))
    assert _closed(office.hub) == [row["seq"] for row in office.hub.reader.execute("SELECT seq FROM signed_head")]
    real.close()


def _closed(hub: Hub) -> list[int]:
    return [row["seq"] for row in hub.reader.execute("SELECT seq FROM journal WHERE kind = 'day_closed'")]


def _refuse(*_):
    raise StoreFault("no such device")


def test_a_mistake_of_ours_is_no_fault_of_the_disk(hub):
    with pytest.raises(sqlite3.IntegrityError), hub.store.transaction(Ask(HUB)) as tx:
        tx.run("INSERT INTO stage (id, ticket, rank, service, entered_at, entered_tick) VALUES (1, 99, 1, 'DEP', 0, 0)")
    with hub.store.transaction(Ask(HUB)) as tx:
        assert tx.one("SELECT count(*) FROM stage")[0] == 0


# --- boots


def test_a_restart_is_one_boot_and_another_machine_start_another(tmp_path, monkeypatch):
    boots = []
    for machine in ("a", "a", "b", "b", "a"):
        monkeypatch.setattr("hub.store.machine_boot_id", lambda machine=machine: machine)
        opened = open_store(tmp_path, None)
        boots.append(opened.clock.now().boot)
        opened.close()
    assert boots == [1, 1, 2, 2, 3]


def test_what_a_clock_handed_in_has_written_is_of_another_boot(tmp_path, clock):
    """Else a session of five minutes ago is nine hours old on a machine that has run for nine hours."""
    open_store(tmp_path, clock).close()
    for _ in range(2):
        opened = open_store(tmp_path, None)
        assert opened.clock.now().boot == clock.now().boot + 1
        opened.close()


def test_a_clock_behind_what_was_lived_is_not_believed(tmp_path, clock):
    clock.jump(to=int(time.time() * 1000) + 86_400_000)
    open_store(tmp_path, clock).close()
    opened = open_store(tmp_path, None)
    assert not opened.clock.now().certain
    opened.close()


def test_a_hub_does_not_start_on_a_journal_it_cannot_trust(office):
    office.give("deposit")
    folder = office.hub.store.folder
    office.hub.store.close()
    altered = sqlite3.connect(folder / "mbote.db")
    altered.executescript("DROP TRIGGER journal_no_edit; UPDATE journal SET at = at + 1 WHERE seq = 3")
    altered.close()
    with pytest.raises(StoreFault, match="entry 3 was altered"):
        open_store(folder, office.clock)


def test_a_request_that_ends_inside_a_moment_takes_nothing_from_whoever_reads_it(hub):
    """A screen hangs up while it is told: its request ends in the announcer's thread, and the announcer goes on."""
    with hub.store.snapshot() as reader:
        before = reader.execute("SELECT count(*) FROM journal").fetchone()[0]
        hub.store.give_back()
        assert reader.execute("SELECT count(*) FROM journal").fetchone()[0] == before
    hub.store.give_back()
    assert hub.store.reader.execute("SELECT count(*) FROM journal").fetchone()[0] == before
