"""The desk in a browser, over a real hub in its own process."""

from __future__ import annotations

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from hub.client import HubClient
from tests.patience import patience
from tests.windows import weighed

pytestmark = pytest.mark.browser

ROSE, JEAN, ALINE = "01016E", "00902F", "00733C"
#: P26.
SHIPPED_BYTES = 250_000
#: P16 is 0.1 s, measured by `mbote bench`; here the cores may be busy with other tests.
OPEN_WITHIN_S = 1.0
#: A form in the middle, as a service would have it, in place of the service's own page.
MIDDLE = '<form id="trial" data-keep{mode}><label>Note <textarea name="note"></textarea></label>{more}</form>'


@pytest.fixture
def rose(house, desk_of) -> Page:
    """Rose's desk at counter 05, with nobody in her queue."""
    house.sit(ROSE, "05")
    house.clear("05")
    page = desk_of(ROSE)
    expect(page.locator("#code")).to_have_text("05")
    live(page)
    return page


def live(page: Page) -> None:
    """The page has its link: the default key is lit."""
    expect(page.locator("#keys .white")).to_be_enabled()


def key(page: Page, name: str) -> None:
    """Press an F key, once it can do something."""
    expect(page.locator(f"#keys [aria-keyshortcuts={name}]")).to_be_enabled()
    page.keyboard.press(name)


def state(page: Page) -> str:
    return page.locator("#state").text_content() or ""


def with_form(page: Page, more: str = "", mode: str = "") -> None:
    """The middle of every page of this desk is one form."""

    def put(route: Route) -> None:
        answer = route.fetch()
        form = MIDDLE.format(mode=mode, more=more)
        body = re.sub(r'<section class="empty">.*?</section>', lambda _: form, answer.text(), flags=re.DOTALL)
        route.fulfill(response=answer, body=body)

    page.route("**/desk", put)
    page.reload()
    live(page)


def note(page: Page):
    return page.locator("[name=note]")


# --- the keys --------------------------------------------------------------------------------


def test_a_whole_visit_without_leaving_the_keyboard(house, rose):
    first, second = house.ticket("DEP"), house.ticket("DEP")
    key(rose, "F2")
    expect(rose.locator("#ticket")).to_have_text(first)
    key(rose, "F3")
    expect(rose.locator("#state")).to_have_text("Appelé 2 fois")
    key(rose, "F4")
    expect(rose.locator("#undo-what")).to_have_text(f"{first} absent")
    key(rose, "F2")
    expect(rose.locator("#ticket")).to_have_text(second)
    key(rose, "F5")
    expect(rose.locator("#state")).to_have_text("En service")
    key(rose, "F6")
    rose.keyboard.press("2")
    expect(rose.locator("#held li small")).to_contain_text("Pièce manquante")
    rose.get_by_role("button", name=f"Reprendre {second}").press("Enter")
    expect(rose.locator("#state")).to_have_text("En service")
    key(rose, "F8")
    expect(rose.locator("#idle-what")).to_have_text("Personne au guichet")
    rose.get_by_role("button", name="Annuler").press("Enter")
    expect(rose.locator("#state")).to_have_text("En service")


def test_a_services_short_guide_stands_there_while_its_visitor_does(house, rose):
    guide = rose.locator("[data-guide=DEP]")
    expect(guide).to_be_hidden()
    house.ticket("DEP")
    key(rose, "F2")
    expect(guide).to_be_visible()
    expect(guide).to_contain_text("Pièces manquantes")
    expect(rose.locator("[data-guide=PEN]")).to_be_hidden()
    rose.reload()
    expect(guide).to_be_visible()
    guide.locator("summary").press("Enter")
    expect(guide.locator("li").first).to_be_hidden()
    assert Axe().run(rose).violations_count == 0
    key(rose, "F5")
    key(rose, "F8")
    expect(guide).to_be_hidden()


