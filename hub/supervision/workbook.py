"""The tables of a range of days as a workbook (XLSX): a sheet for each, numbers as numbers, words never as formulas.

It holds what the CSV holds, rounded alike, so that page, CSV and workbook cannot differ. Rows leave for a temporary
file as they are written: a workbook of ten years is no more in memory than one of a day.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.supervision.sheets import COLUMNS, Column, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook

#: A name of a sheet has no more letters, and none of these (Excel refuses the file).
_LONGEST_NAME = 31
_NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_WIDTHS = (9, 36)
_NUMBER_WIDTH = 13
#: The colour of a school's sheets: that of its word on screens and papers.
_MARKED = "#b3421f"
#: What looks like a formula, an address or a number stays the text that it is.
_PLAIN = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
Say = Callable[[str], str]


def as_xlsx(tables: Sequence[Table], head: Iterable[str], say: Say, made: datetime, mark: str = "") -> bytes:
    """The workbook's bytes. `head`: the lines of its first sheet; `say` gives the words. Raises OSError.

    `mark`: the word of a hub for training, in the name of each sheet and above it on paper.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 (once in a while: until then nobody needs its memory)

    out = io.BytesIO()
    book = Workbook(out, _PLAIN)
    book.set_properties({"created": made.replace(tzinfo=None)})
    styles = _styles(book)
    cover = _sheet(book, say("xlsx_cover"), mark)
    cover.set_column(0, 0, 100)
    for place, line in enumerate(head):
        cover.write_string(place, 0, line, styles["head" if place == 0 else "text"])
    for table in tables:
        _write(_sheet(book, say(f"by_{table.name}"), mark), table, say, styles)
    book.close()
    return out.getvalue()


def _sheet(book: Workbook, name: str, mark: str) -> Any:
    """A new sheet of that name."""
    sheet = book.add_worksheet(_named(f"{mark} {name}".strip()))
    if mark:
        sheet.set_tab_color(_MARKED)
        sheet.set_header(f'&C&"-,Bold"&14{mark}')
    return sheet


def _named(text: str) -> str:
    return text.translate(_NOT_IN_NAMES)[:_LONGEST_NAME]


def _styles(book: Workbook) -> dict[str, Any]:
    """The words in bold over the columns, and each pattern of numbers, plain and where few people are behind it."""
    found = {
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    for pattern in {column.pattern for column in COLUMNS}:
        found[pattern] = book.add_format({"num_format": pattern})
        found[f"thin {pattern}"] = book.add_format({"num_format": pattern, "italic": True, "font_color": "#5a6473"})
    return found


def _write(sheet: Any, table: Table, say: Say, styles: dict[str, Any]) -> None:
    """One table: its words in a row that stays in sight, then a row for each line."""
    columns = [column for column in COLUMNS if column.stands_in(table.name)]
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.set_column(len(_WIDTHS), len(_WIDTHS) + len(columns) - 1, _NUMBER_WIDTH)
    sheet.freeze_panes(1, len(_WIDTHS))
    sheet.set_landscape()
    sheet.repeat_rows(0)
    for place, word in enumerate(("csv_code", "csv_label", *(f"csv_{column.word}" for column in columns))):
        sheet.write_string(0, place, say(word), styles["head"])
    for row, line in enumerate(table.lines, start=1):
        sheet.write_string(row, 0, line.code)
        sheet.write_string(row, 1, line.label or say("by_total"))
        for place, (column, cell) in enumerate(line.told(columns), start=len(_WIDTHS)):
            if cell.number is not None:
                sheet.write_number(row, place, cell.number, styles[_style(column, thin=cell.thin)])


def _style(column: Column, *, thin: bool) -> str:
    return f"thin {column.pattern}" if thin else column.pattern
