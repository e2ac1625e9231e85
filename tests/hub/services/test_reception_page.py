"""The receptionist's page: two keys give a ticket, a refusal stands where the eye is, nothing typed is lost."""

import re
from urllib.parse import quote

import pytest

from hub.agents import actions as agents
from hub.ask import Actor
from hub.queues import actions as queues

pytestmark = pytest.mark.slow  # real files, sockets or processes


def value_of(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, f"no field {name}"
    return found[1]


def test_the_page_offers_every_service_with_its_key_and_its_wait(reception):
    reception.open()
    assert reception.status == 200
    for key in "AEDIVFRCP":
        assert f'data-key="{key}"' in reception.text
    assert "D Dépôt de pièces personne" in reception.words
    assert "pas de guichet" in reception.words
    assert "Aucun : chaque ticket a son papier." in reception.words


def test_a_ticket_is_told_as_it_is_given_and_the_form_is_empty_again(reception):
    key = value_of(reception.open().text, "key")
    reception.send("/tickets", key=key, service="DEP")
    assert reception.status == 200
    assert "D001" in reception.words
    assert "Personne avant" in reception.words
    assert 'value="DEP" data-key="D" class="hidden-text" checked' not in reception.text
    assert value_of(reception.text, "key") != key
    assert reception.headers["HX-Trigger"] == "reception-changed"


def test_a_double_click_is_one_ticket(reception, office):
    for _ in range(2):
        assert "D001" in reception.send("/tickets", key="the-same", service="DEP").words
    assert office.tickets() == ["D001"]


def test_a_key_is_not_for_another_content(reception):
    reception.send("/tickets", key="the-same", service="DEP")
    reception.send("/tickets", key="the-same", service="RAS")
    assert reception.status == 409
    assert "rechargez la page" in reception.words


def test_a_missing_motive_is_asked_for_at_its_field_and_nothing_is_lost(reception, office):
    reception.send("/tickets", key="mine", service="PEN", priority="age_70", requester="Mabiala", counter="07")
    assert reception.status == 422
    assert office.tickets() == []
    assert "Dites pourquoi." in reception.words
    assert 'aria-invalid="true"' in reception.text
    assert value_of(reception.text, "key") == "mine"
    assert 'value="Mabiala"' in reception.text
    assert 'value="PEN" data-key="V" class="hidden-text" checked' in reception.text
    assert '<option value="07" selected>' in reception.text
    reception.send("/tickets", key="mine", service="PEN", priority="age_70", reason="vu", requester="Mabiala")
    assert (reception.status, office.tickets()) == (200, ["V001"])


def test_who_chooses_nothing_is_told_to_choose(reception):
    reception.send("/tickets")
    assert reception.status == 422
    assert "Choisissez un service." in reception.words


@pytest.mark.parametrize(
    "form",
    [
        {"service": "XXX"},
        {"service": "DEP", "priority": "first"},
        {"service": "DEP", "category": "vip"},
        {"service": "DEP", "counter": "99"},
        {"service": "DEP", "key": "k" * 65},
    ],
)
def test_what_the_form_does_not_offer_is_refused_in_words(reception, office, form):
    reception.send("/tickets", **form)
    assert 400 <= reception.status < 500
    assert "alert" in reception.text
    assert office.tickets() == []


def test_what_is_typed_is_shown_as_text(reception):
    reception.send("/tickets", requester='"><script>alert(1)</script>')
    assert "<script>alert" not in reception.text


def test_without_a_script_the_whole_page_answers(reception, office):
    reception.send("/tickets", htmx=False, service="DEP")
    assert "<!doctype html>" in reception.text
    assert "D001" in reception.words
    reception.send(f"/tickets/{office.id_of('D001')}/cancel", htmx=False)
    assert "<!doctype html>" in reception.text
    assert "Dites pourquoi." in reception.words


def test_a_ticket_given_by_mistake_is_taken_back_with_one_click(reception, office):
    reception.send("/tickets", service="DEP")
    reason = re.search(r'name="reason" value="(donné[^"]*)"', reception.text)
    assert reason
    reception.send(f"/tickets/{office.id_of('D001')}/cancel", reason=reason[1])
    assert office.ticket("D001").state == "cancelled"
    assert "Ticket annulé." in reception.words


def test_who_is_helped_on_the_spot_is_one_click_and_can_be_taken_back(reception):
    reception.send("/answers", service="RAS")
    assert "1 renseigné ici aujourd'hui" in reception.words
    reception.send("/answers/1/withdraw")
    assert "0 renseigné ici" in reception.words
    assert "Repris" in reception.words


def test_a_ticket_is_found_by_what_is_typed_of_it(reception, office):
    office.press()
    assert "D001" in reception.open("/search?label=d1", htmx=True).words
    assert "Aucun ticket d2 aujourd" in reception.open("/search?label=d2", htmx=True).words
    assert "D001" in reception.open("?label=1").words
    assert "&lt;b&gt;" in reception.open("/search?label=<b>", htmx=True).text


@pytest.mark.parametrize(
    ("step", "form", "state"),
    [
        ("confirm", {}, "waiting"),
        ("cancel", {"reason": "parti"}, "cancelled"),
        ("priority", {"priority": "infant", "reason": "vu"}, "issued"),
        ("reprint", {}, "issued"),
    ],
)
def test_each_step_of_a_ticket_shows_it_as_it_is_then(reception, office, step, form, state):
    ticket = office.press(paper="failed")
    reception.send(f"/tickets/{ticket}/{step}", **form)
    assert (reception.status, office.ticket("D001").state) == (200, state)
    assert reception.headers["HX-Trigger"] == "reception-changed"


def test_a_scanned_code_finds_the_ticket_and_says_how_it_stands_and_others_are_let_pass_once(reception, office):
    for _ in range(3):
        reception.send("/tickets", service="DEP")
    code = office.ticket("D001").token
    for typed in (code, f"{code[:4]} {code[4:]}".lower(), f"http://192.168.50.1:8085/{code}"):
        assert "D001" in reception.open(f"/search?label={quote(typed)}", htmx=True).words
    assert "Personne avant" in reception.words
    found = re.search(r"/desk/reception/tickets/(\w+)/let_pass", reception.text)[1]
    reception.send(f"/tickets/{found}/let_pass")
    assert "3 autres passent d" in reception.words
    assert "3 personnes avant" not in reception.words
    assert "2 personnes avant" in reception.words, "as many as there are"
    assert "/let_pass" not in reception.text
    reception.send(f"/tickets/{found}/let_pass")
    assert (reception.status, "déjà laissé passer" in reception.words) == (409, True)
    assert "Aucun ticket" in reception.open("/search?label=ZZZZZZZZ", htmx=True).words


def test_a_refused_step_stands_on_the_tickets_sheet_and_its_form_stays_open(reception, office):
    ticket = office.press()
    reception.send(f"/tickets/{ticket}/priority", priority="pregnant", reason="")
    assert reception.status == 422
    assert "Dites pourquoi." in reception.words
    assert "<details open>" in reception.text
    assert '<option value="pregnant" selected>' in reception.text


def test_a_ticket_that_went_on_meanwhile_says_so(reception, office):
    ticket = office.press()
    queues.call_next(office.hub, office.ask(), counter="05")
    queues.start(office.hub, office.ask(), counter="05")
    reception.send(f"/tickets/{ticket}/cancel", reason="parti")
    assert reception.status == 409
    assert "le ticket a changé entre-temps" in reception.words
    assert "au guichet 05" in reception.words


@pytest.mark.parametrize("path", ["/tickets/nothing/cancel", "/tickets/00000000000000000000000001/reprint"])
def test_a_ticket_that_does_not_exist_is_no_fault_of_ours(reception, path):
    reception.send(path, reason="x")
    assert reception.status == 404
    assert "Ce ticket n'existe pas." in reception.words


def test_the_absent_come_back_with_one_click(reception, office):
    office.press()
    queues.call_next(office.hub, office.ask(), counter="05")
    office.clock.advance(seconds=61)
    queues.recall(office.hub, office.ask(), counter="05")
    queues.no_show(office.hub, office.ask(), counter="05")
    assert "peut revenir encore 30 min" in reception.open().words
    reception.send(f"/tickets/{office.id_of('D001')}/return")
    assert "De nouveau dans la file" in reception.words
    assert "peut revenir encore" not in reception.open("/lists", htmx=True).words


def test_a_paper_in_doubt_is_settled_where_it_is_listed(reception, office):
    ticket = office.press()
    queues.reprint(office.hub, office.ask(), ticket=ticket)
    office.kiosk_prints("unknown")
    assert "on ne sait pas si le papier est sorti" in reception.open("/lists", htmx=True).words
    reception.send("/jobs/1/printed")
    assert "Aucun : chaque ticket a son papier." in reception.words
    reception.send("/jobs/1/unwanted")
    assert reception.status == 409
    assert "alert" in reception.text


def test_a_call_for_help_is_seen_and_answered(reception, office):
    agents.ask_help(office.hub, office.ask(Actor(device="K1")), place="entrée")
    office.trouble("paper_out")
    assert "demande de l'aide à K1" in reception.open().words
    assert "plus de papier" in reception.words
    reception.send("/help/K1")
    assert "demande de l'aide" not in reception.words


def test_before_the_day_the_page_says_what_to_do(closed):
    assert "La journée n'est pas ouverte" in closed.open().words
    assert closed.text.count("disabled>") == 2
    closed.send("/tickets", service="DEP")
    assert closed.status == 409
    assert "demandez au superviseur" in closed.words


def test_the_page_speaks_the_agencys_first_language(english):
    english.office.press(paper="failed")
    assert "Give a ticket" in english.open().words
    assert "the printer failed" in english.words
    assert "Choose a service." in english.send("/tickets").words
