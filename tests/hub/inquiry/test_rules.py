"""What is decided of visits, inquiries and sheets, without a hub."""

from datetime import date

import pytest

from hub.clock import instant
from hub.errors import NotFound, Refused, Unreadable
from hub.people import tables, wording
from hub.people.model import MASKED, Link, Sheet
from hub.services.inquiry import rules as inquiry
from hub.services.ports import FirstLevel
from hub.visits import rules as visits
from hub.visits.model import Concerned, Contact
from hub.visits.slips import Visit, visit_slip

MINUTE = 60_000


def reason(raised) -> str:
    return raised.value.reason


# --- a visit


def test_a_requester_is_a_name_or_a_file_and_the_file_keeps_no_name():
    named = visits.name_requester(7, "  Jérôme   Bamou ", "proxy", None)
    assert (named.name, named.quality, named.party) == ("Jérôme Bamou", "proxy", None)
    filed = visits.name_requester(7, "Jérôme Bamou", "self", "P1")
    assert (filed.name, filed.party) == (None, "P1")


@pytest.mark.parametrize(
    ("name", "quality", "code"),
    [(" ", "self", "name_needed"), ("x" * 121, "self", "name_too_long"), ("x", "friend", "unprocessable")],
)
def test_a_requester_without_a_name_or_of_no_known_quality_is_refused(name, quality, code):
    with pytest.raises(Unreadable) as raised:
        visits.name_requester(7, name, quality, None)
    assert reason(raised) == code


def test_a_rank_is_never_given_twice_nor_a_person_added_twice():
    known = [Concerned(1, "P1"), Concerned(3, "P3")]
    assert visits.add_concerned(7, known, 4, "P2").rank == 5
    with pytest.raises(Refused) as raised:
        visits.add_concerned(7, known, 4, "P3")
    assert reason(raised) == "already_concerned"
    with pytest.raises(Refused) as raised:
        visits.add_concerned(7, [Concerned(n, f"P{n}") for n in range(12)], 12, "P99")
    assert reason(raised) == "too_many_concerned"
    with pytest.raises(NotFound):
        visits.remove_concerned(7, known, 2)


def test_the_slip_says_who_came_for_whom_and_a_further_print_is_a_duplicate():
    visit = Visit(
        organisation="CNSS", agency="Siège", label="A014", date="02/03/2026", counter="02-Renseignements",
        agent="OKEMBA Judith", requester="", quality="", concerned=(("BAMOU Jérôme", "2133415888"),),
        done=(("08:40", "Mois manquants : pas convaincu"),),
    )  # fmt: skip
    first = visit_slip(visit, "fr", 0)
    said = " ".join(str(getattr(line, "text", "") or getattr(line, "left", "")) for line in first)
    for word in ("BAMOU Jérôme", "non noté", "08:40  Mois manquants : pas convaincu"):
        assert word in said + " ".join(getattr(line, "right", "") for line in first)
    assert visit_slip(visit, "fr", 2)[0].text == "*** DUPLICATA 2 ***"
    assert visit_slip(visit, "fr", 2)[1:] == first


# --- a request without a visitor


@pytest.mark.parametrize(
    ("channel", "motive", "code"),
    [("", "lettre", "channel_needed"), ("pigeon", "lettre", "channel_needed"), ("mail", "  ", "motive_needed")],
)
def test_without_a_visitor_channel_and_motive_are_needed(channel, motive, code):
    with pytest.raises(Unreadable) as raised:
        visits.begin_contact(1, None, channel, motive)
    assert reason(raised) == code


@pytest.mark.parametrize(
    ("minutes", "ended", "holds"), [(0, False, True), (59, False, True), (60, False, False), (5, True, False)]
)
def test_a_reason_to_look_holds_for_an_hour_and_until_it_is_ended(minutes, ended, holds):
    began = instant(1_000_000, 1 << 40)
    contact = Contact(1, "00815D", "mail", "lettre", began, ended)
    assert visits.holds(contact, instant(1_000_000 + minutes * MINUTE, (1 << 40) + minutes * MINUTE)) is holds
    assert not visits.holds(None, began)


# --- an inquiry

