"""A hub with its people and devices, and short words to act on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from hub.agents import actions, migrations, sessions, store
from hub.ask import HUB, Actor, Ask
from hub.context import Hub
from hub.queues import store as queue_store
from hub.queues.migrations import migrations as queue_migrations
from hub.store import Store


def open_store(folder, clock) -> Store:
    return Store(
        folder, appliers={**queue_store.APPLIERS, **store.APPLIERS},
        migration_sets=[queue_migrations, migrations.migrations], clock=clock,
    )  # fmt: skip


@pytest.fixture
def hub(tmp_path, clock, agency):
    opened = Hub(agency, open_store(tmp_path / "data", clock))
    yield opened
    opened.store.close()


@dataclass
class People:
    """The staff, as a story names them."""

    hub: Hub
    clock: Any
    SECRET = "un petit matin"

    def add(self, code: str, *roles: str, name: str = "NGOMA Clarisse") -> str:
        """Somebody new; their one-shot code."""
        return actions.add_agent(self.hub, Ask(HUB), code=code, name=name, roles=roles)["one_shot"]

    def sign_in(self, code: str, secret: str = SECRET) -> dict[str, Any]:
        return actions.sign_in(self.hub, Ask(Actor()), code=code, secret=secret)

    def arrive(self, code: str, *roles: str) -> str:
        """Somebody new who has chosen a secret; the value of their session."""
        begun = self.sign_in(code, self.add(code, *roles))
        return self.choose(begun["session"])

    def choose(self, session: str, secret: str = SECRET, current: str | None = None) -> str:
        actor = self.actor(session)
        return actions.choose_secret(self.hub, Ask(actor), secret=secret, current=current)["session"]

    def actor(self, session: str | None) -> Actor | None:
        return sessions.actor_of_session(self.hub, session)

    def pair(self, kind: str, name: str, *counters: str) -> str:
        """A new device's token."""
        return actions.pair(self.hub, Ask(HUB), kind=kind, name=name, counters=counters)["token"]

    @property
    def journal(self) -> list[str]:
        return [row[0] for row in self.hub.reader.execute("SELECT kind FROM journal ORDER BY seq")]


@pytest.fixture
def people(hub, clock):
    return People(hub, clock)


@pytest.fixture
def told():
    """Whose sessions and devices were reported as ended."""
    from hub.agents import devices  # noqa: PLC0415

    heard: list[str] = []
    sessions.on_ended.append(heard.append)
    devices.on_revoked.append(heard.append)
    yield heard
    sessions.on_ended.remove(heard.append)
    devices.on_revoked.remove(heard.append)
