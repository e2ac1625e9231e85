"""What a day to come wants: days alike, queues that share counters, and the advice of the textbook."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import date

import pytest

from hub.days import Calendar
from hub.settings.counters import Counter
from hub.supervision import advice, demand, erlang
from hub.supervision.demand import Demand, Expected, Past, Pool
from tests.office import demo_settings

#: Monday to Friday; paid on the 25th, due on the 15th.
CALENDAR = Calendar(("05-01", "12-25"), frozenset(range(5)), ("25",), ("15",))
PEN = Pool(("PEN",), ("08",))


# --- days alike ------------------------------------------------------------------------------


def days(*said: str) -> list[str]:
    return list(said)


def test_an_ordinary_day_is_foreseen_from_its_weekday():
    held = days("2026-03-03", "2026-03-04", "2026-03-10", "2026-03-17", "2026-03-18", "2026-03-31")
    found = demand.alike(date(2026, 3, 31), held, CALENDAR)
    assert (found.rush, found.weekday, found.dates) == ("ordinary", True, ("2026-03-17", "2026-03-10", "2026-03-03"))


def test_where_there_are_few_of_its_weekday_all_ordinary_days_serve():
    held = days("2026-03-03", "2026-03-04", "2026-03-05", "2026-03-25")
    found = demand.alike(date(2026, 3, 31), held, CALENDAR)
    assert (found.weekday, found.dates) == (False, ("2026-03-05", "2026-03-04", "2026-03-03"))
    assert found.enough
    assert not demand.alike(date(2026, 3, 31), held[:2], CALENDAR).enough


def test_paydays_are_kept_apart():
    held = days("2026-01-26", "2026-02-25", "2026-02-26", "2026-03-18", "2026-03-11")
    found = demand.alike(date(2026, 3, 25), held, CALENDAR)
    assert (found.rush, found.dates) == ("pay", ("2026-02-26", "2026-02-25", "2026-01-26"))


def test_only_the_last_twelve_are_looked_at():
    held = [date.fromordinal(date(2026, 1, 6).toordinal() + 7 * week).isoformat() for week in range(20)]
    found = demand.alike(date(2026, 5, 19), held, CALENDAR)
    assert len(found.dates) == demand.MOST
    assert found.dates[0] > found.dates[-1]


# --- pools -----------------------------------------------------------------------------------


def counter(code: str, *services: str) -> Counter:
    return Counter(code=code, label=code, kind="specialised", services=services)


def test_queues_that_share_a_counter_are_one_line():
    counters = [counter("1", "A"), counter("2", "B"), counter("3", "A", "C"), counter("4", "D", "X")]
    found = demand.pools(counters, {"A", "B", "C", "D"}.__contains__)
    assert found == (Pool(("A", "C"), ("1", "3")), Pool(("B",), ("2",)), Pool(("D",), ("4",)))


def test_in_the_demo_each_service_has_its_line():
    settings = demo_settings()
    gives = {service.code for service in settings.services if service.prefix}
    found = demand.pools(settings.counters, gives.__contains__)
    assert [len(pool.services) for pool in found] == [1] * len(found)
    assert Pool(("DEP",), ("05", "06")) in found


# --- the textbook ----------------------------------------------------------------------------


def steady(people: float, counters: int, *, service: float = 8, patience: float = 45, slots: int = 12) -> Demand:
    """So many people in each half-hour, all day long."""
    return Demand(PEN, service, patience, tuple(Expected(16 + place, people, 99, counters) for place in range(slots)))


def test_the_advice_on_a_known_day_is_the_textbooks():
    """20 visitors an hour, 8 minutes each, 45 minutes of patience: C.5's queue, with its two counters and its three."""
    found = advice.plan(steady(10, 2), target_min=10)
    two, three = (erlang.erlang_a(20 / 60, 8, 45, count) for count in (2, 3))
    (one,) = [each for each in found.advice if each.kind == "more"]
    assert (one.extra, one.end, one.enough) == (1, 28, True)
    first = [erlang.erlang_a(10 * 22 / 900, 8, 45, count) for count in (2, 3)]  # the first half-hour begins empty
    assert one.before_min == erlang.percentile([(10, first[0]), (110, two)], 0.8)
    assert one.after_min == erlang.percentile([(10, first[1]), (110, three)], 0.8)
    steady_period = found.periods[5]
    assert steady_period.p80_min == pytest.approx(erlang.percentile([(1, two)], 0.8))
    assert steady_period.needed == 3
    rest = 10 * (first[0].mean_min - first[1].mean_min)
    assert one.saved_min - rest == pytest.approx(110 * (12.92 - 4.44), abs=1), "C.5's means, for 110 people"


