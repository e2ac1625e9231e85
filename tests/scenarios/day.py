"""The agency of the acceptance scripts, for one day: hub, kiosk and panels, a printer, a centre, and who works there.

The demo agency's processes as they run in the hall (tests/agency.py), with a central database before it,
the head office behind it (`mbote centre` in a process of its own), a till that has given 182 receipts this year, and a
cable between the waiting room's screen and the hub that can be cut. It is mid-morning there, whatever the hour is
here. The year of the receipts is this one; the periods and amounts are those of the fund's own papers (D.4, D.6).
"""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.agents import totp
from hub.ask import HUB, Actor, Ask
from hub.bench.rig import free_port
from hub.centre import place
from hub.chain import public_key
from hub.client import HubAway
from hub.context import Hub
from hub.demo.processes import Processes
from hub.exchange.ways import SIGNING_KEY
from hub.queues import actions as queues
from hub.queues import store as queue_store
from hub.services.cash import actions as cash
from hub.services.cash import ending
from hub.services.cash.actions import Payment
from hub.services.cash.model import Payer
from tests.agency import CENTRE, RunningAgency, opened, until
from tests.faults.tills import pieces
from tests.faults.wire import Wire
from tests.hours import mid_morning
from tests.hub.services.house import BAKER, BAMOU, House
from tests.patience import patience
from tests.windows import Windows

ROOT = Path(__file__).parents[2]
#: Who does what (requirements D.2).
CLERK, INQUIRER, OFFICER, VALIDATOR = "00902F", "00815D", "01204H", "01101G"
CASHIER, PAYER, CHIEF, AUDITOR, SUPERVISOR, RECEPTION = "01016E", "01022K", "01003B", "00990Z", "00411A", "00733C"
PC = {"width": 1366, "height": 768}
YEAR = datetime.now(UTC).year
FLOAT, EARLIER = 50_000, 182
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: S2's employer owes the first quarter of 2013, of which wages of 1 080 000 make 262 224.
WORKSHOP = BAKER | {"ref": "E3", "number": "9000003", "name": "Menuiserie Tchicaya"}
DUE, OWED = 262_224, "2013-T1"


def said_here() -> str:
    """What is special to this agency: open every day, appointments all day, nobody early."""
    hours = "".join(f'{day} = {{ open = "07:30", close = "15:00" }}\n' for day in WEEK)
    return (
        f'[agency]\ntimezone = "{mid_morning()}"\n[queue]\nearly_min = 120\n[appointments]\nshare = 100\n'
        f"[day]\nholidays = []\n[day.hours]\n{hours}"
    )


def morning_before(hub: Hub) -> None:
    """It is the agency's own today, everybody sits where they sit, and C01 has given its receipts 1 to 182."""
    day = queue_store.day(hub.reader)
    if day is None or not day.open or day.date != hub.today().isoformat():
        if day is not None and day.open:
            queues.close_day(hub, Ask(HUB), force=True)
        queues.open_day(hub, Ask(HUB))
    cashier, chief = (Actor(agent=code, roles=frozenset({role})) for code, role in
                      ((CASHIER, "collections_cashier"), (CHIEF, "head_cashier")))  # fmt: skip
    cash.open_session(hub, Ask(cashier), till="C01", pieces=pieces(FLOAT))
    for number in range(1, EARLIER + 1):
        payment = Payment(Payer("employer", "Divers", "9000001"), "contribution", (("2013-T1", 1_000),), "mobile_money",
                          details={"phone": "060001234", "reference": f"MP{number}"})  # fmt: skip
        cash.collect(hub, Ask(cashier), payment=payment)
    counted = ending.count_closing(hub, Ask(cashier), pieces=pieces(FLOAT))
    ending.propose(hub, Ask(cashier))
    ending.approve(hub, Ask(chief), session=counted["session"])


class DayProcesses(Processes):
    """Counter 05 and both tills print where the kiosk does; what is decided goes to the centre by its address."""

    def __init__(self, agency: Any, *more: Any) -> None:
        file = agency.config / "counters.toml"
        text = file.read_text("utf-8")
        for code in ("05", "11", "12"):
            text = text.replace(f'code = "{code}"\n', f'code = "{code}"\nprinter = "K1"\n')
        file.write_text(text, "utf-8")
        central = House(agency.folder / "town", datetime.now(UTC).replace(microsecond=0), ("cash",))
        central.import_("employers", WORKSHOP)
        central.import_("people", BAMOU)
        quarters = [f"{year}-T{part}" for year in range(2013, YEAR + 1) for part in (1, 2, 3, 4)]
        rows = [central.period("E3", each, DUE, 0 if each == OWED else DUE) for each in quarters]
        central.import_("contributions", *rows)
        assert not central.refused, central.refused
        central.close()
        shutil.copy(central.data / "people.db", agency.folder / "data")
        self.centre = HeadOffice(agency)
        super().__init__(agency, *more)


