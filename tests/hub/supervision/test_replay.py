"""A day played again: by the queues' own routing, with the textbook's queue among those it is tried on."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from hub.queues.places import Terms
from hub.queues.routing import Help, Place
from hub.settings import QueueRules
from hub.supervision import erlang, replay
from hub.supervision.replay import Scene, Step, Visitor, Window

MIN = 60_000


def lot(seed: int = 0) -> Random:
    return Random(seed)  # noqa: S311 (a replay, no secret)


RULES = QueueRules()


def visitor(came: float, work: float | None = 10, service: str = "PEN", **facts: object) -> Visitor:
    """Somebody who comes at a minute and takes so many."""
    priority, language = facts.pop("priority", "normal"), facts.pop("language", "")
    step = Step(service, work_ms=None if work is None else round(work * MIN), **facts)
    return Visitor(round(came * MIN), priority, (step,), language)


def scene(
    *visitors: Visitor,
    windows: tuple[Window, ...] = (),
    rules: QueueRules = RULES,
    pause: int = 0,
    needing: tuple[str, ...] = (),
) -> Scene:
    windows = windows or (window("08"),)
    terms = Terms(rules, frozenset(needing), {one.counter: one.place.services for one in windows})
    return Scene(visitors, windows, ((0, terms),), {"PEN": ((0, 5 * MIN),)}, pause)


def window(
    counter: str, begin: int = 0, end: int = 600, services: tuple[str, ...] = ("PEN",), **facts: object
) -> Window:
    sitting = facts.pop("sitting", 0)
    return Window(Place(counter, services, **facts), begin * MIN, end * MIN, sitting)


def played(*visitors: Visitor, **facts: object) -> list[int]:
    """The waits of the calls in their order, minutes."""
    return [call.waited // MIN for call in replay.replay(scene(*visitors, **facts), lot()).calls]


def test_one_counter_serves_one_after_the_other():
    assert played(visitor(0), visitor(1), visitor(2)) == [0, 9, 18]
    assert played(visitor(0), visitor(1), visitor(2), windows=(window("08"), window("09"))) == [0, 0, 8]


def test_a_counter_takes_its_pause_between_two_visitors():
    assert played(visitor(0), visitor(1), pause=MIN) == [0, 10]


def test_the_order_is_that_of_the_queues_own_rules():
    """An old person goes before those who came a moment earlier, and whoever waited too long before all."""
    found = replay.replay(scene(visitor(0), visitor(1), visitor(3, priority="age_70"), visitor(4)), lot())
    assert [(call.priority, call.entered // MIN, call.passed) for call in found.calls] == [
        ("normal", 0, 0), ("age_70", 3, 1), ("normal", 1, 0), ("normal", 4, 0),
    ]  # fmt: skip
    strict = RULES.model_copy(update={"max_wait_min": 5})
    found = replay.replay(scene(visitor(0), visitor(1), visitor(3, priority="age_70"), rules=strict), lot())
    assert [call.entered // MIN for call in found.calls] == [0, 1, 3], "another policy, another order"


def by_appointment(came: float, due: float, head_start: float = 30, work: float = 10) -> Visitor:
    """Somebody who comes at a minute for an appointment at another one."""
    return replace(visitor(came, work), due=round(due * MIN), head_start=head_start)


def came_of(*visitors: Visitor, **facts: object) -> list[int]:
    return [call.entered // MIN for call in replay.replay(scene(*visitors, **facts), lot()).calls]


def test_who_comes_early_for_an_appointment_is_called_at_its_time_and_before_who_has_waited_less():
    """Source: B.13; callable from five minutes before, and worth thirty minutes then."""
    early = by_appointment(0, 60)
    assert played(early) == [55], "an empty room, and still nobody before their time; the counter looks again by itself"
    assert came_of(early, visitor(50, 7), visitor(51)) == [50, 0, 51]
    assert came_of(early, visitor(10, 50), visitor(31)) == [10, 0, 31], "thirty minutes against 29"
    assert came_of(early, visitor(10, 50), visitor(29)) == [10, 29, 0], "and against 31"
    plain = came_of(replace(early, due=None, head_start=0), visitor(50, 7))
    assert plain == [0, 50], "without its hour the same visitor would have been called at once"


def test_who_comes_too_late_has_only_the_minutes_since_their_time():
    assert came_of(visitor(0, 40), visitor(20), by_appointment(30, 10, 0)) == [0, 30, 20]
    assert came_of(visitor(0, 40), visitor(5), by_appointment(30, 10, 0)) == [0, 5, 30]


def test_who_was_passed_by_an_appointment_is_counted_and_who_came_before_its_time_passes_nobody():
    found = replay.replay(scene(visitor(0, 20), visitor(5), by_appointment(1, 20), visitor(6)), lot()).calls
    assert [(call.entered // MIN, call.passed) for call in found] == [(0, 0), (1, 2), (5, 0), (6, 0)]


def test_appointments_count_in_a_run_of_those_called_before_others():
    """Rule 2: after three of them in a row a normal visitor who has waited over half an hour."""
    due = [by_appointment(0, 40 + n, head_start=60, work=5) for n in range(5)]
    assert came_of(visitor(0, 40), *due, visitor(12)) == [0, 0, 0, 0, 12, 0, 0]


def test_a_visitor_for_one_counter_waits_for_it_while_it_is_open():
    both = (window("08"), window("09"))
    busy = (visitor(0), visitor(0), visitor(1, wanted="09"))
    assert played(*busy, windows=both)[2] == 9
    rules = RULES.model_copy(update={"affinity_min": 3})
    alone = replay.replay(scene(visitor(0, 20), visitor(1, wanted="09"), windows=(window("08"),), rules=rules), lot())
    assert alone.calls[1].waited == 19 * MIN, "09 is not open: any counter may call"
    free = replay.replay(scene(visitor(0, 60, wanted="09"), visitor(1, wanted="09"), windows=both, rules=rules), lot())
    assert free.calls[1].waited == 3 * MIN, "kept for 09 for three minutes, then 08 calls, though nothing else happens"


def test_who_waited_for_a_counter_that_closes_is_called_elsewhere_at_once():
    rules = RULES.model_copy(update={"affinity_min": 600})
    windows = (window("08"), window("09", 0, 5))
    found = replay.replay(
        scene(visitor(0, 30, wanted="09"), visitor(1, wanted="09"), windows=windows, rules=rules), lot()
    )
    assert [call.waited // MIN for call in found.calls] == [0, 4]


def test_who_gives_up_is_gone_and_who_is_not_called_is_told():
    found = replay.replay(
        scene(visitor(0, 30), visitor(1, patience_ms=5 * MIN), visitor(2, None), windows=(window("08", 0, 30),)),
        lot(),
    )
    assert (dict(found.gone), dict(found.unserved), len(found.calls)) == ({"PEN": 1}, {"PEN": 1}, 1)


def test_who_was_never_served_takes_as_long_as_somebody_else_of_the_queue():
    assert played(visitor(0, None), visitor(1)) == [0, 4]


def test_who_is_sent_on_comes_to_the_next_queue_and_who_was_absent_comes_back():
    sent_on = Visitor(0, "normal", (Step("RAS", work_ms=5 * MIN), Step("PEN", work_ms=MIN)))
    windows = (window("02", services=("RAS",)), window("08"))
    found = replay.replay(scene(sent_on, windows=windows), lot())
    assert [(call.service, call.entered // MIN) for call in found.calls] == [("RAS", 0), ("PEN", 5)]
    back = Visitor(0, "normal", (Step("PEN", absent=True, work_ms=MIN), Step("PEN", pause_ms=8 * MIN, work_ms=MIN)))
    found = replay.replay(scene(back, visitor(9, 1), visitor(9, 1)), lot())
    assert [call.passed for call in found.calls][1:] == [0, 0, 0], "two others, and then nobody else"
    found = replay.replay(scene(back, *(visitor(8, 1, patience_ms=None) for _ in range(5))), lot())
    came = [call.entered // MIN for call in found.calls]
    assert came == [0, 8, 8, 8, 8, 9, 8], "the one called before, three others (return_behind), and their turn has come"


def test_a_service_that_runs_over_the_end_is_finished_and_nobody_else_called():
    found = replay.replay(scene(visitor(0, 40), visitor(1), windows=(window("08", 0, 30),)), lot())
    assert (len(found.calls), found.unserved["PEN"]) == (1, 1)


def test_a_counter_is_opened_and_closed_for_a_time():
    windows = (window("08", 0, 100),)
    shorter = replay.closed(windows, "08", 30 * MIN, 60 * MIN)
    assert [(one.begin // MIN, one.end // MIN) for one in shorter] == [(0, 30), (60, 100)]
    assert replay.closed(windows, "08", 200 * MIN, 300 * MIN) == windows
    other = replay.opened(windows, window("08", 90, 120, ("RAS",)))
    assert [(one.place.services, one.begin // MIN, one.end // MIN) for one in other] == [
        (("PEN",), 0, 90), (("RAS",), 90, 120),
    ]  # fmt: skip


def test_another_day_by_lot_has_as_many_visitors_of_the_same_kind():
    found = scene(*(visitor(minute, 1 + minute) for minute in range(40)))
    found = replace(found, spells={"PEN": tuple((0, each.steps[0].work_ms or 0) for each in found.visitors)})
    other = replay.like(found, lot(5))
    assert len(other.visitors) == 40
    assert [v.came for v in other.visitors] == sorted(v.came for v in other.visitors)
    works = {step.work_ms for v in other.visitors for step in v.steps}
    assert works <= {work for _, work in found.spells["PEN"]}
    assert other != found
    assert replay.like(found, lot(5)) == other, "the same throw, the same day"


def test_the_replay_of_a_known_queue_is_the_textbooks():
    """M/M/3+M of C.5, 6,000 visitors: who leaves and the P80 of the others are Erlang A's, within what so many say."""
    chance, now, visitors = lot(11), 0.0, []
    for _ in range(6_000):
        now += chance.expovariate(20 / 60)
        patience = round(chance.expovariate(1 / 45) * MIN)
        visitors.append(visitor(now, chance.expovariate(1 / 8), patience_ms=patience))
    windows = tuple(window(str(place), 0, 10**6) for place in range(3))
    rules = RULES.model_copy(update={"max_wait_min": 600})
    found = replay.replay(scene(*visitors, windows=windows, rules=rules), lot())
    line = erlang.erlang_a(20 / 60, 8, 45, 3)
    assert found.gone["PEN"] / 6_000 == pytest.approx(line.leaves, abs=0.02)
    assert found.p80_min() == pytest.approx(erlang.percentile([(1, line)], 0.8), rel=0.15)


