"""One hall with tickets in every state, and the page's own door open on a real port."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlencode

import pytest

from hub.clock import ManualClock
from hub.context import Hub
from hub.followup.listener import Listener
from tests.conftest import MONDAY
from tests.office import Office, open_store, settings_with


class Phones:
    """Whoever stands on the guests' Wi-Fi."""

    def __init__(self, office: Office, listener: Listener) -> None:
        self.office, self.listener = office, listener

    @property
    def port(self) -> int:
        return self.listener.port

    def code(self, label: str) -> str:
        return self.office.ticket(label).token

    def url(self, label: str, more: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/{self.code(label)}{more}"

    def ask(self, path: str, method: str = "GET", body: str | bytes | None = None, **fields: str):
        """Status, headers and text of one request."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request(method, path, body, fields)
            answer = line.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        finally:
            line.close()

    def send(self, label: str, act: str, key: str, **fields: str):
        """A form of the page."""
        said = {"Content-Type": "application/x-www-form-urlencoded"} | fields
        return self.ask(f"/{self.code(label)}?l=fr", "POST", urlencode({"act": act, "key": key}), **said)

    def forget(self) -> None:
        """A minute later: nobody has asked too often."""
        fresh = Listener(self.office.hub, "127.0.0.1", 0)
        for name in ("_pace", "_lines"):
            setattr(self.listener, name, getattr(fresh, name))
        for wrong in (self.office.hub.guesses._bad, self.office.hub.guesses._until):
            wrong.clear()


def words(page: str) -> str:
    """What is read of a page."""
    text = re.sub(
        r"<style>.*?</style>|<script>.*?</script>|<svg.*?</svg>|<title>.*?</title>|<p id=.lost.*?</p>",
        " ",
        page,
        flags=re.DOTALL,
    )
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.fixture(scope="module")
def hall_of_phones(tmp_path_factory):
    hub = Hub(
        settings_with({"agency": {"languages": ["fr", "en"]}}),
        open_store(tmp_path_factory.mktemp("followup") / "data", ManualClock(MONDAY)),
    )
    office = Office(hub, hub.store.clock).open_day()
    for _ in range(14):
        office.press("deposit")
    office.counter("05").open("00902F")
    office.counter("06").open("00907F")
    listener = Listener(hub, "127.0.0.1", 0).open()
    yield Phones(office, listener)
    listener.close()
    hub.store.close()


@pytest.fixture
def phones(hall_of_phones):
    hall_of_phones.forget()
    return hall_of_phones
