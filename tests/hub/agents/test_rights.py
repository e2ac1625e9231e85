"""Who may do what: the table against a second one written by hand, cell by cell."""

from __future__ import annotations

import pytest

from hub.agents import rights
from hub.agents.model import DEVICE_KINDS, ENROLLING, LOCKED, NEWCOMER, PROVING, ROLES
from hub.ask import HUB, Actor
from hub.errors import NotAllowed

EVERYBODY = (*ROLES, *DEVICE_KINDS, NEWCOMER, PROVING, ENROLLING, LOCKED)
DESK = {"return", "cancel", "let_pass", "priority", "confirm_paper", "reprint"}
STEPS = {
    "next", "recall", "start", "finish", "no_show", "hold", "resume", "transfer", "release", "undo", "pick",
    "alarm",
}  # fmt: skip
SEAT = {"open", "pause", "unpause", "close"}
#: An agent's own, which no panel and no program takes up.
WORK = {"work", "work_end"}
DAY = {"day_open", "day_close", "mode"}
SELF = {"trouble", "print_take", "print_report"}
#: What visitors do at a kiosk with what is theirs.
OWN = {"own_cancel", "own_let_pass", "expected", "unbook"}
AGENDA = {"arrive", "times", "book"}
READS = {"board", "counters", "ticket", "openapi"}
CHOICE = {"agents.choose", "agents.choose_post"}
PASSWORD = CHOICE | {"agents.lock", "agents.stay"}
BOXES = {"agents.devices", "agents.revoke_device"}
PEOPLE = {"agents.people", "agents.add", "agents.change", "agents.reset", "agents.remove", "agents.forget_factor"}
#: role → all that it may; what is not here it may not.
MAY: dict[str, set[str]] = {
    "kiosk": {"issue", "printed", "shown", "failed", "help", "scanned"} | OWN | SELF | AGENDA,
    "display": {"trouble", "board"},
    "panel": STEPS | SEAT | SELF | {"board", "counters"},
    "printer": SELF,
    "api": {"issue", "statistics", "statistics_agents", "events", "metrics"}
    | AGENDA
    | STEPS
    | SEAT
    | DESK
    | DAY
    | READS,
    "receptionist": {"issue", "helped", "devices"} | STEPS | SEAT | WORK | DESK | READS | PASSWORD | AGENDA,
    "clerk": STEPS | SEAT | WORK | READS | PASSWORD,
    "collections_cashier": STEPS | SEAT | WORK | READS | PASSWORD,
    "benefits_cashier": STEPS | SEAT | WORK | READS | PASSWORD,
    "case_officer": STEPS | SEAT | WORK | READS | PASSWORD,
    "medical_officer": STEPS | SEAT | WORK | READS | PASSWORD,
    "validator": STEPS | SEAT | WORK | READS | PASSWORD,
    "head_cashier": READS | PASSWORD,
    "supervisor": {
        "issue",
        "helped",
        "devices",
        "statistics",
        "statistics_agents",
        "correct_end",
        "metrics",
        "alarm_answer",
        "work_recall",
    }
    | SEAT
    | DESK
    | AGENDA
    | DAY
    | READS
    | PASSWORD
    | PEOPLE
    | BOXES,
    "executive": {"statistics"} | READS | PASSWORD,
    "auditor": {"statistics", "events", "metrics"} | READS | PASSWORD,
    "admin": {"devices", "metrics"} | DAY | (READS - {"ticket"}) | PASSWORD | PEOPLE | BOXES | {"agents.pair_device"},
    NEWCOMER: CHOICE,
    PROVING: {"agents.second", "agents.second_post"},
    ENROLLING: {"agents.enrol", "agents.enrol_post"},
    LOCKED: {"agents.locked"},
}
MINE = frozenset().union(*MAY.values())


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_cell(role):
    may = {what for what in MINE if rights.allowed(Actor(agent="x", roles=frozenset({role})), what)}
    assert (may - MAY[role], MAY[role] - may) == (set(), set()), f"{role} may too much, too little"


def test_the_second_table_leaves_nothing_out():
    """Pages of other rooms are theirs to test; asks, reads and our own pages are all here."""
    ours = {name for name in rights.RIGHTS if name.startswith("agents.")}
    assert rights._ASKS.keys() | rights._READS.keys() | ours == MINE


def test_no_device_opens_a_page_of_the_staff():
    pages = {name: row for name, row in rights.RIGHTS.items() if name not in rights._ASKS and name not in rights._READS}
    assert {name for name, row in pages.items() if not row.isdisjoint(DEVICE_KINDS)} == set()


def test_roles_are_known_ones():
    assert {role for row in rights.RIGHTS.values() for role in row} <= set(EVERYBODY)


def test_what_has_no_row_nobody_may():
    assert not rights.allowed(HUB, "format_disk")
    assert [role for role in EVERYBODY if rights.allowed(Actor(roles=frozenset({role})), "format_disk")] == []


def test_names_without_a_row_are_found():
    assert rights.undeclared(["next", "healthz", "look.static", "cash.pay", "agents.login", "a.page"]) == [
        "a.page",
        "cash.pay",
    ]


def test_nobody_may_do_what_is_public_and_no_more():
    assert rights.allowed(None, "healthz")
    assert rights.allowed(Actor(), "agents.login")
    assert not rights.allowed(None, "board")
    assert not rights.allowed(Actor(), "board")


# --- at which counter ------------------------------------------------------------------------

PANEL = Actor(device="P1", roles=frozenset({"panel"}), counters=("05", "06"))
CLERK = Actor(agent="00902F", roles=frozenset({"clerk"}))


def test_a_panel_works_the_counters_it_holds():
    rights.may_at(PANEL, "05", None)
    rights.may_at(PANEL, "06", "somebody", opening=True)
    with pytest.raises(NotAllowed, match="does not hold counter 07: pair it again") as refused:
        rights.may_at(PANEL, "07", "00902F")
    assert refused.value.as_json()["counters"] == ["05", "06"]


def test_an_agent_works_where_they_are_signed_on():
    rights.may_at(CLERK, "05", "00902F")
    rights.may_at(CLERK, "06", None, opening=True)
    for signed_on in (None, "00907F"):
        with pytest.raises(NotAllowed, match="sign on there first"):
            rights.may_at(CLERK, "06", signed_on)


@pytest.mark.parametrize("role", ["supervisor", "api", "hub"])
def test_some_work_anywhere(role):
    rights.may_at(Actor(agent="x", roles=frozenset({role})), "05", None)


def test_nobody_works_nowhere():
    with pytest.raises(NotAllowed):
        rights.may_at(Actor(), "05", None)