def test_transfer_asks_where_to_and_why(house, rose):
    label = house.ticket("DEP")
    key(rose, "F2")
    key(rose, "F5")
    key(rose, "F7")
    rose.keyboard.press("Enter")
    expect(rose.locator("#transfer-dialog .error")).to_have_text("Choisissez un service.")
    rose.get_by_label("Pensions", exact=True).check()
    assert rose.locator("#transfer-to option:enabled").evaluate_all("all => all.map(o => o.value)") == ["", "08"]
    rose.keyboard.press("Enter")
    expect(rose.locator("#undo-what")).to_have_text(f"{label} transféré")


def test_two_quick_f2_are_one_call(house, rose):
    first = house.ticket("DEP")
    house.ticket("DEP")
    expect(rose.locator("#line li")).to_have_count(2)
    press = "dispatchEvent(new KeyboardEvent('keydown', { key: 'F2', cancelable: true }));"
    rose.evaluate(f"() => {{ {press} {press} }}")
    expect(rose.locator("#ticket")).to_have_text(first)
    rose.wait_for_timeout(600)
    expect(rose.locator("#strip")).to_have_attribute("data-kind", "info")
    expect(rose.locator("#line li")).to_have_count(1)


def test_the_f_keys_never_leave_or_reload_the_page(rose):
    rose.evaluate(
        "() => { window.kept = []; addEventListener('keydown', (e) => kept.push([e.key, e.defaultPrevented])) }"
    )
    keys = ["F3", "F4", "F5", "F6", "F7", "F8"]
    for name in [*keys, "F12"]:
        rose.keyboard.press(name)
    assert rose.evaluate("() => window.kept") == [*([name, True] for name in keys), ["F12", False]]


def test_a_key_too_early_says_why_beside_the_bar_until_the_next_success(house, rose):
    house.ticket("DEP")
    key(rose, "F2")
    expect(rose.locator("#ticket")).to_be_visible()
    rose.keyboard.press("F4")
    expect(rose.locator("#strip-text")).to_have_text("Rappelez le visiteur avant de le marquer absent.")
    key(rose, "F5")
    expect(rose.locator("#strip")).to_have_attribute("data-kind", "info")


def test_after_the_last_recall_absent_is_the_strongest_key(house, rose):
    house.ticket("DEP")
    key(rose, "F2")
    for _ in range(2):
        key(rose, "F3")
        rose.wait_for_timeout(300)
    expect(rose.locator("#keys .white")).to_have_attribute("data-step", "no_show")


def test_who_types_faster_than_the_list_comes_is_understood(house, rose):
    wanted = house.ticket("DEP")
    rose.route("**/desk/line", lambda route: (time.sleep(0.5), route.continue_()))
    rose.locator("#menu summary").press("Enter")
    rose.get_by_role("button", name="Appeler un ticket précis").press("Enter")
    rose.keyboard.type(wanted)
    rose.keyboard.press("Enter")
    expect(rose.locator("#ticket")).to_have_text(wanted)


def test_the_menu_pauses_and_calls_one_ticket(house, rose):
    house.ticket("DEP")
    wanted = house.ticket("DEP")
    rose.locator("#menu summary").press("Enter")
    rose.get_by_role("button", name="Appeler un ticket précis").press("Enter")
    rose.keyboard.type(wanted.lower())
    rose.keyboard.press("Enter")
    expect(rose.locator("#ticket")).to_have_text(wanted)
    expect(rose.locator("#waited")).to_contain_text("choisi par l'agent")
    key(rose, "F5")
    key(rose, "F8")
    expect(rose.locator("#idle-what")).to_have_text("Personne au guichet")
    rose.locator("#menu summary").press("Enter")
    expect(rose.get_by_role("button", name="Pause", exact=True)).to_be_enabled()
    rose.get_by_role("button", name="Pause", exact=True).press("Enter")
    expect(rose.locator("dialog[open]")).to_be_visible()
    rose.keyboard.press("1")
    expect(rose.locator("#idle-what")).to_contain_text("En pause")
    rose.get_by_role("button", name="Fin de pause").click()
    expect(rose.locator("#idle-what")).to_have_text("Personne au guichet")


