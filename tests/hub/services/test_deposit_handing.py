"""Scans go on to a document-management system at an address: each once, under its hash, whatever the line does."""

import json
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import SimpleNamespace

import pytest

from hub.authority import AUTHORITY, open_authority, own_names
from hub.misfits import find_misfits
from hub.services.deposit import handing, scan_store, scanning, store
from hub.settings import Deposits
from tests.hub.services.deposits import NADEGE, documents, seed_acknowledgement, staffed
from tests.hub.services.house import House, Screen, brazzaville
from tests.hub.services.scanner import jpeg
from tests.hub.services.test_deposit_scans import kept

pytestmark = pytest.mark.slow  # real files and sockets

MONDAY = brazzaville("2026-03-02")
DIFFERENT = count()
TOKEN = "un-jeton-que-personne-ne-lit"


class _Request(BaseHTTPRequestHandler):
    """As a WebDAV server: a collection must be there before a file is put into it."""

    server: "Documents"

    def do_PUT(self) -> None:
        documents = self.server
        documents.knocks += 1
        status = documents.says.get(self.path, documents.says.get("", 0))
        if status:  # refused before the body is read, as large ones are
            return self._answer(status)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401)
        if self.path.rpartition("/")[0] not in documents.collections:
            return self._answer(409)
        documents.put.append((self.path, self.headers["Content-Type"], content))
        return self._answer(201)

    def do_MKCOL(self) -> None:
        self.server.collections.add(self.path.rstrip("/"))
        self._answer(201)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing is written."""


class Documents(ThreadingHTTPServer):
    """A document-management system. `says`: path → the status it answers with instead; "" for all."""

    daemon_threads = True

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.collections: set[str] = set()
        self.put: list[tuple[str, str, bytes]] = []
        self.says: dict[str, int] = {}
        self.knocks = 0
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def files(self) -> dict[str, bytes]:
        return {path: content for path, _, content in self.put}


@pytest.fixture
def system():
    found = Documents()
    yield found
    found.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory, workshop):
    """An agency that hands scans on; each test says where to."""
    folder = tmp_path_factory.mktemp("handing")
    (folder / "token").write_text(f"{TOKEN}\n")
    rules = {"scans": "external", "scans_to": "http://127.0.0.1:9/mbote", "scans_token": str(folder / "token")}
    found = staffed(House(folder, MONDAY, ("deposit",), workshop, deposits=rules))
    found.asked = found.hub.settings.deposits
    yield found
    found.replayed()
    found.close()


@pytest.fixture(scope="module")
def deposit(house):
    return seed_acknowledgement(house)


@pytest.fixture
def scans(house, deposit):
    """Two fresh scans whose lines are known; what earlier tests left is gone."""
    hub, lines = house.hub, documents(house, deposit)
    for each in scan_store.at_home(hub.reader, 1_000):
        scanning.note_handed_on(hub, house.ask(), scan=each.id)
    handing._WAYS.clear()
    return [kept(house, jpeg(f"{next(DIFFERENT)}"), deposit=deposit, document=lines[n]) for n in (0, 1)]


def to(house, system, **more):
    """The settings with that address, and the round that hands on, until its thread is done."""
    hub = house.hub
    rules = house.asked.model_copy(update={"scans_to": f"http://127.0.0.1:{system.port}/mbote"} | more)
    object.__setattr__(hub, "files", hub.settings.model_copy(update={"deposits": rules}))


def hand_on(house):
    handing.round(house.hub)
    way = handing.way_of(house.hub)
    if way.thread is not None:
        way.thread.join(20)
        assert not way.thread.is_alive()
    return way


def left(house):
    return [each.id for each in scan_store.at_home(house.hub.reader, 100)]


def place(scan):
    return f"/mbote/{scan.sha256[:2]}/{scan.sha256[2:]}"


def test_each_goes_under_its_hash_with_its_facts_beside_and_is_written_down(house, scans, system):
    to(house, system)
    assert "2 numérisations attendent d'être remises" in Screen(house, NADEGE).open("/desk/deposit/scans").words
    assert hand_on(house).complaint == ""
    assert [(path, media) for path, media, _ in system.put] == [
        each for scan in scans for each in ((place(scan), "image/jpeg"), (f"{place(scan)}.json", "application/json"))
    ]
    first = scans[0]
    assert system.files()[place(first)] == scanning.shelf_of(house.hub).read(first.sha256)
    facts = json.loads(system.files()[f"{place(first)}.json"])
    assert (facts["sha256"], facts["register_number"], facts["line"]) == (
        first.sha256, "2013/000001", store.document(house.hub.reader, first.document).line)  # fmt: skip
    assert left(house) == []
    hand_on(house)
    assert len(system.put) == 4, "what it has is not sent again"
    said = Screen(house, NADEGE).open("/desk/deposit/scans").words
    assert f"Le système documentaire (http://127.0.0.1:{system.port}/mbote) a tout reçu" in said
    assert "remise au système documentaire le" in Screen(house, NADEGE).open(f"/desk/deposit/scans/{first.id}").words


def test_a_cut_way_is_left_alone_longer_and_longer_and_then_all_arrives(house, scans):
    away = Documents()
    to(house, away)
    away.close()
    assert "Connection refused" in hand_on(house).complaint
    page = Screen(house, NADEGE).open("/desk/deposit/scans").words
    assert "ne prend pas tout ; rien n'est perdu, l'envoi reprend seul. 2 numérisations attendent" in page
    back = Documents(away.port)
    try:
        back.says[""] = 503
        for minutes in (1, 5, 30, 60, 60):
            before = back.knocks
            house.clock.advance(seconds=minutes * 60 - 1)
            hand_on(house)
            assert back.knocks == before, f"before {minutes} min are over"
            house.clock.advance(seconds=1)
            assert "503 Service Unavailable" in hand_on(house).complaint
            assert back.knocks == before + 1
        back.says.clear()
        house.clock.advance(hours=1)
        assert hand_on(house).complaint == ""
        assert (left(house), len(back.put)) == ([], 4)
    finally:
        back.close()


def test_a_cut_between_the_file_and_the_word_puts_the_same_at_the_same_place(house, scans, system):
    to(house, system)
    first = scans[0]
    content = scanning.shelf_of(house.hub).read(first.sha256)
    handing.at_address(house.hub).put(first, content, b"{}")  # and then the hub was killed
    hand_on(house)
    same = [put for path, _, put in system.put if path == place(first)]
    assert (same, len(system.files()), left(house)) == ([content, content], 4, [])


def test_a_file_that_it_will_not_have_does_not_hold_up_the_others(house, scans, system, deposit):
    """Also where more are refused than are given at once, and where it says so before all of it was there."""
    lines = documents(house, deposit)
    many = [kept(house, jpeg(f"unwanted {n}"), deposit=deposit, document=lines[n % 8]) for n in range(handing.AT_ONCE)]
    last = kept(house, jpeg("the last"), deposit=deposit, document=lines[0])
    to(house, system)
    system.says = {place(each): 413 for each in many}
    assert "413" in hand_on(house).complaint
    assert left(house) == [each.id for each in many]
    assert place(last) in system.files()
    system.says.clear()
    hand_on(house)
    assert left(house) == [each.id for each in many], "not before the pause is over"
    house.clock.advance(minutes=1)
    assert hand_on(house).complaint == ""
    assert left(house) == []


WITHOUT = {"missing": "No such file", "wrong": "401", "two lines": "one word in one line", "redirected": "302"}


@pytest.mark.parametrize("spoil", WITHOUT)
def test_without_its_token_or_sent_elsewhere_nothing_is_handed_on(house, scans, system, capsys, spoil):
    token = house.folder / f"token-{spoil}"
    words = {"missing": None, "wrong": "autre", "two lines": f"{TOKEN}\nX-Other: 1", "redirected": TOKEN}[spoil]
    if words is not None:
        token.write_text(words)
    if spoil == "redirected":
        system.says[""] = 302
    to(house, system, scans_token=token)
    complaint = hand_on(house).complaint
    assert WITHOUT[spoil] in complaint
    assert (system.put, left(house)) == ([], [each.id for each in scans])
    said = capsys.readouterr()
    assert TOKEN not in complaint + said.out + said.err, "a token is in no log"
    token.write_text(TOKEN)
    system.says.clear()
    house.clock.advance(minutes=1)
    hand_on(house)
    assert left(house) == [], "the token is read anew each time"


def test_tls_believes_the_named_authority_alone(house, scans, tmp_path):
    now = datetime.fromtimestamp(house.hub.now().at / 1000, UTC)
    secret = Documents(tls=open_authority(tmp_path / "theirs", own_names(["127.0.0.1"]), now).context())
    open_authority(tmp_path / "another", own_names(["127.0.0.1"]), now)
    try:
        url = f"https://127.0.0.1:{secret.port}/mbote"
        for name, arrives in (("another", False), ("theirs", True)):
            to(house, secret, scans_to=url, scans_authority=tmp_path / name / AUTHORITY)
            complaint = hand_on(house).complaint
            assert (complaint == "", left(house) == []) == (arrives, arrives), complaint
            house.clock.advance(minutes=1)
    finally:
        secret.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://ged/x", "or a folder"),
        ("https://ged/x?token=1", "or a folder"),
        ("https://me:secret@ged/x", "no name and password"),
        ("http://ged.example/x", "write https://"),
    ],
)
def test_an_address_that_is_none_or_that_anybody_could_read_stops_the_start(address, said):
    (wrong,) = find_misfits({"deposits": Deposits(scans="external", scans_to=address)})
    assert said in wrong
    assert "secret" not in wrong
    assert not list(find_misfits({"deposits": Deposits(scans_to="https://ged.example/x")}))


def test_what_is_refused_before_all_of_it_was_there_is_refused_and_no_cut_way(system):
    """A server that closes at the first words of a large file has said why before the line broke."""
    system.says[""] = 413
    scan = SimpleNamespace(sha256="ab" * 32, media="pdf")
    with pytest.raises(handing.Unwanted, match="413"):
        handing.AtAddress(f"http://127.0.0.1:{system.port}", None, None).put(scan, bytes(9_000_000), b"{}")
