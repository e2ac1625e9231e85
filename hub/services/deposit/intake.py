"""From what a clerk has typed to what is recorded, what is wrong with it, and what is still missing. Touches nothing.

Sources: requirements R-042, R-043, R-047, R-058, R-059, B.4 (completeness), D.5 and D.5b.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from hub import days
from hub.services.deposit.model import (
    CONCERNED_TYPES,
    COPY_KINDS,
    ID_TYPES,
    MOST_COPIES,
    Concerned,
    CopyKind,
    DocumentType,
    Draft,
    Expected,
    Lists,
    Reason,
    Row,
)

OLDEST = date(1900, 1, 1)
#: A paper may hold so many years from today; a year of two digits beyond that lies in the last century.
HOLDS_YEARS = 20
NAME_LENGTH, ABOUT_LENGTH, MOTIVE_LENGTH = 120, 80, 200
MOST_CONCERNED, MOST_REASONS, MOST_ROWS, MOST_COUNTED = 60, 12, 60, 30
_DIGITS, _PARTED = re.compile(r"\d{6}|\d{8}"), re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NUMBER = re.compile(r"[0-9A-Za-z /.-]{3,20}")
_PERIODS = {
    "month": re.compile(r"(?P<year>\d{4})-(?P<part>0[1-9]|1[0-2])|(?P<part2>\d{1,2})[/ -](?P<year2>\d{4})"),
    "quarter": re.compile(r"(?P<year>\d{4})-?T(?P<part>[1-4])|(?P<part2>[1-4])T[/ -]?(?P<year2>\d{4})"),
    "half": re.compile(r"(?P<year>\d{4})-?S(?P<part>[12])|(?P<part2>[12])S[/ -]?(?P<year2>\d{4})"),
    "year": re.compile(r"(?P<year>\d{4})"),
}
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands against recording: the field of the form, the word of a sentence (`wrong_WORD`), what fills it."""

    at: str
    word: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A document as it will be recorded; `rank` is the person's place, dates are ISO."""

    rank: int
    event: str
    type: str
    copy_kind: CopyKind
    copies: int
    expired: bool
    period: str | None
    issued_on: str | None
    valid_until: str | None
    about: str | None
    forced: str | None
    replaces: int | None


@dataclass(frozen=True, slots=True)
class Read:
    """A draft as it was understood."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


# --- dates and periods -----------------------------------------------------------------------


def date_typed(text: str, today: date) -> date | None:
    """A date as hands type it: `110213`, `11022013`, `11/2/13`, `2013-02-11`. None for nothing, ValueError for none."""
    plain = text.strip()
    if not plain:
        return None
    if found := _ISO.fullmatch(plain):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if _DIGITS.fullmatch(plain):
        day, month, year = plain[:2], plain[2:4], plain[4:]
    elif found := _PARTED.fullmatch(plain):
        day, month, year = found.groups()
    else:
        raise ValueError(plain)
    return date(_year(year, today), int(month), int(day))


def _year(typed: str, today: date) -> int:
    if len(typed) == 4:  # noqa: PLR2004 (a whole year)
        return int(typed)
    near = today.year // 100 * 100 + int(typed)
    return near - 100 if near > today.year + HOLDS_YEARS else near


def period_typed(text: str, known: tuple[str, ...], today: date) -> str | None:
    """A period that a document of these lengths covers; that of today where nothing is typed and it is a long one.

    Raises ValueError for what is none: `2013-03`, `2013-T1`, `2013-S1`, `2013`, also `03/2013`, `1T2013`.
    """
    plain = text.strip().upper()
    if not plain:
        if known[0] == "year":
            return str(today.year)
        return f"{today.year}-S{1 if today.month <= _MONTHS // 2 else 2}" if known[0] == "half" else None
    for length in known:
        if found := _PERIODS[length].fullmatch(plain):
            said = found.groupdict()
            year = said.get("year") or said.get("year2")
            part = said.get("part") or said.get("part2")
            return str(year) if part is None else f"{year}-{_part(length, int(part))}"
    raise ValueError(plain)


def _part(length: str, part: int) -> str:
    if length == "month":
        if not 1 <= part <= _MONTHS:
            raise ValueError(part)
        return f"{part:02d}"
    return f"{'T' if length == 'quarter' else 'S'}{part}"


def period_said(period: str | None) -> str:
    """`2013-T1` is `1T 2013`, `2013-03` is `03/2013`."""
    year, _, part = (period or "").partition("-")
    if part[:1] in ("T", "S"):
        return f"{part[1:]}{part[0]} {year}"
    return f"{part}/{year}" if part else year


# --- one row ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row says of its document on a day: its dates, whether it has expired, and what is wrong."""

    issued_on: str | None = None
    valid_until: str | None = None
    expired: bool = False
    problems: tuple[Problem, ...] = ()


