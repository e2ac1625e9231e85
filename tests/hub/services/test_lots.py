"""Lots for the treasury: what a closing establishes is what is sent and what is held back, to the franc and line."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from hub import envelope, outbox, seal
from hub.ask import HUB, Actor, Ask
from hub.errors import IllegalStep, NotAllowed, Refused, Unreadable
from hub.outbox import Answered
from hub.services.cash import actions, checking, lot_store, lots, treasury
from hub.services.cash.lots import Item, Lot
from hub.services.cash.office import office_of
from hub.services.ports import Received
from hub.settings_files import load_settings
from tests.hub.services.house import House, Screen
from tests.hub.services.tills import CASHIER, CHIEF, DAY, STRANGER, close_till, open_till, pay, pieces_for

OFFICE = office_of(load_settings(Path(__file__).parents[3] / "config"))
SUPERVISOR = Actor(agent="00411A", roles=frozenset({"supervisor"}))
ACCOUNTS = ("415120", "415110", "462000")


def some_items(chance):
    tenders = ("cash", "cheque", "mobile_money")
    return tuple(
        Item(f"C01-2013-{n:06d}", chance.choice(ACCOUNTS), chance.choice(tenders),
             chance.choice((1, -1)) * chance.randint(1, 9_000_000), "COTIS 1T 2013")
        for n in range(chance.randrange(30))
    )  # fmt: skip


# --- rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_held_back_nothing_is_lost_and_every_part_balances(seed):
    """V0 = V1 + R1 in number and in sum, and so again when R1 is put right and sent."""
    chance = random.Random(seed)  # noqa: S311 (repeatable)
    items = some_items(chance)
    held = {each.receipt: chance.choice(lots.CODES) for each in items if chance.random() < 0.3}
    sent, back = lots.split(items, held)
    assert (len(sent) + len(back), sum(e.amount for e in sent) + sum(e.amount for e in back)) == (
        len(items), sum(e.amount for e in items))  # fmt: skip
    assert {each.receipt: each.code for each in back} == held
    for part in (items, sent, back):
        entry = lots.journal(part, OFFICE)
        assert sum(debit for _, debit, _ in entry) == sum(credit for _, _, credit in entry)
    again = lots.corrected(Lot("R", "C01", 1, "2013-03-29", "R1", back, "h"), {}, OFFICE)
    assert [(e.receipt, e.amount, e.code) for e in again] == [(e.receipt, e.amount, "") for e in back]


@pytest.mark.parametrize("spoil", ["lost", "doubled", "changed"])
def test_parts_that_are_not_the_whole_are_refused(spoil):
    items = tuple(Item(f"C01-2013-{n:06d}", "415120", "cash", n, "COTIS") for n in range(1, 5))
    parts = {
        "lost": (items[:2], items[3:]),
        "doubled": (items, items[:1]),
        "changed": (items[:3], (replace(items[3], amount=5),)),
    }[spoil]
    with pytest.raises(Refused) as refused:
        lots.conserved(items, *parts)
    assert refused.value.reason == "lot_not_conserved"


def test_a_lot_that_is_not_its_closing_is_refused():
    items = (Item("C01-2013-000001", "415120", "cash", 10, "COTIS"),)
    lots.controlled(items, 1, 10, OFFICE)
    for count, total in ((2, 10), (1, 11)):
        with pytest.raises(Refused, match="not what the closing says"):
            lots.controlled(items, count, total, OFFICE)
    with pytest.raises(Refused, match="999999"):
        lots.controlled((replace(items[0], account="999999"),), 1, 10, OFFICE)


def test_the_states_are_those_of_the_requirements():
    """B.11: V0 → V1 | R1, V1 → V2 | R2, R1 | R2 → C1, V2 → V3 | V3BIS, and nothing else."""
    ends = {(state, after) for state, steps in lots.STEPS.items() for after in steps.values()}
    assert ends == {
        ("V0", "V1"), ("V0", "R1"), ("V1", "V2"), ("V1", "R2"), ("R1", "C1"), ("R2", "C1"), ("V2", "V3"),
        ("V2", "V3BIS"),
    }  # fmt: skip


# --- the road --------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path, workshop):
    found = House(tmp_path, DAY, ("certificate", "cash"), workshop)
    yield found
    found.close()


def lot_of(house, reference):
    return lot_store.lot(house.hub.reader, reference)


def said(house, lot):
    return outbox.message(house.hub.reader, lot.message).payload


def centre_says(house, lot, outcome, code=""):
    with house.hub.store.transaction(Ask(HUB)) as tx:
        message = outbox.message(tx.connection, lot.message)
        outbox.hear(tx, Answered(message.key, message.version, outcome, code, "compte fermé" if code else None))


def one_day(house, bounced=True):
    """Three payments, of which a cheque comes back in the till's own day; the till is closed."""
    open_till(house)
    pay(house, who=STRANGER)
    cheque = pay(house, 50_000, who=STRANGER, tender="cheque")
    pay(house, 60_000, "2013-T1", who=STRANGER)
    if bounced:
        actions.settle(house.hub, house.ask(CHIEF), receipt=cheque.receipt, step="unpay")
    close_till(house, pieces_for(house, 50_000 + 134_848 + 60_000))
    return "CNSS-BZV-SIEGE-2013-C01-000001"


