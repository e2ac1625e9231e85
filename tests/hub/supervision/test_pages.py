"""The pages without a browser: who may see them, what the tables hold, and the CSV that says the same."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import pytest

from hub.say import words
from hub.supervision import sheets
from hub.supervision.statistics import figures
from tests.hub.supervision import known_day

pytestmark = pytest.mark.slow  # real files, sockets or processes

DAY = "from=2026-03-02&to=2026-03-02"


class Tables(HTMLParser):
    """Every table of a page, by its name: rows of the text of their cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._name, self._cell = "", None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if tag == "table":
            self._name = facts.get("data-table", "")
            self.found[self._name] = []
        elif tag == "tr":
            self.found[self._name].append([])
        elif tag in ("td", "th"):
            self.found[self._name][-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data):
        if self._cell:
            self.found[self._name][-1][-1] += data


@pytest.fixture
def supervisor(house):
    known_day.play(house)
    return house.client("00411A")


@pytest.mark.parametrize("path", ["", "/open", "/statistics", "/statistics.csv"])
@pytest.mark.parametrize(("code", "status"), [("00411A", 200), ("00101X", 200), ("00902F", 403)])
def test_who_may_look(house, path, code, status):
    assert house.client(code).get(f"/supervision{path}", headers={"Accept": "*/*"}).status_code == status


def test_only_a_supervisor_has_the_buttons(house):
    assert 'id="close-button"' in house.client("00411A").get("/supervision").text
    director = house.client("00101X").get("/supervision").text
    assert 'id="close-button"' not in director
    assert "Lecture seule" in director


def test_the_api_answers_and_refuses_by_field(house, supervisor):
    answer = supervisor.get(f"/api/v1/statistics?{DAY}&by=service")
    assert answer.json["total"]["issued"] == 40
    assert answer.json == figures(house.hub, house.hub.reader, {"from": "2026-03-02", "to": "2026-03-02"})
    refused = supervisor.get("/api/v1/statistics?by=weather")
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "by")


def test_the_page_shows_the_day(supervisor):
    page = supervisor.get(f"/supervision/statistics?{DAY}").text
    assert "lundi 2 mars 2026" in page
    found = Tables(page).found
    assert set(found) >= {"total", "service", "hour", "counter", "agent", "priority", "channel"}
    deposits = next(row for row in found["service"] if "DEP" in row[0])
    assert deposits[1:4] == ["13", "12", "1"]
    assert "33,0" in deposits, "the greatest wait, 1980 s"
    assert "La journée" not in found["total"][0]


def test_a_range_shows_its_days(house):
    known_day.play(house)
    house.later(hours=17).open_day()
    page = house.client("00411A").get("/supervision/statistics?from=2026-03-02&to=2026-03-03").text
    days = Tables(page).found["day"]
    assert len(days) == 3, "two rows of heads, and one day with visits"
    assert "Journée en cours" in page


def test_the_day_report_names_who_was_not_served(house):
    house.open_day()
    house.kiosk.press("deposit", answer_lost=True)
    house.kiosk.report()
    house.press("pension")
    house.close_day()
    page = " ".join(house.client("00411A").get(f"/supervision/statistics?{DAY}").text.split())
    assert "<dt>Non servis</dt><dd>K1-001 · V001</dd>" in page
    assert "<dt>Numéros annulés</dt><dd>D001</dd>" in page


def test_dates_that_make_no_sense_are_said_where_they_were_typed(supervisor):
    answer = supervisor.get("/supervision/statistics?from=2026-03-05&to=2026-03-02")
    assert answer.status_code == 422
    assert 'value="2026-03-05"' in answer.text
    assert "Ces dates ne conviennent pas" in answer.text


def test_emptied_date_fields_are_today(supervisor):
    assert supervisor.get("/supervision/statistics?from=&to=").status_code == 200


def read(answer):
    text = answer.data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_the_csv_opens_in_excel_in_french(supervisor):
    answer = supervisor.get(f"/supervision/statistics.csv?{DAY}")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="statistiques-2026-03-02-2026-03-02.csv"'
    head, *rows = read(answer)
    assert head[:6] == ["tableau", "code", "libellé", "tickets", "servis", "absents"]
    assert len({len(row) for row in [head, *rows]}) == 1
    assert sum(row[0] == "tableau" for row in rows) == 0, "one header row"
    whole = dict(zip(head, rows[0], strict=True))
    assert (whole["tableau"], whole["tickets"], whole["abandon %"]) == ("Ensemble", "40", "12,5")


def test_the_csv_says_what_the_page_says(supervisor):
    page = Tables(supervisor.get(f"/supervision/statistics?{DAY}").text).found
    head, *rows = read(supervisor.get(f"/supervision/statistics.csv?{DAY}"))
    tables = [name for name in page if name in sheets.TABLES]
    assert len(tables) == 7
    for name, shown in ((name, page[name]) for name in tables):
        columns = [f"csv_{column.word}" for column in sheets.on_page(name, moving=False)]
        places = [head.index(words("fr", "supervision")[column]) for column in columns]
        title = words("fr", "supervision")[f"by_{name}"]
        written = [[row[place] for place in places] for row in rows if row[0] == title]
        assert [row[1:] for row in shown[2:]] == written, name


