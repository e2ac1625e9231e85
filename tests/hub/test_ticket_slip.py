"""Every paper of a ticket looks the same, whoever lays it out."""

from dataclasses import replace
from datetime import datetime

import pytest

from hub import scans, ticket_slip
from hub.codes import token
from hub.paper import Feed, Picture, Qr, Text
from hub.say import say
from hub.ticket_slip import Number, Ticket
from hub.wire import CatalogueReason, CatalogueService, Hour, SlipText, Wait
from kiosk import press
from kiosk import slip as kiosk_slip

SERVICE = CatalogueService(
    "DEP", "D", {"fr": "Dépôt", "en": "Documents"}, "file-upload", {"fr": ("Pièce d'identité",)}, (), None
)
TEXT = SlipText("Caisse", "Agence du centre", {"fr": "Avenue 1"}, 3, 30)
AT = datetime(2026, 3, 2, 8, 30)  # noqa: DTZ001 (local time, as the slip takes it)
SAID = [(None, None, ""), (0, None, ""), (12, Wait(1200, 2100), "K7QM2ZXB")]


@pytest.mark.parametrize(("ahead", "wait", "follow"), SAID)
@pytest.mark.parametrize("language", ["fr", "en", "ln"])
@pytest.mark.parametrize("columns", [32, 48])
def test_the_kiosk_and_the_hub_print_the_same_ticket(ahead, wait, follow, language, columns):
    ours = Ticket(Number("D014", ahead=ahead, wait=wait), SERVICE, TEXT, language, AT, follow, priority=True)
    theirs = kiosk_slip.Ticket(
        press.Number("D014", own=False, ahead=ahead, wait=wait), SERVICE, TEXT, language, AT, follow, priority=True
    )
    assert ticket_slip.ticket_slip(ours, columns) == kiosk_slip.ticket_slip(theirs, columns)


def test_the_label_is_the_largest_thing_on_the_paper():
    slip = ticket_slip.ticket_slip(Ticket(Number("D014"), SERVICE, TEXT, "fr", AT))
    texts = [line for line in slip if isinstance(line, Text)]
    assert max(texts, key=lambda line: line.size).text == "D014"


def test_where_telephones_can_follow_it_the_qr_opens_their_page_and_the_code_is_there_to_be_typed():
    text = SlipText("CNSS", "Siège", {}, 3, 30, follow="http://192.168.50.1:8085", wifi="CNSS-VISITEURS")
    for shown, opened in ((text, "http://192.168.50.1:8085/K7M2P9QR"), (replace(text, follow=""), "K7M2P9QR")):
        slip = ticket_slip.ticket_slip(Ticket(Number("D042"), None, shown, "fr", None, "K7M2P9QR"))
        said = [line.text for line in slip if isinstance(line, Text)]
        assert "Code de suivi : K7M2 P9QR" in said
        assert [line.data for line in slip if isinstance(line, Qr)] == [opened]
        assert ("Wi-Fi : CNSS-VISITEURS" in said) is bool(shown.follow)
        assert token(opened) == "K7M2P9QR", "kiosk and reception read the same QR"


@pytest.mark.parametrize("language", ["fr", "en", "ar", "pt"])
@pytest.mark.parametrize(
    ("hour", "how"),
    [
        (Hour("09:30", since="09:25"), "hour_early"),
        (Hour("09:30"), "hour_kept"),
        (Hour("09:30", kept=False), "hour_past"),
    ],
)
def test_who_comes_for_an_appointment_reads_its_hour_and_no_range(language, hour, how):
    number = Number("D014", ahead=12, wait=Wait(1200, 2100))
    slip = ticket_slip.ticket_slip(Ticket(number, SERVICE, TEXT, language, AT, hour=hour))
    said = [line.text for line in slip if isinstance(line, Text)]
    assert say(language, "slip.hour", time="09:30") in said
    assert say(language, f"slip.{how}", since="09:25") in said
    assert not [text for text in said if "12" in text], "neither how many wait nor a range"
    assert ticket_slip.wait_sentence(number.wait, language) not in said