def test_what_is_held_back_is_put_right_refused_put_right_again_and_booked(house):
    """The whole of B.11: V0, V1 and R1, R2, C1 twice, V2, V3; the treasury's sums are the closing's in the end."""
    whole = one_day(house)
    lot = lot_of(house, whole)
    assert (lot.state, lot.message, len(lot.items), lot.sum) == ("V0", None, 3, 244_848), "the head cashier looks first"
    with pytest.raises(NotAllowed):
        treasury.send(house.hub, house.ask(SUPERVISOR), lot=whole, held={})
    with pytest.raises(Unreadable, match="no such code"):
        treasury.send(house.hub, house.ask(CHIEF), lot=whole, held={"C01-2013-000002": "because"})
    treasury.send(house.hub, house.ask(CHIEF), lot=whole, held={"C01-2013-000002": "unpaid"})
    sent, back = lot_of(house, whole), lot_of(house, f"{whole}-R1")
    assert (sent.state, len(sent.items), sent.sum, back.state, len(back.items), back.sum) == (
        "V1", 2, 194_848, "R1", 1, 50_000)  # fmt: skip
    heard = said(house, sent)
    assert (heard["items"], heard["sum"], heard["debit"], heard["credit"]) == (2, 194_848, 194_848, 194_848)
    assert "MAKOSSO" not in json.dumps(heard), "nobody is named"
    with pytest.raises(IllegalStep):
        treasury.send(house.hub, house.ask(CHIEF), lot=whole, held={})

    centre_says(house, sent, "refused", "ACCOUNT_CLOSED")
    refused = lot_of(house, whole)
    assert (refused.state, refused.code) == ("R2", "ACCOUNT_CLOSED")
    assert lot_store.about(house.hub.reader, "till C01").url == f"/desk/cash/treasury/{whole}"
    assert lot_store.about(house.hub.reader, "deposit 1") is None
    with pytest.raises(Unreadable):
        treasury.correct(house.hub, house.ask(CHIEF), lot=whole, accounts={}, motive=" ")
    answer = treasury.correct(
        house.hub, house.ask(CHIEF), lot=whole, accounts={"C01-2013-000001": "471000"}, motive="compte du tiers"
    )
    assert (answer["lot"], lot_of(house, whole).state) == (f"{whole}-C1", "C1")
    treasury.send(house.hub, house.ask(CHIEF), lot=f"{whole}-C1", held={})
    again = lot_of(house, f"{whole}-C1")
    message = outbox.message(house.hub.reader, again.message)
    assert (again.message, message.version, message.state) == (sent.message, 2, "to_send"), "in the refused one's place"
    assert (said(house, again)["replaces"], said(house, again)["sum"]) == (whole, 194_848)
    centre_says(house, again, "acknowledged")
    centre_says(house, again, "applied")
    assert (lot_of(house, f"{whole}-C1").state, lot_of(house, whole).state) == ("V2", "C1")

    treasury.correct(house.hub, house.ask(CHIEF), lot=f"{whole}-R1", accounts={}, motive="le chèque est payé")
    treasury.send(house.hub, house.ask(CHIEF), lot=f"{whole}-C2", held={})
    last = lot_of(house, f"{whole}-C2")
    centre_says(house, last, "applied")
    booked = [each for each in lot_store.of_closing(house.hub.reader, 1) if each.state in ("V1", "V2")]
    assert sum(each.sum for each in booked) == 244_848
    assert sorted(item.receipt for each in booked for item in each.items) == [f"C01-2013-{n:06d}" for n in (1, 2, 3)]

    letter = Received(1, "k", treasury.SETTLED, {"reference": last.reference, "balance": "due"}, 0)
    (inbound,) = treasury.INBOX
    inbound.check(house.hub, house.hub.reader, letter)
    with house.hub.store.transaction(Ask(HUB)) as tx:
        inbound.apply(house.hub, tx, letter)
    assert lot_of(house, last.reference).state == "V3"
    with pytest.raises(Refused):
        inbound.check(house.hub, house.hub.reader, replace(letter, payload={"reference": "nobody's"}))
    house.replayed()


