"""A till on its whole road: the float, the payments, the receipts, what is taken back, the closing, and its proof."""

import io
import json
import re
import shutil
import sqlite3
from contextlib import closing as closed
from dataclasses import replace
from time import perf_counter_ns

import pikepdf
import pytest

from hardware import ink
from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.clock import iso
from hub.errors import IllegalStep, NotAllowed, Refused
from hub.journal import HubStarted
from hub.paper import Drawer, slip_from_json
from hub.printing import actions as printing
from hub.publishing import actions as publishing
from hub.publishing import making
from hub.queues import actions as queues
from hub.services.cash import actions, ages, chain, ending, paper, store, telling
from hub.services.cash.actions import Payment
from hub.services.cash.migrations import OLD_REPRINTS
from hub.services.cash.model import Payer
from hub.services.cash.office import office_of
from hub.services.certificate import actions as certificates
from hub.services.certificate.actions import Purpose
from hub.store import Store
from hub.supervision import daybook
from hub.verify import Rooms, verify
from tests.hub.services.conftest import KIOSK
from tests.hub.services.house import CASHIER, SUPERVISOR, House, Screen, brazzaville
from tests.hub.services.test_cash_rules import SEED

pytestmark = pytest.mark.slow  # real files and processes

DAY = brazzaville("2013-03-29")
CHIEF = Actor(agent="01003B", roles=frozenset({"head_cashier"}))
AUDITOR = Actor(agent="00990Z", roles=frozenset({"auditor"}))
BAKER = Payer("employer", "Boulangerie Ngoma", "9000001", "E1")
DEBTOR = Payer("employer", "Garage Loemba", "9000002", "E2")
STRANGER = Payer("employer", "MAKOSSO & Fils", "", None)
#: 50 000 francs of float, as a hand would count them.
FLOAT = {"n10000": 4, "n5000": 2}


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    """Central data, imported once for all of these tests."""
    found = House(tmp_path_factory.mktemp("central"), DAY, ("cash",))
    found.central_data()
    found.close()
    with closed(sqlite3.connect(found.data / "people.db", isolation_level=None)) as central:
        central.execute(
            "UPDATE import_run SET data_of = ?", (int(DAY.timestamp() - 36_000) * 1000,)
        )  # of the night before
    return found.data / "people.db"


@pytest.fixture
def house(tmp_path, workshop, replica):
    (tmp_path / "data").mkdir()
    shutil.copy(replica, tmp_path / "data")
    found = House(tmp_path, DAY, ("certificate", "cash"), workshop)
    yield found
    found.close()


def open_till(house, pieces=FLOAT, actor=CASHIER):
    return actions.open_session(house.hub, house.ask(actor), till="C01", pieces=pieces)["session"]


def pay(house, amount=134_848, period="2012-T4", *, tender="cash", who=BAKER, actor=CASHIER, **more):  # noqa: PLR0913 (a payment)
    details = {"cheque": {"number": "0012", "bank": "BGFI"}, "transfer": {"reference": "V12"},
               "mobile_money": {"phone": "060001234"}}.get(tender, {})  # fmt: skip
    lines = tuple((each, share) for each, share in ([(period, amount)] if isinstance(period, str) else period))
    payment = Payment(who, "contribution", lines, tender, details=details | more.pop("details", {}), **more)
    answer = actions.collect(house.hub, house.ask(actor), payment=payment)
    return actions.known(house.hub, answer["receipt"])


def close_till(house, pieces, **explained):
    counted = ending.count_closing(house.hub, house.ask(CASHIER), pieces=pieces)
    ending.propose(house.hub, house.ask(CASHIER), **explained)
    answer = ending.approve(house.hub, house.ask(CHIEF), session=counted["session"])
    return store.closing(house.hub.reader, answer["closing"])


def pieces_for(house, amount):
    """Notes and coins for an amount, the largest first."""
    found = {}
    for each in office_of(house.hub.settings).denominations:
        many, amount = divmod(amount, each.value)
        if many:
            found[each.code] = many
    return found


VOLUNTARY = Payer("voluntary", "BAMOU Jérôme", "2133415888", "P1")


def _split(periods, amount):
    """An amount over its periods, the rest on the last."""
    each = amount // len(periods)
    return [*((period, each) for period in periods[:-1]), (periods[-1], amount - each * (len(periods) - 1))]


# --- its counter goes ----------------------------------------------------------------------------


def without_counter(house):
    """Counter 11 is taken away, and its queues are called at another."""
    queues_of = (*house.hub.settings.counter("06").services, *house.hub.settings.counter("11").services)
    return making.without(house.hub.settings, "counters", "11") | {"counters.06.services": json.dumps(queues_of)}


