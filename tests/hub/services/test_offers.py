"""Personal routing: whoever shows a card is led to what waits for them, and kept for whoever has it (B.12)."""

import pytest

from hub import asks
from hub.agents import actions as agents
from hub.ask import HUB, Actor
from hub.context import NUMBERS
from hub.errors import TooMany
from hub.people import replica
from hub.queues import actions as queues
from hub.queues import store as queue_store
from hub.services.cash import paying
from hub.services.deposit import store as deposits
from tests.hub.services.conftest import KIOSK
from tests.hub.services.deposits import NADEGE, decide, documents, recorded, staffed
from tests.hub.services.house import BAMOU, House, brazzaville
from tests.hub.services.test_cash_orders import CHIEF, PENSION

pytestmark = pytest.mark.slow  # real files

MATRICULE, TODAY = BAMOU["number"], "2013-05-16"
#: Nadège took the deposit in; the order may be paid until the end of June.
WAITS = {"words": "scan_expected", "facts": {}, "label": "", "followed": None}
NOTHING = WAITS | {"words": "scan_none", "service": ""}


@pytest.fixture(scope="module")
def house(tmp_path_factory, workshop):
    found = staffed(House(tmp_path_factory.mktemp("offers"), brazzaville(TODAY), ("cash", "deposit"), workshop))
    found.import_("people", BAMOU)
    agents.pair(found.hub, found.ask(HUB), kind="kiosk", name="K1")
    queues.open_day(found.hub, found.ask(HUB), date=TODAY)
    yield found
    found.close()


@pytest.fixture(scope="module")
def deposit(house):
    """One of two documents is to be completed."""
    lines = [("0401", "2010-05-01", None, 1), ("0203", "2013-03-08", None, 1)]
    found = recorded(
        house, TODAY, "2", "PVN", lines, name="JEROME", person=("P1", MATRICULE, "BAMOU JEROME"), id_number="1236548"
    )
    first, second = documents(house, found)
    decide(house, "validate", first)
    assert scan(house, MATRICULE) == NOTHING, "nothing has to be brought yet"
    decide(house, "ask", second, motive="illegible")
    return deposits.deposit(house.hub.reader, found)


def scan(house, code):
    return asks.perform(house.hub, KIOSK, "scanned", {"key": house.ask().key, "code": code})


def ticket(house, **body):
    """What the kiosk is told of its ticket, and the ticket."""
    issued = asks.perform(house.hub, KIOSK, "issue", {"key": house.ask().key} | body)
    row = house.hub.reader.execute("SELECT max(id) FROM ticket").fetchone()[0]
    return issued, queue_store.ticket(house.hub.reader, row)


def test_a_card_leads_to_the_deposit_that_lacks_a_paper_and_to_the_counter_that_has_it(house, deposit):
    assert scan(house, MATRICULE) == WAITS | {"service": "DEP"}
    issued, found = ticket(house, service="DEP", scanned=MATRICULE)
    assert (issued["counter"], found.stage.wanted) == ("05", "05"), "guichet 05, votre dossier: there it was taken in"
    queues.open_counter(house.hub, house.ask(NADEGE), counter="06", agent=NADEGE.agent)
    assert ticket(house, service="DEP", scanned=MATRICULE)[0]["counter"] == "06", "where the agent sits who has it"
    assert ticket(house, service="REC", scanned=MATRICULE)[0]["counter"] == "", (
        "for something else they are kept for nobody"
    )
    assert scan(house, deposit.label) == WAITS | {
        "words": "scan_complete",
        "service": "DEP",
        "label": deposit.label,
    }, "its own paper is told what is the matter"
    assert ticket(house, service="DEP", scanned=deposit.label)[0]["why"] == "complete", "and so is its ticket"
    assert ticket(house, service="REC", scanned=deposit.label)[0]["why"] == ""
    assert "why" not in ticket(house, service="DEP", scanned=MATRICULE)[0], "a card may have been found"


def test_money_to_collect_comes_first_and_names_neither_money_nor_anybody(house, deposit):
    paying.receive(house.hub, house.ask(CHIEF), said=(PENSION | {"payee_number": MATRICULE},))
    assert scan(house, MATRICULE) == WAITS | {"service": "CPR"}
    house.clock.jump(to=brazzaville("2013-07-01"))
    assert scan(house, MATRICULE)["service"] == "DEP", "it could be paid until the end of June"
    house.clock.jump(to=brazzaville(TODAY))


def test_known_or_not_a_number_is_answered_alike_and_a_kiosk_does_not_try_them_out(house, monkeypatch):
    assert scan(house, "9999999999") == scan(house, "8888888888") == NOTHING
    for who in ("unknown", "known"):
        actor, code = Actor(device=who, roles=frozenset({"kiosk"})), MATRICULE if who == "known" else "9999999999"
        for _ in range(NUMBERS):
            asks.perform(house.hub, actor, "scanned", {"key": house.ask().key, "code": code})
        asks.perform(house.hub, actor, "scanned", {"key": house.ask().key, "code": code})
        with pytest.raises(TooMany):
            asks.perform(house.hub, actor, "scanned", {"key": house.ask().key, "code": code})
    assert scan(house, "9999999999") == NOTHING, "another kiosk goes on"


def test_what_somebody_comes_for_goes_with_the_ticket_and_an_unknown_errand_costs_nobody_one(house):
    assert ticket(house, service="PEN", sub_reason="CERT-VIE")[1].sub_reason == "CERT-VIE"
    assert ticket(house, service="PEN", sub_reason="OF-LAST-YEAR")[1].sub_reason is None
    assert ticket(house, service="DEP", sub_reason="CERT-VIE")[1].sub_reason is None
    body = {"issue": "press-1", "label": "K1-001", "service": "PEN", "sub_reason": "CERT-VIE"}
    asks.perform(house.hub, KIOSK, "printed", {"key": house.ask().key} | body)
    assert queue_store.ticket_labelled(house.hub.reader, 1, "K1-001").sub_reason == "CERT-VIE", "given without a hub"
    assert '"sub_reason":"CERT-VIE"' in house.public_journal()
    house.replayed()


def test_without_central_data_nobody_is_kept_for_anything(house):
    (house.hub.store.folder / replica.FILE).unlink()
    issued, found = ticket(house, service="DEP", scanned=MATRICULE)
    assert (issued["counter"], found.stage.wanted) == ("", None)
