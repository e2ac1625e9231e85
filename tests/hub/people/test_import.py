"""Central data come in: files of all sorts, good ones and bad ones, again and again, killed half-way."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from hub.ask import HUB, Actor, Ask
from hub.errors import StoreFault, Unreadable
from hub.people import files, importing, replica
from hub.people.columns import KINDS
from hub.people.manual import import_page
from hub.queues import actions as queues
from tests.hub.people.town import BAMOU, TODAY, Today
from tests.patience import patience

pytestmark = pytest.mark.slow  # seconds, and not the first to be asked

ROOT = Path(__file__).parents[3]
EMPLOYER = {"ref": "E1", "type": "employer", "number": "9000001", "name": "Ets Djoué Commerce"}


def test_every_kind_of_record_is_taken_over_as_the_manual_shows_it(town):
    child = BAMOU | {"ref": "P2", "number": None, "roles": ["dependant"], "first_names": "Grâce"}
    town.import_("employers", EMPLOYER)
    town.import_("people", BAMOU, child)
    for what, kind in KINDS.items():
        if what not in ("people", "employers"):
            run = town.import_(what, kind.example, name=f"{what}.jsonl")
            assert (run.added, town.refused) == (1, []), what


def test_a_csv_says_the_same_as_json_lines(town):
    run = town.import_(
        "people",
        "name;ref;roles;first_names;birth_date",
        "NGATSÉ;P1;insured;Nadège;1966",
        '"NGATSÉ";P2;"insured;pensioner";Paul;',
    )
    assert run.added == 2
    assert town.rows("SELECT name, birth_date, roles FROM party ORDER BY ref") == [
        ("NGATSÉ", "1966", "insured"),
        ("NGATSÉ", None, "insured;pensioner"),
    ]


def test_a_bundle_brings_a_family_with_its_employer(town):
    run = town.import_(
        "bundle",
        EMPLOYER | {"kind": "employers"},
        BAMOU | {"kind": "people"},
        {"kind": "employments", "ref": "J1", "party": "P1", "employer": "E1", "start": "1994-03"},
        {"kind": "unicorns", "ref": "U1"},
        {"kind": "employments", "ref": "J2", "party": "P9", "employer": "E1", "start": "1994-03"},
    )
    assert (run.added, run.refused) == (3, 2)
    assert [why for _, why in town.refused] == [
        f"kind: expected one of {', '.join(KINDS)}",
        "party: no party has this ref; import people and employers first",
    ]


def test_bad_lines_are_named_and_the_good_ones_taken(town):
    run = town.import_(
        "people",
        BAMOU,
        BAMOU | {"ref": "P2"},
        BAMOU | {"ref": "P3", "number": None, "birth_date": "31/02/1966"},
        '{"ref": "P4", "roles": "insured", "na',
        "NGOMA".encode("utf-16"),
        {"ref": "P5", "roles": "insured"},
        {"ref": "P6", "roles": "insured", "name": "Oko", "shoe_size": "44"},
        "[" * 5_000,
        b'{"ref": "P7", "name": "' + b"x" * 20_000 + b'"}',
        {"ref": "P8", "roles": "insured", "name": "Oko"},
    )
    assert (run.lines, run.added, run.refused) == (10, 2, 8)
    reasons = dict(town.refused)
    assert reasons == {
        2: "number: another record has the same",
        3: "birth_date: no such day in the calendar",
        4: "no JSON object",
        5: "not UTF-8 at byte 1",
        6: "name: missing",
        7: "'shoe_size' is no column of people",
        8: "no JSON object",
        9: f"longer than {files.LONGEST} bytes",
    }
    assert not any("BAMOU" in why or "1966" in why for why in reasons.values()), "a reason quotes no value"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("ref;nom;roles\nP1;x;insured", "'nom' is no column of people, did you mean name|the column name is missing"),
        ("ref;name\nP1;x", "the column roles is missing"),
        ("ref;name;roles;name\n", "there twice"),
        ("\n", "first line is empty"),
    ],
)
def test_a_file_whose_header_is_wrong_is_refused_as_a_whole(town, content, reason):
    with pytest.raises(Unreadable, match=reason):
        town.import_("people", *content.split("\n"))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "cp437"])
def test_a_file_in_another_encoding_says_so(town, encoding):
    path = town.folder / "central.csv"
    path.write_bytes("ref;name;roles;prénom\n".encode(encoding))
    with pytest.raises(Unreadable, match="UTF-8"):
        files.opened(path, "people")


def test_the_same_file_again_changes_nothing(town):
    town.import_("people", BAMOU)
    again = town.import_("people", BAMOU)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1)
    assert town.rows("SELECT count(*) FROM history") == [(0,)]


def test_a_record_that_changed_remembers_what_it_said(town):
    town.import_("people", BAMOU | {"effective": "1990-01-01", "phones": "06 000 0001"})
    town.today = Today("2026-03-03", TODAY.ms + 86_400_000)
    changed = town.import_("people", BAMOU | {"name": "MABIALA", "effective": "2010-06-01", "phones": "06 000 0002"})
    assert changed.changed == 1
    assert town.refs("mabiala") == ["P1"]
    assert town.refs("bamou") == []
    assert (town.refs("060000001"), town.refs("060000002")) == ([], ["P1"])
    assert town.look("P1", ticket=1, on="2000-01-01").title == "BAMOU Jérôme"
    assert town.look("P1", ticket=1, on="2011-01-01").title == "MABIALA Jérôme"


def test_a_person_never_becomes_an_employer(town):
    town.import_("people", BAMOU)
    run = town.import_("employers", EMPLOYER | {"ref": "P1"})
    assert (run.refused, town.refused) == (1, [(1, "ref: belongs to a party of another kind")])
    assert town.refs("bamou") == ["P1"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("count", [25_000, pytest.param(1_000_000, marks=pytest.mark.nightly)])
def test_bad_lines_without_end_make_a_report_and_need_little_memory(town, note, count):
    town.import_("people", BAMOU)
    path = town.folder / "bad.jsonl"
    with path.open("w") as file:
        file.writelines(f'{{"ref": "P{n}", "name": "x", "roles": "king"}}\n' for n in range(count))
    source = files.opened(path, "people")
    report = town.folder / "bad.refused"
    tracemalloc.start()
    with replica.writing(town.data) as writer:
        run = importing.begin(writer, "people", source.digest, size=source.size, data_of=1, now_ms=1)
        with files.report(report, run, 1) as refused:
            run = importing.take_over(writer, run, source.lines(0), TODAY, lambda _, bad: refused.add(bad))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    lines = report.read_text().splitlines()
    assert run.refused == count
    assert len(lines) == files.REPORTED + 1
    assert lines[0].startswith("line 1: roles: expected some of insured")
    assert most < 12_000_000
    assert town.refs("bamou") == ["P1"]
    note(f"{count} bad lines, {most / 1e6:.1f} MB at most")


def test_a_killed_import_goes_on_where_it_was_and_repeats_nothing(town):
    lines = [json.dumps({"ref": f"P{n}", "name": "Oko", "roles": "insured" if n % 7 else "king"}) for n in range(9_000)]
    path = town.file(*lines)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(town.data), str(path), str(town.folder / "r")],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout.readline() == "4000\n"  # inside the second piece's commit
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=patience(30))
    with replica.reading(town.data) as reader:
        left = importing.run_of(reader.execute("SELECT * FROM import_run").fetchone())
    assert (left.lines, left.ended) == (2_000, None)
    source = files.opened(path, "people")
    with replica.writing(town.data) as writer:
        run = importing.begin(writer, "people", source.digest, size=source.size, data_of=1, now_ms=1)
        with files.report(town.folder / "r", run, source.first_line) as report:
            run = importing.take_over(writer, run, source.lines(run.offset), TODAY, lambda _, bad: report.add(bad))
    bad = [f"line {n + 1}: " for n in range(9_000) if n % 7 == 0]
    assert (run.lines, run.added, run.refused) == (9_000, 9_000 - len(bad), len(bad))
    found = (town.folder / "r").read_text().splitlines()
    assert [line[: len(start)] for line, start in zip(found, bad, strict=True)] == bad
    assert town.rows("SELECT count(*) FROM party") == [(run.added,)]


KILLED = """
import sys, time
from pathlib import Path
from hub.people import files, importing, replica
from hub.people.importing import Today
source = files.opened(Path(sys.argv[2]), "people")
with replica.writing(Path(sys.argv[1])) as writer:
    run = importing.begin(writer, "people", source.digest, size=source.size, data_of=1, now_ms=1)
    with files.report(Path(sys.argv[3]), run, source.first_line) as report:
        def progress(so_far, bad):
            report.add(bad)
            if so_far.lines == 4000:
                print(4000, flush=True)
                time.sleep(60)
        importing.take_over(writer, run, source.lines(0), Today("2026-03-02", 1), progress)
