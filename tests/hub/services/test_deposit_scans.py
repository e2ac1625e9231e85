"""Scans on their whole road: sent to a row, out of a scanner's folder, looked at, placed, handed on, destroyed."""

import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from hub.ask import HUB, Actor
from hub.errors import NotFound, Refused
from hub.privacy import actions as privacy
from hub.privacy import purge
from hub.privacy.classes import classes
from hub.say import words
from hub.services.deposit import actions, batches, handing, scan_store, scanning, separators, store
from hub.services.deposit.separators import Part, Target
from hub.verify import verify
from tests.hub.services.deposits import NADEGE, SYLVIE, Clerk, documents, seed_acknowledgement, staffed
from tests.hub.services.house import House, Screen, brazzaville
from tests.hub.services.scanner import jpeg, one_page, paper, pdf, png

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow  # real files and processes

MONDAY = brazzaville("2026-03-02")
CHIEF, CASHIER = (Actor(agent=code, roles=frozenset({"supervisor"})) for code in ("00411A", "01003B"))


def next_scan(house) -> int:
    """The number of the next scan."""
    return store.next_id(house.hub.reader, "deposit_scan")


@pytest.fixture(scope="module")
def house(tmp_path_factory, workshop):
    folder = tmp_path_factory.mktemp("scans")
    found = staffed(House(folder, MONDAY, ("deposit",), workshop, deposits={"scans_from": str(folder / "scanner")}))
    (folder / "scanner").mkdir()
    yield found
    found.replayed()
    found.close()


@pytest.fixture(scope="module")
def deposit(house):
    """D.4, of the seed: eight documents."""
    return seed_acknowledgement(house)


@pytest.fixture(scope="module")
def screen(house):
    return Screen(house, NADEGE)


def sent(screen, where, content, *, key=None, name="scan.pdf"):
    answer = screen.client.post(
        where, data=content, headers={"X-Key": key or screen.house.ask().key, "X-File-Name": name}
    )
    return answer.status_code, answer.json


def kept(house, content=None, **where):
    """A scan that is there; its row."""
    answer = scanning.receive(house.hub, house.ask(NADEGE), io.BytesIO(content or jpeg()), name="x.jpg", **where)
    return scanning.known(house.hub.reader, answer["scan"])


