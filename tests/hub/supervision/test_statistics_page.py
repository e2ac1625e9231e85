"""The statistics in a real browser: charts that the keyboard walks through, ranges by keys, a correction."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.hub.supervision import known_day

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DAY = "/supervision/statistics?from=2026-03-02&to=2026-03-02"


def test_a_day_by_the_keyboard_alone(house, open_page):
    known_day.play(house)
    page = open_page(DAY)
    expect(page.locator("#trend canvas")).to_be_visible()
    expect(page.locator("#waits canvas")).to_be_visible()
    page.locator("#trend").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#trend .told")).to_contain_text("7 h : 10 tickets")
    page.keyboard.press("End")
    expect(page.locator("#trend .told")).to_contain_text("14 h : 2 tickets")
    page.locator("#waits").focus()
    page.keyboard.press("Home")
    expect(page.locator("#waits .told")).to_contain_text("De 0 à 2 min")

    page.get_by_text("Terminer").click()
    cut = page.locator("tr", has_text="coupé par la fermeture")
    cut.locator("[name=ended]").fill("14:55")
    cut.locator("[name=reason]").fill("parti sans touche")
    cut.locator("[name=reason]").press("Enter")
    expect(page.locator(".corrected")).to_contain_text("15:00:0014:55:00parti sans touche")

    expect(page.locator("#print")).to_be_visible()  # the script of the new page has run: it hears keys
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.get_by_text("Aucun visiteur ces jours-là")).to_be_visible()
    expect(page.locator("#print")).to_be_visible()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator(".corrected")).to_be_visible()
