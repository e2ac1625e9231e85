"""The page's own door, over real sockets: one route with two acts, and nothing of the hub behind it."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.followup import listener as door
from hub.followup.listener import Listener
from hub.followup.page import LARGEST
from hub.knocks import Pace
from hub.queues.actions import new_token
from tests.hub.followup.conftest import words
from tests.patience import patience

pytestmark = pytest.mark.slow  # real sockets

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MANY_FIELDS = (
    b"POST /K7M2P9QR HTTP/1.1\r\nContent-Length: 40\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    b"a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&"
)
HUB_PATHS = (
    "/", "/login", "/desk", "/desk/reception", "/api/v1/board", "/api/v1/openapi.json", "/healthz", "/metrics",
    "/authority.pem", "/display", "/socket.io/?EIO=4&transport=websocket", "/look/look.css", "/static/kiosk.js",
    "/favicon.ico", "/robots.txt", "/..%2f..%2fetc/passwd", "/../config/agency.toml", "//etc/passwd", "/K7M2P9QR/desk",
    "/http://x/K7M2P9QR", "/K7M2", "/%4b7M2P9QR",
)  # fmt: skip


def raw(phones, data, *, pause_s=0.0):
    """What comes back for these bytes, until the door hangs up."""
    with socket.create_connection(("127.0.0.1", phones.port), timeout=patience(15)) as line:
        for piece in data if isinstance(data, list) else [data]:
            line.sendall(piece)
            time.sleep(pause_s)
        said = b""
        try:
            while more := line.recv(65_536):
                said += more
        except ConnectionError:
            pass
        return said.decode("utf-8", "replace")


def test_whoever_has_the_code_is_told_how_it_stands(phones):
    status, said, text = phones.ask(f"/{phones.code('D012')}")
    assert status == 200
    read = words(text)
    assert "D012" in read
    assert "11 personnes avant vous" in read
    assert "Revenez avant" in read
    assert "Laisser passer 3 personnes" in read
    assert "Annuler mon ticket" in read
    assert len(text.encode()) < LARGEST
    assert said["content-type"] == "text/html; charset=utf-8"
    assert said["cache-control"] == "no-store"
    assert "set-cookie" not in said
    assert "server" not in said
    assert said["content-security-policy"].startswith("default-src 'none'")
    assert said["x-content-type-options"] == "nosniff"


def test_it_speaks_the_language_asked_for(phones):
    assert "11 people before you" in words(phones.ask(f"/{phones.code('D012')}?l=en")[2])
    assert "11 personnes" in words(phones.ask(f"/{phones.code('D012').lower()}?l=xx&a=%00")[2])


@pytest.mark.parametrize("path", HUB_PATHS)
def test_nothing_else_of_the_hub_is_here(phones, path):
    for method in ("GET", "POST"):
        status, said, text = phones.ask(
            path, method, "act=cancel&key=" + "k" * 20 if method == "POST" else None, **FORM
        )
        assert (status, text) == (404, "")
        assert "location" not in said
        phones.forget()


@pytest.mark.parametrize(("request_", "status"), [
    (b"DELETE /K7M2P9QR HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    (b"PRI * HTTP/2.0\r\n\r\n", 400),
    (b"GET http://other/ HTTP/1.1\r\n\r\n", 400),
    (b"CONNECT x:443 HTTP/1.1\r\n\r\n", 400),
    (b"GET /K7M2P9QR HTTP/1.1\nHost: x\n\n\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n", 400),
    (b"GET /" + b"a" * 500 + b" HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
    (b"POST /K7M2P9QR HTTP/1.1\r\n\r\n", 411),
    (b"POST /K7M2P9QR HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
    (b"POST /K7M2P9QR HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
    (b"POST /K7M2P9QR HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}", 415),
    (b"POST /K7M2P9QR HTTP/1.1\r\nContent-Length: 999\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n", 413),
    (MANY_FIELDS, 400),
])  # fmt: skip
def test_what_no_telephone_sends_is_refused_in_a_line(phones, request_, status):
    said = raw(phones, request_)
    assert said.startswith(f"HTTP/1.1 {status} "), said[:200]
    assert said.endswith("\r\n\r\n"), "and with no word more"
    assert "Traceback" not in said


def test_who_sends_drop_by_drop_or_nothing_keeps_nobody_waiting(phones, monkeypatch):
    monkeypatch.setattr(door, "REQUEST_S", patience(1.0))
    silent = [socket.create_connection(("127.0.0.1", phones.port)) for _ in range(door.PER_ADDRESS - 1)]
    began = time.monotonic()
    assert phones.ask(f"/{phones.code('D012')}")[0] == 200
    assert time.monotonic() - began < patience(0.9), "the others wait for nothing of ours"
    assert raw(phones, [b"GET / HT", b"TP/1.1\r\n", b"X:", b"a"], pause_s=0.4) == ""
    for line in silent:
        line.settimeout(patience(5))
        assert line.recv(10) == b"", "cut off"
        line.close()


def test_one_address_has_so_many_places(phones):
    lines = [socket.create_connection(("127.0.0.1", phones.port)) for _ in range(door.PER_ADDRESS)]
    for line in lines:
        line.sendall(b"GET /")
    time.sleep(0.2)
    assert raw(phones, f"GET /{phones.code('D012')} HTTP/1.1\r\n\r\n".encode()) == "", "no word, and no thread"
    for line in lines:
        line.close()


def test_who_asks_too_often_waits_and_is_told_so(phones, monkeypatch):
    monkeypatch.setattr(phones.listener, "_pace", Pace(lambda: 1.0))  # all within one moment
    path = f"/{phones.code('D012')}"
    answers = [phones.ask(path) for _ in range(5)]
    assert [status for status, _, _ in answers[:-1]] == [200] * 4
    status, said, text = answers[-1]
    assert (status, said["retry-after"]) == (429, "60")
    assert "Trop d'essais" in words(text).replace("’", "'").replace("&#39;", "'")
    assert '<noscript><meta http-equiv="refresh" content="60;' in text


def test_who_guesses_is_not_answered_for_a_minute(phones, monkeypatch):
    monkeypatch.setattr(door, "PER_S", 10_000.0)
    monkeypatch.setattr(door, "ALL_PER_S", 10_000.0)
    said = [phones.ask(f"/{new_token()}")[0] for _ in range(30)]
    assert said.count(404) <= 21
    assert said[-1] == 429
    assert phones.ask(f"/{phones.code('D012')}")[0] == 429, "also with a code that is one: none is found by trying on"


def test_an_unknown_code_is_told_in_words(phones):
    status, _, text = phones.ask(f"/{new_token()}?l=en")
    assert status == 404
    assert "This is no ticket of today" in words(text)


def test_let_others_pass_by_its_own_question_once(phones):
    code = phones.code("D002")
    asks = phones.ask(f"/{code}?l=fr&a=let_pass")[2]
    assert "Laisser passer 3 personnes ?" in words(asks)
    assert "D002" in words(asks)
    head = phones.office.hub.store.head
    assert phones.ask(f"/{code}?act=cancel&key={'k' * 20}")[0] == 200
    assert phones.office.hub.store.head == head, "who only looks changes nothing"
    (key,) = {each.split('"')[0] for each in asks.split('name="key" value="')[1:]}
    status, said, _ = phones.send("D002", "let_pass", key)
    assert (status, said["location"]) == (303, f"/{code}?l=fr")
    assert phones.send("D002", "let_pass", key)[1]["location"] == f"/{code}?l=fr", "the same touch, told twice"
    phones.forget()
    read = words(phones.ask(f"/{code}")[2])
    assert "4 personnes avant vous" in read
    assert "Laisser passer" not in read
    phones.forget()
    again = phones.send("D002", "let_pass", "another-key-of-a-form")[1]["location"]
    assert again == f"/{code}?l=fr&r=passed_before"
    assert "Vous avez déjà laissé passer." in words(phones.ask(again)[2])
    assert phones.office.journal.count("ticket_let_pass") == 1


def test_cancelling_says_that_it_is_over_and_is_in_the_journal_without_a_name_or_a_code(phones):
    code = phones.code("D014")
    assert phones.send("D014", "cancel", "a-key-of-its-own-form")[0] == 303
    assert "terminé" in words(phones.ask(f"/{code}")[2])
    row = phones.office.hub.reader.execute("SELECT * FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    assert (row["kind"], row["device"], row["actor"]) == ("ticket_cancelled", "followup", None)
    assert code not in json.dumps([row["payload"], row["subject"], row["key"]])


@pytest.mark.parametrize(("fields", "body", "status"), [
    ({"Origin": "http://evil.example"}, "act=cancel&key=k1234567890123456", 403),
    ({"Origin": "null"}, "act=cancel&key=k1234567890123456", 403),
    ({}, "act=serve&key=k1234567890123456", 422),
    ({}, "act=cancel&key=short", 422),
    ({}, "act=cancel", 422),
    ({}, "act=cancel&key=k12345678901234%0d%0a", 422),
])  # fmt: skip
def test_no_foreign_page_and_no_half_form_does_anything(phones, fields, body, status):
    head = phones.office.hub.store.head
    assert phones.ask(f"/{phones.code('D010')}", "POST", body, **FORM, **fields)[0] == status
    assert phones.office.hub.store.head == head


def test_the_form_of_its_own_page_comes_with_its_origin(phones):
    origin = {"Origin": f"http://127.0.0.1:{phones.port}", "Host": f"127.0.0.1:{phones.port}"}
    assert phones.send("D013", "cancel", "the-key-of-a-form-13", **origin)[0] == 303


def test_when_it_is_called_it_says_where(phones):
    label = phones.office.counter("06").pick("D011")
    read = words(phones.ask(f"/{phones.code(label)}")[2])
    assert "C'est à vous" in read.replace("&#39;", "'")
    assert " 06 " in read
    assert "Laisser passer" not in read


def test_a_hundred_telephones_at_once_are_all_answered_or_told_to_wait(phones, monkeypatch):
    monkeypatch.setattr(door, "PER_ADDRESS", 200)
    monkeypatch.setattr(door, "MOST", 200)
    monkeypatch.setattr(door, "PER_S", 60.0)
    with ThreadPoolExecutor(20) as crowd:
        said = list(crowd.map(lambda _: phones.ask(f"/{phones.code('D012')}")[0], range(100)))
    assert set(said) <= {200, 429}
    assert said.count(200) >= 30


def test_it_is_off_unless_it_is_told_where(phones):
    assert phones.office.hub.settings.followup.host == ""
    assert phones.office.hub.settings.followup.opens == ""


def test_an_address_that_this_box_has_not_is_said_at_the_start(phones):
    closed = Listener(phones.office.hub, "203.0.113.9", 8085)
    with pytest.raises(OSError, match="assign"):
        closed.open()
    closed.close()
