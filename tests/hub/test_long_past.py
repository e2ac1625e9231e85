"""A hub with years behind it is as quick as a new one: nothing that it asks of its file grows with its history.

A day is lived at all doors (`lived_day`), once after a short past and once after one three times as long. Every SQL
text is looked at twice: no plan reads through a table that grows, and no execution takes more steps of SQLite's
machine than after the short past. The first tells where an index is missing before there is any history, the second
also finds what a plan does not tell: a range that begins too early, an index that finds too much.
"""

import json
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from hub.bench import past
from hub.rooms import open_hub
from hub.settings_files import load_settings
from hub.supervision.statistics import figures
from hub.verify import verify
from tests.office import CONFIG
from tests.patience import patience

ROOT = Path(__file__).parents[2]
SHORT, LONG = 25, 75
#: Tables that stay small however long the agency works. Every other one grows, also one that is made tomorrow.
SMALL = {
    "store": "one row",
    "counter": "a row a counter",
    "agent": "a row for each who ever worked here",
    "agent_secret": "the same",
    "agent_factor": "a row for each whose telephone shows codes",
    "agent_recovery": "eight rows for each of those, at most",
    "agent_session": "a week of sessions: each signing in deletes older ones",
    "device": "a row a device",
    "device_token": "the same",
    "device_trouble": "what does not work now",
    "configured": "a row a setting and a file, as they are now",
    "published": "a row a setting that can be published, as it stands",
    "epoch": "a row for each restored backup",
    "deposit_list": "a row for each code that the centre has published",
    "json_each": "the list that was handed in with the question",
    "sqlite_master": "the tables themselves",
    "_sqlite_migrations": "a row a migration",
}
#: Indexes of what is still open: what is over leaves them.
OF_WHAT_IS_OPEN = {
    "ticket_open", "print_job_open", "print_job_doubt", "outbox_to_send", "outbox_refused", "outbox_unheard",
    "inbox_open", "request_to_do",
    "certificate_unprinted", "notice_waiting", "cash_session_till", "cash_receipt_open", "cash_reversal_open",
    "cash_lot_waiting",
    "payment_order_in_hand", "cash_prepared_waiting", "order_request_refused",
    "deposit_draft", "deposit_to_hand", "deposit_document_open", "deposit_document_back",
    "deposit_scan_waiting",
}  # fmt: skip
#: Texts whose plan is a walk through a table that grows, and why the walk is short.
SHORT_WALKS = {
    "SELECT file FROM deposit_scan WHERE file IS NOT NULL":
        "at a start, and for a copy: which files must be there; as long as there are files on the shelf",
    "SELECT sha256 FROM deposit_scan WHERE file IS NULL": "the same",
    "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1": "the last entry",
    "SELECT at FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT 1": "one entry",
    "SELECT boot, machine FROM boot ORDER BY boot DESC LIMIT 1": "the last boot",
    "SELECT * FROM business_day ORDER BY id DESC LIMIT 1": "the last day",
    "SELECT * FROM business_day WHERE opened_at <= ? ORDER BY id DESC LIMIT 1": "back to the day of a press",
    "SELECT * FROM people_import ORDER BY id DESC LIMIT ?": "the last twenty",
    "SELECT * FROM cash_closing ORDER BY id DESC LIMIT ?": "the last twelve",
    "SELECT * FROM order_request ORDER BY id DESC LIMIT ?": "the last thirty",
    "SELECT * FROM signed_head ORDER BY seq DESC LIMIT ?": "the last twenty",
    "SELECT deposited_on FROM deposit WHERE label IS NOT NULL ORDER BY deposited_on, id LIMIT 1": "the first deposit",
    "SELECT seq FROM journal WHERE kind = 'hub_started' ORDER BY seq DESC LIMIT 1":
        "back to this start of the hub, once, where a device knows more than the hub does",
    "SELECT count(*) FROM reception_answer WHERE id > coalesce((SELECT id FROM reception_answer WHERE day < ?"
    " ORDER BY id DESC LIMIT 1), 0) AND day = ? AND withdrawn = 0": "back over the answers of one day",
}  # fmt: skip
#: A lookup takes so many steps more after a longer past at most: one entry more or less in a picture.
SLACK = 40


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """What was asked during the same day, after the short and after the long past."""
    folder = tmp_path_factory.mktemp("lived")
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(lambda past_days: lived(folder / str(past_days), past_days), (SHORT, LONG)))


