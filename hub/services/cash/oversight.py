"""What is out of the ordinary at the tills, for whoever looks over them: on one page, last first, naming no payer.

The drawer opened without an entry or twice, what was dropped or taken back, duplicates, differences; by day, till,
person and kind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from hub.errors import Unreadable, chosen
from hub.money import grouped
from hub.services.cash import model as m
from hub.services.cash.store import URL

Reader = sqlite3.Connection
#: What is looked at: openings of the drawer, prepared collections changed or dropped, entries taken back, duplicates,
#: differences of floats, counts and closings.
Look = Literal["drawer", "void", "reversal", "reprint", "difference"]
LOOKS: tuple[Look, ...] = get_args(Look)
#: More lines than these are not shown: the days are to be narrowed.
MOST = 200
#: So many days are shown unless others are asked for, and so many at most.
USUAL_DAYS, MOST_DAYS = 7, 400
#: A session is closed within so many days, for no other can be opened at its till before.
CLOSED_WITHIN = 7
#: A day of another year is a slip of the hand.
_YEARS = (1970, 2999)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: days (inclusive), and a till, a person, a kind where only theirs are wanted."""

    first: date
    last: date
    till: str = ""
    agent: str = ""
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when (wall, ms), whose, what by a word (`oversight_WORD`) and what fills it; where it opens."""

    at: int
    till: str
    look: Look
    word: str
    agent: str | None
    facts: Mapping[str, object] = field(default_factory=dict)
    amount: int | None = None
    url: str = ""


def wanted(said: Mapping[str, str], today: date) -> Wanted:
    """What a form asks for. Raises Unreadable for what is no day."""
    last = _day(said.get("to", ""), today, "to")
    first = _day(said.get("from", ""), min(last, today) - timedelta(days=USUAL_DAYS - 1), "from")
    if not first <= last <= first + timedelta(days=MOST_DAYS):
        raise Unreadable("from a day to a later one", code="days_wrong", field="from")
    kind = said.get("look", "")
    look = chosen(kind, LOOKS, Unreadable("no such kind", code="look_wrong", field="look")) if kind else None
    return Wanted(first, last, said.get("till", "")[:8], said.get("agent", "").strip().upper()[:16], look)


def _day(said: str, otherwise: date, name: str) -> date:
    try:
        day = date.fromisoformat(said.strip()) if said.strip() else otherwise
    except ValueError as error:
        raise Unreadable("a day such as 2013-03-29", code="days_wrong", field=name) from error
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise Unreadable("a day such as 2013-03-29", code="days_wrong", field=name)
    return day


def lines(reader: Reader, asked: Wanted, zone: ZoneInfo) -> tuple[list[Line], bool]:
    """What there is, last first, and whether there is more than is shown."""
    ends = (asked.first, asked.last + timedelta(days=1))
    since, until = (int(datetime.combine(day, time(), zone).timestamp() * 1000) for day in ends)
    found: list[Line] = []
    for look, source in _SOURCES:
        if asked.look in (None, look):
            found += source(reader, (since, until, asked.first - timedelta(days=CLOSED_WITHIN), asked.last), asked)
    mine = [each for each in found if asked.till in ("", each.till) and asked.agent in ("", each.agent)]
    mine.sort(key=lambda each: each.at, reverse=True)
    return mine[:MOST], len(mine) > MOST


#: Between two moments (wall, ms) and in the sessions of these days, by which what happened at a till is found.
Span = tuple[int, int, date, date]
_OF_SESSIONS = "session IN (SELECT id FROM cash_session WHERE date BETWEEN ? AND ?)"


def _rows(reader: Reader, sql: str, span: Span) -> list[sqlite3.Row]:
    """Rows at those moments; `sql` asks for sessions of days first where it names them."""
    since, until, first, last = span
    days = (first.isoformat(), last.isoformat()) if " BETWEEN " in sql else ()
    return reader.execute(sql, (*days, since, until)).fetchall()


def _openings(reader: Reader, span: Span, asked: Wanted) -> list[Line]:
    """Without an entry, or by a pulse that came twice; those of entries as well where only the drawer is wanted."""
    rows = _rows(reader, f"SELECT * FROM drawer_opening WHERE {_OF_SESSIONS} AND at >= ? AND at < ?", span)  # noqa: S608 (ours)
    wanted = rows if asked.look == "drawer" else [row for row in rows if row["entry"] is None or row["again"]]
    return [
        Line(
            row["at"], row["till"], "drawer", "drawer_again" if row["again"] else "drawer", row["agent"],
            {"reason": row["reason"], "entry": row["entry"] or ""},
            url=f"{URL}/receipts/{row['entry']}" if row["entry"] else "",
        )
        for row in wanted
    ]  # fmt: skip


def _voids(reader: Reader, span: Span, _: Wanted) -> list[Line]:
    rows = _rows(reader, "SELECT * FROM cash_prepared WHERE changed_at >= ? AND changed_at < ?", span)
    return [
        Line(
            row["changed_at"], "", "void", "void_dropped" if row["state"] == "dropped" else "void_changed",
            row["changed_by"],
            {"label": row["label"], "ticket": row["ticket_label"], "word": row["word"] or "–"}, row["amount"],
            f"{URL}/prepared",
        )
        for row in rows
    ]  # fmt: skip


def _reversals(reader: Reader, span: Span, _: Wanted) -> list[Line]:
    rows = _rows(
        reader,
        "SELECT v.*, e.amount, e.label FROM cash_reversal v JOIN cash_entry e USING (till, year, number)"  # noqa: S608 (ours)
        f" WHERE v.{_OF_SESSIONS} AND v.at >= ? AND v.at < ?", span,
    )  # fmt: skip
    return [
        Line(
            row["at"], row["till"], "reversal", f"reversal_{row['state']}", row["agent"],
            {"receipt": (number := m.receipt(row["till"], row["year"], row["number"])), "label": row["label"],
             "reason": row["reason"], "by": row["decided_by"] or ""}, row["amount"], f"{URL}/receipts/{number}",
        )
        for row in rows
    ]  # fmt: skip


def _reprints(reader: Reader, span: Span, _: Wanted) -> list[Line]:
    rows = _rows(reader, "SELECT * FROM cash_reprint WHERE at >= ? AND at < ?", span)
    return [
        Line(
            row["at"], row["till"], "reprint", "reprint", row["agent"],
            {"paper": row["paper"].replace("closing ", "Z"), "copy": row["copy"]}, url=_opens(row["paper"]),
        )
        for row in rows
    ]  # fmt: skip


def _opens(paper: str) -> str:
    kind, _, number = paper.partition(" ")
    return f"{URL}/closings/{number}" if kind == "closing" else f"{URL}/receipts/{paper}"


def _differences(reader: Reader, span: Span, _: Wanted) -> list[Line]:
    """Closings that did not agree, surprise counts, and floats that were not what the closing before had left."""
    when = f"{_OF_SESSIONS} AND at >= ? AND at < ?"
    closed = _rows(reader, f"SELECT * FROM cash_closing WHERE {when} AND counted <> expected", span)  # noqa: S608 (ours)
    counted = _rows(reader, f"SELECT * FROM cash_count WHERE {when} AND purpose = 'surprise'", span)  # noqa: S608 (ours)
    opened = _rows(
        reader,
        "SELECT * FROM cash_session WHERE date BETWEEN ? AND ? AND at >= ? AND at < ? AND opening <> expected", span,
    )  # fmt: skip
    return [
        *(Line(row["at"], row["till"], "difference", "difference_closing", row["cashier"],
               {"z": row["z"], "motive": row["motive"] or "", "note": row["note"] or "–", "by": row["approver"]},
               row["counted"] - row["expected"], f"{URL}/closings/{row['id']}") for row in closed),
        *(Line(row["at"], row["till"], "difference", "difference_surprise", row["agent"],
               {"total": grouped(row["total"])}, row["total"] - row["expected"]) for row in counted),
        *(Line(row["at"], row["till"], "difference", "difference_float", row["cashier"],
               {"note": row["float_note"] or "–"}, row["opening"] - row["expected"]) for row in opened),
    ]  # fmt: skip


_SOURCES: tuple[tuple[Look, Callable[[Reader, Span, Wanted], list[Line]]], ...] = (
    ("drawer", _openings), ("void", _voids), ("reversal", _reversals), ("reprint", _reprints),
    ("difference", _differences),
)  # fmt: skip
