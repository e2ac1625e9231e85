"""The door, from outside: a raw websocket client against a small real server that must not mind."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
import time
from contextlib import suppress

import pytest
import websocket
from flask import Flask, jsonify, request
from flask_socketio import ConnectionRefusedError as Turned
from flask_socketio import SocketIO
from werkzeug.test import EnvironBuilder

from hub.door import (
    Door,
    Doorman,
    Limits,
    by_credentials,
    fault_of_json,
    guard_socket,
    limit_request,
    too_deep,
)  # fmt: skip
from hub.errors import BadRequest, Refused, TooLarge
from hub.knocks import Bans, Pace
from hub.quiet import Complaints
from tests.patience import patience
from tests.serving import served, unserved

pytestmark = pytest.mark.slow  # real files, sockets or processes

TOKEN = "a-paired-device"
DEEP = "[" * 13 + "]" * 13


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Box:
    """A small hub: one event `ask`, one route, one token that is known."""

    def __init__(self, door: Door, *, guarded: bool = True):
        self.door = door
        self.asked: list[object] = []
        self.lines: list[websocket.WebSocket] = []
        app = Flask("box")
        self.io = SocketIO(
            app, async_mode="threading", transports=["websocket"], async_handlers=False, ping_interval=3, ping_timeout=4
        )
        self.io.on_event("connect", self._connect)
        self.io.on_event("ask", self._ask)
        app.add_url_rule("/ask", view_func=self._http, methods=["POST"])
        app.register_error_handler(Refused, lambda e: (jsonify({"error": e.as_json()}), e.status))
        if guarded:
            guard_socket(self.io, door)
        self._server = served(app)
        self.port = self._server.server_port

    def _connect(self, auth=None):
        if not isinstance(auth, dict) or auth.get("token") != TOKEN:
            raise Turned("not_authenticated")

    def _ask(self, body=None):
        self.asked.append(body)
        return {"done": body}

    def _http(self):
        limit_request(request, self.door)
        return jsonify(request.get_json())

    def open(self) -> websocket.WebSocket:
        """A raw websocket with engine.io's opening read, and nothing said yet."""
        line = websocket.create_connection(
            f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket", timeout=patience(5)
        )
        self.lines.append(line)
        assert line.recv().startswith("0{")
        return line

    def paired(self) -> websocket.WebSocket:
        line = self.open()
        line.send("40" + json.dumps({"token": TOKEN}))
        assert line.recv().startswith("40")
        return line

    def still_answers(self) -> bool:
        line = self.paired()
        line.send('421["ask",{"what":"next"}]')
        answer = line.recv()
        line.close()
        return answer == '431[{"done":{"what":"next"}}]'

    def close(self):
        for line in self.lines:
            line.shutdown()
        unserved(self._server)


@pytest.fixture
def box():
    opened = Box(Door(Limits(bad_packets=1000)))
    yield opened
    opened.close()


@pytest.fixture
def strict():
    """A door that bans as the hub's does."""
    opened = Box(Door())
    yield opened
    opened.close()


@pytest.fixture
def errors(caplog, capfd):
    """What was written where an operator would look: no traceback may be in it."""
    caplog.set_level(logging.WARNING)

    def read() -> str:
        out, err = capfd.readouterr()
        return "\n".join([out, err, *(r.getMessage() + str(r.exc_text or r.exc_info or "") for r in caplog.records)])

    yield read
    threading.excepthook = threading.__excepthook__


def ended(line: websocket.WebSocket) -> bool:
    """Whether the server hung up, soon."""
    line.settimeout(5)
    try:
        while True:
            opcode, _ = line.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return True
    except websocket.WebSocketTimeoutException:
        return False
    except (OSError, websocket.WebSocketException):
        return True


