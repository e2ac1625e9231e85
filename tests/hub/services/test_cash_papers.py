"""Closings on paper, read back page by page: each says who paid, and no page shows a sum that it does not justify."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from hub.money import grouped
from hub.services.cash import closings, paper, store
from hub.services.cash.model import Payer
from hub.services.cash.office import office_of, papers
from hub.workshop.qr import qr_picture
from tests.hub.services.house import House
from tests.hub.services.tills import DAY, STRANGER, close_till, open_till, pay, pieces_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext on this machine"),
]
LONG = Payer("voluntary", "NGAKOSSO-MALONGA Jean-Baptiste Émery Théophile de la Providence", "2133415888", None)
MONTHS = tuple(f"2012-{month:02d}" for month in range(1, 8))


@pytest.fixture(scope="module")
def house(tmp_path_factory, workshop):
    """A day of three payments, closed."""
    found = House(tmp_path_factory.mktemp("papers"), DAY, ("cash",), workshop)
    found.central_data()
    open_till(found)
    pay(found)
    pay(found, 7_000, [(month, 1_000) for month in MONTHS], who=LONG)
    pay(found, 5_000, who=STRANGER)
    close_till(found, pieces_for(found, 50_000 + 134_848 + 7_000 + 5_000))
    yield found
    found.close()


def closed(house):
    return store.closing(house.hub.reader, 1)


def read(tmp_path, content):
    """The text of each page, its spaces as one."""
    (tmp_path / "paper.pdf").write_bytes(content)
    told = subprocess.run(
        ["pdftotext", "-raw", "paper.pdf", "-"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    return [" ".join(page.split()).replace("\u202f", " ") for page in told.split("\f") if page.strip()]


def drawn(house, tmp_path, layout, data):
    sources = papers(house.hub.settings.folder)
    found = {**sources, "main": sources[layout], "qr.svg": qr_picture("Z1")}
    return read(tmp_path, house.hub.workshop.drawn(found, data, 1_364_515_200))


def test_each_line_says_of_what_kind_who_paid_is_their_number_and_their_name(house, tmp_path):
    """R-069; once the rest is no longer kept, the kind alone."""
    (page, *_) = read(tmp_path, paper.closing_pdf(house.hub, closed(house), 0))
    assert "Employeur 9000001 Boulangerie Ngoma" in page
    assert "Assuré volontaire 2133415888 NGAKOSSO-MALONGA Jean" in page
    assert "Providence" not in page, "what is too long is cut, and says so"
    rows = [row for each in paper.closing_data(house.hub, closed(house), 0)["pages"] for row in each["rows"]]
    assert [row[1] for row in rows] == [
        "Employeur 9000001 · Boulangerie Ngoma",
        f"Assuré volontaire 2133415888 · {LONG.name}",
        "Employeur · MAKOSSO & Fils",
    ]
    kept = store.entries_of(house.hub.reader, closed(house).session)
    emptied = [replace(each, payer=None, payer_number=None) for each in kept]
    assert [paper._payer(each, "fr") for each in emptied] == ["Employeur", "Assuré volontaire", "Employeur"]


def pages_of(many, holds, row):
    """So many lines of 1 000 francs and more, on pages."""
    amounts = [1_000 + n for n in range(many)]
    return closings.sheets(amounts, lambda amount: amount, holds), [
        {"report": grouped(page.report), "sum": grouped(page.sum), "carried": grouped(page.carried),
         "rows": [row(amount) for amount in page.rows]} for page in closings.sheets(amounts, int, holds)
    ]  # fmt: skip


#: As wide as a line can be: two rows of who paid, and of what for.
WIDE = ("1999", f"Assuré volontaire 2133415888 · {LONG.name}", "29/03/2013 08:12",
        "COTIS JANV FEV MARS AVR MAI JUIN JUIL 2012 (arriéré, avance)", "415120", "Mobile money")  # fmt: skip
#: The same of a month's or a year's closing.
MONTH = (
    "Z1999",
    "29/03/2013",
    "NGAKOSSO-MALONGA Jean-Baptiste Émery Théophile de la Providence",
    "1901–1999",
    "99",
    "-5",
)


@pytest.mark.parametrize(
    ("layout", "many", "holds"),
    [
        ("closing.typ", 22 + 28, None),  # the last page is full, and its total stands on it
        ("closing.typ", 22 + 28 + 1, None),
        ("closing.typ", 46 + 46, (46, 46)),  # the most that an agency may ask for
        ("period.typ", 30 + 40, paper.PERIOD_HOLDS),
    ],
)
def test_a_page_of_ours_is_a_page_of_paper_and_its_sums_stand_on_it(house, tmp_path, layout, many, holds):
    office = office_of(house.hub.settings)
    whole, pages = pages_of(
        many,
        holds or (office.lines_first, office.lines_other),
        lambda amount: [*(WIDE if layout == "closing.typ" else MONTH), grouped(amount)],
    )
    total = grouped(whole[-1].carried).replace("\u202f", " ")
    more = {"pages": pages, "total": grouped(whole[-1].carried), "count": many}
    if layout == "period.typ":
        more |= {
            "period": "2013", "by": "X", "first": 1, "last": many, "closings": many, "gap": "0", "differs": False,
            "columns": ["Arrêté", "Journée", "Caissier", "N°", "Opérations", "Écart", "Total"],
        }  # fmt: skip
    data = paper.closing_data(house.hub, closed(house), 0) | more
    told = drawn(house, tmp_path, layout, data)
    for n, page in enumerate(whole):
        text, last = told[n], n + 1 == len(whole)
        assert len(re.findall(r"29/03/2013", text)) - ("Journée du" in text) == len(page.rows)
        said = {name: grouped(amount).replace("\u202f", " ") for name, amount in (
            ("Report", page.report), ("Total de la page", page.sum), ("À reporter", page.carried))}  # fmt: skip
        assert (f"Report {said['Report']}" in text) is (n > 0)
        assert (f"Total de la page {said['Total de la page']}" in text) is (len(whole) > 1)
        assert (f"À reporter {said['À reporter']}" in text) is not last
        assert (f"{total} FCFA" in text) is last, "the total stands under lines that give it"
