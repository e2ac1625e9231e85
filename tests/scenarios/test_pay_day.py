"""A pay-day on the demo agency, at speed: a real hub, the receptionist's page, a till in each of fifteen hands.

The waves are let in group by group; fifteen cashiers call, serve, and mark absent whoever does not come. What became of
everybody is counted twice: by the judge, over what the tills have seen and the hub's export, and here, by the lines of
that export alone. The same morning by the clock of the office, its waves at their times: test_payday_long.py.
"""

import copy
import threading
import time
from collections import Counter
from datetime import datetime

import pytest

from hub import history_export
from hub.agents import csrf
from hub.bench.figures import summary
from hub.demo.processes import Processes
from hub.judge import judge
from hub.settings_files import load_settings
from tests.agency import COUNTERS, hub_alone, opened, until
from tests.faults.clients import Agent, chances, read
from tests.faults.tills import Browser

pytestmark = [pytest.mark.slow]
RECEPTIONIST = "00733C"
TILLS = COUNTERS[:15]
GROUP, ENOUGH, ABSENT = 25, 30, 0.03
#: Nobody waits for absent visitors here: they are called twice at once, and are absent.
AT_ONCE = "[queue]\nrecall_after_s = 0\nabsent_after_s = 0\n"
MOST_S = 540
#: What the judge must have had something to look at: nothing of kiosks and papers, which a pay-day has not.
LOOKED = [*(f"G{n}" for n in (0, 1, 2, 4)), *(f"Q{n}" for n in (1, 2, 4, 5, 7, 8, 9, 10, 11, 19, 20))]


class PaysAtTheTills(Processes):
    """The fifteen counters pay benefits."""

    def __init__(self, agency, *more):
        file = agency.config / "counters.toml"
        text = file.read_text("utf-8").replace('services = ["XES", "YES"]', 'services = ["CPR"]', len(TILLS))
        file.write_text(text, "utf-8")
        agency.settings = load_settings(agency.config)
        super().__init__(agency, *more)


class Reception:
    """The receptionist at the page of the pay-day, without a script."""

    def __init__(self, agency):
        self.browser, self.groups, self.let_in = Browser(agency, RECEPTIONIST), 0, 0

    def send(self, path, **form):
        key = f"{path}-{self.groups}"
        status, body, place = self.browser._send(
            "POST", f"/desk/payday{path}", {"key": key, csrf.FIELD: self.browser._csrf, **form}
        )
        assert status == 303, (path, status, body[-600:])
        return place

    def group(self):
        """The next numbers enter; how many have entered by now."""
        self.send("/1/call", size=str(GROUP))
        self.groups += 1


class Till(threading.Thread):
    """One cashier, until nobody is left."""

    def __init__(self, morning, code, pause_s):
        super().__init__(name=f"till {code}")
        self.morning, self.pause_s = morning, pause_s
        self.agent = Agent(f"P{code}", morning.agency.door(code), morning.book).at(code)
        self.chance = chances(int(code))
        self.took, self.absent, self.failed = [], 0, None

    def run(self):
        try:
            while not self.morning.over.is_set():
                began = time.perf_counter()
                label = self.agent.next()
                if label is None:
                    self.morning.over.wait(0.02)
                    continue
                self.took.append(time.perf_counter() - began)
                self.morning.called(label)
                self.visit()
        except Exception as error:  # noqa: BLE001 (the test says so)
            self.failed = error

    def visit(self):
        if self.chance.random() < ABSENT:
            self.agent.ask("call.recall", "recall", counter=self.agent.counter)
            self.agent.ask("serve.end", "no_show", counter=self.agent.counter)
            self.absent += 1
            return
        self.agent.ask("serve.start", "start", counter=self.agent.counter)
        self.morning.over.wait(self.chance.uniform(0, 2 * self.pause_s))
        self.agent.ask("serve.end", "finish", counter=self.agent.counter)


