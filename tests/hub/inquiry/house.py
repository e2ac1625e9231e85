"""An agency whose agents look people up: the real rooms, pages and central data, over a clock that moves when told."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any, ClassVar

from hub import scans
from hub.agents import actions as agents
from hub.agents import cookie, rules, second_factor
from hub.agents.pages import pages as agent_pages
from hub.app import Rooms, create_app, identify_socket
from hub.ask import HUB, Actor, Ask
from hub.audit.pages import pages as audit_pages
from hub.clock import ManualClock
from hub.context import Hub
from hub.desk.pages import pages as desk_pages
from hub.desk.pictures import Desks
from hub.people.importing import Today
from hub.privacy.pages import pages as privacy_pages
from hub.queues import actions as queues
from hub.queues import papers as queue_papers
from hub.realtime import Realtime, Screen, socket_server
from hub.rooms import brought
from hub.services import ports
from hub.settings import Settings
from hub.store import Store
from hub.supervision.pages import pages as supervision_pages
from tests.hub.people.town import BAMOU, Town
from tests.look.fake_hub import Plug
from tests.office import Office, demo_settings
from tests.serving import served, unserved

SECRET = "une phrase facile a retenir"
JUDITH, ARSENE, NADEGE = "00815D", "00816D", "00902F"
#: code → name, roles, as in config/agents.toml.
PEOPLE = {
    JUDITH: ("OKEMBA Judith", ["clerk"]),
    ARSENE: ("TSIBA Arsène", ["clerk"]),
    NADEGE: ("BOUITY Nadège", ["clerk"]),
    "00733C": ("MABIALA Roch", ["receptionist"]),
    "00411A": ("NGOMA Clarisse", ["supervisor"]),
    "00101X": ("Le directeur", ["executive"]),
    "01204H": ("KIBANGOU Paul", ["case_officer"]),
    "01016E": ("IBARA", ["collections_cashier"]),
    "01003B": ("LOUFOUA Prosper", ["head_cashier"]),
    "01101G": ("MOUKALA Sylvie", ["validator"]),
    "01307M": ("Dr MAKOSSO Irène", ["medical_officer"]),
    "01022K": ("MASSAMBA Odile", ["benefits_cashier"]),
    "00990Z": ("L'auditeur", ["auditor"]),
    "00001A": ("Administration", ["admin"]),
}
EMPLOYER = {
    "ref": "E1", "type": "employer", "number": "9000001", "name": "Ets Djoué Commerce", "manager": "LOEMBA Ruth",
    "tax_number": "NIU-7781", "trade_register": "RCCM-5512", "phones": "06 000 77 01", "activity": "4711",
}  # fmt: skip
#: Somebody about whom everything is known: each value is found nowhere else.
WHOLE = BAMOU | {
    "birth_date": "1953", "birth_place": "Kinkala", "sex": "M", "marital_status": "married", "nationality": "CG",
    "father": "BAMOU Anselme", "mother": "NZABA Philomène", "id_type": "Carte nationale", "id_number": "CNI-1236548",
    "phones": "06 000 12 34", "email": "jerome@exemple.cg", "address": "12 rue des Manguiers", "district": "Bacongo",
    "city": "Brazzaville", "category": "salaried",
}  # fmt: skip


class House(Office):
    """The office with central data, and a browser for each agent."""

    file, import_, import_file, country, data = Town.file, Town.import_, Town.import_file, Town.country, Town.data

    def __init__(self, folder: Path, clock: ManualClock, settings: Settings | None = None) -> None:
        self.folder, self.refused = folder, []
        self.live: list[Realtime] = []
        settings = settings or demo_settings()
        self.services = ports.load(settings.counter_services)
        self.rooms = brought(self.services)
        super().__init__(Hub(settings, self._store(clock), services=self.services), clock)
        self._wire()
        self.server: Any = None

    @property
    def today(self) -> Today:
        return Today("2026-03-02", self.clock.now().at)

    def _store(self, clock: ManualClock) -> Store:
        return Store(
            self.folder / "data", appliers=self.rooms.appliers, migration_sets=self.rooms.migrations, clock=clock,
            announce=lambda entries: [live.announce(entries) for live in self.live],
        )  # fmt: skip

    def _wire(self) -> None:
        hub = self.hub
        hub.store.guards, hub.store.listeners = ports.guards(hub, self.services), ports.listeners(hub, self.services)
        pages = (agent_pages(hub), desk_pages(hub, self.services), supervision_pages(hub), audit_pages(hub))
        pages += (privacy_pages(hub, self.services, self.rooms.state_tables),)
        services = tuple(service.pages for service in self.services if service.pages)
        self.app = create_app(hub, Rooms((*pages, *services), board=lambda _: {}, statistics=lambda *_: {}))

    def people(self) -> House:
        """Everybody has an account; two clerks sit down."""
        for code, (name, roles) in PEOPLE.items():
            agents.add_agent(self.hub, Ask(HUB), code=code, name=name, roles=roles)
        self.seated()
        for code in (JUDITH, ARSENE):
            self.counter(self.seats[code]).open(code)
        return self

    seats: ClassVar[dict[str, str]] = {JUDITH: "02", ARSENE: "03"}

    def seated(self) -> None:
        """Who sits where, also in a copy of a morning that has begun."""
        for code, counter in self.seats.items():
            self.counter(counter).agent = code

    def family(self) -> House:
        """An employer, somebody who works there, their child, and a restricted colleague."""
        self.import_("employers", EMPLOYER)
        child = {"ref": "P2", "roles": "dependant", "name": "BAMOU", "first_names": "Grâce", "birth_date": "2009-05-11"}
        star = BAMOU | {"ref": "P3", "number": "9000000003", "first_names": "Ombeline", "birth_date": "1971-02-02"}
        self.import_("people", WHOLE, child, star | {"restricted": "1"})
        kin = {"ref": "R1", "party": "P1", "other": "P2", "type": "child", "start": "2009-05-11", "dependent": 1}
        self.import_("relationships", kin, kin | {"ref": "R2", "other": "P3", "type": "spouse", "dependent": 0})
        job = {
            "ref": "J1",
            "party": "P1",
            "employer": "E1",
            "start": "1994-03",
            "salary": "140 000",
            "job": "Magasinier",
        }
        self.import_("employments", job, job | {"ref": "J2", "party": "P3", "salary": "999 111"})
        self.import_("contributions", {"ref": "C1", "party": "E1", "period": "2012-T4", "due": 134848, "paid": 0})
        case = {"ref": "D1", "party": "P1", "number": "2013-00412", "event": "PVN", "state": "opened"}
        self.import_("cases", case | {"opened_on": "2013-05-16"})
        paid = {"ref": "V1", "party": "P1", "period": "2013-06", "amount": "98000", "paid_on": "2013-06-28"}
        self.import_("payments", paid | {"state": "paid"}, paid | {"ref": "V2", "party": "P2", "state": "due"})
        self.import_("accounts", {"ref": "B1", "party": "P1", "rib": "30012001010101345130093", "state": "valid"})
        return self

    # --- people at work

    def visitor(self, counter: str = "02", *, served: bool = True) -> str:
        """Somebody comes to the counter; the public id of the visit."""
        label = self.press("inquiry")
        desk = self.counter(counter)
        while desk.next() != label:
            desk.start().finish()
        if served:
            desk.start()
        return self.id_of(label)

    def scanned(self, code: str, counter: str = "02") -> str:
        """Somebody holds a paper or a card under the kiosk's scanner, and comes to the counter; the visit's id."""
        said = scans.brought(self.hub, code)
        ask = self.ask(self.kiosk.actor)
        issued = queues.issue(
            self.hub, ask, service="RAS", channel="kiosk", brought=said.label, party=said.party
        )  # fmt: skip
        queue_papers.report_paper(
            self.hub, self.ask(self.kiosk.actor), issue=ask.key, paper="printed", label=issued["label"], service="RAS"
        )
        self.counter(counter).next()
        self.counter(counter).start()
        return str(issued["id"])

    def session(self, code: str) -> str:
        """An agent signs in, now."""
        issued = agents.reset_code(self.hub, Ask(HUB), code=code)["one_shot"]
        agents.sign_in(self.hub, Ask(HUB), code=code, secret=issued)
        chosen = agents.choose_secret(self.hub, Ask(Actor(agent=code)), secret=f"{SECRET} {code}", current=issued)
        shown = rules.needs_factor(PEOPLE[code][1])
        return second_factor.vouched(self.hub, Ask(HUB), code) if shown else str(chosen["session"])

    def browser(self, code: str = JUDITH) -> Browser:
        """An agent's browser, without a screen."""
        return Browser(self, code)

    def looks(self) -> list[Any]:
        """Every look, as it stands in the table."""
        return self.hub.reader.execute("SELECT * FROM party_read ORDER BY id").fetchall()

    def entries(self, kind: str) -> list[Any]:
        """The journal's entries of a kind, public part only."""
        return self.hub.reader.execute("SELECT * FROM journal WHERE kind = ? ORDER BY seq", (kind,)).fetchall()

    def picture(self, code: str = JUDITH) -> Any:
        """What goes to an agent's screen by the live link."""
        with self.hub.snapshot() as reader:
            return Desks(self.hub, self.services).picture(reader, code)

    # --- processes

    def restart(self, *, later_by_s: float = 0) -> None:
        """The hub ends and starts again on the same folder."""
        self.hub.store.close()
        self.later(seconds=later_by_s)
        self.hub = Hub(self.hub.settings, self._store(self.clock), services=self.services)
        self._wire()

    def serve(self) -> House:
        """Pages and live link on a port of their own."""
        io = socket_server(self.app)
        desks = Desks(self.hub, self.services)
        screen = Screen("desk", lambda actor: actor.agent is not None, lambda actor: actor.agent, desks.pictures)
        self.live.append(Realtime(self.hub, io, identify_socket(self.hub), (screen,)))
        self.live[0].start()
        self.server = served(self.app)
        self.plug = Plug(self.server.server_port)
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.plug.port}"

    def cookie(self, code: str) -> dict[str, Any]:
        return {"name": cookie._PLAIN, "value": self.session(code), "url": self.url}

    def close(self) -> None:
        if self.server:
            self.plug.close()
            unserved(self.server)
        self.hub.workshop.close()
        self.hub.store.close()


