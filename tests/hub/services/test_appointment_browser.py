"""S7 in a browser: a call that is conclusive closes a case without a visit, and whoever has a time is called at it."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hub.settings_files import load_settings
from tests.hours import mid_morning
from tests.hub.desk.house import new_house
from tests.windows import REFUSED, weighed, windows

pytestmark = pytest.mark.browser
ROSE, ALINE = "01016E", "00733C"
SHIPPED_BYTES = 250_000  # P26
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def today_there() -> str:
    """The date in that zone."""
    return datetime.now(ZoneInfo(mid_morning())).date().isoformat()


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    """A real hub in its own process, where it is mid-morning of an open day."""
    built = new_house(tmp_path_factory.mktemp("agenda") / "house", ("reception", "appointment", "payday"))
    hours = "".join(f'{day} = {{ open = "07:30", close = "15:00" }}\n' for day in DAYS)
    (built.folder / "local.toml").write_text(
        f'[agency]\ntimezone = "{mid_morning()}"\n[queue]\nearly_min = 120\n[appointments]\nshare = 100\n'
        f"[day]\nholidays = []\n[day.hours]\n{hours}"
    )
    built.settings = load_settings(built.folder)
    built.prepare()
    built.start()
    yield built
    built.kill()


@pytest.fixture
def desks(chromium, agency):
    """The receptionist's window and the clerk's."""
    agency.sit(ROSE, "02")
    agency.clear("02")
    with windows(chromium, *REFUSED) as opened:
        pages = []
        for code in (ALINE, ROSE):
            page = opened.open(viewport={"width": 1366, "height": 768}, base_url=agency.url)
            page.context.add_cookies([agency.cookie(code)])
            pages.append(page)
        yield pages


def book(page, mode, name, telephone):
    """From the list to a booked time without the mouse, but for the choice of the way and of the hour."""
    page.goto("/desk/appointment")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("n")
    page.wait_for_url("**/desk/appointment/new")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#service")).to_be_focused()
    if mode != "counter":
        page.locator("#mode").select_option(mode)
        page.wait_for_url(f"**mode={mode}**")
    page.wait_for_load_state("networkidle")
    page.locator("input[name=slot]").first.check(force=True)
    page.locator("#name").fill(name)
    page.locator("#telephone").fill(telephone)
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("donné")


def test_s7_a_call_that_is_conclusive_closes_the_case_without_a_visit(agency, desks):
    reception, clerk = desks
    agency.ask("/day/mode", mode="appointments_only")
    book(reception, "telephone", "LOEMBA Paul", "05 500 03 33")
    clerk.goto("/desk")
    clerk.get_by_role("link", name=re.compile("Rendez-vous téléphonique")).click()
    clerk.get_by_role("button", name="J'appelle").click()
    expect(clerk.locator(".appointments .badge").first).to_have_text("En appel")
    expect(clerk.get_by_text("Appel 1 · MABIALA Rose")).to_be_visible()
    clerk.get_by_role("button", name="Non concluant").click()
    expect(clerk.locator(".conclude .error")).to_have_text("Dites ce qui manque.")
    expect(clerk.locator("#motive")).to_be_focused()
    clerk.get_by_role("button", name="Concluant", exact=True).click()
    expect(clerk.locator(".appointments")).to_contain_text("Terminé")
    clerk.goto("/desk")
    expect(clerk.get_by_role("link", name=re.compile("Rendez-vous téléphonique"))).to_have_count(0)
    assert agency.ask("/counters/02/next")["code"] == "empty", "nobody had to come"
    agency.ask("/day/mode", mode="open")


def test_who_has_a_time_is_let_in_and_the_counter_says_why(agency, desks):
    reception, clerk = desks
    book(reception, "counter", "BAMOU Jérôme", "06 612 34 56")
    when = reception.locator(".label").inner_text()
    reception.goto("/desk/appointment")
    reception.wait_for_load_state("networkidle")
    reception.keyboard.press("/")
    reception.keyboard.type("bamou")
    reception.keyboard.press("Enter")
    row = reception.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("0661234 56".replace(" ", ""))
    row.get_by_role("button", name="Est arrivé").click()
    expect(reception.locator(".notice")).to_contain_text("Ticket A0")
    called = agency.ask("/counters/02/next")
    assert called["why"] == f"RDV {when}"
    clerk.goto("/desk/appointment")
    expect(clerk.locator("#thread")).to_contain_text("rendez-vous")
    paper = clerk.context.request.get("/desk/appointment/list")
    assert (paper.status, paper.headers["content-type"], paper.body()[:5]) == (200, "application/pdf", b"%PDF-")


def test_the_tab_ships_little(desks):
    page = desks[0]
    shipped = weighed(page)
    for path in ("/desk/appointment", "/desk/appointment/new"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert sum(shipped.values()) <= SHIPPED_BYTES, shipped


@pytest.mark.nightly
def test_nothing_for_axe_to_complain_about(desks):
    page = desks[0]
    book(page, "counter", "NGOMA Rose", "05 500 07 77")
    one = page.url
    for path in ("/desk/appointment", "/desk/appointment/new", one, "/desk/payday"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if path == "/desk/payday":
            page.locator("summary", has_text="Prévoir").click()
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()


def test_a_pay_day_is_planned_and_a_group_let_in_by_the_keyboard(agency, desks):
    page = desks[0]
    page.goto("/desk/payday")
    page.locator("summary", has_text="Prévoir").press("Enter")
    page.locator("#on").fill(today_there())
    page.locator("#waves").fill("00 33 07:30 40\n34 99 13:00 40")
    page.get_by_role("button", name="Prévoir", exact=True).press("Enter")
    enter = page.get_by_role("button", name="Faire entrer le groupe suivant")
    expect(enter).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".entered b")).to_have_text("J1-001 – J1-020")
    page.keyboard.press("Enter")
    expect(page.locator(".entered b")).to_have_text("J1-021 – J1-040")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.bad")).to_have_text("La vague 2 commence à 13:00.")
    page.locator("#who").fill("2133415888")
    page.keyboard.press("Enter")
    expect(page.locator(".notice").first).to_contain_text("vague 2, à partir de 13:00")
