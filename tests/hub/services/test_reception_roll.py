"""Neither hub nor kiosk worked: numbers of a paper roll were handed out, and are entered afterwards, all at once."""

import pytest

from hub.ask import Actor, Ask
from hub.errors import Refused, Unreadable
from hub.misfits import find_misfits
from hub.queues import actions as queues
from hub.queues import roll
from hub.services.reception import actions, rules
from hub.settings import QueueRules
from hub.settings.devices import Kiosk
from hub.supervision.statistics import figures
from tests.hub.services.conftest import AGENT

SERVICES = {"D": "DEP", "DEP": "DEP", "A": "RAS", "RAS": "RAS"}


def read(typed, now="12:00"):
    return rules.roll_lines(typed, "S", SERVICES, now)


# --- what is typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("17 D 9:05", [("S-017", "DEP", "09:05")]),
        ("S-017 dep 0905", [("S-017", "DEP", "09:05")]),
        ("s17 a 9h05", [("S-017", "RAS", "09:05")]),
        ("17 D 9:05\nD\n\nA 9.10\n30 A", [
            ("S-017", "DEP", "09:05"), ("S-018", "DEP", "09:05"), ("S-019", "RAS", "09:10"), ("S-030", "RAS", "09:10"),
        ]),
        ("18 D 9:10\n17 D 9:05", [("S-018", "DEP", "09:10"), ("S-017", "DEP", "09:05")]),
        ("", []),
    ],
    ids=["short", "in full", "as people write", "what is left out goes on", "stubs out of order", "nothing"],
)  # fmt: skip
def test_a_line_is_a_number_a_service_and_a_time(typed, meant):
    lines = read(typed)
    assert [line.problem for line in lines] == [""] * len(meant)
    assert [(line.label, line.service, line.at) for line in lines] == meant


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("bonjour tout le monde", "line"), ("K-17 D 9:05", "line"), ("0 D 9:05", "line"), ("D 9:05", "number"),
        ("17 Z 9:05", "service"), ("17 D", "time"), ("17 D 25:00", "time"), ("17 D 9:75", "time"),
        ("17 D 12:01", "later"), ("17 D 9:05\n17 A 9:06", "twice"), ("17 D 9:05\n18 D 9:00", "order"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_says_what_is_wrong_with_it(typed, problem):
    assert read(typed)[-1].problem == problem


# --- into the queue


def test_they_stand_where_they_would_stand_had_the_kiosk_worked(office):
    """It is 8:30 in Brazzaville; D001 was taken at the kiosk at 8:30, the roll served from 8:05."""
    office.press("DEP")
    office.clock.advance(minutes=1)
    entered = actions.enter_roll(office.hub, office.ask(), "17 D 8:05\nD 8:10\n19 D 8:15")
    assert entered == {"labels": ["S-017", "S-018", "S-019"]}
    called = []
    for _ in range(4):
        called.append(queues.call_next(office.hub, office.ask(Actor(agent="02020B")), counter="05")["ticket"]["label"])
        queues.start(office.hub, office.ask(Actor(agent="02020B")), counter="05")
        queues.finish(office.hub, office.ask(Actor(agent="02020B")), counter="05")
    assert called == ["S-017", "S-018", "S-019", "D001"]


def test_their_wait_counts_from_the_time_on_the_stub_and_is_in_the_statistics(office):
    before = figures(office.hub, office.hub.reader, {})
    actions.enter_roll(office.hub, office.ask(), "17 D 8:05")
    assert (office.ticket("S-017").channel, office.ticket("S-017").paper) == ("paper_roll", "confirmed")
    assert not office.ticket("S-017").issued.certain
    queues.call_next(office.hub, office.ask(Actor(agent="02020B")), counter="05")
    queues.start(office.hub, office.ask(Actor(agent="02020B")), counter="05")
    waited = office.hub.reader.execute("SELECT wait_ms FROM stage").fetchone()[0]
    assert waited == 25 * 60_000
    assert figures(office.hub, office.hub.reader, {}) != before


def test_it_prints_nothing_for_they_hold_their_paper(office):
    actions.enter_roll(office.hub, office.ask(), "17 D 8:05")
    assert office.kiosk_prints() is None


def test_all_of_them_or_none(office):
    actions.enter_roll(office.hub, office.ask(), "18 D 8:10")
    for typed, code in (("17 D 8:05\n18 D 8:10", "roll_taken"), ("17 D 8:05\n19 Z", "roll_wrong"), ("", "roll_empty")):
        with pytest.raises(Refused) as refused:
            actions.enter_roll(office.hub, office.ask(), typed)
        assert refused.value.reason == code
    assert office.tickets() == ["S-018"]


def test_the_same_form_sent_twice_is_one_request(office):
    ask = Ask(AGENT, "form", {"roll": "17 D 8:05"})
    first = actions.enter_roll(office.hub, ask, "17 D 8:05")
    assert actions.enter_roll(office.hub, ask, "17 D 8:05") == first
    assert office.tickets() == ["S-017"]


def test_the_action_itself_trusts_no_caller(office):
    now = office.clock.now().at
    for stub, code in (
        (roll.RollNumber(1, "NONE", now), "unknown_service"), (roll.RollNumber(1, "DEP", now + 60_000), "roll_later"),
    ):  # fmt: skip
        with pytest.raises(Unreadable) as refused:
            roll.enter_roll(office.hub, office.ask(), numbers=(stub,))
        assert refused.value.reason == code


def test_no_day_no_queue(empty):
    with pytest.raises(Refused, match="not open"):
        actions.enter_roll(empty.hub, empty.ask(), "17 D 8:05")


@pytest.mark.parametrize("letter", ["D", "K"], ids=["a service's", "a kiosk's"])
def test_a_label_of_the_roll_is_nobody_elses(letter, agency):
    settings = {"queue": QueueRules(roll=letter), "services": agency.services, "kiosk": Kiosk(name="K")}
    assert any("two visitors would answer one call" in wrong for wrong in find_misfits(settings))


# --- the page


def test_what_is_typed_is_read_again_beside_it(reception):
    reception.open("/roll?roll=17+D+8:05%0AD+8:10%0AZ", htmx=True)
    assert reception.status == 200
    assert "S-017" in reception.words
    assert "S-018" in reception.words
    assert "ce service n'existe pas" in reception.words
    assert "<html" not in reception.text
    assert 'class="main" disabled' in reception.text


def test_they_are_entered_and_the_page_says_which(reception):
    reception.send("/roll", roll="17 D 8:05\nD")
    assert "S-017 · S-018" in reception.words
    assert reception.office.tickets() == ["S-017", "S-018"]


def test_a_refusal_keeps_what_was_typed(reception):
    reception.send("/roll", htmx=False, roll="17 D 8:05\nZ")
    assert reception.status == 422
    assert "corrigez d'abord" in reception.words
    assert "17 D 8:05" in reception.text
    assert reception.office.tickets() == []


def test_numbers_can_be_printed_before_they_are_needed(reception):
    reception.open("/roll/sheet?from=28")
    assert "S-028" in reception.words
    assert "S-054" in reception.words
    assert "S-055" not in reception.words


def test_in_english(english):
    english.send("/roll", roll="17 D 8:05")
    assert "1 visitor is in the queue" in english.words