def verdict(row: Row, kind: DocumentType, on: date, name: str) -> Verdict:
    """The dates of a row. `name` is the beginning of its fields' names."""
    problems: list[Problem] = []
    issued = _date(row.issued, f"{name}-issued", on, problems)
    valid = _date(row.valid, f"{name}-valid", on, problems)
    if issued is not None and not OLDEST <= issued <= on:
        problems.append(Problem(f"{name}-issued", "issued_late" if issued > on else "issued_early"))
        issued = None
    if issued is None and not problems and kind.issue == "required":
        problems.append(Problem(f"{name}-issued", "issued_needed"))
    if valid is None and not row.valid.strip():
        if kind.own_expiry and not problems:
            problems.append(Problem(f"{name}-valid", "valid_needed"))
        if kind.months and issued is not None:
            valid = days.until(issued, kind.months)
    if valid is not None and issued is not None and valid < issued:
        problems.append(Problem(f"{name}-valid", "valid_before"))
    return Verdict(_iso(issued), _iso(valid), valid is not None and valid < on, tuple(problems))


def _date(text: str, name: str, on: date, problems: list[Problem]) -> date | None:
    try:
        return date_typed(text, on)
    except ValueError:
        problems.append(Problem(name, "no_date"))
        return None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _line(row: Row, rank: int, event: str, kind: DocumentType, on: date, name: str) -> tuple[Line, list[Problem]]:  # noqa: PLR0913, PLR0917
    seen = verdict(row, kind, on, name)
    problems = list(seen.problems)
    forced = _plain(row.motive)[:MOTIVE_LENGTH] if seen.expired else ""
    if seen.expired and not forced:
        problems.append(Problem(f"{name}-motive", "expired", {"date": days.said(seen.valid_until)}))
    copies = _plain(row.copies) or "1"
    if not copies.isascii() or not copies.isdigit() or not 1 <= int(copies) <= MOST_COPIES:
        problems.append(Problem(f"{name}-copies", "copies", {"most": MOST_COPIES}))
        copies = "1"
    period = None
    if kind.periods:
        try:
            period = period_typed(row.period, kind.periods, on)
        except ValueError:
            problems.append(Problem(f"{name}-period", "no_period"))
        else:
            problems += [] if period else [Problem(f"{name}-period", "period_needed")]
    copy_kind: CopyKind = next((each for each in COPY_KINDS if each == row.copy_kind), "copy")
    line = Line(
        rank, event, kind.code, copy_kind, int(copies), seen.expired, period, seen.issued_on, seen.valid_until,
        _plain(row.about)[:ABOUT_LENGTH] or None, forced or None, row.replaces,
    )  # fmt: skip
    return line, problems


def _plain(text: str) -> str:
    return " ".join(text.split())


def known(draft: Draft, lists: Lists) -> Draft:
    """A draft without what the lists do not have: a form of somebody else's, or lists that have changed meanwhile."""

    def kept(reason: Reason) -> Reason:
        return replace(reason, rows=tuple(row for row in reason.rows if row.document in lists.types))

    people = (
        replace(each, reasons=tuple(kept(reason) for reason in each.reasons if reason.event in lists.events))
        for each in draft.concerned
    )
    return replace(draft, concerned=tuple(people))


# --- a whole draft ---------------------------------------------------------------------------


def read(draft: Draft, lists: Lists, on: date) -> Read:
    """What a draft says, with everything that stands against recording it."""
    lines: list[Line] = []
    problems = list(_depositor(draft))
    for rank, person in enumerate(draft.concerned):
        found, wrong = _concerned(person, rank, lists, on)
        lines += found
        problems += wrong
    if not lines:
        problems.append(Problem("", "no_documents"))
    return Read(tuple(lines), tuple(problems))


def _depositor(draft: Draft) -> Iterator[Problem]:
    who = draft.depositor
    if not _plain(who.name):
        yield Problem("name", "name_needed")
    if who.id_type not in ID_TYPES:
        yield Problem("id_type", "id_type")
    if who.id_number.strip() and not _NUMBER.fullmatch(who.id_number.strip()):
        yield Problem("id_number", "id_number")


