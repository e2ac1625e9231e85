"""The page that agents live in, in Chromium: the hand stays on the keyboard, and nothing typed is lost."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.hub.inquiry.house import JUDITH, WHOLE
from tests.windows import weighed

pytestmark = pytest.mark.browser
#: P26.
SHIPPED_BYTES = 250_000


@pytest.fixture
def desk(house, window) -> Page:
    """Judith's page with a visitor in front of her."""
    house.visitor()
    page = window()
    expect(page.locator("#keys .white")).to_be_enabled()
    return page


def key(page: Page, name: str) -> None:
    """Press an F key, once it can do something."""
    expect(page.locator(f"#keys [aria-keyshortcuts={name}]")).to_be_enabled()
    page.keyboard.press(name)


def find(page: Page, typed: str) -> None:
    """Look for somebody and open the first answer, as fast as fingers are."""
    page.keyboard.press("F9")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")


def test_s5_about_missing_months_without_leaving_the_keyboard(house, window):
    """A visitor is not convinced about missing months: called, found with a slip, shown, noted, done."""
    label = house.press("inquiry")
    page = window()
    expect(page.locator("#line li")).to_have_count(1)
    page.evaluate("window.same = true")
    key(page, "F2")
    expect(page.locator("#ticket")).to_have_text(label)
    key(page, "F5")
    expect(page.locator("#state")).to_have_text("En service")
    find(page, "bamuo jerome")
    expect(page.locator("#view h2")).to_have_text("BAMOU Jérôme")
    expect(page).to_have_url(re.compile("/desk/inquiry/file/P1$"))
    expect(page.locator("#q")).to_have_value("")
    page.keyboard.press("2")
    expect(page.locator("#view tbody")).to_contain_text("Magasinier")
    page.get_by_role("button", name="Ajouter à la visite").press("Enter")
    expect(page.locator("#hand .names")).to_contain_text("BAMOU Jérôme")
    page.locator("#note-subject").select_option("missing_months")
    page.locator("#note-said").fill("trois mois de 2012")
    page.get_by_role("button", name="Pas convaincu").press("Enter")
    expect(page.locator("#note [role=status]")).to_contain_text("pas convaincu, à transmettre")
    expect(page.locator("#note-said")).to_have_value("")
    expect(page.locator("#thread li").last).to_contain_text("Mois manquants : pas convaincu")
    expect(page.locator("#thread")).to_contain_text("Fiche consultée")
    key(page, "F8")
    expect(page.locator("#idle-what")).to_have_text("Personne au guichet")
    assert page.evaluate("window.same"), "nothing of all this loaded the page again"


def test_answers_come_while_typing_and_arrows_choose(desk):
    desk.keyboard.press("/")
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("bamou")
    options = desk.locator("#answers [role=option]")
    expect(options).to_have_count(3)
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(desk.locator("#q")).to_have_attribute("aria-activedescendant", "hit-2")
    name = options.nth(1).locator("b").text_content()
    desk.keyboard.press("Enter")
    expect(desk.locator("#view h2")).to_contain_text(name)
    desk.keyboard.press("F9")
    desk.keyboard.type("zzyzx")
    expect(desk.locator("#found")).to_contain_text("Personne ne correspond.")
    desk.keyboard.press("Escape")
    expect(desk.locator("#found")).to_be_hidden()


def test_back_and_forward_go_through_the_files_and_each_is_a_look(house, desk):
    desk.evaluate("window.same = true")
    find(desk, "9000001")
    expect(desk.locator("#view h2")).to_have_text("Ets Djoué Commerce")
    desk.keyboard.press("2")
    desk.get_by_role("link", name="BAMOU Jérôme").click()
    expect(desk.locator("#view h2")).to_have_text("BAMOU Jérôme")
    desk.go_back()
    expect(desk.locator("#view tbody")).to_contain_text("BAMOU Jérôme")
    desk.go_back()
    expect(desk.locator("#view .groups")).to_contain_text("RCCM-5512")
    desk.go_forward()
    expect(desk.locator("#view tbody")).to_contain_text("BAMOU Jérôme")
    assert desk.evaluate("window.same")
    assert desk.evaluate("Object.values(sessionStorage).concat(Object.values(localStorage)).join()").count("BAMOU") == 0
    assert [row["view"] for row in house.looks()] == [
        "identity", "employees", "identity", "employees", "identity", "employees",
    ]  # fmt: skip


def test_a_call_from_the_panel_disturbs_nothing_that_is_being_typed(house, desk):
    find(desk, "2133415888")
    expect(desk.locator("#view h2")).to_have_text("BAMOU Jérôme")
    desk.locator("#note-subject").select_option("payment")
    desk.locator("#note-said").fill("attend son mandat")
    house.counter("02").finish()
    second = house.press("inquiry")
    house.counter("02").next()
    expect(desk.locator("#ticket")).to_have_text(second)
    expect(desk.locator("#note-said")).to_have_value("attend son mandat")
    expect(desk.locator("#note-said")).to_be_focused()
    expect(desk.locator("#note-for")).to_have_text("Pour A001 :")
    expect(desk.locator(".stale-note")).to_be_visible()
    expect(desk.get_by_role("button", name="Ajouter à la visite")).to_be_hidden()
    desk.get_by_role("button", name="Répondu").click()
    expect(desk.locator("#note [role=status]")).to_be_visible()
    noted = house.hub.reader.execute("SELECT ticket, subject, note FROM inquiry").fetchall()
    assert [tuple(row) for row in noted] == [(1, "payment", "attend son mandat")]


