"""The statistics as a workbook, opened again by its parts: sheets, cells and their kinds, what stays in sight."""

from __future__ import annotations

import io
import re
import tracemalloc
from datetime import UTC, datetime
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from hub.say import words
from hub.supervision import sheets
from hub.supervision.workbook import as_xlsx
from tests.hub.supervision import known_day
from tests.hub.supervision.test_pages import DAY, read

WORDS = words("fr", "supervision")
MADE = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
_NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


class Book:
    """What a spreadsheet finds in the file."""

    def __init__(self, content: bytes) -> None:
        self.zip = ZipFile(io.BytesIO(content))
        names = [sheet.get("name") for sheet in self.part("xl/workbook.xml").iter(f"{{{_NS['m']}}}sheet")]
        self.sheets = {name: self.part(f"xl/worksheets/sheet{place}.xml") for place, name in enumerate(names, start=1)}

    def part(self, name: str) -> ET.Element:
        return ET.fromstring(self.zip.read(name))  # noqa: S314 (our own file)

    def cells(self, sheet: str) -> dict[str, str | float]:
        """Address → what is in it: a number, or the letters of a text."""
        found: dict[str, str | float] = {}
        for cell in self.sheets[sheet].iterfind(".//m:c", _NS):
            assert cell.find("m:f", _NS) is None, "a formula"
            text = cell.find("m:is/m:t", _NS)
            value = cell.findtext("m:v", None, _NS)
            if cell.get("t") == "inlineStr":
                found[cell.get("r")] = text.text or ""
            elif value is not None:
                found[cell.get("r")] = float(value)
        return found

    def rows(self, sheet: str) -> list[dict[str, str | float]]:
        """Each line of a table, by the word over the column."""
        by_row: dict[int, dict[str, str | float]] = {}
        for address, value in self.cells(sheet).items():
            column, row = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()
            by_row.setdefault(int(row), {})[column] = value
        head = by_row.pop(1)
        return [{head[column]: value for column, value in row.items()} for row in by_row.values()]


@pytest.fixture
def supervisor(house):
    known_day.play(house)
    return house.client("00411A")


def test_the_workbook_holds_what_the_csv_holds(supervisor):
    answer = supervisor.get(f"/supervision/statistics.xlsx?{DAY}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="statistiques-2026-03-02-2026-03-02.xlsx"'
    book = Book(answer.data)
    head, *lines = read(supervisor.get(f"/supervision/statistics.csv?{DAY}"))
    told = [dict(zip(head, line, strict=True)) for line in lines]
    assert list(book.sheets) == [WORDS["xlsx_cover"], *dict.fromkeys(line["tableau"] for line in told)]
    for name in book.sheets:
        wanted = [{word: text for word, text in line.items() if text} for line in told if line["tableau"] == name]
        found = book.rows(name) if name != WORDS["xlsx_cover"] else []
        for row, line in zip(found, wanted, strict=True):
            texts = {word: row.get(word, "") for word in ("code", "libellé")}
            assert texts == {"code": line.get("code", ""), "libellé": line.get("libellé", WORDS["by_total"])}
            numbers = {word: value for word, value in row.items() if word not in texts}
            assert numbers == {
                word: float(text.replace(",", ".")) for word, text in line.items() if word not in {"tableau", *texts}
            }


def test_the_words_over_the_columns_stay_in_sight(supervisor):
    book = Book(supervisor.get(f"/supervision/statistics.xlsx?{DAY}").data)
    for name in list(book.sheets)[1:]:
        pane = book.sheets[name].find(".//m:pane", _NS)
        assert (pane.get("state"), pane.get("ySplit"), pane.get("topLeftCell")) == ("frozen", "1", "C2"), name
    patterns = {fmt.get("formatCode") for fmt in book.part("xl/styles.xml").iter(f"{{{_NS['m']}}}numFmt")}
    assert patterns == {"#,##0", "#,##0.0", "0.0", "0.00"}


def test_what_looks_like_a_formula_stays_text(house):
    house.open_day()
    house.hub.store.writer.execute("UPDATE agent SET name = '=HYPERLINK(A1)' WHERE code = '00902F'")
    house.press("deposit")
    house.counter("05").open("00902F").serve()
    book = Book(house.client("00411A").get("/supervision/statistics.xlsx").data)
    assert "=HYPERLINK(A1)" in book.cells(WORDS["by_agent"]).values()


def test_a_director_gets_no_agents(supervisor, house):
    assert WORDS["by_agent"] in Book(supervisor.get(f"/supervision/statistics.xlsx?{DAY}").data).sheets
    director = Book(house.client("00101X").get(f"/supervision/statistics.xlsx?{DAY}").data)
    assert WORDS["by_agent"] not in director.sheets
    assert "Établi le" in " ".join(map(str, director.cells(WORDS["xlsx_cover"]).values()))


def test_ten_times_the_lines_take_no_more_memory_than_their_file():
    def most(lines: int) -> tuple[int, int]:
        cells = tuple(sheets.Cell("1,0") for _ in sheets.COLUMNS)
        table = sheets.Table("day", tuple(sheets.Line(str(row), f"jour {row}", cells) for row in range(lines)))
        tracemalloc.start()
        try:
            size = len(as_xlsx([table], ["Agence"], WORDS.__getitem__, MADE))
            return tracemalloc.get_traced_memory()[1], size
        finally:
            tracemalloc.stop()

    small, large = most(20), most(200)
    assert large[0] - small[0] < 2 * (large[1] - small[1]) + 100_000