def to_safe(house, amount):
    actions.move(house.hub, house.ask(CASHIER), kind="to_safe", amount=amount, voucher="B1")


def publish(house, wanted, **more):
    seen = publishing.settle(house.hub, Ask(HUB))["version"]
    made = publishing.publish(house.hub, house.ask(SUPERVISOR), wanted=wanted, reason="travaux", seen=seen, **more)
    publishing.begin(house.hub)
    return made["version"]


def test_a_counter_goes_once_its_till_is_closed_and_empty_and_what_the_till_booked_stays(house):
    session = open_till(house)
    paid = pay(house)
    for code, then in (
        ("till_held", lambda: close_till(house, pieces_for(house, 50_000 + 134_848))),
        ("till_full", lambda: open_till(house, pieces_for(house, 184_848))),
        ("till_held", lambda: to_safe(house, 184_848)),
        ("till_held", lambda: close_till(house, {})),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            publish(house, without_counter(house))
        assert (refused.value.reason, refused.value.facts["till"]) == (code, "C01")
        then()
    version = publish(house, without_counter(house))
    assert [till.code for till in office_of(house.hub.settings).tills] == ["C02"]
    with pytest.raises(Refused) as refused:
        open_till(house, {})
    assert refused.value.reason == "no_till"

    control = Screen(house, CHIEF).open("/desk/cash/control").words
    assert "C01 CAISSE N°1 son guichet 11 n'existe plus – retirée 0" in control
    closing = next(each for each in store.last_closings(house.hub.reader) if each.session == session)
    assert Screen(house, CHIEF).open(f"/desk/cash/closings/{closing.id}").status == 200
    assert paper.receipt(house.hub, house.hub.reader, paid).till == "C01 CAISSE N°1", "a copy says what the first said"
    assert "<option>C01</option>" in Screen(house, CHIEF).open("/desk/cash/oversight").text
    assert set(telling.config(house.hub.settings)["tills"]) == {"C01", "C02"}, (
        "a judge knows where its entries were made"
    )

    publish(house, {}, undoes=version)
    assert open_till(house, {}) == session + 2
    assert pay(house, amount=1_000).number == paid.number + 2, "the same book goes on"


# --- opening ---------------------------------------------------------------------------------


def test_a_till_opens_with_its_counted_float_and_belongs_to_one_cashier(house):
    open_till(house)
    held = store.session_of(house.hub.reader, CASHIER.agent)
    assert (held.till, held.opening, held.date, held.state) == ("C01", 50_000, "2013-03-29", "open")
    other = Actor(agent="01017E", roles=frozenset({"collections_cashier"}))
    for actor, code in ((CASHIER, "till_taken"), (other, "till_taken")):
        with pytest.raises(Refused) as refused:
            open_till(house, actor=actor)
        assert refused.value.reason == code
    with pytest.raises(NotAllowed):
        actions.open_session(house.hub, house.ask(CASHIER), till="C02", pieces={})


def test_nothing_is_taken_without_an_open_till_of_today(house):
    with pytest.raises(Refused, match="open your till"):
        pay(house)
    open_till(house)
    actions.suspend(house.hub, house.ask(CASHIER))
    with pytest.raises(Refused, match="suspended"):
        pay(house)
    actions.resume(house.hub, house.ask(CASHIER))
    assert pay(house).number == 1
    house.clock.advance(hours=24)
    with pytest.raises(Refused, match="close it first"):
        pay(house)


# --- entries ---------------------------------------------------------------------------------


def test_a_payment_gets_the_next_number_its_place_in_the_chain_and_a_signature(house):
    open_till(house)
    first = pay(house, 134_848, tendered=150_000)
    second = pay(house, 24_280, "2013-03")
    assert (first.receipt, first.label, first.account) == ("C01-2013-000001", "COTIS 4T 2012", "415120")
    assert (first.tendered, first.change) == (150_000, 15_152)
    assert first.lines[0].flag == "arrears"
    row = dict(house.hub.reader.execute("SELECT * FROM cash_entry WHERE number = 1").fetchone())
    assert chain.digest(chain.said_of(row), chain.GENESIS) == first.hash
    till = store.till(house.hub.reader, "C01")
    assert (till.seq, till.head, till.cash, till.total_in) == (2, second.hash, 209_128, 159_128)
    assert first.statement.startswith("MBOTE2")
    house.replayed()


def test_the_same_key_takes_the_money_once(house):
    open_till(house)
    ask = house.ask(CASHIER, x=1)
    payment = Payment(BAKER, "contribution", (("2013-T1", 100),), "cash")
    answers = [actions.collect(house.hub, ask, payment=payment) for _ in range(3)]
    assert {each["receipt"] for each in answers} == {"C01-2013-000001"}
    assert len(store.entries_of(house.hub.reader, 1)) == 1


def test_who_pays_and_by_which_cheque_stands_in_nothing_public(house):
    open_till(house)
    pay(house, tender="cheque", who=STRANGER, details={"number": "998877", "bank": "BGFI"})
    told = house.public_journal()
    assert not any(word in told for word in ("MAKOSSO", "998877", "BGFI"))
    rows = house.hub.reader.execute("SELECT body FROM journal_private").fetchall()
    assert any("MAKOSSO" in row["body"] for row in rows), "there was something to find"


def test_the_journal_of_a_till_cannot_be_changed_by_any_statement(house):
    open_till(house)
    pay(house)
    writer = house.hub.store.writer
    for statement in (
        "DELETE FROM cash_entry", "UPDATE cash_entry SET amount = 1", "UPDATE cash_entry SET hash = 'x'",
        "UPDATE cash_entry SET payer = 'Somebody else'", "UPDATE cash_entry SET agent = NULL",
    ):  # fmt: skip
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            writer.execute(statement)
    writer.execute(
        "UPDATE cash_entry SET party = NULL, payer = NULL, payer_number = NULL, details = NULL, statement = NULL"
    )
    assert store.receipt(house.hub.reader, "C01-2013-000001").payer is None, "a purge empties it"


def test_less_than_nothing_is_never_in_the_drawer(house):
    open_till(house)
    with pytest.raises(Refused) as refused:
        actions.move(house.hub, house.ask(CASHIER), kind="to_safe", amount=50_001, voucher="B1")
    assert refused.value.reason == "cash_short"
    actions.move(house.hub, house.ask(CASHIER), kind="to_safe", amount=50_000, voucher="B1")
    assert store.till(house.hub.reader, "C01").cash == 0
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        house.hub.store.writer.execute("UPDATE till SET cash = -1")


def test_numbers_go_on_in_the_next_block_after_a_restored_backup(house):
    open_till(house)
    pay(house)
    house.hub.store.epoch = 2
    assert pay(house).number == 1_001
    house.hub.store.epoch = 1
    rows = [dict(row) for row in house.hub.reader.execute("SELECT * FROM cash_entry ORDER BY seq")]
    assert list(chain.faults(rows)) == []
    assert "N° 2 should stand here" in " ".join(chain.faults([rows[0], rows[1] | {"epoch": 1}]))


def test_a_year_has_its_own_numbers(house):
    open_till(house)
    pay(house)
    close_till(house, pieces_for(house, 50_000 + 134_848))
    house.clock.advance(hours=300 * 24)
    open_till(house, pieces_for(house, 184_848))
    found = pay(house)
    assert (found.receipt, found.seq) == ("C01-2014-000001", 2)


# --- tenders ---------------------------------------------------------------------------------


def test_a_cheque_is_under_reserve_until_it_is_paid_and_opens_the_debt_again_if_not(house):
    open_till(house)
    cheque = pay(house, tender="cheque")
    assert cheque.tender_state == "received"
    assert store.paid_since(house.hub.reader, "E1", 0) == {"2012-T4": 134_848}
    with pytest.raises(NotAllowed):
        actions.settle(house.hub, house.ask(CASHIER), receipt=cheque.receipt, step="deposit")
    for step, state in (("deposit", "deposited"), ("unpay", "unpaid")):
        actions.settle(house.hub, house.ask(CHIEF), receipt=cheque.receipt, step=step)
        assert actions.known(house.hub, cheque.receipt).tender_state == state
    assert store.paid_since(house.hub.reader, "E1", 0) == {}
    assert store.till(house.hub.reader, "C01").cash == 50_000, "a cheque is no cash"
    house.replayed()


def test_mobile_money_is_money_with_the_operator_s_reference(house):
    open_till(house)
    waits = pay(house, tender="mobile_money")
    assert waits.tender_state == "pending"
    assert pay(house, tender="mobile_money", details={"reference": "MP1"}).tender_state == "paid"
    with pytest.raises(Refused) as refused:
        actions.settle(house.hub, house.ask(CASHIER), receipt=waits.receipt, step="pay")
    assert refused.value.reason == "reference_needed"
    actions.settle(house.hub, house.ask(CASHIER), receipt=waits.receipt, step="pay", reference="MP2")
    assert actions.known(house.hub, waits.receipt).tender_state == "paid"
    assert "MP2" not in house.public_journal()


# --- the certificate, by event: S2 -----------------------------------------------------------


def clearance(house, ref="E2"):
    answer = certificates.issue(
        house.hub, house.ask(CASHIER), ref=ref, kind="clearance", purpose=Purpose(None, "control", "encaissement")
    )
    return certificates.known(house.hub, answer["certificate"])


def test_who_pays_a_debt_by_cheque_is_cleared_under_reserve_and_not_once_it_comes_back(house):
    open_till(house)
    with pytest.raises(Refused):
        clearance(house)
    cheque = pay(house, tender="cheque", who=DEBTOR)
    given = clearance(house)
    assert (given.receipt, given.state("2013-03-29")) == (cheque.receipt, "issued")
    actions.settle(house.hub, house.ask(CHIEF), receipt=cheque.receipt, step="unpay")
    assert certificates.known(house.hub, given.id).cancelled == "unpaid"
    with pytest.raises(Refused):
        clearance(house)
    house.replayed()


def test_who_pays_in_cash_or_whose_cheque_is_paid_is_cleared_without_reserve(house):
    open_till(house)
    halves = [pay(house, 67_424, tender=tender, who=DEBTOR) for tender in ("cash", "cheque")]
    first = clearance(house)
    assert first.receipt == halves[1].receipt
    for step in ("deposit", "pay"):
        actions.settle(house.hub, house.ask(CHIEF), receipt=halves[1].receipt, step=step)
    assert clearance(house).receipt is None
    ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=halves[0].receipt, reason="typing")["ask"]
    actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=True)
    with pytest.raises(Refused):
        clearance(house)


