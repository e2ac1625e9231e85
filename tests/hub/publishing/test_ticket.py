"""The ticket's template: filled in on the administration's page, seen on paper before it is published."""

import io
import json
import re

import pytest
from PIL import Image
from werkzeug.datastructures import MultiDict

from hub.publishing import administration as admin
from hub.publishing.ticket import ticket_parts
from hub.queues import pictures
from tests.hub.publishing.conftest import Supervisor


@pytest.fixture
def browser(house):
    house.people()
    return Supervisor(house)


def ticket(house, **changed):
    """The ticket's part as the page shows it, with some fields changed."""
    said = house.settings.ticket
    fields = {"part": "ticket", "ticket.parts": list(said.parts)}
    fields |= {f"ticket.place.{part}": str(place) for place, part in enumerate(ticket_parts(house.settings), 1)}
    for language in house.settings.agency.languages:
        for name in ("welcome", "footer"):
            fields[f"ticket.{name}.{language}"] = getattr(said, name).get(language, "")
    return fields | {name.replace("__", "."): value for name, value in changed.items()}


def test_a_ticket_sent_back_as_it_was_shown_changes_nothing(untouched, looking):
    house, browser = untouched, looking
    browser.open("/administration?part=ticket")
    browser.send("/administration/preview", **ticket(house))
    assert (browser.status, "C'est déjà ainsi" in browser.text) == (409, True)


def test_a_draft_of_the_ticket_is_seen_on_paper_before_it_is_published(house, browser):
    """Both papers of the draft, drawn; the kiosk hears of it once it is published."""
    standing = browser.open("/administration?part=ticket")
    before = pictures.catalogue(house.hub)
    parts = [part for part in house.settings.ticket.parts if part != "away"]
    changes = {"ticket__parts": parts, "ticket__welcome__fr": "Mbote !", "ticket__place__foot": "1"}
    browser.send("/administration/preview", **ticket(house, **changes))
    draft = browser.text
    wide, narrow = (re.search(rf"/administration/ticket/\w+/{width}-fr.png", draft)[0] for width in (80, 58))
    assert wide not in standing
    answer = browser.client.get(narrow)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.data)).width == 32 * 12 + 32
    assert pictures.catalogue(house.hub) == before
    browser.send("/administration/publish", reason="demande de l'agence")
    assert browser.status == 303, browser.text[:2000]
    assert house.settings.ticket.parts == ("foot", "logo", "head", "welcome", "number", "queue", "papers", "follow")
    slip = pictures.catalogue(house.hub).slip
    assert (slip.welcome, "away" in slip.parts) == ({"fr": "Mbote !"}, False)
    for wrong in (
        "/administration/ticket/0123456789abcdef/80-fr.png",
        wide.replace("80-fr", "70-fr"),
        wide.replace("80-fr", "80-xx"),
    ):
        assert browser.client.get(wrong).status_code == 404


@pytest.mark.parametrize(
    ("moved", "place", "first"),
    [("number", 1, "number logo head"), ("logo", 3, "head welcome logo"), ("head", 2, "logo head welcome")],
)
def test_a_part_that_is_moved_takes_the_place_from_who_stood_there(untouched, moved, place, first):
    form = MultiDict()
    for name, value in ticket(untouched, **{f"ticket__place__{moved}": str(place)}).items():
        form.setlist(name, value if isinstance(value, list) else [value])
    said = admin.wanted("ticket", form, untouched.settings)["ticket.parts"]
    assert json.loads(said)[:3] == first.split()
