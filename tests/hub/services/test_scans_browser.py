"""Scans in a real browser: files given at a row, seen beside it, placed by hand; the console stays empty."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.rooms import open_hub
from hub.services.deposit import actions, store
from hub.services.deposit import model as m
from tests.hub.desk.house import new_house
from tests.hub.services.scanner import jpeg, one_page, pdf
from tests.windows import REFUSED, windows

pytestmark = pytest.mark.browser
ROSE, SYLVIE = "01016E", "01101G"
SIZE = {"width": 1366, "height": 768}


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    """A real hub in its own process with one deposit of three documents."""
    folder = tmp_path_factory.mktemp("scans")
    built = new_house(folder / "house", ("reception", "deposit")).prepare()
    hub = open_hub(built.settings)
    agents.add_agent(hub, Ask(HUB), code=SYLVIE, name="MOUKALA Sylvie", roles=["validator"])
    built.sessions[SYLVIE] = built._session(hub, SYLVIE)
    rose = Actor(agent=ROSE, roles=frozenset({"clerk"}))
    rows = tuple(
        m.Row(code, there=True, issued="010126", about=about)
        for code, about in (("0301", ""), ("0309", ""), ("0310", ""))
    )
    person = m.Concerned("insured_person", "2133415888", "BAMOU Jérôme", reasons=(m.Reason("IJ", {}, rows),))
    draft = m.Draft(m.Depositor("BAMOU Jérôme"), concerned=(person,))
    number = actions.begin(hub, Ask(rose, "b"), channel="left", draft=draft)["deposit"]
    actions.deposit(hub, Ask(rose, "d"), deposit=number, draft=draft)
    built.label = store.deposit(hub.reader, number).label
    hub.store.close()
    built.start()
    yield built
    built.kill()


@pytest.fixture
def opened(chromium, agency):
    agency.sit(ROSE, "05")
    with windows(chromium, *REFUSED) as windows_of:
        yield windows_of


def desk_of(opened, agency, code):
    page = opened.open(viewport=SIZE, base_url=agency.url)
    page.context.add_cookies([agency.cookie(code)])
    return page


def shown(page, name):
    """A picture for whoever looks at the screens while they are made."""
    if folder := os.environ.get("MBOTE_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.nightly
def test_files_come_to_their_row_and_are_seen_beside_it_by_clerk_and_validator(opened, agency):
    page = desk_of(opened, agency, ROSE)
    page.goto(f"/desk/deposit?q={agency.label}")
    row = page.locator("tr[data-drop]").nth(1)
    row.locator("input[type=file]").set_input_files([
        {"name": "certificat.pdf", "mimeType": "application/pdf", "buffer": pdf("Certificat", "verso")},
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": jpeg("Photo")},
    ])  # fmt: skip
    expect(row.locator("a[data-scan]")).to_have_count(2)
    page.wait_for_load_state("load")
    page.keyboard.press("p")
    picture = page.locator("#preview img")
    expect(picture).to_be_visible()
    assert picture.evaluate(
        "async (image) => { await image.decode(); return [image.naturalWidth, image.naturalHeight] }"
    ) == [1240, 1755]
    page.keyboard.press("]")
    expect(page.locator("#preview .count")).to_have_text("2 / 2")
    shown(page, "deposit")
    page.keyboard.press("Escape")
    expect(page.locator("#preview")).to_be_hidden()
    row.locator("input[type=file]").set_input_files(
        {"name": "macro.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
    )
    expect(page.locator(".toasts")).to_contain_text("macro.svg : Ce n'est ni un PDF, ni un JPEG, ni un PNG.")
    shown(page, "refused")
    large = {"name": "lourd.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7" + bytes(10 * 1024 * 1024)}
    row.locator("input[type=file]").set_input_files(large)
    expect(page.locator(".toasts")).to_contain_text("lourd.pdf : Ce fichier dépasse 10 Mo")
    agency.sit(SYLVIE, "26")
    validator = desk_of(opened, agency, SYLVIE)
    validator.goto("/desk/deposit/validation")
    validator.wait_for_load_state("load")
    validator.get_by_role("checkbox", name="Tout cocher").check()
    expect(validator.locator("#ticked")).to_have_text("3")
    validator.get_by_role("checkbox", name="Tout cocher").uncheck()
    validator.keyboard.press("ArrowDown")
    validator.keyboard.press("p")
    expect(validator.locator("#preview img")).to_be_visible()
    validator.locator("#preview img").evaluate("(image) => image.decode()")
    shown(validator, "validation")
    validator.locator("#preview .open").click()
    with validator.expect_download() as taken:
        validator.get_by_role("button", name="Télécharger").click()
    assert re.fullmatch(r"[0-9a-f]{16}\.pdf", taken.value.suggested_filename)
    shown(validator, "scan")


@pytest.mark.nightly
def test_what_waits_is_placed_by_hand_and_a_dropped_file_is_not_opened(opened, agency):
    page = desk_of(opened, agency, ROSE)
    page.goto("/desk/deposit/scans")
    expect(page.get_by_text("Aucune numérisation n'attend.")).to_be_visible()
    shown(page, "nothing")
    flagged = one_page(root=b"/OpenAction << /S /JavaScript /JS (x) >>")
    page.locator("input[type=file]").set_input_files([
        {"name": "sans feuille.pdf", "mimeType": "application/pdf", "buffer": pdf("Sans feuille")},
        {"name": "vivant.pdf", "mimeType": "application/pdf", "buffer": flagged},
    ])  # fmt: skip
    expect(page.locator("a[data-scan]")).to_have_count(2)
    page.wait_for_load_state("load")
    page.locator("a[data-scan]").nth(1).click()
    expect(page.locator("#preview .flags")).to_contain_text("Un programme.")
    page.locator("#preview img").evaluate("(image) => image.decode()")
    shown(page, "waiting")
    first = page.locator("section.waiting").first
    first.locator("[name=number]").fill(agency.label)
    first.locator("[name=line]").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator("a[data-scan]")).to_have_count(1)
    page.goto(f"/desk/deposit?q={agency.label}")
    expect(page.locator("tr[data-drop]").nth(2).locator("a[data-scan]")).to_have_count(1)