def test_a_payer_who_owes_nothing_rests_on_no_receipt(house):
    open_till(house)
    pay(house, 1_000, "2013-T2", tender="cheque")
    assert clearance(house, "E1").receipt is None


# --- taking back -----------------------------------------------------------------------------


def test_an_entry_is_taken_back_by_two_persons_once_and_the_original_stays(house):
    open_till(house)
    wrong = pay(house)
    ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=wrong.receipt, reason="typing")["ask"]
    with pytest.raises(Refused) as refused:
        actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=wrong.receipt, reason="typing")
    assert refused.value.reason == "already_asked"
    with pytest.raises(NotAllowed):
        actions.decide_reversal(house.hub, house.ask(CASHIER), ask=ask, granted=True)
    receipt = actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=True)["receipt"]
    back, original = actions.known(house.hub, receipt), actions.known(house.hub, wrong.receipt)
    assert (back.kind, back.direction, back.amount, back.reverses) == ("reversal", "out", 134_848, wrong.receipt)
    assert (back.approver, back.reason) == (SUPERVISOR.agent, "typing")
    assert (original.amount, original.reversed_by, original.counts) == (134_848, receipt, False)
    assert store.till(house.hub.reader, "C01").cash == 50_000
    for again in (wrong.receipt, receipt):
        with pytest.raises(Refused):
            actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=again, reason="typing")
    with pytest.raises(Refused, match="decided already"):
        actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=True)
    house.replayed()


