"""Deposits on their whole road: the counter, the register, the acknowledgement, the validators, the head office."""

import json
import re

import pytest

from hardware import ink
from hub import notices, outbox
from hub.errors import IllegalStep, Refused
from hub.printing import store as print_store
from hub.printing.rules import marked
from hub.services.deposit import actions, paper, store
from hub.services.request import paper as letters
from hub.verify import Rooms, verify
from tests.hub.services.deposits import NADEGE, PAUL, SYLVIE, Clerk, decide, documents, staffed
from tests.hub.services.house import BAMOU, House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files and processes

MONDAY = brazzaville("2026-03-02")


@pytest.fixture
def house(tmp_path, workshop):
    found = staffed(House(tmp_path, MONDAY, ("deposit",), workshop))
    yield found
    found.close()


@pytest.fixture
def clerk(house):
    return Clerk(house)


def state(house, deposit):
    return actions.known(house.hub, deposit).state


def states(house, deposit):
    return [each.state for each in store.documents(house.hub.reader, deposit)]


# --- S1: taking in (R-031, R-052 to R-059) ---------------------------------------------------


def test_s1_fixture_r1_is_taken_in_line_2_forced_printed_and_handed_over(tmp_path, workshop):
    house = staffed(House(tmp_path, brazzaville("2013-05-16"), ("deposit",), workshop))
    ticket = house.visitor("05", "DEP", NADEGE)
    clerk = Clerk(house).begin()
    assert "Ticket D001" in clerk.words
    clerk.whose("PVN", married="1", children="1", family_council="1")
    assert "0/10 pièces" in clerk.words
    clerk.fill({"c0-e0-add": "0204"}, "row:c0-e0")
    typed = clerk.has("0401", issued="010510") | clerk.has("0102", issued="110213") | clerk.has("0412", issued="080313")
    typed |= (
        clerk.has("0203", issued="080313") | clerk.has("0204", issued="080313") | clerk.has("0217", issued="010513")
    )
    typed |= clerk.has("0228", issued="080513") | clerk.has("0400")
    clerk.fill(typed)
    assert "6/10 pièces, manquent : Copie d'acte de naissance : périmée, à renouveler" in clerk.words
    clerk.fill({}, "deposit")
    assert clerk.status == 422
    assert "Périmée depuis le 10/05/2013." in clerk.words
    assert "documents_deposited" not in house.kinds()
    motive = f"{clerk.row_of('0102')}-motive"
    clerk.fill({motive: "Seul exemplaire, à renouveler"}, "deposit")
    assert "Dépôt 2013/000001 enregistré." in clerk.words
    found = actions.known(house.hub, clerk.number)
    assert (found.label, found.documents, found.ticket, found.counter) == ("2013/000001", 8, ticket, "05")
    flagged = [(each.type, each.forced) for each in store.documents(house.hub.reader, found.id) if each.expired]
    assert flagged == [("0102", "Seul exemplaire, à renouveler")]
    screen = Screen(house, NADEGE)
    assert screen.send(f"/desk/deposit/{found.id}/hand").status == 409  # no deposit closes without its acknowledgement
    assert "Imprimez d'abord l'accusé." in screen.words
    screen.send(f"/desk/deposit/{found.id}/print")
    assert screen.data[:5] == b"%PDF-"
    screen.send(f"/desk/deposit/{found.id}/hand")
    assert "Accusé remis" in screen.words
    assert [line.said("fr") for line in store.thread(house.hub.reader, ticket)] == ["Dépôt 2013/000001 : 8 pièces"]
    # the validator's half
    lines = documents(house, found.id)
    second = next(each.id for each in store.documents(house.hub.reader, found.id) if each.expired)
    decide(house, "validate", *[each for each in lines if each != second])
    decide(house, "reject", second, motive="expired")
    assert state(house, found.id) == "partial"
    messages = [each for each in outbox.to_send(house.hub.reader) if each.topic == actions.TOPIC]
    assert len(messages) == 8  # one for each decision
    assert {each.aggregate for each in messages} == {f"deposit {found.id}"}
    assert sorted(each.payload["state"] for each in messages) == ["rejected", *["validated"] * 7]
    house.replayed()
    house.close()


