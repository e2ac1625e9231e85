"""Two thousand pensioners in a morning, in three waves: everybody in their order, nobody lost."""

import random
import time
from collections import Counter

import pytest

from hub.ask import HUB, Actor
from hub.queues import actions as queues
from hub.queues import store as queue_store
from hub.services.payday import actions, store
from tests.hub.services.house import House, brazzaville
from tests.office import demo_settings

pytestmark = pytest.mark.nightly
MONDAY = "2026-03-02"
RECEPTION = Actor(agent="00733C", roles=frozenset({"receptionist"}))
WAVES = "00 33 07:00 700\n34 66 09:00 700\n67 99 11:00 600"
#: Fifteen tills at which a pension takes about two minutes: 2,000 of them need 4 h 30.
TILLS, SERVICE_S = [f"{code}" for code in range(40, 55)], 120
GROUP, ENOUGH, ABSENT = 25, 30, 0.03


class Till:
    """A till with its cashier: calls, recalls whoever does not answer, serves."""

    def __init__(self, house, code, number, morning):
        self.house, self.code, self.morning = house, code, morning
        self.agent = Actor(agent=f"0{number:04d}K")
        self.free_s, self.steps = 0.0, []
        queues.open_counter(house.hub, house.ask(self.agent), counter=code, agent=self.agent.agent)

    def does(self, action):
        return action(self.house.hub, self.house.ask(self.agent), counter=self.code)

    def look(self, now_s):
        """The next step, if it is time for one."""
        if self.free_s > now_s:
            return
        if self.steps:
            action, wait_s = self.steps.pop(0)
            self.does(action)
            self.free_s = now_s + wait_s
            return
        answer = self.does(queues.call_next)
        if answer["ticket"] is None:
            return
        self.morning.calls.append(answer["ticket"]["label"])
        if self.morning.dice.random() < ABSENT:
            self.morning.absent += 1
            self.free_s, self.steps = now_s + 30, [(queues.recall, 30), (queues.no_show, 0)]
        else:
            self.does(queues.start)
            self.free_s = now_s + self.morning.dice.lognormvariate(0, 0.4) * SERVICE_S
            self.steps = [(queues.finish, 0)]


class Morning:
    """What became of it."""

    def __init__(self):
        self.dice = random.Random(25)  # noqa: S311 (the same morning each time)
        self.calls, self.absent, self.groups = [], 0, 0


@pytest.mark.timeout(900)
def test_two_thousand_in_three_waves_in_order_and_nobody_lost(tmp_path, workshop, note):
    counters = demo_settings().model_dump(mode="json", exclude_defaults=True)["counters"]
    counters += [{"code": code, "label": "Caisse", "kind": "cash", "services": ["CPR"]} for code in TILLS]
    house = House(tmp_path, brazzaville(MONDAY, 7), ("payday",), workshop, counters=counters)
    hub, morning, began = house.hub, Morning(), time.perf_counter()
    actions.plan(hub, house.ask(RECEPTION), on=MONDAY, service="CPR", by="registration", waves=WAVES)
    queues.open_day(hub, house.ask(HUB), date=MONDAY)
    tills = [Till(house, code, number, morning) for number, code in enumerate(TILLS, start=2000)]
    start = house.clock.now().at
    while outside(hub) or queue_store.open_tickets(hub.reader):
        if queue_store.ahead(hub.reader, "CPR") < ENOUGH and due(house):
            actions.call_group(hub, house.ask(RECEPTION), plan=1, size=GROUP)
            morning.groups += 1
        for till in tills:
            till.look((house.clock.now().at - start) / 1000)
        house.clock.advance(seconds=15)
    minutes = (house.clock.now().at - start) / 60_000
    labels = [f"J{wave}-{number:03d}" for wave, size in ((1, 700), (2, 700), (3, 600)) for number in range(1, size + 1)]
    assert morning.calls == labels, "one wave after the other, one number after the other"
    states = Counter(row["state"] for row in hub.reader.execute("SELECT state FROM ticket"))
    assert states == {"served": 2000 - morning.absent, "no_show": morning.absent}
    assert minutes <= 6 * 60, "a morning: 07:00 to 13:00"
    for till in tills:
        queues.close_counter(hub, house.ask(till.agent), counter=till.code)
    assert queues.close_day(hub, house.ask(HUB))["unserved"] == 0
    took = time.perf_counter() - began
    note(
        f"2,000 numbers in {minutes:.0f} min of the day, {morning.groups} groups, {morning.absent} absent,"
        f" {len(TILLS)} tills; {took:.0f} s here"
    )
    house.replayed()
    house.close()


def outside(hub):
    """The first wave that has a number outside."""
    return next((wave for wave in store.plan(hub.reader, 1).waves if wave.left), None)


def due(house):
    """Whether a number is outside whose time has come."""
    first = outside(house.hub)
    return first is not None and house.clock.now().iso(house.hub.settings.agency.zone)[11:16] >= first.at