def test_what_looks_like_a_formula_is_text(house):
    house.open_day()
    name = "=HYPERLINK(A1)"
    house.hub.store.writer.execute("UPDATE agent SET name = ? WHERE code = '00902F'", (name,))
    house.press("deposit")
    house.counter("05").open("00902F").serve()
    rows = read(house.client("00411A").get("/supervision/statistics.csv"))
    labels = {row[2] for row in rows}
    assert f"'{name}" in labels
    assert name not in labels


def test_agents_are_shown_to_their_supervisor_alone(house, supervisor):
    director = house.client("00101X")
    assert 'data-table="agent"' in supervisor.get(f"/supervision/statistics?{DAY}").text
    assert 'data-table="agent"' not in director.get(f"/supervision/statistics?{DAY}").text
    assert "00902F" not in director.get(f"/supervision/statistics.csv?{DAY}").text
    assert director.get("/supervision/statistics?from=2026-03-01&to=2026-03-03&view=agent").status_code == 422
    assert director.get(f"/api/v1/statistics?{DAY}&by=hour,agent").status_code == 403
    assert director.get(f"/api/v1/statistics?{DAY}&by=counter").status_code == 200


def test_of_few_visits_of_an_agent_no_duration_is_told(supervisor):
    agents = Tables(supervisor.get(f"/supervision/statistics?{DAY}").text).found["agent"]
    head = [cell.strip() for cell in agents[1]]
    nadege = next(row for row in agents if "BOUITY" in row[0])
    told = dict(zip(head, nadege[1:], strict=True))
    assert (told["Tickets"], told["P50"], told["attendu"]) == ("13", "", "")
    assert told["Occup. %"], "that counters were used is nobody's speed"
    deposits = supervisor.get(f"/supervision/statistics?{DAY}").text
    assert 'class="number thin"' in deposits, "twelve deposits are few"


def test_a_longer_range_has_its_time_and_one_table(house):
    known_day.play(house)
    page = house.client("00411A").get("/supervision/statistics?from=2026-01-01&to=2026-03-31&view=channel").text
    assert [name for name in Tables(page).found if name in sheets.TABLES] == ["total", "week", "channel"]
    assert "Semaine du 2 mars 2026" in page
    assert "from=2025-10-01&amp;to=2025-12-31" in page, "three whole months before"


def test_a_forgotten_key_is_corrected_on_the_page(house, supervisor):
    path = f"/supervision/statistics?{DAY}"
    page = supervisor.get(path).text
    assert "Terminer" in page
    row = next(row for row in page.split("<tr>") if "coupé par la fermeture" in row)
    filled = dict(re.findall(r'name="(csrf|key|ticket|day)" value="(.+?)"', row))
    late = supervisor.post("/supervision/statistics/corrections", data=filled | {"ended": "15:30", "reason": "oubli"})
    assert late.status_code == 422
    assert "Donnez une heure entre le début du service et la touche." in late.text
    assert 'value="15:30"' in late.text, "what was typed is still there"
    answer = supervisor.post("/supervision/statistics/corrections", data=filled | {"ended": "14:55", "reason": "oubli"})
    assert answer.status_code == 303
    page = " ".join(supervisor.get(path).text.split())
    assert "<td>15:00:00</td><td><b>14:55:00</b></td><td>oubli</td><td>NGOMA Clarisse</td>" in page
    assert "Inachevés</dt>" in page, "the queue's own list stays"
    director = house.client("00101X")
    assert "14:55:00" in director.get(path).text
    assert director.post("/supervision/statistics/corrections", data=filled).status_code == 403


def test_nothing_runs_inline(supervisor):
    for path in ("/supervision", f"/supervision/statistics?{DAY}"):
        page = supervisor.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def test_every_word_exists_in_both_languages():
    french, english = words("fr", "supervision"), words("en", "supervision")
    assert set(french) == set(english)
    for name, text in french.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", english[name])), name


def test_services_of_one_group_are_counted_together(house, supervisor):
    named = {"DEP": "Prestations", "PEN": "Prestations", "RAS": "Accueil"}
    services = [s.model_copy(update={"group": named.get(s.code, "")}) for s in house.hub.settings.services]
    assert "group" not in Tables(supervisor.get(f"/supervision/statistics?{DAY}").text).found
    house.hub.standing.take(house.hub.settings.model_copy(update={"services": tuple(services)}), 0)
    found = Tables(supervisor.get(f"/supervision/statistics?{DAY}").text).found
    by_code = {row[0].strip(): row for row in found["service"][2:]}
    together = next(row for row in found["group"] if "Prestations" in row[0])
    parts = [row for name, row in by_code.items() if "DEP" in name or "PEN" in name or name == "Pensions"]
    assert len(parts) == 2, by_code.keys()
    assert int(together[1]) == sum(int(row[1]) for row in parts)
    assert len(found["group"]) == 2 + 2, "two rows of heads; of services in no group nothing is told"