def test_the_list_comes_with_the_event_and_what_central_data_say_of_the_household(house, clerk):
    child = {"ref": "P2", "roles": "dependant", "name": "BAMOU", "first_names": "Odile"}
    house.import_("people", BAMOU | {"marital_status": "married"}, child)
    house.import_(
        "relationships", {"ref": "R1", "party": "P1", "other": "P2", "type": "child", "start": "2009", "dependent": "1"}
    )
    assert not house.refused, house.refused
    house.visitor("05", "DEP", NADEGE)
    clerk.begin()
    clerk.fill({"name": "BAMOU", "c0-number": "2133415888"})
    assert "dossier connu" in clerk.words
    assert clerk.form()["c0-name"] == "BAMOU Jérôme"
    clerk.fill({"c0-new": "PVN"}, "event:c0")
    form = clerk.form()
    assert (form["c0-e0-has-married"], form["c0-e0-has-children"]) == ("1", "1")
    assert form[f"{clerk.row_of('0228')}-about"] == "BAMOU Odile"
    assert "party_read" in house.kinds()  # a look into a file is written down
    clerk.fill(clerk.has("0400"), "deposit")
    (party,) = store.parties(house.hub.reader, clerk.number)
    assert (party.party, party.name, dict(party.asked["PVN"])) == ("P1", "BAMOU Jérôme", {"children": 1, "married": 1})
    (line,) = store.sheet(house.hub.reader, "P1")
    assert (line.said("fr"), line.tab, line.provisional) == ("Dépôt 2026/000001 : 1 pièce", "documents", True)
    house.replayed()


def test_somebody_without_a_file_is_kept_by_number_and_name(house, clerk):
    clerk.begin()
    clerk.fill({"name": "IBARA", "c0-number": "55 44-X", "c0-name": "LOEMBA Inconnu", "c0-new": "CDV"}, "event:c0")
    assert "dossier connu" not in clerk.words
    clerk.fill(clerk.has("0408", issued="010326"), "deposit")
    (party,) = store.parties(house.hub.reader, clerk.number)
    assert (party.party, party.number, party.name) == (None, "55 44-X", "LOEMBA Inconnu")
    (line,) = store.documents(house.hub.reader, clerk.number)
    assert (line.period, line.valid_until) == ("2026-S1", "2026-08-31")


def test_several_persons_events_and_documents_in_one_deposit(house, clerk):
    clerk.begin()
    clerk.fill({"name": "Coursier", "quality": "employer", "c0-name": "Ets Djoué", "c0-type": "employer"}, "concerned")
    clerk.fill({"c1-name": "BAMOU", "c0-new": "DNS"}, "event:c0")
    clerk.fill({"c1-new": "CDV"}, "event:c1")
    clerk.fill({"c1-new": "RIB"}, "event:c1")
    typed = clerk.has("0510", issued="010326", period="02/2026") | clerk.has("0511", issued="010326", period="02/2026")
    typed |= clerk.has("0408", issued="010326") | clerk.has("0601", issued="010326")
    clerk.fill(typed, "deposit")
    found = paper.of(house.hub, house.hub.reader, actions.known(house.hub, clerk.number))
    told = [(p.rank, p.type, p.name, [(g.event, len(g.lines)) for g in p.groups]) for p in found.persons]
    assert told == [
        (1, "Employeur", "Ets Djoué", [("Déclaration périodique de salaires", 2)]),
        (2, "Assuré", "BAMOU", [("Contrôle périodique de vie", 1), ("Changement de coordonnées bancaires", 1)]),
    ]
    assert found.missing == (("BAMOU · Changement de coordonnées bancaires", ("Carte nationale d'identité (copie)",)),)
    house.replayed()


def test_who_stood_in_the_draft_without_documents_is_not_in_the_register(house, clerk):
    clerk.begin()
    clerk.fill({"name": "X", "c0-name": "Personne"}, "concerned")
    clerk.fill({"c1-name": "BAMOU", "c1-new": "CDV"}, "event:c1")
    clerk.fill(clerk.has("0408", issued="010326"), "deposit")
    assert [(each.rank, each.name) for each in store.parties(house.hub.reader, clerk.number)] == [(1, "BAMOU")]
    assert [each.rank for each in store.documents(house.hub.reader, clerk.number)] == [1]


