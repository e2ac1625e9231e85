"""Whoever looks at a file is written down first, and sees what their role may."""

import ast
from pathlib import Path

import pytest

from hub.admin import answer
from hub.agents.model import ROLES
from hub.ask import Actor
from hub.errors import NotFound, Unreadable
from hub.people import rules, store
from hub.people.model import MASKED
from hub.people.synthesis import synthesis
from hub.say import say
from hub.verify import Rooms, verify
from tests.hub.people.town import BAMOU, CLERK, OFFICER, RECEPTION

ROOT = Path(__file__).parents[3]
EMPLOYER = {"ref": "E1", "type": "employer", "number": "9000001", "name": "Ets Djoué Commerce"}


@pytest.fixture
def family(town):
    town.import_("employers", EMPLOYER)
    child = BAMOU | {"ref": "P2", "number": None, "roles": "dependant", "first_names": "Grâce"}
    star = BAMOU | {"ref": "P3", "number": "9000000003", "first_names": "Odile", "restricted": "1"}
    town.import_("people", BAMOU | {"birth_date": "1960-01-01"}, child, star)
    town.import_(
        "relationships", {"ref": "R1", "party": "P1", "other": "P2", "type": "child", "start": "2009", "dependent": 1}
    )
    town.import_("employments", {"ref": "J1", "party": "P1", "employer": "E1", "start": "1994-03", "salary": "140 000"})
    town.import_("contributions", {"ref": "C1", "party": "E1", "period": "2012-T4", "due": 134848, "paid": 0})
    town.import_("accounts", {"ref": "B1", "party": "P1", "rib": "30012001010101345130093", "state": "valid"})
    return town


def test_from_employer_to_employee_to_child_each_name_is_a_link(family):
    employer = family.look("E1")
    assert employer.totals["owed"] == 134_848
    assert employer.totals["unpaid"] == ["2012-T4"]
    employee = employer.tabs["employees"][0]
    assert (employee["link"].name, employee["dependants"]) == ("BAMOU Jérôme", 1)
    person = family.look(employee["link"].ref)
    assert person.tabs["employments"][0]["link"].ref == "E1"
    child = family.look(person.tabs["relationships"][0]["link"].ref)
    assert child.title == "BAMOU Grâce"
    assert child.tabs["relationships"][0]["inverse"] == 1


def test_as_many_looks_in_the_journal_as_were_made(family):
    for ref in ("P1", "P2", "P1"):
        family.look(ref)
    with pytest.raises(NotFound):
        family.look("P99")
    with pytest.raises(Unreadable, match="say why"):
        family.look("P1", channel="telephone")
    assert len(family.journal("party_read")) == 3
    assert [row["agent"] for row in store.reads_of(family.hub.reader, "P1")] == ["00815D", "00815D"]


def test_a_look_without_a_ticket_says_its_channel_and_its_motive(family):
    family.look("P1", channel="mail", motive="  lettre du 12 mars ")
    row = store.reads_of(family.hub.reader, "P1")[0]
    assert (row["channel"], row["motive"], row["ticket"]) == ("mail", "lettre du 12 mars", None)


def test_the_public_part_of_the_journal_names_no_person(family):
    family.look("P1", channel="mail", motive="BAMOU écrit")
    row = family.journal("party_read")[0]
    assert "P1" not in row["payload"]
    assert "BAMOU" not in row["payload"] + row["subject"]


def test_what_a_role_may_not_see_is_masked_in_fields_tabs_and_totals(family):
    seen = family.look("P1", actor=RECEPTION)
    assert seen.title == "BAMOU Jérôme"
    assert seen.tabs["employments"] == seen.tabs["accounts"] == seen.totals["accounts"] == MASKED
    assert seen.fields["id_number"] == MASKED
    assert family.look("P1", actor=CLERK).tabs["employments"][0]["salary"] == 140_000
    assert family.look("P1", actor=CLERK).tabs["accounts"] == MASKED
    assert "30012001010101345130093" not in repr(family.look("P1", actor=CLERK))
    assert family.look("P1", actor=OFFICER).tabs["accounts"][0]["rib"] == "30012001010101345130093"


def test_a_restricted_file_shows_a_clerk_that_it_is_there_and_no_more(family):
    seen = family.look("P3", actor=CLERK)
    assert "Odile" not in repr(seen)
    assert seen.fields["number"] == "9000000003"
    assert family.look("P3", actor=OFFICER).title == "BAMOU Odile"


def test_the_synthetic_sheet_is_one_page_of_what_the_reader_may_see(family):
    lines = dict(synthesis(family.look("P1", actor=CLERK)))
    assert lines["people.sum_name"] == "BAMOU Jérôme"
    assert lines["people.sum_employer"].ref == "E1"
    assert lines["people.sum_family"] == 1
    assert dict(synthesis(family.look("E1")))["people.sum_unpaid"] == ["2012-T4"]
    assert dict(synthesis(family.look("P1", actor=RECEPTION)))["people.sum_employer"] == MASKED


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_line_of_the_synthetic_sheet_and_each_tab_has_its_word(family, language):
    whole = family.look("P1")
    for word in (*dict(synthesis(whole)), *(f"people.tab_{tab}" for tab in whole.tabs), "people.sum_unpaid"):
        assert say(language, word)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_sees_a_value_that_its_rights_do_not_give(family, role):
    """From the table, not by hand: every value of every field and tab is looked for in what is handed out."""
    actor = Actor(agent="00990Z", roles=frozenset({role}))
    for ref in ("P1", "P3", "E1"):
        seen, restricted = family.look(ref, actor=actor), ref == "P3"
        for name in (*seen.fields, *seen.tabs):
            right = "employments" if name == "employees" else name
            value = seen.fields.get(name, seen.tabs.get(name))
            assert (value == MASKED) is not rules.may_see({role}, right, restricted=restricted), (role, ref, name)


def test_only_the_action_that_writes_it_down_opens_a_file():
    """A page that reads sheets by itself would be a look that nobody journals."""
    knows = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "hub").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom)
        and (
            node.module == "hub.people.sheets"
            or (node.module == "hub.people" and "sheets" in {a.name for a in node.names})
        )
    }
    assert knows <= {"hub/people/actions.py", "hub/bench/people.py"}


# --- imports in the journal ----------------------------------------------------------------------


def test_the_end_of_an_import_is_journalled_once_and_replays(family):
    run = family.import_("people", BAMOU | {"birth_date": "1961"}, {"ref": "P8", "name": "x"})
    told = {"kind": "people", "digest": run.digest, "key": "import:1"}
    first = answer(family.hub, "import_ended", dict(told))
    again = answer(family.hub, "import_ended", dict(told))
    assert first == again
    assert (first["changed"], first["refused"]) == (1, 1)
    assert [row["what"] for row in store.imports(family.hub.reader)] == ["people"]
    family.look("P1")
    rooms = Rooms(family.rooms.appliers, family.rooms.migrations, family.rooms.state_tables)
    assert verify(family.data, rooms).problems == []


def test_an_import_that_has_not_ended_is_not_told(family):
    refused = answer(family.hub, "import_ended", {"kind": "people", "digest": "0" * 64, "key": "k"})
    assert refused["error"]["code"] == "not_found"


def test_the_queue_and_its_replay_need_no_replica(town):
    """`mbote verify` and the queue go on where `people.db` was lost."""
    assert not (town.data / "people.db").exists()
    rooms = Rooms(town.rooms.appliers, town.rooms.migrations, town.rooms.state_tables)
    assert verify(town.data, rooms).problems == []
    assert town.refs("bamou") == []
