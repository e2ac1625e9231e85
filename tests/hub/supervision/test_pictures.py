"""The supervisor's board as one picture of one moment."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from hub import outbox
from hub.agents import actions as agents
from hub.ask import HUB, Ask
from hub.settings.counters import Counter
from hub.settings_files import load_settings
from hub.supervision.closing import still_open
from hub.supervision.pictures import supervision
from hub.supervision.statistics import figures
from hub.wire import as_json
from tests.hub.supervision import known_day
from tests.hub.supervision.house import House
from tests.office import CONFIG, demo_settings

pytestmark = pytest.mark.slow  # real files, sockets or processes

BUDGET = 8 * 1024


def picture(house):
    with house.hub.snapshot() as reader:
        return supervision(house.hub, reader)


def tile(house, code):
    return next(tile for tile in picture(house).tiles if tile.counter == code)


def queue(house, service):
    return next(queue for queue in picture(house).queues if queue.service == service)


def alerts(house):
    return [(alert.code, alert.level, alert.text) for alert in picture(house).alerts]


def test_before_the_first_day(house):
    seen = picture(house)
    assert (seen.day, seen.date, seen.mode) == (False, None, "closed")
    assert seen.totals.issued == 0
    assert {tile.state for tile in seen.tiles} == {"closed"}
    assert seen.hours == ()
    assert seen.alerts == ()


def test_a_counter_at_work(house):
    house.open_day().press("deposit")
    house.press("deposit")
    house.counter("05").open("00902F").next()
    house.later(seconds=25)
    seen = tile(house, "05")
    assert (seen.state, seen.agent_name, seen.ticket, seen.elapsed_s, seen.waiting) == (
        "calling", "BOUITY Nadège", "D001", 25, 1,
    )  # fmt: skip
    assert (seen.level, seen.flag) == ("good", "")
    assert all(shown.counter != "26" for shown in picture(house).tiles), "the public is not called there"


def test_a_counter_that_calls_nobody_is_inactive(house):
    house.open_day()
    house.counter("05").open("00902F")
    house.later(minutes=30).press("deposit")
    house.later(minutes=4, seconds=59)
    assert tile(house, "05").flag == "", "its queue was empty until five minutes ago"
    house.later(seconds=1)
    assert tile(house, "05").flag == "idle"
    assert ("idle", "bad", "Guichet 05 INACTIF depuis 5 min, 1 personne attend.") in alerts(house)
    house.counter("05").next()
    assert tile(house, "05").flag == "", "a call is an action"


def test_who_was_sent_on_just_now_makes_nobody_inactive(house):
    house.open_day().press("inquiry")
    house.counter("02").open("00815D").next()
    house.counter("08").open("00918V")
    house.later(minutes=40)
    house.counter("02").start()
    house.counter("02").transfer("pension")
    house.later(minutes=2)
    assert tile(house, "08").flag == ""


def test_nobody_serves_a_queue(house):
    house.open_day().press("pension")
    house.press("pension")
    assert alerts(house) == [("nobody", "bad", "Pensions : aucun guichet ouvert, 2 personnes attendent.")]
    house.counter("08").open("00918V")
    assert alerts(house) == []


def test_the_oldest_is_late(house):
    house.open_day().press("pension")
    house.counter("08").open("00918V")
    house.counter("08").pause()
    house.later(minutes=31)
    assert alerts(house)[0][0] == "nobody", "a pause serves nobody"
    house.counter("08").step("unpause")
    assert alerts(house) == [("late", "warn", "Pensions : le plus ancien attend depuis 31 min (objectif 30).")]


def test_devices_in_trouble_and_visitors_who_need_help(house):
    house.open_day()
    house.trouble("printer", "near_end")
    house.trouble("button 17", "stuck")
    house.trouble("scanner", "dusty")
    house.help()
    house.later(minutes=3)
    assert alerts(house) == [
        ("help", "bad", "K1 : un visiteur demande de l'aide depuis 3 min."),
        ("trouble", "warn", "K1 : bouton bloqué (button 17)."),
        ("trouble", "warn", "K1 : bientôt plus de papier."),
        ("trouble", "warn", "K1 : scanner : dusty."),
    ]
    house.trouble("printer", "ok")
    assert len(alerts(house)) == 3
    where = {"part": "token", "state": "twice", "detail": "10.0.0.5 + 10.0.0.66"}
    agents.suspect(house.hub, Ask(HUB), device="K1", **where)
    (said,) = [text for code, level, text in alerts(house) if (code, level) == ("trouble", "bad")]
    assert said.startswith("K1 : le même jeton sert à deux liaisons à la fois (10.0.0.5 + 10.0.0.66)")


def test_the_worst_alert_comes_first_and_the_rest_is_counted(house):
    house.open_day()
    for number in range(12):
        house.trouble(f"part {number:02d}", "dusty")
    house.help()
    seen = picture(house)
    assert seen.alerts[0].code == "help"
    assert (len(seen.alerts), seen.more_alerts) == (10, 3)


def test_the_totals_add_up(house):
    known_day.play(house)
    house.later(hours=17).open_day()
    house.press("deposit")
    house.kiosk.press("deposit", report=None)
    house.counter("05").open("00902F").next()
    totals = asdict(picture(house).totals)
    assert totals == {
        "issued": 2, "served": 0, "waiting": 0, "at_counters": 1, "absent": 0, "cancelled": 0, "unserved": 0,
        "unprinted": 1,
    }  # fmt: skip


def test_the_board_and_the_statistics_say_the_same(house):
    known_day.play(house)
    seen, reader = picture(house), house.hub.reader
    query = {"from": "2026-03-02", "to": "2026-03-02"}
    by_service = {row["service"]: row for row in figures(house.hub, reader, query)["rows"]}
    for queue in seen.queues:
        row = by_service.get(queue.service)
        assert queue.p80_s == (row["wait"]["p80_s"] if row else None)
        assert queue.served == (row["served"] if row else 0)
    total = figures(house.hub, reader, query)["total"]
    totals = asdict(seen.totals)
    assert totals["unserved"] == total["unserved"] + total["unfinished"]
    assert {name: totals[name] for name in ("issued", "served", "absent", "cancelled")} == {
        name: total[name] for name in ("issued", "served", "absent", "cancelled")
    }
    assert totals["issued"] == sum(count for name, count in totals.items() if name != "issued")
    hours = {row["hour"]: row["wait"] for row in figures(house.hub, reader, query | {"by": "hour"})["rows"]}
    assert {h.hour: (h.received, h.p80_s) for h in seen.hours} == {
        hour: (wait["count"], wait["p80_s"]) for hour, wait in hours.items() if wait["count"]
    }


def test_a_queue_row(house):
    house.open_day().press("deposit")
    house.press("deposit")
    house.counter("05").open("00902F")
    house.later(minutes=11)
    assert house.counter("05").serve() == "D001"
    seen = queue(house, "DEP")
    assert (seen.waiting, seen.oldest_s, seen.open_counters, seen.served) == (1, 19 * 60, 1, 1)
    assert (seen.p80_s, seen.target_s, seen.level) == (660, 1500, "good")
    assert (seen.low_s, seen.high_s) == (600, 2400), "the first in line waits for 19 min, the last called waited for 11"


def test_the_picture_is_of_one_moment(house):
    house.open_day().press("deposit")
    seen = picture(house)
    assert (seen.epoch, seen.seq) == (1, house.hub.store.head[0])


def test_a_crowded_board_stays_under_8_kb(tmp_path):
    """Twenty counters, all serving, with more alerts than there is room for."""
    settings = demo_settings()
    more = tuple(
        Counter(code=f"{code}", label="Renseignements et orientation", kind="inquiry", services=("RAS", "REM", "DEP"))
        for code in range(30, 38)
    )
    crowded = House(tmp_path / "data", settings.model_copy(update={"counters": settings.counters + more})).people()
    crowded.open_day()
    for number, counter in enumerate(c for c in crowded.hub.settings.counters if c.shown):
        crowded.press("inquiry")
        crowded.counter(counter.code).open(f"{number:05d}A")
        if "RAS" in counter.services:
            crowded.counter(counter.code).next()
    for errand in (
        "deposit",
        "pension",
        "family",
        "benefits",
        "contributions",
        "registration",
        "complaint",
        "employers",
    ):
        crowded.press(errand)
    for number in range(15):
        crowded.trouble(f"a long name of a part {number}", "with a long state")
    crowded.later(hours=2)
    said = json.dumps(as_json(picture(crowded)), ensure_ascii=False).encode()
    assert len(picture(crowded).tiles) == 20
    assert len(said) < BUDGET, len(said)
    crowded.close()


def test_what_is_still_open_before_closing(house):
    house.open_day()
    for errand in ("deposit", "deposit", "deposit", "pension"):
        house.press(errand)
    house.kiosk.press("family", report=None)
    house.counter("05").open("00902F").next()
    house.counter("06").open("00907F").next()
    house.counter("06").start()
    house.counter("06").hold()
    seen = still_open(house.hub, house.hub.reader)
    assert seen.busy
    assert [(line.kind, line.tickets) for line in seen.lines] == [
        ("called", ("D001 au 05",)),
        ("on_hold", ("D002 au 06",)),
        ("waiting", ("D003", "V001")),
        ("unprinted", ("F001",)),
        ("counters", ("05", "06")),
    ]
    assert seen.lines[2].text == "2 visiteurs attendent encore : ils seront notés « non servis »."
    house.close_day(force=True)
    assert still_open(house.hub, house.hub.reader).lines == ()


@pytest.mark.parametrize("count", [24, 25, 30])
def test_a_long_line_is_named_in_part(house, count):
    house.open_day()
    for _ in range(count):
        house.give("pension")
    (line,) = still_open(house.hub, house.hub.reader).lines
    assert (len(line.tickets), line.more) == (24, count - 24)


def test_what_closing_says_is_what_closing_does(house):
    house.open_day()
    for errand, counter, agent in (
        ("deposit", "05", "00902F"),
        ("deposit", "06", "00907F"),
        ("inquiry", "02", "00815D"),
    ):
        house.press(errand)
        house.counter(counter).open(agent).next()
    house.press("pension")
    house.counter("06").start()
    house.counter("02").start()
    house.counter("02").hold()
    promised = {
        ticket.split()[0]: line.text
        for line in still_open(house.hub, house.hub.reader).lines
        for ticket in line.tickets
    }
    house.close_day(force=True)
    states = {"unserved": "non servi", "unfinished": "inachevé"}
    for label in ("D001", "D002", "A001", "V001"):
        assert states[house.state(label)] in promised[label], label


def test_what_waits_for_the_head_office_is_told_after_an_hour_and_is_an_alarm_after_a_day(tmp_path):
    house = House(tmp_path, settings=load_settings(CONFIG, {"centre": {"key": "0" * 64}}))
    with house.hub.store.transaction(Ask(HUB)) as tx:
        outbox.enqueue(tx, topic="deposit.decided", aggregate="deposit 1", payload={})
    assert alerts(house) == []
    house.later(minutes=61)
    assert alerts(house) == [("unsent", "warn", "Siège : le plus ancien message attend depuis 1 h.")]
    house.later(minutes=24 * 60)
    assert alerts(house) == [("unsent", "bad", "Siège : le plus ancien message attend depuis 1 j 1 h.")]
    with house.hub.store.transaction(Ask(HUB)) as tx:
        outbox.hear(tx, outbox.Answered("deposit 1 1.1", 1, "refused", "unknown_person"))
    assert alerts(house) == [("refused", "warn", "Siège : 1 message refusé, à régler.")]
    house.hub.store.close()


def test_an_agency_without_a_head_office_hears_nothing_of_it(house):
    with house.hub.store.transaction(Ask(HUB)) as tx:
        outbox.enqueue(tx, topic="deposit.decided", aggregate="deposit 1", payload={})
    house.later(minutes=72 * 60)
    assert alerts(house) == []
