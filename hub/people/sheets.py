"""A whole file as it is read: identity, career, contributions, family, cases, payments, bank accounts.

Only `actions.py` calls this, which writes down each look first (a test holds it to that).
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from hub.errors import NotFound
from hub.people import replica
from hub.people.model import Link, Sheet, Version
from hub.people.rules import FIELD_RIGHTS, hired_as_a_child, state_on

Reader = sqlite3.Connection
#: Rows of one tab that are read; a page asks for the rest.
MOST = 1_000
#: tab → its rows of one party, newest first.
_TABS = {
    "employments": "SELECT t.*, p.ref AS link_ref, p.name AS link_name, p.first_names AS link_first,"
    " p.restricted AS link_restricted"
    " FROM employment t JOIN party p ON p.id = t.employer WHERE t.party = :party ORDER BY t.start DESC LIMIT :most",
    "employees": "SELECT t.*, p.ref AS link_ref, p.name AS link_name, p.first_names AS link_first,"
    " p.restricted AS link_restricted,"
    " (SELECT count(*) FROM relationship r WHERE r.party = t.party AND r.dependent) AS dependants"
    " FROM employment t JOIN party p ON p.id = t.party WHERE t.employer = :party"
    " ORDER BY p.name, p.first_names LIMIT :most",
    "relationships": "SELECT t.*, 0 AS inverse, p.ref AS link_ref, p.name AS link_name, p.first_names AS link_first,"
    " p.restricted AS link_restricted"
    " FROM relationship t JOIN party p ON p.id = t.other WHERE t.party = :party UNION ALL"
    " SELECT t.*, 1, p.ref, p.name, p.first_names, p.restricted FROM relationship t JOIN party p ON p.id = t.party"
    " WHERE t.other = :party LIMIT :most",
    "contributions": "SELECT t.* FROM contribution t WHERE t.party = :party ORDER BY t.period DESC LIMIT :most",
    "cases": "SELECT t.* FROM case_file t WHERE t.party = :party ORDER BY t.opened_on DESC LIMIT :most",
    "payments": "SELECT t.* FROM payment t WHERE t.party = :party ORDER BY t.paid_on DESC LIMIT :most",
    "accounts": "SELECT t.* FROM account t WHERE t.party = :party ORDER BY t.effective DESC LIMIT :most",
}
_OF_PERSON = ("employments", "contributions", "relationships", "cases", "payments", "accounts")
_OF_EMPLOYER = ("employees", "contributions", "accounts")
_INSIDE = frozenset(
    {"id", "party", "other", "employer", "link_ref", "link_name", "link_first", "link_restricted", "recorded"}
)


def sheet(reader: Reader, ref: str, on: str | None = None, known_ms: int | None = None) -> Sheet:
    """The file of a party, today or as it was on a day as far as known at a moment. Raises NotFound."""
    row = reader.execute("SELECT * FROM party WHERE ref = ?", (ref,)).fetchone()
    held = row and state_on(versions(reader, row), on or "9999", known_ms)
    if row is None or not held:
        if row is not None:
            raise NotFound("nothing is known of this reference then", code="not_known_then", field="on")
        raise NotFound("no such person or employer", field="ref")
    values = held.values
    tabs = {tab: _rows(reader, tab, row["id"], on) for tab in (_OF_PERSON if _person(row) else _OF_EMPLOYER)}
    fields = {name: values.get(name) for name in row.keys() if name in FIELD_RIGHTS}  # noqa: SIM118 (a Row's keys)
    return Sheet(
        ref=ref,
        title=" ".join(filter(None, (values["name"], values.get("first_names")))),
        fields=fields,
        tabs=tabs,
        data_of=replica.data_of(reader),
        restricted=bool(values.get("restricted")),
        remarks=remarks(fields, tabs),
        totals=totals(tabs),
    )


def _person(row: sqlite3.Row) -> bool:
    return bool(row["type"] == "person")


def versions(reader: Reader, row: sqlite3.Row) -> list[Version]:
    """All that a party's record ever said, the present version among them."""
    present = {name: row[name] for name in row.keys() if row[name] is not None}  # noqa: SIM118 (a Row's keys)
    older = reader.execute("SELECT * FROM history WHERE tab = 'party' AND ref = ?", (row["ref"],))
    return [
        Version(row["effective"], row["recorded"], present),
        *(Version(each["effective"], each["recorded"], json.loads(each["body"])) for each in older),
    ]


def _rows(reader: Reader, tab: str, party: int, on: str | None) -> list[dict[str, Any]]:
    found = []
    for row in reader.execute(_TABS[tab], {"party": party, "most": MOST}):
        values = {name: row[name] for name in row.keys() if name not in _INSIDE}  # noqa: SIM118 (a Row's keys)
        if on and not _lasted(values, on):
            continue
        if "link_ref" in row.keys():  # noqa: SIM118 (the same)
            name = " ".join(filter(None, (row["link_name"], row["link_first"])))
            values["link"] = Link(row["link_ref"], name, bool(row["link_restricted"]))
        found.append(values)
    return found


def _lasted(values: dict[str, Any], on: str) -> bool:
    """Whether something had begun and not ended on a day; what has no extent had begun by its own date."""
    begun = values.get("start") or values.get("opened_on") or values.get("paid_on") or values["effective"]
    end = values.get("end")
    return str(begun) <= on and (not end or str(end) >= on[: len(str(end))])


def totals(tabs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What the synthetic sheet says of the tabs: how many, and what is still owed."""
    counted: dict[str, Any] = {tab: len(rows) for tab, rows in tabs.items()}
    owed = [row for row in tabs.get("contributions", ()) if row["paid"] < row["due"]]
    return counted | {"owed": sum(row["due"] - row["paid"] for row in owed), "unpaid": [row["period"] for row in owed]}


def remarks(fields: dict[str, Any], tabs: dict[str, list[dict[str, Any]]]) -> tuple[str, ...]:
    """Words of what cannot be right in a file, for an agent to put in order."""
    birth = fields.get("birth_date")
    too_young = any(hired_as_a_child(birth, row["start"]) for row in tabs.get("employments", ()))
    return ("people.remark_hired_as_a_child",) if too_young else ()
