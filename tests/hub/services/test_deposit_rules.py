"""What may happen to a deposit, what is read from what was typed, and what is missing: tables, no hub."""

import re
from datetime import date

import pytest

from hub.errors import ConfigurationFault, IllegalStep, NotAllowed, Refused, Unreadable
from hub.services.deposit import catalogue, intake, periodic, rules
from hub.services.deposit.intake import Has, Missing, completeness, needs
from hub.services.deposit.model import Concerned, Deposit, Depositor, Document, Draft, Reason, Row
from tests.hub.services.conftest import CONFIG

LISTS = catalogue.load(CONFIG)
ON = date(2013, 5, 16)


def document(state="deposited", **values):
    known = {"id": 1, "deposit": 1, "line": 1, "rank": 1, "event": "PVN", "type": "0102", "copy_kind": "copy",
             "copies": 1, "expired": False, "state": state}  # fmt: skip
    return Document(**known | values)


def deposit(state="deposited", agent="00902F"):
    return Deposit(1, state, "2013/000001", 1, "2013-05-16", "counter", "simple", None, "2", None, None, "05", agent,
                   "self", "identity_card", "JEROME", None, None, 0)  # fmt: skip


# --- the lists (D.5, D.5b) -------------------------------------------------------------------


def test_the_fund_knows_54_documents_and_17_events():
    assert (len(LISTS.types), len(LISTS.events)) == (54, 17)
    assert {code[:2] for code in LISTS.types} == {"01", "02", "03", "04", "05", "06", "07"}
    assert LISTS.types["0102"].months == 3
    assert [code for code, each in LISTS.types.items() if each.own_expiry] == ["0101", "0103"]
    periodic = {code: each.periods for code, each in LISTS.types.items() if each.periods}
    assert periodic["0510"] == ("month", "quarter")
    assert periodic["0408"] == ("half",)


def test_a_new_document_and_event_are_data(tmp_path):
    (tmp_path / "deposits").mkdir()
    (tmp_path / "deposits/document_types.toml").write_text('["0999"]\nlabel = { fr = "Nouvelle pièce" }\n')
    (tmp_path / "deposits/life_events.toml").write_text(
        '[circumstance]\nabroad = { kind = "yes", ask = { fr = "Réside à l\'étranger" } }\n'
        '[NEW]\nlabel = { fr = "Nouvel événement" }\nexpects = [{ any = ["0999"], when = "abroad" }]\n'
    )
    lists = catalogue.load(tmp_path)
    assert lists.asked_of("NEW") == ("abroad",)
    assert [each.any for each in needs("NEW", {"abroad": 1}, lists)] == [("0999",)]
    assert needs("NEW", {}, lists) == ()


@pytest.mark.parametrize(
    ("file", "written", "problem"),
    [
        ("document_types.toml", '["0999"]\nlabels = {}', "0999: unknown key labels, did you mean label?"),
        ("document_types.toml", '["99"]\nlabel = { fr = "x" }', "99: no code of the form"),
        ("document_types.toml", '["0999"]\nlabel = {}', "0999: write its name in one language at least"),
        ("document_types.toml", '["0999"]\nlabel = { fr = "x" }\nissue = "perhaps"', "0999: issue: Input should be"),
        ("document_types.toml", '"0999" = 3', "0999: a table such as"),
        ("document_types.toml", "[", "cannot be read"),
        ("life_events.toml", '[NEW]\nlabel = { fr = "x" }\nexpects = [{ any = ["0998"] }]', "no document type 0998"),
        (
            "life_events.toml",
            '[NEW]\nlabel = { fr = "x" }\nexpects = [{ any = ["0101"], when = "maried" }]',
            "no circumstance maried, did you mean married?",
        ),
        (
            "life_events.toml",
            '[NEW]\nlabel = { fr = "x" }\nexpects = [{ any = ["0101"], per = "married" }]',
            "a circumstance that is counted",
        ),
        ("life_events.toml", '[NEW]\nlabel = { fr = "x" }\nexpects = [{ any = [] }]', "one of `any`"),
        ("life_events.toml", "circumstance = 3", "a table of circumstances"),
    ],
)
def test_what_is_wrong_in_a_list_is_named(tmp_path, file, written, problem):
    (tmp_path / "deposits").mkdir()
    (tmp_path / "deposits" / file).write_text(written)
    with pytest.raises(ConfigurationFault, match=f"deposits/{file}") as fault:
        catalogue.load(tmp_path)
    assert problem in str(fault.value)


