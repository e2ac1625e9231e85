"""The inquiry page over the real application: found, opened, noted, and each look written down."""

import re

import pytest

from hub import notices
from hub.ask import HUB, Actor, Ask
from hub.context import Hub
from hub.desk.frame import tabs_of
from hub.paper import Pair
from hub.people import store as people_store
from hub.printing.store import open_jobs
from hub.queues import store as queue_store
from hub.services import ports
from hub.services.inquiry import store
from hub.services.ports import CounterService, Found, SheetLine
from hub.services.request import actions as requests
from hub.services.request.actions import Asked
from hub.verify import Rooms, verify
from hub.wire import as_json
from tests.hub.inquiry.house import ARSENE, JUDITH, PEOPLE, WHOLE

CASHIER = "01016E"
pytestmark = pytest.mark.slow  # real files, sockets or processes


# --- the box


def test_a_person_is_found_by_whatever_somebody_says_of_them(judith):
    said = ("2133415888", "213341", "bamou jerome", "jérôme BAMOU", "bamuo jerome", "06 000 12 34", "bamou 1953")
    for typed in said:
        first = re.search(r'href="/desk/inquiry/file/([^"]+)"', judith.search(typed).text)
        assert first, (typed, judith.words)
        assert first[1] == "P1"


def test_an_employer_is_found_by_its_number_and_its_name(judith):
    assert "Ets Djoué Commerce" in judith.search("9000001").words
    assert "Ets Djoué Commerce" in judith.search("djoue commerce").words


def test_nobody_and_too_many_say_what_to_do(house, judith):
    assert "Personne ne correspond. Essayez" in judith.search("zzyzx").words
    assert judith.search("b").words == ""
    crowd = [WHOLE | {"ref": f"X{n}", "number": f"90000100{n:02d}", "first_names": f"Aimé {n}"} for n in range(25)]
    house.import_("people", *crowd)
    assert "Plus de 20 réponses : ajoutez un prénom" in judith.search("bamou aime").words


def test_what_was_held_under_the_kiosk_s_scanner_is_at_hand_when_its_visitor_is_called(house, judith):
    """A request by its number, for whoever may open it; a card by its file."""
    about = Asked("request", "payment", "Rien reçu.", party="P1", visitor="BAMOU")
    requests.send_on(house.hub, house.ask(Actor(agent=JUDITH)), asked=about, why="complex", service="21")
    house.scanned("REQ-2026-000001")
    strip = judith.open("/desk/strip")
    assert "A présenté à la borne Requête REQ-2026-000001" in strip.words
    assert 'href="/desk/request/1"' in strip.text
    assert [each.url for each in house.picture().thread if each.url] == ["/desk/request/1"]
    house.counter("02").finish()
    house.counter("02").close().open(CASHIER)
    house.scanned("REQ-2026-000001")
    strip = house.browser(CASHIER).open("/desk/strip")
    assert "Requête REQ-2026-000001" in strip.words
    assert 'href="/desk/request/1"' not in strip.text, "a cashier has no such tab"
    house.counter("02").finish()
    house.counter("02").close().open(JUDITH)
    house.scanned(WHOLE["number"])
    strip = judith.open("/desk/strip")
    assert strip.link_to("P1")
    assert "A présenté" not in strip.words


def test_papers_of_other_services_come_before_persons(house, judith, monkeypatch):
    """The port by which requests, receipts and certificates will be found by their number."""

    def finds(reader, typed):
        paper = Found("REQ-2026-000123", "message-report", "inquiry.subject_other", "/desk/request/123")
        return (paper,) if typed.strip().upper() == "REQ-2026-000123" else ()

    requests = CounterService(name="request", title="x", icon="check", roles=frozenset({"clerk"}), finds=finds)
    monkeypatch.setattr(ports, "load", lambda _: (*house.services, requests))
    assert 'href="/desk/request/123"' in judith.search("req-2026-000123").text
    assert "REQ" not in judith.search("bamou").text


def test_without_a_script_the_whole_page_answers(judith):
    page = judith.open("/desk/inquiry?q=bamou+jerome")
    assert page.status == 200
    assert page.text.startswith("<!doctype html>")
    assert page.link_to("P1")


# --- why somebody looks


