"""Who may do what here, and that no answer holds what its reader may not see: from the tables, not by hand."""

import json
import re

import pytest

from hub.agents import rights
from hub.agents.model import ROLES
from hub.people import wording
from hub.people.rules import FIELD_RIGHTS, may_see
from tests.hub.inquiry.house import EMPLOYER, JUDITH, PEOPLE, WHOLE

pytestmark = pytest.mark.slow  # real files, sockets or processes

CODE_OF = {roles[0]: code for code, (_, roles) in PEOPLE.items()}
#: What an executive may ask for; of a change nothing but why they look (requirements B.0, R-007).
READS = {"inquiry.page", "inquiry.search", "inquiry.file", "inquiry.similar", "inquiry.synthetic", "desk.strip"}
SAYS_WHY = {"desk.begin", "desk.end"}
OVERSIGHT = {
    "supervision.page", "supervision.still_open", "supervision.statistics", "supervision.csv", "supervision.workbook",
    "supervision.advice", "supervision.replay", "supervision.fairness", "supervision.poster",
    "supervision.story", "supervision.day_file", "statistics",
}  # fmt: skip
OWN = {"agents.choose", "agents.choose_post", "agents.stay", "agents.logout", "openapi", "board", "counters", "ticket"}
#: Values of the tabs that stand nowhere else, by the right that shows them.
IN_TABS = {
    "employments": ["Ets Djoué Commerce"], "salary": ["140\u202f000"], "relationships": ["BAMOU Grâce"],
    "cases": ["2013-00412"], "payments": ["98\u202f000", "28/06/2013"], "accounts": ["01013451300"],
}  # fmt: skip
_TABS = (
    "identity",
    "employments",
    "contributions",
    "relationships",
    "cases",
    "documents",
    "payments",
    "letters",
    "accounts",
)
#: Pages of the other services that show somebody; who may not open them gets none of it.
_OTHER_SERVICES = (
    "certificate?ref=P1",
    "certificate?q=2133415888",
    "certificate/search?q=2133415888",
    "request/new?ref=P1",
    "request",
)


def planted(record: dict[str, str]) -> list[tuple[str, str]]:
    """Each value of a record that says who it is about, as it would be read, with the field that it is of."""
    told = {name: value for name, value in record.items() if name in FIELD_RIGHTS and len(value) > 3}
    return [
        (name, wording.value("fr", name, value)) for name, value in told.items() if name not in ("type", "category")
    ]


def test_every_role_is_tried():
    assert set(CODE_OF) == set(ROLES)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_no_page_shows_what_the_readers_role_does_not_give(house, role):
    """Every page and part, whole and alone; of somebody, of an employer, of a restricted file."""
    reader = house.browser(CODE_OF[role])
    reader.contact()
    texts = [reader.file("P1", f"?tab={tab}").text for tab in _TABS]
    texts += [reader.open(f"/desk/inquiry/{page}/P1").text for page in ("file", "synthesis", "similar")]
    texts += [reader.search("2133415888").text, reader.open("/desk/strip").text]
    texts += [reader.open(f"/desk/{page}").text for page in _OTHER_SERVICES]
    everything = " ".join(texts)
    for field, value in planted(WHOLE):
        assert (value in everything) is may_see({role}, field), (role, field, value)
    for right, values in IN_TABS.items():
        for value in values:
            assert (value in everything) is may_see({role}, right), (role, right, value)
    employer = " ".join(reader.file("E1", f"?tab={tab}").text for tab in ("identity", "employees", "contributions"))
    for field, value in planted(EMPLOYER):
        assert (value in employer) is may_see({role}, field), (role, field, value)
    assert ("134\u202f848" in employer) is may_see({role}, "contributions")
    hidden = " ".join([*texts, employer, *(reader.file("P3", f"?tab={tab}").text for tab in _TABS)])
    for value in ("Ombeline", "02/02/1971", "999\u202f111"):
        assert (value in hidden) is may_see({role}, "employments", restricted=True), (role, value)


