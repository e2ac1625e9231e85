"""A clerk's hand stays on the keyboard from a visitor to an acknowledgement, a validator's from a list to its end."""

import re
import shutil
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from hub.agents import actions as agents
from hub.ask import HUB, Ask
from hub.rooms import open_hub
from tests.hub.desk.house import new_house
from tests.hub.services.house import BAMOU, House
from tests.windows import PULLED_PLUG, REFUSED, weighed, windows

pytestmark = pytest.mark.browser
ROSE, SYLVIE = "01016E", "01101G"
SHIPPED_BYTES = 250_000  # P26
#: A trained clerk presses four keys a second (keystroke-level model, good typist: 0.20 to 0.28 s a key).
KEY_S, THINKS_S = 0.28, 1.35


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    """A real hub in its own process that knows the seed's insured person."""
    folder = tmp_path_factory.mktemp("deposits")
    now = datetime.now(UTC).replace(microsecond=0)
    central = House(folder / "central", now, ("deposit",))
    central.import_("people", BAMOU)
    central.close()
    built = new_house(folder / "house", ("reception", "deposit")).prepare()
    hub = open_hub(built.settings)
    agents.add_agent(hub, Ask(HUB), code=SYLVIE, name="MOUKALA Sylvie", roles=["validator"])
    built.sessions[SYLVIE] = built._session(hub, SYLVIE)
    hub.store.close()
    shutil.copy(central.data / "people.db", built.settings.path(built.settings.hub.data))
    built.start()
    yield built
    built.kill()


class Hand:
    """A hand on a keyboard that counts what it presses."""

    def __init__(self, page):
        self.page, self.keys, self.thoughts = page, 0, 0

    def types(self, text, *ends):
        """A text, then keys by name."""
        self.page.keyboard.type(text)
        self.keys += len(text)
        return self.presses(*ends)

    def presses(self, *names):
        for name in names:
            self.page.keyboard.press(name)
            self.keys += name.count("+") + 1
        self.thoughts += 1
        return self

    def at(self, name):
        """Wait until the hand is where it goes on: a person sees that, too."""
        expect(self.page.locator(f"[name='{name}']")).to_be_focused()
        self.page.wait_for_load_state("load")
        return self

    @property
    def seconds(self):
        """What a trained clerk needs for it, a thought before each field included."""
        return self.keys * KEY_S + self.thoughts * THINKS_S


@pytest.fixture
def desk(chromium, agency):
    agency.sit(ROSE, "05")
    agency.clear("05")
    agency.ticket("DEP")
    agency.ask("/counters/05/next")
    agency.ask("/counters/05/start")
    with windows(chromium, *REFUSED, *PULLED_PLUG, "htmx:") as opened:
        page = opened.open(viewport={"width": 1366, "height": 768}, base_url=agency.url)
        page.context.add_cookies([agency.cookie(ROSE)])
        yield page


def test_the_eight_documents_of_d4_in_under_two_minutes_without_the_mouse(desk):
    hand = Hand(desk)
    desk.goto("/desk/deposit")
    desk.wait_for_load_state("load")
    hand.presses("n").at("name")
    hand.types("JEROME", "Tab", "Tab", "Tab").types("1236548", "Enter").at("c0-number")
    hand.types("2133415888", "Enter").at("c0-new")
    expect(desk.locator("[name=c0-name]")).to_have_value("BAMOU Jérôme")
    hand.types("PVN", "Enter").at("c0-e0-d0-issued")
    hand.presses("Shift+Tab", "Shift+Tab", "Shift+Tab", "Space").at("c0-e0-d0-issued")  # a family council
    hand.presses("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab").types("1", "Enter").at("c0-e0-d0-issued")
    hand.presses("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Space").at("c0-e0-d0-issued")
    rows = [each.text_content().strip()[:4] for each in desk.locator(".list td:nth-child(2) .code").all()]
    assert rows == ["0400", "0401", "0102", "0405", "0601", "0108", "0217", "0228", "0412"]
    hand.presses("Space", "Enter")  # 0400 has no date
    hand.types("010510", "Enter").types("110213", "Enter", "Enter", "Enter", "Enter")
    hand.types("080313", "Enter")  # 0203
    hand.types("010513", "Enter").types("080513", "Enter").types("080313", "Enter")
    expect(desk.locator("#deposit-now")).to_be_focused()
    hand.presses("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab")
    hand.at("c0-e0-add").types("0204", "Enter").at("c0-e0-d10-issued")
    hand.types("080313", "Control+Enter").at("c0-e0-d2-motive")
    expect(desk.locator("#c0-e0-d2-said")).to_contain_text("Périmée depuis le 10/05/2013.")
    hand.types("seul ex.", "Control+Enter")
    expect(desk.locator(".one .label")).to_have_text(re.compile(r"^\d{4}/\d{6}$"))
    expect(desk.locator("#thread")).to_contain_text("8 pièces")
    expect(desk.get_by_role("button", name="Imprimer l'accusé")).to_be_focused()
    assert hand.keys == 143
    assert hand.seconds < 120, (hand.keys, hand.thoughts)