# --- dates and periods -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("110213", date(2013, 2, 11)),
        ("11022013", date(2013, 2, 11)),
        ("11/02/2013", date(2013, 2, 11)),
        ("1/2/13", date(2013, 2, 1)),
        ("11.02.2013", date(2013, 2, 11)),
        ("2013-02-11", date(2013, 2, 11)),
        ("230766", date(1966, 7, 23)),  # beyond twenty years from now: the last century
        ("010133", date(2033, 1, 1)),
        ("23071966", date(1966, 7, 23)),
        ("", None),
        ("  ", None),
    ],
)
def test_a_date_is_typed_as_hands_do(typed, meant):
    assert intake.date_typed(typed, ON) == meant


@pytest.mark.parametrize("typed", ["31022013", "1102", "demain", "00/00/2013", "1102201", "11-02", "²²²²²²", "1e0213"])
def test_what_is_no_date_is_none(typed):
    with pytest.raises(ValueError, match=r"."):
        intake.date_typed(typed, ON)


@pytest.mark.parametrize(
    ("typed", "lengths", "meant"),
    [
        ("03/2013", ("month", "quarter"), "2013-03"),
        ("2013-03", ("month", "quarter"), "2013-03"),
        ("1T 2013", ("month", "quarter"), "2013-T1"),
        ("1t2013", ("month", "quarter"), "2013-T1"),
        ("", ("month", "quarter"), None),
        ("", ("half",), "2013-S1"),
        ("2S2013", ("half",), "2013-S2"),
        ("", ("year",), "2013"),
        ("2012", ("year",), "2012"),
    ],
)
def test_a_period_is_the_one_typed_or_that_of_today(typed, lengths, meant):
    assert intake.period_typed(typed, lengths, ON) == meant


@pytest.mark.parametrize("typed", ["13/2013", "5T2013", "2013", "x"])
def test_what_is_no_period_is_none(typed):
    with pytest.raises(ValueError, match=r"."):
        intake.period_typed(typed, ("month", "quarter"), ON)


def test_periods_are_said_as_on_paper():
    assert [intake.period_said(p) for p in ("2013-T1", "2013-03", "2013-S2", "2013", None)] == [
        "1T 2013", "03/2013", "2S 2013", "2013", "",
    ]  # fmt: skip


# --- one row: R-047, R-058, R-059 --------------------------------------------------------------


def row(code="0102", on=ON, **typed):
    return intake.verdict(Row(code, there=True, **typed), LISTS.types[code], on, "r")


def test_r059_three_months_run_to_the_day_before():
    seen = row(issued="11022013", on=date(2013, 5, 10))
    assert (seen.valid_until, seen.expired) == ("2013-05-10", False)


def test_r058_the_seeds_certificate_had_expired_six_days_before():
    seen = row(issued="11022013")
    assert (seen.issued_on, seen.valid_until, seen.expired) == ("2013-02-11", "2013-05-10", True)


def test_r047_an_issue_date_may_be_decades_old_but_not_to_come():
    assert row("0104", issued="23071966").issued_on == "1966-07-23"
    assert row("0104", issued="01011900").problems == ()
    assert [each.word for each in row("0104", issued="31121899").problems] == ["issued_early"]
    assert [each.word for each in row("0104", issued="17052013").problems] == ["issued_late"]
    assert row("0104", issued="16052013").problems == ()


@pytest.mark.parametrize(
    ("code", "typed", "word"),
    [
        ("0104", {}, "issued_needed"),
        ("0104", {"issued": "demain"}, "no_date"),
        ("0101", {"issued": "010112"}, "valid_needed"),
        ("0101", {"issued": "010112", "valid": "010111"}, "valid_before"),
        ("0102", {"issued": "010513", "valid": "x"}, "no_date"),
    ],
)
def test_what_is_wrong_with_a_date_is_said_at_its_field(code, typed, word):
    assert [each.word for each in row(code, **typed).problems] == [word]


def test_r043_dates_may_be_empty_where_the_type_allows():
    seen = row("0400")
    assert (seen.issued_on, seen.valid_until, seen.problems) == (None, None, ())


def draft(*rows, event="PVN", **values):
    person = Concerned(number="2133415888", name="BAMOU JEROME", reasons=(Reason(event, {}, tuple(rows)),))
    return Draft(Depositor("JEROME", id_number="1236548"), concerned=(person,), **values)


def words(read):
    return {each.at: each.word for each in read.problems}


