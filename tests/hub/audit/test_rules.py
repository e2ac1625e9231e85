"""Families, filters and duties that exclude each other."""

from zoneinfo import ZoneInfo

import pytest

from hub import journal
from hub.audit import rules
from hub.errors import Unreadable
from hub.rooms import brought
from hub.say import words
from hub.services.ports import folders, load

ZONE = ZoneInfo("Africa/Brazzaville")
KNOWN = {event.kind: event for event in {**journal.APPLIERS, **brought(load(folders())).appliers}}


def test_every_kind_has_a_family_and_a_name_in_both_languages():
    for language in ("fr", "en"):
        said = words(language, "audit")
        assert sorted(kind for kind in KNOWN if f"kind_{kind}" not in said) == [], language
        own = {rules.family_of(kind, event) for kind, event in KNOWN.items()} - set(folders())
        assert sorted(each for each in own if f"family_{each}" not in said) == [], language
    assert sorted(kind for kinds in rules.FAMILIES.values() for kind in kinds if kind not in KNOWN) == []


def test_a_services_events_are_its_own_family():
    assert rules.family_of("request_taken", KNOWN["request_taken"]) == "request"
    assert rules.family_of("ticket_called", KNOWN["ticket_called"]) == "queue"
    assert rules.family_of("never_heard_of", None) == "queue"
    assert "certificate_issued" in rules.kinds_of("certificate", KNOWN)
    with pytest.raises(Unreadable):
        rules.kinds_of("nothing", KNOWN)


def test_days_are_local_and_the_last_one_is_whole():
    found = rules.wanted({"from": "2026-03-02", "to": "2026-03-02", "agent": " 00815D "}, ZONE)
    assert (found.until - found.since, found.agent) == (24 * 3_600_000, "00815D")
    assert found.since == 1_772_406_000_000  # 23:00 UTC of the day before


@pytest.mark.parametrize(
    ("said", "code"),
    [({"from": "2 mars"}, "bad_day"), ({"to": "2026-02-30"}, "bad_day"),
     ({"from": "2026-03-02", "to": "2026-03-01"}, "bad_range")],
)  # fmt: skip
def test_what_is_no_day_is_refused(said, code):
    with pytest.raises(Unreadable) as refused:
        rules.wanted(said, ZONE)
    assert refused.value.reason == code


@pytest.mark.parametrize(
    ("roles", "why"),
    [
        (["collections_cashier"], ()),
        (["clerk", "receptionist"], ()),
        (["collections_cashier", "head_cashier"], ("own_closing",)),
        (["benefits_cashier", "clerk"], ("counter_and_cash",)),
        (["clerk", "validator"], ("own_deposit",)),
        (["supervisor", "head_cashier"], ("cash",)),
        (["auditor", "admin", "clerk"], ("admin_acts", "auditor_acts")),
    ],
)
def test_duties_that_exclude_each_other_are_named(roles, why):
    assert rules.conflicts(roles) == why
