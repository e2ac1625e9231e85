"""The pages themselves as witnesses: a panel in a browser calls, a screen shows and announces, the judge agrees."""

import pytest

from hub.judge import read_lines
from tests.agency import hub_alone, opened, strain, until
from tests.faults.checker import judge_agency
from tests.faults.clients import Agent
from tests.faults.pages import watched, written_down
from tests.patience import patience
from tests.windows import windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]
COUNTER, VISITORS, LAG_MS = "31", 2, 1_000
#: An announcement is told when its sound has ended; the first one has begun with the first call.
ANNOUNCED = "() => window.mboteHistory.some((seen) => seen.kind === 'announce')"
LONGEST_SOUND_MS = 30_000
LOOKED = ["G0", "G1", "Q1", "Q2", "Q3", "Q4", "Q5", "Q8", "Q9", "Q10", "Q11", "Q13", "Q14", "Q15"]


@pytest.mark.nightly
def test_what_the_pages_asked_showed_and_said_is_what_happened(tmp_path, chromium, note):
    book = tmp_path / "history.jsonl"
    with opened(tmp_path / "agency", hub_alone()) as agency, windows(chromium) as open_windows:
        first = agency.api.get("board")["seq"] + 1
        stretched = strain()
        desk = Agent("A9", agency.api, book)
        screen, panel = (watched(open_windows.open()) for _ in range(2))
        screen.goto(f"{agency.url}display#{agency.tokens['display']}")
        panel.goto(f"{agency.url}panel#{agency.tokens[COUNTER]}")
        panel.wait_for_selector("#default:not([disabled])")
        for _ in range(VISITORS):
            desk.ask("ticket.issue", "issue", service="XES")
            a_visit(panel, screen, round(1.25 * LAG_MS * stretched))
        press(panel, "next")  # nobody
        until(lambda: kinds(panel).count("ok") == 3 * VISITORS + 1, 10, "the last answer")
        screen.wait_for_function(ANNOUNCED, timeout=patience(LONGEST_SOUND_MS))
        lines = written_down(screen, "D9", book) + written_down(panel, f"P{COUNTER}", book)
        config = {"display_lag_ms": LAG_MS * stretched, "reconnect_ms": 0}
        verdict = judge_agency(
            read_lines(book), agency.folder / "data", agency.settings, config=config, exercises=LOOKED, from_seq=first
        )
    note(f"{lines} lines of two pages: {verdict}")
    assert verdict.valid is True, str(verdict)
    assert 1 <= verdict.rules["Q15"].checked <= VISITORS, "a call that has ended is not announced any more"


def a_visit(panel, screen, stays_ms):
    """Called, seen on the wall for a while, served."""
    press(panel, "next")
    panel.wait_for_selector("#ticket:visible")
    label = panel.text_content("#ticket")
    screen.wait_for_function("label => document.querySelector('#call .label').textContent === label", arg=label)
    panel.wait_for_timeout(stays_ms)
    press(panel, "start")
    press(panel, "finish")


def press(panel, step):
    panel.click(f"button[data-step={step}]:not([disabled])")


def kinds(page):
    return [seen["kind"] for seen in page.evaluate("window.mboteHistory") if seen["kind"] in ("ok", "fail", "info")]