class Browser:
    """What an agent reads, with or without scripts."""

    def __init__(self, house: House, code: str) -> None:
        self.house = house
        self.client = house.app.test_client()
        self.client.set_cookie(cookie._PLAIN, house.session(code))
        self.text, self.status = "", 0

    def open(self, path: str = "/desk/inquiry", *, part: bool = False) -> Browser:
        """A page, or the part that changes."""
        return self._read(self.client.get(path, headers=_head(part)))

    def file(self, ref: str, query: str = "", *, part: bool = True) -> Browser:
        return self.open(f"/desk/inquiry/file/{ref}{query}", part=part)

    def search(self, typed: str) -> Browser:
        return self._read(self.client.get("/desk/inquiry/search", query_string={"q": typed}, headers=_head(True)))

    def send(self, path: str, *, part: bool = True, csrf: bool = True, **form: str) -> Browser:
        """A form of the page that is being read."""
        token = re.search(r'name="csrf" value="([^"]+)"', self.client.get("/desk/inquiry").text)
        assert token
        data = {"key": self.house.new_key(), "csrf": token[1] if csrf else ""} | form
        return self._read(self.client.post(path, data=data, headers=_head(part)))

    def contact(self, channel: str = "mail", motive: str = "lettre du 12 mars") -> Browser:
        return self.send("/desk/contact", channel=channel, motive=motive)

    def note(self, result: str = "answered", subject: str = "missing_months", **more: str) -> Browser:
        return self.send("/desk/inquiry/notes", subject=subject, result=result, **more)

    def _read(self, response: Any) -> Browser:
        self.text, self.status, self.headers = response.text, response.status_code, response.headers
        return self

    @property
    def words(self) -> str:
        """What is read, without tags; the gaps of amounts as dots, or they would be lost among the spaces."""
        shown = re.sub(r"<(script|style)\b.*?</\1>", " ", self.text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).replace("\u202f", ".").split())

    def link(self, name: str) -> str:
        """Where the link of that text leads."""
        found = re.search(rf'<a href="([^"]+)"[^>]*>\s*{re.escape(name)}\s*</a>', self.text)
        assert found, f"no link {name} in {self.words}"
        return unescape(found[1])

    def link_to(self, ref: str) -> bool:
        """Whether somebody's file can be opened from here."""
        return f'href="/desk/inquiry/file/{ref}"' in self.text


def _head(part: bool) -> dict[str, str]:
    return {"Accept": "text/html"} | ({"HX-Request": "true"} if part else {})