@pytest.mark.nightly
def test_a_courier_with_forty_deposits_says_once_who_they_are(house, clerk):
    first = clerk.deposited("0601")
    for _ in range(39):
        clerk.begin(like=str(first))
        form = clerk.form()
        assert (form["name"], form["c0-name"]) == ("JEROME", "")
        clerk.fill({"c0-name": "Autre", "c0-new": "CDV"}, "event:c0")
        clerk.fill(clerk.has("0408", issued="010326"), "deposit")
    numbers = [row["number"] for row in house.hub.reader.execute("SELECT number FROM deposit ORDER BY id")]
    assert numbers == list(range(1, 41))
    house.replayed()


def test_what_is_left_at_reception_or_comes_by_mail_waits_to_be_collected(house, clerk):
    house.visitor("05", "DEP", NADEGE)
    for channel in ("left", "mail"):
        clerk.deposited("0601", channel=channel)
    found = store.to_hand(house.hub.reader)
    assert [(each.channel, each.ticket) for each in found] == [("left", None), ("mail", None)]
    assert "Accusés à remettre" in clerk.open("/desk/deposit").words
    assert [each.said("fr") for each in store.pending(house.hub.reader, NADEGE.agent)] == ["Accusés à remettre"]
    for each in found:
        clerk.send(f"/desk/deposit/{each.id}/print")
        clerk.send(f"/desk/deposit/{each.id}/hand")
    assert store.to_hand(house.hub.reader) == []


# --- drafts ----------------------------------------------------------------------------------


def test_a_draft_waits_for_its_agent_and_outlives_the_hub(house, clerk, tmp_path, workshop):
    clerk.begin()
    clerk.fill({"name": "JEROME", "c0-number": "2133415888", "c0-name": "BAMOU", "c0-new": "CDV"}, "event:c0")
    clerk.fill(clerk.has("0408", issued="010326"))
    assert [each.said("fr") for each in store.pending(house.hub.reader, NADEGE.agent)] == ["Dépôt à terminer"]
    assert "À terminer" in clerk.open("/desk/deposit").words
    house.hub.store.close()
    again = House(tmp_path, MONDAY, ("deposit",), workshop)
    back = Clerk(again)
    back.number = clerk.number
    back.open(f"/desk/deposit/{clerk.number}")
    form = back.form()
    assert (form["name"], form["c0-name"], form["c0-e0-d0-issued"]) == ("JEROME", "BAMOU", "010326")
    assert form["c0-e0-d0-there"] == "1"
    back.fill({}, "deposit")
    assert "Dépôt 2026/000001 enregistré." in back.words
    again.replayed()
    again.hub.store.close()


def test_the_list_of_drafts_says_whose_each_is_to_whoever_began_it_alone(house, clerk):
    for name, concerned in (("", {}), ("JEROME", {"c0-number": "2133415888", "c0-name": "BAMOU"}), ("BAMOU", {})):
        clerk.begin().fill({"name": name, "c0-new": "CDV"} | concerned, "event:c0")
    listed = clerk.open("/desk/deposit").words
    assert "déposant non saisi" in listed
    assert "JEROME · pour BAMOU" in listed
    assert "BAMOU commencé le" in listed
    assert "–" not in listed
    assert "JEROME" not in Clerk(house, SYLVIE).open("/desk/deposit").words


def test_an_abandoned_draft_leaves_no_gap_in_the_register(house, clerk):
    clerk.begin()
    clerk.send(f"/desk/deposit/{clerk.number}/abandon")
    assert state(house, clerk.number) == "cancelled"
    clerk.deposited("0601")
    assert actions.known(house.hub, clerk.number).label == "2026/000001"
    typed = house.hub.reader.execute("SELECT typed FROM deposit").fetchall()
    assert [row[0] for row in typed] == [None, None]


def test_the_register_begins_anew_each_year(house, clerk):
    clerk.deposited("0601")
    house.clock.jump(to=brazzaville("2027-01-04"))
    clerk.begin()
    clerk.fill({"name": "X", "c0-name": "Y", "c0-new": "CDV"}, "event:c0")
    clerk.fill(clerk.has("0408", issued="010127"), "deposit")
    labels = [row["label"] for row in house.hub.reader.execute("SELECT label FROM deposit ORDER BY id")]
    assert labels == ["2026/000001", "2027/000001"]


def test_the_same_press_deposits_once(house, clerk):
    clerk.begin()
    clerk.fill({"name": "X", "c0-name": "Y", "c0-new": "CDV"}, "event:c0")
    form = clerk.form() | clerk.has("0408", issued="010326")
    for _ in range(2):
        clerk.send(f"/desk/deposit/{clerk.number}", do="deposit", **form)
        assert "Dépôt 2026/000001" in clerk.words or clerk.status == 409
    assert house.kinds().count("documents_deposited") == 1


