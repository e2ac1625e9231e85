"""What tills promise, kept by tills that work at once by chance; and every change of what they wrote, found.

The ordinary run is small. The nightly pieces together are 100,000 entries and 10,000 changes; each stands alone.
"""

import random
import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import islice

import pytest

from hub import journal
from hub import store as hub_store
from hub.services.cash import checking
from hub.sqlite import open_writer
from hub.verify import _differences
from tests.hub.services.many_tills import ManyTills, broken

pytestmark = pytest.mark.slow

START = datetime(2013, 3, 29, 7, 0, tzinfo=UTC)
TILLS = 4
NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(600)]
#: (entries of each till, seed): ten pieces of 10,000 entries.
ENTRIES = [(15, "ordinary"), *(pytest.param(2_500, piece, marks=NIGHTLY) for piece in range(10))]
#: (changes, seed): ten pieces of 1,000.
CHANGES = [(200, "ordinary"), *(pytest.param(1_000, piece, marks=NIGHTLY) for piece in range(10))]
#: Columns by which rows are named.
KEYS = {"number", "id", "code", "till", "year"}
TABLES = (
    "cash_entry",
    "cash_entry",
    "cash_entry",
    "cash_closing",
    "cash_session",
    "cash_receipt",
    "till",
    "payment_order",
)


@pytest.mark.parametrize(("entries", "seed"), ENTRIES)
def test_tills_that_work_at_once_keep_what_they_promise(tmp_path, note, entries, seed):
    agency = ManyTills(tmp_path, TILLS, START)
    agency.work(seed, entries)
    reader = agency.hub.reader
    made = reader.execute("SELECT count(*) FROM cash_entry").fetchone()[0]
    closings = reader.execute("SELECT count(*) FROM cash_closing").fetchone()[0]
    note(f"{made} entries of {TILLS} tills, {closings} closings")
    paid = reader.execute("SELECT count(*) FROM cash_entry WHERE kind = 'disbursement'").fetchone()[0]
    assert made >= entries * TILLS
    assert paid
    assert broken(reader, agency.acked) == []
    assert agency.problems() == []
    agency.hub.store.close()


#: What a naive till would have done to the rows, and the promise that somebody else sees broken.
#: Sessions with entries before which the same till had others.
LATER = "SELECT max(session) FROM cash_entry GROUP BY till HAVING count(DISTINCT session) > 1"
HAPPENED = (
    "cash_entry WHERE kind = 'reversal'", "payment_order WHERE state = 'paid'", "cash_closing",
    f"({LATER})", "cash_entry WHERE till = 'T1'",
)  # fmt: skip
PLANTED = (
    ("DELETE FROM cash_entry WHERE seq = 5", "C4"),
    ("UPDATE cash_entry SET number = 900 WHERE seq = 5", "C4"),
    (
        "UPDATE cash_entry SET direction = 'out', tender = 'cash', amount = 99999999 WHERE seq = 5",
        "C7",
    ),
    ("UPDATE cash_entry SET amount = amount + 1 WHERE kind = 'reversal'", "C9"),
    ("UPDATE cash_entry SET approver = agent, reason = NULL WHERE kind = 'reversal'", "C9"),
    ("UPDATE payment_order SET receipt = NULL, state = 'payable' WHERE state = 'paid'", "C14"),
    ("UPDATE cash_closing SET total_in = total_in - 1", "C13"),
    ("UPDATE cash_closing SET totals = replace(totals, '\"total\":', '\"total\":1')", "C12"),
    ("UPDATE cash_closing SET expected = expected + 25, counted = counted + 50", "C5"),
    (f"UPDATE cash_session SET opening = opening + 1 WHERE id IN ({LATER})", "C5"),  # noqa: S608
)


