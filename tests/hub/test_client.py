"""What a device does with pictures that come out of order: each in a thread of its own, as the library has it."""

import threading

from hub.client import HubClient


def test_an_older_picture_is_never_the_last_one_that_is_shown():
    shown, showing, go_on = [], threading.Event(), threading.Event()

    def show(name, picture):
        if picture["seq"] == 1:
            showing.set()
            go_on.wait(5)
        shown.append((name, picture["seq"]))

    line = HubClient("http://127.0.0.1:9", lambda: "token").listen(show, lambda _away: None)
    hear = line._listener("counters")
    slow = threading.Thread(target=hear, args=({"epoch": 1, "seq": 1},))
    slow.start()
    assert showing.wait(5)
    quick = threading.Thread(target=hear, args=({"epoch": 1, "seq": 2},))
    quick.start()
    quick.join(0.1)
    go_on.set()
    slow.join(5)
    quick.join(5)
    assert shown == [("counters", 1), ("counters", 2)]
    hear({"epoch": 1, "seq": 1})
    hear("nothing that a hub sends")
    assert line.pictures["counters"]["seq"] == 2
    assert len(shown) == 2
