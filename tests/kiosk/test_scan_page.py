"""The touch page with a scanner beside it, in a real browser: what it types and what a visitor sees."""

from __future__ import annotations

import json
import signal
import threading
import time
from contextlib import contextmanager

import pytest
import zxingcpp

from hardware.printer_emulator import PrinterEmulator
from hub.bench.rig import free_port
from hub.workshop.qr import qr_picture
from tests.hub.test_qr import seen
from tests.kiosk.fake_hub import FakeHub
from tests.kiosk.test_page import LYING, OVERFLOW, SMALL_WORDS, TOO_SMALL, UPRIGHT
from tests.kiosk.test_process import Process
from tests.patience import patience
from tests.windows import windows

pytestmark = pytest.mark.browser

MATRICULE, LABEL, STUDIED = "2133415888", "REQ-2026-000002", "REQ-2026-000003"
FACTS = {"counter": "21", "date": "04/03/2026"}
SAID = {
    LABEL: {"words": "scan_awaited", "facts": FACTS, "service": "REC", "label": LABEL},
    STUDIED: {"words": "scan_in_hand", "facts": FACTS, "service": "REC", "label": STUDIED},
}
NOTHING = {"words": "scan_none", "facts": {}, "service": "", "label": ""}
#: A scanner's keys, and a hand's, in seconds. The keys say themselves when they were struck: a busy machine is no hand.
SCANNER_S, HAND_S = 0.01, 0.2
#: By which a browser knows the keys that touch a button.
VIRTUAL = {" ": 32, "Enter": 13, "Tab": 9}
#: Somebody's whole page of text as one code: its keys in one go.
A_BOOK = """() => [...'9'.repeat(3000), 'Enter'].forEach((key) =>
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })))"""


def looks_up(process, code):
    """Until its line to the hub is there: a moment after its page, and a pause after a hub that had gone."""
    deadline = time.monotonic() + patience(20)
    while json.loads(process.post("/scan", {"code": code})[2])["words"] == "scan_away" and time.monotonic() < deadline:
        time.sleep(0.1)


@contextmanager
def kiosk_in(folder, code, more="", catalogue=None):
    """A kiosk process with the hub and the printer it speaks to, once a code is looked up; `more` of its settings."""
    hub, printer = FakeHub(catalogue).start(), PrinterEmulator().open()
    hub.printer = printer
    process = Process(folder, hub.port, printer.port, free_port())
    settings = (folder / "kiosk.toml").read_text().replace("again_s = 0", f"again_s = 0\n{more}")
    (folder / "kiosk.toml").write_text(settings)
    process.start()
    hub.answers = {"scanned": lambda _: NOTHING}
    looks_up(process, code)
    yield process, hub
    process.end(signal.SIGTERM)
    hub.close()
    printer.close()


@pytest.fixture(scope="module")
def hall_of_the_kiosk(tmp_path_factory):
    """One for all these stories."""
    with kiosk_in(tmp_path_factory.mktemp("scanning"), LABEL, "scanner = true") as hall:
        yield hall


@pytest.fixture
def hub(hall_of_the_kiosk):
    """The hub as it is in the morning."""
    process, hub = hall_of_the_kiosk
    looks_up(process, LABEL)  # a story before took the hub away
    hub.asked, hub.numbers, hub.known, hub.waiting = [], {}, {}, 7
    hub.answers = {"scanned": lambda ask: SAID.get(ask["code"], NOTHING)}
    hub.publish()
    return hub


@pytest.fixture
def kiosk(hall_of_the_kiosk, hub):
    return hall_of_the_kiosk[0]


class Hall:
    """The page, and the scanner that types into it."""

    def __init__(self, page) -> None:
        self.page = page
        self.keys = page.context.new_cdp_session(page)
        self.now = time.time()

    def strike(self, key: str, pause_s: float, **more) -> None:
        self.now += pause_s
        text = {"Enter": "\r", "Tab": ""}.get(key, key)
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" and not more else {}
            typed |= {"windowsVirtualKeyCode": VIRTUAL[key]} if key in VIRTUAL else {}
            self.keys.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "timestamp": self.now, **typed, **more})

    def scan(self, code: str, end: str = "Enter", pause_s: float = SCANNER_S) -> None:
        self.now = max(self.now, time.time()) + 1
        for key in (*code, end):
            self.strike(key, pause_s)

    def says(self, words: str) -> None:
        self.page.wait_for_selector(f"h1 >> text={words}")


