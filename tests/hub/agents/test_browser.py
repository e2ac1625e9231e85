"""Signing in and hiring, in a real browser: hands on the keyboard, under the content policy of the hub."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.hub.supervision.house import SECRET, House
from tests.windows import REFUSED, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZE = {"width": 1366, "height": 768}
NEWCOMER = "00912H"


@pytest.fixture
def house(tmp_path):
    built = House(tmp_path / "data").people().serve()
    yield built
    built.close()


@pytest.fixture
def page(chromium, house):
    with windows(chromium, *REFUSED) as opened:
        yield opened.open(viewport=SIZE, base_url=house.url, locale="fr-FR")


def sign_in(page, code, secret):
    page.goto("/login")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Tab")
    page.keyboard.type(secret)
    page.keyboard.press("Enter")


def faults_of(page):
    found = Axe().run(page).response["violations"]
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]


def test_who_signs_in_never_leaves_the_keyboard_and_lands_on_their_own_page(page, house):
    house.session("00411A")
    house.telephone("00411A")
    sign_in(page, "00411A", f"{SECRET} 00411A")
    expect(page.locator("#factor")).to_be_focused()
    assert faults_of(page) == []
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.locator("#factor-error")).to_be_visible()
    expect(page.locator("#factor")).to_be_focused()
    page.keyboard.type(house.telephone("00411A"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/supervision")


def test_a_wrong_secret_keeps_the_code_and_says_so_where_the_eye_is(page, house):
    house.session("00411A")
    house.telephone("00411A")
    sign_in(page, "00411A", "autre chose")
    expect(page.locator("#secret-error")).to_be_visible()
    expect(page.locator("#code")).to_have_value("00411A")
    expect(page.locator("#secret")).to_be_focused()
    expect(page.locator("#secret")).to_have_value("")
    assert faults_of(page) == []
    page.keyboard.type(f"{SECRET} 00411A")
    page.keyboard.press("Enter")
    expect(page.locator("#factor")).to_be_focused()
    page.keyboard.type(house.telephone("00411A"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/supervision")


def test_what_is_typed_can_be_looked_at(page):
    page.goto("/login")
    page.locator("#secret").fill("petit matin")
    page.locator("[data-shows]").check()
    expect(page.locator("#secret")).to_have_attribute("type", "text")
    page.locator("[data-shows]").uncheck()
    expect(page.locator("#secret")).to_have_attribute("type", "password")
    assert faults_of(page) == []


def test_a_newcomer_is_hired_reads_a_code_and_chooses_a_secret(page, house, chromium):
    page.context.add_cookies([house.cookie("00411A")])
    page.goto("/agents")
    expect(page.locator("tbody tr")).to_have_count(len(house.hub.reader.execute("SELECT 1 FROM agent").fetchall()))
    page.locator("#code").fill(NEWCOMER)
    page.locator("#name").fill("KIMBEMBE Ruth")
    page.get_by_label("Guichetier", exact=True).check()
    page.keyboard.press("Enter")
    shown = page.locator(".one-shot b")
    expect(shown).to_be_visible()
    assert faults_of(page) == []

    with windows(chromium, *REFUSED) as opened:
        theirs = opened.open(viewport=SIZE, base_url=house.url, locale="fr-FR")
        sign_in(theirs, NEWCOMER, shown.inner_text())
        expect(theirs).to_have_url(f"{house.url}/choose?next=")
        expect(theirs.locator("#secret")).to_be_focused()
        theirs.keyboard.type("court")
        theirs.keyboard.press("Enter")
        expect(theirs.locator("#secret-error")).to_be_visible()
        assert faults_of(theirs) == []
        expect(theirs.locator("#secret")).to_be_focused()
        theirs.keyboard.type("une phrase à moi")
        theirs.keyboard.press("Enter")
        expect(theirs).to_have_url(f"{house.url}/desk/counters")


def test_a_code_that_is_taken_is_said_at_its_field_and_nothing_typed_is_lost(page, house):
    page.context.add_cookies([house.cookie("00411A")])
    page.goto("/agents")
    page.locator("#code").fill("00815D")
    page.locator("#name").fill("KIMBEMBE Ruth")
    page.get_by_label("Guichetier", exact=True).check()
    page.keyboard.press("Enter")
    expect(page.locator("#code-error")).to_be_visible()
    expect(page.locator("#name")).to_have_value("KIMBEMBE Ruth")
    expect(page.get_by_label("Guichetier", exact=True)).to_be_checked()
    assert faults_of(page) == []
