# ruff: noqa: S311, S608 (a seed makes the story the same each time; names of columns are ours)
"""The journal: what happened, in one order, for ever; what a changed byte, a purge and a replay do to it."""

import contextlib
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hub import chain, journal
from hub.ask import HUB, Actor, Ask
from hub.clock import Instant
from hub.queues import actions, appliers
from hub.queues.migrations import migrations
from hub.queues.model import PriorityChanged, TicketIssued
from hub.sqlite import open_reader
from hub.verify import Rooms, _opened, verify
from tests.conftest import MONDAY
from tests.office import RECEPTION, open_store

QUEUES = Rooms(appliers.APPLIERS, (migrations,), appliers.STATE_TABLES)
COLUMNS = tuple(name for name in chain.FIELDS if name != "seq")


@pytest.fixture
def morning(office) -> Path:
    """A data folder in which people came, were called, went away and came back; one of them is known by name."""
    five, eight = office.counter("05").open("00902F"), office.counter("08").open("00918V")
    for number in range(12):
        office.give("deposit", requester=f"MABIALA {number}", registration_number=f"19900{number}")
    office.press("pension")
    five.next()
    five.start().transfer("pension")
    eight.next()
    eight.start().hold()
    office.later(minutes=3)
    eight.resume().finish()
    five.next()
    office.later(seconds=60)
    five.recall().absent()
    office.comes_back("D002")
    office.gives_up("D003")
    five.serve()
    office.hub.store.sign_head("day closing")
    five.serve()
    return office.hub.store.folder


def edited(folder: Path, target: Path, *statements: str, values: tuple[object, ...] = ()) -> Path:
    """A copy in which somebody with the file in hand, and no triggers in the way, changed something."""
    target.mkdir()
    with closing(open_reader(folder / "mbote.db")) as source, closing(sqlite3.connect(target / "mbote.db")) as copy:
        source.backup(copy)
        for trigger in ("journal_no_edit", "journal_append_only", "journal_no_new_answer"):
            copy.execute(f"DROP TRIGGER {trigger}")
        copy.execute("DROP INDEX journal_key")
        for statement in statements:
            copy.execute(statement, values)
        copy.commit()
    if (folder / "keys").exists():
        shutil.copytree(folder / "keys", target / "keys")
    return target


def problems(folder: Path) -> list[str]:
    return verify(folder, QUEUES).problems


# --- nothing wrong


def test_a_whole_morning_verifies_while_the_hub_runs(office, morning):
    found = verify(morning, QUEUES)
    assert found.problems == []
    assert found.counts["ticket"] == 13
    assert found.counts["journal"] == office.hub.store.head[0]
    office.press("deposit")  # and the hub was in nobody's way


def test_a_folder_without_hub_is_said_to_be_one(tmp_path):
    assert "no such file" in problems(tmp_path)[0]
    assert list(tmp_path.iterdir()) == []


def test_verify_writes_nothing(morning):
    before = {path: path.read_bytes() for path in morning.rglob("*") if path.is_file() and path.suffix != ".db-shm"}
    problems(morning)
    after = {path: path.read_bytes() for path in morning.rglob("*") if path.is_file() and path.suffix != ".db-shm"}
    assert {p: b for p, b in after.items() if not p.name.endswith("-shm")} == {
        p: b for p, b in before.items() if not p.name.endswith("-shm")
    }


# --- somebody changes something


def one_byte_elsewhere(dice: random.Random, copy: sqlite3.Connection) -> int:
    """Change one byte of one chained column of one entry; the entry's number."""
    while True:
        seq = dice.randint(1, copy.execute("SELECT max(seq) FROM journal").fetchone()[0])
        name = dice.choice((*COLUMNS, "hash"))
        value = copy.execute(f"SELECT {name} FROM journal WHERE seq = ?", (seq,)).fetchone()[0]
        if value is not None:
            break
    if isinstance(value, int):
        wrong, how = value ^ (1 << dice.randrange(8)), "?"
    else:
        spelt = bytearray(value.encode() if isinstance(value, str) else value)
        spelt[dice.randrange(len(spelt))] ^= 1 << dice.randrange(8)
        wrong, how = bytes(spelt), "CAST(? AS TEXT)" if isinstance(value, str) else "?"
    copy.execute(f"UPDATE journal SET {name} = {how} WHERE seq = ?", (wrong, seq))
    return seq


def test_three_hundred_single_bytes_changed_are_all_found_and_the_entry_is_named(morning, tmp_path):
    """The chain's own check, over a copy without triggers, each change taken back before the next."""
    dice = random.Random(300)
    target = edited(morning, tmp_path / "copy")
    with closing(sqlite3.connect(target / "mbote.db", isolation_level=None)) as copy:
        copy.row_factory = sqlite3.Row
        copy.text_factory = lambda text: text.decode(errors="replace")
        for _ in range(300):
            copy.execute("BEGIN")
            seq = one_byte_elsewhere(dice, copy)
            assert next(journal.faults(copy), None) == f"journal: entry {seq} was altered"
            copy.execute("ROLLBACK")
        assert list(journal.faults(copy)) == []