def _concerned(person: Concerned, rank: int, lists: Lists, on: date) -> tuple[list[Line], list[Problem]]:
    lines: list[Line] = []
    problems: list[Problem] = []
    for at, reason in enumerate(person.reasons):
        for place, row in enumerate(reason.rows):
            if not row.there:
                continue
            name = f"c{rank}-e{at}-d{place}"
            kind = lists.types.get(row.document)
            if kind is None:
                problems.append(Problem(f"{name}-document", "no_type", {"code": row.document}))
                continue
            line, wrong = _line(row, rank + 1, reason.event, kind, on, name)
            lines.append(line)
            problems += wrong
    if lines and not _plain(person.name) and person.party is None:
        problems.append(Problem(f"c{rank}-name", "concerned_needed"))
    if person.type not in CONCERNED_TYPES:
        problems.append(Problem(f"c{rank}-type", "type_needed"))
    if person.number.strip() and not _NUMBER.fullmatch(person.number.strip()):
        problems.append(Problem(f"c{rank}-number", "number"))
    return lines, problems


# --- what an event asks for ------------------------------------------------------------------


def needs(event: str, circumstances: Mapping[str, int], lists: Lists) -> tuple[Expected, ...]:
    """What an event asks for under these circumstances: one entry for each of what is counted."""
    known = lists.events.get(event)
    found: list[Expected] = []
    for each in known.expects if known else ():
        if each.when and not circumstances.get(each.when):
            continue
        found += [each] * (min(circumstances.get(each.per, 0), MOST_COUNTED) if each.per else 1)
    return tuple(found)


def arranged(reason: Reason, lists: Lists, children: tuple[str, ...] = ()) -> Reason:
    """The rows of an event in the order of its list: what was typed stays, what is expected and not there is added.

    `children`: names for the rows that there is one of for each child.
    """
    left, rows, names = list(reason.rows), [], iter(children)
    for need in needs(reason.event, reason.circumstances, lists):
        row = next((each for each in left if each.document in need.any), None)
        if row is not None:
            left.remove(row)
        name = next(names, "") if need.per else ""
        rows.append(row or Row(need.any[0], copies=str(need.copies) if need.copies > 1 else "", about=name))
    kept = [row for row in left if row.there or any((row.issued, row.valid, row.about, row.motive))]
    return replace(reason, rows=tuple(rows + kept)[:MOST_ROWS])


def alternatives(reason: Reason, lists: Lists) -> tuple[tuple[str, ...], ...]:
    """For each row of an arranged list, the documents of which it may be one."""
    asked = [need.any for need in needs(reason.event, reason.circumstances, lists)]
    found = []
    for place, row in enumerate(reason.rows):
        fits = place < len(asked) and row.document in asked[place]
        found.append(asked[place] if fits else (row.document,))
    return tuple(found)


# --- what is still missing -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Has:
    """Copies of a document that were handed in; `fault` says why they do not count (`expired`, `rejected`, …)."""

    type: str
    copies: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """So many documents, one of `any` each, that have still to come, and why: `absent`, `copies`, or a fault."""

    any: tuple[str, ...]
    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what an event asks for is there; optional documents never count."""

    there: int
    wanted: int
    missing: tuple[Missing, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def completeness(wanted: Iterable[Expected], has: Iterable[Has]) -> Completeness:
    """What of a list is there. A line of several copies serves as many of those who are counted."""
    asked, given = [each for each in wanted if not each.optional], list(has)
    good = [each for each in given if not each.fault]
    there = 0
    missing: dict[tuple[tuple[str, ...], str], int] = {}
    for need in asked:
        short = _taken(good, need)
        if not short:
            there += 1
            continue
        fault = next((each.fault for each in given if each.fault and each.type in need.any), "absent")
        why = "copies" if short < need.copies and fault == "absent" else fault
        missing[need.any, why] = missing.get((need.any, why), 0) + short
    found = tuple(Missing(which, number, why) for (which, why), number in missing.items())
    return Completeness(there, len(asked), found)


def _taken(good: list[Has], need: Expected) -> int:
    """Take the copies of a need from what is left; how many are short, and then none is taken."""
    short = need.copies - sum(each.copies for each in good if each.type in need.any)
    if short > 0:
        return short
    wanted = need.copies
    for place, each in enumerate(good):
        if each.type in need.any and wanted:
            taken = min(wanted, each.copies)
            good[place] = replace(each, copies=each.copies - taken)
            wanted -= taken
    return 0