def test_the_checks_see_what_they_look_for(tmp_path, written):
    """Each broken on purpose: a check that cannot fail says nothing."""
    path, _ = written
    shutil.copy(path, tmp_path / "copy.db")
    with closing(opened(tmp_path / "copy.db")) as copy:
        for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            copy.execute(f"DROP TRIGGER {name}")
        acked = defaultdict(list)
        for row in copy.execute("SELECT * FROM cash_entry WHERE kind <> 'difference' ORDER BY till, seq"):
            acked[row["till"]].append(f"{row['till']}-{row['year']}-{row['number']:06d}")
        assert broken(copy, acked) == []
        for statement, promise in PLANTED:
            copy.execute("BEGIN")
            assert copy.execute(statement).rowcount > 0, statement
            assert any(f" {promise}:" in each for each in broken(copy, acked)), statement
            copy.execute("ROLLBACK")
        for changed, promise in (
            (acked["T1"][1:], "C2"),
            ([*acked["T1"], "T1-2013-000999"], "C1"),
            (acked["T1"] * 2, "C3"),
        ):
            found = broken(copy, acked | {"T1": changed})
            assert any(f" {promise}:" in each for each in found), promise


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A few days of two tills; the file, and the rows that its journal gives."""
    for days in range(8):  # threads meet as they like: until each thing that is broken above has happened
        folder = tmp_path_factory.mktemp("written")
        agency = ManyTills(folder, 2, START)
        agency.work(f"written {days}", 30)
        happened = [agency.hub.reader.execute(f"SELECT 1 FROM {each}").fetchone() for each in HAPPENED]  # noqa: S608
        agency.hub.store.close()
        if all(happened):
            break
    with closing(opened(folder / "data" / "mbote.db")) as recorded:
        recorded.execute("VACUUM INTO ?", (str(folder / "whole.db"),))
    sets = (hub_store.migrations, journal.migrations, *agency.rooms.migrations)
    given = open_writer(folder / "given.db", sets)
    with closing(opened(folder / "whole.db")) as recorded:
        journal.replay(recorded, given, {**journal.APPLIERS, **agency.rooms.appliers})
    yield folder / "whole.db", given
    given.close()


def opened(path):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


@pytest.mark.parametrize(("changes", "seed"), CHANGES)
def test_every_change_of_a_copy_is_found_and_the_right_entry_named(tmp_path, written, note, changes, seed):
    path, given = written
    shutil.copy(path, tmp_path / "copy.db")
    chance, missed = random.Random(f"change {seed}"), []  # noqa: S311 (repeatable)
    with closing(opened(tmp_path / "copy.db")) as copy:
        for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            copy.execute(f"DROP TRIGGER {name}")
        copy.execute("PRAGMA ignore_check_constraints = ON")
        assert told(copy, given) == []
        for _ in range(changes):
            copy.execute("BEGIN")
            what, names = some_change(copy, chance)
            said = told(copy, given)
            if not any(name in line for line in said for name in names):
                missed.append(f"{what}: {said[:1]}")
            copy.execute("ROLLBACK")
    note(f"{changes} changes, {len(missed)} not found at their entry")
    assert missed == []


def told(copy, given):
    """What `mbote verify` says of the tills: their own chains first, then rows that the journal does not give."""
    said = list(islice(checking.faults(copy), 200))
    for table in dict.fromkeys(TABLES):
        said += islice(_differences(copy, given, table), 1)
    return said


def some_change(copy, chance):
    """One bit of one value, or a whole row; what was done, and how the row is named."""
    while True:
        table = chance.choice(TABLES)
        rows = copy.execute(f"SELECT {place_of(table)} AS place, * FROM {table}").fetchall()  # noqa: S608 (names above)
        row = chance.choice(rows)
        how = chance.choice(("bit", "bit", "bit", "delete", "swap"))
        with suppress(sqlite3.IntegrityError):  # a change that the file itself refuses is none
            done = _CHANGES[how](copy, table, row, rows, chance)
            if done and copy.execute("SELECT changes()").fetchone()[0]:
                name, changed = done
                # a row under another key is named by the key that it has now
                moved = (str(changed),) if name in KEYS else ()
                return f"{how} {table} {tuple(row)[:4]} {name}", (*named_as(table, row), *moved)


def place_of(table):
    """The column that says which row it is."""
    return "number" if table == "payment_order" else "rowid"


def named_as(table, row):
    """By which words a sentence names a row: a number, a closing, a session, a till."""
    if table == "cash_closing":
        return f"Z{row['z']}", f"row {row['id']}"
    return (
        str(
            row["number"]
            if table in ("cash_entry", "cash_receipt", "payment_order")
            else row["code" if table == "till" else "id"]
        ),
    )


def _bit(copy, table, row, _rows, chance):
    name = chance.choice([name for name in row.keys() if name != "place" and row[name] is not None])  # noqa: SIM118 (a Row)
    value = row[name]
    if isinstance(value, int):
        changed = value ^ (1 << chance.randrange(40))
    else:
        letters = bytearray(value.encode())
        if not letters:
            return None
        letters[chance.randrange(len(letters))] ^= 1 << chance.randrange(8)
        changed = letters.decode(errors="replace")
    # letters that are no text any more stay as they are in the file
    kept = changed if isinstance(value, int) else bytes(letters)
    cast = "?" if isinstance(value, int) else "CAST(? AS TEXT)"
    copy.execute(f"UPDATE {table} SET {name} = {cast} WHERE {place_of(table)} = ?", (kept, row["place"]))  # noqa: S608 (the same)
    return name, changed


def _delete(copy, table, row, _rows, _chance):
    copy.execute(f"DELETE FROM {table} WHERE {place_of(table)} = ?", (row["place"],))  # noqa: S608 (the same)
    return "whole", None


def _swap(copy, table, row, rows, chance):
    """What two rows say, exchanged."""
    other, name = chance.choice(rows), chance.choice([n for n in row.keys() if n != "place"])  # noqa: SIM118 (a Row)
    if other[name] == row[name]:
        return None
    copy.execute(f"UPDATE {table} SET {name} = ? WHERE {place_of(table)} = ?", (other[name], row["place"]))  # noqa: S608 (the same)
    return name, other[name]


_CHANGES = {"bit": _bit, "delete": _delete, "swap": _swap}
