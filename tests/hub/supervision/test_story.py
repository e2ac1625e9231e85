"""The story of a day: one page of PDF/A, and a signed line that says what the statistics say."""

from __future__ import annotations

import io
import json
from datetime import datetime

import pikepdf
import pytest

from hub import chain, envelope, seal
from hub.consolidation import DOMAIN, FORMAT, gathered
from hub.errors import Refused
from hub.store import SIGNING_KEY
from hub.supervision import daybook, diary, looking, story
from hub.supervision.statistics import figures
from tests.hub.supervision import known_day
from tests.hub.supervision.house import House

pytestmark = pytest.mark.slow  # real files, sockets or processes

DAY = "2026-03-02"


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """The known day, closed and its head signed, and the next one open with a few people; nothing here changes it."""
    house = House(tmp_path_factory.mktemp("known") / "data").people()
    known_day.play(house)
    house.hub.store.sign_head("day_closed")
    house.clock.jump(to=datetime.fromisoformat("2026-03-03T07:30").replace(tzinfo=house.hub.settings.agency.zone))
    house.open_day()
    house.trouble("printer", "paper_out")
    house.trouble("printer", "ok")
    house.help()
    house.press("deposit")
    yield house
    house.hub.workshop.close()
    house.close()


@pytest.fixture(scope="module")
def supervisor(known):
    return known.client("00411A")


def told(house, first: str = DAY, last: str = DAY) -> dict:
    zone = house.hub.settings.agency.zone
    with house.hub.snapshot() as reader:
        days = story.store.days(reader, first, last, zone)
        return story._Story(house.hub, reader, days).told(first, last)


def test_a_day_is_one_page_of_pdf_a(supervisor):
    answer = supervisor.get(f"/supervision/story.pdf?from={DAY}&to={DAY}")
    assert answer.mimetype == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.data)) as paper:
        assert len(paper.pages) == 1
        assert "pdfaid" in paper.Root.Metadata.read_bytes().decode()
        assert str(paper.Root.Lang) == "fr"


def test_the_page_says_what_the_statistics_say(known):
    page = told(known)
    with known.hub.snapshot() as reader:
        total = figures(known.hub, reader, {"from": DAY, "to": DAY})["total"]
    head = {word: value for value, word in page["head"]}
    assert head["tickets"] == str(total["issued"]) == "40"
    assert head["min d'attente P80"] == f"{total['wait']['p80_s'] / 60:.1f}".replace(".", ",")
    assert sum(one["issued"] for one in page["chart"]) == 40
    deposits = next(row for row in page["services"] if row[0] == "Dépôt de pièces")
    assert (deposits[1], deposits[-1]) == ("13", True), "thirteen are few"


def test_the_longest_wait_says_who_when_and_why(known):
    """By hand: the longest is the seventh deposit, 08:20:00 to 08:52:30, behind those of 07:59:59, 08:00 and 08:10."""
    sentence = told(known)["longest"]
    assert sentence.startswith("32 min jusqu'à l'appel : D007, Dépôt de pièces, de 08:20 à 08:52.")
    assert sentence.endswith("Personnes devant : 3 ; guichets ouverts en moyenne pour cette file : 1,0.")


def test_a_wait_without_a_counter_says_so(house):
    house.at("07:30:00").open_day()
    house.press("deposit")
    house.later(minutes=12)
    house.counter("05").open("00902F").next()
    with house.hub.snapshot() as reader:
        days = story.store.days(reader, DAY, DAY, house.hub.settings.agency.zone)
        sentence = story._Story(house.hub, reader, days)._longest()
    assert "Pendant 12 min, aucun guichet n'était ouvert pour elle." in sentence


def test_what_went_wrong_and_what_was_done_is_counted(known):
    page = told(known, "2026-03-03", "2026-03-03")
    assert page["incidents"] == ["1 demande d'aide à une borne", "K1 : plus de papier, 1 fois"]
    with known.hub.snapshot() as reader:
        assert daybook.of_days(reader, ["2026-03-03"]).incidents["devices"] == 1, "what is well again is no trouble"
    assert page["acts"] == []
    assert page["advice"] == ["Trop peu de jours semblables encore : 1, il en faut 3."]
    assert "pas encore fermée" in page["times"]
    assert told(known)["incidents"] == []


