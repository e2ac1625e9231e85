"""A paper or a card held under the kiosk's scanner: what the hub says of it, and the visit that it leads to."""

import json
import re

import pytest

from hub import asks, notices
from hub.agents import actions as agents
from hub.ask import HUB
from hub.desk.pictures import Desks
from hub.errors import ConfigurationFault, NotAllowed, Unreadable
from hub.people import replica
from hub.queues import actions as queues
from hub.queues import store as queue_store
from hub.say import words
from hub.scans import CALLED, MESSAGE, NOTHING, TICKET
from hub.services.certificate import actions as certificate_actions
from hub.services.certificate import store as certificates
from hub.services.certificate.actions import Purpose
from hub.services.request import actions as requests
from hub.services.request.actions import Asked
from hub.services.request.offers import SAID
from hub.services.request.office import _load
from hub.visits import store as visits
from tests.hub.services.conftest import KIOSK
from tests.hub.services.house import BAMOU, CLERK, OFFICER, House, brazzaville

pytestmark = pytest.mark.slow  # real files

MATRICULE = BAMOU["number"]


@pytest.fixture
def house(tmp_path, workshop):
    found = House(tmp_path, brazzaville("2026-03-02"), ("reception", "inquiry", "certificate", "request"), workshop)
    found.central_data()
    for actor, name in ((CLERK, "MABIALA Rose"), (OFFICER, "OKEMBA Jean")):
        agents.add_agent(found.hub, found.ask(HUB), code=actor.agent, name=name, roles=sorted(actor.roles))
    yield found
    found.close()


def request(house, party="P1", service="21"):
    about = Asked("request", "missing_months", "Il manque trois mois.", party=party, visitor="BAMOU Jérôme")
    return requests.send_on(house.hub, house.ask(), asked=about, why="complex", service=service)["request"]


def do(house, step, number, **values):
    return getattr(requests, step)(house.hub, house.ask(OFFICER), request=number, **values)


def scan(house, code, actor=KIOSK):
    return asks.perform(house.hub, actor, "scanned", {"key": house.ask().key, "code": code})


def ticket(house, scanned, what="issue", **more):
    """A kiosk's ticket with what was scanned, called and received at counter 10; its row."""
    body = {"key": house.ask().key, "service": "REC", "scanned": scanned} | more
    if what == "issue":
        issued = asks.perform(house.hub, KIOSK, "issue", body)
        body = {"key": house.ask().key, "issue": body["key"], "label": issued["label"], "service": "REC"}
    asks.perform(house.hub, KIOSK, "printed", body)
    queues.call_next(house.hub, house.ask(CLERK), counter="10")
    queues.start(house.hub, house.ask(CLERK), counter="10")
    return queue_store.counter(house.hub.reader, "10").ticket


@pytest.fixture
def counter(house):
    agents.pair(house.hub, house.ask(HUB), kind="kiosk", name="K1")
    queues.open_day(house.hub, house.ask(HUB), date="2026-03-02")
    queues.open_counter(house.hub, house.ask(CLERK), counter="10", agent=CLERK.agent)
    return house


def test_whoever_brings_the_number_of_a_request_is_told_how_it_stands(house):
    number, label = request(house), "REQ-2026-000001"

    def said():
        return (answer := scan(house, label))["words"], answer["facts"], answer["service"]

    assert said() == ("scan_in_hand", {"counter": "21", "date": "16/03/2026"}, "REC")
    do(house, "take", number)
    assert said()[0] == "scan_in_hand"
    do(house, "ask_visitor", number, channel="counter", text="Apportez vos bulletins.")
    assert said() == ("scan_awaited", {"counter": "21", "date": "16/03/2026"}, "REC")
    do(house, "reply", number, text="Remis.")
    do(house, "answer", number, channel="mail", text="C'est repris.")
    assert said()[0] == "scan_answer"
    do(house, "inform", number)
    assert said()[0] == "scan_done"


def test_a_request_whose_day_has_gone_by_promises_no_day(house):
    request(house)
    house.clock.jump(to=brazzaville("2026-03-20"))
    assert scan(house, "req-2026-000001")["words"] == "scan_late"


