"""The routing's page as a supervisor fills it in: nothing is published whose effect was not shown."""

import pytest

from tests.hub.publishing.conftest import Supervisor


@pytest.fixture
def browser(house):
    house.people()
    return Supervisor(house)


def filled(house, **changed):
    """The counters' part as the page shows it, with some fields changed."""
    fields = {"part": "counters", "counter": []}
    for counter in house.settings.counters:
        if counter.services or counter.shown:
            fields["counter"].append(counter.code)
            fields |= {f"s.{counter.code}.{s}": str(counter.weights.get(s, 0)) for s in counter.services}
            fields[f"languages.{counter.code}"] = list(counter.languages)
            fields |= {f"accessible.{counter.code}": "1"} if counter.accessible else {}
    return fields | {name.replace("__", "."): value for name, value in changed.items()}


def test_a_queue_is_given_to_a_counter_seen_published_and_taken_back(house):
    house.people().counter("05").open("00902F")
    for errand in ("pension", "pension", "deposit"):
        house.press(errand)
        house.later(minutes=2)
    browser = Supervisor(house)
    browser.open("/routing")
    assert "Aiguillage" in browser.text
    browser.send("/routing/preview", **filled(house, s__05__PEN="5"))
    assert browser.status == 200
    assert "Guichet 05 : files appelées" in browser.text
    assert "Pensions +5 min" in browser.text
    assert "3 en attente : 2 appelés plus tôt, 1 plus tard." in browser.text
    assert house.serves("05") == ("DEP",), "looking changes nothing"

    shown = browser.hidden()
    browser.send("/routing/publish", reason=" ")
    assert (browser.status, "Dites pourquoi" in browser.text) == (422, True)
    assert browser.hidden()["changes"] == shown["changes"], "what was shown is still there to be published"
    browser.send("/routing/publish", reason="beaucoup de pensionnés")
    assert (browser.status, house.serves("05")) == (303, ("DEP", "PEN"))

    browser.open("/routing?part=versions")
    assert "« beaucoup de pensionnés »" in browser.text
    version = browser.text.split('name="undoes" value="')[1].split('"')[0]
    browser.send("/routing/preview", undoes=version, part="versions")
    assert f"retour avant la version {version}" in browser.text
    browser.send("/routing/publish", reason="c'était assez", undoes=version)
    assert house.serves("05") == ("DEP",)


def test_levels_help_and_rules_are_filled_in_as_sentences(house, browser):
    browser.open("/routing?part=agents")
    assert "BOUITY Nadège" in browser.text
    browser.send("/routing/preview", part="agents", agent="00902F", **{"l.00902F.PEN": "3", "l.00902F.DEP": "2"})
    browser.send("/routing/publish", reason="formée")
    assert house.settings.profile("00902F").skills == {"PEN": 3}

    browser.open("/routing?part=helps")
    rule = {"help": "", "h..service": "PEN", "h..over_min": "20", "h..after": "1", "h..counters": ["05", "06"]}
    browser.send("/routing/preview", part="helps", **rule)
    assert "Pensions au-delà de 20 min, un après 1, guichets 05, 06" in browser.text
    browser.send("/routing/publish", reason="matinée")
    (found,) = house.settings.helps
    assert (found.code, found.queue, found.counters) == ("AIDE-1", "PEN", ("05", "06"))
    browser.open("/routing?part=helps")
    browser.send("/routing/preview", part="helps", help="AIDE-1", **{"h.AIDE-1.service": ""})
    browser.send("/routing/publish", reason="fini")
    assert house.settings.helps == ()


@pytest.mark.parametrize(
    ("part", "fields", "said"),
    [
        ("rules", {"queue.max_wait_min": "bientôt"}, "Un nombre de 1 à 600."),
        ("helps", {"help": "", "h..service": "PEN", "h..over_min": "20", "h..after": "1"}, "Choisissez les guichets"),
        ("counters", {"counter": "05"}, "n'appellerait plus personne"),
        ("counters", {"counter": "08", "s.08.DEP": "0"}, "ne serait plus appelée à aucun guichet"),
        ("agents", {"agent": "00902F", "l.00902F.PEN": "7"}, "Un nombre de 0 à 3."),
        ("agents", {"agent": "00902F"}, "C'est déjà ainsi"),
        ("counters", {"undoes": "1"}, "vient des fichiers"),
        ("counters", {"undoes": "77"}, "pas de telle version"),
        ("nonsense", {}, "n'a changé"),
    ],
)
def test_what_is_not_possible_is_said_in_words_and_changes_nothing(untouched, looking, part, fields, said):
    house, browser = untouched, looking
    browser.open("/routing")
    before = house.hub.store.head
    browser.send("/routing/preview", **{"part": part} | fields)
    assert 400 <= browser.status < 500
    assert said in browser.text or part == "nonsense"
    assert "Traceback" not in browser.text
    assert house.hub.store.head == before


@pytest.mark.parametrize(
    "carried", ["", "{", "[]", '{"queue.max_wait_min": 4}', '{"queue.max_wait_min": "{"}', '{"x": "1"}']
)
def test_no_page_of_another_make_is_believed(untouched, looking, carried):
    house, browser = untouched, looking
    browser.open("/routing")
    browser.send("/routing/publish", changes=carried, seen="1", reason="x")
    assert 400 <= browser.status < 500
    assert house.settings == house.hub.files


def test_a_director_reads_and_publishes_nothing(untouched):
    house, director = untouched, Supervisor(untouched, "00101X")
    assert "Lecture seule" in director.open("/routing")
    for part in ("agents", "helps", "rules", "versions"):
        director.open(f"/routing?part={part}")
        assert director.status == 200
        assert "Voir l'effet" not in director.text
    director.send("/routing/preview", **filled(house, s__05__PEN="0"))
    assert director.status == 403


def test_the_board_asks_what_a_counter_would_call_and_publishes_it(house, browser):
    house.counter("05").open("00902F")
    house.press("pension")
    browser.open("/routing")
    asked = {"counter": "05", "services": ["DEP", "PEN"]}
    shown = browser.client.post("/routing/effect", data=browser.hidden() | asked).json
    assert shown["said"][0] == "1 en attente : 1 appelés plus tôt, 0 plus tard."
    assert "aucun guichet à" in shown["said"][1]
    refused = browser.client.post("/routing/effect", data=browser.hidden() | asked | {"services": ["DEP"]})
    assert (refused.status_code, refused.json["error"]) == (409, "C'est déjà ainsi : rien n'a changé.")
    sent = browser.hidden() | {"changes": shown["changes"], "seen": shown["seen"], "reason": "renfort"}
    assert browser.client.post("/routing/assign", data=sent).json == {"version": shown["seen"] + 1}
    assert house.serves("05") == ("DEP", "PEN")
