"""One board, seen from several screens."""

import pytest

from display.board import for_screen
from hub.settings.counters import Service
from hub.settings.devices import Display, QuietTime, Voice
from hub.settings_files import load_settings
from hub.wire import BoardGroup, Sign
from tests.look.fake_hub import CONFIG
from tests.look.pictures import board, call, queues


@pytest.fixture(scope="module")
def settings():
    return load_settings(CONFIG)


def test_a_screen_lists_its_own_services_in_its_own_order(settings):
    seen = for_screen(board(queues=queues(9)), Display(name="S", services=("PEN", "DEP")), settings)
    assert [queue.service for queue in seen.queues] == ["PEN", "DEP"]


def test_without_a_list_all_that_give_tickets_are_shown_in_the_order_of_the_configuration(settings):
    seen = for_screen(board(queues=queues(9)), Display(name="S"), settings)
    assert [q.service for q in seen.queues] == [s.code for s in settings.services if s.prefix]


def test_the_arrow_is_the_screen_s_before_the_counter_s(settings):
    picture = board(calls=[call(2, "D002", "05"), call(1, "A001", "02")])
    seen = for_screen(picture, Display(name="S", arrows={"05": "down"}), settings)
    assert [one.direction for one in seen.calls] == ["down", settings.counter("02").arrow]


def test_nobody_is_called_to_a_back_desk(settings):
    hidden = call(1, "V001", "21")
    seen = for_screen(board(calls=[hidden], rings=[hidden]), Display(name="S"), settings)
    assert (seen.calls, seen.rings) == ((), ())


def test_each_ring_says_where_to_go_and_knows_its_sound(settings):
    one = call(1, "D002", "05")
    seen = for_screen(board(calls=[one], rings=[one]), Display(name="S", languages=("fr", "en")), settings)
    place = settings.counter("05").location
    assert seen.rings[0].text == {
        "fr": f"Ticket D, deux ; guichet cinq, {place}.",
        "en": "Ticket D, two; counter five.",
    }
    assert seen.rings[0].sound.startswith("/sound/")


def test_a_screen_shows_and_says_names_and_places_in_its_first_language(settings):
    one = call(1, "D002", "05")
    picture = board(calls=[one], rings=[one], queues=queues(5), sign=Sign("05", "Dépôts de pièces", "free"))
    seen = for_screen(picture, Display(name="S", languages=("ar", "fr"), services=("DEP", "PEN")), settings)
    assert (seen.language, [queue.label for queue in seen.queues]) == ("ar", ["إيداع الأوراق", "المعاشات"])
    assert (seen.calls[0].counter_label, seen.calls[0].note, seen.sign.label) == (
        "إيداع الأوراق", "في المقابل", "إيداع الأوراق",
    )  # fmt: skip
    assert seen.rings[0].text["ar"].endswith("، في المقابل.")
    assert seen.rings[0].text["fr"] == "Ticket D, deux ; guichet cinq."


def test_a_screen_that_names_no_language_has_the_agency_s_first(settings):
    first = settings.agency.model_copy(update={"languages": ("pt", "fr")})
    seen = for_screen(board(), Display(name="S"), settings.model_copy(update={"agency": first}))
    assert seen.language == "pt"


@pytest.mark.parametrize(
    ("language", "called"), [("fr", "Dépôt"), ("ar", "إيداع"), ("en", "Hand in documents"), ("ln", "Dépôt")]
)
def test_a_queue_is_called_by_its_name_there_else_as_at_the_kiosk_else_as_for_staff(language, called):
    kiosk = {"fr": "Déposer des pièces", "en": "Hand in documents"}
    one = Service(code="DEP", label="Dépôt de pièces", short="Dépôt", kiosk=kiosk, names={"ar": "إيداع"})
    assert one.named(language, "fr") == called


def test_a_message_of_the_day_goes_before_the_screen_s_own(settings):
    screen = Display(name="S", message="Bonjour", minimum_s=9)
    assert for_screen(board(), screen, settings).message == "Bonjour"
    assert for_screen(board(message="Caisse fermée"), screen, settings).message == "Caisse fermée"
    assert for_screen(board(), screen, settings).minimum_s == 9


def test_the_town_stands_beside_the_agency(settings):
    assert for_screen(board(), Display(name="S"), settings).agency == "CNSS Siège · Brazzaville"


QUIET = (QuietTime(begin="12:30", end="13:30", volume=20), QuietTime(begin="22:00", end="06:00"))


@pytest.mark.parametrize(
    ("at", "own", "loud"),
    [
        ("09:42", None, 80), ("12:29", None, 80), ("12:30", None, 20), ("13:30", None, 80),
        ("23:15", None, 0), ("05:59", None, 0), ("06:00", None, 80),
        ("09:42", 30, 30), ("12:45", 10, 10), ("12:45", 90, 20), ("09:42", 0, 0),
    ],
)  # fmt: skip
def test_calls_are_as_loud_as_the_hour_and_the_screen_allow(settings, at, own, loud):
    agency = settings.model_copy(update={"voice": Voice(volume=80, quiet=QUIET)})
    seen = for_screen(board(at=f"2026-11-23T{at}:10+01:00"), Display(name="S", volume=own), agency)
    assert seen.volume == loud


def test_a_zone_shows_and_says_its_own_counters_and_lists_what_they_serve(settings):
    there, elsewhere = call(2, "D002", "05"), call(1, "A001", "02")
    picture = board(calls=[there, elsewhere], rings=[there, elsewhere], queues=queues(9))
    seen = for_screen(picture, Display(name="S", counters=("05", "08")), settings)
    assert [one.counter for one in seen.calls] == ["05"]
    assert [one.counter for one in seen.rings] == ["05"]
    assert [queue.service for queue in seen.queues] == ["DEP", "PEN"]


def test_messages_take_turns_and_an_urgent_one_comes_first(settings):
    screen = Display(name="S", message="Bonjour", messages=("Un", "Deux"))
    seen = for_screen(board(message="Caisse fermée"), screen, settings)
    assert (seen.message, *seen.messages) == ("Caisse fermée", "Un", "Deux")
    assert for_screen(board(), Display(name="S"), settings).messages == ()


def test_pictures_are_for_screens_that_show_them(settings):
    where = ("/display/pictures/S/0?v=1",)
    folder = settings.folder
    assert for_screen(board(), Display(name="S", layout="pictures", pictures=folder), settings, where).pictures == where
    assert for_screen(board(), Display(name="S"), settings, where).pictures == ()


GROUP = BoardGroup(7, "CPR", "J1-021", "J1-040", 1, "registration", "00", "33", "", rings=True)


def test_who_enters_is_told_where_their_service_is_called_and_in_words(settings):
    def told(**screen):
        return for_screen(board(groups=(GROUP,)), Display(name="S", **screen), settings).groups

    (seen,) = told(languages=("fr", "en", "pt", "ar"))
    assert seen.text == {
        "fr": "Tickets J, un, vingt et un à J, un, quarante ; vous pouvez entrer.",
        "en": "Tickets J, one, twenty-one to J, one, forty; please come in.",
        "pt": "Senhas J, 1, 21 a J, 1, 40; podem entrar.",
        "ar": "التذاكر من J، 1، 21 إلى J، 1، 40؛ تفضلوا بالدخول.",
    }
    assert seen.sound.startswith("/sound/")
    assert [len(told(counters=(code,))) for code in ("12", "05")] == [1, 0], "a zone tells its own services alone"
    assert told(counters=("12",), layout="sign") == (), "a counter's sign calls to its counter"
