"""The wait that is announced: what visitors and the supervisor are told, and what a night of learning changes."""

from datetime import datetime, timedelta

import pytest

from hub import night
from hub.errors import Refused
from hub.queues import offer, pictures, store
from hub.settings import DayRules
from hub.waits import watch
from hub.waits.watch import Watch
from hub.wire import Wait


def told(office, errand="DEP"):
    """What somebody who comes now is told, and what the supervisor sees of it."""
    service = office.hub.settings.service(errand)
    sessions = store.counters(office.hub.reader)
    ahead = store.ahead(office.hub.reader, errand)
    return tuple(say(office.hub, sessions, service, ahead) for say in (offer.announced, offer.foreseen))


def morning(office, people=9):
    """One counter that takes six minutes each, and people who come every three."""
    office.counter("05").open("00902F")
    for _ in range(people):
        office.press("deposit")
        office.later(minutes=3)
        office.press("deposit")
        office.counter("05").serve(minutes=6)


def test_nothing_is_announced_where_nobody_serves(office):
    office.press("deposit")
    assert told(office) == (None, None)


def test_nobody_ahead_and_a_free_counter_is_the_shortest_range(office):
    office.counter("05").open("00902F")
    assert told(office) == (Wait(0, 300), Wait(0, 300))


def test_a_range_holds_what_comes_grows_with_the_line_and_is_in_steps(office):
    morning(office)
    announced, foreseen = told(office)
    ahead = len(office.waiting())
    assert announced.low_s % 300 == announced.high_s % 300 == 0
    assert announced.low_s <= foreseen.low_s <= foreseen.high_s <= announced.high_s
    assert announced.low_s <= ahead * 6 * 60 <= announced.high_s
    for _ in range(12):
        office.press("deposit")
    assert told(office)[0].high_s > announced.high_s


def test_those_who_leave_shorten_the_wait(office):
    morning(office)
    before = told(office)[0]
    for label in office.waiting()[:7]:
        office.gives_up(label)
    assert told(office)[0].high_s < before.high_s


def test_a_ticket_carries_the_range_that_was_announced(office):
    morning(office)
    wait = told(office)[0]
    found = office.ticket(office.press("deposit"))
    assert (found.low_s, found.high_s) == (wait.low_s, wait.high_s)


def test_a_hub_that_starts_again_announces_the_same(office):
    morning(office)
    office.counter("05").pause()
    office.counter("06").open("00903G")
    office.counter("06").next()
    office.counter("06").release()
    office.goes_first(office.press("deposit"), "pregnant")
    office.counter("06").next()
    office.counter("06").start().transfer("pension")
    before = told(office)
    office.restart()
    assert told(office) == before


def test_what_is_followed_is_what_waits(office):
    """Whoever the rows say waits, stands in the line that announcements are made from."""
    morning(office)
    office.gives_up(office.waiting()[0])
    office.counter("05").next()
    office.later(minutes=1).counter("05").recall()
    office.later(minutes=1).counter("05").absent()
    office.comes_back(office.called[0][0])
    office.counter("05").next()
    office.counter("05").start().transfer("pension")
    office.counter("05").undo()
    told(office)
    hall = office.hub.waits._hall
    for row in store.waiting_by_service(office.hub.reader):
        assert len(hall._line(row["service"])) == row["people"], row["service"]


def days(office, count):
    """Days of work, each closed."""
    for _ in range(count):
        morning(office, 13)
        office.close_day(force=True)
        zone = office.hub.settings.agency.zone
        now = datetime.fromtimestamp(office.clock.now().at / 1000, zone)
        opening = (now + timedelta(days=1)).replace(hour=7, minute=30, second=0)
        office.later(seconds=(opening - now).total_seconds()).open_day()


@pytest.fixture
def worked(office):
    """A hub with two days behind it and the morning of a third."""
    days(office, 2)
    morning(office, 3)
    return office


def test_a_night_learns_from_closed_days_and_the_hub_takes_it_up(worked):
    before = told(worked)
    said = night.learn_waits(worked.hub.settings, worked.hub.store.folder)
    assert said["days"] == ["2026-03-02", "2026-03-03"]
    assert said["visits"] == 26
    object.__setattr__(worked.hub, "waits", Watch())
    cold = told(worked)
    file = worked.hub.store.folder / watch.FILE
    known = watch.read(file.read_bytes())
    assert known.blended.today == 2
    file.unlink()
    object.__setattr__(worked.hub, "waits", Watch())
    without = told(worked)
    assert cold != without, "what the night learned is used"
    assert before[0].high_s > 0


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 9}', b'{"format": 1, "forecaster": {}}', b"\xff\x00"]
)
def test_a_file_that_says_nothing_is_no_file(content):
    assert watch.read(content) is None


def test_a_broken_file_keeps_nobody_waiting(worked):
    (worked.hub.store.folder / watch.FILE).write_bytes(b'{"format": 1, "forecaster": {"blend": 7}}')
    object.__setattr__(worked.hub, "waits", Watch())
    assert told(worked)[0].high_s > 0


# --- the last ticket by the estimate


def closing_at(office, close, **day):
    """The same agency with a timetable that closes then."""
    hours = {"mon": {"open": "07:30", "close": close}}
    rules = {"timetable": True, "hours": hours, "last_by_estimate": True} | day
    files = office.hub.files
    office.hub.standing.take(files.model_copy(update={"day": DayRules.model_validate(rules)}), 1)


def test_nobody_gets_a_ticket_to_wait_in_vain_for(office):
    """Six minutes each, and nine people more than one counter can serve before it closes."""
    morning(office)
    now = office.clock.now().iso(office.hub.settings.agency.zone)[11:16]
    foreseen = told(office)[1]
    hour, minute = divmod(offer.minutes_until(now, "00:00") + foreseen.high_s // 60, 60)
    closing_at(office, f"{hour:02d}:{minute:02d}")
    assert tile(office).open, "eight of ten are called before"
    hour, minute = divmod(hour * 60 + minute - 1, 60)
    closing_at(office, f"{hour:02d}:{minute:02d}")
    assert (tile(office).open, tile(office).why_closed) == (False, "estimate")
    with pytest.raises(Refused) as refused:
        office.press("deposit")
    assert refused.value.reason == "closed_estimate"
    assert office.give("deposit"), "a person may still give one"
    closing_at(office, f"{hour:02d}:{minute:02d}", last_by_estimate=False)
    assert tile(office).open


def tile(office):
    """What the kiosk knows of the service."""
    return next(each for each in pictures.kiosks(office.hub, office.hub.reader)("K1").services if each.service == "DEP")
