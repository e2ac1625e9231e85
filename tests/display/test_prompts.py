"""What is to be recorded, and which recordings say a call."""

import pytest

from display import prompts
from display.speech import counter_phrase, group_phrases, ticket_phrase
from hub.settings_files import load_settings
from tests.look.fake_hub import CONFIG

BOTH = frozenset({"ticket", "counter", "d", "k", *map(str, range(10))})
ALL = BOTH | {*map(str, range(100)), *(f"{n}00" for n in range(1, 10)), *(f"{n}00-plus" for n in range(1, 10))}


@pytest.fixture(scope="module")
def settings():
    return load_settings(CONFIG)


@pytest.mark.parametrize(
    ("label", "there", "said"),
    [
        ("D002", ALL, "ticket d 2"),
        ("D071", ALL, "ticket d 71"),
        ("D100", ALL, "ticket d 100"),
        ("D201", ALL, "ticket d 200-plus 1"),
        ("D201", BOTH, "ticket d 2 0 1"),
        ("D271", ALL - {"71"}, "ticket d 2 7 1"),
        ("D1234", ALL, "ticket d 1 2 3 4"),
        ("K1-007", ALL, "ticket k 1 7"),
        ("42", ALL, "ticket number 42"),
    ],
)
def test_a_ticket_is_said_by_its_recordings_and_by_digits_where_one_is_missing(label, there, said):
    assert " ".join(prompts.of_phrase(ticket_phrase("ln", label), there)) == said


def test_where_the_counter_is_is_said_when_somebody_recorded_it():
    phrase = counter_phrase("ln", "05", "en face")
    assert prompts.of_phrase(phrase, ALL) == ("counter", "5")
    assert prompts.of_phrase(phrase, ALL | {"place-05"}) == ("counter", "5", "place-05")
    assert prompts.of_phrase(counter_phrase("ln", "05"), ALL | {"place-05"}) == ("counter", "5")


def test_who_enters_is_said_by_recordings_too():
    (first, second) = group_phrases("ln", "J1-021", "J1-040")
    assert " ".join(prompts.of_phrase(first, ALL)) == "tickets j 1 21 until j 1 40"
    assert prompts.of_phrase(second, ALL) == ("enter",)


def test_the_sheet_names_all_that_any_call_of_the_agency_can_need(settings):
    language = "ln"
    sheet = {each.name for each in prompts.sheet(language, settings)}
    first = {each.name for each in prompts.sheet(language, settings) if each.essential}
    prefixes = [service.prefix for service in settings.services if service.prefix]
    for label in [
        *(f"{prefix}{number:03}" for prefix in prefixes for number in (1, 9, 10, 71, 99, 100, 200, 201, 999)),
        "K1-117",
        "S-017",
    ]:
        assert sheet.issuperset(prompts.of_phrase(ticket_phrase(language, label), sheet)), label
        assert first.issuperset(prompts.of_phrase(ticket_phrase(language, label), first)), label
    for phrase in group_phrases(language, "J1-001", "J9-999"):
        assert sheet.issuperset(prompts.of_phrase(phrase, sheet))
    for counter in settings.counters:
        if counter.shown:
            assert first.issuperset(prompts.of_phrase(counter_phrase(language, counter.code), first))
    assert len(prompts.sheet(language, settings)) == len(sheet)


def test_number_words_stand_on_the_sheet_as_far_as_they_are_sure(settings):
    read = {each.name: each.read for each in prompts.sheet("ln", settings)}
    assert (read["1"], read["10"], read["11"]) == ("moko", "zomi", "")
    assert {each.name: each.read for each in prompts.sheet("ktu", settings)}["7"] == "nsambwadi"
    french = {each.name: each.read for each in prompts.sheet("fr", settings)}
    assert (french["71"], french["200"], french["200-plus"]) == ("soixante et onze", "deux cents", "deux cent…")
