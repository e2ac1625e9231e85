"""A sheet as it is read: its identity in groups, each tab as a table of cells. Which column shows what is data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.people import wording
from hub.people.model import MASKED, Link, Sheet
from hub.say import say

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: its text (MASKED where hidden); `ref` and `tab` where it leads, `number` when it is one."""

    text: str
    ref: str = ""
    tab: str = ""
    number: bool = False
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A page of one tab. `heads`: the word of each column, and whether it holds numbers."""

    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    page: int
    pages: int
    count: int


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a sheet: its name and how many rows it has; MASKED where the reader may not know."""

    name: str
    count: int | str | None


_WHO = ("number", "roles", "status", "birth_date", "birth_place", "sex", "marital_status", "nationality", "category")
_CONTACT = ("phones", "email", "address", "district", "city")
#: Groups of the identity tab: the word of each and its fields, of a person and of anybody else.
PERSON = (
    ("group_who", (*_WHO, "deceased_on")),
    ("group_contact", _CONTACT),
    ("group_papers", ("father", "mother", "id_type", "id_number")),
)
EMPLOYER = (
    (
        "group_business",
        ("number", "type", "status", "short_name", "legal_form", "trade_register", "tax_number", "activity",
         "opened_on", "closed_on", "manager", "headcount", "periodicity"),
    ),
    ("group_contact", _CONTACT),
)  # fmt: skip
#: Tabs in the order of requirements R-015; those that neither central data nor a service fills for it are left out.
TABS = (
    "employments", "employees", "contributions", "relationships", "cases", "documents", "payments", "letters",
    "accounts",
)  # fmt: skip
#: Tabs that only counter services fill: always there, so that nobody looks for them elsewhere.
OF_SERVICES = ("documents", "letters")


def identity(sheet: Sheet, language: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The groups of the identity tab: word, then each field's word and what is known."""
    groups = PERSON if sheet.fields["type"] == "person" else EMPLOYER
    return tuple(
        (
            say(language, f"people.{group}"),
            tuple(
                (say(language, f"people.field_{name}"), wording.value(language, name, sheet.fields.get(name)))
                for name in names
            ),
        )
        for group, names in groups
    )


def tabs(sheet: Sheet) -> tuple[Tab, ...]:
    """The tabs of this sheet, identity first."""
    there = [name for name in TABS if name in sheet.tabs or name in OF_SERVICES]
    return (Tab("identity", None), *(Tab(name, sheet.totals.get(name)) for name in there))


# --- columns -----------------------------------------------------------------------------------

Show = Callable[[Row, str], Cell]


def _text(name: str) -> Show:
    return lambda row, _: Cell(str(row.get(name) or ""))


def _day(name: str) -> Show:
    return lambda row, _: Cell(wording.day(row.get(name)))


def _francs(name: str) -> Show:
    def show(row: Row, _: str) -> Cell:
        held = row.get(name)
        return Cell(held if held == MASKED else "" if held is None else wording.amount(held), number=True)

    return show


def _coded(name: str, words: str) -> Show:
    return lambda row, language: Cell(wording.word(language, words, row[name]) if row.get(name) else "")


def _yes(name: str) -> Show:
    return lambda row, language: Cell(say(language, "people.yes") if row.get(name) else "")


def _link(row: Row, _: str) -> Cell:
    link: Link = row["link"]
    return Cell(link.name, ref=link.ref)


def _dependants(row: Row, _: str) -> Cell:
    link: Link = row["link"]
    return Cell(
        str(row["dependants"] or ""), ref=link.ref if row["dependants"] else "", tab="relationships", number=True
    )


def _period(row: Row, language: str) -> Cell:
    return Cell(wording.period(language, row["period"]))


def _balance(row: Row, _: str) -> Cell:
    owed = row["due"] - row["paid"]
    return Cell(wording.amount(owed) if owed else "", number=True, bad=owed > 0)


def _penalty(row: Row, _: str) -> Cell:
    return Cell(wording.amount(row["penalty"]) if row["penalty"] else "", number=True, bad=True)


def _kin(row: Row, language: str) -> Cell:
    return Cell(wording.word(language, "link_inverse" if row["inverse"] else "link", row["type"]))


def _account(row: Row, _: str) -> Cell:
    return Cell(wording.rib(row["rib"]) if row.get("rib") else wording.phone(row.get("wallet") or ""))


_EXTENT: tuple[tuple[str, Show], ...] = (("start", _day("start")), ("end", _day("end")))
#: tab → its columns: word, how a row shows it.
COLUMNS: dict[str, tuple[tuple[str, Show], ...]] = {
    "employments": (
        ("employer", _link), *_EXTENT, ("job", _text("job")), ("salary", _francs("salary")),
        ("source", _text("source")), ("confirmed_by", _text("confirmed_by")),
    ),
    "employees": (
        ("employee", _link), *_EXTENT, ("job", _text("job")), ("salary", _francs("salary")),
        ("dependants", _dependants),
    ),
    "contributions": (
        ("period", _period), ("declared_wages", _francs("declared_wages")), ("due", _francs("due")),
        ("paid", _francs("paid")), ("balance", _balance), ("penalty", _penalty),
    ),
    "relationships": (
        ("relative", _link), ("link", _kin), *_EXTENT, ("dependent", _yes("dependent")),
        ("status", _coded("status", "kin")), ("proof", _text("proof")),
    ),
    "cases": (
        ("number", _text("number")), ("event", _text("event")), ("state", _coded("state", "case")),
        ("opened_on", _day("opened_on")), ("closed_on", _day("closed_on")), ("service", _text("service")),
        ("granted", _francs("granted")), ("next_action", _text("next_action")),
    ),
    "payments": (
        ("period", _period), ("benefit", _text("benefit")), ("amount", _francs("amount")),
        ("paid_on", _day("paid_on")), ("state", _coded("state", "payment")), ("mode", _coded("mode", "mode")),
    ),
    "accounts": (
        ("account", _account), ("state", _coded("state", "account")), ("effective", _day("effective")),
    ),
}  # fmt: skip
#: Rows of a tab on one page.
PAGE = 50
_WIDE = frozenset({"source", "confirmed_by", "proof"})


def table(tab: str, rows: list[dict[str, Any]], page: int, language: str, *, narrow: bool = False) -> Table:
    """One page of a tab's rows; columns of which nothing is known are left out. `page` counts from 1; 0: all rows.

    `narrow` leaves out what the synthetic sheet has no room for.
    """
    columns = [each for each in COLUMNS[tab] if not (narrow and each[0] in _WIDE)]
    pages = max(1, -(-len(rows) // PAGE)) if page else 1
    at, size = min(max(1, page), pages), PAGE if page else len(rows)
    shown = rows[(at - 1) * size : at * size]
    cells = [[show(row, language) for _, show in columns] for row in shown]
    used = [place for place in range(len(columns)) if any(row[place].text for row in cells)]
    return Table(
        heads=tuple((say(language, f"people.col_{columns[place][0]}"), cells[0][place].number) for place in used),
        rows=tuple(tuple(row[place] for place in used) for row in cells),
        page=at,
        pages=pages,
        count=len(rows),
    )