BAD_FRAMES = {
    "empty message": "4",
    "no engine packet": "x",
    "engine open": "0{}",
    "engine ping": "2probe",
    "engine upgrade": "5",
    "engine noop": "6",
    "engine type of two digits": "42" * 3,
    "base64": "bAAAA",
    "socket.io type 9": "49",
    "an acknowledgement": '430["x"]',
    "a refusal": '44{"message":"no"}',
    "a binary event": '451-["ask",{"_placeholder":true,"num":0}]',
    "half of JSON": '42["ask",{"what":',
    "no list": '42{"what":"next"}',
    "an empty list": "42[]",
    "an event that is a number": "42[1,2]",
    "an event that is a list": '42[["ask"]]',
    "no event": "42",
    "too long an id": "42" + "1" * 200 + '["ask"]',
    "too many attachments": '4299999999999-["ask"]',
    "another namespace": '42/admin,["ask"]',
    "the connect handler by name": '42["connect",{}]',
    "the disconnect handler by name": '42["disconnect"]',
    "an unknown event": '42["shell","rm"]',
    "a token that is a list": "40[1]",
    "a message that is an array": '4["ask"]',
    "deep": f'42["ask",{DEEP}]',
    "very deep": "42" + "[" * 15_000,
    "half a character": '42["ask","\\ud800"]',
    "a null character": '42["ask","\\u0000"]',
    "17 KiB": "42" + json.dumps(["ask", "x" * 17_000]),
}


@pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES)
@pytest.mark.parametrize("paired", [True, False], ids=["paired", "stranger"])
def test_a_bad_packet_ends_the_line_and_nothing_else(box, errors, frame, paired):
    line = box.paired() if paired else box.open()
    line.send(frame)
    assert ended(line)
    assert _soon(lambda: sum(box.door.refused.values()) == 1)
    assert box.asked == []
    assert box.still_answers()
    assert "Traceback" not in errors()


def test_a_binary_frame_ends_the_line(box, errors):
    line = box.paired()
    line.send_binary(b"\x00\x01\x02")
    assert ended(line)
    assert box.door.refused == {"binary": 1}
    assert box.still_answers()
    assert "Traceback" not in errors()


def test_a_megabyte_of_junk_is_not_kept(box, errors):
    line = box.paired()
    with suppress(OSError):
        line.send("42" + "x" * 1_000_000)
    assert ended(line)
    assert box.still_answers()
    assert _soon(lambda: box.door.refused == {"too_large": 1})
    assert "Traceback" not in errors()


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff" * 200,
        b"\x81\x05hello",
        b"\x81\xfe\xff\xff" + b"\0" * 20,
        b"\x88\x80\0\0\0\0",
        b"\x81\x84\0\0\0\0\xff\xfe\xfd\xfc",
    ],
    ids=["noise", "unmasked", "a frame that never ends", "close", "not UTF-8"],
)
def test_broken_frames_end_the_line(box, errors, raw):
    line = box.open()
    line.sock.sendall(raw)
    line.sock.shutdown(socket.SHUT_WR)
    assert ended(line)
    assert box.still_answers()
    assert "Traceback" not in errors()


def test_a_handshake_that_is_none_is_refused(box, errors):
    call = http.client.HTTPConnection("127.0.0.1", box.port, timeout=patience(5))
    call.request(
        "GET", "/socket.io/?EIO=4&transport=websocket", headers={"Connection": "Upgrade", "Upgrade": "websocket"}
    )
    assert call.getresponse().status == 400
    call.close()
    assert box.io.server.environ == {}
    assert box.still_answers()
    assert "Traceback" not in errors()


def test_an_unguarded_server_writes_a_traceback(errors):
    """The guard seen failing: this is what it is there for."""
    bare = Box(Door(), guarded=False)
    line = bare.open()
    line.send('42["ask",{"what":')
    time.sleep(0.3)
    bare.close()
    assert "handler error" in errors()


def test_more_than_three_bad_packets_ban_a_stranger_not_a_device_behind_the_same_address(strict):
    for _ in range(4):
        line = strict.open()
        line.send("x")
        assert ended(line)
    banned = strict.open()
    banned.send('40{"token":"guess"}')
    assert ended(banned), "one packet is all a banned address has"
    assert strict.still_answers()


def test_a_banned_address_may_knock_a_few_times_a_second(strict):
    for _ in range(4):
        strict.door.bad("malformed", "address:127.0.0.1")
    seen = []
    for _ in range(20):
        with suppress(websocket.WebSocketBadStatusException):
            seen.append(strict.open())
    assert 5 <= len(seen) <= 8
    for line in seen:
        line.close()


def test_a_paired_device_that_sends_nonsense_is_banned_by_its_token(strict):
    for _ in range(4):
        line = strict.paired()
        line.send("x")
        assert ended(line)
    again = strict.open()
    again.send("40" + json.dumps({"token": TOKEN}))
    assert ended(again)
    strict.door.welcome(by_credentials(wanted(b"{}", token=TOKEN).environ))
    asked = let_in(strict.door)
    assert asked(token=TOKEN).startswith("429")
    assert asked(token="another") == "200 OK"


