"""The seed's own table and paper (requirements D.3, D.4): rendered, they equal what the fund printed, corrected."""

import csv
import io
import re
import shutil
import subprocess
from html import unescape

import pikepdf
import pytest

from hub.services.deposit import actions, paper
from tests.hub.services.deposits import SYLVIE, Clerk, seed_acknowledgement, seed_table, staffed
from tests.hub.services.house import House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files and processes

HEADINGS = [
    "Date", "Ticket", "Evénement", "Code", "Libellé", "Emission", "Validité", "Nb ex.", "Statut", "Valider",
]  # fmt: skip
AF, IJ = "Allocations familiales", "ATMP - Indemnité journalière"
#: D.3, corrected from OCR; the last event is cut in the source and AF by its code.
V1 = [
    ["05/11/2012", "3", AF, "0104", "Extrait d'acte de naissance de l'assuré", "23/07/1966", "", "1", "Validé", "x"],
    ["05/11/2012", "6", IJ, "0301", "Déclaration d'accident de travail", "13/12/2011", "", "3", "Validé", "x"],
    ["05/11/2012", "6", IJ, "0309", "Certificat de prolongation d'incapacité", "26/03/2012", "", "1", "Validé", "x"],
    ["05/11/2012", "6", IJ, "0310", "Certificat de guérison", "26/03/2012", "", "1", "Validé", "x"],
    ["05/11/2012", "6", IJ, "0314", "Certificat initial", "13/01/2012", "", "1", "Validé", "x"],
    ["05/11/2012", "9", AF, "0228", "Actes de naissance légalisés (enfants)", "", "", "1", "Validé", "x"],
    ["05/11/2012", "9", AF, "0104", "Extrait d'acte de naissance de l'assuré", "25/03/1969", "", "1", "Validé", "x"],
    ["05/11/2012", "9", AF, "0215", "Autorisation de perception (légalisée)", "25/05/2011", "", "1", "Validé", "x"],
    ["05/11/2012", "9", AF, "0228", "Actes de naissance légalisés (enfants)", "", "", "1", "Validé", "x"],
    ["06/11/2012", "2", AF, "0215", "Autorisation de perception (légalisée)", "", "", "1", "Validé", "x"],
]  # fmt: skip
#: D.4, above "ce qui manque": the form's words in their order; first what stands over its table.
R1_HEAD = [
    "Caisse nationale de sécurité sociale", "CNSS Siège", "Accusé de réception de pièces / actes", "Ticket : N° 2",
    "Du : 16/05/2013", "Guichet : 05-Dépôts de pièces", "Catégorie : Simple", "Nom & Prénom demandeur : JEROME",
    "Type pièce d'identité : CARTE NATIONALE D'IDENTITE", "Numéro pièce : 1236548", "Concerné(s)", "N°",
    "Type concerné", "Matricule", "Nom & prénom ou Raison sociale", "Evénement", "Type de pièce / acte", "Emission",
    "Validité",
]  # fmt: skip
R1_LINES = [
    "Livret de travail et d'assurance", "01/05/2010", "Copie acte de naissance", "11/02/2013", "10/05/2013", "périmée",
    "Procès-verbal", "08/03/2013", "Livret de mariage", "08/03/2013", "Livret familial", "08/03/2013",
    "Certificat d'enfance et éducation", "01/05/2013", "Actes de naissance légalisés (enfants)", "08/05/2013",
    "Demande de pension de vieillesse", "Nbre de pièces déposées : 8",
]  # fmt: skip
#: One cell over all lines of the person: where it stands among them is the reader's choice.
R1_PERSON = "1 Assuré 2133415888 BAMOU JEROME Pension de vieillesse normale (âge légal)"
R1_VISAS = [
    "Le service de dépôt", "Nom : BOUITY Nadège", "Date : 16/05/2013", "Visa :", "Le déposant", "Nom : JEROME",
    "Date : 16/05/2013", "Visa :",
]  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory, workshop):
    """The recorded history of D.3, then D.4."""
    found = staffed(House(tmp_path_factory.mktemp("seed"), brazzaville("2012-11-05"), ("deposit",), workshop))
    seed_table(found)
    yield found
    found.close()


def cells(row):
    """The cells of a row with the rows that they span; what stands in small under a value is no part of it."""
    for open_tag, inside in re.findall(r"<td([^>]*)>(.*?)</td>", row, re.DOTALL):
        span = re.search(r'rowspan="(\d+)"', open_tag)
        plain = re.sub(r'<span class="second[^>]*>.*?</span>', "", inside, flags=re.DOTALL)
        ticked = "icon-check" in plain
        words = " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())
        yield int(span[1]) if span else 1, "x" if ticked else words


