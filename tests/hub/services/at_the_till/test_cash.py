"""A till on its road: the float, the payments, what is paid later, and what is taken back."""

import re
import sqlite3
from time import perf_counter_ns

import pytest

from hub.ask import HUB, Actor, Ask
from hub.clock import iso
from hub.errors import NotAllowed, Refused
from hub.journal import HubStarted
from hub.queues import actions as queues
from hub.services.cash import actions, chain, store
from hub.services.cash.actions import Payment
from hub.services.certificate import actions as certificates
from hub.services.certificate.actions import Purpose
from hub.supervision import daybook
from tests.hub.services.house import CASHIER, SUPERVISOR
from tests.hub.services.tills import (
    BAKER,
    CHIEF,
    DEBTOR,
    STRANGER,
    close_till,
    open_till,
    pay,
    pieces_for,
)

pytestmark = pytest.mark.slow  # real files and processes


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


# --- what others know of it -------------------------------------------------------------------


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
