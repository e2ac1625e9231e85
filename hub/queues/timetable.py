"""The business day by the clock, for agencies that want it so (`day.timetable`). Pure.

A clock that is not believed opens nothing: without a battery the box may wake up in another year. A day
is closed at its closing time once nobody is at a counter any more, and at midnight in any case.
"""

from __future__ import annotations

from typing import Literal

from hub.clock import Instant, local
from hub.queues.model import BusinessDay
from hub.settings import Agency, DayRules
from hub.settings.forms import DAYS

Due = Literal["open", "close", "close_by_force"]


def due(rules: DayRules, agency: Agency, day: BusinessDay | None, now: Instant, *, busy: bool) -> Due | None:
    """What the timetable asks for now. `busy`: visitors are still at counters."""
    if not rules.timetable or not now.certain:
        return None
    here = local(now.at, agency.zone)
    today, minute = here.date().isoformat(), here.strftime("%H:%M")
    opening = rules.hours.get(DAYS[here.weekday()])
    if day is not None and day.open:
        if day.date < today:
            return "close_by_force"
        closed = opening is None or minute >= opening.close
        return "close" if closed and day.date == today and not busy else None
    held = day is not None and day.date >= today
    within = opening is not None and opening.open <= minute < opening.close
    return "open" if within and not held else None
