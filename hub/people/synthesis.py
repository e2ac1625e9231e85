"""The synthetic sheet: a whole file on one page, as a value that a page, a paper or a test reads alike.

It is made of a sheet as its reader sees it, so what was masked there is masked here.
"""

from __future__ import annotations

from typing import Any

from hub.people.model import MASKED, Link, Sheet

#: A word of hub/words/…/people.toml and what stands beside it.
Said = tuple[str, Any]
_OPEN = ("opened", "incomplete", "examined")


def synthesis(sheet: Sheet) -> tuple[Said, ...]:
    """The lines of the page, in their order; those about which nothing is known are left out."""
    lines = [
        ("people.sum_name", sheet.title),
        *((f"people.sum_{name}", sheet.fields.get(name)) for name in ("number", "status", "birth_date", "city")),
        ("people.sum_employer", _of_first(sheet, "employments", _employer)),
        ("people.sum_employees", sheet.totals.get("employees")),
        ("people.sum_family", sheet.totals.get("relationships")),
        ("people.sum_open_cases", _seen(sheet, "cases", _open_cases)),
        ("people.sum_last_payment", _of_first(sheet, "payments", _payment)),
        ("people.sum_owed", sheet.totals.get("owed")),
        ("people.sum_unpaid", sheet.totals.get("unpaid")),
    ]
    return tuple((word, value) for word, value in lines if value not in (None, "", 0, [], ()))


def _seen(sheet: Sheet, tab: str, told: Any) -> Any:
    """What is told of a tab's rows; MASKED where the reader may not see them."""
    rows = sheet.tabs.get(tab, [])
    return rows if rows == MASKED else told(rows)


def _of_first(sheet: Sheet, tab: str, told: Any) -> Any:
    return _seen(sheet, tab, lambda rows: told(rows[0]) if rows else None)


def _employer(row: dict[str, Any]) -> Link | None:
    """Where somebody works; nothing once they have left."""
    return None if row["end"] else row["link"]


def _payment(row: dict[str, Any]) -> tuple[str, int, str]:
    return row["paid_on"], row["amount"], row["state"]


def _open_cases(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(row["number"] for row in rows if row["state"] in _OPEN)
