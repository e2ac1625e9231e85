"""The supervisor's hand on a counter: by key and by mouse, and what an emergency does to the board."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hub.agents import actions as agents
from hub.ask import HUB, Ask
from tests.hub.publishing.conftest import Agency
from tests.hub.supervision.house import PEOPLE

pytestmark = pytest.mark.browser


@pytest.fixture
def house(tmp_path):
    built = Agency(tmp_path / "data").people()
    built.open_day()
    built.counter("05").open("00902F")
    yield built
    built.close()


def test_a_counter_is_paused_given_a_queue_and_its_emergency_is_heard_and_answered(house, open_page):
    for _ in range(3):
        house.press("pension")
        house.later(minutes=5)
    page = open_page("/supervision")
    tile = page.locator('#tiles [data-name="05"]')
    page.locator("#tiles button").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(tile.locator("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#counter-title")).to_have_text("Guichet 05 · Dépôts de pièces")
    page.get_by_label("Pensions", exact=True).check()
    expect(page.locator("#counter-effect")).to_contain_text("3 en attente : 3 appelés plus tôt")
    page.get_by_role("button", name="Publier").click()
    expect(page.locator("#counter-dialog .error")).to_contain_text("Dites pourquoi")
    page.locator("#counter-reason").fill("renfort")
    page.keyboard.press("Enter")
    expect(page.locator("#counter-dialog")).to_be_hidden()
    assert house.serves("05") == ("DEP", "PEN")

    page.locator('#queues [data-name="RAS"]').drag_to(tile)
    expect(page.get_by_label("Renseignement", exact=True)).to_be_checked()
    page.keyboard.press("Escape")
    assert house.serves("05") == ("DEP", "PEN"), "a queue that was dropped and not published changes nothing"

    tile.click()
    page.get_by_role("button", name="Mettre en pause").click()
    expect(tile).to_have_attribute("data-state", "paused")
    expect(page.locator("#presence")).to_contain_text("1 en pause : 05 BOUITY Nadège")

    house.counter("05").step("raise_alarm")  # beside it: nobody takes pensions any more
    expect(tile).to_have_attribute("data-flag", "alarm")
    expect(page.locator("#alert-list li").first).to_contain_text("Appel d'urgence : guichet 05")
    expect(page).to_have_title("(2) Supervision · CNSS Siège")
    expect(page.locator("body")).to_have_attribute("data-sounded", "alarm")
    tile.click()
    page.get_by_role("button", name="J'y vais").click()
    expect(tile).to_have_attribute("data-flag", "")
    expect(page).to_have_title("(1) Supervision · CNSS Siège")


@pytest.mark.nightly
def test_who_publishes_without_eyes_or_mouse_finds_every_field_named(house, open_page):
    page = open_page("/routing")
    parts = ("agents", "helps", "rules", "versions")
    admin = ("services", "places", "hours", "messages", "files")
    paths = [f"/routing?part={part}" for part in parts] + [f"/administration?part={part}" for part in admin]
    for path in ("/routing", *paths):
        page.goto(path)
        found = Axe().run(page).response["violations"]
        assert [(path, fault["id"], fault["nodes"][0]["html"]) for fault in found] == []


def test_two_supervisors_at_once_see_each_other_s_hand_and_none_publishes_over_the_other(house, open_page, monkeypatch):
    monkeypatch.setitem(PEOPLE, "00412B", ("MAKAYA Arsène", ["supervisor"]))
    agents.add_agent(house.hub, Ask(HUB), code="00412B", name="MAKAYA Arsène", roles=["supervisor"])
    boards = [open_page("/supervision", code) for code in ("00411A", "00412B")]
    for board, queue in zip(boards, ("Pensions", "Renseignement"), strict=True):
        board.locator('#tiles [data-name="05"]').click()
        board.get_by_label(queue, exact=True).check()
        board.locator("#counter-reason").fill(f"renfort {queue}")
        expect(board.get_by_role("button", name="Publier")).to_be_enabled()
    first, second = boards
    error = second.locator("#counter-dialog .error")
    first.get_by_role("button", name="Publier").click()
    expect(first.locator("#counter-dialog")).to_be_hidden()
    expect(error).to_contain_text("Un autre responsable vient de changer les files")
    expect(second.get_by_label("Pensions", exact=True)).to_be_checked()
    expect(second.get_by_label("Renseignement", exact=True)).to_be_checked()
    house.publish(counters__06__services=["DEP", "PEN"])  # of another counter: the board does not show it
    second.get_by_role("button", name="Publier").click()
    expect(error).to_contain_text("Quelqu'un a publié entre-temps")
    assert house.serves("05") == ("DEP", "PEN"), "nothing is published whose effect nobody has seen"
    assert second.locator("#counter-reason").input_value() == "renfort Renseignement"
    second.get_by_role("button", name="Publier").click()
    expect(second.locator("#counter-dialog")).to_be_hidden()
    assert set(house.serves("05")) == {"DEP", "PEN", "RAS"}

    first.locator('#tiles [data-name="05"]').click()
    first.get_by_role("button", name="Mettre en pause").click()
    for board in boards:
        expect(board.locator('#tiles [data-name="05"]')).to_have_attribute("data-state", "paused")
