"""What had its time is destroyed: nothing of it is left in the file, the log or the rows, and the chain still holds."""

import io
import json
import time

import pikepdf
import pytest

from hub import notices
from hub.ask import HUB, Actor, Ask
from hub.errors import NotAllowed, Refused, StoreFault
from hub.privacy import actions, purge, store
from hub.queues import actions as queues
from hub.services.cash import paying
from hub.services.deposit import actions as deposit
from hub.services.deposit.model import Depositor, Draft
from hub.services.request import actions as request
from hub.verify import Rooms, verify
from tests.hub.inquiry.house import JUDITH, House

pytestmark = pytest.mark.slow  # real files

YEAR_S = 365 * 86_400
#: Stands nowhere else: what a visitor said, and a name that only a visit knew.
SECRET, NAME = "Zanaga-Mossendjo", "OYAKHILOME Tantine"
CHIEF, CASHIER = "00411A", "01003B"


def ask(code: str) -> Ask:
    return Ask(Actor(agent=code, roles=frozenset({"supervisor"})))


@pytest.fixture
def aged(house):
    """Visits with names, looks, inquiries and notices; then three years go by, and today's are made."""
    _day_of_work(house, SECRET)
    house.later(seconds=3 * YEAR_S)
    _day_of_work(house, "hier encore", fresh=True)
    queues.close_day(house.hub, Ask(HUB), force=True)
    return house


def _day_of_work(house: House, said: str, *, fresh: bool = False) -> None:
    if fresh:
        queues.close_day(house.hub, Ask(HUB), force=True)
        house.open_day()
        house.counter("02").open(JUDITH)
    visit, judith = house.visitor(), house.browser(JUDITH)
    judith.file("P1")
    judith.send(f"/desk/visits/{visit}/requester", name=NAME if not fresh else "MALONGA Ida", quality="proxy")
    judith.send(f"/desk/visits/{visit}/concerned", party="P1")
    judith.note("not_convinced", visit=visit, note=said, party="P1")
    with house.hub.store.transaction(Ask(HUB)) as tx:
        notices.enqueue(tx, way="print", about="request 1", text=f"Cher {said}", party="P1", name=said)
    house.counter("02").finish()


def approved(house) -> int:
    number = actions.propose(house.hub, ask(CHIEF))["proposal"]
    actions.approve(house.hub, ask(CHIEF), proposal=number)
    actions.approve(house.hub, ask(CASHIER), proposal=number)
    return number


def destroy(house, number):
    return purge.destroy(house.hub, ask(CHIEF), proposal=number, tables=house.rooms.state_tables)


def everything(house) -> bytes:
    """All bytes of the data folder, but the replica of central data, which is not ours to empty."""
    files = [each for each in (house.folder / "data").rglob("*") if each.is_file() and "people.db" not in each.name]
    return b"".join(each.read_bytes() for each in files)


def test_nothing_of_it_is_left_in_any_file_and_all_else_is(aged):
    before = everything(aged)
    assert SECRET.encode() in before
    assert NAME.encode() in before
    number = approved(aged)
    assert destroy(aged, number) == 4  # who asked, whom it is about, what was said, the letter
    after = everything(aged)
    assert SECRET.encode() not in after
    assert NAME.encode() not in after
    assert b"hier encore" in after
    assert b"MALONGA Ida" in after
    found = store.proposal(aged.hub.reader, number)
    assert (found.state, found.approved_by) == ("wiped", (CHIEF, CASHIER))


def test_the_chain_the_signatures_and_the_replay_still_hold(aged):
    aged.hub.store.sign_head("day_closed")
    destroy(aged, approved(aged))
    rooms = Rooms(aged.rooms.appliers, aged.rooms.migrations, aged.rooms.state_tables)
    assert verify(aged.hub.store.folder, rooms).problems == []
    looks = aged.looks()
    assert [row["party"] for row in looks] == ["P1", "P1"]  # looks are kept ten years
    assert [row["note"] for row in aged.hub.reader.execute("SELECT note FROM inquiry ORDER BY id")] == [
        None, "hier encore",
    ]  # fmt: skip
    names = [row["name"] for row in aged.hub.reader.execute("SELECT name FROM visit_requester ORDER BY ticket")]
    assert names == [None, "MALONGA Ida"]