# --- what the routing knows of counters and visitors -----------------------------------------


def called_at(found: Scene) -> list[tuple[str, int, int]]:
    """Where each was called: the counter, who (from 1), and in which minute."""
    calls = replay.replay(found, lot()).calls
    return [(call.counter, call.number, (call.entered + call.waited) // MIN) for call in calls]


def test_who_speaks_another_language_is_kept_for_the_counter_that_does_as_long_as_a_preference_holds():
    both = (window("08", languages=frozenset({"fr"})), window("09", languages=frozenset({"fr", "en"})))
    found = scene(visitor(0, 30), visitor(0, 30), visitor(1, language="en"), visitor(2), windows=both)
    alone = scene(visitor(0, 60, language="en"), visitor(1, language="en"), windows=both)
    assert called_at(found)[2:] == [("08", 3, 30), ("09", 4, 30)], "a preference holds for ten minutes"
    assert called_at(alone) == [("09", 1, 0), ("08", 2, 11)]


def test_who_needs_a_language_waits_for_it_and_the_replay_ends():
    both = (window("08", languages=frozenset({"fr"})), window("09", languages=frozenset({"fr", "en"})))
    found = scene(visitor(0, 60, language="en"), visitor(1, language="en"), windows=both, needing=("PEN",))
    assert called_at(found) == [("09", 1, 0), ("09", 2, 60)]
    nobody = scene(visitor(0, language="en"), windows=both[:1], needing=("PEN",))
    assert replay.replay(nobody, lot()).unserved == {"PEN": 1}


def test_who_comes_in_a_wheelchair_is_kept_for_the_counter_on_the_level():
    both = (window("08"), window("09", accessible=True))
    assert called_at(scene(visitor(0, priority="reduced_mobility"), windows=both)) == [("09", 1, 0)]


def test_the_minutes_of_a_counter_count_there():
    services = ("PEN", "DEP")
    people = (visitor(0, 9), visitor(1, service="PEN"), visitor(4, service="DEP"))
    plain = window("08", services=services)
    assert [number for _, number, _ in called_at(scene(*people, windows=(plain,)))] == [1, 2, 3]
    weighed = window("08", services=services, weights={"DEP": 5.0})
    assert [number for _, number, _ in called_at(scene(*people, windows=(weighed,)))] == [1, 3, 2]


def helping(*, sitting: int = 0, begin: int = 0, end: int = 600) -> Window:
    helps = (Help("DEP", 20.0, after=2),)
    return window("08", begin, end, helps=helps, sitting=sitting)


def test_a_counter_helps_after_so_many_of_its_own_and_at_once_where_it_would_stand_idle():
    own = [visitor(0, 10) for _ in range(6)]
    busy = scene(*own, *(visitor(0, 10, service="DEP") for _ in range(2)), windows=(helping(),))
    assert [number for _, number, _ in called_at(busy)] == [1, 2, 3, 7, 4, 5, 8, 6]
    idle = replay.replay(scene(visitor(0, service="DEP"), windows=(helping(),)), lot())
    assert [call.waited for call in idle.calls] == [20 * MIN + 1], "twenty minutes sharp are not over twenty"


def test_who_sits_down_has_helped_nobody_and_who_was_there_counts_on():
    own = [visitor(0, 10) for _ in range(6)]
    people = (*own, visitor(0, 10, service="DEP"))
    same = (helping(end=25), helping(begin=25))
    other = (helping(end=25), helping(begin=25, sitting=1))
    assert [number for _, number, _ in called_at(scene(*people, windows=same))] == [1, 2, 3, 7, 4, 5, 6]
    assert [number for _, number, _ in called_at(scene(*people, windows=other))] == [1, 2, 3, 4, 5, 7, 6]


def test_other_numbers_hold_from_their_moment_on():
    found = scene(visitor(0, 10), visitor(1, 10), visitor(2, 10, priority="age_70"), visitor(3, priority="age_70"))
    strict = replace(found.terms[0][1], rules=RULES.model_copy(update={"max_wait_min": 5}))
    assert [number for _, number, _ in called_at(found)] == [1, 3, 4, 2]
    later = replace(found, terms=(*found.terms, (15 * MIN, strict)))
    assert [number for _, number, _ in called_at(later)] == [1, 3, 2, 4]


def test_nobody_is_wanted_at_a_counter_that_does_not_serve_them():
    both = (window("08", services=("PEN",)), window("09", services=("DEP",)))
    assert called_at(scene(visitor(0, wanted="09"), windows=both)) == [("08", 1, 0)]
