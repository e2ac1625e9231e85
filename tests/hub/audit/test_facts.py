"""The details of an entry in the auditor's language: each field of each event has a name, each word a meaning."""

import inspect
import re
import typing
from dataclasses import fields
from zoneinfo import ZoneInfo

import pytest

from hub.audit import facts
from hub.say import words
from tests.hub.audit.test_rules import KNOWN

ZONE = ZoneInfo("Africa/Brazzaville")
LANGUAGES = ("fr", "en")
FIELDS = {(kind, field.name) for kind, event in KNOWN.items() for field in fields(event)}


def _choices(hint):
    if typing.get_origin(hint) is typing.Literal:
        return set(typing.get_args(hint))
    return set().union(*map(_choices, typing.get_args(hint)))


#: (field, value) of all facts that can only say a few things.
CHOICES = {
    (name, value)
    for event in KNOWN.values()
    for name, hint in typing.get_type_hints(event).items()
    for value in _choices(hint) - {""}
}
#: What entries are about: `ticket` of `ticket 42`.
NOUNS = {re.search(r'return f?"(\w+)', inspect.getsource(event.subject.fget))[1] for event in KNOWN.values()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_every_event_has_a_name(language):
    said = words(language, "audit")
    assert sorted({name for _, name in FIELDS if f"field_{name}" not in said}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_fact_can_only_say_in_a_few_words_has_a_word(language):
    said = words(language, "audit")
    assert len(CHOICES) > 100
    assert sorted(f"{name}_{value}" for name, value in CHOICES if f"value_{name}_{value}" not in said) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_an_entry_is_about_has_a_word_that_may_also_be_typed(language):
    assert "ticket" in NOUNS
    assert sorted(noun for noun in NOUNS if f"subject_{noun}" not in words(language, "audit")) == []
    for noun in NOUNS:
        for said in (f"{noun} 42", facts.subject(language, f"{noun} 42"), facts.subject(language, noun).upper()):
            assert facts.typed_subject(language, said).partition(" ")[0] == noun, said
    assert facts.typed_subject("fr", "guichet 05") == "counter 05"
    assert facts.typed_subject("fr", "guichets 05") == "guichets 05"
    assert facts.subject("fr", "newcomer 1") == "newcomer 1"


def test_no_name_is_left_of_a_field_or_a_value_that_is_no_more():
    known = {f"field_{name}" for _, name in FIELDS} | {f"field_{kind}_{name}" for kind, name in FIELDS}
    known |= {f"value_{name}_{value}" for name, value in CHOICES} | {f"subject_{noun}" for noun in NOUNS}
    for language in LANGUAGES:
        assert {
            each for each in words(language, "audit") if each.startswith(("field_", "value_", "subject_"))
        } <= known, language


def test_no_entry_says_two_things_under_one_name():
    for language in LANGUAGES:
        for kind, event in KNOWN.items():
            names = [facts.field(language, kind, field.name) for field in fields(event)]
            assert len(names) == len(set(names)), (language, kind, sorted(names))


def test_an_entry_is_told_in_the_auditors_words_and_units():
    entry = {
        "number": 183, "what": "collection", "amount": 1446117, "certain": True, "service_ms": 245_000,
        "said_at": 1_772_406_000_000, "lines": [], "account": "", "reverses": None, "later_word": "x" * 70,
    }  # fmt: skip
    assert list(facts.told("fr", ZONE, "cash_entry_made", entry)) == [
        ("number", "quittance n°", "183"),
        ("what", "nature", "encaissement"),
        ("amount", "montant", "1\u202f446\u202f117"),
        ("certain", "durée sûre", "✓"),
        ("service_ms", "durée au guichet", "4 min 05 s"),
        ("said_at", "daté de", "02/03/2026 00:00:00"),
        ("later_word", "later_word", "x" * 60 + "…"),
    ]
    call = {"why": "waited:12", "passed": [7, 8]}
    assert [said for *_, said in facts.told("en", ZONE, "ticket_called", call)] == ["waited 12 min", "7, 8"]
    assert facts.field("en", "ticket_issued", "number") == "place in the day"


@pytest.mark.parametrize(
    ("ms", "said"), [(0, "0 s"), (2_500, "2.5 s"), (-90_000, "−1 min 30 s"), (60_000, "1 min 00 s")]
)
def test_a_duration_is_short(ms, said):
    assert [value for *_, value in facts.told("fr", ZONE, "clock_corrected", {"by_ms": ms})] == [said]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([["10000", 3, ""], ["5000", 1, "x"]], "10000, 3, ; 5000, 1, x"),
        (
            [{"first": "2026-01", "paid": True}, {"first": "2026-02", "paid": None}],
            "first 2026-01, paid ✓; first 2026-02, paid –",
        ),
        ({"DEP": ["05", "06"]}, "DEP 05, 06"),
        (["7", "8"], "7, 8"),
    ],
)
def test_a_list_of_tables_is_read_and_not_spelled(value, said):
    assert facts.short(value) == said
