"""The waiting-room screen in a real browser, as the room sees it."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hub.wire import BoardGroup, Sign
from tests.look.pictures import board, call, queues, shown
from tests.patience import patience
from tests.windows import weighed

pytestmark = pytest.mark.browser

D1, D2, D3 = (call(number, f"D00{number}", "05") for number in (1, 2, 3))
FIVE = [call(n, f"{letter}00{n}", f"0{n + 4}") for n, letter in ((5, "V"), (4, "P"), (3, "C"), (2, "A"), (1, "D"))]

#: Counts every play() by its address; what plays ends at once.
LISTEN = """
  window.played = [];
  HTMLMediaElement.prototype.play = function () {
    const name = new URL(this.src).pathname;
    if (window.held && !name.includes("nothing")) return Promise.reject(new DOMException("", "NotAllowedError"));
    if (!name.includes("silence")) window.played.push(name);
    queueMicrotask(() => this.dispatchEvent(new Event("ended")));
    return Promise.resolve();
  };
"""


@pytest.fixture
def room(hub, page):
    """The screen, and how to change what it is told."""

    class Room:
        def __init__(self):
            self.hub, self.page = hub, page
            self.seq = 0

        def tell(self, calls=(), rings=(), **changes):
            self.seq = changes.pop("seq", self.seq + 1)
            screen = changes.pop("screen", {})
            told = shown(board(self.seq, calls, rings, **changes), hub.settings, **screen)
            hub.show("board", told)
            return told

        def open(self, url="/display#T"):
            page.goto(url)
            return self

        large = property(lambda _: page.locator("#call .label"))
        counter = property(lambda _: page.locator("#call .code"))

        def previous(self):
            return page.locator("#previous li:not(.none) .label").all_inner_texts()

        def expect_scene(self, scene, **patience):
            expect(page.locator("body")).to_have_attribute("data-scene", scene, **patience)

    return Room()


def test_a_call_is_large_with_its_counter_arrow_and_place(room):
    room.tell()
    room.open().expect_scene("quiet")
    room.tell([replace(D1, counter_label="Dépôts")], [D1], screen={"arrows": {"05": "left"}})
    expect(room.large).to_have_text("D001")
    expect(room.counter).to_have_text("05")
    assert room.page.locator("#call .arrow use").get_attribute("href").endswith("#icon-arrow-left")
    assert room.page.locator("#call .note").inner_text().startswith("Dépôts · ")
    expect(room.page.locator("#call")).to_have_class("announce")
    expect(room.page.locator("#clock")).to_have_text("09:42")


def test_a_screen_speaks_its_own_language_and_one_that_its_address_names(room):
    """The hub says it with the first picture; French on the page until then, and the room is called in Arabic."""
    room.tell([D1], screen={"languages": ("ar", "fr")})
    room.open().expect_scene("call")
    expect(room.page.locator("html")).to_have_attribute("dir", "rtl")
    expect(room.large).to_have_text("D001")
    expect(room.page.locator("#call .note")).to_have_text("إيداع الأوراق · في المقابل")
    room.open("/display?lang=pt#T")
    expect(room.page.locator("html")).to_have_attribute("lang", "pt")
    expect(room.large).to_have_text("D001")


def test_calls_make_the_page_fetch_nothing(room):
    """Every icon is in the page from the start: an arrow is drawn on fifty screens without a word to the hub."""
    room.page.add_init_script(LISTEN)
    room.tell(queues=queues(3))
    room.open().expect_scene("quiet")
    room.page.wait_for_selector(".sprite", state="attached")
    fetched = []
    room.page.on("request", lambda asked: fetched.append(asked.url))
    for at, (number, direction) in enumerate(((1, "left"), (2, "right"), (3, "ahead"))):
        room.tell([call(number, f"D00{number}", "05")], screen={"arrows": {"05": direction}}, queues=queues(at + 1))
        expect(room.large).to_have_text(f"D00{number}")
    assert fetched == []


def test_five_at_once_take_turns_and_all_are_listed(room):
    room.page.clock.install()
    room.tell(FIVE, FIVE, screen={"minimum_s": 30})
    room.open()
    expect(room.large).to_have_text("D001")
    assert room.previous() == ["V005", "P004", "C003", "A002"]
    for label in ("A002", "C003", "P004", "V005"):
        room.page.clock.run_for(30_100)
        expect(room.large).to_have_text(label)
    room.page.clock.run_for(600_000)
    expect(room.large).to_have_text("V005")


def test_a_lost_link_is_said_after_ten_seconds_and_what_is_shown_is_not_in_sun(room):
    room.page.clock.install()
    room.tell([D2, D1], [D2])
    room.open().expect_scene("call")
    room.hub.pull_plug()
    room.page.clock.run_for(9_000)
    room.expect_scene("call")
    room.page.clock.run_for(1_500)
    room.expect_scene("lost")
    expect(room.page.locator("#rest h2")).to_have_text("Liaison perdue, écoutez l'agent")
    expect(room.page.locator("#call")).to_be_hidden()
    expect(room.page.locator("#previous .awaited")).to_have_count(0)
    assert room.previous() == ["D002", "D001"]
    assert room.page.locator("#queues-title").inner_text() == "En attente à 09:42"


def test_back_within_five_seconds_and_an_old_call_is_not_announced_as_new(room):
    room.page.add_init_script(LISTEN)
    room.page.clock.install()
    room.tell([D1], [D1])
    room.open().expect_scene("call")
    room.hub.pull_plug()
    room.page.clock.run_for(10_500)
    room.expect_scene("lost")
    room.tell([D2, D1])
    room.hub.plug_in()
    room.expect_scene("call", timeout=patience(5_000))
    expect(room.large).to_have_text("D002")
    expect(room.page.locator("#call")).not_to_have_class("announce")
    assert room.page.evaluate("played.length") == 1


def test_a_picture_older_than_what_is_shown_is_dropped(room):
    room.page.add_init_script(LISTEN)
    room.tell([D1], seq=9)
    room.open().expect_scene("call")
    room.tell([D2], [D2], seq=8)
    room.tell([D1], seq=9, message="Bonjour")
    expect(room.page.locator("#message")).to_have_text("Bonjour")
    expect(room.large).to_have_text("D001")
    assert room.page.evaluate("played") == []


def test_each_call_rings_once_through_reloads_and_reconnects(room):
    room.page.add_init_script(LISTEN)
    told = room.tell([D2, D1], [D2, D1])
    room.open()
    room.page.wait_for_function("() => window.played.length === 2")
    assert room.page.evaluate("played") == [told.rings[1].sound, told.rings[0].sound]
    room.page.reload()
    again = call(1, "D001", "05", repeat=2)
    told = room.tell([D2, again], [D2, D1, again])
    room.page.wait_for_function("() => window.played.length > 0")
    room.tell([D2, again], [D2, again], message="Bonjour")
    expect(room.page.locator("#message")).to_have_text("Bonjour")
    assert room.page.evaluate("played") == [told.rings[2].sound]


def test_a_voice_that_fails_leaves_the_gong(room):
    room.page.add_init_script(
        LISTEN.replace(
            "if (!name",
            "if (!/chime|silence/.test(name)) return Promise.reject(new Error('no such sound'));\n if (!name",
        )
    )
    room.tell([D1], [D1])
    room.open()
    room.page.wait_for_function("() => window.played.length === 1")
    assert room.page.evaluate("played") == ["/sound/chime.wav"]


def test_sound_that_the_browser_holds_back_asks_for_a_touch_and_then_rings(room):
    room.page.add_init_script(f"window.held = true; {LISTEN}")
    room.tell([D1], [D1])
    room.open()
    hint = room.page.locator("#sound")
    expect(hint).to_have_text("Touchez l'écran pour le son")
    room.page.evaluate("window.held = false")
    hint.click()
    expect(hint).to_be_hidden()
    room.page.wait_for_function("() => window.played.length === 1")


def test_what_rings_is_a_sound_that_this_browser_can_play(room):
    """Not with a made-up play(): the file itself, to its end."""
    told = room.tell([D1], [D1])
    room.open()
    expect(room.large).to_have_text("D001")
    ended = room.page.evaluate(
        """(url) => new Promise((resolve) => {
          const audio = new Audio(url);
          audio.addEventListener("ended", () => resolve("ended"));
          audio.addEventListener("error", () => resolve("error"));
          audio.play().catch((error) => resolve(error.name));
        })""",
        told.rings[0].sound,
    )
    assert ended == "ended"


@pytest.mark.parametrize(
    ("changes", "scene", "sentence"),
    [
        ({}, "quiet", "Prochain appel ici"),
        ({"day": False}, "closed", "L'agence est fermée"),
    ],
)
def test_an_empty_room_says_what_will_appear(room, changes, scene, sentence):
    room.tell(**changes)
    room.open().expect_scene(scene)
    expect(room.page.locator("#rest h2")).to_have_text(sentence)


def test_without_a_hub_at_load_the_screen_says_so_and_then_that_the_link_is_lost(room):
    room.page.clock.install()
    room.open().expect_scene("waiting")
    expect(room.page.locator("#rest h2")).to_have_text("Connexion au hub…")
    room.hub.pull_plug()
    room.page.clock.run_for(10_500)
    room.expect_scene("lost")


def test_a_screen_that_is_not_known_says_how_to_pair_it(room):
    room.open("/display#WRONG").expect_scene("refused")
    expect(room.page.locator("#rest p")).to_contain_text("Tapez ce code")
    expect(room.page.locator(".pairing")).to_have_text("ABCD-2345")


def test_once_its_code_was_typed_a_screen_comes_up_by_itself_and_knows_its_token_tomorrow(room):
    room.tell()
    room.open("/display#WRONG").expect_scene("refused")
    expect(room.page.locator(".pairing")).to_have_text("ABCD-2345")
    room.hub.paired = "T"
    room.expect_scene("quiet")
    room.page.evaluate("() => sessionStorage.clear()")
    room.page.reload()
    room.expect_scene("quiet")


def test_the_token_leaves_the_address(room):
    room.tell()
    room.open().expect_scene("quiet")
    assert room.page.url.endswith("/display")
    room.page.reload()
    room.expect_scene("quiet")


def test_a_queue_without_counter_says_so(room):
    room.tell(queues=queues(6))
    room.open()
    rows = room.page.locator("#queues li")
    expect(rows).to_have_count(6)
    assert rows.nth(0).locator(".range").inner_text() == "15 à 25 min"
    assert rows.nth(4).locator(".range").inner_text() == "Aucun guichet ouvert"
    assert rows.nth(5).locator(".range").inner_text() == "personne n'attend"


SIZES = """() => {
  const names = ["#call .label", "#call .code", "#call .note", "#previous .label", "#previous .word",
    "#queues .name", "#queues .range", "#message", "h1", "#queues-title"];
  const size = (name) => parseFloat(getComputedStyle(document.querySelector(name)).fontSize);
  return Object.fromEntries(names.map((name) => [name, size(name)]));
}"""
SPILL = """() => {
  const places = "body, main, aside, #call, #call > *, #call .label, #call .code, #previous li, #queues, #queues li";
  const spills = (box) => {
    const { left, top, right, bottom } = box.getBoundingClientRect();
    const outside = left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1;
    return outside || box.scrollWidth > box.clientWidth + 2;
  };
  const shown = [...document.querySelectorAll(places)].filter((box) => box.checkVisibility());
  return shown.filter(spills).map((box) => box.id || box.className || box.tagName);
}"""
HARD = [call(9, "K1-007", "08"), call(8, "WM888", "12"), call(7, "K2-106", "02", "serving"), *FIVE[:2]]


@pytest.mark.thinned(5)
@pytest.mark.parametrize("ticket", ["D002", "W888", "K1-007", "2", "WM88"])
@pytest.mark.parametrize("address", ["/display#T", "/display?lang=ar#T"])
def test_the_number_is_the_hero_and_nothing_spills(room, ticket, address):
    room.tell(
        [replace(HARD[0], ticket=ticket), *HARD[1:]],
        queues=queues(10),
        mode="appointments_only",
        message="Préparez " * 9,
    )
    room.open(address).expect_scene("call")
    size = room.page.evaluate(SIZES)
    assert size["#call .label"] >= 260
    assert size["#call .code"] >= 170
    assert size["#previous .label"] >= 64
    assert min(size.values()) >= 34
    assert room.page.evaluate(SPILL) == []


@pytest.mark.thinned(2)
@pytest.mark.parametrize("scene", ["call", "quiet", "closed", "lost"])
def test_everybody_can_read_it(room, scene):
    room.page.clock.install()
    room.tell([] if scene in ("quiet", "closed") else [D2, call(1, "A001", "02", "serving")], day=scene != "closed")
    room.open()
    if scene == "lost":
        room.expect_scene("call")
        room.hub.pull_plug()
        room.page.clock.run_for(10_500)
    room.expect_scene(scene)
    found = Axe().run(room.page)
    assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []


PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}",
]


@pytest.mark.thinned(5)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_words_from_outside_stay_words(room, payload):
    """T6: the fixture's page allows no dialog, no console error and no policy report."""
    evil = replace(call(1, payload, payload, "called"), counter_label=payload, note=payload)
    row = replace(queues(1)[0], label=payload, icon=payload)
    picture = replace(
        shown(board(1), room.hub.settings),
        calls=(evil, replace(evil, call=2)),
        agency=payload,
        message=payload,
        queues=(row,),
    )
    room.hub.show("board", picture)
    room.open().expect_scene("call")
    assert room.large.inner_text() == payload
    assert room.page.locator("#message").inner_text() == payload
    assert room.page.locator("main img, main script").count() == 0


