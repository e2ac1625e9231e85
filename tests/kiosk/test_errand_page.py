"""The touch page for people as they are: what exactly they come for, its papers, a number that is typed, a voice."""

from __future__ import annotations

import json
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe

from hub.queues import pictures
from hub.settings_files import load_settings
from hub.wire import as_json
from tests.kiosk.test_page import LYING, OVERFLOW, SMALL_WORDS, TOO_SMALL, UPRIGHT
from tests.kiosk.test_process import ROOT
from tests.kiosk.test_reader import is_heard
from tests.kiosk.test_scan_page import NOTHING, kiosk_in
from tests.windows import windows

pytestmark = pytest.mark.browser

MATRICULE = "2133415888"
AWAITED = NOTHING | {"words": "scan_expected", "service": "CPR"}
LANGUAGES = ("fr", "en", "ar", "pt")
#: How somebody has the page: the tools that they touch.
TOOLS = {"as it is": (), "contrast": ("contrast",), "lower": ("lower",), "twice as large": ("large_text", "large_text")}
#: Words that do not fit into what they stand in.
CUT = """() => [...document.querySelectorAll('header *, main *, footer *')].filter((e) => e.clientWidth
    && !e.closest('[hidden]') && !e.classList.contains('hidden-text') && getComputedStyle(e).display !== 'inline'
    && e.scrollWidth - e.clientWidth > 1).map((e) => e.textContent.slice(0, 40))"""
OUTSIDE = """() => [...document.querySelectorAll('button')].filter((e) => e.offsetWidth).filter((e) => {
    const { left, right } = e.getBoundingClientRect();
    return right > innerWidth + 1 || left < -1;
}).map((e) => e.dataset.id)"""
#: What is heard, as it begins; eight times as fast as it is said.
HEARS = """() => {
    const play = HTMLMediaElement.prototype.play;
    window.heard = [];
    HTMLMediaElement.prototype.play = function () {
        this.playbackRate = 8;
        window.heard.push(new URL(this.src).searchParams.get("text"));
        return play.call(this);
    };
}"""
#: Touches what is marked while some words are heard, and forgets what was heard before.
TOUCHES = """(words) => {
    if (!window.heard.at(-1)?.includes(words)) return false;
    window.before = window.heard;
    window.heard = [];
    document.querySelector(".being-read").click();
    return true;
}"""


@pytest.fixture(scope="module")
def kiosk_and_hub(tmp_path_factory):
    """One kiosk for all these stories, with the demo agency's services and languages."""
    settings = load_settings(ROOT / "config")
    demo = SimpleNamespace(settings=settings, standing=SimpleNamespace(known={}))
    catalogue = as_json(pictures.catalogue(demo))
    assert len(json.dumps(catalogue)) < 64_000
    with kiosk_in(tmp_path_factory.mktemp("errand"), MATRICULE, "scanner = true", catalogue) as hall:
        yield hall


@pytest.fixture
def hub(kiosk_and_hub):
    _, hub = kiosk_and_hub
    hub.asked, hub.numbers, hub.known = [], {}, {}
    hub.answers = {"scanned": lambda ask: AWAITED if ask["code"] == MATRICULE else NOTHING}
    return hub


@pytest.fixture
def open_at(chromium, kiosk_and_hub, hub):
    with windows(chromium) as opened:

        def opens(size, language="fr", tools=()):
            page = opened.open(viewport={"width": size[0], "height": size[1]})
            page.goto(kiosk_and_hub[0].url)
            page.wait_for_selector(".services small:not(:empty)")
            touch(page, f"language-{language}", *tools)
            return page

        yield opens


def touch(page, *names):
    for name in names:
        page.click(f"[data-id='{name}']")


def last_slip(hub, before):
    """The words of the slip that comes out after so many."""
    slip = hub.printer.wait_for_slips(before + 1)[-1]
    return "\n".join(line.text for line in slip if line.kind == "text")


def pages_of(page):
    """Every page on the way to a ticket and around it, by its name."""
    yield "home"
    touch(page, "PEN")
    yield "reasons"
    touch(page, "reason-VIEILLESSE")
    yield "papers"
    touch(page, "back", "back", "priority")
    yield "priority"
    touch(page, "back", "scan")
    yield "reader"
    touch(page, "number", *(f"key-{digit}" for digit in MATRICULE))
    yield "number"
    touch(page, "search")
    page.wait_for_selector("[data-id=take]")
    yield "scan"
    touch(page, "take")
    page.wait_for_selector(".ticket .label")
    yield "result"