@pytest.mark.nightly
def test_nothing_typed_is_lost_by_a_call_a_reload_or_a_hub_that_dies(desk, agency):
    desk.goto("/desk/deposit")
    desk.wait_for_load_state("load")
    Hand(desk).presses("n").at("name").types("IBARA", "Tab", "Tab", "Tab", "Tab").types("7711", "Enter").at("c0-name")
    Hand(desk).types("LOEMBA", "Enter").types("RIB", "Enter").at("c0-e0-d0-issued")
    Hand(desk).types("010126").presses("Tab").types("010130")
    desk.locator("[name=c0-e0-d1-about]").fill("son fils")
    desk.reload()
    kept = {"name": "IBARA", "c0-e0-d0-issued": "010126", "c0-e0-d0-valid": "010130", "c0-e0-d1-about": "son fils"}
    for name, value in kept.items():
        expect(desk.locator(f"[name='{name}']")).to_have_value(value)
    expect(desk.locator("[name='c0-e0-d0-there']")).to_be_checked()
    agency.kill()
    desk.locator("[name='c0-e0-d1-issued']").fill("010226")
    agency.start()
    desk.reload()
    for name, value in (kept | {"c0-e0-d1-issued": "010226"}).items():
        expect(desk.locator(f"[name='{name}']")).to_have_value(value)
    desk.locator("[name='c0-e0-d1-there']").uncheck()
    desk.wait_for_load_state("load")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".one .label")).to_have_text(re.compile(r"^\d{4}/\d{6}$"))
    desk.wait_for_load_state("load")
    assert desk.evaluate("Object.keys(sessionStorage).filter((key) => key.includes('deposit-'))") == []


@pytest.mark.nightly
def test_a_validator_ticks_rejects_with_a_motive_and_validates_the_rest(desk, agency, chromium):
    desk.goto("/desk/deposit")
    desk.wait_for_load_state("load")
    hand = Hand(desk).presses("n").at("name")
    hand.types("IBARA", *["Tab"] * 5).types("LOEMBA", "Enter")
    Hand(desk).types("IMM", "Enter").at("c0-e0-d0-issued")
    Hand(desk).types("010126", "Enter", "Enter", "Enter", "Enter").types("010126", "Control+Enter")
    expect(desk.locator(".one .label")).to_have_text(re.compile(r"^\d{4}/\d{6}$"))
    label = desk.locator(".one .label").text_content()
    agency.sit(SYLVIE, "26")
    with windows(chromium, *REFUSED) as opened:
        page = opened.open(viewport={"width": 1366, "height": 768}, base_url=agency.url)
        page.context.add_cookies([agency.cookie(SYLVIE)])
        page.goto("/desk/deposit/validation")
        page.wait_for_load_state("load")
        mine = page.locator("tr[data-row]", has=page.get_by_text("Demande d'immatriculation"))
        expect(mine).to_have_count(1)
        while page.locator("tr.here").get_attribute("data-row") != mine.get_attribute("data-row"):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("r")
        page.keyboard.press("1")
        expect(mine.locator("[name=document]")).to_be_checked()
        expect(mine.locator("select")).to_have_value("illegible")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text="1 pièce rejetée")).to_be_visible()
        page.wait_for_load_state("load")
        page.keyboard.press("Control+a")
        expect(page.locator("#ticked")).not_to_have_text("0")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text="validée")).to_be_visible()
        expect(page.get_by_text("Rien à décider.")).to_be_visible()
    desk.goto(f"/desk/deposit?q={label}")
    expect(desk.locator(".one header .badge")).to_have_text("Partiel")


def test_the_tab_ships_little_and_each_page_is_quiet(desk):
    shipped = weighed(desk)
    desk.goto("/desk/deposit")
    desk.wait_for_load_state("load")
    desk.locator("#new").click()
    desk.wait_for_url(re.compile(r"/desk/deposit/\d+"))
    desk.wait_for_load_state("load")
    assert 0 < sum(shipped.values()) < SHIPPED_BYTES
