"""What the centre does to deposits: its lists from their day on, and what it refused."""

import csv
import io

import pytest

from hub import outbox
from hub.ask import HUB, Ask
from hub.errors import Refused
from hub.exchange import inbox
from hub.exchange import store as letters
from hub.exchange.model import Letter
from hub.services.deposit import actions, published, store
from hub.services.ports import Received
from tests.hub.services.deposits import SYLVIE, Clerk, decide, documents, staffed
from tests.hub.services.house import House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = staffed(House(tmp_path_factory.mktemp("centre"), brazzaville("2026-03-03"), ("deposit",)))
    yield house
    house.replayed()
    house.close()


def letter(house, topic, payload, effective_on=None):
    """A letter of the centre, taken; its number."""
    number = letters.last_number(house.hub.reader) + 1
    said = Letter(number, f"k {number}", f"deposit.{topic}", 1, 1, payload, effective_on, "DG")
    inbox.take_letter(house.hub, Ask(HUB), letter=said)
    return number


def previewed(house, topic, payload):
    said = Received(1, "k", f"deposit.{topic}", payload, 1)
    return [change.said("fr") for change in published.preview(house.hub, house.hub.reader, said)]


def test_a_list_holds_from_its_day_on_and_the_preview_has_said_what_it_changes(house):
    Clerk(house).deposited("0102")
    types = {
        "0102": {"label": {"fr": "Copie d'acte de naissance"}, "months": 6},
        "0699": {"label": {"fr": "Attestation de domiciliation"}, "months": 1},
        "0103": {"label": {"fr": "Passeport"}, "withdrawn": True},
    }
    assert previewed(house, "document_types", types) == [
        (
            "Modifié : 0102 « Copie d'acte de naissance »"
            " (nom; validité en mois : 3 → 6; nom sur les papiers : Copie acte de naissance → –)"
        ),
        (
            "1 dépôt en attente avec 0102 : 2026/000001. Ses dates et décisions restent ;"
            " ce qui manque suivra la nouvelle liste."
        ),
        "Nouveau : 0699 « Attestation de domiciliation »",
        "Retiré : 0103 « Passeport ou carte de résident (copie) »",
    ]
    before = store.documents(house.hub.reader, 1)
    number = letter(house, "document_types", types, "2026-03-05")
    assert actions.lists_of(house.hub).types["0102"].months == 3
    house.clock.advance(hours=47)
    assert inbox.apply_due(house.hub) == 1
    lists = actions.lists_of(house.hub)
    assert (lists.types["0102"].months, lists.types["0699"].months, "0103" in lists.types) == (6, 1, False)
    assert letters.letter(house.hub.reader, number).state == "applied"
    assert store.documents(house.hub.reader, 1) == before
    assert Clerk(house).open("/desk/deposit/1").status == 200


def test_a_later_list_changes_only_the_codes_that_it_names(house):
    letter(house, "document_types", {"0699": {"label": {"fr": "Attestation de domiciliation"}, "months": 1}})
    letter(house, "document_types", {"0698": {"label": {"fr": "Quittance d'eau"}}})
    letter(house, "life_events", {
        "circumstance": {"moved": {"kind": "yes", "ask": {"fr": "A déménagé"}}},
        "DOM": {"label": {"fr": "Domiciliation"}, "expects": [{"any": ["0699"]}, {"any": ["0698"], "when": "moved"}]},
    })  # fmt: skip
    lists = actions.lists_of(house.hub)
    assert lists.types["0699"].months == 1
    assert lists.asked_of("DOM") == ("moved",)
    assert "married" in lists.circumstances


def test_a_label_of_the_centre_is_no_formula_in_the_export(house):
    label = '=HYPERLINK("http://ailleurs.example")'
    letter(house, "document_types", {"0697": {"label": {"fr": label}}})
    Clerk(house).deposited("0697")
    screen = Screen(house, SYLVIE).open("/desk/deposit/validation.csv?show=all")
    cells = {cell for row in csv.reader(io.StringIO(screen.data.decode("utf-8-sig")), delimiter=";") for cell in row}
    assert f"'{label}" in cells
    assert label not in cells


@pytest.mark.parametrize(
    ("topic", "payload", "words"),
    [
        ("document_types", [], "a table of entries"),
        ("document_types", {}, "a table of entries"),
        ("document_types", {"12": {"label": {"fr": "x"}}}, "no code of the form"),
        ("document_types", {"0699": {"label": {"fr": "x"}, "month": 1}}, "unknown key month"),
        ("document_types", {"0699": {"label": {}}}, "write its name"),
        ("document_types", {"0601": {"label": {"fr": "x"}, "months": "drei"}}, "months"),
        ("life_events", {"DOM": {"label": {"fr": "x"}, "expects": [{"any": ["9999"]}]}}, "no document type 9999"),
        ("life_events", {"circumstance": 7}, "a table of circumstances"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_told_and_changes_nothing(house, topic, payload, words):
    before = actions.lists_of(house.hub)
    with pytest.raises(Refused, match=words) as error:
        published.check(house.hub, house.hub.reader, Received(9, "k", f"deposit.{topic}", payload, 1))
    assert error.value.reason == "bad_list"
    number = letter(house, topic, payload)
    assert letters.letter(house.hub.reader, number).state == "refused"
    assert actions.lists_of(house.hub) == before


def test_what_was_refused_goes_again_as_it_is_and_its_document_is_as_before(house):
    deposit = Clerk(house).deposited("0601")
    (document,) = documents(house, deposit)
    decide(house, "validate", document)
    message = store.document(house.hub.reader, document).message
    outbox.settle(house.hub, house.ask(), message=message, applied=False, reason="unknown_person")
    found = store.document(house.hub.reader, document)
    assert (found.state, found.motive) == ("anomaly", "unknown_person")
    outbox.send_again(house.hub, house.ask(), message=message)
    found = store.document(house.hub.reader, document)
    assert (found.state, found.motive, found.decided_by) == ("validated", None, "01101G")
    outbox.settle(house.hub, house.ask(), message=message, applied=True)
    assert store.document(house.hub.reader, document).state == "integrated"


def test_a_deposit_says_how_far_each_document_has_come(house):
    clerk = Clerk(house)
    deposit = clerk.deposited("0601")
    (document,) = documents(house, deposit)
    decide(house, "validate", document)
    said = clerk.open(f"/desk/deposit/{deposit}").words
    assert "Siège : à envoyer" in said
    message = store.document(house.hub.reader, document).message
    outbox.settle(house.hub, house.ask(), message=message, applied=False, reason="unknown_person")
    assert "Siège : 1 refusée" in clerk.open("/desk/deposit").words
    assert "Personne inconnue au siège" in clerk.open(f"/desk/deposit/{deposit}").words