def test_an_expired_document_blocks_until_a_motive_is_given_and_is_flagged():
    expired = Row("0102", there=True, issued="11022013")
    read = intake.read(draft(expired), LISTS, ON)
    assert words(read) == {"c0-e0-d0-motive": "expired"}
    assert read.problems[0].facts == {"date": "10/05/2013"}
    forced = Row("0102", there=True, issued="11022013", motive="Seul exemplaire")
    (line,) = intake.read(draft(forced), LISTS, ON).lines
    assert (line.expired, line.forced, line.valid_until) == (True, "Seul exemplaire", "2013-05-10")
    assert words(intake.read(draft(forced), LISTS, ON)) == {}


def test_a_motive_without_need_is_not_kept():
    (line,) = intake.read(draft(Row("0401", there=True, motive="?")), LISTS, ON).lines
    assert line.forced is None


@pytest.mark.parametrize(("typed", "copies"), [("", 1), ("3", 3), ("99", 99)])
def test_r042_copies_are_1_to_99(typed, copies):
    (line,) = intake.read(draft(Row("0301", there=True, issued="010113", copies=typed)), LISTS, ON).lines
    assert line.copies == copies


@pytest.mark.parametrize("typed", ["0", "100", "-1", "x", "1.5", "٣"])
def test_other_copies_are_none(typed):
    read = intake.read(draft(Row("0301", there=True, issued="010113", copies=typed)), LISTS, ON)
    assert words(read) == {"c0-e0-d0-copies": "copies"}


def test_r044_the_same_code_may_come_twice():
    twice = (Row("0228", there=True, about="Odile"), Row("0228", there=True, about="Paul"))
    assert [line.about for line in intake.read(draft(*twice), LISTS, ON).lines] == ["Odile", "Paul"]


def test_what_a_deposit_needs_before_it_has_a_number():
    assert words(intake.read(Draft(), LISTS, ON)) == {"name": "name_needed", "": "no_documents"}
    unknown = Concerned(reasons=(Reason("PVN", {}, (Row("0400", there=True), Row("9999", there=True))),))
    said = intake.read(Draft(Depositor("x", id_number="12", id_type="moon"), concerned=(unknown,)), LISTS, ON)
    assert words(said) == {
        "id_type": "id_type", "id_number": "id_number", "c0-e0-d1-document": "no_type", "c0-name": "concerned_needed",
    }  # fmt: skip


def test_a_periodic_document_covers_a_period():
    read = intake.read(draft(Row("0510", there=True, issued="010513"), event="DNS"), LISTS, ON)
    assert words(read) == {"c0-e0-d0-period": "period_needed"}
    read = intake.read(draft(Row("0510", there=True, issued="010513", period="1T2013"), event="DNS"), LISTS, ON)
    assert read.lines[0].period == "2013-T1"


# --- what is missing -------------------------------------------------------------------------


def test_the_list_follows_the_circumstances():
    def codes(**said):
        return ["/".join(each.any) for each in needs("PVN", said, LISTS)]

    bare = ["0400", "0401", "0102", "0405", "0601", "0108"]
    assert codes() == bare
    assert codes(married=1) == [*bare, "0203/0204"]
    assert codes(children=2) == [*bare, "0217", "0228", "0228"]
    assert codes(children=10_000)[-1] == "0228"
    assert len(codes(children=10_000)) == len(bare) + 1 + intake.MOST_COUNTED


def test_six_of_eight_and_what_is_missing():
    asked = needs("PVN", {"married": 1, "children": 1}, LISTS)[:8]
    has = [Has(code, 1) for code in ("0400", "0401", "0102", "0601", "0204", "0217")]
    found = completeness(asked, has)
    assert (found.there, found.wanted) == (6, 8)
    assert found.missing == (Missing(("0405",), 1, "absent"), Missing(("0108",), 2, "absent"))
    assert not found.whole


def test_what_has_expired_or_was_rejected_is_still_missing():
    found = completeness(needs("CDV", {}, LISTS), [Has("0408", 1, "expired")])
    assert found.missing == (Missing(("0408",), 1, "expired"),)
    assert completeness(needs("CDV", {}, LISTS), [Has("0408", 1, "rejected"), Has("0408", 1)]).whole


def test_copies_are_counted_and_one_line_may_serve_several_children():
    accident = needs("FRS", {}, LISTS)
    assert completeness(accident, [Has("0301", 2), Has("0320", 1)]).missing == (Missing(("0301",), 1, "copies"),)
    assert completeness(accident, [Has("0301", 2), Has("0301", 1), Has("0320", 1)]).whole
    children = needs("AF", {"children": 3}, LISTS)
    has = [Has("0201", 1), Has("0104", 1), Has("0204", 1)]
    assert completeness(children, [*has, Has("0228", 3)]).whole
    assert completeness(children, [*has, Has("0228", 1)]).missing == (Missing(("0228",), 2, "absent"),)