def test_a_stranger_who_says_nothing_is_shown_out(errors):
    opened = Box(Door(Limits(hello_s=0.2)))
    line = opened.open()
    assert ended(line)
    assert opened.still_answers()
    opened.close()
    assert "Traceback" not in errors()


def test_a_crowd_of_strangers_leaves_room(errors):
    opened = Box(Door(Limits(own_strangers=3)))
    lines = [opened.open() for _ in range(3)]
    with pytest.raises(websocket.WebSocketBadStatusException, match="429"):
        opened.open()
    for line in lines:
        line.close()
    assert _soon(opened.still_answers)
    opened.close()


def test_asking_too_often_is_answered_and_asked_later(errors):
    opened = Box(Door(Limits(per_s=5)))
    line = opened.paired()
    for number in range(8):
        line.send(f'42{number}["ask",{number}]')
    answers = [line.recv() for _ in range(8)]
    refused = [json.loads(a[3:])[0]["error"] for a in answers if "error" in a]
    assert len(refused) == 3
    assert refused[0]["code"] == "too_many"
    assert refused[0]["retry_s"] == 1
    assert opened.asked == [0, 1, 2, 3, 4]
    line.close()
    opened.close()


def test_a_flood_whose_answers_nobody_reads_is_cut_off(errors):
    opened = Box(Door(Limits(per_s=5, unsent=20)))
    line = opened.paired()
    line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with suppress(OSError):
        for _ in range(200_000):
            line.send('421["ask",{}]')
    assert opened.door.refused["flood"] == 1
    opened.close()


def test_connecting_twice_on_one_line_ends_it(box):
    line = box.paired()
    line.send("40" + json.dumps({"token": TOKEN}))
    assert ended(line)
    assert box.door.refused == {"connected_twice": 1}


def test_who_was_turned_out_has_no_more_to_say(box):
    line = box.paired()
    sid = next(iter(box.io.server.manager.rooms["/"][None]))
    box.io.server.disconnect(sid)
    assert line.recv() == "41"
    line.send('421["ask",{}]')
    assert ended(line)
    assert box.asked == []


def _soon(check) -> bool:
    for _ in range(50):
        try:
            if check():
                return True
        except websocket.WebSocketException:
            pass
        time.sleep(0.05)
    return False


# --- HTTP ------------------------------------------------------------------------------------


def wanted(body: bytes, *, token: str | None = None, length: int | None = None, kind: str = "application/json"):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    built = EnvironBuilder("/ask", method="POST", data=body, headers=headers, content_type=kind)
    made = built.get_request()
    if length is not None:
        made.environ["CONTENT_LENGTH"] = str(length)
    return made


def test_a_body_of_a_megabyte_is_413_before_it_is_read(box):
    call = http.client.HTTPConnection("127.0.0.1", box.port, timeout=patience(5))
    call.putrequest("POST", "/ask")
    call.putheader("Content-Type", "application/json")
    call.putheader("Content-Length", "1000000")
    call.endheaders()
    assert call.getresponse().status == 413
    call.close()


def test_what_is_refused_over_http():
    door = Door()
    limit_request(wanted(json.dumps({"text": "[" * 100, "deep": [[1]]}).encode()), door)
    with pytest.raises(TooLarge):
        limit_request(wanted(b"{}", length=65_537), door)
    with pytest.raises(BadRequest, match="deeper than 12"):
        limit_request(wanted(DEEP.encode()), door)
    with pytest.raises(BadRequest, match="half a character"):
        limit_request(wanted(b'{"name": "\\udfff"}'), door)
    limit_request(wanted(DEEP.encode(), kind="text/plain"), door)
    assert door.refused == {"http_too_large": 1, "http_too_deep": 1, "http_no_character": 1}


def let_in(door: Door, address: str = "10.0.0.7"):
    """Ask at this door; the status that the asker gets."""

    def app(_environ, start_response):
        start_response("200 OK", [])
        return [b""]

    doorman = Doorman(app, door)

    def ask(token: str | None = None) -> str:
        seen = []
        doorman(wanted(b"{}", token=token).environ | {"REMOTE_ADDR": address}, lambda status, _: seen.append(status))
        return seen[0]

    return ask


