"""The counter's side of a till: what another counter prepared is paid under the same ticket, and typed once."""

import json
import sqlite3
from dataclasses import replace

import pytest

from hub.ask import HUB, Actor, Ask
from hub.errors import NotAllowed, Refused
from hub.outbox import OutboxMessageRefused
from hub.queues import actions as queues
from hub.services.cash import actions, paying, prepared_store, preparing, request_store, requesting, store, work
from hub.services.cash.model import Payer
from hub.services.cash.orders import Shown
from tests.hub.services.house import CASHIER, CLERK, OFFICER, SUPERVISOR, House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files
BAKER = Payer("employer", "Boulangerie Ngoma", "9000001", "E1")
QUARTER = (("2013-T1", 134_848),)
PAYER = Actor(agent="01022K", roles=frozenset({"benefits_cashier"}))
ORDER = {"number": "Q0", "nature": "daily_allowance", "amount": 60_000, "period": "2013-03", "party": "P1",
         "payee": "BAMOU Jérôme", "pay_from": "2013-03-01", "pay_until": "2013-06-30"}  # fmt: skip
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
    queues.open_counter(found.hub, found.ask(PAYER), counter="12", agent=PAYER.agent)
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


def ask_order(house, ref="P1", **form):
    """The clerk asks for an order; its reference."""
    clerk = Screen(house, CLERK)
    clerk.send("/desk/cash/requests", ref=ref, **{"nature": "daily_allowance", "reason": "arrêt du 4 mars"} | form)
    return clerk, request_store.last(house.hub.reader, 1)


def answer(house, **said):
    return paying.receive(house.hub, house.ask(HUB), said=[said])


def messages(house):
    rows = house.hub.reader.execute("SELECT payload FROM outbox WHERE topic = 'ordre.demande' ORDER BY id")
    return [json.loads(row["payload"]) for row in rows]


def test_an_order_is_asked_of_the_treasury_comes_back_and_is_paid_once(house):
    clerk, nothing = ask_order(house, reason="")
    assert (clerk.status, "Dites pourquoi" in clerk.words, nothing) == (422, True, [])
    clerk, (request,) = ask_order(house, period="2013-03")
    assert "Indemnités journalières 2013-03" in clerk.words
    assert (messages(house)[-1]["request"], messages(house)[-1]["party"]) == (request.ref, "P1")
    assert "amount" not in messages(house)[-1], "the amount is the treasury's"
    payer = Screen(house, PAYER)
    payer.send("/desk/cash/open", n10000="20")
    payer.open("/desk/cash?ref=P1")
    assert f"{request.ref} Indemnités journalières 2013-03" in payer.words
    other = ORDER | {"number": "Q1", "request": request.ref, "party": "P9"}
    wrong = answer(house, **other)["refused"], answer(house, **ORDER | {"number": "Q2", "request": "X-1-1"})["refused"]
    assert all(each[0]["line"] == 1 for each in wrong)
    assert answer(house, **ORDER | {"request": request.ref.lower()})["received"] == 1
    assert answer(house, **ORDER | {"request": request.ref})["known"] == 1
    assert answer(house, **ORDER | {"number": "Q3", "request": request.ref})["received"] == 0, "one order answers it"
    clerk.open("/desk/cash/prepared")
    assert "à payer Ordre Q0, 60 000" in clerk.words
    assert "arrêt du 4 mars" in clerk.words
    assert "arrêt du 4 mars" not in Screen(house, OFFICER).open("/desk/cash/prepared").words, "why is for who asked"
    for step, form in (("reserve", {}), ("pay", {"id_type": "passport", "id_number": "123"})):
        payer.send("/desk/cash/orders/Q0", step=step, **form)
    clerk.open("/desk/cash/prepared")
    assert "payé Ordre Q0, 60 000 · C02-2013-000001" in clerk.words
    payer.send("/desk/cash/orders/Q0", step="pay", id_type="passport", id_number="123")
    assert payer.status == 409
    assert not any(word in house.public_journal() for word in ("BAMOU", "arrêt du 4 mars"))


def test_a_refusal_comes_with_its_code_and_waits_until_it_is_told(house):
    clerk, (request,) = ask_order(house, nature="isolated")
    assert answer(house, request=request.ref, refused="R 12")["refused"], "no code"
    assert answer(house, request=request.ref, refused="r12", reason="dossier incomplet")["received"] == 1
    assert answer(house, request=request.ref, refused="R12")["known"] == 1
    (waits,) = [each for each in work.pending(house.hub.reader, CLERK.agent) if each.kind == "requests"]
    assert waits.count == 1
    clerk.open("/desk/cash/prepared")
    assert "refusé R12 · dossier incomplet" in clerk.words
    Screen(house, OFFICER).send(f"/desk/cash/requests/{request.id}", step="tell")
    assert request_store.request(house.hub.reader, request.id).state == "refused", "whoever asked tells it"
    clerk.send(f"/desk/cash/requests/{request.id}", step="tell")
    assert not [each for each in work.pending(house.hub.reader, CLERK.agent) if each.kind == "requests"]
    clerk, (request,) = ask_order(house, nature="isolated")
    clerk.send(f"/desk/cash/requests/{request.id}", step="withdraw")
    assert messages(house)[-1] == {"request": request.ref, "what": "withdrawn"}
    assert answer(house, **ORDER | {"number": "Q7", "nature": "isolated", "request": request.ref})["refused"]
    clerk, (request,) = ask_order(house)
    with house.hub.store.transaction(Ask(HUB)) as tx:
        tx.record(OutboxMessageRefused(request.message, "unknown topic"))
    assert request_store.request(house.hub.reader, request.id).code == "MESSAGE"
    clerk.open("/desk/cash/requests?ref=E1")
    clerk.send("/desk/cash/requests", ref="E1", nature="isolated", reason="x")
    assert (clerk.status, "Un ordre se demande pour un assuré" in clerk.words) == (409, True)


def test_who_asked_for_an_order_does_not_pay_it(house):
    """Whoever has both roles, against the audit's advice."""
    both, who = replace(PAYER, roles=frozenset({"clerk", "benefits_cashier"})), Payer("insured", "BAMOU", "1", "P1")
    asked = requesting.ask_order(house.hub, house.ask(both), who=who, nature="daily_allowance", reason="x")
    Screen(house, PAYER).send("/desk/cash/open", n10000="20")  # unless it is open
    answer(house, **ORDER | {"number": "Q9", "request": asked["ref"]})
    paying.reserve(house.hub, house.ask(both), order="Q9")
    with pytest.raises(NotAllowed, match="another person pays"):
        paying.pay(house.hub, house.ask(both), order="Q9", shown=Shown("passport", "123"))
    paying.give_up(house.hub, house.ask(both), order="Q9")


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
