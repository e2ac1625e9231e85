"""The textbook's numbers: requirements C.5, and what must hold of any queue."""

from __future__ import annotations

import math

import pytest

from hub.supervision import erlang

#: 20 visitors an hour, 8 minutes each: per minute.
RATE, SERVICE, PATIENCE = 20 / 60, 8.0, 45.0


@pytest.mark.parametrize(
    ("counters", "waits", "mean_min", "within_10"),
    [(3, 0.7975, 19.14, 0.474), (4, 0.3784, 2.27, 0.928), (5, 0.1616, 0.55, 0.991)],
)
def test_erlang_c_is_that_of_the_requirements(counters, waits, mean_min, within_10):
    assert erlang.erlang_c(RATE * SERVICE, counters) == pytest.approx(waits, abs=5e-5)
    assert erlang.patient_wait(RATE, SERVICE, counters) == pytest.approx(mean_min, abs=5e-3)
    # 0.928 is cut off there: to four digits it is 0.9285
    assert math.floor(erlang.patient_within(RATE, SERVICE, counters, 10) * 1000) / 1000 == within_10


@pytest.mark.parametrize(
    ("counters", "waits", "mean_min", "leaves"), [(2, 0.922, 12.92, 28.7), (3, 0.638, 4.44, 9.9), (4, 0.340, 1.41, 3.1)]
)
def test_erlang_a_is_that_of_the_requirements(counters, waits, mean_min, leaves):
    line = erlang.erlang_a(RATE, SERVICE, PATIENCE, counters)
    assert (round(line.waits, 3), round(line.mean_min, 2), round(line.leaves * 100, 1)) == (waits, mean_min, leaves)


def test_counters_that_cannot_keep_up_have_no_balance_where_everybody_stays():
    assert erlang.erlang_c(3.0, 3) == 1.0
    assert erlang.patient_wait(0.5, 8, 4) == math.inf
    assert erlang.patient_within(0.5, 8, 4, 60) == 0.0


def test_endless_patience_is_erlang_c():
    line = erlang.erlang_a(RATE, SERVICE, 1e7, 4)
    assert line.waits == pytest.approx(erlang.erlang_c(RATE * SERVICE, 4), abs=1e-4)
    for minutes in (0, 2, 10):
        assert line.within(minutes) == pytest.approx(erlang.patient_within(RATE, SERVICE, 4, minutes), abs=1e-4)


def test_a_single_counter_at_which_all_leave_as_fast_as_they_are_served_is_known():
    """With θ = µ it is the queue of endless counters: Poisson with the offered load."""
    line, load = erlang.erlang_a(0.5, 4, 4, 1), 2.0
    assert line.served_at_once == pytest.approx(math.exp(-load))
    queue = load - 1 + math.exp(-load)
    assert line.mean_min == pytest.approx(queue / 0.5)


def test_nobody_waits_longer_than_for_ever_and_the_mean_is_that_of_the_distribution():
    line = erlang.erlang_a(RATE, SERVICE, PATIENCE, 3)
    assert line.within(0) == pytest.approx(line.served_at_once / (1 - line.leaves))
    assert line.within(10_000) == pytest.approx(1.0, abs=1e-9)
    steps = [line.within(minute) for minute in range(60)]
    assert steps == sorted(steps)


def test_a_percentile_is_where_the_distribution_reaches_it():
    line = erlang.erlang_a(RATE, SERVICE, PATIENCE, 2)
    found = erlang.percentile([(1, line)], 0.8)
    assert line.within(found) >= 0.8 > line.within(found - 1 / 30)
    idle = erlang.erlang_a(0.01, 1, PATIENCE, 4)
    assert erlang.percentile([(1, idle)], 0.8) == 0.0
    both = erlang.percentile([(1, line), (1, idle)], 0.8)
    assert 0 < both < found, "who comes to the idle one counts too"
    assert erlang.percentile([], 0.8) == 0.0


def test_without_a_counter_everybody_leaves():
    line = erlang.erlang_a(RATE, SERVICE, PATIENCE, 0)
    assert (round(line.leaves, 6), round(line.mean_min, 6), line.within(60)) == (1.0, 45.0, 0.0)
    assert erlang.percentile([(1, line)], 0.8) > 480, "there is no such wait"
