"""The touch page for whoever has an appointment, or wants one, in a real browser."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.kiosk.fake_hub import CATALOGUE
from tests.kiosk.test_own import CODE
from tests.kiosk.test_page import LYING, OVERFLOW, SMALL_WORDS, TOO_SMALL, UPRIGHT
from tests.kiosk.test_scan_page import NOTHING, Hall, kiosk_in
from tests.windows import windows

pytestmark = pytest.mark.browser

HOUR = {"time": "09:30", "since": "09:25", "kept": True}
DAYS = [
    {"day": "2026-11-30", "times": [f"{hour:02d}:{minute:02d}" for hour in range(8, 14) for minute in (0, 15, 30, 45)]},
    {"day": "2026-12-01", "times": ["10:00"]},
]
BOOKED = {"label": "RDV-2026-000012", "service": "RAS", "day": "2026-11-30", "time": "13:15", "code": CODE}


def told(words, time="09:30", service="RAS"):
    facts = {"time": time, "date": "30/11/2026", "since": "09:25", "minutes": "7"}
    return {"words": words, "facts": facts, "service": service, "code": CODE if service else ""}


@pytest.fixture(scope="module")
def kiosk_and_hub(tmp_path_factory):
    """One kiosk process for all these stories, of an agency that gives appointments."""
    catalogue = deepcopy(CATALOGUE) | {"languages": ["fr", "en", "ar", "pt"]}
    for each in catalogue["services"]:
        each["appointments"] = each["service"] in ("RAS", "PEN")
    with kiosk_in(tmp_path_factory.mktemp("meeting"), CODE, "scanner = true", catalogue) as hall:
        yield hall


@pytest.fixture
def hub(kiosk_and_hub):
    _, hub = kiosk_and_hub
    hub.asked, hub.closed = [], {}
    hub.answers = {
        "scanned": lambda _: NOTHING,
        "times": lambda ask: {"service": ask["service"], "minutes": 15, "days": DAYS},
        "book": BOOKED,
        "unbook": BOOKED,
        "issue": lambda ask: hub._issue(ask) | ({"hour": HOUR} if ask.get("scanned") == CODE else {}),
    }
    hub.publish()
    return hub


@pytest.fixture
def open_at(chromium, kiosk_and_hub, hub):
    with windows(chromium) as opened:

        def opens(size):
            page = opened.open(viewport={"width": size[0], "height": size[1]})
            page.goto(kiosk_and_hub[0].url)
            page.wait_for_selector(".services small:not(:empty), .only")
            return page

        yield opens


def types(page, text):
    for sign in text:
        page.click(f"[data-id='key-{sign}']")


def fits(page, where):
    assert page.evaluate(TOO_SMALL) == [], where
    assert page.evaluate(SMALL_WORDS) == [], where
    assert page.evaluate(OVERFLOW) <= 0, where


def test_of_a_name_that_two_have_nothing_is_shown_but_their_times(open_at, hub):
    page = open_at(UPRIGHT)
    page.click("[data-id=meeting]")
    page.click("[data-id=by_name]")
    assert page.is_disabled("[data-id=search]")
    types(page, "BAMOU")
    hub.answers["expected"] = {"error": {"code": "no_appointment", "message": "nobody"}}
    page.click("[data-id=search]")
    page.wait_for_selector("text=Aucun rendez‑vous d'aujourd'hui")
    hub.answers["expected"] = {"found": [told("scan_appointment_early"), told("scan_appointment_late", "10:10", "PEN")]}
    page.click("[data-id=search]")
    page.wait_for_selector(".hours")
    said = "À quelle heure est votre rendez‑vous ? 09:30 10:10 Retour Aucune de ces heures"
    assert " ".join(page.inner_text(".which").split()) == said
    page.click("[data-id=time-1]")
    page.wait_for_selector("text=Vous avez 7 min de retard, votre place est gardée")
    shown = page.inner_text("main")
    assert "BAMOU" not in page.content()
    assert "Pension" not in shown, "of a name that was typed not even what for"
    assert CODE not in page.content()
    page.dblclick("[data-id=take]")
    page.wait_for_selector(".word.good >> text=Prenez votre ticket")
    assert page.inner_text(".ticket .ahead") == "Rendez‑vous 09:30 : on vous appelle à partir de 09:25."
    asked = hub.wait_for("issue")
    assert [(each["service"], each["scanned"]) for each in asked] == [("PEN", CODE)]


def test_by_appointment_only_a_slip_under_the_reader_and_one_touch_give_a_ticket(open_at, hub):
    """The kiosk itself would refuse a ticket that day: the hub says who comes in."""
    page = open_at(LYING)
    hub.closed = {each["service"]: "mode" for each in CATALOGUE["services"]}
    hub.publish()
    page.wait_for_selector("h1 >> text=L'agence reçoit sur rendez‑vous")
    assert page.locator(".services button").count() == 2
    page.click("[data-id=language-ar]")
    assert [
        each["id"] for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")
    ] == []
    fits(page, "only")
    hub.answers["scanned"] = told("scan_appointment") | {"label": "RDV-2026-000012"}
    Hall(page).scan(CODE)
    page.wait_for_selector(".mine")
    fits(page, "mine")
    page.click("[data-id=take]")
    page.wait_for_selector(".ticket .label >> text=A001")
    assert hub.wait_for("issue")[0]["scanned"] == CODE, "the slip's code, and not its label, opens the appointment"
    page.click("[data-id=done]")
    hub.answers["scanned"] = told("scan_appointment_other", service="") | {"label": "RDV-2026-000012"}
    Hall(page).scan(CODE)
    page.wait_for_selector("text=30/11/2026")
    page.click("[data-id=give-up]")
    fits(page, "giveup")
    page.click("[data-id=yes]")
    page.wait_for_selector("text=C'est annulé")
    assert [ask["code"] for ask in hub.wait_for("unbook")] == [CODE]


@pytest.mark.thinned(2)
@pytest.mark.parametrize("size", [UPRIGHT, LYING])
def test_a_time_is_booked_lost_to_somebody_else_booked_again_and_given_up(open_at, hub, size):
    page = open_at(size)
    page.click("[data-id=meeting]")
    fits(page, "meeting")
    page.click("[data-id=begin]")
    assert page.locator(".services button").count() == 2, "services that give none are not offered"
    page.focus("[data-id=want-RAS]")
    page.keyboard.press("Enter")
    page.click("[data-id='day-2026-11-30']")
    fits(page, "hours")
    page.click("[data-id=later]")
    page.click("[data-id='time-13:15']")
    types(page, "066123456")
    fits(page, "whose")
    hub.answers["book"] = {"error": {"code": "slot_taken", "message": "gone"}}
    page.click("[data-id=search]")
    page.wait_for_selector(".days >> text=Cette heure vient d'être prise")
    fits(page, "days")
    page.click("[data-id='day-2026-11-30']")
    page.click("[data-id=later]")
    page.click("[data-id='time-13:15']")
    page.click("[data-id=other]")
    types(page, "NGANGA")
    hub.answers["book"] = BOOKED
    page.click("[data-id=search]")
    page.wait_for_selector(".booked >> text=lundi 30 novembre")
    fits(page, "booked")
    said = [(ask.get("telephone"), ask.get("name"), ask["day"], ask["time"]) for ask in hub.wait_for("book", 2)]
    assert said == [("066123456", "", "2026-11-30", "13:15"), ("", "NGANGA", "2026-11-30", "13:15")]
    page.click("[data-id=give-up]")
    page.click("[data-id=yes]")
    page.wait_for_selector("text=C'est annulé")
    page.click("[data-id=done]")
    assert "13:15" not in page.content()
    assert hub._of("unbook")[0]["code"] == CODE


def test_without_a_hub_the_page_says_what_is_possible_and_the_door_takes_nothing_else(open_at, hub, kiosk_and_hub):
    kiosk, _ = kiosk_and_hub
    book = {
        "service": "RAS",
        "day": "2026-11-30",
        "time": "10:00",
        "telephone": "066123456",
        "language": "fr",
        "tap": "t1",
    }
    for path, body, expected in (
        ("/agenda/expected", {"name": "x" * 61}, 422),
        ("/agenda/times", {"service": ""}, 422),
        ("/agenda/book", book | {"tap": ""}, 422),
        ("/agenda/book", book | {"language": "français"}, 422),
        ("/agenda/unbook", {"code": CODE}, 422),
        ("/agenda/serve", {}, 422),
    ):
        assert kiosk.post(path, body)[0] == expected
    assert hub._of("expected|times|book|unbook") == []
    hub.answers["book"] = lambda _: {"label": 7}
    assert json.loads(kiosk.post("/agenda/book", book)[2])["problem"] == "other"
    page = open_at(UPRIGHT)
    hub.stop()
    page.wait_for_selector("#notes >> text=Liaison coupée")
    page.click("[data-id=meeting]")
    page.wait_for_selector("text=Montrez votre papier à l'accueil")
    assert page.locator("[data-id=by_phone], [data-id=begin]").count() == 0
    assert json.loads(kiosk.post("/agenda/times", {"service": "RAS"})[2]) == {"problem": "away"}
    page.click("[data-id=back]")
    page.wait_for_selector("[data-id=RAS]")