def test_a_file_is_opened_for_the_visitor_at_the_counter(house, judith):
    house.visitor()
    assert "BAMOU Jérôme" in judith.file("P1").words
    look = house.looks()[-1]
    assert (look["agent"], look["ticket"], look["channel"], look["party"]) == (JUDITH, 1, "counter", "P1")


def test_nobody_at_the_counter_asks_first_for_whom_and_shows_nothing(house, judith):
    asked = judith.file("P1")
    assert (asked.status, "Dites d'abord pour qui" in asked.words) == (200, True)
    assert "BAMOU" not in asked.text
    assert house.looks() == []
    assert "BAMOU" not in judith.open("/desk/inquiry/synthesis/P1").text


def test_back_office_names_channel_and_motive_once_for_a_whole_request(house):
    paul = house.browser("01204H")
    assert "Choisissez le canal" in paul.contact(channel="").words
    assert paul.status == 422
    assert "Écrivez pourquoi" in paul.contact(motive=" ").words
    paul.contact(channel="telephone", motive="Mme Bamou appelle")
    assert "Téléphone · depuis moins de 2 min" in paul.words
    for ref in ("P1", "E1"):
        paul.file(ref)
    assert [(r["channel"], r["motive"], r["ticket"]) for r in house.looks()] == [
        ("telephone", "Mme Bamou appelle", None)
    ] * 2
    paul.send("/desk/contact/end")
    assert "Dites d'abord pour qui" in paul.file("P1").words


def test_a_request_that_was_begun_waits_in_the_list_and_is_no_reason_after_an_hour(house, judith):
    judith.contact()
    house.later(minutes=59)
    judith = house.browser()
    assert "BAMOU" in judith.file("P1").words
    work = house.picture().pending
    assert [(p.text, p.count, p.oldest_s) for p in work] == [("Courrier en cours", 1, 59 * 60)]
    house.later(minutes=2)
    assert "Dites d'abord pour qui" in judith.file("P1").words
    house.restart()
    assert house.picture().pending[0].text == "Courrier en cours"


def test_a_session_that_has_ended_takes_the_whole_page_to_the_sign_in(house, judith):
    """Never the sign-in page in the middle of the sheet; what was typed is kept by the browser meanwhile."""
    house.later(hours=12)
    answer = judith.client.get(
        "/desk/inquiry/file/P1", headers={"HX-Request": "true", "HX-Current-URL": f"http://hub{'/desk/inquiry?q=x'}"}
    )
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["HX-Redirect"] == "/login?next=/desk/inquiry?q%3Dx"


def test_the_visitor_goes_before_whoever_wrote(house, judith):
    judith.contact()
    house.visitor()
    assert "Demandeur" in judith.open("/desk/strip", part=True).words
    judith.file("P1")
    assert house.looks()[-1]["channel"] == "counter"
    assert "Un visiteur est à votre guichet" in judith.contact().words
    assert judith.status == 409


def test_as_many_looks_in_the_journal_as_were_made(house, judith):
    house.visitor()
    made = 0
    for path in ("P1", "P1?tab=payments", "P2", "E1?tab=employees&page=1"):
        made += judith.file(path.partition("?")[0], "?" + path.partition("?")[2]).status == 200
    made += judith.open("/desk/inquiry/synthesis/P1").status == 200
    judith.file("P1", part=False)
    judith.file("P404")
    judith.search("bamou")
    assert made == 5
    looks = house.entries("party_read")
    assert len(looks) == len(house.looks()) == made + 1
    assert [row["view"] for row in house.looks()] == [
        "identity", "payments", "identity", "employees", "synthesis", "identity",
    ]  # fmt: skip
    assert len(people_store.reads_of(house.hub.reader, "P1")) == 4


# --- the sheet


def test_from_employer_to_employee_to_child_to_payment_each_name_is_a_link(house, judith):
    house.visitor()
    employee = judith.file("E1", "?tab=employees").link("BAMOU Jérôme")
    child = judith.open(f"{employee}?tab=relationships", part=True).link("BAMOU Grâce")
    payments = judith.open(child, part=True).open(f"{child}?tab=payments", part=True)
    assert "BAMOU Grâce" in payments.words
    assert "98.000" in payments.words
    assert judith.open(f"{employee}?tab=employments", part=True).link("Ets Djoué Commerce") == "/desk/inquiry/file/E1"


