"""Periodic documents (R-017): what somebody owes, and a certificate of life during any visit, once in its window."""

import pytest

from hub.queues import faces
from hub.queues import store as queue_store
from hub.services.deposit import store
from hub.visits import actions as visit_actions
from tests.hub.services.deposits import Clerk, decide, documents, staffed
from tests.hub.services.house import BAKER, BAMOU, CLERK, House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files and processes


@pytest.fixture
def house(tmp_path, workshop):
    found = staffed(House(tmp_path, brazzaville("2026-03-02"), ("deposit",), workshop))
    yield found
    found.close()


@pytest.fixture
def clerk(house):
    return Clerk(house)


def test_what_somebody_owes_is_said_when_they_are_recognised_and_taken_with_one_press(house, clerk):
    house.import_("employers", BAKER | {"periodicity": "monthly"})
    clerk.begin()
    clerk.fill({"name": "X", "c0-name": "Y", "c0-new": "CDV"}, "event:c0")
    clerk.fill(clerk.has("0408", issued="010326"), "deposit")  # the register begins on the second of March
    house.clock.jump(to=brazzaville("2026-05-11"))
    clerk.begin(channel="mail")
    clerk.fill({"name": "Coursier", "c0-number": "9000001"})
    assert "En retard : Déclaration nominative des salaires, 03/2026" in clerk.words
    assert "À apporter : Bordereau de versement de cotisations, 04/2026" in clerk.words
    clerk.fill({}, "owes:c0-e0")
    row = clerk.row_of("0510")
    assert clerk.form()[f"{row}-period"] == "2026-03"
    clerk.fill({f"{row}-there": "1", f"{row}-issued": "050426"}, "deposit")
    assert store.given(house.hub.reader, "E1") == {"0510": frozenset({"2026-03"})}
    clerk.begin(like=str(clerk.number))
    clerk.fill({"c0-number": "9000001"})
    assert "salaires, 03/2026" not in clerk.words
    assert "cotisations, 03/2026" in clerk.words


def test_a_certificate_of_life_is_taken_during_any_visit_and_never_asked_twice(house, clerk):
    house.import_("people", BAMOU)
    ticket = house.visitor("02", "RAS", CLERK)
    judith = Screen(house, CLERK)
    assert "Certificat de vie" not in judith.open("/desk/deposit").words
    assert judith.send("/desk/deposit/alive", party="P1").status == 409  # nobody has said that the visit is about them
    visit = faces.public_id(queue_store.ticket(house.hub.reader, ticket))
    visit_actions.add_concerned(house.hub, house.ask(CLERK), visit=visit, party="P1")
    assert "La personne est là" in judith.open("/desk/deposit").words
    judith.send("/desk/deposit/alive", party="P1")
    assert "Dépôt 2026/000001 enregistré." in judith.words
    (line,) = store.documents(house.hub.reader, 1)
    assert (line.type, line.period, line.issued_on, line.state) == ("0408", "2026-S1", "2026-03-02", "deposited")
    assert "déjà pris pour cette période" in judith.open("/desk/deposit").words
    again = judith.send("/desk/deposit/alive", party="P1")
    assert (again.status, house.kinds().count("documents_deposited")) == (409, 1)
    house.clock.jump(to=brazzaville("2026-07-01"))
    assert "La personne est là" in judith.open("/desk/deposit").words
    house.replayed()


def test_who_is_no_pensioner_owes_no_certificate_of_life(house):
    house.import_("people", BAMOU | {"roles": "insured"})
    ticket = house.visitor("02", "RAS", CLERK)
    visit = faces.public_id(queue_store.ticket(house.hub.reader, ticket))
    visit_actions.add_concerned(house.hub, house.ask(CLERK), visit=visit, party="P1")
    judith = Screen(house, CLERK).send("/desk/deposit/alive", party="P1")
    assert (judith.status, "ne doit pas de certificat de vie" in judith.words) == (409, True)


def test_what_was_rejected_is_told_at_any_counter_at_the_next_visit(house, clerk):
    house.import_("people", BAMOU)
    deposit = clerk.deposited("0601")
    decide(house, "reject", *documents(house, deposit), motive="illegible")
    ticket = house.visitor("02", "RAS", CLERK)
    assert store.pending(house.hub.reader, CLERK.agent) == ()
    visit = faces.public_id(queue_store.ticket(house.hub.reader, ticket))
    visit_actions.add_concerned(house.hub, house.ask(CLERK), visit=visit, party="P1")
    assert [each.said("fr") for each in store.pending(house.hub.reader, CLERK.agent)] == ["À dire au visiteur"]
    judith = Screen(house, CLERK).open("/desk/deposit")
    assert "(RIB) : pièce rejetée, Illisible." in judith.words
    (notice,) = store.to_tell(house.hub.reader, CLERK.agent)
    judith.send(f"/desk/deposit/notices/{notice.id}/told")
    assert store.pending(house.hub.reader, CLERK.agent) == ()