# --- live ------------------------------------------------------------------------------------


def test_next_on_the_physical_panel_opens_the_visit_and_leaves_the_middle_alone(house, rose):
    with_form(rose)
    note(rose).fill("rappeler la caisse")
    rose.evaluate(
        "() => { const seen = document.querySelector('#ticket');"
        " new MutationObserver(() => { window.openedAt ??= performance.timeOrigin + performance.now(); })"
        ".observe(seen, { childList: true, characterData: true, subtree: true }); }"
    )
    label = house.ticket("DEP")
    expect(rose.locator("#line li")).to_have_count(1)
    rose.wait_for_timeout(200)
    panel = HubClient(house.url, lambda: house.panel).open()
    assert panel.wait_connected(5)
    pressed = time.time()
    panel.ask("next", "panel key 1", counter="05")
    expect(rose.locator("#ticket")).to_have_text(label)
    panel.close()
    assert rose.evaluate("() => window.openedAt") / 1000 - pressed < OPEN_WITHIN_S
    expect(rose.locator("#thread li")).to_have_count(2)
    expect(rose.locator("#aloud")).to_contain_text(label)
    assert note(rose).input_value() == "rappeler la caisse"


def test_a_colleague_who_takes_the_place_is_named(house, rose, desk_of):
    jean = desk_of(JEAN, "/desk/counters")
    jean.locator("[data-counter='05'] a").click()
    expect(jean.locator("h1")).to_have_text("Prendre la place de MABIALA Rose ?")
    jean.get_by_role("button", name="Oui, prendre la place").press("Enter")
    expect(jean.locator("#code")).to_have_text("05")
    expect(rose.locator("#strip-text")).to_have_text("OKEMBA Jean a pris votre place au guichet 05.")
    expect(rose.locator("#keys button:enabled")).to_have_count(0)
    expect(rose.get_by_role("link", name="Choisir un guichet")).to_be_visible()


def test_the_places_change_while_one_chooses(house, desk_of):
    for code in ("05", "09"):
        house.clear(code)
        house.ask(f"/counters/{code}/close")
    page = desk_of(ROSE)
    expect(page).to_have_url(re.compile("/desk/counters$"))
    tile = page.locator("[data-counter='09']")
    expect(tile.locator("[data-word]")).to_have_text("Fermé")
    page.wait_for_timeout(300)
    house.sit(JEAN, "09")
    expect(tile.locator("[data-word]")).to_have_text("Libre")
    expect(tile.locator("[data-who]")).to_have_text("OKEMBA Jean")


def test_a_place_taken_meanwhile_asks_before_it_is_taken_over(house, desk_of):
    for code in ("05", "09"):
        house.clear(code)
        house.ask(f"/counters/{code}/close")
    page = desk_of(ROSE)
    house.sit(JEAN, "09")
    page.locator("[data-counter='09'] button").click()
    expect(page.locator("h1")).to_have_text("Prendre la place de OKEMBA Jean ?")


@pytest.mark.nightly
def test_the_hub_is_lost_and_comes_back_by_itself(house, rose):
    label = house.ticket("DEP")
    key(rose, "F2")
    expect(rose.locator("#ticket")).to_have_text(label)
    house.kill()
    expect(rose.locator("#strip-text")).to_contain_text("Liaison perdue")
    expect(rose.locator("#keys button:enabled")).to_have_count(0)
    expect(rose.locator("#ticket")).to_have_text(label)
    house.start()
    expect(rose.locator("#strip")).to_have_attribute("data-kind", "info", timeout=patience(15_000))
    key(rose, "F5")
    expect(rose.locator("#state")).to_have_text("En service")


