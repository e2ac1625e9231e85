"""The supervisor's pages in a browser: live, honest without the hub, and nothing closed by mistake."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hub.queues import store
from tests.hub.supervision import known_day, stories
from tests.patience import patience

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def morning(house):
    """Three counters, five visitors, one at a counter."""
    house.open_day().at("08:00:00")
    for errand in ("deposit", "deposit", "inquiry", "pension", "benefits"):
        house.press(errand)
    for counter, agent in (("05", "00902F"), ("02", "00815D"), ("12", "01022K")):
        house.counter(counter).open(agent)
    house.counter("05").next()
    return house


def tile(page, code):
    return page.locator(f'#tiles [data-name="{code}"]')


def test_the_board_follows_the_counters(morning, open_page):
    page = open_page("/supervision")
    expect(tile(page, "05")).to_contain_text("D001")
    expect(tile(page, "05")).to_contain_text("Appelé")
    morning.counter("05").start()
    expect(tile(page, "05")).to_contain_text("En service")
    morning.later(minutes=3)
    morning.counter("05").finish()
    expect(tile(page, "05")).to_contain_text("Libre")
    expect(page.locator('#totals [data-name="served"] b')).to_have_text("1")
    expect(page.locator("#alert-list")).to_contain_text("Pensions : aucun guichet ouvert, 1 personne attend.")


def test_a_queue_says_its_level_in_colour_icon_and_word(morning, open_page):
    morning.later(minutes=26)
    morning.counter("05").start()
    page = open_page("/supervision")
    row = page.locator('#queues [data-name="DEP"]')
    expect(row).to_have_attribute("data-level", "bad")
    expect(row).to_contain_text("26 / 25 min")
    expect(row).to_contain_text("dépassé")
    expect(row.locator("use")).to_have_attribute("href", re.compile("#icon-alert-triangle$"))


def test_places_stay_where_they_are(morning, open_page):
    page = open_page("/supervision")
    page.evaluate("globalThis.before = document.querySelector('#tiles [data-name=\"05\"]')")
    morning.counter("05").start()
    expect(tile(page, "05")).to_contain_text("En service")
    assert page.evaluate("globalThis.before === document.querySelector('#tiles [data-name=\"05\"]')")


def test_without_the_hub_the_board_says_since_when(morning, open_page):
    page = open_page("/supervision")
    expect(page.locator("#close-button")).to_be_enabled()
    morning.cut()
    expect(page.locator("#lost")).to_be_visible(timeout=patience(15_000))
    expect(page.locator("#lost")).to_contain_text("ces chiffres datent de 08:00")
    expect(page.locator("#close-button")).to_be_disabled()


def test_after_a_reconnection_the_board_is_right_at_once(morning, open_page):
    page = open_page("/supervision")
    expect(page.locator("#close-button")).to_be_enabled()
    morning.cut()
    expect(page.locator("body")).to_have_class(re.compile("lost"))
    morning.counter("05").start()
    morning.mend()
    expect(page.locator("#lost")).to_be_hidden()
    expect(tile(page, "05")).to_contain_text("En service")


def test_a_day_is_not_closed_over_a_visitor_without_a_clear_word(morning, open_page):
    page = open_page("/supervision")
    page.locator("#close-button").click()
    dialog = page.locator("#close-dialog")
    expect(dialog).to_contain_text("1 visiteur est appelé : il sera noté « non servi »")
    expect(dialog).to_contain_text("D001 au 05")
    expect(dialog).to_contain_text("4 visiteurs attendent encore")
    page.locator("#close-now").click()
    expect(dialog.locator(".error")).to_contain_text("écrivez FERMER")
    page.locator("#close-word").fill("fermé")
    page.locator("#close-now").click()
    assert store.day(morning.hub.reader).open
    page.locator("#close-word").fill("fermer")
    page.locator("#close-now").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#day")).to_have_text("journée fermée")
    assert not store.day(morning.hub.reader).open
    expect(page.locator("#no-day a")).to_have_attribute("href", re.compile("from=2026-03-02"))


def test_who_came_while_the_question_stood_open_is_told(house, open_page):
    house.open_day().press("deposit")
    house.counter("05").open("00902F")
    page = open_page("/supervision")
    page.locator("#close-button").click()
    expect(page.locator("#close-dialog")).to_contain_text("1 visiteur attend encore")
    expect(page.locator("#close-force")).to_be_hidden()
    house.counter("05").next()
    page.locator("#close-now").click()
    expect(page.locator("#close-dialog .error")).to_contain_text("un visiteur est arrivé au guichet")
    expect(page.locator("#close-dialog")).to_contain_text("D001 au 05")
    assert store.day(house.hub.reader).open


def test_open_the_day_and_change_what_the_kiosk_gives(house, open_page):
    page = open_page("/supervision")
    expect(page.locator("#no-day")).to_contain_text("Ouvrez la journée")
    page.locator("#open-button").click()
    expect(page.locator("#day")).to_have_text("journée ouverte")
    page.locator("#mode-button").click()
    expect(page.locator("#mode-dialog [value=open]")).to_be_checked()
    page.get_by_text("les rendez-vous seulement").click()
    page.get_by_role("button", name="Changer").click()
    expect(page.locator("#mode")).to_have_text("rendez-vous seulement")
    assert store.day(house.hub.reader).mode == "appointments_only"


def test_a_refusal_says_what_to_do(house, open_page):
    house.open_day().close_day()
    page = open_page("/supervision")
    page.locator("#open-button").click()
    expect(page.locator(".toasts")).to_contain_text("Cette journée a déjà eu lieu.")


def test_a_director_looks_and_changes_nothing(morning, open_page):
    page = open_page("/supervision", "00101X")
    expect(tile(page, "05")).to_contain_text("D001")
    expect(page.locator("#close-button")).to_have_count(0)
    expect(page.get_by_text("Lecture seule")).to_be_visible()


def test_the_hours_are_a_chart_and_a_table(house, open_page):
    known_day.play(house)
    page = open_page("/supervision")
    expect(page.locator("#chart canvas")).to_be_visible()
    rows = page.locator("#hours-table tbody tr")
    expect(rows.first).to_contain_text("7 h à 8 h")
    assert page.locator("#hours-text").evaluate("text => text.getBoundingClientRect().width") <= 2


def test_without_scripts_the_hours_are_read_in_the_table(house, open_page):
    known_day.play(house)
    page = open_page("/supervision", java_script_enabled=False)
    expect(page.locator("#hours-table")).to_contain_text("7 h à 8 h")
    expect(page.locator("#chart")).to_be_hidden()
    assert "rechargez-la" in page.locator("noscript").inner_html()


def test_everything_fits_one_screen_of_a_laptop(house, open_page):
    stories.busy(house, hurried=True)
    page = open_page("/supervision")
    expect(page.locator("#alert-list li").first).to_be_visible()
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size == [1366, 768]
    cut = page.evaluate(
        "[...document.querySelectorAll('#queues td, #queues th, .total')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    )
    assert cut == []


@pytest.mark.thinned(2)
@pytest.mark.parametrize("path", ["/supervision", "/supervision/statistics"])
def test_nobody_is_kept_out(house, open_page, path):
    stories.busy(house, hurried=True)
    page = open_page(path)
    page.wait_for_timeout(300)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_dialogs_keep_nobody_out(morning, open_page):
    page = open_page("/supervision")
    page.locator("#close-button").click()
    expect(page.locator("#close-list li").first).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_report_prints_without_its_buttons(house, open_page):
    known_day.play(house)
    page = open_page("/supervision/statistics?from=2026-03-02&to=2026-03-02")
    expect(page.locator("#print")).to_be_visible()
    page.emulate_media(media="print")
    for hidden in ("form.range", ".topbar"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".onpaper")).to_be_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
