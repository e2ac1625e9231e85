"""Months and years of a till: grand totals over its closings, each chained to the one before (requirements C.4).

A month is closed once it is over and all its sessions are; a year once its months are. Nothing in it can change then:
its closings stand, and its hash says so.
"""

from __future__ import annotations

from calendar import monthrange
from typing import Any

from hub.ask import Answer
from hub.clock import iso, local
from hub.context import Hub, action
from hub.errors import NotAllowed, NotFound, Refused
from hub.services.cash import chain, store
from hub.services.cash import model as m
from hub.store import Transaction

MONTH, YEAR = len("2013-03"), len("2013")


def last_day(period: str) -> str:
    """The last day (ISO) of a month or a year."""
    if len(period) == YEAR:
        return f"{period}-12-31"
    return f"{period}-{monthrange(int(period[:YEAR]), int(period[-2:]))[1]:02d}"


def due(reader: store.Reader, till: str, today: str) -> str | None:
    """The next period of a till that may be closed, months before their year; None where there is none yet."""
    months, years = store.periods_closed(reader, till, MONTH), store.periods_closed(reader, till, YEAR)
    first = store.first_after(reader, till, last_day(months[0].period) if months else "")
    year_after = store.first_after(reader, till, last_day(years[0].period) if years else "")
    year, month = (year_after or "")[:YEAR], (first or "")[:MONTH]
    if year and (not month or month[:YEAR] > year) and last_day(year) < today:
        return year
    return month if month and last_day(month) < today else None


def closed(reader: store.Reader, till: str) -> tuple[m.PeriodClosing, ...]:
    """The last years and months of a till, as a page shows them."""
    return (*store.periods_closed(reader, till, YEAR)[:2], *store.periods_closed(reader, till, MONTH)[:3])


@action
def close_period(tx: Transaction, hub: Hub, *, till: str) -> Answer:
    """Close the next month or year of a till. Raises Refused, NotAllowed."""
    if tx.actor.roles.isdisjoint(store.CHIEFS):
        raise NotAllowed("the head cashier closes months and years", code="two_persons")
    today = local(tx.now.at, hub.settings.agency.zone).date().isoformat()
    period = due(tx.connection, till, today)
    if period is None:
        raise Refused("no month or year of this till is over", code="no_period")
    held = store.session_at(tx.connection, till)
    if held is not None and held.date <= last_day(period):
        raise Refused(f"a session of {held.date} is not closed yet", code="session_old", date=held.date)
    event = _summed(tx, hub, till, period)
    tx.record(event)
    return {"till": till, "period": period, "hash": event.hash}


def _summed(tx: Transaction, hub: Hub, till: str, period: str) -> m.PeriodClosed:
    """The grand totals of a period."""
    found = store.closings_between(
        tx.connection, till, (f"{period}-01" if len(period) == MONTH else f"{period}-01-01"), last_day(period)
    )
    before = store.periods_closed(tx.connection, till, len(period))
    previous = before[0].hash if before else chain.GENESIS
    values: dict[str, Any] = {
        "till": till, "period": period, "first_z": found[0].z, "last_z": found[-1].z,
        "count": sum(each.count for each in found), "total": sum(each.totals["total"] for each in found),
        "gap": sum(each.gap for each in found), "total_in": found[-1].total_in, "total_out": found[-1].total_out,
        "agency": hub.settings.agency.code, "said_at": iso(tx.now.at, hub.settings.agency.zone),
    }  # fmt: skip
    digest = chain.period_digest(values | {"agent": tx.actor.agent}, previous)
    return m.PeriodClosed(**values, previous=previous, hash=digest)


@action
def print_period(tx: Transaction, hub: Hub, *, till: str, period: str) -> Answer:
    """The next copy of a month's or a year's closing. Raises NotFound."""
    del hub
    if store.period(tx.connection, till, period) is None:
        raise NotFound("this month or year is not closed", field="period")
    copy = store.period_copies(tx.connection, till, period)
    tx.record(m.PeriodPrinted(till, period, copy))
    return {"till": till, "period": period, "copy": copy}