def test_a_hub_that_is_away_for_a_moment_costs_nothing_that_was_typed(house, desk):
    desk.locator("#note-subject").select_option("payment")
    desk.locator("#note-said").fill("attend son mandat")
    house.plug.cut()
    desk.get_by_role("button", name="Répondu").click()
    expect(desk.locator(".toast")).to_contain_text("Pas de réponse du hub")
    expect(desk.locator("#note-said")).to_have_value("attend son mandat")
    house.plug.join()
    expect(desk.locator("#keys .white")).to_be_enabled()
    desk.get_by_role("button", name="Répondu").click()
    expect(desk.locator("#note [role=status]")).to_be_visible()
    assert house.hub.reader.execute("SELECT count(*) FROM inquiry").fetchone()[0] == 1


@pytest.mark.nightly
def test_what_is_typed_outlives_a_reload_and_a_second_browser_shows_the_same_visit(house, desk, window):
    find(desk, "2133415888")
    desk.get_by_role("button", name="Ajouter à la visite").click()
    expect(desk.locator("#hand .names")).to_contain_text("BAMOU Jérôme")
    desk.locator("#note-said").fill("à moitié écrit")
    desk.locator("#hand summary").click()
    desk.locator("#requester-name").fill("Jérôme B")
    desk.reload()
    expect(desk.locator("#view h2")).to_have_text("BAMOU Jérôme")
    expect(desk.locator("#note-said")).to_have_value("à moitié écrit")
    expect(desk.locator("#requester-name")).to_have_value("Jérôme B")
    other = window(JUDITH, "/desk/inquiry/file/P2")
    expect(other.locator("#view h2")).to_have_text("BAMOU Grâce")
    expect(other.locator("#hand .names")).to_contain_text("BAMOU Jérôme")


def test_without_a_visitor_the_file_opens_once_it_is_said_why(house, window):
    page = window("01204H")
    find(page, "bamou jerome")
    expect(page.locator("#view h2")).to_have_text("Dites d'abord pour qui")
    expect(page.locator("#contact-channel")).to_be_focused()
    page.keyboard.type("Cou")
    page.keyboard.press("Tab")
    page.keyboard.type("lettre du 12 mars")
    page.keyboard.press("Enter")
    expect(page.locator("#view h2")).to_have_text("BAMOU Jérôme")
    expect(page.locator("#hand")).to_contain_text("lettre du 12 mars")
    expect(page.locator("#pending li")).to_contain_text("Courrier en cours")
    expect(page.locator("#pending small")).to_contain_text("depuis")
    assert [(row["channel"], row["ticket"]) for row in house.looks()] == [("mail", None)]


def test_when_the_session_has_ended_the_page_asks_to_sign_in_and_keeps_what_was_typed(house, desk):
    desk.locator("#note-said").fill("à garder")
    house.later(hours=12)
    find(desk, "bamou")
    expect(desk).to_have_url(re.compile(r"/login\?next=/desk/inquiry"))
    assert "à garder" in desk.evaluate("Object.values(sessionStorage).join()")


def test_all_that_is_needed_is_seen_without_scrolling_and_by_everybody(desk):
    find(desk, "2133415888")
    expect(desk.locator("#view .groups")).to_be_visible()
    for part in ("#hand", "#q", "#view .tabs", "#view .groups dd >> nth=3", "#note .main"):
        expect(desk.locator(part)).to_be_in_viewport(ratio=1)
    assert desk.locator("#view .tabs").evaluate("tabs => tabs.offsetHeight") < 45, "the tabs stand on one line"
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(desk)
    assert found.violations_count == 0, found.generate_report()


def test_what_is_shipped_fits_an_old_machine(house, window, note):
    house.visitor()
    page = window(path="/healthz")
    shipped = weighed(page)
    page.goto("/desk/inquiry/file/P1", wait_until="networkidle")
    note(f"{sum(shipped.values())} bytes of scripts and styles")
    assert 0 < sum(shipped.values()) <= SHIPPED_BYTES, shipped


#: Fourteen of everything, each as long as it may be met.
FULL_LIFE = {
    "people": {"roles": "dependant", "name": "BIKINDOU MAVOUNGOU-TCHIBINDA Chancelvie Bénédicte"},
    "relationships": {"party": "P1", "other": "people{n}", "type": "child", "start": "2009-05-11", "dependent": "1"},
    "employments": {
        "party": "P1", "employer": "E1", "start": "20{n}-03", "end": "20{n}-11", "job": "Chef de chantier adjoint",
        "salary": "1234567", "source": "Déclaration nominative", "confirmed_by": "Contrôleur principal",
    },
    "contributions": {
        "party": "P1", "period": "20{n}-T1", "declared_wages": "1080000", "due": "262224", "paid": "0",
        "penalty": "1200",
    },
    "cases": {
        "party": "P1", "number": "2014-000{n}", "event": "PVN", "state": "incomplete", "opened_on": "2014-05-16",
        "service": "Service technique pensions", "next_action": "Fournir le certificat de cessation signé",
    },
    "payments": {
        "party": "P1", "period": "20{n}-T2", "amount": "98000", "paid_on": "2015-06-28", "state": "paid",
        "mode": "mobile_money",
    },
}  # fmt: skip


def test_the_synthetic_sheet_of_a_full_life_prints_on_one_page(house, window):
    for kind, values in FULL_LIFE.items():
        house.import_(kind, *(
            {name: value.format(n=n) for name, value in values.items()} | {"ref": f"{kind}{n}"} for n in range(10, 24)
        ))  # fmt: skip
    house.visitor()
    page = window(path="/desk/inquiry/synthesis/P1")
    expect(page.locator("#print")).to_be_visible()
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1
    for said in (WHOLE["email"], "3 dernières lignes sur 15", "Mobile money", "non autorisé"):
        expect(page.locator("body")).to_contain_text(said)