class Morning:
    """Everybody at once, until each number of each wave was called."""

    def __init__(self, agency, book, waves, pause_s):
        self.agency, self.book, self.waves = agency, book, waves
        self.over, self.calls = threading.Event(), 0
        self._one = threading.Lock()
        self.tills = [Till(self, code, pause_s) for code in TILLS]

    def called(self, _):
        with self._one:
            self.calls += 1

    def pass_by(self):
        """How long it took."""
        reception, everybody = Reception(self.agency), sum(self.waves)
        today = datetime.now(self.agency.settings.agency.zone).date().isoformat()
        bounds = (("00", "33"), ("34", "66"), ("67", "99"))
        lines = [f"{first} {last} 00:00 {size}" for (first, last), size in zip(bounds, self.waves, strict=True)]
        reception.send("/new", on=today, service="CPR", by="registration", waves="\n".join(lines))
        left = [size for size in self.waves for size in [*[GROUP] * (size // GROUP), size % GROUP] if size]
        began = time.monotonic()
        for till in self.tills:
            till.start()
        entered = 0
        for size in left:
            until(lambda entered=entered: entered - self.calls < ENOUGH or self.broken(), MOST_S, "room in the hall")
            reception.group()
            entered += size
        assert entered == everybody
        until(lambda: self.calls == everybody or self.broken(), MOST_S, "the last number")
        self.over.set()
        for till in self.tills:
            till.join(60)
        reception.browser.close()
        assert self.broken() == []
        self.groups = reception.groups
        return time.monotonic() - began

    def broken(self):
        return [(till.name, till.failed) for till in self.tills if till.failed]


@pytest.mark.parametrize(
    ("waves", "pause_s"),
    [
        ((60, 50, 40), 0.0),
        pytest.param((700, 700, 600), 0.25, marks=[pytest.mark.nightly, pytest.mark.timeout(900)]),
    ],
    ids=["150", "2000"],
)
def test_a_pay_day_at_speed_keeps_its_order_and_loses_nobody(tmp_path, note, waves, pause_s):
    book = tmp_path / "history.jsonl"
    with opened(tmp_path / "agency", hub_alone(), PaysAtTheTills, AT_ONCE) as agency:
        morning = Morning(agency, book, waves, pause_s)
        took = morning.pass_by()
        data, settings = agency.folder / "data", load_settings(agency.config)
        lines = list(history_export.export(data))
        absent = sum(till.absent for till in morning.tills)
        assert counted(lines) == expected(waves, absent)
        verdict = judged(book, lines, settings)
        assert verdict.valid is True, str(verdict)
        the_judge_finds_who_is_missing_and_who_slipped_in(book, lines, settings)
        assert agency.verified() == []
        assert agency.tracebacks() == []
        nexts = summary([each for till in morning.tills for each in till.took])
        note(
            f"{sum(waves):,} numbers in {took:.0f} s, {morning.groups} groups, {absent} absent, {len(TILLS)} tills;"
            f" next answered in {nexts['p50']:.1f} / {nexts['p95']:.1f} / {nexts['p99']:.1f} ms"
        )


def judged(book, lines, settings):
    return judge(read(book), lines, {"config": history_export.config_of(settings), "exercises": LOOKED})


def the_judge_finds_who_is_missing_and_who_slipped_in(book, lines, settings):
    """The same morning, told with a number that entered and has no ticket, and with one that no group let in."""
    last = next(line for line in reversed(lines) if line.get("kind") == "ticket.issue")
    without = [line for line in lines if line.get("tid") != last["tid"]]
    label = last["body"]["label"]
    assert f"{label} entered with its group and has no ticket" in judged(book, without, settings).bad["Q1"]
    fewer = copy.deepcopy(lines)
    group = next(line for line in reversed(fewer) if line.get("kind") == "group.enter")
    group["body"]["last"] -= 1
    assert judged(book, fewer, settings).bad["Q2"] == [f"{label} came in with no group"]


def counted(lines):
    """What the export says, line by line: who was given a number and called, in order, and how each ended."""
    events = [line for line in lines if line.get("type") == "event"]
    of = {line["tid"]: line["body"]["label"] for line in events if line["kind"] == "ticket.issue"}
    ends = Counter(of[line["tid"]] for line in events if line["kind"] in ("serve.end", "call.noshow"))
    states = Counter(line["state"] for line in lines if line.get("type") == "ticket")
    return {
        "given": [line["body"]["label"] for line in events if line["kind"] == "ticket.issue"],
        "called": [of[line["tid"]] for line in events if line["kind"] == "call.next"],
        "ended": set(ends.values()), "how many": len(ends), "states": dict(states),
    }  # fmt: skip


def expected(waves, absent):
    labels = [f"J{wave}-{number:03d}" for wave, size in enumerate(waves, start=1) for number in range(1, size + 1)]
    states = {"served": len(labels) - absent} | ({"no_show": absent} if absent else {})
    return {"given": labels, "called": labels, "ended": {1}, "how many": len(labels), "states": states}