def test_a_week_counts_its_days(known):
    page = told(known, DAY, "2026-03-08")
    assert [one["issued"] for one in page["chart"]] == [40, 1]
    assert (page["advice"], page["times"]) == ([], "2 journées")
    assert "lundi 2 mars 2026" in page["longest"]


def test_the_signed_line_says_what_the_statistics_say_and_proves_itself(known, tmp_path):
    with known.hub.snapshot() as reader:
        line = story.signed_line(known.hub, reader, DAY)
        total = figures(known.hub, reader, {"from": DAY, "to": DAY})["total"]
    folder = known.hub.store.folder
    said = envelope.opened(DOMAIN, line, seal.agency_key(folder).public_key().public_bytes_raw())
    assert (said["format"], said["agency"], said["day"]) == (FORMAT, "CNSS-BZV-SIEGE", DAY)
    assert {name: said["queue"][name] for name in ("issued", "served", "unserved")} == {
        name: total[name] for name in ("issued", "served", "unserved")
    }
    assert said["queue"]["wait"]["p80_s"] == total["wait"]["p80_s"]
    (head,) = said["heads"]
    public = chain.public_key(folder / SIGNING_KEY)
    assert chain.head_is_signed(public, head["seq"], bytes.fromhex(head["hash"]), bytes.fromhex(head["signature"]))
    assert head["seq"] == said["last_entry"]["seq"]
    assert "00902F" not in line, "no agent"
    (tmp_path / story.file_name(known.hub, DAY)).write_text(f"{line}\n")
    assert list(gathered(tmp_path, {}).days) == [("CNSS-BZV-SIEGE", DAY)]


def test_a_day_that_is_open_or_never_was_has_no_line(supervisor, known):
    for day, code in (("2026-03-03", "day_open"), ("2026-03-05", "no_such_day"), ("hier", "no_such_day")):
        with known.hub.snapshot() as reader, pytest.raises(Refused) as refused:
            story.signed_line(known.hub, reader, day)
        assert refused.value.reason == code
        assert supervisor.get(f"/supervision/day.json?day={day}").status_code == 409
    assert json.loads(supervisor.get(f"/supervision/day.json?day={DAY}").data)["day"] == DAY


@pytest.mark.parametrize("query", ["from=2026-01-01&to=2026-03-31", "from=2025-01-01&to=2025-01-01", "from=x"])
def test_a_story_of_nothing_or_of_too_much_is_refused(supervisor, query):
    assert supervisor.get(f"/supervision/story.pdf?{query}").status_code in {409, 422}


@pytest.mark.parametrize("path", ["story.pdf", "day.json"])
def test_who_may_not_look(known, path):
    assert known.client("00902F").get(f"/supervision/{path}", headers={"Accept": "*/*"}).status_code == 403


# --- kept by itself --------------------------------------------------------------------------------


def test_a_day_that_is_over_is_told_once_and_lies_where_consolidation_reads_it(known, tmp_path, monkeypatch):
    day = known.hub.settings.day.model_copy(update={"stories": str(tmp_path / "of all agencies")})
    monkeypatch.setattr(known.hub.standing, "settings", known.hub.settings.model_copy(update={"day": day}))
    place = diary.place_of(known.hub)
    place.parent.mkdir(exist_ok=True)
    place.write_text("a file where the folder should be")
    diary.keep(known.hub)
    place.unlink()
    monkeypatch.setattr(looking, "FEW_VISITS", 0)  # as on a busy day: what it reads is read in a process of its own
    diary.keep(known.hub)
    assert looking._LOOKERS.of(known.hub).pid is None, "which has ended, a day is told once"
    found = sorted(path.name for path in place.iterdir())
    agency = known.hub.settings.agency.code
    assert found == [f"{agency}-{DAY}.day.json", f"{agency}-{DAY}.pdf"], "the day that is open is not told"
    keys = seal.own_key(known.hub.store.folder, agency)
    (told_day,) = gathered(place, keys).days.values()
    assert told_day.signature == "known"
    with pikepdf.open(place / f"{agency}-{DAY}.pdf") as paper:
        assert len(paper.pages) == 1
    before = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    diary.keep(known.hub)
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} == before
