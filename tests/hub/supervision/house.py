"""The agency with its supervisor: the real rooms, pages and live link, over a clock that moves when told."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub import outbox
from hub.agents import actions as agents
from hub.agents import cookie, rules, second_factor, totp, vault
from hub.agents import store as agent_store
from hub.agents.migrations import migrations as agent_migrations
from hub.agents.model import SecondFactorEnrolled
from hub.agents.pages import pages as agent_pages
from hub.app import Rooms, create_app, identify_socket
from hub.ask import HUB, Actor, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.desk.pages import pages as desk_pages
from hub.queues import appliers as queue_appliers
from hub.queues.migrations import migrations as queue_migrations
from hub.realtime import Realtime, Screen, socket_server
from hub.settings import Settings
from hub.store import Store
from hub.supervision.looking import figures
from hub.supervision.pages import pages as supervision_pages
from hub.supervision.pictures import supervision
from tests.look.fake_hub import Plug
from tests.office import Office, demo_settings
from tests.serving import served, unserved

APPLIERS = queue_appliers.APPLIERS | agent_store.APPLIERS | outbox.APPLIERS
SETS = (queue_migrations, agent_migrations, outbox.migrations)
logging.getLogger("werkzeug").setLevel(logging.ERROR)
MONDAY = datetime(2026, 3, 2, 7, 20, tzinfo=ZoneInfo("Africa/Brazzaville"))
SECRET = "une phrase facile a retenir"
_TELEPHONE = b"a telephone of theirs"
#: code → name, roles, as in config/agents.toml.
PEOPLE = {
    "00411A": ("NGOMA Clarisse", ["supervisor"]),
    "00101X": ("Le directeur", ["executive"]),
    "00733C": ("MABIALA Roch", ["receptionist"]),
    "00815D": ("OKEMBA Judith", ["clerk"]),
    "00816D": ("TSIBA Arsène", ["clerk"]),
    "00821D": ("MALONGA Aimée", ["clerk"]),
    "00902F": ("BOUITY Nadège", ["clerk"]),
    "00907F": ("ELENGA Firmin", ["clerk"]),
    "00911F": ("NKOUNKOU Serge", ["clerk"]),
    "00918V": ("MPASSI Blandine", ["clerk"]),
    "00922F": ("OBAMBI Gervais", ["clerk"]),
    "00930R": ("TATY Solange", ["clerk"]),
    "01016E": ("IBARA", ["collections_cashier"]),
    "01022K": ("MASSAMBA Odile", ["benefits_cashier"]),
}


class House(Office):
    """The office, and its web application on a port once `serve` was called."""

    def __init__(self, folder: Path, settings: Settings | None = None, now: datetime = MONDAY) -> None:
        clock = ManualClock(now)
        self.live: list[Realtime] = []
        store = Store(folder, appliers=APPLIERS, migration_sets=SETS, clock=clock, announce=self._announce)
        super().__init__(Hub(settings or demo_settings(), store), clock)
        self.app = self._built()
        self.server: Any = None

    def _announce(self, entries: Any) -> None:
        for realtime in self.live:
            realtime.announce(entries)

    def _built(self) -> Any:
        hub = self.hub
        rooms = Rooms(
            pages=(agent_pages(hub), desk_pages(hub, ()), supervision_pages(hub)),
            board=lambda _: {},
            statistics=lambda reader, query: figures(hub, reader, query),
        )
        app = create_app(hub, rooms)
        app.testing = True
        return app

    def people(self) -> House:
        """Everybody who works here has an account."""
        for code, (name, roles) in PEOPLE.items():
            agents.add_agent(self.hub, Ask(HUB), code=code, name=name, roles=roles)
        agents.pair(self.hub, Ask(HUB), kind="kiosk", name="K1")
        return self

    def session(self, code: str) -> str:
        """An agent signs in, now."""
        issued = agents.reset_code(self.hub, Ask(HUB), code=code)["one_shot"]
        agents.sign_in(self.hub, Ask(HUB), code=code, secret=issued)
        chosen = agents.choose_secret(self.hub, Ask(Actor(agent=code)), secret=f"{SECRET} {code}", current=issued)
        shown = rules.needs_factor(PEOPLE[code][1])
        return second_factor.vouched(self.hub, Ask(HUB), code) if shown else str(chosen["session"])

    def telephone(self, code: str) -> str:
        """What the agent's telephone shows, which is put into their hand first where they have none."""
        folder = self.hub.store.folder
        if agent_store.factor(self.hub.reader, code) is None:
            with self.hub.store.transaction(Ask(HUB)) as tx:
                tx.record(SecondFactorEnrolled(code, recovery_codes=0))
                agent_store.keep_factor(tx, code, vault.sealed(folder, code, _TELEPHONE), last_step=0, drift=0)
        return totp.code_of(_TELEPHONE, totp.step_of(self.hub.now().at))

    def client(self, code: str) -> Any:
        """A browser without a screen, with this agent's session."""
        client = self.app.test_client()
        client.set_cookie(cookie._PLAIN, self.session(code))
        return client

    def serve(self) -> House:
        """Pages and live link on a port of their own."""
        io = socket_server(self.app)
        self.live.append(Realtime(self.hub, io, identify_socket(self.hub), self._screens()))
        self.live[0].start()
        self.server = served(self.app)
        self.plug = Plug(self.server.server_port)
        return self

    def cut(self) -> None:
        """Somebody pulls the plug between the hub and its screens."""
        self.plug.cut()

    def mend(self) -> None:
        """And puts it back."""
        self.plug.join()

    def _screens(self) -> tuple[Screen, ...]:
        return (
            Screen(
                "supervision", lambda actor: True, lambda _: "", lambda reader: lambda _: supervision(self.hub, reader)
            ),
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.plug.port}"

    def cookie(self, code: str) -> dict[str, Any]:
        return {"name": cookie._PLAIN, "value": self.session(code), "url": self.url}

    def trouble(self, part: str, state: str) -> None:
        agents.trouble(self.hub, self.ask(self.kiosk.actor), part=part, state=state)

    def help(self, place: str = "") -> None:
        agents.ask_help(self.hub, self.ask(self.kiosk.actor), place=place)

    def close(self) -> None:
        if self.server:
            self.plug.close()
            unserved(self.server)
        self.hub.store.close()
