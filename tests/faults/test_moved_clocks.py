"""E15: the clocks of the machine jump under a running agency (hub and kiosk as processes, other clocks preloaded).

In each state of a visit somebody sets the wall clock, goes on, and sets it back; the machine starts again in 1971; a
network sets the clock at last; it runs 40 % fast; summer and winter time come. A crowd goes on all the while, and the
judge looks at order, numbers, day and durations of everybody.
"""

import json
import os
import re
import signal
import time
from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from hub.admin_ask import admin_ask
from hub.clock import local
from hub.demo.processes import COMMANDS
from hub.errors import Refused
from hub.sqlite import open_reader
from tests.agency import alive, hub_alone, opened, until
from tests.faults.card import Plugged
from tests.faults.checker import judge_agency
from tests.faults.clients import Agent, Crowd, read
from tests.faults.machine import Machine
from tests.faults.test_card_cuts import CROWD
from tests.patience import patience
from tests.windows import windows

pytestmark = [pytest.mark.faults, pytest.mark.slow]
NIGHTLY = (pytest.mark.nightly, pytest.mark.timeout(600))
HOUR, DAY = 3_600, 86_400
NEW_YEAR_1971, END_OF_2038 = 31_536_000, 2_147_483_648
JUMPS = {
    "an hour back": {"seconds": -HOUR}, "a day ahead": {"seconds": DAY}, "1971": {"to": NEW_YEAR_1971},
    "2038": {"to": END_OF_2038}, "an hour ahead": {"seconds": HOUR}, "five minutes back": {"seconds": -300},
}  # fmt: skip
#: What is done before the clock is set, and after.
STATES = {
    "nobody": ((), ("give", "next", "start", "finish")),
    "waiting": (("give",), ("next", "start", "finish")),
    "called": (("give", "next"), ("start", "finish")),
    "at the counter": (("give", "next", "start"), ("finish",)),
    "on hold": (("give", "next", "start", "hold"), ("resume", "finish")),
    "in a pause": (("pause",), ("unpause",)),
}  # fmt: skip
FEW = [("1971", "called"), ("a day ahead", "waiting"), ("an hour back", "at the counter")]
#: In these somebody presses the kiosk's buttons, too: another one each time, as nobody gets two papers in two seconds.
PRESSED, BUTTONS = ("called", "waiting"), ("RAS", "CPR", "PEN")
FUNCTIONS = {
    "next": "call.next", "start": "serve.start", "finish": "serve.end",
    "hold": "serve.hold", "resume": "serve.resume", "pause": "counter.pause", "unpause": "counter.unpause",
}  # fmt: skip
#: A timetable would close yesterday's day and open today's, if it believed the clock.
ALWAYS = "".join(
    f'{day} = {{ open = "00:00", close = "23:59", last_ticket = "23:59" }}\n'
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
)
SOON_S = 10
#: Both changes of 2027 in Paris, UTC.
SUMMER, WINTER = datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)