def test_what_is_destroyed_is_what_was_approved_or_nothing(aged, monkeypatch):
    number = approved(aged)
    aged.hub.store.writer.execute(
        "DELETE FROM journal_private WHERE seq = (SELECT min(seq) FROM journal WHERE kind = 'inquiry_noted')"
    )
    before = aged.hub.reader.execute("SELECT count(*) FROM journal_private").fetchone()[0]
    with pytest.raises(Refused) as refused:
        destroy(aged, number)
    assert refused.value.reason == "not_what_was_approved"
    assert aged.hub.reader.execute("SELECT count(*) FROM journal_private").fetchone()[0] == before


def test_not_by_one_person_and_not_in_the_middle_of_a_day(aged):
    number = actions.propose(aged.hub, ask(CHIEF))["proposal"]
    with pytest.raises(Refused):
        destroy(aged, number)
    actions.approve(aged.hub, ask(CHIEF), proposal=number)
    with pytest.raises(NotAllowed):
        actions.approve(aged.hub, ask(CHIEF), proposal=number)
    actions.approve(aged.hub, ask(CASHIER), proposal=number)
    aged.later(seconds=86_400)
    aged.open_day()
    with pytest.raises(Refused) as refused:
        destroy(aged, number)
    assert refused.value.reason == "day_open"
    actions.withdraw(aged.hub, ask(CHIEF), proposal=number)
    assert store.going_on(aged.hub.reader) is None


def test_a_file_that_could_not_be_rewritten_is_rewritten_when_asked_again(aged, monkeypatch):
    number = approved(aged)
    rewrite = aged.hub.store.rewrite

    def full() -> None:
        raise StoreFault("nothing was recorded, the disk refused: full")

    monkeypatch.setattr(aged.hub.store, "rewrite", full)
    with pytest.raises(StoreFault):
        destroy(aged, number)
    assert store.proposal(aged.hub.reader, number).state == "destroyed"
    monkeypatch.setattr(aged.hub.store, "rewrite", rewrite)
    destroy(aged, number)
    assert store.proposal(aged.hub.reader, number).state == "wiped"
    assert SECRET.encode() not in everything(aged)


def test_what_a_backup_brought_back_is_told_and_destroyed_again(aged):
    number = approved(aged)
    kept = aged.hub.reader.execute("SELECT * FROM journal_private").fetchall()
    destroy(aged, number)
    ended = store.proposal(aged.hub.reader, number).ended
    assert "Une sauvegarde a ramené" not in aged.browser(CHIEF).open("/privacy").words
    for row in kept:  # as a restore from whole copy and stream does
        aged.hub.store.writer.execute("INSERT OR IGNORE INTO journal_private VALUES (?, ?, ?)", tuple(row))
    aged.hub.store.writer.execute("UPDATE inquiry SET note = ? WHERE id = 1", (SECRET,))
    said = aged.browser(CHIEF).open("/privacy").words
    assert "Une sauvegarde a ramené 4 parties personnelles détruites par la proposition n° 1" in said
    aged.later(seconds=86_400)
    destroy(aged, number)
    assert SECRET.encode() not in everything(aged)
    assert store.proposal(aged.hub.reader, number).ended == ended
    assert "Une sauvegarde a ramené" not in aged.browser(CHIEF).open("/privacy").words


# --- files that are still worked on


CLERK, OFFICER = Ask(Actor(agent=JUDITH)), Ask(Actor(agent="01204H", roles=frozenset({"case_officer"})))
ASKED = request.Asked("request", "missing_months", "question-encore-ouverte", party="P1", visitor="BAMOU")


@pytest.fixture
def open_files(house):
    """A request, a draft of a deposit and an unpaid order of eleven years ago, beside a visit of then."""
    _day_of_work(house, SECRET)
    request.send_on(house.hub, CLERK, asked=ASKED, why="complex", service="21")
    deposit.begin(house.hub, CLERK, draft=Draft(Depositor("DEPOSANT-DU-BROUILLON")))
    order = {"number": "4417", "nature": "pension", "amount": 600_000, "payee": "PAYE-EN-ATTENTE", "party": "P1",
             "pay_from": "2026-03-02", "pay_until": "2099-12-31"}  # fmt: skip
    paying.receive(house.hub, ask(CHIEF), said=[order])
    queues.close_day(house.hub, Ask(HUB), force=True)
    house.later(seconds=11 * YEAR_S)
    return house


