"""Statistics equal what somebody works out from the exported journal, on days when everything happens."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest

from hub.clock import ManualClock
from hub.context import Hub
from hub.journal import entries
from hub.supervision import statistics, tally
from tests.hub.supervision import reckoning
from tests.hub.supervision.wild_days import STEPS, WildDay
from tests.office import Office, demo_settings, open_store

FIRST = date(2025, 12, 30)
DIMENSIONS = ("", "service", "counter", "agent", "hour", "priority", "channel")
COUNTS = ("issued", "served", "absent", "cancelled", "unserved", "unfinished", "passages", "uncertain")
SPREADS = ("wait", "wait_to_call", "service_time", "visit_wait")
#: A figure that is told in whole seconds may be this much more than the one in ms.
SECOND = 1.0


def exported(office):
    """The journal as `GET /api/v1/events` gives it."""
    rows = entries(office.hub.reader, 0, 1 << 40)
    return [dict(row) | {"payload": json.loads(row["payload"])} for row in rows]


def lived(folder, days, steps, piece):
    """An office after so many wild days."""
    chance = random.Random(piece)  # noqa: S311 (a story, no secret)
    clock = ManualClock(datetime(2025, 12, 29, 7, 20, tzinfo=demo_settings().agency.zone))
    office = Office(Hub(demo_settings(), open_store(folder, clock)), clock)
    counts: dict[str, int] = {}
    for number in range(days):
        for step, often in WildDay(office, chance).live(FIRST + timedelta(days=number), steps).items():
            counts[step] = counts.get(step, 0) + often
    return office, counts


def compare(office, on, by, book):
    """Every figure of one day in one grouping."""
    targets = {service.code: service.target_min * 60_000 for service in office.hub.settings.services}
    expected = reckoning.reckoned(book, on, by, targets)
    answer = statistics.figures(office.hub, office.hub.reader, {"from": on, "to": on, "by": by})
    rows = {row[by]: row for row in answer["rows"]} if by else {None: answer["total"]}
    told = {of for of, one in expected.items() if _something(one, by)}
    assert set(rows) == told | ({None} if not by else set()), (on, by)
    for of, row in rows.items():
        same(row, expected[of], by, (on, by, of))


def _something(one, by):
    return bool(
        one["issued"] or one["passages"] or one.get("area") or (one["staffed"] + one["behind"] and by != "hour")
    )


def same(row, expected, by, where):
    for name in COUNTS:
        assert row[name] == expected[name], (where, name)
    for name in SPREADS:
        _same_spread(row[name], expected[name], (where, name))
    assert row["early"] == len(expected["early"]), where
    if expected["early"]:
        assert abs(row["early_mean_s"] - sum(expected["early"]) / len(expected["early"]) / 1000) <= 0.001, where
    _near(row["within_target"], _share(expected["within"], expected["aimed"]), 0.0001, where)
    _near(row["one_counter"], _share(expected["one_counter"], expected["served"]), 0.0001, where)
    _near(row["recalls_per_ticket"], _share(expected["recalls"], len(expected["tickets"])), 0.0001, where)
    _near(row["transfers_per_ticket"], _share(expected["sent"], len(expected["tickets"])), 0.0001, where)
    lost = expected["unserved"] + expected["absent"] + expected["cancelled"]
    _near(row["abandonment"], _share(lost, expected["issued"]), 0.0001, where)
    kept = sum(low <= wait <= high for low, wait, high in expected["told"])
    _near(row["announced_kept"], _share(kept, len(expected["told"])), 0.0001, where)
    if expected["pressed"] != expected["service_time"]:
        mean = sum(expected["pressed"]) / len(expected["pressed"]) / 1000
        _near(row["service_mean_as_pressed_s"], mean, 0.001, where)
    if by not in ("counter", "agent"):
        assert row["queue"]["max"] == expected.get("peak", 0), where
        _near(row["queue"]["mean"], expected.get("area", 0) / (expected.get("open") or 1), 0.0051, where)
    if by in ("", "counter", "agent", "hour"):
        _near(row["occupancy"], _share(expected["busy"], expected["staffed"]), 0.0001, where)
        there = expected["staffed"] + expected["behind"]
        _near(row["staffed_h"], expected["staffed"] / 3_600_000 if there else None, 0.0051, where)
        _near(row["back_h"], expected["behind"] / 3_600_000 if there else None, 0.0051, where)


def _same_spread(row, values, where):
    assert row["count"] == len(values), where
    if values:
        assert abs(row["mean_s"] - sum(values) / len(values) / 1000) <= 0.001, where
        assert row["max_s"] == max(values) / 1000, where
        for name, share in (("p50_s", Fraction(1, 2)), ("p80_s", Fraction(4, 5)), ("p90_s", Fraction(9, 10))):
            assert 0 <= row[name] - reckoning.nearest(values, share) / 1000 < SECOND, (where, name)


def _share(part, whole):
    return part / whole if whole else None


def _near(found, expected, tolerance, where):
    assert (found is None) == (expected is None), (where, found, expected)
    assert found is None or abs(found - expected) <= tolerance, (where, found, expected)


def check(folder, days, steps, piece):
    office, counts = lived(folder, days, steps, piece)
    book = reckoning.read(exported(office))
    for facts in book.days.values():
        for by in DIMENSIONS:
            compare(office, facts["date"], by, book)
    tally.of(office.hub).close()
    office.hub.store.close()
    return counts


def test_three_days_when_everything_happens(tmp_path):
    counts = check(tmp_path / "data", days=3, steps=300, piece=1)
    assert set(counts) == set(STEPS), "every step was taken"


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.parametrize("piece", range(1, 21))
def test_a_thousand_days_when_everything_happens(tmp_path, piece, note):
    check(tmp_path / "data", days=50, steps=260, piece=100 + piece)
    note(f"50 days of any step, piece {piece}: statistics equal the journal's, to the second")