class Town:
    """One agency in another time, and whoever stands at counter 05 there."""

    def __init__(self, agency, machine, book):
        self.agency, self.machine = agency, machine
        self.desk = Agent("A9", agency.api, book).at("05")
        self.desk.again = frozenset({"not_stored"})
        self._steps, self.labels, self.pressed = count(), [], []

    def go(self, steps, when):
        """Some steps of a visit, each with a key that says when it was asked."""
        for step in steps:
            key = f"{when}:{next(self._steps)}:{step}"
            if step == "give":
                self.labels.append(self.desk.ask("ticket.issue", "issue", key, service="DEP")["label"])
            else:
                more = {"reason": "copie"} if step in ("hold", "pause") else {}
                self.desk.ask(FUNCTIONS[step], step, key, counter="05", **more)

    def press(self):
        """Somebody presses one of the kiosk's buttons."""
        self.pressed.append(BUTTONS[len(self.pressed) % len(BUTTONS)])
        self.agency.press(self.pressed[-1])

    def rows(self, where="1"):
        """The journal, as the file has it."""
        reader = open_reader(self.agency.folder / "data" / "mbote.db")
        try:
            return reader.execute(f"SELECT * FROM journal WHERE {where} ORDER BY seq").fetchall()  # noqa: S608 (ours)
        finally:
            reader.close()

    def certain(self, when):
        """What the entries of these steps say of their time."""
        return {bool(row["certain"]) for row in self.rows(f"key LIKE '{when}%'")}

    def turns(self):
        """What the clock did, as the journal has it."""
        return [row["kind"] for row in self.rows("kind LIKE 'clock_%'")]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def opened_elsewhere(folder, monkeypatch, machine, local_toml=""):
    """The agency, hub and kiosk, in the machine's time."""
    machine.put_under(monkeypatch)
    monkeypatch.setenv("MBOTE_HISTORY", str(folder / "history.jsonl"))
    commands = {**hub_alone("often"), "kiosk": COMMANDS["kiosk"]}
    return opened(folder / "agency", commands, Plugged, local_toml)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "full", [pytest.param(False, marks=NIGHTLY), pytest.param(True, marks=NIGHTLY)], ids=["few", "all"]
)
def test_clocks_that_are_moved_change_no_order_no_number_and_no_day(  # noqa: PLR0913, PLR0917 (fixtures and cases)
    tmp_path, monkeypatch, machine, seed, note, full
):
    cases = [(jump, state) for jump in JUMPS for state in STATES] if full else FEW
    book, by_day = tmp_path / "history.jsonl", f"{zone()}[day]\ntimetable = true\n[day.hours]\n{ALWAYS}"
    with opened_elsewhere(tmp_path, monkeypatch, machine, by_day) as agency:
        town, first = Town(agency, machine, book), agency.api.get("board")["seq"] + 1
        with Crowd(agency, book, kiosks=2, agents=2, seed=seed, pause_s=0.05):
            for jump, state in cases:
                moved(town, jump, state)
            started_again_in_1971(town)
        until(lambda: len(town.turns()) > 2 * len(cases), SOON_S, "the last correction in the journal")
        until(lambda: len(agency.slips()) == len(town.pressed), SOON_S, "a paper for each press")
        papers = agency.slips()
        assert town.turns() == ["clock_doubted", "clock_corrected"] * len(cases) + ["clock_corrected"]
        days = town.rows(f"kind IN ('day_opened', 'day_closed') AND seq >= {first}")
        verdict = judge_agency(
            read(book), agency.folder / "data", agency.settings, exercises=CROWD, from_seq=first,
            config={"real_time": True},
        )  # fmt: skip
        problems, log = agency.verified(), agency.log() + agency.log("kiosk")
    note(f"E15 {len(cases)} jumps, {verdict}")
    assert town.labels == [f"D{number:03d}" for number in range(1, len(town.labels) + 1)]
    assert days == []
    assert not [label for label in papers[:-1] if label.startswith("K1-")], "the kiosk gave numbers alone"
    assert verdict.valid is True, str(verdict)
    assert problems == []
    assert "Traceback" not in log


def zone():
    """A time zone in which it is morning of the same date as at the agency: hours must have no reason of their own."""
    hour = datetime.now(ZoneInfo("Africa/Brazzaville")).hour
    ahead = 1 + min(max(hour, 6), 12) - hour
    return f'[agency]\ntimezone = "Etc/GMT{-ahead:+d}"\n'


def moved(town, jump, state):
    """The clock is set in that state of a visit, and set right afterwards."""
    before, after = STATES[state]
    turns = len(town.turns())
    town.go(before, f"{jump}/{state}/before")
    town.machine.wall(**JUMPS[jump])
    if state in PRESSED:
        town.press()
    town.go(after, f"{jump}/{state}/after")
    town.machine.wall()
    until(lambda: len(town.turns()) == turns + 2, SOON_S, "doubt and correction in the journal")
    if before:
        assert town.certain(f"{jump}/{state}/before") == {True}
    assert town.certain(f"{jump}/{state}/after") == {False}


def started_again_in_1971(town):
    """The power was away, and there is no battery; the network comes late."""
    town.go(("give",), "before the night")
    agency, last = town.agency, town.rows()[-1]
    hub = agency.pid("hub")
    agency.processes.power.clear()
    os.kill(hub, signal.SIGKILL)
    until(lambda: not alive(hub), SOON_S, "the end of the hub")
    town.machine.boot(NEW_YEAR_1971)
    agency.processes.power.set()
    agency.wait_answer()
    town.press()
    town.go(("next", "start", "finish", "give"), "in 1971")
    assert town.certain("in 1971") == {False}
    assert all(row["at"] >= last["at"] and row["boot"] > last["boot"] for row in town.rows("key LIKE 'in 1971%'"))
    started = json.loads(town.rows("key LIKE 'in 1971%' AND kind = 'service_started'")[0]["payload"])
    assert not started["certain"]
    town.machine.wall()
    town.machine.network()
    town.go(("next", "start", "finish"), "with the network")
    assert town.certain("with the network") == {True}


