"""A house with central data, a desk and its real services: what is asked goes the whole road, on real files."""

import hashlib
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from types import SimpleNamespace

from flask import Flask, g
from jinja2 import ChoiceLoader, DictLoader

from hub.agents import actions as agents
from hub.agents import store as agent_store
from hub.agents import totp, vault
from hub.agents.model import AgentAdded, SecondFactorEnrolled
from hub.ask import HUB, Actor, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.headers import HTMX_SECURITY_POLICY
from hub.look import look
from hub.people.importing import Today
from hub.queues import actions as queues
from hub.queues import papers as queue_papers
from hub.queues import store as queue_store
from hub.rooms import brought
from hub.services import ports
from hub.store import Store
from hub.verify import Rooms, verify
from hub.workshop.workshop import Workshop
from tests.hub.people.town import Town
from tests.hub.services.conftest import FRAME, KIOSK
from tests.office import settings_with

CLERK = Actor(agent="00815D", roles=frozenset({"clerk"}))
CASHIER = Actor(agent="01016E", roles=frozenset({"collections_cashier"}))
OFFICER = Actor(agent="01204H", roles=frozenset({"case_officer"}))
SUPERVISOR = Actor(agent="00411A", roles=frozenset({"supervisor"}))
#: A quarterly employer who has paid everything, one who owes the last quarter of 2012, and a pensioner of theirs.
BAKER = {"ref": "E1", "type": "employer", "number": "9000001", "name": "Boulangerie Ngoma", "periodicity": "quarterly",
         "activity": "1071", "city": "Brazzaville", "opened_on": "2001-02-12", "status": "active"}  # fmt: skip
DEBTOR = BAKER | {"ref": "E2", "number": "9000002", "name": "Garage Loemba"}
BAMOU = {"ref": "P1", "number": "2133415888", "roles": "insured;pensioner", "name": "BAMOU", "first_names": "Jérôme",
         "birth_date": "1952-07-23", "city": "Brazzaville"}  # fmt: skip
QUARTERS = ("2012-T1", "2012-T2", "2012-T3", "2012-T4", "2013-T1")


