"""The agency with all its rooms, its supervisor and the routing's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from hub.agents.pages import pages as agent_pages
from hub.app import Rooms, create_app
from hub.ask import Actor, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.desk.pages import pages as desk_pages
from hub.publishing import actions, store
from hub.publishing.pages import administration
from hub.publishing.pages import pages as publishing_pages
from hub.rooms import open_hub
from hub.settings import Settings
from hub.supervision.pages import pages as supervision_pages
from tests.hub.supervision.house import MONDAY, House
from tests.office import SUPERVISOR, Office, settings_with


class Agency(House):
    """The office over every room's store, as the hub's process opens it."""

    def __init__(self, folder: Any, changes: dict[str, Any] | None = None) -> None:
        self.folder = folder
        clock = ManualClock(MONDAY)
        self.live = []
        Office.__init__(self, self._opened(clock, changes or {}), clock)
        self.server = None

    def _opened(self, clock: ManualClock, changes: dict[str, Any]) -> Hub:
        hub = open_hub(settings_with({"hub": {"data": str(self.folder)}} | changes), self._announce, clock=clock)
        actions.settle(hub, Ask(SUPERVISOR))
        self.app = self._of(hub)
        return hub

    @staticmethod
    def _of(hub: Hub) -> Any:
        published = publishing_pages(hub), administration(hub)
        pages = (agent_pages(hub), desk_pages(hub, ()), supervision_pages(hub), *published)
        app = create_app(hub, Rooms(pages=pages, board=lambda _: {}, statistics=lambda reader, query: {}))
        app.testing = True
        return app

    def starts_again(self, changes: dict[str, Any] | None = None, *, clean: bool = True) -> None:
        """The hub's process ends and another one starts, perhaps on files that somebody has changed."""
        if clean:
            self.hub.store.close()
        self.hub = self._opened(self.clock, changes or {})

    def publish(self, reason: str = "essai", actor: Actor = SUPERVISOR, **said: Any) -> dict[str, Any]:
        """`publish(counters__03__services=["RAS", "DEP"])`."""
        wanted = actions.as_values({name.replace("__", "."): value for name, value in said.items()})
        with self.hub.snapshot() as reader:
            seen = store.last_version(reader)
        return actions.publish(self.hub, self.ask(actor), wanted=wanted, reason=reason, seen=seen)

    def back_before(self, version: int) -> dict[str, Any]:
        with self.hub.snapshot() as reader:
            seen = store.last_version(reader)
        return actions.publish(self.hub, self.ask(SUPERVISOR), wanted={}, reason="retour", seen=seen, undoes=version)

    @property
    def settings(self) -> Settings:
        return self.hub.settings

    @property
    def version(self) -> int:
        return self.hub.standing.version

    def serves(self, counter: str) -> tuple[str, ...]:
        return self.hub.settings.counter(counter).services


class Supervisor:
    """Their browser, without a screen."""

    def __init__(self, house: Agency, code: str = "00411A") -> None:
        self.client = house.client(code)
        self.status, self.raw, self.text, self.to = 0, "", "", ""

    def open(self, path: str) -> str:
        answer = self.client.get(path)
        self.status, self.raw, self.text = answer.status_code, answer.text, unescape(answer.text)
        return self.text

    def send(self, path: str, **fields: Any) -> str:
        """A form of the page that is open, with its hidden fields."""
        answer = self.client.post(path, data=self.hidden() | fields)
        self.status, self.raw, self.text = answer.status_code, answer.text, unescape(answer.text)
        self.to = answer.headers.get("Location", "")
        return self.text

    def hidden(self) -> dict[str, Any]:
        found = re.findall(r'name="(csrf|key|part|changes|seen|undoes)" value="([^"]*)"', self.raw)
        return {name: unescape(value) for name, value in reversed(found)}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory) -> Iterator[Agency]:
    """One agency for all tests of a file that change nothing: everybody's accounts, its day open."""
    built = Agency(tmp_path_factory.mktemp("untouched") / "data").people()
    built.open_day()
    yield built
    built.hub.store.close()


@pytest.fixture(scope="module")
def looking(untouched) -> Supervisor:
    """The supervisor's browser there."""
    return Supervisor(untouched)


@pytest.fixture
def house(tmp_path) -> Iterator[Agency]:
    """The agency, its day open."""
    built = Agency(tmp_path / "data")
    built.open_day()
    yield built
    built.hub.store.close()
