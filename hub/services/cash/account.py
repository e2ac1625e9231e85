"""The contribution account as a cashier reads it: what is owed by period, less what was paid here since.

Central data say what is due and paid as of a moment; receipts of this agency after that moment are taken off, so that
nobody pays twice because a file comes at night.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub import periods
from hub.ask import Ask
from hub.context import Hub
from hub.people.actions import names_of, read_sheet
from hub.people.model import MASKED, Hit, Sheet
from hub.services.cash import contributions, store
from hub.services.cash.model import Flag, Office, Payer, PayerKind
from hub.visits.actions import purpose_of

#: Why a cashier opens a file when no ticket says so.
MOTIVE = "encaissement"


@dataclass(frozen=True, slots=True)
class Due:
    """One period of an account. `here`: paid at this agency after central data; `left`: what is still owed."""

    period: str
    due: int
    paid: int
    here: int
    flag: Flag

    @property
    def left(self) -> int:
        """What is owed; nothing where more was paid."""
        return max(0, self.due - self.paid - self.here)


@dataclass(frozen=True, slots=True)
class Account:
    """Who pays, as the till knows them, and what they owe; `data_of` is the moment of central data."""

    ref: str
    payer: Payer
    dues: tuple[Due, ...]
    data_of: int | None
    penalty: int = 0

    @property
    def owed(self) -> int:
        """All that is owed for periods that have begun."""
        return sum(due.left for due in self.dues if due.flag != "advance")


def kind_of(fields: Mapping[str, Any]) -> PayerKind:
    """Type concerné, by central data."""
    if fields.get("type") == "employer":
        return "employer"
    return "voluntary" if fields.get("category") in ("voluntary", "self_employed") else "insured"


def examine(hub: Hub, ask: Ask, ref: str) -> Account:
    """Somebody's account; the look is recorded. Raises NotFound."""
    at_hand = purpose_of(hub, ask.actor)
    why: dict[str, Any] = {"ticket": at_hand.ticket.id} if at_hand.ticket else {"motive": MOTIVE}
    sheet = read_sheet(hub, ask, ref=ref, view="cash", **why)
    on = hub.now().iso(hub.settings.agency.zone)[:10]
    hit = names_of(hub, ask, (ref,)).get(ref)
    return Account(ref, payer_of(sheet, hit), tuple(_dues(hub, sheet, date.fromisoformat(on))), sheet.data_of)


def payer_of(sheet: Sheet, hit: Hit | None) -> Payer:
    """Who pays; of a restricted file the number alone."""
    number = str(sheet.fields.get("number") or (hit.number if hit else ""))
    name = sheet.title if sheet.title != MASKED else number
    return Payer(kind_of(sheet.fields), name or number, number if number != MASKED else "", sheet.ref)


def _dues(hub: Hub, sheet: Sheet, on: date) -> Iterable[Due]:
    """Every period of the account that is not settled, oldest first."""
    rows = sheet.tabs.get("contributions", ())
    if rows == MASKED:
        return
    here = store.paid_since(hub.reader, sheet.ref, sheet.data_of or 0)
    known = {row["period"]: row for row in rows}
    for period in sorted({*known, *here}, key=periods.first_day):
        row = known.get(period, {"due": 0, "paid": 0})
        due = Due(period, row["due"], row["paid"], here.get(period, 0), contributions.flag_of(period, on))
        if due.left or due.here:
            yield due


def amount_owed(office: Office, payer: PayerKind, period: str, wages: int, on: date) -> int:
    """What wages of a period owe by the rates that held when it began."""
    scheme = "voluntary" if payer == "voluntary" else "employer"
    day = periods.first_day(period) if periods.is_period(period) else on
    return contributions.due_of(wages, contributions.rates_at(office, scheme, day))