def still_there(house) -> list[str]:
    kept = everything(house)
    return [each for each in ("question-encore", "DEPOSANT-DU", "PAYE-EN", SECRET) if each.encode() in kept]


def test_what_is_still_worked_on_stays_whatever_its_age_and_the_page_says_why(open_files):
    house = open_files
    said = house.browser(CHIEF).open("/privacy").words
    assert "1 écriture aussi ancienne reste : on travaille encore à son dossier. (requête 1)" in said
    assert "(ordre 4417)" in said
    number = approved(house)
    assert store.proposal(house.hub.reader, number).held == ("request 1", "order 4417", "deposit 1")
    destroy(house, number)
    assert still_there(house) == ["question-encore", "DEPOSANT-DU", "PAYE-EN"]
    rooms = Rooms(house.rooms.appliers, house.rooms.migrations, house.rooms.state_tables)
    assert verify(house.hub.store.folder, rooms).problems == []


def test_a_file_goes_once_it_is_done_with_and_one_that_is_taken_up_again_stops_the_destruction(open_files):
    house = open_files
    request.take(house.hub, OFFICER, request=1)
    request.answer(house.hub, OFFICER, request=1, channel="counter", text="Voici.")
    request.inform(house.hub, CLERK, request=1)
    deposit.abandon(house.hub, CLERK, deposit=1)
    number = approved(house)
    assert store.proposal(house.hub.reader, number).held == ("order 4417",)
    request.contest(house.hub, CLERK, request=1, text="Ce n'est pas cela.")
    with pytest.raises(Refused) as refused:
        destroy(house, number)
    assert (refused.value.reason, refused.value.facts["file"]) == ("worked_on_again", "request 1")
    assert SECRET in still_there(house), "nothing goes"


def test_what_a_killed_hub_left_behind_is_cleared_away(aged):
    left = aged.hub.store.folder / "retention-left"
    left.mkdir()
    (left / "replayed.db").write_bytes(b"x")
    destroy(aged, approved(aged))
    assert not left.exists()


def test_without_the_rewriting_traces_would_be_found(aged, monkeypatch):
    """The first test looks at free places too: deleting alone leaves the words in the file."""
    monkeypatch.setattr(aged.hub.store, "rewrite", lambda: None)
    destroy(aged, approved(aged))
    assert SECRET.encode() in everything(aged)


# --- pages


def test_two_approve_on_the_page_and_the_certificate_says_what_went(aged):
    chief = aged.browser(CHIEF)
    said = chief.open("/privacy").words
    assert "Renseignements notés 24 mois" in said
    chief.send("/privacy/propose")
    chief.send("/privacy/1/approve")
    assert "Une autre personne doit approuver aussi" in chief.open("/privacy").words
    chief.send("/privacy/1/approve")
    assert "une autre personne doit le faire" in chief.words
    aged.browser(CASHIER).send("/privacy/1/approve")
    chief.send("/privacy/1/destroy")
    deadline = time.monotonic() + 20
    while "Procès-verbal" not in chief.open("/privacy").words and time.monotonic() < deadline:
        time.sleep(0.05)
    assert SECRET.encode() not in everything(aged)
    answer = chief.client.get("/privacy/1/certificate")
    assert answer.data.startswith(b"%PDF"), answer.text
    assert "Procès-verbal de destruction" in str(pikepdf.open(io.BytesIO(answer.data)).docinfo.Title)
    assert aged.browser("00990Z").open("/privacy").status == 200
    assert aged.browser("00001A").open("/privacy").status == 403
    assert aged.browser("00990Z").send("/privacy/propose").status == 403


def test_a_person_gets_all_that_is_held_and_who_looked(aged):
    chief = aged.browser(CHIEF)
    assert "Dites pourquoi" in chief.send("/privacy/report", party="2133415888", motive="").words
    assert chief.send("/privacy/report", party="9999", motive="demande écrite").status == 404
    said = chief.send("/privacy/report", party="2133415888", motive="demande écrite").words
    for word in ("BAMOU", "Kinkala", "Magasinier", "OKEMBA Judith", "demande écrite", "Visite, ticket", "2013-00412"):
        assert word in said, word
    (entry,) = aged.entries("person_reported")
    assert json.loads(entry["payload"]) == {}
    assert aged.browser(JUDITH).send("/privacy/report", party="P1", motive="x").status == 403