def test_whose_file_it_is_cannot_be_said_by_a_form(house, clerk):
    house.import_("people", BAMOU)
    clerk.begin()
    clerk.fill({"name": "X", "c0-number": "2133415888"})
    clerk.fill({"c0-number": "0000000000", "c0-name": "Un autre", "c0-party": "P1", "c0-new": "CDV"}, "event:c0")
    clerk.fill(clerk.has("0408", issued="010326"), "deposit")
    (party,) = store.parties(house.hub.reader, clerk.number)
    assert (party.party, party.name) == (None, "Un autre")


# --- the acknowledgement -----------------------------------------------------------------------------


def test_sheet_and_slip_share_one_count_and_say_duplicata(house, clerk, monkeypatch):
    counter = house.hub.settings.counter("05")
    object.__setattr__(counter, "printer", "RECUS")
    house.visitor("05", "DEP", NADEGE)
    clerk.deposited("0601")
    printed = []
    monkeypatch.setattr(
        type(house.hub.workshop), "drawn", lambda _, sources, data, at: printed.append(data["copy"]) or b"%PDF-"
    )
    for way in ("print", "slip", "print"):
        clerk.send(f"/desk/deposit/{clerk.number}/{way}")
    assert printed == [0, 2]
    job = print_store.last_job_about(house.hub.reader, f"deposit {clerk.number}")
    assert (job.copy, job.printer) == (1, "RECUS")
    assert actions.known(house.hub, clerk.number).copies == 3
    said = json.dumps([getattr(line, "text", getattr(line, "data", "")) for line in job.slip], ensure_ascii=False)
    assert "2026/000001" in said
    assert re.search(r"CNSS-BZV-SIEGE/2026/000001/\d\d", said)
    for columns in (48, 32):
        sent = ink.encode(marked(job), columns, "CP1252")
        told = " ".join(re.sub(rb"[\x1b\x1d][^\n]{1,3}", b"", sent).decode("cp1252", "replace").split())
        assert "DUPLICATA 1" in told
        assert "Relevé d'identité bancaire (RIB), 01/03/2026" in told
        assert b"\x1d(k" in sent  # the QR, drawn by the printer itself
    house.replayed()


def test_the_qr_of_a_acknowledgement_opens_its_deposit_and_a_misread_one_does_not(house, clerk):
    clerk.deposited("0601")
    code = paper.of(house.hub, house.hub.reader, actions.known(house.hub, clerk.number)).code
    again = clerk.client.get("/desk/deposit", query_string={"q": code.lower()})
    assert (again.status_code, again.headers["Location"]) == (303, f"/desk/deposit/{clerk.number}")
    assert [each.url for each in store.finds(house.hub.reader, code)] == [f"/desk/deposit/{clerk.number}"]
    misread = f"{code[:-2]}{(int(code[-2:]) + 1) % 97:02d}"
    assert "Aucun dépôt ne porte le numéro" in clerk.open(f"/desk/deposit?q={misread}").words
    assert store.finds(house.hub.reader, misread) == ()
    assert store.finds(house.hub.reader, "REQ-2026-000001") == ()


def test_without_a_printer_the_slip_says_so_and_counts_nothing(house, clerk):
    clerk.deposited("0601")
    clerk.send(f"/desk/deposit/{clerk.number}/slip")
    assert (clerk.status, "Aucune imprimante" in clerk.words) == (409, True)
    assert actions.known(house.hub, clerk.number).copies == 0


# --- decisions (B.4) -------------------------------------------------------------------------


def test_b4_rejecting_0309_of_ticket_6_leaves_the_others_valid_and_the_deposit_partial(house, clerk):
    deposit = clerk.deposited("0301", "0309", "0310", "0314", event="IJ")
    lines = {each.type: each.id for each in store.documents(house.hub.reader, deposit)}
    assert set(lines) == {"0301", "0309", "0310", "0314"}
    decide(house, "reject", lines["0309"], motive="illegible")
    assert state(house, deposit) == "deposited"
    decide(house, "validate", lines["0301"], lines["0310"], lines["0314"])
    assert state(house, deposit) == "partial"
    found = {each.type: each.state for each in store.documents(house.hub.reader, deposit)}
    assert found == {"0301": "validated", "0309": "rejected", "0310": "validated", "0314": "validated"}
    house.replayed()


