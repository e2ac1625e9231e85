"""A till's pages as a cashier and a chief see them, in a browser without a script."""

import json

import pytest

from hub.queues import actions as queues
from hub.services.cash import store
from tests.hub.services.house import CASHIER, SUPERVISOR, Screen
from tests.hub.services.tills import (
    AUDITOR,
    CHIEF,
    DEBTOR,
    pay,
    pieces_for,
)

pytestmark = pytest.mark.slow  # real files and processes


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
