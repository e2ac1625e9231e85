"""What a closing adds up, and how it is laid out: every printed total is the sum of what is printed before it.

The fund's own sample prints a total of 9 879 304 under twelve lines that sum to 2 785 898 (requirements D.6). So each
page here begins with what the pages before it came to ("report") and ends with what is carried on ("à reporter"), and
a total that its lines do not justify is refused with the difference.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hub.errors import Refused
from hub.services.cash.model import CashEntry, Office

Row = TypeVar("Row")
#: Kinds whose amounts are operations with the public; the others move money inside the house.
OPERATIONS = ("collection", "disbursement")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of a session, money in less money out, by each way of looking; and the two gross sums."""

    by_tender: Mapping[str, int]
    by_account: Mapping[str, int]
    by_kind: Mapping[str, int]
    by_payer: Mapping[str, int]
    operations: int
    total: int
    cash_in: int
    cash_out: int
    gross_in: int
    gross_out: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of a closing: what is carried to it, its lines, their sum, and what it carries on."""

    report: int
    rows: tuple[Row, ...]
    sum: int
    carried: int


def signed(entry: CashEntry) -> int:
    """What an entry adds to the fund's money."""
    return entry.amount if entry.direction == "in" else -entry.amount


def is_public(entry: CashEntry) -> bool:
    """Whether an entry is an operation with somebody, or takes one back; a transfer taken back has no payer."""
    return entry.kind in OPERATIONS or (entry.kind == "reversal" and entry.payer_kind is not None)


def totals_of(entries: Iterable[CashEntry]) -> Totals:
    """The sums of a session. `total` is that of operations with the public: neither float nor transfers are in it."""
    found = tuple(entries)
    public = [each for each in found if is_public(each)]
    cash = [each for each in found if each.tender == "cash"]
    return Totals(
        by_tender=_by(public, "tender"),
        by_account=_by(public, "account"),
        by_kind=_by(found, "kind"),
        by_payer=_by(public, "payer_kind"),
        operations=len(public),
        total=sum(map(signed, public)),
        cash_in=sum(each.amount for each in cash if each.direction == "in"),
        cash_out=sum(each.amount for each in cash if each.direction == "out"),
        gross_in=sum(each.amount for each in found if each.direction == "in"),
        gross_out=sum(each.amount for each in found if each.direction == "out"),
    )


def _by(entries: Iterable[CashEntry], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in entries:
        key = getattr(each, name) or "other"
        found[key] = found.get(key, 0) + signed(each)
    return dict(sorted(found.items()))


def pages_of(entries: Sequence[CashEntry], office: Office, report: int = 0) -> tuple[Page[CashEntry], ...]:
    """The pages of a closing; one without a line where there was none. `report`: what an earlier sheet came to."""
    return sheets(entries, signed, (office.lines_first, office.lines_other), report)


def sheets(
    lines: Iterable[Row], amount: Callable[[Row], int], holds: tuple[int, int], report: int = 0
) -> tuple[Page[Row], ...]:
    """Lines of any kind on pages; each page is carried on to the next. `holds`: the first page, and each other one."""
    pages: list[Page[Row]] = []
    rest, room = tuple(lines), holds[0]
    while rest or not pages:
        rows, rest = rest[:room], rest[room:]
        added = sum(map(amount, rows))
        pages.append(Page(report, rows, added, report + added))
        report, room = report + added, holds[1]
    return tuple(pages)


def justify(report: int, amounts: Iterable[int], total: int) -> None:
    """Raise Refused where a total is not what was carried to a page and what stands on it."""
    difference = total - report - sum(amounts)
    if difference:
        raise Refused(
            f"the total {total} is not justified by its lines: {difference} is not shown",
            code="total_not_justified", difference=difference,
        )  # fmt: skip


def contiguous(numbers: Sequence[int]) -> bool:
    """Whether each number follows the one before."""
    return all(after == before + 1 for before, after in itertools.pairwise(numbers))


def journal_of(totals: Mapping[str, Mapping[str, int]], office: Office) -> tuple[tuple[str, int, int], ...]:
    """The entry that a closing proposes: (account, debit, credit) of each line, balanced (requirements C.3).

    Money is debited where it now stands, by tender; what it was paid for is credited, by account.
    """
    lines = [(office.accounts[f"tender.{tender}"], amount) for tender, amount in totals["by_tender"].items()]
    lines += [(account, -amount) for account, amount in totals["by_account"].items()]
    return tuple((account, max(amount, 0), max(-amount, 0)) for account, amount in lines if amount)