def test_the_page_of_the_treasury_says_where_each_lot_stands(house):
    whole = one_day(house, bounced=False)
    assert lot_of(house, whole).state == "V1", "nothing speaks against it: it leaves with the approval"
    chief = Screen(house, CHIEF).open("/desk/cash/treasury")
    assert f"{whole} C01 29/03/2013 V1 · validé, envoyé attend de partir 3 244 848" in chief.words
    assert "Écriture proposée" in chief.open(f"/desk/cash/treasury/{whole}").words
    signed = chief.open(f"/desk/cash/treasury/{whole}.json").data
    public = seal.agency_key(house.hub.store.folder).public_key().public_bytes_raw()
    told = envelope.opened(treasury.DOMAIN, signed, public)
    table = chief.open(f"/desk/cash/treasury/{whole}.csv").data.decode()
    assert (told["reference"], told["csv"]) == (whole, table)
    assert table.splitlines()[1] == f"{whole};2013-03-29;571000;194848;0;XAF;ARRETE C01 2013-03-29"
    with pytest.raises(Unreadable):
        envelope.opened(treasury.DOMAIN, signed.replace(b"194848", b"194849"), public)

    centre_says(house, lot_of(house, whole), "refused", "ACCOUNT_CLOSED")
    assert "Refusé par la Trésorerie : ACCOUNT_CLOSED. compte fermé" in chief.open(f"/desk/cash/treasury/{whole}").words
    chief.send(f"/desk/cash/treasury/{whole}", step="correct", motive="compte du tiers",
               **{"account.C01-2013-000001": "471000"})  # fmt: skip
    assert f"{whole}-C1 V0 · établi" in chief.words
    chief.send(
        f"/desk/cash/treasury/{whole}-C1",
        step="send",
        **{"hold.C01-2013-000003": "on", "code.C01-2013-000003": "contested"},
    )
    assert lot_of(house, f"{whole}-R1").items[0].code == "contested"
    chief.send(f"/desk/cash/treasury/{whole}-C1", step="send")
    assert (chief.status, "Ce lot est V1" in chief.words) == (409, True)
    assert Screen(house, CASHIER).open("/desk/cash/treasury/none").status == 404


def test_a_transfer_that_was_taken_back_is_in_no_lot_as_the_transfer_is_in_none(house):
    open_till(house)
    pay(house, who=STRANGER)
    moved = actions.move(house.hub, house.ask(CASHIER), kind="supply", amount=10_000, voucher="B1")["receipt"]
    ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=moved, reason="typing")["ask"]
    actions.decide_reversal(house.hub, house.ask(CHIEF), ask=ask, granted=True)
    found = close_till(house, pieces_for(house, 184_848))
    lot = lot_of(house, "CNSS-BZV-SIEGE-2013-C01-000001")
    assert (found.count, found.totals["total"], len(lot.items), lot.sum) == (1, 134_848, 1, 134_848)


def test_verify_names_the_closing_whose_lots_are_not_what_it_says(house):
    whole = one_day(house)
    treasury.send(house.hub, house.ask(CHIEF), lot=whole, held={"C01-2013-000002": "unpaid"})
    reader = house.hub.store.writer
    assert list(checking.faults(reader)) == []
    named = "till C01: the lots of closing Z1 are not what it says"
    reader.execute("SAVEPOINT damage")
    for damage in ("replace(items, '134848', '134849')", "replace(items, ',', '')", "'[1]'", "'[[]]'"):
        reader.execute(f"UPDATE cash_lot SET items = {damage}")  # noqa: S608 (the four above)
        assert list(checking.faults(reader)) == [named], damage
        reader.execute("ROLLBACK TO damage")
    reader.execute("DROP TRIGGER cash_closing_as_written")
    reader.execute("UPDATE cash_closing SET totals = substr(totals, 2)")
    assert list(checking.faults(reader)) == ["till C01: closing Z1 was altered", named]