def test_a_visitor_who_cannot_read_gets_the_right_ticket_by_pictures_and_voice(open_at, kiosk_and_hub, hub):
    """Nothing is read here: a loudspeaker is touched, then what is marked while the wanted words are heard."""
    page = open_at(UPRIGHT)
    page.evaluate(HEARS)
    page.locator("footer button", has=page.locator("use[href$='#icon-volume']")).click()
    heard = []
    for words in ("certificat de vie", "Certificat de vie", "prendre un ticket"):
        page.wait_for_function(TOUCHES, arg=words)
        heard.append(page.evaluate("window.before"))
    page.wait_for_function("() => window.heard.some((each) => each.startsWith('Pension'))")
    heard.append(page.evaluate("window.heard"))
    assert heard[0][:2] == ["Que venez‑vous faire\u00a0?", "Me renseigner sur mon dossier"]
    assert heard[1] == ["Pension, réversion, certificat de vie", "Pour quoi exactement\u00a0?", "Certificat de vie"]
    assert heard[2] == [
        "Certificat de vie", "À préparer", "Pièce d'identité", "Le certificat de vie signé",
        "Je les ai\u00a0: prendre un ticket",
    ]  # fmt: skip
    assert heard[3][heard[3].index("Votre numéro") :][:3] == [
        "Votre numéro",
        "V, 1",
        "Pension, réversion, certificat de vie",
    ], "as it will be called"
    issued = hub.wait_for("issue")[0]
    assert (issued["service"], issued["sub_reason"], issued["language"]) == ("PEN", "CERT-VIE", "fr")
    for text in {text for part in heard for text in part}:
        status, headers, sound = kiosk_and_hub[0].get(f"/say?{urlencode({'language': 'fr', 'text': text})}")
        assert (status, headers["Content-Type"]) == (200, "audio/wav")
        is_heard(sound, text)
    touch(page, "done")
    assert page.get_attribute("[data-id=listen]", "aria-pressed") == "false", "the next visitor is not read to"


def test_who_needs_no_more_has_a_ticket_in_three_touches_and_arabic_in_four(open_at, hub):
    page = open_at(LYING)
    touch(page, "PEN", "reason-other", "take")
    page.wait_for_selector(".ticket .label >> text=V001")
    touch(page, "done", "language-pt", "DEP", "take")
    page.wait_for_selector(".ticket .label >> text=D001")
    touch(page, "done", "language-ar", "PFA", "reason-ACCIDENT", "take")
    page.wait_for_selector(".ticket .label >> text=F001")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert [(ask["language"], ask.get("sub_reason")) for ask in hub.wait_for("issue", 3)] == [
        ("fr", None), ("pt", None), ("ar", "ACCIDENT"),
    ]  # fmt: skip


def test_who_lacks_a_paper_goes_home_with_the_list_and_without_a_ticket(open_at, hub):
    page = open_at(UPRIGHT)
    slips = len(hub.printer.slips)
    touch(page, "PEN", "reason-REVERSION", "missing")
    page.wait_for_selector(".list .good >> text=La liste s'imprime")
    assert "Acte de décès" in page.inner_text(".list .papers")
    paper = last_slip(hub, slips)
    assert "REVENEZ AVEC" in paper
    assert "[ ] Acte de décès" in paper
    assert "Livret de travail" not in paper, "the papers of this errand, and no others"
    touch(page, "done")
    hub.printer.fault("paper_out")
    page.wait_for_selector("#notes >> text=Plus de papier")
    touch(page, "PEN", "reason-REVERSION", "missing")
    page.wait_for_selector(".list .bad >> text=accueil")
    assert "Acte de décès" in page.inner_text(".list .papers"), "it stands on the screen at least"
    hub.printer.fault(None)
    assert hub._of("issue") == []


def test_a_typed_number_is_answered_like_a_scanned_one_and_stands_nowhere_afterwards(open_at, hub):
    page = open_at(LYING)
    touch(page, "scan", "number", *["key-1", "key-2", "letters", "key-A", "erase", "letters"])
    assert page.inner_text(".typed-number") == "12"
    assert page.is_disabled("[data-id=search]"), "five signs at least"
    touch(page, "erase", "erase", *(f"key-{digit}" for digit in MATRICULE), "search")
    page.wait_for_selector("h1 >> text=Vous êtes attendu à ce service")
    assert MATRICULE not in page.content()
    hub.answers["issue"] = lambda ask: hub._issue(ask) | {"counter": "08"}
    slips = len(hub.printer.slips)
    touch(page, "take")
    page.wait_for_selector(".kept >> text=Guichet 08, votre dossier")
    assert hub.wait_for("issue")[0]["scanned"] == MATRICULE
    assert "Guichet 08, votre dossier" in last_slip(hub, slips)
    touch(page, "done", "scan", "number", *(f"key-{digit}" for digit in "9000001"), "search")
    page.wait_for_selector("h1 >> text=Votre numéro ira avec votre ticket")
    assert page.inner_text("[data-id=scan]") == "Numéro joint au ticket", "the same for a number that nobody has"


