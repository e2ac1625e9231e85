"""One figure at a time: percentiles, spans, and what a clock that was moved may not do to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import Instant
from hub.supervision import measures
from hub.supervision.cells import Cell
from hub.supervision.model import Day, Passage, Stretch, Visit

MINUTE = 60_000
#: 2026-03-02 07:30:00 in Brazzaville (UTC+1).
OPENED = 1_772_433_000_000


def at(minute, *, boot=1, jumped=0):
    """So many minutes after the opening; `jumped`: how far the wall clock was set, minutes."""
    ms = round(minute * MINUTE)
    return Instant(OPENED + ms + jumped * MINUTE, 1_000_000 + ms, boot)


def visit(*passages, state="served", issued=None):
    return Visit("D001", "2026-03-02", passages[0].service, state, 7, issued or passages[0].entered, passages)


def passage(entered, called=None, started=None, ended=None, outcome="served", **more):
    service = more.pop("service", "DEP")
    return Passage(service, 7, entered, "05", "00902F", 1 if called else 0, called, started, ended, outcome, **more)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.05, 15), (0.3, 20), (0.4, 20), (0.5, 35), (0.8, 40), (0.9, 50), (1.0, 50)]
)
def test_the_nearest_rank(share, expected):
    # n = 5: ranks ceil(0.25) … ceil(5)
    assert measures.percentile([15, 20, 35, 40, 50], share) == expected


def test_floating_point_does_not_move_a_rank():
    assert measures.percentile(list(range(1, 101)), 0.55) == 55, "0.55 × 100 is 55.00000000000001 to a computer"
    assert measures.percentile(list(range(1, 101)), 0.29) == 29, "0.29 × 100 is 28.999999999999996"


@given(st.lists(st.integers(0, 10**8), min_size=1), st.sampled_from([0.5, 0.8, 0.9]))
def test_a_percentile_is_a_wait_somebody_had_and_enough_waited_no_longer(values, share):
    ordered = sorted(values)
    found = measures.percentile(ordered, share)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-6
    assert sum(value < found for value in ordered) < share * len(ordered) + 1e-6


def test_nothing_has_no_percentile():
    assert measures.spread(Cell(), "wait") == {
        "count": 0, "mean_s": None, "p50_s": None, "p80_s": None, "p90_s": None, "max_s": None,
    }  # fmt: skip
    assert measures.ratio(0, 0) is None


def figures(*visits, days=(), targets=None):
    return measures.counted(visits, days, (), targets or {}, 0).told()[()]


def test_a_restart_during_a_wait_makes_it_uncertain_and_nothing_else():
    before = passage(at(0), at(1), at(2), at(5))
    across = passage(at(3), at(1, boot=2, jumped=9), at(2, boot=2, jumped=9), at(5, boot=2, jumped=9))
    found = figures(visit(before), visit(across), targets={"DEP": 30 * MINUTE})
    assert found["uncertain"] == 1
    assert (found["wait"]["count"], found["wait"]["max_s"]) == (1, 120)
    assert found["service_time"]["count"] == 2
    assert found["within_target"] == 1.0


def test_somebody_sets_the_clock_and_no_duration_notices():
    still = passage(at(0), at(5), at(6), at(10))
    moved = passage(at(2), at(8, jumped=-120), at(9, jumped=-120), at(15, jumped=-120))
    day = Day("2026-03-02", OPENED, OPENED + 60 * MINUTE, 60 * MINUTE)
    visits = [visit(still), visit(moved)]
    found = figures(*visits, days=[day])
    assert (found["wait"]["max_s"], found["service_time"]["max_s"]) == (7 * 60, 6 * 60)
    assert found["queue"] == {"max": 2, "mean": round((5 + 6) / 60, 2)}
    assert measures.little(visits, day)["error"] < 0.01


def test_time_on_hold_is_no_service():
    assert passage(at(0), at(1), at(2), at(32), held_ms=20 * MINUTE).service_time.ms == 10 * MINUTE


@pytest.mark.parametrize("outcome", ["no_show", "cancelled", "unserved", "unfinished", None])
def test_only_a_service_that_came_to_its_end_has_a_time(outcome):
    assert passage(at(0), at(1), at(2), at(9), outcome).service_time is None


def test_who_leaves_at_a_moment_has_left_before_who_comes_then():
    assert measures.swept([(0, 10), (10, 20)], (0, 20)) == (20, 1)
    assert measures.swept([(0, 10), (9, 20)], (0, 20)) == (21, 2)
    assert measures.swept([(0, 100)], (20, 50)) == (30, 1)
    assert measures.swept([], (0, 10)) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)).map(sorted)))
def test_the_area_is_the_sum_of_the_waits(spans):
    assert measures.swept([tuple(span) for span in spans], (0, 1000))[0] == sum(end - begin for begin, end in spans)


def test_windows_are_cut_at_full_hours_of_the_agency():
    kathmandu = Day("2026-03-02", 0, None, 345 * MINUTE)  # UTC+5:45
    windows = measures.hour_windows((0, 90 * MINUTE), kathmandu)
    assert windows == [(5, (0, 15 * MINUTE)), (6, (15 * MINUTE, 75 * MINUTE)), (7, (75 * MINUTE, 90 * MINUTE))]


def test_a_day_passes_midnight():
    evening = Day("2026-03-02", OPENED + 16 * 60 * MINUTE, None, 60 * MINUTE)  # opened at 23:30
    windows = measures.hour_windows((evening.opened_at, evening.opened_at + 90 * MINUTE), evening)
    assert [hour for hour, _ in windows] == [23, 0]


def test_a_line_that_began_before_the_doors_opened_widens_the_window():
    early = visit(passage(at(-10), at(5), at(6), at(10)))
    day = Day("2026-03-02", OPENED, OPENED + 50 * MINUTE)
    assert measures.waits_of([early], day, (), 0).window == (OPENED - 10 * MINUTE, OPENED + 50 * MINUTE)
    assert measures.little([early], day)["error"] < 0.01


def test_a_transfer_that_was_taken_back_is_no_passage_of_any_line():
    back = visit(passage(at(0), at(1), at(2), at(9)), passage(at(5), None, None, at(6), "undone", service="PEN"))
    day = Day("2026-03-02", OPENED, OPENED + 60 * MINUTE)
    assert all(group != ("PEN",) for group, _ in measures.waits_of([back], day, ("service",), 0).spans)


def test_a_duration_counts_as_the_second_that_it_has_begun():
    waits = [passage(at(0), at(0.1), at((20 * 60_000 + ms) / MINUTE)) for ms in (0, 400)]
    found = figures(*(visit(one) for one in waits), targets={"DEP": 20 * MINUTE})
    assert (found["wait"]["p50_s"], found["wait"]["p90_s"], found["wait"]["max_s"]) == (1200, 1201, 1200.4)
    assert found["within_target"] == 0.5, "to the millisecond"


def test_a_corrected_end_counts_and_the_key_stays_beside_it():
    plain = passage(at(0), at(1), at(2), at(10))
    forgotten = passage(at(0), at(1), at(2), at(12), pressed=at(62))
    found = figures(visit(plain), visit(forgotten))
    assert (found["service_time"]["max_s"], found["service_time"]["mean_s"]) == (600, 540)
    assert (found["corrected"], found["service_mean_as_pressed_s"]) == (1, (8 + 60) / 2 * 60)


def test_a_visit_that_the_day_was_closed_over_has_a_service_time_once_its_end_is_known():
    cut = passage(at(0), at(1), at(2), at(12), "unfinished", pressed=at(62))
    assert cut.service_time.ms == 10 * MINUTE
    assert passage(at(0), at(1), at(2), at(62), "unfinished").service_time is None


def test_whoever_was_sent_on_was_not_served_at_one_counter():
    sent = visit(passage(at(0), at(1), at(2), at(5), "transferred"), passage(at(5), at(6), at(7), at(9), service="PEN"))
    back = visit(passage(at(0), at(1), None, at(3), "no_show"), passage(at(5), at(6), at(7), at(9)))
    assert figures(visit(passage(at(0), at(1), at(2), at(5))), sent, back)["one_counter"] == round(2 / 3, 4)


def test_presence_without_breaks_and_with_a_visitor():
    day = Day("2026-03-02", OPENED, OPENED + 120 * MINUTE, 60 * MINUTE)
    stretches = {day.date: [
        Stretch("05", "00902F", OPENED, OPENED + 20 * MINUTE),
        Stretch("05", "00902F", OPENED + 20 * MINUTE, OPENED + 50 * MINUTE, served=True),
        Stretch("05", "00902F", OPENED + 50 * MINUTE, OPENED + 70 * MINUTE, paused=True),
        Stretch("05", "00902F", OPENED + 70 * MINUTE, OPENED + 80 * MINUTE),
    ]}  # fmt: skip
    visits = [visit(passage(at(0), at(20), at(20), at(50)))]
    rows = measures.counted(visits, [day], ("counter",), {}, 0, stretches).told()
    assert (rows["05",]["occupancy"], rows["05",]["staffed_h"], rows["05",]["served_per_staffed_h"]) == (0.5, 1.0, 1.0)
    hours = measures.counted(visits, [day], ("hour",), {}, 0, stretches).told()
    # the doors open at 7:30: twenty minutes idle and ten with the visitor before eight
    assert (hours[7,]["staffed_h"], hours[7,]["occupancy"]) == (0.5, round(10 / 30, 4))
    assert measures.counted(visits, [day], ("service",), {}, 0, stretches).told()["DEP",]["occupancy"] is None


def test_back_office_work_is_in_no_presence_and_makes_nobody_look_idle():
    day = Day("2026-03-02", OPENED, OPENED + 120 * MINUTE, 60 * MINUTE)
    there = [
        Stretch("05", "00902F", OPENED, OPENED + 20 * MINUTE, served=True),
        Stretch("05", "00902F", OPENED + 20 * MINUTE, OPENED + 80 * MINUTE, back=True),
        Stretch("05", "00902F", OPENED + 80 * MINUTE, OPENED + 100 * MINUTE),
    ]
    visits = [visit(passage(at(0), at(0), at(0), at(20)))]
    (row,) = measures.counted(visits, [day], ("agent",), {}, 0, {day.date: there}).told().values()
    assert (row["occupancy"], row["back_h"], row["served_per_staffed_h"]) == (0.5, 1.0, round(60 / 40, 2))
    behind = [Stretch("05", "00902F", OPENED, OPENED + 60 * MINUTE, back=True)]
    (row,) = measures.counted([], [day], ("agent",), {}, 0, {day.date: behind}).told().values()
    assert (row["occupancy"], row["staffed_h"], row["back_h"]) == (None, 0.0, 1.0)
