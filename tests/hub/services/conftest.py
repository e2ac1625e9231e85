"""An agency with reception, and its page behind a frame as plain as can be."""

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, g
from jinja2 import ChoiceLoader, DictLoader

from hub.agents import actions as agents
from hub.agents import store as agent_store
from hub.agents.migrations import migrations as agent_migrations
from hub.ask import Actor, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.look import look
from hub.paper import Slip, slip_from_json
from hub.people import store as people_store
from hub.people.migrations import migrations as people_migrations
from hub.printing import actions as printing
from hub.printing import store as print_store
from hub.printing.migrations import migrations as print_migrations
from hub.queues import actions as queues
from hub.queues import appliers as queue_appliers
from hub.queues import faces
from hub.queues import papers as queue_papers
from hub.queues import store as queue_store
from hub.queues.migrations import migrations as queue_migrations
from hub.queues.model import Ticket
from hub.services import ports
from hub.store import Store
from hub.visits import store as visit_store
from hub.visits.migrations import migrations as visit_migrations
from hub.workshop.workshop import Workshop
from tests.office import settings_with

CONFIG = Path(__file__).parents[3] / "config"
AGENT = Actor(agent="01016E", roles=frozenset({"receptionist"}))
KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))
FRAME = """<!doctype html><html lang="fr"><title>{% block title %}{% endblock %}</title>
<link rel="stylesheet" href="/look/look.css"><script type="module" src="/look/keep.js"></script>
{% block head %}{% endblock %}
<body data-agent="01016E"><header class="topbar callbar"></header><div class="columns"><aside></aside>
<main>{% block middle %}{% endblock %}</main><aside></aside></div><div class="toasts"></div></body></html>"""


class Office:
    """The agency, in the words of those who work there."""

    def __init__(self, folder: Path, services: tuple[ports.CounterService, ...], language: str = "fr") -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 7, 30, tzinfo=UTC))
        rooms = (queue_appliers, agent_store, print_store, people_store, visit_store)
        appliers = {kind: applier for room in rooms for kind, applier in room.APPLIERS.items()}
        for service in services:
            appliers |= service.appliers
        sets = (queue_migrations, agent_migrations, print_migrations, people_migrations, visit_migrations)
        store = Store(
            folder,
            appliers=appliers,
            migration_sets=(*sets, *(s.migrations for s in services if s.migrations)),
            clock=self.clock,
        )
        self.hub = Hub(settings_with({"agency": {"languages": [language]}}), store)
        store.guards, store.listeners = ports.guards(self.hub, services), ports.listeners(self.hub, services)
        self.services = services
        self.keys = 0

    def ask(self, actor: Actor = AGENT) -> Ask:
        self.keys += 1
        return Ask(actor, f"k{self.keys}")

    def open_day(self) -> None:
        queues.open_day(self.hub, self.ask(), date="2026-03-02")

    def open_counter(self, code: str = "05", agent: str = "02020B") -> None:
        queues.open_counter(self.hub, self.ask(Actor(agent=agent)), counter=code, agent=agent)

    def press(self, service: str = "DEP", paper: str | None = "printed") -> str:
        """A visitor takes a ticket at the kiosk; what it reports of the paper, None for nothing at all."""
        ask = self.ask(KIOSK)
        issued = queues.issue(self.hub, ask, service=service, channel="kiosk")
        if paper:
            queue_papers.report_paper(
                self.hub, self.ask(KIOSK), issue=ask.key, paper=paper, label=issued["label"], service=service
            )
        return issued["id"]

    def ticket(self, label: str) -> Ticket:
        found = queue_store.ticket_labelled(self.hub.reader, 1, label)
        assert found, f"no ticket {label}"
        return found

    def id_of(self, label: str) -> str:
        return faces.public_id(self.ticket(label))

    def tickets(self) -> list[str]:
        return [row["label"] for row in self.hub.reader.execute("SELECT label FROM ticket ORDER BY id")]

    def kiosk_prints(self, state: str = "confirmed") -> Slip | None:
        """The kiosk takes its next job and says what became of it."""
        taken = printing.take(self.hub, Ask(KIOSK))
        if taken["job"] is None:
            return None
        printing.report(self.hub, self.ask(KIOSK), job=taken["job"], attempt=taken["attempt"], state=state)
        return slip_from_json(taken["slip"])

    def trouble(self, state: str, part: str = "printer") -> None:
        agents.trouble(self.hub, self.ask(KIOSK), part=part, state=state)

    def journal(self) -> list[str]:
        return [row["kind"] for row in self.hub.reader.execute("SELECT kind FROM journal ORDER BY seq")]


@pytest.fixture
def empty(tmp_path):
    """Before anything happened."""
    office = Office(tmp_path / "data", ports.load(["reception"]))
    yield office
    office.hub.store.close()


@pytest.fixture
def office(empty):
    """The day is open, and so is the counter for documents."""
    agents.pair(empty.hub, empty.ask(), kind="kiosk", name="K1")
    empty.open_day()
    empty.open_counter()
    return empty


class Page:
    """The receptionist's browser, with or without htmx."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.client = app_of(office).test_client()
        self.text = ""
        self.status = 0

    def open(self, path: str = "", *, htmx: bool = False) -> "Page":
        return self._read(self.client.get(f"/desk/reception{path}", headers=_htmx(htmx)))

    def send(self, path: str, *, htmx: bool = True, key: str | None = None, **form: str) -> "Page":
        key = key or self.office.ask().key
        return self._read(
            self.client.post(f"/desk/reception{path}", data={"key": key, "csrf": "c"} | form, headers=_htmx(htmx))
        )

    def _read(self, response) -> "Page":
        self.text, self.status, self.headers = response.text, response.status_code, response.headers
        return self

    @property
    def words(self) -> str:
        """What is read, without tags."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())


def _htmx(used: bool) -> dict[str, str]:
    return {"HX-Request": "true"} if used else {}


def app_of(office: Office) -> Flask:
    app = Flask("office", static_folder=None)
    app.testing = True
    app.extensions["mbote"] = office.hub
    app.jinja_loader = ChoiceLoader([DictLoader({"desk/desk.html": FRAME})])
    app.context_processor(lambda: {"staff": SimpleNamespace(csrf="c")})
    app.before_request(lambda: setattr(g, "actor", AGENT))
    app.register_blueprint(look())
    for service in office.services:
        if service.pages is not None:
            app.register_blueprint(service.pages)
    return app


@pytest.fixture
def reception(office):
    return Page(office)


@pytest.fixture
def english(tmp_path):
    """An agency whose first language is another."""
    office = Office(tmp_path / "data", ports.load(["reception"]), "en")
    office.open_day()
    yield Page(office)
    office.hub.store.close()


@pytest.fixture
def closed(empty):
    """Reception's page before the day is open."""
    return Page(empty)


@pytest.fixture(scope="session")
def workshop():
    """One for all papers of these tests: what it starts with is tried in test_workshop.py."""
    room = Workshop()
    yield room
    room.close()
