"""A look at years goes to a process of its own, and says what the hub itself would say."""

from __future__ import annotations

import os
import random
import signal
from datetime import date, datetime

import pytest

from hub.errors import Unreadable
from hub.supervision import advising, fairness_pages, looking, ranges, report, statistics, store, story, tally
from hub.workshop import apart
from tests.hub.supervision.house import House
from tests.hub.supervision.wild_days import WildDay
from tests.office import demo_settings, settings_with

DAYS = (date(2026, 3, 3), date(2026, 12, 31), date(2027, 2, 3))
YEARS = {"from": "2025-01-01", "to": "2027-02-04"}
QUARTER = {"from": "2026-12-01", "to": "2027-02-04"}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Three days over two years, and one that is still open."""
    built = House(tmp_path_factory.mktemp("looking") / "data").people()
    chance = random.Random(7)  # noqa: S311 (a story, no secret)
    for day in DAYS:
        WildDay(built, chance).live(day, 60)
    built.clock.jump(to=datetime(2027, 2, 4, 7, 30, tzinfo=demo_settings().agency.zone))
    built.open_day()
    built.press("deposit")
    yield built
    looking._LOOKERS.of(built.hub).close()
    tally.of(built.hub).close()
    built.close()


@pytest.fixture
def own(monkeypatch):
    """How often the hub looked itself."""
    looks = []
    before = ranges.read  # every look reads a range
    monkeypatch.setattr(ranges, "read", lambda *given: (looks.append(1), before(*given))[1])
    return looks


def pid(office):
    return looking._LOOKERS.of(office.hub).pid


def test_years_are_looked_up_apart_and_say_what_the_hub_would_say(office, own):
    hub, reader = office.hub, office.hub.reader
    for by in ("service", "month,counter", ""):
        query = YEARS | {"by": by}
        assert looking.figures(hub, reader, query) == statistics.figures(hub, reader, query)
    for view in ("service", "agent"):
        query = YEARS | {"view": view}
        expected = report.report_of(hub, reader, query, of_agents=True)
        assert looking.report_of(hub, reader, query, of_agents=True) == expected
    assert len(own) == 5, "those to compare with"
    assert pid(office)


def test_visits_of_many_are_looked_up_apart_and_say_what_the_hub_would_say(office, own, monkeypatch):
    hub, reader, (day, *_, last) = office.hub, office.hub.reader, [each.isoformat() for each in DAYS]
    looks = {
        "a grouping that no summary has": (
            looking.figures,
            statistics.figures,
            {"from": day, "to": day, "by": "service,hour"},
        ),
        "the journal of fairness": (
            fairness_pages._told,
            lambda hub, reader, query: fairness_pages.told(hub, reader, query["from"], query["to"]),
            {"from": day, "to": day},
        ),
    }
    for few, apart_from_the_hub in ((60, False), (0, True)):
        monkeypatch.setattr(looking, "FEW_VISITS", few)
        for what, (looked_up, looks_itself, query) in looks.items():
            own.clear()
            found = looked_up(hub, reader, query)
            assert (not own) == apart_from_the_hub, what
            assert found == looks_itself(hub, reader, query), what
    looks = {story.told: (day, day), story.said: (day,), advising.outlook: (date(2027, 2, 10),)}
    for look, given in looks.items():
        assert looking.visits_of(hub, reader, day, last, look, *given) == look(hub, reader, *given), look


def test_few_are_counted_to_the_last(office):
    day = DAYS[0].isoformat()
    count = office.hub.reader.execute(
        "SELECT count(*) FROM ticket t JOIN business_day b ON b.id = t.day WHERE b.date = ?", (day,)
    ).fetchone()[0]
    assert [store.are_few(office.hub.reader, day, day, most) for most in (count - 1, count)] == [False, True]
    assert store.are_few(office.hub.reader, "2025-01-01", "2025-12-31", 0)


def test_a_process_that_is_sent_home_comes_again(office):
    looking.figures(office.hub, office.hub.reader, YEARS)
    looking.rest(office.hub)
    assert pid(office) is None
    assert looking.figures(office.hub, office.hub.reader, YEARS)["total"]["issued"]


def test_the_day_that_is_open_is_as_it_is_now(office):
    before = looking.figures(office.hub, office.hub.reader, YEARS)["total"]["issued"]
    office.press("deposit")
    assert looking.figures(office.hub, office.hub.reader, YEARS)["total"]["issued"] == before + 1


def test_a_quarter_is_looked_up_by_the_hub(office, own):
    looking.figures(office.hub, office.hub.reader, QUARTER)
    looking.report_of(office.hub, office.hub.reader, QUARTER, of_agents=False)
    assert len(own) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [({"from": "x"}, "from"), (YEARS | {"view": "nothing"}, "view"), (YEARS | {"from": "2028-01-01"}, "from")],
)
def test_what_makes_no_sense_is_refused_as_ever(office, query, field):
    with pytest.raises(Unreadable) as refused:
        looking.report_of(office.hub, office.hub.reader, query, of_agents=True)
    assert refused.value.field == field


def test_agents_stay_unseen_by_who_may_not_see_them(office):
    with pytest.raises(Unreadable):
        looking.report_of(office.hub, office.hub.reader, YEARS | {"view": "agent"}, of_agents=False)


def test_what_is_published_stands_at_once(office):
    hub = office.hub
    before = looking.figures(hub, hub.reader, YEARS)
    stricter = settings_with({"agency": {"name": "Autre"}})
    hub.standing.take(stricter, 1)
    try:
        assert looking.report_of(hub, hub.reader, YEARS, of_agents=True).title
        assert looking.figures(hub, hub.reader, YEARS)["rows"] == before["rows"]
    finally:
        hub.standing.take(None, 0)


def test_a_process_that_was_killed_is_begun_again(office, own):
    looking.figures(office.hub, office.hub.reader, YEARS)
    os.kill(pid(office), signal.SIGKILL)
    looking.figures(office.hub, office.hub.reader, YEARS)
    assert own == []


def test_where_no_process_can_be_begun_the_hub_looks_itself(office, own, monkeypatch):
    looking._LOOKERS.of(office.hub).close()
    monkeypatch.setattr(apart.subprocess, "Popen", lambda *_, **__: (_ for _ in ()).throw(OSError("no memory")))
    assert looking.figures(office.hub, office.hub.reader, YEARS)["total"]["issued"]
    assert len(own) == 1
