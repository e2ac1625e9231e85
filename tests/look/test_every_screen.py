"""Every public screen in each of its languages at its real sizes: whole, mirrored, reached by keys, clean, as reviewed.

    ./mbote test -m nightly tests/look/test_every_screen.py                 # twenty pieces, each alone in two minutes
    MBOTE_PICTURES=write ./mbote test -m nightly tests/look/test_every_screen.py      # reference pictures anew

What there is to see stands in `screens.py`, what is measured in `measures.py`, what pictures are in `references.py`.
"""

from __future__ import annotations

import io
from base64 import b64encode
from pprint import pformat
from types import SimpleNamespace

import pytest
from PIL import Image
from playwright.sync_api import expect

from hub.followup import page as telephone_page
from hub.followup.page import Shown
from hub.look import STATIC
from hub.queues import pictures
from hub.settings_files import load_settings
from hub.wire import as_json
from tests.kiosk.test_page import OVERFLOW
from tests.kiosk.test_process import ROOT
from tests.kiosk.test_scan_page import kiosk_in
from tests.look import measures, references
from tests.look.fixtures import quiet_page
from tests.look.screens import (
    AGENT,
    DISPLAY,
    FEW,
    FULL,
    KIOSK,
    LYING,
    MATRICULE,
    PANEL,
    PHONES,
    RIGHT_TO_LEFT,
    ROOM,
    STAFF,
    TELEPHONE,
    UPRIGHT,
    UPRIGHT_ONLY,
    WITHOUT_HUB,
)
from tests.windows import PULLED_PLUG, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]
#: One piece of the nightly run.
PIECE = (pytest.mark.nightly, pytest.mark.timeout(300))
SIZE_NAMES = {UPRIGHT: "upright", LYING: "lying", AGENT: "agent", TELEPHONE: "telephone"}
#: Letters of the house for a page that has those of whatever telephone shows it: pictures are the same everywhere.
LETTERS = "body, button { font-family: Noto !important }"
#: What counts by itself.
COUNTING = "#elapsed"
#: Nobody is sent back to the first page while theirs is being measured, however busy the machine is.
NO_HURRY = """const later = setTimeout;
window.setTimeout = (what, ms, ...more) => (ms === 20_000 ? 0 : later(what, ms, ...more));"""
HIDE = "(which) => document.querySelectorAll(which).forEach((each) => (each.style.visibility = 'hidden'))"


class Found:
    """What is wrong with the screens of a piece, by screen."""

    def __init__(self, language):
        self.language, self.wrong, self.rows = language, {}, 0

    def note(self, name, what, problems):
        if problems:
            self.wrong.setdefault(name, {})[what] = problems

    def told(self):
        return f"\n{pformat(self.wrong, width=150)}"

    def look(self, page, name, picture="", without="#nothing"):
        """All measures of the page as it stands, and its picture under that name."""
        page.evaluate("() => document.fonts.ready")
        if picture:
            page.evaluate(HIDE, without)
            taken = page.screenshot(animations="disabled", caret="hide")
            self.note(name, "picture", references.compare(picture, taken))
        if references.writes():  # pictures anew are a minute's work, and what is measured is not the question then
            return
        self.note(name, "cut", measures.cut(page))
        self.note(name, "outside", measures.outside(page))
        said = page.evaluate("() => document.documentElement.dir || 'ltr'")
        self.note(name, "direction", said if said != ("rtl" if self.language in RIGHT_TO_LEFT else "ltr") else "")
        rows, wrong = measures.against(page)
        self.rows += rows
        self.note(name, "against the direction", wrong)
        self.note(name, "keys", measures.unreached(page))
        self.note(name, "axe", measures.serious(page))


# --- the kiosk


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    """One kiosk with a reader for all of them, with the demo agency's services and languages."""
    settings = load_settings(ROOT / "config")
    demo = SimpleNamespace(settings=settings, standing=SimpleNamespace(known={}))
    catalogue = as_json(pictures.catalogue(demo))
    with kiosk_in(tmp_path_factory.mktemp("screens"), MATRICULE, "scanner = true", catalogue) as (kiosk, hub):
        yield kiosk, hub


