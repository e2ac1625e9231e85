"""The touch page in a real browser: what a visitor sees and touches."""

from __future__ import annotations

import signal

import pytest

from hub.bench.rig import free_port
from tests.kiosk.test_process import Process
from tests.windows import windows

pytestmark = pytest.mark.browser

UPRIGHT, LYING = (1080, 1920), (1280, 800)
TOO_SMALL = """() => [...document.querySelectorAll('button')]
    .filter((e) => e.offsetWidth && (e.offsetHeight < 80 || e.offsetWidth < 80)).map((e) => e.dataset.id)"""
SMALL_WORDS = """() => [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().width
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())
    && parseFloat(getComputedStyle(e).fontSize) < 26).map((e) => e.textContent)"""
OVERFLOW = "() => { const m = document.querySelector('main'); return m.scrollHeight - m.clientHeight; }"


@pytest.fixture
def url(tmp_path, hub, printer):
    process = Process(tmp_path, hub.port, printer.port, free_port()).start()
    yield process.url
    process.end(signal.SIGTERM)


@pytest.fixture
def visit(chromium, url):
    """Opens the page at a size; fails the test on any error in it."""
    with windows(chromium) as opened:

        def open_at(size):
            page = opened.open(viewport={"width": size[0], "height": size[1]})
            page.goto(url)
            page.wait_for_selector(".services small:not(:empty)")
            return page

        yield open_at


@pytest.mark.nightly
@pytest.mark.thinned(2)
@pytest.mark.parametrize("size", [UPRIGHT, LYING])
def test_everything_is_large_enough_and_nothing_overflows(visit, size):
    page = visit(size)
    for touch in ("", "large_text", "contrast", "language-en", "priority"):
        if touch:
            page.click(f"[data-id={touch}]")
        assert page.evaluate(TOO_SMALL) == [], touch
        assert page.evaluate(SMALL_WORDS) == [], touch
        assert page.evaluate(OVERFLOW) <= 0, touch


def test_three_touches_give_a_ticket_and_two_fingers_give_one(visit, hub):
    page = visit(UPRIGHT)
    page.click("[data-id=priority]")
    page.click("[data-id=priority-age_70]")
    page.click("[data-id=DEP]")
    page.dblclick("[data-id=take]")
    assert page.inner_text(".ticket .label") == "D001"
    page.wait_for_selector(".word.good >> text=Prenez votre ticket")
    assert [ask["priority"] for ask in hub.wait_for("issue")] == ["age_70"]
    page.click("[data-id=done]")
    assert page.inner_text("[data-id=priority]") == "J'ai besoin d'une priorité", "nothing of one visitor is left"


def test_without_paper_the_number_stays_and_reception_is_named(visit, printer):
    page = visit(LYING)
    printer.fault("paper_out")
    page.click("[data-id=PFA]")
    page.wait_for_selector(".word.bad >> text=accueil")
    assert page.inner_text(".ticket .label") == "F001"
    page.wait_for_selector("#notes >> text=Plus de papier")


def test_a_closed_service_says_why_and_a_lost_hub_is_said(visit, hub):
    page = visit(UPRIGHT)
    hub.closed = {"CRE": "quota"}
    hub.publish()
    page.wait_for_selector("[data-id=CRE].closed >> text=Complet")
    page.click("[data-id=CRE]")
    page.wait_for_selector("text=plus de ticket pour ce service")
    page.click("[data-id=done]")
    hub.stop()
    page.wait_for_selector("#notes >> text=Liaison coupée")
    page.click("[data-id=RAS]")
    page.click("[data-id=take]")
    page.wait_for_selector(".ticket .label >> text=K1-001")


def test_a_picture_that_comes_while_a_finger_is_down_does_not_lose_the_touch(visit, hub):
    page = visit(UPRIGHT)
    box = page.locator("[data-id=DEP]").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    hub.waiting = 12
    hub.publish()
    page.wait_for_selector("[data-id=DEP] >> text=12 avant vous")
    page.mouse.up()
    page.wait_for_selector("[data-id=take]")


def test_the_keyboard_alone_takes_a_ticket_and_idleness_warns_first(visit, hub):
    page = visit(LYING)
    page.focus("[data-id=DEP]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-id=take]")
    page.clock.install()
    page.keyboard.press("Tab")
    page.clock.run_for(21_000)
    page.wait_for_selector("dialog[open] >> text=encore là")
    page.clock.run_for(11_000)
    page.wait_for_selector(".services")
    assert not hub._of("issue")