def test_b4_the_second_validator_on_a_row_is_refused_with_the_firsts_name(house, clerk):
    deposit = clerk.deposited("0601", "0101", event="RIB")
    first, second = documents(house, deposit)
    decide(house, "validate", first)
    screen = Screen(house, PAUL)
    screen.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    both = {"document": [str(first), str(second)], "outcome": "validate", "key": "p1", "csrf": "c"}
    answer = screen.client.post("/desk/deposit/validation", data=both)
    assert answer.status_code == 409
    assert "déjà décidée (01101G MOUKALA Sylvie)" in answer.text
    assert states(house, deposit) == ["validated", "deposited"]  # nothing of that press was done
    assert f'value="{second}" aria-label="Valider 0101' in answer.text
    assert " checked>" in answer.text[answer.text.index(f'value="{second}"') :][:200]  # and its tick is still there


def test_a_rejection_makes_a_notice_with_its_motives_and_undoing_takes_it_away(house, clerk):
    house.import_("people", BAMOU)
    deposit = clerk.deposited("0601", "0101", event="RIB")
    first, second = documents(house, deposit)
    decide(house, "reject", first, motive="other", note="signature absente")
    decide(house, "ask", second, motive="incomplete")
    (told,) = notices.to_tell(house.hub.reader, "P1")
    assert told.text == (
        "Votre dépôt 2026/000001 :\n"
        "- Relevé d'identité bancaire (RIB) : pièce rejetée, Autre (à préciser) – signature absente.\n"
        "- Carte nationale d'identité (copie) : à compléter, Incomplète."
    )
    screen = Screen(house, NADEGE).open(f"/desk/deposit/{deposit}")
    assert "À dire au déposant" in screen.words
    actions.undo(house.hub, house.ask(PAUL), document=first)
    (told,) = notices.to_tell(house.hub.reader, "P1")
    assert "RIB" not in told.text
    screen.send(f"/desk/deposit/documents/{second}/supply")
    assert states(house, deposit) == ["deposited", "deposited"]
    assert notices.to_tell(house.hub.reader, "P1") == []
    house.replayed()


def test_a_rejected_document_is_replaced_by_another_deposit(house, clerk):
    old = clerk.deposited("0601", "0101", event="RIB")
    first, second = documents(house, old)
    decide(house, "reject", first, motive="illegible")
    decide(house, "validate", second)
    screen = Clerk(house).open(f"/desk/deposit/{old}")
    assert "rejetée, à remplacer" in screen.words
    screen.send(f"/desk/deposit/documents/{first}/replace")
    screen.number = old + 1
    form = screen.form()
    assert (form["name"], form["c0-name"], form["c0-e0-event"]) == ("JEROME", "BAMOU JEROME", "RIB")
    screen.fill({f"{screen.row_of('0601')}-issued": "01032026"})
    screen.fill({}, "deposit")
    (line,) = store.documents(house.hub.reader, old + 1)
    assert (line.type, line.replaces) == ("0601", first)
    assert notices.to_print(house.hub.reader) == []  # what was rejected need not be told any more
    screen.open(f"/desk/deposit/{old}")
    assert "remplacée par 2026/000002" in screen.words
    assert "rejetée, à remplacer" not in screen.words
    assert state(house, old) == "partial"
    again = Screen(house, NADEGE).send(f"/desk/deposit/documents/{second}/replace")
    assert again.status == 409  # what was accepted is not replaced
    house.replayed()


def test_who_has_no_file_gets_a_letter(house, clerk):
    deposit = clerk.deposited("0601")
    decide(house, "reject", *documents(house, deposit), motive="illegible")
    (letter,) = notices.to_print(house.hub.reader)
    assert (letter.name, letter.about) == ("BAMOU JEROME", f"deposit {deposit}")
    screen = Screen(house, NADEGE)
    assert screen.send(f"/desk/deposit/notices/{letter.id}/told").status == 200
    assert notices.to_print(house.hub.reader) == []


