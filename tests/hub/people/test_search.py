"""One box: who is found by what people type."""

import random

import pytest

from hub.bench.people import mistyped
from hub.demo.country import Country
from hub.people import importing, names, replica
from hub.people.importing import indexed
from hub.people.search import search, similar
from tests.hub.people.town import BAMOU, TODAY

pytestmark = pytest.mark.slow  # a country is made first


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """Some thousand persons, and their employers."""
    folder = tmp_path_factory.mktemp("country")
    with replica.writing(folder) as writer:
        made = Country(6_000)
        run = importing.begin(writer, "bundle", made.name, size=0, data_of=1, now_ms=1)
        importing.take_over(writer, run, importing.generated(made.records(), run), TODAY, lambda *_: None)
    with replica.reading(folder) as reader:
        yield reader


@pytest.mark.parametrize(
    "typed",
    [
        "2133415888", "21334", "bamou jerome", "JEROME BAMOU", "Bamou Jérome", "bamu jerome", "bamou jeromme", "BAMOU",
        "bamou je", "mbamou jerome", "abmou jerome", "bamou jerome 1953", "BAMOU, Jérôme", "P0",
    ],
)  # fmt: skip
def test_the_same_man_is_found_whatever_is_typed(country, typed):
    assert "P0" in [hit.ref for hit in search(country, typed)[:5]]


def test_an_exact_number_comes_first(country):
    assert search(country, "2133415888")[0].ref == "P0"


def test_an_employer_is_found_by_number_and_by_words_of_its_name(country):
    number, name = country.execute("SELECT number, name FROM party WHERE ref = 'E7'").fetchone()
    assert search(country, number)[0].ref == "E7"
    words = name.split()
    assert "E7" in [hit.ref for hit in search(country, " ".join(reversed(words)))[:5]]


def test_a_telephone_number_is_found_as_people_write_it(country):
    phone = country.execute("SELECT phones FROM party WHERE ref = 'E7'").fetchone()[0]
    spaced = f"+242 {phone[:2]} {phone[2:5]} {phone[5:]}"
    assert "E7" in [hit.ref for hit in search(country, spaced)]


@pytest.mark.parametrize(
    "typed", ["", " ", "a", "%", '"', "'; DROP TABLE party", "AND", "NEAR(", "é" * 400, "x y z " * 50]
)
def test_nothing_that_is_typed_breaks_the_search(country, typed):
    assert isinstance(search(country, typed), tuple)


def test_of_mistyped_names_the_right_person_is_among_the_first_five(country, note):
    dice = random.Random(20)  # noqa: S311
    people = country.execute(
        "SELECT ref, name || ' ' || first_names AS name, count(*) OVER (PARTITION BY name, first_names) AS bearers"
        " FROM party WHERE type = 'person' ORDER BY id"
    ).fetchall()
    alone = [row for row in people if row["bearers"] <= 5]
    right = 0
    for row in dice.sample(alone, 300):
        right += row["ref"] in [hit.ref for hit in search(country, mistyped(dice, row["name"]), 5)]
    note(f"seed 20: {right} of 300 mistyped names found; {len(people) - len(alone)} persons left out as namesakes")
    assert right >= 294


def test_namesakes_are_told_apart_by_the_year(town):
    town.import_(
        "people", *(BAMOU | {"ref": f"P{n}", "number": None, "birth_date": str(1940 + n)} for n in range(1, 60))
    )
    assert len(town.refs("bamou jerome")) == 20
    assert town.refs("bamou jerome 1975")[0] == "P35"


def test_the_second_file_of_a_person_is_shown_as_similar(town):
    other = BAMOU | {"ref": "P2", "number": "9000000002", "name": "BAMUU", "birth_date": "1953-07-01"}
    son = BAMOU | {"ref": "P3", "number": "9000000003", "birth_date": "1980"}
    town.import_("people", BAMOU | {"birth_date": "1953"}, other, son)
    with replica.reading(town.data) as reader:
        assert [hit.ref for hit in similar(reader, "P1")] == ["P2"]
        assert [hit.ref for hit in similar(reader, "P2")] == ["P1"]


def test_of_the_planted_doubles_nearly_all_are_similar(country, note):
    doubles = country.execute(
        "SELECT one.ref, other.ref AS twin FROM party one JOIN party other ON other.id = one.id - 1"
        " WHERE one.type = 'person' AND one.birth_date = other.birth_date AND one.first_names = other.first_names"
    ).fetchall()
    found = sum(row["twin"] in [hit.ref for hit in similar(country, row["ref"])] for row in doubles)
    note(f"{found} of {len(doubles)} planted doubles shown as similar")
    assert found >= 0.95 * len(doubles) > 50


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [("nganga", "ganga"), ("mboungou", "boungou"), ("loemba", "loembah"), ("philippe", "filip"), ("ouenze", "wenze"),
     ("jerome", "gerome"), ("nkouka", "kouka"), ("tchibinda", "chibinda")],
)  # fmt: skip
def test_what_is_heard_alike_sounds_alike(one, other):
    assert names.sound(one) == names.sound(other)


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [("bamou", "bamu", True), ("bamou", "bammou", True), ("bamou", "bomou", True), ("bamou", "abmou", True),
     ("bamou", "bamou", False), ("bamou", "bimu", False), ("ab", "ba", True), ("bamou", "bamouxx", False)],
)  # fmt: skip
def test_what_one_slip_of_a_finger_is(one, other, slip):
    assert names.one_slip(one, other) is slip
    assert names.one_slip(other, one) is slip
    assert not slip or names.traces(one) & names.traces(other)


def test_a_name_is_folded_without_losing_a_letter():
    assert names.words("NGATSÉ-Obami", "Bénédicte d'Œuf") == ("ngatse", "obami", "benedicte", "doeuf")


def test_the_index_holds_what_the_parties_are_called(country):
    """Counted anew from the parties, the words are those of the index."""
    used = {}
    for row in country.execute("SELECT * FROM party"):
        for word in indexed(row)[0]:
            used[word] = used.get(word, 0) + 1
    assert dict(country.execute("SELECT text, used FROM word WHERE used > 0").fetchall()) == used