def emptied(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()


# --- by hand ---------------------------------------------------------------------------------


def test_a_file_is_sent_to_a_row_seen_as_a_picture_and_its_hash_is_in_the_journal(house, screen, deposit):
    line = documents(house, deposit)[1]
    status, answer = sent(
        screen, f"/desk/deposit/{deposit}/scans?document={line}", pdf("a", "b"), name="BAMOU%20acte.pdf"
    )
    assert (status, answer["pages"], answer["flags"], answer["document"]) == (201, 2, [], line)
    found = scanning.known(house.hub.reader, answer["scan"])
    assert scanning.shelf_of(house.hub).read(found.sha256) == pdf("a", "b")
    assert found.sha256 in house.public_journal()
    assert "BAMOU acte" not in house.public_journal()
    assert "2 pages" in screen.open(f"/desk/deposit/{deposit}").words
    screen.open(f"/desk/deposit/scans/{found.id}/pages/2")
    assert (screen.status, screen.headers["Content-Type"]) == (200, "image/jpeg")
    assert "sandbox" in screen.headers["Content-Security-Policy"]
    assert Image.open(io.BytesIO(screen.data)).size == (1240, 1755)
    assert screen.open(f"/desk/deposit/scans/{found.id}/pages/3").status == 404


def test_the_same_key_sends_once_and_the_same_content_lies_once(house, screen, deposit):
    line = documents(house, deposit)[2]
    first, second = (sent(screen, f"/desk/deposit/{deposit}/scans?document={line}", png("x"), key="once") for _ in "12")
    assert first == second
    again = sent(screen, f"/desk/deposit/{deposit}/scans?document={line}", png("x"))[1]
    assert again["scan"] != first[1]["scan"]
    assert len(scan_store.files(house.hub.reader).named) == len(list(scanning.shelf_of(house.hub).names()))


def test_what_is_refused_is_said_in_words_and_leaves_nothing(house, screen, deposit):
    before = next_scan(house)
    for content, said in (
        (b"<svg/>", "Ce n'est ni un PDF, ni un JPEG, ni un PNG."), (jpeg()[:-40], "abîmé ou incomplet"),
        (b"%PDF-1.7\n" + bytes(10 * 1024 * 1024), "dépasse 10 Mo"), (jpeg() + b"PK", "autre chose après sa fin"),
    ):  # fmt: skip
        status, answer = sent(screen, f"/desk/deposit/{deposit}/scans", content)
        assert status in (413, 422)
        assert said in answer["said"]
    assert next_scan(house) == before
    assert set(scanning.shelf_of(house.hub).names()) == scan_store.files(house.hub.reader).named
    assert sent(screen, "/desk/deposit/999/scans", jpeg())[0] == 404


def test_a_draft_has_no_number_yet_and_takes_no_scan(house):
    clerk = Clerk(house).begin()
    status, answer = sent(clerk, f"/desk/deposit/{clerk.number}/scans", jpeg())
    assert (status, answer["error"]) == (409, "scan_of_draft")


def test_a_pdf_that_could_act_is_kept_flagged_and_never_shown_as_itself(house, screen, deposit):
    scan = kept(house, one_page(root=b"/OpenAction << /S /JavaScript /JS (x) >>"), deposit=deposit)
    assert "Un programme." in screen.open(f"/desk/deposit/scans/{scan.id}").words
    validator = Screen(house, SYLVIE).send(f"/desk/deposit/scans/{scan.id}/file")
    assert validator.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in validator.headers["Content-Security-Policy"]
    assert house.kinds()[-1] == "scan_opened"


def test_a_scan_is_placed_moved_and_set_aside_by_hand(house, screen, deposit):
    loose = kept(house)
    assert "x.jpg" in screen.open("/desk/deposit/scans").words
    screen.send(f"/desk/deposit/scans/{loose.id}/place", number="2013/99", back="list")
    assert (screen.status, "Aucun dépôt ne porte ce numéro." in screen.words) == (404, True)
    label = actions.known(house.hub, deposit).label
    screen.send(f"/desk/deposit/scans/{loose.id}/place", number=label, line="77", back="list")
    assert (screen.status, "Ce dépôt n'a pas cette ligne." in screen.words) == (404, True)
    screen.send(f"/desk/deposit/scans/{loose.id}/place", number=label, line="3", back="list")
    assert scanning.known(house.hub.reader, loose.id).document == documents(house, deposit)[2]
    screen.send(f"/desk/deposit/scans/{loose.id}/place", document="deposit")
    assert (scanning.known(house.hub.reader, loose.id).state, "Numérisations sans pièce" in screen.words) == (
        "waiting",
        True,
    )
    screen.send(f"/desk/deposit/scans/{loose.id}/aside")
    with pytest.raises(Refused) as refused:
        scanning.place(house.hub, house.ask(NADEGE), scan=loose.id, deposit=deposit)
    assert refused.value.reason == "scan_set_aside"
    assert scanning.content_of(house.hub, loose), "only the retention destroys it"


def test_who_validates_sees_what_shows_each_row(house, deposit):
    line = documents(house, deposit)[0]
    scan = kept(house, deposit=deposit, document=line)
    text = Screen(house, SYLVIE).open("/desk/deposit/validation").text
    row = text[text.index(f'data-row="{line}"') :]
    assert f'data-scan="{scan.id}"' in row[: row.index("</tr>")]


def test_who_audits_reads_all_of_it_and_changes_nothing(house, deposit):
    scan = kept(house, deposit=deposit)
    audit = Screen(house, Actor(agent="00301X", roles=frozenset({"auditor"})))
    for path in ("", f"/{deposit}", "/validation?show=all&since=2013-01-01", "/scans", f"/scans/{scan.id}"):
        assert audit.open(f"/desk/deposit{path}").status == 200
        changes = {each for each in re.findall(r'method="post" action="([^"]+)"', audit.text) if "/file" not in each}
        assert changes <= {"/desk/deposit/validation?show=all&amp;since=2013-01-01"}, path
        assert 'type="checkbox"' not in audit.text
        assert 'data-send="' not in audit.text


# --- a batch ---------------------------------------------------------------------------------


def test_sheets_divide_pages_and_a_misread_code_divides_nothing():
    code = separators.code_of("AG-1", "2026/000412", 3)
    assert separators.target_of(code, "AG-1") == Target("2026/000412", 3)
    assert separators.target_of(code.replace("412", "413"), "AG-1") is None
    assert separators.target_of(code, "AG-2") is None
    first, second = Target("2026/000412", 1), Target("2026/000412", 2)
    assert separators.divided(6, [(2, first), (5, second)]) == (
        Part((1,)), Part((3, 4), first), Part((6,), second),
    )  # fmt: skip
    assert separators.divided(2, [(1, first), (2, second)]) == ()
    assert separators.divided(1, [], before=first) == (Part((1,), first),)


@pytest.fixture
def scanner(house):
    folder = house.folder / "scanner"
    emptied(folder)
    return folder


@pytest.fixture(scope="module")
def sheets(house, deposit, screen):
    """The separator sheets of the deposit, as they come out of a printer and lie crooked on a scanner."""
    screen.send(f"/desk/deposit/{deposit}/separators")
    assert screen.data[:5] == b"%PDF-"
    look = house.hub.viewer.look(screen.data)
    assert look.pages == 8
    pages = [Image.open(io.BytesIO(house.hub.viewer.page(screen.data, number))) for number in (1, 2)]
    return [page.convert("L").rotate(angle, fillcolor=255) for page, angle in zip(pages, (4, 180), strict=True)]


def test_a_batch_is_divided_by_sheets_once_whatever_is_cut_and_the_rest_waits(
    house, deposit, scanner, sheets, monkeypatch
):
    batch = pdf("loose", sheets[0], "first", "again first", sheets[1], "second")
    (scanner / "pile.pdf").write_bytes(batch)
    before, first = next_scan(house), scanning.receive
    calls = []

    def cut(*args, **values):
        calls.append(values)
        if len(calls) == 3:
            raise OSError("the power went")
        return first(*args, **values)

    monkeypatch.setattr(scanning, "receive", cut)
    batches.round(house.hub)
    assert next_scan(house) == before, "it is still being written, as far as anybody knows"
    batches.round(house.hub)
    assert (len(calls), (scanner / "pile.pdf").exists()) == (3, True)
    batches.round(house.hub)
    assert not (scanner / "pile.pdf").exists()
    found = [scanning.known(house.hub.reader, number) for number in range(before, next_scan(house))]
    lines = documents(house, deposit)
    assert [(each.document, each.pages, each.state, each.source) for each in found] == [
        (None, 1, "waiting", "batch"), (lines[0], 2, "placed", "batch"), (lines[1], 1, "placed", "batch"),
    ]  # fmt: skip


def test_a_scanner_that_makes_a_picture_of_each_page_is_understood_too(house, deposit, scanner, sheets, capfd):
    for name, page in (("1.jpg", sheets[1]), ("2.jpg", paper("recto")), ("3.jpg", paper("verso"))):
        page.convert("L").save(scanner / name, "JPEG")
    (scanner / "MAKOSSO.gif").write_bytes(b"GIF89a")
    (scanner / "5.jpg").symlink_to("/etc/hostname")
    before = next_scan(house)
    batches.take(house.hub, scanner)
    assert batches.take(house.hub, scanner) == 4
    found = [scanning.known(house.hub.reader, number) for number in range(before, next_scan(house))]
    assert [each.document for each in found] == [documents(house, deposit)[1]] * 2
    assert batches.refused(str(scanner)) == ["MAKOSSO.gif"]
    assert "MAKOSSO.gif" in Screen(house, NADEGE).open("/desk/deposit/scans").words
    told = capfd.readouterr()
    assert "batch refused" in told.out + told.err
    assert "MAKOSSO" not in told.out + told.err, "a log names nobody, and a file may be called after somebody"


# --- what becomes of them ----------------------------------------------------------------------


def test_a_file_that_nobody_names_goes_with_the_next_start_and_one_that_is_named_stays(house, deposit):
    shelf, scan = scanning.shelf_of(house.hub), kept(house, deposit=deposit)
    lost = shelf.take_in(io.BytesIO(jpeg("lost")), 1 << 20)
    with shelf.placing:
        shelf.keep(lost)
    other = type(shelf)(shelf.folder)  # of a hub that is no more
    other.take_in(io.BytesIO(b"half"), 10)
    coming = shelf.take_in(io.BytesIO(b"coming"), 10)
    assert house.hub.tidy() == 2
    assert shelf.read(lost.sha256) is None
    assert shelf.read(scan.sha256) == jpeg()
    assert coming.read() == b"coming", "what is on its way is not in its way"
    coming.drop()


def test_a_file_that_was_altered_is_not_shown_as_if_it_were_the_one(house, deposit):
    scan = kept(house, jpeg("altered"), deposit=deposit)
    path = scanning.shelf_of(house.hub).path(scan.sha256)
    path.write_bytes(jpeg("another"))
    with pytest.raises(NotFound) as refused:
        scanning.content_of(house.hub, scan)
    assert refused.value.reason == "scan_lost"
    assert [each for each in verify(house.hub.store.folder).problems if scan.sha256[2:] in each]
    path.write_bytes(jpeg("altered"))


def test_an_agency_without_scans_deposits_all_the_same(tmp_path, workshop):
    house = staffed(House(tmp_path, MONDAY, ("deposit",), workshop, deposits={"scans": "none", "scans_from": "/none"}))
    clerk = Clerk(house)
    number = clerk.deposited("0104")
    assert "Numérisation" not in clerk.open(f"/desk/deposit/{number}").words
    assert sent(clerk, f"/desk/deposit/{number}/scans", jpeg())[1]["error"] == "scans_off"
    assert "Le dossier du scanner (/none) n'est pas là" in clerk.open("/desk/deposit/scans").words
    house.close()


def test_scans_are_handed_on_to_a_document_system_and_destroyed_when_their_time_is_over(
    tmp_path, workshop, monkeypatch
):
    away = tmp_path / "share"
    away.mkdir()
    house = staffed(
        House(tmp_path, MONDAY, ("deposit",), workshop, deposits={"scans": "external", "scans_to": str(away)})
    )
    deposit = seed_acknowledgement(house)
    scan = kept(house, deposit=deposit, document=documents(house, deposit)[0])
    batches.round(house.hub)
    assert list(away.iterdir()) == [], "a share that is not mounted is an empty folder of the card"
    (away / handing.READY).touch()
    batches.round(house.hub)
    assert (away / scan.sha256[:2] / scan.sha256[2:]).read_bytes() == jpeg()
    facts = json.loads((away / scan.sha256[:2] / f"{scan.sha256[2:]}.json").read_text())
    assert (facts["register_number"], facts["line"], facts["document_type"]) == ("2013/000001", 1, "0401")
    assert scanning.known(house.hub.reader, scan.id).handed_on
    year = tuple(
        type(each)(each.name, 12, each.title, each.kinds)
        for each in classes(house.hub.settings.folder)
        if each.name == "scans"
    )
    monkeypatch.setattr(privacy, "classes", lambda _: year)
    monkeypatch.setattr(purge, "classes", lambda _: year)
    house.clock.jump(to=brazzaville("2028-03-02"))
    fresh = kept(house, jpeg("fresh"), deposit=deposit)
    number = privacy.propose(house.hub, house.ask(CHIEF))["proposal"]
    for actor in (CHIEF, CASHIER):
        privacy.approve(house.hub, house.ask(actor), proposal=number)
    assert purge.destroy(house.hub, house.ask(HUB), proposal=number, tables=house.rooms.state_tables) == 1
    gone = scanning.known(house.hub.reader, scan.id)
    assert (gone.file, gone.name, gone.sha256) == (None, None, scan.sha256)
    assert list(scanning.shelf_of(house.hub).names()) == [fresh.sha256]
    assert "Le fichier a été détruit" in Screen(house, NADEGE).open(f"/desk/deposit/scans/{scan.id}").words
    house.replayed()
    house.close()


def test_words_of_every_refusal_are_there():
    said = set(words("fr", "deposit"))
    for path in (ROOT / "hub/workshop").glob("*.py"):
        for word in re.findall(r'(?:Unfit|NotTaken)\("(\w+)"', path.read_text("utf-8")):
            assert f"refused_scan_{word}" in said
