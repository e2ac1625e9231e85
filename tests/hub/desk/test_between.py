"""Back-office work between two visitors, at the desk in a browser: offered, taken up, called back by those who come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.clock import ManualClock, SystemClock
from hub.queues import actions as queues
from hub.rooms import open_hub
from hub.services.request import actions as requests
from hub.services.request.actions import Asked
from tests.hub.desk.house import House, new_house

pytestmark = pytest.mark.browser

ROSE = "01016E"
#: So long ago Rose sat down, and nobody has come: longer than `blended.idle_min`.
IDLE_MIN = 5


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    """An agency whose hub starts when Rose has been idle for five minutes, and one letter waits to be answered."""
    clock = ManualClock(SystemClock().now().at - IDLE_MIN * 60_000)
    built = new_house(tmp_path_factory.mktemp("between"), ("reception", "request")).prepare(clock)
    hub = open_hub(built.settings, clock=clock)
    rose = Actor(agent=ROSE, roles=frozenset({"clerk"}))
    agents.change_agent(hub, Ask(HUB), code=ROSE, name="MABIALA Rose", roles=["clerk", "case_officer"])
    queues.open_counter(hub, Ask(rose, "sits down"), counter="05", agent=ROSE)
    asked = Asked(what="inquiry", reason="missing_months", text="Il manque trois mois.", visitor="BAMOU Jérôme")
    requests.send_on(hub, Ask(rose, "a letter"), asked=asked, why="not_convinced", service="24")
    hub.store.close()
    built.start()
    yield built
    built.kill()


def test_an_idle_agent_is_offered_a_letter_and_is_called_back_when_the_queue_passes_its_threshold(house, desk_of):
    rose = desk_of(ROSE)
    expect(rose.locator("#idle-what")).to_have_text("Personne n'attend")
    expect(rose.locator("#idle-more")).to_contain_text(": 1")
    assert Axe().run(rose).violations_count == 0
    rose.locator("#work").press("Enter")
    expect(rose).to_have_url(f"{house.url}/desk/request")
    expect(rose.locator("#strip-text")).to_contain_text("Rappel dès 3 personnes")
    for _ in range(2):
        house.ticket("DEP")
    expect(rose.locator("#strip-text")).to_contain_text("2 personnes")
    expect(rose.locator("#strip")).to_have_attribute("data-kind", "info")
    first = house.ask("/tickets", service="DEP")["label"]
    assert first.startswith("D")
    expect(rose.locator("#strip")).to_have_attribute("data-kind", "bad", timeout=20_000)
    expect(rose.locator("#strip-text")).to_contain_text("On vous rappelle au guichet")
    expect(rose.locator("#aloud")).to_contain_text("On vous rappelle au guichet")
    assert Axe().run(rose).violations_count == 0
    rose.keyboard.press("F2")
    expect(rose.locator("#ticket")).to_have_text("D001")
    expect(rose.locator("#strip-text")).not_to_contain_text("rappelle")