def test_a_card_says_what_its_holder_has_to_come_for_and_the_most_pressing_first(house):
    assert scan(house, MATRICULE)["words"] == "scan_none"
    answered, asked = request(house), request(house, service="24")
    assert scan(house, MATRICULE)["words"] == "scan_none", "a card is no receipt: what is being studied is not told"
    for number in (answered, asked):
        do(house, "take", number)
    do(house, "answer", answered, channel="counter", text="C'est repris.")
    assert scan(house, MATRICULE)["words"] == "scan_answer"
    do(house, "ask_visitor", asked, channel="counter", text="Venez.")
    found = scan(house, MATRICULE)
    assert (found["words"], found["facts"]["counter"], found["label"]) == ("scan_awaited", "24", "")


def test_a_message_of_a_service_that_offers_nothing_is_told_of(house):
    with house.hub.store.transaction(house.ask(HUB)) as tx:
        notices.enqueue(tx, way="visit", about="deposit 3", text="Il manque une pièce.", party="P1")
    assert (scan(house, MATRICULE)["words"], scan(house, MATRICULE)["service"]) == ("scan_message", "")


def test_nothing_said_at_the_kiosk_names_anybody_and_a_number_is_not_betrayed(house):
    number = request(house)
    do(house, "take", number)
    do(house, "ask_visitor", number, channel="counter", text="Apportez vos bulletins, monsieur BAMOU.")
    before = house.kinds()
    for code in ("REQ-2026-000001", MATRICULE, "9000001"):
        told = json.dumps(scan(house, code), ensure_ascii=False)
        assert not any(word in told for word in ("BAMOU", MATRICULE, "P1", "mois", "missing", "bulletins", "Service"))
    assert scan(house, "9000001") == scan(house, "9999999999"), "known or not: a stranger learns nothing"
    assert house.kinds() == before, "a question, and no event"


def test_a_certificate_is_known_by_its_number_and_by_its_whole_qr(counter):
    purpose = Purpose(ticket=ticket(counter, ""))
    issued = certificate_actions.issue(counter.hub, counter.ask(CLERK), ref="E1", kind="affiliation", purpose=purpose)
    found = certificates.certificate(counter.hub.reader, issued["certificate"])
    for code in (found.label, found.statement, found.statement.lower()):
        assert scan(counter, code) == {
            "words": "scan_none",
            "facts": {},
            "service": "",
            "label": found.label,
            "followed": None,
        }
    assert scan(counter, found.statement[:-8] + "AAAAAAAA")["label"] == "", "of another paper"


def test_the_visit_shows_the_request_that_was_brought_and_whose_card_it_was(counter):
    request(counter)
    row = ticket(counter, "REQ-2026-000001")
    with counter.hub.snapshot() as reader:
        thread = Desks(counter.hub, counter.services).picture(reader, CLERK.agent).thread
        assert visits.concerned(reader, row) == ()
    (brought,) = [line for line in thread if line.url]
    assert (brought.icon, brought.text, brought.url) == (
        "scan", "Papier présenté à la borne : Requête REQ-2026-000001", "/desk/request/1",
    )  # fmt: skip
    queues.finish(counter.hub, counter.ask(CLERK), counter="10", outcome="served")
    row = ticket(counter, MATRICULE)
    assert [each.party for each in visits.concerned(counter.hub.reader, row)] == ["P1"]
    assert queue_store.ticket(counter.hub.reader, row).brought is None
    counter.replayed()


def test_a_kiosk_that_was_alone_tells_what_was_scanned_with_the_paper(counter):
    request(counter)
    for label, code in (("K1-001", "REQ-2026-000001"), ("K1-002", MATRICULE)):
        row = ticket(counter, code, "printed", issue=f"press of {label}", label=label)
        queues.finish(counter.hub, counter.ask(CLERK), counter="10", outcome="served")
        found = queue_store.ticket(counter.hub.reader, row)
        assert (found.label, found.brought) == (label, None if code == MATRICULE else code)
    assert [each.party for each in visits.concerned(counter.hub.reader, row)] == ["P1"]
    counter.replayed()


