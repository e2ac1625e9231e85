"""The form of a payment, at the till and at the counter where one is prepared: what it shows, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import g

from hub import periods
from hub.agents.forms import the_hub
from hub.ask import Ask
from hub.clock import local
from hub.errors import Unreadable, chosen
from hub.money import typed
from hub.people.actions import find
from hub.services.cash import account
from hub.services.cash import model as m
from hub.services.cash.office import office_of
from hub.services.cash.prepared import Prepared

#: Rows of a payment that a form may hold, and empty ones for periods that the account does not know.
MOST_ROWS, FREE_ROWS = 60, 2
#: What each kind of payer may pay, the usual first.
OPERATIONS: dict[m.PayerKind, tuple[m.Operation, ...]] = {
    "employer": ("contribution", "penalty", "regularisation"),
    "voluntary": ("contribution", "penalty", "regularisation"),
    "insured": ("regularisation", "repayment", "isolated"),
    "other": ("isolated", "regularisation"),
}


def shown(found: account.Account | None, held: Prepared | None = None) -> dict[str, Any]:
    """What the form shows: of somebody's account, of what was `held` ready for them, or of a payer without a file."""
    who = held.who if held else found.payer if found else None
    kind: m.PayerKind = who.kind if who else "employer"
    if held is not None:
        known = tuple(account.Due(line.period, line.amount, 0, 0, line.flag) for line in held.lines)
    else:
        known = found.dues if found and kind in ("employer", "voluntary") else ()
    at = found.data_of if found else None
    return {
        "account": found, "held": held, "who": who, "kind": kind, "rows": [*known, *[None] * FREE_ROWS][:MOST_ROWS],
        "operations": OPERATIONS[kind] if who else m.OPERATIONS, "rates": json.dumps(_rates()),
        "data_of": f"{local(at, the_hub().settings.agency.zone):%d/%m/%Y %H:%M}" if at else "",
        **_as_typed(the_hub().today()),
    }  # fmt: skip


def _as_typed(on: date) -> dict[str, str]:
    """This quarter and this month, as a hand writes them."""
    return {"quarter": periods.said(f"{on.year}-T{(on.month + 2) // 3}"), "month": f"{on:%m/%Y}"}


def _rates() -> dict[str, list[tuple[str, int]]]:
    """Of each scheme the whole rate by the day from which it holds: the page shows what wages owe as they are typed."""
    found: dict[str, list[tuple[str, int]]] = {}
    for rates in sorted(office_of(the_hub().settings).rates, key=lambda each: each.since):
        found.setdefault(rates.scheme, []).append((rates.since, sum(each.per_10000 for each in rates.branches)))
    return found


def stranger(form: Mapping[str, str]) -> m.Payer:
    """A payer whose file is not here: "à rapprocher". Raises Unreadable."""
    kind = chosen(form.get("payer_kind", ""), m.PAYER_KINDS, Unreadable("say who pays", code="payer_kind_needed",
                                                                       field="payer_kind"))  # fmt: skip
    return m.Payer(kind, form.get("payer", ""), form.get("payer_number", ""))


def rows(form: Mapping[str, str], kind: m.PayerKind) -> Iterator[tuple[str, int]]:
    """The rows that were ticked, and those that were filled in; wages stand for what they owe. Raises Unreadable."""
    office, on = office_of(the_hub().settings), the_hub().today()
    for row in range(MOST_ROWS):
        period, amount, wages = (form.get(f"{name}.{row}", "").strip() for name in ("period", "amount", "wages"))
        listed = f"listed.{row}" in form
        if (listed and f"take.{row}" not in form) or not (amount or wages):
            continue
        named = _period(period)
        yield named, typed(amount) if amount else account.amount_owed(office, kind, named, typed(wages, "wages"), on)


def _period(said: str) -> str:
    """A period as people type it: `1T2013`, `1T 2013`, `03/2013`, `2013-03`; what is none goes on as it is."""
    plain = said.upper().replace(" ", "").replace("/", "-")
    if len(plain) == 6 and plain[1] == "T":  # noqa: PLR2004 (1T2013)
        return f"{plain[2:]}-T{plain[0]}"
    month, _, year = plain.partition("-")
    return f"{year}-{month.zfill(2)}" if len(year) == 4 and month.isdecimal() else plain  # noqa: PLR2004 (03/2013)


def file_meant(said: str) -> str | None:
    """The file of a number that names one: nothing more has to be chosen."""
    plain = "".join(said.split()).upper()
    if not any(each.isdigit() for each in plain):
        return None
    hits = [hit for hit in find(the_hub(), Ask(g.actor), said) if hit.number == plain]
    return hits[0].ref if len(hits) == 1 else None