def test_the_announcement_pulses_less_than_three_times_a_second_and_three_times_at_most(room):
    room.tell()
    room.open().expect_scene("quiet")
    room.tell([D1], [D1])
    call_box = room.page.locator("#call.announce")
    style = call_box.evaluate(
        "(box) => [getComputedStyle(box).animationDuration, getComputedStyle(box).animationIterationCount]"
    )
    assert float(style[0].removesuffix("s")) > 1 / 3
    assert style[1] == "3"


def test_the_page_is_light(room):
    shipped = weighed(room.page)
    room.tell()
    room.open().expect_scene("quiet")
    assert 0 < sum(shipped.values()) <= 150_000, shipped


def test_quiet_hours_are_seen_and_not_heard_and_softer_ones_are_softer(room):
    room.page.add_init_script(LISTEN.replace("window.played.push(name)", "window.played.push(name + this.volume)"))
    quiet = replace(shown(board(1, [D1], [D1]), room.hub.settings), volume=0)
    room.hub.show("board", quiet)
    room.open()
    expect(room.large).to_have_text("D001")
    room.hub.show("board", replace(shown(board(2, [D2, D1], [D2, D1]), room.hub.settings), volume=40))
    room.page.wait_for_function("() => window.played.length > 0")
    [heard] = room.page.evaluate("played")
    assert heard.endswith(".wav0.4"), "what was only shown is not rung later"


