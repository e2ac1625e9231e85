# ruff: noqa: S311 (a seed makes the day the same each time)
"""A day at the office: the queue's half of the acceptance scripts S1 and S8, and of the crisis S6."""

import random

import pytest

from hub.context import Hub
from hub.errors import Refused
from hub.queues import actions, appliers, pictures
from hub.queues.migrations import migrations
from hub.settings.counters import Counter
from hub.verify import Rooms, verify
from tests.office import Office

QUEUES = Rooms(appliers.APPLIERS, (migrations,), appliers.STATE_TABLES)


def test_s1_a_visitor_comes_to_hand_in_papers(office):
    """S1: kiosk "Déposer des pièces" gives D002; panel 05 presses Suivant; the room reads it; the visit is logged."""
    office.at("07:40:00")
    office.press("deposit")
    office.press("deposit")
    office.gives_up("D001")

    office.at("07:52:10")
    panel = office.counter("05").open("00902F")
    assert panel.next() == "D002"
    assert panel.why == "attente 12 min"
    assert office.called == [("D002", "05")]

    office.at("07:52:40")
    panel.start()
    office.at("08:03:00")
    panel.finish()

    assert office.state("D002") == "served"
    (stage,) = office.stages("D002")
    assert (stage["wait_ms"], stage["service_ms"]) == (760_000, 620_000)
    assert office.journal[-4:] == ["counter_opened", "ticket_called", "service_started", "ticket_served"]


def test_the_person_is_sent_to_a_back_desk_which_calls_them_and_the_room_says_where(office):
    """Requirements F6: not the file alone can go on. The desk gives no ticket; it calls who was sent to it."""
    label = office.press("inquiry")
    counter = office.counter("02").open("00815D")
    counter.next()
    counter.start().transfer(to="24", reason="situation complexe")
    assert office.state(label) == "waiting"
    back = office.counter("24").open("01204H")
    assert back.next() == label
    with office.hub.snapshot() as reader:
        call, *_ = pictures.boards(office.hub, reader)((), "").calls
    assert (call.ticket, call.counter, call.direction) == (label, "24", "up")
    back.start()
    back.finish()
    assert [stage["service"] for stage in office.stages(label)] == ["RAS", "RCV"]
    assert "RCV" not in {tile.service for tile in pictures.catalogue(office.hub).services}, (
        "the kiosk offers it to nobody"
    )


def test_a_morning_with_everything_in_it(office):
    """Somebody stays away, somebody is in a wheelchair, one has forgotten a copy, one was at the wrong desk."""
    absent, chair, copy, wrong = (office.press("deposit") for _ in range(4))
    office.goes_first(chair, "reduced_mobility")
    five = office.counter("05").open("00902F")
    eight = office.counter("08").open("00918V")

    office.later(minutes=5)
    assert five.next() == chair
    five.start()
    office.later(minutes=9)
    five.finish()

    assert five.next() == absent
    office.later(seconds=30)
    five.recall()
    office.later(seconds=30)
    five.absent()
    office.comes_back(absent)

    assert five.next() == copy
    five.start().hold("photocopie")
    assert five.next() == wrong
    five.start().transfer("pension", reason="relève des pensions")
    assert eight.next() == wrong
    eight.start().finish()

    assert five.resume(copy).ticket == copy
    five.finish()
    assert five.next() == absent, "those before have been called: the one who came back is next"
    five.start().finish()

    assert {office.state(label) for label in (absent, chair, copy, wrong)} == {"served"}
    assert office.close_day() | {"day": ""} == {"day": "", "unserved": 0, "unfinished": 0, "voided": []}


def test_s6_the_power_goes_during_a_call(office):
    """The hub comes back with the same visitor before the same counter, and the same screen."""
    office.press("deposit")
    office.counter("05").open("00902F").next()
    office.later(seconds=7)
    before = (office.called, office.counter("05").state, office.ticket("D001"))
    office.restart(later_by_s=4)
    assert (office.called, office.counter("05").state, office.ticket("D001")) == before
    office.later(seconds=10)
    office.counter("05").recall().start().finish()
    assert verify(office.hub.store.folder, QUEUES).problems == []


def test_s7_today_reception_gives_the_tickets(office):
    office.press("deposit")
    actions.change_mode(office.hub, office.ask(office.kiosk.actor), mode="appointments_only")
    with pytest.raises(Refused, match="reception"):
        office.kiosk.press("deposit")
    assert office.give("deposit") == "D002"


# --- S8


@pytest.mark.nightly
@pytest.mark.slow
def test_s8_twenty_counters_and_a_thousand_tickets(office):
    a_full_day(twenty_counters(office), 1000)


def test_s8_twenty_counters_and_their_first_hour(office):
    a_full_day(twenty_counters(office), 120)


def a_full_day(hall: Office, visitors: int) -> None:
    """Somebody comes every 22 seconds, compressed: nobody is lost, doubled or kept for long."""
    dice = random.Random(8)
    desks = [hall.counter(f"{n:02d}").open(f"A{n:02d}") for n in range(1, 21)]
    given: list[str] = []
    while len(given) < visitors or hall.waiting():
        hall.later(seconds=22)
        if len(given) < visitors:
            given.append(hall.give(dice.choice(("deposit", "inquiry", "pension")), priority=dice.choice(CROWD)))
        for desk in dice.sample(desks, 2):
            if desk.state == "serving":
                desk.finish()
            elif desk.next() is not None:
                desk.start()
    for desk in desks:
        if desk.state == "serving":
            desk.finish()

    reader = hall.hub.reader
    called = [row[0] for row in reader.execute("SELECT t.label FROM stage s JOIN ticket t ON t.id = s.ticket")]
    assert len(set(given)) == visitors
    assert sorted(called) == sorted(given)
    assert hall.journal.count("ticket_called") == hall.journal.count("ticket_served") == visitors
    assert reader.execute("SELECT max(wait_ms) FROM stage").fetchone()[0] < 90 * 60_000
    assert hall.close_day() | {"day": ""} == {"day": "", "unserved": 0, "unfinished": 0, "voided": []}
    assert verify(hall.hub.store.folder, QUEUES).problems == []


CROWD = ("normal",) * 8 + ("age_70", "pregnant", "reduced_mobility", "work_accident")


def twenty_counters(office: Office) -> Office:
    kinds = (("DEP", "RAS"), ("RAS", "PEN"), ("PEN", "DEP"))
    counters = tuple(
        Counter(code=f"{n:02d}", label="Guichet", kind="deposit", services=kinds[n % 3]) for n in range(1, 21)
    )
    office.hub = Hub(office.hub.settings.model_copy(update={"counters": counters}), office.hub.store)
    return office
