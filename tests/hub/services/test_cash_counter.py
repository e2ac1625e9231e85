"""The counter's side of a till: what another counter prepared is paid under the same ticket, and typed once."""

import json
import sqlite3

import pytest

from hub.errors import Refused
from hub.queues import actions as queues
from hub.services.cash import actions, prepared_store, preparing, store, work
from hub.services.cash.model import Payer
from tests.hub.services.house import CASHIER, CLERK, SUPERVISOR, House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files
BAKER = Payer("employer", "Boulangerie Ngoma", "9000001", "E1")
QUARTER = (("2013-T1", 134_848),)
FORM = {"ref": "E2", "operation": "contribution", "listed.0": "1", "take.0": "1", "period.0": "2012-T4",
        "amount.0": "134848"}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory, workshop):
    """One day of an agency: a clerk at counter 02, a cashier at till C01, and central data of two employers."""
    found = House(tmp_path_factory.mktemp("counter"), brazzaville("2013-03-29"), ("cash",), workshop)
    found.central_data()
    found.shows(CASHIER)
    found.visitor("11", "CRE", CASHIER)
    queues.finish(found.hub, found.ask(CASHIER), counter="11")
    actions.open_session(found.hub, found.ask(CASHIER), till="C01", pieces={"n10000": 5})
    yield found
    found.close()


def prepare(house, lines=QUARTER):
    """Somebody sits down at the clerk's counter, who writes down what they will pay; the visit's row."""
    ticket = house.visitor("02", "RAS", CLERK)
    answer = preparing.prepare(house.hub, house.ask(CLERK), who=BAKER, operation="contribution", lines=lines)
    return ticket, prepared_store.prepared(house.hub.reader, answer["prepared"])


def goes_on(house):
    """The clerk sends the visitor to the till, and the cashier calls them."""
    queues.transfer(house.hub, house.ask(CLERK), counter="02", service="CRE", reason="Étape suivante")
    queues.call_next(house.hub, house.ask(CASHIER), counter="11")
    queues.start(house.hub, house.ask(CASHIER), counter="11")


def again(house, prepared):
    return prepared_store.prepared(house.hub.reader, prepared.id)


def leave(house, counter, actor):
    queues.finish(house.hub, house.ask(actor), counter=counter)


def test_what_a_clerk_prepares_waits_at_the_till_under_the_same_ticket_and_is_not_typed_again(house):
    ticket = house.visitor("02", "RAS", CLERK)
    clerk, till = Screen(house, CLERK), Screen(house, CASHIER)
    clerk.open("/desk/cash")
    assert clerk.headers["Location"] == "/desk/cash/prepared"
    clerk.open("/desk/cash?ref=E2")
    assert clerk.headers["Location"] == "/desk/cash/prepare?ref=E2"
    clerk.open("/desk/cash/prepare?ref=E2")
    assert "4T 2012 (arriéré)" in clerk.words
    assert not any(word in clerk.words for word in ("Espèces", "Remis par le payeur")), "a clerk takes no money"
    clerk.send("/desk/cash/prepare", send="1", **FORM)
    assert "134 848 FCFA à payer à la caisse. Le visiteur y est envoyé" in clerk.words
    (waits,) = [each for each in work.pending(house.hub.reader, CASHIER.agent) if each.kind == "prepared"]
    assert (waits.count, waits.url, waits.said("fr")) == (1, "/desk/cash/prepared", "Encaissement préparé")
    queues.call_next(house.hub, house.ask(CASHIER), counter="11")
    queues.start(house.hub, house.ask(CASHIER), counter="11")
    till.open("/desk/cash")
    assert "Préparé pour cette visite" in till.words
    (prepared,) = prepared_store.of_ticket(house.hub.reader, ticket)
    till.open(f"/desk/cash?prepared={prepared.id}")
    assert "Garage Loemba" in till.words
    form = {name: value for name, value in FORM.items() if name != "ref"}
    till.send("/desk/cash/collect", prepared=str(prepared.id), tender="cash", tendered="150000", **form)
    assert "Rendre 15 152 FCFA" in till.words
    (entry,) = store.of_ticket(house.hub.reader, ticket)
    assert (entry.payer, entry.label, entry.amount) == ("Garage Loemba", "COTIS 4T 2012", 134_848)
    assert (again(house, prepared).state, again(house, prepared).receipt) == ("cashed", entry.receipt)
    clerk.open("/desk/cash/prepared")
    assert f"encaissé {entry.receipt}" in clerk.words
    till.send("/desk/cash/collect", prepared=str(prepared.id), tender="cash", **form)
    assert (till.status, f"Déjà encaissé : reçu {entry.receipt}" in till.words) == (409, True)
    leave(house, "11", CASHIER)


