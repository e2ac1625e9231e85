"""Periods of contributions: a month `2013-03` or a quarter `2013-T1`, and how a counter clerk writes them.

The grammar of labels is that of the fund's own closings (requirements D.6): `COTIS 2T 3T 4T 2012`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

#: Months as a counter clerk writes them.
MONTHS = ("JANV", "FEV", "MARS", "AVR", "MAI", "JUIN", "JUIL", "AOUT", "SEPT", "OCT", "NOV", "DEC")
PERIOD = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2]|T[1-4])")


def is_period(said: str) -> bool:
    """Whether it names a month or a quarter."""
    return PERIOD.fullmatch(said) is not None


def quarterly(period: str) -> bool:
    """Whether it is a quarter."""
    return "T" in period


def short(period: str) -> str:
    """`2013-T1` is `1T`, `2013-03` is `MARS`."""
    part = period.partition("-")[2]
    return f"{part[1:]}T" if quarterly(period) else MONTHS[int(part) - 1]


def said(period: str) -> str:
    """`2013-T1` is `1T 2013`, `2013-03` is `MARS 2013`."""
    return f"{short(period)} {period[:4]}"


def listed(periods: Iterable[str]) -> str:
    """Several of them, the year once after its own: `2T 3T 4T 2012`, `4T 2012 1T 2013`."""
    ordered = sorted(periods, key=lambda each: (first_day(each), quarterly(each)))
    years = groupby(ordered, key=lambda each: each[:4])
    return " ".join(f"{' '.join(short(each) for each in group)} {year}" for year, group in years)


def first_day(period: str) -> date:
    """The day on which a period begins."""
    year, _, part = period.partition("-")
    return date(int(year), int(part[1:]) * 3 - 2 if quarterly(period) else int(part), 1)


def last_day(period: str) -> date:
    """The day on which a period ends."""
    year, _, part = period.partition("-")
    month = int(part[1:]) * 3 if quarterly(period) else int(part)
    return date(int(year), month, monthrange(int(year), month)[1])


def following(period: str) -> str:
    """The next period of the same length."""
    after = last_day(period) + timedelta(days=1)
    if quarterly(period):
        return f"{after.year}-T{after.month // 3 + 1}"
    return f"{after.year}-{after.month:02d}"


def months(period: str) -> int:
    """How many months it has."""
    return 3 if quarterly(period) else 1
