"""The other way: an operator's relay is told by HTTPS how all tickets stand, signed and whole."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hub import chain, envelope, seal, teller
from hub.authority import AUTHORITY, open_authority
from hub.clock import ManualClock
from hub.context import Hub
from hub.errors import Unreadable
from hub.followup import relay
from hub.followup.relay import Relay
from hub.followup.running import start
from tests.conftest import MONDAY
from tests.office import Office, open_store, settings_with
from tests.patience import patience

pytestmark = pytest.mark.slow  # real sockets


class Operator:
    """The relay: a real HTTPS server with a certificate of its own authority. `answers`: the next statuses."""

    def __init__(self, folder) -> None:
        authority = open_authority(folder, ["127.0.0.1"], datetime.now(UTC))
        self.certificate = folder / AUTHORITY
        self.heard: list[bytes] = []
        self.answers: list[int] = []
        self.changed = threading.Condition()
        operator = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with operator.changed:
                    operator.heard.append(body)
                    status = operator.answers.pop(0) if operator.answers else 204
                    operator.changed.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.server.daemon_threads = True
        self.server.socket = authority.context().wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}/push"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def wait(self, count: int) -> list[bytes]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard) >= count, patience(15)), len(self.heard)
            return list(self.heard)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def operator(tmp_path):
    found = Operator(tmp_path / "operator")
    yield found
    found.close()


def agency(tmp_path, operator, **more):
    said = {"relay": operator.url, "relay_authority": str(operator.certificate), "address": "https://suivi.example"}
    hub = Hub(
        settings_with({"followup": said | {"relay_s": 2} | more}), open_store(tmp_path / "d", ManualClock(MONDAY))
    )
    return Office(hub, hub.store.clock).open_day()


@pytest.fixture
def office(tmp_path, operator):
    house = agency(tmp_path, operator)
    yield house
    house.hub.store.close()


def opened(office, line):
    public = chain.public_key(office.hub.store.folder / seal.SIGNING_KEY)
    return envelope.opened(relay.DOMAIN, line, public)


def test_it_is_told_at_once_and_after_each_change_signed_and_whole(office, operator, monkeypatch):
    first = office.press("deposit")
    office.give("deposit", requester="BAMOU Jérôme", registration_number="2133415888", reason="voudrait savoir")
    office.counter("05").open("00902F")
    monkeypatch.setattr(relay, "ANYWAY", 1)
    runs = start(office.hub)
    runs.relay._every_s = 0.2
    try:
        said = opened(office, operator.wait(1)[0])
        assert (said["agency"], said["open"], said["schema"]) == ("CNSS-BZV-SIEGE", True, 1)
        assert [each["label"] for each in said["tickets"]] == ["D001", "D002"]
        assert said["tickets"][0].keys() == {"code", "language", *relay.FACTS}
        assert said["tickets"][0]["code"] == office.ticket(first).token
        office.counter("05").next()
        for line in iter(lambda: operator.wait(len(operator.heard) + 1)[-1], None):
            now = opened(office, line)["tickets"]
            if now[0]["state"] == "called":
                break
        assert now[0]["counter"] == "05"
    finally:
        runs.close()
    for line in operator.heard:
        text = line.decode()
        assert len(text) < relay.BYTES
        for private in ("BAMOU", "2133415888", "voudrait", "DEP"):
            assert private not in text, "nobody, and nothing of what for"


def test_a_changed_word_is_found(office, operator):
    office.press("deposit")
    line = relay.line_of(office.hub, relay.told(office.hub))
    assert opened(office, line)["tickets"]
    with pytest.raises(Unreadable):
        opened(office, line.replace(b'"D001"', b'"D002"'))


def test_a_relay_that_was_away_is_told_how_it_is_now_and_nothing_is_kept_for_it(office, operator):
    operator.answers = [503, 503]
    told = Relay(office.hub)
    told._every_s = 0.1
    office.press("deposit")
    told.open()
    try:
        operator.wait(2)
        office.press("deposit")
        operator.wait(3)
        said = opened(office, operator.wait(4)[-1]) if not told.complaint else opened(office, operator.wait(5)[-1])
        assert [each["label"] for each in said["tickets"]] == ["D001", "D002"]
        assert told.complaint == ""
    finally:
        told.close()
        told.close()


def test_who_is_not_the_operator_is_told_nothing(tmp_path, office, operator):
    other = Operator(tmp_path / "other")
    hub = Hub(
        office.hub.settings.model_copy(
            update={"followup": office.hub.settings.followup.model_copy(update={"relay": other.url})}
        ),
        office.hub.store,
    )
    told = Relay(hub)
    told._tell()
    assert "certificate" in told.complaint
    assert other.heard == []
    other.close()


def test_after_failures_the_pause_grows_and_has_an_end(office, operator):
    told = Relay(office.hub)
    operator.server.shutdown()
    operator.server.server_close()
    for _ in range(3):
        told._tell()
    assert told._failures == 3
    assert told.complaint
    assert 2**teller.DOUBLINGS * 600 < 6 * 3600


def test_the_most_tickets_make_a_small_push(office, operator, monkeypatch):
    for _ in range(40):
        office.press("deposit")
    office.counter("05").open("00902F")
    whole = relay.told(office.hub)
    assert len(whole["tickets"]) == 40
    assert len(relay.line_of(office.hub, whole)) < 40 * 300
    monkeypatch.setattr(relay, "BYTES", 4_000)
    short = json.loads(relay.line_of(office.hub, whole))
    assert 0 < len(short["tickets"]) < 40
    assert short["tickets"][0]["label"] == "D001"


def test_when_the_day_is_over_nobody_waits(office, operator):
    office.press("deposit")
    office.close_day()
    said = relay.told(office.hub)
    assert (said["open"], said["tickets"]) == (False, [])
