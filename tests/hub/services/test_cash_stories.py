"""S2, S3 and S4 as they happen: browsers at the counters, a real hub, a printer's process and what reaches it."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from hardware.printer_emulator import PrinterEmulator, as_text
from hub.agents import actions as agents
from hub.agents import second_factor
from hub.ask import HUB, Ask
from hub.cli import main
from hub.rooms import open_hub
from hub.settings_files import load_settings
from tests.hub.desk.house import ROOT, new_house
from tests.hub.services.house import BAKER, BAMOU, House
from tests.hub.services.test_cash_browser import Telephone, desk
from tests.scenarios import at_the_till
from tests.windows import PULLED_PLUG, REFUSED, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.nightly]
CASHIER, PAYER, CHIEF, VALIDATOR, AUDITOR = "01016C", "01022K", "01003B", "01204H", "00990Z"
PEOPLE = {
    CASHIER: ("IBARA Paul", "collections_cashier"), PAYER: ("NGOMA Alice", "benefits_cashier"),
    CHIEF: ("LOUFOUA Prosper", "head_cashier"), VALIDATOR: ("TSIKA Anne", "validator"),
    AUDITOR: ("MBEMBA Lise", "auditor"),
}  # fmt: skip
WITH_TELEPHONE = {CASHIER, PAYER, CHIEF}
SOON_S = 15
YEAR = datetime.now(UTC).year
#: S2's employer owes the quarter of which wages of 1 080 000 make 262 224.
WORKSHOP = BAKER | {"ref": "E3", "number": "9000003", "name": "Menuiserie Tchicaya"}
ORDERS = (
    f'{{"number": "4417", "batch": "L12", "nature": "pension", "amount": 98000, "period": "{YEAR}-T4", "party": "P1",'
    f' "payee": "BAMOU Jérôme", "payee_number": "2133415888", "pay_from": "{YEAR}-01-01",'
    f' "pay_until": "{YEAR}-12-31", "requires": ["life_certificate"]}}'
)


class Agency:
    """An agency with a printer at its tills, owned by a process of its own."""

    def __init__(self, folder, opened):
        self.folder, self.paper = folder, PrinterEmulator().open()
        opened.callback(self.paper.close)
        central = House(folder / "central", datetime.now(UTC).replace(microsecond=0), ("cash",))
        central.import_("employers", WORKSHOP)
        central.import_("people", BAMOU)
        quarters = [f"{year}-T{part}" for year in (YEAR - 1, YEAR) for part in (1, 2, 3, 4)]
        central.import_(
            "contributions",
            *(central.period("E3", each, 262_224, 0 if each == quarters[0] else 262_224) for each in quarters),
        )
        central.close()
        self.house = new_house(folder / "house", ("reception", "certificate", "deposit", "cash")).prepare()
        self._configure()
        hub = open_hub(self.house.settings)
        token = agents.pair(hub, Ask(HUB), kind="printer", name="I1")["token"]
        (self.house.folder / "I1.token").write_text(str(token))
        for code, (name, role) in PEOPLE.items():
            agents.add_agent(hub, Ask(HUB), code=code, name=name, roles=[role])
            self.house.sessions[code] = self.house._session(hub, code)
            if code in WITH_TELEPHONE:
                self.house.sessions[code] = second_factor.vouched(hub, Ask(HUB), code)
        self.telephone = Telephone(hub, CHIEF)
        hub.store.close()
        self.data = self.house.settings.path(self.house.settings.hub.data)
        shutil.copy(central.data / "people.db", self.data)
        self.house.start()
        opened.callback(self.house.kill)
        self._own(opened)

    def _configure(self):
        folder = self.house.folder
        counters = (folder / "counters.toml").read_text("utf-8")
        for code in ("11", "12"):
            counters = counters.replace(f'code = "{code}"\n', f'code = "{code}"\nprinter = "RECUS"\n')
        (folder / "counters.toml").write_text(counters, "utf-8")
        (folder / "printers.toml").write_text(
            f'[printing]\nhub = "{self.house.url}"\nname = "I1"\ntoken = "I1.token"\n[[printer]]\nname = "RECUS"\n'
            f"port = {self.paper.port}\ntimeout_s = 1.0\n"
        )
        self.house.settings = load_settings(folder)

    def _own(self, opened):
        command = [sys.executable, "-m", "hub.cli", "printer", "--name", "RECUS", "--config", str(self.house.folder)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)

        def end():
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

        opened.callback(end)
        assert process.stdout.readline() == "ready I1\n"

    def papers(self, count):
        """The last of so many papers that came out, as a person would copy it down."""
        return as_text(self.paper.wait_for_slips(count, SOON_S)[count - 1])

    def next(self, counter, service):
        """A visitor takes a ticket and sits down at a till."""
        self.house.ticket(service)
        for step in ("next", "start"):
            self.house.ask(f"/counters/{counter}/{step}")

    def cli(self, *words):
        return CliRunner().invoke(main, [*words, "--config", str(self.house.folder)])


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    with ExitStack() as opened:
        yield Agency(tmp_path_factory.mktemp("stories"), opened)


@pytest.fixture(scope="module")
def seats(agency):
    """Both cashiers sit at their tills."""
    for code, counter in ((CASHIER, "11"), (PAYER, "12")):
        agency.house.sit(code, counter)
        agency.house.clear(counter)


def test_s2_a_cheque_clears_under_reserve_and_opens_the_debt_again_when_it_comes_back(chromium, agency, seats):
    agency.next("11", "CRE")
    with windows(chromium, *REFUSED) as opened:
        page, chief = desk(opened, agency.house, CASHIER), desk(opened, agency.house, CHIEF)
        at_the_till.open_till(page, "5")
        at_the_till.pay_by_cheque(page, lambda: agency.papers(1))
        assert agency.paper.pulses == 0, "a cheque opens no drawer"

        def control():
            chief.goto("/desk/cash/control")
            return chief

        at_the_till.cleared_until_it_comes_back(page, control)
        agency.house.ask("/counters/11/finish")


def test_s4_a_pension_waits_for_its_certificate_is_paid_once_and_again_after_a_reversal(chromium, agency, seats):
    file = agency.folder / "orders.jsonl"
    file.write_text(ORDERS, "utf-8")
    assert agency.cli("orders", str(file)).stdout.startswith("1 received")
    agency.next("12", "CPR")
    with windows(chromium, *REFUSED) as opened:
        page, validator = desk(opened, agency.house, PAYER), desk(opened, agency.house, VALIDATOR)
        at_the_till.open_till(page, "20")
        at_the_till.refused_without_certificate(page, "4417")
        validator.goto("/desk/deposit/validation")
        at_the_till.validate_certificate(validator)
        page.goto("/desk/cash/orders/4417")
        expect(page.locator(".notice")).to_contain_text("Validé : rien n'est à demander.")
        receipt = at_the_till.pay_order(page, lambda: agency.papers(2))
        assert agency.paper.pulses == 1, "cash opens the drawer"
        at_the_till.paid_once(page, "4417")
        at_the_till.take_back(page, receipt, (CHIEF, agency.telephone))
        page.goto("/desk/cash/orders/4417")
        page.get_by_role("button", name="Prendre en main").click()
        assert at_the_till.pay_order(page, lambda: agency.papers(3)) != receipt
        assert agency.paper.pulses == 2, "each payment in cash opens it once"
        agency.house.ask("/counters/12/finish")


def test_the_screen_towards_the_payer_is_empty_without_its_hub_and_comes_back_by_itself(chromium, agency, seats):
    with windows(chromium, *REFUSED, *PULLED_PLUG) as opened:
        page = desk(opened, agency.house, CASHIER)
        payer = page.context.new_page()
        payer.set_viewport_size({"width": 1366, "height": 768})
        payer.goto("/desk/cash/payer")
        page.goto("/desk/cash?ref=E3")
        expect(payer.locator("#due b")).to_have_text("262\u202f224")
        agency.house.kill()
        expect(payer.locator("#due")).to_be_hidden(timeout=20_000)
        agency.house.start()
        expect(payer.locator("body")).to_have_attribute("data-state", "idle")
        page.reload()
        expect(payer.locator("#due b")).to_have_text("262\u202f224", timeout=20_000)


def test_s3_the_closing_is_approved_at_the_till_and_a_changed_franc_is_found_at_its_number(chromium, agency, seats):
    agency.next("11", "CRE")
    with windows(chromium, *REFUSED) as opened:
        page, auditor = desk(opened, agency.house, CASHIER), desk(opened, agency.house, AUDITOR)
        page.goto("/desk/cash?ref=E3")
        page.locator("#tendered").fill("270000")
        page.keyboard.press("Enter")
        expect(page.locator(".give-back b")).to_have_text("7\u202f776")
        agency.house.ask("/counters/11/finish")
        counted = (("n10000", "31"), ("n2000", "1"), ("c200", "1"), ("c10", "1"))
        at_the_till.close_till(page, counted, 14, (CHIEF, agency.telephone))
        expect(page.locator("tfoot .number")).to_be_visible()
        auditor.goto("/desk/cash/oversight?look=difference")
        expect(auditor.locator("tbody")).to_contain_text(
            "Arrêté Z1, approuvé par LOUFOUA Prosper. Monnaie Rendu de trop."
        )
    agency.house.kill()
    assert agency.cli("verify").exit_code == 0
    with closing(sqlite3.connect(agency.data / "mbote.db", isolation_level=None)) as file:
        file.execute("DROP TRIGGER cash_entry_as_written")
        till, year, number = file.execute(
            "SELECT till, year, number FROM cash_entry WHERE till = 'C01' ORDER BY seq LIMIT 1"
        ).fetchone()
        file.execute("UPDATE cash_entry SET amount = amount + 1 WHERE till = ? AND number = ?", (till, number))
    told = agency.cli("verify")
    assert told.exit_code != 0
    assert f"till C01: N° {number} of {year} was altered" in told.output
