"""A box at the hub's own door: paired on its screen, revoked while it is connected, and what a stolen token gets."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import sqlite3
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
import socketio

from hub.agents import actions as agents
from hub.agents import cookie, csrf, rules, second_factor
from hub.ask import HUB, Ask
from hub.client import HubClient
from hub.joining import TokenFile, paired_on_screen
from hub.realtime import DEAD_S
from hub.rooms import open_hub
from hub.store import DATABASE
from tests.agency import until
from tests.hub.desk.house import new_house
from tests.patience import patience

pytestmark = pytest.mark.slow
ADMIN = "00001A"
WITHIN_S = 2.0


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The hub's process, with an administrator at a desk."""
    built = new_house(tmp_path_factory.mktemp("house")).prepare()
    hub = open_hub(built.settings)
    agents.add_agent(hub, Ask(HUB), code=ADMIN, name="Administration", roles=["admin"])
    built.sessions[ADMIN] = second_factor.vouched(hub, Ask(HUB), ADMIN)
    hub.store.close()
    built.start()
    yield built
    built.kill()


def post(house, path, body=None, *, form=None, token=None):
    """As a box (`body`, perhaps with its token) or as the administrator's page (`form`)."""
    with closing(http.client.HTTPConnection("127.0.0.1", house.settings.hub.port, timeout=patience(10))) as door:
        head = {"Accept": "application/json"}
        if form is None:
            data, head["Content-Type"] = json.dumps(body), "application/json"
            head |= {"Authorization": f"Bearer {token}"} if token else {}
        else:
            session = house.sessions[ADMIN]
            data, head["Content-Type"] = form, "application/x-www-form-urlencoded"
            head |= {"Cookie": f"{cookie._PLAIN}={session}", csrf.HEADER: csrf.token_for(session)}
        door.request("POST", path, data, head)
        answer = door.getresponse()
        text = answer.read().decode()
        found = json.loads(text) if text.startswith("{") else text
        return SimpleNamespace(status=answer.status, body=found)


def paired(house, kind, name):
    """A box that nobody knew, a minute later."""
    box = post(house, "/pairing", {"kind": kind}).body
    assert post(house, "/devices/pair", form=f"code={box['code']}&name={name}").status == 303
    return post(house, "/pairing/claim", {"secret": box["secret"]}).body["token"]


def line(house, token, event):
    """A live link that has brought its first picture; when it was cut."""
    client, heard = socketio.Client(reconnection=False), {}
    client.on(event, lambda _: heard.setdefault("picture", time.monotonic()))
    client.on("disconnect", lambda *_: heard.setdefault("cut", time.monotonic()))
    client.connect(house.url, auth={"token": token}, transports=["websocket"])
    wait_for(heard, "picture")
    return client, heard


def wait_for(heard, what, seconds=5.0):
    until = time.monotonic() + seconds
    while what not in heard:
        assert time.monotonic() < until, f"no {what} within {seconds} s"
        time.sleep(0.005)
    return heard[what]


def test_a_screen_paired_on_screen_lives_and_is_cut_within_two_seconds_of_its_revocation(house, note):
    took = []
    for number in range(10):
        name = f"ECRAN{number}"
        token = paired(house, "display", name)
        _, heard = line(house, token, "board")
        began = time.monotonic()
        assert post(house, f"/devices/{name}/revoke", form="").status == 303
        took.append(wait_for(heard, "cut", WITHIN_S) - began)
        with pytest.raises(socketio.exceptions.ConnectionError):
            line(house, token, "board")
        assert post(house, "/api/v1/tickets", {"key": "1", "service": "DEP"}, token=token).status == 401
    assert max(took) <= WITHIN_S
    note(f"10 live screens revoked: cut after {max(took) * 1000:.0f} ms at most, request included")