def test_the_first_half_hour_has_only_those_who_came_since_its_begin():
    """The line follows the door by a service time: 8 of its 30 minutes have the half-hour before, when nobody came."""
    first, second = advice.plan(steady(10, 2), target_min=10).periods[:2]
    line = erlang.erlang_a(10 * 22 / 900, 8, 45, 2)
    assert first.p80_min == pytest.approx(erlang.percentile([(1, line)], 0.8))
    assert second.p80_min > first.p80_min


def test_more_counters_are_asked_for_where_one_is_not_enough():
    (one,) = advice.plan(steady(14, 2), target_min=10).advice
    assert (one.kind, one.extra, one.enough) == ("more", 2, True)
    (flooded,) = advice.plan(steady(60, 2), target_min=10).advice
    assert (flooded.extra, flooded.enough) == (advice.MOST_MORE, False), "and it says that it is not enough"


def test_an_idle_counter_is_told_of_when_it_stays_idle_for_two_hours():
    (one,) = advice.plan(steady(4, 3), target_min=20).advice
    assert (one.kind, one.extra) == ("fewer", -1)
    assert one.after_min <= 20
    assert advice.plan(steady(4, 3, slots=advice.LONG_ENOUGH - 1), target_min=20).advice == ()
    assert advice.plan(steady(1, 1), target_min=20).advice == (), "nobody is told to close the last one"


def test_what_saves_most_is_said_first_and_no_more_than_a_few_things():
    plans = [advice.plan(steady(people, 2), target_min=10) for people in (10, 14, 12, 4, 11, 13, 10.5)]
    said = advice.foremost(plans)
    assert len(said) == advice.SAID
    assert [one.saved_min for one in said] == sorted((one.saved_min for one in said), reverse=True)


def test_a_half_hour_without_anybody_asks_for_nothing():
    found = advice.plan(Demand(PEN, 8, 45, (Expected(15, 0, 0, 1), Expected(16, 0, 0, 0))), target_min=10)
    assert [(period.p80_min, period.needed) for period in found.periods] == [(0.0, 0), (None, 0)]
    assert found.advice == ()


def test_the_half_days_want_what_their_busiest_half_hour_wants():
    quiet, crowd = Expected(23, 2, 99, 2), Expected(24, 14, 99, 2)
    found = advice.plan(Demand(PEN, 8, 45, (quiet, crowd, Expected(25, 0.1, 1, 0))), target_min=10)
    morning, afternoon = advice.half_days(found)
    assert (morning.usual, morning.needed, morning.spare) == (2, 1, 1)
    assert (afternoon.usual, afternoon.spare) == (2, 2 - afternoon.needed)
    assert afternoon.needed == max(period.needed for period in found.periods if period.slot == 24) > 2
    assert advice.half_days(advice.plan(steady(4, 1, slots=2), target_min=30))[1] == advice.Heads(0, 0)


# --- from past days --------------------------------------------------------------------------


def past(day: str, *, entered: int, left: int = 0) -> Past:
    """Two counters of the pensions from 8:00 to 10:00; so many people in each half-hour, 8 minutes of each."""
    slots = range(16, 20)
    return Past(
        day,
        Tally({("PEN", slot): entered for slot in slots}),
        taken=Tally(PEN=4 * entered * 8 * 60_000),
        calls=Tally(PEN=4 * entered),
        waited=Tally(PEN=4 * entered * 5 * 60_000),
        left=Tally(PEN=left),
        staffed=Tally({("08", slot): demand.SLOT_MS for slot in slots}),
    )


def test_a_demand_is_the_mean_of_its_days():
    found = demand.demand(PEN, [past("2026-03-03", entered=4, left=2), past("2026-03-10", entered=6)], {"PEN": 9}.get)
    assert found is not None
    assert [(one.slot, one.people, one.seen, one.open) for one in found.slots] == [(s, 5, 10, 1) for s in range(16, 20)]
    assert found.service_min == 8
    assert found.patience_min == pytest.approx(40 * 5 / 2.5), "200 minutes waited by all, two left, and half a person"


def test_where_nobody_came_there_is_no_demand_and_where_nobody_was_called_the_settings_say_how_long():
    assert demand.demand(PEN, [Past("2026-03-03")], {"PEN": 9}.get) is None
    uncalled = Past("2026-03-03", Tally({("PEN", 16): 3}))
    found = demand.demand(PEN, [uncalled], {"PEN": 9.0}.get)
    assert found is not None
    assert (found.service_min, found.slots[0].open) == (9.0, 0)
