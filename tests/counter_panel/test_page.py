"""The panel in a browser: what is offered, what is asked, what is said."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.look.fixtures import quiet_page
from tests.look.pictures import calling, counters, face, serving

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
CLOSED = face("05", "closed", agent_name=None, next_actions=("open",))


@pytest.fixture
def panel(hub, page):
    class Panel:
        def __init__(self):
            self.hub, self.page, self.seq = hub, page, 0

        def tell(self, *faces, **changes):
            self.seq += 1
            hub.show("counters", counters(*faces, seq=self.seq, **changes))

        def open(self, *faces, **changes):
            self.tell(*faces, **changes)
            page.goto("/panel#T")
            return self

        def key(self, step):
            return page.locator(f"#others [data-step={step}]")

        default = property(lambda _: page.locator("#default"))
        toast = property(lambda _: page.locator(".toast"))

    page.set_viewport_size({"width": 1366, "height": 768})
    return Panel()


@pytest.mark.thinned(2)
@pytest.mark.parametrize(
    ("one", "default", "enabled"),
    [
        (face(), "next", set()),
        (calling(), "start", {"recall", "no_show", "start"}),
        (calling(next_actions=("no_show", "start", "release")), "no_show", {"no_show", "start"}),
        (serving(), "finish", {"hold", "transfer", "finish"}),
        (face(state="paused", next_actions=("unpause", "close")), "unpause", set()),
        (CLOSED, "open", set()),
    ],
)
def test_what_the_hub_says_comes_first_is_biggest(panel, one, default, enabled):
    panel.open(one)
    expect(panel.default).to_have_attribute("data-step", default)
    expect(panel.default).to_be_enabled()
    found = {
        step for step in ("recall", "no_show", "start", "hold", "transfer", "finish") if panel.key(step).is_enabled()
    }
    assert found == enabled
    assert panel.default.bounding_box()["height"] > panel.key("recall").bounding_box()["height"]


def test_the_ticket_why_it_and_how_long(panel):
    panel.open(calling())
    expect(panel.page.locator("#ticket")).to_have_text("D002")
    expect(panel.page.locator("#state")).to_have_text("Appelé 2 fois")
    expect(panel.page.locator("#why")).to_have_text("RDV 09:30")
    expect(panel.page.locator("#waited")).to_have_text("a attendu 18 min")
    expect(panel.page.locator("#queue")).to_have_text("7 personnes attendent, depuis 18 min")
    expect(panel.page.locator("#elapsed")).to_have_text("00:13")  # it counts


KEYS = [("F2", "next"), ("F3", "recall"), ("F4", "no_show"), ("F5", "start"), ("F8", "finish")]


@pytest.mark.thinned(2)
@pytest.mark.parametrize(("key", "step"), KEYS)
def test_each_key_asks_for_its_step(panel, key, step):
    panel.open(face(next_actions=tuple(step for _, step in KEYS)))
    expect(panel.default).to_be_enabled()
    panel.page.keyboard.press(key)
    asked = panel.hub.wait_for_asks(1)[0]
    assert (asked["what"], asked["counter"], len(asked["key"])) == (step, "05", 32)
    expect(panel.page.locator(f"[data-step={step}] kbd").first).to_have_text(key)


def test_the_browser_s_own_use_of_the_keys_is_prevented_even_when_nothing_can_be_pressed(panel):
    panel.open(CLOSED)
    expect(panel.default).to_be_enabled()
    prevented = panel.page.evaluate(
        """() => ["F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"].filter((key) => !dispatchEvent(
             new KeyboardEvent("keydown", { key, cancelable: true, repeat: true })))"""
    )
    assert prevented == [f"F{number}" for number in range(2, 9)]
    assert panel.hub.asks == []


def test_a_key_held_down_asks_once(panel):
    panel.open(face())
    expect(panel.default).to_be_enabled()
    panel.page.keyboard.down("F2")
    panel.page.keyboard.down("F2")
    panel.page.keyboard.down("F2")
    panel.hub.wait_for_asks(1)
    expect(panel.default).to_be_enabled()
    assert len(panel.hub.asks) == 1


def test_nobody_to_call_is_said_in_the_hub_s_words(panel):
    panel.hub.answer = lambda _: {"ticket": None, "why": "personne n'attend"}
    panel.open(face())
    panel.default.click()
    expect(panel.toast).to_have_text("personne n'attend")


def test_a_refusal_is_said_in_the_language_of_the_page(panel):
    panel.hub.answer = lambda _: {"error": {"code": "too_soon", "message": "wait 7 s more", "retry_s": 7}}
    panel.open(calling())
    panel.key("recall").click()
    expect(panel.toast).to_have_text("Trop tôt : attendez encore 7 s.")


def test_a_refusal_without_a_word_of_its_own_is_said_as_it_came(panel):
    panel.hub.answer = lambda _: {"error": {"code": "new_rule", "message": "the moon is full"}}
    panel.open(calling())
    panel.key("recall").click()
    expect(panel.toast).to_have_text("the moon is full")


def test_a_closed_counter_is_opened_with_a_code_and_what_was_typed_stays(panel):
    panel.hub.answer = lambda asked: (
        {"error": {"code": "unknown_agent", "message": "?"}} if asked["agent"] != "01016E" else {"counter": {}}
    )
    panel.open(CLOSED)
    panel.default.click()
    code = panel.page.locator("#agent-code")
    expect(code).to_be_focused()
    code.fill("01016f")
    code.press("Enter")
    expect(panel.page.locator("#agent-error")).to_have_text("Ce code n'est pas connu.")
    expect(code).to_have_value("01016f")
    code.fill("01016e")
    code.press("Enter")
    expect(panel.page.locator("#open-dialog")).to_be_hidden()
    asked = panel.hub.asks[-1]
    assert (asked["what"], asked["counter"], asked["agent"], "take_over" in asked) == ("open", "05", "01016E", False)


def test_a_place_that_is_taken_is_taken_over_when_asked_twice(panel):
    panel.hub.answer = lambda asked: (
        {"counter": {}} if asked.get("take_over") else {"error": {"code": "agent_elsewhere", "message": "at 06"}}
    )
    panel.open(CLOSED)
    panel.default.click()
    panel.page.locator("#agent-code").fill("01016E")
    send = panel.page.locator("#open-dialog [type=submit]")
    send.click()
    expect(panel.page.locator("#agent-error")).to_contain_text("Appuyez encore")
    send.click()
    expect(panel.page.locator("#open-dialog")).to_be_hidden()
    assert [asked.get("take_over") for asked in panel.hub.asks] == [None, True]


def test_a_transfer_says_where_to_and_why(panel):
    panel.open(serving())
    expect(panel.default).to_be_enabled()
    panel.page.keyboard.press("F7")
    dialog = panel.page.locator("#transfer-dialog")
    dialog.locator("[type=submit]").click()
    expect(dialog.locator(".error")).to_have_text("Choisissez un service.")
    dialog.get_by_text("Pensions").click()
    dialog.locator("[type=submit]").click()
    asked = panel.hub.wait_for_asks(1)[0]
    assert (asked["what"], asked["service"], asked["reason"]) == ("transfer", "PEN", "Autre service")
    expect(dialog).to_be_hidden()


def test_a_hold_says_why_in_one_touch(panel):
    panel.open(serving())
    panel.key("hold").click()
    panel.page.get_by_role("button", name="Photocopie").click()
    asked = panel.hub.wait_for_asks(1)[0]
    assert (asked["what"], asked["reason"]) == ("hold", "Photocopie")


def test_pause_is_in_the_menu(panel):
    panel.open(face())
    panel.page.locator("#menu summary").click()
    panel.page.locator("#menu [data-step=pause]").click()
    panel.page.get_by_role("button", name="Réunion").click()
    asked = panel.hub.wait_for_asks(1)[0]
    assert (asked["what"], asked["reason"]) == ("pause", "Réunion")


def test_undo_is_offered_for_sixty_seconds(panel):
    panel.page.clock.install()
    panel.open(face(next_actions=("next", "undo", "pause", "close"), elapsed_s=55))
    undo = panel.page.locator("#undo")
    expect(undo).to_be_visible()
    undo.click()
    assert panel.hub.wait_for_asks(1)[0]["what"] == "undo"
    expect(panel.toast).to_have_text("Annulé.")
    expect(undo).to_be_visible()
    panel.page.clock.run_for(5_000)
    expect(undo).to_be_hidden()


def test_several_counters_on_one_token_are_chosen_from(panel):
    panel.open(serving("05"), face("02"))
    tiles = panel.page.locator("#choose .tile")
    expect(tiles).to_have_count(2)
    tiles.nth(1).click()
    panel.default.click()
    assert panel.hub.wait_for_asks(1)[0]["counter"] == "02"
    panel.page.reload()
    expect(panel.page.locator("#code")).to_have_text("02")
    panel.page.locator("#change").click()
    expect(tiles).to_have_count(2)


def test_a_lost_hub_is_said_at_once_and_no_key_can_be_pressed(panel):
    panel.open(serving())
    expect(panel.default).to_be_enabled()
    panel.hub.pull_plug()
    expect(panel.page.locator("#link")).to_have_text("Liaison perdue : rien n'est envoyé.")
    expect(panel.default).to_be_disabled()
    panel.page.keyboard.press("F8")
    expect(panel.toast).to_contain_text("Le hub est absent")
    panel.hub.plug_in()
    expect(panel.default).to_be_enabled()
    assert panel.hub.asks == []


def test_before_the_day_is_open_the_panel_says_so(panel):
    panel.open(face("05", "closed", next_actions=("open",)), day=False)
    expect(panel.page.locator("#idle h2")).to_have_text("La journée n'est pas ouverte")


def test_a_panel_without_counter_and_one_that_is_not_known_say_what_to_do(panel):
    panel.open()
    expect(panel.page.locator("#rest p")).to_contain_text("mbote pair panel")
    panel.page.goto("/display")  # away, so that the hash is read anew
    panel.page.goto("/panel#WRONG")
    expect(panel.page.locator("#rest h2")).to_have_text("Ce pupitre n'est pas reconnu")
    expect(panel.page.locator(".pairing")).to_have_text("ABCD-2345")


SPILL = """() => {
  const boxes = [...document.querySelectorAll("body *")].filter((box) => box.checkVisibility() && !box.closest("svg"));
  const outside = ({ width, left, right }) => width > 0 && (left < -1 || right > innerWidth + 1);
  return boxes.filter((box) => outside(box.getBoundingClientRect())).map((box) => box.id || box.tagName);
}"""
SMALL = """() => [...document.querySelectorAll("main button")]
  .filter((key) => key.checkVisibility() && key.offsetHeight < 44).map((key) => key.textContent)"""


@pytest.mark.thinned(5)
@pytest.mark.parametrize("language", ["fr", "en", "ar"])
@pytest.mark.parametrize("one", [face(), calling(), serving(ticket="K1-007"), CLOSED], ids=lambda one: one.state)
def test_on_a_phone_everything_is_in_sight_and_under_the_thumb(chromium, hub, one, language):
    hub.show("counters", counters(one))
    for page in quiet_page(chromium, hub, PHONE, has_touch=True, is_mobile=True):
        page.goto(f"/panel?lang={language}#T")
        expect(page.locator("#default")).to_be_enabled()
        assert page.evaluate(SPILL) == []
        assert page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
        assert page.locator("#default").bounding_box()["y"] > PHONE["height"] / 3
        assert page.evaluate(SMALL) == []


@pytest.mark.thinned(5)
@pytest.mark.parametrize("key", ["", "F6", "F7"])
@pytest.mark.parametrize("one", [face(), calling(), serving(), CLOSED], ids=lambda one: one.state)
def test_everybody_can_use_it(panel, one, key):
    panel.open(one)
    expect(panel.default).to_be_enabled()
    if key:
        panel.page.keyboard.press(key)
    found = Axe().run(panel.page)
    assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []


@pytest.mark.thinned(2)
@pytest.mark.parametrize("payload", ["<img src=x onerror=alert(1)>", '"><svg/onload=alert(1)>'])
def test_words_from_outside_stay_words(panel, payload):
    panel.hub.answer = lambda _: {"error": {"code": payload, "message": payload}}
    evil = serving(payload, label=payload, agent_name=payload, reason=payload)
    panel.open(evil)
    expect(panel.page.locator("#agent")).to_have_text(payload)
    panel.default.click()
    expect(panel.toast).to_have_text(payload)
    assert panel.page.locator("main img").count() == 0
