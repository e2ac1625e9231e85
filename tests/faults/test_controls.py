"""Faults planted in the real core, each found by the judge: a verdict that cannot fail is worth nothing.

quality/history-format.md, section 8.3. Beside these: a *next* that selects and then updates (test_contested.py), a hub
that answers before it commits (test_kills.py). What needs power cuts stands with them, what needs money or a head
office waits for those rooms.
"""

import pytest

from hub import journal
from hub.ask import Actor
from hub.client import HubAway
from hub.clock import Elapsed, ManualClock
from hub.context import Hub
from hub.judge import read_lines
from hub.queues import papers, rules
from tests.conftest import MONDAY
from tests.faults.checker import judge_agency
from tests.faults.clients import Agent, Core, Visitors, chances
from tests.office import Office, demo_settings, open_store

PANEL = Actor(device="P05", roles=frozenset({"panel"}), counters=("05",))


@pytest.fixture
def agency_here(tmp_path):
    """The office, two kiosks and a counter with recorders, and what the judge says of all that they did."""
    here = Here(tmp_path)
    yield here
    here.close()


class Here:
    def __init__(self, folder):
        self.book, self.data = folder / "history.jsonl", folder / "data"
        clock = ManualClock(MONDAY)
        self.office = Office(Hub(demo_settings(), open_store(self.data, clock)), clock).open_day()
        self.office.counter("05").open("00902F")
        self.store = self.office.hub.store
        self.first = self.store.head[0] + 1
        self.kiosks = [Visitors(name, Core(self.office.hub, kiosk(name)), self.book) for name in ("K1", "K2")]
        self.desk = Agent("P05", Core(self.office.hub, PANEL), self.book).at("05")

    def close(self):
        """Everybody goes home."""
        for one in (*self.kiosks, self.desk):
            one._history.close()
        self.store.close()

    def without_index(self, name):
        """A hub that believes in its own code alone."""
        self.store.writer.execute(f"DROP INDEX {name}")

    def some_visits(self):
        """Ten visitors, some of whom are asked twice, and ten calls."""
        chance = chances(4)
        for number in range(10):
            self.kiosks[number % 2].take("DEP", chance)
            self.kiosks[number % 2].ask("ticket.issue", "issue", f"twice {number}", service="DEP")
            self.kiosks[number % 2].ask("ticket.issue", "issue", f"twice {number}", service="DEP")
            self.office.later(seconds=30)
            self.desk.visit(chance)

    def bad(self):
        """The rules that are broken."""
        found = judge_agency(read_lines(self.book), self.data, self.office.hub.settings, from_seq=self.first)
        return set(found.bad)


def kiosk(name):
    return Actor(device=name, roles=frozenset({"kiosk"}))


def test_without_a_fault_nothing_is_found(agency_here):
    agency_here.some_visits()
    assert agency_here.bad() == set()


def test_a_hub_that_keeps_no_answers_gives_two_tickets_for_one_key(agency_here, monkeypatch):
    monkeypatch.setattr(journal, "kept_answer", lambda _connection, _ask: None)
    agency_here.without_index("journal_key")
    agency_here.some_visits()
    assert {"G2", "Q3"} <= agency_here.bad()


def test_two_kiosks_with_one_series_give_one_number_twice(agency_here, monkeypatch):
    """Cut off, both count in the series of the first; the hub takes whatever it is told."""
    monkeypatch.setattr(papers, "_numbered", lambda _tx, _hub, _day, _service, label: (label[:3], int(label[3:])))
    agency_here.without_index("ticket_label")
    for visitors in agency_here.kiosks:
        press = f"{visitors.name}-1"
        with pytest.raises(HubAway), visitors._history.operation("ticket.issue", press, {"svc": "DEP", "press": press}):
            raise HubAway("cut off")
        visitors.ask("ticket.paper", "printed", f"{press}-paper", issue=press, label="K1-001", service="DEP")
    assert {"Q4", "Q18"} <= agency_here.bad()


def test_a_hub_that_measures_with_the_wall_clock_is_found_when_it_jumps(agency_here, monkeypatch):
    monkeypatch.setattr(rules, "elapsed", lambda start, end: Elapsed(max(0, end.at - start.at), certain=True))
    agency_here.kiosks[0].take("DEP")
    agency_here.office.later(minutes=10)
    agency_here.office.clock.jump(seconds=-3600)
    agency_here.desk.visit(chances(1))
    assert agency_here.bad() == {"Q20"}


def test_a_hub_that_calls_the_newest_first_is_found(agency_here, monkeypatch):
    monkeypatch.setattr(
        "hub.queues.routing._best", lambda possible, scores: max(possible, key=lambda c: (-scores[c.ticket], c.order))
    )
    for _ in range(3):
        agency_here.kiosks[0].take("DEP")
        agency_here.office.later(seconds=40)
    agency_here.desk.visit(chances(1))
    assert "Q11" in agency_here.bad()


def test_a_hub_that_says_nobody_when_somebody_waits_is_found(agency_here, monkeypatch):
    monkeypatch.setattr("hub.queues.routing.eligible", lambda *_: False)
    agency_here.kiosks[0].take("DEP")
    assert agency_here.desk.next() is None
    assert agency_here.bad() == {"Q10"}


def test_a_hub_that_gives_a_voided_number_again_is_found(agency_here, monkeypatch):
    """What most systems do: one more than the highest label there is."""

    def highest_label_plus_one(reader, day, series):
        sql = "SELECT max(number) FROM ticket WHERE day = ? AND series = ?"
        return reader.execute(sql, (day, series)).fetchone()[0] or 0

    monkeypatch.setattr("hub.queues.store.last_number", highest_label_plus_one)
    visitors = agency_here.kiosks[0]
    visitors.ask("ticket.issue", "issue", "slow", service="DEP")
    visitors.ask("ticket.paper", "printed", "slow-paper", issue="slow", label="K1-001", service="DEP")
    visitors.take("DEP")
    assert "Q4" in agency_here.bad()
