"""An emergency at a counter, breaks and crowds: what the supervisor is told, and an address of the agency's."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hub.errors import IllegalStep, Refused
from hub.queues import actions
from hub.supervision import webhook
from hub.supervision.pictures import alerts_now, supervision
from tests.hub.supervision.house import House
from tests.office import SUPERVISOR, demo_settings, settings_with
from tests.patience import patience


@pytest.fixture
def office(tmp_path):
    """A day that is open, with an agent at counter 05."""
    built = House(tmp_path / "data").people()
    built.open_day()
    built.counter("05").open("00902F")
    yield built
    built.hub.store.close()


def board(office):
    with office.hub.snapshot() as reader:
        return supervision(office.hub, reader)


def alerts(office):
    return [(one.code, one.about) for one in board(office).alerts]


def tile(office, code):
    return next(one for one in board(office).tiles if one.counter == code)


def test_an_emergency_comes_before_everything_until_somebody_goes(office):
    office.press("pension")
    office.counter("05").step("raise_alarm")
    office.later(seconds=75).counter("05").step("raise_alarm")
    assert alerts(office)[0] == ("alarm", "05")
    assert "BOUITY Nadège, depuis 1:15" in board(office).alerts[0].text, (
        "pressed again it is still since the first time"
    )
    assert (tile(office, "05").flag, tile(office, "05").level) == ("alarm", "bad")
    office.counter("05").step("answer_alarm")
    assert ("alarm", "05") not in alerts(office)
    with pytest.raises(Refused) as refused:
        office.counter("05").step("answer_alarm")
    assert refused.value.reason == "no_alarm"


def test_nobody_calls_for_help_at_a_closed_counter_and_closing_ends_a_call(office):
    with pytest.raises(IllegalStep):
        actions.raise_alarm(office.hub, office.ask(SUPERVISOR), counter="06")
    office.counter("05").step("raise_alarm").close()
    assert ("alarm", "05") not in alerts(office)


def test_a_break_is_long_after_the_agreed_time(office):
    office.counter("05").pause("pause")
    office.later(minutes=30)
    assert tile(office, "05").flag == ""
    office.later(seconds=1)
    assert (tile(office, "05").flag, tile(office, "05").reason) == ("break", "pause")
    assert ("break", "05") in alerts(office)


def test_a_crowd_is_more_people_in_one_queue_than_the_agency_says(tmp_path):
    office = House(tmp_path / "data", settings_with({"alerts": {"waiting": 2}})).people()
    office.open_day()
    office.counter("05").open("00902F")
    for _ in range(2):
        office.press("deposit")
    assert alerts(office) == []
    office.press("deposit")
    assert alerts(office) == [("crowd", "DEP")]
    assert demo_settings().alerts.waiting is None
    office.hub.store.close()


# --- told to an address -----------------------------------------------------------------------------


class Address:
    """What the agency's programs hear, and what they turned away; `status` is what they answer."""

    def __init__(self):
        self.heard, self.turned_away, self.status, here = [], [], 200, self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                said = self.rfile.read(int(self.headers["Content-Length"]))
                status = here.status
                (here.heard if status == 200 else here.turned_away).append(json.loads(said))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/alerts"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def told_to(tmp_path, url):
    office = House(tmp_path / "data", settings_with({"alerts": {"webhook": url}})).people()
    office.open_day()
    office.counter("05").open("00902F")
    return office


def begun(said):
    """The alerts that a message says have begun."""
    return {one["code"] for one in said["begun"]}


def until(check):
    end = time.monotonic() + patience(5)
    while not check():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_address_is_told_what_begins_and_what_ends_and_an_emergency_at_once(tmp_path):
    address = Address()
    office = told_to(tmp_path, address.url)
    running = webhook.start(office.hub)
    office.counter("05").step("raise_alarm")
    until(lambda: address.heard)
    said = address.heard[0]
    assert [(one["code"], one["about"], one["level"]) for one in said["begun"]] == [("alarm", "05", "bad")]
    assert (said["agency"], said["schema"]) == ("CNSS-BZV-SIEGE", 1)
    office.counter("05").step("answer_alarm")
    until(lambda: len(address.heard) > 1)
    assert address.heard[1]["over"] == [{"code": "alarm", "about": "05"}]
    running.close()
    address.close()
    office.hub.store.close()


def test_an_address_that_was_away_is_told_once_how_things_have_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(webhook, "LOOK_S", 0.02)
    address = Address()
    address.status = 503
    office = told_to(tmp_path, address.url)
    running = webhook.start(office.hub)
    office.counter("05").step("raise_alarm")
    until(lambda: running.complaint)
    office.press("pension")
    until(lambda: begun(address.turned_away[-1]) == {"alarm", "nobody"})  # a look from before the press is over
    address.status = 200
    until(lambda: address.heard)
    assert begun(address.heard[0]) == {"alarm", "nobody"}
    until(lambda: not running.complaint)
    running.close()
    address.close()
    office.hub.store.close()


def test_an_address_that_never_answers_holds_up_no_call(tmp_path):
    silent = socket.create_server(("127.0.0.1", 0))  # it takes the line, and never says a word
    office = told_to(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}/")
    running = webhook.start(office.hub)
    office.counter("05").step("raise_alarm")
    for _ in range(20):
        office.give("deposit")
    began = time.monotonic()
    for _ in range(20):
        assert office.counter("05").serve(minutes=0.1)
    assert time.monotonic() - began < webhook.TIMEOUT_S, "not one call waited for it"
    assert [one.code for one in alerts_now(office.hub, office.hub.reader)][:1] == ["alarm"]
    running.close()
    silent.close()
    office.hub.store.close()
