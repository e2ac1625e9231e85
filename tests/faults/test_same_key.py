"""The same request many times, late, out of order, over another door, across a restart: one effect, one answer.

And what no request is: nonsense is refused in words, and the hub does not notice.
"""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import simple_websocket

from hub.errors import Refused
from hub.history import FUNCTIONS
from hub.judge import read_lines
from tests.agency import COUNTERS, SERVICES, hub_alone, opened, until
from tests.faults.checker import judge_agency
from tests.faults.clients import Client, chances

pytestmark = [pytest.mark.faults, pytest.mark.slow]
COPIES, REQUESTS, NIGHTLY_REQUESTS, RESTARTS, THREADS = 5, 200, 2_000, 2, 8
LOOKED = ["G0", "G1", "G2", "G4", "G9", "Q1", "Q2", "Q3", "Q4", "Q5", "Q7", "Q8", "Q9"]
MEGABYTE = b"x" * 1_000_000


# --- copies ----------------------------------------------------------------------------------


@pytest.mark.timeout(180)
@pytest.mark.parametrize("piece", [0, pytest.param(1, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])])
def test_copies_of_each_request_reordered_across_restarts_are_one(tmp_path, seed, note, piece):
    """E14: one to five copies of each, all shuffled, over connections of their own; judged."""
    requests, chance, book = NIGHTLY_REQUESTS if piece else REQUESTS, chances(seed + piece), tmp_path / "history.jsonl"
    sent = [one for one in wanted(requests, chance) for _ in range(chance.randint(1, COPIES))]
    chance.shuffle(sent)
    with opened(tmp_path / "agency", hub_alone()) as agency, ThreadPoolExecutor(THREADS) as pool:
        first, answers = agency.api.get("board")["seq"] + 1, []
        for number, one in enumerate(sent, start=1):
            answers.append(pool.submit(said_to, agency, book, one))
            if number % (len(sent) // (RESTARTS + 1)) == 0 and number < len(sent) - RESTARTS:
                until(lambda: sum(a.done() for a in answers) > len(answers) // 2, 60, "half of them are answered")
                agency.kill("hub")
        for answer in answers:
            answer.result()
        history, data = read_lines(book), agency.folder / "data"
        verdict = judge_agency(history, data, agency.settings, exercises=LOOKED, from_seq=first)
        note(f"E14 {len(sent)} copies of {requests} requests, {RESTARTS} kills: {verdict}")
        assert verdict.valid is True, str(verdict)
        assert verdict.counts["requests"] == requests
        assert agency.verified() == []


def wanted(requests, chance):
    """(device, step, key, what is asked) of so many requests: tickets, and a call at each of some counters."""
    tickets = requests - len(COUNTERS)
    services = list(SERVICES)
    return [
        *(("api", "issue", f"issue {n}", {"service": chance.choice(services)}) for n in range(tickets)),
        *((code, "next", f"next {code}", {"counter": code}) for code in COUNTERS),
    ]  # fmt: skip


def said_to(agency, book, request):
    """One copy over a connection of its own, again until it is answered."""
    who, step, key, body = request
    line = Client("A9" if step == "issue" else f"P{who}", agency.door(who), book)
    line.ask(FUNCTIONS[step], step, key, **body)


@pytest.fixture
def hall(agency_running):
    """The running agency with somebody waiting, and counter 31 free again afterwards."""
    yield agency_running
    for step in ("start", "finish"):
        try:
            agency_running.counter("31").step(step)
        except Refused:
            continue


def test_a_key_repeated_over_the_other_door_has_its_answer(hall):
    """The panel asked on its socket, heard nothing, and asks again over HTTP."""
    hall.give("XES")
    key = uuid4().hex
    first = hall.line("31").ask("next", key, counter="31")
    assert hall.door("31").ask("next", key, counter="31") == first
    assert first["ticket"]["counter"] == "31"


def test_nobody_is_an_answer_too_and_stays_one(hall):
    while hall.counter("31").serve():
        pass
    key = uuid4().hex
    first = hall.counter("31").step("next", key)
    hall.give("XES")
    assert first["ticket"] is None
    assert hall.counter("31").step("next", key) == first


def test_the_same_key_for_something_else_is_refused_and_does_nothing(hall):
    key = uuid4().hex
    given = hall.api.ask("issue", key, service="XES")
    with pytest.raises(Refused) as refused:
        hall.api.ask("issue", key, service="YES")
    assert refused.value.reason == "key_reuse"
    assert hall.api.ask("issue", key, service="XES") == given


# --- nonsense --------------------------------------------------------------------------------


def post(hall, body, kind="application/json", path="tickets"):
    return hall.door("api").send("POST", f"/api/v1/{path}", body, **{"Content-Type": kind})


def about(key="a", **more):
    return json.dumps({"key": f"{key} {uuid4().hex}", **more}).encode()


NONSENSE = {
    "a service nobody has": (lambda hall: post(hall, about(service="MOON")), 422, "unknown_service"),
    "no service at all": (lambda hall: post(hall, about()), 422, "unprocessable"),
    "a field that is none": (lambda hall: post(hall, about(service="DEP", colour="red")), 422, "unprocessable"),
    "half a JSON": (lambda hall: post(hall, b'{"key": "k", '), 400, "bad_request"),
    "a list": (lambda hall: post(hall, b"[1, 2]"), 400, "bad_request"),
    "letters of no alphabet": (lambda hall: post(hall, b'{"key": "\xff\xfe"}'), 400, "bad_request"),
    "a form": (lambda hall: post(hall, b"key=k&service=DEP", "application/x-www-form-urlencoded"), 415, "media_type"),
    "a megabyte": (lambda hall: post(hall, MEGABYTE), 413, "too_large"),
    "a counter nobody built": (lambda hall: post(hall, about(), path="counters/99/next"), 404, "unknown_counter"),
    "a path that leads nowhere": (lambda hall: post(hall, about(), path="tickets/../../etc"), 404, "not_found"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_refused_in_words_and_the_hub_does_not_notice(agency_running, what):
    send, status, code = NONSENSE[what]
    before = (
        agency_running.api.get("events?limit=1&after=0"),
        agency_running.pid("hub"),
        len(agency_running.journal()),
    )
    found, body = send(agency_running)
    error = json.loads(body)["error"]
    assert found == status, error
    assert code in error["code"], error
    assert len(error["message"]) > 5
    unmoved(agency_running, before)


def unmoved(hall, before):
    """The same process, nothing recorded, nothing in the log."""
    assert (hall.api.get("events?limit=1&after=0"), hall.pid("hub"), len(hall.journal())) == before
    assert "Traceback" not in hall.log()


def said_until_the_end(line, frame):
    line.send(frame)
    while line.receive(5) is not None:
        pass


@pytest.mark.parametrize(
    "frame", [b"\x00\xff" * 50, "42[", MEGABYTE.decode()], ids=["binary", "half a packet", "a megabyte"]
)
def test_a_frame_of_nonsense_ends_that_line_and_no_other(agency_running, frame):
    before = (
        agency_running.api.get("events?limit=1&after=0"),
        agency_running.pid("hub"),
        len(agency_running.journal()),
    )
    other = agency_running.line("display")
    url = f"ws://127.0.0.1:{agency_running.port}/socket.io/?EIO=4&transport=websocket"
    line = simple_websocket.Client(url)
    assert line.receive(5).startswith("0")
    line.send(f"40{json.dumps({'token': agency_running.tokens['panel']})}")
    line.receive(5)
    with pytest.raises((simple_websocket.ConnectionClosed, OSError)):
        said_until_the_end(line, frame)
    assert not other.away
    unmoved(agency_running, before)


def test_somebody_who_connects_and_says_nothing_holds_nobody_up(agency_running):
    with socket.create_connection(("127.0.0.1", agency_running.port)):
        assert agency_running.give("XES")


def test_an_unknown_ask_on_a_socket_is_refused_in_words(agency_running):
    with pytest.raises(Refused) as refused:
        agency_running.line("31").ask("dance", uuid4().hex)
    assert refused.value.reason == "unknown_ask"
