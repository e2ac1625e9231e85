"""A cashier's hand stays on the keypad: a known payer costs twelve keystrokes, and a day is closed by two persons."""

import re
import shutil
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from hub.agents import actions as agents
from hub.agents import second_factor, totp, vault
from hub.agents import store as agent_store
from hub.agents.model import SecondFactorEnrolled
from hub.ask import HUB, Ask
from hub.rooms import open_hub
from tests.hub.desk.house import new_house
from tests.hub.services.house import BAKER, DEBTOR, House
from tests.windows import REFUSED, weighed, windows

pytestmark = pytest.mark.browser
CASHIER, CHIEF = "01016C", "01003B"
SHIPPED_BYTES = 250_000  # P26
MOST_KEYS = 12


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    """A real hub in its own process, a cashier, a head cashier, and two employers of whom one owes a quarter."""
    folder = tmp_path_factory.mktemp("cash")
    now = datetime.now(UTC).replace(microsecond=0)
    central = House(folder / "central", now, ("cash",))
    quarters = [f"{year}-T{part}" for year in (now.year - 1, now.year) for part in (1, 2, 3, 4)]
    central.import_("employers", BAKER, DEBTOR)
    rows = [central.period("E1", each) for each in quarters]
    rows += [central.period("E2", each, paid=0 if each == f"{now.year - 1}-T2" else 134_848) for each in quarters]
    central.import_("contributions", *rows)
    central.close()
    built = new_house(folder / "house", ("reception", "inquiry", "certificate", "cash")).prepare()
    hub = open_hub(built.settings)
    for code, name, role in ((CASHIER, "IBARA", "collections_cashier"), (CHIEF, "LOUFOUA Prosper", "head_cashier")):
        agents.add_agent(hub, Ask(HUB), code=code, name=name, roles=[role])
        built._session(hub, code)
        built.sessions[code] = second_factor.vouched(hub, Ask(HUB), code)  # money: the telephone was shown
    built.telephone = Telephone(hub, CHIEF)
    hub.store.close()
    shutil.copy(central.data / "people.db", built.settings.path(built.settings.hub.data))
    built.start()
    yield built
    built.kill()


class Telephone:
    """The head cashier's: it shows a code that was not used yet, as the tolerance of half a minute allows."""

    def __init__(self, hub, code):
        self.secret = bytes(totp.SECRET_BYTES)
        with hub.store.transaction(Ask(HUB)) as tx:
            tx.record(SecondFactorEnrolled(code, 0))
            sealed = vault.sealed(hub.store.folder, code, self.secret)
            agent_store.keep_factor(tx, code, sealed, last_step=0, drift=0)
        self.last = 0

    def shows(self):
        now = totp.step_of(int(time.time() * 1000))
        self.last = max(self.last + 1, now - totp.WINDOW)
        assert self.last <= now + totp.WINDOW, "three codes in a minute and a half"
        return totp.code_of(self.secret, self.last)


class Keys:
    """A keyboard that counts."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def type(self, text):
        self.count += len(text)
        self.page.keyboard.type(text)

    def press(self, key):
        self.count += 1
        self.page.keyboard.press(key)


def desk(opened, agency, code):
    page = opened.open(viewport={"width": 1366, "height": 768}, base_url=agency.url)
    page.context.add_cookies([agency.cookie(code)])
    return page


def test_a_day_at_a_till_from_the_float_to_the_approved_closing(chromium, agency):
    agency.sit(CASHIER, "11")
    agency.clear("11")
    agency.ticket("CRE")
    agency.ask("/counters/11/next")
    agency.ask("/counters/11/start")
    with windows(chromium, *REFUSED) as opened:
        page, chief = desk(opened, agency, CASHIER), desk(opened, agency, CHIEF)
        count_the_float(page)
        payer = the_payer_s_screen(page)
        a_known_payer_pays(page, payer)
        the_certificate_knows_of_it(page)
        another_gets_change(page, payer)
        agency.ask("/counters/11/finish")
        the_drawer_is_counted_blind(page)
        chief.goto("/desk/cash")
        expect(chief.locator(".decide")).to_contain_text("IBARA")
        chief.get_by_label("Code du téléphone").fill("000000")
        chief.get_by_role("button", name="Approuver").click()
        expect(chief.locator(".notice.bad")).to_contain_text("Ce code n'est pas le bon")
        chief.get_by_label("Code du téléphone").fill(agency.telephone.shows())
        chief.get_by_role("button", name="Approuver").click()
        expect(chief.locator("tfoot .number")).to_have_text("159\u202f128")


def count_the_float(page):
    """Enter goes from one denomination to the next, as the hand does."""
    page.goto("/desk/cash")
    expect(page.locator("#n10000")).to_be_focused()
    for count in ("4", "2"):
        page.keyboard.type(count)
        page.keyboard.press("Enter")
    expect(page.locator("[data-total]")).to_have_text("50\u202f000")
    page.get_by_role("button", name="Ouvrir la caisse").click()
    expect(page.locator("#q")).to_be_focused()
    page.wait_for_load_state("networkidle")


def the_payer_s_screen(page):
    """A window of its own on the second screen: empty while nobody pays."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Écran du payeur").click()
    payer = opened.value
    payer.set_viewport_size({"width": 1280, "height": 800})
    expect(payer.locator("#agency")).to_be_visible()
    for figure in ("#due", "#given", "#back"):
        expect(payer.locator(figure)).to_be_hidden()
    page.bring_to_front()
    page.goto("/desk/cash")
    return payer


