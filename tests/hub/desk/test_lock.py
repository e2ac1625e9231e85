"""The locked screen at a desk: by key and by time, with what was typed behind it."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hub.agents import cookie
from tests.hub.desk.house import SECRET
from tests.patience import patience

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALINE = "00733C"


@pytest.fixture
def aline(house, desk_of):
    """Aline at reception, with half a search typed."""
    page = desk_of(ALINE, "/desk/reception")
    typed(page).fill("D14")
    yield page
    kept = {each["name"]: each["value"] for each in page.context.cookies()}
    house.sessions[ALINE] = kept[cookie._PLAIN]


def typed(page):
    return page.locator("input#label")


def unlock(page):
    page.keyboard.type(f"{SECRET} {ALINE}")
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).not_to_be_visible()


def test_f10_locks_and_whoever_has_the_secret_finds_all_that_was_typed(aline):
    aline.keyboard.press("F10")
    expect(aline.locator("#lock")).to_be_visible()
    expect(aline.locator("#lock-secret")).to_be_focused()
    assert [fault["id"] for fault in Axe().run(aline, context="#lock").response["violations"]] == []
    for _ in range(2):
        aline.keyboard.press("Escape")
    expect(aline.locator("#lock")).to_be_visible()
    expect(aline.locator("#strip-text")).not_to_have_text("")
    refused = aline.request.get("/desk/line", headers={"Accept": "application/json"})
    assert refused.status == 403, "the cover is no wall: the hub is"
    aline.keyboard.type("autre chose")
    aline.keyboard.press("Enter")
    expect(aline.locator("#lock-error")).to_have_text("Ce n'est pas votre mot de passe.")
    unlock(aline)
    expect(typed(aline)).to_have_value("D14")
    expect(aline.locator(".toasts")).to_be_empty()
    expect(aline.locator("#strip")).to_have_attribute("data-kind", "info", timeout=patience(10_000))
    forms = aline.locator("input[name=csrf]").evaluate_all("all => new Set(all.map(one => one.value)).size")
    assert forms == 1
    assert aline.request.get("/desk/line").status == 200


@pytest.mark.nightly
def test_untouched_for_five_minutes_it_locks_by_itself_and_one_touch_puts_it_off(aline):
    aline.clock.install()
    aline.reload()
    aline.clock.run_for(240_000)
    aline.keyboard.press("Shift")
    aline.clock.run_for(240_000)
    expect(aline.locator("#lock")).not_to_be_visible()
    aline.clock.run_for(61_000)
    expect(aline.locator("#lock")).to_be_visible()
    unlock(aline)
