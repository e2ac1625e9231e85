"""Presses told from noise, in virtual time; then the same rule on gpiozero's own inputs."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.button import Buttons, Debounce

pytestmark = pytest.mark.slow  # real files, sockets or processes

STABLE, STUCK = 30, 10_000
Edge = tuple[int, bool]


@st.composite
def bounce(draw, level: bool) -> list[int]:
    """Milliseconds at which a contact flips before it rests at `level`, within 20 ms; always an odd number of flips."""
    flips = sorted(draw(st.sets(st.integers(0, 20), min_size=1, max_size=9)))
    return flips if len(flips) % 2 else flips[:-1]


@st.composite
def waveforms(draw) -> tuple[list[Edge], int, int]:
    """Edges of a contact, with how many presses and stuck fingers a person would count in them."""
    edges: list[Edge] = []
    at, presses, stuck = 1_000, 0, 0
    for _ in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):  # a spike of 1 ms while the button is up
            at += draw(st.integers(1, 400))
            edges += [(at, True), (at + 1, False)]
            at += 1
            continue
        at += draw(st.integers(60, 2_000))
        down = [at + flip for flip in draw(bounce(level=True))]
        held = draw(st.one_of(st.integers(120, 3_000), st.integers(STUCK + 60, STUCK + 5_000)))
        spikes = [(at + held // 2, False), (at + held // 2 + 1, True)] if draw(st.booleans()) else []
        edges += [(when, index % 2 == 0) for index, when in enumerate(down)] + spikes
        at += held
        edges += [(at + flip, index % 2 == 1) for index, flip in enumerate(draw(bounce(level=False)))]
        at += 60
        presses += 1
        stuck += held > STUCK
    return edges, presses, stuck


def play(edges: list[Edge], until: int) -> list[tuple[str, int]]:
    """What the rule reports when it is driven as the thread drives it: on each edge, and when something is due."""
    rule = Debounce(STABLE, STUCK)
    reports: list[tuple[str, int]] = []
    for at, down in [*edges, (until, False)]:
        while (due := rule.due()) is not None and due < at:
            reports += [(what, due) for what in rule.look(due)]
        reports += [(what, at) for what in rule.change(down, at)]
    return reports


def counts_once(waveform):
    edges, presses, stuck = waveform
    reports = play(edges, edges[-1][0] + 1_000 if edges else 0)
    assert [what for what, _ in reports].count("pressed") == presses
    assert [what for what, _ in reports].count("stuck") == stuck
    assert [what for what, _ in reports].count("freed") == stuck


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=300, deadline=None)
@given(waveforms())
def test_every_press_counts_once_whatever_the_contacts_do(waveform):
    counts_once(waveform)


@pytest.mark.nightly
@pytest.mark.timeout(900)
@settings(max_examples=20_000, deadline=None)
@given(waveforms())
def test_every_press_counts_once_in_twenty_thousand_waveforms(waveform):
    counts_once(waveform)


def test_a_press_is_reported_once_it_has_been_stable_for_30_ms():
    assert play([(100, True), (104, False), (105, True), (400, False)], 500) == [("pressed", 135)]


def test_a_contact_closed_at_the_start_is_nobodys_press():
    rule = Debounce(STABLE, STUCK, down=True, now=0)
    assert rule.look(9_999) == []
    assert rule.look(10_000) == ["stuck"]
    assert rule.change(False, 20_000) == []
    assert rule.look(20_030) == ["freed"]


def test_time_passed_before_an_edge_still_counts():
    """A thread that comes late must not lose a press that was stable in the meantime."""
    rule = Debounce(STABLE, STUCK)
    rule.change(True, 100)
    assert rule.change(False, 200) == ["pressed"]


class Box:
    """Three buttons on mock pins, and what they reported."""

    def __init__(self, stuck_s: float) -> None:
        self.factory = MockFactory()
        self.reports: list[tuple[int, str]] = []
        self.heard = threading.Condition()
        self.buttons = Buttons([17, 27, 22], self.report, debounce_ms=5, stuck_s=stuck_s).open(self.factory)

    def report(self, pin: int, what: str, _at: int) -> None:
        with self.heard:
            self.reports.append((pin, what))
            self.heard.notify_all()

    def wait(self, count: int) -> list[tuple[int, str]]:
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.reports) >= count, 2), self.reports
            return list(self.reports)


@pytest.fixture
def box(request) -> Iterator[Box]:
    """No button of it is stuck before the test's end, unless the test says after how many seconds."""
    box = Box(stuck_s=getattr(request, "param", 60))
    yield box
    box.buttons.close()
    box.factory.reset()


def test_a_bouncing_mock_pin_is_one_press(box):
    pin = box.factory.pin(17)
    for _ in range(3):
        pin.drive_low()
        pin.drive_high()
    pin.drive_low()
    assert box.wait(1) == [(17, "pressed")]


def test_a_chord_is_a_press_of_each(box):
    for pin in (17, 27, 22):
        box.factory.pin(pin).drive_low()
    assert sorted(box.wait(3)[:3]) == [(17, "pressed"), (22, "pressed"), (27, "pressed")]


@pytest.mark.parametrize("box", [0.06], indirect=True)
def test_a_stuck_button_is_reported_and_comes_back(box):
    box.factory.pin(17).drive_low()
    box.wait(2)
    box.factory.pin(17).drive_high()
    assert box.wait(3) == [(17, "pressed"), (17, "stuck"), (17, "freed")]
    box.factory.pin(17).drive_low()
    assert box.wait(4)[3] == (17, "pressed")


def test_an_idle_button_wakes_nobody():
    """One thread that sleeps until an edge: gpiozero's `Button` adds one for each that looks ten times a second."""
    before, factory = set(threading.enumerate()), MockFactory()
    buttons = Buttons((5, 6, 13), lambda *_: None).open(factory)
    try:
        assert [each.name for each in set(threading.enumerate()) - before] == ["buttons"]
        assert buttons._pause() is None
    finally:
        buttons.close()
        factory.reset()


def test_buttons_close_twice_and_have_a_short_name(box):
    assert repr(box.buttons) == "<Buttons 17 27 22>"
    box.buttons.close()
    box.buttons.close()