@pytest.mark.nightly
@pytest.mark.browser
@pytest.mark.timeout(180)
def test_people_are_told_that_the_time_is_not_certain_until_somebody_says_that_it_is(
    tmp_path, monkeypatch, machine, chromium
):
    """At the kiosk, at the desk and to the supervisor, who is told what to do about it."""
    with opened_elsewhere(tmp_path, monkeypatch, machine) as agency, windows(chromium) as opened:
        kiosk = opened.open(viewport={"width": 1080, "height": 1920})
        kiosk.goto(f"http://127.0.0.1:{agency.settings.kiosk.screen_port}/")
        desk = opened.open(viewport={"width": 1366, "height": 768})
        desk.goto(f"{agency.url}demo/agent/{agent_with(agency, 'clerk')}")
        desk.goto(f"{agency.url}desk")
        watch = opened.open(viewport={"width": 1366, "height": 768})
        watch.goto(f"{agency.url}demo/agent/{agent_with(agency, 'supervisor')}")
        watch.goto(f"{agency.url}supervision")
        pages = {kiosk: "#notes", desk: "#strip", watch: "#alert-list"}
        machine.wall(to=NEW_YEAR_1971)
        agency.give("DEP")
        for page, place in pages.items():
            expect(page.locator(place)).to_contain_text(
                re.compile("(n'est pas|in)( sûre|certaine)"), timeout=patience(30_000)
            )
            if folder := os.environ.get("MBOTE_PICTURES"):
                page.screenshot(path=f"{folder}/clock{place}.png")
        with pytest.raises(Refused, match="set its clock first"):
            admin_ask(agency.settings, "clock.right")
        machine.wall(seconds=-HOUR)
        assert admin_ask(agency.settings, "clock.right")["certain"] == "yes"
        for page, place in pages.items():
            expect(page.locator(place)).not_to_contain_text("sûre", timeout=patience(30_000))
            expect(page.locator(place)).not_to_contain_text("incertaine")


def agent_with(agency, role):
    """Somebody who has a role, and a counter where it is a clerk."""
    return next(each["code"] for each in agency.people if role in each["roles"])


@pytest.mark.nightly
@pytest.mark.timeout(180)
def test_a_network_that_sets_the_clock_is_followed_and_summer_time_is_only_another_offset(
    tmp_path, monkeypatch, machine, seed, note
):
    """The network moves the clock by months, over both changes; and a crystal runs 40 % fast."""
    book = tmp_path / "history.jsonl"
    with opened_elsewhere(tmp_path, monkeypatch, machine, '[agency]\ntimezone = "Europe/Paris"\n') as agency:
        town, first = Town(agency, machine, book), agency.api.get("board")["seq"] + 1
        with Crowd(agency, book, kiosks=2, agents=2, seed=seed, pause_s=0.05):
            runs_fast(town)
            machine.network()
            for number, change in enumerate((SUMMER, WINTER)):
                over(town, change, number)
        verdict = judge_agency(
            read(book), agency.folder / "data", agency.settings, exercises=CROWD, from_seq=first,
            config={"real_time": True},
        )  # fmt: skip
        problems, offsets = (
            agency.verified(),
            [offset_of(town, n, when) for n in (0, 1) for when in ("before", "after")],
        )
        log = agency.log() + agency.log("kiosk")
    note(f"E15 network, drift and summer time: {verdict}")
    assert offsets == [1, 2, 2, 1]
    assert town.labels == [f"D{number:03d}" for number in range(1, len(town.labels) + 1)]
    assert verdict.valid is True, str(verdict)
    assert problems == []
    assert "Traceback" not in log


def runs_fast(town):
    """Six seconds of a clock that is 40 % fast: then it is two seconds ahead, and doubted; the wait is what it was."""
    town.machine.wall(drift=0.4)
    town.go(("give",), "fast/first")
    time.sleep(6)
    town.go(("next", "start", "finish"), "fast/then")
    town.machine.wall()
    started = json.loads(town.rows("key LIKE 'fast/then:%' AND kind = 'service_started'")[0]["payload"])
    assert 6_000 <= started["wait_ms"] < 7_500
    assert town.certain("fast/then") == {False}


def over(town, change, number):
    """A visit from two seconds before an offset changes to two seconds after it."""
    town.machine.wall(to=change.timestamp() - 2)
    town.go(("give", "next", "start"), f"change {number}/before")
    time.sleep(4)
    town.go(("finish",), f"change {number}/after")
    assert town.certain(f"change {number}") == {True}
    served = json.loads(town.rows(f"key LIKE 'change {number}/after:%' AND kind = 'ticket_served'")[0]["payload"])
    assert 4_000 <= served["service_ms"] < 5_500


def offset_of(town, number, when):
    """Hours that the agency's time was ahead of UTC."""
    row = town.rows(f"key LIKE 'change {number}/{when}:%'")[-1]
    return local(row["at"], town.agency.settings.agency.zone).utcoffset().total_seconds() / HOUR
