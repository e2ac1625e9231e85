"""What the charts of the statistics draw, as plain values: the page's script knows no figure of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.supervision.cells import Spread
from hub.supervision.measures import Group

#: Widths of a column of the distribution, minutes; the first that shows nearly everybody in so many columns is taken.
_STEPS = (1, 2, 5, 10, 15, 30, 60)
_COLUMNS = 18
#: So many of those received are shown; who waited longer is in the last column, "and more".
_SHOWN = 0.99


def trend(rows: Mapping[Group, Mapping[str, Any]], names: Mapping[Any, str]) -> list[dict[str, Any]]:
    """One point for each time: how many tickets, how many of them served, and the P50 and P80 of the waits, minutes."""
    return [
        {
            "name": names[group[0]],
            "issued": row["issued"],
            "served": row["served"],
            "p50": _minutes(row["wait"]["p50_s"]),
            "p80": _minutes(row["wait"]["p80_s"]),
        }
        for group, row in rows.items()
    ]


def waits(spread: Spread) -> list[dict[str, Any]]:
    """How many waited from `low` to `high` minutes (None: and more), and the share that waited no longer."""
    count = len(spread)
    if not count:
        return []
    step = next((s for s in _STEPS if s * 60 * _COLUMNS >= spread.percentile(_SHOWN)), _STEPS[-1])
    found, before = [], 0
    for place in range(_COLUMNS + 1):
        high = (place + 1) * step if place < _COLUMNS else None
        upto = spread.at_most(high * 60) if high else count
        found.append({"low": place * step, "high": high, "count": upto - before, "share": round(upto / count, 4)})
        before = upto
        if upto == count:
            break
    return found


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 2)
