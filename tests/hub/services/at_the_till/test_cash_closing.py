"""The closing of a till: counted before it is told, approved by another, chained, and proved."""

import json
import shutil
import sqlite3
from contextlib import closing as closed

import pytest

from hub.errors import IllegalStep, NotAllowed, Refused
from hub.queues import actions as queues
from hub.services.cash import actions, ages, chain, ending, store
from hub.verify import Rooms, verify
from tests.hub.services.house import CASHIER, SUPERVISOR, Screen
from tests.hub.services.test_cash_rules import SEED
from tests.hub.services.tills import (
    BAKER,
    CHIEF,
    FLOAT,
    VOLUNTARY,
    close_till,
    open_till,
    pay,
    pieces_for,
    split,
)

pytestmark = pytest.mark.slow  # real files and processes


# --- closing ---------------------------------------------------------------------------------


def test_a5_the_seed_s_day_is_closed_with_its_difference(house):
    open_till(house)
    entries = [
        pay(house, tender=tender, period=split(periods, amount), who=BAKER if account == "415120" else VOLUNTARY)
        for _, periods, account, amount, tender in SEED
    ]
    assert [each.label for each in entries][9] == "COTIS 2T 3T 4T 2012"
    counted = ending.count_closing(house.hub, house.ask(CASHIER), pieces=pieces_for(house, 325_000))
    assert (counted["expected"], counted["total"], counted["gap"]) == (325_096, 325_000, -96)
    with pytest.raises(Refused) as refused:
        ending.propose(house.hub, house.ask(CASHIER))
    assert refused.value.reason == "motive_needed"
    ending.propose(house.hub, house.ask(CASHIER), motive="change", note="Rendu de trop à un payeur.")
    with pytest.raises(NotAllowed):
        ending.approve(house.hub, house.ask(CASHIER), session=counted["session"])
    answer = ending.approve(house.hub, house.ask(CHIEF), session=counted["session"])
    found = store.closing(house.hub.reader, answer["closing"])
    assert (found.count, found.totals["total"], found.expected, found.counted, found.gap) == (
        12, 2_785_898, 325_096, 325_000, -96)  # fmt: skip
    assert found.totals["by_account"] == {"415110": 36_000, "415120": 2_749_898}
    assert (found.z, found.first, found.last, found.previous) == (1, 1, 12, chain.GENESIS)
    gap = store.entry(house.hub.reader, "C01", 2013, 13)
    assert (gap.kind, gap.direction, gap.amount, gap.reason) == ("difference", "out", 96, "change")
    assert store.till(house.hub.reader, "C01").cash == 325_000, "the next day begins with what is there"
    house.replayed()


def test_the_treasury_hears_of_a_closing_by_a_balanced_entry_with_one_reference(house):
    open_till(house)
    pay(house)
    pay(house, tender="cheque")
    found = close_till(house, pieces_for(house, 184_848))
    (row,) = house.hub.reader.execute("SELECT * FROM outbox").fetchall()
    lot = json.loads(row["payload"])
    assert (row["topic"], lot["reference"], lot["closing"]) == (
        "arrete.approuve", "CNSS-BZV-SIEGE-2013-C01-000001", found.hash)  # fmt: skip
    assert (lot["items"], lot["sum"], lot["debit"], lot["credit"]) == (2, 269_696, 269_696, 269_696)
    assert "Boulangerie" not in row["payload"]


def test_a_session_is_not_closed_over_what_is_open(house):
    open_till(house)
    found = pay(house)
    ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=found.receipt, reason="typing")["ask"]
    house.visitor("11", "CRE", CASHIER)
    with pytest.raises(ending.NotYet) as refused:
        ending.count_closing(house.hub, house.ask(CASHIER), pieces={})
    assert [each.word for each in refused.value.against] == ["visitor", "reversals"]
    actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=False)
    queues.finish(house.hub, house.ask(CASHIER), counter="11")
    assert ending.count_closing(house.hub, house.ask(CASHIER), pieces={})["gap"] == -184_848


def test_the_counter_is_not_left_over_an_open_till(house):
    open_till(house)
    house.visitor("11", "CRE", CASHIER)
    queues.finish(house.hub, house.ask(CASHIER), counter="11")
    with pytest.raises(Refused) as refused:
        queues.close_counter(house.hub, house.ask(CASHIER), counter="11")
    assert refused.value.reason == "till_open"
    queues.close_day(house.hub, house.ask(SUPERVISOR))
    assert store.session_of(house.hub.reader, CASHIER.agent).state == "open", "the day's end leaves it for tomorrow"


def test_a_count_can_be_made_again_and_each_stays_written_down(house):
    open_till(house)
    ending.count_closing(house.hub, house.ask(CASHIER), pieces={"n10000": 40})
    ending.count_closing(house.hub, house.ask(CASHIER), pieces=FLOAT)
    assert [each.total for each in store.counts_of(house.hub.reader, 1)] == [50_000, 400_000]
    actions.resume(house.hub, house.ask(CASHIER))
    assert pay(house).number == 1


def test_a_refused_closing_goes_back_to_be_counted(house):
    open_till(house)
    counted = ending.count_closing(house.hub, house.ask(CASHIER), pieces=FLOAT)
    ending.propose(house.hub, house.ask(CASHIER))
    ending.refuse(house.hub, house.ask(CHIEF), session=counted["session"], note="Recomptez les pièces.")
    held = store.session_of(house.hub.reader, CASHIER.agent)
    assert (held.state, held.note) == ("counted", "Recomptez les pièces.")
    with pytest.raises(IllegalStep):
        ending.approve(house.hub, house.ask(CHIEF), session=counted["session"])
    assert "Recomptez" not in house.public_journal()


