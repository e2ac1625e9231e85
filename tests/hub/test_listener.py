"""The hub's ear, with a real hub: neighbours who are slow, many, or do not hang up keep nobody waiting."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import ExitStack, closing, suppress

import pytest

from hub import listener
from tests.agency import hub_alone, opened, until
from tests.patience import patience

pytestmark = pytest.mark.slow

NEIGHBOURS = [f"127.0.0.{number}" for number in range(2, 6)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("agency"), hub_alone()) as agency:
        yield agency


def called(port, neighbour="127.0.0.2"):
    return socket.create_connection(("127.0.0.1", port), timeout=patience(5), source_address=(neighbour, 0))


def health(port):
    """How long it takes to be answered on a new connection, seconds."""
    began = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=patience(8))) as line:
        line.request("GET", "/healthz")
        assert line.getresponse().status == 200
    return time.monotonic() - began


@pytest.fixture
def drops(hub):
    """Half the hub's threads and more are held by requests that never end."""
    with ExitStack() as lines:
        slow = [lines.enter_context(called(hub.port, each)) for each in NEIGHBOURS for _ in range(listener.PER_ADDRESS)]
        for line in slow:
            line.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        time.sleep(0.2)
        yield slow


def test_requests_that_come_drop_by_drop_leave_threads_for_others(hub, drops):
    assert len(drops) > hub.settings.hub.threads / 2
    assert health(hub.port) < patience(1)


@pytest.mark.nightly
def test_a_request_that_comes_drop_by_drop_is_ended(hub, drops):
    for line in drops:
        line.settimeout(0.5)
    began = time.monotonic()
    while time.monotonic() - began < listener.REQUEST_S - 2:
        drops[0].sendall(b"x")
        time.sleep(0.5)
    drops[0].settimeout(5)
    assert drops[0].recv(100) == b""


def test_who_does_not_hang_up_keeps_nobody_waiting(hub):
    """gunicorn lingers two seconds on each such line, in the thread that accepts everybody."""
    with ExitStack() as lines:
        for _ in range(10):
            line = lines.enter_context(called(hub.port))
            line.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert line.recv(20).partition(b" ")[2].startswith(b"200")
        assert health(hub.port) < patience(1)


def test_one_neighbour_does_not_take_all_places(hub):
    with ExitStack() as lines:
        many = [lines.enter_context(called(hub.port, "127.0.0.9")) for _ in range(listener.PER_ADDRESS + 10)]
        time.sleep(0.3)
        turned_away = 0
        for line in many:
            line.settimeout(0.05)
            try:
                turned_away += line.recv(1) == b""
            except TimeoutError:
                continue
        assert turned_away == 10
        health(hub.port)

    def served_again():
        with called(hub.port, "127.0.0.9") as again, suppress(ConnectionError):  # whoever is early is hung up on
            again.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            return again.recv(20).partition(b" ")[2].startswith(b"200")

    until(served_again, 2, "a place is free again once somebody has gone")


@pytest.mark.parametrize(
    "noise",
    [b"\0" * 200, b"GET\r\n\r\n", b"G" * 9000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 90 + b"\r\n", b"\x16\x03\x01"],
)
def test_what_is_no_request_is_answered_or_ended_and_fills_no_log(hub, noise):
    before = len(hub.log())
    for _ in range(20):
        with called(hub.port, "127.0.0.10") as line:
            line.sendall(noise)
            line.shutdown(socket.SHUT_WR)
            line.recv(1000)
    assert len(hub.log()) - before < 1000
    assert health(hub.port) < patience(1)


def test_what_the_door_refuses_no_room_answers(hub):
    """Reception's page of refusals shows the ticket that was worked on: never to somebody who was not let in."""
    given = hub.api.post("tickets", key="a stranger's", service="XES", requester="MAKOSSO Jean")
    for step in ("confirm", "priority"):
        with closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=patience(5))) as line:
            line.request(
                "POST", f"/desk/reception/tickets/{given['id']}/{step}", headers={"Accept": "application/json"}
            )
            answer = line.getresponse()
            told = answer.read().decode()
        assert answer.status == 401
        assert "MAKOSSO" not in told
        assert given["label"] not in told