def test_a_screen_that_cannot_sound_says_so_before_the_first_call(room):
    room.page.add_init_script(
        "HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('', 'NotSupportedError'));"
    )
    room.tell()
    room.open().expect_scene("quiet")
    expect(room.page.locator("#mute")).to_have_text("Cet écran n'a pas de son")
    [asked] = room.hub.wait_for_asks(1)
    assert (asked["what"], asked["part"], asked["state"]) == ("trouble", "sound", "mute")
    room.tell(message="Bonjour")
    expect(room.page.locator("#message")).to_have_text("Bonjour")
    assert len(room.hub.asks) == 1, "told once"


# --- layouts -------------------------------------------------------------------------------------

#: How far away the letters of each place can be read on a screen of 43 inches (535 mm high), metres: the height of a
#: capital as it is drawn, times 150 (C.7).
READ_FROM = """(names) => Object.fromEntries(names.map((name) => {
  const pen = document.createElement("canvas").getContext("2d");
  const { fontSize, fontWeight, fontFamily } = getComputedStyle(document.querySelector(name));
  pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
  return [name, (pen.measureText("D").actualBoundingBoxAscent * 535 / 1080) * 150 / 1000];
}))"""
PLACES = ["#call .label", "#call .code", "#previous .label", "#previous .code"]
SIGN = Sign("05", "Dépôts de pièces", "calling")