ASKED = {"subject": "missing_months", "result": "answered", "said": "", "day": 1, "ticket": 7, "contact": None,
         "channel": "counter", "party": None}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": "weather"}, "subject_needed"),
        ({"result": ""}, "result_needed"),
        ({"ticket": None}, "purpose_needed"),
    ],
)
def test_what_is_noted_needs_a_subject_an_end_and_somebody_who_asked(change, code):
    with pytest.raises(Refused) as raised:
        inquiry.note(1, **(ASKED | change))
    assert reason(raised) == code
    assert inquiry.note(1, **(ASKED | {"said": " " * 9})).note is None


@pytest.mark.parametrize(("answered", "asked", "percent"), [(1, 2, 50), (0, 0, None), (3, 3, 100), (1, 3, 33)])
def test_the_rate_at_the_first_level(answered, asked, percent):
    assert FirstLevel(answered, asked).percent == percent


@pytest.mark.parametrize("typed", ["2013-13-01", "hier", "1899-12-31", "2026-03-03", "16/05/2013"])
def test_a_sheet_shows_past_days_only(typed):
    with pytest.raises(Unreadable):
        inquiry.shown_day(typed, date(2026, 3, 2))


def test_today_and_nothing_are_the_sheet_as_it_is():
    assert inquiry.shown_day(" ", date(2026, 3, 2)) is None
    assert inquiry.shown_day("2026-03-02", date(2026, 3, 2)) is None
    assert inquiry.shown_day("2013-05-16", date(2026, 3, 2)) == date(2013, 5, 16)


def test_how_many_looks_fall_within_one_hour():
    minutes = [0, 10, 59, 60, 61, 300]
    assert inquiry.most_in_an_hour(minute * MINUTE for minute in minutes) == 4
    assert inquiry.most_in_an_hour([]) == 0


# --- what is read


@pytest.mark.parametrize(
    ("said", "is_read"),
    [
        (wording.day("1966-07-23"), "23/07/1966"),
        (wording.day("1966-07"), "07/1966"),
        (wording.birth("fr", "1966"), "né vers 1966"),
        (wording.birth("fr", "1966-07-23"), "23/07/1966"),
        (wording.period("fr", "2013-03"), "mars 2013"),
        (wording.period("fr", "2013-T1"), "1T 2013"),
        (wording.amount(9_879_304), "9\u202f879\u202f304"),
        (wording.phone("060001234"), "06 000 12 34"),
        (wording.rib("30012001010101345130093"), "30012 00101 01013451300 93"),
        (wording.value("fr", "roles", "insured;pensioner"), "Assuré · Pensionné"),
        (wording.value("fr", "phones", MASKED), MASKED),
        (wording.value("fr", "father", None), ""),
    ],
)
def test_values_are_read_as_people_say_them(said, is_read):
    assert said == is_read


def sheet(**more) -> Sheet:
    job = {"link": Link("E1", "Ets Djoué"), "start": "1994-03", "end": None, "job": None, "salary": MASKED,
           "source": None, "confirmed_by": None}  # fmt: skip
    return Sheet(
        "P1", "BAMOU", {"type": "person"}, {"employments": [job] * 120} | more, None, totals={"employments": 120}
    )


def test_a_tab_is_fifty_rows_a_page_and_leaves_out_what_nobody_knows():
    table = tables.table("employments", sheet().tabs["employments"], 3, "fr")
    assert [word for word, _ in table.heads] == ["Employeur", "Du", "Salaire"]
    assert (len(table.rows), table.page, table.pages, table.count) == (20, 3, 3, 120)
    assert table.rows[0][0].ref == "E1"
    assert table.rows[0][2].text == MASKED
    assert tables.table("employments", sheet().tabs["employments"], 99, "fr").page == 3
    assert tables.table("employments", sheet().tabs["employments"], -1, "fr").page == 1


def test_the_tabs_are_those_of_the_requirement_and_the_services_tabs_are_always_there():
    names = [tab.name for tab in tables.tabs(sheet(relationships=[], payments=[]))]
    assert names == ["identity", "employments", "relationships", "documents", "payments", "letters"]
