"""Hours of an agency that must not be those at which its tests happen to run."""

from __future__ import annotations

from datetime import UTC, datetime

MORNING = 9
#: Zones by a whole distance reach from 12 hours behind UTC to 14 ahead.
FARTHEST = 12


def mid_morning(hour: int | None = None) -> str:
    """A time zone in which it is between nine and ten now, or where UTC has that `hour`."""
    here = datetime.now(UTC).hour if hour is None else hour
    ahead = (MORNING - here + FARTHEST) % 24 - FARTHEST
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
