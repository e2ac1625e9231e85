"""What is owed, how a payment is shared, what it is called and to which account it goes. Tables and whole francs.

Sources: rates and ceilings, requirements C.2 (CLEISS); shares by largest remainder, B.11; labels, D.6; accounts, C.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from hub import money, periods
from hub.errors import Refused, Unreadable
from hub.services.cash.model import Flag, Office, Operation, PaidPeriod, Rates

#: What a line of each operation is called; periods follow where it has some.
_CALLED: dict[Operation, str] = {
    "contribution": "COTIS", "penalty": "MAJ RETARD", "regularisation": "REGUL", "repayment": "REMB PREST",
    "isolated": "PAIEMENT ISOLE",
}  # fmt: skip
LABEL_LENGTH = 80


def rates_at(office: Office, scheme: str, on: date) -> Rates:
    """The rates of a scheme that hold on a day. Raises Refused where none did yet."""
    held = [each for each in office.rates if each.scheme == scheme and each.since <= on.isoformat()]
    if not held:
        raise Refused(f"no rates of {scheme} are known for {on}", code="no_rates")
    return max(held, key=lambda each: each.since)


def due_of(wages: int, rates: Rates) -> int:
    """What is owed for wages that stay below every ceiling: `1 080 000` of an employer gives `262 224`."""
    return money.of_rate(wages, sum(branch.per_10000 for branch in rates.branches))


def due_of_wage(wage: int, rates: Rates, months: int = 1) -> dict[tuple[str, str], int]:
    """What is owed for one person's wage of so many months, by branch and by who bears it, ceilings applied."""
    found = {}
    for branch in rates.branches:
        base = min(wage, branch.ceiling * months)
        found[branch.name, "employer"] = money.of_rate(base, branch.per_10000 - branch.employee)
        if branch.employee:
            found[branch.name, "employee"] = money.of_rate(base, branch.employee)
    return found


def shares(francs: int, rates: Rates) -> dict[str, int]:
    """A payment among the branches, summing to it exactly."""
    return money.shared(francs, {branch.name: branch.per_10000 for branch in rates.branches})


def flag_of(period: str, on: date) -> Flag:
    """`arrears` of an earlier year, `advance` for a period that has not begun, else `current`; seen from a day."""
    if periods.first_day(period) > on:
        return "advance"
    return "arrears" if periods.last_day(period).year < on.year else "current"


def paid_periods(said: Iterable[tuple[str, int]], on: date) -> tuple[PaidPeriod, ...]:
    """What a payment pays, in the order of time, flags found. Raises Unreadable for what makes no sense."""
    found: dict[str, PaidPeriod] = {}
    for period, amount in said:
        if not periods.is_period(period):
            raise Unreadable("a period is a month such as 2013-03 or a quarter such as 2013-T1", code="period_wrong",
                             field="period")  # fmt: skip
        if amount <= 0:
            raise Unreadable("each period is paid with an amount", code="amount_wrong", field="amount")
        if period in found:
            raise Unreadable(f"{periods.said(period)} is there twice", code="period_twice", field="period")
        found[period] = PaidPeriod(period, amount, flag_of(period, on))
    return tuple(sorted(found.values(), key=lambda line: (periods.first_day(line.period), line.period)))


def label(operation: Operation, lines: Iterable[PaidPeriod]) -> str:
    """`COTIS 2T 3T 4T 2012`, `MAJ RETARD 4T 2012`; it never names anybody."""
    listed = periods.listed(line.period for line in lines if line.period)
    return f"{_CALLED[operation]} {listed}".strip()[:LABEL_LENGTH]


def account_of(office: Office, operation: str, payer: str = "", lines: Iterable[PaidPeriod] = ()) -> str:
    """The account of an entry, never typed. Raises Refused where it has none, or its periods have several."""
    found = {
        next((office.accounts[key] for key in _keys(operation, payer, flag) if key in office.accounts), "")
        for flag in {str(line.flag) for line in lines} or {""}
    }
    if "" in found:
        raise Refused(f"no account is configured for {operation} of {payer}", code="no_account", field="operation")
    if len(found) > 1:
        raise Refused("these periods go to different accounts: make a receipt for each", code="two_accounts",
                      field="period")  # fmt: skip
    return found.pop()


def _keys(operation: str, payer: str, flag: str) -> Iterable[str]:
    """From the most to the least that is said."""
    yield f"{operation}.{payer}.{flag}"
    yield f"{operation}.{payer}"
    yield operation