def test_the_tabs_are_those_of_the_requirement_with_their_counts(house, judith):
    house.visitor()
    words = judith.file("P1").words
    assert (
        "1 Signalétique 2 Carrière 1 3 Cotisations 4 Famille 2 5 Dossiers 1 6 Pièces 7 Paiements 1 8 Courriers" in words
    )
    assert "né vers 1953" in words
    assert "134.848" in judith.file("E1", "?tab=contributions").words
    assert "4T 2012" in judith.words
    assert "Reste dû : 134.848 FCFA" in judith.words


def test_what_may_not_be_seen_says_so_and_is_never_blank(house, judith):
    house.visitor()
    assert "Non autorisé." in judith.file("P1", "?tab=accounts").words
    assert "30012" not in judith.text
    roch = house.browser("00733C")
    roch.contact()
    seen = roch.file("P1").words
    assert "Adresse non autorisé" in seen
    assert "Manguiers" not in roch.text
    assert "Décès non autorisé" in seen
    assert '"badge bad"' not in roch.text, "what is hidden is not told as if it had happened"
    assert "Non autorisé." in roch.file("P1", "?tab=employments").words


def test_a_restricted_file_is_there_and_no_more_also_on_other_peoples_sheets(house, judith):
    house.visitor()
    assert "Ombeline" not in judith.search("bamou odile").text
    assert "non autorisé" in judith.file("P3").words
    assert "Ombeline" not in judith.text
    for page in (judith.file("E1", "?tab=employees"), judith.file("P1", "?tab=relationships")):
        assert "Ombeline" not in page.text
        assert "non autorisé" in page.words
    assert "999.111" not in judith.file("E1", "?tab=employees").words
    paul = house.browser("01204H")
    paul.contact()
    assert "BAMOU Ombeline 03/1994 Magasinier 999.111" in paul.file("E1", "?tab=employees").words


def test_a_sheet_as_it_was_on_a_day_and_as_it_was_known_on_one(house, judith):
    """She moved in 2020; the fund learnt of it on 4 March 2026, after a letter to the old address."""
    moved = WHOLE | {"ref": "P7", "number": "9000000007", "effective": "2001-01-01"}
    house.import_("people", moved)
    house.later(hours=48)
    house.import_("people", moved | {"city": "Pointe-Noire", "effective": "2020-06-01"})
    house.later(hours=24)
    judith = house.browser()
    house.visitor()
    assert "Pointe-Noire" in judith.file("P7").words
    then = judith.file("P7", "?on=2019-12-31").words
    assert "état au 31/12/2019" in then
    assert "Ville Brazzaville" in then
    assert "Ville Pointe-Noire" in judith.file("P7", "?on=2020-12-31").words
    known = judith.file("P7", "?on=2020-12-31&known=2026-03-03").words
    assert "Ville Brazzaville" in known
    assert "tel que connu le 03/03/2026" in known
    assert "Rien n'est connu de cette fiche à cette date" in judith.file("P7", "?on=1999-01-01").words
    assert judith.status == 404


def test_what_was_done_here_and_is_not_confirmed_yet_is_marked(house, judith, monkeypatch):
    """The port by which deposits, receipts and requests will stand on the sheet."""

    def lines(reader, ref):
        done = {"words": "inquiry.subject_payment", "icon": "cash", "at": house.clock.now().at}
        known = [SheetLine(tab, provisional=tab == "payments", **done) for tab in ("payments", "accounts", "documents")]
        return tuple(known) if ref == "P1" else ()

    till = CounterService(name="till", title="x", icon="check", roles=frozenset({"clerk"}), sheet=lines)
    monkeypatch.setattr(ports, "load", lambda _: (*house.services, till))
    house.visitor()
    assert "Paiement provisoire, pas encore confirmé" in judith.file("P1", "?tab=payments").words
    assert "Non autorisé." in judith.file("P1", "?tab=accounts").words
    assert "02/03/2026 07:20 Paiement" in judith.file("P1", "?tab=documents").words
    roch = house.browser("00733C")
    roch.contact()
    for tab in ("accounts", "documents"):
        assert "Non autorisé." in roch.file("P1", f"?tab={tab}").words
        assert "02/03/2026 07:20" not in roch.words, "a hidden tab hides these, too"


