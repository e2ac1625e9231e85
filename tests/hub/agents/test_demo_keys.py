"""In a demo, the pages that ask who somebody is tell what opens them: to those alone who still have the demo's keys."""

import re

import pytest

from hub.agents import actions, pages, second_factor, sessions
from hub.app import Rooms, create_app
from hub.ask import HUB, Actor, Ask
from hub.bench.rig import free_port
from hub.demo import keys
from hub.demo.agency import prepare
from hub.demo.pages import pages as demo_pages
from hub.rooms import open_hub
from hub.settings_files import load_settings
from tests.hub.agents.test_pages import Browser, text

pytestmark = pytest.mark.slow  # real files


@pytest.fixture
def browser(hub, tmp_path):
    rooms = (pages.pages(hub, dict), demo_pages(hub, {"folder": tmp_path}))
    made = create_app(hub, Rooms(pages=rooms, board=dict, statistics=dict))
    made.testing = True
    return Browser(made)


@pytest.fixture
def director(people):
    """Somebody whom the demo has hired: its secret, and a telephone that nobody has."""
    people.choose(people.sign_in("00001A", people.add("00001A", "admin"))["session"], keys.SECRET)
    assert keys.telephone(people.hub, "00001A") == keys.telephone(people.hub, "00001A")
    return "00001A"


def told(page) -> bool:
    """Whether the secret is told, and the chair offered that needs none."""
    said = page.get_data(as_text=True)
    assert (keys.SECRET in text(page)) == ("/demo/agent/00001A" in said)
    return keys.SECRET in text(page)


def come_in(browser) -> None:
    assert browser.sign_in("00001A", keys.SECRET).location == "/second?next="
    (code,) = re.findall(r"Il affiche (\d{6})", text(browser.get("/second")))
    assert browser.post("/second", factor=code).status_code == 303


def test_whoever_has_the_demos_secret_is_told_it_at_each_lock(people, browser, director):
    come_in(browser)
    assert told(browser.get("/agents")), "on the cover of a page that locks"
    sessions.lock(people.hub, browser.session)
    assert told(browser.get("/locked"))


def test_whoever_chose_another_is_told_nothing(people, browser, director):
    come_in(browser)
    people.choose(browser.session, people.SECRET, current=keys.SECRET)
    browser.sign_in("00001A", people.SECRET)
    assert browser.post("/second", factor=keys.shown(people.hub, director)).status_code == 303
    assert not told(browser.get("/agents"))
    sessions.lock(people.hub, browser.session)
    assert not told(browser.get("/locked"))


def test_a_telephone_of_ones_own_is_not_read_aloud(people, browser, director):
    one_shot = second_factor.forget(people.hub, Ask(HUB), code=director)["one_shot"]
    people.enrol(people.choose(people.sign_in(director, one_shot)["session"], keys.SECRET))
    people.clock.advance(seconds=60)
    browser.sign_in(director, keys.SECRET)
    said = text(browser.get("/second"))
    assert "Code du téléphone" in said
    assert not re.search(r"\d{6}", said)
    assert keys.telephone(people.hub, director) is None, "nor written into demo.json"


def test_a_demo_taken_up_again_writes_down_no_secret_that_is_not_theirs(tmp_path):
    code, *_ = (agent["code"] for agent in prepare(tmp_path, free_port()).agents)
    hub = open_hub(load_settings(tmp_path / "config"))
    actions.choose_secret(hub, Ask(Actor(agent=code)), secret="un secret bien a moi", current=keys.SECRET)
    hub.store.close()
    told = {agent["code"]: agent["password"] for agent in prepare(tmp_path, free_port()).agents}
    assert told.pop(code) is None
    assert set(told.values()) == {keys.SECRET}