def test_optional_documents_are_never_missing():
    assert completeness(needs("APN", {}, LISTS), [Has("0205", 1), Has("0206", 1)]).wanted == 2


def test_a_list_keeps_what_was_typed_when_circumstances_change():
    typed = Row("0401", there=True, issued="010510")
    extra = Row("0105", there=True, issued="010510")
    found = intake.arranged(Reason("PVN", {"children": 2}, (extra, typed)), LISTS, ("Odile", "Paul"))
    codes = [each.document for each in found.rows]
    assert codes == ["0400", "0401", "0102", "0405", "0601", "0108", "0217", "0228", "0228", "0105"]
    assert [each.about for each in found.rows if each.document == "0228"] == ["Odile", "Paul"]
    assert (found.rows[1], found.rows[9]) == (typed, extra)
    fewer = intake.arranged(Reason("PVN", {}, found.rows), LISTS)
    assert [each.document for each in fewer.rows][-1] == "0105"
    assert len(fewer.rows) == 9  # the children that were named stay until somebody takes them away


# --- periodic documents (R-017) ----------------------------------------------------------------


def owes(on, *, who=("pensioner",), since="2012-01-01", periodicity=None, **given):
    held = {code.removeprefix("d"): frozenset(periods) for code, periods in given.items()}
    known = periodic.Known(who, periodicity, held)
    found = periodic.owed(LISTS, known, date.fromisoformat(on), date.fromisoformat(since))
    return [(each.type, each.period, each.late) for each in found]


def test_a_pensioner_owes_one_certificate_of_life_in_each_half_year():
    assert owes("2013-05-16") == [("0408", "2013-S1", True)]
    assert owes("2013-05-16", d0408=["2012-S2"]) == [("0408", "2013-S1", False)]
    assert owes("2013-05-16", d0408=["2013-S1"]) == []
    assert owes("2013-07-01", d0408=["2013-S1"]) == [("0408", "2013-S2", False)]
    assert owes("2013-05-16", since="2013-02-01") == [("0408", "2013-S1", False)]  # before, nothing is known
    assert owes("2013-05-16", who=("insured",)) == []


def test_an_employer_declares_after_each_period_and_is_late_after_fifteen_days():
    def declares(on, **values):
        return [each[1:] for each in owes(on, who=("employer",), **values) if each[0] == "0510"]

    assert declares("2013-04-10", periodicity="quarterly", since="2012-12-01") == [
        ("2012-T4", True),
        ("2013-T1", False),
    ]
    assert declares("2013-04-16", periodicity="quarterly", d0510=["2012-T4"], since="2012-12-01") == [("2013-T1", True)]
    assert [each[0] for each in declares("2013-04-10")] == ["2012-12", "2013-01", "2013-02", "2013-03"]
    assert declares("2013-04-10", since="2013-04-02") == []


@pytest.mark.parametrize(
    ("length", "day", "period"),
    [
        ("month", "2013-12-31", "2013-12"), ("quarter", "2013-03-31", "2013-T1"), ("quarter", "2013-04-01", "2013-T2"),
        ("half", "2013-06-30", "2013-S1"), ("half", "2013-07-01", "2013-S2"), ("year", "2013-07-01", "2013"),
    ],
)  # fmt: skip
def test_a_day_lies_in_one_period_of_each_length(length, day, period):
    assert periodic.period_of(date.fromisoformat(day), length) == period


# --- the two machines (B.4) --------------------------------------------------------------------

ALLOWED = {
    ("deposited", "validate"): "validated", ("deposited", "reject"): "rejected", ("deposited", "ask"): "to_complete",
    ("to_complete", "supply"): "deposited", ("to_complete", "undo"): "deposited", ("validated", "undo"): "deposited",
    ("validated", "integrate"): "integrated", ("validated", "return"): "anomaly", ("rejected", "undo"): "deposited",
    ("rejected", "replace"): "rejected", ("anomaly", "put_right"): "deposited",
}  # fmt: skip


@pytest.mark.parametrize("state", rules.DOCUMENT_STEPS)
@pytest.mark.parametrize("step", sorted({step for _, step in ALLOWED}))
def test_every_step_of_a_document_from_every_state(state, step):
    if (state, step) in ALLOWED:
        assert rules.step(document(state), step) == ALLOWED[state, step]
    else:
        with pytest.raises(IllegalStep):
            rules.step(document(state), step)