def read_from(room, *places):
    room.page.evaluate("document.fonts.ready")
    return room.page.evaluate(READ_FROM, list(places))


@pytest.mark.thinned(2)
@pytest.mark.parametrize("layout", ["room", "calls", "pictures"])
def test_a_call_is_read_from_ten_metres_and_on_the_screen_of_calls_the_previous_ones_too(room, layout):
    room.tell(FIVE, queues=queues(9), screen={"layout": layout})
    room.open().expect_scene("call")
    metres = read_from(room, *PLACES)
    assert min(metres["#call .label"], metres["#call .code"]) >= 10, metres
    assert metres["#previous .label"] >= (10 if layout == "calls" else 3.5), metres
    assert room.page.evaluate(SPILL) == []


@pytest.mark.thinned(3)
@pytest.mark.parametrize("ticket", ["D002", "K1-007", "WM888"])
def test_a_sign_is_read_from_ten_metres(room, ticket):
    room.tell([call(1, ticket, "05")], sign=SIGN, screen={"layout": "sign", "counters": ("05",)})
    room.open().expect_scene("call")
    metres = read_from(room, "#sign .label", "#sign .code")
    assert min(metres.values()) >= 10, metres
    assert room.page.evaluate(SPILL.replace('"body,', '"#sign, #sign .label, #sign .code, body,')) == []


