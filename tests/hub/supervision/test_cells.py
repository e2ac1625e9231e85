"""Cells add up: what is kept is what was counted, and a percentile over many of them is that of all durations."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.supervision.cells import SPREADS, SUMS, Cell, sum_of, together

SECONDS = st.integers(0, 200_000)
GROUPS = st.lists(st.lists(SECONDS, max_size=60), min_size=1, max_size=6)


def cell_of(seconds):
    found = Cell()
    for one in seconds:
        found.lasted("wait", one * 1000)
    return found


def nearest_rank(values, share):
    """By the definition: the smallest value that at least this share of all do not exceed."""
    ordered = sorted(values)
    return next(v for v in ordered if sum(w <= v for w in ordered) >= share * len(ordered) - 1e-9)


@given(GROUPS, st.sampled_from([0.1, 0.5, 0.8, 0.9, 1.0]), st.booleans())
def test_a_percentile_of_many_cells_is_that_of_all_durations(groups, share, kept):
    cells = [cell_of(seconds) for seconds in groups]
    found = together(cell.packed() if kept else cell for cell in cells).spread("wait")
    values = [one for seconds in groups for one in seconds]
    assert len(found) == len(values)
    if values:
        assert found.percentile(share) == nearest_rank(values, share)
        assert found.at_most(values[0]) == sum(one <= values[0] for one in values)


@given(GROUPS, st.sampled_from([0.5, 0.8]))
def test_sums_of_sums_are_the_same(groups, share):
    """Days make a month, months a year: each is kept and read again."""
    days = [cell_of([one % 100 for one in seconds]).packed() for seconds in groups]
    month = together([*days, *days]).packed()  # twice: crowded runs beside plain ones
    found = together([month, days[0]]).spread("wait")
    values = [one % 100 for seconds in [*groups, *groups, groups[0]] for one in seconds]
    assert len(found) == len(values)
    if values:
        assert found.percentile(share) == nearest_rank(values, share)


def test_what_is_kept_is_what_was_counted():
    cell = cell_of([0, 5, 5, 70_000])
    for number, name in enumerate(SUMS):
        cell.count(name, number)
    cell.rise("queue", 7)
    again = together([cell.packed()])
    assert (again.sums, again.most) == (cell.sums, cell.most)
    assert [len(spread) for spread in again.spreads] == [4 if name == "wait" else 0 for name in SPREADS]
    assert again.packed() == cell.packed()
    assert [sum_of(cell.packed(), name) for name in SUMS] == cell.sums


def test_many_alike_take_little_room():
    alike = cell_of([one % 600 for one in range(20_000)])
    assert len(alike.packed()) < 5_000


@pytest.mark.parametrize(("ms", "seconds"), [(0, 0), (1, 1), (1000, 1), (1001, 2)])
def test_the_second_that_was_begun(ms, seconds):
    cell = Cell()
    cell.lasted("wait", ms)
    assert cell.spread("wait").percentile(1.0) == seconds == math.ceil(ms / 1000)


def test_nothing_together_is_nothing():
    assert together([]).sums == [0] * len(SUMS)
    assert len(together([Cell().packed()]).spread("wait")) == 0
