from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.hours import mid_morning


@pytest.mark.parametrize("hour", range(24))
def test_it_is_mid_morning_somewhere_at_every_hour(hour):
    there = datetime(2026, 11, 26, hour, 59, tzinfo=UTC).astimezone(ZoneInfo(mid_morning(hour)))
    assert there.hour == 9
