"""The advice and the replay as pages: what they stand on, what they say of too little, and what is refused."""

from __future__ import annotations

import os
import signal
from datetime import date, datetime

import pytest

from hub.supervision import advising, demand, playing, whatif
from tests.hub.supervision import known_day
from tests.hub.supervision.house import House

pytestmark = pytest.mark.slow  # real files, sockets or processes

MONDAYS = ("2026-03-02", "2026-03-09", "2026-03-16")


@pytest.fixture(scope="module")
def mondays(tmp_path_factory):
    """The known day on three Mondays; nothing here changes them."""
    house = House(tmp_path_factory.mktemp("mondays") / "data").people()
    for day in MONDAYS:
        house.clock.jump(to=datetime.fromisoformat(f"{day}T07:00").replace(tzinfo=house.hub.settings.agency.zone))
        known_day.play(house)
    yield house
    house.close()


@pytest.fixture(scope="module")
def supervisor(mondays):
    return mondays.client("00411A")


def words_of(page: str) -> str:
    return " ".join(page.replace("&#39;", "'").split())


def test_a_day_is_foreseen_from_those_alike(supervisor):
    page = words_of(supervisor.get("/supervision/advice?day=2026-03-23").text)
    assert "d'après 3 lundis ordinaires, du 2 mars 2026 au 16 mars 2026" in page
    assert "jour ordinaire" in page
    assert "Demi-heure par demi-heure" in page
    assert 'class="thin"' in page, "six people in a half-hour of three days are few"


def test_without_a_day_it_is_the_next_working_one(mondays, supervisor):
    assert 'value="2026-03-17"' in supervisor.get("/supervision/advice").text


def test_too_few_days_say_how_many_it_takes(house):
    known_day.play(house)
    page = words_of(house.client("00411A").get("/supervision/advice?day=2026-03-09").text)
    assert "Trop peu de jours semblables : 1" in page
    assert "Il en faut 3 de fermés avant celui-ci." in page
    assert "Rejouer un jour passé" in page


def test_the_half_day_plan_counts_who_knows_what_and_names_nobody(mondays, supervisor):
    with mondays.hub.snapshot() as reader:
        heads = {row.label: row for row in advising.outlook(mondays.hub, reader, date(2026, 3, 23)).heads}
    deposits = next(row for label, row in heads.items() if label.startswith("Dépôt"))
    assert (deposits.versed, deposits.fragile, deposits.morning.usual) == (1, True, 1), "37 visits, all by one agent"
    assert next(row for label, row in heads.items() if label.startswith("Pension")).versed == 0, "12 visits are few"
    total = heads[""]
    assert total.morning.usual == sum(row.morning.usual for label, row in heads.items() if label)
    page = words_of(supervisor.get("/supervision/advice?day=2026-03-23").text)
    assert "un seul absent la ferme" in page
    assert "BOUITY" not in page


def test_a_day_is_folded_as_it_was(mondays):
    """By hand from the known day: 13 deposits, four of them before eight o'clock; counter 05 alone calls them."""
    with mondays.hub.snapshot() as reader:
        past = advising.past_of(mondays.hub, reader, MONDAYS[0])
    entered = {slot: count for (service, slot), count in past.entered.items() if service == "DEP"}
    assert sum(entered.values()) == 13
    assert entered[15] == 4, "07:40:00 to 07:59:59"
    assert past.calls["DEP"] == 13
    assert past.left["DEP"] == 1, "who did not answer at 08:58:20"
    assert past.left["RAS"] == 3, "one gave up, two did not answer (one of them came back)"
    assert past.staffed["05", 15] == demand.SLOT_MS
    assert past.staffed["05", 29] == demand.SLOT_MS
    assert ("05", 30) not in past.staffed


def test_the_day_replayed_as_it_was_is_what_it_was(house):
    """One counter that calls at once, somebody every five minutes, eight minutes each: nothing is left to chance."""
    house.at("07:30:00").open_day()
    desk, began = house.counter("05").open("00902F"), 0
    for minute in range(90):
        house.at(f"{7 + (30 + minute) // 60:02d}:{(30 + minute) % 60:02d}:00")
        if minute % 5 == 0:
            house.give("deposit")
        if desk.state == "serving" and minute - began >= 8:
            desk.finish()
        if desk.state == "free" and desk.next():
            desk.start()
            began = minute
    house.close_day(force=True)
    with house.hub.snapshot() as reader:
        trial = whatif.tried(house.hub, reader, {"day": MONDAYS[0]})
    whole, deposits = trial.results
    assert (whole.was, whole.again, trial.off_min) == (deposits.was, whole.was, 0.0)
    assert (whole.changed, whole.low, whole.high) == (whole.again, 0.0, 0.0), "nothing was changed"


