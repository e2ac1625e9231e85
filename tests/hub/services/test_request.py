"""Requests on their whole road: the counter, the back office, the letter, and the next visit."""

import io
import json
import re

import pikepdf
import pytest

from hub import notices, outbox
from hub.agents import actions as agents
from hub.ask import HUB, Actor
from hub.errors import IllegalStep, Refused, Unreadable
from hub.exchange.sender import Sender
from hub.exchange.ways import destination_of
from hub.queues import actions as queues
from hub.queues import store as queue_store
from hub.queues.faces import public_id
from hub.services import ports
from hub.services.inquiry import actions as inquiry
from hub.services.request import actions, paper, store
from hub.services.request.actions import Asked
from tests.hub.services.house import CLERK, OFFICER, SUPERVISOR, House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files and processes

MONDAY = brazzaville("2026-03-02")


@pytest.fixture
def house(tmp_path, workshop):
    found = _house(tmp_path, workshop, "request")
    yield found
    found.close()


@pytest.fixture
def both(tmp_path, workshop):
    """Where inquiries are noted as well."""
    found = _house(tmp_path, workshop, "inquiry", "request")
    yield found
    found.close()


def _house(folder, workshop, *services):
    found = House(folder, MONDAY, services, workshop)
    for actor, name in ((CLERK, "MABIALA Rose"), (OFFICER, "OKEMBA Jean")):
        agents.add_agent(found.hub, found.ask(HUB), code=actor.agent, name=name, roles=sorted(actor.roles))
    return found


def wants(ticket=None, **values):
    known = {"what": "inquiry", "reason": "missing_months", "text": "Il manque trois mois en 2011.", "party": "P1"}
    return Asked(**known | {"ticket": ticket, "visitor": "BAMOU Jérôme"} | values)


def sent_on(house, ticket=None, why="not_convinced", service="24", **values):
    asked = wants(ticket, **values)
    return actions.send_on(house.hub, house.ask(), asked=asked, why=why, service=service)["request"]


def do(house, name, request, actor=OFFICER, **values):
    return getattr(actions, name)(house.hub, house.ask(actor), request=request, **values)


def state(house, request):
    return actions.known(house.hub, request).state


# --- S5, and the acceptance of B.6 -----------------------------------------------------------


def test_s5_desk_24_answers_in_two_days_and_the_rate_that_day_is_one_of_two(house):
    first = house.visitor()
    actions.answer_at_once(house.hub, house.ask(), asked=wants(first), answer="Les trois mois sont bien là.")
    queues.finish(house.hub, house.ask(CLERK), counter="02", outcome="served")
    second = house.visitor()
    request = sent_on(house, second)
    found = actions.known(house.hub, request)
    assert (found.label, found.due_on) == ("REQ-2026-000002", "2026-03-04")
    day = queue_store.day(house.hub.reader).id
    for agent in (None, CLERK.agent):
        rate = store.first_level(house.hub.reader, day, agent)
        assert (rate.answered, rate.asked, rate.percent) == (1, 2, 50)
    assert store.escalations(house.hub.reader, day) == {"not_convinced": 1}
    house.clock.jump(to=brazzaville("2026-03-04"))
    do(house, "take", request)
    do(house, "answer", request, channel="counter", text="Les mois de 2011 sont repris.")
    assert not actions.known(house.hub, request).late("2026-03-04")
    (told,) = notices.to_tell(house.hub.reader, "P1")
    assert told.text == "Les mois de 2011 sont repris."
    do(house, "inform", request, CLERK)
    assert state(house, request) == "closed"
    assert notices.to_tell(house.hub.reader, "P1") == []
    house.replayed()