def urls(house):
    """Every endpoint with an address that could be asked for, and the methods it takes."""
    values = {
        "ref": "P1", "visit": "0" * 26, "rank": 1, "ticket": "0" * 26, "step": "confirm", "job": 1,
        "outcome": "printed", "device": "K1", "answer": 1, "code": JUDITH, "counter": "02",
        "certificate": 1, "number": 1, "notice": 1, "entry": 1, "proposal": 1, "ask": 1,
        "session": 1, "closing": 1, "document": 1, "prepared": 1, "request_id": 1,
        "message": 1, "letter": 1, "scan": 1, "page": 1, "wave": 1, "millimetres": 80,
    }  # fmt: skip
    for rule in house.app.url_map.iter_rules():
        needed = {name: values.get(name, "x") for name in rule.arguments}
        path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda found, given=needed: str(given[found[1]]), rule.rule)
        for method in rule.methods & {"GET", "POST"}:
            yield rule.endpoint.removeprefix("api."), method, path


def test_the_executive_looks_and_everything_else_is_refused(house):
    director = house.browser("00101X")
    director.open("/desk/inquiry")
    csrf = re.search(r'name="csrf" value="([^"]+)"', director.text)[1]
    refused: list[str] = []
    for endpoint, method, path in urls(house):
        if endpoint in rights.PUBLIC or rights.is_static(endpoint) or endpoint == "agents.lock":
            continue  # their own screen they may lock, and are then refused everything
        answer = director.client.open(
            path, method=method, data={"csrf": csrf, "key": "x"} if method == "POST" else None
        )
        mine = endpoint in READS | SAYS_WHY | OVERSIGHT | OWN
        assert (answer.status_code == 403) is not mine, (endpoint, method, path, answer.status_code)
        assert method == "GET" or not mine or endpoint in SAYS_WHY | OWN, f"{endpoint} changes something"
        refused += [endpoint] if answer.status_code == 403 else []
    written = [json.loads(row["payload"])["what"] for row in house.entries("access_refused")]
    assert written == list(dict.fromkeys(refused)), "each refusal is in the journal, once a minute"
    assert {"desk.requester", "inquiry.note", "reception.give", "issue"} <= set(written)


def test_the_executive_finds_reads_prints_and_sees_the_figures(house):
    director = house.browser("00101X")
    assert "BAMOU Jérôme" in director.search("bamou").words
    refused = director.send("/desk/contact", part=False, channel="", motive="")
    assert (refused.status, "Choisissez le canal" in refused.words, "callbar" in refused.text) == (422, True, False)
    director.contact("control", "contrôle de mars")
    assert "BAMOU Jérôme" in director.file("P1").words
    assert "Demandé" not in director.open("/desk/inquiry").words, "an executive notes nothing"
    assert "Fiche synthétique · BAMOU Jérôme" in director.open("/desk/inquiry/synthesis/P1").words
    assert director.open("/supervision/statistics").status == 200
    assert [(row["channel"], row["agent"]) for row in house.looks()] == [("control", "00101X")] * 2


def test_a_form_of_another_site_changes_nothing(house, judith):
    visit = house.visitor()
    for path in (
        f"/desk/visits/{visit}/requester",
        f"/desk/visits/{visit}/concerned",
        "/desk/contact",
        "/desk/inquiry/notes",
    ):
        assert judith.send(path, csrf=False, name="x", party="P1").status == 403
    assert house.entries("requester_named") + house.entries("concerned_added") == []


def test_nobody_who_is_not_signed_in_reads_anything(house):
    stranger = house.app.test_client()
    for path in ("/desk/inquiry", "/desk/inquiry/search?q=bamou", "/desk/inquiry/file/P1", "/desk/strip"):
        answer = stranger.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, "BAMOU" in answer.text) == (302, False)


def test_what_is_refused_about_something_that_is_not_there_is_refused_and_no_fault_of_ours(house):
    """A room says a refusal on the page of its subject: without one the common page says it, not a 500."""
    cashier = house.browser("01022K")
    assert cashier.send("/desk/cash/orders/999", step="x").status == 404
