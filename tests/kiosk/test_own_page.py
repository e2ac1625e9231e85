"""The touch page for whoever holds a ticket already: its code typed or scanned, how it stands, the two acts."""

from __future__ import annotations

import pytest

from tests.kiosk.test_own import CODE, MINE
from tests.kiosk.test_page import LYING, OVERFLOW, SMALL_WORDS, TOO_SMALL, UPRIGHT
from tests.kiosk.test_scan_page import Hall, kiosk_in
from tests.windows import windows

pytestmark = pytest.mark.browser

#: What is asked of the hub about somebody's ticket; a line that breaks and comes back asks other things.
ASKED = "scanned|own_let_pass|own_cancel"
NOTHING = {"words": "scan_none", "facts": {}, "service": "", "label": ""}
FOUND = {"words": "scan_ticket", "facts": {"ticket": "D042"}, "service": "", "label": "", "followed": MINE}


@pytest.fixture(scope="module")
def kiosk_and_hub(tmp_path_factory):
    """One kiosk process for all these stories, without a reader beside it."""
    with kiosk_in(tmp_path_factory.mktemp("own"), CODE) as hall:
        yield hall


@pytest.fixture
def hub(kiosk_and_hub):
    _, hub = kiosk_and_hub
    hub.asked = []
    hub.answers = {"scanned": lambda ask: FOUND if ask["code"] == CODE else NOTHING}
    return hub


@pytest.fixture
def open_at(chromium, kiosk_and_hub, hub):
    with windows(chromium, "status of 4") as opened:

        def opens(size):
            page = opened.open(viewport={"width": size[0], "height": size[1]})
            page.goto(kiosk_and_hub[0].url)
            page.wait_for_selector(".services small:not(:empty)")
            return page

        yield opens


def type_code(page, code=CODE):
    page.click("[data-id=code]")
    for letter in code:
        page.click(f"[data-id=key-{letter}]")


def test_a_typed_code_tells_how_it_stands_and_others_are_let_pass_after_a_question(open_at, hub):
    page = open_at(UPRIGHT)
    type_code(page, "ZZZZZZZZ")
    page.wait_for_selector("text=Ce n'est pas un ticket d'aujourd'hui")
    page.click("[data-id=back]")
    page.click("[data-id=code]")
    page.click("[data-id=key-X]")
    page.click("[data-id=erase]")
    page.click("[data-id=back]")
    type_code(page)
    page.wait_for_selector("h1 >> text=D042")
    shown = page.inner_text("main")
    for words in ("12 personnes avant vous", "40 à 75 min", "Revenez avant", "10:45"):
        assert words in shown
    assert CODE not in page.content(), "a code that is whole stands nowhere"
    page.click("[data-id=act-let_pass]")
    page.wait_for_selector("h1 >> text=Laisser passer 3 personnes ?")
    page.click("[data-id=no]")
    page.click("[data-id=act-let_pass]")
    hub.answers["own_let_pass"] = MINE | {"ahead": 15, "acts": ["cancel"]}
    page.click("[data-id=yes]")
    page.wait_for_selector("text=15 personnes avant vous")
    assert page.locator("[data-id=act-let_pass]").count() == 0
    page.click("[data-id=act-cancel]")
    hub.answers["own_cancel"] = {"error": {"code": "illegal_step", "message": "called meanwhile"}}
    page.click("[data-id=yes]")
    page.wait_for_selector("text=votre ticket a changé entre-temps")
    page.click("[data-id=act-cancel]")
    hub.answers["own_cancel"] = MINE | {"state": "over", "ahead": None, "wait": None, "back_by": "", "acts": []}
    page.click("[data-id=yes]")
    page.wait_for_selector("text=C'est terminé")
    page.click("[data-id=done]")
    page.wait_for_selector(".services")
    assert [ask["code"] for ask in hub._of(ASKED)] == ["ZZZZZZZZ", *[CODE] * 4]


def test_the_keys_of_a_keyboard_do_it_all(open_at, hub):
    page = open_at(LYING)
    page.focus("[data-id=code]")
    page.keyboard.press("Enter")
    for letter in CODE:
        page.focus(f"[data-id=key-{letter}]")
        page.keyboard.press("Enter")
    page.wait_for_selector("h1 >> text=D042")
    page.focus("[data-id=act-cancel]")
    page.keyboard.press("Enter")
    page.focus("[data-id=no]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-id=act-cancel]")
    assert not hub._of("own_cancel")


@pytest.mark.nightly
@pytest.mark.thinned(2)
@pytest.mark.parametrize("size", [UPRIGHT, LYING])
def test_everything_about_one_s_ticket_is_large_enough_and_nothing_overflows(open_at, hub, size):
    page = open_at(size)

    def fits(where):
        for tool in ("", "large_text", "large_text", "contrast", "contrast", "language-en", *LOWER[size]):
            if tool:
                page.click(f"[data-id={tool}]")
            assert page.evaluate(TOO_SMALL) == [], (where, tool)
            assert page.evaluate(SMALL_WORDS) == [], (where, tool)
            assert page.evaluate(OVERFLOW) <= 0, (where, tool)
        for tool in (*LOWER[size], "language-fr"):
            page.click(f"[data-id={tool}]")

    page.click("[data-id=code]")
    fits("code")
    page.click("[data-id=back]")
    type_code(page)
    page.wait_for_selector("h1 >> text=D042")
    fits("own")
    page.click("[data-id=act-cancel]")
    fits("sure")
    page.click("[data-id=no]")
    hub.answers["own_let_pass"] = {"error": {"code": "nobody_behind", "message": "alone"}}
    page.click("[data-id=act-let_pass]")
    page.click("[data-id=yes]")
    page.wait_for_selector("text=Personne n'attend derrière vous")
    fits("refused")


LOWER = {UPRIGHT: ("lower",), LYING: ()}


def test_a_ticket_may_also_be_scanned_and_the_next_visitor_starts_clean(open_at, hub):
    page = open_at(UPRIGHT)
    hub.answers["scanned"] = lambda _: (
        FOUND | {"followed": MINE | {"state": "called", "counter": "05", "ahead": None, "wait": None, "back_by": ""}}
    )
    Hall(page).scan(f"http://192.168.50.1:8085/{CODE}")
    page.wait_for_selector("text=C'est à vous")
    assert "05" in page.inner_text(".advice")
    page.click("[data-id=done]")
    page.wait_for_selector(".services")
    assert "D042" not in page.content()


def test_the_kiosk_s_door_takes_an_act_and_nothing_else(kiosk_and_hub, hub):
    kiosk, _ = kiosk_and_hub
    good = {"act": "cancel", "code": CODE, "tap": "t1"}
    for bad, expected in (
        ({}, 422),
        (good | {"act": "serve"}, 422),
        (good | {"tap": ""}, 422),
        (good | {"tap": "x" * 63}, 422),
        (good | {"code": "x" * 1_500}, 422),
        (b"[", 400),
    ):
        assert kiosk.post("/own", bad)[0] == expected
    assert kiosk.post("/own", good, Origin="http://evil.example")[0] == 403
    assert hub._of(ASKED) == []
