"""Amounts: whole francs (XAF has no smaller money), written in thin groups that no line breaks."""

from __future__ import annotations

#: Narrow no-break space; printers of slips, whose letters lack it, get a plain one from `hardware/`.
GAP = "\u202f"


def grouped(francs: int) -> str:
    """`9 879 304`."""
    return f"{francs:,}".replace(",", GAP)
