"""Who was called before whom, and why: through the real actions, then read back and shown."""

from __future__ import annotations

import random

import pytest

from hub.clock import Instant, local
from hub.queues.actions import Due
from hub.supervision import fairness, store
from hub.supervision.fairness import Fairness
from hub.supervision.fairness_pages import told
from hub.supervision.measures import Timeline
from tests.hub.supervision import folding

pytestmark = pytest.mark.slow  # real files, sockets or processes

DAY = "2026-03-02"


def fold(house) -> Fairness:
    days = store.days(house.hub.reader, DAY, DAY, house.hub.settings.agency.zone)
    (day,) = days.values()
    return fairness.of_day(day, store.visits(house.hub.reader, days))


def open_at(house, *counters: str):
    house.at("07:30:00").open_day()
    return [house.counter(code).open(agent) for code, agent in zip(counters, ("00902F", "00907F"), strict=False)]


def told_of(found: Fairness) -> list[tuple[str, str, int]]:
    return [(call.label, call.reason, call.overtaken) for call in found.out_of_order]


def test_calls_in_order_overtake_nobody(house):
    (desk,) = open_at(house, "05")
    for _ in range(3):
        house.press("deposit")
        house.later(minutes=1)
    while desk.serve():
        pass
    found = fold(house)
    assert (found.calls, found.in_order, found.overtakings, found.overtaken) == (3, 1.0, 0, 0)
    assert found.longest_ms == (2 * 8 + 1) * 60_000, "the last came a minute before the first was called"


def test_a_priority_call_overtakes_each_who_came_earlier_once(house):
    (desk,) = open_at(house, "05")
    first, second = house.press("deposit"), house.press("deposit")
    house.later(minutes=2)
    old = house.press("deposit")
    house.goes_first(old, "age_70")
    house.press("benefits")  # another queue
    house.later(minutes=3)
    assert desk.serve() == old
    desk.serve()
    found = fold(house)
    assert told_of(found) == [(old, "priority", 2)]
    (call,) = found.out_of_order
    assert (call.waited_ms, call.longest_ms, call.priority) == (3 * 60_000, 5 * 60_000, "age_70")
    assert dict(found.times) == {1: 2}, "two visitors, once each"
    assert found.by_reason() == {"priority": (1, 2)}
    assert {first, second}.isdisjoint(call.label for call in found.out_of_order)


def test_a_pick_says_its_motive_and_who_was_overtaken_twice_is_told(house):
    (desk,) = open_at(house, "05")
    for _ in range(3):
        house.press("deposit")
        house.later(minutes=1)
    for label in ("D003", "D002"):
        desk.pick(label, "convocation")
        desk.start().finish()
        house.later(minutes=1)
    found = fold(house)
    assert told_of(found) == [("D003", "picked", 2), ("D002", "picked", 1)]
    assert dict(found.times) == {2: 1, 1: 1}, "D001 twice, D002 once"
    with house.hub.snapshot() as reader:
        lines = told(house.hub, reader, DAY, DAY).lines
    assert [(line["label"], line["motive"], line["longest"]) for line in lines] == [
        ("D003", "convocation", 3), ("D002", "convocation", 4),
    ]  # fmt: skip


def test_those_before_who_waited_for_their_own_counter_or_let_pass_were_not_wronged(house):
    five, six = open_at(house, "05", "06")
    for desk in (five, six):
        house.press("deposit")
        desk.next()
    five.start()
    six.start()
    sent = house.give("deposit", counter="06")
    house.later(minutes=1)
    house.press("deposit")
    house.later(minutes=2)
    five.finish()
    five.next()
    found = fold(house)
    assert told_of(found) == [("D004", "reserved", 1)]
    assert sent == "D003"


def by_appointment(house, due: str, head_start: int = 30) -> str:
    """Somebody comes now for an appointment of today."""
    hour, minute = map(int, due.split(":"))
    now = house.clock.now()
    here = local(now.at, house.hub.settings.agency.zone)
    ms = ((hour - here.hour) * 60 + minute - here.minute) * 60_000
    at = Due(Instant(now.at + ms, now.mono + ms, now.boot), head_start)
    return house.give("deposit", category="appointment", due=at)


def test_who_is_called_at_the_time_of_their_appointment_is_told_so_and_who_came_early_is_not_wronged(house):
    (desk,) = open_at(house, "05")
    early = by_appointment(house, "08:00")  # 07:30, half an hour before
    house.later(minutes=10)
    walker = house.press("deposit")
    house.later(minutes=5)
    assert desk.serve() == walker, "it is not yet the hour of the other"
    assert told_of(fold(house)) == [], "nobody who came early is overtaken"
    house.later(minutes=2)
    second = house.press("deposit")
    house.at("07:56:00")
    assert desk.serve() == early
    found = fold(house)
    assert told_of(found) == [(early, "appointment", 1)]
    (call,) = found.out_of_order
    assert call.waited_ms == 0, "before their time nobody waits"
    assert found.longest_ms == 5 * 60_000, "the first one from the queue: the half hour before a time is nobody's wait"
    assert desk.serve() == second


def test_who_comes_late_for_an_appointment_keeps_their_hour_s_place(house):
    (desk,) = open_at(house, "05")
    house.at("08:10:00")
    house.press("deposit")
    house.at("08:20:00")
    late = by_appointment(house, "08:00", head_start=0)
    house.later(minutes=1)
    assert desk.serve() == late
    assert told_of(fold(house)) == [], "eight o'clock is before ten past"