@pytest.mark.thinned(4)
@pytest.mark.parametrize("ticket", ["D002", "W888", "K1-007", "WM88"])
def test_calls_alone_spill_nowhere(room, ticket):
    room.tell([replace(HARD[0], ticket=ticket), *HARD[1:]], screen={"layout": "calls"}, mode="appointments_only")
    room.open().expect_scene("call")
    assert room.page.evaluate(SPILL) == []
    expect(room.page.locator("#queues")).to_be_hidden()


def test_a_sign_says_whom_its_counter_calls_and_serves_and_when_it_is_closed(room):
    screen = {"layout": "sign", "counters": ("05",)}
    room.tell([D1], [D1], sign=SIGN, screen=screen)
    room.open().expect_scene("call")
    sign = room.page.locator("#sign")
    expect(sign).to_have_attribute("data-state", "called")
    expect(sign.locator(".label")).to_have_text("D001")
    expect(sign.locator(".name")).to_have_text("Dépôts de pièces")
    room.tell([replace(D1, state="serving")], sign=replace(SIGN, state="serving"), screen=screen)
    expect(sign).to_have_attribute("data-state", "serving")
    expect(sign.locator(".label")).to_have_text("D001")
    for state, said in (
        ("free", "Attendez l'appel de votre numéro"),
        ("closed", "Guichet fermé"),
        ("paused", "De retour"),
    ):
        room.tell([replace(D1, state="ended")], sign=replace(SIGN, state=state), screen=screen)
        expect(sign).to_have_attribute("data-state", state)
        expect(sign.locator(".ticket h2")).to_contain_text(said)
        expect(sign.locator(".label")).to_be_empty()
    room.tell([], day=False, sign=replace(SIGN, state="closed"), screen=screen)
    room.expect_scene("closed")
    expect(sign).to_be_hidden()


def test_messages_and_pictures_take_turns(room):
    room.page.clock.install()
    room.page.route("**/display/pictures/**", lambda route: route.fulfill(status=200, content_type="image/png"))
    pictures = ("/display/pictures/SALLE/0?v=1", "/display/pictures/SALLE/1?v=1")
    told = shown(
        board(1), room.hub.settings, pictures, layout="pictures", message="Un", messages=("Deux", "Trois"), turn_s=3
    )
    room.hub.show("board", told)
    room.open().expect_scene("quiet")
    line, picture = room.page.locator("#message"), room.page.locator("#picture")
    for said, where in (("Un", 0), ("Deux", 1), ("Trois", 0)):
        expect(line).to_have_text(said)
        expect(picture).to_have_attribute("src", pictures[where])
        room.page.clock.run_for(3_050)
    room.hub.show("board", replace(told, seq=2, message="Seul", messages=(), pictures=()))
    expect(line).to_have_text("Seul")
    expect(picture).to_be_hidden()


@pytest.mark.thinned(2)
@pytest.mark.parametrize("layout", ["calls", "sign"])
def test_everybody_can_read_each_layout(room, layout):
    screen = {"layout": layout, "counters": ("05",)}
    room.tell([D1], sign=SIGN if layout == "sign" else None, screen=screen)
    room.open().expect_scene("call")
    found = Axe().run(room.page)
    assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []


def test_who_may_enter_stands_beside_the_call_and_is_said_once(room):
    room.page.add_init_script(LISTEN)
    group = BoardGroup(7, "CPR", "J1-021", "J1-040", 1, "registration", "00", "33", "", rings=True)
    room.tell(FIVE, groups=(group,))
    room.open()
    expect(room.page.locator("#group")).to_be_visible()
    said = " ".join(room.page.locator("#group").inner_text().split())
    assert said == "Entrent J1-021 à J1-040 Vague 1 · matricules en 00 à 33"
    for layout in ("room", "calls"):
        told = room.tell(FIVE, groups=(group, replace(group, group=6)), screen={"layout": layout})
        expect(room.page.locator("body")).to_have_attribute("data-layout", layout)
        assert room.large.bounding_box()["height"] > 240, layout
        assert room.page.evaluate("() => document.documentElement.scrollHeight - innerHeight") <= 0, layout
    room.page.wait_for_function("name => window.played.includes(name)", arg=told.groups[0].sound)
    room.tell(FIVE, groups=(group,))
    assert room.page.evaluate("name => window.played.filter((one) => one === name).length", told.groups[0].sound) == 2
    room.tell(FIVE)
    expect(room.page.locator("#group")).to_be_hidden()
