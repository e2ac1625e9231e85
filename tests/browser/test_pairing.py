"""Boxes that the hub does not know, paired on their own screens by an administrator who stands before them.

Kiosk and panel are the product's processes, the waiting room's screen and the desk's panel pages in Chromium; what they
had for a token is taken away, then given again by the code that each of them shows.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from hub.agents.rules import RENEW_MS
from hub.store import DATABASE
from tests.agency import opened, until
from tests.patience import patience
from tests.windows import REFUSED, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CODE = re.compile(r"[A-Z]{4}-?[0-9]{4}")
CUT_S, SOON_S, SOON_MS = 2.0, 12.0, 12_000


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("agency")) as running:
        yield running


@pytest.fixture
def hall(chromium, agency):
    """The administrator's page of devices, and windows for screens."""
    with windows(chromium, *REFUSED) as opened_windows:
        page = opened_windows.open(viewport={"width": 1366, "height": 768})
        page.goto(f"{agency.url}/demo/agent/00001A?to=/devices")
        yield SimpleNamespace(agency=agency, page=page, open=opened_windows.open)


def revoke(hall, name):
    """The administrator turns a box away; when they did."""
    row = hall.page.locator("tr", has=hall.page.get_by_text(name, exact=True))
    row.locator("summary").click()
    began = time.monotonic()
    row.get_by_role("button", name="Oui, le retirer").click()
    expect(row).to_have_count(0)
    return began


def confirm(hall, code, name):
    """The administrator types what they read."""
    hall.page.get_by_label("Code montré").fill(code)
    hall.page.get_by_label("Nom à lui donner").fill(name)
    hall.page.get_by_role("button", name="Appairer").click()
    expect(hall.page.get_by_text(f"{name} est appairé")).to_be_visible()


#: Sooner than this a button that is pressed again is a hand that trembles.
AGAIN_S = 2.2


@pytest.mark.nightly
def test_a_kiosk_shows_its_code_on_its_own_page_and_gives_the_hub_s_numbers_again(hall, note):
    agency = hall.agency
    screen = hall.open(viewport={"width": 1080, "height": 1920})
    screen.goto(f"http://127.0.0.1:{agency.settings.kiosk.screen_port}/")
    took = until_cut(agency, "kiosk", revoke(hall, "K1"))
    said = screen.locator("#notes", has_text="Borne pas encore reconnue")
    expect(said).to_be_visible(timeout=patience(SOON_MS))
    agency.press("DEP")  # the visitor has not come for our tokens
    until(agency.slips, SOON_S, "a paper of the kiosk's own")
    assert agency.slips()[-1].startswith("K1-")
    confirm(hall, CODE.search(said.inner_text())[0], "K1")
    expect(said).to_have_count(0, timeout=patience(SOON_MS))
    for papers in range(2, 5):  # a busy hub may be late for one of them
        time.sleep(AGAIN_S)
        agency.press("DEP")
        until(lambda papers=papers: len(agency.slips()) == papers, SOON_S, "a paper")
        if agency.slips()[-1].startswith("D0"):
            break
    assert agency.slips()[-1].startswith("D0")
    note(f"a kiosk's process was cut {took * 1000:.0f} ms after its revocation was clicked")


@pytest.mark.nightly
def test_a_physical_panel_shows_its_code_on_its_number_display(hall, note):
    agency = hall.agency
    took = until_cut(agency, "panel", revoke(hall, "P1"))
    until(lambda: CODE.fullmatch(agency.number_shown("05")), SOON_S, "a code on the display")
    confirm(hall, agency.number_shown("05"), "P1")
    until(lambda: not CODE.fullmatch(agency.number_shown("05")), SOON_S, "the counter's face again")
    agency.panel_key("05", "next")
    note(f"a panel's process was cut {took * 1000:.0f} ms after its revocation was clicked")


def until_cut(agency, box, began):
    """How long after the click the box's line was down, by its own account."""
    until(lambda: "the line broke" in agency.log(box), CUT_S, f"the {box}'s line is cut")
    took = time.monotonic() - began
    assert took <= patience(CUT_S)
    return took


@pytest.mark.thinned(2)
@pytest.mark.parametrize(
    ("path", "size", "alive"),
    [
        ("/display", {"width": 1920, "height": 1080}, "body[data-scene=quiet]"),
        ("/panel", {"width": 1280, "height": 800}, "#choose"),
    ],
)
def test_a_screen_in_a_browser_shows_its_code_keeps_its_token_and_loses_it_within_two_seconds(
    hall, note, path, size, alive
):
    name, screen, cut = f"NEW-{path[1:].upper()}", hall.open(viewport=size), []
    screen.on("websocket", lambda line: line.on("close", lambda _: cut.append(time.monotonic())))
    screen.goto(hall.agency.url + path)
    expect(screen.locator(".pairing")).to_have_text(CODE, timeout=patience(SOON_MS))
    confirm(hall, screen.locator(".pairing").inner_text(), name)
    expect(screen.locator(alive)).to_be_visible(timeout=patience(SOON_MS))
    screen.reload()
    expect(screen.locator(alive)).to_be_visible(timeout=patience(SOON_MS))
    cut.clear()
    began = revoke(hall, name)
    expect(screen.locator(".pairing")).to_have_text(CODE, timeout=patience(SOON_MS))
    assert cut[0] - began <= patience(CUT_S)
    note(f"{path} was cut {(cut[0] - began) * 1000:.0f} ms after its revocation was clicked")


@pytest.mark.nightly
def test_a_screen_in_a_browser_comes_back_with_the_token_of_its_next_year(hall):
    """Two minutes after it was told, when the browser has surely written it down; the old one opens until then."""
    screen = hall.open(viewport={"width": 1920, "height": 1080})
    screen.clock.install()
    screen.goto(f"{hall.agency.url}/display")
    expect(screen.locator(".pairing")).to_have_text(CODE, timeout=SOON_MS)
    confirm(hall, screen.locator(".pairing").inner_text(), "NEW-YEAR")
    alive = screen.locator("body[data-scene=quiet]")
    expect(alive).to_be_visible(timeout=SOON_MS)
    old = screen.evaluate(KEPT)
    with closing(sqlite3.connect(hall.agency.folder / "data" / DATABASE)) as file, file:
        file.execute("UPDATE device_token SET born_at = born_at - ? WHERE device = 'NEW-YEAR'", (RENEW_MS,))
    screen.reload()
    screen.wait_for_function(f"() => ({KEPT}) !== '{old}'", timeout=SOON_MS)
    expect(alive).to_be_visible(timeout=SOON_MS)
    assert "device_token_renewed" not in kinds(hall.agency)
    screen.clock.fast_forward(121_000)
    until(lambda: "device_token_renewed" in kinds(hall.agency), SOON_S, "the new token is heard")
    expect(alive).to_be_visible(timeout=SOON_MS)
    screen.reload()
    expect(alive).to_be_visible(timeout=SOON_MS)


KEPT = "localStorage.getItem('mbote.token /display')"


def kinds(agency):
    return [entry["kind"] for entry in agency.journal()]