def lived(folder, past_days):
    command = [sys.executable, "-m", "tests.hub.lived_day", str(folder), str(past_days)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=patience(60), check=False)
    assert told.returncode == 0, told.stderr[-3000:]
    return json.loads(told.stdout.splitlines()[-1])


def walks(sql, plan):
    """The tables that a plan reads through, by their own names."""
    names = {
        (alias or table): table
        for table, alias in re.findall(r"(?:FROM|JOIN|UPDATE) (\w+)(?: (?:AS )?([a-z]\w*))?", sql)
    }
    for line in plan:
        found = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", line)
        if found and found[1] != "CONSTANT" and found[2] not in OF_WHAT_IS_OPEN:
            yield names.get(found[1], found[1])


def long_walks(asked):
    """Every text that reads through a table that grows, without a reason."""
    return {
        sql: plan["plan"]
        for sql, plan in asked.items()
        if sql not in SHORT_WALKS and any(table not in SMALL for table in walks(sql, plan["plan"]))
    }


def test_no_query_reads_through_a_table_that_grows(days, note):
    _, after_long = days
    note(f"{len(after_long)} texts")
    assert len(after_long) > 130, "the day is no longer lived at all doors"
    assert long_walks(after_long) == {}


def test_no_query_takes_longer_after_a_longer_past(days):
    after_short, after_long = days
    assert after_short.keys() == after_long.keys(), "it was not the same day"
    grown = {
        sql: (after_short[sql]["steps"], told["steps"])
        for sql, told in after_long.items()
        if told["steps"] > after_short[sql]["steps"] * 1.1 + SLACK
    }
    assert grown == {}


def test_a_reason_is_given_only_for_what_is_asked(days):
    _, after_long = days
    assert SHORT_WALKS.keys() - after_long.keys() == set()


def test_a_planted_walk_is_found():
    """Were there a table of answers without an index, and somebody asked for one by its day."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE answer_given (id INTEGER PRIMARY KEY, day INTEGER)")
        sql = "SELECT count(*) FROM answer_given a WHERE day = ?"
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", (1,))]
        assert long_walks({sql: {"plan": plan}}) == {sql: plan}
        connection.execute("CREATE INDEX answer_day ON answer_given (day)")
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", (1,))]
        assert long_walks({sql: {"plan": plan}}) == {}


# --- the past itself


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    """A small past: some days written, the last week lived by the actions."""
    settings = load_settings(CONFIG, {"hub": {"data": tmp_path_factory.mktemp("past") / "data"}})
    return settings, past.write(settings, 400, last=date(2026, 3, 1), a_day=40)


def test_a_past_is_as_true_as_one_that_was_lived(years):
    settings, tickets = years
    folder = settings.path(settings.hub.data)
    report = verify(folder)
    assert report.problems == []
    assert (report.counts["ticket"], report.counts["business_day"]) == (tickets, 10) == (400, 10)
    hub = open_hub(settings)
    try:
        open_now = "SELECT count(*) FROM ticket WHERE state IN ('issued', 'waiting', 'called', 'serving', 'on_hold')"
        assert hub.reader.execute(open_now).fetchone()[0] == 0
        found = figures(hub, hub.reader, {"from": "2026-02-20", "to": "2026-03-01"})
        assert found["total"]["issued"] == tickets
        assert all(day["little"]["error"] == 0 for day in found["days"]), "Little's law holds on every day"
        assert found["total"]["wait"]["count"] > 300, "and that of most visits is known for certain"
    finally:
        hub.store.close()


def test_the_answers_of_the_last_week_are_kept_and_no_others(years):
    settings, _ = years
    with closing(sqlite3.connect(settings.path(settings.hub.data) / "mbote.db")) as connection:
        kept = (
            "SELECT count(*), min(d.id) FROM business_day d JOIN journal j ON j.seq = d.first_seq WHERE j.answer > ''"
        )
        assert connection.execute(kept).fetchone() == (past.LIVED_DAYS, 10 - past.LIVED_DAYS + 1)


def test_the_same_seed_gives_the_same_past(tmp_path):
    told = []
    for name in ("one", "other"):
        settings = load_settings(CONFIG, {"hub": {"data": tmp_path / name}})
        with past.Past(settings, date(2026, 3, 2), seed=7) as again:
            again.day(30)
        with closing(sqlite3.connect(tmp_path / name / "mbote.db")) as connection:
            told.append(connection.execute("SELECT kind, key, at, payload FROM journal WHERE seq > 1").fetchall())
    assert told[0] == told[1]