def test_a_chief_counts_by_surprise_and_nothing_is_closed(house):
    open_till(house)
    pay(house)
    with pytest.raises(NotAllowed):
        ending.count_surprise(house.hub, house.ask(CASHIER), till="C01", pieces={})
    found = ending.count_surprise(house.hub, house.ask(CHIEF), till="C01", pieces=pieces_for(house, 184_848))
    assert found["gap"] == 0
    assert pay(house).number == 2


def test_closings_are_chained_and_perpetual_totals_never_fall(house):
    totals = []
    for _ in range(3):
        before = store.till(house.hub.reader, "C01")
        open_till(house, pieces_for(house, before.cash or 50_000))
        pay(house, 1_000)
        totals.append(close_till(house, pieces_for(house, store.till(house.hub.reader, "C01").cash)))
        house.clock.advance(hours=24)
    assert [each.z for each in totals] == [1, 2, 3]
    assert [each.total_in for each in totals] == [1_000, 2_000, 3_000]
    assert [each.previous for each in totals[1:]] == [each.hash for each in totals[:-1]]
    house.replayed()


def test_months_and_then_their_year_are_closed_with_grand_totals(house):
    for days in (0, 1, 33, 300):  # 29/03, 30/03, 01/05/2013, and a day of the year after
        house.clock.advance(hours=24 * days)
        open_till(house, pieces_for(house, store.till(house.hub.reader, "C01").cash or 50_000))
        pay(house, 1_000)
        close_till(house, pieces_for(house, store.till(house.hub.reader, "C01").cash))
    with pytest.raises(NotAllowed):
        ages.close_period(house.hub, house.ask(CASHIER), till="C01")
    chief = Screen(house, CHIEF)
    chief.send("/desk/cash/tills/C01/period")
    assert (chief.status, store.periods_closed(house.hub.reader, "C01", ages.MONTH)) == (401, []), "with their own code"
    chief.send("/desk/cash/tills/C01/period", factor=house.shows(CHIEF))
    closed = [store.periods_closed(house.hub.reader, "C01", ages.MONTH)[0].period]
    closed += [ages.close_period(house.hub, house.ask(CHIEF), till="C01")["period"] for _ in range(2)]
    assert closed == ["2013-03", "2013-05", "2013"]
    with pytest.raises(Refused, match="is over"):
        ages.close_period(house.hub, house.ask(CHIEF), till="C01")
    (year,) = store.periods_closed(house.hub.reader, "C01", ages.YEAR)
    assert (year.first_z, year.last_z, year.count, year.total, year.total_in) == (1, 3, 3, 3_000, 3_000)
    march = store.periods_closed(house.hub.reader, "C01", ages.MONTH)[-1]
    assert (march.first_z, march.last_z, march.total) == (1, 2, 2_000)
    house.replayed()


# --- what is altered is found ----------------------------------------------------------------


def problems(house, tmp_path, *statements):
    """What `verify` says of a copy in which somebody has changed something."""
    tmp_path.mkdir(exist_ok=True)
    shutil.copytree(house.hub.store.folder, tmp_path / "copy")
    with closed(sqlite3.connect(tmp_path / "copy" / "mbote.db", isolation_level=None)) as copy:
        for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            copy.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            copy.execute(statement)
    rooms = Rooms(house.rooms.appliers, house.rooms.migrations, house.rooms.state_tables, house.rooms.faults)
    return verify(tmp_path / "copy", rooms).problems


def test_a4_a_changed_amount_is_found_at_its_number(house, tmp_path):
    open_till(house)
    for _, periods, _, amount, tender in SEED:
        pay(house, tender=tender, period=split(periods, amount))
    found = problems(house, tmp_path, "UPDATE cash_entry SET amount = 24820 WHERE amount = 24280")
    assert found[0] == "till C01: N° 2 of 2013 was altered"


#: What somebody does to a copy, and the first thing that `verify` says of it.
CHANGES = (
    ("UPDATE cash_entry SET tender = 'cheque' WHERE number = 2", "till C01: N° 2 of 2013 was altered"),
    ("UPDATE cash_entry SET lines = NULL WHERE number = 3", "till C01: N° 3 of 2013 was altered"),
    ("DELETE FROM cash_entry WHERE number = 2", "till C01: N° 3 of 2013: N° 2 should stand here"),
    ("DELETE FROM cash_entry WHERE number = 3", "its last entry is N° 2"),
    ("UPDATE cash_entry SET payer = 'x' WHERE number = 2", "cash_entry: row C01, 2013, 2: payer"),
    ("UPDATE cash_receipt SET copies = 9 WHERE number = 1", "cash_receipt: row C01, 2013, 1: copies"),
    ("UPDATE till SET total_in = 1", "perpetual totals"),
    ("UPDATE cash_closing SET counted = 1", "Z1 was altered"),
    ("DELETE FROM cash_closing", "its last closing is not the one it remembers"),
    ("UPDATE cash_session SET opening = 0", "cash_session: row 1"),
)


def test_whatever_is_changed_is_found(house, tmp_path):
    open_till(house)
    for amount in (100, 200, 300):
        pay(house, amount)
    close_till(house, pieces_for(house, 50_600))
    assert problems(house, tmp_path / "whole", "SELECT 1") == []
    for n, (statement, told) in enumerate(CHANGES):
        assert told in problems(house, tmp_path / str(n), statement)[0], statement
