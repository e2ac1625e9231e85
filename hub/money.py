"""Amounts: whole francs (XAF has no smaller money), from the hand that types them to the paper that says them.

Nothing here, and nothing in the cash service, divides with a comma: an amount is an integer from end to end, and a
share of one is found by division with a remainder (a test reads the sources for it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from hub.errors import Unreadable
from hub.numerals import english, french

#: Narrow no-break space; printers of slips, whose letters lack it, get a plain one from `hardware/`.
GAP = "\u202f"
#: No till holds more, and SQLite's integers hold it a thousand times.
MOST = 999_999_999_999
_GAPS = dict.fromkeys(map(ord, " .\u00a0\u202f\u2009'"))
_DIGITS = len(str(MOST))
Part = TypeVar("Part")


def grouped(francs: int) -> str:
    """`9 879 304`; what is owed to somebody has a true minus before it."""
    text = f"{abs(francs):,}".replace(",", GAP)
    return f"−{text}" if francs < 0 else text


def typed(said: str, field: str = "amount") -> int:
    """`1 446 117`, `1.446.117` or `1446117` as francs. Raises Unreadable for a comma, a sign, letters or nothing."""
    plain = said.strip().translate(_GAPS)
    if not plain.isascii() or not plain.isdigit() or len(plain) > _DIGITS:
        raise Unreadable("an amount is whole francs, such as 1446117", code="amount_wrong", field=field)
    if "." in said and not re.fullmatch(r"\s*\d{1,3}(\.\d{3})+\s*", said):
        raise Unreadable("francs have no decimals", code="amount_wrong", field=field)
    return int(plain)


def in_letters(francs: int, language: str = "fr") -> str:
    """`vingt-quatre mille deux cent quatre-vingts francs CFA`, as receipts say it beside the figures."""
    if language == "en":
        return f"{english(francs)} CFA francs"
    words = french(francs)
    of = "de " if re.search(r"(million|milliard)s?$", words) else ""
    return f"{words} {of}franc{'s' if francs > 1 else ''} CFA"


def of_rate(base: int, per_10000: int) -> int:
    """A rate of a base, in ten-thousandths (24.28 % is 2 428), to the nearest franc; half a franc goes up."""
    return (base * per_10000 + 5_000) // 10_000


def shared(francs: int, weights: Mapping[Part, int]) -> dict[Part, int]:
    """An amount among parts by weight, so that the parts sum to it exactly (largest remainder, requirements B.11).

    Francs that the division leaves over go to the parts with the largest remainders, the first named first. Raises
    ValueError without a weight.
    """
    whole = sum(weights.values())
    if whole <= 0 or min(weights.values()) < 0:
        raise ValueError("weights are not negative, and one is more")
    parts = {part: divmod(francs * weight, whole) for part, weight in weights.items()}
    left = francs - sum(share for share, _ in parts.values())
    luckiest = sorted(parts, key=lambda part: -parts[part][1])[:left]
    return {part: share + (part in luckiest) for part, (share, _) in parts.items()}