def test_how_old_the_data_are_stands_on_each_sheet(house, judith):
    house.visitor()
    assert re.search(r"badge good[^>]*><svg.*?données du \d\d/\d\d/20\d\d \d\d:\d\d", judith.file("P1").text, re.DOTALL)
    house.later(hours=25 + 24 * 365)
    judith = house.browser()
    judith.contact()
    assert re.search(r"badge warn[^>]*><svg.*?données du", judith.file("P1").text, re.DOTALL)


def test_files_of_the_same_person_are_named(house, judith):
    house.import_("people", WHOLE | {"ref": "P9", "number": "9000000009", "first_names": "Jérome"})
    house.visitor()
    assert 'hx-get="/desk/inquiry/similar/P1"' in judith.file("P1").text
    assert "Peut-être la même personne : BAMOU Jérome" in judith.open("/desk/inquiry/similar/P1", part=True).words


#: What somebody types into the address, and how it is answered.
TYPED = [
    ("/desk/inquiry/file/P404", 404),
    ("/desk/inquiry/file/../../etc/passwd", 404),
    ("/desk/inquiry/file/%00", 400),
    ("/desk/inquiry/file/P1?tab=passwords", 200),
    ("/desk/inquiry/file/P1?tab=employments&page=abc", 200),
    ("/desk/inquiry/file/P1?tab=employments&page=-9999999999999999999999", 200),
    ("/desk/inquiry/file/P1?on=2026-02-30", 422),
    ("/desk/inquiry/file/P1?on=9999-99-99&known=x", 422),
    ("/desk/inquiry/file/P1?known=2099-01-01", 422),
    ("/desk/inquiry/search?q=" + "%27%22*-" * 30, 200),
    ("/desk/inquiry/search?q=%F0%9F%98%80%00%00", 400),
    ("/desk/inquiry/similar/P404", 200),
    ("/desk/visits/nobody", 404),
    ("/desk/inquiry/synthesis/P404", 404),
]


def test_whatever_is_typed_into_the_address_is_answered_in_words(house, judith):
    house.visitor()
    for path, status in TYPED:
        for part in (True, False):
            assert (path, judith.open(path, part=part).status) == (path, status)
            assert "Traceback" not in judith.text


# --- the visit


def test_the_requester_is_noted_and_the_persons_concerned_are_linked(house, judith):
    visit = house.visitor()
    judith.send(f"/desk/visits/{visit}/requester", name="Jérôme Bamou", quality="proxy")
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    judith.send(f"/desk/visits/{visit}/concerned", party="E1")
    assert "Demandeur · mandataire Jérôme Bamou" in judith.words
    assert judith.link("BAMOU Jérôme") == "/desk/inquiry/file/P1"
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    assert (judith.status, "déjà dans la visite" in judith.words) == (409, True)
    judith.send(f"/desk/visits/{visit}/concerned/1/remove")
    assert "BAMOU" not in re.sub(r"Jérôme Bamou", "", judith.words)
    assert [line.text for line in house.picture().thread][-2:] == [
        "Demandeur noté : mandataire", "Personne concernée ajoutée",
    ]  # fmt: skip


def test_the_name_given_at_reception_is_the_requester_until_somebody_says_more(house, judith):
    label = house.give("inquiry", requester="NGOMA Pauline")
    house.counter("02").next()
    assert "NGOMA Pauline" in judith.open("/desk/strip", part=True).words
    judith.send(f"/desk/visits/{house.id_of(label)}/requester", party="P1", quality="self")
    assert "BAMOU Jérôme" in judith.words
    assert "NGOMA" not in judith.words


def test_a_visit_is_its_agents_to_write_in(house, judith):
    visit = house.visitor("02")
    arsene = house.browser(ARSENE)
    arsene.send(f"/desk/visits/{visit}/concerned", party="P1")
    assert (arsene.status, "à un autre guichet" in arsene.words) == (409, True)
    assert arsene.open(f"/desk/visits/{visit}").status == 403
    judith.send(f"/desk/visits/{visit}/concerned", party="P404")
    assert judith.status == 409
    house.counter("02").transfer(to="03")
    assert house.counter("03").next()
    arsene.send(f"/desk/visits/{visit}/concerned", party="P1")
    assert (arsene.status, arsene.link("BAMOU Jérôme")) == (200, "/desk/inquiry/file/P1")