def test_a_session_that_ended_elsewhere_says_so(house, desk_of):
    house.sit(ALINE, "03")
    page = desk_of(ALINE)
    live(page)
    csrf = page.locator("meta[name=csrf]").get_attribute("content") or ""
    page.context.request.post("/logout", form={"csrf": csrf}, timeout=patience(6_000))
    expect(page.locator("#strip-text")).to_contain_text("Votre session est terminée", timeout=patience(12_000))
    expect(page.get_by_role("link", name="Se reconnecter")).to_be_visible()
    expect(page.locator("#keys button:enabled")).to_have_count(0)


# --- nothing in the middle is ever lost ------------------------------------------------------


@pytest.mark.nightly
def test_what_is_typed_outlives_a_call_a_reload_and_a_restart(house, rose):
    with_form(rose, '<input type="checkbox" name="agreed"><input name="code" type="password">')
    note(rose).fill("pièce 0401 vue")
    rose.locator("[name=agreed]").check()
    rose.locator("[name=code]").fill("secret")
    house.ticket("DEP")
    house.ask("/counters/05/next")
    expect(rose.locator("#ticket")).to_be_visible()
    assert note(rose).input_value() == "pièce 0401 vue"
    house.kill()
    expect(rose.locator("#strip-text")).to_contain_text("Liaison perdue")
    note(rose).type(", copie faite")
    house.start()
    expect(rose.locator("#strip")).to_have_attribute("data-kind", "info", timeout=patience(15_000))
    rose.reload()
    expect(note(rose)).to_have_value("pièce 0401 vue, copie faite")
    expect(rose.locator("[name=agreed]")).to_be_checked()
    expect(rose.locator("[name=code]")).to_have_value("")


def test_what_was_typed_for_one_visitor_never_slips_into_the_next_ones_form(house, rose):
    with_form(rose)
    first = house.ticket("DEP")
    house.ticket("DEP")
    key(rose, "F2")
    key(rose, "F5")
    expect(rose.locator("#state")).to_have_text("En service")
    note(rose).fill("pour le premier")
    key(rose, "F8")
    key(rose, "F2")
    expect(rose.locator("#ticket")).not_to_have_text(first)
    rose.reload()
    expect(rose.locator(".kept")).to_contain_text(f"commencée pour {first}")
    expect(note(rose)).to_have_value("")
    rose.get_by_role("button", name="La reprendre").press("Enter")
    expect(note(rose)).to_have_value("pour le premier")


def test_what_the_hub_has_is_forgotten(rose):
    with_form(rose, '<input type="hidden" name="key" value="K1">')
    note(rose).fill("envoyé")
    rose.unroute("**/desk")
    with_form(rose, '<input type="hidden" name="key" value="K2"><p data-keep-done="K1"></p>')
    expect(note(rose)).to_have_value("")


# --- for everybody ---------------------------------------------------------------------------


@pytest.mark.thinned(8)
@pytest.mark.parametrize("scene", ["free", "called", "hold", "transfer", "choose", "question", "refused"])
def test_nothing_for_axe_to_complain_about(house, rose, scene):
    house.ticket("DEP", priority="infant")
    expect(rose.locator("#line li")).to_have_count(1)
    steps = {"called": ["F2"], "hold": ["F2", "F5", "F6"], "transfer": ["F2", "F5", "F7"]}
    for name in steps.get(scene, []):
        key(rose, name)
        rose.wait_for_timeout(200)
    elsewhere = {"choose": "/desk/counters", "question": "/desk/counters?take=09", "refused": "/nowhere"}
    if scene in elsewhere:
        rose.goto(elsewhere[scene])
    found = Axe().run(rose).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_the_focus_is_seen_on_every_key(rose):
    rose.locator("#keys .white").focus()
    rose.keyboard.press("Shift+Tab")
    rose.keyboard.press("Tab")
    assert rose.evaluate("() => getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_the_desk_ships_little(house, desk_of):
    house.sit(ROSE, "05")
    page = desk_of(ROSE, "/healthz")
    shipped = weighed(page)
    page.goto("/desk", wait_until="networkidle")
    assert 0 < sum(shipped.values()) <= SHIPPED_BYTES, shipped
