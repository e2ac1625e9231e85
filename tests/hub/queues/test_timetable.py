"""The day by the clock: opened and closed in time, and never by a clock that nobody believes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub.clock import Instant
from hub.queues.model import BusinessDay
from hub.queues.timetable import due
from hub.settings import Agency, DayRules, Opening

AGENCY = Agency(code="CNSS-1", organisation="Caisse", name="Siège")
WEEK = DayRules(
    timetable=True, hours={"mon": Opening(open="07:30", close="15:00"), "tue": Opening(open="07:30", close="12:00")}
)
OPEN, CLOSED = BusinessDay(1, "2026-11-23", "open", open=True), BusinessDay(1, "2026-11-23", "open", open=False)


def at(text: str, *, certain: bool = True) -> Instant:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(AGENCY.timezone))
    return Instant(int(moment.timestamp() * 1000), 0, 1, certain)


@pytest.mark.parametrize(
    ("story", "day", "now", "busy", "wanted"),
    [
        ("the first morning", None, "2026-11-23T07:30", False, "open"),
        ("a minute too early", None, "2026-11-23T07:29", False, None),
        ("in the middle of the day", OPEN, "2026-11-23T11:00", False, None),
        ("at closing time, with a visitor at a counter", OPEN, "2026-11-23T15:00", True, None),
        ("at closing time", OPEN, "2026-11-23T15:00", False, "close"),
        ("the evening of a day that was held", CLOSED, "2026-11-23T16:00", False, None),
        ("a day closed by hand is not opened again", CLOSED, "2026-11-23T10:00", False, None),
        ("left open over night", OPEN, "2026-11-24T00:01", True, "close_by_force"),
        ("the next morning", CLOSED, "2026-11-24T07:31", False, "open"),
        ("on a day without hours", CLOSED, "2026-11-25T09:00", False, None),
        ("after the box was off past closing", None, "2026-11-23T18:00", False, None),
    ],
)
def test_the_timetable(story, day, now, busy, wanted):
    assert due(WEEK, AGENCY, day, at(now), busy=busy) == wanted, story


def test_a_clock_that_is_not_believed_opens_nothing():
    assert due(WEEK, AGENCY, None, at("2026-11-23T08:00", certain=False), busy=False) is None


def test_without_a_timetable_a_person_opens_the_day():
    assert due(WEEK.model_copy(update={"timetable": False}), AGENCY, None, at("2026-11-23T08:00"), busy=False) is None