@pytest.mark.parametrize("language", ["fr", "en", "ar", "pt"])
@pytest.mark.parametrize("why", sorted(scans.WHY.values()))
def test_whoever_brought_a_paper_reads_what_waits_for_them(language, why):
    slip = ticket_slip.ticket_slip(Ticket(Number("D014"), SERVICE, TEXT, language, AT, counter="08", why=why))
    said = [line.text for line in slip if isinstance(line, Text)]
    at = said.index(say(language, f"slip.why_{why}"))
    assert said[at + 1] == say(language, "slip.kept", counter="08")


def test_the_template_says_which_parts_and_in_which_order():
    text = replace(TEXT, parts=("foot", "number", "welcome"), welcome={"fr": "Mbote !"}, logo="x", logo_across=1)
    slip = ticket_slip.ticket_slip(Ticket(Number("D014", ahead=3), SERVICE, text, "fr", AT, "K7M2P9QR"))
    said = [line.text for line in slip if isinstance(line, Text)]
    assert said == ["Avenue 1", "Dépôt", "D014", "Mbote !"]
    whole = ticket_slip.ticket_slip(Ticket(Number("D014", ahead=3), SERVICE, replace(text, parts=()), "fr", AT))
    assert [type(line) for line in whole[:2]] == [Picture, Feed]
    assert [line.text for line in whole if isinstance(line, Text)][2:4] == ["Mbote !", "Dépôt"]


def test_a_part_that_only_a_newer_hub_knows_is_left_out():
    text = replace(TEXT, parts=("number", "horoscope"))
    slip = ticket_slip.ticket_slip(Ticket(Number("D014"), SERVICE, text, "fr", AT))
    assert [line.text for line in slip if isinstance(line, Text)] == ["Dépôt", "D014"]


LIFE = CatalogueReason("VIE", {"fr": "Certificat de vie"}, "heartbeat", {"fr": ("Le certificat signé",)})
OTHER = CatalogueReason("AUTRE", {"fr": "Autre chose"}, "help-circle", {})
HOURS = (*[("07:30", "14:30")] * 4, ("07:30", "12:00"), None, None)


def words_of(slip):
    return [line.text for line in slip if isinstance(line, Text)]


def test_a_ticket_says_the_errand_its_papers_and_the_counter_that_has_the_file():
    ticket = Ticket(Number("V001"), SERVICE, TEXT, "fr", AT, reason=LIFE, counter="08")
    said = words_of(ticket_slip.ticket_slip(ticket))
    assert "Certificat de vie" in said
    assert "- Le certificat signé" in said
    assert "- Pièce d'identité" not in said, "those of this errand alone"
    assert said.index("Guichet 08, votre dossier") + 1 == said.index(
        "Après un moment, un autre guichet peut vous appeler."
    )
    assert "- Pièce d'identité" in words_of(ticket_slip.ticket_slip(replace(ticket, reason=OTHER))), (
        "it has none of its own"
    )


@pytest.mark.parametrize("language", ["fr", "en", "ar", "pt", "ktu"])
def test_the_list_to_come_back_with_is_no_ticket_and_says_when(language):
    slip = ticket_slip.papers_slip(replace(SERVICE, hours=HOURS), LIFE, TEXT, language)
    said = words_of(slip)
    assert say(language, "slip.come_back") in said
    assert "[ ] Le certificat signé" in said
    assert say(language, "slip.come_back_note") in said
    assert not any(isinstance(line, Qr) for line in slip)
    days = say(language, "slip.days").split()
    assert len(days) == 7
    assert said[-4:-2] == [f"{days[0]} – {days[3]} : 07:30 – 14:30", f"{days[4]} : 07:30 – 12:00"]


def test_hours_of_neighbours_are_said_together():
    days = list("LMMJVSD")
    assert ticket_slip.open_on((), days) == []
    assert ticket_slip.open_on((None,) * 7, days) == []
    assert ticket_slip.open_on((("08:00", "12:00"), None, *[("08:00", "12:00")] * 2, None, None, None), days) == [
        "L : 08:00 – 12:00", "M – J : 08:00 – 12:00",
    ]  # fmt: skip
