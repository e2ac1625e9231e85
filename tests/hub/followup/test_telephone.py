"""The page on a cheap telephone, in a real browser without scripts: read in the sun, refreshed by itself, two acts."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.windows import PULLED_PLUG, windows

pytestmark = pytest.mark.browser

TELEPHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "java_script_enabled": False}
SMALLEST = {"viewport": {"width": 320, "height": 568}}
SMALL_WORDS = """() => [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().width
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())
    && parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.textContent)"""
SMALL_TOUCH = """() => [...document.querySelectorAll('.acts a, button')].filter((e) => e.offsetHeight < 56).length"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def telephone(chromium, phones):
    with windows(chromium, "status of 4", *PULLED_PLUG) as opened:
        yield lambda **more: opened.open(**(TELEPHONE | more))


def test_a_visitor_without_scripts_reads_it_lets_others_pass_and_gives_it_up(telephone, phones):
    page = telephone()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(phones.url("D003"))
    page.get_by_text("2 personnes avant vous").wait_for()
    page.get_by_role("link", name="Laisser passer 3 personnes").click()
    page.get_by_role("heading", name="Laisser passer 3 personnes ?").wait_for()
    phones.forget()
    page.get_by_role("link", name="Non, garder ma place").click()
    page.get_by_role("link", name="Laisser passer 3 personnes").click()
    page.get_by_role("button", name="Oui, laisser passer").click()
    page.get_by_text("5 personnes avant vous").wait_for()
    assert page.get_by_role("link", name="Laisser passer").count() == 0
    phones.forget()
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Cancel my ticket").click()
    page.get_by_role("button", name="Yes, cancel").click()
    page.get_by_role("heading", name="It is over").wait_for()
    assert phones.office.state("D003") == "cancelled"
    assert {re.sub(r"\?.*", "", url) for url in asked} == {phones.url("D003")}, "one route, and nothing beside it"
    assert page.context.cookies() == []


@pytest.mark.parametrize(("scripts", "label"), [(False, "D008"), (True, "D006")])
def test_it_comes_again_by_itself_and_says_when_it_is_called(telephone, phones, monkeypatch, scripts, label):
    monkeypatch.setattr("hub.followup.page.AGAIN_S", 1)
    page = telephone(java_script_enabled=scripts)
    page.goto(phones.url(label))
    page.get_by_text("avant vous").wait_for()
    phones.office.counter("05").pick(label)
    page.get_by_role("heading", name="C'est à vous").wait_for()
    assert "05" in page.inner_text("main")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 197, 61)"
    phones.office.later(seconds=60)
    phones.office.counter("05").recall().absent()


def test_a_lost_wifi_is_said_and_what_was_known_stays(telephone, phones, monkeypatch):
    monkeypatch.setattr("hub.followup.page.AGAIN_S", 1)
    page = telephone(java_script_enabled=True)
    page.goto(phones.url("D012"))
    page.get_by_text("avant vous").wait_for()
    page.focus("text=Annuler mon ticket")
    page.context.set_offline(True)
    page.get_by_text("Pas de liaison").wait_for()
    assert page.get_by_text("avant vous").is_visible()
    page.context.set_offline(False)
    page.get_by_text("Pas de liaison").wait_for(state="hidden")
    assert page.evaluate("() => document.activeElement.textContent").strip() == "Annuler mon ticket"


@pytest.mark.thinned(3)
@pytest.mark.parametrize("label", ["D012", "D001", "D008"])
def test_it_is_read_without_glasses_fits_the_smallest_and_axe_finds_nothing(telephone, phones, label):
    page = telephone(java_script_enabled=True)
    for more in ("", "?a=cancel", "?l=en"):
        page.goto(phones.url(label, more))
        for size in (TELEPHONE["viewport"], SMALLEST["viewport"]):
            page.set_viewport_size(size)
            assert page.evaluate(SMALL_WORDS) == []
            assert page.evaluate(SMALL_TOUCH) == 0
            assert page.evaluate(WIDER) == 0, (label, more, size)
    page.set_viewport_size(TELEPHONE["viewport"])
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})
    serious = [each["id"] for each in found.response["violations"] if each["impact"] in ("serious", "critical")]
    assert serious == []
    phones.forget()