def open_row(page, kiosk, hub, row, language):
    """The kiosk as that row has it."""
    row.before(hub)
    page.goto(kiosk.url)
    page.wait_for_selector(row.sign)
    if row.sign != "#notes li":
        page.wait_for_selector("#notes:not(:has(li))", state="attached")
    for name in (f"language-{language}", *row.touches):
        page.click(f"[data-id='{name}']")
    if row.shows:
        page.wait_for_selector(row.shows, state="attached")
    page.mouse.move(0, 0)


@pytest.mark.parametrize(
    ("language", "size", "names"),
    [
        *(
            pytest.param(language, size, None, id=f"{language}-{SIZE_NAMES[size]}", marks=PIECE)
            for language in (*FULL, *FEW)
            for size in (UPRIGHT, LYING)
        ),
        pytest.param("ar", LYING, ("papers",), id="one of them"),
    ],
)
def test_the_kiosk(chromium, hall, language, size, names):
    kiosk, hub = hall
    found = Found(language)
    with windows(chromium, *PULLED_PLUG) as opened:
        page = opened.open(viewport={"width": size[0], "height": size[1]})
        page.add_init_script(NO_HURRY)
        try:
            for row in KIOSK:
                if (names and row.name not in names) or (language in FEW and not row.few):
                    continue
                if row.name in UPRIGHT_ONLY and size == LYING:
                    continue
                if row.name not in WITHOUT_HUB:
                    KIOSK[0].before(hub)
                open_row(page, kiosk, hub, row, language)
                picture = f"kiosk-{SIZE_NAMES[size]}/{row.name}-{language}" if language in row.kept else ""
                found.look(page, row.name, picture)
                if row.name != "largest":  # that one is gone through by touches
                    found.note(row.name, "too high", max(0, page.evaluate(OVERFLOW)))
        finally:
            if hub._server is None:
                hub.start()
            KIOSK[0].before(hub)
        assert found.wrong == {}, found.told()
    assert found.rows > 20 or references.writes(), "there are rows to be mirrored"


@pytest.mark.parametrize(
    ("language", "size"),
    [
        pytest.param(language, size, id=f"{language}-{SIZE_NAMES[size]}", marks=PIECE)
        for language in (*FULL, *FEW)
        for size in (UPRIGHT, LYING)
    ],
)
def test_tab_and_enter_alone_lead_to_a_ticket_in_each_language(chromium, hall, language, size):
    """From the page as it comes up: nothing is focused by the test."""
    kiosk, hub = hall
    KIOSK[0].before(hub)
    with windows(chromium) as opened:
        page = opened.open(viewport={"width": size[0], "height": size[1]})
        page.goto(kiosk.url)
        page.wait_for_selector(KIOSK[0].sign)
        for wanted in (f"language-{language}", "priority", "priority-age_70", "PEN", "reason-CERT-VIE", "take"):
            for _ in range(40):
                page.keyboard.press("Tab")
                if page.evaluate("() => document.activeElement?.dataset?.id") == wanted:
                    break
            else:
                pytest.fail(f"Tab does not come to {wanted}")
            page.keyboard.press("Enter")
        page.wait_for_selector(".ticket .label >> text=V001")
    asked = hub._of("issue")[-1]
    assert (asked["language"], asked["priority"], asked["sub_reason"]) == (language, "age_70", "CERT-VIE")


# --- the hall's display


def poster():
    """A picture of the agency's folder."""
    drawn, out = Image.new("RGB", (800, 1000), "#0b6e4f"), io.BytesIO()
    drawn.paste("#ffc53d", (80, 80, 720, 420))
    drawn.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("language", [pytest.param(each, marks=PIECE) for each in FULL])
