"""The room's screen and the panel in a browser, cut off from a real hub without a word: nothing false, and right again.

The cable of tests/faults/wire.py falls silent: no line breaks, the bytes just stay away.
"""

import time

import pytest
from playwright.sync_api import expect

from tests.agency import strain
from tests.faults.wire import cabled
from tests.windows import PULLED_PLUG, windows

pytestmark = [pytest.mark.browser, pytest.mark.faults, pytest.mark.nightly, pytest.mark.timeout(240)]
#: A screen says after 10 s that it is old; it is right again so long after the hub's return.
LOST_S, RIGHT_S = 10, 5


@pytest.mark.parametrize("fault", ["silent", "cut"])
def test_what_is_cut_off_says_so_and_shows_no_old_call_as_new(tmp_path, chromium, note, fault):
    with cabled(tmp_path / "agency") as (agency, wire), windows(chromium, *PULLED_PLUG) as opened:
        stretched, counter = strain(), agency.counter("31")
        for _ in range(2):
            agency.give("XES")
        screen, panel = opened.open(), opened.open()
        screen.goto(f"http://127.0.0.1:{wire.port}/display#{agency.tokens['own_display']}")
        panel.goto(f"http://127.0.0.1:{wire.port}/panel#{agency.tokens['31']}")
        assert counter.next() == "X001"
        expect(screen.locator("#call .label")).to_have_text("X001")
        expect(panel.locator("#default")).to_be_enabled()

        wire.be(fault)
        began = time.monotonic()
        expect(screen.locator("body")).to_have_attribute("data-scene", "lost", timeout=(LOST_S + 5) * 1000 * stretched)
        dark = time.monotonic() - began
        assert dark >= LOST_S - 3, "a screen that is silent for a moment is no lost one"
        expect(screen.locator("#call")).to_be_hidden()
        expect(panel.locator("#default")).to_be_disabled(timeout=15_000 * stretched)
        panel.keyboard.press("F8")
        expect(panel.locator(".toast")).to_contain_text("Le hub est absent")

        counter.step("start")
        counter.step("finish")
        assert counter.next() == "X002"
        time.sleep(16)  # older than what may still ring
        began = time.monotonic()
        wire.be("whole")
        expect(screen.locator("#call .label")).to_have_text("X002", timeout=RIGHT_S * 1000 * stretched)
        expect(screen.locator("#call")).not_to_have_class("announce")
        expect(panel.locator("#default")).to_be_enabled(timeout=RIGHT_S * 1000 * stretched)
        note(f"{fault}: dim after {dark:.1f} s, right again after {time.monotonic() - began:.1f} s")
        assert [e["payload"]["label"] for e in agency.journal() if e["kind"] == "ticket_called"] == ["X001", "X002"]