@pytest.fixture
def hall(chromium, kiosk):
    """Opens the page at a size; fails the test on any error in it."""
    with windows(chromium, "status of 4") as opened:

        def open_at(size):
            page = opened.open(viewport={"width": size[0], "height": size[1]})
            page.goto(kiosk.url)
            page.wait_for_selector(".services small:not(:empty)")
            page.wait_for_selector("#notes:not(:has(li))", state="attached")
            return Hall(page)

        yield open_at


def test_who_brings_an_acknowledgement_is_one_touch_from_their_ticket(hall, hub):
    """From the QR of the paper, as a reader that is not ours reads it, to the ticket that carries it."""
    at = hall(UPRIGHT)
    page = at.page
    page.click("[data-id=priority]")
    page.click("[data-id=priority-age_70]")
    (paper,) = zxingcpp.read_barcodes(seen(qr_picture(LABEL)))
    at.scan(paper.text)
    at.says("Vous êtes attendu au guichet 21.")
    assert "Réclamation, rendez-vous" in page.inner_text(".to")
    assert page.inner_text("[data-id=priority]") == "Priorité demandée : 70 ans ou plus", "it stays as it was chosen"
    hub.waiting = 12
    hub.publish()
    page.wait_for_selector(".to >> text=12 avant vous")
    page.click("[data-id=take]")
    page.wait_for_selector(".ticket .label >> text=R001")
    issued = hub.wait_for("issue")[0]
    assert (issued["service"], issued["scanned"], issued["priority"]) == ("REC", LABEL, "age_70")
    page.wait_for_selector(".word.good >> text=Prenez votre ticket")
    at.scan(MATRICULE)  # the next visitor, before the page has gone back by itself
    at.says("Aucun message pour ce papier")
    assert page.inner_text("[data-id=priority]") == "J'ai besoin d'une priorité"
    assert page.inner_text("[data-id=scan]") == "Papier joint au ticket"
    assert MATRICULE not in page.content()
    page.click("[data-id=PFA]")
    page.wait_for_selector(".ticket .label >> text=F001")
    assert hub.wait_for("issue", 2)[1]["scanned"] == MATRICULE
    page.wait_for_selector(".word.good >> text=Prenez votre ticket")
    page.click("[data-id=done]")
    page.click("[data-id=PFA]")
    assert "scanned" not in hub.wait_for("issue", 3)[2], "nothing of one visitor is left for the next"


@pytest.mark.nightly
@pytest.mark.thinned(2)
@pytest.mark.parametrize("size", [UPRIGHT, LYING])
def test_everything_about_scanning_is_large_enough_and_nothing_overflows(hall, size):
    at = hall(size)
    page = at.page

    def fits(where):
        for tool in ("", "large_text", "large_text", "contrast", "contrast", "language-en"):
            if tool:
                page.click(f"[data-id={tool}]")
            assert page.evaluate(TOO_SMALL) == [], (where, tool)
            assert page.evaluate(SMALL_WORDS) == [], (where, tool)
            assert page.evaluate(OVERFLOW) <= 0, (where, tool)
        page.click("[data-id=language-fr]")

    fits("home")
    page.click("[data-id=scan]")
    at.says("Présentez votre ticket")
    fits("reader")
    at.scan(STUDIED, end="Tab")
    at.says("réponse au plus tard le 04/03/2026")
    fits("scan")
    page.click("[data-id=others]")
    at.says("Que venez")
    assert page.get_attribute("[data-id=scan]", "aria-pressed") == "true", "it still goes with the ticket"
    fits("others")
    at.scan(MATRICULE)
    at.says("Aucun message")
    fits("nothing")
    page.click("[data-id=scan]")
    at.says("Que venez")


