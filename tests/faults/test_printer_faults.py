"""The printer breaks, also in the middle of a ticket: the visitor reads the number within three seconds, staff see
it, the ticket is there once, and nothing pours out when the printer is well again.
"""

import http.client
import json
import socket
import threading
import time
from contextlib import closing
from uuid import uuid4

import pytest

from tests.agency import label, strain, until

pytestmark = [pytest.mark.faults, pytest.mark.slow]
TOLD_S, STAFF_S, WELL_S = 3.0, 5.0, 8.0
#: The kiosk looks at a troubled printer every two seconds; by then whatever was held back would have come.
FLOOD_S = 2.5
SERVICE, COUNTER = "IMM", "07"
MID_TICKET = 300


class TouchScreen:
    """The kiosk's page, as the browser on it has it: touches out, what the visitor is told in."""

    def __init__(self, port):
        self._port = port
        self._stream = http.client.HTTPConnection("127.0.0.1", port)
        self._stream.request("GET", "/live")
        self._socket = self._stream.sock
        self._answer = self._stream.getresponse()
        self.told = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        event = ""
        try:
            while line := self._answer.readline().decode():
                name, _, value = line.strip().partition(": ")
                event = value if name == "event" else event
                if name == "data" and event == "told":
                    self.told.append((time.monotonic(), json.loads(value)))
        except (OSError, ValueError, AttributeError):
            return  # hung up

    def touch(self, service):
        """A finger on a tile; the touch."""
        tap = uuid4().hex
        with closing(http.client.HTTPConnection("127.0.0.1", self._port)) as line:
            body = json.dumps({"service": service, "language": "fr", "priority": "normal", "tap": tap})
            line.request("POST", "/press", body, {"Content-Type": "application/json"})
            assert line.getresponse().status == http.HTTPStatus.ACCEPTED
        return tap

    def wait(self, tap, wanted, seconds):
        """The first thing told to that finger which is wanted; and when."""
        found = []

        def look():
            found[:] = [(at, said) for at, said in self.told if said["tap"] == tap and wanted(said)]
            return found

        until(look, seconds, f"the visitor is told; heard {self.told}")
        return found[0]

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(5)
        self._answer.close()
        self._stream.close()


@pytest.fixture
def screen(agency_running):
    until(lambda: knows(agency_running), 10, "the kiosk's first catalogue")
    page = TouchScreen(agency_running.settings.kiosk.screen_port)
    yield page
    agency_running.printer.fault(None)
    agency_running.printer.speed(0)
    until(lambda: not troubles(agency_running), WELL_S, "the printer is well again")
    page.close()


def knows(agency):
    return agency.api.get("board")["queues"]


def troubles(agency):
    """What is wrong at the kiosk, as the journal knows it."""
    state = {}
    for entry in agency.journal():
        if entry["kind"] == "device_trouble" and entry["device"] == "K1":
            state[entry["payload"]["part"]] = entry["payload"]["state"]
    return {part: said for part, said in state.items() if said != "ok"}


def tickets(agency):
    """The kiosk's tickets, with what is known of their paper."""
    given = {
        e["payload"]["ticket"]: [e["payload"]["label"], "awaited"]
        for e in agency.journal()
        if e["kind"] == "ticket_issued" and e["device"] == "K1"
    }
    for entry in agency.journal():
        if entry["kind"] == "paper_reported" and entry["payload"]["ticket"] in given:
            given[entry["payload"]["ticket"]][1] = entry["payload"]["paper"]
    return [tuple(one) for one in given.values()]


@pytest.mark.parametrize(
    ("fault", "at"),
    [("paper_out", 0), ("paper_out", MID_TICKET), ("unplugged", MID_TICKET), ("silent", MID_TICKET)],
    ids=["no paper", "the paper ends in mid-ticket", "unplugged in mid-ticket", "silent in mid-ticket"],
)
def test_the_visitor_has_a_number_the_staff_have_a_word_and_nothing_pours_out(agency_running, screen, note, fault, at):
    agency, before = agency_running, len(tickets(agency_running))
    agency.printer.fault(fault, at)
    began = time.monotonic()
    tap = screen.touch(SERVICE)
    _, told = screen.wait(tap, lambda said: said["number"], TOLD_S)
    number = told["number"]["label"]
    at_last, _ = screen.wait(tap, lambda said: said["paper"] == "none" and said["number"], 3 * TOLD_S)
    assert at_last - began <= TOLD_S * strain(), f"told after {at_last - began:.1f} s that no paper comes"
    seen = until(lambda: troubles(agency), STAFF_S, "the staff see that the printer is in trouble")
    until(lambda: (number, "shown") in tickets(agency), STAFF_S, f"{number} is known as shown")
    note(f"told after {at_last - began:.2f} s that there is no paper, staff {seen:.2f} s later")
    assert len(tickets(agency)) == before + 1

    slips = len(agency.printer.slips)
    agency.printer.fault(None)
    until(lambda: not troubles(agency), WELL_S, "the printer is well again")
    time.sleep(FLOOD_S)
    assert len(agency.printer.slips) == slips
    assert number in called_until(agency, number)

    following = screen.wait(screen.touch(SERVICE), lambda said: said["paper"] == "printed", TOLD_S)[1]["number"]
    whole = agency.printer.wait_for_slips(slips + 1)[-1]
    assert (label(whole), numbers_on(whole)) == (following["label"], 1), "the next visitor's paper bears one number"


def numbers_on(slip):
    """How many labels stand on a piece of paper."""
    largest = max(line.height for line in slip if line.kind == "text")
    return sum(line.kind == "text" and line.height == largest for line in slip)


def called_until(agency, number):
    """Call at the counter until that number comes, or nobody."""
    labels = []
    while label_called := agency.counter(COUNTER).serve():
        labels.append(label_called)
        if label_called == number:
            break
    return labels


def test_the_staff_read_it_on_the_page_of_the_reception(agency_running, screen):
    agency = agency_running
    agency.printer.fault("cover_open")
    screen.touch(SERVICE)
    until(lambda: troubles(agency), STAFF_S, "the kiosk says so")
    assert "capot ouvert" in agency.page("receptionist", "/desk/reception/lists")
