"""Whoever is here before the time of their appointment waits for the agency from that time on, in every figure."""

from __future__ import annotations

from hub.queues import pictures
from hub.supervision import store
from hub.supervision.statistics import figures
from tests.hub.supervision.test_fairness import by_appointment, open_at

MIN = 60


def waiting(house):
    return pictures.moment(house.hub, house.hub.reader).waiting["DEP"]


def today(house):
    day = house.hub.today().isoformat()
    return figures(house.hub, house.hub.reader, {"from": day, "to": day})["total"]


def test_the_time_before_their_own_is_told_beside_the_waits_and_is_none_of_them(house):
    (desk,) = open_at(house, "05")  # at 07:30
    early = by_appointment(house, "08:00")
    house.later(minutes=20)
    assert (waiting(house).count, waiting(house).oldest_ms) == (1, 0), "nobody waits too long on the board"
    assert store.entered(house.hub.reader)["DEP"].at > house.clock.now().at, "nor does a counter leave them standing"
    house.at("08:04:00")
    assert waiting(house).oldest_ms == 4 * MIN * 1000
    walker = house.press("deposit")
    assert [desk.serve(minutes=1), desk.serve(minutes=1)] == [early, walker]
    told = today(house)
    assert (told["wait"]["count"], told["wait"]["max_s"]) == (2, 4 * MIN)
    assert (told["wait_to_call"]["max_s"], told["visit_wait"]["max_s"]) == (4 * MIN, 4 * MIN)
    assert (told["early"], told["early_mean_s"]) == (1, 30 * MIN)
    waits = [wait.ms for each in store.standing(house.hub.reader, 1) for wait in each.waits]
    assert sorted(waits) == [MIN * 1000, 4 * MIN * 1000]


def test_who_is_called_before_their_time_has_waited_for_nobody(house):
    (desk,) = open_at(house, "05")
    label = by_appointment(house, "08:00")
    house.at("07:56:00")
    assert desk.serve() == label
    told = today(house)
    assert (told["wait"]["max_s"], told["early"], told["early_mean_s"]) == (0, 1, 26 * MIN)


def test_who_comes_late_waits_from_their_coming(house):
    (desk,) = open_at(house, "05")
    house.at("08:10:00")
    by_appointment(house, "08:00")
    house.later(minutes=3)
    desk.serve()
    told = today(house)
    assert (told["wait"]["max_s"], told["early"]) == (3 * MIN, 0)
