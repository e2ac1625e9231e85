"""Whose picture goes out next: a call waits for nothing, the others take turns, none more often than ten a second."""

import threading
from contextlib import contextmanager
from types import SimpleNamespace

from flask import Flask
from flask_socketio import SocketIO

from hub import realtime
from hub.ask import Actor
from hub.pace import PACE_S, Pace
from hub.realtime import Realtime, Screen, _Announcer
from tests.agency import until


def pace() -> Pace:
    return Pace(("board", "desk", "supervision"))


def test_the_first_change_goes_at_once_and_the_next_ten_times_a_second():
    one = pace()
    assert one.next(5.0)[0] is None, "nobody wants anything"
    one.want(["board"])
    assert one.next(5.0) == ("board", 0.0)
    one.want(["board"])
    kind, wait_s = one.next(5.03)
    assert kind is None
    assert abs(wait_s - (PACE_S - 0.03)) < 1e-9
    assert one.next(5.0 + PACE_S) == ("board", 0.0)
    assert not one


def test_a_call_does_not_wait_for_its_time_nor_for_others():
    one = pace()
    one.want(one.kinds)
    assert [one.next(5.0)[0] for _ in range(4)] == ["board", "desk", "supervision", None]
    one.want(one.kinds)
    one.want(["board"], hurried=True)
    assert one.next(5.01) == ("board", 0.0)
    assert one.next(5.01)[0] is None, "the others were sent a moment ago"
    one.want(["board"])
    assert one.next(5.02)[0] is None, "the hurry is over with the picture that it was for"


def test_who_waits_longest_is_next():
    one = pace()
    for now, kind in ((1.0, "supervision"), (1.04, "desk"), (1.08, "board")):
        one.want([kind])
        assert one.next(now)[0] == kind
    one.want(one.kinds)
    assert [one.next(9.0)[0] for _ in range(3)] == ["supervision", "desk", "board"]


def test_what_is_not_its_own_is_nobodys():
    one = pace()
    one.want(["kiosk"], hurried=True)
    assert not one


def screen(event: str, *at_once: str) -> Screen:
    return Screen(event, lambda _: True, lambda _: "", lambda _: dict, at_once=frozenset(at_once))


def test_an_announcer_that_sleeps_between_two_pictures_is_woken_by_a_call():
    told, hall = [], _Announcer("hall", (screen("board", "ticket_called"), screen("counters", "ticket_called")))
    hall.want(None)
    assert [hall.next().event, hall.next().event] == ["board", "counters"]
    hall.want("counters")  # it would have to wait for its time
    thread = threading.Thread(target=lambda: told.extend(hall.next().event for _ in range(2)))
    thread.start()
    hall.want(None, frozenset({"ticket_called"}))
    thread.join(5)
    assert told == ["board", "counters"]


class Room:
    """A hub, its line and one connection, as far as pictures go."""

    def __init__(self, monkeypatch, picture):
        self.sent, self.store = [], SimpleNamespace(epoch=1, head=(1, ""))
        self.server = SimpleNamespace(on=self.on_event)
        self.settings = SimpleNamespace(hub=SimpleNamespace(second_line="allow"))
        kind = Screen("board", lambda _: True, lambda _: "", lambda _: picture)
        self.actor = Actor(device="D1", roles=frozenset({"api"}))
        self.live = Realtime(self, self, lambda _: self.actor, (kind,))
        self.kind = kind
        monkeypatch.setattr(realtime, "request", SimpleNamespace(remote_addr="", sid="s"))
        monkeypatch.setattr(realtime, "join_room", lambda _: None)

    def on_event(self, *_):
        """Who listens is not asked."""

    def emit(self, event, picture, to):
        self.sent.append(picture["seq"])

    @contextmanager
    def snapshot(self):
        yield None


def test_who_comes_while_the_others_are_told_gets_no_older_picture_after_a_newer_one(monkeypatch):
    numbers, reading, read_on = iter((1, 2)), threading.Event(), threading.Event()

    def picture(*_):
        seq = next(numbers)
        if seq == 1:  # the one who comes: slow between its reading and its sending
            reading.set()
            read_on.wait(5)
        return {"seq": seq}

    room = Room(monkeypatch, picture)
    comes = threading.Thread(target=room.live._let_in, args=({"token": "t"},))
    comes.start()
    assert reading.wait(5)
    told = threading.Thread(target=room.live._send, args=(room.kind,))
    told.start()
    told.join(0.1)
    read_on.set()
    comes.join(5)
    told.join(5)
    assert room.sent == [1, 2]


def test_a_picture_that_cannot_be_made_silences_nobody(hub):
    """Whatever a room's picture raises, the thread that tells the screens goes on: a hub without one shows nothing."""
    made = []

    def picture(*_):
        made.append(len(made))
        if len(made) == 2:
            raise RuntimeError("a mistake of ours")
        return {"seq": len(made)}

    app = Flask("screens")
    io = SocketIO(app, async_mode="threading")
    board = Screen("board", lambda _: True, lambda _: "all", lambda _: picture)
    live = Realtime(hub, io, lambda _: Actor(device="D1"), (board,))
    screen = io.test_client(app, auth={"token": "t"})
    live.start()
    for number in (2, 3):
        live.refresh()
        until(lambda n=number: len(made) == n, 5, f"picture {number}")
    seen = []
    until(lambda: seen.extend(screen.get_received()) or len(seen) == 2, 5, "the picture after it")
    screen.disconnect()
    assert [each["args"][0]["seq"] for each in seen] == [1, 3]


def test_a_kind_may_take_longer_and_its_first_picture_does_not():
    one = Pace(("board", "kiosk"), {"kiosk": 0.5})
    one.want(("kiosk",))
    assert one.next(5.0) == ("kiosk", 0.0)
    one.want(("board", "kiosk"))
    assert one.next(5.2) == ("board", 0.0)
    kind, wait_s = one.next(5.2)
    assert kind is None
    assert abs(wait_s - 0.3) < 1e-9
    assert one.next(5.5) == ("kiosk", 0.0)