def a_known_payer_pays(page, payer):
    """From the number to the receipt, counted in keystrokes."""
    keys = Keys(page)
    keys.type("9000002")
    keys.press("Enter")
    expect(page.locator("#tendered")).to_be_focused()
    expect(page.locator("[data-due]")).to_have_text("134\u202f848")
    expect(payer.locator("#due")).to_contain_text("À payer To pay")
    expect(payer.locator("#due b")).to_have_text("134\u202f848")
    assert "Loemba" not in payer.content(), "no name"
    keys.press("Enter")
    expect(page.locator(".one .label")).to_have_text(re.compile(r"C01-\d{4}-000001"))
    assert keys.count <= MOST_KEYS
    expect(payer.locator("#due")).to_contain_text("Payé")
    expect(payer.locator("#back")).to_be_hidden()
    expect(page.get_by_role("button", name="Imprimer le reçu")).to_be_focused()
    expect(page.locator("#thread")).to_contain_text("134\u202f848 FCFA")
    form = page.locator("form[data-print]")
    fields = {name: form.locator(f"[name={name}]").input_value() for name in ("key", "csrf")}
    paper = page.context.request.post(form.get_attribute("action"), form=fields)
    assert (paper.status, paper.headers["content-type"], paper.body()[:5]) == (200, "application/pdf", b"%PDF-")


def the_certificate_knows_of_it(page):
    """The debt is paid here: a clearance certificate is given at once, though central data hear of it at night."""
    page.get_by_role("button", name="Certificat de non-redevance").click()
    expect(page.locator(".one .label")).to_have_text(re.compile(r"ATT-\d{4}-000001"))
    expect(page.locator("#thread")).to_contain_text("ATT-")


def another_gets_change(page, payer):
    """Wages are turned into what they owe while they are typed; change is said before and after."""
    page.goto("/desk/cash?ref=E1")
    page.locator("[name='period.0']").fill("03/2030")
    page.locator("[name='wages.0']").fill("100 000")
    expect(page.locator("[data-due]")).to_have_text("24\u202f280")
    page.locator("#tendered").fill("20000")
    expect(page.locator(".back.short [data-change]")).to_have_text("4\u202f280")
    expect(payer.locator("#back.short")).to_contain_text("Il manque")
    page.locator("#tendered").fill("25000")
    expect(page.locator("[data-change]")).to_have_text("720")
    expect(payer.locator("#back:not(.short)")).to_contain_text("À vous rendre")
    expect(payer.locator("#given b")).to_have_text("25\u202f000")
    page.keyboard.press("Enter")
    expect(page.locator(".give-back b")).to_have_text("720")
    expect(payer.locator("#back b")).to_have_text("720")


def the_drawer_is_counted_blind(page):
    """What should be there is told after the count; a difference is explained, and the closing proposed."""
    page.goto("/desk/cash/close")
    assert "209\u202f128" not in page.content(), "nothing is told before it is counted"
    for code, count in (("n10000", "20"), ("n5000", "1"), ("n2000", "2"), ("c100", "1")):
        page.locator(f"#{code}").fill(count)
    page.get_by_role("button", name="J'ai compté").click()
    expect(page.locator(".balance .bad dd")).to_have_text("−28")
    page.locator("#motive").select_option("change")
    page.locator("#note").fill("Rendu de trop.")
    page.get_by_role("button", name="Proposer l'arrêté").click()
    expect(page.locator(".notice.warn")).to_contain_text("L'arrêté est proposé.")


def test_the_tab_ships_little(chromium, agency):
    with windows(chromium, *REFUSED) as opened:
        page = desk(opened, agency, CHIEF)
        shipped = weighed(page)
        page.goto("/desk/cash/control")
        page.wait_for_load_state("networkidle")
        assert 0 < sum(shipped.values()) < SHIPPED_BYTES