def test_the_keyboard_alone_goes_through_all_of_it_and_nobody_is_hurried(open_at, hub):
    page = open_at(LYING)
    page.clock.install()
    page.focus("[data-id=PEN]")
    for keys in ("Enter", "Tab Enter", "Tab Enter"):
        for key in keys.split():
            page.keyboard.press(key)
    page.wait_for_selector(".ticket .label >> text=V001")
    assert hub.wait_for("issue")[0]["sub_reason"] == "CERT-VIE"
    page.wait_for_selector(".word.good >> text=Prenez votre ticket")
    page.clock.run_for(19_000)
    assert page.is_visible(".ticket .label"), "what goes by itself stays for twenty seconds"
    page.clock.run_for(2_000)
    page.wait_for_selector("[data-id=PEN]")


@pytest.mark.thinned(16)
@pytest.mark.parametrize("tools", TOOLS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [UPRIGHT, LYING])
def test_nothing_is_cut_in_any_language_however_somebody_has_the_page(open_at, size, language, tools):
    if tools == "lower" and size == LYING:
        pytest.skip("a lying panel is low enough")
    page = open_at(size, language, TOOLS[tools])
    for name in pages_of(page):
        assert page.evaluate(CUT) == [], name
        assert page.evaluate(OUTSIDE) == [], name
        assert page.evaluate(TOO_SMALL) == [], name
        assert page.evaluate(SMALL_WORDS) == [], name
        if tools != "twice as large":
            assert page.evaluate(OVERFLOW) <= 0, name
        if tools == "lower":
            top = page.evaluate("() => document.querySelector('header').getBoundingClientRect().top / innerHeight")
            assert top > 0.37, "within reach of somebody who sits"


def test_a_page_that_is_longer_than_the_panel_is_gone_through_by_touches(open_at):
    page = open_at(LYING, "pt", ("large_text", "large_text"))
    assert page.inner_text("[data-id=large_text]") == "Texto normal"
    last = page.locator("[data-id=scan]")
    for _ in range(12):
        if not page.is_visible("[data-id=further]"):
            break
        touch(page, "further")
        page.wait_for_timeout(400)  # it glides
    assert last.bounding_box()["y"] < LYING[1]
    touch(page, "large_text")
    assert page.inner_text("[data-id=large_text]") == "Texto grande"


@pytest.mark.nightly
@pytest.mark.thinned(2)
@pytest.mark.parametrize("language", ["ar", "fr"])
def test_axe_finds_nothing_serious(open_at, language):
    page = open_at(UPRIGHT, language)
    for name in pages_of(page):
        if name in ("home", "papers", "number", "result"):
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})
            serious = {
                each["id"]: [node["html"][:90] for node in each["nodes"]]
                for each in found.response["violations"]
                if each["impact"] in ("serious", "critical")
            }
            assert serious == {}, name


def test_the_kiosk_s_new_doors_take_what_they_are_for_and_nothing_else(kiosk_and_hub, hub):
    kiosk, _ = kiosk_and_hub
    for query in (
        "",
        "?text=x",
        "?language=fr",
        "?language=zz&text=x",
        "?language=fr&text=" + "x" * 401,
        "?language=../&text=x",
    ):
        assert kiosk.get(f"/say{query}")[0] == 404, query
    for bad in ({}, {"service": "DEP"}, {"service": "x" * 65, "language": "fr"}, {"service": "DEP", "language": "f"}):
        assert kiosk.post("/papers", bad)[0] == 422
    assert json.loads(kiosk.post("/papers", {"service": "XXX", "language": "fr"})[2]) == {"coming": False}
    assert kiosk.post("/papers", {"service": "DEP", "language": "fr"}, Origin="http://evil.example")[0] == 403
    press = {"service": "DEP", "language": "fr", "priority": "normal", "tap": "t1"}
    assert kiosk.post("/press", press | {"reason": "x" * 65})[0] == 422