def test_who_returns_after_an_absence_has_let_others_go_first(house):
    (desk,) = open_at(house, "05")
    gone = house.press("deposit")
    desk.next()
    house.later(seconds=30)
    desk.recall()
    house.later(seconds=60)
    desk.absent()
    house.press("deposit")
    house.comes_back(gone)
    house.later(minutes=1)
    desk.serve()
    assert told_of(fold(house)) == [("D002", "returned", 1)]


@pytest.mark.parametrize("seed", [3, 4])
def test_overtakings_are_those_of_the_exported_journal(house, seed):
    """Worked out again from the journal's events, by looking at each call and each other wait of a crowded morning."""
    chance = random.Random(seed)  # noqa: S311 (a story, no secret)
    desks = open_at(house, "05", "06")
    for _ in range(70):
        house.later(seconds=chance.choice((0, 20, 70, 150)))
        label = house.press(chance.choice(("deposit", "deposit", "pension")))
        if chance.random() < 0.2:
            house.goes_first(label, "age_70")
        desk = chance.choice(desks)
        if desk.state == "serving":
            desk.finish() if chance.random() < 0.8 else desk.transfer("deposit")
        waiting = [label for label in house.waiting() if label.startswith("D")]
        if desk.state == "free" and waiting:
            desk.pick(chance.choice(waiting)) if chance.random() < 0.15 else desk.next()
            desk.start()
    house.restart(later_by_s=5)
    found, told_again = fold(house), folding.visits(house.hub.reader)
    line = Timeline(m for v in told_again for m in (v.issued, *(p.entered for p in v.passages)))
    waits = [
        (place, line.place(v.issued), line.place(p.entered), line.place(p.left) if p.left else 1 << 62, p)
        for place, v in enumerate(told_again)
        for p in v.passages
    ]
    calls = overtakings = 0
    for place, issued, _, until, passage in waits:
        if passage.called is None:
            continue
        passed = sum(
            other.service == passage.service and (i, n) < (issued, place) and entered <= until < left
            for n, i, entered, left, other in waits
        )
        calls += 1
        overtakings += passed
    assert (found.calls, found.overtakings) == (calls, overtakings)
    assert overtakings > 5, "such a day has some"


# --- the pages -------------------------------------------------------------------------------


@pytest.fixture
def supervisor(house):
    (desk,) = open_at(house, "05")
    house.press("deposit")
    house.later(minutes=2)
    house.goes_first(house.press("deposit"), "pregnant")
    house.later(minutes=1)
    desk.serve(minutes=4)
    desk.serve(minutes=4)
    return house.client("00411A")


def words_of(page: str) -> str:
    return " ".join(page.split())


def test_the_journal_of_a_day_names_each_call(supervisor):
    page = words_of(supervisor.get(f"/supervision/fairness?from={DAY}&to={DAY}").text)
    assert '<dd class="figure">50,0 %</dd>' in page
    assert "Priorité (handicap, grossesse, âge, nourrisson, accident)" in page
    assert '<th scope="row">D002</th><td>Dépôt de pièces</td><td>05</td><td>Femme enceinte</td>' in page.replace(
        "Dépôt</td>", "Dépôt de pièces</td>"
    )
    assert 'class="number thin"' in page, "one priority visitor is few"
    assert "objectif des prioritaires : 15 min" in page


def test_a_longer_range_counts_and_names_nobody(supervisor):
    page = words_of(supervisor.get("/supervision/fairness?from=2026-03-01&to=2026-03-31").text)
    assert "D002" not in page
    assert "Les appels un par un : choisissez un seul jour." in page


def test_the_wall_gets_no_figure_of_few_people_and_no_label(supervisor):
    page = supervisor.get(f"/supervision/fairness/poster?from={DAY}&to={DAY}").text
    assert "Trop peu de visiteurs" in page
    assert "D002" not in page
    assert "Après 90 minutes d'attente" in page.replace("&#39;", "'")


def test_the_wall_gets_figures_of_many(house):
    (desk,) = open_at(house, "05")
    for _ in range(24):
        house.press("deposit")
        desk.serve(minutes=2)
    page = words_of(house.client("00411A").get(f"/supervision/fairness/poster?from={DAY}&to={DAY}").text)
    assert "<dd>100,0 %</dd>" in page
    assert "pour 8 visiteurs prioritaires" not in page, "there was none"


def test_an_empty_range_and_a_bad_one_say_so(house):
    client = house.client("00411A")
    assert "Personne n&#39;a été appelé" in client.get("/supervision/fairness").text
    for query in ("from=2026-01-01&to=2026-03-31", "from=x", "who=me"):
        answer = client.get(f"/supervision/fairness?{query}")
        assert (answer.status_code, "Ces dates ne conviennent pas" in answer.text) == (422, True), query
        assert client.get(f"/supervision/fairness/poster?{query}").status_code == 422


@pytest.mark.parametrize("path", ["", "/poster"])
@pytest.mark.parametrize(("code", "status"), [("00101X", 200), ("00902F", 403)])
def test_who_may_look(house, path, code, status):
    assert house.client(code).get(f"/supervision/fairness{path}", headers={"Accept": "*/*"}).status_code == status