def test_a_restricted_name_does_not_travel_with_the_visit(house):
    visit = house.visitor("02")
    paul = house.browser("01204H")
    house.counter("02").transfer(to="03")
    assert house.counter("03").next()
    arsene = house.browser(ARSENE)
    arsene.send(f"/desk/visits/{visit}/concerned", party="P3")
    assert "non autorisé" in arsene.words
    for page in (arsene.open("/desk/inquiry"), arsene.open(f"/desk/visits/{visit}")):
        assert "Ombeline" not in page.text
    assert "Ombeline" not in paul.open("/desk/strip", part=True).text


def test_what_was_typed_for_one_visit_is_noted_for_it_whoever_is_there_by_now(house, judith):
    first = house.visitor()
    house.counter("02").finish()
    second = house.visitor()
    judith.note("not_convinced", visit=first, note="trois mois de 2012", party="P1")
    assert "pas convaincu, à transmettre" in judith.words
    judith.note("answered", visit=second)
    rows = house.hub.reader.execute("SELECT ticket, result, party, note FROM inquiry ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [
        (1, "not_convinced", "P1", "trois mois de 2012"), (2, "answered", None, None),
    ]  # fmt: skip
    assert [line.text for line in house.picture().thread][-1] == "Mois manquants : répondu"


def test_s5_one_of_two_is_fifty_percent_at_the_first_level(house, judith):
    """The inquiry half of S5: about missing months, NON_CONVAINCU; another is answered by telephone."""
    visit = house.visitor()
    assert 'href="/desk/request/new?why=not_convinced"' in judith.note("not_convinced", visit=visit).text
    house.counter("02").finish()
    judith.contact("telephone", "un assuré appelle")
    judith.note("answered", subject="payment")
    day = queue_store.day(house.hub.reader).id
    assert store.first_level(house.hub.reader, day).percent == 50
    assert store.first_level(house.hub.reader, day, JUDITH).asked == 2
    assert store.first_level(house.hub.reader, day, ARSENE).percent is None
    director = house.browser("00101X").open("/desk/inquiry").words
    assert "50 % 1 demandes sur 2" in director
    assert "Guichet 1" in director
    assert "Téléphone 1" in director


def test_a_note_without_subject_or_asker_says_where_and_keeps_what_was_typed(house, judith):
    judith.note("answered", note="longue histoire")
    assert (judith.status, "Pour qui ?" in judith.words) == (409, True)
    visit = house.visitor()
    judith.note("answered", subject="", note="longue histoire", visit=visit)
    assert judith.status == 422
    assert 'value="longue histoire"' in judith.text
    assert 'aria-invalid="true"' in judith.text


def test_the_visit_is_one_slip_on_the_page_where_no_printer_is(house, judith):
    visit = house.visitor()
    judith.file("P1")
    judith.send(f"/desk/visits/{visit}/requester", name="Jérôme Bamou", quality="proxy")
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    judith.note("answered", visit=visit)
    words = judith.open(f"/desk/visits/{visit}").words
    for said in (
        "A001", "02/03/2026", "02-Renseignements", "Jérôme Bamou (mandataire)", "2133415888", "Fiche consultée",
        "Mois manquants : répondu", "Agent : OKEMBA Judith",
    ):  # fmt: skip
        assert said in words
    judith.send(f"/desk/visits/{visit}/print")
    assert (judith.status, "n'a pas d'imprimante" in judith.words) == (409, True)


def test_the_visit_is_one_slip_at_the_counters_printer_where_there_is_one(house, judith):
    counters = tuple(each.model_copy(update={"printer": "K1"}) for each in house.hub.settings.counters)
    house.hub = Hub(house.hub.settings.model_copy(update={"counters": counters}), house.hub.store)
    house._wire()
    judith = house.browser()
    visit = house.visitor()
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    for _ in range(2):
        judith.send(f"/desk/visits/{visit}/print")
        assert "sort à l'imprimante du guichet" in judith.words
    first, second = open_jobs(house.hub.reader, "K1")
    assert (first.about, first.copy, second.about, second.copy) == ("visit 1", 0, "visit 1", 1)
    assert Pair("BAMOU Jérôme", "2133415888") in first.slip
    assert second.slip[0].text == "*** DUPLICATA 1 ***"
    assert "BAMOU" not in "".join(row["payload"] for row in house.entries("print_job_queued"))


