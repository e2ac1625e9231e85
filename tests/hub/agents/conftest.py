"""A hub with its people and devices, and short words to act on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from hub.agents import actions, migrations, rules, second_factor, sessions, store, totp, vault
from hub.ask import HUB, Actor, Ask
from hub.context import Hub
from hub.queues import appliers as queue_appliers
from hub.queues.migrations import migrations as queue_migrations
from hub.store import Store


def open_store(folder, clock) -> Store:
    return Store(
        folder, appliers={**queue_appliers.APPLIERS, **store.APPLIERS},
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
    telephones: dict[str, bytes] = field(default_factory=dict)
    drawers: dict[str, list[str]] = field(default_factory=dict)

    def add(self, code: str, *roles: str, name: str = "NGOMA Clarisse") -> str:
        """Somebody new; their one-shot code."""
        return actions.add_agent(self.hub, Ask(HUB), code=code, name=name, roles=roles)["one_shot"]

    def sign_in(self, code: str, secret: str = SECRET, address: str = "") -> dict[str, Any]:
        return actions.sign_in(self.hub, Ask(Actor()), code=code, secret=secret, address=address)

    def arrive(self, code: str, *roles: str) -> str:
        """Somebody new who has chosen a secret, and set up a telephone where the role wants one; their session."""
        begun = self.sign_in(code, self.add(code, *roles))
        session = self.choose(begun["session"])
        return self.enrol(session) if rules.needs_factor(roles) else session

    def enrol(self, session: str) -> str:
        """The agent's telephone reads the QR code and shows the first code."""
        actor = self.actor(session)
        self.telephones[actor.agent] = secret = vault.offered(self.hub.store.folder, session)
        code = totp.code_of(secret, totp.step_of(self.clock.now().at))
        answer = second_factor.enrol(self.hub, Ask(actor), session=session, code=code)
        self.drawers[actor.agent] = answer["recovery"]
        return answer["session"]

    def shows(self, code: str) -> str:
        """What the agent's telephone shows half a minute later, when the last code is gone."""
        self.clock.advance(seconds=30)
        return totp.code_of(self.telephones[code], totp.step_of(self.clock.now().at))

    def come_in(self, code: str, secret: str = SECRET) -> str:
        """Secret and telephone; the value of the session."""
        begun = self.sign_in(code, secret)
        if not begun["must_prove"]:
            return begun["session"]
        return self.prove(begun["session"], self.shows(code))["session"]

    def prove(self, session: str, code: str, address: str = "") -> dict[str, Any]:
        """Show the second factor in a session that wants it."""
        return second_factor.prove(self.hub, Ask(self.actor(session)), code=code, address=address)

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
