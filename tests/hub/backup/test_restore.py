"""A box has died: what comes back from its stick, and what is refused."""

import os
import shutil
import sqlite3
from contextlib import closing

import pyrage
import pytest

from hub.agents import store as agents
from hub.ask import Ask
from hub.backup import contents, restore
from hub.backup.keyring import identities, new_identity
from hub.backup.piece import BadPiece, read_header
from hub.backup.restore import CannotRestore
from hub.errors import ConfigurationFault, StoreFault
from hub.queues import actions
from hub.recovery import recover
from hub.rooms import contents as contents_of
from hub.rooms import open_hub
from hub.services.ports import folders, load
from hub.sqlite import open_reader
from hub.store import DATABASE, Store
from tests.hub.backup.conftest import AGENCY, IDENTITY


def all_rows(folder, table):
    with closing(open_reader(folder / DATABASE)) as reader:
        return [tuple(row) for row in reader.execute(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608 (our own tables)


def tables(safe):
    return [*safe.box.contents.state_tables, *safe.box.contents.kept, "journal_private", "signed_head"]


# --- what comes back


def test_everything_that_was_recorded_comes_back(safe):
    safe.whole()
    safe.busy()
    safe.rows()
    safe.office.close_day(force=True)
    safe.office.hub.store.sign_head("day_closed")
    safe.rows()
    head = safe.head()
    done = safe.restore()
    assert (done.end.last, done.end.head) == head
    assert done.epoch == 2
    for table in tables(safe):
        if table not in ("epoch", "boot", "device_token"):
            assert all_rows(safe.folder / "new", table) == all_rows(safe.data, table), table
    assert all_rows(safe.folder / "new", "journal")[: head[0]] == all_rows(safe.data, "journal")
    assert safe.problems() == []


def test_agents_keep_their_secrets_and_devices_their_tokens_but_nobody_stays_signed_in(safe):
    safe.office.hub.store.writer.execute(
        "INSERT INTO agent_session VALUES (x'01', x'02', '00733C', 0, 0, 0, 0, 0, NULL, 0, 0)"
    )
    safe.whole()
    safe.restore()
    new = safe.folder / "new"
    assert agents.secret(safe.office.hub.reader, "00733C") is not None
    assert all_rows(new, "agent_secret") == all_rows(safe.data, "agent_secret") != []
    assert [row[:2] for row in all_rows(new, "device_token")] == [
        row[:2] for row in all_rows(safe.data, "device_token")
    ]
    assert all_rows(new, "agent_session") == []


def test_work_goes_on_and_no_number_is_given_again(safe):
    safe.whole()
    lost = safe.busy()
    safe.restore()
    again = safe.again()
    given = again.busy()
    assert given == ["D1001", "D1002", "D1003", "V1001"]
    assert not set(given) & set(lost)
    assert again.office.hub.store.epoch == 2
    again.close()


def test_an_answer_once_given_is_given_again_by_the_restored_box(safe):
    """A kiosk that asks again with the key of before gets the ticket of before."""
    key = Ask(safe.office.kiosk.actor, "the key of before")
    answer = actions.issue(safe.office.hub, key, service="DEP", channel="kiosk")
    safe.whole()
    safe.restore()
    again = safe.again()
    assert actions.issue(again.office.hub, key, service="DEP", channel="kiosk") == answer
    again.close()


def test_the_same_backup_restored_twice_begins_two_different_epochs(safe):
    safe.whole()
    assert safe.restore().epoch == 2
    assert safe.restore(data=safe.folder / "other").epoch == 3
    first, second = safe.again(), safe.again("other")
    assert first.office.press("deposit") != second.office.press("deposit")
    first.close()
    second.close()


def test_a_restored_box_goes_on_writing_where_its_backup_ended(safe):
    safe.whole()
    safe.restore()
    again = safe.again()
    again.busy()
    again.rows()
    head = again.head()
    again.close()
    done = safe.restore(data=safe.folder / "third")
    assert (done.end.last, done.end.head) == head
    assert done.epoch == 3
    assert safe.problems("third") == []


def test_a_box_without_a_configuration_takes_that_of_the_backup(safe, tmp_path):
    safe.whole()
    done = recover(safe.stick, tmp_path / "etc", [IDENTITY], data=tmp_path / "var")
    assert done.epoch == 2
    assert (tmp_path / "etc" / "counters.toml").read_bytes() == (safe.settings.folder / "counters.toml").read_bytes()


def test_a_purged_person_stays_purged(safe):
    """Retention destroyed the private part before the copy was made: rows come back with nothing in its place."""
    safe.office.hub.store.writer.execute("DELETE FROM journal_private")
    for table, columns in safe.box.contents.state.items():
        for column in columns:
            safe.office.hub.store.writer.execute(f"UPDATE {table} SET {column} = NULL")  # noqa: S608 (our own tables)
    safe.whole()
    safe.restore()
    assert all(row[21:23] == (None, None) for row in all_rows(safe.folder / "new", "ticket"))
    assert safe.problems() == []


def test_an_earlier_epoch_can_be_gone_back_to(safe):
    piece = safe.whole()
    safe.restore()
    again = safe.again()
    again.busy()
    again.rows()
    again.close()
    assert safe.restore(data=safe.folder / "back", until=1).end == piece.header


# --- what is refused


def test_the_wrong_key_opens_nothing_and_leaves_nothing(safe):
    safe.whole()
    with pytest.raises(BadPiece, match="none of these keys opens it"):
        safe.restore(pyrage.x25519.Identity.generate())
    assert not (safe.folder / "new" / DATABASE).exists()


def test_no_database_is_lost_without_a_word(safe):
    safe.whole()
    safe.busy()
    present = safe.head()
    with pytest.raises(CannotRestore, match="--replace"):
        safe.restore(data=safe.data)
    with pytest.raises(CannotRestore, match=r"newer.*--even-newer"):
        safe.restore(data=safe.data, replace=True)
    with pytest.raises(StoreFault, match="in use by another hub"):
        safe.restore(data=safe.data, replace=True, even_newer=True)
    assert safe.head() == present
    safe.close()
    done = safe.restore(data=safe.data, replace=True, even_newer=True)
    assert done.aside is not None
    assert len(all_rows(done.aside, "journal")) == present[0]
    assert safe.problems("data") == []


def damage(path, how):
    content = bytearray(path.read_bytes())
    if how == "truncated":
        content = content[:-20]
    elif how == "bit":
        content[-100] ^= 1
    elif how == "header":
        content = content.replace(b'"last":', b'"last":1', 1)[: len(content)]
    elif how == "empty":
        content = bytearray()
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("how", ["truncated", "bit", "header", "empty"])
def test_a_damaged_piece_is_left_out_and_said_and_what_is_before_it_comes_back(safe, how):
    whole = safe.whole()
    safe.busy()
    first = safe.rows()
    safe.busy()
    last = safe.rows()
    damage(last.path, how)
    done = safe.restore()
    assert done.end.last == first.header.last
    assert any(last.path.name in skipped for skipped in done.skipped)
    damage(first.path, how)
    assert safe.restore(data=safe.folder / "again").end.last == whole.header.last


def test_an_older_whole_copy_and_its_rows_stand_in_for_a_damaged_one(safe):
    safe.whole()
    safe.busy()
    safe.rows()
    newest = safe.whole()
    safe.busy()
    end = safe.rows()
    damage(newest.path, "bit")
    assert safe.restore().end == end.header


def test_with_the_only_whole_copy_damaged_there_is_nothing_to_restore(safe):
    damage(safe.whole().path, "bit")
    with pytest.raises(CannotRestore, match="no whole backup"):
        safe.restore()


def test_a_piece_renamed_is_still_what_its_header_says(safe):
    safe.whole()
    safe.busy()
    rows = safe.rows()
    rows.path.rename(rows.path.with_name("holiday.mbote"))
    assert safe.restore().end == rows.header


def test_two_pieces_whose_contents_were_swapped_are_found(safe):
    """Header of the one, cipher text of the other: both were signed, neither together."""
    safe.whole()
    safe.busy()
    first = safe.rows()
    safe.busy()
    second = safe.rows()
    one, two = first.path.read_bytes(), second.path.read_bytes()
    first.path.write_bytes(one[:1024] + two[1024:])
    second.path.write_bytes(two[:1024] + one[1024:])
    assert safe.restore().end.kind == "whole"


def test_a_piece_that_another_box_signed_does_not_join(safe, tmp_path):
    """Anybody can encrypt to a public key; only the box can sign."""
    safe.whole()
    safe.busy()
    keys = safe.data / "keys"
    shutil.move(keys / "journal.ed25519", keys / "own")
    forged = safe.rows()
    shutil.move(keys / "own", keys / "journal.ed25519")
    done = safe.restore()
    assert done.end.last < forged.header.last
    assert any("another box" in why for why in done.skipped)


def test_an_older_stick_gives_what_it_has_and_says_until_when(safe):
    piece = safe.whole()
    shutil.copytree(safe.stick, safe.folder / "older")
    safe.busy()
    safe.rows()
    done = recover(safe.folder / "older", safe.settings.folder, [IDENTITY], data=safe.folder / "old")
    assert done.end == piece.header
    assert done.last_at.startswith("2026-03-02T07:2")


def test_the_agency_must_be_the_one_of_the_box(safe, tmp_path):
    safe.whole()
    (safe.stick / f"mbote-{AGENCY}").rename(safe.stick / "mbote-OTHER")
    with pytest.raises(CannotRestore, match="there are: OTHER"):
        safe.restore()
    with pytest.raises(CannotRestore, match="no backup"):
        recover(tmp_path, tmp_path / "etc", [IDENTITY])


def test_a_file_that_holds_no_key_is_said_so(safe, tmp_path):
    public = new_identity(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert [str(key.to_public()) for key in identities((tmp_path / "key").read_text())] == [public]
    with pytest.raises(ConfigurationFault, match="cannot be written"):
        new_identity(tmp_path / "key")
    for text in ("", "# public key\n", "AGE-SECRET-KEY-1XYZ", public):
        with pytest.raises(ConfigurationFault, match="key"):
            identities(text)


# --- what a restore must find: planted faults


def test_a_backup_that_left_out_the_private_part_is_found(safe, monkeypatch):
    def without(reader, first, last):
        for line in honest(reader, first, last):
            yield [*line[:-2], None, None]

    honest = contents.entry_lines
    monkeypatch.setattr(contents, "entry_lines", without)
    safe.whole()
    with pytest.raises(BadPiece, match="table ticket is not what its journal gives"):
        safe.restore()


def test_rows_that_are_not_what_the_journal_gives_are_found(safe):
    """State that some code wrote past the journal would be lost with the box: the copy's digest says so."""
    safe.office.hub.store.writer.execute("UPDATE ticket SET paper = 'failed' WHERE id = 1")
    safe.whole()
    with pytest.raises(BadPiece, match="table ticket"):
        safe.restore()


def test_an_altered_journal_is_not_copied_any_more(safe):
    writer = safe.office.hub.store.writer
    writer.execute("DROP TRIGGER journal_no_edit")
    writer.execute("UPDATE journal SET payload = '{}' WHERE seq = 3")
    with pytest.raises(contents.AlteredJournal, match="entry 3"):
        safe.whole()
    assert list(safe.stick.rglob("*.mbote")) == list(safe.stick.rglob("*.part")) == []


def test_every_table_of_the_store_is_in_the_backup_or_left_out_on_purpose(safe):
    """A room that keeps something says what becomes of it: STATE_TABLES, or what `hub.rooms.contents` hands on."""
    known = contents_of(load(folders()))
    found = safe.office.hub.reader.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    there = {row["name"] for row in found} - set(contents.MADE_ANEW)
    assert there == {
        "journal", "journal_private", "signed_head", *known.state_tables, *known.kept, *known.left
    }  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        ["table", "agent_secret", ["agent, hash) SELECT 1, 2 --"], []],
        ["table", "ticket", ["id"], []],
        ["state", "sqlite_schema", ["name"], 0, ""],
        ["state", "ticket", ["id FROM agent_secret --"], 0, ""],
        ["surprise"],
    ],
)
def test_a_forged_backup_cannot_name_what_it_likes(safe, monkeypatch, line):
    """Whoever has the public key can make a whole backup of their own, with a key of their own to sign it."""
    honest = contents.side_lines
    monkeypatch.setattr(contents, "side_lines", lambda *values, **more: [*honest(*values, **more), line])
    safe.whole()
    with pytest.raises(BadPiece, match="version"):
        safe.restore()


# --- cut


@pytest.mark.thinned(5)
@pytest.mark.parametrize("step", range(1, 40))
def test_a_restore_that_is_cut_anywhere_leaves_the_old_or_the_new_and_can_be_run_again(safe, monkeypatch, step):
    """Each change of a name is a place where the power may fail; data written but not renamed never counts."""
    safe.whole()
    head = safe.head()
    safe.busy()
    safe.close()
    before = all_rows(safe.data, "journal")
    if not cut_at(monkeypatch, step, lambda: safe.restore(data=safe.data, replace=True, even_newer=True)):
        return
    monkeypatch.undo()
    there = all_rows(safe.data, "journal")
    assert there == before or len(there) == head[0] + 2
    assert safe.problems("data") == []
    done = safe.restore(data=safe.data, replace=True, even_newer=True)
    assert done.end.last == head[0]
    assert safe.problems("data") == []


class PowerFails(BaseException):
    """Nothing that cleans up hears of it."""


def cut_at(monkeypatch, step, work):
    """Whether the power failed at the `step`-th change of the folder's names."""
    left = [step]

    def failing(honest):
        def call(*values, **more):
            left[0] -= 1
            if left[0] == 0:
                raise PowerFails
            return honest(*values, **more)

        return call

    for name in ("rename", "replace", "link", "mkdir", "unlink"):
        monkeypatch.setattr(os, name, failing(getattr(os, name)))
    try:
        work()
    except PowerFails:
        return True
    return False


def test_into_a_fresh_folder_a_cut_restore_lets_no_hub_begin_at_zero(safe, monkeypatch):
    safe.whole()
    new = safe.folder / "new"
    monkeypatch.setattr(restore, "put_in_place", lambda _: (_ for _ in ()).throw(PowerFails))
    with pytest.raises(PowerFails):
        safe.restore()
    monkeypatch.undo()
    with pytest.raises(StoreFault, match="did not come to its end"):
        Store(new, appliers={})
    safe.restore()
    assert safe.problems() == []
    assert not (new / "restoring").exists()


def test_a_restore_that_kept_the_epoch_would_give_the_same_numbers_again(safe, monkeypatch):
    """The control of `no number is given again`: without the epoch it is found."""
    safe.whole()
    lost = safe.busy()
    monkeypatch.setattr("hub.recovery.open_hub", lambda settings, begin: open_hub(settings))
    assert safe.restore().epoch == 1
    again = safe.again()
    assert set(again.busy()) & set(lost)
    again.close()


def test_a_newer_version_s_piece_is_not_guessed_at(safe, monkeypatch):
    monkeypatch.setattr("hub.backup.piece.FORMAT", 2)
    piece = safe.whole()
    monkeypatch.undo()
    with pytest.raises(BadPiece, match="newer version"):
        read_header(piece.path)
    assert sqlite3.sqlite_version