@pytest.mark.parametrize("seed", range(8))
def test_the_whole_check_names_the_first_bad_entry(morning, tmp_path, seed):
    target = edited(morning, tmp_path / "copy")
    with closing(sqlite3.connect(target / "mbote.db", isolation_level=None)) as copy:
        seq = one_byte_elsewhere(random.Random(seed), copy)
    assert problems(target)[0] == f"journal: entry {seq} was altered"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM journal WHERE seq = 7", "journal: entry 7 is missing"),
        ("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)", "stage: row 5: ended_at"),
        ("DELETE FROM journal WHERE seq > 20", "journal: the head signed at entry"),
        (
            "UPDATE journal_private SET body = replace(body, 'MABIALA', 'NGOMA') WHERE seq = 6",
            "private part of entry 6",
        ),
        ("INSERT INTO journal_private VALUES (2, x'00', '{}')", "private part of entry 2"),
        ("UPDATE ticket SET requester = 'NGOMA' WHERE id = 3", "ticket: row 3: requester is not what"),
        ("UPDATE ticket SET state = 'served' WHERE id = 3", "ticket: row 3: state is not what"),
        ("UPDATE stage SET wait_ms = 1 WHERE id = 1", "stage: row 1: wait_ms is not"),
        ("DELETE FROM stage WHERE id = 1", "stage: row 1 is missing"),
        ("INSERT INTO voided VALUES (1, 'D900', 1)", "voided: row 1, D900 is there"),
        ("DELETE FROM boot", "boot: row 1 is missing"),
        ("UPDATE signed_head SET signature = zeroblob(64)", "is not this hub's"),
    ],
)
def test_what_was_taken_away_added_or_changed_is_told(morning, tmp_path, statement, told):
    assert told in problems(edited(morning, tmp_path / "copy", statement))[0]


def test_a_damaged_file_is_told_and_nothing_breaks(morning, tmp_path):
    target = edited(morning, tmp_path / "copy")
    pages = bytearray((target / "mbote.db").read_bytes())
    pages[1024 * 5 : 1024 * 9] = random.Random(1).randbytes(4096)
    (target / "mbote.db").write_bytes(pages)
    assert problems(target)


def test_a_damaged_index_that_no_question_reads_is_told(morning, tmp_path):
    target = edited(morning, tmp_path / "copy")
    with closing(sqlite3.connect(target / "mbote.db")) as copy:
        (page,) = copy.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'stage_call'").fetchone()
    with (target / "mbote.db").open("r+b") as file:
        file.seek(1024 * (page - 1))
        file.write(bytes(1024))
    assert problems(target)