class HeadOffice:
    """`mbote centre`: it can be cut off. What its program was told, key by key."""

    def __init__(self, agency: Any) -> None:
        self.folder, self.told_to, self.port = agency.folder / "siege", agency.folder / "told", free_port()
        self._process: subprocess.Popen[str] | None = None
        local = agency.config / "local.toml"
        text = local.read_text("utf-8")
        folder, address = f'outbox = "{agency.folder / CENTRE}"', f'outbox = "http://127.0.0.1:{self.port}"'
        assert folder in text
        local.write_text(f'{text.replace(folder, address)}\n[centre]\nkey = "{place.make(self.folder)}"\n', "utf-8")
        ours = public_key(agency.folder / "data" / SIGNING_KEY).hex()
        (self.folder / "agencies.toml").write_text(f'{agency.settings.agency.code} = "{ours}"\n')

    def open(self) -> None:
        """The way to it holds."""
        words = ("-m", "hub.cli", "centre", "run", self.folder, "--port", self.port, "--program",
                 f"tee -a {self.told_to}")  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("ready"), line

    def cut(self) -> None:
        """Nobody answers there."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None


class Telephone:
    """Somebody's second factor: a code that was not shown yet, as far as clocks may differ."""

    def __init__(self, secret: str) -> None:
        self._secret, self._last = b32decode(secret), 0

    def shows(self, ahead_s: float = 0) -> str:
        """The next code; waits for it where too many were shown."""
        while True:
            now = totp.step_of(round((time.time() + ahead_s) * 1000))
            wanted = max(self._last + 1, now - totp.WINDOW)
            if wanted <= now + totp.WINDOW:
                self._last = wanted
                return totp.code_of(self._secret, wanted)
            time.sleep(0.2)


class Day:
    """The running agency, the windows that people look at, and what is remembered from one script to the next."""

    def __init__(self, agency: RunningAgency, of: Windows, wire: Wire) -> None:
        self.agency, self.of, self.wire = agency, of, wire
        self.centre: HeadOffice = agency.processes.centre
        person = next(each for each in agency.people if each["code"] == CHIEF)
        self.chiefs = Telephone(person["totp_secret"])
        self.desks: dict[str, Any] = {}
        self.sounds: list[str] = []
        self.room = self._room()
        #: What a later script needs of an earlier one.
        self.deposit = self.request = ""

    def _room(self) -> Any:
        """The screen of the waiting room, at the end of its cable, and what it plays."""
        page = self.of.open(viewport={"width": 1920, "height": 1080})
        page.on(
            "response", lambda answer: self.sounds.append(answer.url) if "/sound/" in answer.url and answer.ok else None
        )
        page.goto(f"http://127.0.0.1:{self.wire.port}/display#{self.agency.tokens['own_display']}")
        page.wait_for_selector("body[data-scene]")
        return page

    def desk(self, code: str, to: str) -> Any:
        """An agent's page, signed in anew: who has sat elsewhere meanwhile, or for long nowhere, would be asked to."""
        if code not in self.desks:
            self.desks[code] = self.of.open(viewport=PC, base_url=self.agency.url)
        page = self.desks[code]
        page.goto(f"{self.agency.url}demo/agent/{code}?to={to}")
        page.goto(to)
        page.wait_for_load_state("load")
        return page

    def leave(self) -> None:
        """Everybody goes home: their windows are closed."""
        for page in self.desks.values():
            page.context.close()
        self.desks.clear()

    def visitor(self, service: str, counter: str) -> str:
        """Somebody takes a ticket, is called and sits down."""
        label = self.agency.give(service)
        desk = self.agency.counter(counter)
        assert desk.next() == label
        desk.step("start")
        return label

    def paper(self, before: int) -> str:
        """The words of the paper that comes out after so many."""
        until(lambda: len(self.agency.printer.slips) > before, 15, "a paper")
        return "\n".join(line.text for line in self.agency.printer.slips[-1] if line.kind == "text")

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the hub's file says."""
        with closing(sqlite3.connect(f"file:{self.agency.folder / 'data' / 'mbote.db'}?mode=ro", uri=True)) as reader:
            return reader.execute(sql, values).fetchall()

    def cut_power(self, *asking: Callable[[], Any]) -> float:
        """Hub, kiosk and panel die while these are asked; how long until the hub answers again, seconds."""
        threads = [threading.Thread(target=_unanswered, args=(ask,)) for ask in asking]
        for thread in threads:
            thread.start()
        time.sleep(0.004)
        for what in ("hub", "kiosk", "panel"):
            self.agency.kill(what)
        began = time.monotonic()
        for thread in threads:
            thread.join(patience(20))
        self.agency.wait_answer()
        return time.monotonic() - began


def _unanswered(ask: Callable[[], Any]) -> None:
    with suppress(HubAway, OSError, http.client.HTTPException):
        ask()


def connected(agency: RunningAgency) -> int:
    """How many devices and pages have a line to the hub."""
    _, text = agency.api.send("GET", "/metrics")
    found = re.search(rb"^mbote_clients (\S+)", text, re.MULTILINE)
    return int(float(found[1])) if found else 0


@contextmanager
def one_day(folder: Path, chromium: Any, *expected: str) -> Iterator[Day]:
    """The agency from its opening to its evening."""
    with ExitStack() as stack:
        agency = stack.enter_context(opened(folder, keeper=DayProcesses, local=said_here(), before=morning_before))
        stack.callback(agency.processes.centre.cut)
        agency.processes.centre.open()
        wire = Wire(agency.port).open()
        stack.callback(wire.close)
        # kiosk and panel have found the hub: on a busy machine a press before would give the kiosk's own number
        until(lambda: connected(agency) >= 2, 20, "kiosk and panel")
        of = Windows(chromium)
        yield Day(agency, of, wire)
        of.close(expected)
