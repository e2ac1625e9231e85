"""The board as the hub's own process serves it: `mbote hub` with all its rooms, nothing stood in for."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from hub.agents import actions as agents
from hub.agents import cookie, second_factor
from hub.ask import HUB, Actor, Ask
from hub.rooms import open_hub
from tests.hub.desk.house import new_house
from tests.hub.supervision.conftest import SIZE
from tests.patience import patience

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SUPERVISOR = "00411A"


@pytest.fixture
def real(tmp_path):
    """The hub's process, a clerk, and a supervisor who is signed in."""
    house = new_house(tmp_path / "house").prepare()
    hub = open_hub(house.settings)
    agents.add_agent(hub, Ask(HUB), code=SUPERVISOR, name="NGOMA Clarisse", roles=["supervisor"])
    issued = agents.reset_code(hub, Ask(HUB), code=SUPERVISOR)["one_shot"]
    agents.sign_in(hub, Ask(HUB), code=SUPERVISOR, secret=issued)
    agents.choose_secret(hub, Ask(Actor(agent=SUPERVISOR)), secret="une phrase facile a retenir", current=issued)
    house.sessions[SUPERVISOR] = second_factor.vouched(hub, Ask(HUB), SUPERVISOR)
    hub.store.close()
    house.start()
    yield house
    house.kill()


def test_the_whole_hub_tells_its_supervisor(real, chromium):
    window = chromium.new_context(viewport=SIZE, base_url=real.url, locale="fr-FR")
    window.add_cookies([{"name": cookie._PLAIN, "value": real.sessions[SUPERVISOR], "url": real.url}])
    page = window.new_page()
    page.goto("/supervision")
    expect(page.locator("#close-button")).to_be_enabled()
    assert real.ticket("DEP") == "D001"
    expect(page.locator("#alert-list")).to_contain_text("Dépôt de pièces : aucun guichet ouvert, 1 personne attend.")
    real.sit("00902F", "05")
    real.ask("/counters/05/next")
    expect(page.locator('#tiles [data-name="05"]')).to_contain_text("D001")
    expect(page.locator("#alerts-none")).to_be_visible()
    # a restart: the day's figures are there again, without a reload
    real.kill()
    expect(page.locator("#lost")).to_be_visible(timeout=patience(15_000))
    real.start()
    expect(page.locator("#lost")).to_be_hidden(timeout=patience(15_000))
    expect(page.locator('#tiles [data-name="05"]')).to_contain_text("D001")
    window.close()
