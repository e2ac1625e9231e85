"""Contacts as they are, a hundred thousand times (E17): bouncing, stuck, pressed together, under sparks. Exact counts.

Real: gpiozero's own buttons on its mock pins, and `hardware/button.py`; only time is virtual, and its thread comes
late now and then, as threads do. The oracle is the hand that drew the waveform: it knows what it meant.
"""

import os
import random
import time
from collections import Counter

import pytest
from gpiozero.pins.mock import MockFactory

from hardware import button
from hardware.button import Buttons, Debounce

PINS = (17, 27, 22)
STABLE, BOUNCE, STUCK = 30, 20, 10_000
#: How late the thread that watches may come.
LATE_MS = (0, 0, 0, 1, 7, 40)
ORDINARY, GATE, PIECES = 1_000, 5_000, 4
PIECE = 25_000

Edge = tuple[int, int, bool]


class Hand:
    """Draws the levels of each pin over time, and writes down what a person would have counted."""

    def __init__(self, chance):
        self.chance = chance
        self.edges: list[Edge] = []
        self.meant: dict[int, list[str]] = {pin: [] for pin in PINS}
        self.kinds: Counter[str] = Counter()

    def flips(self, pin, at, *, down):
        """A contact that bounces for 20 ms at most, and rests at the level; when it rests."""
        moments = sorted(self.chance.sample(range(BOUNCE + 1), self.chance.choice((1, 1, 3, 5, 9))))
        self.edges += [(at + moment, pin, down == (index % 2 == 0)) for index, moment in enumerate(moments)]
        return at + moments[-1]

    def press(self, pin, at, held):
        rest = self.flips(pin, at, down=True)
        if self.chance.random() < 0.3 and held > 3 * STABLE:
            self.spark(pin, rest + self.chance.randrange(STABLE + 1, held - STABLE), level=False)
        up = self.flips(pin, rest + held, down=False)
        self.meant[pin] += ["pressed", "stuck", "freed"] if held > STUCK else ["pressed"]
        self.kinds["stuck" if held > STUCK else "press"] += 1
        return up

    def touch(self, pin, at):
        """Too short to be meant."""
        for moment, down in ((0, True), (self.chance.randrange(1, STABLE - 2), False)):
            self.edges.append((at + moment, pin, down))
        self.kinds["touch"] += 1
        return at + STABLE

    def spark(self, pin, at, level=True):
        """A millisecond of the other level, from a motor next door."""
        self.edges += [(at, pin, level), (at + 1, pin, not level)]
        self.kinds["spark"] += 1
        return at + 1

    def gesture(self, pin, at):
        what = self.chance.random()
        if what < 0.15:
            return self.spark(pin, at)
        if what < 0.25:
            return self.touch(pin, at)
        if what < 0.31:
            return self.press(pin, at, self.chance.randrange(STUCK + 1, STUCK + 5_000))
        return self.press(pin, at, self.chance.choice((31, 40, 90, 300, 2_500)))

    def waveform(self, at):
        """Some gestures on some pins; a chord begins on all of them at once."""
        for pin in PINS if self.chance.random() < 0.2 else self.chance.sample(PINS, self.chance.choice((1, 1, 2))):
            end = at
            for _ in range(self.chance.choice((1, 1, 2, 4))):
                end = self.gesture(pin, end + self.chance.randrange(STABLE + 1, 400))
        self.kinds["waveform"] += 1
        return max(moment for moment, _, _ in self.edges) + 2 * STABLE


class Still(Buttons):
    """Its thread ends at once: the test looks when it would have looked, or later."""

    def _watch(self):
        return


