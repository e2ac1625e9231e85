"""A clerk's hand stays on the keyboard from a name to a certificate, and from a complaint to its number."""

import re
import shutil
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.hub.desk.house import new_house
from tests.hub.services.house import BAKER, DEBTOR, House
from tests.windows import REFUSED, weighed, windows

pytestmark = pytest.mark.browser
ROSE = "01016E"
SHIPPED_BYTES = 250_000  # P26


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    """A real hub in its own process, with the central data of two employers."""
    folder = tmp_path_factory.mktemp("papers")
    now = datetime.now(UTC).replace(microsecond=0)
    central = House(folder / "central", now, ("certificate",))
    quarters = [f"{year}-T{part}" for year in (now.year - 1, now.year) for part in (1, 2, 3, 4)]
    central.import_("employers", BAKER, DEBTOR)
    rows = [central.period("E1", each) for each in quarters]
    rows += [central.period("E2", each, paid=0 if each == f"{now.year - 1}-T2" else 134_848) for each in quarters]
    central.import_("contributions", *rows)
    central.close()
    built = new_house(folder / "house", ("reception", "certificate", "request")).prepare()
    shutil.copy(central.data / "people.db", built.settings.path(built.settings.hub.data))
    built.start()
    yield built
    built.kill()


@pytest.fixture
def desk(chromium, agency):
    agency.sit(ROSE, "02")
    agency.clear("02")
    agency.ticket("RAS")
    agency.ask("/counters/02/next")
    agency.ask("/counters/02/start")
    with windows(chromium, *REFUSED) as opened:
        page = opened.open(viewport={"width": 1366, "height": 768}, base_url=agency.url)
        page.context.add_cookies([agency.cookie(ROSE)])
        yield page


def test_from_a_name_to_a_certificate_without_the_mouse(desk):
    desk.goto("/desk/certificate")
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("garage loemba")
    expect(desk.locator("#hits a")).to_contain_text("Garage Loemba")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    refused = desk.locator(".refused", has_text="Certificat de non-redevance")
    expect(refused.locator(".why li")).to_have_text(re.compile(r"^2T \d{4} : 134\s848 dus$"))
    desk.wait_for_load_state("networkidle")
    desk.keyboard.press("/")
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("ngoma")
    expect(desk.locator("#hits a")).to_contain_text("Boulangerie Ngoma")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    first = desk.locator("#view .entry", has_text="Certificat de non-redevance").get_by_role("button", name="Délivrer")
    first.focus()
    desk.keyboard.press("Enter")
    label = desk.locator(".one .label")
    expect(label).to_have_text(re.compile(r"ATT-\d{4}-000001"))
    expect(desk.get_by_role("button", name="Imprimer")).to_be_focused()
    expect(desk.locator("#thread")).to_contain_text("délivrée")
    number = label.text_content()
    form = desk.locator("form[data-print]")
    fields = {name: form.locator(f"[name={name}]").input_value() for name in ("key", "csrf")}
    paper = desk.context.request.post(form.get_attribute("action"), form=fields)
    assert (paper.status, paper.headers["content-type"], paper.body()[:5]) == (200, "application/pdf", b"%PDF-")
    desk.goto("/desk/certificate")
    desk.locator("#check-code").fill(number)
    desk.keyboard.press("Enter")
    expect(desk.locator(".verdict .said")).to_contain_text("Authentique et valable.")


@pytest.mark.nightly
def test_who_is_not_convinced_leaves_with_a_number_and_nothing_typed_is_lost(desk):
    desk.goto("/desk/request")
    desk.wait_for_load_state("networkidle")
    desk.keyboard.press("n")
    desk.wait_for_url("**/desk/request/new")
    desk.wait_for_load_state("networkidle")  # a hand is slower than the script that keeps what it types
    desk.locator("#visitor").fill("BAMOU Jérôme")
    desk.locator("#reason").select_option("missing_months")
    desk.locator("#text").fill("Il manque trois mois.")
    desk.reload()
    expect(desk.locator("#text")).to_have_value("Il manque trois mois.")
    desk.locator("button[name=send_on]").click()
    expect(desk.locator("#request-form .error")).to_have_text("Dites pourquoi.")
    desk.wait_for_load_state("networkidle")  # what was kept is filled in again by then
    expect(desk.locator("#text")).to_have_value("Il manque trois mois.")
    desk.locator("#why").select_option("not_convinced")
    desk.locator("#service").select_option("24")
    desk.locator("button[name=send_on]").click()
    expect(desk.locator(".one .label")).to_have_text(re.compile(r"REQ-\d{4}-000001"))
    expect(desk.locator("#thread")).to_contain_text("transmise")
    desk.goto("/desk/request/new")
    expect(desk.locator("#text")).to_have_value("")


def test_the_tabs_ship_little(desk):
    shipped = weighed(desk)
    for page in ("/desk/certificate", "/desk/request"):
        shipped.clear()
        desk.goto(page)
        desk.wait_for_load_state("networkidle")
        assert 0 < sum(shipped.values()) < SHIPPED_BYTES
