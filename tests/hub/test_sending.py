"""How a picture leaves the hub: at once where the line takes it, else in its order; nobody waits for who is slow."""

from __future__ import annotations

import json
import queue
import socket
import ssl
import threading
import time
from contextlib import closing
from types import MethodType, SimpleNamespace
from uuid import uuid4

import pytest
import websocket
from engineio.packet import CLOSE, MESSAGE, PING, Packet

from hub.listener import Line
from hub.websocket import ClientSocket
from tests.agency import hub_with, opened
from tests.patience import patience

pytestmark = pytest.mark.slow  # real sockets

LARGE = bytes(range(256)) * 4000


# --- a line ----------------------------------------------------------------------------------


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(patience(5))
    with closing(ours), closing(theirs):
        yield Line(ours), theirs


def fetched(sock, size):
    found = b""
    while len(found) < size:
        found += sock.recv(65_536)
    return found


def test_what_the_peer_takes_is_sent_at_once(ends):
    line, theirs = ends
    assert line.offer(b"picture") is True
    assert theirs.recv(100) == b"picture"


def test_what_does_not_fit_goes_before_what_comes_after(ends):
    line, theirs = ends
    assert line.offer(LARGE) is None
    assert line.offer(b"later") is False, "it would come in the middle of the first"
    writer = threading.Thread(target=line.sendall, args=(b"end",))
    writer.start()
    assert fetched(theirs, len(LARGE) + 3) == LARGE + b"end"
    writer.join(patience(5))
    assert line.offer(b"again") is True


def test_nobody_waits_for_a_peer_who_reads_nothing(ends):
    line, theirs = ends
    writer = threading.Thread(target=line.sendall, args=(LARGE,))
    writer.start()
    time.sleep(0.05)
    began = time.monotonic()
    assert line.offer(b"picture") is False
    assert time.monotonic() - began < patience(1)
    assert fetched(theirs, len(LARGE)) == LARGE
    writer.join(patience(5))
    while line.offer(b"x" * 1000):
        pass
    assert time.monotonic() - began < patience(2), "nor for one whose buffer is full"


# --- a client --------------------------------------------------------------------------------


class Client:
    """A client whose line takes what it is told to, and what came out of it."""

    def __init__(self, *takes):
        self.takes, self.sent, self.queue, self.alive = list(takes), [], queue.Queue(), True
        self.socket = ClientSocket(MethodType(lambda *_: None, self), None)
        self.socket.ws = SimpleNamespace(offer=self.offer, send=self.sent.append, sock=self)

    def check_ping_timeout(self):
        return self.alive

    def offer(self, text):
        taken = self.takes.pop(0)
        if isinstance(taken, Exception):
            raise taken
        if taken is True:
            self.sent.append(text)
        return taken

    def sendall(self, data):
        self.sent.append(f"the rest {data.decode()}")

    def deliver(self, text, kind=MESSAGE):
        self.socket.deliver(Packet(kind, data=text))

    def write(self):
        """As the thread that writes does, with all that waits."""
        while not self.queue.empty():
            self.socket.send(self.queue.get().encode())


def test_packets_keep_their_order_whether_they_wait_or_not():
    client = Client(True, False, True)
    client.deliver("1")
    client.deliver("2")
    client.deliver("3")
    assert client.sent == ["41"], "the third would be there before the second"
    client.write()
    assert client.sent == ["41", "42", "43"]
    client.deliver("4")
    assert client.sent[-1] == "44"
    assert client.queue.empty()


def test_a_packet_that_the_thread_holds_is_still_before_the_others():
    client = Client(False, True)
    client.deliver("1")
    taken = client.queue.get()  # taken, and not sent yet
    client.deliver("2")
    assert client.sent == []
    client.socket.send(taken.encode())
    client.write()
    assert client.sent == ["41", "42"]


def test_a_packet_that_was_begun_is_ended_before_the_next():
    client = Client(None, True)
    client.deliver("1")
    client.deliver("2")
    client.write()
    assert client.sent == ["the rest ", "42"]


def test_pings_and_goodbyes_wait_for_the_thread_which_ends_without_them():
    client = Client()
    client.deliver("", PING)
    client.deliver("", CLOSE)
    assert (client.queue.qsize(), client.sent) == (2, [])


def test_a_line_that_breaks_is_left_to_the_thread_and_one_that_is_silent_is_told_nothing():
    client = Client(BrokenPipeError())
    client.deliver("1")
    assert client.queue.qsize() == 1
    client.alive = False
    client.deliver("2")
    assert client.queue.qsize() == 1


# --- a hub -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("agency"), hub_with(host="0.0.0.0")) as agency:  # noqa: S104 (it speaks TLS there)
        yield agency


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_who_reads_late_reads_everything_whole_and_in_order(hub, scheme):
    screen = websocket.create_connection(
        f"{scheme}://127.0.0.1:{hub.port}/socket.io/?EIO=4&transport=websocket", timeout=patience(5),
        sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)], sslopt={"cert_reqs": ssl.CERT_NONE},
    )  # fmt: skip
    with closing(screen):
        assert screen.recv().startswith("0{")
        screen.send("40" + json.dumps({"token": hub.tokens["display"], "only": ["board"]}))
        counter = hub.counter("31")
        counter.step("open", agent="00902F", take_over=True)
        for _ in range(120):
            hub.api.post("tickets", key=uuid4().hex, service="XES")
            label = counter.serve()
        seen = []
        while not seen or label not in json.dumps(seen[-1]["calls"]):
            frame = screen.recv()
            if frame == "2":
                screen.send("3")
            elif frame.startswith('42["board"'):
                seen.append(json.loads(frame[2:])[1])
    numbers = [picture["seq"] for picture in seen]
    assert len(numbers) > 20
    assert numbers == sorted(numbers)
