"""Somebody comes back with a paper: from the kiosk's scanner to the agent's desk, with every process real."""

from __future__ import annotations

import re
import shutil
import signal
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from hardware.printer_emulator import PrinterEmulator
from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.bench.rig import free_port
from hub.rooms import open_hub
from hub.services.request import actions as requests
from hub.services.request.actions import Asked
from tests.hub.desk.house import new_house
from tests.hub.services.house import BAMOU, House
from tests.kiosk.test_process import Process
from tests.kiosk.test_scan_page import Hall
from tests.windows import REFUSED, windows

# each piece has a quicker test of its own: tests/kiosk/test_scan*.py, tests/hub/services/test_scans.py
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.nightly]

ROSE, OFFICER = Actor(agent="01016E", roles=frozenset({"clerk"})), Actor(agent="00902F", roles=frozenset({"clerk"}))


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    """A hub that knows BAMOU and has asked him to come, and a kiosk with a scanner before it."""
    folder = tmp_path_factory.mktemp("scan")
    central = House(folder / "central", datetime.now(UTC), ("inquiry",))
    central.import_("people", BAMOU)
    central.close()
    house = new_house(folder / "house", ("reception", "inquiry", "request")).prepare()
    shutil.copy(central.data / "people.db", house.settings.path(house.settings.hub.data))
    hub = open_hub(house.settings)
    token = agents.pair(hub, Ask(HUB), kind="kiosk", name="K1")["token"]
    about = Asked("request", "missing_months", "Il manque trois mois.", party="P1", visitor="BAMOU Jérôme")
    found = requests.send_on(hub, Ask(ROSE, "s1"), asked=about, why="complex", service="21")
    requests.take(hub, Ask(OFFICER, "s2"), request=found["request"])
    requests.ask_visitor(
        hub, Ask(OFFICER, "s3"), request=found["request"], channel="counter", text="Apportez vos bulletins de 2011."
    )
    hub.store.close()
    house.start()
    printer = PrinterEmulator().open()
    (folder / "kiosk").mkdir()
    kiosk = Process(folder / "kiosk", house.settings.hub.port, printer.port, free_port())
    (kiosk.folder / "kiosk.token").write_text(token)
    kiosk.start()
    house.sit(ROSE.agent, "10")
    yield house, kiosk, found["label"]
    kiosk.end(signal.SIGTERM)
    printer.close()
    house.kill()


@pytest.fixture
def opened(chromium):
    with windows(chromium, *REFUSED) as opened:
        yield opened


def test_the_paper_leads_to_the_visit_and_the_visit_to_the_request(opened, agency):
    house, kiosk, label = agency
    page = opened.open(viewport={"width": 1080, "height": 1920})
    page.goto(kiosk.url)
    page.wait_for_selector(".services small:not(:empty)")
    hall = Hall(page)
    hall.scan(label)
    hall.says("Vous êtes attendu au guichet 21.")
    page.click("[data-id=take]")
    page.wait_for_selector(".word.good >> text=Prenez votre ticket")
    hall.scan(BAMOU["number"])  # the next one has brought his card
    hall.says("Vous êtes attendu au guichet 21.")
    assert "BAMOU" not in page.content()
    page.click("[data-id=take]")
    page.wait_for_selector(".ticket .label >> text=R002")
    page.wait_for_selector(".word.good >> text=Prenez votre ticket")

    desk = opened.open(viewport={"width": 1366, "height": 768}, base_url=house.url)
    desk.context.add_cookies([house.cookie(ROSE.agent)])
    desk.goto("/desk")
    expect(desk.locator("body")).to_have_attribute("data-visit", "")
    house.ask("/counters/10/next")
    brought = desk.locator("#hand").get_by_role("link", name=f"Requête {label}")
    expect(brought).to_be_visible()
    house.ask("/counters/10/start")
    expect(desk.locator("#thread").get_by_role("link")).to_have_text(f"Papier présenté à la borne : Requête {label}")
    brought.click()
    expect(desk.locator(".one .label")).to_have_text(label)
    expect(desk.locator(".one")).to_contain_text("Apportez vos bulletins de 2011.")
    house.ask("/counters/10/finish")
    desk.goto("/desk/inquiry")
    expect(desk.locator("body")).to_have_attribute("data-visit", "")

    house.ask("/counters/10/next")
    his = desk.locator("#hand").get_by_role("link", name=re.compile("BAMOU Jérôme"))
    expect(his).to_contain_text("message")
    house.ask("/counters/10/start")
    his.click()
    expect(desk.locator("#view")).to_contain_text("Apportez vos bulletins de 2011.")
