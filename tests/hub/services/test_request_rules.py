"""What may happen to a request, and by when it is answered: tables, no hub."""

from datetime import date

import pytest

from hub.days import due
from hub.errors import ConfigurationFault, IllegalStep, Refused, Unreadable
from hub.services.request import rules
from hub.services.request.model import Request
from hub.services.request.office import office_of
from hub.settings_files import load_settings
from tests.hub.services.conftest import CONFIG

OFFICE = office_of(load_settings(CONFIG))


def request(state="open", **values):
    known = {
        "id": 1, "label": "REQ-2013-000001", "what": "request", "reason": "missing_months", "state": state, "level": 1,
        "escalation": None, "service": "24", "owner": None, "ticket": 1, "day": 1, "agent": "A", "channel": "counter",
        "party": "P1", "visitor": "BAMOU", "reach": None, "text": "?", "answer": None, "answer_channel": None,
        "answered_on": None, "opened_on": "2013-04-29", "due_on": "2013-05-14", "at": 0,
    }  # fmt: skip
    return Request(**known | values)


def test_the_days_are_those_of_the_requirements():
    assert dict(OFFICE.days) == {"inquiry": 2, "certificate_request": 2, "request": 10, "complaint": 15}


def test_an_agency_has_its_own_days_and_reasons(tmp_path):
    settings = load_settings(CONFIG)
    object.__setattr__(settings, "folder", tmp_path)
    (tmp_path / "requests.toml").write_text("[days]\ncomplaint = 5\n")
    office = office_of(settings)
    assert (office.days["complaint"], office.days["inquiry"]) == (5, 2)
    assert "missing_months" in office.reasons


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("day = []", "unknown key day, did you mean days?"),
        ("[days]\ncomplain = 5", "no kind complain, did you mean complaint?"),
        ("[days]\ncomplaint = 0", "1 to 250"),
        ("[reasons]\nx = 3", "x: a word in small letters"),
        ("[", "cannot be read"),
    ],
)
def test_what_is_wrong_in_them_is_named(tmp_path, written, problem):
    settings = load_settings(CONFIG)
    object.__setattr__(settings, "folder", tmp_path)
    (tmp_path / "requests.toml").write_text(written)
    with pytest.raises(ConfigurationFault, match=r"requests\.toml") as fault:
        office_of(settings)
    assert problem in str(fault.value)


#: Every step from every state: where it leads, or nothing.
ALLOWED = {
    ("open", "resolve"): "resolved", ("open", "escalate"): "escalated", ("escalated", "take"): "in_hand",
    ("escalated", "pass_on"): "escalated", ("escalated", "note"): "escalated", ("in_hand", "answer"): "answered",
    ("in_hand", "ask_visitor"): "awaiting_visitor", ("in_hand", "note"): "in_hand", ("in_hand", "pass_on"): "escalated",
    ("awaiting_visitor", "reply"): "in_hand", ("awaiting_visitor", "note"): "awaiting_visitor",
    ("answered", "inform"): "closed", ("answered", "contest"): "escalated", ("closed", "contest"): "escalated",
}  # fmt: skip


def test_each_step_leads_where_the_requirements_say_and_no_other_does():
    steps = {name for _, name in ALLOWED}
    for state in rules.STEPS:
        for name in steps:
            if (state, name) in ALLOWED:
                assert rules.step(request(state), name) == ALLOWED[state, name]
            else:
                with pytest.raises(IllegalStep):
                    rules.step(request(state), name)


@pytest.mark.parametrize(
    ("on", "allowed"), [(date(2013, 5, 2), True), (date(2013, 7, 1), True), (date(2013, 7, 2), False)]
)
def test_an_answer_is_contested_within_sixty_days(on, allowed):
    answered = request("closed", answered_on="2013-05-02", level=2)
    if allowed:
        event = rules.contest(answered, "toujours pas", on, OFFICE)
        assert (event.level, event.due_on) == (3, due(on, 10, OFFICE.calendar).isoformat())
    else:
        with pytest.raises(Refused):
            rules.contest(answered, "toujours pas", on, OFFICE)


def test_above_the_third_level_there_is_none():
    with pytest.raises(Refused) as error:
        rules.contest(request("answered", answered_on="2013-05-02", level=3), "non", date(2013, 5, 3), OFFICE)
    assert error.value.reason == "highest_level"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: rules.opened("wish", "other", "counter", "x", OFFICE), "what_needed"),
        (lambda: rules.opened("request", "weather", "counter", "x", OFFICE), "reason_needed"),
        (lambda: rules.opened("request", "other", "dream", "x", OFFICE), "unknown_channel"),
        (lambda: rules.opened("request", "other", "counter", " \n ", OFFICE), "text_needed"),
        (lambda: rules.opened("request", "other", "counter", "x" * 2001, OFFICE), "text_long"),
        (lambda: rules.escalate(request(), "bored", "24", ("24",)), "why_needed"),
        (lambda: rules.escalate(request(), "complex", "99", ("24",)), "desk_needed"),
        (lambda: rules.pass_on(request("in_hand"), "24", "x", ("24", "21")), "desk_needed"),
        (lambda: rules.answer(request("in_hand"), "pigeon", "x", date(2013, 5, 2)), "channel_needed"),
    ],
)
def test_what_is_missing_is_asked_for(call, code):
    with pytest.raises(Unreadable) as error:
        call()
    assert error.value.reason == code


def test_late_is_who_has_no_answer_when_the_day_is_over():
    assert not request("in_hand").late("2013-05-14")
    assert request("in_hand").late("2013-05-15")
    assert not request("answered").late("2013-06-01")