def table(text):
    """The rendered table with each value on each of the lines that it spans, and how often each is written."""
    body = text[text.index("<tbody>") : text.index("</tbody>")]
    lines, written, above = [], [], [(0, "")] * 3
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL):
        here = list(cells(row))
        written.append(len(here))
        first = [held if held[0] > 0 else here.pop(0) for held in above]
        above = [(left - 1, value) for left, value in first]
        lines.append([value for _, value in first] + [value for _, value in here])
    return lines, written


def test_d3_the_rendered_table_is_the_seeds(house):
    screen = Screen(house, SYLVIE).open("/desk/deposit/validation?show=all&until=2012-11-06")
    head = re.findall(r"<th [^>]*>(.*?)</th>", screen.text[: screen.text.index("</thead>")])
    assert head == HEADINGS
    lines, written = table(screen.text)
    assert lines == V1
    # the day once, the ticket once, the event once
    assert written == [10, 9, 7, 7, 7, 9, 7, 7, 7, 10]


def test_d3_the_export_repeats_every_value_on_every_line(house):
    screen = Screen(house, SYLVIE).open("/desk/deposit/validation.csv?show=all&since=2012-11-05&until=2012-11-06")
    rows = list(csv.reader(io.StringIO(screen.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:9] == HEADINGS[:9]
    assert [row[:9] for row in rows[1:]] == [line[:9] for line in V1]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("until=2012-11-05", 9), ("ticket=6", 4), ("event=IJ", 4), ("service=DEP", 10),
        ("agent=00902F", 10), ("agent=01101G", 0), ("event=AF&ticket=9", 4), ("ticket=77", 0),
    ],
)  # fmt: skip
def test_the_table_is_filtered_by_date_service_ticket_event_and_agent(house, query, count):
    screen = Screen(house, SYLVIE).open(f"/desk/deposit/validation?show=all&since=2012-01-01&{query}")
    assert screen.text.count("<tr data-row") == count
    assert ("Aucune ligne pour ce filtre." in screen.words) is (count == 0)


@pytest.fixture(scope="module")
def printed(house):
    """D.4 as a sheet."""
    house.clock.jump(to=brazzaville("2013-05-16"))
    found = actions.known(house.hub, seed_acknowledgement(house))
    return paper.sheet(house.hub, found, 0), found


def test_d4_the_sheet_says_what_the_fund_printed_in_its_order(printed, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils reads it back")
    (tmp_path / "r1.pdf").write_bytes(printed[0])
    reads = ["pdftotext", "-raw", "r1.pdf", "-"]
    told = subprocess.run(reads, cwd=tmp_path, check=True, capture_output=True, text=True)
    text = " ".join(told.stdout.split())
    above, _, below = text.partition("Ce qui manque")
    assert above.count(R1_PERSON) == 1
    at, above = 0, above.replace(f"{R1_PERSON} ", "")
    for words in (*R1_HEAD, *R1_LINES, *R1_VISAS):
        found = above.find(words, at)
        assert found >= 0, f"{words!r} is not after {above[max(0, at - 60) : at]!r}"
        at = found + len(words)
    assert above[at:].strip() == ""
    assert "Copie d'acte de naissance : périmée, à renouveler" in below
    assert "Certificat de cessation d'activité" in below
    assert "DUPLICATA" not in text


def test_d4_is_for_the_archive_and_for_who_does_not_see_it(printed):
    pdf = pikepdf.open(io.BytesIO(printed[0]))
    described = str(pdf.Root.Metadata.read_bytes(), "utf-8")
    assert "pdfaid" in described
    assert "pdfuaid" in described
    assert str(pdf.docinfo.Title) == f"Accusé de réception de pièces / actes {printed[1].label}"
    assert len(pdf.pages) == 1


def test_a_copy_says_duplicata_and_the_same_copy_is_the_same_bytes(house, printed):
    again = paper.sheet(house.hub, printed[1], 0)
    assert again == printed[0]
    assert paper.sheet(house.hub, printed[1], 1) != printed[0]


def test_the_seeds_acknowledgement_is_shown_at_the_desk(house, printed):
    clerk = Clerk(house).open(f"/desk/deposit/{printed[1].id}")
    assert "2133415888 BAMOU JEROME · Pension de vieillesse normale (âge légal)" in clerk.words
    assert "10/05/2013 périmée" in clerk.words