def test_a_refused_reversal_leaves_everything(house):
    open_till(house)
    found = pay(house)
    ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=found.receipt, reason="typing")["ask"]
    assert actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=False)["receipt"] is None
    assert actions.known(house.hub, found.receipt).counts
    assert len(store.entries_of(house.hub.reader, found.session)) == 1


# --- closing ---------------------------------------------------------------------------------


def test_a5_the_seed_s_day_is_closed_with_its_difference(house):
    open_till(house)
    entries = [
        pay(house, tender=tender, period=_split(periods, amount), who=BAKER if account == "415120" else VOLUNTARY)
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
        pay(house, tender=tender, period=_split(periods, amount))
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


# --- papers ----------------------------------------------------------------------------------


def text_of(content):
    with pikepdf.open(io.BytesIO(content)) as document:
        return len(document.pages), str(document.docinfo.get("/Title", ""))


def test_a_receipt_is_printed_first_and_then_as_a_duplicate(house):
    open_till(house)
    found = pay(house, tendered=150_000)
    for copy in (0, 1):
        answer = actions.print_receipt(house.hub, house.ask(CASHIER), receipt=found.receipt)
        assert (answer["copy"], answer["printer"]) == (copy, None)
        pages, title = text_of(paper.receipt_pdf(house.hub, found, copy))
        assert (pages, title) == (1, "Quittance C01-2013-000001")
    assert paper.receipt_pdf(house.hub, found, 0) == paper.receipt_pdf(house.hub, found, 0), "the same bytes"


def test_the_slip_says_what_was_paid_in_figures_and_in_letters(house):
    open_till(house)
    cheque = pay(house, 1_446_117, "2013-01", tender="cheque")
    lines = [getattr(line, "text", f"{getattr(line, 'left', '')}|{getattr(line, 'right', '')}")
             for line in paper.slip(house.hub, house.hub.reader, cheque, 1)]  # fmt: skip
    told = "\n".join(lines)
    for said in ("*** DUPLICATA 1 ***", "C01-2013-000001", "Boulangerie Ngoma", "COTIS JANV 2013", "1 446 117 FCFA",
                 "un million quatre cent quarante-six mille cent dix-sept francs CFA", "SOUS RÉSERVE D'ENCAISSEMENT",
                 "N° du chèque|0012"):  # fmt: skip
        assert said in told.replace("\u202f", " "), said


def test_the_closing_s_pages_carry_their_sums(house):
    open_till(house)
    for _ in range(75):
        pay(house, 1_000)
    found = close_till(house, pieces_for(house, 125_000))
    data = paper.closing_data(house.hub, found, 0)
    assert [(page["report"], page["carried"]) for page in data["pages"]] == [
        ("0", "22\u202f000"), ("22\u202f000", "50\u202f000"), ("50\u202f000", "75\u202f000")]  # fmt: skip
    pages, title = text_of(paper.closing_pdf(house.hub, found, 0))
    assert (pages, title) == (4, "Arrêté de caisse C01 CAISSE N°1 Z1"), "the last has the sub-totals alone"


def with_printer(house):
    """The cashier's counter has a printer of its own."""
    counters = tuple(
        each.model_copy(update={"printer": "K1"}) if each.code == "11" else each for each in house.hub.settings.counters
    )
    house.hub = replace(house.hub, files=house.hub.settings.model_copy(update={"counters": counters}))
    agents.pair(house.hub, house.ask(HUB), kind="kiosk", name="K1")


def printed(house, state="confirmed"):
    """The printer takes its next job and says what became of it; the slip."""
    taken = printing.take(house.hub, Ask(KIOSK))
    printing.report(house.hub, house.ask(KIOSK), job=taken["job"], attempt=taken["attempt"], state=state)
    return slip_from_json(taken["slip"])


def test_the_drawer_opens_by_the_printer_s_pulse_and_each_opening_is_written_down(house):
    with_printer(house)
    open_till(house)
    found = pay(house)
    pay(house, tender="cheque")
    actions.open_drawer(house.hub, house.ask(CASHIER), reason="change")
    openings = [(row["reason"], row["entry"], row["agent"]) for row in store.openings_of(house.hub.reader, 1)]
    assert openings == [("collection", found.receipt, CASHIER.agent), ("change", None, CASHIER.agent)]
    assert printed(house) == (Drawer(),)
    assert b"\x1bp\x00" in ink.encode((Drawer(),)), "ESC p: the pulse"
    assert any(getattr(line, "text", "") == found.receipt for line in printed(house))
    assert found.copies == 1
    house.replayed()


def test_a_pulse_whose_job_is_taken_again_is_written_down_again_with_its_reason(house):
    """The printer's process died in between: the drawer may open a second time, and both stand on the page."""
    with_printer(house)
    open_till(house)
    actions.open_drawer(house.hub, house.ask(CASHIER), reason="change")
    first = printing.take(house.hub, Ask(KIOSK))
    printed(house)
    openings = [(row["reason"], row["job"], row["again"]) for row in store.openings_of(house.hub.reader, 1)]
    assert openings == [("change", first["job"], 0), ("change", first["job"], 1)]
    screen = Screen(house, SUPERVISOR).open("/desk/cash/oversight")
    assert "Impulsion répétée par l'imprimante : Faire de la monnaie" in screen.words
    house.replayed()


def test_all_that_is_out_of_the_ordinary_stands_on_one_page_and_is_filtered(house):
    supervisor = Screen(house, SUPERVISOR)
    supervisor.open("/desk/cash/oversight")
    assert "Rien d'inhabituel ces jours-là." in supervisor.words
    open_till(house)
    found = pay(house)
    for _ in range(3):
        actions.print_receipt(house.hub, house.ask(CASHIER), receipt=found.receipt)
    kept = [tuple(row) for row in house.hub.reader.execute("SELECT * FROM cash_reprint")]
    house.hub.store.writer.execute("DELETE FROM cash_reprint")
    house.hub.store.writer.execute(OLD_REPRINTS)
    assert [tuple(row) for row in house.hub.reader.execute("SELECT * FROM cash_reprint")] == kept, "older files, too"
    ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=found.receipt, reason="typing")["ask"]
    actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=True)
    ending.count_surprise(house.hub, house.ask(CHIEF), till="C01", pieces={"n10000": 4})
    house.clock.advance(minutes=5)
    close_till(house, FLOAT | {"c100": 1}, motive="change", note="trouvé par terre")
    supervisor.open("/desk/cash/oversight")
    told = ("C01-2013-000001 : 2e duplicata", "annulé, décidé par 00411A. Erreur de saisie", "Situation de caisse",
            "Arrêté Z1, approuvé par 01003B. Monnaie trouvé par terre")  # fmt: skip
    assert all(each in supervisor.words for each in told), supervisor.words
    assert supervisor.words.index("Arrêté Z1") < supervisor.words.index("2e duplicata"), "last first"
    assert "Ngoma" not in supervisor.words, "no payer"
    for asked, shown in (("look=reprint", told[:1]), ("look=difference&till=C01", told[2:]), ("till=C02", ()),
                         ("agent=01003b", told[2:3]), ("from=2013-03-30&to=2013-03-31", ())):  # fmt: skip
        supervisor.open(f"/desk/cash/oversight?{asked}")
        assert [each for each in told if each in supervisor.words] == list(shown), asked
    for wrong in ("from=hier", "from=2013-04-01&to=2013-03-01", "look=x", "from=0001-01-01",
                  "from=9999-01-01&to=9999-12-31"):  # fmt: skip
        supervisor.open(f"/desk/cash/oversight?{wrong}")
        assert supervisor.status == 422, wrong
    house.replayed()