def test_who_is_known_may_ask_fifty_times_a_second_wherever_they_are():
    clock = Seconds()
    door = Door(now=clock)
    door.welcome(by_credentials(wanted(b"", token="t").environ))
    ask = let_in(door)
    assert [ask("t") for _ in range(51)] == ["200 OK"] * 50 + ["429 Too Many Requests"]
    clock.now += 0.5
    assert [ask("t") for _ in range(26)] == ["200 OK"] * 25 + ["429 Too Many Requests"]
    assert door.refused == {"http_too_many": 2}


def test_strangers_are_counted_by_address_whatever_they_show_and_this_box_is_not_counted():
    door = Door(now=Seconds())
    ask = let_in(door)
    assert [ask(f"guess {n}") for n in range(51)] == ["200 OK"] * 50 + ["429 Too Many Requests"]
    assert let_in(door, "10.0.0.8")() == "200 OK"
    own = let_in(door, "127.0.0.1")
    assert {own() for _ in range(200)} == {"200 OK"}


def test_a_flood_of_strangers_keeps_no_known_device_of_the_same_address_out():
    door = Door(now=Seconds())
    door.welcome(by_credentials(wanted(b"", token="t").environ))
    ask = let_in(door)
    assert {ask() for _ in range(60)} == {"200 OK", "429 Too Many Requests"}
    assert ask("t") == "200 OK"


def test_bodies_that_no_client_sends_ban_their_sender_for_a_minute():
    clock = Seconds()
    door = Door(now=clock)
    for _ in range(31):
        asked = wanted(DEEP.encode())
        asked.environ["REMOTE_ADDR"] = "10.0.0.7"
        with pytest.raises(BadRequest):
            limit_request(asked, door)
    assert let_in(door)() == "429 Too Many Requests"
    assert let_in(door, "10.0.0.8")() == "200 OK"
    clock.now += 61
    assert let_in(door)() == "200 OK"


@pytest.mark.parametrize("field", ["q=a%00b", "a%00=b"])
def test_a_null_character_is_no_text_of_a_form_or_an_address(field):
    with pytest.raises(BadRequest):
        limit_request(wanted(field.encode(), kind="application/x-www-form-urlencoded"), Door())
    query = EnvironBuilder("/ask", query_string=field).get_request()
    with pytest.raises(BadRequest):
        limit_request(query, Door())


# --- the rules alone -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        ("[" * 12 + "]" * 12, False),
        ("[" * 13 + "]" * 13, True),
        ('{"a":' * 13, True),
        ("[]" * 100, False),
        ('"' + "[" * 50 + '"', False),
        ('"\\"' + "[" * 50 + '"', False),
        ('"' + "[" * 50, False),
        ('"a\\\\"' + "[" * 50, True),
    ],
)
def test_depth_counts_brackets_outside_of_strings(text, deep):
    assert too_deep(text, 12) is deep


@pytest.mark.parametrize(
    "text", ['\\"' * 32_000, '"' + '\\"' * 32_000 + "\\", "[]" * 32_000, '"' * 64_000], ids=str.__len__
)
def test_no_text_takes_long_to_look_at(text):
    begun = time.perf_counter()
    fault_of_json(text, 12)
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (r'"\ud83d\ude00"', None),
        (r'"\ud83d"', "no_character"),
        (r'"\ude00"', "no_character"),
        (r'"\ude00\ud83d"', "no_character"),
        (r'"\u0000"', "no_character"),
        (r'"\u00e9\ud83d\ude00"', None),
    ],
)
def test_half_characters_are_found(text, fault):
    assert fault_of_json(text, 12) == fault


def test_a_ban_lasts_a_minute_and_old_sins_are_forgotten():
    clock = Seconds()
    bans = Bans(3, 60, clock)
    for _ in range(3):
        bans.bad("x")
    assert bans.left_s("x") == 0
    clock.now += 61
    bans.bad("x")
    assert bans.left_s("x") == 0
    for _ in range(3):
        bans.bad("x")
    assert bans.left_s("x") == 60
    clock.now += 60
    assert bans.left_s("x") == 0


def test_one_line_a_minute_per_cause():
    clock = Seconds()
    complaints = Complaints(clock)
    assert [complaints.due("deep") for _ in range(5)] == [1, 0, 0, 0, 0]
    assert complaints.due("large") == 1
    clock.now += 60
    assert complaints.due("deep") == 5


def test_strangers_do_not_fill_the_memory():
    pace = Pace(Seconds())
    for number in range(10_000):
        pace.take(str(number), 1)
    assert len(pace._left) == 4096
