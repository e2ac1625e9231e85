"""Advice, replay, fairness and the wall in a real browser: by keys alone, without an accessibility fault, at 1366."""

from __future__ import annotations

from datetime import datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.hub.supervision import known_day

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MONDAYS = ("2026-03-02", "2026-03-09", "2026-03-16")


def looked_over(page: Page) -> None:
    """No accessibility fault, and nothing that the screen is too narrow for."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    tight = "[...document.querySelectorAll('.sheet')].filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    assert page.evaluate(tight) == 0


@pytest.mark.nightly
def test_from_the_advice_to_the_replay_and_the_wall_by_keys(house, open_page):
    for day in MONDAYS:
        house.clock.jump(to=datetime.fromisoformat(f"{day}T07:00").replace(tzinfo=house.hub.settings.agency.zone))
        known_day.play(house)
    page = open_page("/supervision/advice?day=2026-03-23")
    expect(page.get_by_text("d'après 3 lundis ordinaires")).to_be_visible()
    looked_over(page)

    page.get_by_role("link", name="Rejouer un jour passé").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Lundi 16 mars 2026")).to_be_visible()
    page.get_by_label("Changement").select_option("open")
    page.get_by_label("De", exact=True).fill("07:40")
    page.get_by_label("à", exact=True).fill("09:30")
    page.get_by_label("Dépôt de pièces").focus()
    page.keyboard.press("Space")
    page.get_by_label("à", exact=True).press("Enter")
    deposits = page.locator(".results tr", has_text="Dépôt de pièces")
    expect(deposits.locator(".icon")).to_be_visible()  # better, in an arrow and in figures
    expect(page.get_by_label("Dépôt de pièces")).to_be_checked()
    looked_over(page)

    page.get_by_role("link", name="Équité").click()
    page.get_by_label("Du", exact=True).fill("2026-03-02")
    page.get_by_label("au", exact=True).fill("2026-03-16")
    page.get_by_label("au", exact=True).press("Enter")
    expect(page.locator(".reasons")).to_contain_text("Choisi par l'agent")
    looked_over(page)
    expect(page.locator("#print")).to_be_visible()
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.get_by_text("Personne n'a été appelé")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Affiche pour la salle").click()
    expect(page.locator(".poster")).to_contain_text("Votre tour, à l'heure et dans l'ordre")
    looked_over(page)
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