def test_without_a_printer_no_drawer_opens_by_itself(house):
    open_till(house)
    pay(house)
    assert store.openings_of(house.hub.reader, 1) == []
    with pytest.raises(Refused) as refused:
        actions.open_drawer(house.hub, house.ask(CASHIER), reason="change")
    assert refused.value.reason == "no_printer"


def test_after_a_power_cut_the_receipt_that_was_not_printed_comes_out_as_an_original_once(house):
    """The process is gone between the entry and its paper: both were one commit."""
    with_printer(house)
    open_till(house)
    found = pay(house, tender="cheque")
    copy = house.folder / "after the cut"
    shutil.copytree(house.hub.store.folder, copy)
    again = Store(copy, appliers=house.rooms.appliers, migration_sets=house.rooms.migrations, clock=house.clock)
    house.hub.store.close()
    house.hub = replace(house.hub, store=again)
    assert [each.receipt for each in store.entries_of(house.hub.reader, 1)] == [found.receipt]
    slip = printed(house)
    assert any(getattr(line, "text", "") == found.receipt for line in slip)
    assert not any("DUPLICATA" in getattr(line, "text", "") for line in slip)
    assert printing.take(house.hub, Ask(KIOSK))["job"] is None
    actions.print_receipt(house.hub, house.ask(CASHIER), receipt=found.receipt)
    assert "DUPLICATA 1" in printed(house)[0].text