def test_the_letters_of_deposits_go_out_with_those_of_requests(tmp_path, workshop):
    house = staffed(House(tmp_path, MONDAY, ("request", "deposit"), workshop))
    deposit = Clerk(house).deposited("0601")
    decide(house, "reject", *documents(house, deposit), motive="illegible")
    (letter,) = notices.to_print(house.hub.reader)
    assert letters._letter(house.hub, letter, "fr")["object"] == "Votre dépôt de pièces"
    screen = Screen(house, SYLVIE).send("/desk/request/letters", letter=str(letter.id))
    assert screen.data[:5] == b"%PDF-"
    assert notices.to_print(house.hub.reader) == []
    house.close()


def test_four_eyes_and_undo_on_the_same_day(house, clerk):
    both = type(NADEGE)(agent=NADEGE.agent, roles=frozenset({"clerk", "validator"}))
    deposit = clerk.deposited("0601")
    (line,) = documents(house, deposit)
    with pytest.raises(Refused) as error:
        decide(house, "validate", line, actor=both)
    assert error.value.reason == "own_deposit"
    decide(house, "validate", line)
    with pytest.raises(Refused) as error:
        actions.undo(house.hub, house.ask(SYLVIE), document=line)
    assert error.value.reason == "own_decision"
    house.clock.jump(to=brazzaville("2026-03-03"))
    with pytest.raises(Refused) as error:
        actions.undo(house.hub, house.ask(PAUL), document=line)
    assert error.value.reason == "too_late_to_undo"
    house.clock.jump(to=brazzaville("2026-03-02", 15))
    actions.undo(house.hub, house.ask(PAUL), document=line)
    assert states(house, deposit) == ["deposited"]


def test_where_two_eyes_are_enough_one_does_all(tmp_path, workshop):
    house = staffed(House(tmp_path, MONDAY, ("deposit",), workshop, deposits={"four_eyes": False}))
    both = type(NADEGE)(agent=NADEGE.agent, roles=frozenset({"clerk", "validator"}))
    (line,) = documents(house, Clerk(house).deposited("0601"))
    decide(house, "validate", line, actor=both)
    actions.undo(house.hub, house.ask(both), document=line)
    house.close()


def test_one_motive_missing_and_nothing_is_done(house, clerk):
    deposit = clerk.deposited("0601", "0101", event="RIB")
    first, second = documents(house, deposit)
    choices = (actions.Choice(first, "illegible"), actions.Choice(second, ""))
    with pytest.raises(Refused) as error:
        actions.decide(house.hub, house.ask(SYLVIE), outcome="reject", choices=choices)
    assert error.value.reason == "motive_needed"
    assert states(house, deposit) == ["deposited", "deposited"]
    assert "outbox_message_queued" not in house.kinds()


# --- the head office (B.16) --------------------------------------------------------------------


def sent(house, message):
    with house.hub.store.transaction(house.ask(SYLVIE)) as tx:
        tx.record(outbox.OutboxMessageSent(message.id))


def test_what_the_head_office_has_taken_is_integrated_and_the_deposit_transmitted(house, clerk):
    deposit = clerk.deposited("0601", "0101", event="RIB")
    first, second = documents(house, deposit)
    decide(house, "validate", first)
    decide(house, "reject", second, motive="illegible")
    for message in outbox.to_send(house.hub.reader):
        sent(house, message)
        outbox.settle(house.hub, house.ask(), message=message.id, applied=True)
    assert states(house, deposit) == ["integrated", "rejected"]
    assert state(house, deposit) == "transmitted"
    with pytest.raises(IllegalStep):
        actions.undo(house.hub, house.ask(PAUL), document=first)
    house.replayed()


def test_what_the_head_office_refuses_comes_back_and_goes_again_in_its_place(house, clerk):
    deposit = clerk.deposited("0601", "0101", event="RIB")
    first, second = documents(house, deposit)
    decide(house, "validate", first)
    (message,) = outbox.to_send(house.hub.reader)
    sent(house, message)
    outbox.settle(house.hub, house.ask(), message=message.id, applied=False, reason="UNKNOWN_PARTY")
    assert states(house, deposit) == ["anomaly", "deposited"]
    screen = Screen(house, SYLVIE).open("/desk/deposit/validation?show=back")
    assert "UNKNOWN_PARTY" in screen.words
    decide(house, "validate", second)
    assert outbox.to_send(house.hub.reader) == []  # nothing overtakes what was refused
    screen.send(f"/desk/deposit/documents/{first}/put-right")
    decide(house, "validate", first)
    assert [(each.id, each.version) for each in outbox.to_send(house.hub.reader)] == [(1, 2), (2, 1)]
    house.replayed()


