"""What the board keeps of the day that goes on is, after every step, what the whole day says when it is read anew."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from math import ceil

import pytest

from hub.clock import ManualClock
from hub.context import Hub
from hub.queues import pictures
from hub.supervision import today
from tests.hub.supervision.wild_days import WildDay
from tests.office import Office, demo_settings, open_store

FIRST = date(2025, 12, 30)
STEPS = 600
WAITS = (
    "SELECT s.service, s.entered_at, max(0, s.wait_ms - iif(s.rank = 1 AND t.due_at > s.entered_at,"
    " t.due_at - s.entered_at, 0)) FROM ticket t JOIN stage s ON s.ticket = t.id"
    " WHERE t.day = ? AND s.wait_ms IS NOT NULL AND s.certain"
)


def read_whole(hub, reader, day):
    """The day from its first ticket, in the plainest way."""
    states = Counter(tuple(row) for row in reader.execute("SELECT asked, state FROM ticket WHERE day = ?", (day,)))
    services, hours = defaultdict(list), defaultdict(list)
    for service, entered_at, ms in sorted(reader.execute(WAITS, (day,)), key=lambda row: row[1]):
        services[service].append(ms)
        hours[datetime.fromtimestamp(entered_at / 1000, hub.settings.agency.zone).hour].append(ms)
    return (
        states,
        {one: p80(ms) for one, ms in services.items()},
        [(h, len(m), p80(m) // 1000) for h, m in hours.items()],
    )


def p80(waits):
    return sorted(waits)[ceil(0.8 * len(waits)) - 1]


class LookedAt(WildDay):
    """A wild day with the board beside it."""

    looks = 0

    def _try(self, step):
        super()._try(step)
        hub = self.office.hub
        with hub.snapshot() as reader:
            at = pictures.moment(hub, reader)
            told = today.so_far(hub, reader, at)
            if at.day is None:
                return
            shown = told.states, told.p80_ms, [(each.hour, each.received, each.p80_s) for each in told.hours]
            assert shown == read_whole(hub, reader, at.day.id), step
            self.looks += 1


@pytest.fixture
def office(tmp_path):
    clock = ManualClock(datetime(2025, 12, 29, 7, 20, tzinfo=demo_settings().agency.zone))
    office = Office(Hub(demo_settings(), open_store(tmp_path, clock)), clock)
    yield office
    office.hub.store.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_day_followed_is_the_day_read_whole(office, seed):
    taken = Counter()
    for number in range(2):
        day = LookedAt(office, random.Random(f"{seed} {number}"))  # noqa: S311 (a story, no secret)
        taken += Counter(day.live(FIRST + timedelta(days=number), STEPS))
        assert day.looks > STEPS, "every step was looked at"
    assert taken.keys() >= {"start", "finish", "transfer", "back", "meeting", "gives_up"}, taken


def test_a_long_day_is_not_read_again(office, monkeypatch):
    """A look takes up what has changed, and nothing where nothing has."""
    read = []
    real = today.store.standing

    def counted(reader, day_id, tickets=None):
        found = list(real(reader, day_id, tickets))
        read.append((tickets is None, len(found)))
        return iter(found)

    monkeypatch.setattr(today.store, "standing", counted)
    office.open_day()
    for _ in range(5):
        office.give("deposit")
    look(office)
    look(office)
    office.give("deposit")
    look(office)
    assert read == [(True, 5), (False, 1)]


def test_another_journal_is_read_anew(office, monkeypatch):
    """A disk that lost what it had taken: the entry that was followed is not what it was."""
    office.open_day()
    office.give("deposit")
    look(office)
    known = today._todays[office.hub]
    known.at = (known.at[0], b"another")
    known._states["DEP", "waiting"] = 99
    office.give("deposit")
    assert sum(look(office).states.values()) == 2


def test_whoever_looks_at_an_older_moment_sees_that_one(office):
    office.open_day()
    office.give("deposit")
    with office.hub.snapshot() as reader:
        older = pictures.moment(office.hub, reader)

        def newer():
            office.give("deposit")
            assert sum(look(office).states.values()) == 2
            office.hub.store.close_reader()

        beside = threading.Thread(target=newer)
        beside.start()
        beside.join()
        assert sum(today.so_far(office.hub, reader, older).states.values()) == 1
    assert sum(look(office).states.values()) == 2


def look(office):
    with office.hub.snapshot() as reader:
        return today.so_far(office.hub, reader, pictures.moment(office.hub, reader))
