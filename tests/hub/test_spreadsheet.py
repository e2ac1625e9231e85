"""What a spreadsheet opens: nothing that somebody typed is a formula there, and one leaf alone writes such files."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from hub import spreadsheet
from hub.services.cash import lots

ROOT = Path(__file__).parents[2]
#: Who answers with such a file, or lays one beside a message → what makes its text. Whoever is new is named here.
SHEETS = {
    "hub/supervision/pages.py": "sheets.as_csv(",
    "hub/services/deposit/validating.py": "spreadsheet.written(",
    "hub/services/cash/treasury_pages.py": "lots.csv_of(",
    "hub/services/cash/lots.py": "spreadsheet.written(",
    "hub/supervision/sheets.py": "spreadsheet.written(",
    "hub/consolidation.py": "spreadsheet.written(",
}
#: What tells such a file: its kind, or that somebody writes one.
_TOLD = re.compile(
    r'text/csv|spreadsheet\.written|csv\.(?:writer|DictWriter)|import (?:writer|DictWriter)|def \w*csv\w*\(|"csv":'
)


def read(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


@pytest.mark.parametrize("said", ["=1+1", "+33", "-2", "@cmd", "\tx", "\rx", "\nx", "＝1+1", "＠x"])
def test_every_beginning_of_a_formula_is_guarded(said):
    assert read(spreadsheet.written([["x", said]])) == [["x", f"'{said}"]]


def test_plain_cells_stay_as_they_are():
    plain = ["", "12,5", "N'GOMA", "a=b", 'dit "bonjour"', "un; deux", "ligne\nligne"]
    assert read(spreadsheet.written([plain, [None, 7, -7]])) == [plain, ["", "7", "-7"]]


def test_excel_knows_its_letters_and_a_program_is_told_none():
    assert spreadsheet.written([["é"]]) == "\ufeffé\r\n"
    assert spreadsheet.written([["é"]], marked=False) == "é\r\n"


def test_nobody_else_writes_such_a_file():
    """A cell that is written past this leaf is a formula: whoever adds a file of the kind is named above."""
    sources = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in ROOT.glob("hub/**/*.py")}
    found = {name for name, text in sources.items() if _TOLD.search(text)} - {"hub/spreadsheet.py"}
    assert found == SHEETS.keys()
    assert {name for name, by in SHEETS.items() if by not in sources[name]} == set()


def test_the_entry_of_a_lot_holds_no_formula():
    lot = lots.Lot("=1+1", "C01", 1, "2026-03-02", "V0", (), "h")
    head, row = read(lots.csv_of(lot, [("@SUM(A1)", 5, 0)]))
    assert head == list(lots.CSV_HEAD)
    assert row == ["'=1+1", "2026-03-02", "'@SUM(A1)", "5", "0", "XAF", "ARRETE C01 2026-03-02"]
