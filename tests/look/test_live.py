"""The live link, in a browser, on a wire that can be pulled."""

import threading

import pytest
from playwright.sync_api import expect

from tests.look.pictures import counters, face
from tests.patience import patience

pytestmark = pytest.mark.browser

ASK = """async ({ what, patience }) => {
  const { Link } = await import("/look/live.js");
  const link = new Link({ picture: "counters", token: "T", onPicture() {} });
  window.link = link;
  await new Promise((resolve) => { const look = () => (link.connected ? resolve() : setTimeout(look, 5)); look(); });
  try {
    return { answer: await link.ask(what, { counter: "05" }, { patience }) };
  } catch (error) {
    return { name: error.constructor.name, message: error.message, ...error };
  }
}"""


@pytest.fixture
def ask(hub, page):
    hub.show("counters", counters(face()))
    page.goto("/panel#T")

    def asked(what="next", patience=3_000):
        return page.evaluate(ASK, {"what": what, "patience": patience})

    return asked


def test_an_ask_is_answered(hub, ask):
    hub.answer = lambda asked: {"ticket": {"label": "D002"}, "why": asked["what"]}
    assert ask() == {"answer": {"ticket": {"label": "D002"}, "why": "next"}}
    assert len(hub.asks[0]["key"]) == 32


def test_a_refusal_keeps_its_code_and_facts(hub, ask):
    hub.answer = lambda _: {"error": {"code": "too_soon", "message": "wait", "retry_s": 7}}
    assert ask("recall") == {"name": "Refused", "code": "too_soon", "message": "wait", "facts": {"retry_s": 7}}


def test_an_ask_without_answer_is_repeated_under_its_key(hub, ask):
    """The first answer is lost on the way: the second, under the same key, is the same one."""

    def slow(_asked):
        if len(hub.asks) == 1:
            with hub.asked:
                hub.asked.wait_for(lambda: len(hub.asks) > 1, timeout=patience(5))
        return {"ticket": None}

    hub.answer = slow
    assert ask() == {"answer": {"ticket": None}}
    assert len(hub.asks) == 2
    assert len({asked["key"] for asked in hub.asks}) == 1


def test_after_its_patience_an_ask_says_that_it_does_not_know(hub, ask):
    thinking = threading.Event()
    hub.answer = lambda _: thinking.wait(10)
    assert ask(patience=300) == {"name": "Away", "message": "no answer", "sent": True}
    thinking.set()


def test_without_a_hub_nothing_is_sent_and_nothing_is_kept(hub, page, ask):
    ask()
    hub.pull_plug()
    page.wait_for_function("() => !window.link.connected")
    away = page.evaluate("() => window.link.ask('next').catch((error) => [error.constructor.name, error.sent])")
    assert away == ["Away", False]
    before = len(hub.asks)
    hub.plug_in()
    page.wait_for_function("() => window.link.connected")
    page.evaluate("() => window.link.ask('recall')")
    assert [asked["what"] for asked in hub.asks[before:]] == ["recall"]


def test_an_ask_under_way_when_the_line_breaks_is_asked_again_when_it_is_back(hub, page, ask):
    ask()
    hub.answer = lambda _: hub.pull_plug()
    page.evaluate("() => { window.result = window.link.ask('next', {}, { patience: 8000 }); }")
    page.wait_for_function("() => !window.link.connected")
    hub.answer = lambda _: {"ticket": None}
    hub.plug_in()
    assert page.evaluate("() => window.result") == {"ticket": None}
    assert hub.asks[-1]["key"] == hub.asks[-2]["key"]


def test_a_screen_that_comes_back_says_what_it_has_seen(hub, page):
    """A hub restored from a backup learns from it that it is behind."""
    shown = counters(face())
    hub.show("counters", shown)
    page.goto("/panel#T")
    page.wait_for_function("() => document.body.innerText.includes('05')")
    hub.pull_plug()
    before = len(hub.seen)
    hub.plug_in()
    with hub.asked:
        assert hub.asked.wait_for(lambda: len(hub.seen) > before, timeout=patience(10))
    assert (hub.seen[0], hub.seen[-1]) == (None, [shown.epoch, shown.seq])


@pytest.mark.parametrize(
    ("one", "other", "older"),
    [
        ((1, 5), (1, 6), True),
        ((1, 6), (1, 6), False),
        ((1, 7), (1, 6), False),
        ((1, 9), (2, 1), True),
        ((2, 1), (1, 9), False),
    ],
)
def test_pictures_are_ordered_by_epoch_then_by_sequence(still_page, one, other, older):
    found = still_page.evaluate(
        """async (pair) => {
          const [a, b] = pair.map(([epoch, seq]) => ({ epoch, seq }));
          return (await import("/look/live.js")).older(a, b);
        }""",
        [one, other],
    )
    assert found is older


def test_an_engine_ping_is_a_sign_of_life(hub, page):
    """An idle hub sends no picture for minutes; its pings alone keep the screen fresh."""
    hub.show("counters", counters(face()))
    page.clock.install()
    pings = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: pings.append(frame) if frame == "2" else None),
    )
    page.goto("/panel#T")
    expect(page.locator("#panel")).to_be_visible()
    for _ in range(3):
        page.clock.run_for(9_000)
        heard = len(pings)
        while len(pings) == heard:
            page.wait_for_timeout(20)  # the hub pings in real time
    expect(page.locator("#link")).to_be_hidden()


def test_a_screen_that_slept_is_right_again_with_the_first_ping(hub, page):
    """The connection held: no picture was missed, so none has to come."""
    hub.show("counters", counters(face()))
    page.clock.install()
    page.goto("/panel#T")
    expect(page.locator("#panel")).to_be_visible()
    page.evaluate(
        "() => { window.said = []; const see = () => window.said.push(document.querySelector('#link').hidden);"
        " new MutationObserver(see).observe(document.querySelector('#link'), { attributes: true }); }"
    )
    page.clock.run_for(11_000)
    expect(page.locator("#link")).to_be_hidden()
    assert page.evaluate("window.said") == [False, True]


def test_a_token_taken_away_is_said_and_one_given_again_is_taken(hub, page):
    hub.show("counters", counters(face()))
    page.goto("/panel#T")
    expect(page.locator("#panel")).to_be_visible()
    hub.turn_away()
    expect(page.locator("#link")).to_be_visible()
    hub.tokens.add("T")
    expect(page.locator("#link")).to_be_hidden(timeout=patience(12_000))
