"""Summaries of days that are over: the figures of the visits, whatever range; and counted again when needed."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest

from hub.clock import ManualClock
from hub.context import Hub
from hub.queues import actions
from hub.supervision import measures, ranges, staffing, statistics, store, tally
from tests.hub.supervision.wild_days import WildDay
from tests.office import SUPERVISOR, Office, demo_settings, open_store

#: Two years, their months' ends, and a day that is still open.
DAYS = (
    date(2025, 11, 28),
    date(2025, 12, 30),
    date(2025, 12, 31),
    date(2026, 1, 2),
    date(2026, 2, 2),
    date(2026, 2, 3),
)
FIRST, LAST = DAYS[0].isoformat(), DAYS[-1].isoformat()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """An office with a past over the turn of a year; nothing here changes it but in its own file of summaries."""
    clock = ManualClock(datetime(2025, 11, 27, 7, 20, tzinfo=demo_settings().agency.zone))
    office = Office(Hub(demo_settings(), open_store(tmp_path_factory.mktemp("tally") / "data", clock)), clock)
    chance = random.Random(7)  # noqa: S311 (a story, no secret)
    for day in DAYS:
        WildDay(office, chance).live(day, 90)
    clock.jump(to=datetime(2026, 2, 4, 7, 30, tzinfo=demo_settings().agency.zone))
    office.open_day()
    for _ in range(3):
        office.press("deposit")
    yield office
    tally.of(office.hub).close()
    office.hub.store.close()


def counted(office):
    """The house with everything summed up, as the process beside the hub does it."""
    tally.count_all(office.hub.store.folder, tally.Terms.of(office.hub))
    return ranges.read(office.hub, office.hub.reader, FIRST, "2026-02-04")


def by_visits(office, first, last, by):
    """The same range from its visits, with no summary."""
    hub, reader = office.hub, office.hub.reader
    terms = tally.Terms.of(hub)
    days = store.days(reader, first, last, terms.zone)
    visits = store.visits(reader, days)
    stretches = {
        day.date: staffing.stretches(reader, day, [v for v in visits if v.day == day.date], hub.now().at)
        for day in days.values()
    }
    return measures.counted(visits, tuple(days.values()), by, terms.targets, hub.now().at, stretches).told()


@pytest.mark.parametrize("by", tally.PREPARED, ids=lambda by: tally.name_of(by) or "whole")
@pytest.mark.parametrize(
    ("first", "last"),
    [
        (FIRST, "2026-02-04"), ("2025-12-31", "2026-02-02"), (LAST, LAST), ("2025-12-01", "2025-12-31"),
        ("2025-01-01", "2025-12-31"),
    ],
)  # fmt: skip
def test_summaries_say_what_visits_say(house, by, first, last):
    counted(house)
    found = ranges.read(house.hub, house.hub.reader, first, last)
    assert found.rows(by) == by_visits(house, first, last, by)


@pytest.mark.parametrize(("first", "last"), [(FIRST, "2026-02-04"), ("2025-12-01", "2025-12-31")])
def test_each_day_of_a_range_is_told_as_its_visits_say(house, first, last):
    counted(house)
    found = ranges.read(house.hub, house.hub.reader, first, last)
    assert found.rows(("day",)) == by_visits(house, first, last, ("day",))
    assert found.rows(("day", "hour")) == by_visits(house, first, last, ("day", "hour"))


def test_a_month_with_nothing_in_it_is_told_as_nothing(house):
    counted(house)
    found = ranges.read(house.hub, house.hub.reader, "2024-05-01", "2024-05-31")
    assert found.rows(())[()]["issued"] == 0
    assert found.rows(("day",)) == {}


def test_a_file_of_another_shape_is_made_anew(office):
    served_day(office)
    service_s(office)
    file = tally.of(office.hub)
    with file._writing() as written:
        written.execute("ALTER TABLE cell DROP COLUMN told")
        written.execute("PRAGMA user_version = 0")
    file.close()
    fresh = tally.Tally(office.hub.store.folder, tally.Terms.of(office.hub))
    fresh.follow(office.hub.reader)
    assert fresh.uncounted() == ["2026-03-02"]
    fresh.count(office.hub.reader, fresh.uncounted())
    assert fresh.told((), tally.DAY, ["2026-03-02"])
    fresh.close()


def test_months_and_years_that_are_over_are_summed_up(house):
    found = counted(house)
    assert found.kept.wholes() == {"2025", "2025-11", "2025-12", "2026-01"}
    assert found._periods(None) == {"year": ["2025"], "month": ["2026-01"], "day": ["2026-02-02", "2026-02-03"]}
    cut = ranges.read(house.hub, house.hub.reader, "2025-12-31", LAST)
    assert cut._periods(None) == {"year": [], "month": ["2026-01"], "day": ["2025-12-31", "2026-02-02", "2026-02-03"]}


@pytest.mark.parametrize("unit", ranges.UNITS)
def test_units_of_time_add_up(house, unit):
    found = counted(house)
    rows = found.rows((unit, "service"))
    whole = found.rows(("service",))
    for service in {group[0] for group in whole}:
        mine = [row for group, row in rows.items() if group[1] == service]
        assert sum(row["issued"] for row in mine) == whole[service,]["issued"]
        assert sum(row["wait"]["count"] for row in mine) == whole[service,]["wait"]["count"]
    assert sorted({group[0] for group in rows}) == sorted(
        {ranges.bucket(d.isoformat(), unit) for d in (*DAYS, date(2026, 2, 4))}
    )


def test_the_open_day_is_counted_as_it_is(house):
    found = ranges.read(house.hub, house.hub.reader, "2026-02-04", "2026-02-04")
    assert found.rows(())[()]["in_progress"] == 3
    assert [one.day.date for one in found.live] == ["2026-02-04"]
    assert found.little() == {}


def test_littles_law_is_kept_of_every_closed_day(house):
    found = counted(house)
    assert set(found.little()) == {day.isoformat() for day in DAYS}
    for number, day in store.days(house.hub.reader, FIRST, LAST, found.kept.terms.zone).items():
        assert found.little()[day.date] == measures.little(store.visits(house.hub.reader, {number: day}), day)


def served_day(office, errand="deposit"):
    """One visitor, served, and the day closed."""
    desk = office.counter("05").open("00902F")
    office.give(errand)
    office.later(minutes=4)
    desk.serve(minutes=90)
    office.later(minutes=1).close_day()
    return office


def service_s(office):
    return statistics.figures(office.hub, office.hub.reader, {"to": "2026-03-02", "from": "2026-03-02"})["total"]


def test_a_corrected_end_has_its_day_counted_again(office):
    served_day(office)
    before = service_s(office)
    assert (before["service_time"]["max_s"], before["corrected"]) == (5400, 0)
    assert tally.of(office.hub).days("2026-03-02", "2026-03-02")["2026-03-02"].counted
    ended = office.ticket("D001").stage.ended.at - 80 * 60_000
    actions.correct_end(
        office.hub, office.ask(SUPERVISOR), ticket=office.id_of("D001"), ended_at=ended, reason="touche oubliée"
    )
    after = service_s(office)
    assert (after["service_time"]["max_s"], after["service_mean_as_pressed_s"]) == (600, 5400)
    assert after["corrected"] == 1
    assert after["occupancy"] < before["occupancy"] / 5


def test_papers_told_after_the_closing_have_their_day_counted_again(office):
    office.kiosk.unplug()
    office.press("pension")
    served_day(office)
    assert service_s(office)["issued"] == 1
    office.later(hours=1)
    office.kiosk.plug()
    assert (service_s(office)["issued"], service_s(office)["unserved"]) == (2, 1)


def test_a_target_that_changes_leaves_the_past_as_it_was_measured(office):
    served_day(office)
    assert service_s(office)["within_target"] == 1.0
    kept = tally.of(office.hub)
    kept.terms = tally.Terms(kept.terms.zone, dict.fromkeys(kept.terms.targets, 0))
    ended = office.ticket("D001").stage.ended.at - 60_000
    actions.correct_end(office.hub, office.ask(SUPERVISOR), ticket=office.id_of("D001"), ended_at=ended, reason="oubli")
    assert service_s(office)["corrected"] == 1, "counted again"
    assert service_s(office)["within_target"] == 1.0


def test_another_formula_counts_everything_anew(office, monkeypatch):
    served_day(office)
    service_s(office)
    tally.of(office.hub).close()
    monkeypatch.setattr(tally, "FORMULA", tally.FORMULA + 1)
    fresh = tally.Tally(office.hub.store.folder, tally.Terms.of(office.hub))
    fresh.follow(office.hub.reader)
    assert fresh.uncounted() == ["2026-03-02"]
    fresh.close()


def test_another_journal_counts_everything_anew(office):
    served_day(office)
    service_s(office)
    kept = tally.of(office.hub)
    kept.read("SELECT 1")
    with kept._writing() as file:
        file.execute("UPDATE known SET value = 'of a hub that was restored' WHERE name = 'digest'")
    fresh = tally.Tally(office.hub.store.folder, kept.terms)
    fresh.follow(office.hub.reader)
    assert fresh.uncounted() == ["2026-03-02"]
    fresh.close()


def test_a_damaged_file_is_begun_anew(office):
    served_day(office)
    path = office.hub.store.folder / tally.FILE
    path.write_bytes(b"no database" * 1000)
    assert service_s(office)["served"] == 1
    assert tally.of(office.hub).days("2026-03-02", "2026-03-02")["2026-03-02"].counted


def test_without_its_file_a_month_is_counted_from_the_visits(office):
    served_day(office)
    (office.hub.store.folder / tally.FILE).mkdir()
    total = service_s(office)
    assert (total["served"], total["service_time"]["max_s"]) == (1, 5400)


def test_more_days_than_one_asks_for_are_counted_beside(office, monkeypatch):
    for number in range(6):
        office.at("07:30:00") if number else None
        served_day(office)
        office.later(hours=20).open_day()
    monkeypatch.setattr(ranges, "LIVE_DAYS", 4)
    answer = statistics.figures(office.hub, office.hub.reader, {"from": "2026-03-01", "to": "2026-03-31"})
    assert (answer["complete"], answer["total"]["issued"]) == (False, 0), "says so, and shows nothing half"
    tally.count_all(office.hub.store.folder, tally.Terms.of(office.hub))
    answer = statistics.figures(office.hub, office.hub.reader, {"from": "2026-03-01", "to": "2026-03-31"})
    assert (answer["complete"], answer["total"]["served"]) == (True, 6)


def test_the_process_beside_the_hub_counts(office):
    served_day(office)
    tally.keep(office.hub)
    assert tally._running[office.hub].wait(60) == 0
    assert tally.of(office.hub).days("2026-03-02", "2026-03-02")["2026-03-02"].counted
    tally.keep(office.hub)
    assert tally._running[office.hub].poll() == 0, "nothing is left to count: no other process"


def test_a_day_that_does_not_hold_together_is_told_on_the_board(office, monkeypatch):
    served_day(office)
    whole = measures.swept
    monkeypatch.setattr(measures, "swept", lambda spans, window: whole([], window))
    service_s(office)
    monkeypatch.undo()
    assert tally.broken_lately(office.hub, measures.LITTLE_AT_MOST) == [("2026-03-02", 1.0)]