def test_whoever_reads_the_names_on_a_screen_reads_them_nowhere_else(house, judith):
    """No name in a picture, in the public part of the journal, in a kept answer or in the log of requests."""
    visit = house.visitor()
    judith.file("P1")
    judith.send(f"/desk/visits/{visit}/requester", name="Jérôme Bamou", quality="proxy")
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    judith.note("answered", visit=visit, note="BAMOU est content", party="P1")
    house.counter("02").finish()
    judith.contact(motive="lettre de Bamou")
    judith.file("P2")
    public = house.hub.reader.execute("SELECT subject || payload || coalesce(answer, '') FROM journal").fetchall()
    everything = " ".join(
        [str(row[0]) for row in public] + [str(as_json(house.picture(code))) for code in (JUDITH, ARSENE)]
    )
    for name in ("bamou", "jérôme", "2133415888", "grâce", '"p1"', '"p2"'):
        assert name not in everything.lower()


def test_a_replay_of_the_journal_gives_all_of_it_again(house, judith):
    visit = house.visitor()
    judith.file("P1")
    judith.send(f"/desk/visits/{visit}/requester", name="Jérôme Bamou", quality="proxy")
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    judith.send(f"/desk/visits/{visit}/concerned/1/remove")
    judith.note("answered", visit=visit, note="content")
    house.counter("02").finish()
    judith.contact()
    judith.send("/desk/contact/end")
    rooms = Rooms(house.rooms.appliers, house.rooms.migrations, house.rooms.state_tables)
    assert verify(house.data, rooms).problems == []


def test_a_restart_leaves_the_visit_as_it_was(house, judith):
    visit = house.visitor()
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    house.restart(later_by_s=30)
    assert house.browser().open().link("BAMOU Jérôme") == "/desk/inquiry/file/P1"


def test_a_double_click_is_one_note(house, judith):
    visit = house.visitor()
    for _ in range(2):
        judith.note("answered", visit=visit, key="the-same")
    assert store.next_inquiry(house.hub.reader) == 2


# --- those who oversee


def test_much_looking_is_told_to_who_does_it_and_to_the_supervisor(house, judith):
    house.visitor()
    for _ in range(60):
        judith.file("P1")
    assert "consultations en une heure" not in judith.words
    assert "61 consultations en une heure" in judith.file("P1").words
    seen = house.browser("00411A").open("/desk/inquiry/looks").words
    assert "OKEMBA Judith 61 1 61" in seen
    assert "BAMOU" not in seen
    house.later(minutes=61)
    assert "consultations en une heure" not in judith.file("P1").words


# --- what waits for somebody -------------------------------------------------------------------


def test_an_answer_that_waits_is_said_on_the_file_and_beside_the_name_until_it_is_told(house, judith):
    visit = house.visitor()
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    assert "badge warn" not in judith.open("/desk/strip", part=True).text
    with house.hub.store.transaction(Ask(HUB, "an answer")) as tx:
        notices.enqueue(tx, way="visit", about="request 7", text="Les mois de 2011 sont repris.", party="P1")
    assert "message" in judith.open("/desk/strip", part=True).words
    said = judith.file("P1")
    assert "À dire à cette personne : Les mois de 2011 sont repris." in said.words
    assert 'href="/desk/request/7"' in said.text
    assert "Les mois de 2011" not in judith.file("P1", "?on=2013-01-02").text
    notices.done(house.hub, Ask(HUB, "told"), notice=1)
    assert "À dire" not in judith.file("P1").words


@pytest.mark.parametrize(
    ("code", "begins"),
    [
        (JUDITH, "inquiry"),
        ("00733C", "reception"),
        ("01204H", "inquiry"),
        ("01101G", "inquiry"),
        ("01016E", "cash"),
        ("01022K", "cash"),
        ("01003B", "cash"),
    ],
)
def test_a_day_begins_with_one_s_own_work(house, code, begins):
    """A clerk prepares for the tills beside it; a cashier works there."""
    with house.app.test_request_context("/desk"):
        tabs = tabs_of(house.services, Actor(agent=code, roles=frozenset(PEOPLE[code][1])))
    assert tabs[0].name == begins