def test_the_list_shows_who_is_there_and_a_token_used_twice(house):
    token = paired(house, "display", "SALLE9")
    lines = [line(house, token, "board")[0] for _ in range(2)]
    page = text_of(house, "/devices")
    assert re.search(r"SALLE9.{0,400}2 liaisons à la fois", page, re.DOTALL)
    for one in lines:
        one.disconnect()


@pytest.fixture(scope="module", autouse=True)
def doubled(house):
    """One token in two places, and a box that broke off and came back: begun first, looked at last. Since when."""
    token, back = paired(house, "display", "SALLE8"), paired(house, "display", "SALLE7")
    lines = [line(house, token, "board")[0] for _ in range(2)]
    broken, again = (line(house, back, "board")[0] for _ in range(2))
    broken.eio.ws.shutdown()
    yield time.monotonic()
    for one in (*lines, again):
        one.disconnect()


def text_of(house, path):
    with closing(http.client.HTTPConnection("127.0.0.1", house.settings.hub.port, timeout=patience(10))) as door:
        door.request("GET", path, headers={"Cookie": f"{cookie._PLAIN}={house.sessions[ADMIN]}", "Accept": "text/html"})
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", door.getresponse().read().decode()))


def test_a_box_that_is_set_up_without_a_token_shows_a_code_and_gets_one_once_it_was_typed(house):
    joining = paired_on_screen(house.url, "kiosk")
    code = next(joining).rpartition(" ")[2]
    assert post(house, "/devices/pair", form=f"code={code}&name=K7").status == 303
    with pytest.raises(StopIteration) as ended:
        next(joining)
    client, _ = line(house, ended.value.value, "kiosk")
    client.disconnect()


# --- what a stolen token gets ---------------------------------------------------------------------

#: kind → asks of the socket that the thief may try with success or a refusal of the room; all others are forbidden.
MAY = {
    "kiosk": {
        "issue",
        "scanned",
        "printed",
        "shown",
        "failed",
        "trouble",
        "help",
        "print_take",
        "print_report",
        "own_cancel",
        "own_let_pass",
        "expected",
        "unbook",
        "arrive",
        "times",
        "book",
    },
    "display": {"trouble"},
    "printer": {"trouble", "print_take", "print_report"},
}


@pytest.mark.parametrize("kind", sorted(MAY))
def test_a_stolen_token_is_a_box_of_its_kind_and_no_more(house, kind):
    """Over its own live link it asks for everything there is, then for a later epoch a hundred times."""
    from hub.asks import ASKS  # noqa: PLC0415

    token = paired(house, kind, f"VOL-{kind[:5].upper()}")
    event = {"kiosk": "kiosk", "display": "board", "printer": "printers"}[kind]
    client, _ = line(house, token, event)
    tried = {}
    for what in ASKS:
        answer = client.call("ask", {"what": what, "key": what}, timeout=patience(5))
        tried[what] = answer.get("error", {}).get("code")
    client.disconnect()
    assert {what for what, code in tried.items() if code != "not_allowed"} == MAY[kind]
    for path in ("/api/v1/events", "/agents", "/devices", "/supervision", "/desk/reception"):
        with closing(http.client.HTTPConnection("127.0.0.1", house.settings.hub.port, timeout=patience(10))) as door:
            door.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            assert door.getresponse().status == 403, path


def test_a_stolen_token_that_claims_the_future_moves_the_hub_by_a_step_and_is_seen(house):
    token = paired(house, "display", "FUTUR")

    def claim(epoch, seq):
        client, heard = socketio.Client(reconnection=False), {}
        client.on("board", lambda board: heard.setdefault("board", board))
        client.connect(house.url, auth={"token": token, "seen": [epoch, seq]}, transports=["websocket"])
        board = wait_for(heard, "board")
        client.disconnect()
        return board["epoch"]

    now = claim(0, 0)
    assert claim(now + 900, 1) == now
    assert claim(now, 10**12) == now
    assert [claim(now + 2 * step + 1, 1) for step in range(5)][-1] <= now + 6
    assert "FUTUR" in text_of(house, "/devices")
    assert "Il dit avoir vu ce que la boîte ne peut pas avoir donné" in text_of(house, "/devices")