# --- names stay where they belong ----------------------------------------------------------------


def test_nobody_is_named_in_the_public_journal(house, clerk):
    house.import_("people", BAMOU)
    house.visitor("05", "DEP", NADEGE)
    clerk.begin()
    clerk.fill({"name": "IBARA Rose", "id_number": "1236548", "c0-number": "2133415888", "c0-new": "CDV"}, "event:c0")
    clerk.fill(clerk.has("0408", issued="23022026", about="Odile"))
    clerk.fill({}, "deposit")
    clerk.send(f"/desk/deposit/{clerk.number}/print")
    decide(house, "reject", *documents(house, clerk.number), motive="other", note="BAMOU a un homonyme")
    text = house.public_journal()
    assert not re.search("IBARA|BAMOU|2133415888|1236548|P1\\b|Odile|homonyme|2026-02-23|23022026", text)
    house.replayed()


def test_a_purge_empties_what_names_a_person_and_a_replay_agrees(house, clerk):
    deposit = clerk.deposited("0601")
    clerk.begin()
    clerk.fill({"name": "IBARA", "c0-name": "LOEMBA"})
    with house.hub.store.writer as connection:
        connection.execute("DELETE FROM journal_private")
        for table, columns in store.STATE_TABLES.items():
            if sets := ", ".join(f"{name} = NULL" for name in columns):
                connection.execute(f"UPDATE {table} SET {sets}")  # noqa: S608 (names of ours)
    rooms = Rooms(house.rooms.appliers, house.rooms.migrations, house.rooms.state_tables)
    assert verify(house.hub.store.folder, rooms).problems == []
    page = clerk.open(f"/desk/deposit/{deposit}")
    assert (page.status, "n'est plus gardé" in page.words) == (200, True)
    assert clerk.open(f"/desk/deposit/{clerk.number}").status == 200
    assert Screen(house, SYLVIE).open("/desk/deposit/validation").status == 200


def test_what_makes_no_sense_is_refused_in_words(house, clerk):
    deposit = clerk.deposited("0601")
    clerk.begin()
    draft = clerk.number
    validator = Screen(house, SYLVIE)
    for screen, path, form in (
        (clerk, "/99", {}),
        (clerk, f"/{draft}/look?row=c9-e9-d9", {}),
        (clerk, f"/{draft}/print", {}),
        (clerk, f"/{draft}/hand", {}),
        (clerk, f"/{deposit}", {"do": "save"}),
        (clerk, f"/{deposit}/abandon", {}),
        (clerk, f"/{draft}", {"do": "event:c0", "c0-new": "Z"}),
        (clerk, f"/{draft}", {"do": "deposit", "c0-e0-d0-there": "1", "c0-e0-d0-document": "x" * 5000}),
        (clerk, "", {"channel": "moon"}),
        (clerk, "", {"like": "99"}),
        (clerk, "/documents/99/supply", {}),
        (clerk, "/notices/99/told", {}),
        (validator, "/validation", {}),
        (validator, "/validation", {"document": "99", "outcome": "validate"}),
        (validator, "/validation", {"document": "1", "outcome": "moon"}),
        (validator, "/documents/1/undo", {}),
        (validator, "/documents/1/put-right", {}),
        (validator, "/validation", {"key": "k" * 65, "document": "1"}),
    ):
        screen.send(f"/desk/deposit{path}", **form)
        assert 400 <= screen.status < 500, (path, form, screen.status)
    for query in ("since=hier&until=99999&show=moon", "event=%00", "ticket=" + "x" * 500, "agent=*"):
        assert validator.open(f"/desk/deposit/validation?{query}").status == 200
    assert clerk.send(f"/desk/deposit/{draft}", do="drop:c0-e7").status == 200
    assert clerk.send(f"/desk/deposit/{draft}", do="row:c0-e0", **{"c12-e3-d9-there": "1"}).status == 200


def test_a_form_of_any_size_stays_a_form(house, clerk):
    clerk.begin()
    typed = {f"c{person}-e{event}-d{row}-there": "1" for person in range(80) for event in range(3) for row in range(9)}
    clerk.send(f"/desk/deposit/{clerk.number}", do="save", name="x" * 9_000, **typed)
    assert clerk.status == 200
    kept = store.draft_of(actions.known(house.hub, clerk.number))
    assert len(kept.concerned) == 60
    assert len(kept.depositor.name) == 300
