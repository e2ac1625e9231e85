"""A pay-day: who is in which wave, which group enters, and that nobody is called who stands outside."""

import io

import pikepdf
import pytest
from sqlite_utils import Database

from hub.ask import HUB, Actor
from hub.clock import Instant
from hub.errors import NotFound, Refused, Unreadable
from hub.queues import actions as queues
from hub.queues import store as queue_store
from hub.services.payday import actions, rules, store
from hub.services.payday.entering import entering
from hub.services.payday.migrations import migrations
from hub.services.payday.model import Plan, Wave
from tests.hub.services.house import House, Screen, brazzaville

RECEPTION = Actor(agent="00733C", roles=frozenset({"receptionist"}))
CASHIER = Actor(agent="01022K", roles=frozenset({"benefits_cashier"}))
THIRDS = "00 33 08:00 60\n34 66 09:30 40\n67-99 11:00 30"
MONDAY, TUESDAY = "2026-03-02", "2026-03-03"


def refused(do, *args, **values):
    with pytest.raises(Refused) as found:
        do(*args, **values)
    return found.value.reason


# --- rules


def test_waves_are_read_line_by_line():
    assert rules.read(THIRDS, "registration")[2] == ("67", "99", "11:00", 30)
    assert rules.read("a ; f ; 8:00 ; 300", "alphabet") == (("A", "F", "08:00", 300),)


@pytest.mark.parametrize(
    ("by", "typed", "reason"),
    [
        ("registration", "00 33 08:00", "bad_wave"),
        ("registration", "A F 08:00 300", "bad_wave"),
        ("registration", "00 99 25:00 300", "bad_wave"),
        ("registration", "00 99 08:00 1000", "bad_wave"),
        ("registration", "00 99 08:00 ٣٠", "bad_wave"),
        ("registration", "", "how_many_waves"),
        ("registration", "\n".join(f"{n}0 {n}9 08:00 5" for n in range(10)), "how_many_waves"),
        ("registration", "00 33 08:00 60\n34 98 09:00 60", "not_everybody"),
        ("registration", "00 33 08:00 60\n35 99 09:00 60", "waves_apart"),
        ("registration", "00 33 08:00 60\n33 99 09:00 60", "waves_apart"),
        ("registration", "00 33 09:00 60\n34 99 08:00 60", "waves_disordered"),
        ("alphabet", "A M 08:00 60\nO Z 09:00 60", "waves_apart"),
        ("shoe size", THIRDS, "unprocessable"),
    ],
)
def test_nobody_is_in_no_wave_or_in_two(by, typed, reason):
    assert refused(rules.plan, 1, MONDAY, "CPR", by, typed) == reason


WAVES = (Wave(1, "00", "33", "08:00", 60), Wave(2, "34", "66", "09:30", 40), Wave(3, "67", "99", "11:00", 30))
LETTERS = (Wave(1, "A", "F", "08:00", 60), Wave(2, "G", "Z", "09:30", 40))


@pytest.mark.parametrize(
    ("by", "typed", "wave"),
    [("registration", "21 334 158 88", 3), ("registration", "2133415800", 1), ("registration", "BZV-0034", 2),
     ("alphabet", "Élenga", 1), ("alphabet", " ngoma", 2)],
)  # fmt: skip
def test_everybody_finds_their_wave(by, typed, wave):
    assert rules.wave_of(Plan(1, MONDAY, "CPR", by, WAVES if by == "registration" else LETTERS), typed).number == wave


@pytest.mark.parametrize(("by", "typed"), [("registration", "NGOMA"), ("registration", "7"), ("alphabet", "12")])
def test_who_says_the_other_thing_is_asked_again(by, typed):
    assert refused(rules.wave_of, Plan(1, MONDAY, "CPR", by, WAVES), typed) == "whose_wave"


def test_one_wave_after_the_other_each_from_its_time():
    group = rules.next_group(WAVES, "08:00", 20)
    assert (group.labels[0], group.labels[-1], len(group.labels)) == ("J1-001", "J1-020", 20)
    almost = (Wave(1, "00", "33", "08:00", 60, called=55), *WAVES[1:])
    assert rules.next_group(almost, "10:00", 20).labels == tuple(f"J1-0{n}" for n in range(56, 61))
    through = (Wave(1, "00", "33", "08:00", 60, called=60), *WAVES[1:])
    assert refused(rules.next_group, through, "09:29", 20) == "too_early"
    assert rules.next_group(through, "09:30", 20).labels[0] == "J2-001"
    fewer = (Wave(1, "00", "33", "08:00", 60, called=40, ends=45), *WAVES[1:])
    assert rules.next_group(fewer, "09:00", 20).labels[-1] == "J1-045"
    assert refused(rules.next_group, WAVES, "07:59", 20) == "too_early"
    assert refused(rules.next_group, (Wave(1, "00", "99", "08:00", 9, called=9),), "12:00", 20) == "all_in"
    for size in (0, -1, 100):
        assert refused(rules.next_group, WAVES, "08:00", size) == "group_size"


# --- the day


@pytest.fixture
def house(tmp_path, workshop):
    found = House(tmp_path, brazzaville(MONDAY), ("payday",), workshop)
    yield found
    found.close()