# --- a token in two places -------------------------------------------------------------------------


def test_a_token_in_two_places_is_an_alarm_and_a_box_that_came_back_is_none(house, doubled):
    """The first line lives on when a dead one would be gone; one that broke and came back does not."""
    while "SALLE8" not in (told := alarms(house)):
        assert time.monotonic() < doubled + 2 * DEAD_S, told
        time.sleep(0.2)
    assert "127.0.0.1 + 127.0.0.1" in told
    assert "SALLE7" not in told


def alarms(house):
    """What the hub has found out about tokens."""
    with closing(sqlite3.connect(house.settings.path(house.settings.hub.data) / DATABASE)) as file:
        return str(file.execute("SELECT device, state, detail FROM device_trouble WHERE part = 'token'").fetchall())


# --- a new token each year ------------------------------------------------------------------------


def year_passes(house, name):
    """The token is a year old. The hub lives meanwhile: it asks the file each time."""
    with closing(sqlite3.connect(house.settings.path(house.settings.hub.data) / DATABASE)) as file, file:
        file.execute("UPDATE device_token SET born_at = born_at - ? WHERE device = ?", (rules.RENEW_MS, name))


class Box:
    """A box with its token on disk; `cut` is where the power goes when it is given another one."""

    def __init__(self, house, folder, name, cut=""):
        self.house, self.file, self.cut = house, TokenFile(folder / f"{name}.token"), cut
        self.file.keep(paired(house, "kiosk", name))
        self.first = self.file.read()

    def keep(self, token):
        if self.cut == "before it is written":
            raise OSError("cut")
        self.file.keep(token)
        if self.cut == "before the hub hears of it":
            os.killpg(self.house.process.pid, signal.SIGKILL)

    def open(self):
        self.line = HubClient(self.house.url, self.file.read, keep=self.keep).open()
        # the hub that dies of its own word may be gone before it has said that the line is open
        assert self.cut == "before the hub hears of it" or self.line.wait_connected(patience(10))
        return self.line

    @property
    def renewed(self):
        return self.file.read() != self.first


def opens(house, token):
    return post(house, "/api/v1/tickets", {"key": token[:20], "service": "DEP"}, token=token).status != 401


def test_a_box_is_given_another_token_on_its_line_and_comes_back_with_it(house, tmp_path):
    box = Box(house, tmp_path, "K21")
    year_passes(house, "K21")
    box.open()
    until(lambda: box.renewed and not opens(house, box.first), 5, "the old token ends")
    until(lambda: not box.line.away, 5, "the line with the new one")
    assert opens(house, box.file.read())
    assert box.file.path.stat().st_mode & 0o777 == 0o600
    box.line.close()


def test_a_box_cut_off_before_it_wrote_the_token_comes_with_the_old_one_and_is_told_again(house, tmp_path):
    box = Box(house, tmp_path, "K22", cut="before it is written")
    year_passes(house, "K22")
    line = box.open()
    time.sleep(0.3)
    assert not box.renewed
    assert opens(house, box.first)
    line.close()
    box.cut = ""
    box.open()
    until(lambda: box.renewed and not opens(house, box.first), 5, "the old token ends")
    box.line.close()


def test_a_hub_killed_before_it_heard_the_token_knows_both(house, tmp_path):
    box = Box(house, tmp_path, "K23", cut="before the hub hears of it")
    year_passes(house, "K23")
    box.open()
    until(lambda: box.renewed, 5, "the token is written")
    line, box.cut = box.line, ""
    house.kill()
    house.start()
    until(lambda: not line.away, 10, "the line is back")
    assert opens(house, box.file.read())
    assert not opens(house, box.first)
    line.close()