def test_the_connection_that_verifies_cannot_write(morning):
    with (
        closing(_opened(morning / "mbote.db")) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("UPDATE store SET epoch = 9")


def test_a_data_folder_verifies_with_all_the_rooms_there_are(morning):
    """As `mbote verify` does it: a room that this hub never had is empty on both sides."""
    assert verify(morning).problems == []


def test_signed_heads_without_the_key_are_not_taken_on_trust(morning, tmp_path):
    target = edited(morning, tmp_path / "copy")
    shutil.rmtree(target / "keys")
    assert "the signatures cannot be checked" in problems(target)[0]


def test_an_entry_of_a_later_version_is_told(morning, tmp_path):
    without = {kind: applier for kind, applier in appliers.APPLIERS.items() if kind is not PriorityChanged}
    assert verify(morning, Rooms(without, (migrations,), appliers.STATE_TABLES)).problems == []
    without.pop(TicketIssued)
    assert "which this version does not know" in verify(morning, Rooms(without, (migrations,), {})).problems[0]


@pytest.mark.parametrize("column", [*COLUMNS, "hash", "seq"])
def test_a_plain_update_of_any_column_is_refused(office, column):
    office.give("deposit", requester="MABIALA")
    new = "x'00'" if column in {"hash", "private_digest"} else "99" if column != "kind" else "'other'"
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        office.hub.store.writer.execute(f"UPDATE journal SET {column} = {new} WHERE seq = 3")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        office.hub.store.writer.execute("DELETE FROM journal WHERE seq = 3")


def test_an_answer_can_be_forgotten_and_not_be_changed(office):
    office.give("deposit")
    writer = office.hub.store.writer
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        writer.execute("UPDATE journal SET answer = '{}' WHERE seq = 3")
    writer.execute("UPDATE journal SET answer = NULL, body_digest = NULL WHERE seq = 3")


# --- people are forgotten, what happened is not


def test_a_person_can_be_forgotten_and_the_chain_stays_whole(office, morning, tmp_path):
    """Retention deletes the private row and empties the personal columns; a replay gives the same empty columns."""
    writer = office.hub.store.writer
    writer.execute("DELETE FROM journal_private WHERE seq <= 8")
    assert any("requester" in p or "registration_number" in p for p in problems(morning))
    writer.execute(
        "UPDATE ticket SET requester = NULL, registration_number = NULL"
        " WHERE first_seq NOT IN (SELECT seq FROM journal_private)"
    )
    assert problems(morning) == []
    with closing(office.hub.store.replayed(tmp_path / "again.db")) as again:
        names = [row[0] for row in again.execute("SELECT requester FROM ticket ORDER BY id")]
    assert names[0] is None
    assert names[11] == "MABIALA 11"
    assert b"MABIALA 0" not in "".join(row[0] for row in writer.execute("SELECT payload FROM journal")).encode()


def test_no_payload_names_anybody(office, morning):
    text = "\n".join(row[0] for row in office.hub.reader.execute("SELECT payload FROM journal"))
    assert "MABIALA" not in text
    assert "19900" not in text


# --- the same rows again


def test_a_morning_replayed_gives_the_same_rows(office, morning, tmp_path):
    with closing(office.hub.store.replayed(tmp_path / "again.db")) as again:
        for table in (*appliers.STATE_TABLES, *journal.STATE_TABLES):
            rows = [
                sorted(tuple(row) for row in base.execute(f"SELECT * FROM {table}"))
                for base in (office.hub.reader, again)
            ]  # fmt: skip
            assert rows[0] == rows[1], table


def test_every_kind_of_event_has_an_applier_and_a_name_of_its_own():
    kinds = [kind.kind for kind in (*journal.APPLIERS, *appliers.APPLIERS)]
    assert len(set(kinds)) == len(kinds)


def test_entries_are_given_in_order_without_what_is_private(office, morning):
    rows = list(journal.entries(office.hub.reader, after=3, limit=5))
    assert [row["seq"] for row in rows] == [4, 5, 6, 7, 8]
    assert {"answer", "body_digest", "private_digest"}.isdisjoint(rows[0].keys())


def test_the_moment_of_an_entry_is_kept_whole(office):
    office.clock.reboot(7)
    office.clock.jump(to=MONDAY)
    office.give("deposit")
    row = office.hub.reader.execute("SELECT * FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    assert Instant(row["at"], row["mono"], row["boot"], bool(row["certain"])) == office.clock.now()


def test_keys_belong_to_whoever_made_them(hub):
    hub.store.perform(Ask(Actor(device="K1"), "k"), lambda tx: {"seq": tx.record(journal.HubStarted("a", "1"))})
    hub.store.perform(Ask(Actor(agent="00902F"), "k"), lambda tx: {"seq": tx.record(journal.HubStarted("b", "1"))})
    assert hub.store.perform(Ask(Actor(device="K1"), "k"), lambda _: {"seq": 0}) == {"seq": 2}


def test_what_is_announced_is_what_was_recorded_in_order(tmp_path, clock):
    told: list[tuple[int, str]] = []
    opened = open_store(tmp_path, clock, announce=lambda entries: told.extend((e.seq, e.event.kind) for e in entries))
    with opened.transaction(Ask(HUB)) as tx:
        tx.record(journal.HubStarted("a", "1"))
        tx.record(journal.HubStarted("b", "1"))
    with contextlib.suppress(ZeroDivisionError), opened.transaction(Ask(HUB)) as tx:
        tx.record(journal.HubStarted("c", "1"))
        _ = 1 / 0
    opened.close()
    assert told == [(1, "hub_started"), (2, "hub_started"), (3, "hub_started")]


def test_a_guard_refuses_and_a_listener_adds_inside_the_same_transaction(office):
    """Cash refuses a closing; the outbox adds its row: both see the event before anybody hears of it."""
    heard: list[str] = []
    office.hub.store.guards = {"counter_closed": (_refuse,)}
    office.hub.store.listeners = {"ticket_issued": (lambda _, event: heard.append(event.label),)}
    office.counter("05").open("00902F")
    office.give("deposit")
    before = office.hub.store.head
    with pytest.raises(PermissionError):
        office.counter("05").close()
    assert (heard, office.counter("05").state, office.hub.store.head) == (["D001"], "free", before)


def _refuse(tx, event):
    raise PermissionError("the till is open")


def test_the_key_of_a_kiosks_own_ticket_counts_as_used(office):
    office.kiosk.unplug()
    office.kiosk.press("deposit")
    request = office.kiosk.paper[0].request
    office.kiosk.plug()
    with pytest.raises(journal.KeyReuse):
        actions.issue(office.hub, Ask(office.kiosk.actor, request), service="DEP", channel="kiosk")
    assert office.waiting() == ["K1-001"]
    assert RECEPTION.scope == "00733C"