@pytest.mark.slow
def test_from_the_plan_to_the_last_number(house, workshop, monkeypatch):
    screen, hub = Screen(house, RECEPTION), house.hub
    assert "Aucun jour de paie prévu" in screen.open("/desk/payday").words
    form = {"on": TUESDAY, "service": "CPR", "by": "registration", "waves": THIRDS}
    assert screen.send("/desk/payday/new", **form | {"waves": "00 98 8:00 3"}).status == 422
    assert "00 98 8:00 3</textarea>" in screen.text, "what was typed is still there"
    assert "matricules en 34 à 66" in screen.send("/desk/payday/new", **form).words
    assert "a déjà un jour de paie" in screen.send("/desk/payday/new", **form).words
    drawn, draw = [], workshop._draw
    monkeypatch.setattr(workshop, "_draw", lambda asked: drawn.append(asked) or draw(asked))
    paper = screen.send("/desk/payday/1/waves/1/print")
    assert len(drawn) == 1, "once, before it counts as printed"
    assert len(pikepdf.open(io.BytesIO(paper.data)).pages) == 3, "sixty numbers, twenty-four a page"
    screen.send("/desk/payday/1/waves/1/print")
    assert "2 fois" in screen.open("/desk/payday").words
    queues.open_day(hub, house.ask(HUB), date=MONDAY)
    assert "Ce jour de paie est le 03/03/2026" in screen.send("/desk/payday/1/call", size="20").words
    queues.close_day(hub, house.ask(HUB))
    house.clock.jump(to=brazzaville(TUESDAY, 8))
    queues.open_day(hub, house.ask(HUB), date=TUESDAY)
    assert "vague 1, à partir de 08:00" in screen.open("/desk/payday?who=2133415800").words
    assert "J1-001 – J1-002" in screen.send("/desk/payday/1/call", size="2").words
    assert "2 personnes attendent dans la salle" in screen.words
    assert "De 2 à 60" in screen.send("/desk/payday/1/waves/1/end", last="1").words
    screen.send("/desk/payday/1/waves/1/end", last="3")
    assert "J1-003 – J1-003" in screen.send("/desk/payday/1/call", size="20").words
    assert "La vague 2 commence à 09:30" in screen.send("/desk/payday/1/call", size="20").words
    assert "déjà entrés" in screen.send("/desk/payday/1/withdraw").words
    queues.open_counter(hub, house.ask(CASHIER), counter="12", agent=CASHIER.agent)
    called = []
    for _ in range(3):
        called.append(queues.call_next(hub, house.ask(CASHIER), counter="12")["ticket"]["label"])
        queues.start(hub, house.ask(CASHIER), counter="12")
        queues.finish(hub, house.ask(CASHIER), counter="12")
    assert called == ["J1-001", "J1-002", "J1-003"]
    house.replayed()


@pytest.mark.slow
def test_the_same_press_lets_one_group_in_and_a_wrong_one_nobody(house):
    hub = house.hub
    actions.plan(hub, house.ask(RECEPTION), on=MONDAY, service="CPR", by="registration", waves=THIRDS)
    queues.open_day(hub, house.ask(HUB), date=MONDAY)
    press = house.ask(RECEPTION)
    first = actions.call_group(hub, press, plan=1, size=10)
    assert actions.call_group(hub, press, plan=1, size=10) == first
    assert store.plan(hub.reader, 1).waves[0].called == 10
    assert len(queue_store.open_tickets(hub.reader)) == 10
    with pytest.raises(Unreadable):
        actions.call_group(hub, house.ask(RECEPTION), plan=1, size=0)
    with pytest.raises(NotFound):
        actions.call_group(hub, house.ask(RECEPTION), plan=9, size=1)
    for values in ({"on": "never"}, {"on": "2026-03-01"}, {"service": "ACC"}):
        known = {"on": TUESDAY, "service": "CPR", "by": "registration", "waves": THIRDS}
        with pytest.raises(Unreadable):
            actions.plan(hub, house.ask(RECEPTION), **known | values)
    house.replayed()


def test_the_hall_is_told_which_numbers_enter_until_they_are_in(house):
    hub = house.hub
    queues.open_day(hub, house.ask(HUB), date=MONDAY)
    plan = actions.plan(hub, house.ask(RECEPTION), on=MONDAY, service="CPR", by="registration", waves=THIRDS)["plan"]
    assert entering(hub, hub.reader) == ()
    for _ in range(2):
        actions.call_group(hub, house.ask(RECEPTION), plan=plan, size=20)
        house.clock.advance(seconds=20)
    newest, before = entering(hub, hub.reader)
    assert (newest.first, newest.last, newest.wave, newest.since, newest.until) == ("J1-021", "J1-040", 1, "00", "33")
    assert (before.last, newest.rings, newest.group > before.group) == ("J1-020", False, True)
    house.clock.advance(minutes=9, seconds=30)
    assert [each.first for each in entering(hub, hub.reader)] == ["J1-021"]
    house.clock.advance(minutes=1)
    assert entering(hub, hub.reader) == ()
    house.replayed()


def test_groups_of_before_are_taken_from_the_journal():
    db = Database(memory=True)
    db.execute("CREATE TABLE journal (seq, boot, mono, at, kind, subject, payload)")
    payload = '{"wave": 2, "first": 21, "last": 40}'
    db.execute("INSERT INTO journal VALUES (70, 3, 5, 9000, 'group_called', 'payday 4', ?)", [payload])
    migrations.apply(db)
    assert list(db["payday_group"].rows) == [
        {"id": 70, "payday": 4, "wave": 2, "first": 21, "last": 40, "at": 9000, "tick": Instant(9000, 5, 3).tick}
    ]