def test_what_was_asked_and_goes_on_as_a_request_is_asked_once(both):
    hub, ticket = both.hub, both.visitor()
    visit = public_id(queue_store.ticket(hub.reader, ticket))
    inquiry.note(hub, both.ask(), visit=visit, subject="missing_months", result="not_convinced")
    screen = Screen(both)
    assert screen.open("/desk/request/new?why=not_convinced").text.count('value="not_convinced" selected') == 1
    first, second = sent_on(both, ticket), sent_on(both, ticket, why="complex")
    rows = hub.reader.execute("SELECT id, inquiry FROM request ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [(first, 1), (second, None)]
    day = queue_store.day(hub.reader).id
    for agent in (None, CLERK.agent):  # the question and the second request, of which neither was answered here
        assert ports.first_level(hub, hub.reader, day, agent) == ports.FirstLevel(0, 2)
    inquiry.note(hub, both.ask(), visit=visit, subject="payment", result="answered")
    actions.answer_at_once(hub, both.ask(), asked=wants(ticket), answer="Voici.")
    assert ports.first_level(hub, hub.reader, day) == ports.FirstLevel(2, 4)
    assert "vous 2 sur 4 (50 %)" in screen.open("/desk/request").words
    officer = Screen(both, OFFICER).open("/desk/request").words
    assert "aujourd'hui : l'agence 2 sur 4 (50 %) ·" in officer, "who answered nobody has nothing of their own to part"
    nobody = Screen(both, Actor(agent="00977X", roles=frozenset({"clerk"}))).open("/desk/request").words
    assert "premier niveau" not in nobody, "no heading over nothing"
    both.replayed()


def test_b6_the_request_is_printed_with_its_number_and_one_scan_opens_it(house):
    ticket = house.visitor()
    screen = Screen(house)
    screen.send(
        "/desk/request/new", what="request", reason="missing_months", text="Trois mois manquent.", visitor="BAMOU",
        why="not_convinced", service="24", send_on="1",
    )  # fmt: skip
    assert "REQ-2026-000001 est enregistrée." in screen.words
    assert "Pas convaincu" in screen.words
    assert [line.said("fr") for line in store.thread(house.hub.reader, ticket)] == ["Requête REQ-2026-000001 transmise"]
    screen.send("/desk/request/1/print")
    pdf = pikepdf.open(io.BytesIO(screen.data))
    assert str(pdf.docinfo.Title) == "Accusé d'enregistrement REQ-2026-000001"
    assert "pdfuaid" in str(pdf.Root.Metadata.read_bytes(), "utf-8")
    for scanned in ("REQ-2026-000001", "req-2026-000001", "1"):
        again = screen.client.get(f"/desk/request?q={scanned}")
        assert (again.status_code, again.headers["Location"]) == (303, "/desk/request/1")
    assert "Aucune requête" in screen.open("/desk/request?q=REQ-2026-000077").words


# --- the back office -------------------------------------------------------------------------


def test_who_studies_it_asks_the_visitor_and_is_answered_at_any_counter(house):
    request = sent_on(house)
    do(house, "take", request)
    do(house, "ask_visitor", request, channel="counter", text="Apportez vos bulletins de 2011.")
    assert state(house, request) == "awaiting_visitor"
    assert [each.text for each in notices.to_tell(house.hub.reader, "P1")] == ["Apportez vos bulletins de 2011."]
    screen = Screen(house).open(f"/desk/request/{request}")
    assert "À dire à cette personne Apportez vos bulletins de 2011." in screen.words
    do(house, "reply", request, CLERK, text="Bulletins remis.")
    assert state(house, request) == "in_hand"
    assert notices.to_tell(house.hub.reader, "P1") == []
    kinds = [line.kind for line in store.lines(house.hub.reader, request)]
    assert kinds == ["request_opened", "request_escalated", "request_taken", "visitor_asked", "visitor_replied"]


def test_two_who_take_it_are_told_apart_and_a_colleague_may_only_note(house):
    request = sent_on(house)
    do(house, "take", request)
    with pytest.raises(IllegalStep):
        do(house, "take", request, SUPERVISOR)
    with pytest.raises(Refused) as error:
        do(house, "answer", request, SUPERVISOR, channel="counter", text="Non.")
    assert error.value.facts == {"owner": OFFICER.agent}
    do(house, "note", request, SUPERVISOR, text="Vu avec le recouvrement.")
    screen = Screen(house, SUPERVISOR).send(f"/desk/request/{request}/pass_on", service="21", text="x")
    assert f"{OFFICER.agent} s'en occupe." in screen.words


def test_the_wrong_desk_passes_it_on_and_it_is_free_again(house):
    request = sent_on(house)
    do(house, "take", request)
    do(house, "pass_on", request, service="21", text="C'est une pension.")
    found = actions.known(house.hub, request)
    assert (found.state, found.service, found.owner) == ("escalated", "21", None)


def test_an_answer_that_is_contested_goes_one_level_higher_with_a_new_day(house):
    request = sent_on(house, what="complaint")
    do(house, "take", request)
    do(house, "answer", request, channel="telephone", text="Votre demande est rejetée.")
    do(house, "inform", request, CLERK)
    house.clock.jump(to=brazzaville("2026-04-30"))
    do(house, "contest", request, CLERK, text="Je conteste.")
    found = actions.known(house.hub, request)
    assert (found.state, found.level, found.due_on, found.owner) == (
        "escalated",
        3,
        "2026-05-26",
        None,
    )  # over 1 May, Ascension and Whit Monday
    do(house, "take", request)
    do(house, "answer", request, channel="telephone", text="Rejet confirmé.")
    with pytest.raises(Refused) as error:
        do(house, "contest", request, CLERK, text="Encore.")
    assert error.value.reason == "highest_level"


def test_the_list_has_the_soonest_first_and_says_what_is_late(house):
    slow = sent_on(house, what="complaint")
    quick = sent_on(house)
    house.clock.jump(to=brazzaville("2026-03-05"))
    assert [each.id for each in store.to_do(house.hub.reader)] == [quick, slow]
    screen = Screen(house, OFFICER).open("/desk/request")
    assert "1 en retard" in screen.words
    assert re.search("REQ-2026-000002.*REQ-2026-000001", screen.words)
    assert [(each.kind, each.count) for each in store.pending(house.hub.reader, OFFICER.agent)] == [("to_take", 2)]
    assert store.pending(house.hub.reader, CLERK.agent) == ()
    do(house, "take", quick)
    do(house, "answer", quick, channel="counter", text="Voilà.")
    assert [each.kind for each in store.pending(house.hub.reader, CLERK.agent)] == ["answers"]
    assert "REQ-2026-000001" not in Screen(house, OFFICER).open("/desk/request?show=answered").words


# --- how an answer reaches people ------------------------------------------------------------


def test_letters_are_printed_together_and_whoever_they_are_for_counts_as_informed(house):
    requests = [sent_on(house, visitor=name, reach="12 rue Mfoa") for name in ("BAMOU", "MABIALA", "IBARA")]
    for request in requests:
        do(house, "take", request)
        do(house, "answer", request, channel="mail", text=f"Réponse {request}.\nDeuxième ligne.")
    screen = Screen(house, OFFICER).open("/desk/request")
    assert "3 lettres à imprimer" in screen.words
    assert {each.reach for each in notices.to_print(house.hub.reader)} == {"12 rue Mfoa"}
    waiting = [str(each.id) for each in notices.to_print(house.hub.reader)]
    answer = screen.client.post("/desk/request/letters", data={"key": "batch", "csrf": "c", "letter": waiting})
    assert answer.mimetype == "application/pdf"
    assert len(pikepdf.open(io.BytesIO(answer.data)).pages) == 3
    assert {state(house, request) for request in requests} == {"closed"}
    assert notices.to_print(house.hub.reader) == []
    again = screen.client.post("/desk/request/letters", data={"key": "batch", "csrf": "c", "letter": waiting})
    assert again.status_code == 200  # the same press, the printer had no paper
    assert "Aucune lettre" in screen.send("/desk/request/letters").words
    house.replayed()


def test_a_message_leaves_by_the_gateway_signed_and_once(house, tmp_path):
    gateway = tmp_path / "gateway"
    gateway.mkdir()
    box = house.hub.settings.hub.model_copy(update={"gateway": str(gateway)})
    object.__setattr__(house.hub.settings, "hub", box)
    request = sent_on(house, reach="06 000 12 34")
    do(house, "take", request)
    do(house, "answer", request, channel="sms", text="Votre dossier est à jour.")
    with house.hub.store.transaction(house.ask(HUB)) as tx:
        outbox.enqueue(tx, topic="deposit_validated", aggregate="deposit 1", payload={})
    where = destination_of(house.hub, box.gateway, gateway=True)
    sender = Sender(house.hub, where, gateway=True)
    sender.send_due()
    sender.send_due()
    (file,) = gateway.iterdir()
    said = json.loads(file.read_text())
    assert (said["topic"], said["payload"]["to"]) == ("notice.sms", "060001234")
    assert said["payload"]["text"] == "Votre dossier est à jour."
    assert said["signature"]
    states = [row["state"] for row in house.hub.reader.execute("SELECT state FROM outbox ORDER BY id")]
    assert states == ["sent", "to_send"]  # what the head office shall hear waits for the head office
    (notice,) = notices.about(house.hub.reader, f"request {request}")
    assert notice.state == "sent"


def test_what_cannot_reach_anybody_is_refused_before_it_is_recorded(house):
    nowhere = sent_on(house)
    unknown = sent_on(house, party=None)
    for request in (nowhere, unknown):
        do(house, "take", request)
    with pytest.raises(Unreadable) as error:
        do(house, "answer", nowhere, channel="sms", text="Oui.")
    assert error.value.reason == "reach_needed"
    assert state(house, nowhere) == "in_hand"
    do(house, "answer", unknown, channel="counter", text="Oui.")  # told when they come with the number
    assert notices.about(house.hub.reader, f"request {unknown}") == []
    screen = Screen(house, OFFICER).send(f"/desk/request/{nowhere}/answer", channel="sms", text="Oui.")
    assert "Il manque un numéro de téléphone" in screen.words
    assert ">Oui.</textarea>" in screen.text


def test_a_person_who_is_told_is_told_once(house):
    request = sent_on(house)
    do(house, "take", request)
    do(house, "ask_visitor", request, channel="counter", text="Venez avec votre livret.")
    (notice,) = notices.to_tell(house.hub.reader, "P1")
    screen = Screen(house).send(f"/desk/request/told/{notice.id}")
    assert "À dire à cette personne" not in screen.words
    with pytest.raises(IllegalStep):
        notices.done(house.hub, house.ask(), notice=notice.id)


# --- the journal, and bad input --------------------------------------------------------------


def test_nobody_is_named_in_the_public_journal(house):
    request = sent_on(house, reach="060001234")
    do(house, "take", request)
    do(house, "note", request, text="BAMOU a un homonyme")
    do(house, "answer", request, channel="mail", text="Cher BAMOU, c'est fait.")
    assert not re.search("BAMOU|060001234|P1\\b|trois mois", house.public_journal())
    house.replayed()


def test_the_same_press_writes_it_down_once(house):
    ask = house.ask(CLERK, text="x")
    for _ in range(2):
        actions.send_on(house.hub, ask, asked=wants(), why="complex", service="24")
    assert house.kinds().count("request_opened") == 1


def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(house):
    screen = Screen(house)
    form = {"what": "request", "reason": "other", "text": "Ma demande & <b>plus</b>", "visitor": "IBARA", "key": "mine"}
    screen.send("/desk/request/new", **form, send_on="1")
    assert (screen.status, "Dites pourquoi." in screen.words) == (422, True)
    assert "Ma demande &amp; &lt;b&gt;plus&lt;/b&gt;</textarea>" in screen.text
    assert 'name="key" value="mine"' in screen.text
    screen.send("/desk/request/new", **form)
    assert "Écrivez-le." in screen.words
    assert "request_opened" not in house.kinds()
    screen.send("/desk/request/new", **form, answer="Voici.")
    assert "REQ-2026-000001 est enregistrée." in screen.words


def test_what_makes_no_sense_is_refused_in_words(house):
    request = sent_on(house)
    screen = Screen(house, OFFICER)
    for path, form in (
        ("/99", {}),
        (f"/{request}/fly", {}),
        (f"/{request}/inform", {}),
        (f"/{request}/answer", {"text": "x", "channel": "mail"}),
        ("/new", {}),
        ("/new", {"what": "x" * 5000, "send_on": "1"}),
        ("/told/99", {}),
        ("/letters", {"letter": "x"}),
        (f"/{request}/take", {"key": "k" * 65}),
    ):
        screen.send(f"/desk/request{path}", **form)
        assert 400 <= screen.status < 500, (path, screen.status)
    assert state(house, request) == "escalated"


def test_a_layout_that_fails_leaves_letters_waiting(house, monkeypatch):
    request = sent_on(house)
    do(house, "take", request)
    do(house, "answer", request, channel="mail", text="Oui.")
    monkeypatch.setattr(paper, "layouts", lambda _: {"letter.typ": "#panic()"})
    waiting = notices.to_print(house.hub.reader)
    screen = Screen(house, OFFICER).send("/desk/request/letters", letter=str(waiting[0].id))
    assert screen.status == 503
    assert "n'a pas pu être dessiné" in screen.words
    assert notices.to_print(house.hub.reader) == waiting
