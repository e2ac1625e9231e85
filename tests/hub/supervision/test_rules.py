"""What is worth an alert, and how well a queue or a counter goes: every case in a table."""

from __future__ import annotations

import pytest

from hub.supervision import rules

MIN = 60_000


@pytest.mark.parametrize(
    ("state", "state_min", "line_min", "idle"),
    [
        ("free", 5, 5, True),
        ("free", 4.99, 30, False),
        ("free", 60, 4.99, False),
        ("free", 60, None, False),
        ("calling", 5, 9, True),
        ("serving", 40, 40, False),
        ("paused", 40, 40, False),
        ("closed", 40, 40, False),
    ],
)
def test_a_counter_is_inactive_after_five_minutes_with_somebody_to_call(state, state_min, line_min, idle):
    line_ms = None if line_min is None else round(line_min * MIN)
    assert rules.is_idle(state, round(state_min * MIN), line_ms) is idle


@pytest.mark.parametrize(
    ("p80_min", "oldest_min", "level"),
    [
        (None, None, "none"),
        (0, None, "good"),
        (20, None, "good"),
        (20.1, None, "warn"),
        (25, 25, "warn"),
        (25.1, None, "bad"),
        (10, 25.1, "warn"),
        (10, 50, "warn"),
        (10, 50.1, "bad"),
        (None, 25, "none"),
        (None, 26, "warn"),
        (None, 51, "bad"),
    ],
)
def test_a_queue_against_a_target_of_25_minutes(p80_min, oldest_min, level):
    p80, oldest = (None if value is None else round(value * MIN) for value in (p80_min, oldest_min))
    assert rules.level_of_queue(p80, oldest, 25 * MIN) == level


@pytest.mark.parametrize(
    ("waiting", "oldest_min", "served", "alert"),
    [
        (0, 0, False, None),
        (1, 0, False, ("nobody", "bad")),
        (4, 25, True, None),
        (4, 26, True, ("late", "warn")),
        (4, 90, True, ("late", "bad")),
        (4, 90, False, ("nobody", "bad")),
    ],
)
def test_a_queue_is_worth_one_alert_at_most(waiting, oldest_min, served, alert):
    line = rules.Line(waiting, oldest_min * MIN, 25 * MIN, served)
    assert rules.alert_of(line, 90 * MIN) == alert


def test_a_long_service_is_remarked_and_a_short_one_is_not():
    assert rules.flag_of("serving", 24 * MIN, 5 * MIN, 10 * MIN) == ""
    assert rules.flag_of("serving", 25 * MIN, 5 * MIN, 10 * MIN) == "long"
    assert rules.level_of_counter("serving", "long") == "warn"
    assert rules.level_of_counter("free", "idle") == "bad"
    assert {rules.level_of_counter(state, "") for state in ("closed", "paused")} == {"none"}