class House(Town):
    """Town hall of the tests: central data, counters, and pages for whoever is signed in."""

    def __init__(self, folder: Path, at: datetime, names, workshop=None, **settings) -> None:
        self.folder, self.clock = folder, ManualClock(at)
        self.services = ports.load(names)
        self.rooms = brought(self.services)
        store = Store(
            folder / "data", appliers=self.rooms.appliers, migration_sets=self.rooms.migrations, clock=self.clock
        )
        self.hub = Hub(
            settings_with(settings | {"counter_services": list(names)}),
            store,
            workshop or Workshop(),
            self.services,
        )
        self.own_workshop = workshop is None
        store.guards = ports.guards(self.hub, self.services)
        store.listeners = ports.listeners(self.hub, self.services)
        self.today = Today(at.date().isoformat(), self.clock.now().at)
        self.refused = []
        self.keys = 0

    def close(self) -> None:
        if self.own_workshop:
            self.hub.workshop.close()
        self.hub.viewer.close()
        self.hub.store.close()

    def ask(self, actor: Actor = CLERK, **body) -> Ask:
        self.keys += 1
        return Ask(actor, f"k{self.keys}", body)

    def central_data(self) -> None:
        """What the central system knows of three."""
        self.import_("employers", BAKER, DEBTOR)
        self.import_("people", BAMOU)
        rows = [self.period("E1", each) for each in QUARTERS]
        rows += [self.period("E2", each, paid=0 if each == "2012-T4" else 134_848) for each in QUARTERS]
        self.import_("contributions", *rows)
        self.import_(
            "employments", {"ref": "M1", "party": "P1", "employer": "E1", "start": "1980-03", "job": "Boulanger"}
        )
        assert not self.refused, self.refused

    @staticmethod
    def period(party: str, period: str, due: int = 134_848, paid: int = 134_848) -> dict[str, str]:
        return {"ref": f"C-{party}-{period}", "party": party, "period": period, "due": str(due), "paid": str(paid)}

    def shows(self, actor: Actor) -> str:
        """What the telephone of somebody who works here shows, half a minute after the last code was used."""
        folder, secret = self.hub.store.folder, hashlib.sha256(actor.agent.encode()).digest()[: totp.SECRET_BYTES]
        if agent_store.agent(self.hub.reader, actor.agent) is None:
            with self.hub.store.transaction(Ask(HUB)) as tx:
                tx.record(AgentAdded(actor.agent, f"NGOMA {actor.agent}", tuple(actor.roles)))
                tx.record(SecondFactorEnrolled(actor.agent, 0))
                agent_store.keep_factor(
                    tx, actor.agent, vault.sealed(folder, actor.agent, secret), last_step=0, drift=0
                )
        self.clock.advance(seconds=30)
        return totp.code_of(secret, totp.step_of(self.clock.now().at))

    def visitor(self, counter: str = "02", service: str = "RAS", agent: Actor = CLERK) -> int:
        """Somebody takes a ticket, is called by the agent and sits down; the ticket's row."""
        if queue_store.day(self.hub.reader) is None:
            agents.pair(self.hub, self.ask(HUB), kind="kiosk", name="K1")
            queues.open_day(self.hub, self.ask(HUB), date=self.clock.now().iso(self.hub.settings.agency.zone)[:10])
        if queue_store.counter_of_agent(self.hub.reader, agent.agent) is None:
            queues.open_counter(self.hub, self.ask(agent), counter=counter, agent=agent.agent)
        pressed = self.ask(KIOSK)
        issued = queues.issue(self.hub, pressed, service=service, channel="kiosk")
        queue_papers.report_paper(
            self.hub, self.ask(KIOSK), issue=pressed.key, paper="printed", label=issued["label"], service=service
        )
        queues.call_next(self.hub, self.ask(agent), counter=counter)
        queues.start(self.hub, self.ask(agent), counter=counter)
        return queue_store.counter(self.hub.reader, counter).ticket

    def kinds(self) -> list[str]:
        return [row["kind"] for row in self.hub.reader.execute("SELECT kind FROM journal ORDER BY seq")]

    def replayed(self) -> None:
        """The journal gives every row again, and the chain holds."""
        rooms = Rooms(self.rooms.appliers, self.rooms.migrations, self.rooms.state_tables, self.rooms.faults)
        problems = verify(self.hub.store.folder, rooms).problems
        assert problems == [], problems

    def public_journal(self) -> str:
        """Everything that stands in the public part, answers included: nobody may be named there."""
        rows = self.hub.reader.execute("SELECT payload, subject, answer FROM journal")
        return " ".join(f"{row['payload']} {row['subject']} {row['answer']}" for row in rows)

    def app(self, actor: Actor = CLERK) -> Flask:
        app = Flask("house", static_folder=None)
        app.testing = True
        app.extensions["mbote"] = self.hub
        app.jinja_loader = ChoiceLoader([DictLoader({"desk/desk.html": FRAME})])
        app.context_processor(lambda: {"staff": SimpleNamespace(csrf="c")})
        app.before_request(lambda: setattr(g, "actor", actor))
        app.after_request(lambda r: (r.headers.setdefault("Content-Security-Policy", HTMX_SECURITY_POLICY), r)[1])
        app.register_blueprint(look())
        for service in self.services:
            app.register_blueprint(service.pages)
        return app


class Screen:
    """An agent's browser without a script."""

    def __init__(self, house: House, actor: Actor = CLERK) -> None:
        self.house = house
        self.client = house.app(actor).test_client()

    def open(self, path: str) -> "Screen":
        return self._read(self.client.get(path))

    def send(self, path: str, key: str | None = None, **form: str) -> "Screen":
        data = {"key": key or self.house.ask().key, "csrf": "c"} | form
        return self._read(self.client.post(path, data=data, follow_redirects=True))

    def _read(self, response) -> "Screen":
        self.status, self.data, self.headers = response.status_code, response.data, response.headers
        self.text = response.text if response.mimetype == "text/html" else ""
        return self

    @property
    def words(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())


def brazzaville(day: str, hour: int = 9) -> datetime:
    """A moment there; one hour before it in UTC."""
    return datetime.fromisoformat(f"{day}T{hour - 1:02d}:00:00").replace(tzinfo=UTC)