def test_hands_stay_hands_and_what_is_no_code_is_kindly_refused(hall, hub):
    at = hall(LYING)
    page = at.page
    page.focus("[data-id=DEP]")
    at.scan("REQ 2026", pause_s=HAND_S)  # a space and an Enter of somebody's own: two keys of the button
    page.wait_for_selector("[data-id=take]")
    assert hub._of("scanned") == []
    page.click("[data-id=back]")
    page.focus("[data-id=PFA]")  # one touch of this one is a ticket
    at.scan("12 345 678")
    at.says("Aucun message")
    assert hub._of("issue") == [], "no button was touched by the keys of a code"
    hub.asked.clear()
    page.focus("[data-id=PFA]")
    for garbage in ("123", "é" * 9, "-" * 4):
        at.scan(garbage)
        at.says("Ce code ne se lit pas")
    at.now += 1
    for key in "REQ-":
        at.strike(key, SCANNER_S)
    at.strike("w", SCANNER_S, modifiers=2)  # a code that says Ctrl-W to the browser
    for key in ("2", "Enter"):
        at.strike(key, SCANNER_S)
    at.says("Ce code ne se lit pas")
    assert hub.asked == []
    page.evaluate(A_BOOK)
    at.scan("https://example.org/?q=1 2")
    at.says("Aucun message")
    assert page.inner_text("[data-id=scan]") == "J'ai un papier ou une carte", (
        "none of ours: nothing goes with a ticket"
    )


def test_one_thing_at_a_time_and_without_the_hub_it_says_so(hall, hub):
    at = hall(UPRIGHT)
    page, go_on = at.page, threading.Event()
    hub.answers["scanned"] = lambda ask: go_on.wait(5) and SAID.get(ask["code"], NOTHING)
    at.scan(LABEL)
    page.wait_for_selector("text=Un instant")
    at.scan(MATRICULE)
    page.wait_for_selector("#aside >> text=Un papier à la fois")
    at.scan(LABEL)  # some scanners read one twice
    go_on.set()
    at.says("Vous êtes attendu")
    assert [ask["code"] for ask in hub._of("scanned")] == [LABEL]
    hub.answers["issue"] = lambda ask: time.sleep(0.5) or hub._issue(ask)
    page.click("[data-id=take]")
    at.scan(MATRICULE)  # in the middle of somebody's touch
    page.wait_for_selector(".ticket .label >> text=R001")
    assert len(hub._of("scanned")) == 1
    page.wait_for_selector(".word.good >> text=Prenez votre ticket")
    hub.stop()
    page.wait_for_selector("#notes >> text=Liaison coupée")
    at.scan(MATRICULE)
    at.says("ne peut pas regarder maintenant")
    page.click("[data-id=PFA]")
    page.wait_for_selector(".ticket .label >> text=K1-001")
    hub.start()


def test_a_warning_goes_when_something_is_scanned_and_a_forgotten_scan_goes_by_itself(hall):
    at = hall(LYING)
    page = at.page
    page.click("[data-id=scan]")
    page.clock.install()
    page.keyboard.press("Shift")
    page.clock.run_for(21_000)
    page.wait_for_selector("dialog[open] >> text=encore là")
    at.scan(LABEL)
    at.says("Vous êtes attendu")
    page.clock.run_for(15_000)
    assert page.locator("dialog[open]").count() == 0
    at.says("Vous êtes attendu")
    page.clock.run_for(16_000)
    at.says("Que venez")


def test_the_kiosk_s_door_takes_a_code_and_nothing_else(kiosk, hub):
    status, _, body = kiosk.post("/scan", {"code": LABEL})
    assert (status, json.loads(body)["words"]) == (200, "scan_awaited")
    looked_up = len(hub._of("scanned"))
    for bad, expected in (
        ({}, 422),
        ({"code": 7}, 422),
        ({"code": ["x"]}, 422),
        (b"{", 400),
        ({"code": "x" * 3_000}, 413),
    ):
        assert kiosk.post("/scan", bad)[0] == expected
    assert kiosk.post("/scan", {"code": LABEL}, Origin="http://evil.example")[0] == 403
    press = {"service": "DEP", "language": "fr", "priority": "normal", "tap": "t1"}
    assert kiosk.post("/press", press | {"scanned": "x" * 65})[0] == 422
    assert len(hub._of("scanned")) == looked_up