def test_whoever_changes_or_drops_it_says_why(house):
    ticket, prepared = prepare(house)
    goes_on(house)
    till = Screen(house, CASHIER)
    paid = {"prepared": str(prepared.id), "operation": "contribution", "listed.0": "1", "take.0": "1",
            "period.0": "2013-T1", "amount.0": "100000", "tender": "cash"}  # fmt: skip
    till.send("/desk/cash/collect", **paid)
    assert (till.status, "Dites en un mot pourquoi." in till.words) == (422, True)
    till.send("/desk/cash/collect", word="n'a que cela", **paid)
    (entry,) = store.of_ticket(house.hub.reader, ticket)
    assert (entry.amount, again(house, prepared).amount, again(house, prepared).word) == (
        100_000, 100_000, "n'a que cela")  # fmt: skip
    leave(house, "11", CASHIER)
    ticket, prepared = prepare(house)
    clerk = Screen(house, CLERK)
    clerk.send(f"/desk/cash/prepared/{prepared.id}", step="drop")
    assert (clerk.status, again(house, prepared).state) == (422, "waiting")
    clerk.send(f"/desk/cash/prepared/{prepared.id}", step="drop", word="revient demain")
    assert "abandonné revient demain" in clerk.words
    (line,) = work.thread(house.hub.reader, ticket)
    assert line.said("fr").startswith("Encaissement abandonné : COTIS 1T 2013")
    leave(house, "02", CLERK)


def test_it_is_paid_by_whom_it_was_prepared_for_and_again_once_its_payment_was_taken_back(house):
    ticket, prepared = prepare(house)
    leave(house, "02", CLERK)
    house.visitor("11", "CRE", CASHIER)
    till = Screen(house, CASHIER)
    paid = {"prepared": str(prepared.id), "operation": "contribution", "listed.0": "1", "take.0": "1",
            "period.0": "2013-T1", "amount.0": "134848", "tender": "cash"}  # fmt: skip
    till.send("/desk/cash/collect", **paid)
    assert (till.status, f"Préparé pour le ticket {prepared.ticket_label}" in till.words) == (409, True)
    leave(house, "11", CASHIER)
    till.send("/desk/cash/collect", **paid)
    (entry,) = store.of_ticket(house.hub.reader, ticket)
    ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=entry.receipt, reason="wrong_tender")["ask"]
    actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=True)
    assert again(house, prepared).state == "waiting"


def test_without_a_visitor_nothing_is_prepared_and_nothing_names_the_payer_in_public(house):
    with pytest.raises(Refused) as refused:
        preparing.prepare(house.hub, house.ask(CLERK), who=BAKER, operation="contribution", lines=QUARTER)
    assert refused.value.reason == "no_visit"
    assert not any(word in house.public_journal() for word in ("Ngoma", "Loemba", "revient demain"))
    for path in ("/prepared/99", "/prepared?done=x", "/prepare?q=%00", "/prepare?ref=nobody", "?prepared=99"):
        for actor in (CLERK, CASHIER):
            assert Screen(house, actor).open(f"/desk/cash{path}").status < 500, path
    assert Screen(house, CLERK).send("/desk/cash/prepared/99", step="drop", word="x").status == 404


def test_with_its_day_it_is_over(house):
    """The last of this file's day: what waits is on no list any more; the journal gives it again."""
    _, prepared = prepare(house)
    leave(house, "02", CLERK)
    queues.close_day(house.hub, house.ask(SUPERVISOR), force=True)
    assert again(house, prepared).state == "expired"
    assert not [each for each in work.pending(house.hub.reader, CASHIER.agent) if each.kind == "prepared"]
    screen = Screen(house, CASHIER).open("/desk/cash/prepared")
    assert "expiré" in screen.words
    house.replayed()
    rows = house.hub.reader.execute("SELECT payload FROM journal WHERE kind = 'prepared_expired'").fetchall()
    assert prepared.id in [json.loads(row["payload"])["prepared"] for row in rows]
    with pytest.raises(sqlite3.IntegrityError):
        house.hub.store.writer.execute("UPDATE cash_prepared SET amount = 0")
