"""A table as a file that spreadsheets open in French, in which nothing that somebody typed is a formula.

The one place where the hub writes CSV. A name, a motive or a label may begin as formulas do, and whoever opens the file
would run it: such a cell begins with an apostrophe (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

#: A cell that begins so is a formula to some spreadsheet; those after the ends of lines are their full-width twins.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What a file of the kind is called on its way.
KIND = "text/csv"
_BOM = "\ufeff"  # without it Excel takes UTF-8 for the Windows table of letters


def written(rows: Iterable[Iterable[object]], *, marked: bool = True) -> str:
    """The rows as CSV, `;` between cells and CRLF behind each row; None is an empty cell.

    `marked`: with the mark by which Excel knows UTF-8. A program that reads the file wants none.
    """
    out = io.StringIO()
    out.write(_BOM if marked else "")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([cell(each) for each in row] for row in rows)
    return out.getvalue()


def headed(word: str, text: str) -> str:
    """A file under a row with that word alone."""
    return written([[word]], marked=text.startswith(_BOM)) + text.removeprefix(_BOM)


def cell(value: object) -> str:
    """A value as a cell that no spreadsheet takes for a formula; a number is none, whatever its sign."""
    if isinstance(value, int):
        return str(value)
    said = "" if value is None else str(value)
    return f"'{said}" if said.startswith(FORMULA) else said
