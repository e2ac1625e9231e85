"""S4: a pension is paid once its certificate of life is validated; taken at the visit, and asked once in its time."""

from datetime import date

import pytest

from hub.ask import Actor
from hub.errors import Refused
from hub.queues import actions as queues
from hub.services.cash import actions, life, living, order_store, paying
from hub.services.cash.life import Certificate, Stands
from hub.services.deposit import actions as deposits
from tests.hub.services.house import BAMOU, House, Screen, brazzaville
from tests.hub.services.test_cash_orders import CHIEF, PAYER, PENSION

VALIDATOR = Actor(agent="01204H", roles=frozenset({"validator"}))
EASTER = date(2013, 3, 29)


@pytest.mark.parametrize(
    ("period", "day", "covered"),
    [
        ("2013-S1", date(2013, 6, 30), True), ("2013-S1", date(2013, 7, 1), False), ("2013-S2", EASTER, False),
        ("2013", EASTER, True), ("2012", EASTER, False), ("2013-T1", EASTER, True), ("2013-02", EASTER, False),
        ("", EASTER, False), ("hier", EASTER, False),
    ],
)  # fmt: skip
def test_a_certificate_covers_its_period(period, day, covered):
    assert life.covers(period, day) is covered


def certificate(state, period="2013-S1", until=None, document=1):
    return Certificate(document, f"2013/{document:06d}", period, state, until)


def test_one_that_is_validated_holds_for_its_period_or_until_its_own_end():
    old = certificate("validated", "2012-S2", "2013-03-29", 3)
    for found, standing in (
        ((), "missing"), ((certificate("rejected"),), "missing"), ((certificate("deposited"),), "undecided"),
        ((certificate("to_complete"),), "undecided"), ((certificate("anomaly"),), "undecided"), ((old,), "holds"),
        ((certificate("deposited"), old), "holds"), ((certificate("validated", "2012-S2", "2013-03-28"),), "missing"),
        ((certificate("validated"),), "holds"),
    ):  # fmt: skip
        assert life.stands(found, EASTER).standing == standing, found
    with pytest.raises(Refused, match="no certificate"):
        life.required(Stands("missing"))
    with pytest.raises(Refused, match="there already"):
        life.takeable(life.stands((old,), EASTER))


@pytest.fixture
def house(tmp_path, workshop):
    """Tills and the register of documents; a pensioner whose pension wants a certificate of life."""
    found = House(tmp_path, brazzaville("2013-03-29"), ("deposit", "cash"), workshop)
    found.import_("people", BAMOU)
    said = [PENSION | {"number": number, "requires": ["life_certificate"]} for number in ("4417", "4418")]
    paying.receive(found.hub, found.ask(CHIEF), said=said)
    found.visitor("12", "CPR", PAYER)
    actions.open_session(found.hub, found.ask(PAYER), till="C02", pieces={"n10000": 20})
    yield found
    found.close()


def decide(house, outcome, **why):
    held = living.of_party(house.hub.reader, "P1")[0]
    choice = deposits.Choice(held.document, **why)
    deposits.decide(house.hub, house.ask(VALIDATOR), outcome=outcome, choices=(choice,))


@pytest.mark.slow  # real files
def test_s4_a_pension_is_refused_until_its_certificate_is_validated_then_paid_once_and_again_after_a_reversal(house):
    screen, order = Screen(house, PAYER), "/desk/cash/orders/4417"
    screen.send(order, step="reserve")
    assert "Certificat de vie manquant." in screen.words
    pay = {"step": "pay", "id_type": "identity_card", "id_number": "1236548", "life": "written by hand"}
    screen.send(order, **pay)
    assert (screen.status, "Le certificat de vie manque" in screen.words) == (409, True), "a hand cannot write it"
    screen.send(order, step="alive")
    assert "Certificat de vie à valider : 2013/000001" in screen.words
    screen.send(order, step="alive")
    assert (screen.status, "est déjà là" in screen.words) == (409, True), "once in its time"
    screen.send(order, **pay)
    assert (screen.status, "n'est pas encore validé" in screen.words) == (409, True)
    decide(house, "reject", motive="illegible")
    screen.open(order)
    assert "Certificat de vie manquant." in screen.words
    screen.send(order, step="alive")
    assert "Certificat de vie à valider : 2013/000002" in screen.words
    decide(house, "validate")
    screen.open(order)
    assert "Validé : rien n'est à demander." in screen.words
    screen.send(order, **pay)
    assert "−98 000 FCFA" in screen.words
    screen.send("/desk/cash/orders/4418", step="reserve")
    assert "Validé : rien n'est à demander." in screen.words, "the next order of this time asks nothing"
    screen.send("/desk/cash/orders/4418", **pay)
    assert "C02-2013-000002" in screen.words
    ask = actions.ask_reversal(house.hub, house.ask(PAYER), receipt="C02-2013-000001", reason="wrong_payer")["ask"]
    actions.decide_reversal(house.hub, house.ask(CHIEF), ask=ask, granted=True)
    screen.send(order, step="reserve")
    screen.send(order, **pay)
    assert order_store.order(house.hub.reader, "4417").receipt == "C02-2013-000004"
    assert "written by hand" not in str(
        [row["shown"] for row in house.hub.reader.execute("SELECT * FROM payment_order")]
    )
    queues.finish(house.hub, house.ask(PAYER), counter="12")
    assert not any(word in house.public_journal() for word in ("BAMOU", "1236548"))
    house.replayed()