class Box:
    """Three buttons on mock pins, in virtual time."""

    def __init__(self, monkeypatch, debounce_ms=STABLE):
        self.now = 0
        self.heard: dict[int, list[str]] = {pin: [] for pin in PINS}
        monkeypatch.setattr(button, "monotonic_ms", lambda: self.now)
        self.factory = MockFactory()
        self.wires = {pin: self.factory.pin(pin) for pin in PINS}
        self.buttons = Still(PINS, lambda *_: None, debounce_ms, STUCK / 1000).open(self.factory)

    def play(self, edges, end, chance):
        """Each edge at its moment, and each look that is due before it: late now and then, or only after the edge."""
        for at, pin, down in sorted(edges):
            self.looks_until(at, chance)
            self.now = at
            (self.wires[pin].drive_low if down else self.wires[pin].drive_high)()
            self.take()
        self.looks_until(end, chance)
        self.now = end
        self.look()

    def looks_until(self, at, chance):
        while (due := self.due()) is not None and (when := max(self.now, due + chance.choice(LATE_MS))) < at:
            self.now = when
            self.look()

    def due(self):
        dues = [due for rule in self.buttons._rules.values() if (due := rule.due()) is not None]
        return min(dues) if dues else None

    def look(self):
        with self.buttons._moved:
            self.buttons._look()
        self.take()

    def take(self):
        for pin, what, _ in self.buttons._pending:
            self.heard[pin].append(what)
        self.buttons._pending.clear()

    def close(self):
        self.buttons.close()
        self.factory.reset()


def miscounts(monkeypatch, count, seed, **settings):
    """How many waveforms were counted otherwise than they were meant, and what there was."""
    chance, kinds, wrong = random.Random(seed), Counter(), []  # noqa: S311  waveforms, no secrets
    box = Box(monkeypatch, **settings)
    try:
        for number in range(count):
            hand = Hand(chance)
            end = hand.waveform(box.now + 1)
            box.heard = {pin: [] for pin in PINS}
            box.play(hand.edges, end, chance)
            kinds += hand.kinds
            if box.heard != hand.meant:
                wrong.append(f"waveform {number}: meant {hand.meant}, heard {box.heard}")
    finally:
        box.close()
    return wrong, kinds


def counted(monkeypatch, note, count, piece=0):
    seed = int(os.environ.get("MBOTE_SEED", time.time_ns() % 1_000_000)) + piece
    wrong, kinds = miscounts(monkeypatch, count, seed)
    note(f"seed {seed}: {dict(kinds)}, {len(wrong)} counted wrong")
    assert not wrong, wrong[:3]
    assert {"press", "stuck", "touch", "spark"} <= kinds.keys()


def test_a_thousand_waveforms_are_counted_as_they_were_meant(monkeypatch, note):
    counted(monkeypatch, note, ORDINARY)


@pytest.mark.nightly
def test_five_thousand_waveforms_are_counted_as_they_were_meant(monkeypatch, note):
    counted(monkeypatch, note, GATE)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("piece", range(PIECES))
def test_a_hundred_thousand_waveforms_are_counted_as_they_were_meant(monkeypatch, note, piece):
    counted(monkeypatch, note, PIECE, piece)


# --- the same count finds what is planted ----------------------------------------------------


def stable_after_five_ms(monkeypatch):
    return {"debounce_ms": 5}


def forgets_the_time_before_an_edge(monkeypatch):
    def change(self, down, now):
        if down != self._seen:
            self._seen, self._seen_at = down, now
            return []
        return self.look(now)

    monkeypatch.setattr(Debounce, "change", change)
    return {}


def believes_the_edges_alone(monkeypatch):
    """A press at each falling edge, as gpiozero without a rule."""
    monkeypatch.setattr(Debounce, "change", lambda self, down, now: ["pressed"] if down else [])
    return {}


def counts_a_stuck_button_again(monkeypatch):
    settle = Debounce._settle

    def twice(self):
        was_stuck = self._stuck
        return settle(self) + (["pressed"] if was_stuck else [])

    monkeypatch.setattr(Debounce, "_settle", twice)
    return {}


@pytest.mark.parametrize(
    "plant",
    [stable_after_five_ms, forgets_the_time_before_an_edge, believes_the_edges_alone, counts_a_stuck_button_again],
    ids=lambda plant: plant.__name__,
)
def test_a_planted_fault_is_found(monkeypatch, note, plant):
    wrong, _ = miscounts(monkeypatch, 100, 17, **plant(monkeypatch))
    assert wrong
    note(f"{len(wrong)} of 100, the first: {wrong[0]}")