def test_the_public_journal_holds_the_number_of_a_paper_and_nothing_of_a_card(counter):
    request(counter)
    for code in (MATRICULE, "REQ-2026-000001", "9999999999", "QZ-secret-zz", "XXX-2026-000001"):
        ticket(counter, code)
        queues.finish(counter.hub, counter.ask(CLERK), counter="10", outcome="served")
    public = counter.public_journal()
    assert '"brought":"REQ-2026-000001"' in public
    assert not any(word in public for word in (MATRICULE, '"P1"', "9999999999", "QZ-secret", "XXX-2026"))
    everything = "\n".join(counter.hub.store.writer.iterdump())
    assert not any(word in everything for word in ("9999999999", "QZ-", "XXX-")), "what is not ours is not kept"


def test_what_cannot_be_read_is_refused_and_costs_nobody_a_ticket(counter):
    for code in ("", "12", "REQ\x00-2026", "ééééé", "9" * 1_001, 7, None, ["REQ-2026-000001"]):
        with pytest.raises(Unreadable):
            scan(counter, code)
    for code in ("12", "REQ\x01-2026", "ééééé", "' OR 1=1 --", "%_%_%_%"):
        ticket(counter, code)
        queues.finish(counter.hub, counter.ask(CLERK), counter="10", outcome="served")
    with pytest.raises(NotAllowed):
        scan(counter, MATRICULE, CLERK)


def test_without_central_data_a_card_is_a_paper_without_a_message(counter):
    path = counter.hub.store.folder / replica.FILE
    path.unlink()
    path.write_bytes(b"no database at all" * 300)
    assert scan(counter, MATRICULE)["words"] == "scan_none"
    assert ticket(counter, MATRICULE)


def test_a_ticket_that_is_shown_again_makes_no_second_one(counter):
    """Its paper bears a code, too: whoever holds it under the scanner is told how it stands."""
    for expected in ("scan_ticket", "scan_ticket_called"):
        if expected == "scan_ticket":
            body = {"key": counter.ask().key, "service": "REC"}
            issued = asks.perform(counter.hub, KIOSK, "issue", body)
        else:
            paper = {"key": counter.ask().key, "issue": body["key"], "label": issued["label"], "service": "REC"}
            asks.perform(counter.hub, KIOSK, "printed", paper)
            queues.call_next(counter.hub, counter.ask(CLERK), counter="10")
        found = scan(counter, issued["follow"].lower())
        assert (found["words"], found["facts"]["ticket"], found["label"]) == (expected, "R001", "")
    assert found["facts"]["counter"] == "10"
    queues.start(counter.hub, counter.ask(CLERK), counter="10")
    queues.finish(counter.hub, counter.ask(CLERK), counter="10", outcome="served")
    found = scan(counter, issued["follow"])
    assert (found["words"], found["followed"]["state"]) == ("scan_none", "over")


def test_all_that_is_said_is_among_the_kiosk_s_words():
    said = {MESSAGE, NOTHING, TICKET, CALLED, "scan_late", *SAID.values()}
    for language in ("fr", "en"):
        spoken = words(language, "kiosk")
        assert said <= spoken.keys()
        blanks = {word: set(re.findall(r"{(\w+)}", spoken[word])) for word in said}
        assert {word: found for word, found in blanks.items() if found} == {
            "scan_awaited": {"counter"}, "scan_in_hand": {"date"},
            "scan_ticket": {"ticket"}, "scan_ticket_called": {"ticket", "counter"},
        }  # fmt: skip


def test_an_agency_says_where_answers_are_told(tmp_path):
    (tmp_path / "requests.toml").write_text('queue = "RSA"\n')
    with pytest.raises(ConfigurationFault) as fault:
        _load(tmp_path, frozenset({"RAS", "DEP"}))
    assert fault.value.problems == ["requests.toml: queue: no service 'RSA' that gives tickets, did you mean RAS?"]
    (tmp_path / "requests.toml").write_text('queue = "RAS"\n')
    _load.cache_clear()
    assert _load(tmp_path, frozenset({"RAS"})).queue == "RAS"
    (tmp_path / "requests.toml").unlink()
    _load.cache_clear()
    assert _load(tmp_path, frozenset({"RAS"})).queue == "", "not every agency has the demo's"
