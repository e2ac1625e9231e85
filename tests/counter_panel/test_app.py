"""Physical panels: presses in, asks out, numbers and lamps lit. The line to the hub is a fake one."""

import threading

import pytest

from counter_panel import app as apps
from counter_panel.app import CounterPanel, PanelApp, by_pin
from hub.client import HubAway
from hub.errors import IllegalStep
from hub.say import words
from hub.settings_files import load_settings
from hub.wire import as_json
from tests.look.fake_hub import CONFIG
from tests.look.pictures import calling, counters, face, serving


class Line:
    """A hub at the end of a wire. `answers` are given in turn; an error among them is raised."""

    def __init__(self):
        self.away = False
        self.asks = []
        self.answers = []
        self.heard = threading.Condition()

    def ask(self, what, key, timeout_s=1.5, **body):
        with self.heard:
            self.asks.append((what, key, body))
            self.heard.notify_all()
            answer = self.answers.pop(0) if self.answers else {"ticket": {"label": "D002"}, "why": ""}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wait(self, count):
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.asks) >= count, 5)


class Glass:
    """A number display that remembers, and can be waited for."""

    def __init__(self):
        self.text = ""
        self.changed = threading.Condition()

    def show(self, text):
        with self.changed:
            self.text = text
            self.changed.notify_all()

    def close(self):
        self.show("")

    def wait(self, text):
        with self.changed:
            assert self.changed.wait_for(lambda: self.text == text, 5), f"{self.text!r}, not {text!r}"


class Bulb:
    def __init__(self):
        self.on = False

    def show(self, on):
        self.on = on


NEXT, RECALL, HOLD, OTHER_NEXT = 4, 17, 18, 24
KEYS = {NEXT: ("05", "next"), RECALL: ("05", "recall"), HOLD: ("05", "hold"), OTHER_NEXT: ("02", "next")}


class Box:
    """A panel box with two counters."""

    def __init__(self):
        self.line = Line()
        self.glass = {"05": Glass(), "02": Glass()}
        self.lamps = {name: Bulb() for name in ("free", "calling", "serving", "fault")}
        panels = {
            "05": CounterPanel("05", self.glass["05"], self.lamps, words("fr", "panel")),
            "02": CounterPanel("02", self.glass["02"], {}, words("fr", "panel")),
        }
        self.app = PanelApp(self.line, panels, KEYS, motive="Touche")

    def press(self, pin):
        self.app.pressed(pin, "pressed", 0)

    def picture(self, *faces):
        self.app.picture("counters", as_json(counters(*faces)))

    def lit(self):
        return {name for name, lamp in self.lamps.items() if lamp.on}


@pytest.fixture
def box():
    made = Box()
    made.picture(face("05"), face("02", waiting=3))
    yield made
    made.app.close()


def test_each_counter_shows_its_own_picture(box):
    assert (box.glass["05"].text, box.glass["02"].text) == ("7", "3")
    assert box.lit() == {"free"}


def test_a_press_asks_for_its_step_at_its_counter_with_a_key_of_its_own(box):
    box.press(NEXT)
    box.line.wait(1)
    box.press(OTHER_NEXT)
    box.line.wait(2)
    (first, one, body), (second, other, other_body) = box.line.asks
    assert (first, body, second, other_body) == ("next", {"counter": "05"}, "next", {"counter": "02"})
    assert one != other


def test_a_key_that_puts_on_hold_says_why(box):
    box.press(HOLD)
    box.line.wait(1)
    assert box.line.asks[0][2] == {"counter": "05", "reason": "Touche"}


def test_a_call_blinks_and_a_visit_does_not(box, monkeypatch):
    monkeypatch.setattr(apps, "BLINK_S", 0.01)
    box.picture(calling("05"))
    for text in ("D002", "", "D002", ""):
        box.glass["05"].wait(text)
    box.picture(serving("05"))
    box.glass["05"].wait("D002")
    assert box.lit() == {"serving"}


def test_a_press_while_the_hub_is_away_is_dropped_and_said(box):
    box.line.away = True
    box.app.link(True)
    assert box.glass["05"].text == "LIEN"
    assert box.lit() == {"fault"}
    box.press(NEXT)
    box.line.away = False
    box.app.link(False)
    box.picture(face("05"))
    box.press(RECALL)
    box.line.wait(1)
    assert [ask[0] for ask in box.line.asks] == ["recall"]


def test_what_was_shown_before_an_outage_is_not_shown_after_it_until_it_is_true(box):
    box.picture(serving("05"))
    box.app.link(True)
    box.app.link(False)
    assert box.glass["05"].text == "LIEN"
    box.picture(face("05"))
    assert box.glass["05"].text == "7"


def test_suivant_at_a_counter_without_agent_says_open(box, monkeypatch):
    monkeypatch.setattr(apps.faces, "FLASH_S", 0.05)
    box.picture(face("05", "closed"))
    box.line.answers = [IllegalStep("nobody is signed on", code="no_agent")]
    box.press(NEXT)
    box.glass["05"].wait("OUVR")
    box.glass["05"].wait("FERM")


def test_nobody_to_call_is_said(box):
    box.line.answers = [{"ticket": None, "why": "nobody waits"}]
    box.press(NEXT)
    box.glass["05"].wait("--")


def test_an_answer_that_was_lost_is_asked_for_again_under_its_key(box):
    box.line.answers = [HubAway("no answer"), HubAway("no answer")]
    box.press(NEXT)
    box.line.wait(3)
    assert len({key for _, key, _ in box.line.asks}) == 1


def test_after_its_patience_it_says_that_it_does_not_know_until_a_picture_comes(box, monkeypatch):
    monkeypatch.setattr(apps, "PATIENCE_S", 0)
    box.line.answers = [HubAway("no answer")]
    box.press(NEXT)
    box.glass["05"].wait("????")
    assert "fault" in box.lit()
    box.picture(calling("05"))
    box.glass["05"].wait("D002")
    assert box.lit() == {"calling"}


def test_a_nervous_finger_asks_once(box):
    go = threading.Event()
    ask = box.line.ask
    box.line.ask = lambda *args, **body: (ask(*args, **body), go.wait(5))[0]
    for _ in range(5):
        box.press(NEXT)
    box.press(OTHER_NEXT)
    box.line.wait(2)
    go.set()
    assert sorted(body["counter"] for _, _, body in box.line.asks) == ["02", "05"]


def test_a_key_held_down_is_a_fault_until_it_is_let_go(box):
    box.app.pressed(NEXT, "stuck")
    assert box.lit() == {"free", "fault"}
    box.app.pressed(NEXT, "freed")
    assert box.lit() == {"free"}
    assert box.line.asks == []


def test_a_counter_that_the_picture_does_not_hold_is_not_known(box):
    box.picture(face("05"))
    assert box.glass["02"].text == "----"


def test_keys_come_from_the_configuration():
    assert by_pin(load_settings(CONFIG).panel.counters)[4] == ("05", "next")