def test_all_who_came_are_played_again(mondays):
    with mondays.hub.snapshot() as reader:
        trial = whatif.tried(mondays.hub, reader, {"day": MONDAYS[0]})
    whole, *queues = trial.results
    assert trial.visits == 40
    assert {one.service for one in queues} == {"CPR", "DEP", "PEN", "RAS"}
    for name in ("called", "gone", "unserved"):
        assert sum(getattr(one, name)[0] for one in queues) == getattr(whole, name)[0]
    assert whole.called[0] + whole.gone[0] + whole.unserved[0] == 42, "one was sent on, one came back"


def test_one_more_counter_shortens_its_queue_and_no_other(mondays):
    query = {"day": MONDAYS[0], "do": "open", "services": "DEP", "from": "07:40", "to": "09:30"}
    with mondays.hub.snapshot() as reader:
        found = {one.service: one for one in whatif.tried(mondays.hub, reader, query).results}
    deposits = found["DEP"]
    assert deposits.changed < deposits.again - 10
    assert deposits.high < 0, "in nine of ten days too"
    assert found["RAS"].changed == found["RAS"].again


def test_closing_a_counter_leaves_its_visitors(mondays):
    query = {"day": MONDAYS[0], "do": "close", "counter": "08", "from": "07:30", "to": "15:00"}
    with mondays.hub.snapshot() as reader:
        found = {one.service: one for one in whatif.tried(mondays.hub, reader, query).results}
    assert found["PEN"].called[1] == 0
    assert found["PEN"].unserved[1] > found["PEN"].unserved[0]


def test_a_profile_is_another_counter_with_more_queues(mondays):
    query = {"day": MONDAYS[0], "do": "open", "counter": "12", "services": "CPR,DEP", "from": "07:30", "to": "15:00"}
    with mondays.hub.snapshot() as reader:
        found = {one.service: one for one in whatif.tried(mondays.hub, reader, query).results}
    assert found["DEP"].changed < found["DEP"].again


def test_a_trial_is_played_beside_the_hub_and_comes_to_the_same_also_when_its_process_is_killed(mondays):
    query = {"day": MONDAYS[0], "do": "open", "services": "DEP", "from": "07:40", "to": "09:30"}
    with mondays.hub.snapshot() as reader:
        asked = whatif.prepared(mondays.hub, reader, query)
    here = asked.played(playing.results)
    play = playing.apart(mondays.hub)
    assert asked.played(play) == here
    player = playing._PLAYERS.of(mondays.hub)
    os.kill(player.pid, signal.SIGKILL)
    assert asked.played(play) == here
    assert player.pid != os.getpid()
    player.close()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("day=2026-03-03", "Choisissez une journée fermée."),
        ("day=lundi", "Choisissez une journée fermée."),
        ("day=2026-03-02&do=open&from=09:00&to=10:00", "Cochez les files"),
        ("day=2026-03-02&do=open&services=DEP&from=9&to=10:00", "Donnez une heure, HH:MM."),
        ("day=2026-03-02&do=open&services=DEP&from=10:00&to=09:00", "après la première"),
        ("day=2026-03-02&do=close&from=09:00&to=10:00", "Dites quel guichet."),
        ("day=2026-03-02&do=close&counter=99&from=09:00&to=10:00", "Dites quel guichet."),
        ("day=2026-03-02&do=open&services=XXX&from=09:00&to=10:00", "Cochez les files"),
        ("day=2026-03-02&max_wait=0", "corrigez le champ marqué"),
        ("day=2026-03-02&run=²", "corrigez le champ marqué"),
        ("day=2026-03-02&what=1", "corrigez le champ marqué"),
    ],
)
def test_what_makes_no_sense_is_said_where_it_was_typed(supervisor, query, said):
    answer = supervisor.get(f"/supervision/advice/replay?{query}")
    assert answer.status_code == 422
    assert said in answer.text


def test_the_page_of_a_replay(supervisor):
    page = words_of(
        supervisor.get(
            "/supervision/advice/replay?day=2026-03-02&do=open&services=DEP&services=PEN&from=07:40&to=09:30&max_wait=60"
        ).text
    )
    assert "40 visites." in page
    assert "Dépôt de pièces" in page
    assert 'value="DEP" checked' in page
    assert 'value="PEN" checked' in page
    assert 'placeholder="90" value="60"' in page


def test_a_form_without_a_day_and_an_agency_without_days(house, supervisor):
    assert "lundi 16 mars 2026" in supervisor.get("/supervision/advice/replay").text
    assert "Aucune journée fermée encore" in house.client("00411A").get("/supervision/advice/replay").text


@pytest.mark.parametrize("day", ["demain", "9999-12-31", "0001-01-01", "2026-02-30", "٢٠٢٦-٠٣-٠٢"])
def test_a_day_that_cannot_be(supervisor, day):
    answer = supervisor.get(f"/supervision/advice?day={day}")
    assert (answer.status_code, "Donnez un jour" in answer.text) == (422, True)


@pytest.mark.parametrize("path", ["", "/replay"])
@pytest.mark.parametrize(("code", "status"), [("00101X", 200), ("00902F", 403)])
def test_who_may_look(mondays, path, code, status):
    answer = mondays.client(code).get(f"/supervision/advice{path}", headers={"Accept": "*/*"})
    assert answer.status_code == status