"""


def test_tickets_are_given_in_the_middle_of_a_commit_of_an_import(town):
    """The replica has a file, and so a writer lock, of its own: the queue never waits for it."""
    queues.open_day(town.hub, Ask(HUB), date="2026-03-02")
    labels = []

    def press(_):
        ask = Ask(Actor(device="K1", roles=frozenset({"kiosk"})), f"k{len(labels)}")
        labels.append(queues.issue(town.hub, ask, service="DEP", channel="kiosk")["label"])

    town.import_("people", *({"ref": f"P{n}", "name": "Oko", "roles": "insured"} for n in range(4_100)), progress=press)
    assert labels == ["D001", "D002", "D003"]


def test_two_imports_at_once_are_one_too_many(town):
    with replica.writing(town.data), pytest.raises(StoreFault, match="another import is running"):
        town.import_("people", BAMOU)


# --- the database repeats the rules --------------------------------------------------------------

PARTY = {"ref": "P9", "type": "person", "roles": "insured", "name": "Oko", "effective": "2026-01-01", "recorded": 1}
HANGS = {"ref": "X", "party": 1, "effective": "2026-01-01", "recorded": 1}


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("party", PARTY | {"sex": "X"}),
        ("party", PARTY | {"birth_date": "66"}),
        ("party", PARTY | {"birth_date": "1980", "deceased_on": "1979"}),
        ("party", PARTY | {"number": "123456"}),
        ("party", PARTY | {"phones": "+242"}),
        ("party", PARTY | {"type": "ghost"}),
        ("party", PARTY | {"email": "nobody"}),
        ("party", PARTY | {"ref": "P1"}),
        ("relationship", HANGS | {"other": 1, "type": "child", "start": "2000"}),
        ("relationship", HANGS | {"other": 99, "type": "child", "start": "2000"}),
        ("employment", HANGS | {"employer": 1, "start": "2010", "end": "2009-12-31"}),
        ("employment", HANGS | {"employer": 1, "start": "2010", "salary": -1}),
        ("contribution", HANGS | {"period": "2013-T5", "due": 1, "paid": 1}),
        ("account", HANGS | {"rib": "30012001010101345130094", "state": "valid"}),
        ("account", HANGS | {"state": "valid"}),
        ("payment", HANGS | {"period": "2013-01", "amount": 1, "paid_on": "2013", "state": "paid"}),
        ("case_file", HANGS | {"number": "1", "event": "PVN", "state": "lost", "opened_on": "2013-01-01"}),
    ],
)
def test_what_the_rules_refuse_the_database_refuses_too(town, table, row):
    town.import_("people", BAMOU)
    with replica.writing(town.data) as writer, pytest.raises(sqlite3.IntegrityError):
        writer.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608
            tuple(row.values()),
        )


def test_the_manual_is_what_the_program_says():
    assert (ROOT / "docs" / "import.md").read_text("utf-8") == import_page()