@pytest.mark.parametrize(
    ("states", "left"),
    [
        (("deposited", "validated"), "deposited"),
        (("to_complete", "validated"), "deposited"),
        (("anomaly",), "deposited"),
        (("validated", "validated"), "validated"),
        (("validated", "integrated"), "validated"),
        (("rejected", "rejected"), "rejected"),
        (("rejected", "validated", "validated", "validated"), "partial"),
        (("integrated", "integrated"), "transmitted"),
        (("integrated", "rejected"), "transmitted"),
    ],
)
def test_a_deposit_is_what_its_documents_are(states, left):
    assert rules.left_by(states) == left


def test_an_ended_deposit_is_no_draft_any_more():
    rules.may(deposit("draft"), "deposit")
    for state in ("deposited", "validated", "cancelled"):
        with pytest.raises(IllegalStep):
            rules.may(deposit(state), "type")
    with pytest.raises(IllegalStep):
        rules.may(deposit("draft"), "print")  # no acknowledgement without a number (R-018)


def test_the_second_is_told_who_was_first():
    with pytest.raises(Refused) as error:
        rules.undecided(document("validated", decided_by="01101G"), "01101G MOUKALA Sylvie")
    assert (error.value.reason, error.value.status) == ("already_decided", 409)
    assert error.value.facts["by"] == "01101G MOUKALA Sylvie"


def test_four_eyes():
    rules.by_another(deposit(agent="00902F"), "01101G", four_eyes=True)
    rules.by_another(deposit(agent="00902F"), "00902F", four_eyes=False)
    with pytest.raises(NotAllowed):
        rules.by_another(deposit(agent="00902F"), "00902F", four_eyes=True)


@pytest.mark.parametrize(
    ("outcome", "said", "note", "code"),
    [
        ("reject", "", "", "motive_needed"),
        ("ask", "moon", "", "motive_needed"),
        ("reject", "other", " ", "note_needed"),
    ],
)
def test_a_rejection_says_why(outcome, said, note, code):
    with pytest.raises(Unreadable) as error:
        rules.motive(outcome, said, note)
    assert error.value.reason == code


def test_motives_are_those_of_the_requirements():
    assert rules.motive("validate", "moon", "x") == ("", None)
    assert rules.motive("reject", "other", " signature  absente ") == ("other", "signature absente")
    assert rules.motive("ask", "incomplete", "") == ("incomplete", None)


def test_a_decision_is_taken_back_on_its_day_by_somebody_else():
    decided = document("validated", decided_by="01101G", decided_on="2013-05-16")
    rules.undo(decided, ON, "01102G", four_eyes=True)
    rules.undo(decided, ON, "01101G", four_eyes=False)
    with pytest.raises(NotAllowed):
        rules.undo(decided, ON, "01101G", four_eyes=True)
    with pytest.raises(Refused, match="own day"):
        rules.undo(decided, date(2013, 5, 17), "01102G", four_eyes=True)
    with pytest.raises(IllegalStep):
        rules.undo(document("integrated", decided_on="2013-05-16"), ON, "01102G", four_eyes=True)


# --- numbers ---------------------------------------------------------------------------------


def test_the_two_digits_notice_every_slip_of_one_digit_and_every_two_changed_about():
    label, agency = "2013/000412", "CNSS-BZV-SIEGE"
    code = rules.code_of(agency, label)
    assert re.fullmatch(r"CNSS-BZV-SIEGE/2013/000412/\d{2}", code)
    assert rules.label_typed(code, 2013, agency) == label
    digits = [at for at, letter in enumerate(code) if letter.isdigit()]
    for at in digits:
        for other in "0123456789":
            if other != code[at]:
                assert rules.label_typed(code[:at] + other + code[at + 1 :], 2013, agency) is None
    for at in digits[:-1]:
        if code[at + 1].isdigit() and code[at] != code[at + 1]:
            swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
            assert rules.label_typed(swapped, 2013, agency) is None


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("412", "2013/000412"), ("2013/412", "2013/000412"), (" 2013/000412 ", "2013/000412"),
        ("2012/1", "2012/000001"),
        ("AUTRE/2013/000412", None), ("D012", None), ("", None), ("1234567", None), ("2013/0004123", None),
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_typed(typed, label):
    assert rules.label_typed(typed, 2013, "CNSS-BZV-SIEGE") == label