# --- what it costs: P24 ----------------------------------------------------------------------


def test_a_collection_with_its_chain_and_signature_costs_no_more_than_p24(house, note):
    """At most three commits and 5 ms; the best of several looks, since others use this machine."""
    open_till(house)
    pay(house)  # what is imported once

    def best(what, times=15):
        took = []
        for _ in range(times):
            begun = perf_counter_ns()
            what()
            took.append(perf_counter_ns() - begun)
        return sorted(took)[times // 4]

    def commit():
        with house.hub.store.transaction(Ask(HUB)) as tx:
            tx.record(HubStarted("m", "0"))

    payment = Payment(BAKER, "contribution", tuple((f"2013-{n:02}", 100) for n in range(1, 13)), "cheque",
                      details={"number": "1", "bank": "B"})  # fmt: skip
    one, collection = best(commit), best(lambda: actions.collect(house.hub, house.ask(CASHIER), payment=payment))
    note(f"commit {one / 1e6:.2f} ms, a collection of twelve periods {collection / 1e6:.2f} ms")
    assert collection <= 3 * one + 5_000_000


# --- the pages -------------------------------------------------------------------------------


@pytest.fixture
def till(house):
    """The cashier's browser, at their counter, with the till open and a visitor before them."""
    house.visitor("11", "CRE", CASHIER)
    screen = Screen(house, CASHIER)
    screen.open("/desk/cash")
    assert "Comptez le fond de caisse" in screen.words
    screen.send("/desk/cash/open", n10000="4", n5000="2")
    assert "Aucune opération." in screen.words
    return screen


def test_from_the_float_to_the_receipt_in_a_browser_without_a_script(till):
    till.open("/desk/cash?q=9000002")
    assert (till.status, till.headers["Location"]) == (303, "/desk/cash?ref=E2")
    till.open("/desk/cash?ref=E2")
    assert "Garage Loemba" in till.words
    assert "4T 2012 (arriéré)" in till.words
    till.send("/desk/cash/collect", ref="E2", operation="contribution", tender="cash", tendered="150 000",
              **{"listed.0": "1", "take.0": "1", "period.0": "2012-T4", "amount.0": "134848"})  # fmt: skip
    assert "Rendre 15 152 FCFA" in till.words
    assert "Garage Loemba" in till.words
    till.send("/desk/cash/receipts/C01-2013-000001/print")
    assert (till.status, till.headers["Content-Type"]) == (200, "application/pdf")
    till.open("/desk/cash/receipts/C01-2013-000001")
    assert "1 exemplaire" in till.words
    assert "Duplicata" in till.words


def test_what_was_paid_here_is_not_asked_again(till):
    pay(till.house, who=DEBTOR)
    till.open("/desk/cash?ref=E2")
    assert "134 848 déjà payés ici" in till.words


def test_wages_stand_for_what_they_owe(till):
    till.send("/desk/cash/collect", ref="E1", operation="contribution", tender="cash",
              **{"period.0": "1T 2013", "wages.0": "1 080 000"})  # fmt: skip
    found = store.receipt(till.house.hub.reader, "C01-2013-000001")
    assert (found.amount, found.label) == (262_224, "COTIS 1T 2013")


def test_a_payer_without_a_file_can_pay_and_is_to_be_matched(till):
    till.open("/desk/cash?other=1")
    till.send("/desk/cash/collect", payer="MAKOSSO & Fils", payer_kind="employer", operation="contribution",
              tender="cash", **{"period.0": "03/2013", "amount.0": "24 280"})  # fmt: skip
    assert "à rapprocher" in till.words
    assert "Certificat de non-redevance" not in till.words


#: A payment as nobody can mean it, and what is said of it.
NONSENSE = (
    ({}, "Choisissez ce qui est payé."),
    ({"operation": "contribution"}, "Choisissez le mode"),
    ({"operation": "contribution", "tender": "cash"}, "Cochez une période"),
    ({"operation": "contribution", "tender": "cash", "period.0": "hier", "amount.0": "5"}, "Une période s'écrit"),
    ({"operation": "contribution", "tender": "cash", "period.0": "1T2013", "amount.0": "5,5"}, "francs entiers"),
    (
        {"operation": "contribution", "tender": "cash", "period.0": "1T2013", "amount.0": "5", "tendered": "3"},
        "Il manque 2 FCFA",
    ),
)


def test_what_makes_no_sense_is_said_and_what_was_typed_is_kept(till):
    for form, said in NONSENSE:
        till.send("/desk/cash/collect", ref="E1", **form)
        assert 400 <= till.status < 500
        assert said in till.words
        assert all(value in till.text for name, value in form.items() if name.startswith(("period", "amount", "tend")))
    assert "cash_entry_made" not in till.house.kinds()


def test_what_should_be_in_the_drawer_is_on_no_page_before_it_was_counted(till):
    pay(till.house, 134_848)
    pay(till.house, 24_280)
    expected = "209 128"
    for path in ("", "?ref=E1", "/close", "/receipts/C01-2013-000001"):
        till.open(f"/desk/cash{path}")
        assert till.status == 200
        assert expected not in till.words, path
    queues.finish(till.house.hub, till.house.ask(CASHIER), counter="11")
    till.send("/desk/cash/close/count", n10000="20", n5000="1", n2000="2", c100="1")
    till.open("/desk/cash/close")
    assert expected in till.words
    assert "Écart −28" in till.words


def test_the_closing_goes_to_another_person_s_page_and_back_as_paper(till):
    pay(till.house, 134_848)
    queues.finish(till.house.hub, till.house.ask(CASHIER), counter="11")
    till.send("/desk/cash/close/count", **{name: str(n) for name, n in pieces_for(till.house, 184_848).items()})
    till.send("/desk/cash/close/propose")
    chief = Screen(till.house, CHIEF)
    chief.open("/desk/cash")
    assert chief.headers["Location"] == "/desk/cash/control"
    chief.open("/desk/cash/control")
    assert "Arrêté de 01016E, journée du 29/03/2013" in chief.words
    chief.send("/desk/cash/sessions/1", approve="1")
    assert (chief.status, "Ce code n'est pas le bon" in chief.words) == (401, True), "their own code is asked for"
    chief.send("/desk/cash/sessions/1", approve="1", factor=till.house.shows(CHIEF))
    assert "Total caisse · 1 opération 134 848" in chief.words
    chief.send("/desk/cash/closings/1/print")
    assert chief.headers["Content-Type"] == "application/pdf"
    auditor = Screen(till.house, AUDITOR)
    auditor.open("/desk/cash/closings/1")
    assert auditor.status == 200


def test_a_second_person_decides_at_the_cashier_s_screen_with_their_own_code(till):
    """A reversal and the closing: whoever types their login name and code there decides, the cashier never does."""
    house, receipt = till.house, pay(till.house).receipt
    till.send(f"/desk/cash/receipts/{receipt}/reverse", reason="typing")
    assert "Code agent" in till.words
    for person, code in ((CASHIER, house.shows(CASHIER)), (CHIEF, "000000"), (AUDITOR, house.shows(AUDITOR))):
        house.shows(person)
        till.send("/desk/cash/reversals/1", grant="1", person=person.agent, factor=code)
        assert till.status in (401, 403), person
        assert receipt in till.words
    till.send("/desk/cash/reversals/1", grant="1", person=SUPERVISOR.agent, factor=house.shows(SUPERVISOR))
    assert "Annulé par C01-2013-000002" in till.words
    assert store.receipt(house.hub.reader, "C01-2013-000002").approver == SUPERVISOR.agent
    queues.finish(house.hub, house.ask(CASHIER), counter="11")
    till.send("/desk/cash/close/count", n10000="5")
    till.send("/desk/cash/close/propose")
    assert "Le chef caissier peut approuver ici" in till.words
    till.send("/desk/cash/sessions/1", approve="1", person="nobody", factor="1")
    assert (till.status, "L'arrêté est proposé" in till.words) == (401, True)
    till.send("/desk/cash/sessions/1", approve="1", person=CHIEF.agent.lower(), factor=house.shows(CHIEF))
    assert (till.status, store.closing(house.hub.reader, 1).approver) == (200, CHIEF.agent)
    said = [json.loads(row["payload"]) for row in house.hub.reader.execute(
        "SELECT payload FROM journal WHERE kind = 'second_factor_shown' ORDER BY seq")]  # fmt: skip
    assert [(each["agent"], each["what"], each["at"]) for each in said[-2:]] == [
        (SUPERVISOR.agent, "cash.reversal/1", CASHIER.agent), (CHIEF.agent, "cash.closing/1", CASHIER.agent),
    ]  # fmt: skip


def test_a_receipt_is_checked_by_its_code_and_an_altered_one_is_told(till):
    found = pay(till.house)
    till.send("/desk/cash/check", code=found.statement)
    assert "Reçu authentique, délivré par CNSS-BZV-SIEGE." in till.words
    assert "Boulangerie Ngoma" in till.words
    till.send("/desk/cash/check", code=found.statement[:-9] + "AAAAAAAA" + found.statement[-1])
    assert "authentique" not in till.words
    for code in ("", "MBOTE2", "MBOTE1AAAA", "<script>alert(1)</script>"):
        till.send("/desk/cash/check", code=code)
        assert till.status == 422
        assert "<script>alert" not in till.text


def test_nobody_s_key_or_path_breaks_a_page(till):
    for path in (
        "/receipts/x",
        "/receipts/C01-9999999999-1",
        "/closings/99",
        "?ref=nobody",
        "?q=%00",
        "/close?again=1",
    ):
        till.open(f"/desk/cash{path}")
        assert till.status < 500, path
    chief = Screen(till.house, CHIEF)
    for path, form in (("/reversals/99", {"grant": "1"}), ("/sessions/99", {"approve": "1"}), ("/tills/C09/count", {}),
                       ("/closings/99/print", {}), ("/receipts/C01-2013-000001/settle", {"step": "pay"})):  # fmt: skip
        chief.send(f"/desk/cash{path}", **form)
        assert 400 <= chief.status < 500, path


def test_the_thread_the_sheet_and_the_search_know_of_it(house):
    ticket = house.visitor("11", "CRE", CASHIER)
    open_till(house)
    found = pay(house)
    (line,) = store.thread(house.hub.reader, ticket)
    assert line.said("fr") == f"COTIS 4T 2012 : 134\u202f848 FCFA, reçu {found.receipt}"
    assert [each.receipt for each in store.of_ticket(house.hub.reader, ticket)] == [found.receipt]
    (hit,) = store.finds(house.hub.reader, f" {found.receipt.lower()} ")
    assert hit.url == f"/desk/cash/receipts/{found.receipt}"
    (shown,) = store.sheet(house.hub.reader, "E1")
    assert shown.provisional
    assert re.search(r"Payé ici : COTIS 4T 2012", shown.said("fr"))
    assert iso(found.at, house.hub.settings.agency.zone) == found.said_at


# --- the day's story -------------------------------------------------------------------------


def test_the_story_of_the_day_has_the_tills_money_by_tender(house):
    """Cash, a cheque, and a till's float: counted and summed from the journal's own entries, no payer named."""
    queues.open_day(house.hub, house.ask(SUPERVISOR))
    open_till(house)
    pay(house, 134_848)
    pay(house, 100_000, "2013-T1")
    pay(house, 50_000, "2011-T4", tender="cheque")
    day = house.hub.reader.execute("SELECT date FROM business_day").fetchone()[0]
    book = daybook.of_days(house.hub.reader, [day])
    found = {(each.what, each.direction, each.tender): (each.count, each.amount) for each in book.money}
    assert found["collection", "in", "cash"] == (2, 234_848)
    assert found["collection", "in", "cheque"] == (1, 50_000)
    assert book.last_seq == house.hub.store.head[0]
    assert "Ngoma" not in repr(book)
