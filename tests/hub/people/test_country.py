"""The generated country is a believable one, and the same one every time."""

from collections import Counter
from datetime import date
from itertools import islice

import pytest

from hub.demo import _populate
from hub.demo.agency import prepare
from hub.demo.country import FIRST_NAMES, RATE, SURNAMES, Country
from hub.people import store
from hub.rooms import open_hub

pytestmark = pytest.mark.slow  # seconds, and not the first to be asked


def test_the_same_seed_makes_the_same_country():
    assert list(islice(Country(500, 7).records(), 900)) == list(islice(Country(500, 7).records(), 900))
    assert list(Country(200, 7).records()) != list(Country(200, 8).records())


def test_it_has_as_many_persons_as_asked_for_and_a_few_more_relatives():
    kinds = Counter(what for what, _ in Country(2_000).records())
    assert 2_000 <= kinds["people"] <= 2_020
    assert kinds["employers"] == 100
    assert min(kinds[each] for each in ("relationships", "employments", "contributions", "payments", "accounts")) > 0


def test_what_is_wrong_on_purpose_is_found_by_the_controls(town, note):
    run = town.country(5_000)
    jobs = town.rows("SELECT count(*) FROM employment")[0][0]
    assert 0.004 < run.refused / jobs < 0.02
    doubles = town.rows(
        "SELECT count(*) FROM party one JOIN party other ON other.id = one.id - 1 WHERE one.type = 'person'"
        " AND one.birth_date = other.birth_date AND one.first_names = other.first_names"
    )[0][0]
    assert 0.02 < doubles / 5_000 < 0.04
    young = town.rows(
        "SELECT count(*) FROM employment e JOIN party p ON p.id = e.party"
        " WHERE substr(e.start, 1, 4) - substr(p.birth_date, 1, 4) < 10"
    )[0][0]
    assert 0.004 < young / jobs < 0.02
    assert town.rows("SELECT name FROM party WHERE number = '2133415888'") == [("BAMOU",)]
    note(f"{run.counts()}, {doubles} doubles, {young} hired as children")


def test_the_heaviest_employer_has_ten_years_of_months_and_the_rates_are_those_of_the_scheme():
    owed = [record for what, record in Country(1_000).records() if what == "contributions"]
    assert sum(record["party"] == "E1" for record in owed) == 120
    assert all(int(record["due"]) == round(int(record["declared_wages"]) * RATE) for record in owed)


@pytest.mark.parametrize(
    ("until", "months", "quarters"),
    [
        (date(2026, 1, 1), ("2025-01", "2025-12"), ("2025-T1", "2025-T4")),
        (date(2026, 11, 1), ("2025-11", "2026-10"), ("2025-T4", "2026-T3")),
        (date(2026, 4, 1), ("2025-04", "2026-03"), ("2025-T2", "2026-T1")),
    ],
)
def test_accounts_reach_the_last_period_that_has_ended(until, months, quarters):
    periods = {
        record["period"]
        for what, record in Country(1_000, until=until).records()
        if what == "contributions" and record["party"] != "E1"
    }
    by_month = sorted(each for each in periods if "T" not in each)
    by_quarter = sorted(each for each in periods if "T" in each)
    assert (by_month[0], by_month[-1], len(by_month)) == (*months, 12)
    assert (by_quarter[0], by_quarter[-1], len(by_quarter)) == (*quarters, 4)


@pytest.mark.slow
def test_the_demo_has_its_country_once(tmp_path, capsys):
    agency = prepare(tmp_path, 8080)
    for _ in range(2):
        _populate(agency, 300)
        hub = open_hub(agency.settings)
        try:
            assert [row["what"] for row in store.imports(hub.reader)] == ["bundle"]
        finally:
            hub.store.close()
    assert capsys.readouterr().out.count("a country of 300 persons") == 2


def test_nobody_real_can_be_called():
    for what, record in Country(500).records():
        if record.get("phones"):
            assert record["phones"][2:5] == "000"
        if what == "people" and record["ref"] != "P0" and "number" in record:
            assert record["number"].startswith("9")
    assert len(SURNAMES) == 50
    assert {len(each) for each in FIRST_NAMES.values()} == {18}