def test_the_display(chromium, hub, language):
    found = Found(language)
    for page in quiet_page(chromium, hub, {"width": ROOM[0], "height": ROOM[1]}):
        page.route(
            "**/display/pictures/**",
            lambda route: route.fulfill(status=200, content_type="image/png", body=poster()),
        )
        for seq, row in enumerate(DISPLAY, start=1):
            page.goto("about:blank")
            if row.lost:
                page.clock.install()
            if not row.stranger:
                hub.show("board", row.board(hub.settings, seq, language))
            page.goto(f"/display?lang={language}#{'WRONG' if row.stranger else 'T'}")
            if row.lost:
                expect(page.locator("body")).to_have_attribute("data-scene", "call")
                hub.pull_plug()
                page.clock.run_for(10_500)
            expect(page.locator("body")).to_have_attribute("data-scene", row.scene)
            page.wait_for_selector(".sprite", state="attached")
            if row.stranger:
                expect(page.locator(".pairing")).to_have_text("ABCD-2345")
            found.look(page, row.name, f"display/{row.name}-{language}")
            page.evaluate("() => sessionStorage.clear()")
    assert found.wrong == {}, found.told()


# --- the panel


@pytest.mark.parametrize("language", [pytest.param(each, marks=PIECE) for each in STAFF])
@pytest.mark.parametrize("size", [AGENT, TELEPHONE], ids=SIZE_NAMES.get)
def test_the_panel(chromium, hub, language, size):
    found = Found(language)
    for page in quiet_page(chromium, hub, {"width": size[0], "height": size[1]}):
        for seq, row in enumerate(PANEL, start=1):
            page.goto("about:blank")
            hub.show("counters", row.picture(seq))
            page.goto(f"/panel?lang={language}#T")
            page.evaluate("() => sessionStorage.clear()")
            page.wait_for_selector(row.shows if not row.key else "#default:enabled")
            if row.key:
                page.keyboard.press(row.key)
                page.wait_for_selector(row.shows)
            found.look(page, row.name, f"panel-{SIZE_NAMES[size]}/{row.name}-{language}", COUNTING)
            page.evaluate("() => sessionStorage.clear()")
    assert found.wrong == {}, found.told()


# --- a visitor's telephone


@pytest.mark.parametrize("language", [pytest.param(each, marks=PIECE) for each in FULL])
def test_the_telephone(chromium, hub, language):
    """The page's own bytes, under its own policy, which lets the letters of the house in for the picture alone."""
    found, letters = Found(language), house_letters()
    with windows(chromium) as opened:
        page = opened.open(viewport={"width": TELEPHONE[0], "height": TELEPHONE[1]}, java_script_enabled=True)
        for row in PHONES:
            show_on_telephone(page, row, language)
            found.look(page, row.name)
            page.set_viewport_size({"width": TELEPHONE[0] // 2, "height": TELEPHONE[1] // 2})
            found.note(row.name, "cut at 200 %", measures.cut(page))
            found.note(row.name, "outside at 200 %", measures.outside(page))
            page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
        drawn = opened.open(viewport={"width": TELEPHONE[0], "height": TELEPHONE[1]}, bypass_csp=True)
        for row in PHONES:
            show_on_telephone(drawn, row, language)
            drawn.add_style_tag(content=letters)
            drawn.evaluate("() => Promise.all([...document.fonts].map((font) => font.load()))")
            taken = drawn.screenshot(animations="disabled")
            found.note(row.name, "picture", references.compare(f"telephone/{row.name}-{language}", taken))
    assert found.wrong == {}, found.told()


HOME = "http://telephone.invalid"


def show_on_telephone(page, row, language):
    """What the door answers, by the function that makes it."""
    body = telephone_page.page(Shown("CNSS Siège", language, FULL, "/K7M2P9QR", **row.said))
    head = {"Content-Security-Policy": telephone_page.policy(), "Content-Type": "text/html; charset=utf-8"}
    page.unroute_all()
    page.route(f"{HOME}/**", lambda route: route.fulfill(status=200, headers=head, body=body))
    page.goto(f"{HOME}/K7M2P9QR?l={language}")


ARABIC = "unicode-range: U+0600-06FF, U+0750-077F, U+FB50-FDFF, U+FE70-FEFF"


def house_letters():
    """The letters of the house as a style with nothing to fetch."""

    def face(file, more=""):
        data = b64encode((STATIC / "vendor" / f"noto-sans-{file}-wght-normal.woff2").read_bytes()).decode()
        source = f"src: url(data:font/woff2;base64,{data})"
        return f"@font-face {{ font-family: Noto; font-weight: 100 900; {source}; {more} }}"

    return "\n".join((face("latin"), face("arabic-arabic", ARABIC), LETTERS))
