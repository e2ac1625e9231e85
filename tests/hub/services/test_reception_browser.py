"""The receptionist's hand stays on the keyboard, under the content policy that the hub sends."""

import logging
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from hub.headers import HTMX_SECURITY_POLICY
from tests.hub.services.conftest import Office, app_of
from tests.serving import served, unserved
from tests.windows import PULLED_PLUG, REFUSED, windows

pytestmark = pytest.mark.browser
#: What htmx says of a request that went nowhere.
NOT_SENT = ("htmx:sendError", "htmx:afterRequest")


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    app = app_of(office)

    @app.after_request
    def _policy(response):
        response.headers["Content-Security-Policy"] = HTMX_SECURITY_POLICY
        return response

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = served(app)
    yield f"http://127.0.0.1:{server.port}"
    unserved(server)


@pytest.fixture
def desk(chromium, address) -> Iterator[Page]:
    with windows(chromium, *PULLED_PLUG, *REFUSED, *NOT_SENT) as opened:
        page = opened.open(viewport={"width": 1366, "height": 768}, base_url=address)
        page.goto("/desk/reception")
        page.wait_for_load_state("networkidle")
        yield page


def test_two_keys_give_a_ticket_and_the_next_form_is_ready(desk, office):
    desk.keyboard.press("d")
    desk.keyboard.press("Enter")
    expect(desk.locator("#outcome b")).to_have_text("D001")
    expect(desk.locator("input[name=service]:checked")).to_have_count(0)
    desk.keyboard.press("a")
    desk.keyboard.press("Enter")
    expect(desk.locator("#outcome b")).to_have_text("A001")
    assert office.tickets() == ["D001", "A001"]


def test_a_nervous_finger_gives_one_ticket(desk, office):
    desk.keyboard.press("d")
    desk.locator("#give-form .main").dblclick()
    expect(desk.locator("#outcome b")).to_have_text("D001")
    desk.wait_for_load_state("networkidle")
    assert office.tickets() == ["D001"]


def test_a_priority_asks_why_where_the_eye_is_and_the_hand_can_write_at_once(desk, office):
    motive = desk.locator("#give-reason")
    expect(motive).to_be_hidden()
    desk.keyboard.press("v")
    desk.locator(".chips label", has_text="Enceinte").click()
    expect(motive).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#give .error")).to_have_text("Dites pourquoi.")
    expect(motive).to_be_focused()
    expect(motive).to_be_in_viewport()
    desk.keyboard.type("vu")
    desk.keyboard.press("Enter")
    expect(desk.locator("#outcome b")).to_have_text("V001")
    assert office.ticket("V001").priority == "pregnant"


def test_a_letter_in_a_field_is_a_letter(desk):
    desk.keyboard.press("/")
    expect(desk.locator("#label")).to_be_focused()
    desk.keyboard.type("d")
    expect(desk.locator("#label")).to_have_value("d")
    expect(desk.locator("input[name=service]:checked")).to_have_count(0)
    desk.keyboard.press("Escape")
    expect(desk.locator("#label")).to_have_value("")


def test_a_ticket_is_found_while_its_number_is_typed_and_cancelled_with_a_motive(desk, office):
    office.press()
    desk.locator("#label").press_sequentially("d1")
    expect(desk.locator(".sheet .label")).to_have_text("D001")
    desk.locator(".sheet summary", has_text="Annuler").click()
    desk.locator(".sheet [name=reason]").last.fill("parti")
    desk.keyboard.press("Enter")
    expect(desk.locator(".sheet .badge")).to_have_text("annulé")
    assert office.ticket("D001").state == "cancelled"


def test_what_waits_for_a_person_is_gone_once_it_is_done(desk, office):
    office.press(paper="failed")
    desk.reload()
    desk.locator("#lists button", has_text="Il a son papier").click()
    expect(desk.locator("#lists")).to_contain_text("Aucun : chaque ticket a son papier.")
    assert office.ticket("D001").state == "waiting"


def test_when_the_hub_is_away_the_page_says_so_and_the_same_press_counts_once(desk, office):
    desk.keyboard.press("d")
    desk.context.set_offline(True)
    desk.keyboard.press("Enter")
    expect(desk.locator(".toast")).to_contain_text("Pas de réponse du hub")
    desk.context.set_offline(False)
    desk.locator("#give-form .main").click()
    expect(desk.locator("#outcome b")).to_have_text("D001")
    assert office.tickets() == ["D001"]


def test_everything_to_give_a_ticket_is_seen_without_scrolling(desk):
    for part in ("#give-title", "#give-form .main", ".chips label >> nth=5", "#label", "#absent"):
        expect(desk.locator(part)).to_be_in_viewport(ratio=1)


def test_what_is_typed_outlives_a_reload_until_the_ticket_is_given(desk, office):
    desk.keyboard.press("d")
    desk.locator("summary", has_text="Demandeur").click()
    desk.locator("#give-requester").fill("Mabiala")
    desk.reload()
    expect(desk.locator("#give-requester")).to_have_value("Mabiala")
    expect(desk.locator("input[name=service]:checked")).to_have_value("DEP")
    desk.locator("#give-form .main").click()
    expect(desk.locator("#outcome b")).to_have_text("D001")
    desk.reload()
    expect(desk.locator("#give-requester")).to_have_value("")
    assert office.tickets() == ["D001"]


def test_twelve_visitors_are_in_the_queue_after_one_minute_of_typing(desk, office):
    desk.goto("/desk/reception/roll")
    expect(desk.locator("textarea")).to_be_focused()
    desk.keyboard.type("17 d 8:05\nd\na 8:12\nd\n")
    expect(desk.locator(".stubs li")).to_have_count(4)
    desk.keyboard.type("q 8:14")
    expect(desk.locator(".stubs li.bad")).to_have_count(1)
    expect(desk.locator("#roll-read button")).to_be_disabled()
    for _ in range(6):
        desk.keyboard.press("Backspace")
    desk.keyboard.type("i 8:14")
    expect(desk.locator("#roll-read button")).to_be_enabled()
    desk.keyboard.press("Tab")
    desk.locator("#roll-read button").press("Enter")
    expect(desk.locator("#roll-read .notice")).to_contain_text("S-017 · S-018 · S-019 · S-020 · S-021")
    assert len(office.tickets()) == 5
